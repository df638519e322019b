/* websocket_client.h - what the engine asks of a client's connection, which has no struct
 * gale__conn. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_HTTP_WEBSOCKET_CLIENT_H
#define GALE_HTTP_WEBSOCKET_CLIENT_H

#include <gale/websocket_io.h>

struct gale__websocket_client;
struct gale__websocket_kind;

/* A connection without its carrier, with room for the texts that it tells of and state behind it.
 * NULL: out of memory. */
gale_websocket *gale__websocket_new(const struct gale__websocket_kind *kind, gale_str subprotocol,
                                    gale_str extensions, size_t state_size);

struct gale_iostream *gale__websocket_client_stream(struct gale__websocket_client *client);
uint32_t *gale__websocket_client_words(struct gale__websocket_client *client);
void gale__websocket_client_end(struct gale__websocket_client *client, bool now);
void gale__websocket_client_free(struct gale__websocket_client *client); /* NULL is allowed */

#endif

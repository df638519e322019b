/* websocket_client.h - what the engine asks of a client's connection, which has no struct
 * gale__conn. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_HTTP_WEBSOCKET_CLIENT_H
#define GALE_HTTP_WEBSOCKET_CLIENT_H

#include <gale/ioloop.h>
#include <gale/iostream.h>
#include <gale/websocket_io.h>

struct gale__websocket_client;
struct gale__websocket_deflate_agreed;
struct gale__websocket_kind;

/* A connection without its carrier, with room for the texts that it tells of and state behind it.
 * NULL: out of memory. discard: before it has a carrier; NULL is allowed. */
gale_websocket *gale__websocket_new(const struct gale__websocket_kind *kind, gale_str subprotocol,
                                    gale_str extensions, size_t state_size);
void gale__websocket_discard(gale_websocket *ws);

/* After the handshake: takes the stream over. agreed: NULL without permessage-deflate. 0 or
 * -ENOMEM. */
int gale__websocket_client_new(gale_iostream **stream,
                               const gale_websocket_connect_options *options,
                               const gale_websocket_options *filled,
                               const struct gale__websocket_deflate_agreed *agreed,
                               gale_str subprotocol, gale_str extensions, gale_websocket **out);

struct gale_iostream *gale__websocket_client_stream(struct gale__websocket_client *client);
gale_ioloop *gale__websocket_client_loop(struct gale__websocket_client *client);
uint32_t *gale__websocket_client_words(struct gale__websocket_client *client);
/* Its on_message runs: it must stay. */
bool gale__websocket_client_is_busy(const struct gale__websocket_client *client);
void gale__websocket_client_tell_end(struct gale__websocket_client *client);
void gale__websocket_client_end(struct gale__websocket_client *client, bool now);
void gale__websocket_client_free(struct gale__websocket_client *client); /* NULL is allowed */

#endif

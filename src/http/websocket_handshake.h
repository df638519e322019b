/* websocket_handshake.h - a client's side of the opening handshake's parts; a server's is in
 * websocket.h. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_HTTP_WEBSOCKET_HANDSHAKE_H
#define GALE_HTTP_WEBSOCKET_HANDSHAKE_H

#include "http/websocket_conn.h"

enum { GALE__WS_OFFER_MAX = 192 };

/* What a client offers: a field's value. */
void gale__websocket_offer(const gale_deflate_options *options, char out[GALE__WS_OFFER_MAX]);

/* What the server made of that: 1 with *agreed, 0 for no extension, GALE_EPROTO for what was not
 * offered. */
int gale__websocket_check_reply(gale_str reply, const gale_deflate_options *options,
                                struct gale__websocket_deflate_agreed *agreed);

#endif

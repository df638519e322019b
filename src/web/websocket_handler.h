/* websocket_handler.h - WebSocket handlers: their classes, the handshake, what follows it. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_WEBSOCKET_HANDLER_H
#define GALE_WEB_WEBSOCKET_HANDLER_H

#include <gale/websocket.h>

#include "http/websocket_conn.h"
#include "web/handler.h"

/* --- classes and routes (websocket_class.c) --- */

/* Options of the route's connections, by the application's settings. 0 or -ENOMEM. */
int gale__websocket_route_fill(struct gale__route *route, struct gale__arena *arena) GALE_MUST_USE;

static inline const gale_websocket_class *gale__websocket_class(const struct gale__class *c)
{
    return (const gale_websocket_class *)(const void *)c->kind_hooks;
}

/* --- the handshake (websocket_request.c) --- */

/* The verb .get. */
int gale__websocket_get(gale_handler *self);

/* --- connections (websocket_handler.c) --- */

extern const struct gale__websocket_owner gale__websocket_handlers;

/* A handshake on its way to a connection. Lies in the request's memory. */
struct gale__websocket_opening;

/* One, which must be made before the 101 is sent; NULL: no memory. Nothing comes of it unless
 * begin is called. */
struct gale__websocket_opening *gale__websocket_opening_new(gale_handler *self);

/* The 101 has been sent: runs open. Messages come when the request has ended. */
void gale__websocket_opened(struct gale__websocket_opening *opening, gale_handler *self,
                            gale_websocket *ws, struct gale__websocket_kind *own_kind);

/* The bytes that a connection needs behind its struct. */
size_t gale__websocket_state_size(const gale_handler *self);

#endif

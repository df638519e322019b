/* websocket.h - WebSockets (RFC 6455) with permessage-deflate (RFC 7692), server and client.
 *
 * A handler is a gale_websocket_class, a route's .handler by &my_class.base:
 *
 *     static int echo_message(gale_websocket *ws, gale_str message, bool binary)
 *     {
 *         return gale_send(ws, message, binary);
 *     }
 *     static const gale_websocket_class echo = GALE_WEBSOCKET_CLASS(.on_message = echo_message);
 *     …
 *     { .url = "/echo", .handler = &echo.base },
 *
 * The handshake is a request like any other (initialize, middleware, prepare, cookies, a user); its
 * memory ends when open has returned. What remains of an idle connection is a small struct and the
 * class's state: no coroutine, no buffer. Each message runs on_message in a coroutine of its own,
 * one at a time and in order; while it waits pings and closes are answered, until a second message
 * comes: no more is read behind that.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEBSOCKET_H
#define GALE_WEBSOCKET_H

#include <gale/base.h>
#include <gale/error.h>
#include <gale/topics.h>
#include <gale/web.h>
#include <gale/websocket_io.h>

GALE_BEGIN_DECLS

/* A kind of WebSocket handler. Use GALE_WEBSOCKET_CLASS; hooks left NULL are inherited from
 * .base.parent. on_message or run is needed, unless the class only sends. */
typedef struct gale_websocket_class {
    gale_handler_class base; /* .kind = GALE_KIND_WEBSOCKET, .kind_size; .get is the library's.
                                .state_size: gale_websocket_state(), which is that of initialize and
                                prepare (moved once: keep no pointers into it) */

    /* After the 101 has been sent, before the first message. May wait. self (arguments, cookies,
     * user, its memory) is valid until it returns; it cannot answer any more. A failure closes
     * (1011). */
    int (*open)(gale_websocket *ws, gale_handler *self);
    /* A message: text (valid UTF-8) or binary, valid until it returns. May wait. A failure is
     * logged and closes (1011). */
    int (*on_message)(gale_websocket *ws, gale_str message, bool binary);
    /* Instead of on_message: one coroutine for the connection's life, which calls
     * gale_read_message(). May wait. When it returns the connection is closed (1000; 1011 after a
     * failure). */
    int (*run)(gale_websocket *ws);
    /* Once, when it is over, also after a failure; codes as gale_websocket_close_code(). Must not
     * wait. */
    void (*on_close)(gale_websocket *ws);
    void (*on_ping)(gale_websocket *ws, gale_str data); /* answered already. Must not wait */
    void (*on_pong)(gale_websocket *ws, gale_str data); /* Must not wait */

    /* May a page of this origin connect? Default: the same host and port as the request's Host.
     * Without an Origin header it is not asked. Must not wait. */
    bool (*check_origin)(gale_handler *self, const char *origin);
    /* One of the n offered subprotocols, or NULL for none. Asked once, also with n 0. Must not
     * wait. */
    const char *(*select_subprotocol)(gale_handler *self, const char *const *offered, size_t n);
    /* The options of this connection; default settings.websocket. NULL: those. Must not wait. */
    const gale_websocket_options *(*get_options)(gale_handler *self);
} gale_websocket_class;

#ifndef __cplusplus
#define GALE_WEBSOCKET_CLASS(...)                                                                  \
    {                                                                                              \
        .base = { .kind = GALE_KIND_WEBSOCKET, .kind_size = sizeof(gale_websocket_class) },        \
        __VA_ARGS__                                                                                \
    }
#endif

/* The application of a server's connection; NULL for a client's. */
GALE_API gale_app *gale_websocket_app(const gale_websocket *ws); /* NULL for a client */

/* --- topics ------------------------------------------------------------------------
 * A connection's subscriptions end with it. Topics are the application's gale_app_topics(). */
GALE_API GALE_MUST_USE int gale_subscribe(gale_websocket *ws, const char *topic);
GALE_API int gale_unsubscribe(gale_websocket *ws, const char *topic);

/* The application's own topics, made at first use; they live as long as it. NULL when out of
 * memory. From any thread that runs a loop of it. */
GALE_API gale_topics *gale_app_topics(gale_app *app);

GALE_END_DECLS

#endif

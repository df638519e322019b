/* websocket_handler.c - what happens to a WebSocket of a handler: open, its messages, its end.
 *
 * While open runs, in the request's coroutine, the first message waits; it comes when the request's
 * memory has been released. Each message has a coroutine of the pool; one that does not wait is
 * dealt with when on_message() returns to the engine, and leaves nothing behind. Whatever deals
 * with a connection has a struct task on its stack, by which the end of the connection finds it:
 * that is told when the task has returned.
 */
/* SPDX-License-Identifier: MIT */
#include "web/websocket_handler.h"

#include <stdio.h>
#include <string.h>

#include <gale/log.h>

#include "base/alloc.h"
#include "base/context.h"
#include "base/str.h"

/* In gale_websocket.owner_flags. */
enum {
    HAS_OWN_KIND = 1, /* kind is of this connection alone */
    HAS_IP = 2,       /* behind the state is the user's address, as text */
    IS_OVER = 4,      /* no more messages for the handler */
};

/* What deals with a connection now. */
struct task {
    struct gale__co *co; /* to be cancelled with the connection */
    gale_str message;    /* came while open runs */
    bool has_message;
    bool binary;
    bool waited; /* the message's start is gone */
    bool closed; /* the connection is over */
};

struct gale__websocket_opening {
    struct task task;
    gale_websocket *ws; /* NULL: nothing came of it */
};

/* A message on its way to its coroutine, on the stack of on_message(). */
struct start {
    gale_websocket *ws;
    gale_str message;
    bool binary;
    bool is_done; /* the handler has returned */
};

static const struct gale__route *route_of(const gale_websocket *ws)
{
    return ws->kind->data;
}

static const gale_websocket_class *class_of(const gale_websocket *ws)
{
    return gale__websocket_class(route_of(ws)->cls);
}

static struct gale__app_server *server_of(const gale_websocket *ws)
{
    return ws->owner_data;
}

/* --- the end --- */

/* Once, when the connection is over and nothing deals with it. ws is gone after. */
static void finish(gale_websocket *ws)
{
    struct gale__app_server *server = server_of(ws);
    struct gale__websocket_kind *own = NULL;

    ws->owner_task = NULL;
    ws->reader = NULL;
    if (class_of(ws)->on_close)
        class_of(ws)->on_close(ws);
    if (ws->owner_flags & HAS_OWN_KIND)
        own = (struct gale__websocket_kind *)ws->kind;
    gale__websocket_release(ws);
    gale__free(own);
    gale__app_server_done(server);
}

/* What its peer, or a peer that is gone, makes of it is no fault of the handler's. */
static bool is_of_peer(const gale_websocket *ws, int code)
{
    return gale_websocket_is_closed(ws) &&
           (code == GALE_ECLOSED || (ws->reader && code == ws->reader->error));
}

/* A hook has failed: no more of them, but for on_close. */
static void fail(gale_websocket *ws, int code)
{
    const struct task *task = ws->owner_task;
    bool is_quiet = (task && task->closed) || code == GALE_ECANCELED || is_of_peer(ws, code);

    ws->owner_flags |= IS_OVER;
    if (!is_quiet)
        gale_log(&gale_log_application, GALE_LOG_ERROR,
                 "Uncaught failure WebSocket %s (%s): %s: %s", route_of(ws)->label,
                 gale_websocket_remote_ip(ws), gale_errname(code), gale_strerror(code));
    gale_websocket_close(ws, 1011, NULL);
}

/* Ends what belongs to the coroutine, before the next message comes. */
static void end_scope(struct gale__co *co)
{
    struct gale__scope *scope = gale__co_scope(co);

    if (gale__scope_has_children(scope))
        gale__scope_end(scope);
    if (scope->arena->blocks)
        gale__arena_reset(scope->arena);
}

/* --- messages --- */

/* In its coroutine. */
static void handle(void *arg)
{
    struct start *start = arg;
    struct task task = { .co = gale__co_current() };
    gale_websocket *ws = start->ws;
    int r;

    ws->owner_task = &task;
    r = class_of(ws)->on_message(ws, start->message, start->binary);
    end_scope(task.co);
    if (GALE_UNLIKELY(r < 0))
        fail(ws, r);
    ws->owner_task = NULL;
    if (!task.waited)
        start->is_done = true;
    if (GALE_UNLIKELY(task.closed))
        finish(ws);
    else if (GALE_UNLIKELY(task.waited))
        gale__websocket_next(ws);
}

static bool drop(const gale_websocket *ws)
{
    return ws->owner_flags & IS_OVER || !class_of(ws)->on_message;
}

static bool on_message(gale_websocket *ws, gale_str message, bool binary)
{
    struct start start = { .ws = ws, .message = message, .binary = binary };
    struct task *task = ws->owner_task;
    int r;

    if (ws->reader)
        return gale__websocket_reader_message(ws, message, binary);
    if (task) {
        task->has_message = true;
        task->message = message;
        task->binary = binary;
        return false;
    }
    if (GALE_UNLIKELY(drop(ws)))
        return true;
    r = gale__co_start(server_of(ws)->loop, route_of(ws)->label, NULL, handle, &start);
    if (GALE_UNLIKELY(r < 0)) {
        fail(ws, r);
        return true;
    }
    if (GALE_LIKELY(start.is_done))
        return true;
    task = ws->owner_task;
    task->waited = true;
    return false;
}

/* --- a connection with a coroutine of its own --- */

static void run(void *arg)
{
    struct gale__websocket_opening *opening = arg;
    gale_websocket *ws = opening->ws;
    struct task task = { .co = gale__co_current(), .closed = opening->task.closed };
    struct gale__websocket_reader reader = {
        .message = opening->task.message,
        .binary = opening->task.binary,
        .has = opening->task.has_message,
    };
    int r;

    ws->owner_task = &task;
    ws->reader = &reader;
    r = class_of(ws)->run(ws);
    end_scope(task.co);
    if (r < 0)
        fail(ws, r);
    else
        gale_websocket_close(ws, 1000, NULL);
    ws->owner_flags |= IS_OVER;
    ws->reader = NULL;
    ws->owner_task = NULL;
    if (task.closed)
        finish(ws);
    else if (reader.lent || reader.has)
        gale__websocket_next(ws);
}

/* --- from the handshake on --- */

/* The request has ended; its memory has not yet. */
static void begin(void *arg)
{
    struct gale__websocket_opening *opening = arg;
    const struct task *task = &opening->task;
    gale_websocket *ws = opening->ws;
    int r;

    if (!ws)
        return;
    ws->owner_task = NULL;
    if (task->closed) {
        finish(ws);
    } else if (class_of(ws)->run && !(ws->owner_flags & IS_OVER)) {
        r = gale__co_start(server_of(ws)->loop, route_of(ws)->label, NULL, run, opening);
        if (r < 0)
            fail(ws, r);
    } else if (task->has_message && on_message(ws, task->message, task->binary)) {
        gale__websocket_next(ws);
    }
}

struct gale__websocket_opening *gale__websocket_opening_new(gale_handler *self)
{
    struct gale__websocket_opening *opening = gale__arena_zalloc(&self->x->arena, sizeof(*opening));

    if (!opening || gale__arena_defer_last(&self->x->arena, begin, opening) < 0)
        return NULL;
    return opening;
}

/* Where the user's address is kept when it is not the peer's. */
static char *ip_of(const gale_websocket *ws)
{
    return (char *)gale__websocket_inline_state((gale_websocket *)ws) +
           route_of(ws)->cls->hooks.state_size;
}

static bool is_proxied(const gale_handler *self)
{
    const gale_request *request = &self->x->request;

    return strcmp(gale_request_remote_ip(request), gale_request_peer_ip(request)) != 0;
}

size_t gale__websocket_state_size(const gale_handler *self)
{
    size_t size = self->cls->hooks.state_size;

    return is_proxied(self) ? size + strlen(gale_request_remote_ip(&self->x->request)) + 1 : size;
}

static void fill(gale_websocket *ws, gale_handler *self)
{
    ws->owner_data = self->server;
    self->server->active++;
    memcpy(gale__websocket_inline_state(ws), gale_state(self), self->cls->hooks.state_size);
    if (is_proxied(self)) {
        const char *ip = gale_request_remote_ip(&self->x->request);

        ws->owner_flags |= HAS_IP;
        memcpy(ip_of(ws), ip, strlen(ip) + 1);
    }
}

void gale__websocket_opened(struct gale__websocket_opening *opening, gale_handler *self,
                            gale_websocket *ws, struct gale__websocket_kind *own_kind)
{
    int r = 0;

    fill(ws, self);
    ws->owner_flags |= own_kind ? HAS_OWN_KIND : 0;
    ws->owner_task = &opening->task;
    opening->ws = ws;
    opening->task.co = gale__co_current();
    if (class_of(ws)->open)
        r = class_of(ws)->open(ws, self);
    opening->task.co = NULL;
    if (r < 0)
        fail(ws, r);
}

/* --- what else the engine tells --- */

/* Whether what waits for this connection is cancelled with it: unless said, a message's handler
 * is, and run, which will be told by its next read, is not. */
static bool is_cancelled(const gale_websocket *ws)
{
    int cancel = class_of(ws)->base.cancel_on_close;

    return cancel ? cancel == GALE_ON : !ws->reader;
}

static void on_closed(gale_websocket *ws)
{
    struct task *task = ws->owner_task;

    if (!task) {
        finish(ws);
        return;
    }
    task->closed = true;
    if (ws->reader)
        gale__websocket_reader_closed(ws);
    if (task->co && is_cancelled(ws))
        gale__co_cancel(task->co);
}

static void on_ping(gale_websocket *ws, gale_str data)
{
    if (class_of(ws)->on_ping)
        class_of(ws)->on_ping(ws, data);
}

static void on_pong(gale_websocket *ws, gale_str data)
{
    if (class_of(ws)->on_pong)
        class_of(ws)->on_pong(ws, data);
}

const struct gale__websocket_owner gale__websocket_handlers = {
    .on_message = on_message,
    .on_ping = on_ping,
    .on_pong = on_pong,
    .on_closed = on_closed,
};

/* --- what it is --- */

static bool is_handlers(const gale_websocket *ws)
{
    return ws->kind->owner == &gale__websocket_handlers;
}

gale_app *gale_websocket_app(const gale_websocket *ws)
{
    return is_handlers(ws) ? route_of(ws)->app : NULL;
}

/* "1.2.3.4:80" or "[::1]:80" without port and brackets. */
static const char *strip_port(char *text)
{
    char *end = strrchr(text, *text == '[' ? ']' : ':');

    if (*text == '/' || !end)
        return "";
    *end = 0;
    return *text == '[' ? text + 1 : text;
}

const char *gale_websocket_remote_ip(const gale_websocket *ws)
{
    /* The answer of the last call on this thread: a connection keeps no text of what its socket
     * knows. */
    static GALE__TLS char text[128];
    gale_address peer;

    if (is_handlers(ws) && ws->owner_flags & HAS_IP)
        return ip_of(ws);
    if (gale_websocket_peer(ws, &peer) < 0)
        return "";
    gale_address_format(&peer, text, sizeof(text));
    return strncmp(text, "unix:", 5) == 0 ? "" : strip_port(text);
}

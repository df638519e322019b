/* dispatch.c - the life of a request: route, handler, hooks in their order, its end.
 *
 * A request runs in one coroutine: set_default_headers, initialize, prepare, verb, finish,
 * access line, on_finish, end of the children, release. An asynchronous handler whose verb
 * has returned is left open without a coroutine; whoever completes its answer ends it.
 */
/* SPDX-License-Identifier: MIT */
#include "web/dispatch.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "ioloop/io.h"
#include "web/errors.h"

/* Gives everything back. The exchange's deferred calls may still use the application. */
static void release(gale_handler *self)
{
    struct gale__app_server *server = self->server;

    if (self->body_on_heap)
        gale__free(self->body);
    gale__exchange_release(self->x);
    if (--server->active == 0 && server->closing)
        gale__app_unref(server->app);
}

static void end_in_coroutine(void *arg)
{
    gale_handler *self = arg;

    gale__scope_end(&self->x->scope);
    release(self);
}

/* Children are waited for in a coroutine; when none can be had, a little later. */
static void end_children(void *arg)
{
    gale_handler *self = arg;
    gale_ioloop *loop = self->x->loop;

    if (gale__co_start(loop, self->route->label, &self->x->scope, end_in_coroutine, self) < 0)
        gale__ioloop_timer(loop, gale__ioloop_now_ns(loop) + 100000000, end_children, self);
}

/* The answer has been handed on or given up. self is gone after. */
static void end(gale_handler *self)
{
    self->x->data = NULL;
    if (self->cls->hooks.on_finish)
        self->cls->hooks.on_finish(self);
    self->finished = true; /* what still runs for it cannot answer any more */
    if (!gale__scope_has_children(&self->x->scope)) {
        release(self);
        return;
    }
    self->x->ops->push(self->x); /* the answer leaves before they are waited for */
    if (self->co)
        end_in_coroutine(self);
    else
        end_children(self);
}

static void complete_open(gale_handler *self, int r)
{
    self->complete = NULL;
    if (r < 0)
        gale__handler_fail(self, r);
    end(self);
}

static int refuse_method(gale_handler *self)
{
    return gale_fail(self, 405, NULL);
}

static int begin(gale_handler *self)
{
    const gale_handler_class *hooks = &self->cls->hooks;
    int r = self->failed;

    if (hooks->set_default_headers)
        hooks->set_default_headers(self);
    if (r >= 0 && hooks->initialize)
        r = hooks->initialize(self, self->route->arg);
    if (r >= 0 && self->groups && !self->finished)
        r = gale__handler_decode_groups(self);
    return r;
}

/* Runs the hooks up to the verb. 1: the verb of an asynchronous class has left it open. */
static int execute(gale_handler *self)
{
    const gale_handler_class *hooks = &self->cls->hooks;
    enum gale__method method = gale__handler_method(self);
    int (*verb)(gale_handler *) = self->cls->verbs[method];
    int r = begin(self);

    if (r < 0 || self->finished)
        return r < 0 ? r : 0;
    if (!verb && method == GALE__METHOD_OTHER)
        return refuse_method(self);
    if (hooks->prepare) {
        r = hooks->prepare(self);
        if (r < 0 || self->finished)
            return r < 0 ? r : 0;
    }
    if (!verb)
        return refuse_method(self);
    r = verb(self);
    if (r < 0)
        return r;
    return hooks->asynchronous == GALE_ON && !self->finished && !self->failed;
}

/* A request in its coroutine. */
static void run(void *arg)
{
    gale_handler *self = arg;
    int r;

    self->co = gale__co_current();
    r = execute(self);
    if (r > 0) {
        self->co = NULL;
        self->complete = complete_open;
        return;
    }
    if (r == 0 && !self->finished)
        r = gale_finish(self);
    if (r < 0)
        gale__handler_fail(self, r);
    end(self);
}

static int find_route(const gale_app *app, struct gale__exchange *x,
                      const struct gale__route **route, gale_str **groups)
{
    int r = gale__router_match(&app->router, &x->arena, x->priv.path, route, groups);

    if (GALE_LIKELY(r > 0))
        return 0;
    *groups = NULL;
    *route = &app->fallback;
    if (x->priv.path.len == 1 && x->priv.path.ptr[0] == '*')
        *route = &app->asterisk;
    return r;
}

static gale_handler *new_handler(struct gale__exchange *x, const struct gale__route *route)
{
    size_t size = sizeof(gale_handler) + route->cls->hooks.state_size;
    gale_handler *self = gale__arena_alloc(&x->arena, size);

    if (!self)
        return NULL;
    memset(self, 0, size);
    self->x = x;
    self->route = route;
    self->cls = route->cls;
    self->status = 200;
    self->declared = -1;
    gale__headers_init(&self->headers, &x->arena);
    return self;
}

/* There is not even memory for a handler. */
static void refuse(struct gale__exchange *x)
{
    static const char text[] =
        "<html><title>503: Service Unavailable</title><body>503: Service Unavailable</body></html>";
    const gale_str page = { text, sizeof(text) - 1 };
    struct gale__headers headers;
    struct gale__response response = { .status = 503, .content_length = (int64_t)page.len };

    gale__headers_init(&headers, &x->arena);
    response.headers = &headers;
    x->ops->respond(x, &response, page, true);
    gale__exchange_release(x);
}

static void dispatch(void *arg, struct gale__exchange *x)
{
    struct gale__app_server *server = arg;
    const struct gale__route *route = NULL;
    gale_str *groups;
    gale_handler *self;
    int r = find_route(server->app, x, &route, &groups);

    self = new_handler(x, route);
    if (!self) {
        refuse(x);
        return;
    }
    self->server = server;
    self->groups = groups;
    x->data = self;
    server->active++;
    if (r < 0)
        gale__handler_failed(self, r);
    r = gale__co_start(x->loop, route->label, &x->scope, run, self);
    if (r < 0) {
        gale__handler_fail(self, r);
        end(self);
    }
}

static void on_gone(struct gale__exchange *x, int code)
{
    gale_handler *self = x->data;

    (void)code;
    if (!self || self->finished)
        return;
    if (self->cls->hooks.cancel_on_close == GALE_ON && self->co)
        gale__co_cancel(self->co);
    if (!self->closed_told && self->cls->hooks.on_connection_close) {
        self->closed_told = true;
        self->cls->hooks.on_connection_close(self);
    }
}

const struct gale__answerer gale__web_answerer = { .dispatch = dispatch, .on_gone = on_gone };

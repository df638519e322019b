/* dispatch.c - the life of a request: route, handler, hooks in their order, its end.
 *
 * The route is found once: when the head has come, if a body follows (its limits are the
 * route's, and a streaming class is started then), else with the whole request.
 *
 * A request runs in one coroutine: set_default_headers, initialize, middleware and inside of it
 * path arguments, forms, XSRF check, prepare, user check, pieces of a streamed body, verb; then
 * finish, access line, on_finish, end of the children, release. An asynchronous handler whose
 * verb has returned is left open without a coroutine; whoever completes its answer ends it.
 */
/* SPDX-License-Identifier: MIT */
#include "web/dispatch.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "ioloop/io.h"
#include "web/access_log.h"
#include "web/errors.h"
#include "web/event_stream.h"
#include "web/figures.h"
#include "web/form.h"
#include "web/guard.h"
#include "web/middleware.h"
#include "web/request_id.h"

/* Gives everything back. The exchange's deferred calls may still use the application. */
static void release(gale_handler *self)
{
    struct gale__app_server *server = self->server;

    if (self->body_on_heap)
        gale__free(self->body);
    gale__exchange_release(self->x);
    gale__app_server_done(server);
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

/* A request without a whole answer has its access line too. */
static __attribute__((noinline)) void log_unanswered(gale_handler *self)
{
    self->may_not_answer = true;
    gale__access_log(self);
}

/* The answer has been handed on or given up. self is gone after. */
static void end(gale_handler *self)
{
    self->x->data = NULL;
    if (GALE_UNLIKELY(!self->finished))
        log_unanswered(self);
    if (GALE_UNLIKELY(self->server->figures != NULL))
        gale__figures_count(self);
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

static __attribute__((noinline)) int refuse_method(gale_handler *self)
{
    return gale_fail(self, 405, NULL);
}

int gale__answer_options(gale_handler *self)
{
    gale_set_header(self, "Allow", self->cls->allow);
    gale_set_status(self, 204, NULL);
    return gale_finish(self); /* itself, since asynchronous classes have no other who would */
}

static int begin(gale_handler *self)
{
    const gale_handler_class *hooks = &self->cls->hooks;

    if (GALE_UNLIKELY(self->route->app->settings.request_id == GALE_ON))
        gale__request_id_begin(self);
    gale__handler_default_headers(self);
    if (self->failed)
        return self->failed;
    return hooks->initialize ? hooks->initialize(self, self->route->arg) : 0;
}

static bool is_streaming(const gale_handler *self)
{
    return self->cls->hooks.stream_request_body == GALE_ON;
}

/* Whether forms are taken before prepare. Functions that know no handlers get the body itself. */
static bool takes_forms(const gale_handler *self)
{
    return !is_streaming(self) && !gale__handler_is_fallback(self);
}

/* Whether nobody looks at the body: then it is neither waited for nor kept. A prepare of its own
 * may answer without a verb. */
static bool ignores_body(const gale_handler *self)
{
    const gale_handler_class *hooks = &self->cls->hooks;

    return hooks->post == gale_error_handler.post ||
           (!self->cls->verbs[gale__handler_method(self)] && !hooks->prepare);
}

/* Gives .data_received the body of a streaming class, piece by piece. */
static __attribute__((noinline)) int feed_body(gale_handler *self)
{
    int (*received)(gale_handler *, gale_str) = self->cls->hooks.data_received;
    gale_str piece = self->x->request.body;
    int r = 0;

    if (!self->x->streaming)
        return piece.len ? received(self, piece) : 0;
    while (r >= 0 && !gale__handler_is_over(self) && (r = self->x->ops->read(self->x, &piece)) > 0)
        r = received(self, piece);
    return r;
}

/* Of a body that was to come whole: 413, 408 …; a form has told already. */
static int tell_refusal(gale_handler *self)
{
    gale_str piece;
    int r = self->x->ops->read(self->x, &piece);

    return r < 0 ? r : 0;
}

static __attribute__((noinline)) int take_groups_and_forms(gale_handler *self)
{
    int r = self->groups ? gale__handler_decode_groups(self) : 0;

    if (r < 0 || !(self->x->streaming || self->x->request.body.len) || ignores_body(self))
        return r;
    r = takes_forms(self) ? gale__form_read(self) : 0;
    if (r >= 0 && self->x->streaming && !is_streaming(self))
        r = tell_refusal(self);
    return r;
}

/* What the request brings, and whether it may. */
static inline int take_input(gale_handler *self)
{
    int r = 0;

    if (self->groups || self->x->streaming || self->x->request.body.len)
        r = take_groups_and_forms(self);
    return r < 0 ? r : gale__guard_xsrf(self);
}

/* From prepare up to the verb. Each stage may answer, which is the end of it. */
static int run_hooks(gale_handler *self, int (*verb)(gale_handler *self))
{
    const gale_handler_class *hooks = &self->cls->hooks;
    int r = hooks->prepare ? hooks->prepare(self) : 0;

    if (r < 0 || gale__handler_is_over(self))
        return r;
    if (!verb)
        return refuse_method(self);
    if (hooks->authenticated && verb != gale__answer_options) {
        r = gale__guard_user(self);
        if (r < 0 || gale__handler_is_over(self))
            return r;
    }
    if (hooks->data_received && is_streaming(self)) {
        r = feed_body(self);
        if (r < 0 || gale__handler_is_over(self))
            return r;
    }
    r = verb(self);
    self->verb_ran = r >= 0;
    return r;
}

/* Inside of all middleware. */
static int run_inner(gale_handler *self)
{
    enum gale__method method = gale__handler_method(self);
    int (*verb)(gale_handler *) = self->cls->verbs[method];
    int r;

    /* What has nobody who would answer it needs no token either. */
    if (!verb && (method == GALE__METHOD_OTHER || !self->cls->hooks.prepare))
        return refuse_method(self);
    r = take_input(self);
    return r < 0 || gale__handler_is_over(self) ? r : run_hooks(self, verb);
}

/* The verb of an asynchronous class may have arranged for a callback, which is waited for whatever
 * has failed since. */
static bool is_left_open(const gale_handler *self)
{
    return self->verb_ran && self->cls->hooks.asynchronous == GALE_ON &&
           !gale__handler_is_over(self);
}

/* Runs the hooks up to the verb. 1: it is left open. */
static int execute(gale_handler *self)
{
    int r = begin(self);

    if (r < 0 || gale__handler_is_over(self))
        return r < 0 ? r : 0;
    r = self->route->middleware ? gale__middleware_run(self, run_inner) : run_inner(self);
    if (is_left_open(self)) {
        if (r < 0)
            gale__handler_failed(self, r); /* which is answered when it is finished */
        return 1;
    }
    return r < 0 ? r : 0;
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

gale_handler *gale__handler_running(void)
{
    gale_handler *self = NULL;

    for (struct gale__co *co = gale__co_current(); co && !self; co = gale__co_caller(co))
        self = gale__handler_of(co);
    return self;
}

gale_handler *gale__handler_of(const struct gale__co *co)
{
    return gale__co_argument(co, run);
}

/* The route is no literal one, or not the only one of its path. */
static __attribute__((noinline)) const struct gale__route *search_route(const gale_app *app,
                                                                        struct gale__exchange *x,
                                                                        gale_str **groups,
                                                                        int *error)
{
    struct gale__lookup l = { .request = &x->request, .arena = &x->arena, .path = x->priv.path };
    int r = gale__router_match(&app->router, &l);

    if (r > 0) {
        *groups = l.groups;
        return l.route;
    }
    *error = r;
    return l.path.len == 1 && l.path.ptr[0] == '*' ? &app->asterisk : &app->fallback;
}

enum { PART = (sizeof(gale_handler) / 3 + 15) & ~15u }; /* bytes of a handler, in three parts */

static inline __attribute__((always_inline)) gale_handler *new_handler(
    struct gale__exchange *x, const struct gale__route *route)
{
    size_t size = sizeof(gale_handler) + route->cls->hooks.state_size;
    gale_handler *self = gale__arena_alloc(&x->arena, size);

    if (!self)
        return NULL;
    /* In parts, which are a few stores each: of the whole a call or a slow instruction is made. */
    memset(self, 0, PART);
    memset((char *)self + PART, 0, PART);
    memset((char *)self + 2 * PART, 0, sizeof(*self) - 2 * PART);
    if (GALE_UNLIKELY(size > sizeof(*self)))
        memset(self + 1, 0, size - sizeof(*self));
    self->x = x;
    self->route = route;
    self->app = route->app;
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

/* The handler of a request whose head has come, as x->data; NULL: no memory. */
static inline gale_handler *make_handler(const gale_app *app, struct gale__exchange *x)
{
    const struct gale__route *route = gale__router_literal(&app->router, x->priv.path);
    gale_str *groups = NULL;
    gale_handler *self;
    int error = 0;

    if (GALE_UNLIKELY(!route))
        route = search_route(app, x, &groups, &error);
    self = new_handler(x, route);
    if (GALE_UNLIKELY(!self))
        return NULL;
    self->groups = groups;
    x->data = self;
    if (GALE_UNLIKELY(error < 0))
        gale__handler_failed(self, error);
    return self;
}

static __attribute__((noinline)) void plan(void *arg, struct gale__exchange *x,
                                           struct gale__body_plan *out)
{
    const struct gale__app_server *server = arg;
    const gale_handler *self = make_handler(server->app, x);
    const gale_limits *limits;

    if (!self) {
        out->no_memory = true;
        return;
    }
    limits = &self->route->limits;
    out->max_size = limits->max_body_size;
    out->timeout = limits->body_timeout;
    out->tell = true;
    out->stream = is_streaming(self) || ignores_body(self) ||
                  (takes_forms(self) && gale__form_wants_stream(x, limits));
}

static void dispatch(void *arg, struct gale__exchange *x)
{
    struct gale__app_server *server = arg;
    gale_handler *self = x->data ? x->data : make_handler(server->app, x);
    int r;

    if (!self) {
        refuse(x);
        return;
    }
    self->server = server;
    server->active++;
    r = gale__co_start(x->loop, self->route->label, &x->scope, run, self);
    if (r < 0) {
        gale__handler_fail(self, r);
        end(self);
    }
}

static void on_gone(struct gale__exchange *x, int code)
{
    gale_handler *self = x->data;

    (void)code;
    if (!self || !self->server || self->finished)
        return;
    if (self->more && self->more->events)
        gale__event_stream_gone(self);
    if (self->cls->hooks.cancel_on_close == GALE_ON && self->co)
        gale__co_cancel(self->co);
    if (!self->closed_told && self->cls->hooks.on_connection_close) {
        self->closed_told = true;
        self->cls->hooks.on_connection_close(self);
    }
}

const struct gale__answerer gale__web_answerer = {
    .plan = plan,
    .dispatch = dispatch,
    .on_gone = on_gone,
    .respond = gale__fallback_respond,
};

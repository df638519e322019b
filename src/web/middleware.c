/* middleware.c - what runs around handlers: before, around and after, in their order.
 *
 * A route's chain is made when the application is: the application's middleware first, then that
 * of the routers it lies in, its own last. Requests without any never come here. Around a mounted
 * application lies that of the outer ones: each runs with the application it was given to.
 */
/* SPDX-License-Identifier: MIT */
#include "web/middleware.h"

#include <errno.h>

#include <gale/log.h>

#include "web/guard.h"
#include "web/set_cookie.h"

/* Whose the i-th of the chain is. */
static gale_app *owner_of(const gale_handler *self, size_t i)
{
    gale_app *app = self->route->app;

    while (i < app->n_outer)
        app = app->parent;
    return app;
}

/* Runs the next ones, up to one that goes around the rest, and the innermost at the end. */
static int run_next(gale_handler *self)
{
    struct gale__handler_more *more = self->more;
    const gale_middleware *m;
    int r;

    while ((m = self->route->middleware[more->next_middleware])) {
        self->app = owner_of(self, more->next_middleware++);
        if (m->around) {
            more->may_call_next = true;
            r = m->around(self, m->arg);
            more->may_call_next = false;
            return r;
        }
        r = m->before ? m->before(self, m->arg) : 0;
        if (r < 0 || gale__handler_is_over(self))
            return r < 0 ? r : 0;
    }
    self->app = self->route->app;
    return more->inner(self);
}

int gale_call_next(gale_handler *self)
{
    struct gale__handler_more *more = self->more;
    gale_app *app = self->app;
    int r;

    if (!more || !more->may_call_next)
        return gale_err(GALE_ESTATE, "gale_call_next: only once, and in .around of a middleware");
    if (gale__handler_is_over(self))
        return gale_err(GALE_ESTATE, "gale_call_next after gale_finish");
    more->may_call_next = false;
    r = run_next(self);
    self->app = app;
    return r >= 0 && self->failed ? self->failed : r;
}

int gale__middleware_run(gale_handler *self, int (*inner)(gale_handler *self))
{
    struct gale__handler_more *more;
    int r;

    if (!self->route->middleware)
        return inner(self);
    more = gale__handler_more(self);
    if (!more)
        return -ENOMEM;
    more->inner = inner;
    r = run_next(self);
    self->app = self->route->app;
    return r;
}

/* One that only has .after has nothing to be begun. */
static bool was_begun(const struct gale__handler_more *more, const gale_middleware *m, size_t i)
{
    return i < more->next_middleware || (!m->before && !m->around);
}

/* The after hook of the i-th. A writer that failed in it counts. */
static int run_after(gale_handler *self, const gale_middleware *m, size_t i)
{
    struct gale__handler_more *more = self->more;
    int r;

    if (!m->after || !was_begun(more, m, i) || (self->in_error_page && more->after_failed == i + 1))
        return 0;
    r = m->after(self, m->arg);
    r = r >= 0 ? self->failed : r;
    if (r >= 0)
        return 0;
    if (!self->in_error_page || gale__handler_is_gone(self)) {
        more->after_failed = i + 1;
        return r;
    }
    /* The page is answered all the same, with what the others have to say. */
    gale_log(&gale_log_application, GALE_LOG_ERROR, "Uncaught failure in .after of %s: %s: %s",
             m->name ? m->name : "a middleware", gale_errname(r), gale_strerror(r));
    self->failed = 0;
    return 0;
}

int gale__middleware_after(gale_handler *self)
{
    const gale_middleware *const *chain = self->route->middleware;
    struct gale__handler_more *more;
    gale_app *app = self->app;
    size_t n = 0;
    int r = 0;

    if (!chain)
        return 0;
    more = gale__handler_more(self);
    if (!more)
        return -ENOMEM;
    if (more->after_done)
        return 0;
    more->after_done = true;
    while (chain[n])
        n++;
    while (r >= 0 && n-- > 0) {
        self->app = owner_of(self, n);
        r = run_after(self, chain[n], n);
    }
    self->app = app;
    return r;
}

static int add_cookies(gale_handler *self)
{
    int r = self->more->wants_xsrf_cookie ? gale__guard_xsrf_cookie(self) : 0;

    return r >= 0 && self->more->jar ? gale__jar_emit(self) : r;
}

int gale__handler_before_headers(gale_handler *self)
{
    int r = 0;

    if (self->route->middleware)
        r = gale__middleware_after(self);
    if (r >= 0 && self->more)
        r = add_cookies(self);
    if (r >= 0 && self->x->trailers)
        r = gale__trailers_announce(self);
    return r;
}

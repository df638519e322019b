/* handler.h - a request being handled: the struct behind gale_handler.
 *
 * It lies in the exchange's arena, with the class's state after it. Everything is zero at
 * first, and a request that is answered at once touches little of it.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_HANDLER_H
#define GALE_WEB_HANDLER_H

#include <stdarg.h>

#include <gale/web.h>

#include "http/exchange.h"
#include "web/app.h"

struct gale__arguments;
struct gale__forms;
struct gale__jar;
struct gale__json_body;
struct gale__language;
struct gale__page;
struct gale__request_cookies;
struct gale__trace;
struct gale__transforms;
struct gale__user;
struct gale__xsrf;

/* What most requests do without: made at first use, zeroed. Each pointer belongs to the file
 * named. */
struct gale__handler_more {
    struct gale__request_cookies *cookies;             /* request_cookies.c */
    struct gale__jar *jar;                             /* set_cookie.c: cookies of the answer */
    struct gale__user *user;                           /* user.c */
    struct gale__xsrf *xsrf;                           /* xsrf.c */
    struct gale__forms *forms;                         /* form.c: files, parts */
    struct gale__json_body *json;                      /* json_body.c */
    struct gale__language *language;                   /* request_locale.c */
    struct gale__page *page;                           /* page.c */
    struct gale__transforms *transforms;               /* transform.c; NULL: none is at work */
    struct gale_event_stream *events;                  /* event_stream.c */
    const struct gale_static_options *static_options;  /* static.c: NULL: the route's */
    size_t next_middleware;                            /* middleware.c: so many were begun */
    int (*inner)(gale_handler *self);                  /* middleware.c: inside of all */
    bool may_call_next;                                /* middleware.c: in .around */
    bool after_done;                                   /* middleware.c: the after hooks have run */
    bool wants_xsrf_cookie;                            /* guard.c: the eager one */
    size_t after_failed;                               /* middleware.c: 1 + which failed; 0: none */
    int (*error_page)(gale_handler *self, int status); /* errors.c */
    const char *request_id;                            /* request_id.c */
    struct gale__headers trailers;                     /* trailer.c; arena NULL: none */
    struct gale__trace *trace;                         /* errors.c: of the failure; NULL: none */
    const struct gale_auth_failed *auth_failed; /* src/auth: why a login failed; NULL: none did */
};

struct gale_handler {
    _Alignas(16) struct gale__exchange *x; /* the state behind it may hold anything */
    struct gale__app_server *server;       /* NULL until the request is complete */
    const struct gale__class *cls;
    const struct gale__route *route;
    gale_app *app;       /* the route's; while middleware of an outer one runs, that one */
    struct gale__co *co; /* runs it; NULL when none does */
    gale_str *groups;    /* of the match, as sent; route->n_groups of them */
    const char **args;   /* the same decoded */
    struct gale__arguments *arguments; /* NULL until asked for */
    struct gale__handler_more *more;   /* NULL until needed */

    /* An answer completed outside of the coroutine ends the request through this: r < 0 is why it
     * could not be. Only set while an asynchronous handler is left open. */
    void (*complete)(gale_handler *self, int r);

    /* response */
    const char *reason; /* NULL: the standard phrase */
    struct gale__headers headers;
    char *body; /* what has been written and not sent */
    size_t body_len, body_cap;
    int64_t declared; /* -1, or the Content-Length that the handler set */
    int64_t sent;     /* bytes of the body handed on */
    char etag[24];
    uint8_t etag_len;
    bool body_on_heap;
    bool headers_sent;
    bool finished;
    bool closed_told; /* on_connection_close ran */
    bool in_error_page;
    bool untransformed; /* a transform has failed: none is asked any more */
    bool verb_ran;      /* of an asynchronous class: the answer is left open */
    bool over; /* finish or send_error was asked for and could not: no further stage runs */
    bool may_not_answer; /* in a hook that runs while the answer leaves */
    uint16_t status;

    /* failure */
    int failed;             /* sticky: what the first failing writer gave */
    int error_code;         /* of error_text */
    const char *error_text; /* NULL: none */
    const char *told; /* of error_code: what the error page may tell the client; NULL: nothing */
};

/* The application whose code runs, for what that code asks: settings, names, data. What is about
 * the answer (error page, transforms, access line) is the route's application's. */
static inline gale_app *gale__handler_app(const gale_handler *self)
{
    return self->app;
}

/* self->more, made when it is not there. NULL: no memory (the request has failed). */
struct gale__handler_more *gale__handler_more(gale_handler *self);

/* Once, before status and headers leave: after hooks of middleware, cookies to Set-Cookie fields,
 * Trailer; transforms come last (transform.h). */
int gale__handler_before_headers(gale_handler *self) GALE_MUST_USE;

/* Adds the Trailer field (trailer.c). */
int gale__trailers_announce(gale_handler *self) GALE_MUST_USE;

static inline enum gale__method gale__handler_method(const gale_handler *self)
{
    return self->x->priv.method;
}

/* Nothing can reach the client any more (an orderly half close can be answered). */
static inline bool gale__handler_is_gone(const gale_handler *self)
{
    return self->x->gone && self->x->gone != GALE_EEOF;
}

/* The answer is complete or given up: no further stage runs. */
static inline bool gale__handler_is_over(const gale_handler *self)
{
    return self->finished || self->over;
}

/* Says that what may not be called by a hook that runs while the answer leaves. GALE_ESTATE. */
int gale__handler_may_not(const gale_handler *self, const char *what);

/* Functions that know no handlers answer its requests. */
static inline bool gale__handler_is_fallback(const gale_handler *self)
{
    return self->cls->hooks.post == gale_fallback_handler.post;
}

/* What such a function answers gets the handler's headers, those of its middleware too
 * (builtin.c). */
int gale__fallback_respond(struct gale__exchange *x, struct gale__response *r) GALE_MUST_USE;

/* Runs set_default_headers. */
void gale__handler_default_headers(gale_handler *self);

/* The answer's X-Request-Id, with settings.request_id_header; after headers were cleared too
 * (request_id.c). */
void gale__request_id_header(gale_handler *self);

/* The text of a failure, for log and error page; NULL when none was given. */
const char *gale__handler_error_text(const gale_handler *self, int code);

/* Notes a failure of a writer: the request fails with it. Returns code. */
int gale__handler_failed(gale_handler *self, int code);

/* Fails with a 400 for what the client sent. The text is in the error page as well, unlike that of
 * gale_fail(): names, no values. */
int gale__handler_refuse(gale_handler *self, const char *fmt, ...) GALE_PRINTF(2, 3);

/* gale_printf_alloc with a list. */
char *gale__handler_vprintf(gale_handler *self, const char *fmt, va_list ap) GALE_PRINTF(2, 0);

/* gale_reverse_url with a list, ended by NULL (reverse.c). */
const char *gale__reverse_url(gale_handler *self, const char *name, const char *const *texts);

/* Decodes the path's groups. A failure answers 400. */
int gale__handler_decode_groups(gale_handler *self) GALE_MUST_USE;

/* Decodes text from outside into the request's memory and checks it: UTF-8 without NUL (is_query: a
 * NUL becomes a blank, as other control characters do). what names it in a failure, which answers
 * 400. */
int gale__handler_decode(gale_handler *self, gale_str in, bool is_query, const char *what,
                         const char **out) GALE_MUST_USE;

/* The same for len bytes that have no escapes (any more), in memory of the request and with a NUL
 * after them: by the class's .decode_argument, where there is one. */
int gale__handler_text(gale_handler *self, char *text, size_t len, bool is_argument,
                       const char *what, const char **out) GALE_MUST_USE;

/* Whether it is UTF-8 without NUL; else a failure that answers 400. */
int gale__handler_check_text(gale_handler *self, char *text, size_t len,
                             const char *what) GALE_MUST_USE;

#endif

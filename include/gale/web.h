/* web.h - applications, routes and request handlers.
 *
 * A handler is a const gale_handler_class: functions for the verbs and hooks it has. Each
 * request gets a gale_handler with its own zeroed state and runs in a coroutine, so hooks
 * may wait where their comment says so. A hook returns >= 0, or a negative code: the result
 * of gale_fail(), or whatever a call gave it. The framework turns that into the answer.
 *
 * What a handler is handed, and what gale_alloc() and its like give, lives until on_finish
 * has returned; handlers free nothing. Writers are sticky: after a failure each later one
 * returns the same code, and the request fails with it.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_H
#define GALE_WEB_H

#include <gale/base.h>
#include <gale/error.h>
#include <gale/gen.h>
#include <gale/httpserver.h>
#include <gale/httputil.h>
#include <gale/ioloop.h>

GALE_BEGIN_DECLS

struct json_t; /* jansson's value: <gale/json.h> includes its header */

typedef struct gale_app gale_app;
typedef struct gale_handler gale_handler;
typedef struct gale_handler_class gale_handler_class;

/* A kind of handler. Use designated initialisers; what is left zero is inherited from the
 * parent, else the default. The struct grows only at its end. */
struct gale_handler_class {
    const gale_handler_class *parent; /* inherits every hook left NULL */

    /* Bytes of gale_state(); 0: the parent's. A child's state struct begins with its parent's. */
    size_t state_size;

    /* When set, so many bytes of the route's arg are copied; else the pointer is passed on and
     * must stay valid. */
    size_t arg_size;

    /* Verbs. May wait. Without head, HEAD runs get and the body is left out. A method without a
     * function answers 405 with Allow. */
    int (*get)(gale_handler *self);
    int (*head)(gale_handler *self);
    int (*post)(gale_handler *self);
    int (*put)(gale_handler *self);
    int (*delete_)(gale_handler *self);
    int (*patch)(gale_handler *self);
    int (*options)(gale_handler *self);
    int (*other_method)(gale_handler *self); /* any other token: PROPFIND and the like */

    /* First of all, with the route's arg. Must not wait. An answer or a failure ends the request:
     * prepare and the verb do not run. */
    int (*initialize)(gale_handler *self, void *arg);
    /* Before the verb. May wait. Answering (gale_finish, gale_redirect) keeps the verb from
     * running. */
    int (*prepare)(gale_handler *self);
    /* After the response has been handed on, also when it failed. Must not wait; cannot write. */
    void (*on_finish)(gale_handler *self);
    /* Sets headers of each response, also of error pages. Must not wait. */
    void (*set_default_headers)(gale_handler *self);
    /* Writes an error page for status; gale_error() and gale_error_code() tell why. May wait when
     * the request runs in its coroutine. */
    int (*write_error)(gale_handler *self, int status);
    /* Logs the request; default as Tornado's access line. Must not wait. */
    void (*log_request)(gale_handler *self);
    /* The client has gone while the request was being handled. Runs on the loop: must not wait. */
    void (*on_connection_close)(gale_handler *self);
    /* The Etag of a 200 answer with its quotes ("x" or W/"x"; anything else fails the request), in
     * memory of the request, or NULL for none. Default: a hash of the body. Must not wait. */
    const char *(*compute_etag)(gale_handler *self, gale_str body);

    /* GALE_ON: the request stays open after the verb returned, until gale_finish(). That must
     * come, also after on_connection_close. */
    int asynchronous;

    /* GALE_ON: the client's going cancels the handler's waits (GALE_ECANCELED). */
    int cancel_on_close;

    const char *name; /* in logs and reports; default: the route's pattern. Static */
};

/* One rule: the first that matches a request's path answers it. */
typedef struct gale_route {
    /* Required. A path, or a Perl-style pattern for the whole path; matched against the path as
     * sent. Groups become path arguments, percent-decoded. A "." alone does not make a pattern:
     * "/robots.txt" is that path only. */
    const char *url;

    const gale_handler_class *handler; /* Required. */
    void *arg;                         /* for initialize */
    const char *name;                  /* for gale_reverse_url */
} gale_route;

/* Settings of an application. Zero is the default for each; copied. Grows at its end. */
typedef struct gale_settings {
    int debug;           /* GALE_ON: implies serve_traceback */
    int serve_traceback; /* GALE_ON: error pages tell the failure's detail, as text */
    const gale_handler_class *default_handler; /* for paths no route matches; default: 404 */
    void *default_handler_arg;
    void (*log_function)(gale_handler *self); /* instead of the access line */
    const char *server_name;        /* the Server header, at most 99 bytes; "" for none; default
                                       "gale/VERSION" */
    void *data;                     /* gale_app_data(), borrowed */
    gale_httpserver_options server; /* limits and times of gale_app_listen() */
} gale_settings;

/* For gale_app_new(). */
GALE_API GALE_MUST_USE gale_app *gale_app_new_sized(const gale_route *routes, size_t route_size,
                                                    const gale_settings *settings,
                                                    size_t settings_size, size_t class_size);

/* An application over routes, an array ended by { 0 }; settings may be NULL. Routes, settings and
 * classes are copied. The caller owns it. NULL when a pattern, class (its sizes are at most 1 MiB),
 * argument of a built-in handler or setting is unusable: the reason names it and is in
 * gale_app_error(); gale_main() accepts NULL and prints it. */
static inline GALE_MUST_USE gale_app *gale_app_new(const gale_route *routes,
                                                   const gale_settings *settings)
{
    return gale_app_new_sized(routes, sizeof(gale_route), settings, sizeof(gale_settings),
                              sizeof(gale_handler_class));
}

/* Why the last gale_app_new() of this thread gave NULL. Static until the next one. */
GALE_API const char *gale_app_error(void);

/* Closes the application's servers and frees it when its last request has ended. NULL is
 * allowed. */
GALE_API void gale_app_free(gale_app *app);

/* Serves app on the current loop, on port (0: any free one) of address (NULL: all; "unix:/path").
 * The port, or a failure naming the address. */
GALE_API GALE_MUST_USE int gale_app_listen(gale_app *app, int port, const char *address);

/* The same on a listening descriptor, for example from gale_bind_sockets() or inherited, which it
 * takes over: *fd becomes -1. 0 or a failure. */
GALE_API GALE_MUST_USE int gale_app_add_socket(gale_app *app, int *fd);

/* Waits. Stops listening and finishes the requests in flight, as gale_httpserver_drain(). */
GALE_API int gale_app_drain(gale_app *app, double seconds);

/* settings.data. */
GALE_API void *gale_app_data(const gale_app *app);

/* The figures of all the application's servers together. */
GALE_API void gale_app_get_stats(const gale_app *app, gale_httpserver_stats *out);

/* The hooks of a class with its parents' filled in, for calling the parent's:
 * gale_class_hooks(self, &base_handler)->prepare(self). NULL for a class the application has
 * no part of. Borrowed from the application. */
GALE_API const gale_handler_class *gale_class_hooks(gale_handler *self,
                                                    const gale_handler_class *cls);

/* --- in a handler ----------------------------------------------------------------- */

/* The request's own state, zeroed at first: .state_size bytes of its class. */
GALE_API void *gale_state(gale_handler *self);

/* The request: method, target, headers, body, peer. Borrowed until on_finish has returned. */
GALE_API gale_request *gale_handler_request(gale_handler *self);

/* The application the request is answered by. Borrowed. */
GALE_API gale_app *gale_handler_app(gale_handler *self);

/* Memory of the request: bytes (not zeroed), and printf into it. NULL when out of memory. */
GALE_API void *gale_alloc(gale_handler *self, size_t size);
GALE_API char *gale_printf_alloc(gale_handler *self, const char *fmt, ...) GALE_PRINTF(2, 3);

/* Calls fn(arg) at the end of the request, last in, first out, also on failure. Must not wait.
 * -ENOMEM: fn has been called already. */
GALE_API int gale_defer(gale_handler *self, void (*fn)(void *arg), void *arg);

/* Path arguments: the i-th group from 0, or a named one; percent-decoded UTF-8. NULL when there is
 * no such group or it took no part in the match. */
GALE_API const char *gale_path_argument(gale_handler *self, size_t i);
GALE_API const char *gale_path_argument_named(gale_handler *self, const char *name);

/* The last value of a query or body (application/x-www-form-urlencoded) argument, stripped of
 * blanks at its ends, or fallback. Body beats query. */
GALE_API const char *gale_get_argument(gale_handler *self, const char *name, const char *fallback);

/* The same into *out; when it is missing the result is a failure that answers 400 naming it, in the
 * log and on the page. */
GALE_API GALE_MUST_USE int gale_require_argument(gale_handler *self, const char *name,
                                                 const char **out);

/* A required decimal integer; missing, malformed or out of range: a failure that answers 400
 * naming it. */
GALE_API GALE_MUST_USE int gale_get_int(gale_handler *self, const char *name, int *out);

/* Adds to the response. Text, bytes, printf, JSON. The data is copied. GALE_ESTATE after finish.
 * gale_write_json takes over the reference, also on failure, and sets Content-Type to
 * application/json; NULL (a bad json_pack format) is a failure that names file and line of the call
 * and answers 500. */
GALE_API int gale_write(gale_handler *self, const char *text);
GALE_API int gale_write_bytes(gale_handler *self, const void *data, size_t size);
GALE_API int gale_printf(gale_handler *self, const char *fmt, ...) GALE_PRINTF(2, 3);
GALE_API int gale_write_json_at(gale_handler *self, struct json_t *value, const char *file,
                                int line);
#define gale_write_json(self, value) gale_write_json_at((self), (value), __FILE__, __LINE__)

/* Waits, only when the peer is slow to take what is pending. Sends what has been written so far,
 * with the status and headers the first time; they are fixed from then on. In an .asynchronous
 * handler's callbacks it does not wait. */
GALE_API int gale_flush(gale_handler *self);

/* Completes the response. Does not wait. GALE_ESTATE the second time. */
GALE_API int gale_finish(gale_handler *self);

/* True once the response is complete. */
GALE_API bool gale_is_finished(const gale_handler *self);

/* Status; reason NULL is the standard phrase, and one with characters that may not be sent is
 * "Unknown". GALE_ESTATE after the headers left, GALE_EINVAL outside of 200 to 999. */
GALE_API int gale_set_status(gale_handler *self, int status, const char *reason);
GALE_API int gale_get_status(const gale_handler *self);

/* Response headers: replace, add a field, remove all of a name. Copied. GALE_EINVAL for a name or
 * value with bytes that may not be sent (CR, LF, NUL …), GALE_ESTATE after the headers left. */
GALE_API int gale_set_header(gale_handler *self, const char *name, const char *value);
GALE_API int gale_add_header(gale_handler *self, const char *name, const char *value);
GALE_API void gale_clear_header(gale_handler *self, const char *name);
/* The first value set for a name, or NULL. */
GALE_API const char *gale_get_response_header(gale_handler *self, const char *name);

/* Ends the request with an error: return gale_fail(self, 404, "no story %s", id). The text is for
 * the log (and for error pages with serve_traceback); fmt may be NULL. status is 400 to 599;
 * another one, also in a GALE_EHTTP that a hook returns, is logged and answered with 500. */
GALE_API int gale_fail(gale_handler *self, int status, const char *fmt, ...) GALE_PRINTF(3, 4);

/* In write_error: the code that failed, and its text. */
GALE_API int gale_error_code(const gale_handler *self);
GALE_API const char *gale_error(const gale_handler *self);

/* Answers with an error page now (not through a failure). */
GALE_API int gale_send_error(gale_handler *self, int status);

/* Answers 302 (or status, 300 to 399) with Location. The target is percent-encoded where it must be
 * and otherwise sent as it is. NULL fails with what gale_reverse_url() or gale_printf_alloc() said
 * before, else GALE_EINVAL. */
GALE_API int gale_redirect(gale_handler *self, const char *url);
GALE_API int gale_redirect_status(gale_handler *self, const char *url, int status);

/* The path of the named route with its groups filled in by the texts that follow, percent-encoded:
 * gale_reverse_url(self, "story", "42"). NULL when there is no such name, the pattern cannot be
 * reversed or the number of texts is not that of its groups (gale_strerror(GALE_ENOTFOUND) says
 * which). */
#ifdef __cplusplus
#define gale_reverse_url(...) gale_reverse_url_list(__VA_ARGS__, static_cast<const char *>(nullptr))
#else
#define gale_reverse_url(...) gale_reverse_url_list(__VA_ARGS__, (const char *)0)
#endif
GALE_API const char *gale_reverse_url_list(gale_handler *self, const char *name, ...)
    __attribute__((sentinel));

/* Redirects to another place: { .url = "/old", .handler = &gale_redirect_handler,
 * .arg = &(gale_redirect_options){ .url = "/new" } }. The request's query is kept. */
typedef struct gale_redirect_options {
    const char *url; /* Required. {0}, {1} … and {name}: the route's groups, which exist */
    int permanent;   /* GALE_OFF: 302; default 301 */
} gale_redirect_options;
extern GALE_API const gale_handler_class gale_redirect_handler;

/* Answers every method with an error: .arg points at an int, the status (400 to 599,
 * default 404). */
extern GALE_API const gale_handler_class gale_error_handler;

GALE_END_DECLS

#endif

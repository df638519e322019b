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

#include <gale/arguments.h>
#include <gale/base.h>
#include <gale/cookies.h>
#include <gale/error.h>
#include <gale/eventstream.h>
#include <gale/gen.h>
#include <gale/httpserver.h>
#include <gale/httputil.h>
#include <gale/ioloop.h>
#include <gale/render.h>
#include <gale/security.h>

GALE_BEGIN_DECLS

struct json_t; /* jansson's value: <gale/json.h> includes its header */

typedef struct gale_app gale_app;
typedef struct gale_handler gale_handler;
typedef struct gale_handler_class gale_handler_class;

/* Sets of methods, for .authenticated. */
enum {
    GALE_GET = 1,
    GALE_HEAD = 2,
    GALE_POST = 4,
    GALE_PUT = 8,
    GALE_DELETE = 16,
    GALE_PATCH = 32,
    GALE_OPTIONS = 64,
    GALE_OTHER = 128,
    GALE_ALL = 255,
};

/* Kinds of classes that begin with a gale_handler_class and have hooks of their own. */
enum {
    GALE_KIND_PLAIN,
    GALE_KIND_STATIC,    /* gale_static_class of <gale/staticfile.h> */
    GALE_KIND_WEBSOCKET, /* gale_websocket_class of <gale/websocket.h> */
};

struct gale_transform;
struct gale_transform_out;
struct gale_static_options;
struct gale_websocket_options;

/* Something done around handlers: for an application, a router (a route with .routes) or a route.
 * The outermost is the first of the application's list. Usually static const. */
typedef struct gale_middleware {
    /* Before prepare (and before the user, XSRF and the body of a streaming class are looked at).
     * May wait. Answering ends the request (the handler does not run, the after hooks do). */
    int (*before)(gale_handler *self, void *arg);
    /* Once, when status and headers are about to leave, also those of error pages and redirects
     * and of what gale_fallback_handler's function answers: may change them. In the reverse order,
     * and only when before or around was begun, if there is one. A failure gives the error page,
     * for which the others run again. Must not wait, and cannot answer: gale_finish, gale_flush,
     * gale_send_error, gale_redirect and gale_clear give GALE_ESTATE. */
    int (*after)(gale_handler *self, void *arg);
    /* Instead of before: does what it likes around gale_call_next(self), which gives what the rest
     * (inner middleware, prepare, verb) returned, or what the first writer gave that failed in it;
     * that is also what it should return, unless it answers otherwise after gale_clear(). May
     * wait. */
    int (*around)(gale_handler *self, void *arg);
    void *arg;        /* borrowed */
    const char *name; /* in messages; static */
} gale_middleware;

/* May wait. In .around: runs what is inside. GALE_ESTATE when called twice or elsewhere. */
GALE_API GALE_MUST_USE int gale_call_next(gale_handler *self);

/* Bounds on what a request may bring. Zero: the default, for a route the application's. */
typedef struct gale_limits {
    int64_t max_body_size;   /* bytes; default settings.server.max_body_size; 413, before reading */
    double body_timeout;     /* seconds; default settings.server.body_timeout; 408 */
    int64_t max_arguments;   /* query and body together; default 1000; 400 */
    int64_t max_parts;       /* of a multipart body; default 100; 400 */
    int64_t max_part_head;   /* bytes of a part's head; default 10 KiB; 400 */
    int64_t max_memory_file; /* bytes of a file kept in memory; default 64 KiB */
    int64_t max_json_size;   /* bytes; default that of the body; 413 */
    int64_t max_json_depth;  /* at most and by default 128; 400 */
} gale_limits;

/* A kind of handler. Use designated initialisers; what is left zero is inherited from the
 * parent, else the default. The struct grows only at its end. */
struct gale_handler_class {
    const gale_handler_class *parent; /* inherits every hook left NULL */

    /* Bytes of gale_state(); 0: the parent's. A child's state struct begins with its parent's. */
    size_t state_size;

    /* When set, so many bytes of the route's arg are copied; else the pointer is passed on and
     * must stay valid. */
    size_t arg_size;

    /* Verbs. May wait. Without head, HEAD runs get and the body is left out (unless
     * settings.head_from_get is GALE_OFF). A method without a function answers 405 with Allow. */
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
    /* Sets headers of each response, also of error pages. Must not wait; cannot answer
     * (GALE_ESTATE, as in .after of middleware; so for .compute_etag). */
    void (*set_default_headers)(gale_handler *self);
    /* Writes an error page for status; gale_error() and gale_error_code() tell why. One that fails
     * leaves the page empty. May wait when the request runs in its coroutine. */
    int (*write_error)(gale_handler *self, int status);
    /* Logs the request, once; default as Tornado's access line. Also when the client has gone:
     * with the status that the answer would have had, or 499 (closed by the client) when it was
     * cut short by a cancelled wait or a failure without a status of its own. Must not wait. */
    void (*log_request)(gale_handler *self);
    /* The client has gone while the request was being handled. Runs on the loop: must not wait. */
    void (*on_connection_close)(gale_handler *self);
    /* The Etag of a 200 answer with its quotes ("x" or W/"x"; anything else fails the request), in
     * memory of the request, or NULL for none. Default: a hash of the body. Must not wait. A static
     * file above 64 KiB, whose content is not in memory, keeps its own. */
    const char *(*compute_etag)(gale_handler *self, gale_str body);

    /* GALE_ON: the request stays open after the verb returned (0 or more), until gale_finish() or
     * gale_send_error(), whatever failed meanwhile. One of them must come, also after the client
     * has gone. In on_connection_close it may come while a stage still waits: the verb does not
     * run then; one that waits itself sees gale_is_finished(). */
    int asynchronous;

    /* GALE_ON: the client's going cancels the handler's waits (GALE_ECANCELED). So does a client
     * that ends its side of the connection alone, and would still read the answer. */
    int cancel_on_close;

    const char *name; /* in logs and reports; default: the route's pattern. Static */

    /* Methods that need a user (GALE_ALL, or GALE_POST | GALE_PUT …): without one GET and HEAD are
     * redirected to the login URL with next, others answered 403. After prepare. */
    int authenticated;
    /* Who the user is: a new reference in *user, or NULL left there. May wait. Once a request. */
    int (*get_current_user)(gale_handler *self, struct json_t **user);
    /* Where to log in; default settings.login_url. Must not wait. */
    const char *(*get_login_url)(gale_handler *self);

    int xsrf_cookies; /* GALE_OFF: not checked for this class; default settings.xsrf_cookies */
    /* Instead of gale_check_xsrf_cookie(). May wait. */
    int (*check_xsrf_cookie)(gale_handler *self);

    /* GALE_ON: handlers run when the head has come and read the body themselves, gale_read_body()
     * or gale_next_part(); or .data_received is given its pieces between prepare and the verb. May
     * wait: until it returns no more is read. */
    int stream_request_body;
    int (*data_received)(gale_handler *self, gale_str piece);

    /* Text from bytes of the client, name NULL for a path argument: in the request's memory, or
     * NULL for a 400 naming it. Default: UTF-8 is checked. Must not wait. */
    const char *(*decode_argument)(gale_handler *self, gale_str bytes, const char *name);

    /* Logs a failure; code and text as gale_error_code(), gale_error(). Must not wait. */
    void (*log_exception)(gale_handler *self, int status);

    int compress_response; /* GALE_OFF, GALE_ON: instead of the setting */

    int kind;         /* GALE_KIND_…; 0 plain */
    size_t kind_size; /* sizeof the whole struct of that kind */

    /* Templates and language: <gale/render.h> */

    /* The user's language, or NULL for what the browser asks for. Once a request. May wait. */
    const gale_locale *(*get_user_locale)(gale_handler *self);
    /* Where its templates are; default settings.template_path. Must not wait. */
    const char *(*get_template_path)(gale_handler *self);
    /* The loader for a template path, once for each path of the application, which takes it over;
     * default settings.template_loader, else of the directory by the settings. NULL with a failure
     * stored. Must not wait. */
    gale_loader *(*create_template_loader)(gale_handler *self, const char *path);
    /* Names for each template of the handler, below those the call gives: *names is empty, with
     * self as context. Its .values are taken over, what else it points at is the request's. May
     * wait. */
    int (*get_template_namespace)(gale_handler *self, gale_namespace *names);
    /* HTML for what UI modules bring: URLs (each once), or pieces of script or style;
     * NULL-terminated. In the request's memory; NULL fails the request. Must not wait. */
    const char *(*render_linked_js)(gale_handler *self, const char *const *urls);
    const char *(*render_embed_js)(gale_handler *self, const char *const *pieces);
    const char *(*render_linked_css)(gale_handler *self, const char *const *urls);
    const char *(*render_embed_css)(gale_handler *self, const char *const *pieces);
};

/* One rule: the first that matches a request's path answers it. */
typedef struct gale_route {
    /* Required but with routes or app. A path, a template, or a Perl-style pattern for the whole
     * path; matched against the path as sent. Groups become path arguments, percent-decoded. A "."
     * alone does not make a pattern: "/robots.txt" is that path only. A template has {name} (one
     * segment, in which %2F is no match either), {name:int} (digits), {name:uuid}, {name:path}
     * (with "/"), none of them empty; its groups are named. In a pattern, [^/]* matches "a%2Fb" and
     * the handler sees "a/b". */
    const char *url;

    const gale_handler_class *handler; /* Required, or routes or app. */
    void *arg;                         /* for initialize */
    const char *name;                  /* for gale_reverse_url */

    /* Only for requests to this host: a name, an IPv6 address such as "[::1]" in the form clients
     * use, or a Perl-style pattern for all of it, matched with the host in lower case without port.
     * Inherited by .routes and .app. */
    const char *host;

    /* Instead of a handler: rules (ended by { 0 }) whose urls follow this one, which is then a
     * prefix: "/api" + "/users" (and "/api/" + "/users" is the same). When none of them matches,
     * matching goes on after this rule. */
    const struct gale_route *routes;
    /* Instead of a handler: another application under the prefix (a path), with its own settings
     * but for .server and .server_name, which answers all that is below it, inside our middleware.
     * Taken over, also on failure. NULL of gale_app_new() fails with its reason. */
    gale_app *app;

    /* Around this rule, inside the application's: NULL-terminated, borrowed. */
    const gale_middleware *const *middleware;
    const gale_limits *limits; /* for this rule; copied */
} gale_route;

/* Settings of an application. Zero is the default for each; copied. Grows at its end. */
typedef struct gale_settings {
    /* GALE_ON: implies serve_traceback and autoreload on, static_hash_cache and
     * compiled_template_cache off, each unless set itself. */
    int debug;
    /* GALE_ON: error pages tell the failure's detail, as text; of a template its whole report. With
     * it, or debug, gale_main() listens on localhost only unless --address is given. */
    int serve_traceback;
    const gale_handler_class *default_handler; /* for paths no route matches; default: 404 */
    void *default_handler_arg;
    void (*log_function)(gale_handler *self); /* instead of the access line */
    const char *server_name;        /* the Server header, at most 99 bytes; "" for none; default
                                       "gale/VERSION" */
    void *data;                     /* gale_app_data(), borrowed */
    gale_httpserver_options server; /* limits and times of gale_app_listen() */

    /* Error pages of the application, for classes without their own .write_error. May wait. */
    int (*write_error)(gale_handler *self, int status);
    const gale_middleware *const *middleware; /* NULL-terminated; borrowed */
    gale_limits limits;
    const char *default_host; /* serves rules with .host for requests whose own host matches none,
                                 unless they carry X-Real-Ip */

    /* Cookies, signed values, login: <gale/cookies.h>, <gale/security.h> */
    const char *cookie_secret;         /* one secret; or */
    const gale_secret *cookie_secrets; /* several, ended by { 0, NULL }; key_version signs */
    int key_version;
    int min_signed_version; /* 1: signed values of version 1 are accepted as well; default 2 */
    int secure_cookies;     /* GALE_ON: cookies are Secure, HttpOnly and SameSite=Lax unless said */
    const char *login_url;
    int xsrf_cookies;                /* GALE_ON: methods that change things are checked */
    enum gale_xsrf_check xsrf_check; /* how; default by token */
    int xsrf_cookie_version;         /* 1 or 2; default 2 */
    const char *xsrf_cookie_name;    /* default "_xsrf"; "__Host-xsrf" needs secure below */
    const gale_cookie *xsrf_cookie;  /* its attributes; copied */
    int xsrf_cookie_eager;           /* GALE_ON: set by every GET, not first when asked for; never
                                        with static files, nor with answers whose Cache-Control lets
                                        them be kept for others (public, max-age, ...) */

    /* Output */
    int compress_response; /* GALE_ON: gzip, brotli and zstd as the client likes */
    const struct gale_transform *const *transforms; /* NULL-terminated; borrowed */

    /* Static files: <gale/staticfile.h> */
    const char *static_path;                          /* relative: to the program's directory */
    const char *static_url_prefix;                    /* default "/static/" */
    const gale_handler_class *static_handler;         /* default gale_static_handler */
    const struct gale_static_options *static_options; /* all but path; copied */
    int static_hash_cache; /* GALE_OFF: versions are computed at each use. Off with debug */

    int compiled_template_cache; /* GALE_OFF: a changed template counts at once (loaders given to
                                    the application are reset for each request). Off with debug */
    int autoreload;    /* GALE_ON: gale_main() starts the program anew when its file has changed. On
                          with debug */
    int head_from_get; /* GALE_OFF: HEAD of a class without .head is a 405, not its get; those of
                          the library answer it all the same. Default GALE_ON */

    /* Templates: <gale/render.h>, <gale/template.h> */
    const char *template_path;    /* relative: to the program's directory, which is the default. It
                                     must be there when the application is made */
    gale_loader *template_loader; /* instead of the directory; taken over, also on failure */
    const struct gale_template_program *const *compiled_templates; /* instead: of "gale template
                                                                      compile"; borrowed */
    /* Of the loaders that these make, not of .template_loader: */
    const char *autoescape;          /* as in gale_template_options */
    const char *template_whitespace; /* as .whitespace there */
    gale_template_limits template_limits;
    const gale_template_module *const *template_modules; /* for {% import %}; borrowed */
    /* Of all: */
    const gale_name *ui_methods;             /* names for templates; functions find the handler
                                                by gale_call_handler(). Borrowed */
    const gale_ui_module *const *ui_modules; /* NULL-terminated; borrowed */

    /* Languages: <gale/locale.h> */
    gale_translations *translations; /* borrowed; or */
    const char *locale_path;    /* a directory of catalogues, relative: to the program's. With debug
                                   changed ones count at once */
    const char *locale_domain;  /* they are gettext's, of this domain; default: CSV */
    const char *default_locale; /* default "en_US" */

    /* WebSockets: <gale/websocket.h> */
    const struct gale_websocket_options *websocket; /* of all; copied */

    /* Logs: <gale/log.h> */
    const char *access_log; /* the line of each request: "text" (Tornado's), "combined" (as
                               Apache's and nginx's), "json" (an object), "off"; default: as the
                               log's format. Of "combined" and "json" nothing else is in the line.
                               gale_main()'s --access-log goes before it */
    int request_id;         /* GALE_ON: each request has an id (gale_request_id()), in all lines
                               logged for it */
    int request_id_header;  /* GALE_ON: the answer has it in X-Request-Id; implies request_id */

    /* Called by gale_main() in each process that serves, once, before it listens: to open what the
     * process keeps. May wait (in a coroutine of the process's first loop). A failure ends the
     * process with its text, status 1. */
    int (*on_start)(gale_app *app);
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

/* The settings in effect: what debug implies is filled in. Borrowed. */
GALE_API const gale_settings *gale_app_settings(const gale_app *app);

/* For gale_app_add_handlers(). */
GALE_API GALE_MUST_USE int gale_app_add_handlers_sized(gale_app *app, const char *host,
                                                       const gale_route *routes, size_t route_size,
                                                       size_t class_size);

/* Adds rules for a host (a name or a pattern), after those added for hosts before and in front of
 * those for any host. Before the application, or one it is mounted in, serves: GALE_ESTATE after.
 * GALE_EINVAL as of gale_app_new(). */
static inline GALE_MUST_USE int gale_app_add_handlers(gale_app *app, const char *host,
                                                      const gale_route *routes)
{
    return gale_app_add_handlers_sized(app, host, routes, sizeof(gale_route),
                                       sizeof(gale_handler_class));
}

/* The path of a named route, as gale_reverse_url(), without a request: in out, NUL-terminated. Its
 * length, GALE_ENOTFOUND, or GALE_ETOOBIG. args is NULL-terminated. */
GALE_API GALE_MUST_USE int gale_app_reverse_url(const gale_app *app, const char *name,
                                                const char *const *args, char *out, size_t size);

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

/* The application the request is answered by; in middleware the one that it was given to, which may
 * be around that. Settings, secrets, names and data are its. Borrowed. */
GALE_API gale_app *gale_handler_app(gale_handler *self);

/* The id of the request, for logs and for those it asks: what X-Request-Id says when the peer is
 * trusted (settings.server.xheaders and .trusted_downstream) and it is well-formed (at most 128
 * letters, digits and -_.~+/=:), else 16 random hexadecimal digits. Made at the first call, or with
 * settings.request_id as the request begins; the lines that the request's coroutine and those
 * spawned by it log from then on have it. Borrowed; "" when out of memory. */
GALE_API const char *gale_request_id(gale_handler *self);

/* Memory of the request: bytes (not zeroed), and printf into it. NULL when out of memory. */
GALE_API void *gale_alloc(gale_handler *self, size_t size);
GALE_API char *gale_printf_alloc(gale_handler *self, const char *fmt, ...) GALE_PRINTF(2, 3);

/* Calls fn(arg) at the end of the request, last in, first out, also on failure. Must not wait.
 * -ENOMEM: fn has been called already. */
GALE_API int gale_defer(gale_handler *self, void (*fn)(void *arg), void *arg);

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

/* Packs and writes JSON in one: gale_json(self, "{s:s, s:i}", "name", name, "n", n), as json_pack()
 * of jansson. A bad format or a NULL argument is a failure that names file and line. */
GALE_API int gale_json_at(gale_handler *self, const char *file, int line, const char *fmt, ...);
#define gale_json(self, ...) gale_json_at((self), __FILE__, __LINE__, __VA_ARGS__)

/* Waits, only when the peer is slow to take what is pending. Sends what has been written so far,
 * with the status and headers the first time; they are fixed from then on. In an .asynchronous
 * handler's callbacks it does not wait. */
GALE_API int gale_flush(gale_handler *self);

/* Completes the response. Does not wait. GALE_ESTATE the second time. When that fails, because the
 * client has gone or a writer failed, the request is over all the same: no further stage runs, and
 * an error page answers it where that can be. */
GALE_API int gale_finish(gale_handler *self);

/* A field after the body of a chunked answer (RFC 9112 7.1.2): announced in Trailer when set before
 * the headers left. Sent to HTTP/1.1 clients whose TE says trailers, else dropped. GALE_EINVAL for
 * a name that may not be one (framing, Content-Type, Set-Cookie …). */
GALE_API int gale_set_trailer(gale_handler *self, const char *name, const char *value);

/* Forgets headers, status, what was written and a writer's failure, as if nothing had been;
 * set_default_headers runs again. Cookies that were set stay, as in Tornado. GALE_ESTATE after the
 * headers left. */
GALE_API int gale_clear(gale_handler *self);

/* True once the response is complete, or given up by a gale_finish() or gale_send_error() that
 * failed. */
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
 * the log (and for error pages with serve_traceback); fmt may be NULL. A reason that
 * gale_set_status() gave this status stays. status is 400 to 599;
 * another one, also in a GALE_EHTTP that a hook returns, is logged and answered with 500. */
GALE_API int gale_fail(gale_handler *self, int status, const char *fmt, ...) GALE_PRINTF(3, 4);

/* In write_error: the code that failed, and its text. */
GALE_API int gale_error_code(const gale_handler *self);
GALE_API const char *gale_error(const gale_handler *self);

/* The error page of this request, instead of the class's and the application's. May wait. */
GALE_API void gale_set_error_page(gale_handler *self, int (*page)(gale_handler *self, int status));

/* Answers with an error page now (not through a failure). */
GALE_API int gale_send_error(gale_handler *self, int status);

/* Answers 302 (or status, 300 to 399) with Location. The target is percent-encoded where it must be
 * and otherwise sent as it is. NULL fails with what gale_reverse_url() or gale_printf_alloc() said
 * before, else GALE_EINVAL. */
GALE_API int gale_redirect(gale_handler *self, const char *url);
GALE_API int gale_redirect_status(gale_handler *self, const char *url, int status);

/* May wait. For a path with, or without, a final slash: GET and HEAD are redirected (301) to the
 * other form with their query, others answered 404. 1 when it answered, else 0. "/" is left
 * alone. For prepare, or as middleware's .before. */
GALE_API int gale_add_slash(gale_handler *self, void *unused);
GALE_API int gale_remove_slash(gale_handler *self, void *unused);

/* The path of the named route with its groups filled in by the texts that follow, percent-encoded
 * (also so that it does not begin with "//"): gale_reverse_url(self, "story", "42"). Names of the
 * application, of those mounted in it, then of those it is mounted in. NULL when there is no such
 * name, the pattern cannot be reversed, the number of texts is not that of its groups, or one does
 * not fit a template's group (gale_strerror(GALE_ENOTFOUND) says which). */
#ifdef __cplusplus
#define gale_reverse_url(...) gale_reverse_url_list(__VA_ARGS__, static_cast<const char *>(nullptr))
#else
#define gale_reverse_url(...) gale_reverse_url_list(__VA_ARGS__, (const char *)0)
#endif
GALE_API const char *gale_reverse_url_list(gale_handler *self, const char *name, ...)
    __attribute__((sentinel));

/* Redirects to another place: { .url = "/old", .handler = &gale_redirect_handler,
 * .arg = &(gale_redirect_options){ .url = "/new" } }. The request's query is kept. No group makes
 * another site of a url that begins with one or with a single "/": "{0}" with "//host" is "/host".
 */
typedef struct gale_redirect_options {
    const char *url; /* Required. {0}, {1} … and {name}: the route's groups, which exist */
    int permanent;   /* GALE_OFF: 302; default 301 */
    int status;      /* instead: 300 to 399 */
} gale_redirect_options;
extern GALE_API const gale_handler_class gale_redirect_handler;

/* Answers every method with an error: .arg points at an int, the status (400 to 599,
 * default 404). */
extern GALE_API const gale_handler_class gale_error_handler;

/* Hands each request to a function that answers it by gale_http_respond() (a gale_http_callback;
 * .arg is a gale_fallback_options): for code that knows no handlers. Its answers get the headers
 * of middleware; compression and other transforms pass them by. */
typedef struct gale_fallback_options {
    gale_http_callback callback; /* Required. May wait */
    void *arg;
} gale_fallback_options;
extern GALE_API const gale_handler_class gale_fallback_handler;

/* --- output transforms ------------------------------------------------------------ */

/* Changes what leaves: headers once, then each piece of the body. */
typedef struct gale_transform {
    size_t state_size; /* of each request's own zeroed state */
    /* Status and headers are about to leave; may change them. body: its first piece; last: it is
     * all. 1: write is given the body (its length is then not known in advance); 0: this transform
     * has nothing to do with this answer; or a failure. Must not wait. */
    int (*begin)(gale_handler *self, void *state, gale_str body, bool last);
    /* A piece (may be empty when last): appends what shall be sent with gale_transform_put().
     * flush: what came so far must be of use to the client. Must not wait. */
    int (*write)(gale_handler *self, void *state, gale_str in, bool flush, bool last,
                 struct gale_transform_out *out);
    /* At the request's end, also when it failed. May be NULL. */
    void (*end)(void *state);
} gale_transform;

/* Appends to what is sent. 0, or a failure that sticks to out. */
GALE_API int gale_transform_put(struct gale_transform_out *out, const void *data, size_t size);

GALE_END_DECLS

#endif

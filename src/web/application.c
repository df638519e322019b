/* application.c - making, serving and freeing applications. */
/* SPDX-License-Identifier: MIT */
#include "web/access_log.h"
#include "web/app.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <gale/fastcgi.h>
#include <gale/gen.h>
#include <gale/staticfile.h>

#include "base/alloc.h"
#include "base/context.h"
#include "base/str.h"
#include "base/trace.h"
#include "http/server.h"
#include "web/debug_routes.h"
#include "web/dispatch.h"
#include "web/figures.h"
#include "web/live_reload.h"
#include "web/live_view.h"
#include "web/redirect.h"
#include "web/routes.h"
#include "web/settings.h"
#include "web/static_cache.h"

enum { ERROR_TEXT = 320 };

/* Why the last gale_app_new() of the thread failed; outlives the coroutine it ran in. */
static GALE__TLS char app_error[ERROR_TEXT];

const char *gale_app_error(void)
{
    return app_error;
}

static int answer_asterisk(gale_handler *self)
{
    gale_set_header(self, "Allow", "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS");
    return gale_set_status(self, 204, NULL);
}

static const gale_handler_class asterisk_handler = { .options = answer_asterisk, .name = "*" };

/* Who answers where no route does. */
static int add_fallbacks(gale_app *app, size_t class_size)
{
    const gale_settings *settings = &app->settings;
    int r;

    app->fallback.url = "default_handler";
    app->asterisk.url = "*";
    r = gale__route_resolve(app, &app->fallback, settings->default_handler,
                            settings->default_handler_arg, class_size);
    if (r >= 0)
        r = gale__route_check_arg(&app->fallback);
    if (r >= 0)
        r = gale__route_resolve(app, &app->asterisk, &asterisk_handler, NULL,
                                sizeof(asterisk_handler));
    return r;
}

static int apply_settings(gale_app *app, const gale_settings *settings, size_t size,
                          size_t class_size, char *text)
{
    int r = gale__settings_fill(&app->settings, settings, size, &app->arena);

    app->templates.all.loader = app->settings.template_loader; /* also when r < 0 */
    gale_tls_context_ref(app->settings.server.tls);
    if (r >= 0) {
        app->middleware = app->settings.middleware;
        if (app->settings.access_log)
            gale__access_log_use(app, gale__access_log_parse(app->settings.access_log));
        app->router.default_host = app->settings.default_host;
        app->router.fallback = &app->fallback;
        r = add_fallbacks(app, class_size);
    }
    if (r >= 0)
        r = gale__templates_fill(&app->templates, &app->settings, &app->arena);
    if (r >= 0)
        r = gale__languages_fill(&app->languages, &app->settings);
    if (r < 0)
        snprintf(text, ERROR_TEXT, "settings: %s", gale_strerror(r));
    return r;
}

/* The prefix as a pattern for all that is below it. */
static const char *below(gale_app *app, const char *prefix)
{
    char *url = gale__arena_alloc(&app->arena, 2 * strlen(prefix) + sizeof("(.*)"));
    char *to = url;

    for (; url && *prefix; prefix++) {
        if (strchr("\\^$|()[]{}*+?.", *prefix))
            *to++ = '\\';
        *to++ = *prefix;
    }
    if (url)
        memcpy(to, "(.*)", sizeof("(.*)"));
    return url;
}

/* What settings.static_path serves, before the routes of the user. */
static int add_static(gale_app *app, size_t class_size, char *text)
{
    const gale_settings *s = &app->settings;
    const gale_handler_class *cls = s->static_handler ? s->static_handler : &gale_static_handler;
    void *options = (void *)s->static_options;
    gale_route routes[] = {
        { .url = "", .handler = cls, .arg = options },
        { .url = "/(favicon\\.ico)", .handler = cls, .arg = options },
        { .url = "/(robots\\.txt)", .handler = cls, .arg = options },
        { 0 },
    };
    const struct gale__rules rules = { routes, sizeof(routes[0]), class_size, NULL, 0 };

    if (!s->static_path)
        return 0;
    routes[0].url = below(app, s->static_url_prefix);
    return routes[0].url ? gale__routes_add(app, &rules, text, ERROR_TEXT) : -ENOMEM;
}

static int build(gale_app *app, const struct gale__rules *rules, const gale_settings *settings,
                 size_t settings_size, char *text)
{
    struct gale__rules own = *rules;
    int r = apply_settings(app, settings, settings_size, rules->class_size, text);

    if (r >= 0 && app->settings.debug == GALE_ON) {
        r = gale__live_enable(app);
        if (r >= 0)
            r = gale__debug_routes_add(app, text, ERROR_TEXT);
    }
    if (r >= 0)
        r = add_static(app, rules->class_size, text);
    own.at = app->router.n;
    if (r >= 0 && rules->list)
        return gale__routes_add(app, &own, text, ERROR_TEXT);
    gale__routes_drop(rules);
    if (r >= 0)
        snprintf(text, ERROR_TEXT, "routes is NULL: an array ended by { 0 } is needed");
    return r < 0 ? r : GALE_EINVAL;
}

gale_app *gale_app_new_sized(const gale_route *routes, size_t route_size,
                             const gale_settings *settings, size_t settings_size, size_t class_size)
{
    const struct gale__rules rules = { routes, route_size, class_size, NULL, 0 };
    gale_app *app = gale__calloc(1, sizeof(*app));
    char text[ERROR_TEXT] = "out of memory";
    int r = -ENOMEM;

    if (app) {
        app->refs = 1;
        pthread_mutex_init(&app->lock, NULL);
        gale__list_init(&app->servers);
        gale__templates_init(&app->templates);
        r = build(app, &rules, settings, settings_size, text);
        if (r >= 0)
            return app;
        gale__app_unref(app);
    } else {
        gale__routes_drop(&rules);
        gale__templates_drop(settings, settings_size);
    }
    snprintf(app_error, sizeof(app_error), "%s", text);
    gale_err(r, "%s", app_error);
    return NULL;
}

/* Also where it is mounted. */
static bool is_serving(const gale_app *app)
{
    for (; app; app = app->parent)
        if (!gale__list_empty(&app->servers))
            return true;
    return false;
}

int gale_app_add_handlers_sized(gale_app *app, const char *host, const gale_route *routes,
                                size_t route_size, size_t class_size)
{
    const struct gale__rules rules = { routes, route_size, class_size, host, app->n_host_rules };
    char text[ERROR_TEXT];
    int r = 0;

    if (!host || !routes)
        r = gale_err(GALE_EINVAL, "gale_app_add_handlers: %s is NULL", host ? "routes" : "host");
    else if (is_serving(app))
        r = gale_err(GALE_ESTATE, "gale_app_add_handlers: the application serves already");
    if (r < 0) {
        gale__routes_drop(&rules);
        return r;
    }
    r = gale__routes_add(app, &rules, text, sizeof(text));
    if (r < 0)
        return gale_err(r, "%s", text);
    app->n_host_rules += (size_t)r;
    return 0;
}

void gale__app_append_prefix(const gale_app *app, struct gale__buf *out)
{
    if (!app->parent)
        return;
    gale__app_append_prefix(app->parent, out);
    gale__buf_append_str(out, app->prefix);
}

void gale__app_unref(gale_app *app)
{
    if (__atomic_sub_fetch(&app->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    while (!gale__list_empty(&app->servers)) {
        struct gale__app_server *server = GALE_CONTAINER_OF(app->servers.next,
                                                            struct gale__app_server, link);

        gale__list_remove(&server->link);
        gale__static_cache_close(server->files);
        gale__live_free(server->live);
        gale__view_free(server->view);
        gale__figures_free(server->figures);
        gale__free(server);
    }
    gale_topics_free(app->topics);
    gale_tls_context_free(app->settings.server.tls);
    gale__router_deinit(&app->router);
    while (app->mounts) {
        gale_app *inner = app->mounts;

        app->mounts = inner->next_taken;
        gale_app_free(inner);
    }
    gale__templates_deinit(&app->templates);
    gale__languages_deinit(&app->languages);
    pthread_mutex_destroy(&app->lock);
    gale__arena_reset(&app->arena);
    gale__free(app);
}

void gale_app_free(gale_app *app)
{
    if (!app)
        return;
    for (struct gale__list *l = app->servers.next; l != &app->servers; l = l->next) {
        struct gale__app_server *server = GALE_CONTAINER_OF(l, struct gale__app_server, link);

        gale__list_remove(&server->owned.link);
        gale__live_close(server->live);
        gale__lag_end(server->figures);
        gale_httpserver_free(server->server);
        gale_httpserver_free(server->fastcgi);
        server->server = server->fastcgi = NULL;
        server->closing = true;
        if (server->active == 0)
            gale__app_unref(app);
    }
    gale__app_unref(app);
}

/* The application's place for that loop, or (NULL) one that is free; or NULL. */
static struct gale__app_server *find_server(gale_app *app, const gale_ioloop *loop)
{
    for (struct gale__list *l = app->servers.next; l != &app->servers; l = l->next) {
        struct gale__app_server *server = GALE_CONTAINER_OF(l, struct gale__app_server, link);

        if (server->loop == loop && (loop || server->active == 0))
            return server;
    }
    return NULL;
}

static struct gale__app_server *server_of(gale_app *app, const gale_ioloop *loop)
{
    struct gale__app_server *server;

    pthread_mutex_lock(&app->lock);
    server = find_server(app, loop);
    pthread_mutex_unlock(&app->lock);
    return server;
}

/* The loop goes first. Another one may get its address. */
static void leave_loop(struct gale__ioloop_owned *owned)
{
    struct gale__app_server *server = GALE_CONTAINER_OF(owned, struct gale__app_server, owned);
    gale_httpserver *http = server->server, *fastcgi = server->fastcgi;

    gale__live_close(server->live);
    gale__lag_end(server->figures);
    pthread_mutex_lock(&server->app->lock);
    server->server = server->fastcgi = NULL;
    pthread_mutex_unlock(&server->app->lock);
    gale_httpserver_free(http);
    gale_httpserver_free(fastcgi);
    pthread_mutex_lock(&server->app->lock);
    server->loop = NULL;
    pthread_mutex_unlock(&server->app->lock);
}

/* Whether the error pages of app, or of one that is mounted in it, show calls. */
static bool shows_calls(const gale_app *app)
{
    if (app->settings.serve_traceback == GALE_ON)
        return true;
    for (const gale_app *inner = app->mounts; inner; inner = inner->next_taken)
        if (shows_calls(inner))
            return true;
    return false;
}

struct gale__app_server *gale__app_server_new(gale_app *app, gale_ioloop *loop)
{
    struct gale__app_server *server;

    pthread_mutex_lock(&app->lock);
    server = find_server(app, NULL);
    if (!server && (server = gale__calloc(1, sizeof(*server)))) {
        server->app = app;
        __atomic_add_fetch(&app->refs, 1, __ATOMIC_RELAXED);
        gale__list_append(&app->servers, &server->link);
    }
    if (server) {
        gale__live_free(server->live); /* of another loop */
        server->live = NULL;
        server->loop = loop;
        if (!server->figures)
            server->figures = gale__figures_new(app);
        else
            server->figures->lag.is_over = false;
    }
    pthread_mutex_unlock(&app->lock);
    if (!server)
        return NULL;
    server->owned.close = leave_loop;
    gale__ioloop_own(loop, &server->owned);
    if (shows_calls(app))
        gale__failures_note_all(); /* on this thread, which is the loop's */
    return server;
}

/* The application's place for the current loop, made when there is none. */
static int place_here(gale_app *app, struct gale__app_server **out)
{
    gale_ioloop *loop = gale_ioloop_current();

    if (!loop)
        return gale_ioloop_error();
    *out = server_of(app, loop);
    if (!*out)
        *out = gale__app_server_new(app, loop);
    return *out ? 0 : -ENOMEM;
}

int gale__app_get_server(gale_app *app, gale_httpserver **out)
{
    struct gale__app_server *server;
    int r = place_here(app, &server);

    if (r == 0 && !server->server) {
        server->server = gale__httpserver_new(server->loop, &gale__web_answerer, server,
                                              &app->settings.server, &r);
        if (server->server)
            gale__httpserver_set_name(server->server, app->settings.server_name);
    }
    if (r == 0)
        *out = server->server;
    return r;
}

static int get_fastcgi(gale_app *app, gale_httpserver **out)
{
    struct gale__app_server *server;
    int r = place_here(app, &server);

    if (r == 0 && !server->fastcgi) {
        server->fastcgi = gale__httpserver_new_fastcgi(server->loop, &gale__web_answerer, server,
                                                       &app->settings.server, &r);
        if (server->fastcgi)
            gale__httpserver_set_name(server->fastcgi, app->settings.server_name);
    }
    if (r == 0)
        *out = server->fastcgi;
    return r;
}

int gale_app_listen(gale_app *app, int port, const char *address)
{
    gale_httpserver *server = NULL;
    int r = gale__app_get_server(app, &server);

    return r < 0 ? r : gale_httpserver_listen(server, port, address);
}

int gale_app_add_socket(gale_app *app, int *fd)
{
    gale_httpserver *server = NULL;
    int r = gale__app_get_server(app, &server);

    return r < 0 ? r : gale_httpserver_add_socket(server, fd);
}

int gale_app_fastcgi_listen(gale_app *app, int port, const char *address)
{
    gale_httpserver *server = NULL;
    int r = get_fastcgi(app, &server);

    return r < 0 ? r : gale_httpserver_listen(server, port, address ? address : "127.0.0.1");
}

int gale_app_fastcgi_add_socket(gale_app *app, int *fd)
{
    gale_httpserver *server = NULL;
    int r = get_fastcgi(app, &server);

    return r < 0 ? r : gale_httpserver_add_socket(server, fd);
}

struct draining {
    gale_httpserver *server;
    double seconds;
};

static int drain_other(void *arg)
{
    const struct draining *d = arg;

    return gale_httpserver_drain(d->server, d->seconds);
}

/* Waits. Both at once. */
static int drain_both(const struct gale__app_server *server, double seconds)
{
    struct draining other = { server->fastcgi, seconds };
    gale_future *future = gale_spawn(drain_other, &other);
    int first = gale_httpserver_drain(server->server, seconds);
    int second = future ? gale_join(&future) : drain_other(&other);

    return first < 0 ? first : second;
}

int gale_app_drain(gale_app *app, double seconds)
{
    struct gale__app_server *server = server_of(app, gale_ioloop_current());

    if (!gale__co_current())
        return gale__co_park("gale_app_drain"); /* says so, whatever there is to wait for */
    if (server)
        gale__live_close(server->live); /* its streams would have no end */
    if (server && server->server && server->fastcgi)
        return drain_both(server, seconds);
    if (server && (server->server || server->fastcgi))
        return gale_httpserver_drain(server->server ? server->server : server->fastcgi, seconds);
    return 0;
}

void *gale_app_data(const gale_app *app)
{
    return app->settings.data;
}

const gale_settings *gale_app_settings(const gale_app *app)
{
    return &app->settings;
}

static void add_stats(const gale_httpserver *server, gale_httpserver_stats *out)
{
    gale_httpserver_stats one = { 0 };

    if (server)
        gale_httpserver_get_stats(server, &one);
    out->connections += one.connections;
    out->connections_accepted += one.connections_accepted;
    out->requests += one.requests;
    out->requests_active += one.requests_active;
    out->errors += one.errors;
    out->bytes_in += one.bytes_in;
    out->bytes_out += one.bytes_out;
}

void gale__app_server_get_stats(const struct gale__app_server *server, gale_httpserver_stats *out)
{
    add_stats(server->server, out);
    add_stats(server->fastcgi, out);
}

void gale_app_get_stats(const gale_app *app, gale_httpserver_stats *out)
{
    pthread_mutex_t *lock = &((gale_app *)app)->lock;

    *out = (gale_httpserver_stats){ 0 };
    pthread_mutex_lock(lock);
    for (struct gale__list *l = app->servers.next; l != &app->servers; l = l->next)
        gale__app_server_get_stats(GALE_CONTAINER_OF(l, struct gale__app_server, link), out);
    pthread_mutex_unlock(lock);
}

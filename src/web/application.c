/* application.c - making, serving and freeing applications. */
/* SPDX-License-Identifier: MIT */
#include "web/app.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/context.h"
#include "base/str.h"
#include "http/head_cache.h"
#include "http/server.h"
#include "web/dispatch.h"
#include "web/redirect.h"
#include "web/static_cache.h"

enum { ERROR_TEXT = 320 };

/* Why the last gale_app_new() of the thread failed; outlives the coroutine it ran in. */
static GALE__TLS char app_error[ERROR_TEXT];

/* Sizes of the caller's structs, which may be of an older or newer version. */
struct sizes {
    size_t route, class;
};

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

static int copy_text(struct gale__arena *arena, const char **text)
{
    if (!*text)
        return 0;
    *text = gale__arena_strndup(arena, *text, strlen(*text));
    return *text ? 0 : -ENOMEM;
}

static int copy_trusted(gale_app *app, const char *const **list)
{
    const char **copy;
    size_t n = 0;
    int r = 0;

    if (!*list)
        return 0;
    while ((*list)[n])
        n++;
    copy = gale__arena_zalloc(&app->arena, (n + 1) * sizeof(*copy));
    if (!copy)
        return -ENOMEM;
    for (size_t i = 0; i < n && r >= 0; i++) {
        copy[i] = (*list)[i];
        r = copy_text(&app->arena, &copy[i]);
    }
    *list = copy;
    return r;
}

/* Class, argument and label of a route that has its url. */
static int resolve(gale_app *app, struct gale__route *route, const gale_handler_class *cls,
                   void *arg, size_t class_size)
{
    int r = 0;

    route->app = app;
    route->cls = gale__class_resolve(&app->classes, &app->arena, cls, class_size, &r);
    if (!route->cls)
        return r;
    route->label = route->cls->hooks.name ? route->cls->hooks.name : route->url;
    route->arg = arg;
    if (arg && route->cls->hooks.arg_size) {
        route->arg = gale__arena_alloc(&app->arena, route->cls->hooks.arg_size);
        if (!route->arg)
            return -ENOMEM;
        memcpy(route->arg, arg, route->cls->hooks.arg_size);
    }
    return 0;
}

static int add_route(gale_app *app, const gale_route *rule, size_t class_size)
{
    struct gale__route *route = &app->router.routes[app->router.n];
    const struct gale__route *other;
    int r;

    route->url = rule->url;
    route->name = rule->name;
    r = copy_text(&app->arena, &route->url);
    if (r >= 0)
        r = copy_text(&app->arena, &route->name);
    if (r < 0)
        return r;
    if (!rule->handler)
        return gale_err(GALE_EINVAL, "it has no handler");
    other = route->name ? gale__router_find(&app->router, route->name) : NULL;
    if (other)
        return gale_err(GALE_EINVAL, "its name \"%s\" is that of route \"%s\" already", route->name,
                        other->url);
    r = resolve(app, route, rule->handler, rule->arg, class_size);
    if (r >= 0)
        r = gale__route_compile(route, &app->arena);
    if (r >= 0)
        r = gale__route_check_arg(route);
    if (r >= 0)
        return gale__router_add(&app->router);
    gale__regex_free(route->regex);
    return r;
}

static gale_route route_at(const gale_route *routes, size_t size, size_t i)
{
    gale_route rule = { 0 };

    memcpy(&rule, (const char *)routes + i * size, size < sizeof(rule) ? size : sizeof(rule));
    return rule;
}

static bool is_end(const gale_route *rule)
{
    return !rule->url && !rule->handler && !rule->arg && !rule->name;
}

static int add_routes(gale_app *app, const gale_route *routes, const struct sizes *sizes)
{
    size_t n = 0;
    gale_route rule;
    int r;

    if (!routes) {
        snprintf(app_error, sizeof(app_error), "routes is NULL: an array ended by { 0 } is needed");
        return GALE_EINVAL;
    }
    while (rule = route_at(routes, sizes->route, n), !is_end(&rule))
        n++;
    app->router.routes = gale__arena_zalloc(&app->arena, (n + 1) * sizeof(*app->router.routes));
    if (!app->router.routes)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        rule = route_at(routes, sizes->route, i);
        if (!rule.url) {
            snprintf(app_error, sizeof(app_error), "route %zu has no url", i + 1);
            return GALE_EINVAL;
        }
        r = add_route(app, &rule, sizes->class);
        if (r < 0) {
            snprintf(app_error, sizeof(app_error), "route \"%s\": %s", rule.url, gale_strerror(r));
            return r;
        }
    }
    return 0;
}

static int check_server_name(const char *name)
{
    size_t len = name ? strlen(name) : 0;

    if (len >= GALE__SERVER_NAME_MAX)
        return gale_err(GALE_EINVAL, "server_name has %zu bytes: more than %d", len,
                        GALE__SERVER_NAME_MAX - 1);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)name[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return gale_err(GALE_EINVAL, "server_name has a byte 0x%02x, which no header may have",
                            c);
    }
    return 0;
}

static int check_settings(const gale_settings *settings)
{
    int r = gale__check_switch("debug", settings->debug);

    if (r >= 0)
        r = gale__check_switch("serve_traceback", settings->serve_traceback);
    if (r >= 0)
        r = check_server_name(settings->server_name);
    return r < 0 ? r : gale__httpserver_check(&settings->server);
}

/* Who answers where no route does. */
static int add_fallbacks(gale_app *app, const gale_settings *settings, size_t class_size)
{
    int r;

    app->fallback.url = "default_handler";
    app->asterisk.url = "*";
    r = resolve(app, &app->fallback, settings->default_handler, settings->default_handler_arg,
                class_size);
    if (r >= 0)
        r = gale__route_check_arg(&app->fallback);
    if (r >= 0)
        r = resolve(app, &app->asterisk, &asterisk_handler, NULL, sizeof(asterisk_handler));
    return r;
}

static int apply_settings(gale_app *app, const gale_settings *settings, size_t size,
                          size_t class_size)
{
    gale_settings own = { 0 };
    int r;

    if (settings)
        memcpy(&own, settings, size < sizeof(own) ? size : sizeof(own));
    if (!own.default_handler)
        own.default_handler = &gale_error_handler;
    app->server_name = own.server_name;
    app->log_function = own.log_function;
    app->data = own.data;
    app->serve_traceback = (own.serve_traceback ? own.serve_traceback : own.debug) == GALE_ON;
    app->server_options = own.server;
    r = check_settings(&own);
    if (r >= 0)
        r = copy_trusted(app, &app->server_options.trusted_downstream);
    if (r >= 0)
        r = copy_text(&app->arena, &app->server_name);
    if (r >= 0)
        r = add_fallbacks(app, &own, class_size);
    if (r < 0)
        snprintf(app_error, sizeof(app_error), "settings: %s", gale_strerror(r));
    app->settings = own;
    app->settings.server_name = app->server_name;
    app->settings.server = app->server_options;
    return r;
}

gale_app *gale_app_new_sized(const gale_route *routes, size_t route_size,
                             const gale_settings *settings, size_t settings_size, size_t class_size)
{
    const struct sizes sizes = { route_size, class_size };
    gale_app *app = gale__calloc(1, sizeof(*app));
    int r;

    if (!app) {
        snprintf(app_error, sizeof(app_error), "out of memory");
        return NULL;
    }
    app->refs = 1;
    pthread_mutex_init(&app->lock, NULL);
    gale__list_init(&app->servers);
    snprintf(app_error, sizeof(app_error), "out of memory");
    r = apply_settings(app, settings, settings_size, class_size);
    if (r >= 0)
        r = add_routes(app, routes, &sizes);
    if (r >= 0)
        return app;
    gale__app_unref(app);
    gale_err(r, "%s", app_error);
    return NULL;
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
        gale__free(server);
    }
    gale__router_deinit(&app->router);
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
        gale_httpserver_free(server->server);
        server->server = NULL;
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
    gale_httpserver *http = server->server;

    pthread_mutex_lock(&server->app->lock);
    server->server = NULL;
    pthread_mutex_unlock(&server->app->lock);
    gale_httpserver_free(http);
    pthread_mutex_lock(&server->app->lock);
    server->loop = NULL;
    pthread_mutex_unlock(&server->app->lock);
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
    if (server)
        server->loop = loop;
    pthread_mutex_unlock(&app->lock);
    if (!server)
        return NULL;
    server->owned.close = leave_loop;
    gale__ioloop_own(loop, &server->owned);
    return server;
}

/* The application's server on this loop, made when there is none. */
static int get_server(gale_app *app, gale_httpserver **out)
{
    gale_ioloop *loop = gale_ioloop_current();
    struct gale__app_server *server;
    int r = 0;

    if (!loop)
        return gale_ioloop_error();
    server = server_of(app, loop);
    if (!server)
        server = gale__app_server_new(app, loop);
    if (!server)
        return -ENOMEM;
    if (!server->server) {
        server->server = gale__httpserver_new(loop, &gale__web_answerer, server,
                                              &app->server_options, &r);
        if (server->server)
            gale__httpserver_set_name(server->server, app->server_name);
    }
    *out = server->server;
    return r;
}

int gale_app_listen(gale_app *app, int port, const char *address)
{
    gale_httpserver *server;
    int r = get_server(app, &server);

    return r < 0 ? r : gale_httpserver_listen(server, port, address);
}

int gale_app_add_socket(gale_app *app, int *fd)
{
    gale_httpserver *server;
    int r = get_server(app, &server);

    return r < 0 ? r : gale_httpserver_add_socket(server, fd);
}

int gale_app_drain(gale_app *app, double seconds)
{
    struct gale__app_server *server = server_of(app, gale_ioloop_current());

    if (!gale__co_current())
        return gale__co_park("gale_app_drain"); /* says so, whatever there is to wait for */
    return server && server->server ? gale_httpserver_drain(server->server, seconds) : 0;
}

void *gale_app_data(const gale_app *app)
{
    return app->data;
}

const gale_settings *gale_app_settings(const gale_app *app)
{
    return &app->settings;
}

void gale_app_get_stats(const gale_app *app, gale_httpserver_stats *out)
{
    pthread_mutex_t *lock = &((gale_app *)app)->lock;

    *out = (gale_httpserver_stats){ 0 };
    pthread_mutex_lock(lock);
    for (struct gale__list *l = app->servers.next; l != &app->servers; l = l->next) {
        struct gale__app_server *server = GALE_CONTAINER_OF(l, struct gale__app_server, link);
        gale_httpserver_stats one = { 0 };

        if (server->server)
            gale_httpserver_get_stats(server->server, &one);
        out->connections += one.connections;
        out->connections_accepted += one.connections_accepted;
        out->requests += one.requests;
        out->requests_active += one.requests_active;
        out->errors += one.errors;
    }
    pthread_mutex_unlock(lock);
}

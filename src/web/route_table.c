/* route_table.c - the routes of an application as text. See route_table.h. */
/* SPDX-License-Identifier: MIT */
#include "web/route_table.h"

#include <string.h>

#include "base/buf.h"
#include "web/websocket_handler.h"

enum { MAX_ROWS = 1000, MAX_DEPTH = 8, MAX_NAMES = 4096 };

struct table {
    struct gale__symbols *symbols;
    struct gale__arena *arena;
    struct gale__route_row *rows;
    size_t n;
};

static const char *or_nothing(const char *text)
{
    return text ? text : "";
}

/* The function that answers the first of its methods. */
static const void *first_verb(const struct gale__class *cls)
{
    for (int i = 0; i < GALE__N_METHODS; i++)
        if (cls->verbs[i])
            return (const void *)(uintptr_t)cls->verbs[i];
    return NULL;
}

static const char *copy(struct table *t, const char *text)
{
    return text ? or_nothing(gale__arena_strndup(t->arena, text, strlen(text))) : "";
}

/* What a WebSocket class does with messages: its .get is the library's. */
static const void *websocket_hook(const struct gale__class *cls)
{
    const gale_websocket_class *own = gale__websocket_class(cls);

    if (own->on_message)
        return (const void *)(uintptr_t)own->on_message;
    return own->run ? (const void *)(uintptr_t)own->run : (const void *)(uintptr_t)own->open;
}

/* The library's own classes are no place of the program. */
static void describe(struct table *t, const struct gale__class *cls, struct gale__route_row *row)
{
    bool is_websocket = cls->hooks.kind == GALE_KIND_WEBSOCKET && cls->kind_hooks;
    const void *verb = is_websocket ? websocket_hook(cls) : first_verb(cls);
    struct gale__frame frame = { 0 };

    if (!verb || !t->symbols || !gale__symbols_find(t->symbols, verb, &frame, 1))
        frame = (struct gale__frame){ 0 };
    row->handler = cls->hooks.name ? cls->hooks.name : copy(t, frame.function);
    if (frame.line && frame.kind == GALE__FRAME_PROGRAM) {
        row->file = copy(t, frame.file);
        row->line = frame.line;
    }
}

static const char *name_middleware(struct table *t, const struct gale__route *route)
{
    const gale_middleware *const *layer = route->middleware;
    struct gale__buf names;
    const char *all;

    if (!layer)
        return "";
    gale__buf_init(&names, MAX_NAMES);
    for (; *layer; layer++)
        gale__buf_printf(&names, "%s%s", names.len ? ", " : "",
                         (*layer)->name ? (*layer)->name : "?");
    all = copy(t, gale__buf_cstr(&names));
    gale__buf_deinit(&names);
    return all;
}

static void add_route(struct table *t, const struct gale__route *route, const char *prefix)
{
    struct gale__route_row *row = &t->rows[t->n++];

    *row = (struct gale__route_row){
        .route = route,
        .methods = route->cls ? or_nothing(route->cls->allow) : "",
        .url = or_nothing(gale__arena_printf(t->arena, "%s%s", prefix, or_nothing(route->url))),
        .name = or_nothing(route->name),
        .host = "",
        .handler = "",
        .file = "",
        .middleware = name_middleware(t, route),
    };
    if (route->host)
        row->host = or_nothing(
            gale__arena_strndup(t->arena, route->host->name.ptr, route->host->name.len));
    if (route->cls)
        describe(t, route->cls, row);
}

static void add_routes(struct table *t, const struct gale__router *router, const char *prefix,
                       int depth)
{
    for (size_t i = 0; i < router->n && t->n < MAX_ROWS; i++) {
        const struct gale__route *route = router->routes[i];
        const char *inner;

        if (!route->mount) {
            add_route(t, route, prefix);
            continue;
        }
        inner = gale__arena_printf(t->arena, "%s%.*s", prefix, (int)route->literal.len,
                                   route->literal.ptr);
        if (inner && depth > 0)
            add_routes(t, route->mount, inner, depth - 1);
    }
}

size_t gale__route_table(const gale_app *app, struct gale__symbols *symbols,
                         struct gale__arena *arena, struct gale__route_row **out)
{
    struct table t = { .symbols = symbols, .arena = arena };

    t.rows = gale__arena_alloc(arena, MAX_ROWS * sizeof(*t.rows));
    if (t.rows)
        add_routes(&t, &app->router, "", MAX_DEPTH);
    *out = t.rows;
    return t.n;
}

bool gale__route_is_own(const struct gale__route_row *row)
{
    const char *url = row->route->url; /* without prefix */

    return row->route->app->settings.debug == GALE_ON && url && strncmp(url, "/_gale", 6) == 0 &&
           (url[6] == 0 || url[6] == '/');
}

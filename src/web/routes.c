/* routes.c - rules into routes: routers within routers, mounted applications. See routes.h.
 *
 * Rules in a router are put into the one table of the application, one after the other, with all
 * they inherit: prefix, host, middleware, limits. So matching knows no nesting, and a router of
 * which no rule matches is passed by of itself. A mounted application keeps its own table.
 */
/* SPDX-License-Identifier: MIT */
#include "web/routes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/str.h"
#include "web/redirect.h"
#include "web/websocket_handler.h"

enum { MAX_DEPTH = 16 };

/* What the rules of a router have in common; the outermost layer is the application. */
struct layer {
    const struct layer *outer;
    const char *url; /* in the application's arena; NULL: none */
    const struct gale__host *host;
    const gale_middleware *const *middleware; /* all of it */
    gale_limits limits;
    int depth;
};

/* Routes on their way into the table. */
struct builder {
    gale_app *app;
    const struct gale__rules *rules;
    struct gale__route **routes;
    size_t n, cap;
    struct gale__map names; /* to route, of those above */
    gale_app *taken;        /* applications that the rules mount, by next_taken */
    char *text;
    size_t text_size;
};

/* --- limits and middleware --------------------------------------------------------- */

static int check_limit(const char *name, int64_t value, int64_t max)
{
    if (value < GALE_UNLIMITED || value > max)
        return gale_err(GALE_EINVAL, "limits.%s is %lld: not between 1 and %lld", name,
                        (long long)value, (long long)max);
    return 0;
}

int gale__limits_check(const gale_limits *limits)
{
    int r = check_limit("max_body_size", limits->max_body_size, INT64_MAX);

    if (r == 0 && !(limits->body_timeout >= 0) && limits->body_timeout != (double)GALE_UNLIMITED)
        r = gale_err(GALE_EINVAL, "limits.body_timeout is %g: no time in seconds",
                     limits->body_timeout);
    if (r == 0)
        r = check_limit("max_arguments", limits->max_arguments, INT64_MAX);
    if (r == 0)
        r = check_limit("max_parts", limits->max_parts, INT64_MAX);
    if (r == 0)
        r = check_limit("max_part_head", limits->max_part_head, INT64_MAX);
    if (r == 0)
        r = check_limit("max_memory_file", limits->max_memory_file, INT64_MAX);
    if (r == 0)
        r = check_limit("max_json_size", limits->max_json_size, INT64_MAX);
    if (r == 0 && limits->max_json_depth == GALE_UNLIMITED)
        r = gale_err(GALE_EINVAL, "limits.max_json_depth: 128 is the most");
    return r < 0 ? r : check_limit("max_json_depth", limits->max_json_depth, 128);
}

#define INHERIT(field) own->field = own->field ? own->field : outer->field

/* What own leaves open is as in outer. */
static void inherit_limits(gale_limits *own, const gale_limits *outer)
{
    INHERIT(max_body_size);
    INHERIT(body_timeout);
    INHERIT(max_arguments);
    INHERIT(max_parts);
    INHERIT(max_part_head);
    INHERIT(max_memory_file);
    INHERIT(max_json_size);
    INHERIT(max_json_depth);
}

#undef INHERIT

static gale_limits limits_of(const gale_app *app)
{
    static const gale_limits defaults = {
        .max_arguments = 1000,
        .max_parts = 100,
        .max_part_head = 10240,
        .max_memory_file = 65536,
        .max_json_depth = 128,
    };
    gale_limits limits = app->settings.limits;

    inherit_limits(&limits, &defaults);
    return limits;
}

int gale__middleware_check(const gale_middleware *const *list)
{
    for (size_t i = 0; list && list[i]; i++) {
        const gale_middleware *m = list[i];
        const char *fault = NULL;

        if (m->before && m->around)
            fault = "has both .before and .around";
        else if (!m->before && !m->around && !m->after)
            fault = "has no .before, .around or .after";
        if (fault)
            return gale_err(GALE_EINVAL, "middleware %zu (%s) %s", i + 1,
                            m->name ? m->name : "without a name", fault);
    }
    return 0;
}

static size_t length_of(const gale_middleware *const *list)
{
    size_t n = 0;

    while (list && list[n])
        n++;
    return n;
}

/* *chain followed by inner, in *chain. */
static int chain_middleware(struct gale__arena *arena, const gale_middleware *const **chain,
                            const gale_middleware *const *inner)
{
    size_t n = length_of(*chain), m = length_of(inner);
    const gale_middleware **all;

    if (!m)
        return 0;
    all = gale__arena_zalloc(arena, (n + m + 1) * sizeof(*all));
    if (!all)
        return -ENOMEM;
    if (n)
        memcpy(all, *chain, n * sizeof(*all));
    memcpy(all + n, inner, m * sizeof(*all));
    *chain = all;
    return 0;
}

/* Puts outer around all that a mounted application serves, and those mounted in it. */
static int wrap(gale_app *app, const gale_middleware *const *outer)
{
    const gale_middleware *const *chain = outer;
    int r = 0;

    if (!length_of(outer))
        return 0;
    for (size_t i = 0; r >= 0 && i < app->router.n; i++) {
        struct gale__route *route = app->router.routes[i];

        if (route->mount)
            continue;
        chain = outer;
        r = chain_middleware(&app->arena, &chain, route->middleware);
        route->middleware = chain;
    }
    chain = outer;
    if (r >= 0)
        r = chain_middleware(&app->arena, &chain, app->middleware);
    app->middleware = app->fallback.middleware = chain;
    app->n_outer += length_of(outer);
    for (gale_app *inner = app->mounts; r >= 0 && inner; inner = inner->next_taken)
        r = wrap(inner, outer);
    return r;
}

/* --- one route ---------------------------------------------------------------------- */

int gale__route_resolve(gale_app *app, struct gale__route *route, const gale_handler_class *cls,
                        void *arg, size_t class_size)
{
    const struct gale__class_space space = { &app->classes, &app->arena, class_size,
                                             app->settings.head_from_get == GALE_OFF };
    int r = 0;

    route->app = app;
    if (!route->middleware)
        route->middleware = length_of(app->middleware) ? app->middleware : NULL;
    if (!route->limits.max_arguments)
        route->limits = limits_of(app);
    route->cls = gale__class_resolve(&space, cls, &r);
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
    if (route->cls->hooks.kind == GALE_KIND_WEBSOCKET)
        return gale__websocket_route_fill(route, &app->arena);
    return 0;
}

/* "/api/" and "/users" are "/api/users", not "/api//users". */
static void join_slashes(struct gale__url_piece *pieces, size_t n)
{
    const gale_str *before = NULL;

    for (size_t i = 0; i < n; i++) {
        gale_str *text = &pieces[i].text;
        bool doubled = before && before->ptr[before->len - 1] == '/' && text->len &&
                       text->ptr[0] == '/';

        /* In a pattern the slash may be what a quantifier is for. */
        if (doubled && (pieces[i].kind != GALE__URL_PATTERN || !strchr("?*+{", text->ptr[1])))
            *text = gale__str_skip(*text, 1);
        if (text->len)
            before = text;
    }
}

/* url and pieces of a route whose own url (in the arena) is that. */
static int set_url(struct builder *b, struct gale__route *route, const struct layer *layer,
                   const char *own)
{
    struct gale__arena *arena = &b->app->arena;
    const char *urls[MAX_DEPTH + 2];
    struct gale__url_piece *pieces;
    size_t n = 0, len = 0;
    char *url;

    urls[n++] = own;
    for (; layer; layer = layer->outer)
        if (layer->url && *layer->url)
            urls[n++] = layer->url;
    for (size_t i = 0; i < n; i++)
        len += strlen(urls[i]);
    pieces = gale__arena_zalloc(arena, n * sizeof(*pieces));
    url = gale__arena_alloc(arena, len + 1);
    if (!pieces || !url)
        return -ENOMEM;
    route->pieces = pieces;
    route->n_pieces = n;
    route->url = url;
    *url = 0;
    for (size_t i = 0; i < n; i++)
        url = stpcpy(url, urls[n - 1 - i]);
    for (size_t i = 0; i < n; i++) {
        int r = gale__url_piece_init(&pieces[i], urls[n - 1 - i]);

        if (r < 0)
            return r;
    }
    join_slashes(pieces, n);
    return gale__url_check(pieces, n);
}

static int set_name(struct builder *b, struct gale__route *route, const char *name)
{
    const struct gale__route *other;

    if (!name)
        return 0;
    other = gale__map_get(&b->names, gale__str(name));
    if (!other)
        other = gale__router_find(&b->app->router, name);
    if (other)
        return gale_err(GALE_EINVAL, "its name \"%s\" is that of route \"%s\" already", name,
                        other->url);
    route->name = gale__arena_strndup(&b->app->arena, name, strlen(name));
    if (!route->name || gale__map_set(&b->names, gale__str(route->name), route) < 0)
        return -ENOMEM;
    return 0;
}

static int push(struct builder *b, struct gale__route *route)
{
    if (b->n == b->cap) {
        size_t cap = b->cap ? 2 * b->cap : 16;
        struct gale__route **routes = gale__realloc(b->routes, cap * sizeof(*routes));

        if (!routes)
            return -ENOMEM;
        b->routes = routes;
        b->cap = cap;
    }
    b->routes[b->n++] = route;
    return 0;
}

static int add_handler(struct builder *b, struct gale__route *route, const gale_route *rule)
{
    int r = set_name(b, route, rule->name);

    if (r >= 0)
        r = gale__route_resolve(b->app, route, rule->handler, rule->arg, b->rules->class_size);
    if (r >= 0)
        r = gale__route_compile(route, &b->app->arena);
    return r < 0 ? r : gale__route_check_arg(route);
}

static int mount(struct builder *b, struct gale__route *route, const gale_route *rule)
{
    gale_app *inner = rule->app;
    int r;

    if (rule->limits)
        return gale_err(GALE_EINVAL, "limits of an application are in its own settings");
    route->app = inner;
    route->mount = &inner->router;
    r = gale__route_compile(route, &b->app->arena);
    if (r < 0)
        return r;
    inner->parent = b->app;
    inner->prefix = route->literal;
    return wrap(inner, route->middleware);
}

/* --- rules --------------------------------------------------------------------------- */

static gale_route rule_at(const struct gale__rules *rules, const gale_route *list, size_t i)
{
    size_t size = rules->route_size;
    gale_route rule = { 0 };

    memcpy(&rule, (const char *)list + i * size, size < sizeof(rule) ? size : sizeof(rule));
    return rule;
}

static bool is_end(const gale_route *rule)
{
    return !rule->url && !rule->handler && !rule->arg && !rule->name && !rule->host &&
           !rule->routes && !rule->app && !rule->middleware && !rule->limits;
}

static int check_rule(const gale_route *rule)
{
    int n = !!rule->handler + !!rule->routes + !!rule->app;

    if (n > 1)
        return gale_err(GALE_EINVAL, "it has more than one of handler, routes and app");
    if (n == 0)
        return gale_err(GALE_EINVAL, "it has no handler, routes or app");
    if (!rule->handler && (rule->arg || rule->name))
        return gale_err(GALE_EINVAL, "an arg or a name is for a rule with a handler");
    if (rule->limits && gale__limits_check(rule->limits) < 0)
        return GALE_EINVAL;
    return gale__middleware_check(rule->middleware);
}

/* What the rule adds to the layer it lies in. */
static int enter(struct builder *b, const struct layer *outer, const gale_route *rule,
                 struct layer *out)
{
    int r;

    *out = (struct layer){
        .outer = outer,
        .url = rule->url ? gale__arena_strndup(&b->app->arena, rule->url, strlen(rule->url)) : NULL,
        .host = outer->host,
        .middleware = outer->middleware,
        .limits = outer->limits,
        .depth = outer->depth + 1,
    };
    if (rule->url && !out->url)
        return -ENOMEM;
    if (out->depth > MAX_DEPTH)
        return gale_err(GALE_EINVAL, "more than %d routers in each other", MAX_DEPTH);
    if (rule->limits) {
        out->limits = *rule->limits;
        inherit_limits(&out->limits, &outer->limits);
    }
    r = chain_middleware(&b->app->arena, &out->middleware, rule->middleware);
    if (r >= 0 && rule->host)
        out->host = gale__router_add_host(&b->app->router, rule->host, &b->app->arena, &r);
    return r;
}

static int add_leaf(struct builder *b, const struct layer *layer, const gale_route *rule)
{
    struct gale__route *route = gale__arena_zalloc(&b->app->arena, sizeof(*route));
    int r;

    if (!route)
        return -ENOMEM;
    route->host = layer->host;
    route->middleware = layer->middleware;
    route->limits = layer->limits;
    r = set_url(b, route, layer->outer, layer->url ? layer->url : "");
    if (r >= 0)
        r = rule->app ? mount(b, route, rule) : add_handler(b, route, rule);
    if (r >= 0)
        r = push(b, route);
    if (r < 0)
        gale__route_deinit(route);
    return r;
}

/* Tells which rule it is that failed with r. Where an application is missing, the reason is most
 * likely that of the last one that could not be made. */
static int blame(struct builder *b, const struct layer *layer, const gale_route *rule, int r)
{
    bool is_empty = !rule->handler && !rule->routes && !rule->app;
    const char *urls[MAX_DEPTH + 2];
    size_t n = 0, len;

    if (*b->text)
        return r; /* one in a router has told */
    for (; layer; layer = layer->outer)
        if (layer->url && n < MAX_DEPTH + 1)
            urls[n++] = layer->url;
    len = (size_t)snprintf(b->text, b->text_size, "route \"");
    while (n-- > 0 && len < b->text_size)
        len += (size_t)snprintf(b->text + len, b->text_size - len, "%s", urls[n]);
    if (len < b->text_size)
        len += (size_t)snprintf(b->text + len, b->text_size - len, "%s\": %s",
                                rule->url ? rule->url : "", gale_strerror(r));
    if (is_empty && *gale_app_error() && len < b->text_size)
        snprintf(b->text + len, b->text_size - len, " (the last that failed: %s)",
                 gale_app_error());
    return r;
}

static int add_rules(struct builder *b, const struct layer *outer, const gale_route *list)
{
    gale_route rule;

    for (size_t i = 0; rule = rule_at(b->rules, list, i), !is_end(&rule); i++) {
        struct layer layer;
        int r;

        if (!rule.url && !rule.routes && !rule.app) {
            snprintf(b->text, b->text_size, "route %zu has no url", i + 1);
            return GALE_EINVAL;
        }
        r = check_rule(&rule);
        if (r >= 0)
            r = enter(b, outer, &rule, &layer);
        if (r >= 0)
            r = rule.routes ? add_rules(b, &layer, rule.routes) : add_leaf(b, &layer, &rule);
        if (r < 0)
            return blame(b, outer, &rule, r);
    }
    return 0;
}

/* --- taking over --------------------------------------------------------------------- */

/* An application can be in one place only, and not below itself. */
static int take(struct builder *b, gale_app *app)
{
    for (const gale_app *above = b->app; above; above = above->parent)
        if (above == app)
            return gale_err(GALE_EINVAL, "an application cannot be mounted below itself");
    if (app->is_taken)
        return gale_err(GALE_EINVAL, "an application of the rules is mounted already");
    app->is_taken = true;
    app->next_taken = b->taken;
    b->taken = app;
    return 0;
}

/* Lists of rules within each other. */
struct nest {
    const struct nest *outer;
    const gale_route *list;
};

static bool is_within(const struct nest *outer, const gale_route *list)
{
    while (outer && outer->list != list)
        outer = outer->outer;
    return outer != NULL;
}

/* Takes over what the rules mount, all of it, so that nobody has to know how far things went; what
 * is nested too deeply is refused later, but a list that lies in itself has no end. */
static int take_all(struct builder *b, const gale_route *list, const struct nest *outer)
{
    const struct nest nest = { outer, list };
    gale_route rule;
    int result = 0;

    for (size_t i = 0; rule = rule_at(b->rules, list, i), !is_end(&rule); i++) {
        int r = rule.app ? take(b, rule.app) : 0;

        if (rule.routes && !is_within(&nest, rule.routes)) {
            int below = take_all(b, rule.routes, &nest);

            r = r < 0 ? r : below;
        }
        result = result < 0 ? result : r;
    }
    return result;
}

static void give_up(struct builder *b)
{
    for (size_t i = 0; i < b->n; i++)
        gale__route_deinit(b->routes[i]);
    while (b->taken) {
        gale_app *app = b->taken;

        b->taken = app->next_taken;
        gale_app_free(app);
    }
}

void gale__routes_drop(const struct gale__rules *rules)
{
    struct builder b = { .rules = rules };

    if (rules->list)
        (void)!take_all(&b, rules->list, NULL);
    give_up(&b);
}

static void keep_mounts(struct builder *b)
{
    while (b->taken) {
        gale_app *app = b->taken;

        b->taken = app->next_taken;
        app->next_taken = b->app->mounts;
        b->app->mounts = app;
    }
}

int gale__routes_add(gale_app *app, const struct gale__rules *rules, char *text, size_t size)
{
    struct builder b = { .app = app, .rules = rules, .text = text, .text_size = size };
    struct layer outermost = { .middleware = rules->is_plain ? NULL : app->middleware,
                               .limits = limits_of(app) };
    int r = take_all(&b, rules->list, NULL);

    *text = 0;
    if (r >= 0 && rules->host)
        outermost.host = gale__router_add_host(&app->router, rules->host, &app->arena, &r);
    if (r >= 0)
        r = add_rules(&b, &outermost, rules->list);
    if (r >= 0)
        r = gale__router_insert(&app->router, rules->at, b.routes, b.n);
    if (r < 0) {
        if (!*text)
            snprintf(text, size, "%s", gale_strerror(r));
        give_up(&b);
    } else {
        keep_mounts(&b);
    }
    gale__map_deinit(&b.names);
    gale__free(b.routes);
    return r < 0 ? r : (int)b.n;
}

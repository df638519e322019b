/* router.c - compiles and matches routes. See router.h. */
/* SPDX-License-Identifier: MIT */
#include "web/router.h"

#include <errno.h>
#include <string.h>

#include <gale/error.h>
#include <gale/httputil.h>

#include "base/alloc.h"
#include "base/str.h"

enum { PATTERN_FLAGS = GALE__REGEX_ANCHORED | GALE__REGEX_END_ANCHORED };

/* A copy of what is in the buffer, which is done with. */
static int take_text(struct gale__buf *buf, struct gale__arena *arena, gale_str *out)
{
    int r = buf->error;
    char *copy = r < 0 ? NULL : gale__arena_strndup(arena, buf->ptr ? buf->ptr : "", buf->len);

    *out = (gale_str){ copy, buf->len };
    gale__buf_deinit(buf);
    return copy ? 0 : r < 0 ? r : -ENOMEM;
}

static bool is_literal(const struct gale__route *route)
{
    for (size_t i = 0; i < route->n_pieces; i++)
        if (route->pieces[i].kind != GALE__URL_LITERAL)
            return false;
    return true;
}

static int compile_literal(struct gale__route *route, struct gale__arena *arena)
{
    struct gale__buf path;

    gale__buf_init(&path, SIZE_MAX / 8);
    gale__url_literal(route->pieces, route->n_pieces, &path);
    return take_text(&path, arena, &route->literal);
}

static int compile_pattern(struct gale__route *route, struct gale__arena *arena)
{
    struct gale__buf text, start;
    int error = 0;

    gale__buf_init(&text, SIZE_MAX / 8);
    gale__buf_init(&start, SIZE_MAX / 8);
    gale__url_regex(route->pieces, route->n_pieces, &text);
    gale__url_literal_start(gale__buf_str(&text), &start);
    if (route->n_pieces == 1 && route->pieces[0].kind == GALE__URL_PATTERN) {
        /* As written, so that offsets in messages are those of the text the user wrote. */
        gale__buf_reset(&text);
        gale__buf_append_cstr(&text, route->url);
    }
    if (text.error == 0)
        route->regex = gale__regex_new(gale__buf_str(&text), PATTERN_FLAGS, &error);
    else
        error = text.error;
    gale__buf_deinit(&text);
    if (!route->regex) {
        gale__buf_deinit(&start);
        return error;
    }
    error = take_text(&start, arena, &route->literal);
    route->n_groups = gale__regex_n_groups(route->regex);
    if (error == 0 && route->n_groups > GALE__ROUTE_GROUPS_MAX)
        return gale_err(GALE_EINVAL, "more than %d groups", GALE__ROUTE_GROUPS_MAX);
    return error;
}

/* A mount's prefix, without the slash that what is below begins with. */
static int compile_mount(struct gale__route *route, struct gale__arena *arena)
{
    int r;

    if (!is_literal(route))
        return gale_err(GALE_EINVAL, "an application's prefix is a path, no pattern or template");
    r = compile_literal(route, arena);
    if (r == 0 && route->literal.len && route->literal.ptr[route->literal.len - 1] == '/')
        route->literal.len--;
    return r;
}

int gale__route_compile(struct gale__route *route, struct gale__arena *arena)
{
    if (route->mount)
        return compile_mount(route, arena);
    return is_literal(route) ? compile_literal(route, arena) : compile_pattern(route, arena);
}

static bool is_host_name(const char *text)
{
    for (; *text; text++)
        if (strchr("\\^$|()[]*+?{}", *text))
            return false;
    return true;
}

const struct gale__host *gale__router_add_host(struct gale__router *router, const char *text,
                                               struct gale__arena *arena, int *error)
{
    struct gale__host *host = gale__arena_zalloc(arena, sizeof(*host));
    char *name = gale__arena_strndup(arena, text, strlen(text));

    *error = -ENOMEM;
    if (!host || !name)
        return NULL;
    for (char *c = name; *c; c++)
        *c = gale__lower(*c);
    host->name = gale__str(name);
    if (!is_host_name(text)) {
        host->regex = gale__regex_new(gale__str(text), PATTERN_FLAGS | GALE__REGEX_NOCASE, error);
        if (!host->regex)
            return NULL;
    }
    host->next = router->hosts;
    router->hosts = host;
    *error = 0;
    return host;
}

/* Index, hash and list of a table that is to be. */
static int index_routes(struct gale__router *fresh)
{
    size_t n_literals = 0;

    for (size_t i = 0; i < fresh->n; i++)
        n_literals += !fresh->routes[i]->regex && !fresh->routes[i]->mount;
    if (gale__map_reserve(&fresh->literals, n_literals) < 0)
        return -ENOMEM;
    for (size_t i = 0; i < fresh->n; i++) {
        struct gale__route *route = fresh->routes[i];
        struct gale__route *first;

        route->index = i;
        route->same = NULL;
        if (route->regex || route->mount) {
            fresh->others[fresh->n_others++] = route;
            continue;
        }
        first = gale__map_get(&fresh->literals, route->literal);
        if (!first && gale__map_set(&fresh->literals, route->literal, route) < 0)
            return -ENOMEM;
        while (first && first->same)
            first = (struct gale__route *)first->same;
        if (first)
            first->same = route;
    }
    return 0;
}

int gale__router_insert(struct gale__router *router, size_t at, struct gale__route *const *routes,
                        size_t n)
{
    struct gale__router fresh = *router;

    fresh.n = router->n + n;
    fresh.n_others = 0;
    fresh.literals = (struct gale__map){ 0 };
    fresh.routes = gale__calloc(fresh.n + 1, sizeof(struct gale__route *));
    fresh.others = gale__calloc(fresh.n + 1, sizeof(struct gale__route *));
    if (!fresh.routes || !fresh.others)
        goto no_memory;
    if (at)
        memcpy(fresh.routes, router->routes, at * sizeof(*routes));
    if (n)
        memcpy(fresh.routes + at, routes, n * sizeof(*routes));
    if (router->n > at)
        memcpy(fresh.routes + at + n, router->routes + at, (router->n - at) * sizeof(*routes));
    if (index_routes(&fresh) < 0)
        goto no_memory;
    gale__map_deinit(&router->literals);
    gale__free(router->routes);
    gale__free(router->others);
    *router = fresh;
    return 0;
no_memory:
    gale__map_deinit(&fresh.literals);
    gale__free(fresh.routes);
    gale__free(fresh.others);
    return -ENOMEM;
}

/* 1 when the rule is for the request's host. */
static int fits_host(const struct gale__route *route, struct gale__lookup *l)
{
    const struct gale__host *host = route->host;
    gale_str name;

    if (GALE_LIKELY(!host))
        return 1;
    if (!l->host)
        l->host = gale_request_host_name(l->request);
    name = gale__str(l->host);
    if (host->regex)
        return gale__regex_match(host->regex, name, 0, NULL, 0);
    return gale__str_equal(name, host->name);
}

/* The groups of a match are kept for the handler. */
static int keep_groups(struct gale__lookup *l, const gale_str *found, size_t n)
{
    if (!n)
        return 1;
    l->groups = gale__arena_alloc(l->arena, n * sizeof(*found));
    if (!l->groups)
        return -ENOMEM;
    memcpy(l->groups, found + 1, n * sizeof(*found));
    return 1;
}

static int match_pattern(const struct gale__route *route, struct gale__lookup *l)
{
    gale_str found[1 + GALE__ROUTE_GROUPS_MAX];
    int r = fits_host(route, l);

    if (r <= 0)
        return r;
    r = gale__regex_match(route->regex, l->path, 0, found, 1 + route->n_groups);
    if (r == 0)
        return 0;
    l->route = route;
    return r < 0 ? r : keep_groups(l, found, route->n_groups);
}

/* All of a mount's prefix is answered there. */
static int match_mount(const struct gale__route *route, struct gale__lookup *l)
{
    struct gale__lookup below = *l;
    int r;

    below.path = gale__str_skip(l->path, route->literal.len);
    if (below.path.len && below.path.ptr[0] != '/')
        return 0;
    r = fits_host(route, l);
    if (r <= 0)
        return r;
    below.host = NULL; /* not our default host */
    below.route = route->mount->fallback;
    r = gale__router_match(route->mount, &below);
    l->route = r ? below.route : route->mount->fallback;
    l->groups = below.groups;
    return r < 0 ? r : 1;
}

static int match_others(const struct gale__router *router, size_t end, struct gale__lookup *l)
{
    for (size_t i = 0; i < router->n_others && router->others[i]->index < end; i++) {
        const struct gale__route *route = router->others[i];
        int r;

        if (!gale__str_starts_with(l->path, route->literal))
            continue;
        r = route->mount ? match_mount(route, l) : match_pattern(route, l);
        if (r != 0)
            return r;
    }
    return 0;
}

static int match_table(const struct gale__router *router, struct gale__lookup *l)
{
    const struct gale__route *literal = gale__map_get(&router->literals, l->path);
    size_t end = router->n;
    int r = 0;

    while (literal && (r = fits_host(literal, l)) == 0)
        literal = literal->same;
    if (r < 0)
        return r;
    if (literal)
        end = literal->index;
    if (router->n_others) {
        r = match_others(router, end, l);
        if (r != 0)
            return r;
    }
    if (!literal)
        return 0;
    l->route = literal;
    return 1;
}

int gale__router_match(const struct gale__router *router, struct gale__lookup *l)
{
    int r;

    l->groups = NULL;
    r = match_table(router, l);
    if (GALE_LIKELY(r != 0) || !router->default_host || !router->hosts)
        return r;
    /* A proxy that names its client has sent the host that was meant. */
    if (gale_request_header(l->request, "X-Real-Ip"))
        return 0;
    l->host = router->default_host;
    return match_table(router, l);
}

const struct gale__route *gale__router_find(const struct gale__router *router, const char *name)
{
    for (size_t i = 0; i < router->n; i++)
        if (router->routes[i]->name && strcmp(router->routes[i]->name, name) == 0)
            return router->routes[i];
    return NULL;
}

void gale__route_deinit(struct gale__route *route)
{
    gale__regex_free(route->regex);
    route->regex = NULL;
}

void gale__router_deinit(struct gale__router *router)
{
    for (size_t i = 0; i < router->n; i++)
        gale__route_deinit(router->routes[i]);
    for (struct gale__host *host = router->hosts; host; host = host->next)
        gale__regex_free(host->regex);
    gale__map_deinit(&router->literals);
    gale__free(router->routes);
    gale__free(router->others);
}

/* router.c - compiles and matches routes. See router.h. */
/* SPDX-License-Identifier: MIT */
#include "web/router.h"

#include <errno.h>
#include <string.h>

#include <gale/error.h>
#include <gale/httputil.h>

#include "base/alloc.h"
#include "base/str.h"
#include "proto/ip.h"

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

/* What a literal route for a host is found by. */
static int make_host_key(struct gale__arena *arena, gale_str host, gale_str path, gale_str *out)
{
    char *key = gale__arena_alloc(arena, host.len + 1 + path.len);

    if (!key)
        return -ENOMEM;
    memcpy(key, host.ptr, host.len);
    key[host.len] = 0;
    if (path.len)
        memcpy(key + host.len + 1, path.ptr, path.len);
    *out = (gale_str){ key, host.len + 1 + path.len };
    return 0;
}

static int compile_literal(struct gale__route *route, struct gale__arena *arena)
{
    const struct gale__host *host = route->host;
    struct gale__buf path;
    int r;

    gale__buf_init(&path, SIZE_MAX / 8);
    gale__url_literal(route->pieces, route->n_pieces, &path);
    r = take_text(&path, arena, &route->literal);
    if (r == 0 && !route->mount && gale__url_has_two_forms(route->literal))
        return compile_pattern(route, arena);
    if (r == 0 && host && !host->regex && !route->mount)
        r = make_host_key(arena, host->name, route->literal, &route->host_key);
    return r;
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

static bool is_host_name(gale_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (strchr("\\^$|()[]*+?{}", text.ptr[i]))
            return false;
    return true;
}

/* The address of an IPv6 host, without its brackets; len 0: text is none. */
static gale_str ipv6_of(gale_str text)
{
    uint8_t bytes[16];

    if (text.len > 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']')
        text = (gale_str){ text.ptr + 1, text.len - 2 };
    return gale__ip_parse(text.ptr, text.len, bytes) == 6 ? text : (gale_str){ "", 0 };
}

const struct gale__host *gale__router_add_host(struct gale__router *router, const char *text,
                                               struct gale__arena *arena, int *error)
{
    struct gale__host *host = gale__arena_zalloc(arena, sizeof(*host));
    gale_str ipv6 = ipv6_of(gale__str(text));
    char *name = ipv6.len ? gale__arena_printf(arena, "[%.*s]", (int)ipv6.len, ipv6.ptr)
                          : gale__arena_strndup(arena, text, strlen(text));

    *error = -ENOMEM;
    if (!host || !name)
        return NULL;
    for (char *c = name; *c; c++)
        *c = gale__lower(*c);
    host->name = gale__str(name);
    if (!ipv6.len && !is_host_name(gale__str(text))) {
        host->regex = gale__regex_new(gale__str(text), PATTERN_FLAGS | GALE__REGEX_NOCASE, error);
        if (!host->regex)
            return NULL;
    }
    host->next = router->hosts;
    router->hosts = host;
    *error = 0;
    return host;
}

static bool is_in_list(const struct gale__route *route)
{
    return route->regex || route->mount;
}

/* Room for all that a table that is to be has, so that nothing fails halfway. */
static int reserve(struct gale__router *fresh)
{
    size_t n_literals = 0, n_hosts = 0, n_names = 0;

    for (size_t i = 0; i < fresh->n; i++) {
        n_literals += !is_in_list(fresh->routes[i]);
        n_hosts += fresh->routes[i]->host_key.len > 0;
        n_names += fresh->routes[i]->name != NULL;
    }
    if (gale__map_reserve(&fresh->literals, n_literals) < 0 ||
        gale__map_reserve(&fresh->by_host, n_hosts) < 0)
        return -ENOMEM;
    return gale__map_reserve(&fresh->names, n_names);
}

/* A literal route that all that are in the maps come after. */
static int index_literal(struct gale__router *fresh, struct gale__route *route)
{
    const struct gale__route *next = gale__map_get(&fresh->literals, route->literal);

    route->same = next && next->host_key.len ? next->same : next;
    if (route->host_key.len && gale__map_set(&fresh->by_host, route->host_key, route) < 0)
        return -ENOMEM;
    return gale__map_set(&fresh->literals, route->literal, route);
}

/* Index, hashes and lists of a table that is to be; from its end, so that the first ones are what
 * stays in a hash. */
static int index_routes(struct gale__router *fresh)
{
    if (reserve(fresh) < 0)
        return -ENOMEM;
    for (size_t i = 0; i < fresh->n; i++)
        if (is_in_list(fresh->routes[i]))
            fresh->others[fresh->n_others++] = fresh->routes[i];
    for (size_t i = fresh->n; i-- > 0;) {
        struct gale__route *route = fresh->routes[i];

        route->index = i;
        if (route->name && gale__map_set(&fresh->names, gale__str(route->name), route) < 0)
            return -ENOMEM;
        if (route->mount) {
            route->next_mount = fresh->mounts;
            fresh->mounts = route;
        }
        if (!is_in_list(route) && index_literal(fresh, route) < 0)
            return -ENOMEM;
    }
    return 0;
}

static void free_tables(struct gale__router *router)
{
    gale__map_deinit(&router->literals);
    gale__map_deinit(&router->by_host);
    gale__map_deinit(&router->names);
    gale__free(router->routes);
    gale__free(router->others);
}

int gale__router_insert(struct gale__router *router, size_t at, struct gale__route *const *routes,
                        size_t n)
{
    struct gale__router fresh = *router;

    fresh.n = router->n + n;
    fresh.n_others = 0;
    fresh.literals = fresh.by_host = fresh.names = (struct gale__map){ 0 };
    fresh.mounts = NULL;
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
    free_tables(router);
    *router = fresh;
    return 0;
no_memory:
    free_tables(&fresh);
    return -ENOMEM;
}

static gale_str host_of(struct gale__lookup *l)
{
    if (!l->host)
        l->host = gale_request_host_name(l->request);
    return gale__str(l->host);
}

/* 1 when the rule is for the request's host. */
static int fits_host(const struct gale__route *route, struct gale__lookup *l)
{
    const struct gale__host *host = route->host;
    gale_str name;

    if (GALE_LIKELY(!host))
        return 1;
    name = host_of(l);
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

/* The literal route that is for the request's host by name. */
static int find_by_host(const struct gale__router *router, struct gale__lookup *l,
                        const struct gale__route **out)
{
    gale_str key;
    int r;

    *out = NULL;
    if (!router->by_host.n)
        return 0;
    r = make_host_key(l->arena, host_of(l), l->path, &key);
    if (r == 0)
        *out = gale__map_get(&router->by_host, key);
    return r;
}

/* The first literal route of the path that is for the request's host: the one for its name, or one
 * before that, for any host or those of a pattern. */
static int find_literal(const struct gale__router *router, struct gale__lookup *l,
                        const struct gale__route **out)
{
    const struct gale__route *route = gale__map_get(&router->literals, l->path), *named;
    int r;

    *out = route;
    if (!route || !route->host)
        return 0;
    r = find_by_host(router, l, &named);
    if (r == 0 && route->host_key.len)
        route = route->same;
    while (r == 0 && route && !(named && named->index < route->index) &&
           (r = fits_host(route, l)) == 0)
        route = route->same;
    *out = r > 0 ? route : named;
    return r < 0 ? r : 0;
}

static int match_table(const struct gale__router *router, struct gale__lookup *l)
{
    const struct gale__route *literal;
    size_t end = router->n;
    int r = find_literal(router, l, &literal);

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
    return gale__map_get(&router->names, gale__str(name));
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
    free_tables(router);
}

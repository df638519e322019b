/* router.c - compiles and matches routes. See router.h. */
/* SPDX-License-Identifier: MIT */
#include "web/router.h"

#include <errno.h>
#include <string.h>

#include <gale/error.h>

#include "base/alloc.h"
#include "base/str.h"

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* url without an anchor at either end: they are implied. */
static gale_str without_anchors(const char *url)
{
    gale_str s = gale__str(url);
    bool escaped = false;

    if (s.len && s.ptr[0] == '^')
        s = gale__str_skip(s, 1);
    for (size_t i = 0; i + 1 < s.len; i++)
        escaped = s.ptr[i] == '\\' && !escaped;
    if (s.len && s.ptr[s.len - 1] == '$' && !escaped)
        s.len--;
    return s;
}

/* Copies the literal start of a pattern into out, escapes undone; *all tells that it is literal
 * from end to end. What a quantifier or an alternative could take back is left out. */
static size_t literal_start(gale_str pattern, char *out, bool *all)
{
    size_t i = 0, n = 0;

    *all = false;
    while (i < pattern.len) {
        char c = pattern.ptr[i];

        if (c == '\\' && i + 1 < pattern.len && !is_alnum(pattern.ptr[i + 1]))
            c = pattern.ptr[++i];
        else if (strchr("?*+{", c))
            return n ? n - 1 : 0;
        else if (strchr("\\^$|()[", c))
            return n;
        out[n++] = c;
        i++;
    }
    *all = true;
    return n;
}

int gale__route_compile(struct gale__route *route, struct gale__arena *arena)
{
    gale_str pattern = without_anchors(route->url);
    char *start = gale__arena_alloc(arena, pattern.len + 1);
    bool literal;
    int error;

    if (!start)
        return -ENOMEM;
    route->literal = (gale_str){ start, literal_start(pattern, start, &literal) };
    if (literal)
        return 0;
    /* As written, so that offsets in messages are those of the text the user wrote. */
    route->regex = gale__regex_new(gale__str(route->url),
                                   GALE__REGEX_ANCHORED | GALE__REGEX_END_ANCHORED, &error);
    if (!route->regex)
        return error;
    /* A '.' matches more than itself in a pattern, and with an alternative nothing is certain. */
    route->literal.len = gale__str_find(route->literal, '.');
    if (strchr(route->url, '|'))
        route->literal.len = 0;
    route->n_groups = gale__regex_n_groups(route->regex);
    if (route->n_groups > GALE__ROUTE_GROUPS_MAX)
        return gale_err(GALE_EINVAL, "more than %d groups", GALE__ROUTE_GROUPS_MAX);
    return 0;
}

int gale__router_add(struct gale__router *router)
{
    struct gale__route *route = &router->routes[router->n];
    int r = 0;

    route->index = router->n;
    if (!route->regex && !gale__map_get(&router->literals, route->literal))
        r = gale__map_set(&router->literals, route->literal, route);
    if (r < 0)
        return r;
    if (router->first_pattern == router->n && !route->regex)
        router->first_pattern++;
    router->n++;
    return 0;
}

/* The groups of a match are kept for the handler. */
static int keep_groups(struct gale__arena *arena, const gale_str *found, size_t n, gale_str **out)
{
    if (!n)
        return 1;
    *out = gale__arena_alloc(arena, n * sizeof(**out));
    if (!*out)
        return -ENOMEM;
    memcpy(*out, found + 1, n * sizeof(**out));
    return 1;
}

static int match_patterns(const struct gale__router *router, size_t end, struct gale__arena *arena,
                          gale_str path, const struct gale__route **out, gale_str **groups)
{
    for (size_t i = router->first_pattern; i < end; i++) {
        const struct gale__route *route = &router->routes[i];
        gale_str found[1 + GALE__ROUTE_GROUPS_MAX];
        int r;

        if (!route->regex || !gale__str_starts_with(path, route->literal))
            continue;
        r = gale__regex_match(route->regex, path, 0, found, 1 + route->n_groups);
        if (r == 0)
            continue;
        *out = route;
        return r < 0 ? r : keep_groups(arena, found, route->n_groups, groups);
    }
    return 0;
}

int gale__router_match(const struct gale__router *router, struct gale__arena *arena, gale_str path,
                       const struct gale__route **out, gale_str **groups)
{
    const struct gale__route *literal = gale__map_get(&router->literals, path);
    size_t end = literal ? literal->index : router->n;

    *groups = NULL;
    if (router->first_pattern < end) {
        int r = match_patterns(router, end, arena, path, out, groups);

        if (r != 0)
            return r;
    }
    if (!literal)
        return 0;
    *out = literal;
    return 1;
}

const struct gale__route *gale__router_find(const struct gale__router *router, const char *name)
{
    for (size_t i = 0; i < router->n; i++)
        if (router->routes[i].name && strcmp(router->routes[i].name, name) == 0)
            return &router->routes[i];
    return NULL;
}

void gale__router_deinit(struct gale__router *router)
{
    for (size_t i = 0; i < router->n; i++)
        gale__regex_free(router->routes[i].regex);
    gale__map_deinit(&router->literals);
}

/* router.h - finds the route of a path: literal ones through a hash, the others as patterns.
 *
 * The first rule of the table that matches wins, whatever its kind. A rule without
 * metacharacters is literal; a '.' alone does not make a pattern, so "/robots.txt" is that
 * file only. Read-only once filled.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_ROUTER_H
#define GALE_WEB_ROUTER_H

#include <gale/base.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/regex.h"
#include "web/class.h"

enum { GALE__ROUTE_GROUPS_MAX = 32 };

struct gale__route {
    gale_app *app; /* whose settings count */
    const struct gale__class *cls;
    void *arg;
    const char *label;         /* names the request's coroutine */
    struct gale__regex *regex; /* NULL: literal */
    gale_str literal;          /* the path; of a pattern what each match begins with */
    size_t n_groups;
    size_t index;
    const char *url;
    const char *name;                         /* NULL: none */
    const gale_middleware *const *middleware; /* all of it, outermost first; NULL: none */
    gale_limits limits; /* in effect; max_body_size and body_timeout 0: the server's, max_json_size
                           0: the body's, the others are never 0; GALE_UNLIMITED: none */
};

struct gale__router {
    struct gale__route *routes;
    size_t n;
    size_t first_pattern;      /* index of the first route that is a pattern; n: none */
    struct gale__map literals; /* path to route */
};

/* Turns route->url into what matching needs; arena keeps it. Then the route is put to use by
 * gale__router_add. GALE_EINVAL (its detail says what is wrong with the pattern), -ENOMEM. */
int gale__route_compile(struct gale__route *route, struct gale__arena *arena) GALE_MUST_USE;

/* Adds routes[n], already compiled, as the next one. -ENOMEM. */
int gale__router_add(struct gale__router *router) GALE_MUST_USE;

/* 1: *out matches path; its groups (NULL without) are an array in arena of slices of path. 0: none
 * matches. GALE_ETOOBIG: a pattern gave up, -ENOMEM. */
int gale__router_match(const struct gale__router *router, struct gale__arena *arena, gale_str path,
                       const struct gale__route **out, gale_str **groups) GALE_MUST_USE;

/* The route of that name, or NULL. */
const struct gale__route *gale__router_find(const struct gale__router *router, const char *name);

void gale__router_deinit(struct gale__router *router);

#endif

/* router.h - finds the route of a path: literal ones (also those for a host that is a name) through
 * a hash, the others one by one.
 *
 * The first rule of the table that matches wins, whatever its kind. A rule without
 * metacharacters is literal; a '.' alone does not make a pattern, so "/robots.txt" is that
 * file only. A mounted router answers all of its prefix. Read-only once filled.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_ROUTER_H
#define GALE_WEB_ROUTER_H

#include <gale/base.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/regex.h"
#include "web/class.h"
#include "web/pattern.h"

enum { GALE__ROUTE_GROUPS_MAX = 32 };

struct gale__router;
struct gale__websocket_kind;

/* Which hosts a rule is for. */
struct gale__host {
    gale_str name;             /* in lower case */
    struct gale__regex *regex; /* NULL: name is all */
    struct gale__host *next;   /* of the router's */
};

struct gale__route {
    gale_app *app; /* whose settings count */
    const struct gale__class *cls;
    void *arg;
    const char *label;         /* names the request's coroutine */
    struct gale__regex *regex; /* NULL: literal */
    gale_str
        literal; /* the path; of a pattern what each match begins with; of a mount the prefix */
    size_t n_groups;
    size_t index;
    const struct gale__host *host;    /* NULL: any */
    const struct gale__router *mount; /* answers what is below the prefix; NULL: cls does */
    /* The next one with this very path, for any host or those of a pattern; of a literal one. */
    const struct gale__route *same;
    gale_str host_key; /* of a literal one for a host that is a name: that, NUL, path; else empty */
    const struct gale__route *next_mount; /* of a mount */
    const char *url;                      /* as written, in one piece */
    const char *name;                     /* NULL: none */
    const struct gale__url_piece *pieces; /* n_pieces of them */
    size_t n_pieces;
    const gale_middleware *const *middleware; /* all of it, outermost first; NULL: none */
    gale_limits limits; /* in effect; max_body_size and body_timeout 0: the server's, max_json_size
                           0: the body's, the others are never 0; GALE_UNLIMITED: none */
    struct gale__websocket_kind *websocket; /* of a WebSocket class (websocket_class.c) */
};

struct gale__router {
    struct gale__route **routes; /* in their order */
    size_t n;
    struct gale__map literals;         /* path to the first route that has it */
    const struct gale__route **others; /* patterns and mounts, in their order */
    size_t n_others;
    struct gale__host *hosts;           /* all there are */
    const char *default_host;           /* NULL: none */
    const struct gale__route *fallback; /* for what a mounted router has no route for */
    struct gale__map by_host;           /* host_key to the first route that has it */
    struct gale__map names;             /* name to route */
    const struct gale__route *mounts;   /* in their order, by next_mount */
};

/* What is looked for, and what was found. */
struct gale__lookup {
    const gale_request *request;
    struct gale__arena *arena; /* for groups */
    gale_str path;             /* as sent */
    const char *host;          /* NULL until needed; lower case, without port */
    const struct gale__route *route;
    gale_str *groups; /* NULL: none; else route->n_groups slices of path */
};

/* Turns route->pieces into what matching needs; arena keeps it. GALE_EINVAL (its detail says what
 * is wrong with the pattern), -ENOMEM. */
int gale__route_compile(struct gale__route *route, struct gale__arena *arena) GALE_MUST_USE;

/* A host for rules, a name, an IPv6 address (with brackets or without) or a pattern, on the
 * router's list. NULL with *error. */
const struct gale__host *gale__router_add_host(struct gale__router *router, const char *text,
                                               struct gale__arena *arena, int *error);

/* Puts routes, compiled, into the table: so many from place at on. -ENOMEM: nothing was changed. */
int gale__router_insert(struct gale__router *router, size_t at, struct gale__route *const *routes,
                        size_t n) GALE_MUST_USE;

/* The route of a path in the usual case: a literal one for any host, which nothing comes before.
 * NULL: ask gale__router_match(). */
static inline const struct gale__route *gale__router_literal(const struct gale__router *router,
                                                             gale_str path)
{
    const struct gale__route *route = gale__map_get(&router->literals, path);

    if (!route || route->host || (router->n_others && router->others[0]->index < route->index))
        return NULL;
    return route;
}

/* 1: l->route matches l->path, l->groups are its groups. 0: none matches. GALE_ETOOBIG: a pattern
 * gave up, -ENOMEM. */
int gale__router_match(const struct gale__router *router, struct gale__lookup *l) GALE_MUST_USE;

/* The route of that name, or NULL. */
const struct gale__route *gale__router_find(const struct gale__router *router, const char *name);

/* Frees what is not in an arena. */
void gale__route_deinit(struct gale__route *route);
void gale__router_deinit(struct gale__router *router);

#endif

/* routes.h - turns rules as users write them into the table of an application. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_ROUTES_H
#define GALE_WEB_ROUTES_H

#include "web/app.h"

/* Rules to be added, and where. */
struct gale__rules {
    const gale_route *list;        /* ended by { 0 } */
    size_t route_size, class_size; /* of the caller's structs: an older or newer version's */
    const char *host;              /* for those without their own; NULL: any */
    size_t at;                     /* place in the table */
    bool is_plain;                 /* the application's middleware is not around them */
};

/* Adds rules; what they mount is taken over, also on failure. text (size bytes) gets the line that
 * tells of a failure, after the name of the rule. */
int gale__routes_add(gale_app *app, const struct gale__rules *rules, char *text,
                     size_t size) GALE_MUST_USE;

/* Takes over what rules (list may be NULL) mount, and frees it. */
void gale__routes_drop(const struct gale__rules *rules);

/* Class, argument, middleware and limits of a route of the application that is in no table: url is
 * set. */
int gale__route_resolve(gale_app *app, struct gale__route *route, const gale_handler_class *cls,
                        void *arg, size_t class_size) GALE_MUST_USE;

/* 0, or a failure that names what is wrong. */
int gale__middleware_check(const gale_middleware *const *list) GALE_MUST_USE;
int gale__limits_check(const gale_limits *limits) GALE_MUST_USE;

#endif

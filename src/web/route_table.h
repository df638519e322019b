/* route_table.h - the routes of an application as text: what error pages, the live view and `gale
 * routes` show. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_ROUTE_TABLE_H
#define GALE_WEB_ROUTE_TABLE_H

#include "base/arena.h"
#include "base/symbols.h"
#include "web/app.h"

/* None of the texts is NULL; "" where there is nothing to say. */
struct gale__route_row {
    const struct gale__route *route;
    const char *methods; /* "GET, HEAD" */
    const char *url;     /* as written, with the prefixes of what it is mounted in */
    const char *host, *name;
    const char *handler; /* the class's name, or its first function's */
    const char *file;    /* of that function; "" when the program has no debug information */
    int line;
    const char *middleware; /* names, the outermost first */
};

/* All of them in the order in which they are tried, also those of mounted applications, in arena;
 * with no memory for more it ends. symbols may be NULL, and has to last. How many. */
size_t gale__route_table(const gale_app *app, struct gale__symbols *symbols,
                         struct gale__arena *arena, struct gale__route_row **out);

/* One of those below /_gale that the library itself adds with debug. */
bool gale__route_is_own(const struct gale__route_row *row);

#endif

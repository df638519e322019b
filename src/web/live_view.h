/* live_view.h - /_gale: what the application on this loop does just now, as a page that renews
 * itself and as JSON. Only with debug. What a client keeps in a query string is not shown. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_LIVE_VIEW_H
#define GALE_WEB_LIVE_VIEW_H

#include "base/buf.h"
#include "web/handler.h"

/* Of an application on a loop, made when somebody first looks: what does not change. */
struct gale__view;

void gale__view_free(struct gale__view *view); /* NULL is allowed */

extern const gale_handler_class gale__view_page_handler, gale__view_status_handler;

/* live_status.c: the parts of the JSON. */
struct gale__route_row;
struct gale__symbols;

struct gale__view {
    struct gale__arena arena;
    struct gale__symbols *symbols; /* NULL: out of memory */
    struct gale__route_row *rows;
    size_t n_rows;
};

/* Appends all there is to tell; with the stacks of coroutines or without. 0 or -ENOMEM. */
int gale__view_write(struct gale__app_server *server, bool has_stacks,
                     struct gale__buf *out) GALE_MUST_USE;

/* live_page.c */
extern const char gale__view_page[];

#endif

/* debug_routes.c - the routes below /_gale. See debug_routes.h. Literal ones only: patterns would
 * be tried for each request. */
/* SPDX-License-Identifier: MIT */
#include "web/debug_routes.h"

#include "web/live_reload.h"
#include "web/live_view.h"
#include "web/routes.h"

static const gale_route routes[] = {
    { .url = "/_gale", .handler = &gale__view_page_handler },
    { .url = "/_gale/status.json", .handler = &gale__view_status_handler },
    { .url = "/_gale/reload", .handler = &gale__live_stream_handler },
    { .url = "/_gale/reload.js", .handler = &gale__live_script_handler },
    { 0 },
};

int gale__debug_routes_add(gale_app *app, char *text, size_t size)
{
    const struct gale__rules rules = { .list = routes,
                                       .route_size = sizeof(routes[0]),
                                       .class_size = sizeof(gale_handler_class),
                                       .at = app->router.n,
                                       .is_plain = true };

    return gale__routes_add(app, &rules, text, size);
}

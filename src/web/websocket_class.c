/* websocket_class.c - WebSocket classes and their routes, when an application is made. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "web/websocket_handler.h"

static int check(const gale_websocket_class *cls)
{
    if (cls->on_message && cls->run)
        return gale_err(GALE_EINVAL, "it has both .on_message and .run");
    if (cls->base.asynchronous == GALE_ON)
        return gale_err(GALE_EINVAL, "a WebSocket class cannot be .asynchronous");
    if (cls->base.stream_request_body == GALE_ON)
        return gale_err(GALE_EINVAL, "a WebSocket class has no .stream_request_body");
    return 0;
}

int gale__websocket_class_fill(struct gale__class *c, int (*own_get)(gale_handler *self))
{
    gale_websocket_class *cls = (gale_websocket_class *)(void *)c->kind_hooks;

    if (!cls)
        return gale_err(GALE_EINVAL, "its kind_size is 0: use GALE_WEBSOCKET_CLASS");
    if (own_get || c->hooks.head)
        return gale_err(GALE_EINVAL, "%s of a WebSocket class is the library's",
                        own_get ? ".get" : ".head");
    c->hooks.get = cls->base.get = gale__websocket_get;
    return check(cls);
}

int gale__websocket_route_fill(struct gale__route *route, struct gale__arena *arena)
{
    struct gale__websocket_kind *kind = gale__arena_zalloc(arena, sizeof(*kind));

    if (!kind)
        return -ENOMEM;
    kind->owner = &gale__websocket_handlers;
    kind->data = route;
    route->websocket = kind;
    return gale__websocket_options_fill(&kind->options, route->app->settings.websocket, true);
}

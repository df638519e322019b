/* websocket_topics.c - the application's topics, and WebSockets that listen to them. See
 * <gale/topics.h>. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include <gale/websocket.h>

#include "http/topics.h"
#include "web/app.h"

gale_topics *gale_app_topics(gale_app *app)
{
    gale_topics *topics;

    pthread_mutex_lock(&app->lock);
    if (!app->topics)
        app->topics = gale_topics_new();
    topics = app->topics;
    pthread_mutex_unlock(&app->lock);
    return topics;
}

/* Those of the application that ws is a connection of; NULL: there are none. */
static gale_topics *topics_of(gale_websocket *ws, int *error)
{
    gale_app *app = gale_websocket_app(ws);
    gale_topics *topics = app ? gale_app_topics(app) : NULL;

    if (!app)
        *error = gale_err(GALE_EINVAL, "a client's WebSocket has no application with topics");
    else if (!topics)
        *error = gale_err(-ENOMEM, "no memory for topics");
    return topics;
}

int gale_subscribe(gale_websocket *ws, const char *topic)
{
    int r = 0;
    gale_topics *topics = topics_of(ws, &r);

    return topics ? gale__topics_subscribe_websocket(topics, ws, topic) : r;
}

int gale_unsubscribe(gale_websocket *ws, const char *topic)
{
    int r = 0;
    gale_topics *topics = topics_of(ws, &r);

    return topics ? gale__topics_unsubscribe_websocket(topics, ws, topic) : r;
}

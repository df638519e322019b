/* websocket_topics.c - the application's topics. See <gale/topics.h>. */
/* SPDX-License-Identifier: MIT */
#include <gale/websocket.h>

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

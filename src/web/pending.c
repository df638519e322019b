/* pending.c - functions that are not written yet; whoever writes one takes its lines out. */
/* SPDX-License-Identifier: MIT */
#include <gale/websocket.h>

__attribute__((weak)) gale_app *gale_websocket_app(const gale_websocket *ws)
{
    return 0;
} /* websocket.h */

__attribute__((weak)) int gale_subscribe(gale_websocket *ws, const char *topic)
{
    return -38;
} /* websocket.h */

__attribute__((weak)) int gale_unsubscribe(gale_websocket *ws, const char *topic)
{
    return -38;
} /* websocket.h */

__attribute__((weak)) gale_topics *gale_app_topics(gale_app *app)
{
    return 0;
} /* websocket.h */

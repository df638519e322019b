/* pending.c - functions that are not written yet; whoever writes one takes its lines out. */
/* SPDX-License-Identifier: MIT */
#include <gale/websocket.h>

__attribute__((weak)) int gale_subscribe(gale_websocket *ws, const char *topic)
{
    return -38;
} /* websocket.h */

__attribute__((weak)) int gale_unsubscribe(gale_websocket *ws, const char *topic)
{
    return -38;
} /* websocket.h */

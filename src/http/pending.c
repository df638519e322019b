/* pending.c - functions that are not written yet; whoever writes one takes its lines out. */
/* SPDX-License-Identifier: MIT */
#include <gale/httpclient.h>
#include "http/upgrade.h"
#include "http/websocket.h"
#include <gale/websocket_io.h>

__attribute__((weak)) int gale_websocket_connect_sized(
    gale_websocket **out, const char *url, const gale_websocket_connect_options *options,
    size_t options_size)
{
    return -38;
} /* websocket_io.h */

__attribute__((weak)) void gale_websocket_free(gale_websocket **ws)
{
} /* websocket_io.h */

__attribute__((weak)) int gale_websocket_keep(const char *url,
                                              const gale_websocket_connect_options *options,
                                              double first, double most,
                                              int (*run)(gale_websocket *ws, void *arg), void *arg)
{
    return -38;
} /* websocket_io.h */


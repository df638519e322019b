/* pending.c - functions that are not written yet; whoever writes one takes its lines out. */
/* SPDX-License-Identifier: MIT */
#include <gale/httpclient.h>
#include "http/upgrade.h"
#include "http/websocket.h"
#include <gale/websocket_io.h>
#include <gale/topics.h>

__attribute__((weak)) int gale_fetch_callback_sized(
    gale_http_client *client, const char *url, const gale_http_request *request,
    size_t request_size, void (*fn)(int code, gale_http_response *response, void *arg), void *arg)
{
    return -38;
} /* httpclient.h */

__attribute__((weak)) gale_http_phase gale_fetch_phase(void)
{
    return 0;
} /* httpclient.h */

__attribute__((weak)) const char *gale_http_phase_name(gale_http_phase phase)
{
    return 0;
} /* httpclient.h */

__attribute__((weak)) gale_http_client *gale_http_client_new(
    const gale_http_client_options *options)
{
    return 0;
} /* httpclient.h */

__attribute__((weak)) gale_http_client *gale_http_client_default(void)
{
    return 0;
} /* httpclient.h */

__attribute__((weak)) int gale_http_client_configure(const gale_http_client_options *options)
{
    return -38;
} /* httpclient.h */

__attribute__((weak)) void gale_http_client_free(gale_http_client *client)
{
} /* httpclient.h */

__attribute__((weak)) void gale_http_client_get_stats(const gale_http_client *client,
                                                      gale_http_client_stats *out)
{
} /* httpclient.h */

__attribute__((weak)) gale_cookie_jar *gale_cookie_jar_new(void)
{
    return 0;
} /* httpclient.h */

__attribute__((weak)) void gale_cookie_jar_free(gale_cookie_jar *jar)
{
} /* httpclient.h */

__attribute__((weak)) int gale_cookie_jar_set(gale_cookie_jar *jar, const char *url,
                                              const char *set_cookie)
{
    return -38;
} /* httpclient.h */

__attribute__((weak)) const char *gale_cookie_jar_get(gale_cookie_jar *jar, const char *url)
{
    return 0;
} /* httpclient.h */

__attribute__((weak)) void gale_cookie_jar_clear(gale_cookie_jar *jar)
{
} /* httpclient.h */

__attribute__((weak)) int gale_cookie_jar_load(gale_cookie_jar *jar, const char *path)
{
    return -38;
} /* httpclient.h */

__attribute__((weak)) int gale_cookie_jar_save(gale_cookie_jar *jar, const char *path)
{
    return -38;
} /* httpclient.h */

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

__attribute__((weak)) gale_topics *gale_topics_new(void)
{
    return 0;
} /* topics.h */

__attribute__((weak)) void gale_topics_free(gale_topics *topics)
{
} /* topics.h */

__attribute__((weak)) gale_subscription *gale_topics_subscribe(
    gale_topics *topics, const char *topic,
    void (*fn)(const char *topic, gale_str data, bool binary, void *arg), void *arg)
{
    return 0;
} /* topics.h */

__attribute__((weak)) void gale_subscription_end(gale_subscription **subscription)
{
} /* topics.h */

__attribute__((weak)) int gale_publish(gale_topics *topics, const char *topic, gale_str data,
                                       bool binary)
{
    return -38;
} /* topics.h */

__attribute__((weak)) int gale_publish_text(gale_topics *topics, const char *topic,
                                            const char *text)
{
    return -38;
} /* topics.h */

__attribute__((weak)) size_t gale_topics_subscribers(gale_topics *topics, const char *topic)
{
    return 0;
} /* topics.h */

__attribute__((weak)) int gale_topics_set_backplane(gale_topics *topics,
                                                    const gale_backplane *backplane)
{
    return -38;
} /* topics.h */

__attribute__((weak)) int gale_topics_deliver(gale_topics *topics, const char *topic, gale_str data,
                                              bool binary)
{
    return -38;
} /* topics.h */

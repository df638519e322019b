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

__attribute__((weak)) int gale__exchange_upgrade(struct gale__exchange *x,
                                                 const struct gale__response *r,
                                                 const struct gale__upgrade *protocol, void *self,
                                                 struct gale__conn **out)
{
    return -38;
} /* upgrade.h */

__attribute__((weak)) struct gale_iostream *gale__upgraded_stream(struct gale__conn *conn)
{
    return 0;
} /* upgrade.h */

__attribute__((weak)) void gale__upgraded_set_deadline(struct gale__conn *conn, double seconds)
{
} /* upgrade.h */

__attribute__((weak)) double gale__upgraded_tick(const struct gale__conn *conn)
{
    return 0;
} /* upgrade.h */

__attribute__((weak)) void gale__upgraded_close(struct gale__conn *conn, bool now)
{
} /* upgrade.h */

__attribute__((weak)) int gale__websocket_accept(
    struct gale__exchange *x, const struct gale__response *r,
    const struct gale__websocket_kind *kind, const struct gale__websocket_deflate_agreed *deflate,
    size_t state_size, gale_websocket **out)
{
    return -38;
} /* websocket.h */

__attribute__((weak)) void *gale__websocket_inline_state(gale_websocket *ws)
{
    return 0;
} /* websocket.h */

__attribute__((weak)) void gale__websocket_next(gale_websocket *ws)
{
} /* websocket.h */

__attribute__((weak)) int gale__websocket_send(gale_websocket *ws, gale_str data, bool binary,
                                               bool first, bool fin)
{
    return -38;
} /* websocket.h */

__attribute__((weak)) void gale__websocket_release(gale_websocket *ws)
{
} /* websocket.h */

__attribute__((weak)) void gale__websocket_abort(gale_websocket *ws)
{
} /* websocket.h */

__attribute__((weak)) void gale__websocket_accept_key(gale_str key, char out[29])
{
} /* websocket.h */

__attribute__((weak)) bool gale__websocket_key_is_valid(gale_str key)
{
    return 0;
} /* websocket.h */

__attribute__((weak)) bool gale__websocket_negotiate(gale_str offers,
                                                     const gale_deflate_options *options,
                                                     struct gale__websocket_deflate_agreed *agreed,
                                                     char *out, size_t size)
{
    return 0;
} /* websocket.h */

__attribute__((weak)) struct gale__websocket_topics **gale__websocket_topics_of(gale_websocket *ws)
{
    return 0;
} /* websocket.h */

__attribute__((weak)) int gale_send(gale_websocket *ws, gale_str message, bool binary)
{
    return -38;
} /* websocket_io.h */

__attribute__((weak)) int gale_write_message(gale_websocket *ws, const char *text)
{
    return -38;
} /* websocket_io.h */

__attribute__((weak)) int gale_write_message_bytes(gale_websocket *ws, const void *data,
                                                   size_t size)
{
    return -38;
} /* websocket_io.h */

__attribute__((weak)) int gale_write_message_json(gale_websocket *ws, struct json_t *value)
{
    return -38;
} /* websocket_io.h */

__attribute__((weak)) int gale_send_piece(gale_websocket *ws, gale_str piece, bool binary,
                                          bool last)
{
    return -38;
} /* websocket_io.h */

__attribute__((weak)) gale_prepared_message *gale_prepare_message(gale_str message, bool binary)
{
    return 0;
} /* websocket_io.h */

__attribute__((weak)) int gale_send_prepared(gale_websocket *ws, gale_prepared_message *message)
{
    return -38;
} /* websocket_io.h */

__attribute__((weak)) void gale_prepared_message_free(gale_prepared_message *message)
{
} /* websocket_io.h */

__attribute__((weak)) int gale_websocket_ping(gale_websocket *ws, gale_str data)
{
    return -38;
} /* websocket_io.h */

__attribute__((weak)) int gale_websocket_close(gale_websocket *ws, int code, const char *reason)
{
    return -38;
} /* websocket_io.h */

__attribute__((weak)) void *gale_websocket_state(gale_websocket *ws)
{
    return 0;
} /* websocket_io.h */

__attribute__((weak)) bool gale_websocket_is_closed(const gale_websocket *ws)
{
    return 0;
} /* websocket_io.h */

__attribute__((weak)) int gale_websocket_close_code(const gale_websocket *ws)
{
    return -38;
} /* websocket_io.h */

__attribute__((weak)) const char *gale_websocket_close_reason(const gale_websocket *ws)
{
    return 0;
} /* websocket_io.h */

__attribute__((weak)) const char *gale_websocket_subprotocol(const gale_websocket *ws)
{
    return 0;
} /* websocket_io.h */

__attribute__((weak)) const char *gale_websocket_extensions(const gale_websocket *ws)
{
    return 0;
} /* websocket_io.h */

__attribute__((weak)) double gale_websocket_round_trip(const gale_websocket *ws)
{
    return 0;
} /* websocket_io.h */

__attribute__((weak)) size_t gale_websocket_pending(const gale_websocket *ws)
{
    return 0;
} /* websocket_io.h */

__attribute__((weak)) int gale_websocket_set_nodelay(gale_websocket *ws, bool on)
{
    return -38;
} /* websocket_io.h */

__attribute__((weak)) int gale_websocket_peer(const gale_websocket *ws, gale_address *out)
{
    return -38;
} /* websocket_io.h */

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

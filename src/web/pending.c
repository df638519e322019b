/* pending.c - functions that are not written yet; whoever writes one takes its lines out. */
/* SPDX-License-Identifier: MIT */
#include <gale/websocket.h>
#include <gale/topics.h>

__attribute__((weak)) int gale_send(gale_websocket *ws, gale_str message, bool binary)
{
    return -38;
} /* websocket.h */

__attribute__((weak)) int gale_write_message(gale_websocket *ws, const char *text)
{
    return -38;
} /* websocket.h */

__attribute__((weak)) int gale_write_message_bytes(gale_websocket *ws, const void *data, size_t size)
{
    return -38;
} /* websocket.h */

__attribute__((weak)) int gale_write_message_json(gale_websocket *ws, struct json_t *value)
{
    return -38;
} /* websocket.h */

__attribute__((weak)) int gale_send_piece(gale_websocket *ws, gale_str piece, bool binary, bool last)
{
    return -38;
} /* websocket.h */

__attribute__((weak)) gale_prepared_message * gale_prepare_message(gale_str message, bool binary)
{
    return 0;
} /* websocket.h */

__attribute__((weak)) int gale_send_prepared(gale_websocket *ws, gale_prepared_message *message)
{
    return -38;
} /* websocket.h */

__attribute__((weak)) void gale_prepared_message_free(gale_prepared_message *message)
{
    
} /* websocket.h */

__attribute__((weak)) int gale_websocket_ping(gale_websocket *ws, gale_str data)
{
    return -38;
} /* websocket.h */

__attribute__((weak)) int gale_websocket_close(gale_websocket *ws, int code, const char *reason)
{
    return -38;
} /* websocket.h */

__attribute__((weak)) int gale_read_message(gale_websocket *ws, gale_str *message, bool *binary)
{
    return -38;
} /* websocket.h */

__attribute__((weak)) void * gale_websocket_state(gale_websocket *ws)
{
    return 0;
} /* websocket.h */

__attribute__((weak)) gale_app * gale_websocket_app(const gale_websocket *ws)
{
    return 0;
} /* websocket.h */

__attribute__((weak)) bool gale_websocket_is_closed(const gale_websocket *ws)
{
    return 0;
} /* websocket.h */

__attribute__((weak)) int gale_websocket_close_code(const gale_websocket *ws)
{
    return -38;
} /* websocket.h */

__attribute__((weak)) const char * gale_websocket_close_reason(const gale_websocket *ws)
{
    return 0;
} /* websocket.h */

__attribute__((weak)) const char * gale_websocket_subprotocol(const gale_websocket *ws)
{
    return 0;
} /* websocket.h */

__attribute__((weak)) const char * gale_websocket_extensions(const gale_websocket *ws)
{
    return 0;
} /* websocket.h */

__attribute__((weak)) double gale_websocket_round_trip(const gale_websocket *ws)
{
    return 0;
} /* websocket.h */

__attribute__((weak)) size_t gale_websocket_pending(const gale_websocket *ws)
{
    return 0;
} /* websocket.h */

__attribute__((weak)) int gale_websocket_set_nodelay(gale_websocket *ws, bool on)
{
    return -38;
} /* websocket.h */

__attribute__((weak)) int gale_websocket_peer(const gale_websocket *ws, gale_address *out)
{
    return -38;
} /* websocket.h */

__attribute__((weak)) const char * gale_websocket_remote_ip(const gale_websocket *ws)
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

__attribute__((weak)) int gale_websocket_connect_sized(gale_websocket **out, const char *url, const gale_websocket_connect_options *options, size_t options_size)
{
    return -38;
} /* websocket.h */

__attribute__((weak)) void gale_websocket_free(gale_websocket **ws)
{
    
} /* websocket.h */

__attribute__((weak)) int gale_websocket_keep(const char *url, const gale_websocket_connect_options *options, double first, double most, int (*run)(gale_websocket *ws, void *arg), void *arg)
{
    return -38;
} /* websocket.h */

__attribute__((weak)) gale_topics * gale_app_topics(struct gale_app *app)
{
    return 0;
} /* topics.h */

__attribute__((weak)) gale_topics * gale_topics_new(void)
{
    return 0;
} /* topics.h */

__attribute__((weak)) void gale_topics_free(gale_topics *topics)
{
    
} /* topics.h */

__attribute__((weak)) gale_subscription * gale_topics_subscribe(gale_topics *topics, const char *topic, void (*fn)(const char *topic, gale_str data, bool binary, void *arg), void *arg)
{
    return 0;
} /* topics.h */

__attribute__((weak)) void gale_subscription_end(gale_subscription **subscription)
{
    
} /* topics.h */

__attribute__((weak)) int gale_publish(gale_topics *topics, const char *topic, gale_str data, bool binary)
{
    return -38;
} /* topics.h */

__attribute__((weak)) int gale_publish_text(gale_topics *topics, const char *topic, const char *text)
{
    return -38;
} /* topics.h */

__attribute__((weak)) size_t gale_topics_subscribers(gale_topics *topics, const char *topic)
{
    return 0;
} /* topics.h */

__attribute__((weak)) int gale_topics_set_backplane(gale_topics *topics, const gale_backplane *backplane)
{
    return -38;
} /* topics.h */

__attribute__((weak)) int gale_topics_deliver(gale_topics *topics, const char *topic, gale_str data, bool binary)
{
    return -38;
} /* topics.h */

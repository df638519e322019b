/* pending.c - functions that are not written yet; whoever writes one takes its lines out. */
/* SPDX-License-Identifier: MIT */
#include <gale/httpclient.h>
#include "http/upgrade.h"
#include "http/websocket.h"


__attribute__((weak)) int gale_fetch_callback_sized( gale_http_client *client, const char *url, const gale_http_request *request, size_t request_size, void (*fn)(int code, gale_http_response *response, void *arg), void *arg)
{
    return -38;
} /* httpclient.h */

__attribute__((weak)) gale_http_phase gale_fetch_phase(void)
{
    return 0;
} /* httpclient.h */

__attribute__((weak)) const char * gale_http_phase_name(gale_http_phase phase)
{
    return 0;
} /* httpclient.h */

__attribute__((weak)) gale_http_client * gale_http_client_new(const gale_http_client_options *options)
{
    return 0;
} /* httpclient.h */

__attribute__((weak)) gale_http_client * gale_http_client_default(void)
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

__attribute__((weak)) void gale_http_client_get_stats(const gale_http_client *client, gale_http_client_stats *out)
{
    
} /* httpclient.h */

__attribute__((weak)) gale_cookie_jar * gale_cookie_jar_new(void)
{
    return 0;
} /* httpclient.h */

__attribute__((weak)) void gale_cookie_jar_free(gale_cookie_jar *jar)
{
    
} /* httpclient.h */

__attribute__((weak)) int gale_cookie_jar_set(gale_cookie_jar *jar, const char *url, const char *set_cookie)
{
    return -38;
} /* httpclient.h */

__attribute__((weak)) const char * gale_cookie_jar_get(gale_cookie_jar *jar, const char *url)
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

__attribute__((weak)) int gale__exchange_upgrade(struct gale__exchange *x, const struct gale__response *r, const struct gale__upgrade *protocol, void *self, struct gale__conn **out)
{
    return -38;
} /* upgrade.h */

__attribute__((weak)) struct gale_iostream * gale__upgraded_stream(struct gale__conn *conn)
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

__attribute__((weak)) int gale__websocket_accept(struct gale__exchange *x, const struct gale__response *r, const struct gale__websocket_kind *kind, const struct gale__websocket_deflate_agreed *deflate, size_t state_size, gale_websocket **out)
{
    return -38;
} /* websocket.h */

__attribute__((weak)) void * gale__websocket_inline_state(gale_websocket *ws)
{
    return 0;
} /* websocket.h */

__attribute__((weak)) void gale__websocket_next(gale_websocket *ws)
{
    
} /* websocket.h */

__attribute__((weak)) int gale__websocket_send(gale_websocket *ws, gale_str data, bool binary, bool first, bool fin)
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

__attribute__((weak)) bool gale__websocket_negotiate(gale_str offers, const gale_deflate_options *options, struct gale__websocket_deflate_agreed *agreed, char *out, size_t size)
{
    return 0;
} /* websocket.h */

__attribute__((weak)) struct gale__websocket_topics ** gale__websocket_topics_of(gale_websocket *ws)
{
    return 0;
} /* websocket.h */

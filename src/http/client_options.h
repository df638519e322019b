/* client_options.h - what the options of a request add to a fetch: credentials, proxies, cookies,
 * forms. Called at fixed points of a hop; nothing here waits unless it says so.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_HTTP_CLIENT_OPTIONS_H
#define GALE_HTTP_CLIENT_OPTIONS_H

#include "http/client_fetch.h"

/* --- client_form.c --- */

/* Before anything is sent: turns f->request's form or parts into a body or a body_producer with
 * its arg (f->request is the fetch's own copy), body_length, and f->out.content_type. Also checks
 * them. A produced body of ours that can begin again has f->out.rewind. */
int gale__client_prepare_body(struct gale__fetch *f) GALE_MUST_USE;

/* --- client_auth.c --- */

/* Before anything is sent: user and password of f->out.url (its slice userinfo) become the
 * request's, when it has none of its own. Checks auth_mode. */
int gale__client_prepare_auth(struct gale__fetch *f) GALE_MUST_USE;
/* Takes user and password off f->url, which is what users see. 0 or -ENOMEM. */
int gale__client_hide_user(struct gale__fetch *f) GALE_MUST_USE;
/* The Authorization line of this hop. Not called when the user gave one of his own or the hop is
 * estranged (f->out.estranged). */
void gale__client_auth_fields(struct gale__fetch *f, struct gale__buf *out);
/* The head of an answer is there (f->response): 1 when the same should be asked again with
 * credentials that are now known (digest, 401), 0 when not, or a failure. The body of this answer
 * is read and dropped. Not called when the request's body cannot be sent again. */
int gale__client_auth_answered(struct gale__fetch *f) GALE_MUST_USE;

/* --- client_proxy.c --- */

/* For each hop: sets f->proxy (len 0: none), from the request or the client's environment. */
int gale__client_choose_proxy(struct gale__fetch *f) GALE_MUST_USE;
/* When the client is made with proxy_from_environment; and when it goes. */
int gale__client_read_environment(gale_http_client *client) GALE_MUST_USE;
void gale__client_free_environment(gale_http_client *client);
/* The value of the request's own Proxy-Authorization where that is what f->proxy is told: there is
 * a proxy, without a username, and the hop is not estranged. Else NULL. */
const char *gale__client_own_proxy_field(const struct gale__fetch *f);
/* Waits. https:// through f->proxy: sends CONNECT on a stream just connected to the proxy, with
 * credentials, until it is a tunnel to f->out.url; TLS begins after. May replace *stream (407 on a
 * connection that closes: it connects again by gale__client_dial()). */
int gale__client_tunnel(struct gale__fetch *f, gale_iostream **stream) GALE_MUST_USE;
/* The Proxy-Authorization line of an http:// request through f->proxy (the target is then the
 * absolute URL, written by the core). */
void gale__client_proxy_fields(struct gale__fetch *f, struct gale__buf *out);
/* As gale__client_auth_answered, for 407 to an http:// request through f->proxy. */
int gale__client_proxy_answered(struct gale__fetch *f) GALE_MUST_USE;
/* Waits. client_connect.c's: a stream to f->proxy, without TLS. */
int gale__client_dial(struct gale__fetch *f, gale_iostream **out) GALE_MUST_USE;

/* --- cookie_jar.c: the jar is f->request.cookies (the client's is put there) --- */

/* The Cookie line of this hop's URL, whatever redirects were followed: the jar knows its hosts.
 * Not called without a jar; user_cookies: the value of a Cookie field of the user's that stays,
 * which goes first in the same line, or NULL. */
void gale__client_cookie_fields(struct gale__fetch *f, const char *user_cookies,
                                struct gale__buf *out);
/* Stores the answer's Set-Cookie fields. Not called without a jar. */
int gale__client_cookies_answered(struct gale__fetch *f) GALE_MUST_USE;

#endif

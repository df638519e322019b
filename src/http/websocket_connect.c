/* websocket_connect.c - a client's opening handshake, by a fetch whose answer is 101; and the
 * helper that keeps a connection up. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <gale/gen.h>

#include "base/base64.h"
#include "base/digest.h"
#include "base/str.h"
#include "http/client.h"
#include "http/client_conn.h"
#include "http/client_fetch.h"
#include "http/websocket_client.h"
#include "http/websocket_handshake.h"
#include "net/stream.h"
#include "proto/char_class.h"

enum { KEY_BYTES = 16, FIELD_MAX = 1024 };

struct handshake {
    const gale_websocket_connect_options *options;
    gale_websocket_options filled;
    gale_websocket *ws; /* the outcome */
    char key[25];       /* NUL-terminated */
};

/* --- what is asked --- */

static bool is_token(const char *text)
{
    for (const char *p = text; *p; p++)
        if (!GALE__CHAR_IS(*p, GALE__CHAR_TOKEN))
            return false;
    return *text != 0;
}

static bool is_among(const char *const *list, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(list[i], name))
            return true;
    return false;
}

static int check_subprotocols(const char *const *list)
{
    for (size_t i = 0; list && list[i]; i++)
        if (!is_token(list[i]) || is_among(list, i, list[i]))
            return gale_err(GALE_EINVAL, "a subprotocol is a token, each another: \"%.100s\"",
                            list[i]);
    return 0;
}

static int check_own_fields(const gale_http_request *request)
{
    static const char *const ours[] = { "Upgrade",
                                        "Connection",
                                        "Sec-WebSocket-Key",
                                        "Sec-WebSocket-Version",
                                        "Sec-WebSocket-Protocol",
                                        "Sec-WebSocket-Extensions" };
    const gale_http_header *h = request ? request->headers : NULL;

    for (; h && h->name; h++)
        for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
            if (gale__str_equal_nocase(gale__str(h->name), gale__str(ours[i])))
                return gale_err(GALE_EINVAL, "%s is the handshake's own header", ours[i]);
    return 0;
}

static int check_origin(const char *origin)
{
    for (const char *p = origin; p && *p; p++)
        if ((unsigned char)*p <= ' ' || *p == 0x7f)
            return gale_err(GALE_EINVAL, "an origin with blanks or control characters");
    return 0;
}

static int check(const gale_websocket_connect_options *o)
{
    int r = check_subprotocols(o->subprotocols);

    if (r >= 0)
        r = check_origin(o->origin);
    if (r >= 0)
        r = check_own_fields(o->request);
    if (r >= 0 && o->request &&
        (o->request->body.ptr || o->request->body_producer ||
         (o->request->method && strcmp(o->request->method, "GET") != 0)))
        r = gale_err(GALE_EINVAL, "a WebSocket begins with a GET without a body");
    return r;
}

static int make_key(struct handshake *h)
{
    char bytes[KEY_BYTES];
    int r = gale__random(bytes, sizeof(bytes));

    if (r < 0)
        return r;
    h->key[gale__base64_encode(GALE__BASE64_STD, (gale_str){ bytes, KEY_BYTES }, h->key)] = 0;
    return 0;
}

static void add_subprotocols(const char *const *list, struct gale__buf *out)
{
    if (!list || !list[0])
        return;
    for (size_t i = 0; list[i]; i++)
        gale__buf_printf(out, "%s%s", i ? ", " : "Sec-WebSocket-Protocol: ", list[i]);
    gale__buf_append_cstr(out, "\r\n");
}

static void add_fields(void *arg, const struct gale__http_url *url, struct gale__buf *out)
{
    const struct handshake *h = arg;
    char offer[GALE__WS_OFFER_MAX];

    (void)url;
    gale__buf_printf(out,
                     "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: %s\r\n"
                     "Sec-WebSocket-Version: 13\r\n",
                     h->key);
    if (h->options->origin)
        gale__buf_printf(out, "Origin: %s\r\n", h->options->origin);
    add_subprotocols(h->options->subprotocols, out);
    if (h->filled.deflate.enabled > 0) {
        gale__websocket_offer(&h->filled.deflate, offer);
        gale__buf_printf(out, "Sec-WebSocket-Extensions: %s\r\n", offer);
    }
}

/* --- what is answered --- */

/* The values of a field's lines, joined; how many lines, or -1 when that is too long. */
static int field(const gale_http_response *response, const char *name, char out[FIELD_MAX])
{
    size_t len = 0;
    int n = 0;

    out[0] = 0;
    for (const gale_http_header *h = response->headers; h->name; h++) {
        if (!gale__str_equal_nocase(gale__str(h->name), gale__str(name)))
            continue;
        len += (size_t)snprintf(out + len, FIELD_MAX - len, "%s%s", n++ ? ", " : "", h->value);
        if (len >= FIELD_MAX)
            return -1;
    }
    return n;
}

static bool has_item(const char *list, const char *item)
{
    gale_str rest = gale__str(list), part;

    while (gale__str_split(&rest, ',', &part))
        if (gale__str_equal_nocase(gale__str_trim(part), gale__str(item)))
            return true;
    return false;
}

static int check_answer(const struct handshake *h, const gale_http_response *response)
{
    char text[FIELD_MAX], expected[29];

    if (field(response, "Upgrade", text) != 1 ||
        !gale__str_equal_nocase(gale__str_trim(gale__str(text)), GALE__STR("websocket")))
        return gale_err(GALE_EPROTO, "the answer does not upgrade to websocket");
    if (field(response, "Connection", text) < 1 || !has_item(text, "upgrade"))
        return gale_err(GALE_EPROTO, "the answer's Connection does not say Upgrade");
    gale__websocket_accept_key(gale__str(h->key), expected);
    if (field(response, "Sec-WebSocket-Accept", text) != 1 ||
        !gale__str_equal(gale__str_trim(gale__str(text)), gale__str(expected)))
        return gale_err(GALE_EPROTO, "the answer's Sec-WebSocket-Accept is wrong");
    return 0;
}

static int check_subprotocol(const struct handshake *h, const gale_http_response *response,
                             char out[FIELD_MAX])
{
    const char *const *list = h->options->subprotocols;
    int n = field(response, "Sec-WebSocket-Protocol", out);
    size_t n_asked = 0;

    while (list && list[n_asked])
        n_asked++;
    if (n == 0 || (n == 1 && is_among(list, n_asked, out)))
        return 0;
    return gale_err(GALE_EPROTO, "the server chose a subprotocol that was not offered: %.100s",
                    out);
}

static int take_stream(struct gale__client_conn *conn, gale_iostream **out)
{
    gale_str rest = conn->rest;
    int r = rest.len ? gale__stream_unread(conn->stream, rest.ptr, rest.len) : 0;

    if (r < 0)
        return r;
    *out = conn->stream;
    conn->stream = NULL;
    conn->rest = (gale_str){ NULL, 0 };
    return 0;
}

static int upgraded(void *arg, struct gale__client_conn *conn, const gale_http_response *response)
{
    struct handshake *h = arg;
    struct gale__websocket_deflate_agreed agreed = { 0 };
    char subprotocol[FIELD_MAX], extensions[FIELD_MAX];
    gale_iostream *stream = NULL;
    int deflate, r = check_answer(h, response);

    if (r >= 0)
        r = check_subprotocol(h, response, subprotocol);
    if (r >= 0 && field(response, "Sec-WebSocket-Extensions", extensions) < 0)
        r = gale_err(GALE_EPROTO, "the answer's Sec-WebSocket-Extensions is too long");
    if (r < 0)
        return r;
    deflate = gale__websocket_check_reply(gale__str(extensions), &h->filled.deflate, &agreed);
    if (deflate < 0)
        return deflate;
    r = take_stream(conn, &stream);
    if (r >= 0)
        r = gale__websocket_client_new(&stream, h->options, &h->filled, deflate ? &agreed : NULL,
                                       gale__str(subprotocol), gale__str(extensions), &h->ws);
    gale_iostream_close(&stream);
    return r;
}

/* --- the call --- */

/* ws: and wss: as the client knows them. NULL: neither, or out of memory. */
static const char *http_url(const char *url)
{
    bool tls = !strncmp(url, "wss://", 6) || !strncmp(url, "WSS://", 6);
    char *out;

    if (!tls && strncmp(url, "ws://", 5) != 0 && strncmp(url, "WS://", 5) != 0)
        return NULL;
    if (strchr(url, '#')) /* RFC 6455, section 3 */
        return NULL;
    url += tls ? 6 : 5;
    out = gale_scope_alloc(strlen(url) + 9);
    if (out)
        snprintf(out, strlen(url) + 9, "%s%s", tls ? "https://" : "http://", url);
    return out;
}

static int fetch(struct handshake *h, const char *url)
{
    const gale_websocket_connect_options *o = h->options;
    const struct gale__fetch_hooks hooks = { .add_fields = add_fields,
                                             .upgraded = upgraded,
                                             .arg = h };
    gale_http_request request = o->request ? *o->request : (gale_http_request){ 0 };
    gale_http_client *client = o->client ? o->client : gale_http_client_default();
    gale_http_response *response = NULL;
    int r;

    if (!client)
        return -ENOMEM;
    request.follow_redirects = o->follow_redirects > 0 ? 0 : GALE_OFF;
    request.raise_error = GALE_OFF;
    r = gale__fetch_by(client, &hooks, gale__co_scope(gale__co_current())->arena, url, &request,
                       &response);
    if (r < 0 || h->ws)
        return r;
    return gale_err(GALE_EHTTP(response->status), "%s: HTTP %d instead of a WebSocket", url,
                    response->status);
}

int gale_websocket_connect_sized(gale_websocket **out, const char *url,
                                 const gale_websocket_connect_options *options, size_t options_size)
{
    gale_websocket_connect_options own = { 0 };
    struct handshake h = { .options = &own };
    const char *http;
    int r;

    if (!gale__co_current())
        return gale__co_park("gale_websocket_connect"); /* says so */
    if (options)
        memcpy(&own, options, options_size < sizeof(own) ? options_size : sizeof(own));
    r = check(&own);
    if (r >= 0)
        r = gale__websocket_options_fill(&h.filled, &own.websocket, false);
    if (r >= 0)
        r = make_key(&h);
    if (r < 0)
        return r;
    http = http_url(url);
    if (!http)
        return gale_err(GALE_EINVAL, "%.100s: not a ws: or wss: URL without a fragment", url);
    r = fetch(&h, http);
    if (r < 0) {
        if (h.ws)
            gale__websocket_release(h.ws);
        return r;
    }
    *out = h.ws;
    return 0;
}

/* --- again and again --- */

static double with_jitter(double pause)
{
    uint32_t n = 0;

    (void)gale__random(&n, sizeof(n));
    return pause * (0.5 + 0.5 * n / 4294967295.0);
}

/* One connection and what is done on it: < 0 ends it all; 1: it lived longer than the pause before
 * it. */
static int once(const char *url, const gale_websocket_connect_options *options, double pause,
                int (*run)(gale_websocket *ws, void *arg), void *arg)
{
    gale_websocket *ws = NULL;
    double began, lived;
    int r = gale_websocket_connect(&ws, url, options);

    if (r == GALE_EINVAL || r == GALE_ECANCELED || r == GALE_ENOTCOROUTINE)
        return r;
    if (r < 0)
        return 0;
    began = gale_ioloop_time(gale_ioloop_current());
    r = run(ws, arg);
    lived = gale_ioloop_time(gale_ioloop_current()) - began;
    gale_websocket_free(&ws);
    return r == GALE_ECANCELED ? r : lived > pause;
}

int gale_websocket_keep(const char *url, const gale_websocket_connect_options *options,
                        double first, double most, int (*run)(gale_websocket *ws, void *arg),
                        void *arg)
{
    double pause = first;
    int r;

    if (!(first > 0) || !(most >= first))
        return gale_err(GALE_EINVAL, "pauses of %g to %g seconds", first, most);
    do {
        r = once(url, options, pause, run, arg);
        if (r > 0)
            pause = first;
        if (r >= 0)
            r = gale_sleep(with_jitter(pause));
        pause = pause * 2 < most ? pause * 2 : most;
    } while (r >= 0);
    return r;
}

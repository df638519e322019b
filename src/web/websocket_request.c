/* websocket_request.c - the opening handshake of a server (RFC 6455 4.2), a request's verb.
 *
 * In the order of Tornado, and with its texts: what is no handshake at all, pages of other sites,
 * other versions, then what is wrong with this one.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "proto/url.h"
#include "web/access_log.h"
#include "web/websocket_handler.h"

enum { MAX_SUBPROTOCOLS = 128 };

static const gale_websocket_class *class_of(const gale_handler *self)
{
    return gale__websocket_class(self->cls);
}

/* 1: it has been answered. */
static int refuse(gale_handler *self, int status, const char *text)
{
    int r = gale_set_status(self, status, NULL);

    if (r >= 0)
        r = gale_write(self, text);
    if (r >= 0)
        r = gale_finish(self);
    return r < 0 ? r : 1;
}

/* --- Origin --- */

/* A host with its port. */
struct site {
    gale_str host;
    int port;
};

static bool take_site(gale_str text, int default_port, struct site *out)
{
    if (gale__split_host_port(text, &out->host, &out->port) < 0 || !out->host.len)
        return false;
    if (out->port < 0)
        out->port = default_port;
    return true;
}

/* An origin is "scheme://host[:port]" and nothing more, or "null". What the request's own scheme
 * is does not matter: a proxy may have taken TLS off. */
static bool is_same_site(const gale_request *request, const char *origin)
{
    gale_str theirs = gale__str(origin), own = gale__str(gale_request_host(request));
    struct site a, b;
    int port;

    if (gale__str_equal_nocase(gale__str_head(theirs, 8), GALE__STR("https://")))
        port = 443;
    else if (gale__str_equal_nocase(gale__str_head(theirs, 7), GALE__STR("http://")))
        port = 80;
    else
        return false;
    theirs = gale__str_skip(theirs, port == 443 ? 8 : 7);
    return take_site(theirs, port, &a) && take_site(own, port, &b) && a.port == b.port &&
           gale__str_equal_nocase(a.host, b.host);
}

static bool may_connect(gale_handler *self)
{
    const gale_request *request = &self->x->request;
    const char *origin = gale_request_header(request, "Origin");

    if (!origin)
        origin = gale_request_header(request, "Sec-WebSocket-Origin");
    if (!origin)
        return true; /* no browser */
    return class_of(self)->check_origin ? class_of(self)->check_origin(self, origin)
                                        : is_same_site(request, origin);
}

/* --- is it one? --- */

static bool has_token(const gale_request *request, const char *name, gale_str token)
{
    gale_str rest = gale__str(gale_request_header(request, name)), part;

    while (rest.ptr && gale__str_split(&rest, ',', &part))
        if (gale__str_equal_nocase(gale__str_trim(part), token))
            return true;
    return false;
}

static int refuse_version(gale_handler *self)
{
    int r = gale_set_header(self, "Sec-WebSocket-Version", "13");

    if (r >= 0)
        r = gale_set_header(self, "Upgrade", "websocket"); /* RFC 9110 15.5.22 */
    if (r >= 0)
        r = gale_set_header(self, "Connection", "Upgrade");
    return r < 0 ? r : refuse(self, 426, "");
}

/* 1: it is none, and that has been answered. */
static int check(gale_handler *self, gale_str *key)
{
    static const char invalid[] = "Missing/Invalid WebSocket headers";
    const gale_request *request = &self->x->request;
    const char *version = gale_request_header(request, "Sec-WebSocket-Version");

    *key = gale__str(gale_request_header(request, "Sec-WebSocket-Key"));
    if (self->x->ops->no_upgrade)
        return refuse(self, 501,
                      "WebSockets do not pass through FastCGI: the web server has to "
                      "proxy this path over HTTP.");
    if (!has_token(request, "Upgrade", GALE__STR("websocket")))
        return refuse(self, 400, "Can \"Upgrade\" only to \"WebSocket\".");
    if (!has_token(request, "Connection", GALE__STR("upgrade")))
        return refuse(self, 400, "\"Connection\" must be \"Upgrade\".");
    if (!may_connect(self))
        return refuse(self, 403, "Cross origin websockets not allowed");
    if (strcmp(request->version, "HTTP/1.1") != 0)
        return refuse(self, 400, invalid);
    if (!version || strcmp(version, "13") != 0)
        return refuse_version(self);
    if (!gale__websocket_key_is_valid(*key) ||
        !gale__websocket_extensions_are_valid(
            gale__str(gale_request_header(request, "Sec-WebSocket-Extensions"))))
        return refuse(self, 400, invalid);
    return 0;
}

/* --- what is agreed --- */

/* The offered subprotocols, *n of them. */
static int list_subprotocols(gale_handler *self, const char ***out, size_t *n)
{
    gale_str rest = gale__str(gale_request_header(&self->x->request, "Sec-WebSocket-Protocol"));
    gale_str part;

    *n = 0;
    *out = rest.ptr ? gale_alloc(self, MAX_SUBPROTOCOLS * sizeof(char *)) : NULL;
    if (rest.ptr && !*out)
        return -ENOMEM;
    while (rest.ptr && gale__str_split(&rest, ',', &part)) {
        part = gale__str_trim(part);
        if (!part.len)
            continue;
        if (*n == MAX_SUBPROTOCOLS)
            return gale_fail(self, 400, "more than %d subprotocols", MAX_SUBPROTOCOLS);
        (*out)[*n] = gale__arena_strndup(&self->x->arena, part.ptr, part.len);
        if (!(*out)[(*n)++])
            return -ENOMEM;
    }
    return 0;
}

static int select_subprotocol(gale_handler *self)
{
    const char *chosen = NULL, **offered;
    size_t n;
    int r;

    if (!class_of(self)->select_subprotocol)
        return 0;
    r = list_subprotocols(self, &offered, &n);
    if (r < 0)
        return r;
    chosen = class_of(self)->select_subprotocol(self, offered, n);
    if (!chosen)
        return 0;
    for (size_t i = 0; i < n; i++)
        if (strcmp(offered[i], chosen) == 0)
            return gale_set_header(self, "Sec-WebSocket-Protocol", chosen);
    return gale_err(GALE_EINVAL, "select_subprotocol gave '%s', which was not offered", chosen);
}

/* What a connection is made with. */
struct terms {
    const struct gale__websocket_kind *kind;
    struct gale__websocket_kind *own_kind; /* NULL: the route's */
    struct gale__websocket_deflate_agreed deflate;
    bool has_deflate;
};

static int take_options(gale_handler *self, struct terms *terms)
{
    const gale_websocket_options *options = NULL;

    terms->kind = self->route->websocket;
    if (class_of(self)->get_options)
        options = class_of(self)->get_options(self);
    if (!options)
        return 0;
    terms->own_kind = gale__malloc(sizeof(*terms->own_kind));
    if (!terms->own_kind)
        return -ENOMEM;
    *terms->own_kind = *terms->kind;
    terms->kind = terms->own_kind;
    return gale__websocket_options_fill(&terms->own_kind->options, options, true);
}

static int agree_on_deflate(gale_handler *self, struct terms *terms)
{
    gale_str offers = gale__str(gale_request_header(&self->x->request, "Sec-WebSocket-Extensions"));
    const gale_deflate_options *options = &terms->kind->options.deflate;
    char field[160];

    if (!offers.len || options->enabled != GALE_ON ||
        !gale__websocket_negotiate(offers, options, &terms->deflate, field, sizeof(field)))
        return 0;
    terms->has_deflate = true;
    return gale_set_header(self, "Sec-WebSocket-Extensions", field);
}

/* --- the answer --- */

static int add_fields(gale_handler *self, gale_str key)
{
    char accept[29];
    int r;

    gale__websocket_accept_key(key, accept);
    gale_clear_header(self, "Content-Type");
    gale_clear_header(self, "Content-Length");
    r = gale_set_header(self, "Upgrade", "websocket");
    if (r >= 0)
        r = gale_set_header(self, "Connection", "Upgrade");
    return r < 0 ? r : gale_set_header(self, "Sec-WebSocket-Accept", accept);
}

/* Middleware and cookies put in what is theirs; what a handshake needs comes last. */
static int make_head(gale_handler *self, gale_str key, struct terms *terms)
{
    int r = 0;

    self->status = 101;
    self->reason = NULL;
    if (self->more || self->route->middleware) {
        self->may_not_answer = true;
        r = gale__handler_before_headers(self);
        self->may_not_answer = false;
    }
    if (r >= 0)
        r = agree_on_deflate(self, terms);
    return r < 0 ? r : add_fields(self, key);
}

static int accept_connection(gale_handler *self, const struct terms *terms, gale_websocket **out)
{
    const struct gale__response response = {
        .status = 101,
        .headers = &self->headers,
        .content_length = -1,
        .no_length = true,
    };
    int r = gale__websocket_accept(self->x, &response, terms->kind,
                                   terms->has_deflate ? &terms->deflate : NULL,
                                   gale__websocket_state_size(self), out);

    if (r < 0)
        return r;
    self->headers_sent = self->finished = true;
    gale__access_log(self);
    return 0;
}

static int answer(gale_handler *self, gale_str key, struct terms *terms)
{
    struct gale__websocket_opening *opening = gale__websocket_opening_new(self);
    gale_websocket *ws;
    int r = opening ? select_subprotocol(self) : -ENOMEM;

    if (r >= 0)
        r = take_options(self, terms);
    if (r >= 0)
        r = make_head(self, key, terms);
    if (r >= 0)
        r = accept_connection(self, terms, &ws);
    if (r >= 0)
        gale__websocket_opened(opening, self, ws, terms->own_kind);
    return r;
}

int gale__websocket_get(gale_handler *self)
{
    struct terms terms = { 0 };
    gale_str key;
    int r = check(self, &key);

    if (r)
        return r;
    r = answer(self, key, &terms);
    if (r < 0)
        gale__free(terms.own_kind);
    return r;
}

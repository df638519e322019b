/* client_request.c - what is sent: checked before anything is connected, then written.
 *
 * Whatever the user gives as texts - names, values, method, agent - is looked at byte by byte, so
 * that nothing of it can end a line.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/base.h>
#include <gale/httputil.h>

#include "base/deflate.h"
#include "base/str.h"
#include "http/client_options.h"
#include "proto/char_class.h"
#include "proto/http_names.h"

static bool is_all(const char *text, unsigned class)
{
    for (; *text; text++)
        if (!GALE__CHAR_IS(*text, class))
            return false;
    return true;
}

static bool is_token(const char *text)
{
    return *text && is_all(text, GALE__CHAR_TOKEN);
}

static int check_header(struct gale__outgoing *o, const gale_http_header *h)
{
    unsigned id;

    if (!is_token(h->name))
        return gale_err(GALE_EINVAL, "a header name that is no token");
    if (!h->value || !is_all(h->value, GALE__CHAR_VALUE))
        return gale_err(GALE_EINVAL, "header %.60s has no value, or a control character in it",
                        h->name);
    id = gale__header_id(h->name, strlen(h->name));
    if (id == GALE__HEADER_CONTENT_LENGTH || id == GALE__HEADER_TRANSFER_ENCODING)
        return gale_err(GALE_EINVAL, "header %s: the client writes it", h->name);
    o->own |= UINT64_C(1) << id;
    if (id == GALE__HEADER_CONNECTION &&
        gale__str_equal_nocase(gale__str(h->value), GALE__STR("close")))
        o->closing = true;
    return 0;
}

static bool is_one_of(const char *method, const char *list)
{
    size_t len = strlen(method);

    for (const char *p = strstr(list, method); p; p = strstr(p + 1, method))
        if (p[-1] == ' ' && p[len] == ' ')
            return true;
    return false;
}

/* As Tornado: a request without its body, or with one that nobody expects, is a mistake. */
static int check_method(const struct gale__outgoing *o)
{
    bool has_body = gale__client_has_body(o), wants;

    if (!is_token(o->method) || !strcmp(o->method, "CONNECT"))
        return gale_err(GALE_EINVAL, "a method that is no token, or CONNECT");
    if (o->request->allow_nonstandard_methods == GALE_ON)
        return 0;
    if (!is_one_of(o->method, " GET HEAD POST PUT DELETE PATCH OPTIONS "))
        return gale_err(GALE_EINVAL, "method %.40s needs allow_nonstandard_methods", o->method);
    wants = is_one_of(o->method, " POST PUT PATCH ");
    if (wants != has_body)
        return gale_err(GALE_EINVAL, "a %s request %s a body, unless allow_nonstandard_methods",
                        o->method, wants ? "needs" : "does not have");
    return 0;
}

int gale__client_check_request(struct gale__outgoing *o)
{
    const gale_http_request *request = o->request;
    int r = 0;

    o->own = 0;
    for (const gale_http_header *h = request->headers; h && h->name && r >= 0; h++)
        r = check_header(o, h);
    if (r >= 0 && request->user_agent && !is_all(request->user_agent, GALE__CHAR_VALUE))
        r = gale_err(GALE_EINVAL, "user_agent has a control character");
    if (r >= 0 && request->body.ptr && request->body_producer)
        r = gale_err(GALE_EINVAL, "both body and body_producer");
    return r < 0 ? r : check_method(o);
}

const char *gale__client_method(const gale_http_request *request)
{
    if (request->method)
        return request->method;
    return request->body.ptr || request->body_producer || request->form || request->parts ? "POST"
                                                                                          : "GET";
}

bool gale__client_has_body(const struct gale__outgoing *o)
{
    return !o->bodiless && (o->request->body.ptr || o->request->body_producer);
}

/* --- the head --- */

static void put(struct gale__buf *out, gale_str text)
{
    gale__buf_append_str(out, text);
}

static void put_line(struct gale__buf *out, gale_str name, gale_str value)
{
    put(out, name);
    put(out, value);
    put(out, GALE__STR("\r\n"));
}

static bool has_own(const struct gale__outgoing *o, unsigned id)
{
    return o->own >> id & 1;
}

/* Whether a field of the request stays with the request to where redirects have led. */
static bool stays(const struct gale__fetch *f, const gale_http_header *h)
{
    const struct gale__outgoing *o = &f->out;
    unsigned id = gale__header_id(h->name, strlen(h->name));

    switch (id) {
    case GALE__HEADER_HOST:
        return !o->moved;
    case GALE__HEADER_AUTHORIZATION:
        return !o->estranged;
    case GALE__HEADER_COOKIE: /* with a jar: in its line */
        return !o->estranged && !f->request.cookies;
    case GALE__HEADER_CONTENT_TYPE:
    case GALE__HEADER_CONTENT_ENCODING:
        return !o->bodiless;
    case GALE__HEADER_CONNECTION:
        return !o->closing;
    default:
        /* What a proxy is told client_proxy.c writes. */
        return id || !gale__str_equal_nocase(gale__str(h->name), GALE__STR("Proxy-Authorization"));
    }
}

static void write_start(const struct gale__fetch *f, struct gale__buf *out)
{
    const struct gale__outgoing *o = &f->out;

    put(out, gale__str(o->method));
    put(out, GALE__STR(" "));
    if (f->proxy.host.len && !gale__fetch_tunnels(f)) {
        put(out, GALE__STR("http://"));
        put(out, o->url.netloc);
    }
    gale__http_url_write_target(&o->url, out);
    put(out, GALE__STR(" HTTP/1.1\r\n"));
    if (o->moved || !has_own(o, GALE__HEADER_HOST))
        put_line(out, GALE__STR("Host: "), o->url.netloc);
}

static void write_own(const struct gale__fetch *f, struct gale__buf *out)
{
    for (const gale_http_header *h = f->request.headers; h && h->name; h++)
        if (stays(f, h)) {
            put(out, gale__str(h->name));
            put_line(out, GALE__STR(": "), gale__str(h->value));
        }
}

/* What the server may do to the answer's body. */
static void write_accepted(const struct gale__fetch *f, struct gale__buf *out)
{
    if (f->request.decompress_response == GALE_OFF ||
        has_own(&f->out, GALE__HEADER_ACCEPT_ENCODING))
        return;
    put(out, GALE__STR("Accept-Encoding: gzip, deflate"));
    if (gale__coding_is_there(GALE__CODING_BROTLI))
        put(out, GALE__STR(", br"));
    if (gale__coding_is_there(GALE__CODING_ZSTD))
        put(out, GALE__STR(", zstd"));
    put(out, GALE__STR("\r\n"));
}

static void write_since(const struct gale__fetch *f, struct gale__buf *out)
{
    char date[40];

    if (f->request.if_modified_since <= 0 || has_own(&f->out, GALE__HEADER_IF_MODIFIED_SINCE))
        return;
    gale_format_timestamp(f->request.if_modified_since, date, sizeof(date));
    put_line(out, GALE__STR("If-Modified-Since: "), gale__str(date));
}

/* The user's Cookie, when it goes into the jar's line. */
static const char *own_cookies(const struct gale__fetch *f)
{
    if (f->out.estranged || !has_own(&f->out, GALE__HEADER_COOKIE))
        return NULL;
    for (const gale_http_header *h = f->request.headers; h->name; h++)
        if (gale__header_id(h->name, strlen(h->name)) == GALE__HEADER_COOKIE)
            return h->value;
    return NULL;
}

static void write_credentials(struct gale__fetch *f, struct gale__buf *out)
{
    const struct gale__outgoing *o = &f->out;

    if (!o->estranged && !has_own(o, GALE__HEADER_AUTHORIZATION))
        gale__client_auth_fields(f, out);
    if (f->proxy.host.len && !gale__fetch_tunnels(f))
        gale__client_proxy_fields(f, out);
    if (f->request.cookies)
        gale__client_cookie_fields(f, own_cookies(f), out);
}

static void write_length(struct gale__buf *out, uint64_t n)
{
    char digits[20];
    size_t i = sizeof(digits);

    do
        digits[--i] = (char)('0' + n % 10);
    while (n /= 10);
    put_line(out, GALE__STR("Content-Length: "), (gale_str){ digits + i, sizeof(digits) - i });
}

static void write_framing(const struct gale__outgoing *o, struct gale__buf *out)
{
    const gale_http_request *request = o->request;

    if (!gale__client_has_body(o)) {
        if (is_one_of(o->method, " POST PUT PATCH "))
            write_length(out, 0);
        return;
    }
    if (!has_own(o, GALE__HEADER_CONTENT_TYPE)) {
        if (o->content_type)
            put_line(out, GALE__STR("Content-Type: "), gale__str(o->content_type));
        else if (!strcmp(o->method, "POST"))
            put(out, GALE__STR("Content-Type: application/x-www-form-urlencoded\r\n"));
    }
    if (request->body.ptr)
        write_length(out, request->body.len);
    else if (request->body_length > 0)
        write_length(out, (uint64_t)request->body_length);
    else
        put(out, GALE__STR("Transfer-Encoding: chunked\r\n"));
    if (request->expect_100_continue == GALE_ON && !has_own(o, GALE__HEADER_EXPECT))
        put(out, GALE__STR("Expect: 100-continue\r\n"));
}

void gale__client_write_head(struct gale__fetch *f, struct gale__buf *out)
{
    const struct gale__outgoing *o = &f->out;
    const char *agent = f->request.user_agent;

    write_start(f, out);
    write_own(f, out);
    if (f->hooks->add_fields)
        f->hooks->add_fields(f->hooks->arg, &o->url, out);
    write_credentials(f, out);
    if (has_own(o, GALE__HEADER_USER_AGENT) || (agent && !*agent))
        ;
    else if (agent)
        put_line(out, GALE__STR("User-Agent: "), gale__str(agent));
    else
        put(out, GALE__STR("User-Agent: gale/" GALE_VERSION "\r\n"));
    write_accepted(f, out);
    write_since(f, out);
    if (o->closing)
        put(out, GALE__STR("Connection: close\r\n"));
    write_framing(o, out);
    put(out, GALE__STR("\r\n"));
}

/* client_request.c - what is sent: checked before anything is connected, then written. */
/* SPDX-License-Identifier: MIT */
#include <gale/base.h>

#include "base/str.h"
#include "http/client.h"
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

static int check_header(const gale_http_header *h)
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
    return 0;
}

int gale__client_check_request(const gale_http_request *request)
{
    const char *method = gale__client_method(request);
    int r = 0;

    if (!is_token(method) || !strcmp(method, "CONNECT"))
        return gale_err(GALE_EINVAL, "a method that is no token, or CONNECT");
    for (const gale_http_header *h = request->headers; h && h->name && r >= 0; h++)
        r = check_header(h);
    if (r >= 0 && request->user_agent && !is_all(request->user_agent, GALE__CHAR_VALUE))
        r = gale_err(GALE_EINVAL, "user_agent has a control character");
    if (r >= 0 && request->body.ptr && request->body_producer)
        r = gale_err(GALE_EINVAL, "both body and body_producer");
    return r;
}

const char *gale__client_method(const gale_http_request *request)
{
    if (request->method)
        return request->method;
    return request->body.ptr || request->body_producer ? "POST" : "GET";
}

/* The request's own field of that id that is sent, or NULL. */
static const gale_http_header *find_own(const struct gale__outgoing *o, unsigned id)
{
    for (const gale_http_header *h = o->request->headers; h && h->name; h++)
        if (gale__header_id(h->name, strlen(h->name)) == id)
            return h;
    return NULL;
}

/* Whether a field of the request stays with the request to where redirects have led. */
static bool stays(const struct gale__outgoing *o, const char *name)
{
    unsigned id = gale__header_id(name, strlen(name));

    switch (id) {
    case GALE__HEADER_HOST:
        return !o->moved;
    case GALE__HEADER_AUTHORIZATION:
    case GALE__HEADER_COOKIE:
        return !o->estranged;
    case GALE__HEADER_CONTENT_TYPE:
    case GALE__HEADER_CONTENT_ENCODING:
        return !o->bodiless;
    default:
        return !o->estranged ||
               !gale__str_equal_nocase(gale__str(name), GALE__STR("Proxy-Authorization"));
    }
}

static bool has_body(const struct gale__outgoing *o)
{
    return !o->bodiless && (o->request->body.ptr || o->request->body_producer);
}

static void write_framing(const struct gale__outgoing *o, struct gale__buf *out)
{
    static const char *const with_body[] = { "POST", "PUT", "PATCH" };

    if (has_body(o) && !strcmp(o->method, "POST") && !find_own(o, GALE__HEADER_CONTENT_TYPE))
        gale__buf_append_cstr(out, "Content-Type: application/x-www-form-urlencoded\r\n");
    if (has_body(o) && o->request->body_producer) {
        gale__buf_append_cstr(out, "Transfer-Encoding: chunked\r\n");
        return;
    }
    for (size_t i = 0; i < sizeof(with_body) / sizeof(with_body[0]); i++)
        if (has_body(o) || !strcmp(o->method, with_body[i])) {
            gale__buf_printf(out, "Content-Length: %zu\r\n",
                             has_body(o) ? o->request->body.len : (size_t)0);
            return;
        }
}

void gale__client_write_head(const struct gale__outgoing *o, const struct gale__fetch_hooks *hooks,
                             struct gale__buf *out)
{
    const char *agent = o->request->user_agent ? o->request->user_agent : "gale/" GALE_VERSION;

    gale__buf_printf(out, "%s ", o->method);
    gale__http_url_write_target(&o->url, out);
    gale__buf_append_cstr(out, " HTTP/1.1\r\n");
    if (o->moved || !find_own(o, GALE__HEADER_HOST))
        gale__buf_printf(out, "Host: %.*s\r\n", (int)o->url.netloc.len, o->url.netloc.ptr);
    for (const gale_http_header *h = o->request->headers; h && h->name; h++)
        if (stays(o, h->name))
            gale__buf_printf(out, "%s: %s\r\n", h->name, h->value);
    if (hooks->add_fields)
        hooks->add_fields(hooks->arg, &o->url, out);
    if (*agent && !find_own(o, GALE__HEADER_USER_AGENT))
        gale__buf_printf(out, "User-Agent: %s\r\n", agent);
    if (!find_own(o, GALE__HEADER_CONNECTION))
        gale__buf_append_cstr(out, "Connection: close\r\n");
    write_framing(o, out);
    gale__buf_append_cstr(out, "\r\n");
}

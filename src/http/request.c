/* request.c - what a request can be asked: headers, host, URL.
 *
 * Nothing here is computed before somebody asks. Answers are kept in the request's arena.
 * A header value in the head's copy is followed by a byte of its line's end, so it is
 * NUL-terminated in place. Out of memory an answer is "" or NULL, as for "not there".
 */
/* SPDX-License-Identifier: MIT */
#include "http/request.h"

#include <string.h>
#include <strings.h>

#include <gale/httpserver.h>

#include "base/alloc.h"
#include "ioloop/io.h"

static struct gale__arena *arena_of(const gale_request *request)
{
    return &request->priv->exchange->arena;
}

static const char *value_text(const gale_request *request, const struct gale__http1_header *h)
{
    char *value = (char *)(uintptr_t)(request->priv->head + h->value_off);

    value[h->value_len] = 0;
    return value;
}

static bool is_named(const gale_request *request, const struct gale__http1_header *h, unsigned id,
                     gale_str name)
{
    if (id || h->id)
        return h->id == id;
    return h->name_len == name.len &&
           !strncasecmp(request->priv->head + h->name_off, name.ptr, name.len);
}

gale_str gale__request_field(const gale_request *request, unsigned id)
{
    const struct gale_request_private *p = request->priv;

    if (!(p->known_present >> id & 1))
        return (gale_str){ NULL, 0 };
    for (size_t i = 0; i < p->n_headers; i++)
        if (p->headers[i].id == id)
            return (gale_str){ p->head + p->headers[i].value_off, p->headers[i].value_len };
    return (gale_str){ NULL, 0 };
}

/* Several fields of one name as one value (RFC 9110 5.3; Cookie: RFC 6265 5.4). */
static const char *join(const gale_request *request, unsigned id, gale_str name, size_t total)
{
    const struct gale_request_private *p = request->priv;
    const char *separator = id == GALE__HEADER_COOKIE ? "; " : ", ";
    char *text = gale__arena_alloc(arena_of(request), total);
    char *at = text;

    for (size_t i = 0; text && i < p->n_headers; i++) {
        const struct gale__http1_header *h = &p->headers[i];

        if (!is_named(request, h, id, name))
            continue;
        if (at != text)
            at = mempcpy(at, separator, 2);
        at = mempcpy(at, p->head + h->value_off, h->value_len);
    }
    if (text)
        *at = 0;
    return text;
}

const char *gale_request_header(const gale_request *request, const char *name)
{
    const struct gale_request_private *p = request->priv;
    gale_str wanted = { name, strlen(name) };
    unsigned id = gale__header_id(name, wanted.len);
    const struct gale__http1_header *first = NULL;
    size_t total = 1, n = 0;

    if (id && !(p->known_present >> id & 1))
        return NULL;
    for (size_t i = 0; i < p->n_headers; i++) {
        if (!is_named(request, &p->headers[i], id, wanted))
            continue;
        if (!n++)
            first = &p->headers[i];
        total += p->headers[i].value_len + 2;
    }
    if (n < 2)
        return n ? value_text(request, first) : NULL;
    return join(request, id, wanted, total);
}

bool gale_request_header_at(const gale_request *request, size_t i, gale_str *name, gale_str *value)
{
    const struct gale_request_private *p = request->priv;

    if (i >= p->n_headers)
        return false;
    *name = (gale_str){ p->head + p->headers[i].name_off, p->headers[i].name_len };
    *value = (gale_str){ p->head + p->headers[i].value_off, p->headers[i].value_len };
    return true;
}

static const char *copy_or_empty(const gale_request *request, const char *s, size_t len)
{
    const char *copy = gale__arena_strndup(arena_of(request), s, len);

    return copy ? copy : "";
}

const char *gale_request_host(const gale_request *request)
{
    struct gale_request_private *p = request->priv;
    gale_str host = p->authority;

    if (p->host)
        return p->host;
    if (!host.ptr)
        host = gale__request_field(request, GALE__HEADER_HOST);
    p->host = host.len ? copy_or_empty(request, host.ptr, host.len) : host.ptr ? "" : "127.0.0.1";
    return p->host;
}

/* Without ":digits" at its end; the brackets of an IPv6 address stay. */
static size_t host_name_length(const char *host)
{
    size_t len = strlen(host), i = len;

    while (i > 0 && host[i - 1] >= '0' && host[i - 1] <= '9')
        i--;
    return i > 0 && i < len && host[i - 1] == ':' ? i - 1 : len;
}

const char *gale_request_host_name(const gale_request *request)
{
    struct gale_request_private *p = request->priv;
    const char *host = gale_request_host(request);
    char *name;

    if (p->host_name)
        return p->host_name;
    name = gale__arena_strndup(arena_of(request), host, host_name_length(host));
    for (char *c = name; c && *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c + ('a' - 'A'));
    p->host_name = name ? name : "";
    return p->host_name;
}

const char *gale_request_full_url(const gale_request *request)
{
    struct gale_request_private *p = request->priv;
    const char *uri = request->uri;

    if (p->full_url)
        return p->full_url;
    if (p->authority.ptr) /* an absolute target: only its path and query count */
        uri = gale__arena_printf(arena_of(request), "%s%s%s", request->path,
                                 *request->query ? "?" : "", request->query);
    p->full_url = gale__arena_printf(arena_of(request), "%s://%s%s", gale_request_protocol(request),
                                     gale_request_host(request), uri ? uri : "");
    if (!p->full_url)
        p->full_url = "";
    return p->full_url;
}

double gale_request_time(const gale_request *request)
{
    return (double)(gale__ioloop_clock_ns(request->priv->exchange->loop) - request->start_ns) / 1e9;
}

const char *gale_status_phrase(int status)
{
    return gale__status_phrase(status);
}

/* The method's name: static for the usual ones, else cut out of the head's copy. */
static const char *method_text(char *head, const struct gale__http1_head *parsed)
{
    gale_str known = gale__method_name(parsed->method);

    if (known.len)
        return known.ptr;
    head[parsed->method_off + parsed->method_len] = 0;
    return head + parsed->method_off;
}

/* A path and a query as the request has them. They share the target's copy where they can. */
static int set_path(gale_request *request, gale_str path, gale_str query)
{
    struct gale_request_private *p = request->priv;

    p->path = path;
    p->query = query;
    request->query = query.ptr ? query.ptr : "";
    request->path = request->uri;
    if (path.ptr == request->uri && !query.ptr)
        return 0;
    request->path = gale__arena_strndup(arena_of(request), path.ptr, path.len);
    return request->path ? 0 : -1;
}

/* The usual form, which the parser has found to be right. */
static int set_origin(gale_request *request, gale_str uri)
{
    const char *mark = uri.len > 1 ? memchr(uri.ptr, '?', uri.len) : NULL;

    if (GALE_LIKELY(!mark))
        return set_path(request, uri, (gale_str){ NULL, 0 });
    return set_path(request, (gale_str){ uri.ptr, (size_t)(mark - uri.ptr) },
                    (gale_str){ mark + 1, (size_t)(uri.ptr + uri.len - mark) - 1 });
}

static __attribute__((noinline)) int set_other_form(gale_request *request, gale_str uri,
                                                    const char **error)
{
    struct gale__http1_target target;

    if (gale__http1_split_target(request->priv->method, uri, &target, error) < 0)
        return -1;
    if (target.form == GALE__TARGET_ABSOLUTE)
        request->priv->authority = target.authority;
    return set_path(request, target.path, target.query);
}

int gale__request_fill(struct gale__exchange *x, const char *bytes,
                       const struct gale__http1_head *parsed, const char **error)
{
    size_t headers_size = sizeof(parsed->headers[0]) * parsed->n_headers;
    char *head = gale__arena_alloc(&x->arena, headers_size + parsed->head_len + 1);
    gale_request *request = &x->request;
    gale_str uri;

    *error = NULL;
    if (!head)
        return -1;
    memcpy(head, parsed->headers, headers_size);
    x->priv.headers = (const void *)head;
    head += headers_size;
    memcpy(head, bytes, parsed->head_len);
    x->priv.head = head;
    x->priv.n_headers = parsed->n_headers;
    x->priv.known_present = parsed->known_present;
    x->priv.method = parsed->method;
    head[parsed->target_off + parsed->target_len] = 0;
    uri = (gale_str){ head + parsed->target_off, parsed->target_len };
    request->uri = uri.ptr;
    request->method = method_text(head, parsed);
    request->version = parsed->minor_version ? "HTTP/1.1" : "HTTP/1.0";
    request->body = (gale_str){ "", 0 };
    if (GALE_LIKELY(uri.ptr[0] == '/' && parsed->method != GALE__METHOD_CONNECT))
        return set_origin(request, uri);
    return set_other_form(request, uri, error);
}

int gale_request_tls_info(gale_request *request, gale_tls_info *out)
{
    struct gale__exchange *x = request->priv->exchange;

    if (!x->ops->tls_info || !x->carrier)
        return gale_err(GALE_ESTATE, "gale_request_tls_info: there is no TLS connection");
    return x->ops->tls_info(x, out);
}

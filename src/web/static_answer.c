/* static_answer.c - answers with a file. See static_answer.h.
 *
 * The usual one, a small file to a plain GET, is a few header fields whose texts are ready and a
 * body that is lent: nothing is copied before it goes out.
 */
/* SPDX-License-Identifier: MIT */
#include "web/static_answer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/str.h"
#include "proto/http_date.h"
#include "proto/range.h"
#include "web/static_conditions.h"
#include "web/static_send.h"
#include "web/transform.h"

enum { MAX_RANGES = 32 }; /* with more, the field is ignored */

#define BIT(name) (UINT64_C(1) << GALE__HEADER_##name)

static const uint64_t conditional = BIT(IF_MATCH) | BIT(IF_UNMODIFIED_SINCE) | BIT(IF_NONE_MATCH) |
                                    BIT(IF_MODIFIED_SINCE);

static int set(gale_handler *self, unsigned id, gale_str value)
{
    return gale__headers_set_known(&self->headers, id, value);
}

static int set_text(gale_handler *self, unsigned id, const char *text)
{
    return text ? set(self, id, gale__str(text)) : -ENOMEM;
}

static int set_caching(gale_handler *self, const struct gale__static_content *a)
{
    int64_t seconds = a->cache_time < 1e10 ? (int64_t)a->cache_time : 10000000000;
    char *expires = gale_alloc(self, GALE__HTTP_DATE_LEN + 1);
    int r;

    if (!expires)
        return -ENOMEM;
    gale__http_date_format(expires, time(NULL) + seconds);
    r = set_text(self, GALE__HEADER_EXPIRES, expires);
    if (r < 0)
        return r;
    return set_text(self, GALE__HEADER_CACHE_CONTROL,
                    gale_printf_alloc(self, "max-age=%" PRId64 "%s", seconds,
                                      a->immutable ? ", immutable" : ""));
}

/* What was set before for Vary stays. */
static int add_vary(gale_handler *self)
{
    return gale__headers_add(&self->headers, GALE__STR("Vary"), GALE__STR("Accept-Encoding"));
}

/* What only an answer that is the file itself has. */
static int set_validators(gale_handler *self, const struct gale__static_content *a)
{
    int r = set(self, GALE__HEADER_ACCEPT_RANGES, GALE__STR("bytes"));

    if (r >= 0 && a->etag.len)
        r = set(self, GALE__HEADER_ETAG, a->etag);
    if (r >= 0 && a->modified)
        r = set(self, GALE__HEADER_LAST_MODIFIED, (gale_str){ a->modified, GALE__HTTP_DATE_LEN });
    if (r >= 0 && a->cache_time >= 1)
        r = set_caching(self, a);
    return r;
}

static int set_headers(gale_handler *self, const struct gale__static_content *a)
{
    int r = a->type ? set_text(self, GALE__HEADER_CONTENT_TYPE, a->type) : 0;

    if (r >= 0 && gale_get_status(self) == 200)
        r = set_validators(self, a);
    if (r >= 0 && a->coding)
        r = set_text(self, GALE__HEADER_CONTENT_ENCODING, a->coding);
    if (r >= 0 && a->vary)
        r = add_vary(self);
    if (r >= 0 && a->extra)
        r = a->extra(self, a->path);
    return r;
}

/* Finishes with a body that is not copied before it leaves. */
static int finish_with(gale_handler *self, gale_str body)
{
    int r;

    if (self->body_on_heap || self->body_len) {
        gale_write_bytes(self, body.ptr, body.len);
        return gale_finish(self);
    }
    self->body = (char *)body.ptr;
    self->body_len = self->body_cap = body.len;
    r = gale_finish(self);
    if (self->body == body.ptr)
        self->body = NULL, self->body_len = self->body_cap = 0;
    return r;
}

static int finish_without(gale_handler *self, int status)
{
    int r = gale_set_status(self, status, NULL);

    return r < 0 ? r : gale_finish(self);
}

/* 412 or 416: it is not the file, and nobody is to keep it as long. */
static int finish_refused(gale_handler *self, int status)
{
    if (status == 412)
        gale_clear_header(self, "Content-Type");
    gale_clear_header(self, "Content-Encoding");
    gale_clear_header(self, "Cache-Control");
    gale_clear_header(self, "Expires");
    return finish_without(self, status);
}

/* With the fields that the whole answer would have. */
static int finish_unmodified(gale_handler *self, const struct gale__static_content *a)
{
    int r = 0;

    if (gale__compress_is_on(self))
        r = gale__compress_not_modified(self, (gale_str){ a->content.ptr, (size_t)a->size });
    return r < 0 ? r : finish_without(self, 304);
}

static int send_span(gale_handler *self, const struct gale__static_content *a, gale_range range)
{
    if (a->fd >= 0)
        return gale__static_send(self, a, range.start, range.end - range.start);
    return gale_write_bytes(self, a->content.ptr + range.start, (size_t)(range.end - range.start));
}

/* One piece: all of it or a part. */
static int send_one(gale_handler *self, const struct gale__static_content *a, gale_range range)
{
    int r;

    if (a->fd < 0)
        return finish_with(
            self, (gale_str){ a->content.ptr + range.start, (size_t)(range.end - range.start) });
    self->declared = range.end - range.start;
    r = gale__handler_method(self) == GALE__METHOD_HEAD ? 0 : send_span(self, a, range);
    return r < 0 ? r : gale_finish(self);
}

static const char *content_range(gale_handler *self, gale_range range, int64_t size)
{
    return gale_printf_alloc(self, "bytes %" PRId64 "-%" PRId64 "/%" PRId64, range.start,
                             range.end - 1, size);
}

/* multipart/byteranges (RFC 9110 14.6). */
struct parts {
    char boundary[GALE__HASH_HEX + 1];
    gale_range ranges[MAX_RANGES];
    const char *heads[MAX_RANGES + 1]; /* what stands before each; last the end */
    size_t n;
    int64_t len;
};

static int make_parts(gale_handler *self, const struct gale__static_content *a, struct parts *parts)
{
    const struct gale__field *type = gale__headers_get(&self->headers, GALE__STR("Content-Type"));
    gale_str text = type ? type->value : GALE__STR("application/octet-stream");

    gale__hash_hex(gale__hash_seed(), parts->boundary);
    for (size_t i = 0; i < parts->n; i++) {
        gale_range range = parts->ranges[i];

        parts->heads[i] = gale_printf_alloc(
            self, "%s--%s\r\nContent-Type: %.*s\r\nContent-Range: %s\r\n\r\n", i ? "\r\n" : "",
            parts->boundary, (int)text.len, text.ptr, content_range(self, range, a->size));
        parts->len += range.end - range.start;
    }
    parts->heads[parts->n] = gale_printf_alloc(self, "\r\n--%s--\r\n", parts->boundary);
    for (size_t i = 0; i <= parts->n; i++) {
        if (!parts->heads[i])
            return -ENOMEM;
        parts->len += (int64_t)strlen(parts->heads[i]);
    }
    return set_text(self, GALE__HEADER_CONTENT_TYPE,
                    gale_printf_alloc(self, "multipart/byteranges; boundary=%s", parts->boundary));
}

static int send_parts(gale_handler *self, const struct gale__static_content *a, struct parts *parts)
{
    int r = make_parts(self, a, parts);

    self->declared = parts->len;
    if (r >= 0 && gale__handler_method(self) != GALE__METHOD_HEAD) {
        for (size_t i = 0; i < parts->n && r >= 0; i++) {
            r = gale_write(self, parts->heads[i]);
            if (r >= 0)
                r = send_span(self, a, parts->ranges[i]);
        }
        if (r >= 0)
            r = gale_write(self, parts->heads[parts->n]);
    }
    return r < 0 ? r : gale_finish(self);
}

static int answer_range(gale_handler *self, const struct gale__static_content *a)
{
    struct parts parts = { .n = 0 };
    int n = gale__range_parse(gale__str(gale_request_header(&self->x->request, "Range")), a->size,
                              &parts.ranges[0].start, MAX_RANGES);
    int r;

    if (n < 0 || (n == 1 && parts.ranges[0].end - parts.ranges[0].start == a->size))
        return send_one(self, a, (gale_range){ 0, a->size });
    if (n == 0) {
        r = set(self, GALE__HEADER_CONTENT_TYPE, GALE__STR("text/plain"));
        if (r >= 0)
            r = set_text(self, GALE__HEADER_CONTENT_RANGE,
                         gale_printf_alloc(self, "bytes */%" PRId64, a->size));
        return r < 0 ? r : finish_refused(self, 416);
    }
    r = gale_set_status(self, 206, NULL);
    parts.n = (size_t)n;
    if (r >= 0 && n > 1)
        return send_parts(self, a, &parts);
    if (r >= 0)
        r = set_text(self, GALE__HEADER_CONTENT_RANGE,
                     content_range(self, parts.ranges[0], a->size));
    return r < 0 ? r : send_one(self, a, parts.ranges[0]);
}

bool gale__static_wants_range(const gale_handler *self)
{
    return self->x->priv.known_present & BIT(RANGE);
}

int gale__static_answer(gale_handler *self, const struct gale__static_content *a)
{
    enum gale__method method = gale__handler_method(self);
    uint64_t present = self->x->priv.known_present;
    int r = set_headers(self, a);

    if (r < 0)
        return gale__handler_failed(self, r);
    if (GALE_UNLIKELY(present & (conditional | BIT(RANGE))) && gale_get_status(self) == 200 &&
        (method == GALE__METHOD_GET || method == GALE__METHOD_HEAD)) {
        int status = present & conditional ? gale__static_conditions(self, a) : 0;

        if (status)
            return status == 304 ? finish_unmodified(self, a) : finish_refused(self, status);
        if ((present & BIT(RANGE)) && !a->coding && gale__static_if_range(self, a))
            return answer_range(self, a);
    }
    return send_one(self, a, (gale_range){ 0, a->size });
}

/* compress.c - gzip, brotli and zstd, as the client and the answer allow.
 *
 * What could be compressed for some client varies by Accept-Encoding and says so, and only that.
 * The Etag of a compressed answer is weak: its bytes are others, its meaning is the same, so that
 * If-None-Match still finds it. Partial answers, event streams and what is encoded already are
 * left alone, as is what no-transform forbids.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "base/deflate.h"
#include "base/str.h"
#include "proto/accept.h"
#include "web/transform.h"

enum { SIZE_MIN = 1024 }; /* of an answer in one piece */

struct compress {
    struct gale__encoder *encoder;
};

/* The server's preference among what the client likes alike: zstd costs least, and brotli's output
 * is smaller than gzip's. */
static const enum gale__coding preferred[] = { GALE__CODING_ZSTD, GALE__CODING_BROTLI,
                                               GALE__CODING_GZIP };

static gale_str header(const gale_handler *self, const char *name)
{
    const struct gale__field *field = gale__headers_get(&self->headers, gale__str(name));

    return field ? field->value : (gale_str){ NULL, 0 };
}

static bool starts_with_nocase(gale_str s, gale_str prefix)
{
    return s.len >= prefix.len && gale__str_equal_nocase(gale__str_head(s, prefix.len), prefix);
}

static bool ends_with_nocase(gale_str s, gale_str suffix)
{
    return s.len >= suffix.len &&
           gale__str_equal_nocase(gale__str_skip(s, s.len - suffix.len), suffix);
}

/* Whether a media type is worth it. */
static bool is_compressible(gale_str content_type)
{
    static const char *const types[] = {
        "application/javascript",
        "application/x-javascript",
        "application/ecmascript",
        "application/json",
        "application/xml",
        "application/x-ndjson",
        "application/jsonlines",
        "application/wasm",
        "application/rtf",
        "application/graphql",
        "application/x-sh",
        "application/x-www-form-urlencoded",
        "application/yaml",
        "application/toml",
        "application/sql",
        "image/bmp",
        "image/x-icon",
        "image/vnd.microsoft.icon",
        "font/ttf",
        "font/otf",
        "application/vnd.ms-fontobject",
    };
    gale_str type = gale__str_trim(gale__str_head(content_type, gale__str_find(content_type, ';')));

    if (gale__str_equal_nocase(type, GALE__STR("text/event-stream")))
        return false;
    if (starts_with_nocase(type, GALE__STR("text/")) || ends_with_nocase(type, GALE__STR("+xml")) ||
        ends_with_nocase(type, GALE__STR("+json")))
        return true;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (gale__str_equal_nocase(type, gale__str(types[i])))
            return true;
    return false;
}

/* Whether a comma-separated field has the token. */
static bool has_token(gale_str list, gale_str token)
{
    gale_str part;

    while (gale__str_split(&list, ',', &part))
        if (gale__str_equal_nocase(gale__str_trim(part), token))
            return true;
    return false;
}

static bool status_allows(int status)
{
    return status >= 200 && status != 204 && status != 205 && status != 206 && status != 304;
}

/* Whether the answer is one that is compressed for those who like it. A HEAD without its body is
 * answered as the GET would be, by the length that was declared. */
static bool is_candidate(const gale_handler *self, gale_str body, bool last)
{
    int64_t size = (int64_t)body.len;

    if (gale__handler_method(self) == GALE__METHOD_HEAD && self->declared > size)
        size = self->declared;
    return (!last || size >= SIZE_MIN) && !header(self, "Content-Encoding").len &&
           !header(self, "Content-Range").len && is_compressible(header(self, "Content-Type")) &&
           !has_token(header(self, "Cache-Control"), GALE__STR("no-transform"));
}

static enum gale__coding negotiate(const gale_handler *self)
{
    gale_str accept = gale__str(gale_request_header(&self->x->request, "Accept-Encoding"));
    enum gale__coding best = GALE__CODING_IDENTITY;
    int best_quality = 0;

    if (!accept.ptr)
        return best;
    for (size_t i = 0; i < sizeof(preferred) / sizeof(preferred[0]); i++) {
        int quality = gale__accept_quality(accept, gale__str(gale__coding_name(preferred[i])));

        if (quality <= best_quality || !gale__coding_is_there(preferred[i]))
            continue;
        best = preferred[i];
        best_quality = quality;
    }
    return gale__accept_quality(accept, GALE__STR("identity")) > best_quality
               ? GALE__CODING_IDENTITY
               : best;
}

/* Adds Accept-Encoding to the Vary field, one for all. */
static int add_vary(gale_handler *self)
{
    const struct gale__headers *h = &self->headers;
    struct gale__arena *arena = &self->x->arena;
    const char *text = "";

    for (size_t i = 0; h->fields && i < h->n; i++) {
        const struct gale__field *f = &h->fields[i];

        if (f->id != GALE__HEADER_VARY || !f->value.len)
            continue;
        if (has_token(f->value, GALE__STR("*")) ||
            has_token(f->value, GALE__STR("Accept-Encoding")))
            return 0;
        text = gale__arena_printf(arena, "%s%.*s, ", text, (int)f->value.len, f->value.ptr);
        if (!text)
            return -ENOMEM;
    }
    text = gale__arena_printf(arena, "%sAccept-Encoding", text);
    if (!text)
        return -ENOMEM;
    return gale__headers_set(&self->headers, GALE__STR("Vary"), gale__str(text));
}

static bool is_weak(gale_str tag)
{
    return tag.len > 1 && tag.ptr[0] == 'W' && tag.ptr[1] == '/';
}

static int weaken_etag(gale_handler *self)
{
    gale_str tag = { self->etag, self->etag_len };
    const char *weak;

    if (!tag.len)
        tag = header(self, "Etag");
    if (!tag.len || is_weak(tag))
        return 0;
    weak = gale__arena_printf(&self->x->arena, "W/%.*s", (int)tag.len, tag.ptr);
    if (!weak)
        return -ENOMEM;
    self->etag_len = 0;
    return gale__headers_set(&self->headers, GALE__STR("Etag"), gale__str(weak));
}

/* 1: it is to be compressed as *coding, and varies; 0: it is not. */
static int decide(gale_handler *self, gale_str body, bool last, enum gale__coding *coding)
{
    int r;

    if (!is_candidate(self, body, last))
        return 0;
    r = add_vary(self);
    *coding = negotiate(self);
    if (r >= 0 && *coding != GALE__CODING_IDENTITY)
        r = weaken_etag(self);
    return r < 0 ? r : *coding != GALE__CODING_IDENTITY;
}

int gale__compress_not_modified(gale_handler *self, gale_str body)
{
    enum gale__coding coding;
    int r = decide(self, body, true, &coding);

    return r < 0 ? r : 0;
}

static int begin(gale_handler *self, void *state, gale_str body, bool last)
{
    struct compress *c = state;
    enum gale__coding coding;
    int r = status_allows(self->status) ? decide(self, body, last, &coding) : 0;

    if (r <= 0)
        return r;
    r = gale__headers_set(&self->headers, GALE__STR("Content-Encoding"),
                          gale__str(gale__coding_name(coding)));
    if (r < 0)
        return r;
    c->encoder = gale__encoder_new(coding, 0);
    return c->encoder ? 1 : -ENOMEM;
}

static int write(gale_handler *self, void *state, gale_str in, bool flush, bool last,
                 struct gale_transform_out *out)
{
    struct compress *c = state;

    (void)self;
    return gale__encoder_write(c->encoder, in, flush, last, &out->buf);
}

static void end(void *state)
{
    struct compress *c = state;

    gale__encoder_free(c->encoder);
    c->encoder = NULL;
}

const gale_transform gale__compress_transform = {
    .state_size = sizeof(struct compress),
    .begin = begin,
    .write = write,
    .end = end,
};

/* conn_body.c - taking a request's body off the wire: by length or in chunks, decoded, gathered.
 *
 * The limit comes before the allocation, and memory grows with what has come, not with what
 * was announced: small bodies lie in the exchange's arena, bigger ones on the heap. With
 * decompress_request the limit is for what a body is decoded to, and for what was sent.
 */
/* SPDX-License-Identifier: MIT */
#include "http/conn.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "http/request.h"

enum {
    IN_ARENA_MAX = 16384,    /* bodies announced to be no bigger are allocated at once */
    HEAP_FIRST = 64 * 1024,  /* first size of a bigger one */
    DECODED_AT_ONCE = 16384, /* room that is made for decoding */
    TRAILERS_FIRST = 512,    /* first size of the trailer section's copy */
};

void gale__conn_body_free(struct gale__conn_body *body)
{
    gale__free(body->data);
    gale__decoder_free(body->unzip);
    body->data = NULL;
    body->unzip = NULL;
    body->len = body->cap = 0;
}

static void free_body(void *arg)
{
    gale__conn_body_free(arg);
}

int gale__conn_body_fail(struct gale__conn_body *body, int status, const char *why)
{
    body->status = (uint16_t)status;
    body->why = why;
    return -1;
}

/* What is on the heap goes with the exchange. */
static int own_heap(struct gale__conn_body *body, struct gale__arena *arena)
{
    if (body->is_owned)
        return 0;
    if (gale__arena_defer(arena, free_body, body) < 0)
        return -ENOMEM;
    body->is_owned = true;
    return 0;
}

int gale__conn_body_buffer(struct gale__conn_body *body, struct gale__arena *arena, size_t size)
{
    if (own_heap(body, arena) < 0)
        return -ENOMEM;
    body->data = gale__malloc(size);
    body->cap = body->data ? size : 0;
    return body->data ? 0 : -ENOMEM;
}

static bool is_gzip(gale_str coding)
{
    return (coding.len == 4 && !strncasecmp(coding.ptr, "gzip", 4)) ||
           (coding.len == 6 && !strncasecmp(coding.ptr, "x-gzip", 6));
}

/* The request then looks as if it had come without the coding. */
static int begin_decoding(struct gale__conn_body *body, struct gale__exchange *x, size_t head_len)
{
    if (!is_gzip(gale__request_field(&x->request, GALE__HEADER_CONTENT_ENCODING)))
        return 0;
    if (gale__request_count(&x->request, GALE__HEADER_CONTENT_ENCODING) > 1)
        return 0;
    if (own_heap(body, &x->arena) < 0 || gale__request_decoded(x, head_len) < 0)
        return -ENOMEM;
    x->decoded = true;
    body->unzip = gale__decoder_new(GALE__CODING_GZIP);
    return body->unzip ? 0 : -ENOMEM;
}

struct gale__conn_body *gale__conn_body_new(struct gale__exchange *x, size_t head_len, bool chunked,
                                            int64_t length, const gale_httpserver *server)
{
    struct gale__conn_body *body = gale__arena_zalloc(&x->arena, sizeof(*body));

    if (!body)
        return NULL;
    body->chunked = chunked;
    body->decoder.keep_trailers = true;
    body->left = length;
    body->max = server->limits.max_body;
    body->ticks = server->limits.body_ticks;
    if (server->limits.decompress && begin_decoding(body, x, head_len) < 0)
        return NULL;
    return body;
}

void gale__conn_body_set_limits(struct gale__conn_body *body, const gale_httpserver *server,
                                int64_t max_size, double timeout)
{
    if (max_size)
        body->max = max_size < 0 ? -1 : max_size;
    if (timeout > 0)
        body->ticks = gale__wheel_ticks(&server->wheel, timeout);
    else if (timeout < 0)
        body->ticks = GALE__NEVER;
}

int gale__conn_body_gather(struct gale__conn_body *body, struct gale__arena *arena)
{
    if (body->chunked || body->unzip || body->left > IN_ARENA_MAX)
        return 0;
    body->cap = (size_t)body->left + 1;
    body->data = gale__arena_alloc(arena, body->cap);
    return body->data ? 0 : -ENOMEM;
}

/* Room for n more bytes and a NUL, on the heap. */
static int make_room(struct gale__conn_body *body, struct gale__arena *arena, size_t n)
{
    size_t need = body->len + n + 1, cap = body->cap ? body->cap : HEAP_FIRST;
    char *data;

    if (need <= body->cap)
        return 0;
    if (own_heap(body, arena) < 0)
        return -ENOMEM;
    while (cap < need)
        cap += cap / 2;
    data = gale__realloc(body->data, cap);
    if (!data)
        return -ENOMEM;
    body->data = data;
    body->cap = cap;
    return 0;
}

/* Keeps a piece of the trailer section; the decoder has checked and limited it. */
static int keep_trailers(struct gale__conn_body *body, struct gale__exchange *x, gale_str piece)
{
    gale_str *kept = &x->priv.trailers;
    size_t need = kept->len + piece.len;
    char *copy = (char *)(uintptr_t)kept->ptr;

    if (need > body->trailers_cap) {
        size_t cap = 2 * need > TRAILERS_FIRST ? 2 * need : TRAILERS_FIRST;

        copy = gale__arena_alloc(&x->arena, cap);
        if (!copy)
            return gale__conn_body_fail(body, 503, "out of memory");
        if (kept->len)
            memcpy(copy, kept->ptr, kept->len);
        body->trailers_cap = (uint32_t)cap;
    }
    memcpy(copy + kept->len, piece.ptr, piece.len);
    *kept = (gale_str){ copy, need };
    return 0;
}

/* Counts n bytes of which more are announced. */
static int count(struct gale__conn_body *body, uint64_t n, uint64_t announced)
{
    body->wire += n;
    if (body->max >= 0 &&
        (body->wire > (uint64_t)body->max || announced > (uint64_t)body->max - body->wire))
        return gale__conn_body_fail(body, 413, "body too large");
    return 0;
}

static int next_of_chunks(struct gale__conn_body *body, struct gale__exchange *x, const char **p,
                          const char *end, gale_str *piece)
{
    for (;;) {
        int r = gale__chunked_next(&body->decoder, p, end, piece);

        if (r < 0)
            return gale__conn_body_fail(body, gale__chunked_status(&body->decoder),
                                        gale__chunked_error(&body->decoder));
        if (r == GALE__CHUNKED_DATA)
            return count(body, piece->len, body->decoder.left) < 0 ? -1 : 1;
        if (r != GALE__CHUNKED_TRAILER) {
            body->wire_done = r == GALE__CHUNKED_END;
            return count(body, 0, body->decoder.left);
        }
        if (x && keep_trailers(body, x, *piece) < 0)
            return -1;
    }
}

int gale__conn_body_next(struct gale__conn_body *body, struct gale__exchange *x, const char **p,
                         const char *end, gale_str *piece)
{
    size_t n = (size_t)(end - *p);

    if (body->status)
        return -1;
    if (body->wire_done)
        return 0;
    if (body->chunked)
        return next_of_chunks(body, x, p, end, piece);
    if ((uint64_t)n > (uint64_t)body->left) {
        if (body->ends_apart)
            return gale__conn_body_fail(body, 400, "more of a body than its length says");
        n = (size_t)body->left;
    }
    *piece = (gale_str){ *p, n };
    *p += n;
    body->left -= (int64_t)n;
    body->wire_done = body->left == 0 && !body->ends_apart;
    if (!n)
        return 0;
    return count(body, n, 0) < 0 ? -1 : 1;
}

void gale__conn_body_untake(struct gale__conn_body *body, const char **p, size_t n)
{
    if (!n)
        return;
    *p -= n;
    body->wire -= n;
    if (body->chunked)
        gale__chunked_untake(&body->decoder, n);
    else
        body->left += (int64_t)n;
    body->wire_done = false;
}

int64_t gale__conn_body_decode(struct gale__conn_body *body, gale_str *in, char *out, size_t size)
{
    size_t before = in->len;
    int64_t n = gale__decoder_read(body->unzip, in, out, size);

    if (n < 0 || (n == 0 && before && in->len == before))
        return gale__conn_body_fail(body, 400, "body is not gzip as its Content-Encoding says");
    body->decoded += (uint64_t)n;
    if (body->max < 0 || body->decoded <= (uint64_t)body->max)
        return n;
    gale__conn_body_fail(body, 413, "body too large when decoded");
    n -= (int64_t)(body->decoded - (uint64_t)body->max);
    return n > 0 ? n : 0;
}

int gale__conn_body_decoded(struct gale__conn_body *body)
{
    if (body->unzip && body->wire && !body->status && !gale__decoder_done(body->unzip))
        return gale__conn_body_fail(body, 400, "body ends before its gzip coding does");
    return 0;
}

static void gather_decoded(struct gale__conn_body *body, struct gale__arena *arena, gale_str piece)
{
    int64_t n;

    do {
        if (make_room(body, arena, DECODED_AT_ONCE) < 0) {
            gale__conn_body_fail(body, 503, "out of memory");
            return;
        }
        n = gale__conn_body_decode(body, &piece, body->data + body->len, DECODED_AT_ONCE);
        body->len += n > 0 ? (size_t)n : 0;
    } while ((n > 0 || piece.len) && !body->status);
}

static void gather(struct gale__conn_body *body, struct gale__arena *arena, gale_str piece)
{
    if (body->unzip) {
        gather_decoded(body, arena, piece);
        return;
    }
    if (make_room(body, arena, piece.len) < 0) {
        gale__conn_body_fail(body, 503, "out of memory");
        return;
    }
    memcpy(body->data + body->len, piece.ptr, piece.len);
    body->len += piece.len;
}

size_t gale__conn_body_feed(struct gale__conn_body *body, struct gale__exchange *x,
                            const char *data, size_t n)
{
    const char *p = data;
    gale_str piece;

    while (gale__conn_body_next(body, x, &p, data + n, &piece) > 0)
        gather(body, &x->arena, piece);
    if (body->wire_done)
        (void)gale__conn_body_decoded(body);
    return (size_t)(p - data);
}

/* http1_fast.c - the usual request head in one pass over bit masks (AVX2).
 *
 * Each 64 bytes become two words of bits: colons, and bytes that may not stand in a value.
 * A field is then found by counting zeros instead of by scanning for each of its ends. This
 * takes only what is whole, usual and right; for anything else it gives 0 and the parser of
 * http1_head.c begins again and says what is wrong. So there is one judge of errors, and a
 * head that passes here passes there with the same result (the tests compare them).
 */
/* SPDX-License-Identifier: MIT */
#include "proto/http1_fast.h"

#include <string.h>

#include "base/alloc.h"
#include "proto/scan_inline.h"

#if GALE__SCAN_X86

struct cursor {
    const char *buf;
    size_t len;  /* at least 64 */
    size_t base; /* of the block that the masks are of */
    uint64_t colons, stops;
};

enum { BLOCK = 64 };

/* Masks of the block at base; the last one is read from its end, so that no load passes it. */
static inline GALE__AVX2 void load(struct cursor *c)
{
    size_t over = c->base + BLOCK > c->len ? c->base + BLOCK - c->len : 0;
    const char *p = c->buf + c->base - over;
    const __m256i colon = _mm256_set1_epi8(':');
    __m256i a = GALE__LOAD256(p), b = GALE__LOAD256(p + 32);
    uint32_t ca = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, colon));
    uint32_t cb = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(b, colon));

    c->colons = ((uint64_t)cb << 32 | ca) >> over;
    c->stops = ((uint64_t)mask_value_avx2(b) << 32 | mask_value_avx2(a)) >> over;
}

static inline GALE__AVX2 bool next_block(struct cursor *c)
{
    if (c->base + BLOCK >= c->len)
        return false;
    c->base += BLOCK;
    load(c);
    return true;
}

/* As find_ends(), for a line that goes beyond the block at hand: blocks begin anew with it. */
static __attribute__((noinline)) GALE__AVX2 bool find_ends_beyond(struct cursor *c, size_t at,
                                                                  size_t *colon, size_t *stop)
{
    c->base = at;
    load(c);
    while (!c->colons)
        if (c->stops || !next_block(c))
            return false;
    *colon = c->base + (size_t)__builtin_ctzll(c->colons);
    while (!c->stops)
        if (!next_block(c))
            return false;
    *stop = c->base + (size_t)__builtin_ctzll(c->stops);
    return *stop > *colon;
}

/* The ends of the line that begins at `at`: its first colon, which no stop comes before, and its
 * first stop. */
static inline GALE__AVX2 bool find_ends(struct cursor *c, size_t at, size_t *colon, size_t *stop)
{
    size_t passed = at - c->base;

    if (GALE_LIKELY(passed < BLOCK)) {
        uint64_t colons = c->colons >> passed, stops = c->stops >> passed;

        if (GALE_LIKELY(colons && stops)) {
            *colon = at + (size_t)__builtin_ctzll(colons);
            *stop = at + (size_t)__builtin_ctzll(stops);
            return *stop > *colon;
        }
    }
    return find_ends_beyond(c, at, colon, stop);
}

/* "GET /path HTTP/1.1" and the like; gives where the next line begins, 0 for anything else. */
static inline GALE__AVX2 size_t request_line(const struct cursor *c,
                                             const struct gale__http1_limits *limits,
                                             struct gale__http1_head *head)
{
    const char *p = c->buf, *end = c->buf + c->len, *stop;
    size_t method_len = 3;

    if (GALE_LIKELY(memcmp(p, "GET /", 5) == 0)) {
        head->method = GALE__METHOD_GET;
    } else if (memcmp(p, "POST /", 6) == 0) {
        head->method = GALE__METHOD_POST;
        method_len = 4;
    } else {
        return 0;
    }
    stop = scan_target_avx2(p + method_len + 2, end);
    if (end - stop < 11 || memcmp(stop, " HTTP/1.1\r\n", 11) != 0)
        return 0;
    head->method_len = (uint32_t)method_len;
    head->target_off = (uint32_t)method_len + 1;
    head->target_len = (uint32_t)(stop - p) - head->target_off;
    head->minor_version = 1;
    return (size_t)(stop - p) + 9 > limits->max_request_line ? 0 : (size_t)(stop - p) + 11;
}

static inline bool is_ows(char c)
{
    return c == ' ' || c == '\t';
}

/* The field whose name begins at start; gives where the next line begins, or 0. */
static inline GALE__AVX2 size_t field(struct cursor *c, struct gale__http1_header *h, size_t start)
{
    const char *buf = c->buf;
    size_t colon, stop, value;

    if (!find_ends(c, start, &colon, &stop) || colon == start || colon - start > UINT16_MAX)
        return 0;
    if (stop + 2 >= c->len || buf[stop] != '\r' || buf[stop + 1] != '\n')
        return 0;
    h->id = (uint16_t)gale__header_id(buf + start, colon - start);
    if (!h->id && scan_token_scalar(buf + start, buf + colon) != buf + colon)
        return 0;
    value = colon + 1 + (buf[colon + 1] == ' ');
    while (GALE_UNLIKELY(is_ows(buf[value])))
        value++;
    h->name_off = (uint32_t)start;
    h->name_len = (uint16_t)(colon - start);
    h->value_off = (uint32_t)value;
    h->value_len = (uint32_t)(stop - value);
    while (h->value_len && GALE_UNLIKELY(is_ows(buf[value + h->value_len - 1])))
        h->value_len--;
    return stop + 2;
}

static inline GALE__AVX2 size_t fields(struct cursor *c, const struct gale__http1_limits *limits,
                                       struct gale__http1_head *head,
                                       struct gale__http1_framing *framing, size_t at)
{
    unsigned max = limits->max_headers;

    for (unsigned n = 0; n < max; n++) {
        struct gale__http1_header *h = &head->headers[n];
        size_t next = field(c, h, at);

        if (!next || (h->id && !gale__http1_file_field(head, framing, c->buf, h, n)))
            return 0;
        /* field() has seen to it that there is a byte more */
        if (c->buf[next] == '\r') {
            head->n_headers = (uint16_t)(n + 1);
            return next + 1 < c->len && c->buf[next + 1] == '\n' ? next + 2 : 0;
        }
        at = next;
    }
    return 0;
}

GALE__AVX2 size_t gale__http1_fast_request(const char *buf, size_t len,
                                           const struct gale__http1_limits *limits,
                                           struct gale__http1_head *head)
{
    struct cursor c = { .buf = buf,
                        .len = len < limits->max_header_bytes ? len : limits->max_header_bytes };
    struct gale__http1_framing framing = { .is_request = true };
    size_t at;

    if (c.len < BLOCK)
        return 0;
    gale__http1_reset(head);
    at = request_line(&c, limits, head);
    if (!at || at >= c.len)
        return 0;
    c.base = at;
    load(&c);
    at = fields(&c, limits, head, &framing, at);
    if (!at)
        return 0;
    head->head_len = (uint32_t)at;
    return gale__http1_check_head(head, &framing, buf) ? at : 0;
}

#endif

/* fuzz_http1_request.c - heads whole, in random pieces and at every level must agree.
 *
 * The input is parsed as a request and as a response, under roomy and under tight limits.
 * Where it fails as a whole, the pieces may want more bytes, which is why they end with an
 * empty line: then they must fail in the same way.
 */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "proto/http1.h"

enum { MAX_HEADERS = 32 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
    int r;
    struct gale__http1_head head;
    struct gale__http1_header headers[MAX_HEADERS];
};

static void parse(struct run *run, enum gale__scan_level level, bool is_response, const char *buf,
                  size_t len, size_t *scanned, const struct gale__http1_limits *limits)
{
    char *copy = malloc(len ? len : 1); /* so that a read past len is seen */

    if (!copy)
        abort();
    memcpy(copy, buf, len);
    memset(&run->head, 0xa5, sizeof(run->head));
    run->head.headers = run->headers;
    run->r = is_response
                 ? gale__http1_parse_response_at(level, copy, len, scanned, limits, &run->head)
                 : gale__http1_parse_request_at(level, copy, len, scanned, limits, &run->head);
    free(copy);
}

static void must_agree(const struct run *a, const struct run *b)
{
    const struct gale__http1_head *x = &a->head, *y = &b->head;

    GALE_ASSERT(a->r == b->r);
    if (a->r < 0) {
        GALE_ASSERT(x->status == y->status);
        GALE_ASSERT(strcmp(x->error, y->error) == 0);
        GALE_ASSERT(x->error_off == y->error_off);
    }
    if (a->r <= 0)
        return;
    GALE_ASSERT(x->n_headers == y->n_headers);
    GALE_ASSERT(memcmp(a->headers, b->headers, x->n_headers * sizeof(a->headers[0])) == 0);
    GALE_ASSERT(x->method == y->method && x->method_len == y->method_len);
    GALE_ASSERT(x->target_off == y->target_off && x->target_len == y->target_len);
    GALE_ASSERT(x->content_length == y->content_length && x->chunked == y->chunked);
    GALE_ASSERT(x->close == y->close && x->keep_alive == y->keep_alive);
    GALE_ASSERT(x->upgrade == y->upgrade && x->expect_continue == y->expect_continue);
    GALE_ASSERT(x->expect_other == y->expect_other && x->known_present == y->known_present);
    GALE_ASSERT(x->status_code == y->status_code && x->minor_version == y->minor_version);
}

/* What holds for every head that was accepted. */
static void check_head(const struct run *run, const char *buf, size_t len, bool is_response)
{
    const struct gale__http1_head *head = &run->head;
    struct gale__http1_target target;
    const char *error;

    GALE_ASSERT((size_t)run->r <= len && head->head_len == (uint32_t)run->r);
    GALE_ASSERT(memcmp(buf + run->r - 2, "\r\n", 2) == 0);
    GALE_ASSERT(!(head->chunked && head->content_length >= 0));
    for (unsigned i = 0; i < head->n_headers; i++) {
        const struct gale__http1_header *h = &run->headers[i];

        GALE_ASSERT(h->name_len > 0 && h->value_off + h->value_len <= head->head_len);
        GALE_ASSERT(!memchr(buf + h->value_off, '\n', h->value_len));
        GALE_ASSERT(!memchr(buf + h->value_off, '\0', h->value_len));
        GALE_ASSERT(h->id == gale__header_id(buf + h->name_off, h->name_len));
    }
    if (is_response)
        return;
    GALE_ASSERT(gale__http1_split_target((enum gale__method)head->method,
                                         (gale_str){ buf + head->target_off, head->target_len },
                                         &target, &error) == 0);
}

static void feed_pieces(struct run *run, bool is_response, const char *buf, size_t len,
                        unsigned seed, const struct gale__http1_limits *limits)
{
    size_t scanned = 0, n = 0;

    run->r = 0;
    while (n < len && run->r == 0) {
        seed = seed * 1103515245 + 12345;
        n += 1 + (seed >> 16) % (seed & 0x8000 ? 4 : 64);
        if (n > len)
            n = len;
        parse(run, gale__scan_best(), is_response, buf, n, &scanned, limits);
    }
}

static void check(const char *buf, size_t len, bool is_response,
                  const struct gale__http1_limits *limits)
{
    static struct run whole, other;
    char *closed = malloc(len + 4);
    size_t scanned = 0;
    unsigned seed = (unsigned)len;

    if (!closed)
        abort();
    for (size_t i = 0; i < len; i++)
        seed = seed * 31 + (unsigned char)buf[i];
    parse(&whole, gale__scan_best(), is_response, buf, len, &scanned, limits);
    for (int level = GALE__SCAN_SCALAR; level < (int)gale__scan_best(); level++) {
        scanned = 0;
        parse(&other, (enum gale__scan_level)level, is_response, buf, len, &scanned, limits);
        must_agree(&whole, &other);
    }
    if (whole.r > 0)
        check_head(&whole, buf, len, is_response);
    memcpy(closed, buf, len);
    memcpy(closed + len, "\r\n\r\n", 4);
    if (len) {
        feed_pieces(&other, is_response, closed, whole.r < 0 ? len + 4 : len, seed, limits);
        must_agree(&whole, &other);
    }
    free(closed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct gale__http1_limits roomy = { 8192, 65536, MAX_HEADERS };
    static const struct gale__http1_limits tight = { 24, 80, 3 };
    const char *buf = (const char *)data;

    check(buf, size, false, &roomy);
    check(buf, size, false, &tight);
    check(buf, size, true, &roomy);
    check(buf, size, true, &tight);
    return 0;
}

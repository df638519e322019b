/* fuzz_chunked.c - a chunked body whole and in random pieces must decode to the same. */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "proto/chunked.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
    struct gale__chunked decoder;
    int r;
    size_t used, body_len;
    uint8_t *body; /* with the trailer section behind it */
};

static void feed(struct run *run, const uint8_t *piece, size_t len)
{
    char *copy = malloc(len ? len : 1); /* so that a read past len is seen */
    const char *p = copy;
    gale_str data;

    if (!copy)
        abort();
    memcpy(copy, piece, len);
    while ((run->r = gale__chunked_next(&run->decoder, &p, copy + len, &data)) ==
               GALE__CHUNKED_DATA ||
           run->r == GALE__CHUNKED_TRAILER) {
        GALE_ASSERT(data.len > 0 && data.ptr >= copy && data.ptr + data.len == p);
        memcpy(run->body + run->body_len, data.ptr, data.len);
        run->body_len += data.len;
    }
    GALE_ASSERT(p <= copy + len);
    run->used += (size_t)(p - copy);
    free(copy);
}

static void check(struct run *whole, struct run *other, const uint8_t *data, size_t size)
{
    unsigned seed = (unsigned)size;

    feed(whole, data, size);
    for (size_t n = 0; n < size && other->r == GALE__CHUNKED_MORE;) {
        seed = seed * 1103515245 + 12345 + data[n];

        size_t step = 1 + (seed >> 16) % (seed & 0x8000 ? 3 : 40);

        step = step < size - n ? step : size - n;
        feed(other, data + n, step);
        n += step;
    }
    GALE_ASSERT(whole->r == other->r && whole->used == other->used);
    GALE_ASSERT(whole->body_len == other->body_len);
    GALE_ASSERT(memcmp(whole->body, other->body, whole->body_len) == 0);
    GALE_ASSERT(gale__chunked_status(&whole->decoder) == gale__chunked_status(&other->decoder));
    GALE_ASSERT((whole->r < 0) == (gale__chunked_status(&whole->decoder) != 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run whole = { .body = malloc(size + 1) };
    struct run other = { .body = malloc(size + 1) };

    if (!whole.body || !other.body)
        abort();
    whole.decoder.keep_trailers = other.decoder.keep_trailers = size % 2;
    check(&whole, &other, data, size);
    free(whole.body);
    free(other.body);
    return 0;
}

/* deflate_raw.c - see deflate_raw.h. */
/* SPDX-License-Identifier: MIT */
#include "base/deflate_raw.h"

#include <errno.h>
#include <limits.h>
#include <zlib.h>

#include <gale/error.h>

#include "base/alloc.h"
#include "base/context.h"
#include "base/str.h"
#include "base/thread_end.h"

enum {
    POOLED_MAX = 4, /* of each sort, for each thread */
    PIECE_MIN = 128,
    WINDOW_MAX = 32768,
};

struct gale__raw_deflate {
    struct gale__raw_deflate *next; /* in the pool */
    z_stream z;
    int level, window_bits, mem_level;
};

struct gale__raw_inflate {
    struct gale__raw_inflate *next;
    z_stream z;
    int window_bits;
};

static GALE__TLS struct gale__raw_deflate *deflates;
static GALE__TLS struct gale__raw_inflate *inflates;
static GALE__TLS struct gale__thread_end pool_end;

static void *zlib_alloc(void *opaque, unsigned n, unsigned size)
{
    (void)opaque;
    return gale__calloc(n, size);
}

static void zlib_free(void *opaque, void *p)
{
    (void)opaque;
    gale__free(p);
}

static void end_deflate(struct gale__raw_deflate *d)
{
    deflateEnd(&d->z);
    gale__free(d);
}

static void end_inflate(struct gale__raw_inflate *d)
{
    inflateEnd(&d->z);
    gale__free(d);
}

static void free_pools(void)
{
    while (deflates) {
        struct gale__raw_deflate *d = deflates;

        deflates = d->next;
        end_deflate(d);
    }
    while (inflates) {
        struct gale__raw_inflate *d = inflates;

        inflates = d->next;
        end_inflate(d);
    }
}

/* --- compressing --- */

static struct gale__raw_deflate *pooled_deflate(int level, int window_bits, int mem_level)
{
    for (struct gale__raw_deflate **p = &deflates; *p; p = &(*p)->next) {
        struct gale__raw_deflate *d = *p;

        if (d->level == level && d->window_bits == window_bits && d->mem_level == mem_level) {
            *p = d->next;
            return d;
        }
    }
    return NULL;
}

struct gale__raw_deflate *gale__raw_deflate_new(int level, int window_bits, int mem_level)
{
    struct gale__raw_deflate *d = pooled_deflate(level, window_bits, mem_level);

    if (d)
        return d;
    d = gale__calloc(1, sizeof(*d));
    if (!d)
        return NULL;
    d->level = level;
    d->window_bits = window_bits;
    d->mem_level = mem_level;
    d->z.zalloc = zlib_alloc;
    d->z.zfree = zlib_free;
    if (deflateInit2(&d->z, level, Z_DEFLATED, -window_bits, mem_level, Z_DEFAULT_STRATEGY) == Z_OK)
        return d;
    gale__free(d);
    return NULL;
}

/* As much as zlib takes at once. */
static unsigned bounded(size_t n)
{
    return n < UINT_MAX / 2 ? (unsigned)n : UINT_MAX / 2;
}

/* zlib's structs have no const. */
static unsigned char *input(gale_str in)
{
    return (unsigned char *)(uintptr_t)in.ptr;
}

static int run_deflate(z_stream *z, int mode, struct gale__buf *out)
{
    do {
        size_t room = z->avail_in / 2 + PIECE_MIN;
        int r = gale__buf_reserve(out, room);

        if (r < 0)
            return r;
        z->next_out = (unsigned char *)out->ptr + out->len;
        z->avail_out = bounded(room);
        room = z->avail_out;
        r = deflate(z, mode);
        out->len += room - z->avail_out;
        if (r != Z_OK && r != Z_BUF_ERROR)
            return gale_err(GALE_ESTATE, "zlib: %s", z->msg ? z->msg : "cannot compress");
    } while (z->avail_out == 0 || z->avail_in);
    return 0;
}

int gale__raw_deflate_write(struct gale__raw_deflate *d, gale_str in, struct gale__buf *out)
{
    int r;

    do {
        d->z.next_in = input(in);
        d->z.avail_in = bounded(in.len);
        in = gale__str_skip(in, d->z.avail_in);
        r = run_deflate(&d->z, in.len ? Z_NO_FLUSH : Z_SYNC_FLUSH, out);
    } while (r >= 0 && in.len);
    return r;
}

void gale__raw_deflate_free(struct gale__raw_deflate *d)
{
    unsigned n = 0;

    if (!d)
        return;
    for (struct gale__raw_deflate *p = deflates; p; p = p->next)
        n++;
    if (n >= POOLED_MAX || deflateReset(&d->z) != Z_OK ||
        !gale__at_thread_end(&pool_end, free_pools)) {
        end_deflate(d);
        return;
    }
    d->next = deflates;
    deflates = d;
}

/* --- decompressing --- */

struct gale__raw_inflate *gale__raw_inflate_new(int window_bits)
{
    struct gale__raw_inflate *d;

    for (struct gale__raw_inflate **p = &inflates; *p; p = &(*p)->next) {
        d = *p;
        if (d->window_bits == window_bits) {
            *p = d->next;
            return d;
        }
    }
    d = gale__calloc(1, sizeof(*d));
    if (!d)
        return NULL;
    d->window_bits = window_bits;
    d->z.zalloc = zlib_alloc;
    d->z.zfree = zlib_free;
    if (inflateInit2(&d->z, -window_bits) == Z_OK)
        return d;
    gale__free(d);
    return NULL;
}

/* Behind a last block, with what went before still to be referred to. */
static int go_on(struct gale__raw_inflate *d)
{
    unsigned char *window = gale__malloc(WINDOW_MAX);
    unsigned n = 0;
    int r;

    if (!window)
        return -ENOMEM;
    r = inflateGetDictionary(&d->z, window, &n);
    if (r == Z_OK)
        r = inflateReset(&d->z);
    if (r == Z_OK && n)
        r = inflateSetDictionary(&d->z, window, n);
    gale__free(window);
    return r == Z_OK ? 0 : -ENOMEM;
}

int64_t gale__raw_inflate_read(struct gale__raw_inflate *d, gale_str *in, char *out, size_t size)
{
    while (in->len) {
        unsigned n_in = bounded(in->len), n_out = bounded(size);
        int r;

        d->z.next_in = input(*in);
        d->z.avail_in = n_in;
        d->z.next_out = (unsigned char *)out;
        d->z.avail_out = n_out;
        r = inflate(&d->z, Z_SYNC_FLUSH);
        *in = gale__str_skip(*in, n_in - d->z.avail_in);
        if (r == Z_MEM_ERROR || (r == Z_STREAM_END && go_on(d) < 0))
            return -ENOMEM;
        if (r != Z_OK && r != Z_BUF_ERROR && r != Z_STREAM_END)
            return gale_err(GALE_EPROTO, "bad compressed data: %s",
                            d->z.msg ? d->z.msg : "unusable");
        if (n_out != d->z.avail_out)
            return n_out - d->z.avail_out;
        if (n_in == d->z.avail_in && r != Z_STREAM_END)
            return 0;
    }
    return 0;
}

void gale__raw_inflate_free(struct gale__raw_inflate *d)
{
    unsigned n = 0;

    if (!d)
        return;
    for (struct gale__raw_inflate *p = inflates; p; p = p->next)
        n++;
    if (n >= POOLED_MAX || inflateReset(&d->z) != Z_OK ||
        !gale__at_thread_end(&pool_end, free_pools)) {
        end_inflate(d);
        return;
    }
    d->next = inflates;
    inflates = d;
}

/* deflate.c - gzip and zlib streams, and the way to the other codings. See deflate.h.
 *
 * An encoder is a quarter of a megabyte, so each thread keeps a few that are not in use.
 */
/* SPDX-License-Identifier: MIT */
#include "base/deflate.h"

#include <errno.h>
#include <limits.h>
#include <zlib.h>

#include <gale/error.h>

#include "base/alloc.h"
#include "base/context.h"
#include "base/deflate_priv.h"
#include "base/str.h"
#include "base/thread_end.h"

enum {
    POOLED_MAX = 4, /* of each coding, for each thread */
    LEVEL = 6,
    MEMORY_LEVEL = 8,
    GZIP = 16, /* zlib's mark for gzip, added to the window's bits */
    WINDOW_BITS = 15,
    PIECE_MIN = 128, /* room for output, at least */
};

struct zlib_encoder {
    struct gale__encoder base;
    z_stream z;
};

struct zlib_decoder {
    struct gale__decoder base;
    z_stream z;
};

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

static struct gale__encoder *zlib_encoder_new(int level, int bits)
{
    struct zlib_encoder *e = gale__calloc(1, sizeof(*e));

    if (!e)
        return NULL;
    e->z.zalloc = zlib_alloc;
    e->z.zfree = zlib_free;
    if (deflateInit2(&e->z, level ? level : LEVEL, Z_DEFLATED, bits, MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) == Z_OK)
        return &e->base;
    gale__free(e);
    return NULL;
}

static struct gale__encoder *gzip_encoder_new(int level)
{
    return zlib_encoder_new(level, WINDOW_BITS + GZIP);
}

static struct gale__encoder *deflate_encoder_new(int level)
{
    return zlib_encoder_new(level, WINDOW_BITS);
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

/* Runs zlib over a piece until all of it, and with mode all that comes of it, is in out. */
static int zlib_run(z_stream *z, int mode, struct gale__buf *out)
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
        if (r == Z_STREAM_END)
            return 0;
        if (r != Z_OK && r != Z_BUF_ERROR)
            return gale_err(GALE_ESTATE, "zlib: %s", z->msg ? z->msg : "cannot compress");
    } while (z->avail_out == 0 || z->avail_in || mode == Z_FINISH);
    return 0;
}

static int zlib_encode(struct gale__encoder *base, gale_str in, bool flush, bool last,
                       struct gale__buf *out)
{
    z_stream *z = &GALE_CONTAINER_OF(base, struct zlib_encoder, base)->z;
    int mode = last ? Z_FINISH : flush ? Z_SYNC_FLUSH : Z_NO_FLUSH;
    int r;

    do {
        z->next_in = input(in);
        z->avail_in = bounded(in.len);
        in = gale__str_skip(in, z->avail_in);
        r = zlib_run(z, in.len ? Z_NO_FLUSH : mode, out);
    } while (r >= 0 && in.len);
    return r;
}

static bool zlib_encoder_reset(struct gale__encoder *base)
{
    return deflateReset(&GALE_CONTAINER_OF(base, struct zlib_encoder, base)->z) == Z_OK;
}

static void zlib_encoder_free(struct gale__encoder *base)
{
    struct zlib_encoder *e = GALE_CONTAINER_OF(base, struct zlib_encoder, base);

    deflateEnd(&e->z);
    gale__free(e);
}

static struct gale__decoder *zlib_decoder_new(int bits)
{
    struct zlib_decoder *d = gale__calloc(1, sizeof(*d));

    if (!d)
        return NULL;
    d->z.zalloc = zlib_alloc;
    d->z.zfree = zlib_free;
    if (inflateInit2(&d->z, bits) == Z_OK)
        return &d->base;
    gale__free(d);
    return NULL;
}

static struct gale__decoder *gzip_decoder_new(void)
{
    return zlib_decoder_new(WINDOW_BITS + GZIP);
}

static struct gale__decoder *deflate_decoder_new(void)
{
    return zlib_decoder_new(WINDOW_BITS);
}

int gale__decoder_excess(void)
{
    return gale_err(GALE_EPROTO, "data after the end of the compressed stream");
}

static int zlib_failed(const z_stream *z, int code)
{
    if (code == Z_MEM_ERROR)
        return -ENOMEM;
    return gale_err(GALE_EPROTO, "bad compressed data: %s", z->msg ? z->msg : "unusable");
}

static int64_t zlib_decode(struct gale__decoder *base, gale_str *in, char *out, size_t size)
{
    z_stream *z = &GALE_CONTAINER_OF(base, struct zlib_decoder, base)->z;
    unsigned n_in = bounded(in->len);
    unsigned n_out = bounded(size);
    int r;

    z->next_in = input(*in);
    z->avail_in = n_in;
    z->next_out = (unsigned char *)out;
    z->avail_out = n_out;
    r = inflate(z, Z_NO_FLUSH);
    *in = gale__str_skip(*in, n_in - z->avail_in);
    if (r == Z_STREAM_END)
        base->done = true;
    else if (r != Z_OK && r != Z_BUF_ERROR)
        return zlib_failed(z, r);
    return n_out - z->avail_out;
}

/* A further member may follow one that has ended. */
static int64_t gzip_decode(struct gale__decoder *base, gale_str *in, char *out, size_t size)
{
    if (base->done) {
        if (in->ptr[0] != '\x1f')
            return gale__decoder_excess();
        inflateReset(&GALE_CONTAINER_OF(base, struct zlib_decoder, base)->z);
        base->done = false;
    }
    return zlib_decode(base, in, out, size);
}

static int64_t deflate_decode(struct gale__decoder *base, gale_str *in, char *out, size_t size)
{
    return base->done ? gale__decoder_excess() : zlib_decode(base, in, out, size);
}

static void zlib_decoder_free(struct gale__decoder *base)
{
    struct zlib_decoder *d = GALE_CONTAINER_OF(base, struct zlib_decoder, base);

    inflateEnd(&d->z);
    gale__free(d);
}

static const struct gale__codec gzip_codec = {
    .name = "gzip",
    .encoder_new = gzip_encoder_new,
    .encode = zlib_encode,
    .encoder_reset = zlib_encoder_reset,
    .encoder_free = zlib_encoder_free,
    .decoder_new = gzip_decoder_new,
    .decode = gzip_decode,
    .decoder_free = zlib_decoder_free,
};

static const struct gale__codec deflate_codec = {
    .name = "deflate",
    .encoder_new = deflate_encoder_new,
    .encode = zlib_encode,
    .encoder_reset = zlib_encoder_reset,
    .encoder_free = zlib_encoder_free,
    .decoder_new = deflate_decoder_new,
    .decode = deflate_decode,
    .decoder_free = zlib_decoder_free,
};

enum { N_CODINGS = GALE__CODING_ZSTD + 1 };

static const struct gale__codec *const codecs[N_CODINGS] = {
    [GALE__CODING_GZIP] = &gzip_codec,
    [GALE__CODING_DEFLATE] = &deflate_codec,
#ifdef GALE_WITH_BROTLI
    [GALE__CODING_BROTLI] = &gale__codec_brotli,
#endif
#ifdef GALE_WITH_ZSTD
    [GALE__CODING_ZSTD] = &gale__codec_zstd,
#endif
};

/* Encoders not in use, of the default level. */
static GALE__TLS struct gale__encoder *pool[N_CODINGS];
static GALE__TLS unsigned n_pooled[N_CODINGS];
static GALE__TLS struct gale__thread_end pool_end;

static void free_pool(void)
{
    for (unsigned i = 0; i < N_CODINGS; i++) {
        while (pool[i]) {
            struct gale__encoder *e = pool[i];

            pool[i] = e->next;
            e->codec->encoder_free(e);
        }
        n_pooled[i] = 0;
    }
}

bool gale__coding_is_there(enum gale__coding coding)
{
    return coding == GALE__CODING_IDENTITY || codecs[coding];
}

const char *gale__coding_name(enum gale__coding coding)
{
    static const char *const names[N_CODINGS] = { "identity", "gzip", "deflate", "br", "zstd" };

    return names[coding];
}

static struct gale__encoder *from_pool(enum gale__coding coding)
{
    struct gale__encoder *e = pool[coding];

    if (e) {
        pool[coding] = e->next;
        n_pooled[coding]--;
    }
    return e;
}

struct gale__encoder *gale__encoder_new(enum gale__coding coding, int level)
{
    const struct gale__codec *codec = codecs[coding];
    struct gale__encoder *e = codec && !level ? from_pool(coding) : NULL;

    if (e || !codec)
        return e;
    e = codec->encoder_new(level);
    if (e) {
        e->codec = codec;
        e->is_default = !level;
    }
    return e;
}

int gale__encoder_write(struct gale__encoder *e, gale_str in, bool flush, bool last,
                        struct gale__buf *out)
{
    if (!in.len && !flush && !last)
        return 0;
    return e->codec->encode(e, in, flush, last, out);
}

static bool to_pool(struct gale__encoder *e)
{
    unsigned coding = GALE__CODING_GZIP;

    while (codecs[coding] != e->codec)
        coding++;
    if (!e->is_default || n_pooled[coding] >= POOLED_MAX || !e->codec->encoder_reset ||
        !e->codec->encoder_reset(e) || !gale__at_thread_end(&pool_end, free_pool))
        return false;
    e->next = pool[coding];
    pool[coding] = e;
    n_pooled[coding]++;
    return true;
}

void gale__encoder_free(struct gale__encoder *e)
{
    if (e && !to_pool(e))
        e->codec->encoder_free(e);
}

struct gale__decoder *gale__decoder_new(enum gale__coding coding)
{
    const struct gale__codec *codec = codecs[coding];
    struct gale__decoder *d = codec ? codec->decoder_new() : NULL;

    if (d)
        d->codec = codec;
    return d;
}

int64_t gale__decoder_read(struct gale__decoder *d, gale_str *in, char *out, size_t size)
{
    if (d->error)
        return d->error;
    while (size && !(d->done && !in->len)) {
        size_t before = in->len;
        int64_t n = d->codec->decode(d, in, out, size);

        if (n < 0)
            return d->error = (int)n;
        if (n > 0)
            return n;
        if (in->len == before || !in->len)
            break;
    }
    return 0;
}

bool gale__decoder_done(const struct gale__decoder *d)
{
    return d->done && !d->error;
}

void gale__decoder_free(struct gale__decoder *d)
{
    if (d)
        d->codec->decoder_free(d);
}

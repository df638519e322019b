/* deflate_zstd.c - the coding "zstd" (RFC 8878), where libzstd is there. Its memory is not of
 * gale__malloc(): the library offers no stable way to say so. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <gale/error.h>

#include "base/alloc.h"
#include "base/deflate_priv.h"
#include "base/str.h"

enum {
    LEVEL = 3,
    WINDOW_BITS = 18,
    MAX_WINDOW_BITS = 23, /* RFC 9659: HTTP's zstd has no window above 8 MiB */
    PIECE_MIN = 256,
};

struct encoder {
    struct gale__encoder base;
    ZSTD_CCtx *context;
};

struct decoder {
    struct gale__decoder base;
    ZSTD_DCtx *context;
};

static struct gale__encoder *encoder_new(int level)
{
    struct encoder *e = gale__calloc(1, sizeof(*e));

    if (!e)
        return NULL;
    e->context = ZSTD_createCCtx();
    if (!e->context) {
        gale__free(e);
        return NULL;
    }
    ZSTD_CCtx_setParameter(e->context, ZSTD_c_compressionLevel, level ? level : LEVEL);
    ZSTD_CCtx_setParameter(e->context, ZSTD_c_windowLog, WINDOW_BITS);
    return &e->base;
}

static int encode(struct gale__encoder *base, gale_str in, bool flush, bool last,
                  struct gale__buf *out)
{
    ZSTD_CCtx *context = GALE_CONTAINER_OF(base, struct encoder, base)->context;
    ZSTD_EndDirective mode = last ? ZSTD_e_end : flush ? ZSTD_e_flush : ZSTD_e_continue;
    ZSTD_inBuffer input = { in.ptr, in.len, 0 };
    size_t left;

    do {
        size_t room = (in.len - input.pos) / 2 + PIECE_MIN;
        ZSTD_outBuffer output = { NULL, room, 0 };

        if (gale__buf_reserve(out, room) < 0)
            return out->error;
        output.dst = out->ptr + out->len;
        left = ZSTD_compressStream2(context, &output, &input, mode);
        if (ZSTD_isError(left))
            return ZSTD_getErrorCode(left) == ZSTD_error_memory_allocation
                       ? -ENOMEM
                       : gale_err(GALE_ESTATE, "zstd: %s", ZSTD_getErrorName(left));
        out->len += output.pos;
    } while (input.pos < in.len || (mode != ZSTD_e_continue && left));
    return 0;
}

static bool encoder_reset(struct gale__encoder *base)
{
    ZSTD_CCtx *context = GALE_CONTAINER_OF(base, struct encoder, base)->context;

    return !ZSTD_isError(ZSTD_CCtx_reset(context, ZSTD_reset_session_only));
}

static void encoder_free(struct gale__encoder *base)
{
    struct encoder *e = GALE_CONTAINER_OF(base, struct encoder, base);

    ZSTD_freeCCtx(e->context);
    gale__free(e);
}

static struct gale__decoder *decoder_new(void)
{
    struct decoder *d = gale__calloc(1, sizeof(*d));

    if (!d)
        return NULL;
    d->context = ZSTD_createDCtx();
    if (!d->context) {
        gale__free(d);
        return NULL;
    }
    ZSTD_DCtx_setParameter(d->context, ZSTD_d_windowLogMax, MAX_WINDOW_BITS);
    return &d->base;
}

/* A further frame may follow one that has ended; what is none is an error of its head. */
static int64_t decode(struct gale__decoder *base, gale_str *in, char *out, size_t size)
{
    ZSTD_DCtx *context = GALE_CONTAINER_OF(base, struct decoder, base)->context;
    ZSTD_inBuffer input = { in->ptr, in->len, 0 };
    ZSTD_outBuffer output = { out, size, 0 };
    size_t r = ZSTD_decompressStream(context, &output, &input);

    *in = gale__str_skip(*in, input.pos);
    if (ZSTD_isError(r) && ZSTD_getErrorCode(r) == ZSTD_error_memory_allocation)
        return -ENOMEM;
    if (ZSTD_isError(r))
        return gale_err(GALE_EPROTO, "bad compressed data: %s", ZSTD_getErrorName(r));
    base->done = r == 0;
    return (int64_t)output.pos;
}

static void decoder_free(struct gale__decoder *base)
{
    struct decoder *d = GALE_CONTAINER_OF(base, struct decoder, base);

    ZSTD_freeDCtx(d->context);
    gale__free(d);
}

const struct gale__codec gale__codec_zstd = {
    .name = "zstd",
    .encoder_new = encoder_new,
    .encode = encode,
    .encoder_reset = encoder_reset,
    .encoder_free = encoder_free,
    .decoder_new = decoder_new,
    .decode = decode,
    .decoder_free = decoder_free,
};

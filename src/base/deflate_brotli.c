/* deflate_brotli.c - the coding "br" (RFC 7932), where libbrotli is there. */
/* SPDX-License-Identifier: MIT */
#include <brotli/decode.h>
#include <brotli/encode.h>
#include <errno.h>

#include <gale/error.h>

#include "base/alloc.h"
#include "base/deflate_priv.h"
#include "base/str.h"

enum {
    QUALITY = 4, /* about gzip's time for better compression */
    WINDOW_BITS = 18,
};

struct encoder {
    struct gale__encoder base;
    BrotliEncoderState *state;
};

struct decoder {
    struct gale__decoder base;
    BrotliDecoderState *state;
};

static void *give(void *opaque, size_t size)
{
    (void)opaque;
    return gale__malloc(size);
}

static void take(void *opaque, void *p)
{
    (void)opaque;
    gale__free(p);
}

static struct gale__encoder *encoder_new(int level)
{
    struct encoder *e = gale__calloc(1, sizeof(*e));

    if (!e)
        return NULL;
    e->state = BrotliEncoderCreateInstance(give, take, NULL);
    if (!e->state) {
        gale__free(e);
        return NULL;
    }
    BrotliEncoderSetParameter(e->state, BROTLI_PARAM_QUALITY, (uint32_t)(level ? level : QUALITY));
    BrotliEncoderSetParameter(e->state, BROTLI_PARAM_LGWIN, WINDOW_BITS);
    return &e->base;
}

static int encode(struct gale__encoder *base, gale_str in, bool flush, bool last,
                  struct gale__buf *out)
{
    BrotliEncoderState *state = GALE_CONTAINER_OF(base, struct encoder, base)->state;
    BrotliEncoderOperation mode = last    ? BROTLI_OPERATION_FINISH
                                  : flush ? BROTLI_OPERATION_FLUSH
                                          : BROTLI_OPERATION_PROCESS;
    const uint8_t *next_in = (const uint8_t *)in.ptr;
    size_t avail_in = in.len;
    size_t no_room = 0;

    do {
        size_t n = 0;
        const uint8_t *data;

        if (!BrotliEncoderCompressStream(state, mode, &avail_in, &next_in, &no_room, NULL, NULL))
            return -ENOMEM;
        data = BrotliEncoderTakeOutput(state, &n);
        if (n && gale__buf_append(out, data, n) < 0)
            return out->error;
    } while (avail_in || BrotliEncoderHasMoreOutput(state));
    return 0;
}

static void encoder_free(struct gale__encoder *base)
{
    struct encoder *e = GALE_CONTAINER_OF(base, struct encoder, base);

    BrotliEncoderDestroyInstance(e->state);
    gale__free(e);
}

static struct gale__decoder *decoder_new(void)
{
    struct decoder *d = gale__calloc(1, sizeof(*d));

    if (!d)
        return NULL;
    d->state = BrotliDecoderCreateInstance(give, take, NULL);
    if (d->state)
        return &d->base;
    gale__free(d);
    return NULL;
}

static int failed(const BrotliDecoderState *state)
{
    BrotliDecoderErrorCode code = BrotliDecoderGetErrorCode(state);

    if (code <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES &&
        code >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES)
        return -ENOMEM;
    return gale_err(GALE_EPROTO, "bad compressed data: %s", BrotliDecoderErrorString(code));
}

static int64_t decode(struct gale__decoder *base, gale_str *in, char *out, size_t size)
{
    BrotliDecoderState *state = GALE_CONTAINER_OF(base, struct decoder, base)->state;
    const uint8_t *next_in = (const uint8_t *)in->ptr;
    uint8_t *next_out = (uint8_t *)out;
    size_t avail_in = in->len;
    size_t room = size;
    BrotliDecoderResult r;

    if (base->done)
        return gale__decoder_excess();
    r = BrotliDecoderDecompressStream(state, &avail_in, &next_in, &room, &next_out, NULL);
    *in = gale__str_skip(*in, in->len - avail_in);
    if (r == BROTLI_DECODER_RESULT_ERROR)
        return failed(state);
    base->done = r == BROTLI_DECODER_RESULT_SUCCESS;
    return (int64_t)(size - room);
}

static void decoder_free(struct gale__decoder *base)
{
    struct decoder *d = GALE_CONTAINER_OF(base, struct decoder, base);

    BrotliDecoderDestroyInstance(d->state);
    gale__free(d);
}

/* An encoder's state cannot be used twice. */
const struct gale__codec gale__codec_brotli = {
    .name = "br",
    .encoder_new = encoder_new,
    .encode = encode,
    .encoder_free = encoder_free,
    .decoder_new = decoder_new,
    .decode = decode,
    .decoder_free = decoder_free,
};

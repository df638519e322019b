/* deflate_priv.h - what a coding is made of: private to deflate*.c. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BASE_DEFLATE_PRIV_H
#define GALE_BASE_DEFLATE_PRIV_H

#include <gale/base.h>

#include "base/buf.h"

struct gale__codec;

/* The head of each codec's own struct. */
struct gale__encoder {
    const struct gale__codec *codec;
    struct gale__encoder *next; /* in the pool */
    bool is_default;            /* made with level 0: may be pooled */
};

struct gale__decoder {
    const struct gale__codec *codec;
    int error; /* sticky */
    bool done;
};

struct gale__codec {
    const char *name;
    struct gale__encoder *(*encoder_new)(int level);
    int (*encode)(struct gale__encoder *e, gale_str in, bool flush, bool last,
                  struct gale__buf *out);
    /* Ready for another stream; false when it cannot be. NULL: never. */
    bool (*encoder_reset)(struct gale__encoder *e);
    void (*encoder_free)(struct gale__encoder *e);
    struct gale__decoder *(*decoder_new)(void);
    /* One step: takes from *in, gives how many bytes came out, sets done; < 0: -ENOMEM or
     * GALE_EPROTO. */
    int64_t (*decode)(struct gale__decoder *d, gale_str *in, char *out, size_t size);
    void (*decoder_free)(struct gale__decoder *d);
};

/* For decode: what follows the end of the stream. */
int gale__decoder_excess(void);

/* Each in a file of its own, where the library is there. */
extern const struct gale__codec gale__codec_brotli;
extern const struct gale__codec gale__codec_zstd;

#endif

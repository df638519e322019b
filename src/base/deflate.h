/* deflate.h - compression and decompression in pieces; the one user of zlib, brotli and zstd. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BASE_DEFLATE_H
#define GALE_BASE_DEFLATE_H

#include <gale/base.h>

#include "base/buf.h"

enum gale__coding {
    GALE__CODING_IDENTITY,
    GALE__CODING_GZIP,
    GALE__CODING_DEFLATE, /* zlib's format, as HTTP's deflate */
    GALE__CODING_BROTLI,
    GALE__CODING_ZSTD,
};

/* Whether the library was built with it. */
bool gale__coding_is_there(enum gale__coding coding);
/* "gzip", "br" … Static. */
const char *gale__coding_name(enum gale__coding coding);

struct gale__encoder;
struct gale__decoder;

/* level 0: a default that suits answers. NULL: out of memory, or not there. */
struct gale__encoder *gale__encoder_new(enum gale__coding coding, int level);
/* Compresses in and appends to out what comes of it; flush: all of it so far; last: the end.
 * 0 or -ENOMEM. */
int gale__encoder_write(struct gale__encoder *e, gale_str in, bool flush, bool last,
                        struct gale__buf *out);
void gale__encoder_free(struct gale__encoder *e);

/* gzip (several members in a row count as one), zlib and, where there, the others. */
struct gale__decoder *gale__decoder_new(enum gale__coding coding);
/* Decodes from *in (advanced over what was used) into out, at most size bytes: how many; 0: needs
 * more input or is at its end (gale__decoder_done). GALE_EPROTO for what is not of that coding,
 * also data after its end. Never loops without progress. */
int64_t gale__decoder_read(struct gale__decoder *d, gale_str *in, char *out, size_t size);
/* At the end of a stream: the input may stop here. */
bool gale__decoder_done(const struct gale__decoder *d);
void gale__decoder_free(struct gale__decoder *d);

#endif

/* fuzz_deflate.c - decoders on any bytes end within their input; encoders are undone by them. The
 * first byte chooses the coding and the sizes of pieces. */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <gale/error.h>

#include "base/alloc.h"
#include "base/deflate.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode(enum gale__coding coding, gale_str in, size_t room)
{
    struct gale__decoder *d = gale__decoder_new(coding);
    size_t given = 0;
    char out[256];
    int64_t n = 1;

    while (d && n > 0 && given < 1 << 20) {
        size_t before = in.len;

        n = gale__decoder_read(d, &in, out, room);
        GALE_ASSERT(n <= (int64_t)room && in.len <= before);
        GALE_ASSERT(n != 0 || in.len == 0);
        given += n > 0 ? (size_t)n : 0;
    }
    gale__decoder_free(d);
}

static void undo(enum gale__coding coding, gale_str packed, gale_str in)
{
    struct gale__decoder *d = gale__decoder_new(coding);
    char out[64];
    int64_t n;

    while (d && (n = gale__decoder_read(d, &packed, out, sizeof(out))) != 0) {
        GALE_ASSERT(n > 0 && (size_t)n <= in.len && memcmp(out, in.ptr, (size_t)n) == 0);
        in = gale__str_skip(in, (size_t)n);
    }
    GALE_ASSERT(!d || (gale__decoder_done(d) && in.len == 0));
    gale__decoder_free(d);
}

static void round_trip(enum gale__coding coding, gale_str in, size_t piece)
{
    struct gale__encoder *e = gale__encoder_new(coding, 1);
    gale_str rest = in;
    struct gale__buf packed;

    if (!e)
        return;
    gale__buf_init(&packed, 1 << 24);
    while (rest.len > piece) {
        if (gale__encoder_write(e, gale__str_head(rest, piece), piece & 1, false, &packed) < 0)
            abort();
        rest = gale__str_skip(rest, piece);
    }
    if (gale__encoder_write(e, rest, false, true, &packed) < 0)
        abort();
    gale__encoder_free(e);
    undo(coding, gale__buf_str(&packed), in);
    gale__buf_deinit(&packed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum gale__coding coding;
    gale_str in;

    if (!size)
        return 0;
    coding = (enum gale__coding)(GALE__CODING_GZIP + (data[0] & 3));
    in = (gale_str){ (const char *)data + 1, size - 1 };
    decode(coding, in, (size_t)(data[0] >> 2) * 4 + 1);
    if (size < 4096)
        round_trip(coding, in, (size_t)(data[0] >> 2) * 8 + 1);
    return 0;
}

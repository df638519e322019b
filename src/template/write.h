/* write.h - output of a rendering, inline as far as it is fast. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TEMPLATE_WRITE_H
#define GALE_TEMPLATE_WRITE_H

#include <string.h>

#include "base/alloc.h"
#include "template/rendering.h"

/* Room for need more bytes, or the failure raised. */
int gale__output_more(gale_rendering *r, size_t need) __attribute__((cold));

/* memcpy of what is mostly short: one load and store, or two that overlap, without a call. */
static inline void gale__copy(char *to, const char *from, size_t n)
{
    uint64_t a, b;
    uint32_t c, d;

    if (n >= 8 && n <= 16) {
        memcpy(&a, from, 8);
        memcpy(&b, from + n - 8, 8);
        memcpy(to, &a, 8);
        memcpy(to + n - 8, &b, 8);
    } else if (n >= 4 && n < 8) {
        memcpy(&c, from, 4);
        memcpy(&d, from + n - 4, 4);
        memcpy(to, &c, 4);
        memcpy(to + n - 4, &d, 4);
    } else if (n) {
        memcpy(to, from, n);
    }
}

/* Bytes as they are. */
static inline int gale__write(gale_rendering *r, const char *data, size_t size)
{
    gale_template_out *out = r->out;
    int code;

    if (GALE_UNLIKELY(size > out->cap - out->len)) {
        code = gale__output_more(r, size);
        if (code < 0)
            return code;
    }
    if (GALE_LIKELY(size)) /* while nothing was written there may be no memory */
        gale__copy(out->data + out->len, data, size);
    out->len += size;
    return 0;
}

/* Through xhtml_escape. */
int gale__write_escaped(gale_rendering *r, gale_str in);
int gale__write_int(gale_rendering *r, int64_t i);

#endif

/* write.h - output of a rendering, inline as far as it is fast. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TEMPLATE_WRITE_H
#define GALE_TEMPLATE_WRITE_H

#include <string.h>

#include "base/alloc.h"
#include "template/rendering.h"

/* Room for need more bytes, or the failure raised. */
int gale__output_more(gale_rendering *r, size_t need) __attribute__((cold));

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
    if (size)
        memcpy(out->data + out->len, data, size);
    out->len += size;
    return 0;
}

/* Through xhtml_escape. */
int gale__write_escaped(gale_rendering *r, gale_str in);
int gale__write_int(gale_rendering *r, int64_t i);

#endif

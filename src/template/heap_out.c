/* heap_out.c - output of a rendering into heap memory. See loader.h. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdint.h>

#include "base/alloc.h"
#include "template/loader.h"

enum { FIRST = 4096 };

/* One byte more than asked for, for the NUL. */
static int grow(gale_template_out *out, size_t need)
{
    size_t cap = out->cap < FIRST / 2 ? FIRST : out->cap * 2;
    char *data;

    if (need > SIZE_MAX / 4 || out->cap > SIZE_MAX / 4)
        return -ENOMEM;
    if (cap < out->len + need)
        cap = out->len + need;
    data = gale__realloc(out->data, cap + 1);
    if (!data)
        return -ENOMEM;
    out->data = data;
    out->cap = cap;
    return 0;
}

void gale__heap_out_init(gale_template_out *out)
{
    *out = (gale_template_out){ .grow = grow };
}

char *gale__heap_out_take(gale_template_out *out, size_t *len)
{
    char *data = out->data;

    if (!data)
        data = gale__malloc(1);
    if (len)
        *len = data ? out->len : 0;
    if (data)
        data[out->len] = 0;
    gale__heap_out_init(out);
    return data;
}

void gale__heap_out_free(gale_template_out *out)
{
    gale__free(out->data);
    gale__heap_out_init(out);
}

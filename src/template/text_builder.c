/* text_builder.c - texts that grow in a rendering's memory. */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "template/memory.h"

/* Room for n bytes more and a NUL. */
static int reserve(struct gale__text_builder *b, size_t n)
{
    size_t cap = b->cap * 2 > 64 ? b->cap * 2 : 64;
    char *data;

    if (b->error || n < b->cap - b->len)
        return b->error;
    if (cap <= b->len + n)
        cap = b->len + n + 1;
    if (n > UINT32_MAX || cap > SIZE_MAX / 4) {
        b->error = gale__raise_limit(b->r, "the limit of 4 GiB for a text");
        return b->error;
    }
    data = gale__alloc(b->r, cap);
    if (!data) {
        b->error = gale_value_memory_error(b->r);
        return b->error;
    }
    if (b->len)
        memcpy(data, b->data, b->len);
    b->data = data;
    b->cap = cap;
    return 0;
}

void gale__text_add(struct gale__text_builder *b, const char *s, size_t len)
{
    if (reserve(b, len) < 0 || !len)
        return;
    memcpy(b->data + b->len, s, len);
    b->len += len;
}

void gale__text_printf(struct gale__text_builder *b, const char *fmt, ...)
{
    char small[128];
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(small, sizeof(small), fmt, args);
    va_end(args);
    if (n < 0)
        return;
    if ((size_t)n < sizeof(small)) {
        gale__text_add(b, small, (size_t)n);
        return;
    }
    if (reserve(b, (size_t)n) < 0)
        return;
    va_start(args, fmt);
    vsnprintf(b->data + b->len, (size_t)n + 1, fmt, args);
    va_end(args);
    b->len += (size_t)n;
}

int gale__text_finish(struct gale__text_builder *b, gale_value *out)
{
    if (b->error)
        return b->error;
    return gale__text_of(b->r, out, b->data ? b->data : "", b->len);
}

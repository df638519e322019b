/* buf.c - the growable buffer: growth doubles up to the maximum. */
/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <errno.h>
#include <gale/error.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/alloc.h"

enum { FIRST_CAP = 256 };

void gale__buf_deinit(struct gale__buf *b)
{
    if (b->ptr)
        gale__free(b->ptr - b->head);
    gale__buf_init(b, b->max);
}

/* Moves the bytes to the start of the memory, over what was consumed. */
static void compact(struct gale__buf *b)
{
    if (!b->head)
        return;
    memmove(b->ptr - b->head, b->ptr, b->len);
    b->ptr -= b->head;
    b->head = 0;
}

static int too_big(struct gale__buf *b)
{
    return b->error = gale_err(GALE_ETOOBIG, "more than %zu bytes", b->max);
}

/* One byte beyond max is kept for the NUL of gale__buf_cstr(). */
static int grow(struct gale__buf *b, size_t need)
{
    size_t top = b->max < SIZE_MAX / 4 ? b->max + 1 : SIZE_MAX / 4;
    size_t cap = b->cap ? b->cap : FIRST_CAP;

    while (cap < need && cap < top)
        cap *= 2;
    if (cap > top)
        cap = top;
    if (cap < need)
        return too_big(b);
    char *ptr = gale__realloc(b->ptr, cap);

    if (!ptr)
        return b->error = -ENOMEM;
    b->ptr = ptr;
    b->cap = cap;
    return 0;
}

static int make_room(struct gale__buf *b, size_t need)
{
    if (need <= b->cap - b->head)
        return 0;
    compact(b);
    return need <= b->cap ? 0 : grow(b, need);
}

int gale__buf_reserve(struct gale__buf *b, size_t n)
{
    if (b->error)
        return b->error;
    if (n > b->max - b->len)
        return too_big(b);
    return make_room(b, b->len + n);
}

int gale__buf_append_slow(struct gale__buf *b, const void *data, size_t n)
{
    int r = gale__buf_reserve(b, n);

    if (r < 0)
        return r;
    if (n)
        memcpy(b->ptr + b->len, data, n);
    b->len += n;
    return 0;
}

int gale__buf_printf(struct gale__buf *b, const char *fmt, ...)
{
    char text[256];
    va_list ap;

    va_start(ap, fmt);
    int len = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (len < 0)
        return b->error = gale_err(GALE_EINVAL, "bad format '%s'", fmt);
    if ((size_t)len < sizeof(text))
        return gale__buf_append(b, text, (size_t)len);

    int r = gale__buf_reserve(b, (size_t)len);

    if (r == 0)
        r = make_room(b, b->len + (size_t)len + 1); /* vsnprintf's NUL */
    if (r < 0)
        return r;
    va_start(ap, fmt);
    vsnprintf(b->ptr + b->len, (size_t)len + 1, fmt, ap);
    va_end(ap);
    b->len += (size_t)len;
    return 0;
}

void gale__buf_consume(struct gale__buf *b, size_t n)
{
    if (n >= b->len) {
        if (b->head)
            b->ptr -= b->head;
        b->head = b->len = 0;
        return;
    }
    b->ptr += n;
    b->head += n;
    b->len -= n;
}

const char *gale__buf_cstr(struct gale__buf *b)
{
    if (b->error || make_room(b, b->len + 1) < 0)
        return NULL;
    b->ptr[b->len] = 0;
    return b->ptr;
}

char *gale__buf_take(struct gale__buf *b, size_t *len)
{
    size_t n = b->len;

    compact(b);
    if (!gale__buf_cstr(b)) {
        gale__buf_deinit(b);
        return NULL;
    }
    char *text = b->ptr;

    if (len)
        *len = n;
    gale__buf_init(b, b->max);
    return text;
}

size_t gale__buf_give(struct gale__buf *b, char *out, size_t size)
{
    size_t whole = b->error ? SIZE_MAX : b->len;
    size_t n = b->error ? 0 : b->len;

    if (size) {
        n = n < size ? n : size - 1;
        if (n)
            memcpy(out, b->ptr, n);
        out[n] = 0;
    }
    gale__buf_deinit(b);
    return whole;
}

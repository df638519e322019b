/* buf.h - the one growable byte buffer, born with a maximum.
 *
 * Writers are sticky: after a failure (GALE_ETOOBIG, -ENOMEM) every later write returns
 * the same code and changes nothing, so write ten things and check once. What was in the
 * buffer before stays whole; a failed write adds nothing. Bytes are consumed at the front
 * without moving the rest. Not NUL-terminated, but see gale__buf_cstr(). An all-zero
 * buffer with max set is valid and empty; the heap is asked at the first write.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BASE_BUF_H
#define GALE_BASE_BUF_H

#include <gale/base.h>
#include <string.h>

struct gale__buf {
    char *ptr;   /* first byte; NULL while nothing is allocated */
    size_t len;  /* bytes at ptr */
    size_t head; /* private: consumed bytes before ptr */
    size_t cap;  /* private: bytes allocated */
    size_t max;  /* len never exceeds it */
    int error;   /* 0, or what the first failing write returned */
};

static inline void gale__buf_init(struct gale__buf *b, size_t max)
{
    *b = (struct gale__buf){ .max = max };
}

/* Frees the memory; the buffer is empty, without error, and usable again. */
void gale__buf_deinit(struct gale__buf *b);

/* Empty and without error; keeps the memory. */
static inline void gale__buf_reset(struct gale__buf *b)
{
    if (b->head)
        b->ptr -= b->head;
    b->head = b->len = 0;
    b->error = 0;
}

static inline gale_str gale__buf_str(const struct gale__buf *b)
{
    return (gale_str){ b->ptr, b->len };
}

/* Makes room for n more bytes at ptr + len. 0, or the sticky error. */
int gale__buf_reserve(struct gale__buf *b, size_t n);

int gale__buf_append_slow(struct gale__buf *b, const void *data, size_t n);

static inline int gale__buf_append(struct gale__buf *b, const void *data, size_t n)
{
    if (b->error || n > b->cap - b->head - b->len || n > b->max - b->len)
        return gale__buf_append_slow(b, data, n);
    if (n)
        memcpy(b->ptr + b->len, data, n);
    b->len += n;
    return 0;
}

static inline int gale__buf_append_str(struct gale__buf *b, gale_str s)
{
    return gale__buf_append(b, s.ptr, s.len);
}

static inline int gale__buf_append_cstr(struct gale__buf *b, const char *s)
{
    return gale__buf_append(b, s, strlen(s));
}

static inline int gale__buf_append_char(struct gale__buf *b, char c)
{
    return gale__buf_append(b, &c, 1);
}

int gale__buf_printf(struct gale__buf *b, const char *fmt, ...) GALE_PRINTF(2, 3);

/* Takes n bytes off the front, at most all. */
void gale__buf_consume(struct gale__buf *b, size_t n);

/* The bytes with a NUL after them (not counted). NULL after an error. */
const char *gale__buf_cstr(struct gale__buf *b);

/* Hands the bytes over as a NUL-terminated heap string, to be freed by gale__free(); the
 * buffer is empty again. NULL, and the buffer freed, when a write has failed. */
char *gale__buf_take(struct gale__buf *b, size_t *len);

/* Copies the bytes to out, at most size with a NUL, and frees the buffer. Gives the length of the
 * whole; SIZE_MAX after an error. */
size_t gale__buf_give(struct gale__buf *b, char *out, size_t size);

#endif

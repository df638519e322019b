/* str.h - slices: compare, cut, convert. Nothing here allocates or copies. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BASE_STR_H
#define GALE_BASE_STR_H

#include <gale/base.h>
#include <string.h>

/* A slice of a string literal. */
#define GALE__STR(literal) ((gale_str){ "" literal, sizeof(literal) - 1 })

/* The slice of a NUL-terminated string; NULL gives an empty one. */
static inline gale_str gale__str(const char *s)
{
    return (gale_str){ s, s ? strlen(s) : 0 };
}

static inline bool gale__str_equal(gale_str a, gale_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* ASCII letters alike in either case; independent of the locale. */
bool gale__str_equal_nocase(gale_str a, gale_str b);

static inline bool gale__str_starts_with(gale_str s, gale_str prefix)
{
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

static inline bool gale__str_ends_with(gale_str s, gale_str suffix)
{
    return s.len >= suffix.len &&
           (suffix.len == 0 || memcmp(s.ptr + s.len - suffix.len, suffix.ptr, suffix.len) == 0);
}

/* Without the first n bytes; n may exceed the length. */
static inline gale_str gale__str_skip(gale_str s, size_t n)
{
    n = n < s.len ? n : s.len;
    return n ? (gale_str){ s.ptr + n, s.len - n } : s;
}

/* The first n bytes; n may exceed the length. */
static inline gale_str gale__str_head(gale_str s, size_t n)
{
    return (gale_str){ s.ptr, n < s.len ? n : s.len };
}

/* The index of the first c, or the length when there is none. */
static inline size_t gale__str_find(gale_str s, char c)
{
    const char *p = s.len ? (const char *)memchr(s.ptr, c, s.len) : NULL;

    return p ? (size_t)(p - s.ptr) : s.len;
}

/* Without spaces and tabs at both ends; the second one takes line ends off too. */
gale_str gale__str_trim(gale_str s);
gale_str gale__str_trim_lines(gale_str s);

/* Takes the part before the next c off *rest and gives it; *rest becomes what follows c.
 * False when *rest has been used up: its ptr is NULL. */
bool gale__str_split(gale_str *rest, char c, gale_str *part);

/* The whole slice as a decimal number: digits with an optional minus sign, nothing else.
 * False when it is not one or does not fit; *out is then untouched. */
bool gale__str_to_int64(gale_str s, int64_t *out);

/* The same without a sign. */
bool gale__str_to_uint64(gale_str s, uint64_t *out);

/* A finite decimal number as C writes them (no hexadecimal, no nan), whatever the locale. */
bool gale__str_to_double(gale_str s, double *out);

static inline char gale__lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* The value of a hexadecimal digit, or -1. */
static inline int gale__hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = gale__lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#endif

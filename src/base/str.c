/* str.c - slices: the functions that are too long to be inline. */
/* SPDX-License-Identifier: MIT */
#include "base/str.h"

#include <math.h>
#include <stdlib.h>

#include "base/number.h"

bool gale__str_equal_nocase(gale_str a, gale_str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (gale__lower(a.ptr[i]) != gale__lower(b.ptr[i]))
            return false;
    return true;
}

static gale_str trim(gale_str s, const char *set)
{
    while (s.len > 0 && s.ptr[0] && strchr(set, s.ptr[0]))
        s = (gale_str){ s.ptr + 1, s.len - 1 };
    while (s.len > 0 && s.ptr[s.len - 1] && strchr(set, s.ptr[s.len - 1]))
        s.len--;
    return s;
}

gale_str gale__str_trim(gale_str s)
{
    return trim(s, " \t");
}

gale_str gale__str_trim_lines(gale_str s)
{
    return trim(s, " \t\r\n");
}

bool gale__str_split(gale_str *rest, char c, gale_str *part)
{
    size_t end = gale__str_find(*rest, c);

    if (!rest->ptr)
        return false;
    *part = (gale_str){ rest->ptr, end };
    *rest = end < rest->len ? (gale_str){ rest->ptr + end + 1, rest->len - end - 1 }
                            : (gale_str){ NULL, 0 };
    return true;
}

bool gale__str_to_uint64(gale_str s, uint64_t *out)
{
    uint64_t value = 0;

    if (s.len == 0)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        unsigned digit = (unsigned char)s.ptr[i] - (unsigned)'0';

        if (digit > 9 || __builtin_mul_overflow(value, (uint64_t)10, &value) ||
            __builtin_add_overflow(value, (uint64_t)digit, &value))
            return false;
    }
    *out = value;
    return true;
}

bool gale__str_to_int64(gale_str s, int64_t *out)
{
    bool is_negative = s.len > 0 && s.ptr[0] == '-';
    uint64_t magnitude;

    if (!gale__str_to_uint64(gale__str_skip(s, is_negative), &magnitude) ||
        magnitude > (uint64_t)INT64_MAX + is_negative)
        return false;
    *out = is_negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}

bool gale__str_to_double(gale_str s, double *out)
{
    char text[64];
    char *end;

    /* strtod would take nan, inf, hexadecimal and leading white space. */
    if (s.len == 0 || s.len >= sizeof(text))
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (!s.ptr[i] || !strchr("0123456789+-.eE", s.ptr[i]))
            return false;
    memcpy(text, s.ptr, s.len);
    text[s.len] = 0;
    double value = strtod_l(text, &end, gale__c_locale());

    if (*end || end == text || !isfinite(value))
        return false;
    *out = value;
    return true;
}

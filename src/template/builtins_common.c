/* builtins_common.c - what methods and builtins share: arguments, results, characters. */
/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "template/builtins.h"

/* --- arguments ---- */

static int as_int(gale_rendering *r, gale_value v, int64_t *out)
{
    if (!gale__is_int(v))
        return gale__raise(r, GALE__TYPE_ERROR, "'%s' object cannot be interpreted as an integer",
                           gale_value_type(v));
    *out = v.u.i;
    return 0;
}

int gale__arg_int(gale_call *call, size_t index, const char *name, int64_t *out)
{
    gale_value v = gale_call_argument(call, index, name);

    return v.kind == GALE_VALUE_UNSET ? 0 : as_int(call->rendering, v, out);
}

int gale__arg_bound(gale_call *call, size_t index, const char *name, int64_t *out)
{
    gale_value v = gale_call_argument(call, index, name);

    if (!gale__is_given(v))
        return 0;
    if (!gale__is_int(v))
        return gale__raise(call->rendering, GALE__TYPE_ERROR,
                           "slice indices must be integers or None or have an __index__ method");
    *out = v.u.i;
    return 0;
}

int gale__to_double(gale_rendering *r, gale_value v, double *out)
{
    if (!gale__is_number(v))
        return gale__raise(r, GALE__TYPE_ERROR, "must be real number, not %s", gale_value_type(v));
    *out = v.kind == GALE_VALUE_FLOAT ? v.u.d : (double)v.u.i;
    return 0;
}

int gale__arg_bool(gale_call *call, size_t index, const char *name, bool *out)
{
    gale_value v = gale_call_argument(call, index, name);
    int truth = v.kind == GALE_VALUE_UNSET ? *out : gale_value_is_true(call->rendering, v);

    if (truth < 0)
        return truth;
    *out = truth;
    return 0;
}

int gale__only_arg(gale_call *call, gale_value *out)
{
    int result = gale_call_check(call, 1, 1, NULL);

    if (result >= 0)
        *out = gale_call_argument(call, 0, NULL);
    return result;
}

int gale__try_attribute(gale_rendering *r, gale_value v, gale_str name, gale_value *out)
{
    int result = gale__op_attribute(r, v, name, out);

    if (result >= 0)
        return 1;
    if (!gale__exception_is(gale__rendering(r)->raised.cls, GALE__ATTRIBUTE_ERROR))
        return result;
    return gale__raise_clear(r);
}

/* --- results ---- */

char *gale__new_text(gale_rendering *r, size_t len, gale_value *out)
{
    char *s = gale_value_alloc(r, len);

    if (!s || gale__text_of(r, out, s, len) < 0)
        return NULL;
    return s;
}

int gale__raise_overflow(gale_rendering *r)
{
    return gale__raise(r, GALE__OVERFLOW_ERROR, "integer is too large: 64 bits");
}

int gale__int_of_double(gale_rendering *r, double d, gale_value *out)
{
    if (isnan(d))
        return gale__raise(r, GALE__VALUE_ERROR, "cannot convert float NaN to integer");
    if (isinf(d))
        return gale__raise(r, GALE__OVERFLOW_ERROR, "cannot convert float infinity to integer");
    if (d >= 9223372036854775808.0 || d < -9223372036854775808.0)
        return gale__raise_overflow(r);
    *out = gale_value_int((int64_t)d);
    return 0;
}

int gale__text_of_buf(gale_rendering *r, struct gale__buf *b, gale_value *out)
{
    int result = b->error;

    if (result == 0)
        result = gale_value_text_n(r, out, b->ptr ? b->ptr : "", b->len);
    else if (result == GALE_ETOOBIG)
        result = gale_value_alloc(r, SIZE_MAX / 8) ? 0 : gale_value_memory_error(r);
    else
        result = gale__raise_code(r, result);
    gale__buf_deinit(b);
    return result;
}

/* --- characters ---- */

size_t gale__next_char(gale_str s, uint32_t *c)
{
    size_t n;

    if ((unsigned char)s.ptr[0] < 0x80) {
        *c = (unsigned char)s.ptr[0];
        return 1;
    }
    n = gale__utf8_decode(s.ptr, s.len, c);
    if (!n)
        *c = 0xfffd;
    return n ? n : 1;
}

size_t gale__last_char(gale_str s, uint32_t *c)
{
    size_t n = 1;

    while (n < 4 && n < s.len && ((unsigned char)s.ptr[s.len - n] & 0xc0) == 0x80)
        n++;
    if (gale__next_char(gale__str_skip(s, s.len - n), c) == n)
        return n;
    *c = 0xfffd;
    return 1;
}

bool gale__is_ascii(gale_str s)
{
    uint64_t bits = 0, word;
    size_t i = 0;

    for (; i + 8 <= s.len; i += 8) {
        memcpy(&word, s.ptr + i, 8);
        bits |= word;
    }
    for (; i < s.len; i++)
        bits |= (unsigned char)s.ptr[i];
    return !(bits & 0x8080808080808080u);
}

const char *gale__find_bytes(gale_str s, gale_str what)
{
    if (what.len > s.len)
        return NULL;
    if (what.len == 1)
        return memchr(s.ptr, what.ptr[0], s.len);
    return memmem(s.ptr, s.len, what.ptr, what.len);
}

int gale__find_last_bytes(gale_rendering *r, gale_str s, gale_str what, const char **out)
{
    size_t compared = 0;
    int result = 0;

    *out = NULL;
    for (size_t i = s.len; i >= what.len && result >= 0; i--) {
        const char *p = s.ptr + i - what.len;

        if (*p != what.ptr[0])
            continue;
        if (memcmp(p, what.ptr, what.len) == 0) {
            *out = p;
            return 0;
        }
        compared += what.len;
        if (compared > 1 << 16) {
            result = gale__work(r, compared);
            compared = 0;
        }
    }
    return result;
}

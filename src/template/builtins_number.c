/* builtins_number.c - builtins on numbers and characters: abs, round, divmod, pow, hex, chr … */
/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/utf8.h"
#include "template/format_spec.h"

static int abs_of(gale_call *call, gale_value *out)
{
    gale_value v;
    int result = gale__only_arg(call, &v);

    if (result < 0)
        return result;
    if (!gale__is_number(v))
        return gale__raise(call->rendering, GALE__TYPE_ERROR, "bad operand type for abs(): '%s'",
                           gale_value_type(v));
    if (v.kind == GALE_VALUE_FLOAT)
        *out = gale_value_float(fabs(v.u.d));
    else if (v.u.i == INT64_MIN)
        return gale__raise_overflow(call->rendering);
    else
        *out = gale_value_int(v.u.i < 0 ? -v.u.i : v.u.i);
    return 0;
}

/* --- round ---- */

/* To the nearest multiple of 10 ** digits, the even one of two. */
static int round_int(gale_rendering *r, int64_t i, int64_t digits, gale_value *out)
{
    uint64_t n = i < 0 ? 0 - (uint64_t)i : (uint64_t)i, unit = 1, rest;

    *out = gale_value_int(i);
    if (digits <= 0)
        return 0;
    if (digits > 19) {
        *out = gale_value_int(0);
        return 0;
    }
    while (digits-- > 0)
        unit *= 10;
    rest = n % unit;
    n -= rest;
    if (rest > unit / 2 || (rest == unit / 2 && (n / unit) % 2))
        if (__builtin_add_overflow(n, unit, &n))
            return gale__raise_overflow(r);
    if (n > (uint64_t)INT64_MAX + (i < 0))
        return gale__raise_overflow(r);
    out->u.i = i < 0 ? (int64_t)(0 - n) : (int64_t)n;
    return 0;
}

/* The exponent of 10 that d has. */
static int exponent_of(double d)
{
    char text[32];
    const char *e;

    snprintf(text, sizeof(text), "%.17e", d);
    for (e = text; *e && *e != 'e'; e++)
        ;
    return *e ? (int)strtol(e + 1, NULL, 10) : 0;
}

/* Whether its digits are more than a 5 and zeros. */
static bool above_half(double d)
{
    char text[400];

    snprintf(text, sizeof(text), "%.310e", fabs(d));
    return text[0] > '5' || (text[0] == '5' && strspn(text + 2, "0") < 310);
}

/* By way of decimal digits, which printf rounds exactly. */
static double round_double(double d, int digits)
{
    char text[400];
    int shown = exponent_of(d) + 1 + digits; /* significant digits that stay */

    if (d == 0 || digits > 323 || shown > 17 + 1)
        return d;
    if (shown < 0)
        return copysign(0, d);
    if (digits >= 0)
        snprintf(text, sizeof(text), "%.*f", digits, d);
    else if (shown == 0)
        snprintf(text, sizeof(text), "%de%d", above_half(d), -digits);
    else
        snprintf(text, sizeof(text), "%.*e", shown - 1, d);
    return copysign(strtod(text, NULL), d);
}

static int round_value(gale_rendering *r, gale_value v, gale_value digits, gale_value *out)
{
    int64_t n = gale__is_given(digits) ? digits.u.i : 0;
    double d = v.u.d;

    if (v.kind != GALE_VALUE_FLOAT)
        return round_int(r, v.u.i, n == INT64_MIN ? INT64_MAX : -n, out);
    if (!gale__is_given(digits))
        return gale__int_of_double(r, rint(d), out);
    if (isfinite(d) && n < 400)
        d = n < -400 ? copysign(0, d) : round_double(d, (int)n);
    if (isinf(d) && isfinite(v.u.d))
        return gale__raise(r, GALE__OVERFLOW_ERROR, "rounded value too large to represent");
    *out = gale_value_float(d);
    return 0;
}

static int round_of(gale_call *call, gale_value *out)
{
    static const char *const names[] = { "number", "ndigits", NULL };
    gale_value v, digits;
    int result = gale_call_check(call, 1, 2, names);

    if (result < 0)
        return result;
    v = gale_call_argument(call, 0, "number");
    digits = gale_call_argument(call, 1, "ndigits");
    if (!gale__is_number(v))
        return gale__raise(call->rendering, GALE__TYPE_ERROR,
                           "type %s doesn't define __round__ method", gale_value_type(v));
    if (gale__is_given(digits) && !gale__is_int(digits))
        return gale__raise(call->rendering, GALE__TYPE_ERROR,
                           "'%s' object cannot be interpreted as an integer",
                           gale_value_type(digits));
    return round_value(call->rendering, v, digits, out);
}

/* --- divmod, pow ---- */

static int divmod(gale_call *call, gale_value *out)
{
    gale_value two[2];
    int result = gale_call_check(call, 2, 2, NULL);

    if (result < 0)
        return result;
    if (!gale__is_number(call->args[0]) || !gale__is_number(call->args[1]))
        return gale__raise_operands(call->rendering, "divmod()", call->args[0], call->args[1]);
    result = gale__op_binary(call->rendering, GALE__FLOORDIV, call->args[0], call->args[1],
                             &two[0]);
    if (result >= 0)
        result = gale__op_binary(call->rendering, GALE__MOD, call->args[0], call->args[1], &two[1]);
    return result < 0 ? result : gale_value_tuple(call->rendering, out, two, 2);
}

static uint64_t mul_mod(uint64_t a, uint64_t b, uint64_t m)
{
    uint64_t product = 0;

    for (a %= m; b; b >>= 1) {
        if (b & 1)
            product = product >= m - a ? product - (m - a) : product + a;
        a = a >= m - a ? a - (m - a) : a + a;
    }
    return product;
}

/* The number that a, below m, is to be multiplied with for 1 modulo m; 0: none, or m is 1. */
static uint64_t inverse_mod(uint64_t a, uint64_t m)
{
    uint64_t before = m, rest = a, x_before = 0, x = 1; /* x * a is rest, modulo m */

    while (rest > 1) {
        uint64_t times = before / rest, next = before % rest;
        uint64_t minus = mul_mod(x, times, m);
        uint64_t x_next = x_before >= minus ? x_before - minus : x_before + (m - minus);

        before = rest;
        rest = next;
        x_before = x;
        x = x_next;
    }
    return rest == 1 ? x % m : 0;
}

static int pow_mod(gale_rendering *r, int64_t base, int64_t exponent, int64_t modulus,
                   gale_value *out)
{
    uint64_t m = modulus < 0 ? 0 - (uint64_t)modulus : (uint64_t)modulus, b, n = 1;
    uint64_t times = exponent < 0 ? 0 - (uint64_t)exponent : (uint64_t)exponent;

    if (!modulus)
        return gale__raise(r, GALE__VALUE_ERROR, "pow() 3rd argument cannot be 0");
    b = (base < 0 ? 0 - (uint64_t)base : (uint64_t)base) % m;
    if (base < 0 && b)
        b = m - b;
    if (exponent < 0 && m > 1 && !(b = inverse_mod(b, m)))
        return gale__raise(r, GALE__VALUE_ERROR, "base is not invertible for the given modulus");
    for (n %= m; times; times >>= 1) {
        if (times & 1)
            n = mul_mod(n, b, m);
        b = mul_mod(b, b, m);
    }
    *out = gale_value_int(modulus < 0 && n ? (int64_t)(n - m) : (int64_t)n);
    return 0;
}

static int pow_of(gale_call *call, gale_value *out)
{
    static const char *const names[] = { "base", "exp", "mod", NULL };
    gale_value base, exponent, modulus;
    int result = gale_call_check(call, 2, 3, names);

    if (result < 0)
        return result;
    base = gale_call_argument(call, 0, "base");
    exponent = gale_call_argument(call, 1, "exp");
    modulus = gale_call_argument(call, 2, "mod");
    if (!gale__is_given(modulus))
        return gale__op_binary(call->rendering, GALE__POW, base, exponent, out);
    if (!gale__is_int(base) || !gale__is_int(exponent) || !gale__is_int(modulus))
        return gale__raise(call->rendering, GALE__TYPE_ERROR,
                           "pow() 3rd argument not allowed unless all arguments are integers");
    return pow_mod(call->rendering, base.u.i, exponent.u.i, modulus.u.i, out);
}

/* --- hex, oct, bin ---- */

static int with_prefix(gale_call *call, char type, gale_value *out)
{
    struct gale__format_spec f = { .type = type, .width = -1, .precision = -1, .alternate = true };
    gale_value v;
    int result = gale__only_arg(call, &v);

    if (result < 0)
        return result;
    if (!gale__is_int(v))
        return gale__raise(call->rendering, GALE__TYPE_ERROR,
                           "'%s' object cannot be interpreted as an integer", gale_value_type(v));
    return gale__format_int(call->rendering, &f, v, out);
}

static int hex(gale_call *call, gale_value *out)
{
    return with_prefix(call, 'x', out);
}

static int oct(gale_call *call, gale_value *out)
{
    return with_prefix(call, 'o', out);
}

static int bin(gale_call *call, gale_value *out)
{
    return with_prefix(call, 'b', out);
}

/* --- chr, ord ---- */

static int chr(gale_call *call, gale_value *out)
{
    char bytes[4];
    int64_t c = 0;
    int result = gale_call_check(call, 1, 1, NULL);

    if (result >= 0)
        result = gale__arg_int(call, 0, NULL, &c);
    if (result < 0)
        return result;
    if (c < 0 || c > 0x10ffff)
        return gale__raise(call->rendering, GALE__VALUE_ERROR, "chr() arg not in range(0x110000)");
    if (c >= 0xd800 && c < 0xe000)
        return gale__raise(call->rendering, GALE__VALUE_ERROR, "chr() arg is half of a character");
    return gale_value_text_n(call->rendering, out, bytes, gale__utf8_encode((uint32_t)c, bytes));
}

static int ord(gale_call *call, gale_value *out)
{
    gale_value v;
    uint32_t c = 0;
    size_t n = 0;
    int result = gale__only_arg(call, &v);

    if (result < 0)
        return result;
    if (v.kind != GALE_VALUE_TEXT && v.kind != GALE_VALUE_BYTES)
        return gale__raise(call->rendering, GALE__TYPE_ERROR,
                           "ord() expected string of length 1, but %s found", gale_value_type(v));
    if (v.len && v.kind == GALE_VALUE_BYTES) {
        c = (unsigned char)v.u.s[0];
        n = 1;
    } else if (v.len) {
        n = gale__next_char(gale__value_slice(v), &c);
    }
    if (n != v.len || !n)
        return gale__raise(call->rendering, GALE__TYPE_ERROR,
                           "ord() expected a character, but string of length %zu found",
                           gale__text_length(v));
    *out = gale_value_int(c);
    return 0;
}

const gale_name gale__number_builtins[] = {
    { .name = "abs", .function = abs_of },     { .name = "bin", .function = bin },
    { .name = "chr", .function = chr },        { .name = "divmod", .function = divmod },
    { .name = "hex", .function = hex },        { .name = "oct", .function = oct },
    { .name = "ord", .function = ord },        { .name = "pow", .function = pow_of },
    { .name = "round", .function = round_of }, { 0 },
};

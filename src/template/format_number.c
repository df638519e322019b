/* format_number.c - ints and floats by a format specification, and format() of all values. */
/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/utf8.h"
#include "template/format_spec.h"

/* A double has no more digits than that; what is asked for beyond them are zeros. */
enum { MOST_DIGITS = 1100, MOST_WHOLE = 320, PRECISION = 6 };

/* --- doubles ---- */

/* snprintf with a point for a point. */
static size_t print_double(char *out, size_t size, const char *format, int precision, double value)
{
    locale_t before = uselocale(gale__c_locale());
    int n = snprintf(out, size, format, precision, value);

    uselocale(before);
    return n > 0 ? (size_t)n : 0;
}

/* Zeros at the end of the digits, before an exponent. */
static size_t add_zeros(char *s, size_t len, size_t zeros)
{
    char *e = memchr(s, 'e', len);
    size_t at = e ? (size_t)(e - s) : len;

    memmove(s + at + zeros, s + at, len - at);
    memset(s + at, '0', zeros);
    return len + zeros;
}

/* A point, where the alternate form has to have one. */
static size_t add_point(char *s, size_t len)
{
    char *e = memchr(s, 'e', len);
    size_t at = e ? (size_t)(e - s) : len;

    if (memchr(s, '.', len))
        return len;
    memmove(s + at + 1, s + at, len - at);
    s[at] = '.';
    return len + 1;
}

static size_t strip_zeros(char *s, size_t len)
{
    char *e = memchr(s, 'e', len);
    size_t end = e ? (size_t)(e - s) : len, at = end;

    if (!memchr(s, '.', end))
        return len;
    while (s[at - 1] == '0')
        at--;
    at -= s[at - 1] == '.';
    memmove(s + at, s + end, len - end);
    return len - (end - at);
}

/* What an empty type with a precision is: g, but with one digit less before it takes an exponent,
 * and with ".0" where there is no point. */
static size_t print_like_repr(char *s, size_t size, double value, int precision, bool alternate)
{
    size_t len = print_double(s, size, "%.*e", precision - 1, value);
    const char *e = memchr(s, 'e', len);

    if (e && strtol(e + 1, NULL, 10) == precision - 1) {
        if (!alternate)
            len = strip_zeros(s, len);
        return alternate ? add_point(s, len) : len;
    }
    len = print_double(s, size, alternate ? "%#.*g" : "%.*g", precision, value);
    if (!memchr(s, '.', len) && !memchr(s, 'e', len)) {
        memcpy(s + len, ".0", 2);
        len += 2;
    } else if (len && s[len - 1] == '.') {
        s[len++] = '0';
    }
    return len;
}

static size_t print_finite(char *s, size_t size, double value, char type, int precision,
                           bool alternate)
{
    switch (type) {
    case 'e':
        return print_double(s, size, alternate ? "%#.*e" : "%.*e", precision, value);
    case 'f':
        return print_double(s, size, alternate ? "%#.*f" : "%.*f", precision, value);
    case 'g':
        return print_double(s, size, alternate ? "%#.*g" : "%.*g", precision, value);
    default:
        return print_like_repr(s, size, value, precision ? precision : 1, alternate);
    }
}

static void make_upper(char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (s[i] >= 'a' && s[i] <= 'z')
            s[i] = (char)(s[i] - 'a' + 'A');
}

/* As the shortest text that reads back. */
static int format_repr(gale_rendering *r, double value, bool alternate, gale_str *out)
{
    char *s = gale_value_alloc(r, GALE__DOUBLE_TEXT + 1);

    if (!s)
        return gale_value_memory_error(r);
    out->ptr = s;
    out->len = gale__double_format(value, s);
    if (alternate)
        out->len = add_point(s, out->len);
    return 0;
}

static int format_finite(gale_rendering *r, double value, char type, int64_t precision,
                         bool alternate, gale_str *out)
{
    int digits = precision > MOST_DIGITS ? MOST_DIGITS : (int)precision;
    bool keeps_zeros = type == 'e' || type == 'f' || alternate;
    size_t zeros = keeps_zeros ? (size_t)(precision - digits) : 0;
    size_t room = (size_t)digits + MOST_WHOLE + 16;
    char *s = gale_value_alloc(r, room + zeros);

    if (!s)
        return gale_value_memory_error(r);
    out->ptr = s;
    out->len = print_finite(s, room, value, type, digits, alternate);
    if (zeros)
        out->len = add_zeros(s, out->len, zeros);
    return 0;
}

int gale__format_double(gale_rendering *r, double value, char type, int64_t precision,
                        bool alternate, gale_str *out)
{
    bool is_upper = type == 'E' || type == 'F' || type == 'G';
    char lower = is_upper ? (char)(type | 0x20) : type;
    int result = 0;

    value = fabs(value);
    if (precision > INT32_MAX)
        return gale__raise(r, GALE__VALUE_ERROR, "precision too big");
    if (isnan(value) || isinf(value)) {
        const char *upper = isnan(value) ? "NAN" : "INF", *plain = isnan(value) ? "nan" : "inf";

        *out = (gale_str){ is_upper ? upper : plain, 3 };
        return 0;
    }
    if (precision < 0 && type == 'r')
        return format_repr(r, value, alternate, out);
    result = format_finite(r, value, lower, precision < 0 ? PRECISION : precision, alternate, out);
    if (result >= 0 && is_upper)
        make_upper((char *)(uintptr_t)out->ptr, out->len);
    return result;
}

static bool has_digit_but_zero(gale_str s)
{
    for (size_t i = 0; i < s.len && s.ptr[i] != 'e' && s.ptr[i] != 'E'; i++)
        if (s.ptr[i] >= '1' && s.ptr[i] <= '9')
            return true;
    return false;
}

static gale_str leading_digits(gale_str s)
{
    size_t n = 0;

    while (n < s.len && s.ptr[n] >= '0' && s.ptr[n] <= '9')
        n++;
    return gale__str_head(s, n);
}

static int with_percent(gale_rendering *r, gale_str *s)
{
    char *copy = gale_value_alloc(r, s->len + 1);

    if (!copy)
        return gale_value_memory_error(r);
    memcpy(copy, s->ptr, s->len);
    copy[s->len] = '%';
    *s = (gale_str){ copy, s->len + 1 };
    return 0;
}

int gale__format_float(gale_rendering *r, const struct gale__format_spec *spec, gale_value v,
                       gale_value *out)
{
    struct gale__number_text n = { 0 };
    double value = v.kind == GALE_VALUE_FLOAT ? v.u.d : (double)v.u.i;
    char type = spec->type == '%' ? 'f' : spec->type == 'n' ? 'g' : spec->type ? spec->type : 'r';
    bool is_percent = spec->type == '%';
    gale_str text;
    int result;

    if (!strchr("eEfFgGr", type) || (spec->type && type == 'r'))
        return gale__format_bad_type(r, spec, v);
    if (is_percent)
        value *= 100;
    result = gale__format_double(r, value, type, spec->precision, spec->alternate, &text);
    if (result >= 0 && is_percent)
        result = with_percent(r, &text);
    if (result < 0)
        return result;

    n.sign = signbit(value) && !isnan(value) ? '-' : 0;
    if (spec->no_minus_zero && isfinite(value) && !has_digit_but_zero(text))
        n.sign = 0;
    n.digits = leading_digits(text);
    n.rest = gale__str_skip(text, n.digits.len);
    return gale__format_number_text(r, spec, &n, out);
}

/* --- ints ---- */

char *gale__int_digits(uint64_t value, unsigned base, bool is_upper, char *end)
{
    const char *digits = is_upper ? "0123456789ABCDEF" : "0123456789abcdef";

    do {
        *--end = digits[value % base];
        value /= base;
    } while (value);
    return end;
}

static int format_char(gale_rendering *r, const struct gale__format_spec *spec, gale_value v,
                       gale_value *out)
{
    struct gale__number_text n = { 0 };
    char bytes[4];

    if (spec->sign)
        return gale__raise(r, GALE__VALUE_ERROR,
                           "Sign not allowed with integer format specifier 'c'");
    if (spec->alternate)
        return gale__raise(r, GALE__VALUE_ERROR,
                           "Alternate form (#) not allowed with integer format specifier 'c'");
    if (v.u.i < 0 || v.u.i > 0x10ffff)
        return gale__raise(r, GALE__OVERFLOW_ERROR, "%%c arg not in range(0x110000)");
    n.rest = (gale_str){ bytes, gale__utf8_encode((uint32_t)v.u.i, bytes) };
    if (n.rest.len > 1 && spec->width > 0) { /* it counts as one */
        struct gale__format_spec one = *spec;

        one.width += (int64_t)n.rest.len - 1;
        return gale__format_number_text(r, &one, &n, out);
    }
    return gale__format_number_text(r, spec, &n, out);
}

static unsigned base_of(char type)
{
    return type == 'b' ? 2 : type == 'o' ? 8 : type == 'x' || type == 'X' ? 16 : 10;
}

int gale__format_int(gale_rendering *r, const struct gale__format_spec *spec, gale_value v,
                     gale_value *out)
{
    unsigned base = base_of(spec->type);
    uint64_t value = v.u.i < 0 ? 0 - (uint64_t)v.u.i : (uint64_t)v.u.i;
    char digits[64], prefix[2] = { '0', spec->type }, *start;
    struct gale__number_text n = { .sign = v.u.i < 0 ? '-' : 0 };

    if (spec->precision >= 0)
        return gale__raise(r, GALE__VALUE_ERROR,
                           "Precision not allowed in integer format specifier");
    if (spec->no_minus_zero)
        return gale__raise(r, GALE__VALUE_ERROR,
                           "Negative zero coercion (z) not allowed in integer format specifier");
    if (spec->type == 'c')
        return format_char(r, spec, v, out);
    start = gale__int_digits(value, base, spec->type == 'X', digits + sizeof(digits));
    n.digits = (gale_str){ start, (size_t)(digits + sizeof(digits) - start) };
    if (spec->alternate && base != 10)
        n.prefix = (gale_str){ prefix, 2 };
    return gale__format_number_text(r, spec, &n, out);
}

/* --- texts and the others ---- */

int gale__format_ascii(gale_rendering *r, gale_str s, gale_value *out)
{
    struct gale__text_builder b = { .r = r };

    while (s.len) {
        uint32_t c;
        size_t n = gale__next_char(s, &c);

        if (c < 0x80)
            gale__text_add(&b, s.ptr, n);
        else
            gale__text_printf(&b, c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
        s = gale__str_skip(s, n);
    }
    return gale__text_finish(&b, out);
}

static int format_text(gale_rendering *r, const struct gale__format_spec *spec, gale_value v,
                       gale_value *out)
{
    const char *what = spec->sign == ' '     ? "Space"
                       : spec->sign          ? "Sign"
                       : spec->no_minus_zero ? "Negative zero coercion (z)"
                       : spec->alternate     ? "Alternate form (#)"
                       : spec->align == '='  ? "'=' alignment"
                                             : NULL;

    if (spec->type && spec->type != 's')
        return gale__format_bad_type(r, spec, v);
    if (what)
        return gale__raise(r, GALE__VALUE_ERROR, "%s not allowed in string format specifier", what);
    if (spec->precision >= 0 && (uint64_t)spec->precision < v.len) {
        size_t length = gale__text_length(v);

        if ((uint64_t)spec->precision < length)
            v = gale__text_part(v, 0, (size_t)spec->precision);
    }
    return gale__format_pad(r, spec, v, '<', out);
}

static int format_number(gale_rendering *r, const struct gale__format_spec *spec, gale_value v,
                         gale_value *out)
{
    if (v.kind == GALE_VALUE_FLOAT || (spec->type && strchr("eEfFgG%", spec->type)))
        return gale__format_float(r, spec, v, out);
    if (spec->type && !strchr("bcdnoxX", spec->type))
        return gale__format_bad_type(r, spec, v);
    return gale__format_int(r, spec, v, out);
}

static int format_object(gale_rendering *r, gale_value v, gale_str spec, gale_value *out)
{
    const struct gale__object_value *o = v.u.p;
    gale_value text = { 0 };
    int code = gale__host_begin(r);

    if (code == 0)
        code = gale__host_end(r, o->cls->format(r, o->object, spec, &text));
    code = gale__host_result(r, code);
    if (code < 0)
        return code;
    if (!gale__is_text(text))
        return gale__raise(r, GALE__TYPE_ERROR, "format of '%s' gave no text", gale_value_type(v));
    *out = text;
    return 0;
}

/* str(v), as a text. */
static int to_text(gale_rendering *r, gale_value v, gale_value *out)
{
    struct gale__text_builder b = { .r = r };

    if (gale__is_text(v)) {
        *out = v;
        return 0;
    }
    gale__text_add_value(&b, v);
    return gale__text_finish(&b, out);
}

int gale__format_value(gale_rendering *r, gale_value v, gale_str spec, gale_value *out)
{
    struct gale__format_spec f;
    int result;

    if (v.kind == GALE_VALUE_OBJECT && ((struct gale__object_value *)v.u.p)->cls->format)
        return format_object(r, v, spec, out);
    if (!spec.len && v.kind != GALE_VALUE_BYTES)
        return to_text(r, v, out);
    if (!gale__is_number(v) && !gale__is_text(v)) {
        gale_str text;

        if (spec.len)
            return gale__raise(r, GALE__TYPE_ERROR,
                               "unsupported format string passed to %s.__format__",
                               gale_value_type(v));
        result = gale__value_repr(r, v, &text);
        return result < 0 ? result : gale__text_of(r, out, text.ptr, text.len);
    }
    result = gale__format_spec_read(r, spec, gale__is_number(v), &f);
    if (result < 0)
        return result;
    return gale__is_text(v) ? format_text(r, &f, v, out) : format_number(r, &f, v, out);
}

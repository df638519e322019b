/* builtins_type.c - the types as functions: int("7"), list(x), dict(a=1) … */
/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/unicode.h"
#include "template/builtins.h"

/* --- numbers out of texts ---- */

/* A text without spaces around it. */
static gale_str trimmed(gale_str s)
{
    uint32_t c;
    size_t n;

    while (s.len) {
        n = gale__next_char(s, &c);
        if (!(gale__unicode_kinds(c) & GALE__IS_SPACE))
            break;
        s = gale__str_skip(s, n);
    }
    while (s.len) {
        n = gale__last_char(s, &c);
        if (!(gale__unicode_kinds(c) & GALE__IS_SPACE))
            break;
        s.len -= n;
    }
    return s;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = gale__lower(c);
    return c >= 'a' && c <= 'z' ? c - 'a' + 10 : 99;
}

/* The base that a prefix says, which is taken off. */
static unsigned take_prefix(gale_str *s, unsigned base)
{
    char c = s->len > 1 && s->ptr[0] == '0' ? gale__lower(s->ptr[1]) : 0;
    unsigned said = c == 'x' ? 16 : c == 'o' ? 8 : c == 'b' ? 2 : 0;

    if (said && (base == 0 || base == said)) {
        *s = gale__str_skip(*s, 2);
        if (s->len && s->ptr[0] == '_')
            *s = gale__str_skip(*s, 1);
        return said;
    }
    return base ? base : 10;
}

enum { FINE, BAD, TOO_LARGE };

/* Digits with single underscores between them. */
static int read_digits(gale_str s, unsigned base, uint64_t *out)
{
    uint64_t n = 0;
    bool was_digit = false, is_large = false;

    for (size_t i = 0; i < s.len; i++) {
        int d = digit_of(s.ptr[i]);

        if (s.ptr[i] == '_' && was_digit) {
            was_digit = false;
            continue;
        }
        if (d >= (int)base)
            return BAD;
        was_digit = true;
        is_large |= __builtin_mul_overflow(n, (uint64_t)base, &n) ||
                    __builtin_add_overflow(n, (uint64_t)d, &n);
    }
    *out = n;
    return !was_digit ? BAD : is_large ? TOO_LARGE : FINE;
}

static int bad_literal(gale_rendering *r, gale_value v, unsigned base)
{
    gale_str text;
    int result = gale__value_repr(r, v, &text);

    if (result < 0)
        return result;
    return gale__raise(r, GALE__VALUE_ERROR, "invalid literal for int() with base %u: %.*s", base,
                       (int)(text.len > 200 ? 200 : text.len), text.ptr);
}

static int int_of_text(gale_rendering *r, gale_value v, unsigned base, gale_value *out)
{
    gale_str s = trimmed(gale__value_slice(v));
    bool is_negative = s.len && s.ptr[0] == '-';
    uint64_t n = 0;
    unsigned given = base;
    bool has_zero;
    int how;

    if (s.len && (s.ptr[0] == '-' || s.ptr[0] == '+'))
        s = gale__str_skip(s, 1);
    has_zero = base == 0 && s.len > 1 && s.ptr[0] == '0' && strchr("0123456789_", s.ptr[1]);
    base = take_prefix(&s, base);
    how = read_digits(s, base, &n);
    if (how == BAD || (has_zero && n))
        return bad_literal(r, v, given);
    if (how == TOO_LARGE || n > (uint64_t)INT64_MAX + is_negative)
        return gale__raise_overflow(r);
    *out = gale_value_int(is_negative ? (int64_t)(0 - n) : (int64_t)n);
    return 0;
}

static bool is_textual(gale_value v)
{
    return v.kind == GALE_VALUE_TEXT || v.kind == GALE_VALUE_BYTES;
}

static int int_with_base(gale_call *call, gale_value v, gale_value *out)
{
    int64_t base = 10;
    int result = gale__arg_int(call, 1, "base", &base);

    if (result < 0)
        return result;
    if (!is_textual(v))
        return gale__raise(call->rendering, GALE__TYPE_ERROR,
                           "int() can't convert non-string with explicit base");
    if (base < 0 || base == 1 || base > 36)
        return gale__raise(call->rendering, GALE__VALUE_ERROR,
                           "int() base must be >= 2 and <= 36, or 0");
    return int_of_text(call->rendering, v, (unsigned)base, out);
}

static int make_int(gale_call *call, gale_value *out)
{
    static const char *const names[] = { "x", "base", NULL };
    gale_value v;
    int result = gale_call_check(call, 0, 2, names);

    if (result < 0)
        return result;
    v = gale_call_argument(call, 0, "x");
    *out = gale_value_int(0);
    result = is_textual(v) ? gale__work(call->rendering, v.len) : 0;
    if (result < 0 || v.kind == GALE_VALUE_UNSET)
        return result;
    if (gale_call_argument(call, 1, "base").kind != GALE_VALUE_UNSET)
        return int_with_base(call, v, out);
    if (is_textual(v))
        return int_of_text(call->rendering, v, 10, out);
    if (v.kind == GALE_VALUE_FLOAT)
        return gale__int_of_double(call->rendering, v.u.d, out);
    if (!gale__is_int(v))
        return gale__raise(call->rendering, GALE__TYPE_ERROR,
                           "int() argument must be a string, a bytes-like object or a real "
                           "number, not '%s'",
                           gale_value_type(v));
    *out = gale_value_int(v.u.i);
    return 0;
}

/* --- float ---- */

static bool named_double(gale_str s, double *out)
{
    bool is_negative = s.len && s.ptr[0] == '-';

    if (s.len && (s.ptr[0] == '-' || s.ptr[0] == '+'))
        s = gale__str_skip(s, 1);
    if (gale__str_equal_nocase(s, GALE__STR("nan")))
        *out = __builtin_nan("");
    else if (gale__str_equal_nocase(s, GALE__STR("inf")) ||
             gale__str_equal_nocase(s, GALE__STR("infinity")))
        *out = is_negative ? -__builtin_inf() : __builtin_inf();
    else
        return false;
    return true;
}

/* Copies what may be in a number, without underscores, which must be between digits. */
static bool copy_number(gale_str s, char *out)
{
    for (size_t i = 0; i < s.len; i++) {
        bool is_inside = i > 0 && i + 1 < s.len && digit_of(s.ptr[i - 1]) < 10 &&
                         digit_of(s.ptr[i + 1]) < 10;

        if (!s.ptr[i] || !strchr("0123456789+-.eE_", s.ptr[i]) || (s.ptr[i] == '_' && !is_inside))
            return false;
        if (s.ptr[i] != '_')
            *out++ = s.ptr[i];
    }
    *out = 0;
    return s.len > 0;
}

/* 1, 0 when it is no number, or negative. */
static int read_double(gale_rendering *r, gale_str s, double *out)
{
    char *copy, *end;

    if (named_double(s, out))
        return 1;
    copy = gale_value_alloc(r, s.len + 1);
    if (!copy)
        return gale_value_memory_error(r);
    if (!copy_number(s, copy))
        return 0;
    *out = strtod_l(copy, &end, gale__c_locale());
    return end != copy && !*end;
}

static int float_of_text(gale_rendering *r, gale_value v, gale_value *out)
{
    gale_str text;
    double d = 0;
    int result = gale__work(r, (size_t)v.len * 4);

    if (result >= 0)
        result = read_double(r, trimmed(gale__value_slice(v)), &d);
    if (result < 0)
        return result;
    if (result > 0) {
        *out = gale_value_float(d);
        return 0;
    }
    result = gale__value_repr(r, v, &text);
    if (result < 0)
        return result;
    return gale__raise(r, GALE__VALUE_ERROR, "could not convert string to float: %.*s",
                       (int)(text.len > 200 ? 200 : text.len), text.ptr);
}

static int make_float(gale_call *call, gale_value *out)
{
    gale_value v;
    int result = gale_call_check(call, 0, 1, NULL);

    if (result < 0)
        return result;
    v = gale_call_argument(call, 0, NULL);
    *out = gale_value_float(0);
    if (v.kind == GALE_VALUE_UNSET)
        return 0;
    if (is_textual(v))
        return float_of_text(call->rendering, v, out);
    if (!gale__is_number(v))
        return gale__raise(call->rendering, GALE__TYPE_ERROR,
                           "float() argument must be a string or a real number, not '%s'",
                           gale_value_type(v));
    return gale__to_double(call->rendering, v, &out->u.d);
}

static int make_bool(gale_call *call, gale_value *out)
{
    int result = gale_call_check(call, 0, 1, NULL);

    if (result >= 0)
        result = gale_value_is_true(call->rendering, gale_call_argument(call, 0, NULL));
    *out = gale_value_bool(result > 0);
    return result < 0 ? result : 0;
}

/* --- texts ---- */

static int make_str(gale_call *call, gale_value *out)
{
    static const char *const names[] = { "object", "encoding", "errors", NULL };
    struct gale__text_builder b = { .r = call->rendering };
    gale_value v;
    int result = gale_call_check(call, 0, 3, names);

    if (result < 0)
        return result;
    v = gale_call_argument(call, 0, "object");
    *out = gale_value_borrowed_text("", 0);
    if (v.kind == GALE_VALUE_UNSET)
        return 0;
    if (call->n_args > 1 || gale_call_argument(call, 1, "encoding").kind != GALE_VALUE_UNSET) {
        if (v.kind == GALE_VALUE_BYTES)
            return gale__decode_arguments(call, 1, v, out);
        return gale__raise(call->rendering, GALE__TYPE_ERROR,
                           v.kind == GALE_VALUE_TEXT
                               ? "decoding str is not supported"
                               : "decoding to str: need a bytes-like object, %s found",
                           gale_value_type(v));
    }
    *out = v;
    if (v.kind == GALE_VALUE_TEXT)
        return 0;
    gale__text_add_value(&b, v);
    return gale__text_finish(&b, out);
}

static int bytes_of_items(gale_rendering *r, gale_value v, gale_value *out)
{
    const gale_value *items;
    uint32_t n;
    char *p;
    int result = gale__items_of(r, v, &items, &n);

    if (result < 0)
        return result;
    p = gale__new_text(r, n, out);
    if (!p)
        return gale_value_memory_error(r);
    for (uint32_t i = 0; i < n; i++) {
        if (!gale__is_int(items[i]))
            return gale__raise(r, GALE__TYPE_ERROR,
                               "'%s' object cannot be interpreted as an integer",
                               gale_value_type(items[i]));
        if (items[i].u.i < 0 || items[i].u.i > 255)
            return gale__raise(r, GALE__VALUE_ERROR, "bytes must be in range(0, 256)");
        p[i] = (char)items[i].u.i;
    }
    return 0;
}

static int bytes_of_count(gale_rendering *r, int64_t n, gale_value *out)
{
    char *p;

    if (n < 0)
        return gale__raise(r, GALE__VALUE_ERROR, "negative count");
    p = gale__new_text(r, (size_t)n, out);
    if (!p)
        return gale_value_memory_error(r);
    memset(p, 0, (size_t)n);
    return 0;
}

/* The arguments of bytes(text, encoding) as those of text.encode(encoding). */
static int bytes_of_text(gale_call *call, gale_value v, gale_value *out)
{
    gale_call encode = *call;

    if (gale_call_argument(call, 1, "encoding").kind == GALE_VALUE_UNSET)
        return gale__raise(call->rendering, GALE__TYPE_ERROR,
                           "string argument without an encoding");
    encode.self = v;
    if (encode.n_args) {
        encode.args++;
        encode.n_args--;
    }
    return gale__encode_method(&encode, out);
}

static int make_bytes(gale_call *call, gale_value *out)
{
    static const char *const names[] = { "source", "encoding", "errors", NULL };
    gale_rendering *r = call->rendering;
    gale_value v;
    int result = gale_call_check(call, 0, 3, names);

    if (result < 0)
        return result;
    v = gale_call_argument(call, 0, "source");
    if (v.kind == GALE_VALUE_TEXT)
        return bytes_of_text(call, v, out);
    *out = gale_value_borrowed_text("", 0);
    if (v.kind == GALE_VALUE_BYTES)
        *out = v;
    else if (gale__is_int(v))
        result = bytes_of_count(r, v.u.i, out);
    else if (v.kind != GALE_VALUE_UNSET)
        result = bytes_of_items(r, v, out);
    out->kind = GALE_VALUE_BYTES;
    return result;
}

/* --- containers ---- */

static int make_list(gale_call *call, gale_value *out)
{
    gale_value v;
    int result = gale_call_check(call, 0, 1, NULL);

    if (result < 0)
        return result;
    v = gale_call_argument(call, 0, NULL);
    if (v.kind == GALE_VALUE_UNSET)
        return gale__list_new(call->rendering, 0, out);
    return gale__list_from(call->rendering, v, out);
}

static int make_tuple(gale_call *call, gale_value *out)
{
    gale_value v = { 0 };

    if (call->n_args == 1 && !call->n_keywords)
        v = call->args[0];
    if (v.kind == GALE_VALUE_TUPLE) {
        *out = v;
        return 0;
    }
    int result = make_list(call, out);

    if (result >= 0)
        out->kind = GALE_VALUE_TUPLE;
    return result;
}

static int make_dict(gale_call *call, gale_value *out)
{
    int result = gale__dict_new(call->rendering, out);

    return result < 0 ? result : gale__dict_update_arguments(call, gale__dict(*out));
}

static int make_range(gale_call *call, gale_value *out)
{
    struct gale__range_value *g;
    int64_t a = 0, b = 0, step = 1;
    int result = gale_call_check(call, 1, 3, NULL);

    if (result >= 0)
        result = gale__arg_int(call, 0, NULL, &a);
    if (result >= 0)
        result = gale__arg_int(call, 1, NULL, &b);
    if (result >= 0)
        result = gale__arg_int(call, 2, NULL, &step);
    if (result < 0)
        return result;
    if (!step)
        return gale__raise(call->rendering, GALE__VALUE_ERROR, "range() arg 3 must not be zero");
    g = gale_value_alloc(call->rendering, sizeof(*g));
    if (!g)
        return gale_value_memory_error(call->rendering);
    *g = (struct gale__range_value){ a, b, step };
    if (call->n_args == 1)
        *g = (struct gale__range_value){ 0, a, 1 };
    *out = (gale_value){ .kind = GALE_VALUE_RANGE, .u.p = g };
    return 0;
}

/* --- classes ---- */

static int type_of(gale_call *call, gale_value *out)
{
    gale_value v;
    int result = gale__only_arg(call, &v);

    return result < 0 ? result : gale__class_of(call->rendering, v, out);
}

static int cannot_make(gale_call *call, gale_value *out)
{
    (void)out;
    return gale__raise(call->rendering, GALE__TYPE_ERROR, "cannot create '%s' instances",
                       call->name);
}

/* A type whose name is none of the language. */
#define HIDDEN(type)                                                                               \
    {                                                                                              \
        .name = type, .function = cannot_make, .data = (void *)&hidden                             \
    }
static const char hidden;

const gale_name gale__type_builtins[] = {
    { .name = "bool", .function = make_bool },
    { .name = "bytes", .function = make_bytes },
    { .name = "dict", .function = make_dict },
    { .name = "float", .function = make_float },
    { .name = "int", .function = make_int },
    { .name = "list", .function = make_list },
    { .name = "range", .function = make_range },
    { .name = "str", .function = make_str },
    { .name = "tuple", .function = make_tuple },
    { .name = "type", .function = type_of },
    HIDDEN("NoneType"),
    HIDDEN("builtin_function_or_method"),
    HIDDEN("function"),
    HIDDEN("method"),
    { 0 },
};

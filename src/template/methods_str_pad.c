/* methods_str_pad.c - str's methods about width: center, ljust, zfill, expandtabs. */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "template/format_spec.h"

/* --- center, ljust, rjust ---- */

static int fill_argument(gale_call *call, gale_str *fill)
{
    gale_value v = gale_call_argument(call, 1, NULL);
    uint32_t c;

    *fill = GALE__STR(" ");
    if (v.kind == GALE_VALUE_UNSET)
        return 0;
    if (!gale__is_text(v))
        return gale__raise(call->rendering, GALE__TYPE_ERROR,
                           "The fill character must be a unicode character, not %s",
                           gale_value_type(v));
    if (!v.len || gale__next_char(gale__value_slice(v), &c) != v.len)
        return gale__raise(call->rendering, GALE__TYPE_ERROR,
                           "The fill character must be exactly one character long");
    *fill = gale__value_slice(v);
    return 0;
}

static int pad(gale_call *call, char align, gale_value *out)
{
    struct gale__format_spec f = { .align = align, .precision = -1 };
    int result = gale_call_check(call, 1, 2, NULL);

    if (result >= 0)
        result = gale__arg_int(call, 0, NULL, &f.width);
    if (result >= 0)
        result = fill_argument(call, &f.fill);
    if (result >= 0)
        result = gale__work(call->rendering, call->self.len);
    if (result < 0)
        return result;
    return gale__format_pad(call->rendering, &f, call->self, align, out);
}

/* When the number of fill characters is odd, one more goes to the left of a text of odd width. */
static int center(gale_call *call, gale_value *out)
{
    gale_value self = call->self;
    int64_t width = 0, length, left;
    struct gale__format_spec f = { .align = '>', .precision = -1 };
    int result = gale_call_check(call, 1, 2, NULL);

    if (result >= 0)
        result = gale__arg_int(call, 0, NULL, &width);
    if (result >= 0)
        result = fill_argument(call, &f.fill);
    if (result >= 0)
        result = gale__work(call->rendering, self.len);
    if (result < 0)
        return result;
    length = (int64_t)gale__text_length(self);
    if (width <= length) {
        *out = self;
        return 0;
    }
    left = (width - length) / 2 + ((width - length) & width & 1);
    f.width = length + left;
    result = gale__format_pad(call->rendering, &f, self, '>', out);
    f.align = '<';
    f.width = width;
    return result < 0 ? result : gale__format_pad(call->rendering, &f, *out, '<', out);
}

static int ljust(gale_call *call, gale_value *out)
{
    return pad(call, '<', out);
}

static int rjust(gale_call *call, gale_value *out)
{
    return pad(call, '>', out);
}

static int zfill(gale_call *call, gale_value *out)
{
    gale_str s = gale__value_slice(call->self);
    struct gale__format_spec f = { .align = '=', .fill = GALE__STR("0"), .precision = -1 };
    struct gale__number_text n = { 0 };
    int64_t extra;
    int result = gale_call_check(call, 1, 1, NULL);

    if (result >= 0)
        result = gale__arg_int(call, 0, NULL, &f.width);
    if (result >= 0)
        result = gale__work(call->rendering, s.len);
    if (result < 0)
        return result;
    if (s.len && (s.ptr[0] == '-' || s.ptr[0] == '+')) {
        n.prefix = gale__str_head(s, 1);
        s = gale__str_skip(s, 1);
    }
    n.rest = s;
    extra = (int64_t)call->self.len - (int64_t)gale__text_length(call->self);
    if (__builtin_add_overflow(f.width, extra, &f.width)) /* its width is counted in bytes there */
        f.width = INT64_MAX;
    return gale__format_number_text(call->rendering, &f, &n, out);
}

/* --- expandtabs ---- */

static size_t spaces_at(size_t column, int64_t tab_size)
{
    return tab_size > 0 ? (size_t)tab_size - column % (size_t)tab_size : 0;
}

/* Writes to p, if it is not NULL. Gives the length; *len stays far below overflow. */
static size_t expand(gale_str s, int64_t tab_size, char *p)
{
    size_t column = 0, total = 0;
    uint32_t c;

    while (s.len && total < SIZE_MAX / 16) {
        size_t n = gale__next_char(s, &c), width = c == '\t' ? spaces_at(column, tab_size) : n;

        if (p && c == '\t')
            memset(p + total, ' ', width);
        else if (p)
            memcpy(p + total, s.ptr, n);
        total += width;
        column = c == '\n' || c == '\r' ? 0 : c == '\t' ? column + width : column + 1;
        s = gale__str_skip(s, n);
    }
    return total;
}

static int expandtabs(gale_call *call, gale_value *out)
{
    static const char *const names[] = { "tabsize", NULL };
    gale_str s = gale__value_slice(call->self);
    int64_t tab_size = 8;
    char *p;
    int result = gale_call_check(call, 0, 1, names);

    if (result >= 0)
        result = gale__arg_int(call, 0, "tabsize", &tab_size);
    if (result >= 0)
        result = gale__work(call->rendering, s.len * 4);
    if (result < 0)
        return result;
    p = gale__new_text(call->rendering, expand(s, tab_size, NULL), out);
    if (!p)
        return gale_value_memory_error(call->rendering);
    expand(s, tab_size, p);
    return 0;
}

const gale_name gale__str_pad_methods[] = {
    { .name = "center", .function = center },
    { .name = "encode", .function = gale__encode_method },
    { .name = "expandtabs", .function = expandtabs },
    { .name = "format", .function = gale__format_method },
    { .name = "ljust", .function = ljust },
    { .name = "rjust", .function = rjust },
    { .name = "zfill", .function = zfill },
    { 0 },
};

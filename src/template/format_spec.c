/* format_spec.c - Python's format mini-language: [[fill]align][sign][z][#][0][width][,_][.n][type].
 *
 * Widths are the template's and may be anything: what they cost is memory, which is asked for
 * before anything is filled.
 */
/* SPDX-License-Identifier: MIT */
#include "template/format_spec.h"

#include <string.h>

enum { GROUP = 3, GROUP_OF_BITS = 4 };
#define TOO_WIDE ((int64_t)1 << 40)

static bool is_align(gale_str s, size_t at)
{
    return at < s.len && s.ptr[at] && strchr("<>=^", s.ptr[at]);
}

static gale_str read_align(gale_str s, struct gale__format_spec *f)
{
    uint32_t c;
    size_t n = s.len ? gale__next_char(s, &c) : 0;

    if (n && is_align(s, n)) {
        f->fill = gale__str_head(s, n);
        f->align = s.ptr[n];
        return gale__str_skip(s, n + 1);
    }
    if (is_align(s, 0)) {
        f->align = s.ptr[0];
        return gale__str_skip(s, 1);
    }
    return s;
}

static bool take(gale_str *s, char c)
{
    if (!s->len || s->ptr[0] != c)
        return false;
    *s = gale__str_skip(*s, 1);
    return true;
}

static gale_str read_flags(gale_str s, bool is_number, struct gale__format_spec *f)
{
    bool has_align = f->align != 0;

    if (s.len && s.ptr[0] && strchr("+- ", s.ptr[0])) {
        f->sign = s.ptr[0];
        s = gale__str_skip(s, 1);
    }
    f->no_minus_zero = take(&s, 'z');
    f->alternate = take(&s, '#');
    if (!f->fill.len && take(&s, '0')) {
        f->fill = GALE__STR("0");
        if (!has_align && is_number)
            f->align = '=';
    }
    return s;
}

/* Digits, if any: *out stays else. */
static int read_size(gale_rendering *r, gale_str *s, int64_t *out)
{
    int64_t n = 0;
    bool any = false;

    for (; s->len && s->ptr[0] >= '0' && s->ptr[0] <= '9'; *s = gale__str_skip(*s, 1)) {
        if (n > INT64_MAX / 10 - 1)
            return gale__raise(r, GALE__VALUE_ERROR, "Too many decimal digits in format string");
        n = n * 10 + (s->ptr[0] - '0');
        any = true;
    }
    if (any)
        *out = n;
    return any;
}

static int read_grouping(gale_rendering *r, gale_str *s, struct gale__format_spec *f)
{
    if (take(s, ','))
        f->grouping = ',';
    if (s->len && s->ptr[0] == '_') {
        if (f->grouping)
            return gale__raise(r, GALE__VALUE_ERROR, "Cannot specify both ',' and '_'.");
        f->grouping = '_';
        *s = gale__str_skip(*s, 1);
        if (s->len && s->ptr[0] == ',')
            return gale__raise(r, GALE__VALUE_ERROR, "Cannot specify both ',' and '_'.");
    }
    return 0;
}

static int bad_grouping(gale_rendering *r, const struct gale__format_spec *f)
{
    return gale__raise(r, GALE__VALUE_ERROR, "Cannot specify '%c' with '%.*s'.", f->grouping,
                       (int)f->type_text.len, f->type_text.ptr);
}

static int check_grouping(gale_rendering *r, const struct gale__format_spec *f)
{
    if (!f->grouping || !f->type || strchr("deEfFgG%", f->type))
        return 0;
    if (f->grouping == '_' && strchr("boxX", f->type))
        return 0;
    return bad_grouping(r, f);
}

static int read_type(gale_rendering *r, gale_str s, bool is_number, struct gale__format_spec *f)
{
    uint32_t c;

    if (!s.len) {
        f->type_text = is_number ? s : GALE__STR("s");
        return f->grouping && !is_number ? bad_grouping(r, f) : 0;
    }
    if (gale__next_char(s, &c) < s.len)
        return gale__raise(r, GALE__VALUE_ERROR, "Invalid format specifier");
    f->type = c && c < 0x80 ? (char)c : 0x7f;
    f->type_text = s;
    return check_grouping(r, f);
}

int gale__format_spec_read(gale_rendering *r, gale_str text, bool is_number,
                           struct gale__format_spec *out)
{
    gale_str s = text;
    int result;

    *out = (struct gale__format_spec){ .width = -1, .precision = -1 };
    result = gale__work(r, text.len);
    if (result < 0)
        return result;

    s = read_align(s, out);
    s = read_flags(s, is_number, out);
    result = read_size(r, &s, &out->width);
    if (result >= 0)
        result = read_grouping(r, &s, out);
    if (result >= 0 && take(&s, '.')) {
        result = read_size(r, &s, &out->precision);
        if (result == 0)
            return gale__raise(r, GALE__VALUE_ERROR, "Format specifier missing precision");
    }
    return result < 0 ? result : read_type(r, s, is_number, out);
}

int gale__format_bad_type(gale_rendering *r, const struct gale__format_spec *spec, gale_value v)
{
    return gale__raise(r, GALE__VALUE_ERROR, "Unknown format code '%.*s' for object of type '%s'",
                       (int)spec->type_text.len, spec->type_text.ptr, gale_value_type(v));
}

/* --- widths ---- */

static char *put(char *p, gale_str s)
{
    return s.len ? mempcpy(p, s.ptr, s.len) : p;
}

static char *put_fill(char *p, gale_str fill, size_t n)
{
    if (fill.len == 1)
        return (char *)memset(p, fill.ptr[0], n) + n;
    while (n-- > 0)
        p = put(p, fill);
    return p;
}

/* How many fill characters go before and after so many; align is never '=' here. */
static void share(char align, int64_t missing, size_t *left, size_t *right)
{
    size_t n = missing > 0 ? (size_t)missing : 0;

    *left = align == '>' ? n : align == '^' ? n / 2 : 0;
    *right = n - *left;
}

/* NULL: failed. A width beyond any memory is one that fails. */
static char *new_text(gale_rendering *r, size_t len, int64_t missing, gale_str fill,
                      gale_value *out)
{
    size_t n = missing > 0 ? (size_t)missing : 0;

    if (missing > TOO_WIDE)
        return gale__new_text(r, SIZE_MAX / 8, out);
    return gale__new_text(r, len + n * fill.len, out);
}

static gale_str fill_of(const struct gale__format_spec *spec)
{
    return spec->fill.len ? spec->fill : GALE__STR(" ");
}

int gale__format_pad(gale_rendering *r, const struct gale__format_spec *spec, gale_value text,
                     char default_align, gale_value *out)
{
    gale_str s = gale__value_slice(text), fill = fill_of(spec);
    int64_t missing = spec->width < 0 ? 0 : spec->width - (int64_t)gale__text_length(text);
    size_t left, right;
    char *p;

    if (missing <= 0) {
        *out = text;
        return 0;
    }
    share(spec->align ? spec->align : default_align, missing, &left, &right);
    p = new_text(r, s.len, missing, fill, out);
    if (!p)
        return gale_value_memory_error(r);
    p = put_fill(p, fill, left);
    p = put(p, s);
    put_fill(p, fill, right);
    return 0;
}

/* --- grouping ---- */

static size_t group_size(const struct gale__format_spec *spec)
{
    return spec->type && strchr("boxX", spec->type) ? GROUP_OF_BITS : GROUP;
}

/* Digits in groups, with zeros before them up to a width: written backwards, down from end. */
static char *group_digits(gale_str digits, char separator, size_t group, int64_t width, char *end)
{
    size_t left = digits.len, in_group = 0;
    char *p = end;

    while (left > 0 || width > 0) {
        if (in_group == group) {
            *--p = separator;
            in_group = 0;
            if (--width <= 0 && left == 0)
                width = 1; /* no number begins with a separator */
        }
        *--p = left ? digits.ptr[--left] : '0';
        in_group++;
        width--;
    }
    return p;
}

/* The digits with their separators, in memory of the rendering. */
static int grouped(gale_rendering *r, const struct gale__format_spec *spec, gale_str *digits,
                   int64_t width)
{
    size_t most;
    char *p, *end;

    if (!spec->grouping || !digits->len)
        return 0;
    if (width > TOO_WIDE)
        most = SIZE_MAX / 8;
    else
        most = 2 * (digits->len + (size_t)(width > 0 ? width : 0)) + 2;
    p = gale_value_alloc(r, most);
    if (!p)
        return gale_value_memory_error(r);
    end = p + most;
    p = group_digits(*digits, spec->grouping, group_size(spec), width, end);
    *digits = (gale_str){ p, (size_t)(end - p) };
    return 0;
}

/* --- numbers ---- */

static char sign_of(const struct gale__format_spec *spec, char sign)
{
    return sign == '-' ? '-' : spec->sign == '+' || spec->sign == ' ' ? spec->sign : 0;
}

int gale__format_number_text(gale_rendering *r, const struct gale__format_spec *spec,
                             const struct gale__number_text *n, gale_value *out)
{
    gale_str digits = n->digits, fill = fill_of(spec);
    char sign = sign_of(spec, n->sign), align = spec->align ? spec->align : '>';
    size_t other = n->prefix.len + n->rest.len + (sign != 0), left = 0, right = 0, middle = 0;
    int64_t width = spec->width > 0 ? spec->width : 0, missing;
    bool is_zero_filled = align == '=' && fill.len == 1 && fill.ptr[0] == '0';
    int result = grouped(r, spec, &digits, is_zero_filled ? width - (int64_t)other : 0);
    char *p;

    if (result < 0)
        return result;
    missing = width - (int64_t)(other + digits.len);
    if (align == '=')
        middle = missing > 0 ? (size_t)missing : 0;
    else
        share(align, missing, &left, &right);
    p = new_text(r, other + digits.len, missing, fill, out);
    if (!p)
        return gale_value_memory_error(r);

    p = put_fill(p, fill, left);
    if (sign)
        *p++ = sign;
    p = put(p, n->prefix);
    p = put_fill(p, fill, middle);
    p = put(p, digits);
    p = put(p, n->rest);
    put_fill(p, fill, right);
    return 0;
}

/* format_percent.c - "%s: %5.2f" % (name, price): Python's formatting of texts with %.
 *
 * Each conversion becomes a format specification (format_spec.h), which does the rest.
 */
/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "template/format_spec.h"

struct percent {
    gale_rendering *r;
    gale_str format, rest; /* the whole of it, and what is to be read */
    gale_value values;     /* what stands right of the % */
    const gale_value *items;
    uint32_t n_items, used;
    bool is_tuple, is_mapping;
    struct gale__text_builder out;
};

/* One %…: flags and sizes. */
struct conversion {
    bool is_left, has_plus, has_space, is_alternate, has_zero;
    int64_t width, precision; /* -1: none */
    gale_value key;           /* UNSET: the next item */
    char type;
};

static int next_item(struct percent *p, gale_value *out)
{
    if (!p->is_tuple && p->used == 0) {
        *out = p->values;
    } else if (p->is_tuple && p->used < p->n_items) {
        *out = p->items[p->used];
    } else {
        return gale__raise(p->r, GALE__TYPE_ERROR, "not enough arguments for format string");
    }
    p->used++;
    return 0;
}

static char peek(const struct percent *p)
{
    return p->rest.len ? p->rest.ptr[0] : 0;
}

static void skip(struct percent *p)
{
    p->rest = gale__str_skip(p->rest, 1);
}

static int incomplete(struct percent *p)
{
    return gale__raise(p->r, GALE__VALUE_ERROR, "incomplete format");
}

/* (key), with the parentheses inside of it in pairs. */
static int read_key(struct percent *p, struct conversion *c)
{
    size_t i = 1, depth = 1;

    if (peek(p) != '(')
        return 0;
    if (!p->is_mapping)
        return gale__raise(p->r, GALE__TYPE_ERROR, "format requires a mapping");
    for (; i < p->rest.len; i++) {
        depth += p->rest.ptr[i] == '(';
        depth -= p->rest.ptr[i] == ')';
        if (!depth)
            break;
    }
    if (depth)
        return gale__raise(p->r, GALE__VALUE_ERROR, "incomplete format key");
    c->key = gale_value_borrowed_text(p->rest.ptr + 1, i - 1);
    p->rest = gale__str_skip(p->rest, i + 1);
    return 0;
}

static void read_flags(struct percent *p, struct conversion *c)
{
    for (;; skip(p)) {
        switch (peek(p)) {
        case '-':
            c->is_left = true;
            break;
        case '+':
            c->has_plus = true;
            break;
        case ' ':
            c->has_space = true;
            break;
        case '#':
            c->is_alternate = true;
            break;
        case '0':
            c->has_zero = true;
            break;
        default:
            return;
        }
    }
}

static int size_of_item(struct percent *p, int64_t *out)
{
    gale_value v;
    int result = next_item(p, &v);

    if (result < 0)
        return result;
    if (!gale__is_int(v))
        return gale__raise(p->r, GALE__TYPE_ERROR, "* wants int");
    *out = v.u.i;
    return 0;
}

/* Digits, or * for an item; *out stays when there is none of them. */
static int read_size(struct percent *p, const char *what, int64_t *out)
{
    int64_t n = 0;

    if (peek(p) == '*') {
        skip(p);
        return size_of_item(p, out);
    }
    if (peek(p) < '0' || peek(p) > '9')
        return 0;
    for (; peek(p) >= '0' && peek(p) <= '9'; skip(p)) {
        if (n > INT64_MAX / 10 - 1)
            return gale__raise(p->r, GALE__VALUE_ERROR, "%s too big", what);
        n = n * 10 + (peek(p) - '0');
    }
    *out = n;
    return 0;
}

static int read_width(struct percent *p, struct conversion *c)
{
    int result = read_size(p, "width", &c->width);

    if (result >= 0 && c->width < -1) { /* from *; a negative one means left */
        c->is_left = true;
        c->width = c->width == INT64_MIN ? INT64_MAX : -c->width;
    }
    return result;
}

static int read_precision(struct percent *p, struct conversion *c)
{
    int result;

    if (peek(p) != '.')
        return 0;
    skip(p);
    c->precision = 0;
    result = read_size(p, "precision", &c->precision);
    if (c->precision < 0)
        c->precision = 0;
    return result;
}

static int read_conversion(struct percent *p, struct conversion *c)
{
    int result;

    *c = (struct conversion){ .width = -1, .precision = -1 };
    result = read_key(p, c);
    if (result < 0)
        return result;
    read_flags(p, c);
    result = read_width(p, c);
    if (result >= 0)
        result = read_precision(p, c);
    if (result < 0)
        return result;
    if (p->rest.len && strchr("hlL", peek(p)) && peek(p))
        skip(p);
    if (!p->rest.len)
        return incomplete(p);
    c->type = peek(p);
    return 0;
}

/* --- conversions ---- */

static struct gale__format_spec spec_of(const struct conversion *c, bool is_number)
{
    struct gale__format_spec f = { .width = c->width, .precision = -1 };

    if (is_number) {
        f.sign = c->has_plus ? '+' : c->has_space ? ' ' : 0;
        if (c->has_zero && !c->is_left) {
            f.fill = GALE__STR("0");
            f.align = '=';
        }
    }
    if (!f.align)
        f.align = c->is_left ? '<' : '>';
    return f;
}

static void add(struct percent *p, gale_value text)
{
    gale__text_add(&p->out, text.u.s, text.len);
}

static int put_text(struct percent *p, const struct conversion *c, gale_value text)
{
    struct gale__format_spec f = spec_of(c, false);
    int result;

    if (c->precision >= 0 && c->precision < (int64_t)gale__text_length(text))
        text = gale__text_part(text, 0, (size_t)c->precision);
    result = gale__format_pad(p->r, &f, text, '>', &text);
    if (result >= 0)
        add(p, text);
    return result;
}

static int put_str(struct percent *p, const struct conversion *c, gale_value v)
{
    gale_value text = v;
    gale_str s;
    int result = 0;

    if (c->type == 's' && v.kind != GALE_VALUE_TEXT && v.kind != GALE_VALUE_BYTES) {
        struct gale__text_builder b = { .r = p->r };

        gale__text_add_value(&b, v);
        result = gale__text_finish(&b, &text);
    } else if (c->type != 's' || v.kind == GALE_VALUE_BYTES) {
        result = gale__value_repr(p->r, v, &s);
        if (result >= 0)
            result = c->type == 'a' ? gale__format_ascii(p->r, s, &text)
                                    : gale__text_of(p->r, &text, s.ptr, s.len);
    }
    return result < 0 ? result : put_text(p, c, text);
}

static int put_char(struct percent *p, const struct conversion *c, gale_value v)
{
    char bytes[4];
    gale_value text = v;

    if (gale__is_int(v)) {
        if (v.u.i < 0 || v.u.i > 0x10ffff)
            return gale__raise(p->r, GALE__OVERFLOW_ERROR, "%%c arg not in range(0x110000)");
        text = gale_value_borrowed_text(bytes, gale__utf8_encode((uint32_t)v.u.i, bytes));
    } else if (!gale__is_text(v) || gale__text_length(v) != 1) {
        return gale__raise(p->r, GALE__TYPE_ERROR, "%%c requires int or char");
    }
    struct conversion plain = *c;

    plain.precision = -1;
    return put_text(p, &plain, text);
}

/* The value as an integer, for the conversions d, i, u. */
static int to_int(struct percent *p, const struct conversion *c, gale_value v, gale_value *out)
{
    bool is_decimal = strchr("diu", c->type) != NULL;

    if (gale__is_int(v)) {
        *out = gale_value_int(v.u.i);
        return 0;
    }
    if (is_decimal && v.kind == GALE_VALUE_FLOAT)
        return gale__int_of_double(p->r, v.u.d, out);
    return gale__raise(p->r, GALE__TYPE_ERROR,
                       is_decimal ? "%%%c format: a real number is required, not %s"
                                  : "%%%c format: an integer is required, not %s",
                       c->type, gale_value_type(v));
}

/* Digits with zeros before them, as many as the precision says. */
static int pad_digits(struct percent *p, int64_t precision, gale_str *digits)
{
    size_t zeros;
    char *s;

    if (precision <= (int64_t)digits->len)
        return 0;
    zeros = (size_t)precision - digits->len;
    s = gale_value_alloc(p->r, (size_t)precision);
    if (!s)
        return gale_value_memory_error(p->r);
    memset(s, '0', zeros);
    memcpy(s + zeros, digits->ptr, digits->len);
    *digits = (gale_str){ s, (size_t)precision };
    return 0;
}

static int put_int(struct percent *p, const struct conversion *c, gale_value v)
{
    struct gale__format_spec f = spec_of(c, true);
    unsigned base = c->type == 'o' ? 8 : c->type == 'x' || c->type == 'X' ? 16 : 10;
    char digits[24], prefix[2] = { '0', c->type }, *start;
    struct gale__number_text n = { 0 };
    gale_value i, text;
    uint64_t value;
    int result = to_int(p, c, v, &i);

    if (result < 0)
        return result;
    value = i.u.i < 0 ? 0 - (uint64_t)i.u.i : (uint64_t)i.u.i;
    n.sign = i.u.i < 0 ? '-' : 0;
    start = gale__int_digits(value, base, c->type == 'X', digits + sizeof(digits));
    n.digits = (gale_str){ start, (size_t)(digits + sizeof(digits) - start) };
    if (c->is_alternate && base != 10)
        n.prefix = (gale_str){ prefix, 2 };
    result = pad_digits(p, c->precision, &n.digits);
    if (result >= 0)
        result = gale__format_number_text(p->r, &f, &n, &text);
    if (result >= 0)
        add(p, text);
    return result;
}

static int put_float(struct percent *p, const struct conversion *c, gale_value v)
{
    struct gale__format_spec f = spec_of(c, true);
    gale_value text;
    double d;
    int result = gale__to_double(p->r, v, &d);

    if (result < 0)
        return result;
    f.alternate = c->is_alternate;
    f.precision = c->precision;
    f.type = c->type;
    result = gale__format_float(p->r, &f, gale_value_float(d), &text);
    if (result >= 0)
        add(p, text);
    return result;
}

static int unsupported(struct percent *p)
{
    size_t at = (size_t)(p->rest.ptr - p->format.ptr);
    gale_value before = gale_value_borrowed_text(p->format.ptr, at);
    uint32_t c;

    (void)gale__next_char(p->rest, &c);
    return gale__raise(p->r, GALE__VALUE_ERROR,
                       "unsupported format character '%.*s' (0x%x) at index %zu", 1,
                       c < 32 || c > 126 ? "?" : p->rest.ptr, c, gale__text_length(before));
}

static int value_of(struct percent *p, const struct conversion *c, gale_value *out)
{
    if (c->key.kind == GALE_VALUE_UNSET)
        return next_item(p, out);
    p->used = 1; /* nothing is left for one without a key */
    return gale__op_index(p->r, p->values, c->key, out);
}

static int convert(struct percent *p)
{
    struct conversion c;
    gale_value v = { 0 };
    int result;

    if (peek(p) == '%') {
        gale__text_add(&p->out, "%", 1);
        skip(p);
        return p->out.error;
    }
    result = read_conversion(p, &c);
    if (result >= 0)
        result = value_of(p, &c, &v);
    if (result < 0)
        return result;
    if (!c.type || !strchr("sracdiuoxXeEfFgG", c.type))
        return unsupported(p);
    skip(p);
    if (strchr("sra", c.type))
        return put_str(p, &c, v);
    if (c.type == 'c')
        return put_char(p, &c, v);
    return strchr("diuoxX", c.type) ? put_int(p, &c, v) : put_float(p, &c, v);
}

static void start(struct percent *p, gale_rendering *r, gale_value format, gale_value values)
{
    *p = (struct percent){ .r = r,
                           .format = gale__value_slice(format),
                           .rest = gale__value_slice(format),
                           .values = values,
                           .out = { .r = r } };
    p->is_tuple = values.kind == GALE_VALUE_TUPLE;
    if (p->is_tuple) {
        p->items = gale__list(values)->items;
        p->n_items = gale__list(values)->n;
    }
    switch (values.kind) {
    case GALE_VALUE_MAP:
    case GALE_VALUE_DICT:
    case GALE_VALUE_LIST:
    case GALE_VALUE_ARRAY:
    case GALE_VALUE_RANGE:
    case GALE_VALUE_BYTES:
        p->is_mapping = true;
        break;
    default:
        p->is_mapping = values.kind == GALE_VALUE_OBJECT &&
                        ((struct gale__object_value *)values.u.p)->cls->get_item;
    }
}

int gale__format_percent(gale_rendering *r, gale_value format, gale_value v, gale_value *out)
{
    struct percent p;
    int result = gale__work(r, format.len);

    start(&p, r, format, v);
    while (result >= 0 && p.rest.len) {
        size_t n = gale__str_find(p.rest, '%');

        gale__text_add(&p.out, p.rest.ptr, n);
        p.rest = gale__str_skip(p.rest, n);
        if (!p.rest.len)
            break;
        skip(&p);
        result = p.rest.len ? convert(&p) : incomplete(&p);
    }
    if (result < 0)
        return result;
    if (p.is_tuple ? p.used < p.n_items : !p.is_mapping && p.used == 0)
        return gale__raise(r, GALE__TYPE_ERROR,
                           "not all arguments converted during string formatting");
    return gale__text_finish(&p.out, out);
}

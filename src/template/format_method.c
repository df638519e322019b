/* format_method.c - "{0} {name.first!r:>10}".format(…): replacement fields in a text.
 *
 * A field is a name or number with attributes and items, a conversion, and a specification, which
 * may hold fields itself, but those no others.
 */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "template/format_spec.h"

enum { NESTED = 2 };

enum numbering { UNKNOWN, AUTOMATIC, MANUAL };

struct formatting {
    gale_rendering *r;
    gale_call *call;
    enum numbering numbering;
    uint32_t next; /* argument */
};

struct field {
    gale_str name, spec;
    char conversion; /* 0: none */
    bool is_nested;  /* its specification holds fields */
};

static int expand(struct formatting *f, gale_str text, int nested, gale_value *out);

static int fail(struct formatting *f, const char *what)
{
    return gale__raise(f->r, GALE__VALUE_ERROR, "%s", what);
}

/* --- a field's value ---- */

/* A text of digits as a number: -1 when it is none. */
static int64_t number_of(gale_str s)
{
    int64_t n;

    if (!s.len || s.ptr[0] == '-' || !gale__str_to_int64(s, &n))
        return -1;
    return n;
}

static int set_numbering(struct formatting *f, enum numbering way)
{
    if (f->numbering != UNKNOWN && f->numbering != way)
        return fail(f, way == AUTOMATIC ? "cannot switch from manual field specification to "
                                          "automatic field numbering"
                                        : "cannot switch from automatic field numbering to "
                                          "manual field specification");
    f->numbering = way;
    return 0;
}

static int numbered_argument(struct formatting *f, int64_t number, gale_value *out)
{
    if (number >= f->call->n_args)
        return gale__raise(f->r, GALE__INDEX_ERROR,
                           "Replacement index %lld out of range for positional args tuple",
                           (long long)number);
    *out = f->call->args[number];
    return 0;
}

static int argument(struct formatting *f, gale_str name, gale_value *out)
{
    int64_t number = name.len ? number_of(name) : (int64_t)f->next;
    int result;

    if (number >= 0) {
        result = set_numbering(f, name.len ? MANUAL : AUTOMATIC);
        f->next += !name.len;
        return result < 0 ? result : numbered_argument(f, number, out);
    }
    for (uint32_t i = 0; i < f->call->n_keywords; i++) {
        if (gale__str_equal(f->call->keywords[i], name)) {
            *out = f->call->keyword_args[i];
            return 0;
        }
    }
    return gale__raise_key(f->r, gale_value_borrowed_text(name.ptr, name.len));
}

static gale_str take_name(gale_str *rest)
{
    size_t n = 0;

    while (n < rest->len && rest->ptr[n] != '.' && rest->ptr[n] != '[')
        n++;
    gale_str name = gale__str_head(*rest, n);

    *rest = gale__str_skip(*rest, n);
    return name;
}

static int apply_attribute(struct formatting *f, gale_str *rest, gale_value *v)
{
    gale_str name;

    *rest = gale__str_skip(*rest, 1);
    name = take_name(rest);
    if (!name.len)
        return fail(f, "Empty attribute in format string");
    if (name.ptr[0] == '_')
        return gale__raise(f->r, GALE__ATTRIBUTE_ERROR, "'%s' object has no attribute '%.*s'",
                           gale_value_type(*v), (int)name.len, name.ptr);
    return gale__op_attribute(f->r, *v, name, v);
}

static int apply_index(struct formatting *f, gale_str *rest, gale_value *v)
{
    gale_str s = gale__str_skip(*rest, 1), key;
    size_t n = gale__str_find(s, ']');
    gale_value index;

    if (n == s.len)
        return fail(f, "Missing ']' in format string");
    key = gale__str_head(s, n);
    if (!key.len)
        return fail(f, "Empty attribute in format string");
    *rest = gale__str_skip(s, n + 1);
    if (rest->len && rest->ptr[0] != '.' && rest->ptr[0] != '[')
        return fail(f, "Only '.' or '[' may follow ']' in format field specifier");
    index = number_of(key) >= 0 ? gale_value_int(number_of(key))
                                : gale_value_borrowed_text(key.ptr, key.len);
    return gale__op_index(f->r, *v, index, v);
}

static int field_value(struct formatting *f, gale_str name, gale_value *out)
{
    gale_str rest = name;
    int result = argument(f, take_name(&rest), out);

    while (result >= 0 && rest.len) {
        result = gale__steps(f->r, 1);
        if (result >= 0)
            result = rest.ptr[0] == '.' ? apply_attribute(f, &rest, out)
                                        : apply_index(f, &rest, out);
    }
    return result;
}

/* --- a field's text ---- */

/* The index of what ends the field's name, or s.len. */
static int find_name_end(struct formatting *f, gale_str s, size_t *end)
{
    size_t i = 0;

    for (; i < s.len; i++) {
        char c = s.ptr[i];

        if (c == '{')
            return fail(f, "unexpected '{' in field name");
        if (c == '[')
            while (i + 1 < s.len && s.ptr[i] != ']')
                i++;
        else if (c == '}' || c == ':' || c == '!')
            break;
    }
    *end = i;
    return 0;
}

/* The specification up to the } that closes the field. */
static int read_spec(struct formatting *f, gale_str *s, struct field *field)
{
    size_t depth = 1;

    for (size_t i = 0; i < s->len; i++) {
        if (s->ptr[i] == '{') {
            field->is_nested = true;
            depth++;
        } else if (s->ptr[i] == '}' && --depth == 0) {
            field->spec = gale__str_head(*s, i);
            *s = gale__str_skip(*s, i + 1);
            return 0;
        }
    }
    return fail(f, "unmatched '{' in format spec");
}

/* *s is behind the "!"; afterwards behind the ":" or the "}". 1: the field is over. */
static int read_conversion(struct formatting *f, gale_str *s, struct field *field)
{
    uint32_t c;
    size_t n;

    if (!s->len)
        return fail(f, "end of string while looking for conversion specifier");
    n = gale__next_char(*s, &c);
    field->conversion = c < 0x80 ? (char)c : '?';
    *s = gale__str_skip(*s, n);
    if (!s->len)
        return fail(f, "unmatched '{' in format spec");
    if (s->ptr[0] != '}' && s->ptr[0] != ':')
        return fail(f, "expected ':' after conversion specifier");
    *s = gale__str_skip(*s, 1);
    return s->ptr[-1] == '}';
}

/* *s is behind the "{". */
static int read_field(struct formatting *f, gale_str *s, struct field *field)
{
    size_t end = 0;
    int result = find_name_end(f, *s, &end);
    char c;

    *field = (struct field){ 0 };
    if (result < 0)
        return result;
    if (end == s->len)
        return fail(f, "expected '}' before end of string");
    field->name = gale__str_head(*s, end);
    c = s->ptr[end];
    *s = gale__str_skip(*s, end + 1);
    if (c == '}')
        return 0;
    if (c == '!') {
        result = read_conversion(f, s, field);
        if (result != 0)
            return result < 0 ? result : 0;
    }
    return read_spec(f, s, field);
}

static int convert(struct formatting *f, char conversion, gale_value *v)
{
    struct gale__text_builder b = { .r = f->r };

    if (!conversion || (conversion == 's' && gale__is_text(*v)))
        return 0;
    if (conversion != 's' && conversion != 'r' && conversion != 'a')
        return gale__raise(f->r, GALE__VALUE_ERROR, "Unknown conversion specifier %c", conversion);
    if (conversion == 'a') {
        gale_str s;
        int result = gale__value_repr(f->r, *v, &s);

        return result < 0 ? result : gale__format_ascii(f->r, s, v);
    }
    if (conversion == 'r' || v->kind == GALE_VALUE_BYTES)
        gale__text_add_repr(&b, *v);
    else
        gale__text_add_value(&b, *v);
    return gale__text_finish(&b, v);
}

static int put_field(struct formatting *f, const struct field *field, int nested,
                     struct gale__text_builder *b)
{
    gale_str spec = field->spec;
    gale_value v = { 0 }, text;
    int result = field_value(f, field->name, &v);

    if (result >= 0)
        result = convert(f, field->conversion, &v);
    if (result >= 0 && field->is_nested) {
        result = expand(f, field->spec, nested - 1, &text);
        if (result >= 0)
            spec = gale__value_slice(text);
    }
    if (result >= 0)
        result = gale__format_value(f->r, v, spec, &text);
    if (result >= 0)
        gale__text_add(b, text.u.s, text.len);
    return result;
}

/* --- the text ---- */

static size_t plain_length(gale_str s)
{
    size_t n = 0;

    while (n < s.len && s.ptr[n] != '{' && s.ptr[n] != '}')
        n++;
    return n;
}

/* *s begins with a brace. */
static int put_brace(struct formatting *f, gale_str *s, int nested, struct gale__text_builder *b)
{
    char c = s->ptr[0];
    struct field field;
    int result;

    *s = gale__str_skip(*s, 1);
    if (s->len && s->ptr[0] == c) {
        gale__text_add(b, &c, 1);
        *s = gale__str_skip(*s, 1);
        return 0;
    }
    if (c == '}')
        return fail(f, "Single '}' encountered in format string");
    if (!s->len)
        return fail(f, "Single '{' encountered in format string");
    result = read_field(f, s, &field);
    if (result >= 0)
        result = gale__steps(f->r, 1);
    return result < 0 ? result : put_field(f, &field, nested, b);
}

static int expand(struct formatting *f, gale_str text, int nested, gale_value *out)
{
    struct gale__text_builder b = { .r = f->r };
    int result = gale__work(f->r, text.len);

    if (nested <= 0)
        return fail(f, "Max string recursion exceeded");
    while (result >= 0 && text.len && b.error >= 0) {
        size_t n = plain_length(text);

        gale__text_add(&b, text.ptr, n);
        text = gale__str_skip(text, n);
        if (text.len)
            result = put_brace(f, &text, nested, &b);
    }
    return result < 0 ? result : gale__text_finish(&b, out);
}

int gale__format_method(gale_call *call, gale_value *out)
{
    struct formatting f = { .r = call->rendering, .call = call };

    return expand(&f, gale__value_slice(call->self), NESTED, out);
}

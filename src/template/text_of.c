/* text_of.c - str() and repr() of values, as Python prints them.
 *
 * Containers within containers recurse, bounded by the rendering's depth; one that contains itself
 * is "[...]" there, as in Python.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/json.h>
#include <inttypes.h>
#include <string.h>

#include "base/number.h"
#include "base/str.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "template/memory.h"

/* The containers around the one that is shown, innermost first. */
struct gale__showing {
    const struct gale__showing *outer;
    const void *container;
};

static void add_cstr(struct gale__text_builder *b, const char *s)
{
    gale__text_add(b, s, strlen(s));
}

static void add_int(struct gale__text_builder *b, int64_t i)
{
    gale__text_printf(b, "%" PRId64, i);
}

/* --- texts ---- */

/* ' unless the text has some and no ". */
static char quote_for(gale_value v)
{
    bool has_single = v.len && memchr(v.u.s, '\'', v.len);
    bool has_double = v.len && memchr(v.u.s, '"', v.len);

    return has_single && !has_double ? '"' : '\'';
}

/* The escape of one character, or 0 when it stands for itself. */
static size_t escape_of(char out[16], uint32_t c, char quote, bool is_bytes)
{
    static const char letters[] = { ['\t'] = 't', ['\n'] = 'n', ['\r'] = 'r' };

    if (c == (unsigned char)quote || c == '\\')
        return (size_t)snprintf(out, 16, "\\%c", (int)c);
    if (c < sizeof(letters) && letters[c])
        return (size_t)snprintf(out, 16, "\\%c", letters[c]);
    if (c < 0x20 || c == 0x7f || (is_bytes && c > 0x7f))
        return (size_t)snprintf(out, 16, "\\x%02x", (unsigned)c);
    if (c < 0x7f || (gale__unicode_kinds(c) & GALE__IS_PRINTABLE))
        return 0;
    return (size_t)snprintf(out, 16,
                            c > 0xffff ? "\\U%08x"
                            : c > 0xff ? "\\u%04x"
                                       : "\\x%02x",
                            (unsigned)c);
}

/* Bytes that stand for themselves in any quotes. */
static size_t plain_run(const char *s, size_t len)
{
    size_t n = 0;

    while (n < len && s[n] >= 0x20 && s[n] < 0x7f && s[n] != '\'' && s[n] != '"' && s[n] != '\\')
        n++;
    return n;
}

static void add_quoted(struct gale__text_builder *b, gale_value v)
{
    bool is_bytes = v.kind == GALE_VALUE_BYTES;
    char quote = quote_for(v);
    char escape[16];

    gale__text_add(b, is_bytes ? "b" : "", is_bytes);
    gale__text_add(b, &quote, 1);
    for (size_t i = 0; i < v.len && !b->error;) {
        size_t n = plain_run(v.u.s + i, v.len - i);
        uint32_t c = 0;

        gale__text_add(b, v.u.s + i, n);
        i += n;
        if (i == v.len)
            break;
        n = is_bytes ? 0 : gale__utf8_decode(v.u.s + i, v.len - i, &c);
        if (n == 0) { /* of bytes; of a text of the application that is no UTF-8 */
            c = (unsigned char)v.u.s[i];
            n = 1;
        }
        size_t len = escape_of(escape, c, quote, is_bytes);

        gale__text_add(b, len ? escape : v.u.s + i, len ? len : n);
        i += n;
    }
    gale__text_add(b, &quote, 1);
}

/* --- containers ---- */

static void add_repr_member(struct gale__text_builder *b, const char *key, size_t key_len,
                            json_t *item)
{
    add_quoted(b, gale_value_borrowed_text(key, key_len));
    add_cstr(b, ": ");
    gale__text_add_repr(b, gale_value_json(item));
}

static void add_map(struct gale__text_builder *b, json_t *map)
{
    bool first = true;

    add_cstr(b, "{");
    for (void *i = json_object_iter(map); i && !b->error; i = json_object_iter_next(map, i)) {
        if (!first)
            add_cstr(b, ", ");
        first = false;
        add_repr_member(b, json_object_iter_key(i), json_object_iter_key_len(i),
                        json_object_iter_value(i));
    }
    add_cstr(b, "}");
}

static void add_dict(struct gale__text_builder *b, const struct gale__dict_value *d)
{
    const struct gale__dict_entry *e;
    uint32_t at = 0;
    bool first = true;

    add_cstr(b, "{");
    while (!b->error && (e = gale__dict_next(d, &at)) != NULL) {
        gale_value value = e->value;

        if (!first)
            add_cstr(b, ", ");
        first = false;
        gale__text_add_repr(b, e->key);
        add_cstr(b, ": ");
        gale__text_add_repr(b, value);
    }
    add_cstr(b, "}");
}

static void add_array(struct gale__text_builder *b, json_t *array)
{
    add_cstr(b, "[");
    for (size_t i = 0; i < json_array_size(array) && !b->error; i++) {
        if (i)
            add_cstr(b, ", ");
        gale__text_add_repr(b, gale_value_json(json_array_get(array, i)));
    }
    add_cstr(b, "]");
}

static void add_list(struct gale__text_builder *b, const struct gale__list_value *list,
                     bool is_tuple)
{
    add_cstr(b, is_tuple ? "(" : "[");
    for (uint32_t i = 0; i < list->n && !b->error; i++) {
        if (i)
            add_cstr(b, ", ");
        gale__text_add_repr(b, list->items[i]);
    }
    if (is_tuple)
        add_cstr(b, list->n == 1 ? ",)" : ")");
    else
        add_cstr(b, "]");
}

static void add_range(struct gale__text_builder *b, const struct gale__range_value *g)
{
    gale__text_printf(b, "range(%" PRId64 ", %" PRId64, g->start, g->stop);
    if (g->step != 1)
        gale__text_printf(b, ", %" PRId64, g->step);
    add_cstr(b, ")");
}

static bool is_showing(const struct gale__text_builder *b, const void *container)
{
    for (const struct gale__showing *s = b->showing; s; s = s->outer)
        if (s->container == container)
            return true;
    return false;
}

static void add_inside(struct gale__text_builder *b, gale_value v)
{
    switch ((enum gale_value_kind)v.kind) {
    case GALE_VALUE_ARRAY:
        add_array(b, v.u.json);
        break;
    case GALE_VALUE_MAP:
        add_map(b, v.u.json);
        break;
    case GALE_VALUE_DICT:
        add_dict(b, v.u.p);
        break;
    default:
        add_list(b, v.u.p, v.kind == GALE_VALUE_TUPLE);
        break;
    }
}

static void add_container(struct gale__text_builder *b, gale_value v)
{
    struct gale__showing showing = { b->showing, v.u.p };
    bool is_dict = v.kind == GALE_VALUE_DICT || v.kind == GALE_VALUE_MAP;

    if (is_showing(b, v.u.p)) {
        add_cstr(b, is_dict ? "{...}" : v.kind == GALE_VALUE_TUPLE ? "(...)" : "[...]");
        return;
    }
    b->error = gale__enter(b->r);
    if (b->error)
        return;
    b->showing = &showing;
    add_inside(b, v);
    b->showing = showing.outer;
    gale__leave(b->r);
}

/* --- the others ---- */

static void add_function(struct gale__text_builder *b, gale_value v)
{
    const struct gale__function_value *f = v.u.p;
    const char *name = f->name ? f->name->name : "<lambda>";

    if (v.flags & GALE__FUNCTION_TYPE)
        gale__text_printf(b, "<class '%s'>", name);
    else if (f->self.kind != GALE_VALUE_UNSET && f->self.kind != GALE_VALUE_OBJECT)
        gale__text_printf(b, "<built-in method %s of %s object>", name, gale_value_type(f->self));
    else if (f->self.kind != GALE_VALUE_UNSET)
        gale__text_printf(b, "<bound method %s.%s>", gale_value_type(f->self), name);
    else
        gale__text_printf(
            b, v.flags & GALE__FUNCTION_BUILTIN ? "<built-in function %s>" : "<function %s>", name);
}

static void add_object(struct gale__text_builder *b, gale_value v, bool is_repr)
{
    const struct gale__object_value *o = v.u.p;
    gale_value text = { 0 };
    int code;

    if (!o->cls->to_text) {
        gale__text_printf(b, "<%s object>", o->cls->name);
        return;
    }
    code = gale__host_begin(b->r);
    if (code == 0)
        code = gale__host_end(b->r, o->cls->to_text(b->r, o->object, is_repr, &text));
    code = gale__host_result(b->r, code);
    if (code < 0)
        b->error = code;
    else if (text.kind == GALE_VALUE_TEXT || text.kind == GALE_VALUE_BYTES)
        gale__text_add(b, text.u.s, text.len);
    else
        b->error = gale__raise(b->r, GALE__TYPE_ERROR, "to_text of '%s' gave no text",
                               o->cls->name);
}

static void add_float(struct gale__text_builder *b, double d)
{
    char text[GALE__DOUBLE_TEXT];

    gale__text_add(b, text, gale__double_format(d, text));
}

/* All that is the same for str() and repr(). */
static void add_other(struct gale__text_builder *b, gale_value v)
{
    switch ((enum gale_value_kind)v.kind) {
    case GALE_VALUE_BOOL:
        add_cstr(b, v.u.i ? "True" : "False");
        break;
    case GALE_VALUE_INT:
        add_int(b, v.u.i);
        break;
    case GALE_VALUE_FLOAT:
        add_float(b, v.u.d);
        break;
    case GALE_VALUE_RANGE:
        add_range(b, v.u.p);
        break;
    case GALE_VALUE_FUNCTION:
        add_function(b, v);
        break;
    case GALE_VALUE_ARRAY:
    case GALE_VALUE_MAP:
    case GALE_VALUE_LIST:
    case GALE_VALUE_TUPLE:
    case GALE_VALUE_DICT:
        add_container(b, v);
        break;
    default:
        add_cstr(b, "None");
        break;
    }
}

void gale__text_add_repr(struct gale__text_builder *b, gale_value v)
{
    if (b->error)
        return;
    if (v.kind == GALE_VALUE_TEXT || v.kind == GALE_VALUE_BYTES)
        add_quoted(b, v);
    else if (v.kind == GALE_VALUE_OBJECT)
        add_object(b, v, true);
    else
        add_other(b, v);
}

void gale__text_add_value(struct gale__text_builder *b, gale_value v)
{
    if (b->error)
        return;
    if (v.kind == GALE_VALUE_TEXT)
        gale__text_add(b, v.u.s, v.len);
    else if (v.kind == GALE_VALUE_BYTES)
        add_quoted(b, v);
    else if (v.kind == GALE_VALUE_OBJECT)
        add_object(b, v, false);
    else
        add_other(b, v);
}

static int finish(struct gale__text_builder *b, gale_str *out)
{
    gale_value text;
    int code = gale__text_finish(b, &text);

    if (code < 0)
        return code;
    *out = gale__value_slice(text);
    return 0;
}

int gale__value_repr(gale_rendering *r, gale_value v, gale_str *out)
{
    struct gale__text_builder b = { .r = r };

    gale__text_add_repr(&b, v);
    return finish(&b, out);
}

int gale_value_str(gale_rendering *r, gale_value value, gale_str *out)
{
    struct gale__text_builder b = { .r = r };

    if (value.kind == GALE_VALUE_TEXT || value.kind == GALE_VALUE_BYTES) {
        *out = gale__value_slice(value);
        return 0;
    }
    if (value.kind <= GALE_VALUE_BOOL) {
        *out = gale__str(value.kind != GALE_VALUE_BOOL ? "None" : value.u.i ? "True" : "False");
        return 0;
    }
    gale__text_add_value(&b, value);
    return finish(&b, out);
}

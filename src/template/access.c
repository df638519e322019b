/* access.c - attributes, items by index and key. Slices: slice.c. */
/* SPDX-License-Identifier: MIT */
#include <gale/json.h>
#include <string.h>

#include "base/str.h"
#include "template/memory.h"

/* --- attributes ---- */

static int no_attribute(gale_rendering *r, gale_value v, gale_str name)
{
    const struct gale__function_value *f = v.u.p;

    if (v.kind == GALE_VALUE_FUNCTION && (v.flags & GALE__FUNCTION_TYPE))
        return gale__raise(r, GALE__ATTRIBUTE_ERROR, "type object '%s' has no attribute '%.*s'",
                           f->name->name, (int)name.len, name.ptr);
    return gale__raise(r, GALE__ATTRIBUTE_ERROR, "'%s' object has no attribute '%.*s'",
                       gale_value_type(v), (int)name.len, name.ptr);
}

const gale_name *gale__object_name(const gale_object_class *cls, gale_str name)
{
    for (const gale_name *n = cls->attributes; n && n->name; n++)
        if (gale__str_equal(gale__str(n->name), name))
            return n;
    return NULL;
}

/* What was computed is kept with the object, under its name. */
static int keep_attribute(gale_rendering *r, struct gale__object_value *o, gale_str name,
                          gale_value value)
{
    gale_value key;
    int code;

    if (!o->attributes) {
        gale_value d;

        code = gale__dict_new(r, &d);
        if (code < 0)
            return code;
        o->attributes = gale__dict(d);
    }
    code = gale_value_text_n(r, &key, name.ptr, name.len);
    return code < 0 ? code : gale__dict_put(r, o->attributes, key, value);
}

/* 1 with what the class makes of the name now, 0: it has none, negative. */
static int compute_attribute(gale_rendering *r, gale_value v, const gale_name *known, gale_str name,
                             gale_value *out)
{
    const struct gale__object_value *o = v.u.p;
    int code;

    if (known) {
        code = gale__name_value(r, known, NULL, v, out);
        return code < 0 ? code : 1;
    }
    if (!o->cls->get_attribute)
        return 0;
    code = gale__host_begin(r);
    if (code == 0)
        code = gale__host_end(r, o->cls->get_attribute(r, o->object, name, out));
    if (gale__says_none(r, code, GALE_ENOTFOUND))
        return 0;
    code = gale__host_result(r, code);
    return code < 0 ? code : 1;
}

static int object_attribute(gale_rendering *r, gale_value v, gale_str name, gale_value *out)
{
    struct gale__object_value *o = v.u.p;
    const gale_name *known = gale__object_name(o->cls, name);
    gale_value value = { 0 };
    int code = 0;

    if (known && (known->function || known->text))
        return gale__name_value(r, known, NULL, v, out);
    if (o->attributes)
        code = gale__dict_get(r, o->attributes, gale_value_borrowed_text(name.ptr, name.len), out);
    if (code)
        return code < 0 ? code : 0;
    code = compute_attribute(r, v, known, name, &value);
    if (code == 0)
        return no_attribute(r, v, name);
    value = gale__set_value(value);
    if (code > 0)
        code = keep_attribute(r, o, name, value);
    if (code < 0)
        return code;
    *out = value;
    return 0;
}

/* A method bound to its value. */
static int bind_method(gale_rendering *r, gale_value v, const gale_name *method, gale_value *out)
{
    struct gale__function_value *f = gale__alloc(r, sizeof(*f));

    if (!f)
        return gale_value_memory_error(r);
    *f = (struct gale__function_value){ .name = method, .self = v };
    *out = (gale_value){ .kind = GALE_VALUE_FUNCTION, .flags = GALE__FUNCTION_BUILTIN, .u.p = f };
    return 0;
}

int gale__op_attribute(gale_rendering *r, gale_value v, gale_str name, gale_value *out)
{
    const gale_name *method;

    if (v.kind == GALE_VALUE_OBJECT)
        return object_attribute(r, v, name, out);
    if (name.len && name.ptr[0] == '_')
        return no_attribute(r, v, name);
    method = gale__find_method((enum gale_value_kind)v.kind, name);
    if (method)
        return bind_method(r, v, method, out);
    if (v.kind == GALE_VALUE_MAP || v.kind == GALE_VALUE_DICT) {
        gale_value key = gale_value_borrowed_text(name.ptr, name.len);
        int found = gale__dict_lookup(r, v, key, out);

        if (found)
            return found < 0 ? found : 0;
    }
    return no_attribute(r, v, name);
}

/* --- items ---- */

static bool is_int(gale_value v)
{
    return v.kind == GALE_VALUE_INT || v.kind == GALE_VALUE_BOOL;
}

static int bad_index(gale_rendering *r, gale_value v, gale_value index)
{
    if (v.kind == GALE_VALUE_TEXT)
        return gale__raise(r, GALE__TYPE_ERROR, "string indices must be integers, not '%s'",
                           gale_value_type(index));
    return gale__raise(r, GALE__TYPE_ERROR, "%s indices must be integers or slices, not %s",
                       v.kind == GALE_VALUE_BYTES ? "byte" : gale_value_type(v),
                       gale_value_type(index));
}

static int out_of_range(gale_rendering *r, gale_value v)
{
    const char *type = v.kind == GALE_VALUE_TEXT    ? "string "
                       : v.kind == GALE_VALUE_TUPLE ? "tuple "
                       : v.kind == GALE_VALUE_RANGE ? "range object "
                       : v.kind == GALE_VALUE_BYTES ? ""
                                                    : "list ";

    return gale__raise(r, GALE__INDEX_ERROR, "%sindex out of range", type);
}

/* The index from the start, of n items; false: there is no such item. */
static bool from_start(int64_t index, uint64_t n, uint64_t *out)
{
    *out = (uint64_t)index;
    if (index < 0)
        *out += n;
    return *out < n;
}

static int text_item(gale_rendering *r, gale_value text, int64_t index, gale_value *out)
{
    uint64_t i;

    if (text.flags & GALE__TEXT_ASCII) {
        if (!from_start(index, text.len, &i))
            return out_of_range(r, text);
        *out = gale_value_borrowed_text(text.u.s + i, 1);
        out->flags = GALE__TEXT_ASCII;
        return 0;
    }
    if (gale__work(r, (size_t)text.len * 2) < 0)
        return r->code;
    i = (uint64_t)index;
    if (index < 0)
        i += gale__text_length(text);
    text = i < text.len ? gale__text_part(text, i, i + 1) : (gale_value){ 0 };
    if (text.len == 0)
        return gale__raise(r, GALE__INDEX_ERROR, "string index out of range");
    *out = text;
    return 0;
}

static int sequence_item(gale_rendering *r, gale_value v, int64_t index, gale_value *out)
{
    uint64_t i;
    size_t n = 0;

    if (v.kind == GALE_VALUE_TEXT)
        return text_item(r, v, index, out);
    if (v.kind == GALE_VALUE_RANGE)
        n = gale__range_length(v.u.p);
    else if (gale_value_length(r, v, &n) < 0)
        return r->code;
    if (!from_start(index, n, &i))
        return out_of_range(r, v);
    if (v.kind == GALE_VALUE_ARRAY)
        *out = gale_value_json(json_array_get(v.u.json, i));
    else if (v.kind == GALE_VALUE_RANGE)
        *out = gale__range_item(v.u.p, i);
    else if (v.kind == GALE_VALUE_BYTES)
        *out = gale_value_int((unsigned char)v.u.s[i]);
    else
        *out = gale__list(v)->items[i];
    return 0;
}

static int not_subscriptable(gale_rendering *r, gale_value v)
{
    const struct gale__function_value *f = v.u.p;

    if (v.kind == GALE_VALUE_FUNCTION && (v.flags & GALE__FUNCTION_TYPE))
        return gale__raise(r, GALE__TYPE_ERROR, "type '%s' is not subscriptable", f->name->name);
    return gale__raise(r, GALE__TYPE_ERROR, "'%s' object is not subscriptable", gale_value_type(v));
}

static int object_item(gale_rendering *r, gale_value v, gale_value key, gale_value *out)
{
    const struct gale__object_value *o = v.u.p;
    gale_value item = { 0 };
    int code;

    if (!o->cls->get_item)
        return not_subscriptable(r, v);
    code = gale__host_begin(r);
    if (code == 0)
        code = gale__host_end(r, o->cls->get_item(r, o->object, key, &item));
    if (gale__says_none(r, code, GALE_ENOTFOUND))
        return gale__raise_key(r, key);
    code = gale__host_result(r, code);
    if (code < 0)
        return code;
    *out = gale__set_value(item);
    return 0;
}

int gale__op_index(gale_rendering *r, gale_value v, gale_value index, gale_value *out)
{
    int found;

    switch ((enum gale_value_kind)v.kind) {
    case GALE_VALUE_DICT:
    case GALE_VALUE_MAP:
        found = gale__dict_lookup(r, v, index, out);
        return found > 0 ? 0 : found < 0 ? found : gale__raise_key(r, index);
    case GALE_VALUE_TEXT:
    case GALE_VALUE_BYTES:
    case GALE_VALUE_ARRAY:
    case GALE_VALUE_LIST:
    case GALE_VALUE_TUPLE:
    case GALE_VALUE_RANGE:
        return is_int(index) ? sequence_item(r, v, index.u.i, out) : bad_index(r, v, index);
    case GALE_VALUE_OBJECT:
        return object_item(r, v, index, out);
    default:
        return not_subscriptable(r, v);
    }
}

/* --- changing items ---- */

/* The place of an item of a list that may be changed. */
static int place_of(gale_rendering *r, gale_value list, gale_value index, uint64_t *out)
{
    if (!is_int(index))
        return bad_index(r, list, index);
    if (!from_start(index.u.i, gale__list(list)->n, out))
        return gale__raise(r, GALE__INDEX_ERROR, "list assignment index out of range");
    return 0;
}

int gale__op_set_index(gale_rendering *r, gale_value v, gale_value index, gale_value x)
{
    uint64_t i;
    int code;

    switch ((enum gale_value_kind)v.kind) {
    case GALE_VALUE_LIST:
        code = place_of(r, v, index, &i);
        if (code == 0)
            gale__list(v)->items[i] = x;
        return code;
    case GALE_VALUE_DICT:
        return gale__dict_put(r, gale__dict(v), index, x);
    case GALE_VALUE_ARRAY:
    case GALE_VALUE_MAP:
        return gale__raise_immutable(r, v);
    default:
        return gale__raise(r, GALE__TYPE_ERROR, "'%s' object does not support item assignment",
                           gale_value_type(v));
    }
}

static int delete_of_list(gale_rendering *r, gale_value v, gale_value index)
{
    struct gale__list_value *list = gale__list(v);
    uint64_t i;
    int code = place_of(r, v, index, &i);

    if (code < 0)
        return code;
    code = gale__steps(r, (list->n - i) >> 6);
    if (code < 0)
        return code;
    memmove(list->items + i, list->items + i + 1, (list->n - i - 1) * sizeof(*list->items));
    list->n--;
    return 0;
}

int gale__op_del_index(gale_rendering *r, gale_value v, gale_value index)
{
    gale_value ignored;
    int found;

    switch ((enum gale_value_kind)v.kind) {
    case GALE_VALUE_LIST:
        return delete_of_list(r, v, index);
    case GALE_VALUE_DICT:
        found = gale__dict_remove(r, gale__dict(v), index, &ignored);
        return found > 0 ? 0 : found < 0 ? found : gale__raise_key(r, index);
    case GALE_VALUE_ARRAY:
    case GALE_VALUE_MAP:
        return gale__raise_immutable(r, v);
    default:
        return gale__raise(r, GALE__TYPE_ERROR,
                           v.kind == GALE_VALUE_TEXT || v.kind == GALE_VALUE_TUPLE ||
                                   v.kind == GALE_VALUE_BYTES
                               ? "'%s' object doesn't support item deletion"
                               : "'%s' object does not support item deletion",
                           gale_value_type(v));
    }
}

/* value_read.c - what C reads off values: type, truth, text, parts. */
/* SPDX-License-Identifier: MIT */
#include <gale/value.h>

#include <gale/json.h>
#include <string.h>

#include "base/str.h"
#include "template/memory.h"

static const char *const type_names[] = {
    [GALE_VALUE_UNSET] = "NoneType", [GALE_VALUE_NONE] = "NoneType", [GALE_VALUE_BOOL] = "bool",
    [GALE_VALUE_INT] = "int",        [GALE_VALUE_FLOAT] = "float",   [GALE_VALUE_TEXT] = "str",
    [GALE_VALUE_BYTES] = "bytes",    [GALE_VALUE_ARRAY] = "list",    [GALE_VALUE_MAP] = "dict",
    [GALE_VALUE_LIST] = "list",      [GALE_VALUE_TUPLE] = "tuple",   [GALE_VALUE_DICT] = "dict",
    [GALE_VALUE_RANGE] = "range",
};

static const char *function_type(gale_value v)
{
    const struct gale__function_value *f = v.u.p;

    if (v.flags & GALE__FUNCTION_TYPE)
        return "type";
    if (v.flags & GALE__FUNCTION_BUILTIN)
        return "builtin_function_or_method";
    return f->self.kind != GALE_VALUE_UNSET ? "method" : "function";
}

const char *gale_value_type(gale_value value)
{
    if (value.kind == GALE_VALUE_FUNCTION)
        return function_type(value);
    if (value.kind == GALE_VALUE_OBJECT)
        return ((const struct gale__object_value *)value.u.p)->cls->name;
    return type_names[value.kind];
}

static int ask_length(gale_rendering *r, const struct gale__object_value *o, size_t *out)
{
    int code = gale__host_begin(r);

    if (code == 0)
        code = gale__host_end(r, o->cls->length(r, o->object, out));
    code = gale__host_result(r, code);
    return code < 0 ? code : 0;
}

/* An object without a length is true. */
static int object_is_true(gale_rendering *r, const struct gale__object_value *o)
{
    size_t n = 0;
    int code = o->cls->length ? ask_length(r, o, &n) : 0;

    if (code < 0)
        return code;
    return !o->cls->length || n > 0;
}

int gale_value_is_true(gale_rendering *r, gale_value value)
{
    size_t n;

    switch ((enum gale_value_kind)value.kind) {
    case GALE_VALUE_UNSET:
    case GALE_VALUE_NONE:
        return 0;
    case GALE_VALUE_BOOL:
    case GALE_VALUE_INT:
        return value.u.i != 0;
    case GALE_VALUE_FLOAT:
        return value.u.d != 0;
    case GALE_VALUE_TEXT:
    case GALE_VALUE_BYTES:
        return value.len > 0;
    case GALE_VALUE_FUNCTION:
        return 1;
    case GALE_VALUE_RANGE:
        return gale__range_length(value.u.p) > 0;
    case GALE_VALUE_OBJECT:
        return object_is_true(r, value.u.p);
    default:
        return gale_value_length(r, value, &n) < 0 ? -1 : n > 0;
    }
}

int gale_value_cstr(gale_rendering *r, gale_value value, const char **out)
{
    gale_str s;
    char *copy;
    int code = gale_value_str(r, value, &s);

    if (code < 0)
        return code;
    if (s.len && memchr(s.ptr, 0, s.len))
        return gale__raise(r, GALE__VALUE_ERROR, "embedded null character");
    copy = gale__alloc(r, s.len + 1);
    if (!copy)
        return gale_value_memory_error(r);
    if (s.len)
        memcpy(copy, s.ptr, s.len);
    copy[s.len] = 0;
    *out = copy;
    return 0;
}

int gale_value_attribute(gale_rendering *r, gale_value value, const char *name, gale_value *out)
{
    return gale__op_attribute(r, value, gale__str(name), out);
}

int gale_value_item(gale_rendering *r, gale_value value, gale_value key, gale_value *out)
{
    return gale__op_index(r, value, key, out);
}

void *gale_value_host(gale_value value, const gale_object_class *cls)
{
    const struct gale__object_value *o = value.u.p;

    return value.kind == GALE_VALUE_OBJECT && o->cls == cls ? o->object : NULL;
}

/* --- lengths and items by index ---- */

uint64_t gale__range_length(const struct gale__range_value *g)
{
    uint64_t span;
    uint64_t step;

    if (g->step == 0 || (g->step > 0 ? g->start >= g->stop : g->start <= g->stop))
        return 0;
    if (g->step > 0) {
        span = (uint64_t)g->stop - (uint64_t)g->start;
        step = (uint64_t)g->step;
    } else {
        span = (uint64_t)g->start - (uint64_t)g->stop;
        step = 0 - (uint64_t)g->step;
    }
    return (span - 1) / step + 1;
}

static int object_length(gale_rendering *r, gale_value v, size_t *out)
{
    const struct gale__object_value *o = v.u.p;

    if (!o->cls->length)
        return gale__raise(r, GALE__TYPE_ERROR, "object of type '%s' has no len()",
                           gale_value_type(v));
    return ask_length(r, o, out);
}

/* A range may have more items than an int can say. */
static int too_long(gale_rendering *r)
{
    return gale__raise(r, GALE__OVERFLOW_ERROR, "integer is too large: 64 bits");
}

int gale_value_length(gale_rendering *r, gale_value value, size_t *out)
{
    switch ((enum gale_value_kind)value.kind) {
    case GALE_VALUE_TEXT:
        if (!(value.flags & GALE__TEXT_ASCII) && gale__work(r, value.len) < 0)
            return r->code;
        *out = gale__text_length(value);
        return 0;
    case GALE_VALUE_BYTES:
        *out = value.len;
        return 0;
    case GALE_VALUE_ARRAY:
        *out = json_array_size(value.u.json);
        return 0;
    case GALE_VALUE_MAP:
        *out = json_object_size(value.u.json);
        return 0;
    case GALE_VALUE_LIST:
    case GALE_VALUE_TUPLE:
        *out = gale__list(value)->n;
        return 0;
    case GALE_VALUE_DICT:
        *out = gale__dict(value)->n;
        return 0;
    case GALE_VALUE_RANGE:
        *out = gale__range_length(value.u.p);
        return *out <= INT64_MAX ? 0 : too_long(r);
    case GALE_VALUE_OBJECT:
        return object_length(r, value, out);
    default:
        return gale__raise(r, GALE__TYPE_ERROR, "object of type '%s' has no len()",
                           gale_value_type(value));
    }
}

/* The item of that index by going over all before it. */
static int nth_by_iteration(gale_rendering *r, gale_value value, size_t index, gale_value *out)
{
    gale_template_iter it;
    gale_value item;
    int more = gale__iter_start(r, &it, value);

    if (more < 0)
        return more;
    for (size_t i = 0; (more = gale__iter_next(r, &it, &item)) > 0; i++) {
        if (i == index) {
            *out = item;
            return 0;
        }
    }
    return more < 0 ? more : GALE_EEOF;
}

static int nth_of_object(gale_rendering *r, const struct gale__object_value *o, size_t index,
                         gale_value *out)
{
    gale_value item = { 0 };
    int code = gale__host_begin(r);

    if (code == 0)
        code = gale__host_end(r, o->cls->get_next(r, o->object, index, &item));
    if (gale__says_none(r, code, GALE_EEOF))
        return code;
    code = gale__host_result(r, code);
    if (code >= 0)
        *out = gale__set_value(item);
    return code;
}

int gale_value_nth(gale_rendering *r, gale_value value, size_t index, gale_value *out)
{
    const struct gale__object_value *o = value.u.p;

    switch ((enum gale_value_kind)value.kind) {
    case GALE_VALUE_ARRAY:
        if (index >= json_array_size(value.u.json))
            return GALE_EEOF;
        *out = gale_value_json(json_array_get(value.u.json, index));
        return 0;
    case GALE_VALUE_LIST:
    case GALE_VALUE_TUPLE:
        if (index >= gale__list(value)->n)
            return GALE_EEOF;
        *out = gale__list(value)->items[index];
        return 0;
    case GALE_VALUE_RANGE:
        if (index >= gale__range_length(value.u.p))
            return GALE_EEOF;
        *out = gale__range_item(value.u.p, index);
        return 0;
    case GALE_VALUE_OBJECT:
        if (!o->cls->get_next)
            break;
        return nth_of_object(r, o, index, out);
    default:
        break;
    }
    return nth_by_iteration(r, value, index, out);
}

/* compare.c - equality, order, identity and membership of values, as Python has them.
 *
 * Containers recurse, bounded by the rendering's depth, with a step for each item.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/json.h>
#include <math.h>
#include <string.h>

#include "template/memory.h"

enum { UNORDERED = 2 };

static const double two_63 = 9223372036854775808.0;

static bool is_int(gale_value v)
{
    return v.kind == GALE_VALUE_INT || v.kind == GALE_VALUE_BOOL;
}

static bool is_number(gale_value v)
{
    return is_int(v) || v.kind == GALE_VALUE_FLOAT;
}

static bool is_list(gale_value v)
{
    return v.kind == GALE_VALUE_LIST || v.kind == GALE_VALUE_ARRAY;
}

static bool is_dict(gale_value v)
{
    return v.kind == GALE_VALUE_DICT || v.kind == GALE_VALUE_MAP;
}

bool gale__value_is(gale_value a, gale_value b)
{
    if (a.kind <= GALE_VALUE_NONE && b.kind <= GALE_VALUE_NONE)
        return true;
    if (a.kind != b.kind || a.len != b.len)
        return false;
    if (a.kind == GALE_VALUE_FUNCTION && a.u.p != b.u.p) {
        const struct gale__function_value *f = a.u.p;
        const struct gale__function_value *g = b.u.p;

        return f->name && f->name == g->name && f->context == g->context &&
               gale__value_is(f->self, g->self);
    }
    if (a.kind == GALE_VALUE_OBJECT) {
        const struct gale__object_value *o = a.u.p;
        const struct gale__object_value *p = b.u.p;

        return o->cls == p->cls && o->object == p->object;
    }
    return a.u.i == b.u.i; /* pointers and the bits of numbers alike */
}

/* --- numbers and texts ---- */

static int order_doubles(double a, double b)
{
    if (isnan(a) || isnan(b))
        return UNORDERED;
    return (a > b) - (a < b);
}

/* Exactly: 2**53 + 1 is not 2.0**53. */
static int order_int_double(int64_t i, double d)
{
    int64_t whole;

    if (isnan(d))
        return UNORDERED;
    if (d >= two_63)
        return -1;
    if (d < -two_63)
        return 1;
    whole = (int64_t)d;
    if (i != whole)
        return i < whole ? -1 : 1;
    return order_doubles((double)whole, d);
}

static int order_numbers(gale_value a, gale_value b)
{
    int order;

    if (is_int(a) && is_int(b))
        return (a.u.i > b.u.i) - (a.u.i < b.u.i);
    if (is_int(a))
        return order_int_double(a.u.i, b.u.d);
    if (!is_int(b))
        return order_doubles(a.u.d, b.u.d);
    order = order_int_double(b.u.i, a.u.d);
    return order == UNORDERED ? order : -order;
}

/* UTF-8 sorts as its code points do. */
static int order_bytes(gale_value a, gale_value b)
{
    uint32_t n = a.len < b.len ? a.len : b.len;
    int order = n ? memcmp(a.u.s, b.u.s, n) : 0;

    if (order == 0)
        return (a.len > b.len) - (a.len < b.len);
    return order < 0 ? -1 : 1;
}

static int equal_bytes(gale_rendering *r, gale_value a, gale_value b)
{
    if (a.len != b.len)
        return 0;
    if (gale__work(r, a.len) < 0)
        return r->code;
    return a.len == 0 || memcmp(a.u.s, b.u.s, a.len) == 0;
}

/* --- containers ---- */

static uint32_t list_length(gale_value v)
{
    return v.kind == GALE_VALUE_ARRAY ? (uint32_t)json_array_size(v.u.json) : gale__list(v)->n;
}

static gale_value list_item(gale_value v, uint32_t i)
{
    return v.kind == GALE_VALUE_ARRAY ? gale_value_json(json_array_get(v.u.json, i))
                                      : gale__list(v)->items[i];
}

static int same_item(gale_rendering *r, gale_value a, gale_value b)
{
    if (gale__step(r) < 0)
        return r->code;
    return gale__value_is(a, b) ? 1 : gale__value_equal(r, a, b);
}

/* The first index at which two lists differ, or the shorter one's length. */
static int first_difference(gale_rendering *r, gale_value a, gale_value b, uint32_t *out)
{
    uint32_t i = 0;

    for (; i < list_length(a) && i < list_length(b); i++) {
        int same = same_item(r, list_item(a, i), list_item(b, i));

        if (same < 0)
            return same;
        if (!same)
            break;
    }
    *out = i;
    return 0;
}

static int equal_lists(gale_rendering *r, gale_value a, gale_value b)
{
    uint32_t n = list_length(a);
    uint32_t i;
    int code;

    if (n != list_length(b))
        return 0;
    code = first_difference(r, a, b, &i);
    return code < 0 ? code : i == n;
}

static gale_value map_key(void *i)
{
    return gale_value_borrowed_text(json_object_iter_key(i), json_object_iter_key_len(i));
}

int gale__map_get_item(json_t *map, gale_value key, gale_value *out)
{
    json_t *item = NULL;

    if (key.kind == GALE_VALUE_TEXT)
        item = json_object_getn(map, key.len ? key.u.s : "", key.len);
    if (item)
        *out = gale_value_json(item);
    return item != NULL;
}

int gale__dict_lookup(gale_rendering *r, gale_value dict, gale_value key, gale_value *out)
{
    uint64_t hash;

    if (dict.kind == GALE_VALUE_DICT)
        return gale__dict_get(r, gale__dict(dict), key, out);
    if (key.kind != GALE_VALUE_TEXT && gale__value_hash(r, key, &hash) < 0)
        return r->code;
    return gale__map_get_item(dict.u.json, key, out);
}

/* Whether the other dict has the key with an equal value. */
static int has_equal(gale_rendering *r, gale_value dict, gale_value key, gale_value value)
{
    gale_value other;
    int found = gale__dict_lookup(r, dict, key, &other);

    return found > 0 ? same_item(r, value, other) : found;
}

static int equal_dicts(gale_rendering *r, gale_value a, gale_value b)
{
    const struct gale__dict_entry *e;
    uint32_t at = 0;
    int same = 1;
    size_t n_a = a.kind == GALE_VALUE_DICT ? gale__dict(a)->n : json_object_size(a.u.json);
    size_t n_b = b.kind == GALE_VALUE_DICT ? gale__dict(b)->n : json_object_size(b.u.json);

    if (n_a != n_b)
        return 0;
    if (a.kind == GALE_VALUE_DICT) {
        if (gale__steps(r, gale__dict(a)->used >> 3) < 0) /* it passes deleted ones by */
            return r->code;
        while (same > 0 && (e = gale__dict_next(gale__dict(a), &at)) != NULL)
            same = has_equal(r, b, e->key, e->value);
        return same;
    }
    for (void *i = json_object_iter(a.u.json); i && same > 0;
         i = json_object_iter_next(a.u.json, i))
        same = has_equal(r, b, map_key(i), gale_value_json(json_object_iter_value(i)));
    return same;
}

static bool equal_ranges(const struct gale__range_value *a, const struct gale__range_value *b)
{
    uint64_t n = gale__range_length(a);

    return n == gale__range_length(b) &&
           (n == 0 || (a->start == b->start && (n == 1 || a->step == b->step)));
}

/* Either is an object: the first one that can tell does. */
static int equal_objects(gale_rendering *r, gale_value a, gale_value b)
{
    gale_value sides[2] = { a, b };

    for (int i = 0; i < 2; i++) {
        const struct gale__object_value *o = sides[i].u.p;
        bool same = false;
        int code;

        if (sides[i].kind != GALE_VALUE_OBJECT || !o->cls->equal)
            continue;
        code = gale__host_begin(r);
        if (code == 0)
            code = gale__host_end(r, o->cls->equal(r, o->object, sides[!i], &same));
        code = gale__host_result(r, code);
        return code < 0 ? code : same;
    }
    return gale__value_is(a, b);
}

static int equal_containers(gale_rendering *r, gale_value a, gale_value b)
{
    int same = gale__enter(r);

    if (same < 0)
        return same;
    if (is_dict(a))
        same = equal_dicts(r, a, b);
    else
        same = equal_lists(r, a, b);
    gale__leave(r);
    return same;
}

int gale__value_equal(gale_rendering *r, gale_value a, gale_value b)
{
    if (a.kind == GALE_VALUE_TEXT && b.kind == GALE_VALUE_TEXT)
        return equal_bytes(r, a, b);
    if (is_number(a) && is_number(b))
        return order_numbers(a, b) == 0;
    if (a.kind == GALE_VALUE_OBJECT || b.kind == GALE_VALUE_OBJECT)
        return equal_objects(r, a, b);
    if ((is_list(a) && is_list(b)) || (is_dict(a) && is_dict(b)))
        return equal_containers(r, a, b);
    if (a.kind != b.kind)
        return a.kind <= GALE_VALUE_NONE && b.kind <= GALE_VALUE_NONE;
    if (a.kind == GALE_VALUE_BYTES)
        return equal_bytes(r, a, b);
    if (a.kind == GALE_VALUE_TUPLE)
        return equal_containers(r, a, b);
    if (a.kind == GALE_VALUE_RANGE)
        return equal_ranges(a.u.p, b.u.p);
    return gale__value_is(a, b);
}

/* --- order ---- */

/* Either is an object: 1 when one of them could tell, 0, negative. */
static int order_objects(gale_rendering *r, gale_value a, gale_value b, int *order)
{
    gale_value sides[2] = { a, b };

    for (int i = 0; i < 2; i++) {
        const struct gale__object_value *o = sides[i].u.p;
        int way = 0;
        int code;

        if (sides[i].kind != GALE_VALUE_OBJECT || !o->cls->compare)
            continue;
        code = gale__host_begin(r);
        if (code == 0)
            code = gale__host_end(r, o->cls->compare(r, o->object, sides[!i], &way));
        if (gale__says_none(r, code, GALE_ENOTFOUND))
            continue;
        code = gale__host_result(r, code);
        if (code < 0)
            return code;
        *order = (way > 0) - (way < 0);
        *order = i ? -*order : *order;
        return 1;
    }
    return 0;
}

static int order_lists(gale_rendering *r, const char *op, gale_value a, gale_value b, int *order)
{
    uint32_t n_a = list_length(a);
    uint32_t n_b = list_length(b);
    uint32_t i;
    int code = gale__enter(r);

    if (code < 0)
        return code;
    code = first_difference(r, a, b, &i);
    if (code == 0 && i < n_a && i < n_b)
        code = gale__value_order(r, op, list_item(a, i), list_item(b, i), order);
    else if (code == 0)
        *order = (n_a > n_b) - (n_a < n_b);
    gale__leave(r);
    return code;
}

int gale__value_order(gale_rendering *r, const char *op, gale_value a, gale_value b, int *order)
{
    int told = 0;

    if (is_number(a) && is_number(b)) {
        *order = order_numbers(a, b);
        return 0;
    }
    if (a.kind == b.kind && (a.kind == GALE_VALUE_TEXT || a.kind == GALE_VALUE_BYTES)) {
        *order = order_bytes(a, b);
        return gale__work(r, a.len < b.len ? a.len : b.len);
    }
    if ((is_list(a) && is_list(b)) || (a.kind == GALE_VALUE_TUPLE && b.kind == GALE_VALUE_TUPLE))
        return order_lists(r, op, a, b, order);
    if (a.kind == GALE_VALUE_OBJECT || b.kind == GALE_VALUE_OBJECT)
        told = order_objects(r, a, b, order);
    if (told)
        return told < 0 ? told : 0;
    return gale__raise(r, GALE__TYPE_ERROR, "'%s' not supported between instances of '%s' and '%s'",
                       op, gale_value_type(a), gale_value_type(b));
}

/* --- membership ---- */

static int text_contains(gale_rendering *r, gale_value text, gale_value item)
{
    if (item.kind != GALE_VALUE_TEXT)
        return gale__raise(r, GALE__TYPE_ERROR,
                           "'in <string>' requires string as left operand, not %s",
                           gale_value_type(item));
    if (item.len == 0)
        return 1;
    if (gale__work(r, text.len) < 0)
        return r->code;
    return text.len && memmem(text.u.s, text.len, item.u.s, item.len) != NULL;
}

static int bytes_contain(gale_rendering *r, gale_value bytes, gale_value item)
{
    if (gale__work(r, bytes.len) < 0)
        return r->code;
    if (item.kind == GALE_VALUE_BYTES)
        return item.len == 0 ||
               (bytes.len && memmem(bytes.u.s, bytes.len, item.u.s, item.len) != NULL);
    if (!is_int(item))
        return gale__raise(r, GALE__TYPE_ERROR, "a bytes-like object is required, not '%s'",
                           gale_value_type(item));
    if (item.u.i < 0 || item.u.i > 255)
        return gale__raise(r, GALE__VALUE_ERROR, "byte must be in range(0, 256)");
    return bytes.len && memchr(bytes.u.s, (int)item.u.i, bytes.len) != NULL;
}

static int range_contains(const struct gale__range_value *g, gale_value item)
{
    uint64_t n = gale__range_length(g);
    uint64_t step = g->step > 0 ? (uint64_t)g->step : 0 - (uint64_t)g->step;
    uint64_t offset;
    int64_t i = item.u.i;

    if (item.kind == GALE_VALUE_FLOAT) {
        if (!(fabs(item.u.d) < two_63) || item.u.d != floor(item.u.d))
            return 0;
        i = (int64_t)item.u.d;
    } else if (!is_int(item)) {
        return 0;
    }
    if (g->step > 0 ? i < g->start : i > g->start)
        return 0;
    offset = g->step > 0 ? (uint64_t)i - (uint64_t)g->start : (uint64_t)g->start - (uint64_t)i;
    return offset % step == 0 && offset / step < n;
}

/* What its class says; 1, 0, negative. */
static int object_contains(gale_rendering *r, const struct gale__object_value *o, gale_value item)
{
    int code = gale__host_begin(r);

    if (code == 0)
        code = gale__host_end(r, o->cls->contains(r, o->object, item));
    code = gale__host_result(r, code);
    return code > 0 ? 1 : code;
}

static bool has_contains(gale_value v)
{
    return v.kind == GALE_VALUE_OBJECT && ((const struct gale__object_value *)v.u.p)->cls->contains;
}

static int any_is(gale_rendering *r, gale_value container, gale_value item)
{
    gale_template_iter it;
    gale_value x;
    int same = 0;
    int more;

    if (container.kind != GALE_VALUE_OBJECT ||
        !((const struct gale__object_value *)container.u.p)->cls->get_next)
        return gale__raise(r, GALE__TYPE_ERROR, "argument of type '%s' is not iterable",
                           gale_value_type(container));
    more = gale__iter_start(r, &it, container);
    while (more >= 0 && same == 0 && (more = gale__iter_next(r, &it, &x)) > 0)
        same = same_item(r, x, item);
    return more < 0 ? more : same;
}

static int list_contains(gale_rendering *r, gale_value list, gale_value item)
{
    int same = 0;

    for (uint32_t i = 0; i < list_length(list) && same == 0; i++)
        same = same_item(r, list_item(list, i), item);
    return same;
}

int gale__value_contains(gale_rendering *r, gale_value container, gale_value item)
{
    gale_value ignored;

    switch ((enum gale_value_kind)container.kind) {
    case GALE_VALUE_TEXT:
        return text_contains(r, container, item);
    case GALE_VALUE_BYTES:
        return bytes_contain(r, container, item);
    case GALE_VALUE_DICT:
    case GALE_VALUE_MAP:
        return gale__dict_lookup(r, container, item, &ignored);
    case GALE_VALUE_ARRAY:
    case GALE_VALUE_LIST:
    case GALE_VALUE_TUPLE:
        return list_contains(r, container, item);
    case GALE_VALUE_RANGE:
        return range_contains(container.u.p, item);
    default:
        return has_contains(container) ? object_contains(r, container.u.p, item)
                                       : any_is(r, container, item);
    }
}

/* --- the instruction ---- */

static const char *const order_symbols[] = {
    [GALE__LT] = "<", [GALE__LE] = "<=", [GALE__GT] = ">", [GALE__GE] = ">="
};

/* 1, 0, negative. */
static int order_holds(gale_rendering *r, enum gale__compare op, gale_value a, gale_value b)
{
    int order;
    int code = gale__value_order(r, order_symbols[op], a, b, &order);

    if (code < 0)
        return code;
    switch (op) {
    case GALE__LT:
        return order == -1;
    case GALE__LE:
        return order == -1 || order == 0;
    case GALE__GT:
        return order == 1;
    default:
        return order == 1 || order == 0;
    }
}

static int holds(gale_rendering *r, enum gale__compare op, gale_value a, gale_value b)
{
    int is;

    switch (op) {
    case GALE__EQ:
        return gale__value_equal(r, a, b);
    case GALE__NE:
        is = gale__value_equal(r, a, b);
        break;
    case GALE__IN:
        return gale__value_contains(r, b, a);
    case GALE__NOT_IN:
        is = gale__value_contains(r, b, a);
        break;
    case GALE__IS:
        return gale__value_is(a, b);
    case GALE__IS_NOT:
        is = gale__value_is(a, b);
        break;
    default:
        return order_holds(r, op, a, b);
    }
    return is < 0 ? is : !is;
}

int gale__op_compare(gale_rendering *r, enum gale__compare op, gale_value a, gale_value b,
                     gale_value *out)
{
    int is = holds(r, op, a, b);

    if (is < 0)
        return is;
    *out = gale_value_bool(is);
    return 0;
}

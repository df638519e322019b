/* slice.c - v[start:stop:step] of texts, bytes, lists, tuples and ranges; list[…] = items; del. */
/* SPDX-License-Identifier: MIT */
#include <gale/json.h>
#include <string.h>

#include "template/iterate.h"

/* Which items of n: count of them from start on, each step further. */
struct cut {
    int64_t start, stop, step;
    uint64_t count;
};

static int bound(gale_rendering *r, gale_value v, int64_t fallback, int64_t *out)
{
    *out = fallback;
    if (v.kind <= GALE_VALUE_NONE)
        return 0;
    if (v.kind != GALE_VALUE_INT && v.kind != GALE_VALUE_BOOL)
        return gale__raise(r, GALE__TYPE_ERROR,
                           "slice indices must be integers or None or have an __index__ method");
    *out = v.u.i;
    return 0;
}

/* A bound from the start, within [low, high]. */
static int64_t clamp(int64_t i, int64_t n, int64_t low, int64_t high)
{
    if (i < 0)
        i += n;
    return i < low ? low : i > high ? high : i;
}

static int make_cut(gale_rendering *r, const gale_value bounds[3], int64_t n, struct cut *cut)
{
    bool back;
    int code = bound(r, bounds[2], 1, &cut->step);

    if (code < 0)
        return code;
    if (cut->step == 0)
        return gale__raise(r, GALE__VALUE_ERROR, "slice step cannot be zero");
    if (cut->step < -INT64_MAX)
        cut->step = -INT64_MAX;
    back = cut->step < 0;
    code = bound(r, bounds[0], back ? INT64_MAX : 0, &cut->start);
    if (code == 0)
        code = bound(r, bounds[1], back ? -INT64_MAX : INT64_MAX, &cut->stop);
    if (code < 0)
        return code;
    cut->start = clamp(cut->start, n, back ? -1 : 0, back ? n - 1 : n);
    cut->stop = clamp(cut->stop, n, back ? -1 : 0, back ? n - 1 : n);
    cut->count = 0;
    if (!back && cut->start < cut->stop)
        cut->count = (uint64_t)(cut->stop - cut->start - 1) / (uint64_t)cut->step + 1;
    else if (back && cut->start > cut->stop)
        cut->count = (uint64_t)(cut->start - cut->stop - 1) / (uint64_t)-cut->step + 1;
    return 0;
}

/* --- reading ---- */

static bool is_start(char c)
{
    return ((unsigned char)c & 0xc0) != 0x80;
}

/* Moves by that many characters; size 1 when each byte is one. */
static size_t move(gale_value v, size_t at, int64_t by, bool bytes)
{
    if (bytes)
        return at + (size_t)by;
    for (; by > 0 && at < v.len; by--)
        for (at++; at < v.len && !is_start(v.u.s[at]);)
            at++;
    for (; by < 0 && at > 0; by++)
        for (at--; at > 0 && !is_start(v.u.s[at]);)
            at--;
    return at;
}

/* With a step other than 1: character after character. */
static int stepped_text(gale_rendering *r, gale_value v, const struct cut *cut, gale_value *out)
{
    bool bytes = v.kind == GALE_VALUE_BYTES || (v.flags & GALE__TEXT_ASCII);
    char *s = gale__alloc(r, bytes ? cut->count : v.len);
    size_t at = gale__text_offset(v, cut->count ? (size_t)cut->start : 0);
    size_t len = 0;

    if (!s)
        return gale_value_memory_error(r);
    for (uint64_t i = 0; i < cut->count; i++) {
        size_t n = 1;

        while (!bytes && at + n < v.len && !is_start(v.u.s[at + n]))
            n++;
        memcpy(s + len, v.u.s + at, n);
        len += n;
        if (i + 1 < cut->count)
            at = move(v, at, cut->step, bytes);
    }
    v.u.s = s;
    v.len = (uint32_t)len;
    *out = v;
    return 0;
}

static int slice_text(gale_rendering *r, gale_value v, const struct cut *cut, gale_value *out)
{
    if (gale__work(r, (size_t)v.len * 2) < 0)
        return r->code;
    if (cut->step != 1)
        return stepped_text(r, v, cut, out);
    *out = gale__text_part(v, (size_t)cut->start, (size_t)cut->start + cut->count);
    return 0;
}

static int slice_list(gale_rendering *r, gale_value v, const struct cut *cut, gale_value *out)
{
    int64_t at = cut->start;
    gale_value list;
    int code = gale__steps(r, cut->count);

    if (code == 0)
        code = gale__list_new(r, (uint32_t)cut->count, &list);
    if (code < 0)
        return code;
    for (uint64_t i = 0; i < cut->count; i++) {
        gale__list(list)->items[i] = v.kind == GALE_VALUE_ARRAY
                                         ? gale_value_json(json_array_get(v.u.json, (size_t)at))
                                         : gale__list(v)->items[at];
        if (i + 1 < cut->count)
            at += cut->step;
    }
    gale__list(list)->n = (uint32_t)cut->count;
    list.kind = v.kind == GALE_VALUE_TUPLE ? GALE_VALUE_TUPLE : GALE_VALUE_LIST;
    *out = list;
    return 0;
}

/* start + index * step of a range; false: 64 bits do not hold it. */
static bool range_place(const struct gale__range_value *g, int64_t index, int64_t *out)
{
    int64_t offset;

    return !__builtin_mul_overflow(g->step, index, &offset) &&
           !__builtin_add_overflow(g->start, offset, out);
}

static int slice_range(gale_rendering *r, gale_value v, const struct cut *cut, gale_value *out)
{
    const struct gale__range_value *g = v.u.p;
    struct gale__range_value *made = gale__alloc(r, sizeof(*made));

    if (!made)
        return gale_value_memory_error(r);
    if (!range_place(g, cut->start, &made->start) || !range_place(g, cut->stop, &made->stop) ||
        __builtin_mul_overflow(g->step, cut->step, &made->step))
        return gale__raise(r, GALE__OVERFLOW_ERROR, "integer is too large: 64 bits");
    *out = (gale_value){ .kind = GALE_VALUE_RANGE, .u.p = made };
    return 0;
}

static int no_slice(gale_rendering *r, gale_value v)
{
    if (v.kind == GALE_VALUE_DICT || v.kind == GALE_VALUE_MAP)
        return gale__raise(r, GALE__TYPE_ERROR, "unhashable type: 'slice'");
    return gale__raise(r, GALE__TYPE_ERROR, "'%s' object is not subscriptable", gale_value_type(v));
}

int gale__op_slice(gale_rendering *r, gale_value v, const gale_value bounds[3], gale_value *out)
{
    struct cut cut;
    size_t n;
    int code;

    if (v.kind < GALE_VALUE_TEXT || v.kind == GALE_VALUE_MAP || v.kind == GALE_VALUE_DICT ||
        v.kind > GALE_VALUE_RANGE)
        return no_slice(r, v);
    code = gale_value_length(r, v, &n);
    if (code == 0)
        code = make_cut(r, bounds, (int64_t)n, &cut);
    if (code < 0)
        return code;
    if (v.kind == GALE_VALUE_TEXT || v.kind == GALE_VALUE_BYTES)
        return slice_text(r, v, &cut, out);
    return v.kind == GALE_VALUE_RANGE ? slice_range(r, v, &cut, out) : slice_list(r, v, &cut, out);
}

/* --- changing ---- */

/* Makes the hole of cut->count items at cut->start one of n items. */
static int resize_hole(gale_rendering *r, struct gale__list_value *list, const struct cut *cut,
                       uint32_t n)
{
    uint64_t all = list->n - cut->count + n;
    size_t start = (size_t)cut->start;
    size_t rest = list->n - start - cut->count;
    gale_value *items = list->items;

    if (all > UINT32_MAX)
        return gale__raise_limit(r, "the limit of 2**32 items");
    if (all > list->cap) {
        items = gale__alloc_array(r, all, sizeof(*items));
        if (!items)
            return gale_value_memory_error(r);
        if (start)
            memcpy(items, list->items, start * sizeof(*items));
        list->cap = (uint32_t)all;
    }
    if (rest)
        memmove(items + start + n, list->items + start + cut->count, rest * sizeof(*items));
    list->items = items;
    list->n = (uint32_t)all;
    return 0;
}

static int set_stepped(gale_rendering *r, struct gale__list_value *list, const struct cut *cut,
                       const gale_value *from, uint32_t n)
{
    if (n != cut->count)
        return gale__raise(r, GALE__VALUE_ERROR,
                           "attempt to assign sequence of size %u to extended slice of size %llu",
                           n, (unsigned long long)cut->count);
    for (uint32_t i = 0; i < n; i++)
        list->items[cut->start + i * cut->step] = from[i];
    return 0;
}

/* The items, which are the list's own no longer when it is the list itself. */
static int new_items(gale_rendering *r, gale_value list, gale_value x, bool stepped,
                     const gale_value **items, uint32_t *n)
{
    if (!gale__is_iterable(x))
        return gale__raise(r, GALE__TYPE_ERROR,
                           stepped ? "must assign iterable to extended slice"
                                   : "can only assign an iterable");
    if (x.kind == GALE_VALUE_LIST && x.u.p == list.u.p && gale__list_from(r, x, &x) < 0)
        return r->code;
    return gale__items_of(r, x, items, n);
}

static int set_list(gale_rendering *r, gale_value v, const gale_value bounds[3], gale_value x)
{
    struct gale__list_value *list = gale__list(v);
    const gale_value *items;
    struct cut cut;
    uint32_t n;
    int code = make_cut(r, bounds, list->n, &cut);

    if (code == 0)
        code = new_items(r, v, x, cut.step != 1, &items, &n);
    if (code == 0) /* what gave the items may have changed the list */
        code = make_cut(r, bounds, list->n, &cut);
    if (code == 0)
        code = gale__steps(r, n + (list->n >> 6));
    if (code < 0)
        return code;
    if (cut.step != 1)
        return set_stepped(r, list, &cut, items, n);
    code = resize_hole(r, list, &cut, n);
    if (code == 0 && n)
        memcpy(list->items + cut.start, items, n * sizeof(*items));
    return code;
}

int gale__op_set_slice(gale_rendering *r, gale_value v, const gale_value bounds[3], gale_value x)
{
    if (v.kind == GALE_VALUE_LIST)
        return set_list(r, v, bounds, x);
    if (v.kind == GALE_VALUE_ARRAY || v.kind == GALE_VALUE_MAP)
        return gale__raise_immutable(r, v);
    if (v.kind == GALE_VALUE_DICT)
        return no_slice(r, v);
    return gale__raise(r, GALE__TYPE_ERROR, "'%s' object does not support item assignment",
                       gale_value_type(v));
}

/* The items that stay move together. */
static int delete_of_list(gale_rendering *r, gale_value v, const gale_value bounds[3])
{
    struct gale__list_value *list = gale__list(v);
    struct cut cut;
    uint32_t to;
    int code = make_cut(r, bounds, list->n, &cut);

    if (code == 0)
        code = gale__steps(r, list->n >> 6);
    if (code < 0 || !cut.count)
        return code;
    if (cut.step < 0) { /* the same items from their first on */
        cut.start += (int64_t)(cut.count - 1) * cut.step;
        cut.step = -cut.step;
    }
    to = (uint32_t)cut.start;
    for (uint32_t from = to; from < list->n; from++) {
        bool is_behind = (from - (uint64_t)cut.start) / (uint64_t)cut.step >= cut.count;

        if (is_behind || (from - (uint64_t)cut.start) % (uint64_t)cut.step)
            list->items[to++] = list->items[from];
    }
    list->n = to;
    return 0;
}

int gale__op_del_slice(gale_rendering *r, gale_value v, const gale_value bounds[3])
{
    if (v.kind == GALE_VALUE_LIST)
        return delete_of_list(r, v, bounds);
    if (v.kind == GALE_VALUE_DICT)
        return no_slice(r, v);
    if (v.kind == GALE_VALUE_ARRAY || v.kind == GALE_VALUE_MAP)
        return gale__raise_immutable(r, v);
    return gale__raise(r, GALE__TYPE_ERROR, "'%s' object does not support item deletion",
                       gale_value_type(v));
}

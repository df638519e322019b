/* builtins_sequence.c - builtins that go over things: len, sorted, sum, zip …
 *
 * What is lazy in Python (zip, map, filter, enumerate, reversed) is computed at once here, as a
 * list; a reversed range is a range.
 */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "template/builtins.h"

static int len(gale_call *call, gale_value *out)
{
    gale_value v;
    size_t n;
    int result = gale__only_arg(call, &v);

    if (result >= 0)
        result = gale_value_length(call->rendering, v, &n);
    if (result < 0)
        return result;
    *out = gale_value_int((int64_t)n);
    return 0;
}

/* --- all, any, sum ---- */

/* Whether some item's truth is what is looked for. */
static int look_for(gale_call *call, bool truth, bool *found)
{
    gale_rendering *r = call->rendering;
    gale_template_iter it;
    gale_value over, item;
    int more = gale__only_arg(call, &over);

    *found = false;
    if (more >= 0)
        more = gale__iter_start(r, &it, over);
    if (more < 0)
        return more;
    while ((more = gale__iter_next(r, &it, &item)) > 0) {
        int is = gale_value_is_true(r, item);

        if (is < 0)
            return is;
        *found = (is != 0) == truth;
        if (*found)
            return 0;
    }
    return more;
}

static int all(gale_call *call, gale_value *out)
{
    bool found;
    int result = look_for(call, false, &found);

    *out = gale_value_bool(!found);
    return result;
}

static int any(gale_call *call, gale_value *out)
{
    bool found;
    int result = look_for(call, true, &found);

    *out = gale_value_bool(found);
    return result;
}

static int sum(gale_call *call, gale_value *out)
{
    static const char *const names[] = { "iterable", "start", NULL };
    gale_rendering *r = call->rendering;
    gale_template_iter it;
    gale_value total, item;
    int more = gale_call_check(call, 1, 2, names);

    if (more < 0)
        return more;
    total = gale_call_argument(call, 1, "start");
    if (total.kind == GALE_VALUE_UNSET)
        total = gale_value_int(0);
    if (gale__is_text(total))
        return gale__raise(r, GALE__TYPE_ERROR,
                           "sum() can't sum strings [use ''.join(seq) instead]");
    more = gale__iter_start(r, &it, gale_call_argument(call, 0, "iterable"));
    if (more < 0)
        return more;
    while ((more = gale__iter_next(r, &it, &item)) > 0) {
        more = gale__op_binary(r, GALE__ADD, total, item, &total);
        if (more < 0)
            return more;
    }
    *out = total;
    return more;
}

/* --- min, max ---- */

struct extreme {
    gale_call *call;
    gale_value key; /* UNSET: none */
    bool is_max, any;
    gale_value best, best_key;
};

static int key_of(gale_rendering *r, gale_value key, gale_value item, gale_value *out)
{
    *out = item;
    return gale__is_given(key) ? gale_value_call(r, key, &item, 1, out) : 0;
}

static int take_extreme(struct extreme *e, gale_value item)
{
    gale_rendering *r = e->call->rendering;
    gale_value key, less;
    int is = 1, result = key_of(r, e->key, item, &key);

    if (result >= 0 && e->any) {
        result = gale__op_compare(r, e->is_max ? GALE__GT : GALE__LT, key, e->best_key, &less);
        is = result < 0 ? result : gale_value_is_true(r, less);
    }
    if (result < 0 || is < 0)
        return result < 0 ? result : is;
    e->any = true;
    if (is) {
        e->best = item;
        e->best_key = key;
    }
    return 0;
}

static int check_keywords(gale_call *call, const char *a, const char *b)
{
    for (uint32_t i = 0; i < call->n_keywords; i++)
        if (!gale__str_equal(call->keywords[i], gale__str(a)) &&
            !gale__str_equal(call->keywords[i], gale__str(b)))
            return gale__raise(call->rendering, GALE__TYPE_ERROR,
                               "%s() got an unexpected keyword argument '%.*s'", call->name,
                               (int)call->keywords[i].len, call->keywords[i].ptr);
    return 0;
}

static gale_value keyword(const gale_call *call, const char *name)
{
    for (uint32_t i = 0; i < call->n_keywords; i++)
        if (gale__str_equal(call->keywords[i], gale__str(name)))
            return call->keyword_args[i];
    return (gale_value){ 0 };
}

static int extreme_of_items(struct extreme *e, gale_value over)
{
    gale_rendering *r = e->call->rendering;
    gale_template_iter it;
    gale_value item;
    int more = gale__iter_start(r, &it, over);

    if (more < 0)
        return more;
    while ((more = gale__iter_next(r, &it, &item)) > 0) {
        more = take_extreme(e, item);
        if (more < 0)
            return more;
    }
    return more;
}

static int extreme(gale_call *call, bool is_max, gale_value *out)
{
    struct extreme e = { .call = call, .key = keyword(call, "key"), .is_max = is_max };
    gale_value other = keyword(call, "default");
    int result = check_keywords(call, "key", "default");

    if (result < 0)
        return result;
    if (!call->n_args)
        return gale__raise(call->rendering, GALE__TYPE_ERROR,
                           "%s expected at least 1 argument, got 0", call->name);
    if (call->n_args > 1 && other.kind != GALE_VALUE_UNSET)
        return gale__raise(call->rendering, GALE__TYPE_ERROR,
                           "Cannot specify a default for %s() with multiple positional arguments",
                           call->name);
    if (call->n_args == 1)
        result = extreme_of_items(&e, call->args[0]);
    for (uint32_t i = 0; call->n_args > 1 && i < call->n_args && result >= 0; i++)
        result = take_extreme(&e, call->args[i]);
    if (result < 0)
        return result;
    if (!e.any && other.kind == GALE_VALUE_UNSET)
        return gale__raise(call->rendering, GALE__VALUE_ERROR, "%s() arg is an empty sequence",
                           call->name);
    *out = e.any ? e.best : other;
    return 0;
}

static int min(gale_call *call, gale_value *out)
{
    return extreme(call, false, out);
}

static int max(gale_call *call, gale_value *out)
{
    return extreme(call, true, out);
}

/* --- sorted, reversed ---- */

int gale__sorted(gale_call *call, gale_value iterable, gale_value *out)
{
    gale_rendering *r = call->rendering;
    gale_value key = keyword(call, "key"), order = keyword(call, "reverse"), *keys = NULL;
    struct gale__list_value *list;
    int is_reverse = 0, result = gale__list_from(r, iterable, out);

    if (result >= 0 && order.kind != GALE_VALUE_UNSET)
        result = is_reverse = gale_value_is_true(r, order);
    if (result < 0)
        return result;
    list = gale__list(*out);
    if (gale__is_given(key)) {
        keys = gale__alloc_array(r, list->n + 1, sizeof(*keys));
        if (!keys)
            return gale_value_memory_error(r);
    }
    for (uint32_t i = 0; keys && i < list->n; i++) {
        keys[i] = (gale_value){ 0 };
        result = gale_value_call(r, key, &list->items[i], 1, &keys[i]);
        if (result < 0)
            return result;
    }
    return gale__values_sort(r, list->items, keys, list->n, is_reverse);
}

static int sorted(gale_call *call, gale_value *out)
{
    int result = check_keywords(call, "key", "reverse");

    if (result < 0)
        return result;
    if (call->n_args != 1)
        return gale__raise(call->rendering, GALE__TYPE_ERROR, "sorted expected 1 argument, got %u",
                           (unsigned)call->n_args);
    return gale__sorted(call, call->args[0], out);
}

/* The same numbers the other way round. The stop may lie beyond 64 bits: it is not reached then,
 * as long as a range ends after its last number. */
static int reversed_range(gale_rendering *r, const struct gale__range_value *g, gale_value *out)
{
    struct gale__range_value *back = gale_value_alloc(r, sizeof(*back));
    uint64_t n = gale__range_length(g);

    if (!back)
        return gale_value_memory_error(r);
    if (n == 0)
        *back = (struct gale__range_value){ 0, 0, 1 };
    else if (g->step == INT64_MIN || __builtin_sub_overflow(g->start, g->step, &back->stop))
        return gale__raise_overflow(r);
    else
        *back = (struct gale__range_value){ gale__range_item(g, n - 1).u.i, back->stop, -g->step };
    *out = (gale_value){ .kind = GALE_VALUE_RANGE, .u.p = back };
    return 0;
}

static int reversed(gale_call *call, gale_value *out)
{
    gale_value v;
    struct gale__list_value *list;
    int result = gale__only_arg(call, &v);

    if (result < 0)
        return result;
    if (v.kind == GALE_VALUE_RANGE)
        return reversed_range(call->rendering, v.u.p, out);
    result = gale__list_from(call->rendering, v, out);
    if (result < 0)
        return result;
    list = gale__list(*out);
    for (uint32_t i = 0; i < list->n / 2; i++) {
        gale_value other = list->items[list->n - 1 - i];

        list->items[list->n - 1 - i] = list->items[i];
        list->items[i] = other;
    }
    return 0;
}

/* --- enumerate, zip, map, filter ---- */

static int enumerate(gale_call *call, gale_value *out)
{
    static const char *const names[] = { "iterable", "start", NULL };
    gale_rendering *r = call->rendering;
    gale_template_iter it;
    gale_value item, pair;
    int64_t at = 0;
    int more = gale_call_check(call, 1, 2, names);

    if (more >= 0)
        more = gale__arg_int(call, 1, "start", &at);
    if (more >= 0)
        more = gale__iter_start(r, &it, gale_call_argument(call, 0, "iterable"));
    if (more >= 0)
        more = gale__list_new(r, 0, out);
    while (more >= 0 && (more = gale__iter_next(r, &it, &item)) > 0) {
        gale_value two[2] = { gale_value_int(at), item };

        more = gale_value_tuple(r, &pair, two, 2);
        if (more >= 0)
            more = gale__list_push(r, gale__list(*out), pair);
        if (more >= 0 && __builtin_add_overflow(at, 1, &at))
            more = gale__raise_overflow(r);
    }
    return more;
}

/* Several iterations side by side. */
struct zipped {
    gale_rendering *r;
    gale_template_iter *iters;
    gale_value *items;
    uint32_t n;
};

static int begin_zip(gale_call *call, uint32_t first, struct zipped *z)
{
    gale_rendering *r = call->rendering;
    int result = 0;

    *z = (struct zipped){ .r = r, .n = call->n_args > first ? call->n_args - first : 0 };
    z->iters = gale__alloc_array(r, z->n + 1, sizeof(*z->iters));
    z->items = gale__alloc_array(r, z->n + 1, sizeof(*z->items));
    if (!z->iters || !z->items)
        return gale_value_memory_error(r);
    for (uint32_t i = 0; i < z->n && result >= 0; i++)
        result = gale__iter_start(r, &z->iters[i], call->args[first + i]);
    return result;
}

/* 1 with an item of each, 0 when one is through: *at is which. */
static int next_zip(struct zipped *z, uint32_t *at)
{
    for (*at = 0; *at < z->n; ++*at) {
        int more = gale__iter_next(z->r, &z->iters[*at], &z->items[*at]);

        if (more <= 0)
            return more;
    }
    return z->n > 0;
}

/* One is through: with strict=True all must be. */
static int check_lengths(struct zipped *z, uint32_t at)
{
    gale_value item;

    if (at > 0)
        return gale__raise(z->r, GALE__VALUE_ERROR,
                           "zip() argument %u is shorter than argument%s%u", (unsigned)at + 1,
                           at == 1 ? " " : "s 1-", (unsigned)at);
    for (uint32_t i = 1; i < z->n; i++) {
        int more = gale__iter_next(z->r, &z->iters[i], &item);

        if (more != 0)
            return more < 0 ? more
                            : gale__raise(z->r, GALE__VALUE_ERROR,
                                          "zip() argument %u is longer than argument%s%u",
                                          (unsigned)i + 1, i == 1 ? " " : "s 1-", (unsigned)i);
    }
    return 0;
}

static int zip(gale_call *call, gale_value *out)
{
    gale_rendering *r = call->rendering;
    struct zipped z = { 0 };
    gale_value strict = keyword(call, "strict"), tuple;
    uint32_t at = 0;
    int is_strict = 0, more = check_keywords(call, "strict", "strict");

    if (more >= 0)
        more = is_strict = gale_value_is_true(r, strict);
    if (more >= 0)
        more = begin_zip(call, 0, &z);
    if (more >= 0)
        more = gale__list_new(r, 0, out);
    while (more >= 0 && (more = next_zip(&z, &at)) > 0) {
        more = gale_value_tuple(r, &tuple, z.items, z.n);
        if (more >= 0)
            more = gale__list_push(r, gale__list(*out), tuple);
    }
    return more == 0 && is_strict && z.n ? check_lengths(&z, at) : more;
}

static int need_arguments(gale_call *call, uint32_t n)
{
    if (call->n_keywords)
        return gale__raise(call->rendering, GALE__TYPE_ERROR, "%s() takes no keyword arguments",
                           call->name);
    if (call->n_args < n)
        return gale__raise(call->rendering, GALE__TYPE_ERROR,
                           "%s() must have at least two "
                           "arguments.",
                           call->name);
    return 0;
}

static int map(gale_call *call, gale_value *out)
{
    gale_rendering *r = call->rendering;
    struct zipped z = { 0 };
    uint32_t at;
    int more = need_arguments(call, 2);

    if (more >= 0)
        more = begin_zip(call, 1, &z);
    if (more >= 0)
        more = gale__list_new(r, 0, out);
    while (more >= 0 && (more = next_zip(&z, &at)) > 0) {
        gale_value item = { 0 };

        more = gale_value_call(r, call->args[0], z.items, z.n, &item);
        if (more >= 0)
            more = gale__list_push(r, gale__list(*out), item);
    }
    return more;
}

static int filter(gale_call *call, gale_value *out)
{
    gale_rendering *r = call->rendering;
    gale_template_iter it;
    gale_value item, list = { 0 };
    int more = gale_call_check(call, 2, 2, NULL);

    if (more >= 0)
        more = gale__iter_start(r, &it, call->args[1]);
    if (more >= 0)
        more = gale__list_new(r, 0, &list);
    while (more >= 0 && (more = gale__iter_next(r, &it, &item)) > 0) {
        gale_value is = { 0 };

        more = key_of(r, call->args[0], item, &is);
        if (more >= 0)
            more = gale_value_is_true(r, is);
        if (more > 0)
            more = gale__list_push(r, gale__list(list), item);
    }
    *out = list;
    return more;
}

const gale_name gale__sequence_builtins[] = {
    { .name = "all", .function = all },
    { .name = "any", .function = any },
    { .name = "enumerate", .function = enumerate },
    { .name = "filter", .function = filter },
    { .name = "len", .function = len },
    { .name = "map", .function = map },
    { .name = "max", .function = max },
    { .name = "min", .function = min },
    { .name = "reversed", .function = reversed },
    { .name = "sorted", .function = sorted },
    { .name = "sum", .function = sum },
    { .name = "zip", .function = zip },
    { 0 },
};

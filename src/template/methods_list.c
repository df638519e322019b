/* methods_list.c - methods of list and tuple (and range), those that change lists and those that do
 * not. A list of the application cannot be changed.
 */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "template/builtins.h"

/* The list that is to be changed. */
static int to_change(gale_call *call, struct gale__list_value **out)
{
    if (call->self.kind != GALE_VALUE_LIST)
        return gale__raise_immutable(call->rendering, call->self);
    *out = gale__list(call->self);
    return 0;
}

static int begin(gale_call *call, size_t min, size_t max, struct gale__list_value **list)
{
    int result = gale_call_check(call, min, max, NULL);

    return result < 0 ? result : to_change(call, list);
}

/* Takes steps for moving n items. */
static int move(gale_call *call, size_t n)
{
    return gale__work(call->rendering, n * sizeof(gale_value));
}

static int append(gale_call *call, gale_value *out)
{
    struct gale__list_value *list = NULL;
    int result = begin(call, 1, 1, &list);

    *out = gale_value_none();
    if (result < 0)
        return result;
    return gale__list_push(call->rendering, list, gale_call_argument(call, 0, NULL));
}

static int extend(gale_call *call, gale_value *out)
{
    struct gale__list_value *list = NULL;
    const gale_value *items;
    uint32_t n = 0;
    int result = begin(call, 1, 1, &list);

    *out = gale_value_none();
    if (result >= 0)
        result = gale__items_of(call->rendering, gale_call_argument(call, 0, NULL), &items, &n);
    if (result >= 0)
        result = gale__steps(call->rendering, n);
    for (uint32_t i = 0; i < n && result >= 0; i++) /* items may be the list's own, which move */
        result = gale__list_push(call->rendering, list, items[i]);
    return result;
}

/* Bounds of a slice: from the end when negative, within the list. */
static uint32_t clamp(int64_t at, uint32_t n)
{
    if (at < 0)
        at = at < -(int64_t)n ? 0 : at + n;
    return at > n ? n : (uint32_t)at;
}

static int insert(gale_call *call, gale_value *out)
{
    struct gale__list_value *list = NULL;
    int64_t index = 0;
    uint32_t at;
    int result = begin(call, 2, 2, &list);

    *out = gale_value_none();
    if (result >= 0)
        result = gale__arg_int(call, 0, NULL, &index);
    if (result >= 0)
        result = move(call, list->n);
    if (result >= 0)
        result = gale__list_push(call->rendering, list, gale_value_none());
    if (result < 0)
        return result;
    at = clamp(index, list->n - 1);
    memmove(list->items + at + 1, list->items + at, (list->n - 1 - at) * sizeof(gale_value));
    list->items[at] = gale_call_argument(call, 1, NULL);
    return 0;
}

static void take_out(struct gale__list_value *list, uint32_t at)
{
    memmove(list->items + at, list->items + at + 1, (list->n - 1 - at) * sizeof(gale_value));
    list->n--;
}

static int remove_item(gale_call *call, gale_value *out)
{
    gale_rendering *r = call->rendering;
    struct gale__list_value *list = NULL;
    int result = begin(call, 1, 1, &list);

    *out = gale_value_none();
    for (uint32_t i = 0; result >= 0 && i < list->n; i++) {
        result = gale__steps(r, 1);
        if (result >= 0)
            result = gale__value_equal(r, list->items[i], gale_call_argument(call, 0, NULL));
        if (result > 0 && i < list->n) {
            take_out(list, i);
            return move(call, list->n);
        }
    }
    return result < 0 ? result : gale__raise(r, GALE__VALUE_ERROR, "list.remove(x): x not in list");
}

static int pop(gale_call *call, gale_value *out)
{
    struct gale__list_value *list = NULL;
    int64_t index = -1;
    int result = begin(call, 0, 1, &list);

    if (result >= 0)
        result = gale__arg_int(call, 0, NULL, &index);
    if (result < 0)
        return result;
    if (!list->n)
        return gale__raise(call->rendering, GALE__INDEX_ERROR, "pop from empty list");
    if (index < 0)
        index += list->n;
    if (index < 0 || index >= list->n)
        return gale__raise(call->rendering, GALE__INDEX_ERROR, "pop index out of range");
    *out = list->items[index];
    result = move(call, list->n - (size_t)index);
    take_out(list, (uint32_t)index);
    return result;
}

static int clear(gale_call *call, gale_value *out)
{
    struct gale__list_value *list = NULL;
    int result = begin(call, 0, 0, &list);

    *out = gale_value_none();
    if (result >= 0)
        list->n = 0;
    return result;
}

static int reverse(gale_call *call, gale_value *out)
{
    struct gale__list_value *list = NULL;
    int result = begin(call, 0, 0, &list);

    *out = gale_value_none();
    if (result >= 0)
        result = move(call, list->n);
    if (result < 0)
        return result;
    for (uint32_t i = 0; i < list->n / 2; i++) {
        gale_value other = list->items[list->n - 1 - i];

        list->items[list->n - 1 - i] = list->items[i];
        list->items[i] = other;
    }
    return 0;
}

/* The items are sorted apart: a key function may change the list. */
static int sort(gale_call *call, gale_value *out)
{
    static const char *const names[] = { "key", "reverse", NULL };
    struct gale__list_value *list = NULL;
    gale_value sorted;
    int result = call->n_args ? gale_call_check(call, 0, 0, NULL)
                              : gale_call_check(call, 0, 2, names);

    if (result >= 0)
        result = to_change(call, &list);
    if (result >= 0)
        result = gale__sorted(call, call->self, &sorted);
    if (result < 0)
        return result;
    *list = *gale__list(sorted);
    *out = gale_value_none();
    return 0;
}

/* --- reading ---- */

static int copy(gale_call *call, gale_value *out)
{
    int result = gale_call_check(call, 0, 0, NULL);

    return result < 0 ? result : gale__list_from(call->rendering, call->self, out);
}

/* Equal items of self among [start, stop): how many, or with is_first the index of the first one,
 * -1 for none. */
static int count_equal(gale_call *call, int64_t start, int64_t stop, bool is_first, int64_t *out)
{
    gale_rendering *r = call->rendering;
    gale_value what = gale_call_argument(call, 0, NULL);
    gale_template_iter it;
    gale_value item;
    int64_t at = 0, n = 0;
    int more = gale__iter_start(r, &it, call->self), equal;

    if (more < 0)
        return more;
    for (; (more = gale__iter_next(r, &it, &item)) > 0 && at < stop; at++) {
        if (at < start)
            continue;
        equal = gale__value_equal(r, item, what);
        if (equal < 0)
            return equal;
        if (equal && is_first) {
            *out = at;
            return 0;
        }
        n += equal;
    }
    *out = is_first ? -1 : n;
    return more < 0 ? more : 0;
}

static int count(gale_call *call, gale_value *out)
{
    int64_t n = 0;
    int result = gale_call_check(call, 1, 1, NULL);

    if (result >= 0)
        result = count_equal(call, 0, INT64_MAX, false, &n);
    *out = gale_value_int(n);
    return result;
}

static int index_of(gale_call *call, gale_value *out)
{
    int64_t start = 0, stop = INT64_MAX, at = -1;
    gale_str what;
    size_t n;
    int result = gale_call_check(call, 1, 3, NULL);

    if (result >= 0)
        result = gale__arg_int(call, 1, NULL, &start);
    if (result >= 0)
        result = gale__arg_int(call, 2, NULL, &stop);
    if (result >= 0)
        result = gale_value_length(call->rendering, call->self, &n);
    if (result < 0)
        return result;
    start += start < 0 ? (int64_t)n : 0;
    stop += stop < 0 ? (int64_t)n : 0;
    result = count_equal(call, start, stop, true, &at);
    if (result < 0)
        return result;
    *out = gale_value_int(at);
    if (at >= 0)
        return 0;
    if (call->self.kind == GALE_VALUE_TUPLE)
        return gale__raise(call->rendering, GALE__VALUE_ERROR, "tuple.index(x): x not in tuple");
    result = gale__value_repr(call->rendering, gale_call_argument(call, 0, NULL), &what);
    if (result < 0)
        return result;
    return gale__raise(call->rendering, GALE__VALUE_ERROR, "%.*s is not in %s", (int)what.len,
                       what.ptr, gale_value_type(call->self));
}

const gale_name gale__list_methods[] = {
    { .name = "append", .function = append },      { .name = "clear", .function = clear },
    { .name = "copy", .function = copy },          { .name = "count", .function = count },
    { .name = "extend", .function = extend },      { .name = "index", .function = index_of },
    { .name = "insert", .function = insert },      { .name = "pop", .function = pop },
    { .name = "remove", .function = remove_item }, { .name = "reverse", .function = reverse },
    { .name = "sort", .function = sort },          { 0 },
};

const gale_name gale__tuple_methods[] = {
    { .name = "count", .function = count },
    { .name = "index", .function = index_of },
    { 0 },
};

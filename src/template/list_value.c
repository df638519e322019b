/* list_value.c - lists and tuples: room, growth, lists out of anything that can be iterated. */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "template/memory.h"

int gale__list_new(gale_rendering *r, uint32_t cap, gale_value *out)
{
    struct gale__list_value *list;
    gale_value *items = NULL;

    if (cap) {
        items = gale__alloc_array(r, cap, sizeof(*items));
        if (!items)
            return gale_value_memory_error(r);
    }
    list = gale__alloc(r, sizeof(*list));
    if (!list)
        return gale_value_memory_error(r);
    *list = (struct gale__list_value){ .items = items, .cap = cap };
    *out = (gale_value){ .kind = GALE_VALUE_LIST, .u.p = list };
    return 0;
}

/* Room for one more at least. What it had before stays in the arena: a list that grows costs at
 * most twice its memory. */
static int grow(gale_rendering *r, struct gale__list_value *list)
{
    uint64_t cap = list->cap < 4 ? 4 : (uint64_t)list->cap * 2;
    gale_value *items;

    if (cap > UINT32_MAX)
        return gale__raise_limit(r, "the limit of 2**32 items");
    items = gale__alloc_array(r, cap, sizeof(*items));
    if (!items)
        return gale_value_memory_error(r);
    if (list->n)
        memcpy(items, list->items, list->n * sizeof(*items));
    list->items = items;
    list->cap = (uint32_t)cap;
    return 0;
}

int gale__list_push(gale_rendering *r, struct gale__list_value *list, gale_value item)
{
    if (list->n == list->cap) {
        int code = grow(r, list);

        if (code < 0)
            return code;
    }
    list->items[list->n++] = item;
    return 0;
}

/* How many items there will be, to make room for them; 0: nobody knows. */
static uint32_t expected(gale_rendering *r, gale_value v)
{
    size_t n;

    if (v.kind == GALE_VALUE_OBJECT || v.kind == GALE_VALUE_TEXT)
        return 0;
    if (gale_value_length(r, v, &n) < 0) {
        (void)gale__raise_clear(r);
        return 0;
    }
    return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

int gale__list_from(gale_rendering *r, gale_value iterable, gale_value *out)
{
    gale_template_iter it;
    gale_value item;
    gale_value list;
    int more = gale__iter_start(r, &it, iterable);

    if (more < 0)
        return more;
    more = gale__list_new(r, expected(r, iterable), &list);
    if (more < 0)
        return more;
    while ((more = gale__iter_next(r, &it, &item)) > 0) {
        more = gale__list_push(r, gale__list(list), item);
        if (more < 0)
            break;
    }
    if (more < 0)
        return more;
    *out = list;
    return 0;
}

int gale__items_of(gale_rendering *r, gale_value iterable, const gale_value **items, uint32_t *n)
{
    int code = 0;

    if (iterable.kind != GALE_VALUE_LIST && iterable.kind != GALE_VALUE_TUPLE)
        code = gale__list_from(r, iterable, &iterable);
    if (code < 0)
        return code;
    *items = gale__list(iterable)->items;
    *n = gale__list(iterable)->n;
    return 0;
}

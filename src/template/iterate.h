/* iterate.h - the turns of a loop, inline: nothing is allocated for an item.
 *
 * it->index is the next item's: an index, for TEXT an offset in bytes, for a DICT an entry. it->at
 * is jansson's iterator of a MAP, the number of items of a RANGE, a DICT's count of changes.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TEMPLATE_ITERATE_H
#define GALE_TEMPLATE_ITERATE_H

#include <gale/json.h>

#include "template/memory.h"

static inline bool gale__is_iterable(gale_value v)
{
    if (v.kind == GALE_VALUE_OBJECT)
        return ((const struct gale__object_value *)v.u.p)->cls->get_next != NULL;
    return v.kind >= GALE_VALUE_TEXT && v.kind != GALE_VALUE_FUNCTION;
}

/* The other kinds: TEXT, BYTES, DICT, OBJECT. Without the step. */
int gale__iter_next_slow(gale_rendering *r, gale_template_iter *it, gale_value *item);

static inline int gale__iter_next_of_map(gale_template_iter *it, gale_value *item)
{
    if (!it->at)
        return 0;
    *item = gale_value_borrowed_text(json_object_iter_key(it->at),
                                     json_object_iter_key_len(it->at));
    it->at = json_object_iter_next(it->over.u.json, it->at);
    return 1;
}

/* As gale__iter_next. */
static inline int gale__iter_step(gale_rendering *r, gale_template_iter *it, gale_value *item)
{
    if (gale__step(r) < 0)
        return r->code;
    switch (it->over.kind) {
    case GALE_VALUE_ARRAY: {
        json_t *json = json_array_get(it->over.u.json, it->index);

        if (!json)
            return 0;
        it->index++;
        *item = gale_value_json(json);
        return 1;
    }
    case GALE_VALUE_LIST:
    case GALE_VALUE_TUPLE:
        if (it->index >= gale__list(it->over)->n)
            return 0;
        *item = gale__list(it->over)->items[it->index++];
        return 1;
    case GALE_VALUE_RANGE:
        if (it->index >= (uintptr_t)it->at)
            return 0;
        *item = gale__range_item((const struct gale__range_value *)it->over.u.p, it->index++);
        return 1;
    case GALE_VALUE_MAP:
        return gale__iter_next_of_map(it, item);
    default:
        return gale__iter_next_slow(r, it, item);
    }
}

#endif

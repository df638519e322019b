/* displays.c - containers out of what stands in brackets: [a, *b], {k: v, **d}. */
/* SPDX-License-Identifier: MIT */
#include <gale/json.h>

#include "template/rendering.h"

int gale__op_dict(gale_rendering *r, const gale_value *pairs, uint32_t n, gale_value *out)
{
    gale_value dict;
    int code = gale__dict_new(r, &dict);

    for (uint32_t i = 0; i < n && code == 0; i++)
        code = gale__dict_put(r, gale__dict(dict), pairs[2 * i], pairs[2 * i + 1]);
    if (code < 0)
        return code;
    *out = dict;
    return 0;
}

int gale__op_extend(gale_rendering *r, gale_value list, gale_value v)
{
    const gale_value *items;
    uint32_t n;
    int code = gale__items_of(r, v, &items, &n);

    for (uint32_t i = 0; i < n && code == 0; i++)
        code = gale__list_push(r, gale__list(list), items[i]);
    return code;
}

static int update_from_map(gale_rendering *r, struct gale__dict_value *dict, json_t *map)
{
    for (void *it = json_object_iter(map); it; it = json_object_iter_next(map, it)) {
        gale_value key = gale_value_borrowed_text(json_object_iter_key(it),
                                                  json_object_iter_key_len(it));
        int code = gale__steps(r, 1);

        if (code == 0)
            code = gale__dict_put(r, dict, key, gale_value_json(json_object_iter_value(it)));
        if (code < 0)
            return code;
    }
    return 0;
}

int gale__op_update(gale_rendering *r, gale_value dict, gale_value v)
{
    const struct gale__dict_entry *entry;
    uint32_t at = 0;

    if (v.kind == GALE_VALUE_MAP)
        return update_from_map(r, gale__dict(dict), v.u.json);
    if (v.kind != GALE_VALUE_DICT)
        return gale__raise(r, GALE__TYPE_ERROR, "'%s' object is not a mapping", gale_value_type(v));
    while ((entry = gale__dict_next(gale__dict(v), &at))) {
        int code = gale__steps(r, 1);

        if (code == 0)
            code = gale__dict_put(r, gale__dict(dict), entry->key, entry->value);
        if (code < 0)
            return code;
    }
    return 0;
}

int gale__op_list_tuple(gale_value list, gale_value *out)
{
    *out = list; /* nobody else has it */
    out->kind = GALE_VALUE_TUPLE;
    return 0;
}

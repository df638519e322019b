/* methods_dict.c - methods of dict. keys, values and items are lists; a dict of the application
 * cannot be changed.
 */
/* SPDX-License-Identifier: MIT */
#include "template/builtins.h"

static int to_change(gale_call *call, struct gale__dict_value **out)
{
    if (call->self.kind != GALE_VALUE_DICT)
        return gale__raise_immutable(call->rendering, call->self);
    *out = gale__dict(call->self);
    return 0;
}

static int begin(gale_call *call, size_t min, size_t max, struct gale__dict_value **d)
{
    int result = gale_call_check(call, min, max, NULL);

    return result < 0 ? result : to_change(call, d);
}

static int get(gale_call *call, gale_value *out)
{
    gale_value other;
    int result = gale_call_check(call, 1, 2, NULL);

    if (result < 0)
        return result;
    result = gale__dict_lookup(call->rendering, call->self, gale_call_argument(call, 0, NULL), out);
    if (result != 0)
        return result < 0 ? result : 0;
    other = gale_call_argument(call, 1, NULL);
    *out = other.kind == GALE_VALUE_UNSET ? gale_value_none() : other;
    return 0;
}

/* --- keys, values, items ---- */

enum what { KEYS, VALUES, ITEMS };

static int push(gale_call *call, gale_value list, enum what what, gale_value key, gale_value value)
{
    gale_value pair[2] = { key, value }, item = what == KEYS ? key : value;
    int result = gale__steps(call->rendering, 1);

    if (result >= 0 && what == ITEMS)
        result = gale_value_tuple(call->rendering, &item, pair, 2);
    return result < 0 ? result : gale__list_push(call->rendering, gale__list(list), item);
}

static int list_map(gale_call *call, enum what what, gale_value list)
{
    gale_template_iter it;
    gale_value key, value = { 0 };
    int more = gale__iter_start(call->rendering, &it, call->self);

    while (more >= 0 && (more = gale__iter_next(call->rendering, &it, &key)) > 0) {
        if (what != KEYS)
            more = gale__map_get_item(call->self.u.json, key, &value);
        if (more >= 0)
            more = push(call, list, what, key, value);
    }
    return more;
}

static int list_dict(gale_call *call, const struct gale__dict_value *d, enum what what,
                     gale_value list)
{
    const struct gale__dict_entry *e;
    uint32_t at = 0;
    int result = 0;

    while (result >= 0 && (e = gale__dict_next(d, &at)) != NULL)
        result = push(call, list, what, e->key, e->value);
    return result;
}

static int list_of(gale_call *call, enum what what, gale_value *out)
{
    size_t n;
    int result = gale_call_check(call, 0, 0, NULL);

    if (result >= 0)
        result = gale_value_length(call->rendering, call->self, &n);
    if (result >= 0)
        result = gale__list_new(call->rendering, (uint32_t)n, out);
    if (result < 0)
        return result;
    if (call->self.kind == GALE_VALUE_MAP)
        return list_map(call, what, *out);
    return list_dict(call, gale__dict(call->self), what, *out);
}

static int keys(gale_call *call, gale_value *out)
{
    return list_of(call, KEYS, out);
}

static int values(gale_call *call, gale_value *out)
{
    return list_of(call, VALUES, out);
}

static int items(gale_call *call, gale_value *out)
{
    return list_of(call, ITEMS, out);
}

/* --- changing ---- */

static int clear(gale_call *call, gale_value *out)
{
    struct gale__dict_value *d = NULL, *empty;
    gale_value fresh;
    int result = begin(call, 0, 0, &d);

    *out = gale_value_none();
    if (result >= 0)
        result = gale__dict_new(call->rendering, &fresh);
    if (result < 0)
        return result;
    empty = gale__dict(fresh);
    empty->changes = d->changes + 1;
    *d = *empty;
    return 0;
}

static int pop(gale_call *call, gale_value *out)
{
    struct gale__dict_value *d = NULL;
    gale_value key, other;
    int result = begin(call, 1, 2, &d);

    if (result < 0)
        return result;
    key = gale_call_argument(call, 0, NULL);
    result = gale__dict_remove(call->rendering, d, key, out);
    if (result != 0)
        return result < 0 ? result : 0;
    other = gale_call_argument(call, 1, NULL);
    if (other.kind == GALE_VALUE_UNSET)
        return gale__raise_key(call->rendering, key);
    *out = other;
    return 0;
}

static int popitem(gale_call *call, gale_value *out)
{
    struct gale__dict_value *d = NULL;
    uint32_t last;
    gale_value pair[2];
    int result = begin(call, 0, 0, &d);

    if (result < 0)
        return result;
    if (!d->n)
        return gale__raise(call->rendering, GALE__KEY_ERROR, "'popitem(): dictionary is empty'");
    for (last = d->used - 1; d->entries[last].key.kind == GALE_VALUE_UNSET;)
        last--;
    result = gale__steps(call->rendering, 1 + ((d->used - last) >> 3));
    pair[0] = d->entries[last].key;
    if (result >= 0)
        result = gale__dict_remove(call->rendering, d, pair[0], &pair[1]);
    return result < 0 ? result : gale_value_tuple(call->rendering, out, pair, 2);
}

static int setdefault(gale_call *call, gale_value *out)
{
    struct gale__dict_value *d = NULL;
    gale_value key;
    int result = begin(call, 1, 2, &d);

    if (result < 0)
        return result;
    key = gale_call_argument(call, 0, NULL);
    result = gale__dict_get(call->rendering, d, key, out);
    if (result != 0)
        return result < 0 ? result : 0;
    *out = gale_call_argument(call, 1, NULL);
    if (out->kind == GALE_VALUE_UNSET)
        *out = gale_value_none();
    return gale__dict_put(call->rendering, d, key, *out);
}

/* --- update, and dict() ---- */

int gale__dict_update_arguments(gale_call *call, struct gale__dict_value *d)
{
    int result = 0;

    if (call->n_args > 1)
        return gale__raise(call->rendering, GALE__TYPE_ERROR,
                           "%s expected at most 1 argument, got %u", call->name,
                           (unsigned)call->n_args);
    if (call->n_args)
        result = gale__dict_update(call->rendering, d, call->args[0]);
    for (uint32_t i = 0; i < call->n_keywords && result >= 0; i++)
        result = gale__dict_put(
            call->rendering, d,
            gale_value_borrowed_text(call->keywords[i].ptr, call->keywords[i].len),
            call->keyword_args[i]);
    return result;
}

static int update(gale_call *call, gale_value *out)
{
    struct gale__dict_value *d = NULL;
    int result = to_change(call, &d);

    *out = gale_value_none();
    return result < 0 ? result : gale__dict_update_arguments(call, d);
}

static int copy(gale_call *call, gale_value *out)
{
    int result = gale_call_check(call, 0, 0, NULL);

    if (result >= 0)
        result = gale__dict_new(call->rendering, out);
    return result < 0 ? result : gale__dict_update(call->rendering, gale__dict(*out), call->self);
}

const gale_name gale__dict_methods[] = {
    { .name = "clear", .function = clear },
    { .name = "copy", .function = copy },
    { .name = "get", .function = get },
    { .name = "items", .function = items },
    { .name = "keys", .function = keys },
    { .name = "pop", .function = pop },
    { .name = "popitem", .function = popitem },
    { .name = "setdefault", .function = setdefault },
    { .name = "update", .function = update },
    { .name = "values", .function = values },
    { 0 },
};

/* value_copy.c - values of one rendering given to another inside of it.
 *
 * What the inner one makes is gone before the outer one goes on, so nothing that can be changed may
 * be shared: containers are copied, objects get a place of their own for what is known of them.
 */
/* SPDX-License-Identifier: MIT */
#include "template/memory.h"
#include "template/operators.h"
#include "template/raise.h"
#include "web/ui_module.h"

static int copy(gale_rendering *r, gale_value from, gale_value *out);

static int copy_items(gale_rendering *r, gale_value from, gale_value *out)
{
    const struct gale__list_value *list = gale__list(from);
    gale_value *items = gale__alloc_array(r, list->n + (size_t)1, sizeof(*items));
    int e = items ? gale__steps(r, list->n) : gale_value_memory_error(r);

    for (uint32_t i = 0; i < list->n && e >= 0; i++)
        e = copy(r, list->items[i], &items[i]);
    if (e < 0)
        return e;
    return from.kind == GALE_VALUE_TUPLE ? gale_value_tuple(r, out, items, list->n)
                                         : gale_value_list(r, out, items, list->n);
}

static int copy_dict(gale_rendering *r, gale_value from, gale_value *out)
{
    const struct gale__dict_entry *entry;
    uint32_t at = 0;
    int e = gale_value_dict(r, out);

    while (e >= 0 && (entry = gale__dict_next(gale__dict(from), &at))) {
        gale_value key = gale_value_none(), value = key;

        e = gale__steps(r, 1);
        if (e >= 0)
            e = copy(r, entry->key, &key);
        if (e >= 0)
            e = copy(r, entry->value, &value);
        if (e >= 0)
            e = gale_value_set(r, *out, key, value);
    }
    return e;
}

static int copy_function(gale_rendering *r, gale_value from, gale_value *out)
{
    const struct gale__function_value *f = from.u.p;
    struct gale__function_value *own;

    if (!f->name)
        return gale__raise(r, GALE__TYPE_ERROR, "a lambda cannot be given to another template");
    *out = from;
    if (f->self.kind == GALE_VALUE_UNSET)
        return 0;
    own = gale__alloc(r, sizeof(*own));
    if (!own)
        return gale_value_memory_error(r);
    *own = *f;
    out->u.p = own;
    return copy(r, f->self, &own->self);
}

static int copy_object(gale_rendering *r, gale_value from, gale_value *out)
{
    const struct gale__object_value *o = from.u.p;

    return gale_value_object(r, out, o->cls, o->object);
}

static int copy_deep(gale_rendering *r, gale_value from, gale_value *out)
{
    switch (from.kind) {
    case GALE_VALUE_LIST:
    case GALE_VALUE_TUPLE:
        return copy_items(r, from, out);
    case GALE_VALUE_DICT:
        return copy_dict(r, from, out);
    case GALE_VALUE_FUNCTION:
        return copy_function(r, from, out);
    case GALE_VALUE_OBJECT:
        return copy_object(r, from, out);
    default:
        *out = from;
        return 0;
    }
}

static int copy(gale_rendering *r, gale_value from, gale_value *out)
{
    int e = gale__enter(r);

    if (e < 0)
        return e;
    e = copy_deep(r, from, out);
    gale__leave(r);
    return e;
}

int gale__value_copy(gale_rendering *r, gale_value value, gale_value *out)
{
    return copy(r, value, out);
}

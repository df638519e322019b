/* unpack.c - a, *b, c = x: the items of one value as several. */
/* SPDX-License-Identifier: MIT */
#include "template/iterate.h"

static int wrong_count(gale_rendering *r, uint32_t n, uint32_t rest, uint32_t got)
{
    if (got > n)
        return gale__raise(r, GALE__VALUE_ERROR, "too many values to unpack (expected %u)", n);
    return gale__raise(r, GALE__VALUE_ERROR, "not enough values to unpack (expected %s%u, got %u)",
                       rest ? "at least " : "", rest ? n - 1 : n, got);
}

/* The items in from, the first at out[n - 1]; those in the middle as a list. */
static int spread_items(gale_rendering *r, const gale_value *from, uint32_t got, uint32_t n,
                        uint32_t rest, gale_value *out)
{
    uint32_t before = rest ? rest - 1 : n;
    uint32_t after = rest ? n - rest : 0;
    gale_value middle;

    if (rest ? got + 1 < n : got != n)
        return wrong_count(r, n, rest, got);
    if (rest && gale_value_list(r, &middle, from + before, got - before - after) < 0)
        return r->code;
    for (uint32_t i = 0; i < before; i++)
        out[n - 1 - i] = from[i];
    if (rest)
        out[n - rest] = middle;
    for (uint32_t i = 0; i < after; i++)
        out[after - 1 - i] = from[got - after + i];
    return 0;
}

static int not_iterable(gale_rendering *r, gale_value v)
{
    return gale__raise(r, GALE__TYPE_ERROR, "cannot unpack non-iterable %s object",
                       gale_value_type(v));
}

/* Without a rest, out of what is no list: one item more than wanted is enough to see. */
static int unpack_iterable(gale_rendering *r, gale_value v, uint32_t n, gale_value *out)
{
    gale_template_iter it;
    gale_value item;
    uint32_t got = 0;
    int more = gale__iter_start(r, &it, v);

    while (more >= 0 && (more = gale__iter_step(r, &it, &item)) > 0) {
        if (got == n)
            return wrong_count(r, n, 0, n + 1);
        out[n - 1 - got++] = item;
    }
    if (more < 0)
        return more;
    return got == n ? 0 : wrong_count(r, n, 0, got);
}

int gale__op_unpack(gale_rendering *r, gale_value v, uint32_t n, uint32_t rest, gale_value *out)
{
    const gale_value *items;
    uint32_t got;
    int code;

    if (!gale__is_iterable(v))
        return not_iterable(r, v);
    if (!rest && v.kind != GALE_VALUE_LIST && v.kind != GALE_VALUE_TUPLE)
        return unpack_iterable(r, v, n, out);
    code = gale__items_of(r, v, &items, &got);
    return code < 0 ? code : spread_items(r, items, got, n, rest, out);
}

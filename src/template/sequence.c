/* sequence.c - joining and repeating of texts, lists and tuples, union of dicts.
 *
 * All work is bounded by the memory of the result, which is asked for before.
 */
/* SPDX-License-Identifier: MIT */
#include "template/sequence.h"

#include <string.h>

#include "template/iterate.h"

static bool is_list(gale_value v)
{
    return v.kind == GALE_VALUE_LIST || v.kind == GALE_VALUE_ARRAY;
}

static bool is_dict(gale_value v)
{
    return v.kind == GALE_VALUE_DICT || v.kind == GALE_VALUE_MAP;
}

static bool is_sequence(gale_value v)
{
    return is_list(v) || v.kind == GALE_VALUE_TUPLE || v.kind == GALE_VALUE_TEXT ||
           v.kind == GALE_VALUE_BYTES;
}

static bool is_int(gale_value v)
{
    return v.kind == GALE_VALUE_INT || v.kind == GALE_VALUE_BOOL;
}

/* --- + ---- */

/* The newest joined text has room behind it that is nobody's: one that is longer may begin with its
 * bytes. So a loop that adds to a text takes the text's memory, not its square. */
static char *extend(struct gale__rendering *g, gale_value a, gale_value b)
{
    if (!g->grown || a.u.s + a.len != g->grown || b.len > (size_t)(g->grown_end - g->grown))
        return NULL;
    if (b.len)
        memcpy(g->grown, b.u.s, b.len);
    g->grown += b.len;
    return g->grown - b.len - a.len;
}

/* A copy of both; with as much room again behind it when a was joined too. */
static char *join_copy(gale_rendering *r, gale_value a, gale_value b)
{
    struct gale__rendering *g = gale__rendering(r);
    size_t len = (size_t)a.len + b.len;
    bool again = g->grown && a.u.s + a.len == g->grown;
    size_t room = again ? len * 2 : len;
    char *s = gale__alloc(r, room);

    if (!s)
        return NULL;
    if (a.len)
        memcpy(s, a.u.s, a.len);
    if (b.len)
        memcpy(s + a.len, b.u.s, b.len);
    g->grown = s + len;
    g->grown_end = s + room;
    return s;
}

static int join_bytes(gale_rendering *r, gale_value a, gale_value b, gale_value *out)
{
    size_t len = (size_t)a.len + b.len;
    uint8_t flags = a.flags & b.flags;
    char *s = extend(gale__rendering(r), a, b);
    int code;

    if (!s)
        s = join_copy(r, a, b);
    if (!s)
        return gale_value_memory_error(r);
    code = gale__text_of(r, out, s, len);
    if (code < 0)
        return code;
    out->kind = a.kind;
    out->flags = flags;
    return 1;
}

static size_t length_of(gale_value v)
{
    return v.kind == GALE_VALUE_ARRAY ? json_array_size(v.u.json) : gale__list(v)->n;
}

static void copy_items(gale_value *to, gale_value from)
{
    size_t n = length_of(from);

    if (from.kind != GALE_VALUE_ARRAY) {
        if (n)
            memcpy(to, gale__list(from)->items, n * sizeof(*to));
        return;
    }
    for (size_t i = 0; i < n; i++)
        to[i] = gale_value_json(json_array_get(from.u.json, i));
}

/* An empty list with room for n items: steps and memory are taken before. */
static int new_list(gale_rendering *r, size_t n, gale_value *out)
{
    int code = gale__steps(r, n);

    if (code < 0)
        return code;
    if (n > UINT32_MAX)
        return gale__raise_limit(r, "the limit of 2**32 items");
    return gale__list_new(r, (uint32_t)n, out);
}

static int join_lists(gale_rendering *r, gale_value a, gale_value b, gale_value *out)
{
    size_t n = length_of(a) + length_of(b);
    gale_value list;
    int code = new_list(r, n, &list);

    if (code < 0)
        return code;
    copy_items(gale__list(list)->items, a);
    if (length_of(b))
        copy_items(gale__list(list)->items + length_of(a), b);
    gale__list(list)->n = (uint32_t)n;
    list.kind = a.kind == GALE_VALUE_TUPLE ? GALE_VALUE_TUPLE : GALE_VALUE_LIST;
    *out = list;
    return 1;
}

int gale__sequence_add(gale_rendering *r, gale_value a, gale_value b, gale_value *out)
{
    if (!is_sequence(a))
        return 0;
    if ((is_list(a) && is_list(b)) || (a.kind == GALE_VALUE_TUPLE && b.kind == a.kind))
        return join_lists(r, a, b, out);
    if (a.kind == b.kind && a.kind != GALE_VALUE_TUPLE)
        return join_bytes(r, a, b, out);
    if (a.kind == GALE_VALUE_BYTES)
        return gale__raise(r, GALE__TYPE_ERROR, "can't concat %s to bytes", gale_value_type(b));
    return gale__raise(r, GALE__TYPE_ERROR, "can only concatenate %s (not \"%s\") to %s",
                       gale_value_type(a), gale_value_type(b), gale_value_type(a));
}

/* --- * ---- */

/* Fills to with n copies of the size bytes it begins with, doubling what there is. */
static void repeat_bytes(char *to, size_t size, size_t n)
{
    size_t done = size;
    size_t all = size * n;

    while (done < all) {
        size_t step = done < all - done ? done : all - done;

        memcpy(to + done, to, step);
        done += step;
    }
}

static int repeat_text(gale_rendering *r, gale_value v, size_t n, gale_value *out)
{
    uint8_t flags = v.flags;
    char *s;
    int code;

    if (v.len == 0)
        n = 0;
    s = gale__alloc_array(r, n, v.len);
    if (!s)
        return gale_value_memory_error(r);
    if (n) {
        memcpy(s, v.u.s, v.len);
        repeat_bytes(s, v.len, n);
    }
    code = gale__text_of(r, out, s, n * v.len);
    if (code < 0)
        return code;
    out->kind = v.kind;
    out->flags = flags;
    return 1;
}

static int repeat_list(gale_rendering *r, gale_value v, size_t n, gale_value *out)
{
    size_t len = length_of(v);
    gale_value list;
    size_t all;
    int code;

    if (__builtin_mul_overflow(len, n, &all))
        all = SIZE_MAX;
    code = new_list(r, all, &list);
    if (code < 0)
        return code;
    if (all) {
        copy_items(gale__list(list)->items, v);
        repeat_bytes((char *)gale__list(list)->items, len * sizeof(gale_value), n);
    }
    gale__list(list)->n = (uint32_t)all;
    list.kind = v.kind == GALE_VALUE_TUPLE ? GALE_VALUE_TUPLE : GALE_VALUE_LIST;
    *out = list;
    return 1;
}

int gale__sequence_repeat(gale_rendering *r, gale_value a, gale_value b, gale_value *out)
{
    gale_value v = is_sequence(a) ? a : b;
    gale_value count = is_sequence(a) ? b : a;
    size_t n;

    if (!is_sequence(v))
        return 0;
    if (!is_int(count))
        return gale__raise(r, GALE__TYPE_ERROR, "can't multiply sequence by non-int of type '%s'",
                           gale_value_type(count));
    n = count.u.i > 0 ? (size_t)count.u.i : 0;
    if (v.kind == GALE_VALUE_TEXT || v.kind == GALE_VALUE_BYTES)
        return repeat_text(r, v, n, out);
    return repeat_list(r, v, n, out);
}

/* --- | ---- */

static int update_from_map(gale_rendering *r, struct gale__dict_value *d, json_t *map)
{
    for (void *i = json_object_iter(map); i; i = json_object_iter_next(map, i)) {
        gale_value key = gale_value_borrowed_text(json_object_iter_key(i),
                                                  json_object_iter_key_len(i));
        int code = gale__step(r);

        if (code == 0)
            code = gale__dict_put(r, d, key, gale_value_json(json_object_iter_value(i)));
        if (code < 0)
            return code;
    }
    return 0;
}

static int put_pair(gale_rendering *r, struct gale__dict_value *d, gale_value pair, uint32_t index)
{
    const gale_value *both;
    uint32_t n;
    int code;

    if (!gale__is_iterable(pair))
        return gale__raise(r, GALE__TYPE_ERROR,
                           "cannot convert dictionary update sequence element #%u to a sequence",
                           index);
    code = gale__items_of(r, pair, &both, &n);
    if (code < 0)
        return code;
    if (n != 2)
        return gale__raise(r, GALE__VALUE_ERROR,
                           "dictionary update sequence element #%u has length %u; 2 is required",
                           index, n);
    return gale__dict_put(r, d, both[0], both[1]);
}

static int update_from_pairs(gale_rendering *r, struct gale__dict_value *d, gale_value pairs)
{
    gale_template_iter it;
    gale_value pair;
    int more = gale__iter_start(r, &it, pairs);

    for (uint32_t i = 0; more >= 0 && (more = gale__iter_next(r, &it, &pair)) > 0; i++)
        more = put_pair(r, d, pair, i);
    return more;
}

int gale__dict_update(gale_rendering *r, struct gale__dict_value *d, gale_value from)
{
    const struct gale__dict_entry *e;
    uint32_t at = 0;
    int code = 0;

    if (from.kind == GALE_VALUE_MAP)
        return update_from_map(r, d, from.u.json);
    if (from.kind != GALE_VALUE_DICT)
        return update_from_pairs(r, d, from);
    if (from.u.p == d)
        return 0;
    while (code == 0 && (e = gale__dict_next(gale__dict(from), &at)) != NULL) {
        code = gale__step(r);
        if (code == 0)
            code = gale__dict_put(r, d, e->key, e->value);
    }
    return code;
}

int gale__dict_union(gale_rendering *r, gale_value a, gale_value b, gale_value *out)
{
    gale_value d;
    int code;

    if (!is_dict(a) || !is_dict(b))
        return 0;
    code = gale__dict_new(r, &d);
    if (code == 0)
        code = gale__dict_update(r, gale__dict(d), a);
    if (code == 0)
        code = gale__dict_update(r, gale__dict(d), b);
    if (code < 0)
        return code;
    *out = d;
    return 1;
}

/* --- in place ---- */

int gale__list_extend(gale_rendering *r, struct gale__list_value *list, gale_value from)
{
    const gale_value *items;
    uint32_t n;
    int code = gale__items_of(r, from, &items, &n);

    if (code == 0 && (from.kind == GALE_VALUE_LIST || from.kind == GALE_VALUE_TUPLE))
        code = gale__steps(r, n);
    for (uint32_t i = 0; code == 0 && i < n; i++)
        code = gale__list_push(r, list, items[i]);
    return code;
}

static int list_inplace(gale_rendering *r, enum gale__binary op, gale_value a, gale_value b)
{
    gale_value repeated;
    int code;

    if (op == GALE__ADD) {
        code = gale__list_extend(r, gale__list(a), b);
        return code < 0 ? code : 1;
    }
    if (!is_int(b))
        return 0;
    code = gale__sequence_repeat(r, a, b, &repeated);
    if (code > 0)
        *gale__list(a) = *gale__list(repeated);
    return code;
}

int gale__sequence_inplace(gale_rendering *r, enum gale__binary op, gale_value a, gale_value b)
{
    bool for_list = is_list(a) && (op == GALE__ADD || op == GALE__MUL);
    bool for_dict = is_dict(a) && op == GALE__BITOR;
    int code;

    if (!for_list && !for_dict)
        return 0;
    if (a.kind == GALE_VALUE_ARRAY || a.kind == GALE_VALUE_MAP)
        return gale__raise_immutable(r, a);
    if (for_list)
        return list_inplace(r, op, a, b);
    code = gale__dict_update(r, gale__dict(a), b);
    return code < 0 ? code : 1;
}

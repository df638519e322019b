/* dict_value.c - dicts: entries in the order of insertion, found by a hash table over them.
 *
 * Up to SMALL entries there is no table: hashes are compared one after the other. A deleted entry
 * stays, its key UNSET, until the entries are moved together: for growth, or when most of them are
 * deleted ones. Memory that is given up stays in the arena, so nothing dangles when a comparison
 * changes the dict that is being searched.
 */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "template/memory.h"

enum { SMALL = 8 };

int gale__dict_new(gale_rendering *r, gale_value *out)
{
    struct gale__dict_value *d = gale__alloc(r, sizeof(*d));

    if (!d)
        return gale_value_memory_error(r);
    *d = (struct gale__dict_value){ 0 };
    *out = (gale_value){ .kind = GALE_VALUE_DICT, .u.p = d };
    return 0;
}

/* 1 when the entry has the key, 0, or negative. */
static int is_key(gale_rendering *r, const struct gale__dict_entry *e, gale_value key,
                  uint64_t hash)
{
    if (e->hash != hash || e->key.kind == GALE_VALUE_UNSET)
        return 0;
    return gale__value_is(e->key, key) ? 1 : gale__value_equal(r, e->key, key);
}

/* 1 with the entry's place, 0 without, negative. */
static int find(gale_rendering *r, const struct gale__dict_value *d, gale_value key, uint64_t hash,
                uint32_t *place)
{
    uint32_t mask = d->n_index - 1;
    int same = 0;

    if (!d->n_index) {
        for (uint32_t i = 0; i < d->used && same == 0; i++) {
            *place = i;
            same = is_key(r, &d->entries[i], key, hash);
        }
        return same;
    }
    for (uint32_t i = (uint32_t)hash & mask; d->index[i] && same == 0; i = (i + 1) & mask) {
        *place = d->index[i] - 1;
        same = is_key(r, &d->entries[*place], key, hash);
    }
    return same;
}

static void index_entry(struct gale__dict_value *d, uint32_t place)
{
    uint32_t mask = d->n_index - 1;
    uint32_t i = (uint32_t)d->entries[place].hash & mask;

    while (d->index[i])
        i = (i + 1) & mask;
    d->index[i] = place + 1;
}

/* Moves the entries there are together, to where there is room for as many again: new memory only
 * when theirs is too small. Makes the table anew. */
static int tidy(gale_rendering *r, struct gale__dict_value *d)
{
    uint64_t cap = d->n < SMALL / 2 ? SMALL / 2 : (uint64_t)d->n * 2;
    uint64_t n_index = 0;
    struct gale__dict_entry *entries = d->entries;
    uint32_t *index = d->index;
    uint32_t n = 0;

    if (cap > SMALL)
        for (n_index = 4 * SMALL; n_index < cap + cap / 2;)
            n_index *= 2;
    if (n_index > UINT32_MAX / 2)
        return gale__raise_limit(r, "the limit of 2**30 items");
    if (cap > d->cap)
        entries = gale__alloc_array(r, cap, sizeof(*entries));
    if (n_index > d->n_index)
        index = gale__alloc_array(r, n_index, sizeof(*index));
    if (!entries || (n_index && !index))
        return gale_value_memory_error(r);
    for (uint32_t i = 0; i < d->used; i++)
        if (d->entries[i].key.kind != GALE_VALUE_UNSET)
            entries[n++] = d->entries[i];
    d->entries = entries;
    d->used = n;
    d->cap = (uint32_t)cap;
    d->index = n_index ? index : NULL;
    d->n_index = (uint32_t)n_index;
    if (n_index)
        memset(index, 0, n_index * sizeof(*index));
    for (uint32_t i = 0; n_index && i < n; i++)
        index_entry(d, i);
    return 0;
}

int gale__dict_put(gale_rendering *r, struct gale__dict_value *d, gale_value key, gale_value value)
{
    uint64_t hash;
    uint32_t place;
    int found = gale__value_hash(r, key, &hash);

    if (found >= 0)
        found = find(r, d, key, hash, &place);
    if (found < 0)
        return found;
    if (found) {
        d->entries[place].value = value;
        return 0;
    }
    if (d->used == d->cap) {
        int code = tidy(r, d);

        if (code < 0)
            return code;
    }
    d->entries[d->used] = (struct gale__dict_entry){ key, value, hash };
    if (d->n_index)
        index_entry(d, d->used);
    d->used++;
    d->n++;
    d->changes++;
    return 0;
}

int gale__dict_get(gale_rendering *r, const struct gale__dict_value *d, gale_value key,
                   gale_value *out)
{
    uint64_t hash;
    uint32_t place;
    int found = gale__value_hash(r, key, &hash);

    if (found >= 0)
        found = find(r, d, key, hash, &place);
    if (found > 0)
        *out = d->entries[place].value;
    return found;
}

int gale__dict_remove(gale_rendering *r, struct gale__dict_value *d, gale_value key,
                      gale_value *out)
{
    uint64_t hash;
    uint32_t place;
    int found = gale__value_hash(r, key, &hash);

    if (found >= 0)
        found = find(r, d, key, hash, &place);
    if (found <= 0)
        return found;
    *out = d->entries[place].value;
    d->entries[place].key = (gale_value){ 0 };
    d->n--;
    d->changes++;
    if (d->used > 2 * SMALL && d->used / 2 > d->n && (found = tidy(r, d)) < 0)
        return found;
    return 1;
}

const struct gale__dict_entry *gale__dict_next(const struct gale__dict_value *d, uint32_t *at)
{
    while (*at < d->used) {
        const struct gale__dict_entry *e = &d->entries[(*at)++];

        if (e->key.kind != GALE_VALUE_UNSET)
            return e;
    }
    return NULL;
}

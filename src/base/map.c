/* map.c - the hash map; at most three quarters full, removal shifts back. */
/* SPDX-License-Identifier: MIT */
#include "base/map.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"

enum { FIRST_SLOTS = 8 };

void gale__map_deinit(struct gale__map *m)
{
    gale__free(m->slots);
    *m = (struct gale__map){ 0 };
}

static size_t home_of(const struct gale__map *m, gale_str key)
{
    return (size_t)gale__hash_seeded(key.ptr, key.len, m->seed) & (m->n_slots - 1);
}

static inline uint64_t load8(const char *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof(word));
    return word;
}

/* Not memcmp(): keys are short, and its wide loads reach beyond them, where a byte that was stored
 * just now (the NUL after a path) keeps them waiting. */
static inline bool is_same(gale_str a, gale_str b)
{
    size_t i = 0;

    if (a.len != b.len)
        return false;
    for (; i + 8 <= a.len; i += 8)
        if (load8(a.ptr + i) != load8(b.ptr + i))
            return false;
    if (i && i < a.len)
        return load8(a.ptr + a.len - 8) == load8(b.ptr + a.len - 8);
    for (; i < a.len; i++)
        if (a.ptr[i] != b.ptr[i])
            return false;
    return true;
}

/* The slot of a key, or the free slot where it would go. There is always a free one. */
static struct gale__map_slot *find(const struct gale__map *m, gale_str key)
{
    size_t i = home_of(m, key);

    while (m->slots[i].key.ptr && !is_same(m->slots[i].key, key))
        i = (i + 1) & (m->n_slots - 1);
    return &m->slots[i];
}

void *gale__map_get(const struct gale__map *m, gale_str key)
{
    return m->n ? find(m, key)->value : NULL;
}

static int grow(struct gale__map *m)
{
    struct gale__map bigger = *m;

    bigger.n_slots = m->n_slots ? m->n_slots * 2 : FIRST_SLOTS;
    bigger.slots = gale__calloc(bigger.n_slots, sizeof(*bigger.slots));
    if (!bigger.slots)
        return -ENOMEM;
    if (!m->n_slots)
        bigger.seed = gale__hash_seed();
    for (size_t i = 0; i < m->n_slots; i++)
        if (m->slots[i].key.ptr)
            *find(&bigger, m->slots[i].key) = m->slots[i];
    gale__free(m->slots);
    *m = bigger;
    return 0;
}

int gale__map_reserve(struct gale__map *m, size_t n)
{
    while (m->n_slots / 2 < n)
        if (grow(m) < 0)
            return -ENOMEM;
    return 0;
}

int gale__map_set(struct gale__map *m, gale_str key, void *value)
{
    GALE_ASSERT(value != NULL);
    if (!key.ptr)
        key.ptr = ""; /* NULL marks a free slot */
    if (4 * (m->n + 1) > 3 * m->n_slots && grow(m) < 0)
        return -ENOMEM;
    struct gale__map_slot *slot = find(m, key);
    bool is_new = !slot->key.ptr;

    if (is_new)
        slot->key = key;
    slot->value = value;
    m->n += is_new;
    return is_new;
}

/* Closes the gap at i: moves back whatever a search would no longer reach. */
static void close_gap(struct gale__map *m, size_t gap)
{
    size_t mask = m->n_slots - 1;

    for (size_t i = (gap + 1) & mask; m->slots[i].key.ptr; i = (i + 1) & mask) {
        size_t home = home_of(m, m->slots[i].key);

        if (((i - home) & mask) < ((i - gap) & mask))
            continue; /* its home lies after the gap */
        m->slots[gap] = m->slots[i];
        gap = i;
    }
    m->slots[gap] = (struct gale__map_slot){ .value = NULL };
}

void *gale__map_remove(struct gale__map *m, gale_str key)
{
    struct gale__map_slot *slot = m->n ? find(m, key) : NULL;

    if (!slot || !slot->key.ptr)
        return NULL;
    void *value = slot->value;

    close_gap(m, (size_t)(slot - m->slots));
    m->n--;
    return value;
}

const struct gale__map_slot *gale__map_next(const struct gale__map *m, size_t *i)
{
    while (*i < m->n_slots) {
        const struct gale__map_slot *slot = &m->slots[(*i)++];

        if (slot->key.ptr)
            return slot;
    }
    return NULL;
}

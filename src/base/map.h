/* map.h - the one hash map: slices as keys, pointers as values.
 *
 * Open addressing with linear probing and a secret seed. Keys are borrowed: they live as
 * long as they are in the map. An all-zero map is valid and empty. Not thread-safe, but
 * any number of threads may look up while none changes it.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BASE_MAP_H
#define GALE_BASE_MAP_H

#include <gale/base.h>

struct gale__map_slot {
    gale_str key; /* ptr NULL: free */
    void *value;
};

struct gale__map {
    struct gale__map_slot *slots;
    size_t n_slots; /* 0 or a power of two */
    size_t n;       /* keys in the map */
    uint64_t seed;
};

/* Frees the memory of the map, not its keys and values. It is empty and usable again. */
void gale__map_deinit(struct gale__map *m);

/* The value of a key, or NULL. */
void *gale__map_get(const struct gale__map *m, gale_str key);

/* Makes room for n keys, at most half full with them: for maps that are filled once and looked into
 * often. -ENOMEM. */
int gale__map_reserve(struct gale__map *m, size_t n) GALE_MUST_USE;

/* Sets a key's value (not NULL). 1 when the key is new, 0 when it replaced another value
 * (the first key stays), -ENOMEM. */
int gale__map_set(struct gale__map *m, gale_str key, void *value) GALE_MUST_USE;

/* Takes a key off and gives its value, or NULL. */
void *gale__map_remove(struct gale__map *m, gale_str key);

/* All of them, in no order: start with *i 0; NULL at the end. Do not change the map. */
const struct gale__map_slot *gale__map_next(const struct gale__map *m, size_t *i);

#endif

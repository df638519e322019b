/* slab.h - objects of one size, recycled through a free list; not thread-safe.
 *
 * What is given back is kept until the slab ends, so a steady state never calls malloc.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_GEN_SLAB_H
#define GALE_GEN_SLAB_H

#include <stddef.h>

#include "gen/sanitize.h"

struct gale__slab {
    void *free;   /* linked through their first word */
    void *chunks; /* as well */
    size_t size;  /* of an object */
};

static inline void gale__slab_init(struct gale__slab *slab, size_t size)
{
    *slab = (struct gale__slab){ .size = (size + 15) & ~(size_t)15 };
}

void gale__slab_deinit(struct gale__slab *slab);
void *gale__slab_grow(struct gale__slab *slab);

/* Not zeroed. NULL when out of memory. */
static inline void *gale__slab_take(struct gale__slab *slab)
{
    void **p = slab->free;

    if (!p)
        return gale__slab_grow(slab);
    gale__unpoison(p, slab->size);
    slab->free = *p;
    return p;
}

static inline void gale__slab_give(struct gale__slab *slab, void *object)
{
    *(void **)object = slab->free;
    slab->free = object;
    gale__poison(object, slab->size);
}

#endif

/* slab.c - takes chunks of objects from the heap. See slab.h. */
/* SPDX-License-Identifier: MIT */
#include "gen/slab.h"

#include "base/alloc.h"

enum { PER_CHUNK = 32, HEADER = 16 };

void *gale__slab_grow(struct gale__slab *slab)
{
    char *chunk = gale__malloc(HEADER + PER_CHUNK * slab->size);

    if (!chunk)
        return NULL;
    *(void **)(void *)chunk = slab->chunks;
    slab->chunks = chunk;
    for (size_t i = PER_CHUNK - 1; i > 0; i--)
        gale__slab_give(slab, chunk + HEADER + i * slab->size);
    return chunk + HEADER;
}

void gale__slab_deinit(struct gale__slab *slab)
{
    while (slab->chunks) {
        void *chunk = slab->chunks;

        slab->chunks = *(void **)chunk;
        gale__unpoison(chunk, HEADER + PER_CHUNK * slab->size);
        gale__free(chunk);
    }
    slab->free = NULL;
}

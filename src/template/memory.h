/* memory.h - memory of a rendering, inline: counted against its limit, bumped off its arena. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TEMPLATE_MEMORY_H
#define GALE_TEMPLATE_MEMORY_H

#include "template/rendering.h"

/* Nobody has as much: the heap is not asked. */
#define GALE__ALLOC_MAX (SIZE_MAX >> 24)

/* Raises what an allocation of size bytes that failed means. Gives NULL. */
void *gale__alloc_failed(gale_rendering *r, size_t size) __attribute__((cold));

/* As gale_value_alloc. */
static inline void *gale__alloc(gale_rendering *r, size_t size)
{
    struct gale__rendering *g = gale__rendering(r);
    size_t counted = size + 16; /* what small objects cost when rounded */
    void *p;

    if (size > GALE__ALLOC_MAX || (int64_t)counted > g->memory_left)
        return gale__alloc_failed(r, size);
    p = gale__arena_alloc(&g->arena, size);
    if (!p)
        return gale__alloc_failed(r, size);
    g->memory_left -= (int64_t)counted;
    return p;
}

/* n objects of size bytes each. */
static inline void *gale__alloc_array(gale_rendering *r, size_t n, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(n, size, &bytes))
        return gale__alloc_failed(r, SIZE_MAX);
    return gale__alloc(r, bytes);
}

/* One step: 0 or the limit. */
static inline int gale__step(gale_rendering *r)
{
    if (__builtin_expect(r->steps_left <= 0, 0))
        return gale__steps_failed(r);
    r->steps_left--;
    return 0;
}

/* Takes steps for work on that many bytes which makes nothing: compares, counts, hashes, seeks. */
static inline int gale__work(gale_rendering *r, size_t bytes)
{
    return bytes < 1024 ? 0 : gale__steps(r, bytes >> 10);
}

#endif

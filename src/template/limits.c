/* limits.c - what a rendering may take: memory, steps, depth. */
/* SPDX-License-Identifier: MIT */
#include "template/memory.h"

static int64_t limit_of(int64_t set, int64_t fallback)
{
    return set > 0 ? set : fallback;
}

void *gale__alloc_failed(gale_rendering *r, size_t size)
{
    struct gale__rendering *g = gale__rendering(r);

    if (g->memory_left >= 16 && (uint64_t)size <= (uint64_t)g->memory_left - 16)
        gale__raise_out_of_memory(r);
    else
        gale__raise_limit(
            r, "the limit of %lld bytes of memory",
            (long long)limit_of(g->options ? g->options->limits.max_memory : 0, GALE__MAX_MEMORY));
    return NULL;
}

void *gale_value_alloc(gale_rendering *r, size_t size)
{
    return gale__alloc(r, size);
}

int gale_value_memory_error(gale_rendering *r)
{
    return r->code < 0 ? r->code : gale__raise_out_of_memory(r);
}

int gale__steps_failed(gale_rendering *r)
{
    const gale_template_options *options = gale__rendering(r)->options;

    return gale__raise_limit(
        r, "the limit of %lld steps",
        (long long)limit_of(options ? options->limits.max_steps : 0, GALE__MAX_STEPS));
}

int gale__steps(gale_rendering *r, uint64_t n)
{
    if (r->steps_left < 0 || n > (uint64_t)r->steps_left)
        return gale__steps_failed(r);
    r->steps_left -= (int64_t)n;
    return 0;
}

int gale__enter(gale_rendering *r)
{
    struct gale__rendering *g = gale__rendering(r);

    if (g->depth_left <= 0)
        return gale__raise(r, GALE__RECURSION_ERROR, "maximum recursion depth exceeded");
    g->depth_left--;
    return 0;
}

void gale__leave(gale_rendering *r)
{
    gale__rendering(r)->depth_left++;
}

/* stack.h - the address space of coroutine stacks: slabs of many in one mapping.
 *
 * A stack is lazily committed memory with a guard below. Guards are installed in the
 * page tables (MADV_GUARD_INSTALL, Linux 6.13), so that 100,000 stacks need a few
 * mappings only; on older kernels by mprotect as long as the mappings last, then by a
 * canary word that is checked at each suspension. Not thread-safe: one set per loop.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_GEN_STACK_H
#define GALE_GEN_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"

enum {
    GALE__STACK_DEFAULT = 256 * 1024,
    GALE__STACK_MIN = 16 * 1024,
    GALE__STACK_GUARD = 64 * 1024, /* more than most frames, so that none jumps over it */
    GALE__STACK_PER_SLAB = 64,
};

struct gale__stack_slab;

struct gale__stack {
    struct gale__stack_slab *slab;
    unsigned index; /* in its slab */
    bool canary;    /* no guard but a word at base */
};

struct gale__stack_slab {
    struct gale__list link;
    struct gale__list link_free; /* on the list of slabs with free stacks */
    char *base;
    size_t stride;    /* guard and stack */
    unsigned n;       /* stacks it has room for */
    unsigned n_used;  /* given out */
    uint64_t used;    /* which */
    uint64_t guarded; /* which had their guard made */
    uint64_t canary;  /* which have none */
    unsigned n_split; /* guards that are mappings of their own */
};

struct gale__stacks {
    struct gale__list slabs;
    struct gale__list free; /* slabs with free stacks */
    size_t n_used;
};

/* How a guard is made. AUTO takes the best there is. The others are for tests. */
enum gale__guard {
    GALE__GUARD_AUTO,
    GALE__GUARD_MADVISE,
    GALE__GUARD_MPROTECT,
    GALE__GUARD_CANARY
};
void gale__stack_force_guard(enum gale__guard guard);

void gale__stacks_init(struct gale__stacks *stacks);
/* Unmaps all, in use or not. */
void gale__stacks_deinit(struct gale__stacks *stacks);

/* A zeroed stack, nothing of it committed. False when no memory can be mapped. */
bool gale__stack_take(struct gale__stacks *stacks, struct gale__stack *out);
/* Gives its memory back to the kernel; its address space stays for the next take, or
 * goes too when it was the last of its slab. */
void gale__stack_give(struct gale__stacks *stacks, struct gale__stack stack);

/* Lowest and end address of the usable part. */
static inline char *gale__stack_base(struct gale__stack stack)
{
    return stack.slab->base + stack.slab->stride * stack.index + GALE__STACK_GUARD;
}

static inline char *gale__stack_top(struct gale__stack stack)
{
    return stack.slab->base + stack.slab->stride * (stack.index + 1);
}

/* False when the canary of a stack that has one is overwritten. */
bool gale__stack_canary_ok(struct gale__stack stack);

/* The usable size of new stacks. */
size_t gale__stack_size(void);

#endif

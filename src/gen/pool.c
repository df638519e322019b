/* pool.c - warm coroutines: their making, reuse and trimming.
 *
 * Every so many returns the clock is looked at, and once a second the pool is cut, a few at
 * a time, to what the busiest moment of the last two windows would have needed; the deeper
 * pages of those that stay are given back to the kernel. A large pool has a timer that does
 * the same when nothing returns any more; a small one has none, so an idle loop sleeps.
 */
/* SPDX-License-Identifier: MIT */
#include "gen/parts.h"

#include <sys/mman.h>

#include "gen/switch.h"
#include "ioloop/io.h"

enum {
    LOOK_EVERY = 32, /* returns between two looks at the clock */
    KEEP_SPARE = 16, /* more than the peak needed */
    CUT_AT_ONCE = 64,
    CUT_BY_TIMER = 4096,
    SMALL = KEEP_SPARE + 2 * LOOK_EVERY, /* a pool that may stay for ever */
    CLEAN_AT_ONCE = 256,
    KEEP_BYTES = 8 * 1024, /* of a pooled stack's top stay committed */
    COLOURS = 16,          /* tops are shifted by so many cache lines, */
    COLOUR_BYTES = 64,     /* else all of them would compete for the same ones */
};
#define WINDOW_NS INT64_C(1000000000)

static struct gale__co *co_at(struct gale__stack stack)
{
    uintptr_t top = (uintptr_t)gale__stack_top(stack) - sizeof(struct gale__co);

    return (struct gale__co *)((top & ~(uintptr_t)63) - stack.index % COLOURS * COLOUR_BYTES);
}

static struct gale__co *co_new(struct gale__sched *sched)
{
    struct gale__stack stack;
    struct gale__co *co;
    char *base;

    if (!gale__stack_take(&sched->stacks, &stack))
        return NULL;
    base = gale__stack_base(stack);
    co = co_at(stack);
    gale__unpoison(base, (size_t)((char *)(co + 1) - base));
    *co = (struct gale__co){ .sched = sched, .stack = stack };
    gale__fiber_init(&co->fiber, base, (size_t)((char *)co - base));
    co->sp = gale__switch_prepare(base, co, gale__co_main, co);
    return co;
}

struct gale__co *gale__pool_take(struct gale__sched *sched)
{
    struct gale__pool *pool = &sched->pool;
    struct gale__co *co = pool->first;

    if (GALE_UNLIKELY(sched->n_live >= pool->peak))
        pool->peak = sched->n_live + 1;
    if (!co)
        return co_new(sched);
    pool->first = co->next;
    pool->n--;
    gale__fiber_reuse(&co->fiber);
    return co;
}

static void drop_first(struct gale__sched *sched)
{
    struct gale__co *co = sched->pool.first;

    sched->pool.first = co->next;
    sched->pool.n--;
    gale__fiber_deinit(&co->fiber);
    gale__stack_give(&sched->stacks, co->stack);
}

static void clean(struct gale__pool *pool)
{
    struct gale__co *co = pool->first;

    for (unsigned n = 0; co && n < CLEAN_AT_ONCE; n++, co = co->next) {
        char *base = gale__stack_base(co->stack) + (co->stack.canary ? KEEP_BYTES : 0);
        char *end = gale__stack_top(co->stack) - KEEP_BYTES;

        if (co->used && base < end)
            madvise(base, (size_t)(end - base), MADV_DONTNEED);
        co->used = false;
    }
}

static void trim(struct gale__sched *sched, unsigned at_once)
{
    struct gale__pool *pool = &sched->pool;
    int64_t now = gale__ioloop_now_ns(sched->loop);
    size_t peak = pool->peak > pool->last_peak ? pool->peak : pool->last_peak;
    size_t keep = peak + KEEP_SPARE - sched->n_live;

    for (unsigned n = 0; n < at_once && pool->n > keep; n++)
        drop_first(sched);
    if (now - pool->window_ns < WINDOW_NS)
        return;
    pool->window_ns = now;
    pool->last_peak = pool->peak;
    pool->peak = sched->n_live;
    clean(pool);
}

static void on_timer(void *arg);

/* Without memory for the timer the next look tries again. */
static void watch(struct gale__sched *sched)
{
    struct gale__pool *pool = &sched->pool;

    if (pool->n > SMALL && !pool->timer)
        pool->timer = gale__ioloop_timer(sched->loop, gale__ioloop_now_ns(sched->loop) + WINDOW_NS,
                                         on_timer, sched);
}

static void on_timer(void *arg)
{
    struct gale__sched *sched = arg;

    sched->pool.timer = 0;
    trim(sched, CUT_BY_TIMER);
    watch(sched);
}

static void look(struct gale__sched *sched)
{
    trim(sched, CUT_AT_ONCE);
    watch(sched);
}

/* Called on the stack that is given: it goes into the pool after the look. */
void gale__pool_give(struct gale__sched *sched, struct gale__co *co)
{
    struct gale__pool *pool = &sched->pool;

    if (GALE_UNLIKELY(++pool->n_given >= LOOK_EVERY)) {
        pool->n_given = 0;
        look(sched);
    }
    co->state = GALE__CO_POOLED;
    co->next = pool->first;
    pool->first = co;
    pool->n++;
}

void gale__pool_drain(struct gale__sched *sched)
{
    while (sched->pool.first)
        drop_first(sched);
}

void gale__pool_each_live(struct gale__sched *sched, void (*fn)(struct gale__co *co))
{
    struct gale__list *node;

    for (node = sched->stacks.slabs.next; node != &sched->stacks.slabs; node = node->next) {
        struct gale__stack_slab *slab = GALE_CONTAINER_OF(node, struct gale__stack_slab, link);

        for (unsigned i = 0; i < slab->n; i++) {
            struct gale__stack stack = { .slab = slab, .index = i };

            if (slab->used >> i & 1 && co_at(stack)->state != GALE__CO_POOLED)
                fn(co_at(stack));
        }
    }
}

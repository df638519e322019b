/* turn.c - the life of a scheduler: made at a loop's first coroutine, run by the loop's
 * turns, taken down with the loop.
 */
/* SPDX-License-Identifier: MIT */
#include "gen/parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "gen/future.h"
#include "ioloop/io.h"

/* A coroutine that has not returned so long after its cancellation is given up. */
#define DETACH_PATIENCE_NS INT64_C(5000000000)

int64_t gale__sched_now_ns(const struct gale__sched *sched)
{
    return sched->simulated ? gale__ioloop_now_ns(sched->loop) : gale__clock_ns();
}

struct gale__start *gale__start_later(struct gale__sched *sched, int (*fn)(void *arg), void *arg)
{
    struct gale__start *start = gale__slab_take(&sched->start_nodes);

    if (!start)
        return NULL;
    *start = (struct gale__start){ .fn = fn, .arg = arg };
    gale__list_append(&sched->starts, &start->link);
    return start;
}

void gale__start_drop(struct gale__sched *sched, struct gale__start *start)
{
    gale__list_remove(&start->link);
    gale__slab_give(&sched->start_nodes, start);
}

static void start_queued(struct gale__sched *sched)
{
    struct gale__list batch;
    struct gale__list *node;

    gale__list_take(&batch, &sched->starts);
    while ((node = gale__list_first(&batch))) {
        struct gale__start start = *GALE_CONTAINER_OF(node, struct gale__start, link);
        int r;

        gale__start_drop(sched, GALE_CONTAINER_OF(node, struct gale__start, link));
        r = gale__co_start_task(sched, "callback", NULL, NULL, start.fn, start.arg);
        if (r < 0 && start.failed)
            start.failed(start.arg, r);
        else if (r < 0)
            gale__log_failure("callback", r, gale_strerror(r));
    }
}

static void run_ready(gale_ioloop *loop)
{
    struct gale__sched *sched = gale__ioloop_gen(loop)->data;

    gale__futures_run_callbacks(sched);
    start_queued(sched);
    gale__sched_turn(sched);
    if (GALE_UNLIKELY(sched->ending) && !sched->n_live)
        gale_ioloop_stop(loop); /* or this turn would wait for an event that nobody needs */
}

static bool has_ready(gale_ioloop *loop)
{
    struct gale__sched *sched = gale__ioloop_gen(loop)->data;

    return sched->head || !gale__list_empty(&sched->done) || !gale__list_empty(&sched->starts);
}

static void give_up(void *arg)
{
    *(bool *)arg = true;
}

static void report_left(struct gale__co *co)
{
    fprintf(stderr,
            "gale: coroutine '%s' did not end when its loop was freed; its stack is leaked\n",
            co->name);
}

static void sched_free(struct gale__sched *sched)
{
    gale_ioloop_remove_timeout(sched->loop, sched->pool.timer);
    gale__futures_free_loose(sched);
    gale__pool_drain(sched);
    gale__stacks_deinit(&sched->stacks);
    gale__slab_deinit(&sched->futures);
    gale__slab_deinit(&sched->callbacks);
    gale__slab_deinit(&sched->start_nodes);
    gale__free(sched);
}

/* Time passes on the loop's clock, so that the simulated one needs none. */
static void detach(gale_ioloop *loop)
{
    struct gale__ioloop_gen *gen = gale__ioloop_gen(loop);
    struct gale__sched *sched = gen->data;
    bool late = false;
    gale_timeout patience = gale__ioloop_timer(loop, gale__sched_now_ns(sched) + DETACH_PATIENCE_NS,
                                               give_up, &late);
    int r = 0;

    gale__list_init(&sched->starts);
    sched->ending = true;
    while (sched->n_live && !late && r >= 0) {
        gale__pool_each_live(sched, gale__co_cancel);
        r = gale__ioloop_turn(loop, patience != 0);
    }
    gale_ioloop_remove_timeout(loop, patience);
    if (sched->n_live)
        gale__pool_each_live(sched, report_left);
    else
        sched_free(sched);
    *gen = (struct gale__ioloop_gen){ 0 };
}

static struct gale__sched *attach(gale_ioloop *loop)
{
    struct gale__ioloop_gen *gen = gale__ioloop_gen(loop);
    struct gale__sched *sched = gale__calloc(1, sizeof(*sched));

    if (!sched)
        return NULL;
    sched->loop = loop;
    sched->simulated = !strcmp(gale_ioloop_backend(loop), "simulated");
    gale__slab_init(&sched->futures, sizeof(gale_future));
    gale__slab_init(&sched->callbacks, sizeof(struct gale__future_callback));
    gale__slab_init(&sched->start_nodes, sizeof(struct gale__start));
    gale__list_init(&sched->done);
    gale__list_init(&sched->loose);
    gale__list_init(&sched->starts);
    gale__stacks_init(&sched->stacks);
    *gen = (struct gale__ioloop_gen){
        .run_ready = run_ready, .has_ready = has_ready, .detach = detach, .data = sched
    };
    return sched;
}

struct gale__sched *gale__sched_of(gale_ioloop *loop)
{
    struct gale__sched *sched = gale__ioloop_gen(loop)->data;

    return GALE_LIKELY(sched != NULL) ? sched : attach(loop);
}

struct gale__sched *gale__sched_current(void)
{
    struct gale__co *co = gale__co_current();
    struct gale__sched *sched;
    gale_ioloop *loop;

    if (co)
        return co->sched;
    loop = gale_ioloop_current();
    if (!loop)
        return NULL;
    sched = gale__sched_of(loop);
    if (!sched)
        gale_err(-ENOMEM, "no memory for the loop's coroutines");
    return sched;
}

void gale_gen_get_stats(gale_gen_stats *out)
{
    struct gale__sched *sched = gale__sched_current();

    *out = (gale_gen_stats){ 0 };
    if (!sched)
        return;
    out->coroutines = sched->n_live;
    out->stacks = sched->stacks.n_used;
    out->stacks_pooled = sched->pool.n;
}

/* wait.c - sleeping, deadlines, waiting for many. See gen.h. */
/* SPDX-License-Identifier: MIT */
#include <gale/gen.h>

#include <errno.h>

#include "gen/future.h"

int gale_sleep(double seconds)
{
    struct gale__co *co = gale__co_current();
    int64_t delay = gale__seconds_to_ns(seconds);
    int64_t now;
    int r;

    if (!co)
        return gale__not_coroutine("gale_sleep");
    if (delay <= 0)
        return gale_yield();
    now = gale__sched_now_ns(co->sched);
    r = gale__co_park_until("gale_sleep", delay < INT64_MAX - now ? now + delay : INT64_MAX);
    /* Its own limit, not a deadline's, is what it waited for. */
    return r == GALE_ETIMEDOUT && co->deadline != INT64_MIN ? 0 : r;
}

bool gale_is_cancelled(void)
{
    struct gale__co *co = gale__co_current();

    return co && co->cancelled;
}

static int with_deadline(struct gale__co *co, int64_t deadline, int (*fn)(void *arg), void *arg)
{
    int64_t outer = co->deadline;
    int r;

    if (deadline < outer)
        co->deadline = deadline;
    r = fn(arg);
    co->deadline = outer;
    return r;
}

int gale_with_deadline(double deadline, int (*fn)(void *arg), void *arg)
{
    struct gale__co *co = gale__co_current();

    if (!co)
        return gale__not_coroutine("gale_with_deadline");
    return with_deadline(co, gale__seconds_to_ns(deadline), fn, arg);
}

int gale_with_timeout(double seconds, int (*fn)(void *arg), void *arg)
{
    struct gale__co *co = gale__co_current();
    int64_t delay = gale__seconds_to_ns(seconds);
    int64_t now;

    if (!co)
        return gale__not_coroutine("gale_with_timeout");
    now = gale__sched_now_ns(co->sched);
    return with_deadline(co, delay < INT64_MAX - now ? now + delay : INT64_MAX, fn, arg);
}

int gale_multi(gale_future *const *futures, size_t n)
{
    struct gale__co *co = gale__co_current();
    int r;

    if (!co)
        return gale__not_coroutine("gale_multi");
    r = gale__co_interrupted(co, "gale_multi");
    if (r < 0)
        return r;
    for (size_t i = 0; i < n; i++) {
        if (futures[i]->order)
            continue;
        r = gale__future_wait_any(&futures[i], 1, "gale_multi");
        if (r < 0)
            return r;
    }
    for (size_t i = 0; i < n; i++)
        if (futures[i]->result < 0)
            return gale__future_report(futures[i]);
    return 0;
}

void gale_wait_iterator_init(gale_wait_iterator *it, gale_future *const *futures, size_t n)
{
    *it = (gale_wait_iterator){ .futures = futures, .n = n };
}

/* The done one that comes next after the last given, in the order of completion and, for
 * one that stands in the list twice, of index. n when none is done. */
static size_t next_done(const gale_wait_iterator *it)
{
    size_t best = it->n;

    for (size_t i = 0; i < it->n; i++) {
        uint64_t order = it->futures[i]->order;
        bool later = order > it->order || (order && order == it->order && i > it->last);

        if (later && (best == it->n || order < it->futures[best]->order))
            best = i;
    }
    return best;
}

int gale_wait_next(gale_wait_iterator *it)
{
    struct gale__co *co = gale__co_current();
    size_t i;
    int r;

    if (!co)
        return gale__not_coroutine("gale_wait_next");
    r = gale__co_interrupted(co, "gale_wait_next");
    if (r < 0)
        return r;
    if (it->n_given == it->n)
        return gale_err(GALE_EEOF, "all futures were given");
    while ((i = next_done(it)) == it->n) {
        r = gale__future_wait_any(it->futures, it->n, "gale_wait_next");
        if (r < 0)
            return r;
    }
    it->order = it->futures[i]->order;
    it->last = i;
    it->n_given++;
    return (int)i;
}

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
    struct gale__gather gather = { .all = true };
    struct gale__co *co = gale__co_current();
    int r;

    if (!co)
        return gale__not_coroutine("gale_multi");
    r = gale__co_interrupted(co, "gale_multi");
    if (r >= 0)
        r = gale__future_gather(&gather, futures, n, "gale_multi");
    if (r < 0 || gather.code >= 0)
        return r < 0 ? r : 0;
    return gather.text[0] ? gale__err_again(gather.code, gather.text) : gather.code;
}

void gale_wait_iterator_init(gale_wait_iterator *it, gale_future *const *futures, size_t n)
{
    *it = (gale_wait_iterator){ .futures = futures, .n = n };
}

/* Whether future i is done and comes after the last given: in the order of completion and,
 * for one that stands in the list twice, of index. */
static bool is_later(const gale_wait_iterator *it, size_t i)
{
    uint64_t order = it->futures[i]->order;

    return order > it->order || (order && order == it->order && i > it->last);
}

/* The done one that is to be given next; n when none is done. *left: how many, done or not,
 * are still to be given. */
static size_t next_done(const gale_wait_iterator *it, size_t *left)
{
    size_t best = it->n;

    *left = 0;
    for (size_t i = 0; i < it->n; i++) {
        const gale_future *future = it->futures[i];

        if (!future || (future->order && !is_later(it, i)))
            continue;
        ++*left;
        if (future->order && (best == it->n || future->order < it->futures[best]->order))
            best = i;
    }
    return best;
}

static int give(gale_wait_iterator *it, size_t i, uint64_t order)
{
    it->order = order;
    it->last = i;
    it->n_given++;
    return (int)i;
}

static int wait_for_next(gale_wait_iterator *it)
{
    struct gale__gather gather = { .all = false };
    int r = gale__future_gather(&gather, it->futures, it->n, "gale_wait_next");

    if (r < 0)
        return r;
    if (!gather.order)
        return gale_err(GALE_ECANCELED, "future %zu was freed", gather.index);
    return give(it, gather.index, gather.order);
}

int gale_wait_next(gale_wait_iterator *it)
{
    struct gale__co *co = gale__co_current();
    size_t i, left;
    int r;

    if (!co)
        return gale__not_coroutine("gale_wait_next");
    r = gale__co_interrupted(co, "gale_wait_next");
    if (r < 0)
        return r;
    if (it->n_given == it->n)
        return gale_err(GALE_EEOF, "all futures were given");
    i = next_done(it, &left);
    if (!left)
        return gale_err(GALE_EEOF, "all futures were given");
    return i < it->n ? give(it, i, it->futures[i]->order) : wait_for_next(it);
}

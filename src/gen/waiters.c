/* waiters.c - the line of coroutines behind a public lock or queue. See gen/locks.h. */
/* SPDX-License-Identifier: MIT */
#include "gen/locks.h"

#include "gen/parts.h"

int gale__waiters_enter(const char *what)
{
    struct gale__co *co = gale__co_current();

    return co ? gale__co_interrupted(co, what) : gale__not_coroutine(what);
}

static void append(gale_waiters *line, struct gale__waiter *waiter)
{
    struct gale__waiter *last = line->last;

    waiter->next = NULL;
    waiter->prev = last;
    if (last)
        last->next = waiter;
    else
        line->first = waiter;
    line->last = waiter;
}

static void take_out(gale_waiters *line, struct gale__waiter *waiter)
{
    if (waiter->prev)
        waiter->prev->next = waiter->next;
    else
        line->first = waiter->next;
    if (waiter->next)
        waiter->next->prev = waiter->prev;
    else
        line->last = waiter->prev;
    waiter->co = NULL;
}

int gale__waiters_wait(gale_waiters *line, struct gale__waiter *waiter, const char *what,
                       double deadline)
{
    struct gale__co *co = gale__co_current();
    int64_t when_ns = gale__seconds_to_ns(deadline);
    int r;

    if (when_ns != INT64_MAX && when_ns <= gale__sched_now_ns(co->sched))
        return gale_err(GALE_ETIMEDOUT, "%s: timed out", what);
    waiter->co = co;
    append(line, waiter);
    r = gale__co_park_until(what, when_ns);
    /* Whoever woke it took it out of line, which may be gone by now. */
    if (waiter->co)
        take_out(line, waiter);
    return r;
}

struct gale__waiter *gale__waiters_first(gale_waiters *line)
{
    struct gale__waiter *waiter;

    while ((waiter = line->first)) {
        if (gale__co_is_parked(waiter->co))
            return waiter;
        take_out(line, waiter);
    }
    return NULL;
}

void gale__waiters_wake(gale_waiters *line, struct gale__waiter *waiter, int code)
{
    struct gale__co *co = waiter->co;

    take_out(line, waiter);
    gale__co_wake(co, code);
}

size_t gale__waiters_wake_n(gale_waiters *line, size_t n, int code)
{
    struct gale__waiter *waiter;
    size_t woken;

    for (woken = 0; woken < n && (waiter = gale__waiters_first(line)); woken++)
        gale__waiters_wake(line, waiter, code);
    return woken;
}

size_t gale__waiters_count(const gale_waiters *line)
{
    size_t n = 0;

    for (const struct gale__waiter *waiter = line->first; waiter; waiter = waiter->next)
        n += gale__co_is_parked(waiter->co);
    return n;
}

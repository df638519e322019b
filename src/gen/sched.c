/* sched.c - starting, suspending and resuming coroutines; the turn of a loop.
 *
 * Ready coroutines wait in one first-in-first-out queue. A turn runs those queued before
 * it; then coroutines that became ready meanwhile may follow without going through the
 * loop, for 10 microseconds: that is what makes a hand-over cost a switch and not a
 * system call, and still lets descriptors and timers have their turn. The clock is read
 * after 4, 8, 16, 32, 64 … hand-overs, so that coroutines which compute long between them
 * do not hold up the loop. Over the simulated loop, whose time is not ours, there is no
 * such extension, and runs repeat exactly.
 */
/* SPDX-License-Identifier: MIT */
#include "gen/parts.h"

#include <errno.h>

#include "base/clock.h"
#include "base/trace.h"
#include "gen/future.h"
#include "gen/switch.h"
#include "ioloop/io.h"

/* A return out of a function that began on the other stack is mispredicted: what switches
 * is part of what was called. */
#define ALWAYS_INLINE inline __attribute__((always_inline))

enum { STEP_FIRST = 4, STEP_MAX = 64, TURN_NS = 10000 };

static void push_ready(struct gale__sched *sched, struct gale__co *co)
{
    co->state = GALE__CO_READY;
    co->next = NULL;
    if (sched->head)
        sched->tail->next = co;
    else
        sched->head = co;
    sched->tail = co;
    sched->n_ready++;
}

/* Whether the turn goes on although all that was ready at its start has run. */
static bool extend_turn(struct gale__sched *sched)
{
    int64_t now;

    if (!sched->step)
        return false;
    now = gale__clock_ns();
    if (!sched->turn_ns)
        sched->turn_ns = now;
    if (now - sched->turn_ns > TURN_NS) {
        sched->step = 0;
        return false;
    }
    sched->budget = sched->step;
    if (sched->step < STEP_MAX)
        sched->step *= 2;
    return true;
}

/* The next ready coroutine of this turn; NULL outside of a turn and at its end. */
static inline struct gale__co *pop_ready(struct gale__sched *sched)
{
    struct gale__co *co = sched->head;

    if (!co || (!sched->budget && !extend_turn(sched)))
        return NULL;
    sched->budget--;
    sched->n_ready--;
    sched->head = co->next;
    return co;
}

/* Goes from one stack to another; NULL is the loop's. Comes back when somebody does the
 * reverse. */
static ALWAYS_INLINE void switch_to(struct gale__sched *sched, struct gale__co *from,
                                    struct gale__co *to, bool dying)
{
    struct gale__fiber *self = from ? &from->fiber : &sched->fiber;

    sched->left = self;
    gale__fiber_leave(self, to ? &to->fiber : &sched->fiber, dying);
    gale__context = (struct gale__context *)(void *)to;
    gale__switch(from ? &from->sp : &sched->loop_sp, to ? to->sp : sched->loop_sp);
    gale__fiber_enter(self, sched->left);
}

static ALWAYS_INLINE void resume(struct gale__sched *sched, struct gale__co *co)
{
    struct gale__co *self = gale__co_current();

    co->caller = self;
    co->state = GALE__CO_RUNNING;
    switch_to(sched, self, co, false);
}

/* Leaves a coroutine that has been put wherever it is to be found: for the next ready one
 * when the loop's turn resumed this one, else for whoever did. */
static ALWAYS_INLINE void leave(struct gale__sched *sched, struct gale__co *co, bool dying)
{
    struct gale__co *to = co->caller;

    if (GALE_UNLIKELY(co->stack.canary) && !gale__stack_canary_ok(co->stack))
        gale__assert_failed("stack overflow in a coroutine", co->name, 0);
    if (!to && (to = pop_ready(sched))) {
        to->caller = NULL;
        to->state = GALE__CO_RUNNING;
        if (to == co)
            return;
    }
    switch_to(sched, co, to, dying);
}

void gale__sched_turn(struct gale__sched *sched)
{
    struct gale__co *co;

    sched->budget = sched->n_ready;
    sched->step = sched->simulated ? 0 : STEP_FIRST;
    sched->turn_ns = 0;
    while ((co = pop_ready(sched)))
        resume(sched, co);
    sched->budget = sched->step = 0;
}

void gale__sched_start(struct gale__sched *sched, struct gale__co *co)
{
    sched->n_live++;
    resume(sched, co);
}

/* What is left to do when a coroutine's function has returned: its children, its memory,
 * its future, in this order. */
static inline void finish(struct gale__co *co, int result)
{
    if (co->scope == &co->own_scope) {
        if (GALE_UNLIKELY(gale__scope_has_children(co->scope)))
            gale__scope_end(co->scope);
        if (co->own_arena.blocks)
            gale__arena_reset(&co->own_arena);
    }
    if (co->future)
        gale__future_complete_co(co->future, result);
    else if (GALE_UNLIKELY(result < 0) && co->is_task)
        gale__log_failure(co->name, result, gale_strerror(result));
}

GALE__NO_ASAN void gale__co_main(void *arg)
{
    struct gale__co *co = arg;
    struct gale__sched *sched = co->sched;

    gale__fiber_enter(&co->fiber, sched->left);
    for (;;) {
        int result = 0;

        if (co->is_task)
            result = co->fn.task(co->arg);
        else
            co->fn.start(co->arg);
        finish(co, result);
        sched->n_live--;
        gale__pool_give(sched, co);
        leave(sched, co, true);
    }
}

static void on_timer(void *arg)
{
    struct gale__co *co = arg;

    co->timer = 0;
    if (co->state == GALE__CO_PARKED)
        gale__co_wake(co, GALE_ETIMEDOUT);
}

void gale__sched_trace(struct gale__co *co, struct gale__trace *out)
{
    struct gale__sched *sched = co->sched;

    sched->told = out;
    sched->asker = gale__co_current();
    switch_to(sched, sched->asker, co, false);
}

/* Not resumed, only asked where it is. */
static __attribute__((noinline)) void tell(struct gale__co *co)
{
    struct gale__sched *sched = co->sched;

    while (sched->told) {
        gale__trace_take(sched->told, NULL);
        sched->told = NULL;
        switch_to(sched, co, sched->asker, false);
    }
}

static ALWAYS_INLINE int suspend(struct gale__co *co, bool interruptible)
{
    co->state = GALE__CO_PARKED;
    co->interruptible = interruptible;
    leave(co->sched, co, false);
    if (GALE_UNLIKELY(co->sched->told != NULL))
        tell(co);
    return co->wake_code;
}

int gale__not_coroutine(const char *what)
{
    return gale_err(
        GALE_ENOTCOROUTINE,
        "%s waits: call it from a coroutine (a handler, gale_spawn, gale_ioloop_run_sync)", what);
}

static int timed_out(struct gale__co *co, const char *what)
{
    co->deadline = INT64_MIN;
    return gale_err(GALE_ETIMEDOUT, "%s: deadline passed", what);
}

static int interrupted(struct gale__co *co, const char *what)
{
    if (co->cancelled)
        return gale_err(GALE_ECANCELED, "%s: cancelled", what);
    return timed_out(co, what);
}

int gale__co_interrupted_slow(struct gale__co *co, const char *what)
{
    if (co->cancelled || co->deadline <= gale__ioloop_now_ns(co->sched->loop))
        return interrupted(co, what);
    return 0;
}

/* A wait with a time limit, its own or the coroutine's. */
static int park_limited(struct gale__co *co, const char *what, int64_t when_ns)
{
    int64_t limit = co->deadline < when_ns ? co->deadline : when_ns;
    int code;

    co->timer = gale__ioloop_timer(co->sched->loop, limit, on_timer, co);
    if (!co->timer)
        return gale_err(-ENOMEM, "%s: no memory for a timer", what);
    code = suspend(co, true);
    if (co->timer) {
        gale_ioloop_remove_timeout(co->sched->loop, co->timer);
        co->timer = 0;
    } else if (code == GALE_ETIMEDOUT) {
        return co->deadline == limit ? timed_out(co, what)
                                     : gale_err(GALE_ETIMEDOUT, "%s: timed out", what);
    }
    return code;
}

int gale__co_park_until(const char *what, int64_t when_ns)
{
    struct gale__co *co = gale__co_current();
    int r;

    if (GALE_UNLIKELY(!co))
        return gale__not_coroutine(what);
    r = gale__co_interrupted(co, what);
    if (GALE_UNLIKELY(r < 0))
        return r;
    if (when_ns != INT64_MAX || co->deadline != INT64_MAX)
        r = park_limited(co, what, when_ns);
    else
        r = suspend(co, true);
    if (GALE_UNLIKELY(r == GALE_ECANCELED && co->cancelled))
        return interrupted(co, what);
    return r;
}

int gale__co_park(const char *what)
{
    return gale__co_park_until(what, INT64_MAX);
}

int gale__co_park_uninterruptible(const char *what)
{
    struct gale__co *co = gale__co_current();

    if (GALE_UNLIKELY(!co))
        return gale__not_coroutine(what);
    return suspend(co, false);
}

void gale__co_wake(struct gale__co *co, int code)
{
    if (co->state == GALE__CO_READY)
        return;
    GALE_ASSERT(co->state == GALE__CO_PARKED);
    co->wake_code = code;
    push_ready(co->sched, co);
}

size_t gale__co_stack_left(void)
{
    const struct gale__co *co = gale__co_current();

    if (!co)
        return SIZE_MAX;
    return (size_t)((char *)__builtin_frame_address(0) - gale__stack_base(co->stack));
}

bool gale__co_is_parked(const struct gale__co *co)
{
    return co->state == GALE__CO_PARKED;
}

void *gale__co_argument(const struct gale__co *co, void (*fn)(void *arg))
{
    return !co->is_task && co->fn.start == fn ? co->arg : NULL;
}

struct gale__co *gale__co_caller(const struct gale__co *co)
{
    return co->caller;
}

const char *gale__co_name(const struct gale__co *co)
{
    return co->name;
}

void gale__co_cancel(struct gale__co *co)
{
    co->cancelled = true;
    if (co->state == GALE__CO_PARKED && co->interruptible)
        gale__co_wake(co, GALE_ECANCELED);
}

int gale_yield(void)
{
    struct gale__co *co = gale__co_current();
    struct gale__sched *sched;
    int r;

    if (GALE_UNLIKELY(!co))
        return gale__not_coroutine("gale_yield");
    r = gale__co_interrupted(co, "gale_yield");
    if (GALE_UNLIKELY(r < 0))
        return r;
    sched = co->sched;
    push_ready(sched, co);
    if (sched->head == co) /* nobody else is ready: the loop's turn */
        sched->budget = sched->step = 0;
    leave(sched, co, false);
    if (GALE_UNLIKELY(sched->told != NULL))
        tell(co);
    return GALE_UNLIKELY(co->cancelled) ? interrupted(co, "gale_yield") : 0;
}

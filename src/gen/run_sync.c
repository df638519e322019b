/* run_sync.c - the parts of the loop that wait or start coroutines: run_sync,
 * spawn_callback, run_in_executor. See ioloop.h.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/ioloop.h>

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "gen/parts.h"
#include "ioloop/io.h"

/* A failure's code and detail on its way from one context to another. */
struct outcome {
    int code;
    char text[GALE__ERROR_TEXT];
};

static void keep(struct outcome *outcome, int code)
{
    outcome->code = code;
    if (code < 0)
        snprintf(outcome->text, sizeof(outcome->text), "%s", gale_strerror(code));
}

static int report(const struct outcome *outcome)
{
    return outcome->code < 0 ? gale__err_again(outcome->code, outcome->text) : outcome->code;
}

/* On the stack of gale_ioloop_run_sync, which does not return before the coroutine. */
struct sync {
    gale_ioloop *loop;
    int (*fn)(void *arg);
    void *arg;
    struct gale__co *co; /* NULL: not started or returned */
    struct gale__start *start;
    gale_timeout timer;
    bool done, timed_out;
    struct outcome outcome;
};

static int sync_main(void *arg)
{
    struct sync *sync = arg;

    sync->start = NULL;
    sync->co = gale__co_current();
    if (sync->timed_out)
        gale__co_cancel(sync->co);
    keep(&sync->outcome, sync->fn(sync->arg));
    sync->co = NULL;
    sync->done = true;
    gale_ioloop_stop(sync->loop);
    return 0;
}

/* It could not even be started. */
static void sync_failed(void *arg, int code)
{
    struct sync *sync = arg;

    sync->start = NULL;
    keep(&sync->outcome, code);
    sync->done = true;
    gale_ioloop_stop(sync->loop);
}

static void sync_cancel(struct sync *sync)
{
    sync->timed_out = true;
    if (sync->co)
        gale__co_cancel(sync->co);
}

static void on_timeout(void *arg)
{
    struct sync *sync = arg;

    sync->timer = 0;
    sync_cancel(sync);
}

/* What fn uses lives on our caller's stack, so it is cancelled and waited for. That needs
 * no events, only turns: they go on although the backend fails. */
static void sync_end(struct sync *sync)
{
    const struct timespec rest = { .tv_nsec = 1000000 };

    if (sync->start) {
        gale__start_drop(gale__sched_of(sync->loop), sync->start);
        return;
    }
    sync_cancel(sync);
    while (!sync->done)
        if (gale__ioloop_run(sync->loop) < 0)
            nanosleep(&rest, NULL);
}

static int sync_result(struct sync *sync, int r, double timeout)
{
    struct outcome failure = { 0 };
    bool done = sync->done;

    keep(&failure, r);
    if (!done)
        sync_end(sync);
    gale_ioloop_remove_timeout(sync->loop, sync->timer);
    gale__ioloop_synced(sync->loop);
    if (!done && r < 0)
        return report(&failure);
    if (!done)
        return gale_err(GALE_ESTOPPED, "the loop was stopped before the function returned");
    if (sync->timed_out)
        return gale_err(GALE_ETIMEDOUT, "not done after %g seconds", timeout);
    return report(&sync->outcome);
}

int gale_ioloop_run_sync(gale_ioloop *loop, int (*fn)(void *arg), void *arg, double timeout)
{
    struct gale__sched *sched = gale__sched_of(loop);
    struct sync sync = { .loop = loop, .fn = fn, .arg = arg };

    if (gale__co_current())
        return gale_err(GALE_ESTATE, "gale_ioloop_run_sync: a loop is running here already");
    sync.start = sched ? gale__start_later(sched, sync_main, &sync) : NULL;
    if (!sync.start)
        return gale_err(-ENOMEM, "no memory for gale_ioloop_run_sync");
    sync.start->failed = sync_failed;
    if (timeout > 0)
        sync.timer = gale_ioloop_call_later(loop, timeout, on_timeout, &sync);
    if (timeout > 0 && !sync.timer) {
        gale__start_drop(sched, sync.start);
        return gale_err(-ENOMEM, "no memory for a timer");
    }
    return sync_result(&sync, gale__ioloop_run(loop), timeout);
}

int gale_ioloop_spawn_callback(gale_ioloop *loop, int (*fn)(void *arg), void *arg)
{
    struct gale__sched *sched = gale__sched_of(loop);

    if (!sched || !gale__start_later(sched, fn, arg))
        return gale_err(-ENOMEM, "no memory for a callback");
    return 0;
}

/* On the waiting coroutine's stack. */
struct job {
    int (*fn)(void *arg);
    void *arg;
    struct gale__co *co;
    struct outcome outcome;
};

static void job_work(void *arg)
{
    struct job *job = arg;

    keep(&job->outcome, job->fn(job->arg));
}

static void job_done(void *arg)
{
    struct job *job = arg;

    gale__co_wake(job->co, 0);
}

/* On a thread of executor, or (NULL) of the loop's own pool. */
static int run_on_thread(gale_executor *executor, gale_ioloop *loop, int (*fn)(void *arg),
                         void *arg, const char *what)
{
    struct job job = { .fn = fn, .arg = arg, .co = gale__co_current() };
    int r;

    if (!job.co)
        return gale__not_coroutine(what);
    r = gale__co_interrupted(job.co, what);
    if (r < 0)
        return r;
    r = executor ? gale__executor_submit_to(executor, loop, job_work, job_done, &job)
                 : gale__executor_submit(loop, job_work, job_done, &job);
    if (r < 0)
        return gale_err(r, "no thread for %s", what);
    gale__co_park_uninterruptible(what);
    return report(&job.outcome);
}

int gale_ioloop_run_in_executor(gale_ioloop *loop, int (*fn)(void *arg), void *arg)
{
    return run_on_thread(NULL, loop, fn, arg, "gale_ioloop_run_in_executor");
}

int gale_executor_run(gale_executor *executor, int (*fn)(void *arg), void *arg)
{
    gale_ioloop *loop = gale__co_current() ? gale_ioloop_current() : NULL;

    return run_on_thread(executor, loop, fn, arg, "gale_executor_run");
}

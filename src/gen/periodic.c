/* periodic.c - callbacks that repeat, each run in a coroutine. See ioloop.h.
 *
 * At most one of a timer and a run exists: the run arms the next timer when it ends.
 */
/* SPDX-License-Identifier: MIT */
#include "gen/periodic.h"

#include <errno.h>
#include <time.h>

#include <gale/ioloop.h>

#include "gen/parts.h"
#include "ioloop/io.h"

struct gale_periodic {
    gale_ioloop *loop; /* NULL: freed */
    struct gale__ioloop_owned owned;
    double interval, jitter, next;
    int (*fn)(void *arg);
    void *arg;
    gale_timeout timer;
    uint64_t random;
    bool running;  /* between start and stop */
    bool in_run;   /* fn is under way */
    bool orphaned; /* freed during the run */
};

double gale__periodic_next(double next, double period, double now)
{
    double behind = now - next;

    if (behind < 0)
        return next + period;
    /* floor(); a quotient too large for it is not on any grid any more. */
    double periods = behind / period;
    double whole = periods < 9e15 ? (double)(int64_t)periods : periods;

    return next + (whole + 1) * period;
}

/* Uniform in [0, 1): a xorshift, enough to spread runs. */
static double next_random(gale_periodic *periodic)
{
    uint64_t x = periodic->random;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    periodic->random = x;
    return (double)(x >> 11) / 9007199254740992.0;
}

static void on_due(void *arg);

static int arm(gale_periodic *periodic)
{
    double now = (double)gale__sched_now_ns(gale__sched_of(periodic->loop)) / 1e9;
    double period = periodic->interval;

    if (periodic->jitter != 0)
        period *= 1 + periodic->jitter * (next_random(periodic) - 0.5);
    periodic->next = gale__periodic_next(periodic->next, period, now);
    periodic->timer = gale_ioloop_call_at(periodic->loop, periodic->next, on_due, periodic);
    if (periodic->timer)
        return 0;
    periodic->running = false;
    return gale_err(-ENOMEM, "no memory for a timer");
}

static void end_run(gale_periodic *periodic)
{
    periodic->in_run = false;
    if (periodic->orphaned)
        gale__free(periodic);
    else if (periodic->running && arm(periodic) < 0)
        gale__log_failure("periodic", -ENOMEM, gale_strerror(-ENOMEM));
}

static int run(void *arg)
{
    gale_periodic *periodic = arg;
    int r = periodic->fn(periodic->arg);

    if (r < 0)
        gale__log_failure("periodic", r, gale_strerror(r));
    end_run(periodic);
    return 0;
}

static void on_due(void *arg)
{
    gale_periodic *periodic = arg;
    int r;

    periodic->timer = 0;
    periodic->in_run = true;
    r = gale__co_start_task(gale__sched_of(periodic->loop), "periodic", NULL, NULL, run, periodic);
    if (r < 0) {
        gale__log_failure("periodic", r, gale_strerror(r));
        end_run(periodic);
    }
}

static void on_loop_freed(struct gale__ioloop_owned *owned)
{
    gale_periodic *periodic = GALE_CONTAINER_OF(owned, gale_periodic, owned);

    gale_periodic_stop(periodic);
    periodic->loop = NULL;
}

gale_periodic *gale_periodic_new(gale_ioloop *loop, double interval, double jitter,
                                 int (*fn)(void *arg), void *arg)
{
    gale_periodic *periodic;

    if (!(interval > 0)) {
        gale_err(GALE_EINVAL, "gale_periodic_new: an interval of %g seconds", interval);
        return NULL;
    }
    periodic = gale__sched_of(loop) ? gale__calloc(1, sizeof(*periodic)) : NULL;
    if (!periodic) {
        gale_err(-ENOMEM, "no memory for a periodic callback");
        return NULL;
    }
    *periodic = (gale_periodic){
        .loop = loop, .interval = interval, .jitter = jitter, .fn = fn, .arg = arg
    };
    periodic->owned.close = on_loop_freed;
    gale__ioloop_own(loop, &periodic->owned);
    periodic->random = ((uint64_t)(uintptr_t)periodic ^ (uint64_t)time(NULL) << 20) | 1;
    return periodic;
}

int gale_periodic_start(gale_periodic *periodic)
{
    if (!periodic->loop)
        return gale_err(GALE_ECLOSED, "the loop of the periodic callback was freed");
    if (periodic->running)
        return 0;
    periodic->running = true;
    periodic->next = (double)gale__sched_now_ns(gale__sched_of(periodic->loop)) / 1e9;
    return periodic->in_run ? 0 : arm(periodic);
}

void gale_periodic_stop(gale_periodic *periodic)
{
    periodic->running = false;
    if (periodic->loop)
        gale_ioloop_remove_timeout(periodic->loop, periodic->timer);
    periodic->timer = 0;
}

bool gale_periodic_is_running(const gale_periodic *periodic)
{
    return periodic->running;
}

void gale_periodic_free(gale_periodic *periodic)
{
    if (!periodic)
        return;
    gale_periodic_stop(periodic);
    gale__list_remove(&periodic->owned.link);
    if (periodic->in_run)
        periodic->orphaned = true;
    else
        gale__free(periodic);
}

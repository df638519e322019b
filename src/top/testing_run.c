/* testing_run.c - the loop of a test: run until something is done, or as far as time allows.
 *
 * Over a real clock the loop just runs, with a timer of real seconds as its limit. Over the fake
 * clock it is stepped until nothing is left to do but to wait for time.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "ioloop/sim.h"
#include "top/testing_priv.h"

enum {
    QUIET = 3,   /* looks at the descriptors that find nothing, until the loop is at rest */
    TURNS = 100, /* for others, of a coroutine that lets them go on */
    STEPS = 1000000,
};

static const double CENTURY = 100 * 365.25 * 86400; /* its nanoseconds are an int64_t */

static void main_of_pending(void *arg)
{
    gale_test_pending *p = arg;

    p->co = gale__co_current();
    p->result = p->fn(p->arg);
    if (p->result < 0)
        snprintf(p->text, sizeof(p->text), "%s", gale_strerror(p->result));
    gale__scope_end(&p->scope);
    gale__arena_reset(&p->arena);
    p->co = NULL;
    p->done = true;
    gale_ioloop_stop(p->test->loop);
}

/* Coroutines start inside of the running loop. */
static void start(void *arg)
{
    gale_test_pending *p = arg;
    int r;

    gale__scope_init(&p->scope, &p->arena);
    r = gale__co_start(p->test->loop, "gale_test", &p->scope, main_of_pending, p);

    if (r >= 0)
        return;
    p->result = r;
    p->done = true;
    snprintf(p->text, sizeof(p->text), "%s", gale_strerror(r));
    gale_ioloop_stop(p->test->loop);
}

gale_test_pending *gale__test_begin(gale_test *test, const char *what, int (*fn)(void *arg),
                                    void *arg)
{
    gale_test_pending *p = gale__arena_zalloc(&test->arena, sizeof(*p));

    if (!p)
        return NULL;
    p->test = test;
    p->fn = fn;
    p->arg = arg;
    snprintf(p->what, sizeof(p->what), "%s", what);
    if (gale_ioloop_add_callback(test->loop, start, p) < 0)
        return NULL;
    gale__list_append(&test->pending, &p->link);
    return p;
}

/* --- a real clock */

static void expire(void *arg)
{
    gale_test *test = arg;

    gale_ioloop_stop(test->loop);
}

static int run_real(gale_test *test, const bool *done)
{
    int64_t until = gale__clock_ns() + (int64_t)(test->options.timeout * 1e9);
    gale_timeout timer = gale_ioloop_call_later(test->loop, test->options.timeout, expire, test);
    int r = timer ? 0 : -ENOMEM;

    while (r >= 0 && !*done && gale__clock_ns() < until)
        r = gale_ioloop_run(test->loop);
    gale_ioloop_remove_timeout(test->loop, timer);
    return r < 0 ? r : *done ? 0 : GALE_ETIMEDOUT;
}

/* --- the fake one */

/* GALE_EEOF: at rest, although it is not done. */
static int run_fake(gale_test *test, const bool *done)
{
    int64_t until = gale__clock_ns() + (int64_t)(test->options.timeout * 1e9);

    while (!*done) {
        int r = gale_ioloop_step(test->loop);

        if (r < 0)
            return r;
        if (gale__clock_ns() > until)
            return GALE_ETIMEDOUT;
        if (!*done && gale_ioloop_next_deadline(test->loop) != 0 &&
            !gale__sim_wait_thread(test->loop, 50))
            return GALE_EEOF;
    }
    return 0;
}

static int run_until(gale_test *test, const bool *done)
{
    return test->options.fake_clock ? run_fake(test, done) : run_real(test, done);
}

static int settle_real(gale_test *test)
{
    struct pollfd pfd = { .fd = gale_ioloop_fd(test->loop), .events = POLLIN };
    int r = 0;

    for (int quiet = 0, i = 0; quiet < QUIET && i < STEPS && r >= 0; i++) {
        r = gale_ioloop_step(test->loop);
        if (gale_ioloop_next_deadline(test->loop) == 0 || poll(&pfd, 1, test->port ? 1 : 0) > 0)
            quiet = 0;
        else
            quiet++;
    }
    return r;
}

int gale__test_settle(gale_test *test)
{
    static const bool never;
    int r = test->options.fake_clock ? run_fake(test, &never) : settle_real(test);

    return r == GALE_EEOF ? 0 : r;
}

static bool is_busy(const gale_test *test)
{
    gale_httpserver_stats stats;

    gale_httpserver_get_stats(test->server, &stats);
    return stats.requests_active > 0;
}

void gale__test_rest(gale_test *test)
{
    struct pollfd pfd = { .fd = gale_ioloop_fd(test->loop), .events = POLLIN };
    int64_t until = gale__clock_ns() + (int64_t)(test->options.timeout * 1e9);

    while (gale__test_settle(test) >= 0 && is_busy(test) && !test->options.fake_clock &&
           gale__clock_ns() < until)
        poll(&pfd, 1, 10);
}

int gale__test_settle_here(gale_test *test)
{
    int r = 0;

    for (int i = 0; i < TURNS && r >= 0; i++)
        r = gale_yield();
    for (int i = 0; i < QUIET && r >= 0 && test->port; i++)
        r = gale_sleep(0.001);
    return r;
}

/* --- both */

static int not_done(gale_test_pending *p, int r)
{
    gale_test *test = p->test;

    if (p->co)
        gale__co_cancel(p->co);
    if (gale__test_settle(test) >= 0 && !p->done) /* it may not wait any more */
        (void)run_until(test, &p->done);
    if (r == GALE_EEOF)
        return gale_err(GALE_ETIMEDOUT,
                        "%s: not done, and nothing happens while the clock stands still", p->what);
    if (r == GALE_ETIMEDOUT)
        return gale_err(r, "%s: not done within %g seconds", p->what, test->options.timeout);
    return r;
}

int gale__test_end(gale_test_pending *p)
{
    int r;

    if (!p)
        return gale_err(-ENOMEM, "no memory to ask for it");
    gale__list_remove(&p->link);
    r = run_until(p->test, &p->done);
    if (r < 0)
        return not_done(p, r);
    return p->result < 0 ? gale_err(p->result, "%s", p->text) : p->result;
}

int gale_test_run(gale_test *test, int (*fn)(void *arg), void *arg)
{
    if (gale__co_current())
        return fn(arg);
    return gale__test_end(gale__test_begin(test, "gale_test_run", fn, arg));
}

int gale_test_advance(gale_test *test, double seconds)
{
    int r;

    if (!test->options.fake_clock)
        return gale_err(GALE_ESTATE, "gale_test_advance: the clock is not a fake one");
    if (gale__co_current())
        return gale_err(GALE_ESTATE, "gale_test_advance: not from a coroutine");
    if (!(seconds >= 0 && seconds <= CENTURY))
        return gale_err(GALE_EINVAL, "gale_test_advance: not by %g seconds", seconds);
    r = gale__test_settle(test);
    return r < 0 ? r : gale__sim_advance(test->loop, seconds);
}

/* sim_test.h - bodies that run over the simulated loop, whose time takes none and whose turns
 * repeat exactly, and what the tests of locks and queues share. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TESTS_SIM_TEST_H
#define GALE_TESTS_SIM_TEST_H

#include "gen_test.h"

/* Runs body in a coroutine of a new simulated loop; its result must be 0. */
static inline void simulated(int (*body)(void *arg), void *arg)
{
    gale_ioloop_options options = { .backend = "simulated" };
    gale_ioloop *loop = gale_ioloop_new(&options);
    int r;

    assert_non_null(loop);
    gale_ioloop_make_current(loop);
    trace[0] = 0;
    r = gale_ioloop_run_sync(loop, body, arg, 1e6);
    if (r != 0)
        printf("the body gave %d: %s\n", r, gale_strerror(r));
    assert_int_equal(r, 0);
    gale_ioloop_free(loop);
    gale_ioloop_make_current(NULL);
}

static inline double from_now(double seconds)
{
    return gale_ioloop_time(gale_ioloop_current()) + seconds;
}

/* Until all that is ready has run, several times over. */
static inline void settle(void)
{
    for (int i = 0; i < 5; i++)
        gale_yield();
}

#endif

/* gen_test.h - what the coroutines' tests share: a loop for each test, bodies that run in
 * a coroutine of it, and a log of what happened in which order.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TESTS_GEN_TEST_H
#define GALE_TESTS_GEN_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <gale/gen.h>
#include <gale/ioloop.h>

/* Letters that the test's coroutines leave behind. */
static char trace[256];

static inline void note(const char *what)
{
    strncat(trace, what, sizeof(trace) - strlen(trace) - 1);
}

/* A literal as a coroutine's argument. */
static inline void *text(const char *literal)
{
    return (void *)(uintptr_t)literal;
}

/* Runs body in a coroutine of a new loop; its result must be 0. A hang ends after ten
 * seconds as a failure. */
static inline void in_coroutine(int (*body)(void *arg), void *arg)
{
    gale_ioloop *loop = gale_ioloop_new(NULL);
    int r;

    assert_non_null(loop);
    gale_ioloop_make_current(loop);
    trace[0] = 0;
    r = gale_ioloop_run_sync(loop, body, arg, 10);
    if (r != 0)
        printf("the body gave %d: %s\n", r, gale_strerror(r));
    assert_int_equal(r, 0);
    gale_ioloop_free(loop);
    gale_ioloop_make_current(NULL);
}

static inline int sleep_long(void *arg)
{
    (void)arg;
    return gale_sleep(1000);
}

#endif

/* loop_test.h - what the loop's tests share: each runs over every backend that has a
 * kernel, by one table of tests and one main. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TESTS_LOOP_TEST_H
#define GALE_TESTS_LOOP_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include <gale/ioloop.h>

/* The backend the present group runs over. */
extern const char *test_backend;

static inline gale_ioloop *new_loop(void)
{
    gale_ioloop_options options = { .backend = test_backend, .executor_threads = 4 };
    gale_ioloop *loop = gale_ioloop_new(&options);

    if (!loop)
        fail_msg("%s: %s", test_backend, gale_strerror(gale_ioloop_error()));
    assert_string_equal(gale_ioloop_backend(loop), test_backend);
    return loop;
}

static inline void stop_loop(void *loop)
{
    gale_ioloop_stop(loop);
}

/* Runs until stopped; a hang is a failure after ten seconds (of which a simulated clock
 * would make nothing). */
static inline void give_up(void *what)
{
    fail_msg("the loop hangs: %s", (const char *)what);
}

static inline void run_loop(gale_ioloop *loop)
{
    int simulated = strcmp(test_backend, "simulated") == 0;
    gale_timeout guard = simulated
                             ? 0
                             : gale_ioloop_call_later(loop, 10, give_up, (void *)"ten seconds");

    assert_int_equal(gale_ioloop_run(loop), 0);
    gale_ioloop_remove_timeout(loop, guard);
}

/* Whether this kernel lets us use io_uring: then the loop has to, and no test is left out. */
static inline int kernel_has_uring(void)
{
    char params[120] = { 0 };
    long fd = syscall(__NR_io_uring_setup, 1, params);

    if (fd >= 0)
        close((int)fd);
    return fd >= 0;
}

#define RUN_BACKENDS(tests, simulated)                                                             \
    run_backends((tests), sizeof(tests) / sizeof((tests)[0]), (simulated))

#define RUN_GROUP(name)                                                                            \
    (test_backend = (name), _cmocka_run_group_tests((name), tests, n, NULL, NULL))

static inline int run_backends(const struct CMUnitTest *tests, size_t n, int simulated)
{
    int failed = RUN_GROUP("epoll");

    if (kernel_has_uring())
        failed += RUN_GROUP("io_uring");
    else
        printf("no io_uring here\n");
    if (simulated)
        failed += RUN_GROUP("simulated");
    return failed;
}

#endif

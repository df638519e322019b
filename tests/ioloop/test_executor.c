/* test_executor.c - work on the loop's threads comes back to the loop's thread. */
/* SPDX-License-Identifier: MIT */
#include "loop_test.h"

#include <pthread.h>
#include <stdatomic.h>

#include "ioloop/io.h"

const char *test_backend;

enum { JOBS = 200 };

static struct {
    gale_ioloop *loop;
    pthread_t self;
    atomic_int worked, together;
    int done;
    pthread_barrier_t barrier;
} t;

static void work(void *arg)
{
    (void)arg;
    if (!pthread_equal(pthread_self(), t.self))
        atomic_fetch_add(&t.worked, 1);
}

static void done(void *arg)
{
    (void)arg;
    assert_true(pthread_equal(pthread_self(), t.self));
    if (++t.done == JOBS)
        gale_ioloop_stop(t.loop);
}

static void setup(void)
{
    memset(&t, 0, sizeof(t));
    t.self = pthread_self();
    t.loop = new_loop();
}

static void test_all_jobs_come_back(void **state)
{
    (void)state;
    setup();
    for (int i = 0; i < JOBS; i++)
        assert_int_equal(gale__executor_submit(t.loop, work, done, NULL), 0);
    run_loop(t.loop);
    assert_int_equal(t.done, JOBS);
    assert_int_equal(atomic_load(&t.worked), JOBS);
    gale_ioloop_free(t.loop);
}

static void meet(void *arg)
{
    (void)arg;
    pthread_barrier_wait(&t.barrier);
}

static void met(void *arg)
{
    (void)arg;
    if (++t.done == 4)
        gale_ioloop_stop(t.loop);
}

/* Each waits for the three others: that ends only when four run at a time. */
static void test_jobs_run_side_by_side(void **state)
{
    (void)state;
    setup();
    pthread_barrier_init(&t.barrier, NULL, 4);
    for (int i = 0; i < 4; i++)
        assert_int_equal(gale__executor_submit(t.loop, meet, met, NULL), 0);
    run_loop(t.loop);
    pthread_barrier_destroy(&t.barrier);
    gale_ioloop_free(t.loop);
}

/* What was handed in is worked off and told, so that its owner can free it. */
static void test_free_finishes_jobs(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        setup();
        for (int k = 0; k < 10; k++)
            assert_int_equal(gale__executor_submit(t.loop, work, done, NULL), 0);
        gale_ioloop_free(t.loop);
        assert_int_equal(t.done, 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_jobs_come_back),
        cmocka_unit_test(test_jobs_run_side_by_side),
        cmocka_unit_test(test_free_finishes_jobs),
    };

    return RUN_BACKENDS(tests, 1);
}

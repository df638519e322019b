/* test_callbacks.c - run and stop, callbacks from threads and signals, foreign loops. */
/* SPDX-License-Identifier: MIT */
#include "loop_test.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include <gale/gen.h>

const char *test_backend;

enum { MANY = 10000 };

static struct {
    gale_ioloop *loop;
    int n, expected, last, out_of_order;
    int results[4];
} t;

static void reset(void)
{
    memset(&t, 0, sizeof(t));
    t.loop = new_loop();
    t.last = -1;
}

static void add(void (*fn)(void *arg), void *arg)
{
    assert_int_equal(gale_ioloop_add_callback(t.loop, fn, arg), 0);
}

static void count(void *arg)
{
    int i = (int)(intptr_t)arg;

    if (i <= t.last)
        t.out_of_order++;
    t.last = i;
    if (++t.n == t.expected)
        gale_ioloop_stop(t.loop);
}

static void *push_many(void *arg)
{
    (void)arg;
    for (int i = 0; i < MANY; i++)
        if (gale_ioloop_add_callback(t.loop, count, (void *)(intptr_t)i) < 0)
            return (void *)1;
    return NULL;
}

static void test_many_from_another_thread(void **state)
{
    pthread_t thread;
    void *result;

    (void)state;
    reset();
    t.expected = MANY;
    assert_int_equal(pthread_create(&thread, NULL, push_many, NULL), 0);
    run_loop(t.loop);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_null(result);
    assert_int_equal(t.n, MANY);
    assert_int_equal(t.out_of_order, 0);
    gale_ioloop_free(t.loop);
}

static void *run_there(void *arg)
{
    (void)arg;
    return (void *)(intptr_t)gale_ioloop_run(t.loop);
}

/* Made here, run there, freed here. */
static void test_loop_on_a_background_thread(void **state)
{
    pthread_t thread;
    void *result;

    (void)state;
    reset();
    t.expected = MANY;
    assert_int_equal(pthread_create(&thread, NULL, run_there, NULL), 0);
    assert_null(push_many(NULL));
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_null(result);
    assert_int_equal(t.n, MANY);
    assert_int_equal(t.out_of_order, 0);
    gale_ioloop_free(t.loop);
}

static void *push_later(void *arg)
{
    (void)arg;
    usleep(20000);
    return (void *)(intptr_t)gale_ioloop_add_callback(t.loop, stop_loop, t.loop);
}

static void test_a_sleeping_loop_wakes(void **state)
{
    pthread_t thread;
    void *result;

    (void)state;
    reset();
    assert_int_equal(pthread_create(&thread, NULL, push_later, NULL), 0);
    assert_int_equal(gale_ioloop_run(t.loop), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_null(result);
    gale_ioloop_free(t.loop);
}

static void test_stop_before_run(void **state)
{
    (void)state;
    reset();
    add(count, NULL);
    gale_ioloop_stop(t.loop);
    assert_int_equal(gale_ioloop_run(t.loop), 0);
    assert_int_equal(t.n, 0);
    t.expected = 1;
    run_loop(t.loop);
    assert_int_equal(t.n, 1);
    gale_ioloop_free(t.loop);
}

static void run_nested(void *arg)
{
    (void)arg;
    t.results[0] = gale_ioloop_run(t.loop);
    t.results[1] = gale_ioloop_step(t.loop);
    gale_ioloop_stop(t.loop);
}

static void test_nested_run_fails(void **state)
{
    (void)state;
    reset();
    add(run_nested, NULL);
    run_loop(t.loop);
    assert_int_equal(t.results[0], GALE_ESTATE);
    assert_int_equal(t.results[1], GALE_ESTATE);
    gale_ioloop_free(t.loop);
}

static void second(void *arg)
{
    assert_true(t.results[0]);
    gale_ioloop_stop(arg);
}

static void deadline_passed(void *arg)
{
    *(int *)arg = 1;
}

/* Adds another, which belongs to the next turn: a timeout of no delay comes between. */
static void first(void *arg)
{
    gale_ioloop_call_at(t.loop, 0, deadline_passed, &t.results[0]);
    assert_int_equal(gale_ioloop_add_callback(t.loop, second, arg), 0);
}

static void test_callback_added_by_callback_runs_next_turn(void **state)
{
    (void)state;
    reset();
    add(first, t.loop);
    run_loop(t.loop);
    assert_true(t.results[0]);
    gale_ioloop_free(t.loop);
}

static void test_order_is_kept(void **state)
{
    (void)state;
    reset();
    t.expected = 1000;
    for (int i = 0; i < 1000; i++)
        add(count, (void *)(intptr_t)i);
    run_loop(t.loop);
    assert_int_equal(t.out_of_order, 0);
    gale_ioloop_free(t.loop);
}

static void on_signal(int sig)
{
    (void)sig;
    gale_ioloop_add_callback_from_signal(t.loop, count, (void *)(intptr_t)t.results[0]++);
}

static void *raise_later(void *arg)
{
    usleep(20000);
    pthread_kill(*(pthread_t *)arg, SIGUSR1);
    return NULL;
}

static void test_signal_wakes_the_loop(void **state)
{
    struct sigaction action = { .sa_handler = on_signal }, old;
    pthread_t self = pthread_self(), thread;

    (void)state;
    reset();
    t.expected = 1;
    sigaction(SIGUSR1, &action, &old);
    assert_int_equal(pthread_create(&thread, NULL, raise_later, &self), 0);
    run_loop(t.loop);
    pthread_join(thread, NULL);
    sigaction(SIGUSR1, &old, NULL);
    assert_int_equal(t.n, 1);
    gale_ioloop_free(t.loop);
}

static void test_at_most_64_from_signals(void **state)
{
    (void)state;
    reset();
    for (int round = 0; round < 3; round++) {
        t.n = 0;
        t.last = -1;
        t.expected = 64;
        for (int i = 0; i < 64; i++)
            assert_int_equal(
                gale_ioloop_add_callback_from_signal(t.loop, count, (void *)(intptr_t)i), 0);
        assert_int_equal(gale_ioloop_add_callback_from_signal(t.loop, count, NULL), -EAGAIN);
        run_loop(t.loop);
        assert_int_equal(t.n, 64);
        assert_int_equal(t.out_of_order, 0);
    }
    gale_ioloop_free(t.loop);
}

/* Polls as another main loop would, until n callbacks have run. */
static void drive(int n)
{
    while (t.n < n) {
        double wait = gale_ioloop_next_deadline(t.loop);
        struct pollfd pfd = { .fd = gale_ioloop_fd(t.loop), .events = POLLIN };
        int ms = wait < 0 ? 10000 : (int)(wait * 1000) + (wait > 0);
        int r = poll(&pfd, 1, ms);

        if (r == 0 && wait < 0)
            fail_msg("the descriptor does not wake a foreign loop");
        assert_int_equal(gale_ioloop_step(t.loop), 0);
    }
}

static void test_driven_by_a_foreign_loop(void **state)
{
    pthread_t thread;
    void *result;

    (void)state;
    reset();
    assert_int_equal(pthread_create(&thread, NULL, push_many, NULL), 0);
    drive(MANY);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_null(result);
    assert_int_equal(t.out_of_order, 0);
    assert_true(gale_ioloop_next_deadline(t.loop) < 0);
    t.last = -1;
    gale_ioloop_call_later(t.loop, 0.01, count, NULL);
    double wait = gale_ioloop_next_deadline(t.loop);

    assert_true(wait > 0 && wait <= 0.01);
    if (strcmp(test_backend, "simulated") != 0)
        drive(MANY + 1);
    gale_ioloop_free(t.loop);
}

/* A stop meant for the run to come is not lost in a step, nor makes it a foreign loop spin. */
static void test_stop_outlives_a_step(void **state)
{
    (void)state;
    reset();
    add(stop_loop, t.loop);
    assert_int_equal(gale_ioloop_step(t.loop), 0);
    assert_true(gale_ioloop_next_deadline(t.loop) < 0);
    gale_ioloop_call_later(t.loop, 1000, count, NULL);
    run_loop(t.loop);
    gale_ioloop_free(t.loop);
}

static void test_current_loop(void **state)
{
    (void)state;
    reset();
    assert_ptr_equal(gale_ioloop_current(), t.loop);
    gale_ioloop *other = new_loop();

    assert_ptr_equal(gale_ioloop_current(), t.loop);
    gale_ioloop_make_current(other);
    assert_ptr_equal(gale_ioloop_current(), other);
    gale_ioloop_free(t.loop);
    assert_ptr_equal(gale_ioloop_current(), other);
    gale_ioloop_free(other);
    gale_ioloop *fresh = gale_ioloop_current();

    assert_non_null(fresh);
    gale_ioloop_free(fresh);
    gale_ioloop_free(NULL);
}

static void test_unknown_backend(void **state)
{
    gale_ioloop_options options = { .backend = "kqueue" };

    (void)state;
    assert_null(gale_ioloop_new(&options));
    assert_int_equal(gale_ioloop_error(), GALE_EBACKEND);
    assert_non_null(strstr(gale_strerror(GALE_EBACKEND), "kqueue"));
}

static void test_free_drops_callbacks(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        reset();
        add(count, NULL);
        gale_ioloop_call_later(t.loop, 0, count, NULL);
        gale_ioloop_free(t.loop);
        assert_int_equal(t.n, 0);
    }
}

/* Until that is refused. */
static int add_from_a_thread(void *arg)
{
    int r;

    do {
        r = gale_ioloop_add_callback(t.loop, count, NULL);
        usleep(100);
    } while (r == 0);
    return r;
}

static int use_a_thread(void *arg)
{
    *(int *)arg = gale_ioloop_run_in_executor(t.loop, add_from_a_thread, NULL);
    return 0;
}

struct farewell {
    int added, added_by_thread, armed;
    bool ran;
};

static void set_true(void *arg)
{
    *(bool *)arg = true;
}

/* Ends some turns after its cancellation, and tries to leave something behind. */
static int end_slowly(void *arg)
{
    struct farewell *f = arg;

    assert_int_equal(gale_sleep(1000), GALE_ECANCELED);
    f->added = gale_ioloop_add_callback(t.loop, set_true, &f->ran);
    f->armed = gale_ioloop_call_later(t.loop, 0, set_true, &f->ran) != 0;
    for (int i = 0; i < 200; i++)
        gale_yield();
    return 0;
}

/* While coroutines end the loop turns, but nothing of the program's is called. */
static void test_free_drops_callbacks_while_coroutines_end(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        struct farewell f = { 0 };

        reset();
        assert_int_equal(gale_ioloop_spawn_callback(t.loop, end_slowly, &f), 0);
        assert_int_equal(gale_ioloop_spawn_callback(t.loop, use_a_thread, &f.added_by_thread), 0);
        assert_int_equal(gale_ioloop_step(t.loop), 0);
        t.n = 0; /* the thread is at it already */
        add(count, NULL);
        assert_int_equal(gale_ioloop_add_callback_from_signal(t.loop, count, NULL), 0);
        gale_ioloop_call_later(t.loop, 0, count, NULL);
        gale_ioloop_call_later(t.loop, 0.001, count, NULL);
        gale_ioloop_free(t.loop);
        assert_int_equal(t.n, 0);
        assert_int_equal(f.added, GALE_ECLOSED);
        assert_int_equal(f.added_by_thread, GALE_ECLOSED);
        assert_true(f.armed);
        assert_false(f.ran);
    }
}

static void *signal_callback_later(void *arg)
{
    usleep(20000);
    if (gale_ioloop_add_callback_from_signal(t.loop, stop_loop, t.loop) < 0)
        return (void *)1;
    return NULL;
}

/* No signal interrupts the loop's own wait here: only the wake descriptor ends it. */
static void test_signal_on_another_thread_wakes_the_loop(void **state)
{
    pthread_t thread;
    void *result;

    (void)state;
    reset();
    assert_int_equal(pthread_create(&thread, NULL, signal_callback_later, NULL), 0);
    run_loop(t.loop);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_null(result);
    gale_ioloop_free(t.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_from_another_thread),
        cmocka_unit_test(test_loop_on_a_background_thread),
        cmocka_unit_test(test_a_sleeping_loop_wakes),
        cmocka_unit_test(test_stop_before_run),
        cmocka_unit_test(test_nested_run_fails),
        cmocka_unit_test(test_callback_added_by_callback_runs_next_turn),
        cmocka_unit_test(test_order_is_kept),
        cmocka_unit_test(test_signal_wakes_the_loop),
        cmocka_unit_test(test_at_most_64_from_signals),
        cmocka_unit_test(test_driven_by_a_foreign_loop),
        cmocka_unit_test(test_stop_outlives_a_step),
        cmocka_unit_test(test_current_loop),
        cmocka_unit_test(test_unknown_backend),
        cmocka_unit_test(test_free_drops_callbacks),
        cmocka_unit_test(test_free_drops_callbacks_while_coroutines_end),
        cmocka_unit_test(test_signal_on_another_thread_wakes_the_loop),
    };

    return RUN_BACKENDS(tests, 0);
}

/* test_run_sync.c - run_sync, spawn_callback, the executor and periodic callbacks. */
/* SPDX-License-Identifier: MIT */
#include "gen_test.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "gen/periodic.h"
#include "ioloop/ioloop_priv.h"

static int give_nine(void *arg)
{
    return gale_sleep(0.001) < 0 ? -1 : 9;
}

static int fails(void *arg)
{
    gale_yield();
    return gale_err(GALE_EPROTO, "went wrong");
}

static int note_end(void *arg)
{
    int r = gale_sleep(1000);

    note(r == GALE_ECANCELED ? "c" : "?");
    return r;
}

static int stops(void *arg)
{
    gale_ioloop_stop(arg);
    return note_end(arg);
}

static int nested(void *arg)
{
    assert_int_equal(gale_ioloop_run_sync(arg, give_nine, NULL, 0), GALE_ESTATE);
    return 0;
}

static void run_sync(void **state)
{
    gale_ioloop *loop = gale_ioloop_new(NULL);

    trace[0] = 0;
    assert_int_equal(gale_ioloop_run_sync(loop, give_nine, NULL, 0), 9);
    assert_int_equal(gale_ioloop_run_sync(loop, give_nine, NULL, 10), 9);
    assert_int_equal(gale_ioloop_run_sync(loop, fails, NULL, 0), GALE_EPROTO);
    assert_string_equal(gale_strerror(GALE_EPROTO), "went wrong");
    assert_int_equal(gale_ioloop_run_sync(loop, note_end, NULL, 0.002), GALE_ETIMEDOUT);
    assert_string_equal(trace, "c");
    assert_int_equal(gale_ioloop_run_sync(loop, stops, loop, 0), GALE_ESTOPPED);
    assert_string_equal(trace, "cc");
    gale_ioloop_stop(loop);
    assert_int_equal(gale_ioloop_run_sync(loop, note_end, NULL, 0), GALE_ESTOPPED);
    assert_int_equal(gale_ioloop_run_sync(loop, nested, loop, 0), 0);
    assert_string_equal(trace, "cc");
    gale_ioloop_free(loop);
}

static int note_name(void *arg)
{
    assert_ptr_equal(gale_ioloop_current(), arg);
    assert_int_equal(gale_yield(), 0);
    note("n");
    return 0;
}

static void spawn_here(void *arg)
{
    gale_future *f = gale_spawn(note_name, arg);

    gale_detach(&f);
}

static int poll_fails(gale_ioloop *loop, int64_t timeout)
{
    return gale_err(-EIO, "poll failed, this is a test");
}

/* Ends some turns after its cancellation, all of which fail. */
static int ends_late(void *arg)
{
    note_end(NULL);
    for (int i = 0; i < 200; i++)
        assert_int_equal(gale_yield(), GALE_ECANCELED);
    note("e");
    return 0;
}

static int breaks(void *arg)
{
    static struct gale__backend broken;
    gale_ioloop *loop = arg;

    broken = *loop->backend;
    broken.poll = poll_fails;
    loop->backend = &broken;
    return ends_late(arg);
}

static int stops_and_breaks(void *arg)
{
    gale_ioloop_stop(arg);
    assert_int_equal(gale_sleep(1000), GALE_ECANCELED);
    return breaks(arg);
}

/* What the coroutine uses is on our stack: it has returned when run_sync does. */
static void run_sync_when_the_backend_fails(void **state)
{
    gale_ioloop *loop = gale_ioloop_new(NULL);
    const struct gale__backend *sound = loop->backend;

    trace[0] = 0;
    assert_int_equal(gale_ioloop_run_sync(loop, breaks, loop, 0), -EIO);
    assert_string_equal(gale_strerror(-EIO), "poll failed, this is a test");
    assert_string_equal(trace, "ce");
    /* With the loop stopped first. */
    loop->backend = sound;
    gale_ioloop_stop(loop);
    assert_int_equal(gale_ioloop_run_sync(loop, breaks, loop, 0), GALE_ESTOPPED);
    loop->backend = sound;
    assert_int_equal(gale_ioloop_run_sync(loop, stops_and_breaks, loop, 0), GALE_ESTOPPED);
    assert_string_equal(trace, "cece");
    loop->backend = sound;
    assert_int_equal(gale_ioloop_run_sync(loop, give_nine, NULL, 0), 9);
    gale_ioloop_free(loop);
}

static int steps_other(void *arg)
{
    gale_ioloop *other = gale_ioloop_new(NULL);
    gale_ioloop *outer = gale_ioloop_current();

    assert_non_null(other);
    assert_int_equal(gale_ioloop_run(other), GALE_ESTATE);
    assert_non_null(strstr(gale_strerror(GALE_ESTATE), "gale_ioloop_run"));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(gale_ioloop_spawn_callback(other, note_name, other), 0);
        assert_int_equal(gale_ioloop_add_callback(other, spawn_here, other), 0);
        assert_int_equal(gale_ioloop_step(other), 0);
        assert_ptr_equal(gale_ioloop_current(), outer);
        assert_int_equal(gale_yield(), 0);
    }
    assert_int_equal(gale_ioloop_spawn_callback(other, note_end, NULL), 0);
    assert_int_equal(gale_ioloop_step(other), 0);
    gale_ioloop_free(other);
    assert_int_equal(gale_sleep(0.001), 0);
    return 0;
}

/* A loop that is driven from a coroutine of another has nothing to do with that one. */
static void loop_in_a_coroutine(void **state)
{
    in_coroutine(steps_other, NULL);
    assert_string_equal(trace, "nnnnnnc");
}

static int note_callback(void *arg)
{
    gale_yield();
    note("s");
    return gale_err(GALE_EPROTO, "logged, this is a test");
}

static int body_spawn_callback(void *arg)
{
    assert_int_equal(gale_ioloop_spawn_callback(arg, note_callback, NULL), 0);
    assert_string_equal(trace, "");
    while (!trace[0])
        gale_yield();
    return 0;
}

static void spawn_callback(void **state)
{
    gale_ioloop *loop = gale_ioloop_new(NULL);

    trace[0] = 0;
    assert_int_equal(gale_ioloop_run_sync(loop, body_spawn_callback, loop, 10), 0);
    /* One that is not run any more is no leak. */
    assert_int_equal(gale_ioloop_spawn_callback(loop, note_callback, NULL), 0);
    gale_ioloop_free(loop);
    assert_string_equal(trace, "s");
}

static int work(void *arg)
{
    pthread_t *thread = arg;

    assert_false(pthread_equal(*thread, pthread_self()));
    return gale_err(GALE_EPROTO, "from a thread");
}

static int work_slowly(void *arg)
{
    usleep(20000);
    *(int *)arg = 1;
    return 6;
}

static int offload(void *arg)
{
    int done = 0;
    int r = gale_ioloop_run_in_executor(gale_ioloop_current(), work_slowly, &done);

    assert_int_equal(r, 6);
    assert_int_equal(done, 1);
    note("o");
    return gale_yield();
}

static int body_executor(void *arg)
{
    pthread_t thread = pthread_self();
    gale_future *f = gale_spawn(offload, NULL);

    assert_int_equal(gale_ioloop_run_in_executor(gale_ioloop_current(), work, &thread),
                     GALE_EPROTO);
    assert_string_equal(gale_strerror(GALE_EPROTO), "from a thread");
    gale_cancel(f); /* shows only when the work is done */
    assert_int_equal(gale_join(&f), GALE_ECANCELED);
    assert_string_equal(trace, "o");
    return 0;
}

/* Two jobs that each wait for the other are on two threads; a third waits its turn. */
struct meeting {
    pthread_barrier_t both;
    atomic_int n_done;
    gale_executor *pool;
};

static int meet(void *arg)
{
    struct meeting *m = arg;

    pthread_barrier_wait(&m->both);
    atomic_fetch_add(&m->n_done, 1);
    return 5;
}

static void count_one(void *arg)
{
    struct meeting *m = arg;

    atomic_fetch_add(&m->n_done, 1);
}

static int run_meet(void *arg)
{
    struct meeting *m = arg;

    return gale_executor_run(m->pool, meet, m);
}

static int fail_there(void *arg)
{
    return gale_err(GALE_EPROTO, "%s", (const char *)arg);
}

static int body_own_executor(void *arg)
{
    struct meeting *m = arg;
    gale_future *one = gale_spawn(run_meet, m), *two = gale_spawn(run_meet, m);

    assert_int_equal(gale_join(&one), 5);
    assert_int_equal(gale_join(&two), 5);
    assert_int_equal(gale_executor_run(m->pool, fail_there, (void *)"from there"), GALE_EPROTO);
    assert_string_equal(gale_strerror(GALE_EPROTO), "from there");
    return 0;
}

static void own_executor(void **state)
{
    struct meeting m = { .n_done = 0 };

    (void)state;
    assert_null(gale_executor_new(0));
    assert_non_null(strstr(gale_strerror(GALE_EINVAL), "1 to 1024"));
    m.pool = gale_executor_new(2);
    assert_non_null(m.pool);
    pthread_barrier_init(&m.both, NULL, 2);
    assert_int_equal(gale_executor_run(m.pool, meet, &m), GALE_ENOTCOROUTINE);
    in_coroutine(body_own_executor, &m);
    assert_int_equal(atomic_load(&m.n_done), 2);
    for (int i = 0; i < 100; i++)
        assert_int_equal(gale_executor_submit(m.pool, count_one, &m), 0);
    gale_executor_free(m.pool); /* when all of it is done */
    assert_int_equal(atomic_load(&m.n_done), 102);
    pthread_barrier_destroy(&m.both);
    gale_executor_free(NULL);
}

static void executor(void **state)
{
    gale_ioloop *loop;

    in_coroutine(body_executor, NULL);
    /* Freed while a thread writes to a coroutine's stack: that is waited for. */
    loop = gale_ioloop_new(NULL);
    trace[0] = 0;
    assert_non_null(gale_spawn(offload, NULL));
    gale_ioloop_free(loop);
    assert_string_equal(trace, "o");
}

static void periodic_grid(void **state)
{
    static const int took[] = { 9, 9, 10, 11, 20, 20, 35, 35, 0, 0, 0 };
    static const int due[] = { 1010, 1020, 1030, 1050, 1070, 1100, 1130, 1170, 1210, 1220, 1230 };
    double next = 1000;
    double now = 1000;

    for (size_t i = 0; i < sizeof(due) / sizeof(due[0]); i++) {
        next = gale__periodic_next(next, 10, now);
        assert_int_equal((int)next, due[i]);
        now = next + took[i];
    }
    assert_int_equal((int)gale__periodic_next(1000, 10, 900), 1010); /* the clock went back */
}

static gale_periodic *ticking;

static int tick(void *arg)
{
    note("t");
    gale_yield();
    if (strlen(trace) == 3)
        gale_periodic_stop(ticking);
    return gale_err(GALE_EPROTO, "logged, this is a test");
}

static int slow_tick(void *arg)
{
    note("(");
    gale_sleep(0.005);
    note(")");
    return 0;
}

static int body_periodic(void *arg)
{
    gale_ioloop *loop = gale_ioloop_current();

    assert_null(gale_periodic_new(loop, 0, 0, tick, NULL));
    assert_null(gale_periodic_new(loop, -1, 0, tick, NULL));
    ticking = gale_periodic_new(loop, 0.001, 0.5, tick, NULL);
    assert_false(gale_periodic_is_running(ticking));
    assert_int_equal(gale_periodic_start(ticking), 0);
    assert_int_equal(gale_periodic_start(ticking), 0);
    assert_true(gale_periodic_is_running(ticking));
    while (gale_periodic_is_running(ticking))
        gale_sleep(0.001);
    gale_sleep(0.005);
    assert_string_equal(trace, "ttt");
    gale_periodic_free(ticking);

    trace[0] = 0;
    ticking = gale_periodic_new(loop, 0.001, 0, slow_tick, NULL);
    assert_int_equal(gale_periodic_start(ticking), 0);
    while (strcmp(trace, "()()(") != 0) /* runs never overlap */
        gale_sleep(0.0005);
    gale_periodic_free(ticking); /* during a run, which finishes */
    gale_sleep(0.01);
    assert_string_equal(trace, "()()()");
    gale_periodic_free(NULL);
    return 0;
}

static void periodic(void **state)
{
    in_coroutine(body_periodic, NULL);
}

/* The loop may go first. */
static void periodic_after_its_loop(void **state)
{
    gale_ioloop *loop = gale_ioloop_new(NULL);
    gale_periodic *started = gale_periodic_new(loop, 0.001, 0, slow_tick, NULL);
    gale_periodic *idle = gale_periodic_new(loop, 0.001, 0, slow_tick, NULL);

    assert_int_equal(gale_periodic_start(started), 0);
    gale_ioloop_free(loop);
    assert_false(gale_periodic_is_running(started));
    assert_int_equal(gale_periodic_start(started), GALE_ECLOSED);
    gale_periodic_stop(idle);
    gale_periodic_free(started);
    gale_periodic_free(idle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(run_sync),
        cmocka_unit_test(spawn_callback),
        cmocka_unit_test(executor),
        cmocka_unit_test(own_executor),
        cmocka_unit_test(periodic_grid),
        cmocka_unit_test(periodic),
        cmocka_unit_test(run_sync_when_the_backend_fails),
        cmocka_unit_test(loop_in_a_coroutine),
        cmocka_unit_test(periodic_after_its_loop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

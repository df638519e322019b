/* test_timers.c - timeouts: order, removal, a million of them. */
/* SPDX-License-Identifier: MIT */
#include "loop_test.h"

#include <stdlib.h>

const char *test_backend;

static char order[64];

static void append(const char *mark)
{
    size_t used = strlen(order);

    snprintf(order + used, sizeof(order) - used, "%s", mark);
}

static void note(void *arg)
{
    append(arg);
}

static void test_order_of_deadlines_then_of_arming(void **state)
{
    gale_ioloop *loop = new_loop();
    double now = gale_ioloop_time(loop);

    (void)state;
    order[0] = 0;
    assert_true(gale_ioloop_call_at(loop, now + 0.003, note, (void *)"d"));
    assert_true(gale_ioloop_call_at(loop, now + 0.001, note, (void *)"a"));
    assert_true(gale_ioloop_call_at(loop, now + 0.002, note, (void *)"b"));
    assert_true(gale_ioloop_call_at(loop, now + 0.002, note, (void *)"c"));
    assert_true(gale_ioloop_call_at(loop, now + 0.004, stop_loop, loop));
    run_loop(loop);
    assert_string_equal(order, "abcd");
    gale_ioloop_free(loop);
}

struct victim {
    gale_ioloop *loop;
    gale_timeout timeout;
};

static void remove_victim(void *arg)
{
    struct victim *v = arg;

    append("r");
    gale_ioloop_remove_timeout(v->loop, v->timeout);
}

static void test_removal_by_a_timeout_of_the_same_turn(void **state)
{
    struct victim v = { .loop = new_loop() };

    (void)state;
    order[0] = 0;
    assert_true(gale_ioloop_call_at(v.loop, 0.5, remove_victim, &v));
    v.timeout = gale_ioloop_call_at(v.loop, 0.6, note, (void *)"x");
    assert_true(gale_ioloop_call_at(v.loop, 0.7, stop_loop, v.loop));
    run_loop(v.loop);
    assert_string_equal(order, "r");
    gale_ioloop_free(v.loop);
}

static void test_stale_values_are_left_alone(void **state)
{
    gale_ioloop *loop = new_loop();
    gale_timeout old = gale_ioloop_call_later(loop, 0, stop_loop, loop);

    (void)state;
    order[0] = 0;
    run_loop(loop);
    gale_timeout fresh = gale_ioloop_call_later(loop, 0, note, (void *)"f");

    assert_true(fresh != old);
    gale_ioloop_remove_timeout(loop, old);
    gale_ioloop_remove_timeout(loop, 0);
    gale_ioloop_remove_timeout(loop, UINT64_MAX);
    gale_ioloop_call_later(loop, 0.001, stop_loop, loop);
    run_loop(loop);
    assert_string_equal(order, "f");
    gale_ioloop_remove_timeout(loop, fresh);
    gale_ioloop_free(loop);
}

struct again {
    gale_ioloop *loop;
    int n;
};

static void arm_again(void *arg)
{
    struct again *a = arg;

    if (++a->n == 1000)
        gale_ioloop_stop(a->loop);
    gale_ioloop_call_at(a->loop, 0, arm_again, a);
}

static void count_turn(void *arg)
{
    struct again *a = arg;

    a->n++;
    if (gale_ioloop_add_callback(a->loop, count_turn, a) < 0)
        fail();
}

/* A timeout that arms itself for the past does not keep callbacks from running. */
static void test_timeouts_of_no_delay_do_not_starve_callbacks(void **state)
{
    gale_ioloop *loop = new_loop();
    struct again timer = { .loop = loop }, callback = { .loop = loop };

    (void)state;
    gale_ioloop_call_at(loop, 0, arm_again, &timer);
    assert_int_equal(gale_ioloop_add_callback(loop, count_turn, &callback), 0);
    run_loop(loop);
    assert_true(callback.n >= 999);
    gale_ioloop_free(loop);
}

static void test_odd_delays(void **state)
{
    gale_ioloop *loop = new_loop();

    (void)state;
    order[0] = 0;
    gale_ioloop_call_later(loop, -5, note, (void *)"n");
    gale_ioloop_call_later(loop, 0.0 / 0.0 * 1, note, (void *)"?");
    assert_true(gale_ioloop_call_later(loop, 1e300, note, (void *)"x"));
    assert_true(gale_ioloop_call_at(loop, 1e300, note, (void *)"x"));
    gale_ioloop_call_later(loop, 0.002, stop_loop, loop);
    run_loop(loop);
    assert_string_equal(order, "n?");
    gale_ioloop_free(loop);
}

static void test_never_early(void **state)
{
    gale_ioloop *loop = new_loop();
    double before = gale_ioloop_time(loop);

    (void)state;
    gale_ioloop_call_later(loop, 0.02, stop_loop, loop);
    run_loop(loop);
    assert_true(gale_ioloop_time(loop) - before >= 0.02);
    assert_true(gale_ioloop_time(loop) - before < 5);
    gale_ioloop_free(loop);
}

enum { MILLION = 1000000 };

static struct {
    gale_ioloop *loop;
    double last;
    int fired, out_of_order;
} sweep;

static double deadlines[MILLION];
static gale_timeout timeouts[MILLION];

static void fire(void *arg)
{
    double when = *(double *)arg;

    if (when < sweep.last)
        sweep.out_of_order++;
    sweep.last = when;
    sweep.fired++;
}

/* Half of a million are removed, the rest fires in order; the loop still works after. */
static void test_million(void **state)
{
    gale_ioloop *loop = new_loop();
    unsigned seed = 1;

    (void)state;
    memset(&sweep, 0, sizeof(sweep));
    for (int i = 0; i < MILLION; i++) {
        seed = seed * 1664525 + 1013904223;
        deadlines[i] = 1e-9 * (double)(seed >> 8);
        timeouts[i] = gale_ioloop_call_at(loop, deadlines[i], fire, &deadlines[i]);
        assert_true(timeouts[i]);
    }
    for (int i = 0; i < MILLION; i += 2)
        gale_ioloop_remove_timeout(loop, timeouts[i]);
    gale_ioloop_call_later(loop, 0.001, stop_loop, loop);
    run_loop(loop);
    assert_int_equal(sweep.fired, MILLION / 2);
    assert_int_equal(sweep.out_of_order, 0);
    gale_ioloop_call_later(loop, 0, stop_loop, loop);
    gale_ioloop_remove_timeout(loop, timeouts[1]);
    run_loop(loop);
    gale_ioloop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_of_deadlines_then_of_arming),
        cmocka_unit_test(test_removal_by_a_timeout_of_the_same_turn),
        cmocka_unit_test(test_stale_values_are_left_alone),
        cmocka_unit_test(test_timeouts_of_no_delay_do_not_starve_callbacks),
        cmocka_unit_test(test_odd_delays),
        cmocka_unit_test(test_never_early),
        cmocka_unit_test(test_million),
    };

    return RUN_BACKENDS(tests, 1);
}

/* test_queues.c - the three queues: order, hand-over, back-pressure, join, close, deadlines,
 * cancellation at every moment, on a simulated clock.
 */
/* SPDX-License-Identifier: MIT */
#include "sim_test.h"

#include <errno.h>
#include <stdlib.h>

#include <gale/queues.h>

#include "base/alloc.h"

/* Items are small numbers. */
static void *number(uintptr_t n)
{
    return (void *)n;
}

static int by_tens(const void *a, const void *b, void *arg)
{
    assert_ptr_equal(arg, trace);
    return (int)((uintptr_t)a / 10) - (int)((uintptr_t)b / 10);
}

static int get_now(gale_queue *queue)
{
    void *item;
    int r = gale_queue_get_nowait(queue, &item);

    return r < 0 ? r : (int)(uintptr_t)item;
}

struct user {
    gale_queue *queue;
    uintptr_t item;
    double deadline;
    int result; /* 1: not yet */
    gale_future *future;
};

static int run_getter(void *arg)
{
    struct user *u = arg;
    void *item = number(999);

    u->result = gale_queue_get(u->queue, &item, u->deadline);
    u->item = (uintptr_t)item;
    return 0;
}

static int run_putter(void *arg)
{
    struct user *u = arg;

    u->result = gale_queue_put(u->queue, number(u->item), u->deadline);
    return 0;
}

static int run_joiner(void *arg)
{
    struct user *u = arg;

    u->result = gale_queue_join(u->queue, u->deadline);
    return 0;
}

static void start(struct user *u, int (*run)(void *arg), gale_queue *queue, uintptr_t item,
                  double deadline)
{
    *u = (struct user){ .queue = queue, .item = item, .deadline = deadline, .result = 1 };
    u->future = gale_spawn(run, u);
    assert_non_null(u->future);
}

static int body_order(void *arg)
{
    static const int fifo[] = { 21, 11, 12, 5, 22, 13 };
    static const int priority[] = { 5, 11, 12, 13, 21, 22 };
    gale_queue *queue = gale_queue_new(0);
    gale_queue *lifo = gale_lifo_queue_new(0);
    gale_queue *heap = gale_priority_queue_new(0, by_tens, trace);

    assert_true(gale_queue_empty(queue));
    for (int i = 0; i < 6; i++) {
        assert_int_equal(gale_queue_put_nowait(queue, number((uintptr_t)fifo[i])), 0);
        assert_int_equal(gale_queue_put_nowait(lifo, number((uintptr_t)fifo[i])), 0);
        assert_int_equal(gale_queue_put(heap, number((uintptr_t)fifo[i]), GALE_FOREVER), 0);
    }
    assert_int_equal(gale_queue_size(queue), 6);
    assert_int_equal(gale_queue_maxsize(queue), 0);
    assert_false(gale_queue_full(queue));
    for (int i = 0; i < 6; i++) {
        assert_int_equal(get_now(queue), fifo[i]);
        assert_int_equal(get_now(lifo), fifo[5 - i]);
        assert_int_equal(get_now(heap), priority[i]);
    }
    assert_int_equal(get_now(queue), -EAGAIN);
    assert_string_equal(gale_strerror(-EAGAIN), "the queue is empty");
    gale_queue_free(queue, NULL);
    gale_queue_free(lifo, NULL);
    gale_queue_free(heap, NULL);
    gale_queue_free(NULL, NULL);
    return 0;
}

/* Many, in and out in turns, against what a sorted or plain list would give. */
static int body_many(void *arg)
{
    gale_queue *queue = gale_queue_new(0);
    gale_queue *heap = gale_priority_queue_new(0, by_tens, trace);
    unsigned random = 7;
    uintptr_t in = 0, out = 0, last;

    for (int round = 0; round < 50; round++) {
        for (unsigned i = 0; i < 100; i++)
            assert_int_equal(gale_queue_put_nowait(queue, number(in++)), 0);
        for (unsigned i = 0; i < (round % 3 ? 100 : 90); i++)
            assert_int_equal(get_now(queue), (int)out++);
    }
    assert_int_equal(gale_queue_size(queue), in - out);
    for (int i = 0; i < 2000; i++) {
        random = random * 1103515245 + 12345;
        assert_int_equal(gale_queue_put_nowait(heap, number((random >> 16) % 500 * 10)), 0);
        if (i % 3 == 2)
            assert_true(get_now(heap) >= 0);
    }
    for (last = 0; gale_queue_size(heap);) {
        uintptr_t next = (uintptr_t)get_now(heap);

        assert_true(next >= last);
        last = next;
    }
    gale_queue_free(queue, NULL);
    gale_queue_free(heap, NULL);
    return 0;
}

static int body_hand_over(void *arg)
{
    gale_queue *queue = gale_queue_new(1);
    struct user u[3];

    for (int i = 0; i < 3; i++)
        start(&u[i], run_getter, queue, 0, GALE_FOREVER);
    /* More than it holds: each goes straight to who waits for it, in their order. */
    for (uintptr_t i = 0; i < 3; i++)
        assert_int_equal(gale_queue_put_nowait(queue, number(10 + i)), 0);
    assert_true(gale_queue_empty(queue));
    assert_int_equal(gale_queue_unfinished(queue), 3);
    assert_int_equal(get_now(queue), -EAGAIN); /* nobody overtakes them */
    settle();
    for (uintptr_t i = 0; i < 3; i++) {
        assert_int_equal(u[i].result, 0);
        assert_int_equal(u[i].item, 10 + i);
    }
    gale_queue_free(queue, NULL);
    return 0;
}

static int body_back_pressure(void *arg)
{
    gale_queue *queue = gale_queue_new(2);
    struct user u[3];

    assert_int_equal(gale_queue_maxsize(queue), 2);
    assert_int_equal(gale_queue_put(queue, number(1), 0), 0);
    assert_int_equal(gale_queue_put(queue, number(2), 0), 0);
    assert_true(gale_queue_full(queue));
    assert_int_equal(gale_queue_put_nowait(queue, number(3)), -EAGAIN);
    assert_int_equal(gale_queue_put(queue, number(3), 0), GALE_ETIMEDOUT);
    for (uintptr_t i = 0; i < 3; i++)
        start(&u[i], run_putter, queue, 10 + i, GALE_FOREVER);
    assert_int_equal(gale_queue_unfinished(queue), 2); /* counted when they are in */
    assert_int_equal(get_now(queue), 1);
    assert_int_equal(gale_queue_size(queue), 2);
    assert_int_equal(gale_queue_unfinished(queue), 3);
    settle();
    assert_int_equal(u[0].result, 0);
    assert_int_equal(u[1].result, 1);
    assert_int_equal(get_now(queue), 2);
    for (int i = 0; i < 3; i++)
        assert_int_equal(get_now(queue), 10 + i);
    settle();
    assert_int_equal(u[2].result, 0);
    gale_queue_free(queue, NULL);
    return 0;
}

/* Those that gave up are passed over, on both sides. */
static int body_timeouts(void *arg)
{
    gale_queue *queue = gale_queue_new(1);
    struct user u[3];

    start(&u[0], run_getter, queue, 0, from_now(1));
    start(&u[1], run_getter, queue, 0, from_now(5));
    start(&u[2], run_getter, queue, 0, from_now(1));
    gale_sleep(2);
    assert_int_equal(u[0].result, GALE_ETIMEDOUT);
    assert_int_equal(u[0].item, 999); /* untouched */
    assert_int_equal(gale_queue_put_nowait(queue, number(7)), 0);
    assert_int_equal(gale_queue_put_nowait(queue, number(8)), 0);
    settle();
    assert_int_equal(u[1].item, 7);
    assert_true(gale_queue_full(queue));
    start(&u[0], run_putter, queue, 20, from_now(1));
    start(&u[1], run_putter, queue, 21, from_now(5));
    gale_sleep(2);
    assert_int_equal(u[0].result, GALE_ETIMEDOUT);
    assert_int_equal(get_now(queue), 8);
    assert_int_equal(get_now(queue), 21);
    assert_int_equal(get_now(queue), -EAGAIN);
    settle();
    assert_int_equal(u[1].result, 0);
    assert_int_equal(gale_queue_unfinished(queue), 3);
    gale_queue_free(queue, NULL);
    return 0;
}

/* Cancelled in line: passed over. Cancelled between being handed the item and running: it has it.
 * A putter: its item is in, or is not. */
static int body_cancel(void *arg)
{
    gale_queue *queue = gale_queue_new(1);
    struct user u[2];

    start(&u[0], run_getter, queue, 0, GALE_FOREVER);
    start(&u[1], run_getter, queue, 0, GALE_FOREVER);
    gale_cancel(u[0].future);
    assert_int_equal(gale_queue_put_nowait(queue, number(7)), 0);
    gale_cancel(u[1].future);
    settle();
    assert_int_equal(u[0].result, GALE_ECANCELED);
    assert_int_equal(u[1].result, 0);
    assert_int_equal(u[1].item, 7);

    assert_int_equal(gale_queue_put_nowait(queue, number(8)), 0);
    start(&u[0], run_putter, queue, 20, GALE_FOREVER);
    start(&u[1], run_putter, queue, 21, GALE_FOREVER);
    gale_cancel(u[0].future);
    assert_int_equal(get_now(queue), 8);
    gale_cancel(u[1].future);
    settle();
    assert_int_equal(u[0].result, GALE_ECANCELED);
    assert_int_equal(u[1].result, 0);
    assert_int_equal(get_now(queue), 21);
    assert_int_equal(get_now(queue), -EAGAIN);
    assert_int_equal(gale_queue_unfinished(queue), 3);
    gale_queue_free(queue, NULL);
    return 0;
}

static int body_join(void *arg)
{
    gale_queue *queue = gale_queue_new(0);
    struct user u[3];

    assert_int_equal(gale_queue_join(queue, 0), 0);
    assert_int_equal(gale_queue_task_done(queue), GALE_ESTATE);
    assert_int_equal(gale_queue_put_nowait(queue, number(1)), 0);
    assert_int_equal(gale_queue_put_nowait(queue, number(2)), 0);
    assert_int_equal(gale_queue_join(queue, 0), GALE_ETIMEDOUT);
    start(&u[0], run_joiner, queue, 0, GALE_FOREVER);
    start(&u[1], run_joiner, queue, 0, GALE_FOREVER);
    start(&u[2], run_joiner, queue, 0, from_now(1));
    assert_int_equal(get_now(queue), 1);
    assert_int_equal(get_now(queue), 2);
    assert_int_equal(gale_queue_task_done(queue), 0);
    gale_sleep(2);
    assert_int_equal(u[0].result, 1);
    assert_int_equal(u[2].result, GALE_ETIMEDOUT);
    gale_cancel(u[1].future);
    assert_int_equal(gale_queue_task_done(queue), 0);
    assert_int_equal(gale_queue_put_nowait(queue, number(3)), 0); /* too late to hold them up */
    settle();
    assert_int_equal(u[0].result, 0);
    assert_int_equal(u[1].result, GALE_ECANCELED);
    assert_int_equal(gale_queue_task_done(queue), 0);
    assert_int_equal(gale_queue_task_done(queue), GALE_ESTATE);
    gale_queue_free(queue, NULL);
    return 0;
}

static int body_close(void *arg)
{
    gale_queue *queue = gale_queue_new(1);
    struct user getter, putter, joiner;
    void *item;

    assert_int_equal(gale_queue_put_nowait(queue, number(1)), 0);
    start(&putter, run_putter, queue, 2, GALE_FOREVER);
    start(&joiner, run_joiner, queue, 0, GALE_FOREVER);
    gale_queue_close(queue);
    gale_queue_close(queue);
    settle();
    assert_int_equal(putter.result, GALE_ECLOSED);
    assert_int_equal(gale_queue_put(queue, number(2), GALE_FOREVER), GALE_ECLOSED);
    assert_int_equal(gale_queue_put_nowait(queue, number(2)), GALE_ECLOSED);
    assert_string_equal(gale_strerror(GALE_ECLOSED), "the queue is closed");
    assert_int_equal(gale_queue_get(queue, &item, GALE_FOREVER), 0);
    assert_int_equal(gale_queue_get(queue, &item, GALE_FOREVER), GALE_ECLOSED);
    assert_int_equal(get_now(queue), GALE_ECLOSED);
    assert_int_equal(joiner.result, 1); /* what was put is still to be dealt with */
    assert_int_equal(gale_queue_task_done(queue), 0);
    settle();
    assert_int_equal(joiner.result, 0);
    gale_queue_free(queue, NULL);

    queue = gale_queue_new(1);
    start(&getter, run_getter, queue, 0, GALE_FOREVER);
    gale_queue_close(queue);
    settle();
    assert_int_equal(getter.result, GALE_ECLOSED);
    assert_int_equal(getter.item, 999);
    gale_queue_free(queue, NULL);
    return 0;
}

static int freed;

static void free_number(void *item)
{
    freed = freed * 10 + (int)(uintptr_t)item;
}

/* Freed under who waits, one of them with an item in hand already. */
static int body_free(void *arg)
{
    gale_queue *queue = gale_queue_new(2);
    struct user u[5];

    start(&u[0], run_getter, queue, 0, GALE_FOREVER);
    start(&u[1], run_getter, queue, 0, GALE_FOREVER);
    assert_int_equal(gale_queue_put_nowait(queue, number(9)), 0);
    start(&u[2], run_joiner, queue, 0, GALE_FOREVER);
    start(&u[4], run_getter, queue, 0, from_now(100));
    gale_queue_free(queue, free_number);
    settle();
    assert_int_equal(u[0].result, 0);
    assert_int_equal(u[0].item, 9);
    assert_int_equal(u[1].result, GALE_ECLOSED);
    assert_int_equal(u[2].result, GALE_ECLOSED);
    assert_int_equal(u[4].result, GALE_ECLOSED);

    queue = gale_queue_new(2);
    assert_int_equal(gale_queue_put_nowait(queue, number(1)), 0);
    assert_int_equal(gale_queue_put_nowait(queue, number(2)), 0);
    start(&u[3], run_putter, queue, 3, GALE_FOREVER);
    gale_queue_free(queue, free_number);
    assert_int_equal(freed, 12); /* the putter's is still the putter's */
    settle();
    assert_int_equal(u[3].result, GALE_ECLOSED);
    return 0;
}

/* Tornado's picture: workers that take and report, a producer that is held up, a join. Some of the
 * workers are cancelled on the way; what they had taken they have reported. */
struct pipeline {
    gale_queue *queue;
    int taken, sum;
};

static int work(void *arg)
{
    struct pipeline *p = arg;
    void *item;

    while (gale_queue_get(p->queue, &item, GALE_FOREVER) >= 0) {
        p->taken++;
        p->sum += (int)(uintptr_t)item;
        gale_sleep((double)((uintptr_t)item % 3));
        assert_int_equal(gale_queue_task_done(p->queue), 0);
    }
    return 0;
}

static int produce(void *arg)
{
    struct pipeline *p = arg;

    for (uintptr_t i = 1; i <= 200; i++)
        assert_int_equal(gale_queue_put(p->queue, number(i), GALE_FOREVER), 0);
    return 0;
}

static int body_pipeline(void *arg)
{
    struct pipeline p = { .queue = gale_queue_new(3) };
    gale_future *workers[10], *producer;

    for (int i = 0; i < 10; i++)
        workers[i] = gale_spawn(work, &p);
    producer = gale_spawn(produce, &p);
    for (int i = 0; i < 5; i++) {
        gale_sleep(1);
        gale_cancel(workers[i]);
    }
    assert_int_equal(gale_join(&producer), 0);
    assert_int_equal(gale_queue_join(p.queue, from_now(1000)), 0);
    assert_int_equal(p.taken, 200);
    assert_int_equal(p.sum, 200 * 201 / 2);
    gale_queue_close(p.queue);
    for (int i = 0; i < 10; i++)
        assert_int_equal(gale_join(&workers[i]), 0);
    gale_queue_free(p.queue, NULL);
    return 0;
}

/* Growing fails: the item is not in, what is in stays, and the next put may work. */
static int body_without_memory(void *arg)
{
    gale_queue *queue;
    int n_failed = 0;

    gale__alloc_fail(1);
    assert_null(gale_queue_new(0));
    queue = gale_queue_new(0);
    for (uintptr_t i = 0; i < 100; i++) {
        int r;

        gale__alloc_fail(1);
        r = gale_queue_put(queue, number(i), GALE_FOREVER);
        gale__alloc_fail(0);
        n_failed += r < 0;
        if (r < 0)
            assert_int_equal(gale_queue_put(queue, number(i), GALE_FOREVER), 0);
    }
    assert_int_equal(n_failed, 5); /* 8, 16, 32, 64, 128 places */
    assert_int_equal(gale_queue_unfinished(queue), 100);
    for (int i = 0; i < 100; i++)
        assert_int_equal(get_now(queue), i);
    gale_queue_free(queue, NULL);
    return 0;
}

static void test_without_memory(void **state)
{
    simulated(body_without_memory, NULL);
}

static void test_order(void **state)
{
    simulated(body_order, NULL);
    simulated(body_many, NULL);
}

static void test_hand_over(void **state)
{
    simulated(body_hand_over, NULL);
    simulated(body_back_pressure, NULL);
}

static void test_timeouts(void **state)
{
    simulated(body_timeouts, NULL);
}

static void test_cancellation_loses_nothing(void **state)
{
    simulated(body_cancel, NULL);
    in_coroutine(body_cancel, NULL);
}

static void test_join(void **state)
{
    simulated(body_join, NULL);
    simulated(body_pipeline, NULL);
}

static void test_close_and_free(void **state)
{
    simulated(body_close, NULL);
    simulated(body_free, NULL);
}

static void test_outside_of_coroutines(void **state)
{
    gale_queue *queue = gale_queue_new(0);
    void *item;

    assert_int_equal(gale_queue_put(queue, number(1), 0), GALE_ENOTCOROUTINE);
    assert_int_equal(gale_queue_get(queue, &item, 0), GALE_ENOTCOROUTINE);
    assert_int_equal(gale_queue_join(queue, 0), GALE_ENOTCOROUTINE);
    assert_int_equal(gale_queue_put_nowait(queue, number(1)), 0);
    assert_int_equal(get_now(queue), 1);
    assert_int_equal(gale_queue_task_done(queue), 0);
    gale_queue_free(queue, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),          cmocka_unit_test(test_hand_over),
        cmocka_unit_test(test_timeouts),       cmocka_unit_test(test_cancellation_loses_nothing),
        cmocka_unit_test(test_join),           cmocka_unit_test(test_close_and_free),
        cmocka_unit_test(test_without_memory), cmocka_unit_test(test_outside_of_coroutines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

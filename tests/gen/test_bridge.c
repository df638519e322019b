/* test_bridge.c - other threads reach coroutines by the one thread-safe call: into a queue, to an
 * event, to a future. Under ThreadSanitizer too.
 */
/* SPDX-License-Identifier: MIT */
#include "gen_test.h"

#include <pthread.h>
#include <stdlib.h>

#include <gale/queues.h>

enum { THREADS = 4, ITEMS = 500 };

struct bridge {
    gale_ioloop *loop;
    gale_queue *queue;
    gale_event ready;
    gale_future *future;
    pthread_t threads[THREADS];
};

/* A message on its way: of whom, which. */
struct message {
    struct bridge *bridge;
    int thread, number;
};

static void put_message(void *arg)
{
    struct message *message = arg;

    assert_int_equal(gale_queue_put_nowait(message->bridge->queue, message), 0);
}

struct sender {
    struct bridge *bridge;
    int thread;
};

static void *send_messages(void *arg)
{
    struct sender *sender = arg;

    for (int i = 0; i < ITEMS; i++) {
        struct message *message = malloc(sizeof(*message));

        *message = (struct message){ .bridge = sender->bridge,
                                     .thread = sender->thread,
                                     .number = i };
        if (gale_ioloop_add_callback(sender->bridge->loop, put_message, message) < 0)
            abort();
    }
    return NULL;
}

/* All arrive, those of each thread in order. */
static int body_queue(void *arg)
{
    struct bridge bridge = { .loop = gale_ioloop_current(), .queue = gale_queue_new(0) };
    struct sender senders[THREADS];
    int next[THREADS] = { 0 };

    for (int i = 0; i < THREADS; i++) {
        senders[i] = (struct sender){ .bridge = &bridge, .thread = i };
        assert_int_equal(pthread_create(&bridge.threads[i], NULL, send_messages, &senders[i]), 0);
    }
    for (int n = 0; n < THREADS * ITEMS; n++) {
        struct message *message;
        void *item;

        assert_int_equal(gale_queue_get(bridge.queue, &item, GALE_FOREVER), 0);
        message = item;
        assert_int_equal(message->number, next[message->thread]++);
        free(message);
        assert_int_equal(gale_queue_task_done(bridge.queue), 0);
    }
    assert_int_equal(gale_queue_join(bridge.queue, 0), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(bridge.threads[i], NULL);
    gale_queue_free(bridge.queue, NULL);
    return 0;
}

static void set_event(void *arg)
{
    gale_event_set(arg);
}

static void set_future(void *arg)
{
    struct bridge *bridge = arg;

    assert_int_equal(gale_future_set_result(bridge->future, 7, bridge), 0);
}

static void *set_both(void *arg)
{
    struct bridge *bridge = arg;

    if (gale_ioloop_add_callback(bridge->loop, set_event, &bridge->ready) < 0 ||
        gale_ioloop_add_callback(bridge->loop, set_future, bridge) < 0)
        abort();
    return NULL;
}

static int body_event(void *arg)
{
    struct bridge bridge = { .loop = gale_ioloop_current(), .future = gale_future_new() };

    assert_int_equal(pthread_create(&bridge.threads[0], NULL, set_both, &bridge), 0);
    assert_int_equal(gale_event_wait(&bridge.ready, GALE_FOREVER), 0);
    assert_int_equal(gale_wait(bridge.future), 7);
    assert_ptr_equal(gale_future_value(bridge.future), &bridge);
    pthread_join(bridge.threads[0], NULL);
    return 0;
}

static void test_queue_from_threads(void **state)
{
    in_coroutine(body_queue, NULL);
}

static void test_event_and_future_from_thread(void **state)
{
    in_coroutine(body_event, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queue_from_threads),
        cmocka_unit_test(test_event_and_future_from_thread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

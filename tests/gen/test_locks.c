/* test_locks.c - condition, event, semaphores, lock: order, deadlines, cancellation at every
 * moment, on a simulated clock.
 */
/* SPDX-License-Identifier: MIT */
#include "sim_test.h"

#include <errno.h>

#include <gale/locks.h>

#include "base/alloc.h"

/* One waiter of any of the four: what it waits for, how long, and what came of it. */
struct waiter {
    int (*wait)(void *object, double deadline);
    void *object;
    double deadline;
    const char *name;
    int result; /* 1: not yet */
    gale_future *future;
};

static int wait_condition(void *object, double deadline)
{
    return gale_condition_wait(object, deadline);
}

static int wait_event(void *object, double deadline)
{
    return gale_event_wait(object, deadline);
}

static int wait_semaphore(void *object, double deadline)
{
    return gale_semaphore_acquire(object, deadline);
}

static int wait_lock(void *object, double deadline)
{
    return gale_lock_acquire(object, deadline);
}

static int run_waiter(void *arg)
{
    struct waiter *w = arg;

    w->result = w->wait(w->object, w->deadline);
    note(w->result == 0 ? w->name : w->result == GALE_ETIMEDOUT ? "t" : "c");
    return 0;
}

static void start_until(struct waiter *w, int (*wait)(void *, double), void *object,
                        const char *name, double deadline)
{
    *w = (struct waiter){
        .wait = wait, .object = object, .deadline = deadline, .name = name, .result = 1
    };
    w->future = gale_spawn(run_waiter, w);
    assert_non_null(w->future);
}

static void start(struct waiter *w, int (*wait)(void *, double), void *object, const char *name)
{
    start_until(w, wait, object, name, GALE_FOREVER);
}

static int body_condition_order(void *arg)
{
    gale_condition condition = { 0 };
    struct waiter w[4];

    assert_int_equal(gale_condition_notify(&condition, 1), 0);
    for (int i = 0; i < 4; i++)
        start(&w[i], wait_condition, &condition, (const char *[]){ "0", "1", "2", "3" }[i]);
    assert_int_equal(gale_condition_waiters(&condition), 4);
    assert_int_equal(gale_condition_notify(&condition, 1), 1);
    note("."); /* the waker goes on first */
    settle();
    assert_int_equal(gale_condition_notify(&condition, 2), 2);
    assert_int_equal(gale_condition_waiters(&condition), 1);
    settle();
    assert_int_equal(gale_condition_notify_all(&condition), 1);
    assert_int_equal(gale_condition_notify_all(&condition), 0);
    settle();
    assert_string_equal(trace, ".0123");
    return 0;
}

/* Those that gave up are passed over: the notification is for those that still wait. */
static int body_condition_timeout(void *arg)
{
    gale_condition condition = { 0 };
    struct waiter w[3];

    start_until(&w[0], wait_condition, &condition, "0", from_now(1));
    start(&w[1], wait_condition, &condition, "1");
    start_until(&w[2], wait_condition, &condition, "2", from_now(1));
    gale_sleep(1.5);
    assert_string_equal(trace, "tt");
    assert_int_equal(gale_condition_waiters(&condition), 1);
    assert_int_equal(gale_condition_notify(&condition, 1), 1);
    settle();
    assert_string_equal(trace, "tt1");
    return 0;
}

static int notify_first(void *arg)
{
    gale_sleep(1);
    return (int)gale_condition_notify(arg, 1);
}

/* Notified in the very turn in which the first one's deadline passes, in either order: exactly one
 * takes the notification. */
static int body_condition_same_moment(void *arg)
{
    gale_condition condition = { 0 };
    struct waiter w[2];
    bool notifier_first = arg != NULL;
    gale_future *by = NULL;

    if (notifier_first)
        by = gale_spawn(notify_first, &condition);
    start_until(&w[0], wait_condition, &condition, "0", from_now(1));
    start(&w[1], wait_condition, &condition, "1");
    if (!notifier_first)
        by = gale_spawn(notify_first, &condition);
    assert_int_equal(gale_join(&by), 1);
    settle();
    assert_true((w[0].result == 0) != (w[1].result == 0));
    assert_int_not_equal(w[0].result, 1);
    gale_cancel(w[1].future);
    settle();
    return 0;
}

/* What ran out long ago leaves nothing in line: one that waits again and again in vain. */
static int body_condition_many_timeouts(void *arg)
{
    gale_condition condition = { 0 };

    for (int i = 0; i < 1000; i++)
        assert_int_equal(gale_condition_wait(&condition, from_now(0.01)), GALE_ETIMEDOUT);
    assert_int_equal(gale_condition_waiters(&condition), 0);
    assert_null(condition.waiters.first);
    assert_null(condition.waiters.last);
    assert_int_equal(gale_condition_wait(&condition, from_now(0)), GALE_ETIMEDOUT);
    assert_string_equal(gale_strerror(GALE_ETIMEDOUT), "gale_condition_wait: timed out");
    return 0;
}

static int body_event(void *arg)
{
    gale_event event = { 0 };
    struct waiter w[2];

    assert_false(gale_event_is_set(&event));
    start(&w[0], wait_event, &event, "0");
    start(&w[1], wait_event, &event, "1");
    gale_event_set(&event); /* cleared at once: who waited is released all the same */
    gale_event_clear(&event);
    assert_false(gale_event_is_set(&event));
    settle();
    assert_string_equal(trace, "01");
    assert_int_equal(gale_event_wait(&event, from_now(2)), GALE_ETIMEDOUT);
    assert_int_equal(gale_event_wait(&event, 0), GALE_ETIMEDOUT);
    gale_event_set(&event);
    gale_event_set(&event);
    assert_int_equal(gale_event_wait(&event, 0), 0);
    assert_int_equal(gale_event_wait(&event, GALE_FOREVER), 0);
    return 0;
}

static int body_semaphore(void *arg)
{
    gale_semaphore semaphore;
    struct waiter w[3];

    assert_int_equal(gale_semaphore_init(&semaphore, -1), GALE_EINVAL);
    assert_int_equal(gale_semaphore_init(&semaphore, 2), 0);
    for (int i = 0; i < 3; i++)
        start(&w[i], wait_semaphore, &semaphore, (const char *[]){ "0", "1", "2" }[i]);
    assert_string_equal(trace, "01");
    assert_int_equal(gale_semaphore_release(&semaphore), 0);
    assert_int_equal(semaphore.value, 0); /* handed over: nobody else can take it */
    assert_int_equal(gale_semaphore_acquire(&semaphore, 0), GALE_ETIMEDOUT);
    settle();
    assert_string_equal(trace, "012");
    for (int i = 1; i <= 4; i++)
        assert_int_equal(gale_semaphore_release(&semaphore), 0);
    assert_int_equal(semaphore.value, 4); /* more than it began with */
    return 0;
}

static int body_bounded(void *arg)
{
    gale_semaphore semaphore;
    struct waiter w;

    assert_int_equal(gale_bounded_semaphore_init(&semaphore, -1), GALE_EINVAL);
    assert_int_equal(gale_bounded_semaphore_init(&semaphore, 1), 0);
    assert_int_equal(gale_semaphore_release(&semaphore), GALE_ESTATE);
    assert_int_equal(gale_semaphore_acquire(&semaphore, GALE_FOREVER), 0);
    start(&w, wait_semaphore, &semaphore, "0");
    assert_int_equal(gale_semaphore_release(&semaphore), 0); /* to w */
    settle();
    assert_string_equal(trace, "0");
    assert_int_equal(gale_semaphore_release(&semaphore), 0);
    assert_int_equal(gale_semaphore_release(&semaphore), GALE_ESTATE);
    assert_int_equal(gale_bounded_semaphore_init(&semaphore, 0), 0);
    assert_int_equal(gale_semaphore_release(&semaphore), GALE_ESTATE);
    assert_int_equal(gale_bounded_semaphore_init(&semaphore, INT64_MAX), 0);
    assert_int_equal(gale_semaphore_release(&semaphore), GALE_ESTATE);
    return 0;
}

/* One that gave up took no permit: the next release is another one's, or is kept. */
static int body_semaphore_timeout(void *arg)
{
    gale_semaphore semaphore;
    struct waiter w[2];

    assert_int_equal(gale_semaphore_init(&semaphore, 0), 0);
    start_until(&w[0], wait_semaphore, &semaphore, "0", from_now(1));
    start_until(&w[1], wait_semaphore, &semaphore, "1", from_now(3));
    gale_sleep(2);
    assert_int_equal(gale_semaphore_release(&semaphore), 0);
    gale_sleep(2);
    assert_string_equal(trace, "t1");
    start_until(&w[0], wait_semaphore, &semaphore, "0", from_now(1));
    gale_sleep(2);
    assert_int_equal(gale_semaphore_release(&semaphore), 0);
    assert_int_equal(semaphore.value, 1);
    /* Released before the deadline: that counts. */
    assert_int_equal(gale_semaphore_acquire(&semaphore, 0), 0);
    start_until(&w[0], wait_semaphore, &semaphore, "0", from_now(1));
    gale_sleep(0.5);
    assert_int_equal(gale_semaphore_release(&semaphore), 0);
    gale_sleep(2);
    assert_string_equal(trace, "t1t0");
    return 0;
}

static int body_lock(void *arg)
{
    gale_lock lock = { 0 };
    struct waiter w[5];

    assert_int_equal(gale_lock_release(&lock), GALE_ESTATE);
    assert_int_equal(gale_lock_acquire(&lock, GALE_FOREVER), 0);
    assert_int_equal(gale_lock_acquire(&lock, from_now(1)), GALE_ETIMEDOUT); /* not recursive */
    for (int i = 0; i < 5; i++)
        start(&w[i], wait_lock, &lock, (const char *[]){ "0", "1", "2", "3", "4" }[i]);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(gale_lock_release(&lock), 0);
        assert_int_equal(gale_lock_acquire(&lock, 0), GALE_ETIMEDOUT); /* nobody overtakes */
        settle();
    }
    assert_string_equal(trace, "01234");
    assert_int_equal(gale_lock_release(&lock), 0);
    assert_int_equal(gale_lock_release(&lock), GALE_ESTATE);
    assert_int_equal(gale_lock_acquire(&lock, 0), 0);
    return 0;
}

static int hold_lock(void *arg)
{
    gale_lock *lock = arg;
    int r = gale_lock_acquire(lock, GALE_FOREVER);

    if (r < 0)
        return r;
    r = gale_sleep(1);
    assert_int_equal(gale_lock_release(lock), 0);
    return r;
}

/* Cancelled while in line, after it was handed the lock and before it runs, while it holds it: the
 * others get it in their turn each time. */
static int body_lock_cancel(void *arg)
{
    gale_lock lock = { 0 };
    gale_future *f[4];

    for (int i = 0; i < 4; i++)
        f[i] = gale_spawn(hold_lock, &lock);
    gale_cancel(f[1]); /* in line */
    gale_sleep(0.5);
    assert_int_equal(gale_join(&f[1]), GALE_ECANCELED);
    assert_true(lock.is_locked);
    gale_cancel(f[0]); /* holds it: releases, f[2] is handed it in the same turn … */
    gale_join(&f[0]);
    gale_cancel(f[2]); /* … and has it, cancelled or not */
    assert_int_equal(gale_join(&f[2]), GALE_ECANCELED);
    assert_int_equal(gale_join(&f[3]), 0);
    assert_false(lock.is_locked);
    return 0;
}

/* Handed the lock, then cancelled before it ran: the acquire gives 0, the next wait tells. */
static int body_cancel_after_hand_over(void *arg)
{
    gale_lock lock = { 0 };
    struct waiter w[2];

    assert_int_equal(gale_lock_acquire(&lock, 0), 0);
    start(&w[0], wait_lock, &lock, "0");
    start(&w[1], wait_lock, &lock, "1");
    assert_int_equal(gale_lock_release(&lock), 0);
    gale_cancel(w[0].future);
    settle();
    assert_int_equal(w[0].result, 0);
    assert_int_equal(w[1].result, 1);
    assert_int_equal(gale_lock_release(&lock), 0);
    settle();
    assert_string_equal(trace, "01");
    return 0;
}

/* Cancelled, and released before it ran: it is passed over. */
static int body_release_after_cancel(void *arg)
{
    gale_semaphore semaphore;
    struct waiter w[2];

    assert_int_equal(gale_semaphore_init(&semaphore, 0), 0);
    start(&w[0], wait_semaphore, &semaphore, "0");
    start(&w[1], wait_semaphore, &semaphore, "1");
    gale_cancel(w[0].future);
    assert_int_equal(gale_semaphore_release(&semaphore), 0);
    assert_int_equal(gale_semaphore_release(&semaphore), 0);
    settle();
    assert_string_equal(trace, "c1");
    assert_int_equal(semaphore.value, 1);
    return 0;
}

static int cancelled_body(void *arg)
{
    gale_semaphore semaphore;
    gale_event event = { .is_set = true };

    while (!gale_is_cancelled())
        gale_yield();
    assert_int_equal(gale_semaphore_init(&semaphore, 1), 0);
    assert_int_equal(gale_semaphore_acquire(&semaphore, GALE_FOREVER), GALE_ECANCELED);
    assert_int_equal(semaphore.value, 1);
    assert_int_equal(gale_event_wait(&event, GALE_FOREVER), GALE_ECANCELED);
    return 0;
}

static int acquire_long(void *arg)
{
    return gale_semaphore_acquire(arg, GALE_FOREVER);
}

/* A coroutine that was cancelled, or is past an outer deadline, acquires nothing any more. */
static int body_interrupted(void *arg)
{
    gale_semaphore semaphore;
    gale_future *f = gale_spawn(cancelled_body, NULL);

    gale_cancel(f);
    assert_int_equal(gale_join(&f), 0);
    assert_int_equal(gale_semaphore_init(&semaphore, 0), 0);
    assert_int_equal(gale_with_timeout(1, acquire_long, &semaphore), GALE_ETIMEDOUT);
    assert_null(semaphore.waiters.first);
    return 0;
}

/* Random takers that give up, are cancelled or hold the permits for a while: at the end all permits
 * are back, and never were there more holders than permits. */
struct crowd {
    gale_semaphore semaphore;
    int holders, most, acquired;
    unsigned random;
};

static unsigned draw(struct crowd *crowd, unsigned n)
{
    crowd->random = crowd->random * 1103515245 + 12345;
    return (crowd->random >> 16) % n;
}

static int take_turns(void *arg)
{
    struct crowd *c = arg;

    for (int i = 0; i < 20; i++) {
        if (gale_semaphore_acquire(&c->semaphore, from_now(draw(c, 4))) < 0)
            continue;
        c->acquired++;
        if (++c->holders > c->most)
            c->most = c->holders;
        gale_sleep(draw(c, 3));
        c->holders--;
        assert_int_equal(gale_semaphore_release(&c->semaphore), 0);
    }
    return 0;
}

static int body_crowd(void *arg)
{
    struct crowd crowd = { .random = (unsigned)(uintptr_t)arg };
    gale_future *f[30];

    assert_int_equal(gale_bounded_semaphore_init(&crowd.semaphore, 3), 0);
    for (int i = 0; i < 30; i++)
        f[i] = gale_spawn(take_turns, &crowd);
    for (int i = 0; i < 20; i++) {
        gale_sleep(draw(&crowd, 2));
        if (gale_future_done(f[i]))
            continue;
        gale_cancel(f[i]);
    }
    for (int i = 0; i < 30; i++)
        gale_join(&f[i]);
    assert_int_equal(crowd.holders, 0);
    assert_int_equal(crowd.most, 3);
    assert_true(crowd.acquired > 20);
    assert_int_equal(crowd.semaphore.value, 3);
    assert_null(crowd.semaphore.waiters.first);
    return 0;
}

static void nothing(void *arg)
{
}

/* No timer can be had: the wait fails, and its place in line is another one's. */
static int body_without_memory(void *arg)
{
    gale_ioloop *loop = gale_ioloop_current();
    gale_lock lock = { 0 };
    gale_timeout timer = 1;

    assert_int_equal(gale_lock_acquire(&lock, 0), 0);
    for (int i = 0; timer && i < 100000; i++) { /* until there is no more room for timers */
        gale__alloc_fail(1);
        timer = gale_ioloop_call_later(loop, 1, nothing, NULL);
    }
    gale__alloc_fail(1);
    assert_int_equal(gale_lock_acquire(&lock, from_now(1)), -ENOMEM);
    gale__alloc_fail(0);
    assert_null(lock.waiters.first);
    assert_int_equal(gale_lock_release(&lock), 0);
    assert_false(lock.is_locked);
    return 0;
}

static int body_format(void *arg)
{
    gale_condition condition = { 0 };
    gale_event event = { 0 };
    gale_semaphore semaphore;
    gale_lock lock = { 0 };
    struct waiter w[4];
    char out[64], small[10];

    assert_int_equal(gale_semaphore_init(&semaphore, 3), 0);
    gale_condition_format(&condition, out, sizeof(out));
    assert_string_equal(out, "<gale_condition>");
    gale_event_format(&event, out, sizeof(out));
    assert_string_equal(out, "<gale_event clear>");
    gale_semaphore_format(&semaphore, out, sizeof(out));
    assert_string_equal(out, "<gale_semaphore unlocked,value:3>");
    gale_lock_format(&lock, out, sizeof(out));
    assert_string_equal(out, "<gale_lock unlocked>");
    assert_int_equal(gale_lock_acquire(&lock, 0), 0);
    start(&w[0], wait_condition, &condition, "0");
    start(&w[1], wait_lock, &lock, "1");
    start(&w[2], wait_lock, &lock, "2");
    gale_condition_format(&condition, out, sizeof(out));
    assert_string_equal(out, "<gale_condition waiters:1>");
    gale_lock_format(&lock, out, sizeof(out));
    assert_string_equal(out, "<gale_lock locked,waiters:2>");
    gale_lock_format(&lock, small, sizeof(small));
    assert_string_equal(small, "<gale_loc");
    gale_event_set(&event);
    gale_event_format(&event, out, sizeof(out));
    assert_string_equal(out, "<gale_event set>");
    assert_int_equal(gale_semaphore_init(&semaphore, 0), 0);
    start(&w[3], wait_semaphore, &semaphore, "3");
    gale_semaphore_format(&semaphore, out, sizeof(out));
    assert_string_equal(out, "<gale_semaphore locked,waiters:1>");
    for (int i = 0; i < 4; i++)
        gale_cancel(w[i].future);
    gale_condition_format(&condition, out, sizeof(out));
    assert_string_equal(out, "<gale_condition>"); /* who is on the way out waits no more */
    settle();
    return 0;
}

static void test_condition(void **state)
{
    simulated(body_condition_order, NULL);
    simulated(body_condition_timeout, NULL);
    simulated(body_condition_many_timeouts, NULL);
    simulated(body_condition_same_moment, NULL);
    simulated(body_condition_same_moment, text("the notifier first"));
}

static void test_event(void **state)
{
    simulated(body_event, NULL);
}

static void test_semaphore(void **state)
{
    simulated(body_semaphore, NULL);
    simulated(body_bounded, NULL);
    simulated(body_semaphore_timeout, NULL);
}

static void test_lock(void **state)
{
    simulated(body_lock, NULL);
}

static void test_cancellation_loses_nothing(void **state)
{
    simulated(body_lock_cancel, NULL);
    simulated(body_cancel_after_hand_over, NULL);
    simulated(body_release_after_cancel, NULL);
    simulated(body_interrupted, NULL);
    simulated(body_without_memory, NULL);
    in_coroutine(body_cancel_after_hand_over, NULL);
}

static void test_crowds(void **state)
{
    for (uintptr_t seed = 1; seed <= 20; seed++)
        simulated(body_crowd, (void *)seed);
}

static int wait_here(void *arg)
{
    struct waiter *w = arg;

    return w->wait(w->object, GALE_FOREVER);
}

static void test_outside_of_coroutines(void **state)
{
    gale_condition condition = { 0 };
    gale_event event = { .is_set = true };
    gale_semaphore semaphore;
    gale_lock lock = { 0 };
    struct waiter w = { .wait = wait_condition, .object = &condition };

    assert_int_equal(wait_here(&w), GALE_ENOTCOROUTINE);
    assert_non_null(strstr(gale_strerror(GALE_ENOTCOROUTINE), "gale_condition_wait"));
    assert_int_equal(gale_event_wait(&event, 0), GALE_ENOTCOROUTINE);
    assert_int_equal(gale_semaphore_init(&semaphore, 1), 0);
    assert_int_equal(gale_semaphore_acquire(&semaphore, 0), GALE_ENOTCOROUTINE);
    assert_int_equal(gale_lock_acquire(&lock, 0), GALE_ENOTCOROUTINE);
    gale_event_set(&event);
    assert_int_equal(gale_condition_notify_all(&condition), 0);
    assert_int_equal(gale_semaphore_release(&semaphore), 0);
    assert_int_equal(semaphore.value, 2);
}

static void test_formats(void **state)
{
    simulated(body_format, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_condition),
        cmocka_unit_test(test_event),
        cmocka_unit_test(test_semaphore),
        cmocka_unit_test(test_lock),
        cmocka_unit_test(test_cancellation_loses_nothing),
        cmocka_unit_test(test_crowds),
        cmocka_unit_test(test_outside_of_coroutines),
        cmocka_unit_test(test_formats),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

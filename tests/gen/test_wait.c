/* test_wait.c - cancellation and deadlines, plain futures, many futures at once, the memory
 * and the deferred calls of a scope.
 */
/* SPDX-License-Identifier: MIT */
#include "gen_test.h"

#include <pthread.h>

static int wait_it(void *arg)
{
    return gale_wait(arg);
}

static int cancel_at(void *arg)
{
    gale_future *f = arg;

    gale_yield();
    gale_cancel(f);
    return 0;
}

static int immediate(void *arg)
{
    return 3;
}

static int cancelled_before(void *arg)
{
    gale_future *f = gale_spawn(immediate, NULL);

    while (!gale_is_cancelled())
        if (gale_yield() < 0)
            break;
    assert_int_equal(gale_sleep(1000), GALE_ECANCELED);
    assert_string_equal(gale_strerror(GALE_ECANCELED), "gale_sleep: cancelled");
    assert_int_equal(gale_yield(), GALE_ECANCELED);
    assert_int_equal(gale_wait(f), GALE_ECANCELED);
    assert_int_equal(gale_multi(&f, 1), GALE_ECANCELED);
    assert_int_equal(gale_join(&f), GALE_ECANCELED);
    return 5;
}

static int body_cancel(void *arg)
{
    gale_future *at = gale_spawn(sleep_long, NULL);
    gale_future *by = gale_spawn(cancel_at, at);
    gale_future *before = gale_spawn(cancelled_before, NULL);

    gale_cancel(before);
    gale_cancel(before);
    assert_int_equal(gale_join(&before), 5); /* what it returns is its own business */
    assert_int_equal(gale_join(&at), GALE_ECANCELED);
    gale_join(&by);

    gale_future *done = gale_spawn(immediate, NULL);

    gale_cancel(done);
    assert_int_equal(gale_join(&done), 3);
    return 0;
}

/* A wake that came before the cancellation is not lost. */
static int wait_then_note(void *arg)
{
    int r = gale_wait(arg);

    note(r == 9 ? "w" : "?");
    assert_int_equal(gale_yield(), GALE_ECANCELED);
    return 0;
}

static int body_cancel_after_wake(void *arg)
{
    gale_future *plain = gale_future_new();
    gale_future *f = gale_spawn(wait_then_note, plain);

    assert_int_equal(gale_future_set_result(plain, 9, NULL), 0);
    gale_cancel(f);
    gale_join(&f);
    assert_string_equal(trace, "w");
    return 0;
}

static int sleep_twice(void *arg)
{
    assert_int_equal(gale_sleep(1000), GALE_ETIMEDOUT);
    assert_int_equal(gale_yield(), GALE_ETIMEDOUT);
    assert_int_equal(gale_sleep(1000), GALE_ETIMEDOUT);
    assert_string_equal(gale_strerror(GALE_ETIMEDOUT), "gale_sleep: deadline passed");
    return 4;
}

static int inner_later(void *arg)
{
    /* The outer one counts, since it is earlier. */
    assert_int_equal(gale_with_timeout(1000, sleep_twice, NULL), 4);
    assert_int_equal(gale_yield(), GALE_ETIMEDOUT);
    return 0;
}

static int inner_earlier(void *arg)
{
    assert_int_equal(gale_with_timeout(0.003, sleep_twice, NULL), 4);
    assert_int_equal(gale_sleep(0.001), 0); /* the outer one goes on */
    return 0;
}

static int body_deadlines(void *arg)
{
    gale_future *never = gale_future_new();
    double now = gale_ioloop_time(gale_ioloop_current());

    assert_int_equal(gale_with_timeout(0.003, inner_later, NULL), 0);
    assert_int_equal(gale_with_timeout(1000, inner_earlier, NULL), 0);
    assert_int_equal(gale_with_deadline(now - 1, sleep_twice, NULL), 4);
    assert_int_equal(gale_with_timeout(0.003, wait_it, never), GALE_ETIMEDOUT);
    assert_int_equal(gale_sleep(0), 0);
    assert_int_equal(gale_sleep(-1), 0);
    assert_int_equal(gale_wait_until(never, now + 0.003), GALE_ETIMEDOUT);
    assert_false(gale_future_done(never));
    assert_int_equal(gale_future_set_result(never, 1, NULL), 0);
    assert_int_equal(gale_wait_until(never, now), 1);
    return 0;
}

static int body_plain_future(void *arg)
{
    gale_future *f = gale_future_new();
    gale_future *waiter = gale_spawn(wait_it, f);
    gale_future *second = gale_spawn(wait_it, f);
    int x;

    assert_false(gale_future_done(f));
    assert_int_equal(gale_future_set_result(f, -5, NULL), GALE_EINVAL);
    assert_int_equal(gale_future_set_result(f, 5, &x), 0);
    assert_int_equal(gale_future_set_result(f, 6, NULL), GALE_ESTATE);
    assert_int_equal(gale_future_set_error(f, GALE_EPROTO, "late"), GALE_ESTATE);
    assert_false(gale_future_done(waiter)); /* ready, not run from here */
    assert_int_equal(gale_join(&waiter), 5);
    assert_int_equal(gale_join(&second), 5);
    assert_ptr_equal(gale_future_value(f), &x);

    gale_future *bad = gale_future_new();

    waiter = gale_spawn(wait_it, bad);
    assert_int_equal(gale_future_set_error(bad, 5, "no"), GALE_EINVAL);
    assert_int_equal(gale_future_set_error(bad, GALE_EPROTO, "no %s", "luck"), 0);
    assert_int_equal(gale_join(&waiter), GALE_EPROTO);
    assert_string_equal(gale_strerror(GALE_EPROTO), "no luck");

    gale_future *gone = gale_future_new();

    waiter = gale_spawn(wait_it, gone);
    gale_cancel(gone);
    assert_int_equal(gale_join(&waiter), GALE_ECANCELED);
    gale_future_free(&gone);
    gone = gale_future_new();
    waiter = gale_spawn(wait_it, gone);
    gale_future_free(&gone);
    assert_int_equal(gale_join(&waiter), GALE_ECANCELED);
    assert_int_equal(gale_future_set_result(gale_spawn(sleep_long, NULL), 1, NULL), GALE_ESTATE);
    return 0;
}

static void on_done(gale_future *f, void *arg)
{
    note(arg);
    assert_true(gale_future_done(f));
}

static void frees(gale_future *f, void *arg)
{
    note("f");
    gale_future_free(&f);
}

static int body_callbacks(void *arg)
{
    gale_future *f = gale_future_new();
    gale_future *dropped = gale_future_new();

    assert_int_equal(gale_future_add_done_callback(f, on_done, text("1")), 0);
    assert_int_equal(gale_future_add_done_callback(f, on_done, text("2")), 0);
    gale_future_set_result(f, 0, NULL);
    assert_int_equal(gale_future_add_done_callback(f, on_done, text("3")), 0);
    assert_string_equal(trace, "");
    gale_sleep(0.001);
    assert_string_equal(trace, "123");
    assert_int_equal(gale_future_add_done_callback(f, on_done, text("4")), 0);
    gale_sleep(0.001);
    assert_string_equal(trace, "1234");

    assert_int_equal(gale_future_add_done_callback(dropped, on_done, text("x")), 0);
    gale_future_set_result(dropped, 0, NULL);
    gale_future_free(&dropped);
    assert_int_equal(gale_future_add_done_callback(f, frees, NULL), 0);
    assert_int_equal(gale_future_add_done_callback(f, on_done, text("y")), 0);
    gale_sleep(0.001);
    assert_string_equal(trace, "1234f");
    return 0;
}

struct from_thread {
    gale_ioloop *loop;
    gale_future *future;
};

static void resolve(void *arg)
{
    struct from_thread *t = arg;

    gale_future_set_result(t->future, 42, t);
}

static void *thread_main(void *arg)
{
    struct from_thread *t = arg;

    return gale_ioloop_add_callback(t->loop, resolve, t) < 0 ? t : NULL;
}

static int body_from_thread(void *arg)
{
    struct from_thread t = { gale_ioloop_current(), gale_future_new() };
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, thread_main, &t), 0);
    assert_int_equal(gale_wait(t.future), 42);
    assert_ptr_equal(gale_future_value(t.future), &t);
    pthread_join(thread, NULL);
    return 0;
}

static int fail_late(void *arg)
{
    gale_yield();
    return gale_err(GALE_EPROTO, "%s", (const char *)arg);
}

static int body_multi(void *arg)
{
    gale_future *list[] = { gale_spawn(immediate, NULL), gale_spawn(fail_late, text("second")),
                            gale_spawn(fail_late, text("third")), NULL };

    list[3] = list[1];
    assert_int_equal(gale_multi(list, 0), 0);
    assert_int_equal(gale_multi(list, 1), 0);
    assert_int_equal(gale_multi(list, 4), GALE_EPROTO);
    assert_string_equal(gale_strerror(GALE_EPROTO), "second");
    for (int i = 0; i < 3; i++)
        assert_true(gale_future_done(list[i]));

    gale_future *slow = gale_spawn(sleep_long, NULL);
    gale_future *both[] = { slow, list[1] };
    double soon = gale_ioloop_time(gale_ioloop_current());

    assert_int_equal(gale_wait_until(slow, soon), GALE_ETIMEDOUT);
    gale_cancel(slow);
    assert_int_equal(gale_multi(both, 2), GALE_ECANCELED);
    return 0;
}

static void open_gate(void *arg)
{
    gale_future_set_result(arg, 0, NULL);
}

/* What comes next, when the gate opens only after the wait has begun. */
static int next_after(gale_future *gate, gale_wait_iterator *it)
{
    assert_int_equal(gale_ioloop_add_callback(gale_ioloop_current(), open_gate, gate), 0);
    return gale_wait_next(it);
}

static int body_wait_iterator(void *arg)
{
    gale_future *gates[] = { gale_future_new(), gale_future_new(), gale_future_new() };
    gale_future *list[] = { gale_spawn(wait_it, gates[0]), gale_spawn(wait_it, gates[1]),
                            gale_spawn(wait_it, gates[2]), gale_spawn(immediate, NULL), NULL };
    gale_wait_iterator it;

    list[4] = list[1];
    gale_wait_iterator_init(&it, list, 5);
    assert_int_equal(gale_wait_next(&it), 3);
    assert_int_equal(next_after(gates[1], &it), 1);
    assert_int_equal(gale_wait_next(&it), 4);
    assert_int_equal(next_after(gates[2], &it), 2);
    assert_int_equal(next_after(gates[0], &it), 0);
    assert_int_equal(gale_wait_next(&it), GALE_EEOF);
    gale_wait_iterator_init(&it, list, 0);
    assert_int_equal(gale_wait_next(&it), GALE_EEOF);
    return 0;
}

static int iterate_for_ever(void *arg)
{
    gale_future *list[40];
    gale_wait_iterator it;

    for (int i = 0; i < 40; i++)
        list[i] = gale_future_new();
    gale_wait_iterator_init(&it, list, 40);
    gale_future_set_error(list[7], GALE_EPROTO, "seven");
    assert_int_equal(gale_wait_next(&it), 7);
    return gale_wait_next(&it);
}

static int body_wait_iterator_ends(void *arg)
{
    assert_int_equal(gale_with_timeout(0.003, iterate_for_ever, NULL), GALE_ETIMEDOUT);
    return 0;
}

static int wait_nexts(void *arg)
{
    gale_future **list = arg;
    gale_wait_iterator it;
    int i;

    gale_wait_iterator_init(&it, list, 3);
    while ((i = gale_wait_next(&it)) >= 0) {
        note(i == 1 ? "1" : "?");
        list[i] = NULL; /* freed by the other */
    }
    return i;
}

/* Each is joined, and so NULL, as soon as it was given. */
static int body_wait_next_joined(void *arg)
{
    static const int codes[3];
    gale_future *futures[4] = { 0 };
    gale_wait_iterator it;
    int i;

    for (i = 0; i < 3; i++)
        futures[i] = gale_spawn(i == 1 ? fail_late : immediate, (void *)(uintptr_t)&codes[i]);
    gale_wait_iterator_init(&it, futures, 4);
    for (int n = 0; n < 3; n++) {
        i = gale_wait_next(&it);
        assert_in_range(i, 0, 2);
        gale_join(&futures[i]);
        assert_null(futures[i]);
    }
    assert_int_equal(gale_wait_next(&it), GALE_EEOF);
    assert_int_equal(gale_multi(futures, 4), 0);
    return 0;
}

/* Freed while somebody waits for it: cancelled for him, and never touched again. */
static int body_freed_while_waited_for(void *arg)
{
    for (int done_first = 0; done_first < 2; done_first++) {
        gale_future *list[3] = { gale_future_new(), gale_future_new(), gale_future_new() };
        gale_future *entry = list[1];
        gale_future *waiter = gale_spawn(wait_nexts, list);

        trace[0] = 0;
        if (done_first)
            gale_future_set_result(entry, 0, NULL);
        gale_future_free(&entry); /* the list still has it */
        if (!done_first) {
            assert_int_equal(gale_join(&waiter), GALE_ECANCELED);
            list[1] = NULL;
            waiter = gale_spawn(wait_nexts, list);
        } else {
            gale_yield();
            assert_string_equal(trace, "1");
        }
        gale_cancel(waiter);
        gale_join(&waiter);
        gale_future_free(&list[0]);
        gale_future_free(&list[2]);
    }
    return 0;
}

static int multi_of_three(void *arg)
{
    return gale_multi(arg, 3);
}

static int body_multi_freed(void *arg)
{
    for (int done_first = 0; done_first < 2; done_first++) {
        gale_future *list[3] = { gale_future_new(), gale_future_new(), NULL };
        gale_future *entry = list[1];
        gale_future *waiter = gale_spawn(multi_of_three, list);

        if (done_first)
            gale_future_set_error(entry, GALE_EPROTO, "detail");
        gale_future_free(&entry);
        gale_yield();
        assert_false(gale_future_done(waiter));
        gale_future_set_result(list[0], 0, NULL);
        assert_int_equal(gale_join(&waiter), done_first ? GALE_EPROTO : GALE_ECANCELED);
        if (done_first)
            assert_string_equal(gale_strerror(GALE_EPROTO), "detail");
        gale_future_free(&list[0]);
    }
    return 0;
}

static void deferred(void *arg)
{
    note(arg);
}

static int defers(void *arg)
{
    assert_non_null(gale_scope_alloc(64));
    return gale_scope_defer(deferred, text("c"));
}

/* A child has memory of its own: what it defers runs when it ends, not its starter, which
 * may spawn and join for ever. */
static int body_defer_order(void *arg)
{
    gale_future *child;

    gale_scope_defer(deferred, text("1"));
    child = gale_spawn(defers, NULL);
    gale_join(&child);
    gale_scope_defer(deferred, text("2"));
    note("end ");
    return 0;
}

static void defer_order(void **state)
{
    in_coroutine(body_defer_order, NULL);
    assert_string_equal(trace, "cend 21");
}

#define TEST_BODY(name)                                                                            \
    static void name(void **state)                                                                 \
    {                                                                                              \
        in_coroutine(body_##name, NULL);                                                           \
    }

TEST_BODY(cancel)
TEST_BODY(cancel_after_wake)
TEST_BODY(deadlines)
TEST_BODY(plain_future)
TEST_BODY(callbacks)
TEST_BODY(from_thread)
TEST_BODY(multi)
TEST_BODY(wait_iterator)
TEST_BODY(wait_iterator_ends)
TEST_BODY(wait_next_joined)
TEST_BODY(freed_while_waited_for)
TEST_BODY(multi_freed)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cancel),
        cmocka_unit_test(cancel_after_wake),
        cmocka_unit_test(deadlines),
        cmocka_unit_test(plain_future),
        cmocka_unit_test(callbacks),
        cmocka_unit_test(from_thread),
        cmocka_unit_test(multi),
        cmocka_unit_test(wait_iterator),
        cmocka_unit_test(defer_order),
        cmocka_unit_test(wait_iterator_ends),
        cmocka_unit_test(wait_next_joined),
        cmocka_unit_test(freed_while_waited_for),
        cmocka_unit_test(multi_freed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

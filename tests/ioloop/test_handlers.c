/* test_handlers.c - handlers of any descriptor: level-triggered, removal, update. */
/* SPDX-License-Identifier: MIT */
#include "loop_test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <gale/gen.h>

const char *test_backend;

static struct {
    gale_ioloop *loop;
    int a[2], b[2]; /* two pipes, or one socket pair in a */
    int calls, events, stop_after;
} t;

static void setup(void)
{
    memset(&t, 0, sizeof(t));
    t.loop = new_loop();
    assert_int_equal(pipe2(t.a, O_NONBLOCK | O_CLOEXEC), 0);
    assert_int_equal(pipe2(t.b, O_NONBLOCK | O_CLOEXEC), 0);
}

static void teardown(void)
{
    gale_ioloop_free(t.loop);
    for (int i = 0; i < 2; i++) {
        close(t.a[i]);
        close(t.b[i]);
    }
}

static void use_socketpair(void)
{
    close(t.a[0]);
    close(t.a[1]);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, t.a), 0);
}

static void on_event(int fd, int events, void *arg)
{
    assert_ptr_equal(arg, &t);
    assert_int_equal(fd, t.a[0]);
    t.events = events;
    if (++t.calls == t.stop_after)
        gale_ioloop_stop(t.loop);
}

static void watch(int events)
{
    assert_int_equal(gale_ioloop_add_handler(t.loop, t.a[0], on_event, events, &t), 0);
}

static void run_for(double seconds)
{
    gale_ioloop_call_later(t.loop, seconds, stop_loop, t.loop);
    run_loop(t.loop);
}

/* What is not read is told again, turn after turn. */
static void test_level_triggered(void **state)
{
    (void)state;
    setup();
    watch(GALE_READ);
    run_for(0.005);
    assert_int_equal(t.calls, 0);
    assert_int_equal(write(t.a[1], "x", 1), 1);
    t.stop_after = 5;
    run_loop(t.loop);
    assert_int_equal(t.calls, 5);
    assert_int_equal(t.events, GALE_READ);
    teardown();
}

static void test_writable_socket(void **state)
{
    (void)state;
    setup();
    use_socketpair();
    t.stop_after = 3;
    watch(GALE_READ | GALE_WRITE);
    run_loop(t.loop);
    assert_int_equal(t.events, GALE_WRITE);
    assert_int_equal(write(t.a[1], "x", 1), 1);
    t.stop_after += 3;
    run_loop(t.loop);
    assert_int_equal(t.events, GALE_READ | GALE_WRITE);
    teardown();
}

static void test_update(void **state)
{
    (void)state;
    setup();
    use_socketpair();
    assert_int_equal(gale_ioloop_update_handler(t.loop, t.a[0], GALE_READ), -ENOENT);
    watch(GALE_READ);
    t.stop_after = 1;
    assert_int_equal(gale_ioloop_update_handler(t.loop, t.a[0], GALE_WRITE), 0);
    run_loop(t.loop);
    assert_int_equal(t.events, GALE_WRITE);
    assert_int_equal(gale_ioloop_update_handler(t.loop, t.a[0], GALE_READ), 0);
    t.calls = 0;
    t.stop_after = 100;
    run_for(0.005);
    assert_int_equal(t.calls, 0);
    teardown();
}

static void test_errors_are_always_told(void **state)
{
    (void)state;
    setup();
    watch(0);
    close(t.a[1]);
    t.a[1] = -1;
    t.stop_after = 1;
    run_loop(t.loop);
    assert_true(t.events & GALE_ERROR);
    teardown();
}

static void test_one_handler_for_each_descriptor(void **state)
{
    (void)state;
    setup();
    watch(GALE_READ);
    assert_int_equal(gale_ioloop_add_handler(t.loop, t.a[0], on_event, GALE_READ, &t), -EEXIST);
    gale_ioloop_remove_handler(t.loop, t.a[0]);
    gale_ioloop_remove_handler(t.loop, t.a[0]);
    gale_ioloop_remove_handler(t.loop, 100000);
    gale_ioloop_remove_handler(t.loop, -1);
    watch(GALE_READ);
    assert_int_equal(write(t.a[1], "x", 1), 1);
    t.stop_after = 1;
    run_loop(t.loop);
    assert_true(gale_ioloop_add_handler(t.loop, -1, on_event, GALE_READ, &t) < 0);
    teardown();
}

static void remove_other(int fd, int events, void *arg)
{
    (void)events;
    (void)arg;
    t.calls++;
    gale_ioloop_remove_handler(t.loop, fd == t.a[0] ? t.b[0] : t.a[0]);
    gale_ioloop_remove_handler(t.loop, fd);
    gale_ioloop_call_later(t.loop, 0.005, stop_loop, t.loop);
}

/* Both are ready in one turn; the first to run removes the other, and itself. */
static void test_removal_holds_for_events_of_this_turn(void **state)
{
    (void)state;
    setup();
    assert_int_equal(gale_ioloop_add_handler(t.loop, t.a[0], remove_other, GALE_READ, NULL), 0);
    assert_int_equal(gale_ioloop_add_handler(t.loop, t.b[0], remove_other, GALE_READ, NULL), 0);
    assert_int_equal(write(t.a[1], "x", 1), 1);
    assert_int_equal(write(t.b[1], "x", 1), 1);
    run_loop(t.loop);
    assert_int_equal(t.calls, 1);
    teardown();
}

static void replace(int fd, int events, void *arg)
{
    char c;

    (void)events;
    (void)arg;
    assert_int_equal(read(fd, &c, 1), 1);
    gale_ioloop_remove_handler(t.loop, fd);
    watch(GALE_READ);
    assert_int_equal(write(t.a[1], "y", 1), 1);
}

static void test_handler_replaces_itself(void **state)
{
    (void)state;
    setup();
    assert_int_equal(gale_ioloop_add_handler(t.loop, t.a[0], replace, GALE_READ, NULL), 0);
    assert_int_equal(write(t.a[1], "x", 1), 1);
    t.stop_after = 1;
    run_loop(t.loop);
    assert_int_equal(t.events, GALE_READ);
    teardown();
}

static int yield_until_called(void *arg)
{
    int r = 0;

    while (!t.calls && r >= 0)
        r = gale_yield();
    return r;
}

static int write_among_yielders(void *arg)
{
    gale_future *f = gale_spawn(yield_until_called, NULL);
    int r = 0;

    for (int i = 0; i < 1000 && r >= 0; i++)
        r = gale_yield();
    assert_int_equal(write(t.a[1], "x", 1), 1);
    if (r >= 0)
        r = yield_until_called(NULL);
    gale_join(&f);
    return r;
}

/* Coroutines that are always ready do not keep the kernel from being asked. */
static void test_yielding_does_not_starve(void **state)
{
    (void)state;
    setup();
    watch(GALE_READ);
    assert_int_equal(gale_ioloop_run_sync(t.loop, write_among_yielders, NULL, 5), 0);
    assert_int_equal(t.events, GALE_READ);
    teardown();
}

static void test_descriptors_that_cannot_be_watched(void **state)
{
    char name[] = "test_handlers_XXXXXX";
    int file = mkstemp(name);

    (void)state;
    setup();
    assert_true(file >= 0);
    unlink(name);
    assert_int_equal(gale_ioloop_add_handler(t.loop, file, on_event, GALE_READ, &t), -EPERM);
    close(file);
    assert_int_equal(gale_ioloop_add_handler(t.loop, file, on_event, GALE_READ, &t), -EBADF);
    run_for(0.005);
    assert_int_equal(t.calls, 0);
    teardown();
}

/* Against the rules; it must not make the loop spin. */
static void test_closed_with_its_handler(void **state)
{
    (void)state;
    setup();
    use_socketpair();
    t.stop_after = 1000;
    watch(GALE_READ);
    run_for(0.001);
    close(t.a[0]);
    send(t.a[1], "x", 1, MSG_NOSIGNAL);
    run_for(0.005);
    assert_true(t.calls < 10);
    gale_ioloop_remove_handler(t.loop, t.a[0]);
    t.a[0] = -1;
    teardown();
}

static void test_freed_with_handlers(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        setup();
        watch(GALE_READ);
        assert_int_equal(gale_ioloop_add_handler(t.loop, t.b[0], on_event, GALE_READ, &t), 0);
        if (i % 2)
            run_for(0);
        gale_ioloop_free(t.loop);
        assert_int_equal(fcntl(t.a[0], F_GETFD), FD_CLOEXEC);
        t.loop = NULL;
        teardown();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_level_triggered),
        cmocka_unit_test(test_writable_socket),
        cmocka_unit_test(test_update),
        cmocka_unit_test(test_errors_are_always_told),
        cmocka_unit_test(test_one_handler_for_each_descriptor),
        cmocka_unit_test(test_removal_holds_for_events_of_this_turn),
        cmocka_unit_test(test_handler_replaces_itself),
        cmocka_unit_test(test_yielding_does_not_starve),
        cmocka_unit_test(test_descriptors_that_cannot_be_watched),
        cmocka_unit_test(test_closed_with_its_handler),
        cmocka_unit_test(test_freed_with_handlers),
    };

    return RUN_BACKENDS(tests, 0);
}

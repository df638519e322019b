/* test_handover.c - a loop that goes from thread to thread, and a ring that takes no more. */
/* SPDX-License-Identifier: MIT */
#include "loop_test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "base/alloc.h"
#include "ioloop/io.h"

enum { BIG = 4 << 20, PAIRS = 300 };

const char *test_backend;

static gale_ioloop *loop;

/* An io that counts what it receives, and sends what it is given. */
struct end {
    struct gale__io io;
    const char *out;
    size_t left, received;
    int closed;
};

static size_t received_in_all, expected_in_all;

static void push(struct end *e)
{
    while (e->left) {
        struct iovec iov = { (void *)(uintptr_t)e->out, e->left };
        ssize_t n = gale__io_sendv(&e->io, &iov, 1);

        assert_true(n >= 0);
        if (n == 0)
            return;
        e->out += n;
        e->left -= (size_t)n;
    }
}

static void on_send(struct gale__io *io, ssize_t n)
{
    struct end *e = GALE_CONTAINER_OF(io, struct end, io);

    assert_true(n >= 0);
    e->out += n;
    e->left -= (size_t)n;
    push(e);
}

static void on_recv(struct gale__io *io, char *data, ssize_t n)
{
    struct end *e = GALE_CONTAINER_OF(io, struct end, io);

    (void)data;
    assert_true(n > 0);
    e->received += (size_t)n;
    received_in_all += (size_t)n;
    if (received_in_all == expected_in_all)
        gale_ioloop_stop(loop);
}

static void on_closed(struct gale__io *io)
{
    GALE_CONTAINER_OF(io, struct end, io)->closed++;
}

static const struct gale__io_ops end_ops = { .on_recv = on_recv,
                                             .on_send = on_send,
                                             .on_closed = on_closed };

static void open_pair(struct end ends[2])
{
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    for (int i = 0; i < 2; i++) {
        ends[i] = (struct end){ 0 };
        assert_int_equal(gale__io_open(&ends[i].io, loop, fds[i], &end_ops), 0);
    }
}

static void send_text(struct end *e, const char *text, size_t n)
{
    e->out = text;
    e->left = n;
    push(e);
}

static void expect(size_t n)
{
    received_in_all = 0;
    expected_in_all = n;
}

static void in_thread(void *(*fn)(void *arg))
{
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, fn, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

/* --- waking --- */

struct pipes {
    int begun[2], go_on[2];
};

/* Drives the loop, and then is somewhere in the kernel where no interrupt reaches it: it
 * waits for a child that shares its memory. */
static void *step_and_be_busy(void *arg)
{
    struct pipes *pipes = arg;
    char byte = 0;

    assert_int_equal(gale_ioloop_step(loop), 0);
    pid_t pid = vfork();

    if (pid == 0) {
        struct pollfd pfd = { .fd = pipes->go_on[0], .events = POLLIN };
        ssize_t n = write(pipes->begun[1], &byte, 1);

        /* Not for ever, should the test fail. */
        _exit(n != 1 || poll(&pfd, 1, 15000) != 1);
    }
    waitpid(pid, NULL, 0);
    return NULL;
}

static void *stop_soon(void *arg)
{
    struct timespec ts = { .tv_nsec = 20 * 1000 * 1000 };

    (void)arg;
    nanosleep(&ts, NULL);
    assert_int_equal(gale_ioloop_add_callback(loop, stop_loop, loop), 0);
    return NULL;
}

static void test_wakes_where_it_runs_now(void **state)
{
    pthread_t busy, stopper;
    struct pipes pipes;
    char byte = 0;

    (void)state;
    loop = new_loop();
    assert_int_equal(pipe2(pipes.begun, O_CLOEXEC) | pipe2(pipes.go_on, O_CLOEXEC), 0);
    assert_int_equal(pthread_create(&busy, NULL, step_and_be_busy, &pipes), 0);
    assert_int_equal(read(pipes.begun[0], &byte, 1), 1);
    assert_int_equal(pthread_create(&stopper, NULL, stop_soon, NULL), 0);
    run_loop(loop);
    assert_int_equal(write(pipes.go_on[1], &byte, 1), 1);
    pthread_join(busy, NULL);
    pthread_join(stopper, NULL);
    gale_ioloop_free(loop);
    for (int i = 0; i < 2; i++) {
        close(pipes.begun[i]);
        close(pipes.go_on[i]);
    }
}

static void *step_ten_times(void *arg)
{
    (void)arg;
    for (int i = 0; i < 10; i++)
        assert_int_equal(gale_ioloop_step(loop), 0);
    return NULL;
}

/* The loop is stepped by many, one after the other, and hears of each wake. */
static void test_from_thread_to_thread(void **state)
{
    (void)state;
    loop = new_loop();
    for (int i = 0; i < 10; i++) {
        pthread_t stopper;

        in_thread(step_ten_times);
        assert_int_equal(pthread_create(&stopper, NULL, stop_soon, NULL), 0);
        run_loop(loop);
        pthread_join(stopper, NULL);
    }
    gale_ioloop_free(loop);
}

/* --- what a thread had begun --- */

static struct end ends[PAIRS][2];

static void *begin(void *arg)
{
    send_text(&ends[0][0], arg, BIG);
    assert_int_equal(gale__io_recv_start(&ends[0][1].io), 0);
    assert_int_equal(gale__io_recv_start(&ends[1][1].io), 0);
    assert_int_equal(gale_ioloop_step(loop), 0);
    return NULL;
}

/* The kernel cancels what a thread had asked for when it ends: nobody may notice. */
static void test_the_thread_that_began_is_gone(void **state)
{
    char *data = calloc(1, BIG);
    pthread_t thread;

    (void)state;
    loop = new_loop();
    open_pair(ends[0]);
    open_pair(ends[1]);
    expect(BIG + 2);
    assert_int_equal(pthread_create(&thread, NULL, begin, data), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    send_text(&ends[1][0], "hi", 2);
    run_loop(loop);
    assert_int_equal(ends[0][1].received, BIG);
    assert_int_equal(ends[1][1].received, 2);
    for (int i = 0; i < 4; i++)
        gale__io_close(&ends[i / 2][i % 2].io);
    gale_ioloop_free(loop);
    free(data);
}

/* --- a full ring --- */

/* While something else has its descriptor the ring gives nothing to the kernel. */
static int block_ring(void)
{
    int saved = fcntl(gale_ioloop_fd(loop), F_DUPFD_CLOEXEC, 0);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    assert_true(saved >= 0 && null >= 0);
    assert_true(dup2(null, gale_ioloop_fd(loop)) >= 0);
    close(null);
    return saved;
}

static void unblock_ring(int saved)
{
    assert_true(dup3(saved, gale_ioloop_fd(loop), O_CLOEXEC) >= 0);
    close(saved);
}

static void test_a_full_ring_only_delays(void **state)
{
    (void)state;
    loop = new_loop();
    for (int i = 0; i < PAIRS; i++)
        open_pair(ends[i]);
    expect(PAIRS * 2 * 5);
    int saved = block_ring();

    for (int i = 0; i < PAIRS * 2; i++) {
        struct end *e = &ends[i / 2][i % 2];

        assert_int_equal(gale__io_recv_start(&e->io), 0);
        send_text(e, "hello", 5);
    }
    unblock_ring(saved);
    run_loop(loop);
    for (int i = 0; i < PAIRS * 2; i++) {
        assert_int_equal(ends[i / 2][i % 2].received, 5);
        gale__io_close(&ends[i / 2][i % 2].io);
    }
    gale_ioloop_free(loop);
    assert_int_equal(ends[PAIRS - 1][1].closed, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wakes_where_it_runs_now),
        cmocka_unit_test(test_from_thread_to_thread),
        cmocka_unit_test(test_the_thread_that_began_is_gone),
    };
    const struct CMUnitTest ring_tests[] = { cmocka_unit_test(test_a_full_ring_only_delays) };
    int failed = RUN_BACKENDS(tests, 0);

    if (kernel_has_uring()) {
        test_backend = "io_uring";
        failed += cmocka_run_group_tests_name("a full ring", ring_tests, NULL, NULL);
    }
    return failed;
}

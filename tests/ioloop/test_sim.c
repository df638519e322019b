/* test_sim.c - the simulated backend: scripted peers, its own clock, both ways to send. */
/* SPDX-License-Identifier: MIT */
#include "loop_test.h"

#include <errno.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "ioloop/ioloop_priv.h"
#include "ioloop/sim.h"

const char *test_backend = "simulated";

static gale_ioloop *loop;
static bool queued; /* how the present group sends */

/* Sends back what it receives, as one buffer that grows. */
struct echo {
    struct gale__io io;
    char data[4096];
    size_t received, sent;
    int n_recv, sizes[16], end, closed;
    bool busy, connected, gone;
};

static int n_echoes_closed;

static void echo_push(struct echo *e)
{
    while (!e->busy && e->sent < e->received && !e->gone) {
        struct iovec iov = { e->data + e->sent, e->received - e->sent };
        ssize_t n = gale__io_sendv(&e->io, &iov, 1);

        if (n < 0) {
            e->gone = true;
            gale__io_close(&e->io);
        } else if (n == 0) {
            e->busy = true;
        } else {
            e->sent += (size_t)n;
        }
    }
}

static void on_send(struct gale__io *io, ssize_t n)
{
    struct echo *e = GALE_CONTAINER_OF(io, struct echo, io);

    e->busy = false;
    e->connected = n == 0;
    if (n < 0) {
        e->gone = true;
        gale__io_close(io);
        return;
    }
    e->sent += (size_t)n;
    echo_push(e);
}

static void on_recv(struct gale__io *io, char *data, ssize_t n)
{
    struct echo *e = GALE_CONTAINER_OF(io, struct echo, io);

    if (n <= 0) {
        e->end = n < 0 ? (int)n : 1;
        gale__io_close(io);
        return;
    }
    if (e->n_recv < 16)
        e->sizes[e->n_recv] = (int)n;
    e->n_recv++;
    assert_true(e->received + (size_t)n <= sizeof(e->data));
    memcpy(e->data + e->received, data, (size_t)n);
    e->received += (size_t)n;
    echo_push(e);
}

static void on_closed(struct gale__io *io)
{
    struct echo *e = GALE_CONTAINER_OF(io, struct echo, io);

    e->closed = 1;
    n_echoes_closed++;
}

static const struct gale__io_ops echo_ops = { .on_recv = on_recv,
                                              .on_send = on_send,
                                              .on_closed = on_closed };

static void open_echo(struct echo *e, int fd)
{
    memset(e, 0, sizeof(*e));
    assert_int_equal(gale__io_open(&e->io, loop, fd, &echo_ops), 0);
    assert_int_equal(gale__io_recv_start(&e->io), 0);
}

static struct gale__sim_peer *new_pair(struct echo *e)
{
    struct gale__sim_peer *peer = gale__sim_socket(loop);

    assert_non_null(peer);
    open_echo(e, gale__sim_fd(peer));
    return peer;
}

static void start(void)
{
    loop = new_loop();
    gale__sim_queue_sends(loop, queued);
    assert_int_equal(gale__ioloop_sends_at_once(loop), !queued);
    n_echoes_closed = 0;
}

static void assert_sent(struct gale__sim_peer *peer, const char *text)
{
    gale_str sent = gale__sim_sent(peer);

    assert_int_equal(sent.len, strlen(text));
    assert_memory_equal(sent.ptr ? sent.ptr : "", text, sent.len);
}

static void test_scripted_short_receives(void **state)
{
    struct echo e;

    (void)state;
    start();
    struct gale__sim_peer *peer = new_pair(&e);

    assert_int_equal(gale__sim_chunks(peer, (uint32_t[]){ 1, 3, 2 }, 3), 0);
    assert_int_equal(gale__sim_push(peer, "abcdefghij", 10), 0);
    assert_int_equal(gale__sim_run(loop), 0);
    assert_int_equal(e.n_recv, 4);
    assert_memory_equal(e.sizes, ((int[]){ 1, 3, 2, 4 }), 4 * sizeof(int));
    assert_sent(peer, "abcdefghij");
    gale__sim_clear_sent(peer);
    gale__sim_end(peer);
    assert_int_equal(gale__sim_run(loop), 0);
    assert_int_equal(e.end, 1);
    assert_true(gale__sim_is_closed(peer));
    gale__sim_peer_free(peer);
    gale_ioloop_free(loop);
    assert_int_equal(e.closed, 1);
}

static void test_a_peer_that_takes_little(void **state)
{
    struct echo e;

    (void)state;
    start();
    struct gale__sim_peer *peer = new_pair(&e);

    gale__sim_window(peer, 3);
    assert_int_equal(gale__sim_push(peer, "abcdef", 6), 0);
    assert_int_equal(gale__sim_run(loop), 0);
    assert_sent(peer, "abc");
    gale__sim_window(peer, 1);
    assert_int_equal(gale__sim_run(loop), 0);
    assert_sent(peer, "abcd");
    gale__sim_window(peer, -1);
    assert_int_equal(gale__sim_run(loop), 0);
    assert_sent(peer, "abcdef");
    gale__io_close(&e.io);
    gale__sim_peer_free(peer);
    gale_ioloop_free(loop);
}

static void test_reset_and_failing_calls(void **state)
{
    struct echo e[4];
    struct gale__sim_peer *peer[4];

    (void)state;
    start();
    for (int i = 0; i < 4; i++)
        peer[i] = new_pair(&e[i]);
    assert_int_equal(gale__sim_push(peer[0], "lost", 4), 0);
    gale__sim_reset(peer[0]);
    gale__sim_fail(peer[1], GALE__SIM_RECV, EIO);
    gale__sim_fail(peer[2], GALE__SIM_SEND, ENOBUFS);
    assert_int_equal(gale__sim_push(peer[2], "x", 1), 0);
    gale__sim_peer_free(peer[3]);
    assert_int_equal(gale__sim_run(loop), 0);
    assert_int_equal(e[0].end, -ECONNRESET);
    assert_int_equal(e[0].received, 0);
    assert_int_equal(e[1].end, -EIO);
    assert_true(e[2].gone);
    assert_int_equal(e[3].end, 1);
    for (int i = 0; i < 4; i++)
        assert_int_equal(e[i].closed, 1);
    for (int i = 0; i < 3; i++)
        gale__sim_peer_free(peer[i]);
    gale_ioloop_free(loop);
}

static void test_connect(void **state)
{
    struct echo a, b;

    (void)state;
    start();
    struct gale__sim_peer *good = new_pair(&a), *bad = new_pair(&b);

    gale__sim_fail(bad, GALE__SIM_CONNECT, ECONNREFUSED);
    assert_int_equal(gale__io_connect(&a.io, NULL, 0), 0);
    assert_int_equal(gale__io_connect(&b.io, NULL, 0), 0);
    assert_false(a.connected);
    assert_int_equal(gale__sim_run(loop), 0);
    assert_true(a.connected);
    assert_true(b.gone);
    gale__io_close(&a.io);
    gale__sim_peer_free(good);
    gale__sim_peer_free(bad);
    gale_ioloop_free(loop);
}

/* --- many connections --- */

struct acceptor {
    struct gale__io io;
    int n, error;
    struct echo *echoes;
};

static void on_accept(struct gale__io *io, int fd)
{
    struct acceptor *a = GALE_CONTAINER_OF(io, struct acceptor, io);

    if (fd < 0)
        a->error = fd;
    else
        open_echo(&a->echoes[a->n++], fd);
}

static const struct gale__io_ops acceptor_ops = { .on_accept = on_accept };

enum { ROUNDS = 500, EACH = 4 };

static void one_round(int listener, struct acceptor *a)
{
    struct gale__sim_peer *peers[EACH];

    a->n = 0;
    for (int i = 0; i < EACH; i++) {
        peers[i] = gale__sim_connect(loop, listener);
        assert_non_null(peers[i]);
        assert_int_equal(gale__sim_push(peers[i], "ping", 4), 0);
    }
    assert_int_equal(gale__sim_run(loop), 0);
    assert_int_equal(a->n, EACH);
    for (int i = 0; i < EACH; i++) {
        assert_sent(peers[i], "ping");
        gale__sim_peer_free(peers[i]);
    }
    assert_int_equal(gale__sim_run(loop), 0);
}

static void test_thousands_of_connections(void **state)
{
    struct acceptor a = { .echoes = calloc(EACH, sizeof(struct echo)) };

    (void)state;
    start();
    int listener = gale__sim_listener(loop);

    assert_true(listener >= GALE__SIM_FIRST_FD);
    assert_int_equal(gale__io_open(&a.io, loop, listener, &acceptor_ops), 0);
    assert_int_equal(gale__io_accept_start(&a.io), 0);
    for (int i = 0; i < ROUNDS; i++)
        one_round(listener, &a);
    assert_int_equal(n_echoes_closed, ROUNDS * EACH);
    gale__sim_fail_accept(loop, listener, EMFILE);
    assert_int_equal(gale__sim_run(loop), 0);
    assert_int_equal(a.error, -EMFILE);
    /* One is never accepted, one is accepted by nobody's io: freed all the same. */
    gale__io_accept_stop(&a.io);
    struct gale__sim_peer *waiting = gale__sim_connect(loop, listener);

    gale__io_close(&a.io);
    assert_int_equal(gale__sim_run(loop), 0);
    gale__sim_peer_free(waiting);
    gale_ioloop_free(loop);
    free(a.echoes);
}

/* --- the clock --- */

static void note_time(void *arg)
{
    *(double *)arg = gale_ioloop_time(loop);
}

static void test_the_clock_jumps(void **state)
{
    double at[2] = { 0 };

    (void)state;
    start();
    double begin = gale_ioloop_time(loop);

    gale_ioloop_call_later(loop, 3600, note_time, &at[0]);
    gale_ioloop_call_later(loop, 7200, note_time, &at[1]);
    assert_int_equal(gale__sim_run(loop), 0);
    assert_true(at[0] == 0);
    assert_int_equal(gale__sim_advance(loop, 3601), 0);
    assert_true(at[0] - begin > 3599.9 && at[0] - begin < 3600.1);
    assert_true(at[1] == 0);
    gale_ioloop_call_later(loop, 86400, stop_loop, loop);
    run_loop(loop);
    assert_true(at[1] - begin > 7199.9 && at[1] - begin < 7200.1);
    gale_ioloop_free(loop);
}

/* --- the end --- */

static void test_shutdown_ends_our_side_only(void **state)
{
    struct echo e;

    (void)state;
    start();
    struct gale__sim_peer *peer = new_pair(&e);

    assert_int_equal(gale__sim_push(peer, "x", 1), 0);
    assert_int_equal(gale__sim_run(loop), 0);
    assert_false(gale__sim_is_shut(peer));
    gale__io_shutdown(&e.io);
    assert_true(gale__sim_is_shut(peer));
    assert_int_equal(gale__sim_sent(peer).len, 1);
    /* Still receives, but its answer has nowhere to go. */
    assert_int_equal(gale__sim_push(peer, "y", 1), 0);
    assert_int_equal(gale__sim_run(loop), 0);
    assert_int_equal(e.received, 2);
    assert_true(e.gone);
    gale__sim_peer_free(peer);
    gale_ioloop_free(loop);
}

static int fail_poll(gale_ioloop *l, int64_t timeout)
{
    (void)l;
    (void)timeout;
    return -EIO;
}

static void test_free_tells_the_owners_though_the_backend_fails(void **state)
{
    struct gale__backend failing;
    struct echo e;

    (void)state;
    start();
    struct gale__sim_peer *peer = new_pair(&e);

    e.received = sizeof("still there");
    memcpy(e.data, "still there", e.received);
    echo_push(&e);
    gale__io_close(&e.io);
    failing = *loop->backend;
    failing.poll = fail_poll;
    loop->backend = &failing;
    gale__sim_peer_free(peer);
    gale_ioloop_free(loop);
    assert_int_equal(e.closed, 1);
}

static int run_group(const struct CMUnitTest *tests, size_t n, const char *name, bool queue)
{
    queued = queue;
    return _cmocka_run_group_tests(name, tests, n, NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scripted_short_receives),
        cmocka_unit_test(test_a_peer_that_takes_little),
        cmocka_unit_test(test_reset_and_failing_calls),
        cmocka_unit_test(test_connect),
        cmocka_unit_test(test_thousands_of_connections),
        cmocka_unit_test(test_the_clock_jumps),
        cmocka_unit_test(test_shutdown_ends_our_side_only),
        cmocka_unit_test(test_free_tells_the_owners_though_the_backend_fails),
    };
    size_t n = sizeof(tests) / sizeof(tests[0]);

    return run_group(tests, n, "sends at once", false) + run_group(tests, n, "queues sends", true);
}

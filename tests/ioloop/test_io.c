/* test_io.c - streams of bytes over sockets and pipes, in the shape of completions. */
/* SPDX-License-Identifier: MIT */
#include "loop_test.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "ioloop/io.h"

const char *test_backend;

/* An io that writes down what it is told, and sends what it is given. */
struct end {
    struct gale__io io;
    size_t received;
    unsigned char sum;      /* of the bytes received */
    int eof, error, closed; /* times told */
    int last_error;
    size_t stop_at; /* bytes received after which the loop stops */
    const char *out;
    size_t out_len, sent;
    int connected, send_error;
    bool stop_when_sent, close_on_recv, stop_on_end;
    void (*on_data)(struct end *e);
};

static gale_ioloop *loop;

static struct end *end_of(struct gale__io *io)
{
    return GALE_CONTAINER_OF(io, struct end, io);
}

static void push(struct end *e)
{
    while (e->sent < e->out_len) {
        struct iovec iov = { (void *)(uintptr_t)(e->out + e->sent), e->out_len - e->sent };
        ssize_t n = gale__io_sendv(&e->io, &iov, 1);

        if (n < 0) {
            e->send_error = (int)n;
            gale_ioloop_stop(loop);
        }
        if (n <= 0)
            return;
        e->sent += (size_t)n;
    }
    if (e->stop_when_sent)
        gale_ioloop_stop(loop);
}

static void on_send(struct gale__io *io, ssize_t n)
{
    struct end *e = end_of(io);

    assert_false(io->closing);
    if (n < 0) {
        e->send_error = (int)n;
        gale_ioloop_stop(loop);
        return;
    }
    e->connected = 1;
    e->sent += (size_t)n;
    push(e);
}

static void on_recv(struct gale__io *io, char *data, ssize_t n)
{
    struct end *e = end_of(io);

    assert_false(io->closing);
    if (n <= 0) {
        e->eof += n == 0;
        e->error += n < 0;
        e->last_error = (int)n;
        if (e->stop_on_end)
            gale_ioloop_stop(loop);
        return;
    }
    for (ssize_t i = 0; i < n; i++)
        e->sum = (unsigned char)(e->sum * 31 + (unsigned char)data[i]);
    e->received += (size_t)n;
    if (e->on_data)
        e->on_data(e);
    if (e->close_on_recv)
        gale__io_close(io);
    if (e->stop_at && e->received >= e->stop_at)
        gale_ioloop_stop(loop);
}

static void on_closed(struct gale__io *io)
{
    end_of(io)->closed++;
}

static const struct gale__io_ops end_ops = { .on_recv = on_recv,
                                             .on_send = on_send,
                                             .on_closed = on_closed };

static void open_end(struct end *e, int fd)
{
    *e = (struct end){ 0 };
    assert_int_equal(gale__io_open(&e->io, loop, fd, &end_ops), 0);
}

static void open_pair(struct end *a, struct end *b)
{
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    open_end(a, fds[0]);
    open_end(b, fds[1]);
}

static void send_text(struct end *e, const char *text)
{
    e->out = text;
    e->out_len = strlen(text);
    e->sent = 0;
    push(e);
}

static void close_and_free(struct end *a, struct end *b)
{
    if (a)
        gale__io_close(&a->io);
    if (b)
        gale__io_close(&b->io);
    gale_ioloop_free(loop);
    assert_true(!a || a->closed == 1);
    assert_true(!b || b->closed == 1);
}

static int tcp_listener(struct sockaddr_in *addr)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    socklen_t len = sizeof(*addr);

    *addr = (struct sockaddr_in){ .sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    assert_int_equal(bind(fd, (struct sockaddr *)addr, sizeof(*addr)), 0);
    assert_int_equal(listen(fd, 64), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)addr, &len), 0);
    return fd;
}

/* --- listening --- */

struct listener {
    struct gale__io io;
    int n, expected, error, closed;
    bool stop_on_error;
    struct end *ends; /* opened for each, receiving */
    int fds[16];
};

static void on_accept(struct gale__io *io, int fd)
{
    struct listener *l = GALE_CONTAINER_OF(io, struct listener, io);

    if (fd < 0) {
        l->error = fd;
        if (l->stop_on_error) {
            gale__io_accept_stop(io);
            gale_ioloop_stop(loop);
        }
        return;
    }
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    l->fds[l->n] = fd;
    if (l->ends) {
        open_end(&l->ends[l->n], fd);
        assert_int_equal(gale__io_recv_start(&l->ends[l->n].io), 0);
    }
    if (++l->n == l->expected)
        gale_ioloop_stop(loop);
}

static void listener_closed(struct gale__io *io)
{
    GALE_CONTAINER_OF(io, struct listener, io)->closed++;
}

static const struct gale__io_ops listener_ops = { .on_accept = on_accept,
                                                  .on_closed = listener_closed };

static void start_listener(struct listener *l, int fd)
{
    *l = (struct listener){ 0 };
    assert_int_equal(gale__io_open(&l->io, loop, fd, &listener_ops), 0);
    assert_int_equal(gale__io_accept_start(&l->io), 0);
}

static void connect_to(struct end *e, const struct sockaddr_in *addr)
{
    open_end(e, socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    assert_int_equal(gale__io_connect(&e->io, (const struct sockaddr *)addr, sizeof(*addr)), 0);
    assert_int_equal(e->connected, 0);
}

static void test_connect_accept_echo(void **state)
{
    struct sockaddr_in addr;
    struct listener l;
    struct end clients[5], served[5];

    (void)state;
    loop = new_loop();
    start_listener(&l, tcp_listener(&addr));
    l.ends = served;
    l.expected = 5;
    for (int i = 0; i < 5; i++) {
        connect_to(&clients[i], &addr);
        clients[i].out = "hello";
        clients[i].out_len = 5;
    }
    run_loop(loop);
    served[4].stop_at = 5;
    if (served[4].received < 5)
        run_loop(loop);
    assert_int_equal(served[4].received, 5);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(clients[i].connected, 1);
        gale__io_close(&clients[i].io);
        gale__io_close(&served[i].io);
    }
    gale__io_close(&l.io);
    gale_ioloop_free(loop);
    assert_int_equal(l.closed, 1);
    assert_int_equal(served[4].closed, 1);
}

static void test_connection_refused(void **state)
{
    struct sockaddr_in addr;
    struct end e;
    int fd = tcp_listener(&addr);

    (void)state;
    close(fd);
    loop = new_loop();
    open_end(&e, socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    int r = gale__io_connect(&e.io, (struct sockaddr *)&addr, sizeof(addr));

    if (r == 0) {
        run_loop(loop);
        r = e.send_error;
    }
    assert_int_equal(r, -ECONNREFUSED);
    close_and_free(&e, NULL);
}

static void test_accept_stop_and_start(void **state)
{
    struct sockaddr_in addr;
    struct listener l;
    struct end a, b;

    (void)state;
    loop = new_loop();
    start_listener(&l, tcp_listener(&addr));
    gale_ioloop_call_later(loop, 0, stop_loop, loop);
    run_loop(loop);
    gale__io_accept_stop(&l.io);
    gale_ioloop_call_later(loop, 0.002, stop_loop, loop);
    run_loop(loop);
    connect_to(&a, &addr);
    connect_to(&b, &addr);
    gale_ioloop_call_later(loop, 0.005, stop_loop, loop);
    run_loop(loop);
    assert_int_equal(l.n, 0);
    l.expected = 2;
    assert_int_equal(gale__io_accept_start(&l.io), 0);
    assert_int_equal(gale__io_accept_start(&l.io), 0);
    run_loop(loop);
    assert_int_equal(l.n, 2);
    close(l.fds[0]);
    close(l.fds[1]);
    gale__io_close(&l.io);
    close_and_free(&a, &b);
}

/* Out of descriptors: the owner is told, stops, and starts again when there are some. */
static void test_out_of_descriptors(void **state)
{
    struct sockaddr_in addr;
    struct listener l;
    struct rlimit old, low;
    struct end e;

    (void)state;
    loop = new_loop();
    start_listener(&l, tcp_listener(&addr));
    l.stop_on_error = true;
    connect_to(&e, &addr);
    getrlimit(RLIMIT_NOFILE, &old);
    low = old;
    low.rlim_cur = 3;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    run_loop(loop);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    assert_int_equal(l.error, -EMFILE);
    assert_int_equal(l.n, 0);
    l.expected = 1;
    assert_int_equal(gale__io_accept_start(&l.io), 0);
    run_loop(loop);
    close(l.fds[0]);
    gale__io_close(&l.io);
    close_and_free(&e, NULL);
}

/* --- transfer --- */

enum { BIG = 6 * 1024 * 1024 };

static unsigned char sum_of(const char *data, size_t len)
{
    unsigned char sum = 0;

    for (size_t i = 0; i < len; i++)
        sum = (unsigned char)(sum * 31 + (unsigned char)data[i]);
    return sum;
}

static char *pattern(void)
{
    char *data = malloc(BIG);
    unsigned seed = 7;

    assert_non_null(data);
    for (size_t i = 0; i < BIG; i++) {
        seed = seed * 1664525 + 1013904223;
        data[i] = (char)(seed >> 24);
    }
    return data;
}

static void transfer(struct end *from, struct end *to)
{
    char *data = pattern();

    assert_int_equal(gale__io_recv_start(&to->io), 0);
    to->stop_at = BIG;
    from->out = data;
    from->out_len = BIG;
    push(from);
    run_loop(loop);
    assert_int_equal(to->received, BIG);
    assert_int_equal(to->sum, sum_of(data, BIG));
    assert_int_equal(from->send_error, 0);
    free(data);
}

static void test_megabytes_through_a_small_buffer(void **state)
{
    struct end a, b;
    int small = 4096;

    (void)state;
    loop = new_loop();
    open_pair(&a, &b);
    setsockopt(a.io.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
    transfer(&a, &b);
    close_and_free(&a, &b);
}

static void test_megabytes_over_tcp(void **state)
{
    struct sockaddr_in addr;
    struct listener l;
    struct end a, b;
    int small = 8192;

    (void)state;
    loop = new_loop();
    start_listener(&l, tcp_listener(&addr));
    l.expected = 1;
    connect_to(&a, &addr);
    setsockopt(a.io.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
    run_loop(loop);
    open_end(&b, l.fds[0]);
    if (!a.connected) {
        gale_ioloop_call_later(loop, 0.002, stop_loop, loop);
        run_loop(loop);
    }
    transfer(&a, &b);
    gale__io_close(&l.io);
    close_and_free(&a, &b);
}

static void test_megabytes_through_a_pipe(void **state)
{
    struct end a, b;
    int fds[2];

    (void)state;
    loop = new_loop();
    assert_int_equal(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
    open_end(&a, fds[1]);
    open_end(&b, fds[0]);
    transfer(&a, &b);
    gale__io_close(&a.io);
    b.stop_on_end = true;
    run_loop(loop);
    assert_int_equal(b.eof, 1);
    close_and_free(NULL, &b);
}

static void test_many_small_pieces(void **state)
{
    struct end a, b;
    struct iovec iov[3] = { { (void *)"ab", 2 }, { (void *)"cde", 3 }, { (void *)"f", 1 } };
    ssize_t n;

    (void)state;
    loop = new_loop();
    open_pair(&a, &b);
    assert_int_equal(gale__io_recv_start(&b.io), 0);
    n = gale__io_sendv(&a.io, iov, 3);
    if (gale__ioloop_sends_at_once(loop)) {
        assert_int_equal(n, 6);
        b.stop_at = 6;
    } else {
        assert_int_equal(n, 0);
        b.stop_at = 2;
    }
    run_loop(loop);
    assert_int_equal(b.received, b.stop_at);
    close_and_free(&a, &b);
}

/* Where sends are queued, one that is not: never past one that is. */
static void test_send_now(void **state)
{
    struct end a, b;
    struct iovec iov = { (void *)"abcde", 5 };

    (void)state;
    loop = new_loop();
    open_pair(&a, &b);
    if (!gale__ioloop_sends_at_once(loop)) {
        while (gale__io_send_now(&a.io, &iov, 1) > 0)
            a.sent++;
        assert_int_equal(a.sent ? gale__io_sendv(&a.io, &iov, 1) : -1, 0);
    }
    assert_int_equal(gale__io_send_now(&a.io, &iov, 1), 0);
    close_and_free(&a, &b);
}

/* --- ends --- */

/* --- one peer does not hold the turn --- */

enum { FLOOD_ENDS = 64 * 1024 * 1024 };

static int flooder; /* the other end of the flooded one */

/* As fast as the receiver takes it, so that its descriptor is never empty. */
static void flood(struct end *e)
{
    static const char zeros[64 * 1024];

    if (e->received >= FLOOD_ENDS)
        return;
    while (write(flooder, zeros, sizeof(zeros)) > 0)
        ;
}

static void end_of_turn(void *arg)
{
    struct end *e = arg;

    e->on_data = NULL;
    gale_ioloop_stop(loop);
}

static void start_flood(struct end *e)
{
    assert_int_equal(gale_ioloop_add_callback(loop, end_of_turn, e), 0);
    e->on_data = flood;
    flood(e);
}

static void test_a_flooding_peer_does_not_hold_the_turn(void **state)
{
    const int room = 512 * 1024; /* or what the system allows: three receives' worth */
    struct end e;
    int fds[2];

    (void)state;
    loop = new_loop();
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    flooder = fds[0];
    assert_int_equal(setsockopt(flooder, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)), 0);
    open_end(&e, fds[1]);
    e.on_data = start_flood;
    assert_int_equal(gale__io_recv_start(&e.io), 0);
    flood(&e);
    run_loop(loop);
    assert_in_range(e.received, 1, 8 * 1024 * 1024);
    close(flooder);
    close_and_free(&e, NULL);
}

static void test_half_close(void **state)
{
    struct end a, b;

    (void)state;
    loop = new_loop();
    open_pair(&a, &b);
    assert_int_equal(gale__io_recv_start(&a.io), 0);
    assert_int_equal(gale__io_recv_start(&b.io), 0);
    b.stop_at = 4;
    send_text(&a, "last");
    run_loop(loop);
    gale__io_shutdown(&a.io);
    b.stop_on_end = true;
    run_loop(loop);
    assert_int_equal(b.received, 4);
    assert_int_equal(b.eof, 1);
    /* The other direction still works. */
    a.stop_at = 6;
    send_text(&b, "answer");
    run_loop(loop);
    assert_int_equal(a.received, 6);
    assert_int_equal(b.eof, 1);
    assert_int_equal(a.eof, 0);
    close_and_free(&a, &b);
}

/* Bytes and the end of the stream arrive in one event. */
static void test_bytes_before_the_end_are_not_lost(void **state)
{
    struct end a;
    int fds[2];

    (void)state;
    loop = new_loop();
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    assert_int_equal(write(fds[1], "bye", 3), 3);
    close(fds[1]);
    open_end(&a, fds[0]);
    assert_int_equal(gale__io_recv_start(&a.io), 0);
    a.stop_on_end = true;
    run_loop(loop);
    assert_int_equal(a.received, 3);
    assert_int_equal(a.eof, 1);
    close_and_free(&a, NULL);
}

static void test_reset(void **state)
{
    struct sockaddr_in addr;
    struct listener l;
    struct end a, b;
    struct linger abort = { .l_onoff = 1 };

    (void)state;
    loop = new_loop();
    start_listener(&l, tcp_listener(&addr));
    l.expected = 1;
    connect_to(&a, &addr);
    run_loop(loop);
    open_end(&b, l.fds[0]);
    assert_int_equal(gale__io_recv_start(&b.io), 0);
    gale_ioloop_call_later(loop, 0.002, stop_loop, loop);
    run_loop(loop);
    setsockopt(a.io.fd, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
    gale__io_close(&a.io);
    b.stop_on_end = true;
    run_loop(loop);
    assert_int_equal(b.error, 1);
    assert_int_equal(b.last_error, -ECONNRESET);
    gale__io_close(&l.io);
    close_and_free(&b, NULL);
    assert_int_equal(a.closed, 1);
}

/* The default action of SIGPIPE would end this program. */
static void test_no_sigpipe(void **state)
{
    struct end a, p;
    int fds[2];

    (void)state;
    signal(SIGPIPE, SIG_DFL);
    loop = new_loop();
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    close(fds[1]);
    open_end(&a, fds[0]);
    send_text(&a, "x");
    run_loop(loop);
    assert_int_equal(a.send_error, -EPIPE);
    assert_int_equal(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
    close(fds[0]);
    open_end(&p, fds[1]);
    send_text(&p, "x");
    run_loop(loop);
    assert_int_equal(p.send_error, -EPIPE);
    close_and_free(&a, &p);
}

/* --- stopping and closing --- */

static void stop_receiving(struct end *e)
{
    gale__io_recv_stop(&e->io);
    gale_ioloop_stop(loop);
}

static void test_recv_stop_and_start(void **state)
{
    struct end a, b;

    (void)state;
    loop = new_loop();
    open_pair(&a, &b);
    b.on_data = stop_receiving;
    assert_int_equal(gale__io_recv_start(&b.io), 0);
    send_text(&a, "one");
    run_loop(loop);
    assert_int_equal(b.received, 3);
    /* Let the stop take effect everywhere, then send again: nothing may come. */
    gale_ioloop_call_later(loop, 0.002, stop_loop, loop);
    run_loop(loop);
    send_text(&a, "two!");
    gale_ioloop_call_later(loop, 0.005, stop_loop, loop);
    run_loop(loop);
    assert_int_equal(b.received, 3);
    b.on_data = NULL;
    b.stop_at = 7;
    assert_int_equal(gale__io_recv_start(&b.io), 0);
    assert_int_equal(b.received, 3); /* never from inside the call */
    run_loop(loop);
    assert_int_equal(b.received, 7);
    close_and_free(&a, &b);
}

static void restart_receiving(struct end *e)
{
    gale__io_recv_stop(&e->io);
    assert_int_equal(gale__io_recv_start(&e->io), 0);
}

static void test_stop_and_start_at_once_loses_nothing(void **state)
{
    struct end a, b;

    (void)state;
    loop = new_loop();
    open_pair(&a, &b);
    b.on_data = restart_receiving;
    transfer(&a, &b);
    close_and_free(&a, &b);
}

static void test_close_in_callback(void **state)
{
    struct end a, b;

    (void)state;
    loop = new_loop();
    open_pair(&a, &b);
    b.close_on_recv = true;
    assert_int_equal(gale__io_recv_start(&b.io), 0);
    assert_int_equal(gale__io_recv_start(&a.io), 0);
    a.stop_on_end = true;
    send_text(&a, "x");
    run_loop(loop);
    assert_int_equal(b.received, 1);
    assert_int_equal(b.closed, 1);
    assert_int_equal(a.eof, 1);
    assert_int_equal(gale__io_recv_start(&b.io), GALE_ECLOSED);
    close_and_free(&a, NULL);
}

static struct end ring[2];

static void close_other(struct end *e)
{
    gale__io_close(&ring[e == &ring[0]].io);
    gale_ioloop_stop(loop);
}

/* Both have bytes in the same batch; the first closes the second, which is not called. */
static void test_closed_by_another_of_the_same_batch(void **state)
{
    struct end a, b;

    (void)state;
    loop = new_loop();
    open_pair(&ring[0], &a);
    open_pair(&ring[1], &b);
    for (int i = 0; i < 2; i++) {
        ring[i].on_data = close_other;
        assert_int_equal(gale__io_recv_start(&ring[i].io), 0);
    }
    send_text(&a, "x");
    send_text(&b, "x");
    run_loop(loop);
    assert_int_equal(ring[0].received + ring[1].received, 1);
    for (int i = 0; i < 2; i++)
        gale__io_close(&ring[i].io);
    close_and_free(&a, &b);
    assert_int_equal(ring[0].closed + ring[1].closed, 2);
}

/* The memory of a send lent to the kernel comes back with on_closed at the latest. */
static void test_close_with_a_send_under_way(void **state)
{
    char *data = pattern();
    struct end a, b;

    (void)state;
    loop = new_loop();
    open_pair(&a, &b);
    a.out = data;
    a.out_len = BIG;
    push(&a);
    gale_ioloop_call_later(loop, 0.002, stop_loop, loop);
    run_loop(loop);
    assert_true(a.sent < BIG);
    close_and_free(&a, &b);
    free(data);
}

struct owned_end {
    struct end end;
    struct gale__ioloop_owned owned;
};

static void close_owned(struct gale__ioloop_owned *owned)
{
    gale__io_close(&GALE_CONTAINER_OF(owned, struct owned_end, owned)->end.io);
}

static void test_free_with_everything_open(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct sockaddr_in addr;
        struct owned_end ends[2] = { 0 }, listening = { 0 };

        loop = new_loop();
        open_pair(&ends[0].end, &ends[1].end);
        open_end(&listening.end, tcp_listener(&addr));
        assert_int_equal(gale__io_accept_start(&listening.end.io), 0);
        for (int k = 0; k < 2; k++) {
            gale__ioloop_own(loop, &ends[k].owned);
            ends[k].owned.close = close_owned;
            assert_int_equal(gale__io_recv_start(&ends[k].end.io), 0);
        }
        listening.owned.close = close_owned;
        gale__ioloop_own(loop, &listening.owned);
        if (i % 2) {
            gale_ioloop_call_later(loop, 0, stop_loop, loop);
            run_loop(loop);
        }
        gale_ioloop_free(loop);
        assert_int_equal(ends[0].end.closed, 1);
        assert_int_equal(ends[1].end.closed, 1);
        assert_int_equal(listening.end.closed, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_connect_accept_echo),
        cmocka_unit_test(test_connection_refused),
        cmocka_unit_test(test_accept_stop_and_start),
        cmocka_unit_test(test_out_of_descriptors),
        cmocka_unit_test(test_megabytes_through_a_small_buffer),
        cmocka_unit_test(test_megabytes_over_tcp),
        cmocka_unit_test(test_megabytes_through_a_pipe),
        cmocka_unit_test(test_many_small_pieces),
        cmocka_unit_test(test_send_now),
        cmocka_unit_test(test_a_flooding_peer_does_not_hold_the_turn),
        cmocka_unit_test(test_half_close),
        cmocka_unit_test(test_bytes_before_the_end_are_not_lost),
        cmocka_unit_test(test_reset),
        cmocka_unit_test(test_no_sigpipe),
        cmocka_unit_test(test_recv_stop_and_start),
        cmocka_unit_test(test_stop_and_start_at_once_loses_nothing),
        cmocka_unit_test(test_close_in_callback),
        cmocka_unit_test(test_closed_by_another_of_the_same_batch),
        cmocka_unit_test(test_close_with_a_send_under_way),
        cmocka_unit_test(test_free_with_everything_open),
    };

    return RUN_BACKENDS(tests, 0);
}

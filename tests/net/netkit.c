/* netkit.c - each test over each transport and each backend. See netkit.h. */
/* SPDX-License-Identifier: MIT */
#include "netkit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <liburing.h>

enum { TEST_SECONDS = 20, MAX_CASES = 512 };

struct one_case {
    const struct netkit_test *test;
    enum netkit_transport transport;
    const char *backend;
};

static bool kernel_has_io_uring(void)
{
    struct io_uring_params params = { 0 };
    int fd = (int)syscall(__NR_io_uring_setup, 4, &params);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

gale_ioloop *netkit_loop(const char *backend)
{
    gale_ioloop *loop = gale_ioloop_new(&(gale_ioloop_options){ .backend = backend });

    if (!loop && strcmp(backend, "io_uring") == 0 && !kernel_has_io_uring())
        return NULL;
    assert_non_null(loop);
    assert_string_equal(gale_ioloop_backend(loop), backend);
    gale_ioloop_make_current(loop);
    return loop;
}

static void tcp_pair(int fds[2])
{
    struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(addr);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(listener >= 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&addr, &len), 0);
    fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fds[0], (struct sockaddr *)&addr, sizeof(addr)), 0);
    fds[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    assert_true(fds[1] >= 0);
    close(listener);
}

void netkit_socketpair(enum netkit_transport transport, int fds[2])
{
    if (transport == NETKIT_TCP)
        tcp_pair(fds);
    else
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
}

static void make_streams(struct netkit *k, const gale_iostream_options *options)
{
    int fds[2];

    if (k->transport == NETKIT_NONE)
        return;
    if (k->transport == NETKIT_MEMORY) {
        netkit_ok(gale_iostream_pair(&k->a, &k->b, options), "pair");
        return;
    }
    netkit_socketpair(k->transport, fds);
    k->a = gale_iostream_new(&fds[0], options);
    k->b = gale_iostream_new(&fds[1], options);
    assert_non_null(k->a);
    assert_non_null(k->b);
    assert_int_equal(fds[0], -1);
}

struct run {
    const struct one_case *c;
    struct netkit kit;
};

static int in_coroutine(void *arg)
{
    struct run *run = arg;

    make_streams(&run->kit, &run->c->test->options);
    run->c->test->fn(&run->kit);
    gale_iostream_close(&run->kit.a);
    gale_iostream_close(&run->kit.b);
    return 0;
}

static void run_case(void **state)
{
    struct run run = { .c = *state };

    run.kit.transport = run.c->transport;
    run.kit.backend = run.c->backend;
    run.kit.loop = netkit_loop(run.c->backend);
    if (!run.kit.loop)
        skip();
    assert_int_equal(gale_ioloop_run_sync(run.kit.loop, in_coroutine, &run, TEST_SECONDS), 0);
    gale_ioloop_free(run.kit.loop);
}

static const char *transport_name(enum netkit_transport t)
{
    switch (t) {
    case NETKIT_MEMORY:
        return "memory, ";
    case NETKIT_TCP:
        return "tcp, ";
    case NETKIT_UNIX:
        return "unix, ";
    default:
        return "";
    }
}

int netkit_run(const char *group, const struct netkit_test *tests, size_t n_tests)
{
    static const char *const backends[] = { "epoll", "io_uring" };
    static struct one_case cases[MAX_CASES];
    static struct CMUnitTest units[MAX_CASES];
    static char names[MAX_CASES][96];
    size_t n = 0;
    int failed;

    alarm(120); /* a test that hangs is a failure */
    for (size_t i = 0; i < n_tests; i++)
        for (unsigned t = 1; t <= NETKIT_NONE; t <<= 1)
            for (size_t b = 0; b < 2 && tests[i].transports & t; b++, n++) {
                assert_true(n < MAX_CASES);
                cases[n] = (struct one_case){ &tests[i], t, backends[b] };
                snprintf(names[n], sizeof(names[n]), "%s [%s%s]", tests[i].name, transport_name(t),
                         backends[b]);
                units[n] = (struct CMUnitTest){ .name = names[n],
                                                .test_func = run_case,
                                                .initial_state = &cases[n] };
            }
    failed = _cmocka_run_group_tests(group, units, n, NULL, NULL);
    return failed != 0;
}

void netkit_ok(int r, const char *what)
{
    if (r < 0)
        print_error("%s: %s: %s\n", what, gale_errname(r), gale_strerror(r));
    assert_true(r >= 0);
}

void netkit_expect(gale_iostream *s, const char *text)
{
    gale_str got;

    netkit_ok(gale_iostream_read_bytes(s, strlen(text), false, &got), "read_bytes");
    assert_int_equal(got.len, strlen(text));
    assert_memory_equal(got.ptr, text, got.len);
}

void netkit_send(gale_iostream *s, const char *text)
{
    netkit_ok(gale_iostream_write(s, text, strlen(text)), "write");
    netkit_ok(gale_iostream_drain(s), "drain");
}

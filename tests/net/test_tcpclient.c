/* test_tcpclient.c - gale_tcp_connect: happy eyeballs, source addresses, time-outs, failures.
 *
 * Addresses come from a resolver of the test. One that never answers is a socket that listens
 * with a full queue: the kernel drops what comes.
 */
/* SPDX-License-Identifier: MIT */
#include "netkit.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gale/tcpclient.h>
#include <gale/tcpserver.h>

#include "base/clock.h"
#include "net/address.h"
#include "net/resolver.h"

enum { MAX_ADDRESSES = 8 };

struct table {
    gale_resolver base;
    gale_address addresses[MAX_ADDRESSES];
    int n, family; /* that was asked for */
};

static int from_table(gale_resolver *resolver, const struct gale__question *q, gale_address *out,
                      int max)
{
    struct table *t = (struct table *)resolver;

    t->family = q->family;
    memcpy(out, t->addresses, (size_t)t->n * sizeof(out[0]));
    return t->n;
}

static void add(struct table *t, int family, int fd)
{
    gale_address *a = &t->addresses[t->n++];

    netkit_ok(gale__address_local(a, fd), "address");
    assert_int_equal(gale__address_family(a), family);
    t->base.resolve = from_table;
}

static int bound(int family)
{
    const char *text = family == AF_INET ? "127.0.0.1:0" : "[::1]:0";
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    gale_address a;

    assert_true(fd >= 0);
    netkit_ok(gale_address_parse(&a, text), text);
    assert_int_equal(bind(fd, gale__address_sockaddr(&a), a.len), 0);
    return fd;
}

/* Nobody listens there, and nobody else can. */
static int refusing(int family)
{
    return bound(family);
}

static int listening(int family)
{
    int fd = bound(family);

    assert_int_equal(listen(fd, 16), 0);
    return fd;
}

/* Connections to it hang. fillers: two descriptors. */
static int black_hole(int family, int *fillers)
{
    int fd = bound(family);
    gale_address a;

    assert_int_equal(listen(fd, 0), 0);
    netkit_ok(gale__address_local(&a, fd), "address");
    for (int i = 0; i < 2; i++) {
        fillers[i] = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (connect(fillers[i], gale__address_sockaddr(&a), a.len) < 0)
            assert_int_equal(errno, EINPROGRESS);
    }
    return fd;
}

static void close_black_hole(int fd, int *fillers)
{
    close(fillers[0]);
    close(fillers[1]);
    close(fd);
}

static int n_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int n = 0;

    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

/* Closing is done by the loop. */
static void expect_descriptors(int n)
{
    for (int i = 0; i < 20 && n_descriptors() != n; i++)
        netkit_ok(gale_sleep(0.001), "sleep");
    assert_int_equal(n_descriptors(), n);
}

static bool has_ipv6(void)
{
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    gale_address a;
    bool there = fd >= 0 && gale_address_parse(&a, "[::1]:0") >= 0 &&
                 bind(fd, gale__address_sockaddr(&a), a.len) == 0;

    if (fd >= 0)
        close(fd);
    return there;
}

/* Connects and gives the family of the peer. */
static int connect_to(struct table *t, double stagger, double timeout, double *seconds)
{
    const gale_connect_options options = { .resolver = &t->base,
                                           .stagger = stagger,
                                           .timeout = timeout };
    int64_t begin = gale__clock_ns();
    gale_iostream *s = NULL;
    gale_address peer;
    int r = gale_tcp_connect(&s, "two.example", 80, &options);

    if (seconds)
        *seconds = (double)(gale__clock_ns() - begin) / 1e9;
    if (r < 0) {
        assert_null(s);
        return r;
    }
    netkit_ok(gale_iostream_peer(s, &peer), "peer");
    gale_iostream_close(&s);
    return gale__address_family(&peer);
}

static void the_first_address_that_works_is_taken(struct netkit *k)
{
    int good = listening(AF_INET), bad = refusing(AF_INET);
    struct table t = { .n = 0 };

    add(&t, AF_INET, bad);
    add(&t, AF_INET, bad);
    add(&t, AF_INET, good);
    assert_int_equal(connect_to(&t, 0, 0, NULL), AF_INET);
    close(good);
    close(bad);
}

static void all_refused_is_told_with_the_last_address(struct netkit *k)
{
    int one = refusing(AF_INET), two = refusing(AF_INET);
    struct table t = { .n = 0 };
    char text[128], expected[256];

    add(&t, AF_INET, one);
    add(&t, AF_INET, two);
    assert_int_equal(connect_to(&t, 0, 0, NULL), -ECONNREFUSED);
    gale_address_format(&t.addresses[1], text, sizeof(text));
    snprintf(expected, sizeof(expected), "cannot connect to %s: Connection refused", text);
    assert_string_equal(gale_strerror(-ECONNREFUSED), expected);
    close(one);
    close(two);
}

static void after_the_first_failure_the_other_family_starts_at_once(struct netkit *k)
{
    int bad = refusing(AF_INET), fillers[2], hole = black_hole(AF_INET, fillers);
    int good = listening(AF_INET6), before;
    struct table t = { .n = 0 };
    double seconds;

    add(&t, AF_INET, bad);
    add(&t, AF_INET, hole);
    add(&t, AF_INET6, good);
    before = n_descriptors();
    assert_int_equal(connect_to(&t, 30, 0, &seconds), AF_INET6);
    assert_true(seconds < 5);
    expect_descriptors(before); /* the attempt on the hole has gone */
    close_black_hole(hole, fillers);
    close(bad);
    close(good);
}

static void the_other_family_starts_after_a_moment(struct netkit *k)
{
    int fillers[2], hole = black_hole(AF_INET6, fillers), good = listening(AF_INET);
    struct table t = { .n = 0 };
    int before;
    double seconds;

    add(&t, AF_INET6, hole);
    add(&t, AF_INET, good);
    before = n_descriptors();
    assert_int_equal(connect_to(&t, 0.05, 0, &seconds), AF_INET);
    assert_true(seconds >= 0.05 && seconds < 5);
    expect_descriptors(before);
    close_black_hole(hole, fillers);
    close(good);
}

static void the_first_family_wins_within_the_moment(struct netkit *k)
{
    int six = listening(AF_INET6), four = listening(AF_INET);
    struct table t = { .n = 0 };

    add(&t, AF_INET, four);
    add(&t, AF_INET6, six);
    assert_int_equal(connect_to(&t, 0, 0, NULL), AF_INET);
    t.n = 0;
    add(&t, AF_INET6, six);
    add(&t, AF_INET, four);
    assert_int_equal(connect_to(&t, 0, 0, NULL), AF_INET6);
    close(six);
    close(four);
}

static void a_connection_that_comes_second_is_closed(struct netkit *k)
{
    int six = listening(AF_INET6), four = listening(AF_INET), before;
    struct table t = { .n = 0 };

    add(&t, AF_INET, four);
    add(&t, AF_INET6, six);
    before = n_descriptors();
    for (int i = 0; i < 10; i++)
        assert_true(connect_to(&t, 1e-9, 0, NULL) > 0);
    expect_descriptors(before);
    close(six);
    close(four);
}

static void the_other_family_s_next_address_is_tried(struct netkit *k)
{
    int fillers[2], hole = black_hole(AF_INET, fillers);
    int bad = refusing(AF_INET6), good = listening(AF_INET6);
    struct table t = { .n = 0 };

    add(&t, AF_INET, hole);
    add(&t, AF_INET6, bad);
    add(&t, AF_INET6, bad);
    add(&t, AF_INET6, good);
    assert_int_equal(connect_to(&t, 0.001, 0, NULL), AF_INET6);
    close_black_hole(hole, fillers);
    close(bad);
    close(good);
}

static void both_families_refused_is_the_last_failure(struct netkit *k)
{
    int four = refusing(AF_INET), six = refusing(AF_INET6);
    struct table t = { .n = 0 };

    add(&t, AF_INET, four);
    add(&t, AF_INET6, six);
    assert_int_equal(connect_to(&t, 0, 0, NULL), -ECONNREFUSED);
    assert_non_null(strstr(gale_strerror(-ECONNREFUSED), "cannot connect to "));
    close(four);
    close(six);
}

static void a_timeout_ends_all_attempts(struct netkit *k)
{
    int fillers[4], four = black_hole(AF_INET, fillers), six = black_hole(AF_INET6, fillers + 2);
    struct table t = { .n = 0 };
    double seconds;
    int before;

    add(&t, AF_INET, four);
    add(&t, AF_INET6, six);
    before = n_descriptors();
    assert_int_equal(connect_to(&t, 0.01, 0.05, &seconds), GALE_ETIMEDOUT);
    assert_true(seconds >= 0.05 && seconds < 5);
    assert_string_equal(gale_strerror(GALE_ETIMEDOUT),
                        "cannot connect to two.example: no connection in time");
    expect_descriptors(before);
    /* also before the other family has begun, and with one family */
    assert_int_equal(connect_to(&t, 30, 0.02, NULL), GALE_ETIMEDOUT);
    t.n = 1;
    assert_int_equal(connect_to(&t, 0, 0.02, NULL), GALE_ETIMEDOUT);
    expect_descriptors(before);
    close_black_hole(four, fillers);
    close_black_hole(six, fillers + 2);
}

static int connect_for_ever(void *arg)
{
    return connect_to(arg, 0.001, 0, NULL);
}

static void cancelling_ends_all_attempts(struct netkit *k)
{
    int fillers[4], four = black_hole(AF_INET, fillers), six = black_hole(AF_INET6, fillers + 2);
    struct table t = { .n = 0 };
    int before;

    add(&t, AF_INET, four);
    add(&t, AF_INET6, six);
    before = n_descriptors();
    for (int i = 0; i < 2; i++) {
        gale_future *f = gale_spawn(connect_for_ever, &t);

        assert_non_null(f);
        if (i)
            netkit_ok(gale_sleep(0.02), "sleep");
        gale_cancel(f);
        assert_int_equal(gale_join(&f), GALE_ECANCELED);
    }
    expect_descriptors(before);
    close_black_hole(four, fillers);
    close_black_hole(six, fillers + 2);
}

/* The peer as the server sees it. */
static int connect_from(int listener, const gale_connect_options *o, gale_address *peer)
{
    gale_address at;
    gale_iostream *s;
    int fd, r;

    netkit_ok(gale__address_local(&at, listener), "address");
    r = gale_tcp_connect(&s, gale__address_family(&at) == AF_INET ? "127.0.0.1" : "::1",
                         gale__address_port(&at), o);
    if (r < 0)
        return r;
    fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    assert_true(fd >= 0);
    netkit_ok(gale__address_peer(peer, fd), "peer");
    close(fd);
    gale_iostream_close(&s);
    return 0;
}

static void source_address_and_port(struct netkit *k)
{
    int listener = listening(AF_INET), reserved = refusing(AF_INET);
    gale_connect_options o = { .source_ip = "127.0.0.7" };
    gale_address peer, mine;
    char text[128];
    int port;

    netkit_ok(connect_from(listener, &o, &peer), "connect");
    gale_address_format(&peer, text, sizeof(text));
    assert_memory_equal(text, "127.0.0.7:", 10);
    /* one that is taken */
    netkit_ok(gale__address_local(&mine, reserved), "address");
    port = gale__address_port(&mine);
    o = (gale_connect_options){ .source_port = port };
    assert_int_equal(connect_from(listener, &o, &peer), -EADDRINUSE);
    snprintf(text, sizeof(text), "cannot connect from 127.0.0.1:%d: Address already in use", port);
    assert_string_equal(gale_strerror(-EADDRINUSE), text);
    close(reserved);
    /* and free again: without source_ip from the loopback */
    netkit_ok(connect_from(listener, &o, &peer), "connect");
    assert_int_equal(gale__address_port(&peer), port);
    close(listener);
}

static void a_source_address_of_one_family_asks_for_that_family(struct netkit *k)
{
    int listener = listening(AF_INET);
    struct table t = { .n = 0 };
    gale_connect_options o = { .source_ip = "127.0.0.1", .resolver = &t.base };
    gale_iostream *s;

    add(&t, AF_INET, listener);
    netkit_ok(gale_tcp_connect(&s, "two.example", 1, &o), "connect");
    assert_int_equal(t.family, AF_INET);
    gale_iostream_close(&s);
    o.family = AF_INET6;
    assert_int_equal(gale_tcp_connect(&s, "localhost", 1, &o), GALE_EINVAL);
    o.family = 0;
    o.source_ip = "nowhere";
    assert_int_equal(gale_tcp_connect(&s, "two.example", 1, &o), GALE_EINVAL);
    assert_string_equal(gale_strerror(GALE_EINVAL), "source_ip: 'nowhere' is no address");
    o = (gale_connect_options){ .source_ip = "::1" };
    assert_int_equal(gale_tcp_connect(&s, "127.0.0.1", 1, &o), GALE_ENOTFOUND);
    close(listener);
}

static void numeric_and_localhost_need_no_look_up(struct netkit *k)
{
    int fds[16], n = gale_bind_sockets(0, "localhost", NULL, fds, 16);
    gale_address a;
    gale_iostream *s;

    assert_true(n > 0);
    netkit_ok(gale__address_local(&a, fds[0]), "address");
    netkit_ok(gale_tcp_connect(&s, "localhost", gale__address_port(&a), NULL), "localhost");
    gale_iostream_close(&s);
    netkit_ok(gale_tcp_connect(&s, "LOCALHOST.", gale__address_port(&a), NULL), "LOCALHOST.");
    gale_iostream_close(&s);
    netkit_ok(gale_tcp_connect(&s, "127.0.0.1", gale__address_port(&a), NULL), "127.0.0.1");
    gale_iostream_close(&s);
    for (int i = 0; i < n; i++)
        close(fds[i]);
}

static void unix_sockets(struct netkit *k)
{
    char path[64];
    gale_iostream *s;
    int fd;

    snprintf(path, sizeof(path), "unix:@gale-tcpclient-%d", (int)getpid());
    fd = gale_bind_unix_socket(path + 5, 0, 8);
    netkit_ok(fd, "bind");
    netkit_ok(gale_tcp_connect(&s, path, 0, NULL), path);
    gale_iostream_close(&s);
    close(fd);
    assert_int_equal(gale_tcp_connect(&s, "unix:/nonexistent/socket", 0, NULL), -ENOENT);
    assert_string_equal(gale_strerror(-ENOENT),
                        "cannot connect to unix:/nonexistent/socket: No such file or directory");
}

static void bad_arguments_are_told(struct netkit *k)
{
    char name[400];
    gale_iostream *s;

    assert_int_equal(gale_tcp_connect(&s, "", 80, NULL), GALE_EINVAL);
    assert_int_equal(gale_tcp_connect(&s, "127.0.0.1", 65536, NULL), GALE_EINVAL);
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    assert_int_equal(gale_tcp_connect(&s, name, 80, NULL), GALE_EINVAL);
    assert_string_equal(gale_strerror(GALE_EINVAL), "the host's name is too long");
}

static void outside_of_a_coroutine(void *arg)
{
    gale_iostream *s;

    *(int *)arg = gale_tcp_connect(&s, "127.0.0.1", 1, NULL);
}

static void needs_a_coroutine(struct netkit *k)
{
    int r = 1;

    netkit_ok(gale_ioloop_add_callback(k->loop, outside_of_a_coroutine, &r), "callback");
    netkit_ok(gale_sleep(0.001), "sleep");
    assert_int_equal(r, GALE_ENOTCOROUTINE);
}

#define NO_PAIR(fn)                                                                                \
    {                                                                                              \
#fn, fn, NETKIT_NONE                                                                       \
    }

int main(void)
{
    const struct netkit_test tests[] = {
        NO_PAIR(the_first_address_that_works_is_taken),
        NO_PAIR(all_refused_is_told_with_the_last_address),
        NO_PAIR(source_address_and_port),
        NO_PAIR(a_source_address_of_one_family_asks_for_that_family),
        NO_PAIR(numeric_and_localhost_need_no_look_up),
        NO_PAIR(unix_sockets),
        NO_PAIR(bad_arguments_are_told),
        NO_PAIR(needs_a_coroutine),
        /* these need ::1 */
        NO_PAIR(after_the_first_failure_the_other_family_starts_at_once),
        NO_PAIR(the_other_family_starts_after_a_moment),
        NO_PAIR(the_first_family_wins_within_the_moment),
        NO_PAIR(a_connection_that_comes_second_is_closed),
        NO_PAIR(the_other_family_s_next_address_is_tried),
        NO_PAIR(both_families_refused_is_the_last_failure),
        NO_PAIR(a_timeout_ends_all_attempts),
        NO_PAIR(cancelling_ends_all_attempts),
    };
    size_t n = sizeof(tests) / sizeof(tests[0]);

    if (!has_ipv6()) {
        print_message("no IPv6 loopback: the tests of two families are left out\n");
        n -= 8;
    }
    return netkit_run("tcpclient", tests, n);
}

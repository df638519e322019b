/* test_steady.c - requests on connections that are up ask the heap for nothing.
 *
 * The peer is this very thread with plain sockets, which steps the loop, so that whatever
 * is allocated is the server's. Counted are gale's own calls, and every malloc that this
 * program's objects make.
 */
/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <gale/gen.h>
#include <gale/ioloop.h>
#include <gale/log.h>
#include <gale/web.h>

#include "base/alloc.h"
#include "faults.h"

enum {
    N_PEERS = 8,
    N_WARM = 300,
    N_STEADY = 1000,
    DEPTH = 16,      /* of pipelined requests */
    MAX_STEPS = 5000 /* for one answer */
};

static int hello(gale_handler *self)
{
    return gale_write(self, "Hello, world");
}

static int add(gale_handler *self)
{
    int a;
    int r = gale_get_int(self, "a", &a);

    return r < 0 ? r : gale_printf(self, "%s %d", gale_path_argument(self, 0), a + 1);
}

static int echo(gale_handler *self)
{
    gale_str body = gale_handler_request(self)->body;

    return gale_write_bytes(self, body.ptr, body.len);
}

static int wait_a_little(gale_handler *self)
{
    int r = gale_yield();

    if (r >= 0)
        r = gale_sleep(0.0001);
    return r < 0 ? r : gale_write(self, "waited");
}

static const gale_handler_class hello_handler = { .get = hello };
static const gale_handler_class add_handler = { .get = add };
static const gale_handler_class echo_handler = { .post = echo };
static const gale_handler_class wait_handler = { .get = wait_a_little };

static const gale_route routes[] = {
    { .url = "/", .handler = &hello_handler },
    { .url = "/add/([a-z]+)", .handler = &add_handler },
    { .url = "/echo", .handler = &echo_handler },
    { .url = "/wait", .handler = &wait_handler },
    { 0 },
};

struct site {
    gale_ioloop *loop;
    gale_app *app;
    int peers[N_PEERS];
};

static size_t n_lines;

static void count_line(void *arg, const gale_log_record *record)
{
    (void)arg;
    (void)record;
    n_lines++;
}

static int connect_to(int port)
{
    struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
    return fd;
}

static void set_up(struct site *site, const char *backend)
{
    int port;

    site->loop = gale_ioloop_new(&(gale_ioloop_options){ .backend = backend });
    if (!site->loop)
        skip(); /* the kernel refuses io_uring */
    gale_ioloop_make_current(site->loop);
    site->app = gale_app_new(routes, NULL);
    assert_non_null(site->app);
    port = gale_app_listen(site->app, 0, "127.0.0.1");
    assert_true(port > 0);
    for (int i = 0; i < N_PEERS; i++)
        site->peers[i] = connect_to(port);
}

static void tear_down(struct site *site)
{
    for (int i = 0; i < N_PEERS; i++)
        close(site->peers[i]);
    gale_app_free(site->app);
    gale_ioloop_free(site->loop);
}

/* Steps the loop until the peer has n answers that end so. */
static void expect_answers(struct site *site, int fd, const char *end, int n)
{
    static char got[64 * 1024];
    size_t len = 0, last = strlen(end);

    for (int i = 0; i < MAX_STEPS && n > 0; i++) {
        struct pollfd fds[] = { { gale_ioloop_fd(site->loop), POLLIN, 0 }, { fd, POLLIN, 0 } };
        ssize_t k;

        assert_int_equal(gale_ioloop_step(site->loop), 0);
        k = recv(fd, got + len, sizeof(got) - len, MSG_DONTWAIT);
        if (k < 0 && gale_ioloop_next_deadline(site->loop) != 0)
            poll(fds, 2, 1);
        len += k > 0 ? (size_t)k : 0;
        for (char *p = got; n > 0 && (p = memmem(p, len - (size_t)(p - got), end, last)); n--) {
            memmove(got, p + last, len -= (size_t)(p + last - got));
            p = got;
        }
    }
    assert_int_equal(n, 0);
    assert_int_equal(len, 0);
}

struct kind {
    const char *request, *end;
};

static const struct kind kinds[] = {
    { "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\r\n\r\nHello, world" },
    { "GET /add/more?a=41 HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n", "\r\n\r\nmore 42" },
    { "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde", "\r\n\r\nabcde" },
    { "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "Content-Length: 0\r\n\r\n" },
    { "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n", "\r\n\r\nwaited" },
    { "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n", "</html>" },
};

static void request(struct site *site, int fd, const struct kind *kind, int n)
{
    static char text[8192];
    size_t one = strlen(kind->request);

    assert_true(one * (size_t)n <= sizeof(text));
    for (int i = 0; i < n; i++)
        memcpy(text + one * (size_t)i, kind->request, one);
    assert_int_equal(send(fd, text, one * (size_t)n, MSG_NOSIGNAL), one * (size_t)n);
    expect_answers(site, fd, kind->end, n);
}

/* So many requests of a kind, one by one and in batches, over all connections. */
static void request_many(struct site *site, const struct kind *kind, int n)
{
    for (int done = 0, i = 0; done < n; i++) {
        int depth = i % 4 == 3 ? DEPTH : 1;

        request(site, site->peers[i % N_PEERS], kind, depth);
        done += depth;
    }
}

static void nothing_is_allocated(const char *backend)
{
    struct site site;

    faults_arm(FAULTS_MEMORY, -1);
    set_up(&site, backend);
    assert_true(gale__alloc_count() > 0 && faults_count() > 0); /* that they count */
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        unsigned long before;
        size_t lines;

        request_many(&site, &kinds[i], N_WARM);
        before = gale__alloc_count();
        lines = n_lines;
        faults_arm(FAULTS_MEMORY, -1);
        request_many(&site, &kinds[i], N_STEADY);
        (void)faults_disarm();
        if (gale__alloc_count() != before || faults_count() != 0)
            fail_msg("%s: %lu allocations of gale, %ld in all: %s", backend,
                     gale__alloc_count() - before, faults_count(), kinds[i].request);
        assert_true(n_lines >= lines + N_STEADY);
    }
    tear_down(&site);
}

static void nothing_is_allocated_with_epoll(void **state)
{
    nothing_is_allocated("epoll");
}

static void nothing_is_allocated_with_io_uring(void **state)
{
    nothing_is_allocated("io_uring");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_allocated_with_epoll),
        cmocka_unit_test(nothing_is_allocated_with_io_uring),
    };

    alarm(60);
    gale_log_set_sink(count_line, NULL);
    return cmocka_run_group_tests_name("steady", tests, NULL, NULL) != 0;
}

/* test_faults.c - each allocation and each of some system calls failing once: no crash, no leak, no
 * hang.
 *
 * Linked with the heap functions of src/base/alloc.h and those calls wrapped.
 */
/* SPDX-License-Identifier: MIT */
#include "netkit.h"

#include <errno.h>
#include <dirent.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gale/log.h>
#include <gale/process.h>
#include <gale/tcpclient.h>
#include <gale/tcpserver.h>

void *__real_gale__malloc(size_t size);
void *__real_gale__calloc(size_t n, size_t size);
void *__real_gale__realloc(void *p, size_t size);
void *__wrap_gale__malloc(size_t size);
void *__wrap_gale__calloc(size_t n, size_t size);
void *__wrap_gale__realloc(void *p, size_t size);

/* Allocations until one fails; < 0: none does. */
static long countdown = -1;
static bool failed;

static bool fails_now(void)
{
    if (countdown < 0 || countdown-- > 0)
        return false;
    failed = true;
    return true;
}

void *__wrap_gale__malloc(size_t size)
{
    return fails_now() ? NULL : __real_gale__malloc(size);
}

void *__wrap_gale__calloc(size_t n, size_t size)
{
    return fails_now() ? NULL : __real_gale__calloc(n, size);
}

void *__wrap_gale__realloc(void *p, size_t size)
{
    return fails_now() ? NULL : __real_gale__realloc(p, size);
}

/* The same of system calls. */
static long calls = -1;
static int call_error;

static bool call_fails(void)
{
    if (calls < 0 || calls-- > 0)
        return false;
    failed = true;
    errno = call_error;
    return true;
}

typedef int clone_fn(void *arg);
int __real_pipe2(int fds[2], int flags);
int __real_clone(clone_fn *fn, void *stack, int flags, void *arg, int *pidfd);
int __real_open64(const char *path, int flags);
int __real_fcntl64(int fd, int command, long arg);
int __real_socket(int domain, int type, int protocol);
int __real_bind(int fd, const struct sockaddr *addr, socklen_t len);
ssize_t __real_recv(int fd, void *data, size_t n, int flags);
int __real_epoll_ctl(int epoll, int op, int fd, struct epoll_event *event);
int __wrap_pipe2(int fds[2], int flags);
int __wrap_clone(clone_fn *fn, void *stack, int flags, void *arg, int *pidfd);
int __wrap_open64(const char *path, int flags);
int __wrap_fcntl64(int fd, int command, long arg);
int __wrap_socket(int domain, int type, int protocol);
int __wrap_bind(int fd, const struct sockaddr *addr, socklen_t len);
ssize_t __wrap_recv(int fd, void *data, size_t n, int flags);
int __wrap_epoll_ctl(int epoll, int op, int fd, struct epoll_event *event);

int __wrap_pipe2(int fds[2], int flags)
{
    return call_fails() ? -1 : __real_pipe2(fds, flags);
}

int __wrap_clone(clone_fn *fn, void *stack, int flags, void *arg, int *pidfd)
{
    return call_fails() ? -1 : __real_clone(fn, stack, flags, arg, pidfd);
}

int __wrap_open64(const char *path, int flags)
{
    return call_fails() ? -1 : __real_open64(path, flags);
}

int __wrap_fcntl64(int fd, int command, long arg)
{
    return call_fails() ? -1 : __real_fcntl64(fd, command, arg);
}

int __wrap_socket(int domain, int type, int protocol)
{
    return call_fails() ? -1 : __real_socket(domain, type, protocol);
}

int __wrap_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
    return call_fails() ? -1 : __real_bind(fd, addr, len);
}

ssize_t __wrap_recv(int fd, void *data, size_t n, int flags)
{
    return call_fails() ? -1 : __real_recv(fd, data, n, flags);
}

int __wrap_epoll_ctl(int epoll, int op, int fd, struct epoll_event *event)
{
    if (op != EPOLL_CTL_DEL && call_fails())
        return -1;
    return __real_epoll_ctl(epoll, op, fd, event);
}

static int echo(gale_iostream *s, const gale_address *address, void *arg)
{
    gale_str got;
    int r = gale_iostream_read_until_regex(s, "[0-9]+\n", 0, &got);

    if (r >= 0)
        r = gale_iostream_write(s, got.ptr, got.len);
    return r;
}

static char large[300000];

static int write_large(void *arg)
{
    gale_iostream **s = arg;
    int r = gale_iostream_write(*s, large, sizeof(large));

    if (r < 0)
        gale_iostream_close(s); /* the reader waits for it */
    else
        gale_iostream_shutdown(*s);
    return r;
}

static int use_pair(void)
{
    gale_iostream *a, *b;
    gale_future *f;
    gale_str got;
    int r = gale_iostream_pair(&a, &b, NULL);

    if (r < 0)
        return r;
    f = gale_spawn(write_large, &a);
    r = f ? gale_iostream_read_bytes(b, 100000, false, &got) : -ENOMEM;
    if (r >= 0)
        r = gale_iostream_read_until_close(b, &got);
    gale_iostream_close(&b);
    if (f && gale_join(&f) < 0 && r >= 0)
        r = -EPIPE;
    gale_iostream_close(&a);
    return r;
}

static int ask_server(int port, const char *host, const gale_connect_options *options,
                      const char *text)
{
    gale_iostream *s;
    gale_str got;
    int r = gale_tcp_connect(&s, host, port, options);

    if (r < 0)
        return r;
    r = gale_iostream_write(s, text, strlen(text));
    if (r >= 0)
        r = gale_iostream_read_until(s, "\n", 0, &got);
    gale_iostream_close(&s);
    return r;
}

/* By a name of two families, through a table. */
static int use_names(int port)
{
    const gale_host_override table[] = { { .host = "here", .to_host = "localhost" }, { NULL } };
    gale_connect_options options = { .timeout = 5 };
    int r;

    options.resolver = gale_override_resolver_new(NULL, table);
    if (!options.resolver)
        return -ENOMEM;
    r = ask_server(port, "here", &options, "number 42\n");
    gale_resolver_free(options.resolver);
    return r;
}

static int use_server(void)
{
    static const gale_tcpserver_options proxied = { .proxy_protocol = GALE_ON };
    gale_tcpserver *server = gale_tcpserver_new(echo, NULL, NULL);
    int r = server ? gale_tcpserver_listen(server, 0, "127.0.0.1") : -ENOMEM, port = r;

    if (r >= 0)
        r = ask_server(port, "127.0.0.1", NULL, "number 42\n");
    if (r >= 0)
        r = use_names(port);
    gale_tcpserver_free(server);
    if (r < 0)
        return r;
    server = gale_tcpserver_new(echo, NULL, &proxied);
    r = server ? gale_tcpserver_listen(server, 0, "127.0.0.1") : -ENOMEM;
    if (r >= 0)
        r = ask_server(r, "127.0.0.1", NULL, "PROXY TCP4 192.0.2.1 192.0.2.2 3 4\r\nnumber 42\n");
    gale_tcpserver_free(server);
    return r;
}

static int use_child(void)
{
    static const char *const argv[] = { "cat", NULL };
    gale_subprocess_output got;
    int r = gale_subprocess_run(argv, (gale_str){ "meow", 4 }, 0, &got);

    return r < 0 ? r : got.status != 0 || got.out.len != 4 ? -EIO : 0;
}

static int scenario(void *arg)
{
    int r = use_server();

    if (r >= 0)
        r = use_pair();
    if (r >= 0)
        r = use_child();
    countdown = calls = -1;
    return r;
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

static int run_failing(const char *backend, long allocation, long call)
{
    int before = n_descriptors();
    gale_ioloop *loop = netkit_loop(backend);
    int r;

    failed = false;
    countdown = allocation;
    calls = call;
    r = gale_ioloop_run_sync(loop, scenario, NULL, 5);
    countdown = calls = -1;
    gale_ioloop_free(loop);
    assert_int_equal(n_descriptors(), before);
    return r;
}

static void each_fails_once(const char *backend, bool is_call)
{
    long nth = 0;
    int r;

    do {
        r = run_failing(backend, is_call ? -1 : nth, is_call ? nth : -1);
        if (r == GALE_ETIMEDOUT)
            print_error("hangs when %s %ld fails\n", is_call ? "call" : "allocation", nth);
        assert_int_not_equal(r, GALE_ETIMEDOUT);
        if (failed)
            nth++;
    } while (failed && nth < 2000);
    assert_int_equal(r, 0);
    assert_in_range(nth, 10, 1999);
}

static void each_allocation_fails_once(const char *backend)
{
    each_fails_once(backend, false);
}

static void each_call_fails_once(const char *backend)
{
    call_error = EMFILE;
    each_fails_once(backend, true);
    call_error = ENOMEM;
    each_fails_once(backend, true);
}

static void each_allocation_fails_once_with_epoll(void **state)
{
    each_allocation_fails_once("epoll");
}

static void each_allocation_fails_once_with_io_uring(void **state)
{
    gale_ioloop *loop = netkit_loop("io_uring");

    if (!loop)
        skip();
    gale_ioloop_free(loop);
    each_allocation_fails_once("io_uring");
}

static void each_call_fails_once_with_epoll(void **state)
{
    each_call_fails_once("epoll");
}

static void each_call_fails_once_with_io_uring(void **state)
{
    gale_ioloop *loop = netkit_loop("io_uring");

    if (!loop)
        skip();
    gale_ioloop_free(loop);
    each_call_fails_once("io_uring");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_fails_once_with_epoll),
        cmocka_unit_test(each_allocation_fails_once_with_io_uring),
        cmocka_unit_test(each_call_fails_once_with_epoll),
        cmocka_unit_test(each_call_fails_once_with_io_uring),
    };

    alarm(120);
    gale_log_set_level(NULL, GALE_LOG_NONE);
    return cmocka_run_group_tests_name("faults", tests, NULL, NULL) != 0;
}

/* test_faults.c - each allocation failing once: no crash, no leak, no hang.
 *
 * Linked with the heap functions of src/base/alloc.h wrapped.
 */
/* SPDX-License-Identifier: MIT */
#include "netkit.h"

#include <errno.h>
#include <stdio.h>
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
    int r;

    countdown = *(long *)arg;
    r = use_server();
    if (r >= 0)
        r = use_pair();
    if (r >= 0)
        r = use_child();
    countdown = -1;
    return r;
}

static int run_failing(const char *backend, long nth)
{
    gale_ioloop *loop = netkit_loop(backend);
    int r;

    failed = false;
    r = gale_ioloop_run_sync(loop, scenario, &nth, 5);
    gale_ioloop_free(loop);
    return r;
}

static void each_allocation_fails_once(const char *backend)
{
    long nth = 0;
    int r;

    do {
        r = run_failing(backend, nth);
        if (r == GALE_ETIMEDOUT)
            print_error("hangs when allocation %ld fails\n", nth);
        assert_int_not_equal(r, GALE_ETIMEDOUT);
        if (failed)
            nth++;
    } while (failed && nth < 2000);
    assert_int_equal(r, 0);
    assert_in_range(nth, 10, 1999);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_fails_once_with_epoll),
        cmocka_unit_test(each_allocation_fails_once_with_io_uring),
    };

    alarm(120);
    gale_log_set_level(NULL, GALE_LOG_NONE);
    return cmocka_run_group_tests_name("faults", tests, NULL, NULL) != 0;
}

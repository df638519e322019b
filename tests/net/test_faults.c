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

static int use_server(int port)
{
    gale_address address;
    gale_iostream *s;
    gale_str got;
    char text[64];
    int r;

    snprintf(text, sizeof(text), "127.0.0.1:%d", port);
    r = gale_address_parse(&address, text);
    if (r >= 0)
        r = gale_iostream_connect(&s, &address, NULL);
    if (r < 0)
        return r;
    r = gale_iostream_write(s, "number 42\n", 10);
    if (r >= 0)
        r = gale_iostream_read_until(s, "\n", 0, &got);
    gale_iostream_close(&s);
    return r;
}

static int scenario(void *arg)
{
    gale_tcpserver *server;
    int r;

    countdown = *(long *)arg;
    server = gale_tcpserver_new(echo, NULL, NULL);
    r = server ? gale_tcpserver_listen(server, 0, "127.0.0.1") : -ENOMEM;

    if (r >= 0)
        r = use_server(r);
    gale_tcpserver_free(server);
    if (r >= 0)
        r = use_pair();
    countdown = -1;
    return r;
}

static int run_failing(const char *backend, long nth)
{
    gale_ioloop *loop = netkit_loop(backend);
    int r;

    failed = false;
    r = gale_ioloop_run_sync(loop, scenario, &nth, 2);
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

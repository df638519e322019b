/* test_wait_fd.c - waiting for a descriptor of somebody else's, on both backends. */
/* SPDX-License-Identifier: MIT */
#include "gen_test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gale/locks.h>

#include "base/alloc.h"

static int ends[2];

static double from_now(double seconds)
{
    return gale_ioloop_time(gale_ioloop_current()) + seconds;
}

static int write_later(void *arg)
{
    gale_yield();
    note("w");
    return write(ends[1], "x", 1) == 1 ? 0 : -errno;
}

static int wait_readable(void *arg)
{
    int r = gale_wait_fd(ends[0], GALE_READ, *(double *)arg);

    note(r > 0 ? "r" : r == GALE_ETIMEDOUT ? "t" : r == GALE_ECANCELED ? "c" : "?");
    return r;
}

static int body_ready(void *arg)
{
    gale_future *f;
    char c;

    assert_int_equal(gale_wait_fd(ends[0], GALE_WRITE, GALE_FOREVER), GALE_WRITE);
    assert_int_equal(gale_wait_fd(ends[0], GALE_READ | GALE_WRITE, GALE_FOREVER), GALE_WRITE);
    f = gale_spawn(write_later, NULL);
    assert_int_equal(gale_wait_fd(ends[0], GALE_READ, GALE_FOREVER), GALE_READ);
    assert_int_equal(gale_join(&f), 0);
    /* Nothing is consumed: it is ready still, also without waiting. */
    assert_int_equal(gale_wait_fd(ends[0], GALE_READ, 0), GALE_READ);
    assert_int_equal(read(ends[0], &c, 1), 1);
    assert_int_equal(gale_wait_fd(ends[0], GALE_READ, 0), GALE_ETIMEDOUT);
    assert_int_equal(gale_wait_fd(ends[0], GALE_READ, from_now(0.01)), GALE_ETIMEDOUT);
    close(ends[1]);
    ends[1] = -1;
    assert_true(gale_wait_fd(ends[0], GALE_READ, GALE_FOREVER) & GALE_READ);
    assert_true(gale_wait_fd(ends[0], GALE_READ, 0) & GALE_READ);
    return 0;
}

static int body_ended(void *arg)
{
    double forever = GALE_FOREVER, soon = from_now(0.01);
    gale_future *f = gale_spawn(wait_readable, &forever);

    assert_int_equal(gale_wait_fd(ends[0], GALE_READ, GALE_FOREVER), -EEXIST);
    gale_cancel(f);
    assert_int_equal(gale_join(&f), GALE_ECANCELED);
    f = gale_spawn(wait_readable, &soon); /* nothing is left of the one before */
    assert_int_equal(gale_join(&f), GALE_ETIMEDOUT);
    assert_int_equal(gale_with_timeout(0.01, wait_readable, &forever), GALE_ETIMEDOUT);
    f = gale_spawn(wait_readable, &forever);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(gale_join(&f), GALE_READ);
    assert_string_equal(trace, "cttr");
    return 0;
}

static int body_wrong(void *arg)
{
    FILE *plain = tmpfile();

    assert_non_null(plain);
    assert_int_equal(gale_wait_fd(fileno(plain), GALE_READ, GALE_FOREVER), GALE_READ);
    assert_int_equal(gale_wait_fd(fileno(plain), GALE_READ, 0), GALE_READ);
    fclose(plain);
    assert_int_equal(gale_wait_fd(ends[0], 0, GALE_FOREVER), GALE_EINVAL);
    assert_int_equal(gale_wait_fd(ends[0], GALE_ERROR, GALE_FOREVER), GALE_EINVAL);
    assert_int_equal(gale_wait_fd(ends[0], 0x100 | GALE_READ, GALE_FOREVER), GALE_EINVAL);
    assert_int_equal(gale_wait_fd(-1, GALE_READ, GALE_FOREVER), -EBADF);
    assert_int_equal(gale_wait_fd(-1, GALE_READ, 0), -EBADF);
    assert_int_equal(gale_wait_fd(9999, GALE_READ, GALE_FOREVER), -EBADF);
    assert_int_equal(gale_wait_fd(9999, GALE_READ, 0), -EBADF);
    return 0;
}

/* Without memory it fails and leaves no handler behind. */
static int body_without_memory(void *arg)
{
    int n_failed = 0;

    for (unsigned long n = 1; n < 10; n++) {
        int r;

        gale__alloc_fail(n);
        r = gale_wait_fd(ends[0], GALE_WRITE, from_now(100));
        gale__alloc_fail(0);
        assert_true(r == GALE_WRITE || r == -ENOMEM);
        n_failed += r < 0;
        assert_int_equal(gale_wait_fd(ends[0], GALE_WRITE, GALE_FOREVER), GALE_WRITE);
    }
    assert_in_range(n_failed, 1, 8);
    return 0;
}

/* Each body on each backend that this kernel has. */
static void on_backends(int (*body)(void *arg))
{
    static const char *const names[] = { "epoll", "io_uring" };

    for (int i = 0; i < 2; i++) {
        setenv("GALE_IOLOOP", names[i], 1);
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
        in_coroutine(body, NULL);
        close(ends[0]);
        if (ends[1] >= 0)
            close(ends[1]);
    }
}

static void test_ready(void **state)
{
    on_backends(body_ready);
}

static void test_ended(void **state)
{
    on_backends(body_ended);
}

static void test_without_memory(void **state)
{
    on_backends(body_without_memory);
}

static void test_wrong(void **state)
{
    on_backends(body_wrong);
    assert_int_equal(gale_wait_fd(0, GALE_READ, 0), GALE_ENOTCOROUTINE);
    assert_non_null(strstr(gale_strerror(GALE_ENOTCOROUTINE), "gale_wait_fd"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ready),
        cmocka_unit_test(test_ended),
        cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

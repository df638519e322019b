/* test_pipe.c - streams over pipes, FIFOs and terminals. */
/* SPDX-License-Identifier: MIT */
#include "netkit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ioloop/faulty.h"

enum { LARGE = 4 * 1024 * 1024 };

struct ends {
    gale_iostream *in, *out; /* read from in what is written to out */
};

static struct ends open_ends(void)
{
    struct ends e;
    int fds[2];

    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    e.in = gale_pipe_iostream_new(&fds[0], NULL);
    e.out = gale_pipe_iostream_new(&fds[1], NULL);
    assert_non_null(e.in);
    assert_non_null(e.out);
    assert_int_equal(fds[0], -1);
    assert_int_equal(fds[1], -1);
    assert_int_equal(gale_iostream_set_nodelay(e.out, true), -EOPNOTSUPP);
    return e;
}

static void close_ends(struct ends *e)
{
    gale_iostream_close(&e->in);
    gale_iostream_close(&e->out);
}

static void lines_go_through(struct netkit *k)
{
    struct ends e = open_ends();
    gale_str got;

    netkit_send(e.out, "hel");
    netkit_send(e.out, "lo\r\nworld\r\nbye");
    netkit_ok(gale_iostream_read_until(e.in, "\r\n", 0, &got), "read");
    assert_int_equal(got.len, 7);
    netkit_expect(e.in, "world\r\n");
    gale_iostream_close(&e.out);
    netkit_ok(gale_iostream_read_until_close(e.in, &got), "rest");
    assert_int_equal(got.len, 3);
    assert_int_equal(gale_iostream_read_bytes(e.in, 1, false, &got), GALE_EEOF);
    close_ends(&e);
}

static int write_large(void *arg)
{
    struct ends *e = arg;
    char *data = malloc(LARGE);
    int r;

    assert_non_null(data);
    for (size_t i = 0; i < LARGE; i++)
        data[i] = (char)netkit_byte(i);
    r = gale_iostream_write(e->out, data, LARGE);
    free(data);
    if (r >= 0)
        r = gale_iostream_drain(e->out);
    return r;
}

static void a_large_write_goes_through_whole(struct netkit *k)
{
    struct ends e = open_ends();
    gale_future *f = gale_spawn(write_large, &e);
    gale_str got;

    assert_non_null(f);
    netkit_ok(gale_iostream_read_bytes(e.in, LARGE, false, &got), "read");
    for (size_t i = 0; i < LARGE; i++)
        if ((unsigned char)got.ptr[i] != netkit_byte(i))
            fail_msg("byte %zu differs", i);
    netkit_ok(gale_join(&f), "write");
    close_ends(&e);
}

static void each_end_goes_one_way(struct netkit *k)
{
    struct ends e = open_ends();
    gale_str got;

    assert_int_equal(gale_iostream_read_bytes(e.out, 1, false, &got), -EBADF);
    assert_string_equal(gale_strerror(-EBADF), "this end of the pipe is for writing");
    assert_int_equal(gale_iostream_write(e.in, "x", 1), -EBADF);
    assert_string_equal(gale_strerror(-EBADF), "this end of the pipe is for reading");
    netkit_send(e.out, "still fine");
    netkit_expect(e.in, "still fine");
    close_ends(&e);
}

static void count(void *arg)
{
    ++*(int *)arg;
}

static void wait_until_set(const int *n)
{
    for (int i = 0; i < 1000 && !*n; i++)
        netkit_ok(gale_sleep(0.001), "sleep");
    assert_int_equal(*n, 1);
}

static void the_writer_is_told_when_the_reader_goes(struct netkit *k)
{
    struct ends e = open_ends();
    int closed = 0;

    netkit_ok(gale_iostream_set_close_callback(e.out, count, &closed), "callback");
    netkit_ok(gale_sleep(0.001), "sleep");
    assert_int_equal(closed, 0);
    gale_iostream_close(&e.in);
    wait_until_set(&closed);
    assert_int_equal(gale_iostream_error(e.out), -EPIPE);
    assert_int_equal(gale_iostream_write(e.out, "x", 1), -EPIPE);
    close_ends(&e);
}

static void writing_without_a_reader_fails_without_a_signal(struct netkit *k)
{
    struct ends e = open_ends();

    signal(SIGPIPE, SIG_DFL);
    gale_iostream_close(&e.in);
    netkit_ok(gale_sleep(0.001), "sleep"); /* its descriptor closes */
    int r = gale_iostream_write(e.out, "x", 1);

    if (r >= 0)
        r = gale_iostream_drain(e.out);
    assert_int_equal(r, -EPIPE);
    close_ends(&e);
}

static void the_reader_is_told_when_the_writer_goes(struct netkit *k)
{
    struct ends e = open_ends();
    int closed = 0;

    netkit_ok(gale_iostream_set_close_callback(e.in, count, &closed), "callback");
    gale_iostream_close(&e.out);
    wait_until_set(&closed);
    close_ends(&e);
}

static void shutdown_ends_the_pipe_after_what_is_pending(struct netkit *k)
{
    struct ends e = open_ends();
    char *data = calloc(1, LARGE);
    gale_str got;

    assert_non_null(data);
    netkit_ok(gale_iostream_write_nowait(e.out, data, LARGE), "write");
    gale_iostream_shutdown(e.out);
    netkit_ok(gale_iostream_read_until_close(e.in, &got), "read");
    assert_int_equal(got.len, LARGE);
    netkit_ok(gale_iostream_drain(e.out), "drain");
    assert_true(gale_iostream_closed(e.out));
    assert_int_equal(gale_iostream_write(e.out, "x", 1), GALE_ESTATE);
    close_ends(&e);
    e = open_ends(); /* nothing is pending */
    gale_iostream_shutdown(e.out);
    assert_int_equal(gale_iostream_read_bytes(e.in, 1, false, &got), GALE_EEOF);
    close_ends(&e);
    free(data);
}

static void a_file_is_refused(struct netkit *k)
{
    FILE *file = tmpfile();
    int fd = dup(fileno(file)), same = fd;

    assert_null(gale_pipe_iostream_new(&fd, NULL));
    assert_int_equal(fd, same);
    assert_non_null(strstr(gale_strerror(-EPERM), "is a file: it cannot be waited for"));
    close(fd);
    fclose(file);
    fd = -1;
    assert_null(gale_pipe_iostream_new(&fd, NULL));
}

static void a_terminal_goes_both_ways(struct netkit *k)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), other;
    gale_iostream *a, *b;
    gale_str got;

    if (master < 0)
        return; /* none here */
    assert_int_equal(grantpt(master), 0);
    assert_int_equal(unlockpt(master), 0);
    other = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(other >= 0);
    a = gale_pipe_iostream_new(&master, NULL);
    b = gale_pipe_iostream_new(&other, NULL);
    assert_non_null(a);
    assert_non_null(b);
    netkit_send(a, "typed\n");
    netkit_ok(gale_iostream_read_until(b, "\n", 0, &got), "typed");
    netkit_expect(a, "typed\r\n"); /* its echo */
    netkit_send(b, "shown\n");
    netkit_expect(a, "shown\r\n");
    gale_iostream_close(&a);
    gale_iostream_close(&b);
}

static void a_failing_call_breaks_the_stream_and_no_more(struct netkit *k)
{
    netkit_ok(gale__faulty_wrap(k->loop), "wrap");
    for (int n = 1; n < 8; n++) {
        struct ends e = open_ends();
        gale_str got;
        int r;

        gale__faulty_fail(n, EIO);
        r = gale_iostream_write(e.out, "x", 1);
        if (r >= 0)
            r = gale_iostream_drain(e.out);
        if (r >= 0)
            r = gale_iostream_read_bytes(e.in, 1, false, &got);
        assert_true(r >= 0 || r == -EIO);
        close_ends(&e);
        gale__faulty_fail(0, 0);
    }
}

#define NO_PAIR(fn)                                                                                \
    {                                                                                              \
#fn, fn, NETKIT_NONE                                                                       \
    }

int main(void)
{
    const struct netkit_test tests[] = {
        NO_PAIR(lines_go_through),
        NO_PAIR(a_large_write_goes_through_whole),
        NO_PAIR(each_end_goes_one_way),
        NO_PAIR(the_writer_is_told_when_the_reader_goes),
        NO_PAIR(writing_without_a_reader_fails_without_a_signal),
        NO_PAIR(the_reader_is_told_when_the_writer_goes),
        NO_PAIR(shutdown_ends_the_pipe_after_what_is_pending),
        NO_PAIR(a_file_is_refused),
        NO_PAIR(a_terminal_goes_both_ways),
        NO_PAIR(a_failing_call_breaks_the_stream_and_no_more),
    };

    return netkit_run("pipe", tests, sizeof(tests) / sizeof(tests[0]));
}

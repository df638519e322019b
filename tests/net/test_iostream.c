/* test_iostream.c - what a program sees of streams: reads, writes, ends, waits. */
/* SPDX-License-Identifier: MIT */
#include "netkit.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gale/log.h>

#include "net/stream.h"

enum {
    ALL = NETKIT_MEMORY | NETKIT_TCP | NETKIT_UNIX,
    SOCKETS = NETKIT_TCP | NETKIT_UNIX,
    LARGE = 16 * 1024 * 1024,
};

static void assert_str(gale_str got, const char *text)
{
    assert_int_equal(got.len, strlen(text));
    assert_memory_equal(got.ptr, text, got.len);
}

static void reads_bytes(struct netkit *k)
{
    gale_str got;

    netkit_send(k->a, "hello world");
    netkit_expect(k->b, "hello");
    netkit_ok(gale_iostream_read_bytes(k->b, 0, false, &got), "nothing");
    assert_int_equal(got.len, 0);
    netkit_ok(gale_iostream_read_bytes(k->b, 2, true, &got), "partial");
    assert_str(got, " w");
    netkit_ok(gale_iostream_read_bytes(k->b, 1000, true, &got), "partial");
    assert_str(got, "orld");
}

struct late {
    gale_iostream *s;
    const char *text;
    size_t n;
};

static int send_late(void *arg)
{
    struct late *late = arg;

    gale_yield();
    gale_yield();
    return gale_iostream_write(late->s, late->text, late->n);
}

typedef int read_fn(gale_iostream *s, const char *until, size_t max_bytes, gale_str *out);

/* head is what the read gives of text, wherever text is cut in two. */
static void check_at_every_split(struct netkit *k, const char *text, read_fn *read,
                                 const char *until, const char *head)
{
    const size_t n = strlen(text);

    for (size_t split = 0; split <= n; split++) {
        struct late late = { k->a, text + split, n - split };
        gale_future *f;
        gale_str got;

        netkit_ok(gale_iostream_write(k->a, text, split), "write");
        f = gale_spawn(send_late, &late);
        netkit_ok(read(k->b, until, 0, &got), "read");
        assert_str(got, head);
        netkit_expect(k->b, text + strlen(head));
        netkit_ok(gale_join(&f), "writer");
    }
}

static void reads_what_comes_in_two_parts(struct netkit *k)
{
    check_at_every_split(k, "first line\r\nsecond\r\n\r\nrest", gale_iostream_read_until,
                         "\r\n\r\n", "first line\r\nsecond\r\n\r\n");
}

static void reads_until_regex_in_two_parts(struct netkit *k)
{
    check_at_every_split(k, "key=12345;tail", gale_iostream_read_until_regex, "=[0-9]+;",
                         "key=12345;");
}

static void refuses_a_bad_regex_and_an_empty_delimiter(struct netkit *k)
{
    gale_str got;

    assert_int_equal(gale_iostream_read_until_regex(k->b, "(", 0, &got), GALE_EINVAL);
    assert_int_equal(gale_iostream_read_until(k->b, "", 0, &got), GALE_EINVAL);
    netkit_send(k->a, "ok");
    netkit_expect(k->b, "ok");
}

static void max_bytes_closes(struct netkit *k)
{
    gale_str got;

    netkit_send(k->a, "12345\n");
    netkit_ok(gale_iostream_read_until(k->b, "\n", 6, &got), "fits exactly");
    netkit_send(k->a, "123456\n");
    assert_int_equal(gale_iostream_read_until(k->b, "\n", 6, &got), GALE_ETOOBIG);
    assert_true(gale_iostream_closed(k->b));
    assert_int_equal(gale_iostream_error(k->b), GALE_ETOOBIG);
    assert_int_equal(gale_iostream_read_bytes(k->b, 1, false, &got), GALE_ETOOBIG);
    assert_int_equal(gale_iostream_write(k->b, "x", 1), GALE_ETOOBIG);
}

static void max_bytes_closes_for_regex(struct netkit *k)
{
    gale_str got;

    netkit_send(k->a, "aaaaaaaaaaaaab");
    assert_int_equal(gale_iostream_read_until_regex(k->b, "b", 8, &got), GALE_ETOOBIG);
    assert_true(gale_iostream_closed(k->b));
}

static void reads_what_came_before_the_end(struct netkit *k)
{
    gale_str got;

    netkit_send(k->a, "one\ntwo\nthr");
    gale_iostream_close(&k->a);
    netkit_ok(gale_iostream_read_until(k->b, "\n", 0, &got), "first");
    netkit_ok(gale_sleep(0.001), "sleep");
    netkit_ok(gale_iostream_read_until(k->b, "\n", 0, &got), "second");
    assert_str(got, "two\n");
    assert_int_equal(gale_iostream_read_until(k->b, "\n", 0, &got), GALE_EEOF);
    assert_int_equal(gale_iostream_read_bytes(k->b, 4, false, &got), GALE_EEOF);
    netkit_expect(k->b, "thr");
    assert_int_equal(gale_iostream_read_bytes(k->b, 1, false, &got), GALE_EEOF);
    assert_true(gale_iostream_closed(k->b));
    assert_int_equal(gale_iostream_error(k->b), GALE_EEOF);
}

static void reads_until_close(struct netkit *k)
{
    gale_str got;

    netkit_send(k->a, "all ");
    netkit_ok(gale_iostream_write(k->a, "of it", 5), "write");
    netkit_ok(gale_iostream_drain(k->a), "drain");
    gale_iostream_close(&k->a);
    netkit_ok(gale_iostream_read_until_close(k->b, &got), "to the end");
    assert_str(got, "all of it");
    netkit_ok(gale_iostream_read_until_close(k->b, &got), "again");
    assert_int_equal(got.len, 0);
}

static void reads_into(struct netkit *k)
{
    char buf[16] = "";
    size_t n;

    netkit_send(k->a, "hello world");
    netkit_expect(k->b, "he");
    netkit_ok(gale_iostream_read_into(k->b, buf, 5, false, &n), "exact");
    assert_int_equal(n, 5);
    assert_memory_equal(buf, "llo w", 5);
    netkit_ok(gale_iostream_read_into(k->b, buf, sizeof(buf), true, &n), "partial");
    assert_int_equal(n, 4);
    netkit_ok(gale_iostream_read_into(k->b, buf, 0, false, &n), "nothing");
    assert_int_equal(n, 0);
    netkit_send(k->a, "abc");
    gale_iostream_close(&k->a);
    assert_int_equal(gale_iostream_read_into(k->b, buf, 4, false, &n), GALE_EEOF);
    assert_int_equal(n, 0);
    netkit_expect(k->b, "abc");
}

struct reader {
    gale_iostream *s;
    bool into;
    int result;
};

static int read_four(void *arg)
{
    struct reader *r = arg;
    char buf[4];
    size_t n;
    gale_str got;

    r->result = r->into ? gale_iostream_read_into(r->s, buf, 4, false, &n)
                        : gale_iostream_read_bytes(r->s, 4, false, &got);
    return 0;
}

static void a_cancelled_read_loses_nothing(struct netkit *k)
{
    for (int into = 0; into < 2; into++) {
        struct reader r = { .s = k->b, .into = into };
        gale_future *f = gale_spawn(read_four, &r);

        assert_true(gale_iostream_reading(k->b));
        netkit_send(k->a, "abc");
        netkit_ok(gale_sleep(0.002), "sleep");
        gale_cancel(f);
        netkit_ok(gale_join(&f), "join");
        assert_int_equal(r.result, GALE_ECANCELED);
        assert_false(gale_iostream_reading(k->b));
        netkit_send(k->a, "d");
        netkit_expect(k->b, "abcd");
    }
}

/* Cancelled when the read was satisfied already and only had not run yet. */
static void a_read_cancelled_at_its_end_loses_nothing(struct netkit *k)
{
    struct reader r = { .s = k->b };
    gale_future *f = gale_spawn(read_four, &r);

    netkit_send(k->a, "abcd");
    gale_cancel(f);
    netkit_ok(gale_join(&f), "join");
    if (r.result < 0)
        netkit_expect(k->b, "abcd");
    netkit_send(k->a, "efgh");
    netkit_expect(k->b, "efgh");
}

static void one_read_at_a_time(struct netkit *k)
{
    struct reader r = { .s = k->b };
    gale_future *f = gale_spawn(read_four, &r);
    gale_str got;

    assert_int_equal(gale_iostream_read_bytes(k->b, 1, false, &got), GALE_ESTATE);
    assert_string_equal(gale_strerror(GALE_ESTATE), "already reading");
    netkit_send(k->a, "1234");
    netkit_ok(gale_join(&f), "join");
    assert_int_equal(r.result, 0);
}

static void closing_ends_a_waiting_read(struct netkit *k)
{
    struct reader r = { .s = k->b };
    gale_future *f = gale_spawn(read_four, &r);

    gale_iostream_close(&k->b);
    assert_null(k->b);
    netkit_ok(gale_join(&f), "join");
    assert_int_equal(r.result, GALE_ECLOSED);
}

static int read_one(void *arg)
{
    gale_str got;

    return gale_iostream_read_bytes(arg, 1, false, &got);
}

static void a_deadline_ends_a_read_and_the_stream_goes_on(struct netkit *k)
{
    assert_int_equal(gale_with_timeout(0.005, read_one, k->b), GALE_ETIMEDOUT);
    netkit_send(k->a, "x");
    netkit_expect(k->b, "x");
}

static void half_close(struct netkit *k)
{
    gale_str got;

    netkit_ok(gale_iostream_write(k->a, "question", 8), "write");
    gale_iostream_shutdown(k->a);
    assert_int_equal(gale_iostream_write(k->a, "x", 1), GALE_ESTATE);
    netkit_ok(gale_iostream_read_until_close(k->b, &got), "question");
    assert_str(got, "question");
    netkit_send(k->b, "answer");
    netkit_expect(k->a, "answer");
    assert_int_equal(gale_iostream_error(k->a), 0);
}

static void count(void *arg)
{
    ++*(int *)arg;
}

static void the_close_callback_tells_of_an_idle_peer(struct netkit *k)
{
    int calls = 0;

    netkit_ok(gale_iostream_set_close_callback(k->b, count, &calls), "set");
    netkit_ok(gale_sleep(0.001), "sleep");
    assert_int_equal(calls, 0);
    gale_iostream_close(&k->a);
    for (int i = 0; i < 100 && calls == 0; i++)
        netkit_ok(gale_sleep(0.001), "sleep");
    assert_int_equal(calls, 1);
    assert_true(gale_iostream_closed(k->b));
    gale_iostream_close(&k->b);
    netkit_ok(gale_sleep(0.001), "sleep");
    assert_int_equal(calls, 1);
}

static void the_close_callback_comes_behind_a_pending_read(struct netkit *k)
{
    struct reader r = { .s = k->b };
    int calls = 0;
    gale_future *f = gale_spawn(read_four, &r);

    netkit_ok(gale_iostream_set_close_callback(k->b, count, &calls), "set");
    netkit_send(k->a, "1234");
    gale_iostream_close(&k->a);
    netkit_ok(gale_join(&f), "join");
    assert_int_equal(r.result, 0);
    for (int i = 0; i < 100 && calls == 0; i++)
        netkit_ok(gale_sleep(0.001), "sleep");
    assert_int_equal(calls, 1);
}

static void the_close_callback_tells_of_our_own_close(struct netkit *k)
{
    int calls = 0;

    netkit_ok(gale_iostream_set_close_callback(k->b, count, &calls), "set");
    gale_iostream_close(&k->b);
    assert_int_equal(calls, 0);
    netkit_ok(gale_sleep(0.002), "sleep");
    assert_int_equal(calls, 1);
}

static void a_reset_keeps_its_reason(struct netkit *k)
{
    const struct linger now = { .l_onoff = 1 };
    gale_str got;

    netkit_ok(setsockopt(gale_iostream_fd(k->a), SOL_SOCKET, SO_LINGER, &now, sizeof(now)),
              "linger");
    gale_iostream_close(&k->a);
    assert_int_equal(gale_iostream_read_bytes(k->b, 1, false, &got), -ECONNRESET);
    assert_int_equal(gale_iostream_error(k->b), -ECONNRESET);
    assert_int_equal(gale_iostream_write(k->b, "x", 1), -ECONNRESET);
    assert_int_equal(gale_iostream_drain(k->b), -ECONNRESET);
    assert_true(gale_iostream_closed(k->b));
}

static void writing_to_a_closed_peer_fails(struct netkit *k)
{
    int r = 0;

    gale_iostream_close(&k->a);
    for (int i = 0; i < 1000 && r >= 0; i++) {
        r = gale_iostream_write(k->b, "xxxx", 4);
        if (r >= 0)
            r = gale_iostream_drain(k->b);
        if (r >= 0)
            r = gale_sleep(0.0005);
    }
    assert_true(r == -EPIPE || r == -ECONNRESET);
    assert_int_equal(gale_iostream_error(k->b), r);
}

static char *pattern(size_t n)
{
    char *data = malloc(n);

    assert_non_null(data);
    for (size_t i = 0; i < n; i++)
        data[i] = (char)netkit_byte(i);
    return data;
}

struct transfer {
    gale_iostream *s;
    const char *data;
    size_t n, piece;
    size_t bad;
};

static int write_all(void *arg)
{
    struct transfer *t = arg;

    for (size_t done = 0; done < t->n;) {
        size_t part = t->n - done < t->piece ? t->n - done : t->piece;
        int r = gale_iostream_write(t->s, t->data + done, part);

        if (r < 0)
            return r;
        done += part;
    }
    return gale_iostream_drain(t->s);
}

static int read_all(void *arg)
{
    struct transfer *t = arg;

    for (size_t done = 0; done < t->n;) {
        size_t part = t->n - done < t->piece ? t->n - done : t->piece;
        gale_str got;
        int r = gale_iostream_read_bytes(t->s, part, true, &got);

        if (r < 0)
            return r;
        if (memcmp(got.ptr, t->data + done, got.len) != 0)
            t->bad++;
        done += got.len;
    }
    return 0;
}

static void much_goes_both_ways(struct netkit *k)
{
    char *data = pattern(LARGE);
    struct transfer t[] = {
        { k->a, data, LARGE, LARGE, 0 },
        { k->b, data, LARGE, 50001, 0 },
        { k->a, data, LARGE, 70001, 0 },
        { k->b, data, LARGE, 1 << 20, 0 },
    };
    gale_future *f[] = {
        gale_spawn(write_all, &t[0]),
        gale_spawn(write_all, &t[1]),
        gale_spawn(read_all, &t[2]),
        gale_spawn(read_all, &t[3]),
    };

    netkit_ok(gale_multi(f, 4), "all");
    assert_int_equal(t[2].bad + t[3].bad, 0);
    free(data);
}

static void large_reads_are_whole(struct netkit *k)
{
    char *data = pattern(LARGE), *into = malloc(LARGE);
    struct transfer t = { k->a, data, LARGE, LARGE, 0 };
    gale_future *f = gale_spawn(write_all, &t);
    size_t n;
    gale_str got;

    netkit_ok(gale_iostream_read_bytes(k->b, LARGE, false, &got), "read_bytes");
    assert_memory_equal(got.ptr, data, LARGE);
    netkit_ok(gale_join(&f), "writer");
    f = gale_spawn(write_all, &t);
    netkit_ok(gale_iostream_read_into(k->b, into, LARGE, false, &n), "read_into");
    assert_int_equal(n, LARGE);
    assert_memory_equal(into, data, LARGE);
    netkit_ok(gale_join(&f), "writer");
    free(data);
    free(into);
}

/* The reader takes one byte and then nothing: the writer has to wait. */
static void a_slow_reader_holds_the_writer(struct netkit *k)
{
    char *data = pattern(LARGE);
    struct transfer out = { k->a, data, LARGE, 65536, 0 };
    struct transfer in = { k->b, data + 1, LARGE - 1, 65536, 0 };
    gale_future *f = gale_spawn(write_all, &out);
    gale_str got;

    netkit_ok(gale_iostream_read_bytes(k->b, 1, false, &got), "one");
    for (int i = 0; i < 20; i++)
        netkit_ok(gale_sleep(0.001), "sleep");
    assert_false(gale_future_done(f));
    assert_true(gale_iostream_writing(k->a));
    assert_true(k->a->out_pending <= 65536 + out.piece);
    /* The rest is what io_uring had received before it was told to stop. */
    assert_true(gale__stream_kept(k->b).len <= LARGE / 2);
    netkit_ok(read_all(&in), "rest");
    assert_int_equal(in.bad, 0);
    netkit_ok(gale_join(&f), "writer");
    assert_false(gale_iostream_writing(k->a));
    free(data);
}

static int dribble(void *arg)
{
    struct transfer *t = arg;

    for (size_t done = 0; done < t->n; done += t->piece) {
        int r = gale_iostream_write(t->s, t->data + done, t->piece);

        if (r >= 0)
            r = gale_iostream_drain(t->s);
        if (r < 0)
            return r;
    }
    return gale_iostream_write(t->s, "\r\n", 2);
}

/* 4 MiB in 8192 pieces: with a scan of all for each it would take minutes. */
static void a_long_line_in_small_pieces_costs_linear_time(struct netkit *k)
{
    const size_t n = 4 << 20;
    char *data = malloc(n);
    struct transfer t = { k->a, data, n, 512, 0 };
    double start = gale_ioloop_time(k->loop);
    gale_future *f;
    gale_str got;

    memset(data, '\r', n);
    f = gale_spawn(dribble, &t);
    netkit_ok(gale_iostream_read_until(k->b, "\r\n", 0, &got), "read_until");
    assert_int_equal(got.len, n + 2);
    netkit_ok(gale_join(&f), "writer");
    assert_true(gale_ioloop_time(k->loop) - start < 20);
    free(data);
}

static void a_result_stays_while_more_arrives(struct netkit *k)
{
    char *data = pattern(200000);
    struct transfer out = { k->a, data, 200000, 10000, 0 };
    struct transfer in = { k->b, data, 200000, 3000, 0 };
    gale_future *f;
    gale_str line;

    netkit_send(k->a, "the first line\n");
    netkit_ok(gale_iostream_read_until(k->b, "\n", 0, &line), "line");
    f = gale_spawn(write_all, &out);
    for (int i = 0; i < 10; i++)
        netkit_ok(gale_sleep(0.001), "sleep");
    assert_str(line, "the first line\n");
    netkit_ok(read_all(&in), "rest");
    assert_int_equal(in.bad, 0);
    netkit_ok(gale_join(&f), "writer");
    free(data);
}

static void buffers_have_limits(struct netkit *k)
{
    char data[3000];
    gale_str got;

    memset(data, 'x', sizeof(data));
    assert_int_equal(gale_iostream_read_bytes(k->b, 2001, false, &got), GALE_ETOOBIG);
    assert_int_equal(gale_iostream_write(k->a, data, 3000), GALE_ETOOBIG);
    netkit_ok(gale_iostream_write(k->a, data, 2000), "write");
    netkit_ok(gale_iostream_drain(k->a), "drain");
    netkit_ok(gale_iostream_read_bytes(k->b, 2000, false, &got), "read");
    for (int i = 0; i < 3; i++) {
        netkit_ok(gale_iostream_write(k->a, data, 1000), "write");
        netkit_ok(gale_iostream_drain(k->a), "drain");
    }
    assert_int_equal(gale_iostream_read_until_close(k->b, &got), GALE_ETOOBIG);
    assert_true(gale_iostream_closed(k->b));
}

static void tells_of_its_socket(struct netkit *k)
{
    gale_address peer;
    char text[128];

    assert_true(gale_iostream_fd(k->a) >= 0);
    netkit_ok(gale_iostream_peer(k->a, &peer), "peer");
    gale_address_format(&peer, text, sizeof(text));
    if (k->transport == NETKIT_TCP) {
        assert_memory_equal(text, "127.0.0.1:", 10);
        netkit_ok(gale_iostream_set_nodelay(k->a, false), "nodelay");
    } else {
        assert_string_equal(text, "unix:");
        assert_int_equal(gale_iostream_set_nodelay(k->a, true), -EOPNOTSUPP);
    }
}

static void a_memory_stream_has_no_socket(struct netkit *k)
{
    gale_address peer;

    assert_int_equal(gale_iostream_fd(k->a), -1);
    assert_int_equal(gale_iostream_peer(k->a, &peer), GALE_ESTATE);
    assert_int_equal(gale_iostream_set_nodelay(k->a, true), -EOPNOTSUPP);
}

static int drain_and_count(void *arg)
{
    struct transfer *t = arg;
    int r = gale_iostream_drain(t->s);

    t->bad = (size_t)-r;
    return 0;
}

static int write_a_lot(void *arg)
{
    static const char block[200000];

    return gale_iostream_write(arg, block, sizeof(block));
}

/* Output of several coroutines is in whole pieces, and all of them go on. */
static void writers_beside_each_other_all_go_on(struct netkit *k)
{
    gale_future *writers[5];
    gale_str got;

    for (int i = 0; i < 5; i++)
        assert_non_null(writers[i] = gale_spawn(write_a_lot, k->a));
    netkit_ok(gale_iostream_read_bytes(k->b, 5 * 200000, false, &got), "read");
    for (int i = 0; i < 5; i++)
        netkit_ok(gale_join(&writers[i]), "write");
}

static void closing_ends_a_waiting_write(struct netkit *k)
{
    char *data = pattern(LARGE);
    struct transfer t = { k->a, data, LARGE, LARGE, 0 };
    gale_future *f = gale_spawn(write_all, &t);
    struct transfer d = { .s = k->a };
    gale_future *g = gale_spawn(drain_and_count, &d);

    netkit_ok(gale_sleep(0.001), "sleep");
    gale_iostream_close(&k->a);
    assert_int_equal(gale_join(&f), GALE_ECLOSED);
    netkit_ok(gale_join(&g), "drain");
    assert_int_equal(d.bad, -GALE_ECLOSED);
    free(data);
}

struct read_line {
    gale_iostream *s;
    size_t len, kept; /* of the line; of what is behind it */
};

static int read_line(void *arg)
{
    struct read_line *line = arg;
    gale_str got;
    int r = gale_iostream_read_until(line->s, "\n", 0, &got);

    line->len = r < 0 ? 0 : got.len;
    line->kept = gale__stream_kept(line->s).len;
    return r;
}

/* A long line may be waited for; once it is there, what follows is none of its room. All of
 * it is in the kernel when the loop turns. Not io_uring, which has it all by then. */
static void what_follows_a_result_stays_in_the_kernel(struct netkit *k)
{
    static char much[190000];
    struct read_line line = { .s = k->b };
    gale_future *f = gale_spawn(read_line, &line);
    int fd = gale_iostream_fd(k->a);

    netkit_ok(gale_yield(), "yield");
    much[0] = '\n';
    assert_int_equal(write(fd, much, sizeof(much)), sizeof(much));
    netkit_ok(gale_join(&f), "line");
    assert_int_equal(line.len, 1);
    if (strcmp(k->backend, "epoll") == 0)
        assert_in_range(line.kept, 1, 65536 + 65536);
    for (size_t left = sizeof(much) - 1; left > 0;) {
        gale_str got;

        netkit_ok(gale_iostream_read_bytes(k->b, left, true, &got), "rest");
        left -= got.len;
    }
}

/* Also where sends are queued: nothing of it is copied. */
static void a_large_write_leaves_at_once(struct netkit *k)
{
    static const char much[20000];
    gale_str got;

    netkit_ok(gale_iostream_write(k->a, much, sizeof(much)), "write");
    assert_null(k->a->out);
    netkit_ok(gale_iostream_read_bytes(k->b, sizeof(much), false, &got), "read");
    assert_memory_equal(got.ptr, much, sizeof(much));
}

static const struct netkit_test tests[] = {
    { "reads bytes", reads_bytes, ALL, { 0 } },
    { "reads what comes in two parts", reads_what_comes_in_two_parts, ALL, { 0 } },
    { "reads until a regex in two parts", reads_until_regex_in_two_parts, ALL, { 0 } },
    { "refuses bad arguments", refuses_a_bad_regex_and_an_empty_delimiter, ALL, { 0 } },
    { "max_bytes closes", max_bytes_closes, ALL, { 0 } },
    { "max_bytes closes for a regex", max_bytes_closes_for_regex, ALL, { 0 } },
    { "reads what came before the end", reads_what_came_before_the_end, ALL, { 0 } },
    { "reads until close", reads_until_close, ALL, { 0 } },
    { "reads into", reads_into, ALL, { 0 } },
    { "a cancelled read loses nothing", a_cancelled_read_loses_nothing, ALL, { 0 } },
    { "cancelled at its end loses nothing", a_read_cancelled_at_its_end_loses_nothing, ALL, { 0 } },
    { "one read at a time", one_read_at_a_time, ALL, { 0 } },
    { "closing ends a waiting read", closing_ends_a_waiting_read, ALL, { 0 } },
    { "a deadline ends a read", a_deadline_ends_a_read_and_the_stream_goes_on, ALL, { 0 } },
    { "half close", half_close, ALL, { 0 } },
    { "close callback: idle peer", the_close_callback_tells_of_an_idle_peer, ALL, { 0 } },
    { "close callback: pending read", the_close_callback_comes_behind_a_pending_read, ALL, { 0 } },
    { "close callback: own close", the_close_callback_tells_of_our_own_close, ALL, { 0 } },
    { "a reset keeps its reason", a_reset_keeps_its_reason, NETKIT_TCP, { 0 } },
    { "writing to a closed peer fails", writing_to_a_closed_peer_fails, ALL, { 0 } },
    { "much goes both ways", much_goes_both_ways, ALL, { 0 } },
    { "large reads are whole", large_reads_are_whole, ALL, { 0 } },
    { "a slow reader holds the writer", a_slow_reader_holds_the_writer, ALL, { 0 } },
    { "long line, small pieces", a_long_line_in_small_pieces_costs_linear_time, ALL, { 0 } },
    { "a result stays", a_result_stays_while_more_arrives, ALL, { 0 } },
    { "buffers have limits",
      buffers_have_limits,
      ALL,
      { .max_buffer_size = 2000, .max_write_buffer_size = 2000 } },
    { "tells of its socket", tells_of_its_socket, SOCKETS, { 0 } },
    { "a memory stream has no socket", a_memory_stream_has_no_socket, NETKIT_MEMORY, { 0 } },
    { "what follows a result", what_follows_a_result_stays_in_the_kernel, NETKIT_UNIX, { 0 } },
    { "a large write", a_large_write_leaves_at_once, SOCKETS, { 0 } },
    { "writers beside each other", writers_beside_each_other_all_go_on, ALL, { 0 } },
    { "closing ends a waiting write", closing_ends_a_waiting_write, ALL, { 0 } },
};

int main(void)
{
    gale_log_set_level(NULL, GALE_LOG_ERROR);
    return netkit_run("iostream", tests, sizeof(tests) / sizeof(tests[0]));
}

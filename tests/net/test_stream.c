/* test_stream.c - the core of streams over the simulated backend: input, output, ends. */
/* SPDX-License-Identifier: MIT */
#include "netkit.h"

#include <errno.h>
#include <stdlib.h>

#include <gale/log.h>

#include "base/alloc.h"
#include "ioloop/sim.h"
#include "net/chunk.h"
#include "net/stream.h"

/* What the consumer does with data. */
enum taking { ALL, NOTHING, HALF, LINES, CLOSING, PAUSING };

/* A stream whose consumer notes what it is told. */
struct owner {
    struct gale_iostream s;
    gale_ioloop *loop;
    struct gale__sim_peer *peer;
    enum taking taking;
    char got[1 << 20];
    size_t n_got, last_offer;
    int n_data, n_eof, n_error, n_drained, n_closed;
    bool inside; /* a call of the stream is under way: no consumer call may come */
    bool close_on_end;
};

static struct owner *owner_of(struct gale_iostream *s)
{
    struct owner *o = GALE_CONTAINER_OF(s, struct owner, s);

    assert_false(o->inside);
    return o;
}

static size_t take_lines(const char *data, size_t n)
{
    while (n > 0 && data[n - 1] != '\n')
        n--;
    return n;
}

static size_t how_much(struct owner *o, const char *data, size_t n)
{
    switch (o->taking) {
    case NOTHING:
        return 0;
    case HALF:
        return (n + 1) / 2;
    case LINES:
        return take_lines(data, n);
    default:
        return n;
    }
}

static size_t on_data(struct gale_iostream *s, char *data, size_t n)
{
    struct owner *o = owner_of(s);
    size_t used = how_much(o, data, n);

    o->n_data++;
    o->last_offer = n;
    if (o->taking == CLOSING)
        gale__stream_close(s, 0);
    if (o->taking == PAUSING)
        gale__stream_pause(s);
    assert_true(o->n_got + used <= sizeof(o->got));
    memcpy(o->got + o->n_got, data, used);
    o->n_got += used;
    return used;
}

static void on_eof(struct gale_iostream *s)
{
    struct owner *o = owner_of(s);

    o->n_eof++;
    if (o->close_on_end)
        gale__stream_close(s, 0);
}

static void on_error(struct gale_iostream *s)
{
    struct owner *o = owner_of(s);

    o->n_error++;
    if (o->close_on_end)
        gale__stream_close(s, 0);
}

static void on_drained(struct gale_iostream *s)
{
    struct owner *o = owner_of(s);

    o->n_drained++;
    if (o->close_on_end)
        gale__stream_close(s, 0);
}

static void on_closed(struct gale_iostream *s)
{
    owner_of(s)->n_closed++;
}

static const struct gale__stream_consumer consumer = {
    .on_data = on_data,
    .on_eof = on_eof,
    .on_error = on_error,
    .on_drained = on_drained,
    .on_closed = on_closed,
};

static struct owner *open_stream(void **state)
{
    bool queued = *(bool *)*state;
    struct owner *o = calloc(1, sizeof(*o));

    o->loop = netkit_loop("simulated");
    gale__sim_queue_sends(o->loop, queued);
    o->peer = gale__sim_socket(o->loop);
    assert_non_null(o->peer);
    assert_int_equal(gale__stream_init(&o->s, o->loop, gale__sim_fd(o->peer), &consumer), 0);
    assert_int_equal(gale__stream_start(&o->s), 0);
    return o;
}

static void run(struct owner *o)
{
    assert_int_equal(gale__sim_run(o->loop), 0);
}

static void end(struct owner *o)
{
    gale__stream_close(&o->s, 0);
    gale__stream_close(&o->s, 0);
    run(o);
    assert_int_equal(o->n_closed, 1);
    gale__sim_peer_free(o->peer);
    gale_ioloop_free(o->loop);
    free(o);
}

static void push(struct owner *o, const char *text)
{
    assert_int_equal(gale__sim_push(o->peer, text, strlen(text)), 0);
    run(o);
}

static void assert_got(const struct owner *o, const char *text)
{
    assert_int_equal(o->n_got, strlen(text));
    assert_memory_equal(o->got, text, o->n_got);
}

static void assert_sent(const struct owner *o, const char *text)
{
    gale_str sent = gale__sim_sent(o->peer);

    assert_int_equal(sent.len, strlen(text));
    assert_memory_equal(sent.ptr, text, sent.len);
}

static void what_is_left_comes_again_in_front(void **state)
{
    struct owner *o = open_stream(state);

    o->taking = LINES;
    push(o, "one\ntw");
    assert_got(o, "one\n");
    assert_int_equal(o->n_data, 1);
    run(o);
    assert_int_equal(o->n_data, 1); /* not again without new data */
    push(o, "o");
    assert_int_equal(o->last_offer, 3);
    push(o, "\nthree\n");
    assert_got(o, "one\ntwo\nthree\n");
    assert_null(o->s.in);
    end(o);
}

static void pieces_of_every_size_arrive_whole(void **state)
{
    static const char text[] = "a line\nand another one\nthe last\n";

    for (uint32_t size = 1; size < sizeof(text); size++) {
        struct owner *o = open_stream(state);
        uint32_t sizes[sizeof(text)];

        for (size_t i = 0; i < sizeof(text); i++)
            sizes[i] = size;
        assert_int_equal(gale__sim_chunks(o->peer, sizes, sizeof(text)), 0);
        o->taking = LINES;
        push(o, text);
        assert_got(o, text);
        end(o);
    }
}

static void an_idle_stream_holds_nothing(void **state)
{
    struct owner *o = open_stream(state);

    push(o, "request");
    assert_null(o->s.in);
    assert_int_equal(gale__stream_write(&o->s, "answer", 6), 0);
    assert_int_equal(gale__stream_flush(&o->s), 0);
    run(o);
    assert_sent(o, "answer");
    assert_null(o->s.out);
    assert_true(sizeof(struct gale_iostream) <= 136);
    end(o);
}

static void pausing_keeps_and_resuming_offers(void **state)
{
    struct owner *o = open_stream(state);

    o->taking = PAUSING;
    push(o, "first");
    push(o, "second");
    assert_got(o, "first");
    o->taking = ALL;
    o->inside = true;
    gale__stream_resume(&o->s);
    o->inside = false;
    run(o);
    assert_got(o, "firstsecond");
    end(o);
}

static void resuming_offers_again_what_was_left(void **state)
{
    struct owner *o = open_stream(state);

    o->taking = NOTHING;
    push(o, "kept");
    assert_int_equal(o->n_data, 1);
    o->taking = ALL;
    gale__stream_pause(&o->s);
    gale__stream_resume(&o->s);
    run(o);
    assert_got(o, "kept");
    end(o);
}

static void kept_input_is_bounded(void **state)
{
    static char flood[300000];
    struct owner *o = open_stream(state);
    const uint32_t sizes[] = { 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000 };
    size_t kept;

    gale__stream_set_in_limit(&o->s, 4000);
    o->taking = NOTHING;
    assert_int_equal(gale__sim_chunks(o->peer, sizes, 8), 0);
    assert_int_equal(gale__sim_push(o->peer, flood, sizeof(flood)), 0);
    run(o);
    kept = gale__stream_kept(&o->s).len;
    assert_int_equal(kept, 4000);
    o->taking = ALL;
    gale__stream_resume(&o->s);
    run(o);
    assert_int_equal(o->n_got, sizeof(flood));
    end(o);
}

static void input_left_again_and_again_costs_linear_time(void **state)
{
    enum { N = 1 << 19 };
    struct owner *o = open_stream(state);
    uint32_t *sizes = malloc(N / 16 * sizeof(*sizes));
    char *data = calloc(1, N);

    for (size_t i = 0; i < N / 16; i++)
        sizes[i] = 16;
    gale__stream_set_in_limit(&o->s, UINT32_MAX);
    o->taking = NOTHING;
    assert_int_equal(gale__sim_chunks(o->peer, sizes, N / 16), 0);
    assert_int_equal(gale__sim_push(o->peer, data, N), 0);
    assert_int_equal(gale__sim_advance(o->loop, 1), 0);
    assert_int_equal(o->last_offer, N);
    end(o);
    free(sizes);
    free(data);
}

static void the_end_is_told_once_behind_the_data(void **state)
{
    struct owner *o = open_stream(state);

    o->taking = PAUSING;
    push(o, "one");
    assert_int_equal(gale__sim_push(o->peer, "two", 3), 0);
    gale__sim_end(o->peer);
    run(o);
    assert_int_equal(o->n_eof, 0);
    o->taking = NOTHING;
    gale__stream_resume(&o->s);
    run(o);
    assert_int_equal(o->n_eof, 1);
    gale__stream_resume(&o->s);
    run(o);
    assert_int_equal(o->n_eof, 1);
    assert_int_equal(gale__stream_write(&o->s, "late", 4), 0);
    assert_int_equal(gale__stream_flush(&o->s), 0);
    run(o);
    assert_sent(o, "late");
    end(o);
}

static void a_broken_receive_is_told_once(void **state)
{
    struct owner *o = open_stream(state);

    gale__sim_reset(o->peer);
    run(o);
    assert_int_equal(o->n_error, 1);
    assert_int_equal(o->s.error, -ECONNRESET);
    assert_int_equal(gale__stream_write(&o->s, "x", 1), -ECONNRESET);
    assert_int_equal(gale__stream_flush(&o->s), -ECONNRESET);
    assert_null(gale__stream_reserve(&o->s, 1));
    run(o);
    assert_int_equal(o->n_error, 1);
    end(o);
}

static void a_broken_send_is_told_from_the_loop(void **state)
{
    struct owner *o = open_stream(state);

    gale__sim_fail(o->peer, GALE__SIM_SEND, EPIPE);
    o->inside = true;
    assert_int_equal(gale__stream_write(&o->s, "x", 1), 0);
    (void)gale__stream_flush(&o->s);
    o->inside = false;
    assert_int_equal(o->n_error, 0);
    run(o);
    assert_int_equal(o->n_error, 1);
    assert_int_equal(o->s.error, -EPIPE);
    end(o);
}

static void reserved_room_leaves_in_one_piece(void **state)
{
    struct owner *o = open_stream(state);
    unsigned long allocations = 0;

    for (int i = 0; i < 100; i++) {
        char *p = gale__stream_reserve(&o->s, 100);

        assert_non_null(p);
        memcpy(p, "head ", 5);
        gale__stream_commit(&o->s, 5);
        p = gale__stream_reserve(&o->s, GALE__STREAM_RESERVE_MAX - 100);
        assert_non_null(p);
        memcpy(p, "body", 4);
        gale__stream_commit(&o->s, 4);
        assert_int_equal(o->s.out_pending, 9);
        assert_int_equal(gale__stream_flush(&o->s), 0);
        run(o);
        assert_sent(o, "head body");
        gale__sim_clear_sent(o->peer);
        if (i == 10)
            allocations = gale__alloc_count();
    }
    assert_int_equal(gale__alloc_count(), allocations); /* the chunk went round */
    end(o);
}

static void an_unused_reservation_is_nothing(void **state)
{
    struct owner *o = open_stream(state);

    assert_non_null(gale__stream_reserve(&o->s, 100));
    gale__stream_commit(&o->s, 0);
    assert_int_equal(gale__stream_flush(&o->s), 0);
    assert_null(o->s.out);
    run(o);
    assert_int_equal(gale__sim_sent(o->peer).len, 0);
    end(o);
}

/* Writes a pattern in pieces with flushes in between, the peer's window opening slowly. */
static void send_pattern(struct owner *o, size_t total, size_t piece, int64_t window)
{
    char *data = malloc(total);
    gale_str sent;

    for (size_t i = 0; i < total; i++)
        data[i] = (char)netkit_byte(i);
    gale__sim_window(o->peer, window);
    for (size_t done = 0; done < total; done += piece) {
        size_t part = total - done < piece ? total - done : piece;

        assert_int_equal(gale__stream_write(&o->s, data + done, part), 0);
        assert_int_equal(gale__stream_flush(&o->s), 0);
        if (done % (3 * piece) == 0)
            run(o);
        gale__sim_window(o->peer, window);
    }
    for (int i = 0; i < 1000 && o->s.out_pending > 0; i++) {
        gale__sim_window(o->peer, (int64_t)total);
        run(o);
    }
    sent = gale__sim_sent(o->peer);
    assert_int_equal(sent.len, total);
    assert_memory_equal(sent.ptr, data, total);
    assert_null(o->s.out);
    free(data);
}

static void output_arrives_whole_through_any_window(void **state)
{
    static const struct {
        size_t total, piece;
        int64_t window;
    } cases[] = { { 100000, 100, 1 },       { 100000, 1000, 777 },     { 1000000, 100000, 5000 },
                  { 1000000, 16000, 9999 }, { 3000000, 3000000, 100 }, { 500000, 40000, 40001 } };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct owner *o = open_stream(state);

        send_pattern(o, cases[i].total, cases[i].piece, cases[i].window);
        end(o);
    }
}

static void drained_is_told_after_output_was_left_behind(void **state)
{
    struct owner *o = open_stream(state);

    gale__sim_window(o->peer, 3);
    assert_int_equal(gale__stream_write(&o->s, "hello", 5), 0);
    assert_int_equal(gale__stream_flush(&o->s), 0);
    run(o);
    assert_int_equal(o->n_drained, 0);
    assert_int_equal(o->s.out_pending, 2);
    gale__sim_window(o->peer, -1);
    run(o);
    assert_int_equal(o->n_drained, 1);
    assert_sent(o, "hello");
    end(o);
}

static void closing_from_any_callback(void **state)
{
    for (int i = 0; i < 4; i++) {
        struct owner *o = open_stream(state);

        o->close_on_end = true;
        gale__sim_window(o->peer, i == 3 ? 1 : -1);
        if (i == 0) {
            o->taking = CLOSING;
            push(o, "data");
        } else if (i == 1) {
            o->taking = NOTHING;
            push(o, "data");
            gale__sim_end(o->peer);
        } else if (i == 2) {
            gale__sim_reset(o->peer);
        } else {
            assert_int_equal(gale__stream_write(&o->s, "ab", 2), 0);
            assert_int_equal(gale__stream_flush(&o->s), 0);
            run(o);
            gale__sim_window(o->peer, -1);
        }
        run(o);
        assert_int_equal(o->n_closed, 1);
        assert_true(gale__sim_is_closed(o->peer));
        end(o);
    }
}

static void closing_inside_kept_data(void **state)
{
    struct owner *o = open_stream(state);

    o->taking = NOTHING;
    push(o, "kept ");
    o->taking = CLOSING;
    push(o, "and more");
    assert_got(o, "kept and more");
    assert_int_equal(o->n_closed, 1);
    end(o);
}

static void closing_with_output_under_way(void **state)
{
    struct owner *o = open_stream(state);

    gale__sim_window(o->peer, 0);
    assert_int_equal(gale__stream_write(&o->s, "one", 3), 0);
    assert_int_equal(gale__stream_flush(&o->s), 0);
    assert_int_equal(gale__stream_write(&o->s, "two", 3), 0);
    gale__stream_close(&o->s, -ETIMEDOUT);
    assert_int_equal(o->n_closed, 0);
    assert_int_equal(gale__stream_write(&o->s, "x", 1), -ETIMEDOUT);
    end(o);
}

static void unread_input_comes_first(void **state)
{
    struct owner *o = open_stream(state);

    o->taking = NOTHING;
    push(o, "world");
    assert_int_equal(gale__stream_unread(&o->s, "hello ", 6), 0);
    o->taking = ALL;
    gale__stream_resume(&o->s);
    run(o);
    assert_got(o, "hello world");
    end(o);
}

#define TEST(fn)                                                                                   \
    { .name = #fn " [at once]", .test_func = fn, .initial_state = &at_once },                      \
    {                                                                                              \
        .name = #fn " [queued]", .test_func = fn, .initial_state = &queued                         \
    }

int main(void)
{
    static bool at_once = false, queued = true;
    const struct CMUnitTest tests[] = {
        TEST(what_is_left_comes_again_in_front),
        TEST(pieces_of_every_size_arrive_whole),
        TEST(an_idle_stream_holds_nothing),
        TEST(pausing_keeps_and_resuming_offers),
        TEST(resuming_offers_again_what_was_left),
        TEST(kept_input_is_bounded),
        TEST(input_left_again_and_again_costs_linear_time),
        TEST(the_end_is_told_once_behind_the_data),
        TEST(a_broken_receive_is_told_once),
        TEST(a_broken_send_is_told_from_the_loop),
        TEST(reserved_room_leaves_in_one_piece),
        TEST(an_unused_reservation_is_nothing),
        TEST(output_arrives_whole_through_any_window),
        TEST(drained_is_told_after_output_was_left_behind),
        TEST(closing_from_any_callback),
        TEST(closing_inside_kept_data),
        TEST(closing_with_output_under_way),
        TEST(unread_input_comes_first),
    };

    gale_log_set_level(NULL, GALE_LOG_ERROR);
    return cmocka_run_group_tests_name("stream", tests, NULL, NULL) != 0;
}

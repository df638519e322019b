/* conn_read.c - bodies that handlers read in pieces, as the peer sends them.
 *
 * A reader is lent the body's one buffer. It is filled from what the stream has kept, or,
 * while the reader waits, from what arrives; meanwhile what arrives stays in the stream,
 * which then stops receiving. So at most a buffer and one receive are in memory, and the
 * peer is slowed down by TCP. Its time runs only while the reader waits for it.
 *
 * When the answer is complete before the body is, a small rest is thrown away and the
 * connection goes on; with a large one, or one that was never asked for, it ends.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "http/conn.h"

enum {
    BUFFER = 64 * 1024,    /* most that a reader is lent */
    IN_LIMIT = 1,          /* kept input at which receiving stops */
    DRAIN_MAX = 64 * 1024, /* rest of a body that is read for nobody */
    BODY_BYTES_PER_SECOND = 4096,
};

void gale__conn_stream_begin(struct gale__conn *conn, bool expect_continue)
{
    conn->body->expect = expect_continue;
    conn->x->streaming = true;
    gale__stream_set_in_limit(&conn->stream, IN_LIMIT);
    gale__stream_receive_singly(&conn->stream, true);
}

/* What is decoded from the next piece goes behind what is there. False: no more comes of it. */
static bool fill_step(struct gale__conn_body *body, struct gale__exchange *x, const char **p,
                      const char *end)
{
    size_t room = body->cap - body->len, n;
    gale_str piece = { *p, 0 };
    int r = gale__conn_body_next(body, x, p, end, &piece);

    if (r < 0)
        return false;
    n = piece.len = r > 0 ? piece.len : 0;
    if (body->unzip) {
        int64_t got = gale__conn_body_decode(body, &piece, body->data + body->len, room);

        gale__conn_body_untake(body, p, piece.len);
        body->len += got > 0 ? (size_t)got : 0;
        return !body->status && (got > 0 || piece.len < n);
    }
    n = n < room ? n : room;
    if (n)
        memcpy(body->data + body->len, piece.ptr, n);
    body->len += n;
    gale__conn_body_untake(body, p, piece.len - n);
    return n > 0;
}

size_t gale__conn_body_fill(struct gale__conn_body *body, struct gale__exchange *x,
                            const char *data, size_t n)
{
    const char *p = data;

    while (body->len < body->cap && fill_step(body, x, &p, data + n))
        ;
    if (body->wire_done && body->len < body->cap)
        (void)gale__conn_body_decoded(body);
    return (size_t)(p - data);
}

size_t gale__conn_stream_feed(struct gale__conn *conn, const char *data, size_t n)
{
    struct gale__conn_body *body = conn->body;
    size_t used;

    if (!body->waiting || body->len || body->status || body->wire_done)
        return 0;
    used = gale__conn_body_fill(body, conn->x, data, n);
    if (body->len || body->status || body->wire_done)
        gale__waitq_wake_all(&conn->x->drain, 0);
    return used;
}

static void fill_from_kept(struct gale__conn *conn)
{
    gale_str kept = gale__stream_kept(&conn->stream);
    size_t used = gale__conn_body_fill(conn->body, conn->x, kept.ptr ? kept.ptr : "", kept.len);

    if (kept.ptr)
        gale__stream_consume(&conn->stream, used);
}

uint32_t gale__conn_body_patience(const struct gale__conn_body *body, const gale_httpserver *server)
{
    uint32_t passed = server->wheel.now - body->since;
    uint64_t all = body->ticks + body->wire / BODY_BYTES_PER_SECOND * server->limits.second;
    uint64_t most;

    if (body->ticks == GALE__NEVER)
        return GALE__NEVER;
    all = all > body->waited ? all - body->waited : 0;
    most = body->waiting && all > body->ticks ? body->ticks : all;
    if (most <= passed)
        return 0;
    return most - passed < GALE__NEVER / 2 ? (uint32_t)(most - passed) : GALE__NEVER / 2;
}

void gale__conn_body_expired(struct gale__conn *conn)
{
    struct gale__conn_body *body = conn->body;
    uint32_t ticks = gale__conn_body_patience(body, conn->server);

    if (ticks > 0) {
        gale__conn_set_deadline(conn, ticks);
        return;
    }
    gale__conn_body_fail(body, 408, "body not complete in time");
    if (conn->state == CONN_BODY)
        gale__conn_body_refused(conn);
    else
        gale__waitq_wake_all(&conn->x->drain, 0);
}

static void say_go_on(struct gale__conn *conn)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

    conn->body->expect = false;
    (void)gale__stream_write(&conn->stream, go_on, sizeof(go_on) - 1);
    gale__conn_flush(conn);
}

/* Waits. Until the buffer may have been filled. */
static int wait_for_data(struct gale__conn *conn, struct gale__exchange *x)
{
    struct gale__conn_body *body = conn->body;
    uint32_t ticks;
    int r;

    if (body->expect && !x->responded && !body->wire)
        say_go_on(conn);
    if (x->gone || conn->x != x)
        return 0;
    body->waiting = true;
    body->since = conn->server->wheel.now;
    ticks = gale__conn_body_patience(body, conn->server);
    gale__conn_set_deadline(conn, ticks ? ticks : 1);
    r = gale__waitq_wait(&x->drain, "gale_read_body", INT64_MAX);
    body->waiting = false;
    if (x->gone || conn->x != x)
        return r;
    body->waited += conn->server->wheel.now - body->since;
    gale__conn_set_deadline(conn, GALE__NEVER);
    return r;
}

void gale__conn_body_begin_reading(struct gale__conn_body *body, struct gale__exchange *x)
{
    bool is_small = !body->chunked && !body->unzip && body->left < BUFFER;

    if (body->begun || body->status)
        return;
    body->begun = true;
    if (!body->chunked && body->left != INT64_MAX && body->max >= 0 && body->left > body->max)
        gale__conn_body_fail(body, 413, "body too large");
    else if (gale__conn_body_buffer(body, &x->arena, is_small ? (size_t)body->left : BUFFER) < 0)
        gale__conn_body_fail(body, 503, "no memory for the request's body");
}

/* What a reader is told with an empty buffer: 1: to wait. */
static int state_of(struct gale__conn *conn)
{
    struct gale__conn_body *body = conn->body;

    if (!body->status && !body->wire_done && conn->eof && !conn->stream.in)
        gale__conn_body_fail(body, 400, "body ended before it was complete");
    if (body->status) {
        conn->server->stats.errors += !body->told;
        body->told = true;
        return gale_err(GALE_EHTTP(body->status), "%s", body->why);
    }
    if (body->wire_done)
        gale__conn_body_free(body);
    return !body->wire_done;
}

static int no_longer(const struct gale__exchange *x)
{
    return x->gone ? x->gone : gale_err(GALE_ESTATE, "the request has been answered");
}

int gale__conn_read(struct gale__exchange *x, gale_str *out)
{
    struct gale__conn *conn = x->carrier;
    struct gale__conn_body *body = conn->body;
    int r = 0;

    *out = (gale_str){ "", 0 };
    if (!x->streaming)
        return 0;
    if (x->gone || conn->x != x)
        return no_longer(x);
    if (body->waiting)
        return gale_err(GALE_ESTATE, "another coroutine reads the request's body");
    gale__conn_body_begin_reading(body, x);
    body->len = 0;
    while (r == 0) {
        if (!body->len && !body->status)
            fill_from_kept(conn);
        if (body->len) {
            *out = (gale_str){ body->data, body->len };
            return 1;
        }
        r = state_of(conn);
        if (r <= 0)
            return r;
        r = wait_for_data(conn, x);
        if (x->gone || conn->x != x)
            return no_longer(x);
    }
    return r;
}

int gale__conn_limit(struct gale__exchange *x, int64_t max_size, double timeout)
{
    struct gale__conn *conn = x->carrier;
    struct gale__conn_body *body = conn->body;

    if (!x->streaming) /* there is none */
        return 0;
    if (x->gone || conn->x != x)
        return no_longer(x);
    if (body->begun)
        return gale_err(GALE_ESTATE, "the request's body has been read from");
    gale__conn_body_set_limits(body, conn->server, max_size, timeout);
    return 0;
}

bool gale__conn_stream_keeps(const struct gale__conn *conn, bool last)
{
    const struct gale__conn_body *body = conn->body;

    if (body->status || (body->expect && !body->wire))
        return false;
    return body->wire_done || body->chunked || !last || body->left <= DRAIN_MAX;
}

void gale__conn_stream_abandon(struct gale__conn *conn)
{
    struct gale__conn_body *body = conn->body;

    if (!body)
        return;
    conn->excess |= !body->wire_done || body->status;
    conn->body = NULL;
    gale__stream_set_in_limit(&conn->stream, conn->server->limits.head.max_header_bytes + 1);
    gale__stream_receive_singly(&conn->stream, false);
}

/* The rest, of which the exchange holds nothing any more. */
static struct gale__conn_body *new_rest(const struct gale__conn_body *body)
{
    struct gale__conn_body *rest = gale__malloc(sizeof(*rest));

    if (!rest)
        return NULL;
    *rest = *body;
    rest->unzip = NULL;
    rest->data = NULL;
    rest->max = (int64_t)body->wire + DRAIN_MAX;
    return rest;
}

bool gale__conn_stream_end(struct gale__conn *conn)
{
    struct gale__conn_body *body = conn->body, *rest = NULL;

    if (body->waiting) /* it sees that conn->x is another's */
        gale__waitq_wake_all(&conn->x->drain, 0);
    conn->keep_alive &= gale__conn_stream_keeps(conn, true) && !conn->server->draining;
    if (conn->keep_alive && !body->wire_done && !(conn->eof && !conn->stream.in))
        rest = new_rest(body);
    conn->keep_alive &= rest || body->wire_done;
    gale__conn_stream_abandon(conn);
    if (!rest)
        return false;
    conn->excess = false;
    conn->body = rest;
    conn->state = CONN_DRAIN;
    gale__conn_set_deadline(conn, conn->server->limits.linger_ticks);
    return true;
}

size_t gale__conn_drain_feed(struct gale__conn *conn, const char *data, size_t n)
{
    struct gale__conn_body *rest = conn->body;
    const char *p = data;
    gale_str piece;

    while (gale__conn_body_next(rest, NULL, &p, data + n, &piece) > 0)
        ;
    if (rest->status) {
        gale__conn_drained(conn, false);
        return n;
    }
    if (rest->wire_done)
        gale__conn_drained(conn, true);
    return (size_t)(p - data);
}

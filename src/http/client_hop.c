/* client_hop.c - one hop of a fetch: a place, a connection, the request, the answer.
 *
 * A large or produced body is sent by a coroutine of its own, so that a server that answers early,
 * or echoes, is read meanwhile. A kept connection may have been closed by the server just as we
 * began to use it: a request that may be sent twice is then sent once more, on a new one.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "gen/co.h"
#include "http/client_options.h"
#include "net/stream.h"

enum { AT_ONCE = 65536 /* a body up to this leaves with its head */ };

static const int64_t patience_ns = 1000000000; /* for the server's 100 */

/* On the stack of the hop that sends, which waits for it. */
struct sender {
    struct gale__fetch *f;
    gale_future *future; /* NULL: none was needed */
    bool own_error;      /* its failure is the producer's */
    bool ended;          /* whatever it says from now on is of our doing */
};

/* --- sending --- */

static int write_piece(struct gale__fetch *f, gale_str piece)
{
    if (f->request.body_length > 0)
        return gale__client_conn_write(f->conn, piece);
    return gale__client_conn_write_chunk(f->conn, piece);
}

static int wrong_length(const struct gale__fetch *f, int64_t sent)
{
    return gale_err(GALE_EINVAL, "body_producer gives %s than body_length, %lld bytes",
                    sent > f->request.body_length ? "more" : "less",
                    (long long)f->request.body_length);
}

/* The next piece that is not empty: 1, 0 at the end, or the producer's failure. */
static int next_piece(struct gale__fetch *f, gale_str *piece, int64_t *sent)
{
    const gale_http_request *request = &f->request;
    int r;

    do {
        *piece = (gale_str){ "", 0 };
        r = request->body_producer(piece, f->out.body_arg);
    } while (r > 0 && !piece->len);
    if (r == 0)
        *piece = (gale_str){ "", 0 };
    if (r < 0 || request->body_length <= 0)
        return r;
    *sent += (int64_t)piece->len;
    if (*sent > request->body_length || (r == 0 && *sent < request->body_length))
        return wrong_length(f, *sent);
    return r;
}

static int send_produced(struct sender *s)
{
    struct gale__fetch *f = s->f;
    int64_t sent = 0;
    gale_str piece;
    int r, w;

    do {
        r = next_piece(f, &piece, &sent);
        if (r < 0) {
            if (s->ended)
                return r;
            s->own_error = true;
            gale_iostream_close(&f->conn->stream); /* wakes who waits for the answer */
            return r;
        }
        w = write_piece(f, piece);
    } while (r > 0 && w >= 0);
    return w;
}

/* Until the server wants the body, has answered, or says nothing for too long: true to send. */
static bool is_wanted(struct gale__client_conn *conn)
{
    int64_t until = gale__ioloop_clock_ns(gale__co_loop(gale__co_current())) + patience_ns;
    int r = 0;

    while (r >= 0 && !conn->may_continue && !conn->answered)
        r = gale__waitq_wait(&conn->sender, "gale_fetch", until);
    return !conn->answered && (r >= 0 || r == GALE_ETIMEDOUT);
}

static int send_body(void *arg)
{
    struct sender *s = arg;
    struct gale__fetch *f = s->f;
    int r;

    if (f->request.expect_100_continue == GALE_ON && !is_wanted(f->conn))
        return 0;
    if (f->request.body_producer)
        r = send_produced(s);
    else
        r = gale__client_conn_write(f->conn, f->request.body);
    f->sent_whole = r >= 0;
    return r;
}

/* Writes the head, and the body with it when that is small; else starts the sender. */
static int send_request(struct gale__fetch *f, struct sender *s)
{
    struct gale__client_conn *conn = f->conn;
    bool has_body = gale__client_has_body(&f->out);
    bool at_once = !has_body || (f->request.body.ptr && f->request.body.len <= AT_ONCE &&
                                 f->request.expect_100_continue != GALE_ON);
    int r;

    gale__fetch_set_phase(f, GALE_PHASE_SEND);
    f->sent_whole = false;
    gale__client_conn_begin(conn, (size_t)f->request.max_header_size);
    gale__client_write_head(f, &conn->out);
    r = conn->out.error;
    if (r >= 0)
        r = gale__stream_write(conn->stream, conn->out.ptr, conn->out.len);
    if (r >= 0 && has_body && at_once)
        r = gale_iostream_write(conn->stream, f->request.body.ptr, f->request.body.len);
    else if (r >= 0)
        r = gale__stream_flush(conn->stream);
    if (r < 0 || at_once) {
        f->sent_whole = r >= 0;
        return r;
    }
    s->future = gale_spawn_named("gale_fetch body", send_body, s);
    return s->future ? 0 : -ENOMEM;
}

/* Ends the sender. The producer's own failure counts for more than what it caused; what it says
 * because we end it counts for nothing: there is an answer, or another failure. */
static int end_sender(struct sender *s, int r)
{
    char text[192];
    int sent;

    if (!s->future)
        return r;
    snprintf(text, sizeof(text), "%s", gale_strerror(r));
    if (!gale_future_done(s->future)) {
        s->ended = true;
        if (r == GALE_ETIMEDOUT && s->f->phase == GALE_PHASE_WAIT)
            gale__fetch_set_phase(s->f, GALE_PHASE_SEND);
        gale_cancel(s->future);
    }
    sent = gale_join(&s->future);
    if (!s->own_error)
        return r < 0 ? gale_err(r, "%s", text) : r;
    gale__fetch_set_phase(s->f, GALE_PHASE_SEND);
    return sent;
}

int gale__fetch_rewind(struct gale__fetch *f)
{
    if (!f->request.body_producer || f->out.bodiless)
        return 0;
    if (!f->out.rewind)
        return GALE_ESTATE;
    f->out.rewind(f->out.body_arg);
    return 0;
}

/* --- the answer --- */

/* Whether the same is to be asked again, with credentials that were asked for: 1, 0. The body is
 * rewound later, when nobody sends it any more. */
static int ask_again(struct gale__fetch *f)
{
    int status = f->response->status, r = 0;

    if (f->request.body_producer && !f->out.bodiless && !f->out.rewind)
        return 0;
    if (status == 401 && !f->out.estranged)
        r = gale__client_auth_answered(f);
    else if (status == 407 && f->proxy.host.len && !gale__fetch_tunnels(f))
        r = gale__client_proxy_answered(f);
    return r > 0 ? 1 : r;
}

static int refuse_upgrade(void)
{
    return gale_err(GALE_EPROTO, "malformed answer: 101 Switching Protocols, which was not asked "
                                 "for");
}

static int tell_options(struct gale__fetch *f)
{
    int r = 0;

    if (f->request.cookies)
        r = gale__client_cookies_answered(f);
    if (r >= 0 && f->hooks->answered)
        r = f->hooks->answered(f->hooks->arg, f->response);
    return r;
}

/* 1: there is another hop. */
static int read_answer(struct gale__fetch *f)
{
    int r, again;

    gale__fetch_set_phase(f, GALE_PHASE_WAIT);
    r = gale__fetch_read_head(f);
    if (r >= 0 && f->response->status == 101 && !f->hooks->upgraded)
        r = refuse_upgrade();
    if (r >= 0)
        r = tell_options(f);
    if (r < 0)
        return r;
    if (f->response->status == 101)
        return f->hooks->upgraded(f->hooks->arg, f->conn, f->response);
    again = f->response->status < 400 ? 0 : ask_again(f);
    if (again < 0)
        return again;
    if (again > 0 || gale__fetch_is_redirect(f)) {
        r = gale__fetch_drop_body(f);
        return r < 0 ? r : 1;
    }
    r = gale__fetch_tell_head(f);
    return r < 0 ? r : gale__fetch_read_body(f);
}

static int exchange(struct gale__fetch *f)
{
    struct sender sender = { .f = f };
    int r;

    if (f->ended)
        return GALE_ECLOSED;
    r = send_request(f, &sender);
    /* An answer may have been sent by a server that reads no further. */
    if (r >= 0 || r == -EPIPE || r == -ECONNRESET) {
        int got = read_answer(f);

        r = r < 0 && got == GALE_EEOF ? r : got;
    }
    return end_sender(&sender, r);
}

/* --- the hop --- */

static bool may_be_repeated(const struct gale__fetch *f)
{
    static const char *const idempotent[] = { "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE" };

    if (f->request.no_retry == GALE_ON ||
        (f->request.body_producer && !f->out.bodiless && !f->out.rewind))
        return false;
    for (size_t i = 0; i < sizeof(idempotent) / sizeof(idempotent[0]); i++)
        if (!strcmp(f->out.method, idempotent[i]))
            return true;
    return false;
}

/* A kept connection turned out dead before it said anything: also of TLS without its close_notify.
 */
static bool was_dead(const struct gale__fetch *f, int r)
{
    return f->conn && f->conn->n_requests > 0 && !f->conn->answering && !f->ended &&
           (r == GALE_EEOF || r == GALE_ETLS || r == -ECONNRESET || r == -EPIPE);
}

/* Waits. A place and a connection. */
static int reach(void *arg)
{
    struct gale__fetch *f = arg;
    int r;

    if (!f->host) {
        r = gale__client_enter(f);
        if (r < 0)
            return r;
        gale__fetch_set_phase(f, GALE_PHASE_CONNECT);
        f->hop_ns = f->phase_ns;
        f->conn = f->fresh_only ? NULL : gale__client_take_kept(f);
    }
    return f->conn ? 0 : gale__fetch_connect(f);
}

static int reach_in_time(struct gale__fetch *f)
{
    if (f->request.connect_timeout < 0)
        return reach(f);
    return gale_with_timeout(f->request.connect_timeout, reach, f);
}

static int run_hop(struct gale__fetch *f)
{
    int r = reach_in_time(f);

    if (r >= 0)
        r = exchange(f);
    if (!was_dead(f, r) || !may_be_repeated(f))
        return r;
    gale__client_conn_free(f->conn);
    f->conn = NULL;
    f->client->stats.retries++;
    r = gale__fetch_rewind(f);
    if (r >= 0)
        r = reach_in_time(f);
    return r < 0 ? r : exchange(f);
}

int gale__fetch_hop(struct gale__fetch *f)
{
    int r;

    gale__fetch_set_phase(f, GALE_PHASE_QUEUE);
    f->last_hop_ns = f->phase_ns;
    r = gale__client_choose_proxy(f);
    if (r >= 0)
        r = run_hop(f);
    gale__client_leave_host(f, r >= 0 && f->sent_whole && !f->out.closing);
    if (r > 0 && gale__fetch_is_redirect(f))
        return gale__fetch_redirect(f);
    if (r > 0 && gale__fetch_rewind(f) < 0)
        return GALE_ESTATE;
    return r;
}

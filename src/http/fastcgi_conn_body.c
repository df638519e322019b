/* fastcgi_conn_body.c - the bodies of requests over FastCGI: gathered, or read by their handlers.
 *
 * What has come of a streamed body and was not read waits in its request's buffer. When that is
 * full the connection is not read on, whatever else it carries: FastCGI has no other way to slow
 * one request down. A body is as long as its STDIN, which has to be as long as was announced.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "http/fastcgi_conn.h"

static const char too_short[] = "body ended before it was complete";

void gale__fastcgi_refuse_body(struct gale__fastcgi_request *req, int status, const char *why)
{
    struct gale__conn_body *body = req->body;

    if (!body->tell) {
        gale__fastcgi_refuse(req, status, why);
        return;
    }
    gale__conn_body_fail(body, status, why);
    body->len = 0;
    req->x->streaming = true;
    req->conn->n_streamed++;
    gale__fastcgi_dispatch(req);
}

static void gather(struct gale__fastcgi_request *req)
{
    struct gale__conn_body *body = req->body;

    if (body->left != INT64_MAX && body->max >= 0 && body->left > body->max) {
        gale__fastcgi_refuse_body(req, 413, "body too large");
        return;
    }
    if (gale__conn_body_gather(body, &req->x->arena) < 0) {
        gale__fastcgi_refuse(req, 503, "out of memory");
        return;
    }
    req->phase = FASTCGI_BODY;
    body->since = req->conn->server->wheel.now;
    gale__fastcgi_wants(req->conn, body->ticks);
}

void gale__fastcgi_body_begin(struct gale__fastcgi_request *req, int64_t length)
{
    gale_httpserver *server = req->conn->server;
    struct gale__body_plan plan = { 0 };

    req->body = gale__conn_body_new(req->x, req->head_len, false, length < 0 ? INT64_MAX : length,
                                    server);
    if (req->body && server->answerer->plan)
        server->answerer->plan(server->arg, req->x, &plan);
    if (!req->body || plan.no_memory) {
        gale__fastcgi_refuse(req, 503, "out of memory");
        return;
    }
    gale__conn_body_set_limits(req->body, server, plan.max_size, plan.timeout);
    req->body->tell = plan.tell;
    req->body->ends_apart = true;
    if (!plan.stream) {
        gather(req);
        return;
    }
    req->x->streaming = true;
    if (req->conn->n_streamed++ == 0)
        gale__stream_receive_singly(&req->conn->stream, true);
    gale__fastcgi_dispatch(req);
}

/* --- what comes --- */

static size_t take_gathered(struct gale__fastcgi_request *req, gale_str piece)
{
    struct gale__conn_body *body = req->body;

    (void)gale__conn_body_feed(body, req->x, piece.ptr, piece.len);
    if (body->status)
        gale__fastcgi_refuse_body(req, body->status, body->why);
    return piece.len;
}

static size_t take_streamed(struct gale__fastcgi_request *req, gale_str piece)
{
    size_t room = GALE__FASTCGI_IN_MAX - req->in.len;
    size_t n = piece.len < room ? piece.len : room;

    if (!req->body || req->body->status) /* nobody wants it any more */
        return piece.len;
    if (!n) {
        req->conn->holder = req;
        return 0;
    }
    if (gale__buf_append(&req->in, piece.ptr, n) < 0) {
        gale__conn_body_fail(req->body, 503, "no memory for the request's body");
        n = piece.len;
    }
    gale__waitq_wake_all(&req->x->drain, 0);
    return n;
}

size_t gale__fastcgi_body_take(struct gale__fastcgi_request *req, gale_str piece)
{
    if (req->phase == FASTCGI_BODY)
        return take_gathered(req, piece);
    if (req->phase == FASTCGI_BUSY && !req->in_end)
        return take_streamed(req, piece);
    return piece.len;
}

/* All of it has come, and it is what was announced: 0; else it has failed. */
static int check_end(struct gale__conn_body *body)
{
    if (body->left > 0 && body->left + (int64_t)body->wire != INT64_MAX)
        return gale__conn_body_fail(body, 400, too_short);
    body->wire_done = true;
    return 0;
}

static void gathered(struct gale__fastcgi_request *req)
{
    struct gale__conn_body *body = req->body;

    if (check_end(body) < 0 || gale__conn_body_decoded(body) < 0) {
        gale__fastcgi_refuse_body(req, body->status, body->why);
        return;
    }
    if (body->data) {
        body->data[body->len] = 0;
        req->x->request.body = (gale_str){ body->data, body->len };
    }
    req->body = NULL;
    gale__fastcgi_dispatch(req);
}

void gale__fastcgi_body_end(struct gale__fastcgi_request *req)
{
    req->in_end = true;
    if (req->phase == FASTCGI_FIRST)
        gale__fastcgi_dispatch(req);
    else if (req->phase == FASTCGI_BODY)
        gathered(req);
    else if (req->phase == FASTCGI_BUSY && req->x)
        gale__waitq_wake_all(&req->x->drain, 0);
}

void gale__fastcgi_read_on(struct gale__fastcgi_request *req)
{
    if (req->conn->holder != req)
        return;
    req->conn->holder = NULL;
    if (req->conn->state != FASTCGI_DEAD)
        gale__stream_resume(&req->conn->stream);
}

/* --- what is read --- */

static int no_longer(const struct gale__exchange *x)
{
    return x->gone ? x->gone : gale_err(GALE_ESTATE, "the request has been answered");
}

static bool is_over(const struct gale__fastcgi_request *req)
{
    return req->x->gone || req->ending || req->phase != FASTCGI_BUSY;
}

/* Fills the buffer that is lent. */
static void fill(struct gale__fastcgi_request *req)
{
    struct gale__conn_body *body = req->body;
    bool is_last;

    do {
        size_t used = gale__conn_body_fill(body, req->x, req->in.len ? req->in.ptr : "",
                                           req->in.len);

        gale__buf_consume(&req->in, used);
        is_last = req->in_end && !req->in.len && !body->status && !body->wire_done;
        if (is_last && check_end(body) < 0)
            return;
    } while (is_last && body->unzip && body->len < body->cap);
    if (req->in.len < GALE__FASTCGI_IN_MAX / 2)
        gale__fastcgi_read_on(req);
}

/* What a reader is told with an empty buffer: 1: to wait. */
static int state_of(struct gale__fastcgi_request *req)
{
    struct gale__fastcgi_conn *conn = req->conn;
    struct gale__conn_body *body = req->body;

    if (!body->status && !body->wire_done && conn->eof && !conn->stream.in)
        gale__conn_body_fail(body, 400, too_short);
    if (body->status) {
        conn->server->stats.errors += !body->told;
        body->told = true;
        return gale_err(GALE_EHTTP(body->status), "%s", body->why);
    }
    if (body->wire_done)
        gale__conn_body_free(body);
    return !body->wire_done;
}

/* Waits. Until more may have come. */
static int wait_for_data(struct gale__fastcgi_request *req, struct gale__exchange *x)
{
    struct gale__conn_body *body = req->body;
    const gale_httpserver *server = req->conn->server;
    uint32_t ticks;
    int r;

    body->waiting = true;
    body->since = server->wheel.now;
    ticks = gale__conn_body_patience(body, server);
    gale__fastcgi_wants(req->conn, ticks ? ticks : 1);
    r = gale__waitq_wait(&x->drain, "gale_read_body", INT64_MAX);
    body->waiting = false;
    if (!is_over(req))
        body->waited += server->wheel.now - body->since;
    return r;
}

int gale__fastcgi_read(struct gale__exchange *x, gale_str *out)
{
    struct gale__fastcgi_request *req = x->carrier;
    struct gale__conn_body *body = req->body;
    int r = 0;

    *out = (gale_str){ "", 0 };
    if (!x->streaming)
        return 0;
    if (is_over(req))
        return no_longer(x);
    if (body->waiting)
        return gale_err(GALE_ESTATE, "another coroutine reads the request's body");
    gale__conn_body_begin_reading(body, x);
    body->len = 0;
    while (r == 0) {
        if (!body->status)
            fill(req);
        if (body->len) {
            *out = (gale_str){ body->data, body->len };
            return 1;
        }
        r = state_of(req);
        if (r <= 0)
            return r;
        r = wait_for_data(req, x);
        if (is_over(req))
            return no_longer(x);
    }
    return r;
}

int gale__fastcgi_limit(struct gale__exchange *x, int64_t max_size, double timeout)
{
    struct gale__fastcgi_request *req = x->carrier;

    if (!x->streaming) /* there is none */
        return 0;
    if (is_over(req))
        return no_longer(x);
    if (req->body->begun)
        return gale_err(GALE_ESTATE, "the request's body has been read from");
    gale__conn_body_set_limits(req->body, req->conn->server, max_size, timeout);
    return 0;
}

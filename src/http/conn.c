/* conn.c - reading: heads, bodies, what happens when the peer stops or breaks.
 *
 * on_data takes all requests out of what has come; each is handed to the answerer, which runs
 * its coroutine until that first waits. Answers given meanwhile leave in one write at the end.
 */
/* SPDX-License-Identifier: MIT */
#include "http/conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gale/log.h>

#include "http/request.h"
#include "net/tls.h"

static void log_refusal(struct gale__conn *conn, int status, const char *why)
{
    if (!gale_log_enabled(&gale_log_general, GALE_LOG_INFO))
        return;
    if (conn->x) {
        gale_log(&gale_log_general, GALE_LOG_INFO, "refused %s %s from %s: %d %s: %s",
                 conn->x->request.method, conn->x->request.uri,
                 gale_request_remote_ip(&conn->x->request), status, gale__status_phrase(status),
                 why);
        return;
    }
    gale_log(&gale_log_general, GALE_LOG_INFO, "refused a request: %d %s: %s", status,
             gale__status_phrase(status), why);
}

/* Out of the wheel for good, and the stream goes; the struct stays for its exchanges. */
void gale__conn_close(struct gale__conn *conn, int error)
{
    struct gale__exchange *x = conn->upgraded ? NULL : conn->x;
    bool busy = conn->state == CONN_BUSY;

    if (conn->state == CONN_DEAD)
        return;
    if (conn->state == CONN_DRAIN)
        gale__free(conn->body);
    if (!conn->upgraded) {
        conn->body = NULL;
        conn->x = NULL;
    }
    conn->state = CONN_DEAD;
    gale__wheel_remove(&conn->server->wheel, &conn->deadline);
    gale__count(&conn->server->stats.connections, -1);
    gale__stream_close(&conn->stream, error);
    if (!x)
        return;
    x->gone = error ? error : GALE_ECLOSED;
    if (!busy) {
        gale__exchange_release(x); /* its body never came whole: nobody has seen it */
        return;
    }
    gale__waitq_wake_all(&x->drain, x->gone);
    x->answerer->on_gone(x, x->gone);
}

void gale__conn_linger(struct gale__conn *conn)
{
    conn->state = CONN_LINGER;
    conn->write_timed = false;
    gale__conn_set_deadline(conn, conn->server->limits.linger_ticks);
    gale__stream_shutdown(&conn->stream);
    gale__stream_resume(&conn->stream);
}

void gale__conn_refuse(struct gale__conn *conn, int status, const char *why)
{
    struct gale__exchange *x = conn->x;
    const char *phrase = gale__status_phrase(status);
    char text[1024];
    int page = snprintf(NULL, 0, "<html><title>%d: %s</title><body>%d: %s</body></html>", status,
                        phrase, status, phrase);
    const struct gale__head_cache *cache = &conn->server->cache;
    int len = snprintf(text, sizeof(text),
                       "HTTP/1.1 %d %s\r\n%s%s%s"
                       "Content-Type: " GALE__DEFAULT_CONTENT_TYPE "\r\nDate: %s\r\n"
                       "Content-Length: %d\r\nConnection: close\r\n\r\n"
                       "<html><title>%d: %s</title><body>%d: %s</body></html>",
                       status, phrase, cache->server_len ? "Server: " : "", cache->server,
                       cache->server_len ? "\r\n" : "", cache->date, page, status, phrase, status,
                       phrase);

    log_refusal(conn, status, why);
    gale__count(&conn->server->stats.errors, 1);
    conn->x = NULL;
    conn->body = NULL;
    if (x) {
        if (x->priv.method == GALE__METHOD_HEAD)
            len -= page;
        x->gone = GALE_ECLOSED;
        gale__exchange_release(x);
    }
    (void)gale__stream_write(&conn->stream, text, (size_t)len);
    conn->state = CONN_CLOSING;
    conn->excess = true;
    gale__conn_flush(conn);
}

/* The request is complete, or its body will be read. From here the exchange is the answerer's. */
static void dispatch(struct gale__conn *conn)
{
    struct gale__exchange *x = conn->x;

    conn->state = CONN_BUSY;
    gale__conn_set_deadline(conn, GALE__NEVER);
    conn->server->answerer->dispatch(conn->server->arg, x);
}

static void body_complete(struct gale__conn *conn)
{
    struct gale__conn_body *body = conn->body;

    if (body->data) {
        body->data[body->len] = 0;
        conn->x->request.body = (gale_str){ body->data, body->len };
    }
    conn->body = NULL;
    dispatch(conn);
}

/* By its Content-Type, with nothing that tells how long it is: to take it as empty, as RFC 9112 6.3
 * would have it, loses data. */
static bool says_it_has_a_body(const struct gale__http1_head *head)
{
    return head->content_length < 0 && !head->chunked &&
           (head->known_present >> GALE__HEADER_CONTENT_TYPE & 1) &&
           (head->method == GALE__METHOD_POST || head->method == GALE__METHOD_PUT ||
            head->method == GALE__METHOD_PATCH);
}

/* Why a well-formed head is refused all the same; 0 when it is not. */
static int objection(const struct gale__http1_head *head, const char **why)
{
    if (head->expect_other) {
        *why = "unknown expectation";
        return 417;
    }
    return 0;
}

/* The gathered body of conn->x is not to be had: who answers tells, or the connection itself. */
static void refuse_body(struct gale__conn *conn, int status, const char *why)
{
    struct gale__conn_body *body = conn->body;

    if (!body->tell) {
        gale__conn_refuse(conn, status, why);
        return;
    }
    gale__conn_body_fail(body, status, why);
    body->len = 0;
    gale__conn_stream_begin(conn, false);
    dispatch(conn);
}

void gale__conn_body_refused(struct gale__conn *conn)
{
    refuse_body(conn, conn->body->status, conn->body->why);
}

/* Its body comes next and is gathered. */
static void gather_body(struct gale__conn *conn, bool expect_continue)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct gale__conn_body *body = conn->body;

    if (!body->chunked && body->max >= 0 && body->left > body->max) {
        refuse_body(conn, 413, "body too large");
        return;
    }
    if (gale__conn_body_gather(body, &conn->x->arena) < 0) {
        gale__conn_refuse(conn, 503, "out of memory");
        return;
    }
    conn->state = CONN_BODY;
    body->since = conn->server->wheel.now;
    gale__conn_set_deadline(conn, body->ticks);
    if (expect_continue) {
        (void)gale__stream_write(&conn->stream, go_on, sizeof(go_on) - 1);
        gale__conn_flush(conn);
    }
}

static void begin_body(struct gale__conn *conn, const struct gale__http1_head *head,
                       bool more_has_come)
{
    gale_httpserver *server = conn->server;
    bool expect_continue = head->expect_continue && !more_has_come;
    struct gale__body_plan plan = { 0 };

    conn->body = gale__conn_body_new(conn->x, head->head_len, head->chunked, head->content_length,
                                     server);
    if (!conn->body) {
        gale__conn_refuse(conn, 503, "out of memory");
        return;
    }
    if (server->answerer->plan)
        server->answerer->plan(server->arg, conn->x, &plan);
    if (plan.no_memory) {
        gale__conn_refuse(conn, 503, "out of memory");
        return;
    }
    gale__conn_body_set_limits(conn->body, server, plan.max_size, plan.timeout);
    conn->body->tell = plan.tell;
    if (plan.stream && !says_it_has_a_body(head)) {
        gale__conn_stream_begin(conn, expect_continue);
        dispatch(conn);
    } else if (says_it_has_a_body(head)) {
        refuse_body(conn, 411, "a body without Content-Length");
    } else {
        gather_body(conn, expect_continue);
    }
}

/* A head is complete: makes the exchange. */
static void begin_request(struct gale__conn *conn, const char *bytes, bool more_has_come)
{
    gale_httpserver *server = conn->server;
    const struct gale__http1_head *head = &server->head;
    struct gale__exchange *x = gale__exchange_new(server->loop, &gale__conn_exchange_ops);
    const char *why = NULL;
    int status;

    conn->in_head = false;
    gale__count(&server->stats.requests, 1);
    if (!x) {
        gale__conn_refuse(conn, 503, "out of memory");
        return;
    }
    conn->n_exchanges++;
    gale__count(&server->stats.requests_active, 1);
    x->carrier = conn;
    x->answerer = server->answerer;
    x->request.start_ns = gale__ioloop_now_ns(server->loop);
    conn->http10 = head->minor_version == 0;
    conn->keep_alive = !head->close && (!conn->http10 || head->keep_alive) &&
                       !server->limits.no_keep_alive;
    if (gale__request_fill(x, bytes, head, &why) < 0) {
        x->gone = GALE_ECLOSED;
        gale__exchange_release(x);
        gale__conn_refuse(conn, why ? 400 : 503, why ? why : "out of memory");
        return;
    }
    conn->x = x;
    status = objection(head, &why);
    if (status)
        gale__conn_refuse(conn, status, why);
    else if (head->chunked || head->content_length > 0 || says_it_has_a_body(head))
        begin_body(conn, head, more_has_come);
    else
        dispatch(conn);
}

static size_t take_head(struct gale__conn *conn, const char *data, size_t n)
{
    gale_httpserver *server = conn->server;
    size_t scanned = conn->scanned;
    int r = gale__http1_parse_request(data, n, &scanned, &server->limits.head, &server->head);

    if (r > 0) {
        conn->scanned = 0;
        begin_request(conn, data, n > (size_t)r);
        return (size_t)r;
    }
    if (r < 0) {
        gale__conn_refuse(conn, server->head.status, server->head.error);
        return n;
    }
    conn->scanned = (uint32_t)scanned;
    if (!conn->in_head) {
        conn->in_head = true;
        gale__conn_set_deadline(conn, server->limits.header_ticks);
    }
    return 0;
}

static size_t take_body(struct gale__conn *conn, const char *data, size_t n)
{
    struct gale__conn_body *body = conn->body;
    size_t used = gale__conn_body_feed(body, conn->x, data, n);

    if (body->status) {
        gale__conn_body_refused(conn);
        return n;
    }
    if (body->wire_done)
        body_complete(conn);
    return used;
}

/* After the last answer, or after a refusal: the peer has sent what nobody wants. */
static size_t discard(struct gale__conn *conn, size_t n)
{
    conn->excess = true;
    return n;
}

/* Whether another request may be taken: not while the peer leaves many answers unread. Reading
 * then stops by itself when what is kept reaches its limit, and on_drained() goes on. */
static bool may_go_on(struct gale__conn *conn)
{
    if (GALE_LIKELY(conn->stream.out_pending <= GALE__CONN_HIGH_WATER))
        return true;
    (void)gale__stream_flush(&conn->stream);
    conn->held = conn->stream.out_pending > GALE__CONN_HIGH_WATER;
    return !conn->held;
}

/* The rest of a body cannot come any more, but answers may be on their way still. */
static void body_has_ended(struct gale__conn *conn)
{
    struct gale__exchange *x = conn->x;

    if (!conn->stream.out_pending) {
        gale__conn_close(conn, conn->state == CONN_BODY ? GALE_EEOF : 0);
        return;
    }
    if (conn->state == CONN_DRAIN)
        gale__free(conn->body);
    conn->body = NULL;
    conn->x = NULL;
    conn->state = CONN_CLOSING;
    if (x) {
        x->gone = GALE_EEOF;
        gale__exchange_release(x); /* nobody has seen it */
    }
    gale__conn_flush(conn);
}

static size_t on_data(struct gale_iostream *s, char *data, size_t n)
{
    struct gale__conn *conn = gale__conn_of(s);
    size_t used = 0, step = 1;

    conn->held = false;
    gale__head_cache_check(&conn->server->cache, gale__ioloop_now_ns(conn->server->loop));
    conn->in_batch = true;
    while (used < n && step) {
        if (conn->state == CONN_HEAD)
            step = may_go_on(conn) ? take_head(conn, data + used, n - used) : 0;
        else if (conn->state == CONN_BODY)
            step = take_body(conn, data + used, n - used);
        else if (conn->state == CONN_BUSY)
            step = conn->body ? gale__conn_stream_feed(conn, data + used, n - used) : 0;
        else if (conn->state == CONN_DRAIN)
            step = gale__conn_drain_feed(conn, data + used, n - used);
        else if (conn->state == CONN_UPGRADED)
            step = 0; /* kept, and offered to the new protocol */
        else
            step = discard(conn, n - used);
        used += step;
    }
    conn->in_batch = false;
    gale__count(&conn->server->stats.bytes_in, (int64_t)used);
    if (conn->eof && conn->state == CONN_HEAD && !conn->held)
        conn->state = CONN_CLOSING;
    else if (conn->eof && used == n && (conn->state == CONN_BODY || conn->state == CONN_DRAIN))
        body_has_ended(conn);
    gale__conn_flush(conn);
    return used;
}

/* What follows is TLS; early: the part of it that has come. */
static void start_tls(struct gale__conn *conn, gale_str early)
{
    int r = gale__stream_start_tls_with(&conn->stream, conn->server->limits.tls, true, NULL, early);

    if (r < 0)
        gale__conn_close(conn, r);
}

/* Of connections that may begin with a PROXY header: others do not pay for the question. */
static size_t on_proxy_data(struct gale_iostream *s, char *data, size_t n)
{
    struct gale__conn *conn = gale__conn_of(s);
    size_t used = 0;

    if (conn->state == CONN_PROXY) {
        if (!gale__conn_proxy_feed(conn, data, n, &used))
            return used;
        if (conn->server->limits.tls) {
            start_tls(conn, (gale_str){ data + used, n - used });
            return n;
        }
    }
    return used < n ? used + on_data(s, data + used, n - used) : n;
}

static void on_eof(struct gale_iostream *s)
{
    struct gale__conn *conn = gale__conn_of(s);

    conn->eof = true;
    switch (conn->state) {
    case CONN_BUSY:
        /* Half closed: the answer can still be written. Who reads the body finds its end. */
        if (conn->body)
            gale__waitq_wake_all(&conn->x->drain, 0);
        conn->x->answerer->on_gone(conn->x, GALE_EEOF);
        break;
    case CONN_CLOSING:
        break;
    case CONN_HEAD:
        if (conn->held) /* requests are kept that are still to be answered */
            break;
        if (conn->stream.out_pending) { /* answers of a batch that are still on their way */
            conn->state = CONN_CLOSING;
            break;
        }
        gale__conn_close(conn, 0);
        break;
    case CONN_BODY:
    case CONN_DRAIN:
        body_has_ended(conn);
        break;
    default:
        gale__conn_close(conn, 0);
        break;
    }
}

static void on_error(struct gale_iostream *s)
{
    gale__conn_close(gale__conn_of(s), s->error);
}

static bool is_waiting_for_body(const struct gale__conn *conn)
{
    return conn->state == CONN_BUSY && conn->body && conn->body->waiting;
}

/* The deadline that a state has when nothing is left to write. */
static uint32_t deadline_of(const struct gale__conn *conn)
{
    const struct gale__http_limits *limits = &conn->server->limits;

    if (conn->state == CONN_HEAD)
        return conn->in_head ? limits->header_ticks : limits->idle_ticks;
    if (conn->state == CONN_DRAIN)
        return limits->linger_ticks;
    if (conn->state == CONN_BODY || is_waiting_for_body(conn))
        return 1; /* gale__conn_body_expired() looks when it was due */
    return GALE__NEVER;
}

static void on_drained(struct gale_iostream *s)
{
    struct gale__conn *conn = gale__conn_of(s);

    if (conn->write_timed && !conn->in_file) {
        conn->write_timed = false;
        gale__conn_set_deadline(conn, deadline_of(conn));
    }
    if (conn->x)
        gale__waitq_wake_all(&conn->x->drain, 0);
    if (conn->state == CONN_CLOSING)
        gale__conn_flush(conn);
    else if (conn->held)
        gale__stream_resume(s);
}

static void maybe_free(struct gale__conn *conn)
{
    gale_httpserver *server = conn->server;

    if (!conn->stream_closed || conn->n_exchanges)
        return;
    gale__free(conn);
    gale__httpserver_conn_gone(server);
}

static void on_closed(struct gale_iostream *s)
{
    struct gale__conn *conn = gale__conn_of(s);

    conn->stream_closed = true;
    maybe_free(conn);
}

void gale__conn_unref(struct gale__conn *conn)
{
    conn->n_exchanges--;
    gale__count(&conn->server->stats.requests_active, -1);
    maybe_free(conn);
}

const struct gale__stream_consumer gale__conn_consumer = {
    .on_data = on_data,
    .on_eof = on_eof,
    .on_error = on_error,
    .on_drained = on_drained,
    .on_closed = on_closed,
};

const struct gale__stream_consumer gale__conn_proxy_consumer = {
    .on_data = on_proxy_data,
    .on_eof = on_eof,
    .on_error = on_error,
    .on_drained = on_drained,
    .on_closed = on_closed,
};

static void write_is_late(struct gale__conn *conn)
{
    const struct gale__http_limits *limits = &conn->server->limits;
    int32_t taken = (int32_t)(gale__conn_taken(conn) - conn->write_mark);
    uint32_t extra = taken > 0 ? (uint32_t)taken / GALE__WRITE_BYTES_PER_SECOND : 0;

    if (!extra) {
        gale_log(&gale_log_general, GALE_LOG_INFO, "closed a connection: its peer does not read");
        gale__count(&conn->server->stats.errors, 1);
        gale__conn_close(conn, GALE_ETIMEDOUT);
        return;
    }
    conn->write_mark += extra * GALE__WRITE_BYTES_PER_SECOND;
    gale__deadline_set(&conn->server->wheel, &conn->deadline,
                       extra > limits->write_ticks ? limits->write_ticks : extra * limits->second);
}

void gale__conn_expired(struct gale__deadline *d)
{
    struct gale__conn *conn = (struct gale__conn *)(void *)d;

    gale__head_cache_check(&conn->server->cache, gale__ioloop_now_ns(conn->server->loop));
    if (conn->write_timed)
        write_is_late(conn);
    else if (conn->state == CONN_BODY || is_waiting_for_body(conn))
        gale__conn_body_expired(conn);
    else if (conn->state == CONN_UPGRADED)
        gale__conn_upgraded_expired(conn);
    else if (conn->state == CONN_HEAD && conn->in_head)
        gale__conn_refuse(conn, 408, "head not complete in time");
    else
        gale__conn_close(conn, 0);
}

static void find_peer(struct gale__conn *conn, int fd)
{
    struct sockaddr_storage ss = { 0 };
    socklen_t len = sizeof(ss);

    if (getpeername(fd, (struct sockaddr *)&ss, &len) < 0)
        return;
    if (ss.ss_family == AF_INET) {
        conn->peer_family = 4;
        memcpy(conn->peer, &((struct sockaddr_in *)&ss)->sin_addr, 4);
    } else if (ss.ss_family == AF_INET6) {
        conn->peer_family = 6;
        memcpy(conn->peer, &((struct sockaddr_in6 *)&ss)->sin6_addr, 16);
    }
}

struct gale__conn *gale__conn_new(gale_httpserver *server)
{
    struct gale__conn *conn = gale__calloc(1, sizeof(*conn));

    if (!conn)
        return NULL;
    conn->server = server;
    conn->state = CONN_HEAD;
    conn->born = server->wheel.now;
    if (gale__wheel_add(&server->wheel, &conn->deadline) == 0)
        return conn;
    gale__free(conn);
    return NULL;
}

void gale__conn_discard(struct gale__conn *conn)
{
    gale__wheel_remove(&conn->server->wheel, &conn->deadline);
    gale__free(conn);
}

int gale__conn_begin(struct gale__conn *conn)
{
    gale_httpserver *server = conn->server;
    int r;

    conn->stream.in_limit = server->limits.head.max_header_bytes + 1;
    server->n_conns++;
    gale__count(&server->stats.connections, 1);
    gale__count(&server->stats.connections_accepted, 1);
    gale__conn_set_deadline(conn, server->limits.idle_ticks);
    r = server->limits.proxy ? gale__conn_proxy_begin(conn) : 0;
    if (r == 0 && server->limits.proxy && server->limits.tls && conn->state == CONN_HEAD &&
        !conn->stream.transport)
        r = gale__stream_start_tls(&conn->stream, server->limits.tls, true, NULL);
    if (r == 0)
        r = gale__stream_start(&conn->stream);
    if (r < 0)
        gale__conn_close(conn, r);
    return r;
}

/* With TLS, unless a PROXY header may come before it. */
static int open_stream(struct gale__conn *conn, int fd)
{
    gale_httpserver *server = conn->server;

    if (!server->limits.tls || server->limits.proxy)
        return gale__stream_init(&conn->stream, server->loop, fd, &gale__conn_consumer);
    return gale__tls_stream_init(&conn->stream, server->loop, fd, server->limits.tls, true, NULL,
                                 &gale__conn_consumer);
}

int gale__conn_accept(gale_httpserver *server, int fd, struct gale__conn **out)
{
    struct gale__conn *conn = gale__conn_new(server);
    int r;

    if (!conn) {
        close(fd);
        return -ENOMEM;
    }
    find_peer(conn, fd);
    r = open_stream(conn, fd);
    if (r < 0) {
        gale__conn_discard(conn);
        close(fd);
        return r;
    }
    r = gale__conn_begin(conn);
    if (r >= 0 && out)
        *out = conn;
    return r;
}

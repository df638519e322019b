/* fastcgi_conn.c - FastCGI connections and their requests: how they begin and end, and their times.
 *
 * One deadline in the server's wheel is for all of a connection's requests: it is set to what is
 * due first, and when it passes all of them are looked at.
 */
/* SPDX-License-Identifier: MIT */
#include "http/fastcgi_conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gale/log.h>

/* --- requests --- */

struct gale__fastcgi_request *gale__fastcgi_request_new(struct gale__fastcgi_conn *conn,
                                                        uint16_t id)
{
    struct gale__fastcgi_request *req = conn->spare;

    conn->spare = NULL;
    if (!req)
        req = gale__calloc(1, sizeof(*req));
    if (!req)
        return NULL;
    req->conn = conn;
    req->id = id;
    req->begun = conn->server->wheel.now;
    req->params.max = conn->server->limits.head.max_header_bytes;
    req->in.max = GALE__FASTCGI_IN_MAX;
    req->out.max = SIZE_MAX;
    gale__list_append(&conn->requests, &req->link);
    conn->n_requests++;
    conn->n_structs++;
    gale__fastcgi_wants(conn, conn->server->limits.header_ticks);
    return req;
}

static void maybe_free(struct gale__fastcgi_conn *conn)
{
    gale_httpserver *server = conn->server;

    if (!conn->stream_closed || conn->n_structs)
        return;
    if (conn->spare)
        gale__buf_deinit(&conn->spare->params);
    gale__free(conn->spare);
    gale__buf_deinit(&conn->values);
    gale__free(conn);
    gale__httpserver_conn_gone(server);
}

/* One is kept for the next request, with the memory of its parameters. */
static void free_request(struct gale__fastcgi_request *req)
{
    struct gale__fastcgi_conn *conn = req->conn;
    struct gale__buf params = req->params;

    conn->n_structs--;
    gale__buf_deinit(&req->in);
    gale__buf_deinit(&req->out);
    if (conn->spare || conn->state != FASTCGI_OPEN) {
        gale__buf_deinit(&params);
        gale__free(req);
    } else {
        gale__buf_reset(&params);
        *req = (struct gale__fastcgi_request){ .params = params };
        conn->spare = req;
    }
    maybe_free(conn);
}

/* Off the connection's lists. */
static void take_off(struct gale__fastcgi_request *req)
{
    struct gale__fastcgi_conn *conn = req->conn;

    if (!req->in_end)
        conn->excess = true; /* the rest of its body may come yet */
    if (req->x && req->x->streaming && --conn->n_streamed == 0)
        gale__stream_receive_singly(&conn->stream, false);
    gale__list_remove(&req->link);
    gale__list_remove(&req->writing);
    conn->n_requests--;
    req->phase = FASTCGI_OVER;
    req->body = NULL;
    gale__buf_deinit(&req->in);
    gale__fastcgi_read_on(req);
}

void gale__fastcgi_request_over(struct gale__fastcgi_request *req)
{
    struct gale__fastcgi_conn *conn = req->conn;

    take_off(req);
    if (req->x)
        gale__waitq_wake_all(&req->x->drain, 0);
    else
        free_request(req);
    if (conn->n_requests || conn->state != FASTCGI_OPEN)
        return;
    conn->idle_since = conn->server->wheel.now;
    if (conn->last || conn->server->draining || (conn->eof && !conn->stream.in))
        conn->state = FASTCGI_CLOSING;
    else
        gale__fastcgi_wants(conn, conn->server->limits.idle_ticks);
}

void gale__fastcgi_request_released(struct gale__fastcgi_request *req)
{
    req->x = NULL;
    gale__count(&req->conn->server->stats.requests_active, -1);
    if (req->phase == FASTCGI_OVER)
        free_request(req);
}

void gale__fastcgi_dispatch(struct gale__fastcgi_request *req)
{
    gale_httpserver *server = req->conn->server;

    req->phase = FASTCGI_BUSY;
    server->answerer->dispatch(server->arg, req->x);
}

static void log_refusal(const struct gale__exchange *x, int status, const char *why)
{
    if (!gale_log_enabled(&gale_log_general, GALE_LOG_INFO))
        return;
    if (x)
        gale_log(&gale_log_general, GALE_LOG_INFO, "refused %s %s from %s: %d %s: %s",
                 x->request.method, x->request.uri, gale_request_remote_ip(&x->request), status,
                 gale__status_phrase(status), why);
    else
        gale_log(&gale_log_general, GALE_LOG_INFO, "refused a request over FastCGI: %d %s: %s",
                 status, gale__status_phrase(status), why);
}

void gale__fastcgi_refuse(struct gale__fastcgi_request *req, int status, const char *why)
{
    struct gale__fastcgi_conn *conn = req->conn;
    const struct gale__head_cache *cache = &conn->server->cache;
    struct gale__exchange *x = req->x;
    const char *phrase = gale__status_phrase(status);
    char text[1024];
    int page = snprintf(NULL, 0, "<html><title>%d: %s</title><body>%d: %s</body></html>", status,
                        phrase, status, phrase);
    int len = snprintf(text, sizeof(text),
                       "Status: %d %s\r\n%s%s%sContent-Type: " GALE__DEFAULT_CONTENT_TYPE
                       "\r\nDate: %s\r\nContent-Length: %d\r\n\r\n"
                       "<html><title>%d: %s</title><body>%d: %s</body></html>",
                       status, phrase, cache->server_len ? "Server: " : "", cache->server,
                       cache->server_len ? "\r\n" : "", cache->date, page, status, phrase, status,
                       phrase);

    log_refusal(x, status, why);
    gale__count(&conn->server->stats.errors, 1);
    req->body = NULL;
    req->phase = FASTCGI_REFUSED;
    if (x) {
        if (x->priv.method == GALE__METHOD_HEAD)
            len -= page;
        x->gone = GALE_ECLOSED;
        gale__exchange_release(x);
    }
    (void)gale__fastcgi_put(req, (gale_str){ text, (size_t)len });
    gale__fastcgi_end(req, 0, true);
    gale__fastcgi_flush(conn);
}

/* --- connections --- */

void gale__fastcgi_conn_close(struct gale__fastcgi_conn *conn, int error)
{
    struct gale__list *first;

    if (conn->state == FASTCGI_DEAD)
        return;
    conn->state = FASTCGI_DEAD;
    gale__wheel_remove(&conn->server->wheel, &conn->deadline);
    gale__count(&conn->server->stats.connections, -1);
    gale__stream_close(&conn->stream, error);
    while ((first = gale__list_first(&conn->requests))) {
        struct gale__fastcgi_request *req = GALE_CONTAINER_OF(first, struct gale__fastcgi_request,
                                                              link);
        struct gale__exchange *x = req->x;
        bool was_busy = req->phase == FASTCGI_BUSY;

        take_off(req);
        if (!x) {
            free_request(req);
            continue;
        }
        if (x->finished) /* and waits for its answerer to end */
            continue;
        x->gone = error ? error : GALE_ECLOSED;
        if (!was_busy) {
            gale__exchange_release(x); /* nobody has seen it */
            continue;
        }
        gale__waitq_wake_all(&x->drain, x->gone);
        x->answerer->on_gone(x, x->gone);
    }
}

void gale__fastcgi_conn_end(struct gale__fastcgi_conn *conn)
{
    if ((!conn->excess && !conn->stream.in) || conn->eof) {
        gale__fastcgi_conn_close(conn, 0);
        return;
    }
    conn->state = FASTCGI_LINGER;
    gale__deadline_set(&conn->server->wheel, &conn->deadline, conn->server->limits.linger_ticks);
    gale__stream_shutdown(&conn->stream);
    gale__stream_resume(&conn->stream);
}

static void find_peer(struct gale__fastcgi_conn *conn, int fd)
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

static struct gale__fastcgi_conn *new_conn(gale_httpserver *server)
{
    struct gale__fastcgi_conn *conn = gale__calloc(1, sizeof(*conn));

    if (!conn)
        return NULL;
    conn->server = server;
    conn->born = conn->idle_since = server->wheel.now;
    conn->values.max = GALE__FASTCGI_VALUES_MAX;
    gale__list_init(&conn->requests);
    gale__list_init(&conn->writers);
    if (gale__wheel_add(&server->wheel, &conn->deadline) == 0)
        return conn;
    gale__free(conn);
    return NULL;
}

/* is_refused: the server has too many already. */
static void accept_fd(gale_httpserver *server, int fd, bool is_refused)
{
    struct gale__fastcgi_conn *conn = new_conn(server);
    int r;

    if (!conn) {
        close(fd);
        return;
    }
    find_peer(conn, fd);
    if (gale__stream_init(&conn->stream, server->loop, fd, &gale__fastcgi_consumer) < 0) {
        gale__wheel_remove(&server->wheel, &conn->deadline);
        gale__free(conn);
        close(fd);
        return;
    }
    conn->overloaded = is_refused;
    conn->stream.in_limit = 1; /* what is kept waits for a reader */
    server->n_conns++;
    gale__count(&server->stats.connections, 1);
    gale__count(&server->stats.connections_accepted, 1);
    gale__fastcgi_wants(conn, server->limits.idle_ticks);
    r = gale__stream_start(&conn->stream);
    if (r < 0)
        gale__fastcgi_conn_close(conn, r);
}

static void on_error(struct gale_iostream *s)
{
    gale__fastcgi_conn_close(gale__fastcgi_conn_of(s), s->error);
}

static void on_drained(struct gale_iostream *s)
{
    struct gale__fastcgi_conn *conn = gale__fastcgi_conn_of(s);

    conn->write_timed = false;
    gale__fastcgi_flush(conn);
    if (conn->held && conn->stream.out_pending <= GALE__FASTCGI_OUT_MAX)
        gale__stream_resume(s);
}

static void on_closed(struct gale_iostream *s)
{
    struct gale__fastcgi_conn *conn = gale__fastcgi_conn_of(s);

    conn->stream_closed = true;
    maybe_free(conn);
}

const struct gale__stream_consumer gale__fastcgi_consumer = {
    .on_data = gale__fastcgi_on_data,
    .on_eof = gale__fastcgi_on_eof,
    .on_error = on_error,
    .on_drained = on_drained,
    .on_closed = on_closed,
};

/* --- times --- */

static uint32_t left_of(uint32_t ticks, uint32_t passed)
{
    if (ticks == GALE__NEVER)
        return GALE__NEVER;
    return passed >= ticks ? 0 : ticks - passed;
}

/* Ticks that the peer has for what it is to send next. */
static uint32_t request_left(const struct gale__fastcgi_request *req)
{
    const gale_httpserver *server = req->conn->server;
    const struct gale__conn_body *body = req->body;

    switch (req->phase) {
    case FASTCGI_HEAD:
    case FASTCGI_FIRST:
        return left_of(server->limits.header_ticks, server->wheel.now - req->begun);
    case FASTCGI_BODY:
        return body ? gale__conn_body_patience(body, server) : GALE__NEVER;
    case FASTCGI_BUSY:
        return body && body->waiting && !body->status ? gale__conn_body_patience(body, server)
                                                      : GALE__NEVER;
    default:
        return GALE__NEVER;
    }
}

/* While the connection waits for a reader of ours nobody else's time runs. */
static void request_expired(struct gale__fastcgi_request *req)
{
    struct gale__fastcgi_conn *conn = req->conn;

    if (conn->holder) {
        req->begun = conn->server->wheel.now;
        if (req->body)
            req->body->since = conn->server->wheel.now;
    } else if (req->phase == FASTCGI_BODY) {
        gale__fastcgi_refuse_body(req, 408, "body not complete in time");
    } else if (req->phase == FASTCGI_BUSY) {
        gale__conn_body_fail(req->body, 408, "body not complete in time");
        gale__waitq_wake_all(&req->x->drain, 0);
    } else {
        gale__fastcgi_refuse(req, 408, "head not complete in time");
    }
}

/* Ticks until something is due, and whose it is. */
static uint32_t next_of(const struct gale__fastcgi_conn *conn, struct gale__fastcgi_request **first)
{
    uint32_t least = GALE__NEVER;

    *first = NULL;
    for (struct gale__list *l = conn->requests.next; l != &conn->requests; l = l->next) {
        struct gale__fastcgi_request *req = GALE_CONTAINER_OF(l, struct gale__fastcgi_request,
                                                              link);
        uint32_t left = request_left(req);

        if (left < least) {
            least = left;
            *first = req;
        }
    }
    return least;
}

static uint32_t idle_left(const struct gale__fastcgi_conn *conn)
{
    if (conn->n_requests || conn->write_timed || conn->state != FASTCGI_OPEN)
        return GALE__NEVER;
    return left_of(conn->server->limits.idle_ticks, conn->server->wheel.now - conn->idle_since);
}

static void expired(struct gale__deadline *d)
{
    struct gale__fastcgi_conn *conn = (struct gale__fastcgi_conn *)(void *)d;
    struct gale__fastcgi_request *req;
    uint32_t next;

    gale__head_cache_check(&conn->server->cache, gale__ioloop_now_ns(conn->server->loop));
    if (conn->state == FASTCGI_LINGER || idle_left(conn) == 0) {
        gale__fastcgi_conn_close(conn, 0);
        return;
    }
    if (gale__fastcgi_write_is_late(conn)) {
        gale_log(&gale_log_general, GALE_LOG_INFO,
                 "closed a FastCGI connection: its peer does not read");
        gale__count(&conn->server->stats.errors, 1);
        gale__fastcgi_conn_close(conn, GALE_ETIMEDOUT);
        return;
    }
    while ((next = next_of(conn, &req)) == 0)
        request_expired(req);
    if (conn->state == FASTCGI_DEAD || conn->state == FASTCGI_LINGER)
        return; /* which has a deadline of its own */
    gale__deadline_set(&conn->server->wheel, &conn->deadline, next);
    gale__fastcgi_wants(conn, idle_left(conn));
    if (conn->write_timed)
        gale__fastcgi_wants(conn, conn->write_due - conn->server->wheel.now);
}

/* --- draining --- */

static bool is_idle(const struct gale__fastcgi_conn *conn)
{
    int n = 0;

    if (conn->n_requests || conn->state != FASTCGI_OPEN || conn->stream.out_pending)
        return false;
    return conn->stream.transport || ioctl(conn->stream.io.fd, FIONREAD, &n) < 0 || n == 0;
}

/* For less than a second or two: the next request may be on its way. */
static bool was_just_busy(const struct gale__fastcgi_conn *conn)
{
    return conn->server->wheel.now - conn->idle_since <= conn->server->limits.second + 1;
}

static void drain(struct gale__deadline *d)
{
    struct gale__fastcgi_conn *conn = (struct gale__fastcgi_conn *)(void *)d;

    if (is_idle(conn) && !was_just_busy(conn))
        gale__fastcgi_conn_close(conn, 0);
}

static void close_if_idle(struct gale__deadline *d)
{
    struct gale__fastcgi_conn *conn = (struct gale__fastcgi_conn *)(void *)d;

    if (is_idle(conn))
        gale__fastcgi_conn_close(conn, 0);
}

static void close_any(struct gale__deadline *d)
{
    gale__fastcgi_conn_close((struct gale__fastcgi_conn *)(void *)d, GALE_ECLOSED);
}

static void see(const struct gale__deadline *d, struct gale__conn_seen *out)
{
    const struct gale__fastcgi_conn *conn = (const struct gale__fastcgi_conn *)(const void *)d;
    const struct gale__list *first = gale__list_first(&conn->requests);
    const struct gale__fastcgi_request *req = first ? GALE_CONTAINER_OF(
                                                          first, struct gale__fastcgi_request, link)
                                                    : NULL;

    *out = (struct gale__conn_seen){ .born = conn->born, .fd = conn->stream.io.fd };
    out->state = conn->state != FASTCGI_OPEN ? "closing" : req ? "busy" : "idle";
    out->peer_family = conn->peer_family;
    out->peer = conn->peer;
    out->x = req && req->phase == FASTCGI_BUSY ? req->x : NULL;
}

const struct gale__protocol gale__fastcgi_protocol = {
    .accept = accept_fd,
    .expired = expired,
    .drain = drain,
    .close_if_idle = close_if_idle,
    .close = close_any,
    .see = see,
};

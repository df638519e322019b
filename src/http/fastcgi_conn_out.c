/* fastcgi_conn_out.c - answers over FastCGI: heads, bodies in records, who may write when.
 *
 * An answer is written into the connection's output at once while that is short; otherwise it is
 * kept in its request, and the requests that have something take turns, a record each.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "http/fastcgi_conn.h"
#include "proto/http_names.h"

enum {
    ONE_PIECE_MAX = 8192, /* records up to this are composed in place */
    FRAMING_MAX = 128,    /* the names of Status, Etag and Content-Length, their lines' ends */
    END_LEN = 24,         /* the end of STDOUT, END_REQUEST */
};

#define PUT(p, literal)                                                                            \
    ((char *)memcpy((p), (literal), sizeof(literal) - 1) + (sizeof(literal) - 1))

static char *put(char *p, gale_str s)
{
    return s.len ? (char *)memcpy(p, s.ptr, s.len) + s.len : p;
}

static char *put_number(char *p, uint64_t n)
{
    size_t len = 1;

    for (uint64_t rest = n; rest >= 10; rest /= 10)
        len++;
    for (size_t i = len; i > 0; n /= 10)
        p[--i] = (char)('0' + n % 10);
    return p + len;
}

/* --- records --- */

static int stream_error(const struct gale__fastcgi_conn *conn)
{
    return conn->stream.error ? conn->stream.error : GALE_ECLOSED;
}

static void count_written(struct gale__fastcgi_conn *conn, size_t n)
{
    conn->written += (uint32_t)n;
    gale__count(&conn->server->stats.bytes_out, (int64_t)n);
}

static bool has_room(const struct gale__fastcgi_conn *conn)
{
    return conn->stream.out_pending <= GALE__CONN_HIGH_WATER;
}

static int write_record(struct gale__fastcgi_conn *conn, unsigned type, uint16_t id,
                        const char *data, size_t n)
{
    bool is_small = n + GALE__FASTCGI_HEADER_LEN <= ONE_PIECE_MAX;
    size_t in_place = GALE__FASTCGI_HEADER_LEN + (is_small ? n : 0);
    char *p = gale__stream_reserve(&conn->stream, in_place);

    if (!p)
        return stream_error(conn);
    p = gale__fastcgi_put_header(p, type, id, n, 0);
    if (is_small && n)
        memcpy(p, data, n);
    gale__stream_commit(&conn->stream, in_place);
    count_written(conn, GALE__FASTCGI_HEADER_LEN + n);
    return is_small ? 0 : gale__stream_write(&conn->stream, data, n);
}

void gale__fastcgi_put_record(struct gale__fastcgi_conn *conn, unsigned type, uint16_t id,
                              gale_str content)
{
    (void)write_record(conn, type, id, content.ptr, content.len);
}

void gale__fastcgi_put_end(struct gale__fastcgi_conn *conn, uint16_t id, unsigned app_status,
                           unsigned protocol_status)
{
    char record[GALE__FASTCGI_HEADER_LEN + 8];
    char *end = gale__fastcgi_put_end_request(record, id, app_status, protocol_status);

    count_written(conn, (size_t)(end - record));
    (void)gale__stream_write(&conn->stream, record, (size_t)(end - record));
}

/* --- the turns --- */

static int keep(struct gale__fastcgi_request *req, gale_str data)
{
    int r = gale__buf_append_str(&req->out, data);

    if (r < 0)
        return r;
    if (!gale__list_linked(&req->writing))
        gale__list_append(&req->conn->writers, &req->writing);
    return 0;
}

int gale__fastcgi_put(struct gale__fastcgi_request *req, gale_str data)
{
    struct gale__fastcgi_conn *conn = req->conn;

    while (data.len) {
        size_t n = data.len < GALE__FASTCGI_PAYLOAD ? data.len : GALE__FASTCGI_PAYLOAD;
        int r;

        if (req->out.len || !has_room(conn))
            return keep(req, data);
        r = write_record(conn, GALE__FASTCGI_STDOUT, req->id, data.ptr, n);
        if (r < 0)
            return r;
        data = (gale_str){ data.ptr + n, data.len - n };
    }
    return 0;
}

/* An answer that breaks off: bytes that are no record, then the end of the connection. Nothing less
 * is understood everywhere: nginx takes a mere end for that of the answer, when it has not asked
 * for the connection to be kept, and END_REQUEST always. */
static void break_off(struct gale__fastcgi_conn *conn)
{
    static const char no_record[GALE__FASTCGI_HEADER_LEN];

    conn->last = true;
    count_written(conn, sizeof(no_record));
    (void)gale__stream_write(&conn->stream, no_record, sizeof(no_record));
}

/* Nothing of the answer is kept any more. While others are on the connection END_REQUEST has to do
 * for one that breaks off. */
static void finish(struct gale__fastcgi_request *req)
{
    struct gale__fastcgi_conn *conn = req->conn;

    if (!req->no_end)
        (void)write_record(conn, GALE__FASTCGI_STDOUT, req->id, NULL, 0);
    if (req->no_end && req->is_begun && conn->n_requests == 1)
        break_off(conn);
    else
        gale__fastcgi_put_end(conn, req->id, req->app_status, GALE__FASTCGI_REQUEST_COMPLETE);
    gale__fastcgi_request_over(req);
}

void gale__fastcgi_end(struct gale__fastcgi_request *req, uint32_t app_status, bool whole)
{
    req->ending = true;
    req->app_status = app_status;
    req->no_end = !whole;
    if (!req->out.len)
        finish(req);
}

/* One record of who is first. */
static void write_turn(struct gale__fastcgi_request *req)
{
    struct gale__fastcgi_conn *conn = req->conn;
    size_t n = req->out.len < GALE__FASTCGI_PAYLOAD ? req->out.len : GALE__FASTCGI_PAYLOAD;

    gale__list_remove(&req->writing);
    if (write_record(conn, GALE__FASTCGI_STDOUT, req->id, req->out.ptr, n) < 0)
        return;
    gale__buf_consume(&req->out, n);
    if (req->out.len)
        gale__list_append(&conn->writers, &req->writing);
    else
        gale__buf_deinit(&req->out);
    if (req->x && req->out.len <= GALE__CONN_HIGH_WATER)
        gale__waitq_wake_all(&req->x->drain, 0);
    if (!req->out.len && req->ending)
        finish(req);
}

/* The last answer before a drained connection closes leaves together with the end of it: a web
 * server that keeps connections is not to use this one once more in between. FastCGI has no word
 * for that. */
static void join_end(struct gale__fastcgi_conn *conn)
{
    int on = 1;

    if (conn->state == FASTCGI_CLOSING && conn->server->draining)
        (void)setsockopt(conn->stream.io.fd, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
}

static void send_now(struct gale__fastcgi_conn *conn)
{
    struct gale__list *first;

    do {
        while (has_room(conn) && (first = gale__list_first(&conn->writers)))
            write_turn(GALE_CONTAINER_OF(first, struct gale__fastcgi_request, writing));
        join_end(conn);
        (void)gale__stream_flush(&conn->stream);
    } while (has_room(conn) && !gale__list_empty(&conn->writers));
}

/* What the kernel holds does not count, as for HTTP. */
static uint32_t taken(const struct gale__fastcgi_conn *conn)
{
    int held = 0;

    if (conn->stream.transport || ioctl(conn->stream.io.fd, SIOCOUTQ, &held) < 0)
        held = 0;
    return conn->written - conn->stream.out_pending - (uint32_t)held;
}

static void mind_deadline(struct gale__fastcgi_conn *conn)
{
    uint32_t ticks = conn->server->limits.write_ticks;

    if (conn->write_timed || conn->state == FASTCGI_LINGER || ticks == GALE__NEVER)
        return;
    conn->write_timed = true;
    conn->write_mark = taken(conn);
    conn->write_due = conn->server->wheel.now + ticks;
    gale__fastcgi_wants(conn, ticks);
}

bool gale__fastcgi_write_is_late(struct gale__fastcgi_conn *conn)
{
    const struct gale__http_limits *limits = &conn->server->limits;
    uint32_t now = conn->server->wheel.now, extra;
    int32_t n;

    if (!conn->write_timed || (int32_t)(now - conn->write_due) < 0)
        return false;
    n = (int32_t)(taken(conn) - conn->write_mark);
    extra = n > 0 ? (uint32_t)n / GALE__WRITE_BYTES_PER_SECOND : 0;
    conn->write_mark += extra * GALE__WRITE_BYTES_PER_SECOND;
    conn->write_due = now +
                      (extra > limits->write_ticks ? limits->write_ticks : extra * limits->second);
    return !extra;
}

void gale__fastcgi_flush(struct gale__fastcgi_conn *conn)
{
    if (conn->in_batch || conn->state == FASTCGI_DEAD)
        return;
    send_now(conn);
    if (conn->stream.out_pending) {
        mind_deadline(conn);
        return;
    }
    conn->write_timed = false;
    if (conn->state == FASTCGI_CLOSING)
        gale__fastcgi_conn_end(conn);
}

/* --- heads --- */

/* Of one connection, or the status itself. */
static bool is_dropped(const struct gale__field *f)
{
    switch (f->id) {
    case GALE__HEADER_CONNECTION:
    case GALE__HEADER_TRANSFER_ENCODING:
    case GALE__HEADER_KEEP_ALIVE:
    case GALE__HEADER_UPGRADE:
        return true;
    default:
        return f->name.len == 6 && !strncasecmp(f->name.ptr, "Status", 6);
    }
}

static gale_str field_value(const struct gale__head_cache *cache, const struct gale__field *f)
{
    if (f->value.ptr)
        return f->value;
    if (f->id == GALE__HEADER_DATE)
        return (gale_str){ cache->date, GALE__HTTP_DATE_LEN };
    return (gale_str){ cache->server, cache->server_len };
}

static char *put_field(char *p, gale_str name, gale_str value)
{
    p = PUT(put(p, name), ": ");
    return PUT(put(p, value), "\r\n");
}

static char *put_fields(char *p, const struct gale__head_cache *cache,
                        const struct gale__headers *headers)
{
    for (size_t i = 0; i < headers->n; i++) {
        const struct gale__field *f = &headers->fields[i];
        gale_str value = field_value(cache, f);

        if (!is_dropped(f) && (value.len || f->value.ptr))
            p = put_field(p, f->name, value);
    }
    return p;
}

static char *put_defaults(char *p, const struct gale__head_cache *cache, bool no_length)
{
    if (cache->server_len)
        p = put_field(p, (gale_str){ "Server", 6 }, (gale_str){ cache->server, cache->server_len });
    if (!no_length)
        p = PUT(p, "Content-Type: " GALE__DEFAULT_CONTENT_TYPE "\r\n");
    return put_field(p, (gale_str){ "Date", 4 }, (gale_str){ cache->date, GALE__HTTP_DATE_LEN });
}

static char *put_head(char *p, const struct gale__head_cache *cache, const struct gale__response *r)
{
    const char *reason = r->reason ? r->reason : gale__status_phrase(r->status);

    p = put_number(PUT(p, "Status: "), (uint64_t)r->status);
    *p++ = ' ';
    p = PUT(put(p, (gale_str){ reason, strlen(reason) }), "\r\n");
    if (r->headers->fields)
        p = put_fields(p, cache, r->headers);
    else
        p = put_defaults(p, cache, r->no_length);
    if (r->etag.len)
        p = put_field(p, (gale_str){ "Etag", 4 }, r->etag);
    if (r->content_length >= 0 && !r->no_length)
        p = PUT(put_number(PUT(p, "Content-Length: "), (uint64_t)r->content_length), "\r\n");
    return PUT(p, "\r\n");
}

/* No head is longer. */
static size_t head_bound(const struct gale__head_cache *cache, const struct gale__response *r)
{
    size_t n = FRAMING_MAX + GALE__OK_HEAD_MAX + r->etag.len;

    n += r->reason ? strlen(r->reason) : 64;
    for (size_t i = 0; r->headers->fields && i < r->headers->n; i++) {
        const struct gale__field *f = &r->headers->fields[i];

        n += f->name.len + field_value(cache, f).len + 4;
    }
    return n;
}

/* --- the carrier's calls --- */

static int written(struct gale__fastcgi_request *req, struct gale__exchange *x, int r, bool last)
{
    struct gale__fastcgi_conn *conn = req->conn;

    if (last)
        x->finished = true;
    if (r < 0 && conn->stream.error)
        x->gone = conn->stream.error;
    if (last && r == 0)
        gale__fastcgi_end(req, 0, true);
    gale__fastcgi_flush(conn);
    return r;
}

/* A head, and the body when it is small, in one record. */
static int write_in_place(struct gale__fastcgi_request *req, const struct gale__response *r,
                          size_t bound, gale_str body)
{
    struct gale__fastcgi_conn *conn = req->conn;
    char *start = gale__stream_reserve(&conn->stream, GALE__FASTCGI_HEADER_LEN + bound + body.len);
    char *p;

    if (!start)
        return stream_error(conn);
    p = put_head(start + GALE__FASTCGI_HEADER_LEN, &conn->server->cache, r);
    p = put(p, body);
    gale__fastcgi_put_header(start, GALE__FASTCGI_STDOUT, req->id,
                             (size_t)(p - start) - GALE__FASTCGI_HEADER_LEN, 0);
    gale__stream_commit(&conn->stream, (size_t)(p - start));
    count_written(conn, (size_t)(p - start));
    return 0;
}

static int write_apart(struct gale__fastcgi_request *req, const struct gale__response *r,
                       size_t bound, gale_str body)
{
    char *head = gale__arena_alloc(&req->x->arena, bound);
    int result;

    if (!head)
        return gale_err(-ENOMEM, "out of memory for response headers");
    result = gale__fastcgi_put(
        req, (gale_str){ head, (size_t)(put_head(head, &req->conn->server->cache, r) - head) });
    return result == 0 ? gale__fastcgi_put(req, body) : result;
}

static int respond(struct gale__exchange *x, const struct gale__response *r, gale_str body,
                   bool last)
{
    struct gale__fastcgi_request *req = x->carrier;
    struct gale__fastcgi_conn *conn = req->conn;
    size_t bound;
    int result;

    x->responded = true;
    if (x->gone) {
        x->finished = last;
        return x->gone;
    }
    gale__head_cache_check(&conn->server->cache, gale__ioloop_now_ns(conn->server->loop));
    bound = head_bound(&conn->server->cache, r);
    req->no_body = r->no_length || x->priv.method == GALE__METHOD_HEAD;
    req->is_begun = true;
    if (req->no_body)
        body.len = 0;
    if (!req->out.len && has_room(conn) && bound + body.len <= ONE_PIECE_MAX)
        result = write_in_place(req, r, bound, body);
    else
        result = write_apart(req, r, bound, body);
    return r->file_follows && result == 0 && !last ? 0 : written(req, x, result, last);
}

static int write_more(struct gale__exchange *x, gale_str data, bool last)
{
    struct gale__fastcgi_request *req = x->carrier;

    if (x->gone) {
        x->finished |= last;
        return x->gone;
    }
    return written(req, x, req->no_body ? 0 : gale__fastcgi_put(req, data), last);
}

static int drain(struct gale__exchange *x)
{
    struct gale__fastcgi_request *req = x->carrier;

    if (x->gone)
        return x->gone;
    if (req->out.len <= GALE__CONN_HIGH_WATER)
        return 0;
    send_now(req->conn); /* a batch does not hold back what somebody waits for */
    while (!x->gone && req->out.len > GALE__CONN_HIGH_WATER) {
        int r = gale__waitq_wait(&x->drain, "gale_flush", INT64_MAX);

        if (r < 0)
            return r;
    }
    return x->gone;
}

static void push(struct gale__exchange *x)
{
    struct gale__fastcgi_request *req = x->carrier;

    if (req->conn->state == FASTCGI_DEAD)
        return;
    send_now(req->conn);
    gale__ioloop_push(x->loop);
}

static void abort_exchange(struct gale__exchange *x)
{
    struct gale__fastcgi_request *req = x->carrier;
    struct gale__fastcgi_conn *conn = req->conn;

    x->gone = GALE_ECLOSED;
    if (req->phase != FASTCGI_BUSY || req->ending)
        return;
    gale__fastcgi_end(req, 1, false);
    gale__fastcgi_flush(conn);
}

static void detach(struct gale__exchange *x)
{
    struct gale__fastcgi_request *req = x->carrier;
    struct gale__fastcgi_conn *conn = req->conn;

    if (req->phase == FASTCGI_BUSY && !req->ending) {
        /* released before the loop told of a broken stream */
        gale__fastcgi_end(req, 1, false);
        gale__fastcgi_flush(conn);
    }
    gale__fastcgi_request_released(req);
}

static void peer(struct gale__exchange *x, struct gale__peer *out)
{
    const struct gale__fastcgi_request *req = x->carrier;
    const gale_httpserver *server = req->conn->server;

    out->family = req->peer_family;
    memcpy(out->bytes, req->peer, sizeof(out->bytes));
    out->tls = req->tls;
    out->trust = server->limits.xheaders && req->peer_family ? server->trust : NULL;
}

static int tls_info(struct gale__exchange *x, gale_tls_info *out)
{
    (void)x, (void)out;
    return gale_err(GALE_ESTATE, "gale_request_tls_info: over FastCGI the TLS connection is the "
                                 "web server's");
}

const struct gale__exchange_ops gale__fastcgi_exchange_ops = {
    .respond = respond,
    .tls_info = tls_info,
    .write = write_more,
    .drain = drain,
    .read = gale__fastcgi_read,
    .limit = gale__fastcgi_limit,
    .send_file = gale__exchange_copy_file,
    .push = push,
    .abort = abort_exchange,
    .detach = detach,
    .peer = peer,
    .no_upgrade = true,
};

/* conn_out.c - writing: response heads, bodies by length or in chunks, what follows an answer.
 *
 * The head of the usual response (200, default headers) is copied from bytes that are renewed
 * once a second; head and body of a small answer go into one reserved piece of the output.
 */
/* SPDX-License-Identifier: MIT */
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>

#include "http/conn.h"
#include "net/tls.h"
#include "proto/chunked.h"
#include "proto/http_names.h"

enum {
    ONE_PIECE_MAX = 8192, /* a head, or a head with its body, up to this is composed in place */
    OK_USUAL = 128,       /* bytes of the usual head, copied without a call */
    FRAMING_MAX = 128,    /* Etag's and framing fields' names, a length, the empty line */
};

#define PUT(p, literal)                                                                            \
    ((char *)memcpy((p), (literal), sizeof(literal) - 1) + (sizeof(literal) - 1))

/* A few bytes, without a call; n is 8 to 32, or it is done the long way. */
static inline char *put_short(char *p, const char *s, size_t n)
{
    if (n >= 16 && n <= 32) {
        memcpy(p, s, 16);
        memcpy(p + n - 16, s + n - 16, 16);
    } else if (n >= 8 && n < 16) {
        memcpy(p, s, 8);
        memcpy(p + n - 8, s + n - 8, 8);
    } else {
        memcpy(p, s, n);
    }
    return p + n;
}

static char *put(char *p, const char *s, size_t n)
{
    return (char *)memcpy(p, s, n) + n;
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

static bool is_connection_close(const struct gale__field *f)
{
    return f->id == GALE__HEADER_CONNECTION && f->value.len == 5 &&
           !strncasecmp(f->value.ptr, "close", 5);
}

/* Decides the framing; the handler's own Connection: close counts, other framing fields of its are
 * not sent. */
static void frame(struct gale__conn *conn, struct gale__exchange *x, const struct gale__response *r,
                  bool last)
{
    const struct gale__headers *h = r->headers;

    for (size_t i = 0; h->fields && i < h->n; i++)
        if (is_connection_close(&h->fields[i]))
            conn->keep_alive = false;
    if (conn->server->draining && r->status != 101)
        conn->keep_alive = false;
    if (conn->body && !gale__conn_stream_keeps(conn, last))
        conn->keep_alive = false;
    conn->no_body = r->no_length || x->priv.method == GALE__METHOD_HEAD;
    conn->chunked = false;
    if (conn->no_body || r->content_length >= 0 || (last && !x->trailers))
        return;
    if (conn->http10)
        conn->keep_alive = false; /* the end of the connection is the end of the body */
    else
        conn->chunked = true;
}

/* What follows the header fields proper, with the empty line. */
static inline __attribute__((always_inline)) char *put_framing(char *p,
                                                               const struct gale__conn *conn,
                                                               const struct gale__response *r)
{
    if (r->etag.len) {
        p = PUT(p, "Etag: ");
        p = put_short(p, r->etag.ptr, r->etag.len);
        p = PUT(p, "\r\n");
    }
    if (r->content_length >= 0 && !r->no_length) {
        p = PUT(p, "Content-Length: ");
        p = put_number(p, (uint64_t)r->content_length);
        p = PUT(p, "\r\n");
    }
    if (conn->chunked)
        p = PUT(p, "Transfer-Encoding: chunked\r\n");
    if (!conn->keep_alive && !conn->http10)
        p = PUT(p, "Connection: close\r\n");
    else if (conn->keep_alive && conn->http10)
        p = PUT(p, "Connection: Keep-Alive\r\n");
    return PUT(p, "\r\n");
}

static bool is_upgrade(const struct gale__field *f)
{
    return f->value.len == 7 && !strncasecmp(f->value.ptr, "upgrade", 7);
}

static bool is_framing(const struct gale__field *f)
{
    return (f->id == GALE__HEADER_CONNECTION && !is_upgrade(f)) ||
           f->id == GALE__HEADER_TRANSFER_ENCODING || f->id == GALE__HEADER_KEEP_ALIVE;
}

static gale_str field_value(const struct gale__conn *conn, const struct gale__response *r,
                            const struct gale__field *f)
{
    if (f->value.ptr)
        return f->value;
    if (f->id == GALE__HEADER_DATE)
        return (gale_str){ conn->server->cache.date, GALE__HTTP_DATE_LEN };
    return (gale_str){ conn->server->cache.server, conn->server->cache.server_len };
}

static char *put_fields(char *p, const struct gale__conn *conn, const struct gale__response *r)
{
    for (size_t i = 0; i < r->headers->n; i++) {
        const struct gale__field *f = &r->headers->fields[i];
        gale_str value = field_value(conn, r, f);

        if (is_framing(f) || (!value.len && !f->value.ptr))
            continue;
        p = put(p, f->name.ptr, f->name.len);
        p = PUT(p, ": ");
        p = put(p, value.ptr, value.len);
        p = PUT(p, "\r\n");
    }
    return p;
}

static char *put_status(char *p, const struct gale__response *r)
{
    const char *reason = r->reason ? r->reason : gale__status_phrase(r->status);

    p = PUT(p, "HTTP/1.1 ");
    p = put_number(p, (uint64_t)r->status);
    *p++ = ' ';
    p = put(p, reason, strlen(reason));
    return PUT(p, "\r\n");
}

static bool is_usual(const struct gale__response *r)
{
    return r->status == 200 && !r->headers->fields && !r->reason;
}

/* The defaults with another status or server name. */
static char *put_defaults(char *p, const struct gale__conn *conn, const struct gale__response *r)
{
    static const struct gale__field server = { { "Server", 6 }, { NULL, 0 }, GALE__HEADER_SERVER };
    gale_str name = field_value(conn, r, &server);

    if (name.len) {
        p = PUT(p, "Server: ");
        p = put(p, name.ptr, name.len);
        p = PUT(p, "\r\n");
    }
    if (!r->no_length)
        p = PUT(p, "Content-Type: " GALE__DEFAULT_CONTENT_TYPE "\r\n");
    p = PUT(p, "Date: ");
    p = put(p, conn->server->cache.date, GALE__HTTP_DATE_LEN);
    return PUT(p, "\r\n");
}

/* The bytes are there for as many as it may have, and so is the room for them. */
static inline char *put_ok(char *p, const struct gale__head_cache *cache)
{
    memcpy(p, cache->ok, OK_USUAL);
    if (GALE_UNLIKELY(cache->ok_len > OK_USUAL))
        memcpy(p + OK_USUAL, cache->ok + OK_USUAL, cache->ok_len - OK_USUAL);
    return p + cache->ok_len;
}

static char *put_head(char *p, const struct gale__conn *conn, const struct gale__response *r)
{
    if (is_usual(r))
        p = put_ok(p, &conn->server->cache);
    else if (r->headers->fields)
        p = put_fields(put_status(p, r), conn, r);
    else
        p = put_defaults(put_status(p, r), conn, r);
    return put_framing(p, conn, r);
}

/* No head is longer. */
static size_t head_bound(const struct gale__conn *conn, const struct gale__response *r)
{
    size_t n = FRAMING_MAX + GALE__OK_HEAD_MAX + r->etag.len;

    n += r->reason ? strlen(r->reason) : 64;
    for (size_t i = 0; r->headers->fields && i < r->headers->n; i++)
        n += r->headers->fields[i].name.len + field_value(conn, r, &r->headers->fields[i]).len + 4;
    return n;
}

static int stream_error(struct gale__conn *conn)
{
    return conn->stream.error ? conn->stream.error : conn->state == CONN_DEAD ? GALE_ECLOSED : 0;
}

static int write_bytes(struct gale__conn *conn, const char *data, size_t n)
{
    gale__conn_count_written(conn, n);
    return gale__stream_write(&conn->stream, data, n);
}

/* A head, and a body when it is small, in one piece of the output. */
static inline int write_in_place(struct gale__conn *conn, const struct gale__response *r,
                                 size_t bound, gale_str body)
{
    char *start = gale__stream_reserve(&conn->stream, bound + body.len);
    char *p;

    if (!start)
        return stream_error(conn);
    p = put_head(start, conn, r);
    if (body.len)
        p = put_short(p, body.ptr, body.len);
    gale__stream_commit(&conn->stream, (size_t)(p - start));
    gale__conn_count_written(conn, (size_t)(p - start));
    return 0;
}

/* One with very long header fields is composed in the exchange's memory. */
static __attribute__((noinline)) int write_long_head(struct gale__conn *conn,
                                                     struct gale__exchange *x,
                                                     const struct gale__response *r, size_t bound)
{
    char *start = gale__arena_alloc(&x->arena, bound);

    if (!start) {
        conn->keep_alive = false;
        return gale_err(-12, "out of memory for response headers");
    }
    return write_bytes(conn, start, (size_t)(put_head(start, conn, r) - start));
}

/* The last chunk and what follows it. */
static int write_trailers(struct gale__conn *conn, const struct gale__headers *trailers)
{
    int r = write_bytes(conn, "0\r\n", 3);

    for (size_t i = 0; i < trailers->n && r == 0; i++) {
        const struct gale__field *f = &trailers->fields[i];

        r = write_bytes(conn, f->name.ptr, f->name.len);
        if (r == 0)
            r = write_bytes(conn, ": ", 2);
        if (r == 0 && f->value.len)
            r = write_bytes(conn, f->value.ptr, f->value.len);
        if (r == 0)
            r = write_bytes(conn, "\r\n", 2);
    }
    return r == 0 ? write_bytes(conn, "\r\n", 2) : r;
}

static int write_chunk(struct gale__conn *conn, gale_str data, const struct gale__headers *trailers,
                       bool last)
{
    char head[GALE__CHUNK_HEAD_MAX];
    int r = 0;

    if (data.len) {
        r = write_bytes(conn, head, gale__chunk_head(head, data.len));
        if (r == 0)
            r = write_bytes(conn, data.ptr, data.len);
        if (r == 0)
            r = write_bytes(conn, "\r\n", 2);
    }
    if (r == 0 && last)
        r = trailers ? write_trailers(conn, trailers) : write_bytes(conn, "0\r\n\r\n", 5);
    return r;
}

static __attribute__((noinline)) int write_body(struct gale__conn *conn,
                                                const struct gale__exchange *x, gale_str data,
                                                bool last)
{
    if (conn->no_body)
        return 0;
    if (conn->chunked)
        return write_chunk(conn, data, x->trailers, last);
    return data.len ? write_bytes(conn, data.ptr, data.len) : 0;
}

/* The next request may come, unless none shall. */
static inline __attribute__((always_inline)) void go_on(struct gale__conn *conn)
{
    if (!conn->keep_alive || conn->server->draining || (conn->eof && !conn->stream.in)) {
        conn->state = CONN_CLOSING;
        return;
    }
    conn->state = CONN_HEAD;
    gale__conn_set_deadline(conn, conn->server->limits.idle_ticks);
}

static inline __attribute__((always_inline)) void answered(struct gale__conn *conn)
{
    bool has_rest = conn->body && gale__conn_stream_end(conn);

    conn->x = NULL;
    if (!has_rest)
        go_on(conn);
    if (conn->in_batch)
        return;
    gale__conn_flush(conn);
    if ((conn->state == CONN_HEAD || conn->state == CONN_DRAIN) &&
        (conn->stream.in || conn->stream.paused))
        gale__stream_resume(&conn->stream);
}

void gale__conn_answered(struct gale__conn *conn)
{
    answered(conn);
}

static inline __attribute__((always_inline)) int written(struct gale__conn *conn,
                                                         struct gale__exchange *x, int r, bool last)
{
    if (last)
        x->finished = true;
    if (r < 0 && conn->stream.error)
        x->gone = conn->stream.error;
    if (last && r == 0)
        answered(conn);
    else
        gale__conn_flush(conn);
    return r;
}

int gale__conn_written(struct gale__conn *conn, struct gale__exchange *x, int r, bool last)
{
    return written(conn, x, r, last);
}

/* The head was written, well or not. */
static inline int responded(struct gale__conn *conn, struct gale__exchange *x, int r, bool last,
                            bool file_follows)
{
    return file_follows && r == 0 ? 0 : written(conn, x, r, last);
}

static int respond(struct gale__exchange *x, const struct gale__response *r, gale_str body,
                   bool last)
{
    const gale_str none = { NULL, 0 };
    struct gale__conn *conn = x->carrier;
    size_t bound;
    bool whole;
    int result;

    x->responded = true;
    if (x->gone) {
        x->finished = last;
        return x->gone;
    }
    gale__head_cache_check(&conn->server->cache, gale__ioloop_now_ns(conn->server->loop));
    frame(conn, x, r, last);
    bound = is_usual(r) ? FRAMING_MAX + GALE__OK_HEAD_MAX + r->etag.len : head_bound(conn, r);
    whole = bound + body.len <= ONE_PIECE_MAX && !conn->chunked;
    if (GALE_LIKELY(bound <= ONE_PIECE_MAX))
        result = write_in_place(conn, r, bound, whole && !conn->no_body ? body : none);
    else
        result = write_long_head(conn, x, r, bound);
    if (GALE_UNLIKELY(!whole) && result == 0)
        result = write_body(conn, x, body, last);
    return responded(conn, x, result, last, r->file_follows);
}

static int write_more(struct gale__exchange *x, gale_str data, bool last)
{
    struct gale__conn *conn = x->carrier;

    if (x->gone) {
        x->finished |= last;
        return x->gone;
    }
    return gale__conn_written(conn, x, write_body(conn, x, data, last), last);
}

static int drain(struct gale__exchange *x)
{
    struct gale__conn *conn = x->carrier;

    if (x->gone)
        return x->gone;
    if (conn->stream.out_pending <= GALE__CONN_HIGH_WATER)
        return 0;
    /* A batch does not hold back what somebody waits for. */
    (void)gale__stream_flush(&conn->stream);
    while (!x->gone && conn->stream.out_pending > GALE__CONN_HIGH_WATER) {
        int r = gale__waitq_wait(&x->drain, "gale_flush", INT64_MAX);

        if (r < 0)
            return r;
    }
    return x->gone;
}

static void push(struct gale__exchange *x)
{
    struct gale__conn *conn = x->carrier;

    if (conn->state == CONN_DEAD)
        return;
    (void)gale__stream_flush(&conn->stream);
    gale__ioloop_push(x->loop);
}

static void abort_exchange(struct gale__exchange *x)
{
    struct gale__conn *conn = x->carrier;

    x->gone = GALE_ECLOSED;
    if (conn->x != x)
        return;
    /* What was written before still goes out; that the answer is not whole shows by its framing. */
    gale__conn_stream_abandon(conn);
    conn->x = NULL;
    conn->keep_alive = false;
    conn->state = CONN_CLOSING;
    gale__conn_flush(conn);
}

static void detach(struct gale__exchange *x)
{
    struct gale__conn *conn = x->carrier;

    if (conn->x == x) { /* released before the loop told of a broken stream */
        gale__conn_stream_abandon(conn);
        conn->x = NULL;
        if (conn->state == CONN_BUSY)
            conn->state = CONN_CLOSING;
    }
    gale__conn_unref(conn);
}

static void peer(struct gale__exchange *x, struct gale__peer *out)
{
    const struct gale__conn *conn = x->carrier;

    out->family = conn->peer_family;
    memcpy(out->bytes, conn->peer, sizeof(out->bytes));
    out->tls = gale__stream_is_tls(&conn->stream);
    out->trust = conn->server->limits.xheaders && !conn->no_trust ? conn->server->trust : NULL;
}

static int tls_info(struct gale__exchange *x, gale_tls_info *out)
{
    const struct gale__conn *conn = x->carrier;

    return gale__tls_info(&conn->stream, out);
}

const struct gale__exchange_ops gale__conn_exchange_ops = {
    .respond = respond,
    .tls_info = tls_info,
    .write = write_more,
    .drain = drain,
    .read = gale__conn_read,
    .limit = gale__conn_limit,
    .send_file = gale__conn_send_file,
    .push = push,
    .abort = abort_exchange,
    .detach = detach,
    .peer = peer,
};

static void end(struct gale__conn *conn)
{
    if ((conn->excess || conn->stream.in) && !conn->eof)
        gale__conn_linger(conn);
    else
        gale__conn_close(conn, 0);
}

/* What the kernel holds does not count: it can be megabytes, which a slow peer takes minutes for
 * before there is room for more. */
uint32_t gale__conn_taken(const struct gale__conn *conn)
{
    int held = 0;

    if (conn->stream.transport || ioctl(conn->stream.io.fd, SIOCOUTQ, &held) < 0)
        held = 0;
    return conn->written - conn->stream.out_pending - (uint32_t)held;
}

/* The kernel is only asked when more has been written since than what buys a second: where sending
 * goes on by itself (io_uring), this comes with each answer. */
static inline void mark_taken(struct gale__conn *conn)
{
    uint32_t sent = conn->written - conn->stream.out_pending;

    if (sent - conn->write_mark >= GALE__WRITE_BYTES_PER_SECOND)
        conn->write_mark = gale__conn_taken(conn);
}

void gale__conn_flush(struct gale__conn *conn)
{
    if (conn->in_batch || conn->state == CONN_DEAD)
        return;
    (void)gale__stream_flush(&conn->stream);
    if (!conn->stream.out_pending) {
        if (conn->state == CONN_CLOSING)
            end(conn);
        return;
    }
    if (!conn->write_timed && conn->state != CONN_LINGER && conn->state != CONN_UPGRADED) {
        conn->write_timed = true;
        mark_taken(conn);
        gale__deadline_set(&conn->server->wheel, &conn->deadline, conn->server->limits.write_ticks);
    }
}

void gale__conn_drained(struct gale__conn *conn, bool whole)
{
    gale__free(conn->body);
    conn->body = NULL;
    conn->excess = !whole;
    conn->keep_alive &= whole;
    go_on(conn);
}

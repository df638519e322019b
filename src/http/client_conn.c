/* client_conn.c - reading answers off a stream: heads by the parser, bodies by their framing. */
/* SPDX-License-Identifier: MIT */
#include "http/client_conn.h"

#include <gale/error.h>

#include "base/alloc.h"
#include "base/str.h"
#include "net/pull.h"

enum {
    PIECE = 65536,    /* bytes read at once */
    MAX_INTERIM = 32, /* answers 1xx before the final one */
    MAX_REQUEST = 1024 * 1024,
};

struct gale__client_conn *gale__client_conn_new(gale_iostream **stream)
{
    struct gale__client_conn *conn = gale__calloc(1, sizeof(*conn));

    if (!conn) {
        gale_iostream_close(stream);
        return NULL;
    }
    conn->stream = *stream;
    conn->pull = conn->stream->pull;
    gale__pull_enter(conn->pull);
    *stream = NULL;
    gale__buf_init(&conn->in, SIZE_MAX / 4);
    gale__buf_init(&conn->out, MAX_REQUEST);
    gale__buf_init(&conn->trailers, GALE__CHUNK_TRAILERS_MAX);
    gale__waitq_init(&conn->sender);
    conn->head.headers = conn->fields;
    return conn;
}

void gale__client_conn_free(struct gale__client_conn *conn)
{
    if (!conn)
        return;
    if (conn->stream)
        conn->stream->consumer = &gale__pull_consumer;
    gale_iostream_close(&conn->stream);
    gale__pull_leave(conn->pull);
    gale__buf_deinit(&conn->in);
    gale__buf_deinit(&conn->out);
    gale__buf_deinit(&conn->trailers);
    gale__free(conn);
}

void gale__client_conn_detach(struct gale__client_conn *conn, gale_iostream **out)
{
    *out = conn->stream;
    conn->stream = NULL;
    gale__client_conn_free(conn);
}

void gale__client_conn_begin(struct gale__client_conn *conn, size_t max_head)
{
    conn->max_head = max_head;
    conn->head_len = 0;
    conn->rest = (gale_str){ 0 };
    conn->may_continue = conn->answered = conn->answering = false;
    gale__buf_reset(&conn->in);
    gale__buf_reset(&conn->out);
}

static int too_long(const struct gale__client_conn *conn)
{
    return gale_err(GALE_ETOOBIG, "the answer's head is larger than max_header_size, %zu bytes",
                    conn->max_head);
}

static int refuse_head(const struct gale__client_conn *conn, size_t have)
{
    const struct gale__http1_head *head = &conn->head;

    if (head->status == 414 || (head->status == 431 && have >= conn->max_head))
        return too_long(conn);
    if (head->status == 431)
        return gale_err(GALE_ETOOBIG, "%s: an answer may have %d", head->error,
                        GALE__CLIENT_MAX_FIELDS);
    return gale_err(GALE_EPROTO, "malformed answer: %s", head->error);
}

/* More of a head, of which have came so far. */
static int read_more(struct gale__client_conn *conn, size_t have)
{
    int r = 0;

    if (!conn->in.len && conn->rest.len) {
        r = gale__buf_append_str(&conn->in, conn->rest);
        conn->rest = (gale_str){ 0 };
    }
    if (r >= 0)
        r = gale_iostream_read_bytes(conn->stream, PIECE, true, &conn->rest);
    if (r == GALE_EEOF)
        return have ? gale_err(GALE_EPROTO, "the connection ended inside of a head")
                    : gale_err(GALE_EEOF, "closed without an answer");
    if (r >= 0 && conn->in.len) {
        r = gale__buf_append_str(&conn->in, conn->rest);
        conn->rest = (gale_str){ 0 };
    }
    conn->answering |= r >= 0;
    return r;
}

/* A head that comes. */
struct coming {
    size_t scanned; /* the parser's */
    bool folded;    /* it has folded lines, which are joined when it is whole */
    bool joined;    /* they are */
};

/* Joins the folded lines in conn->in: 1, or 0 when more is needed. */
static int unfold(struct gale__client_conn *conn, struct coming *coming)
{
    struct gale__buf *in = &conn->in;
    size_t from = coming->scanned, len, left;
    const char *end;
    int r = 0;

    if (!in->len) {
        r = gale__buf_append_str(in, conn->rest);
        conn->rest = (gale_str){ 0 };
    }
    if (r < 0)
        return r;
    end = memmem(in->ptr + from, in->len - from, "\r\n\r\n", 4);
    coming->scanned = in->len > 3 ? in->len - 3 : 0;
    len = end ? (size_t)(end - in->ptr) + 4 : in->len;
    if (len > conn->max_head)
        return too_long(conn);
    if (!end)
        return 0;
    left = gale__http1_unfold(in->ptr, len);
    memmove(in->ptr + left, in->ptr + len, in->len - len);
    in->len -= len - left;
    *coming = (struct coming){ .joined = true };
    return 1;
}

/* The length of the head in what is there, 0 when more is needed, or a failure. */
static int parse_head(struct gale__client_conn *conn, struct coming *coming, gale_str *have)
{
    const uint32_t max = (uint32_t)conn->max_head;
    const struct gale__http1_limits limits = { max, max, GALE__CLIENT_MAX_FIELDS };
    int r = 1;

    if (coming->folded)
        r = unfold(conn, coming);
    if (r <= 0)
        return r;
    *have = conn->in.len ? gale__buf_str(&conn->in) : conn->rest;
    if (!have->len)
        return 0;
    r = gale__http1_parse_response(have->ptr, have->len, &coming->scanned, &limits, &conn->head);
    if (r >= 0)
        return r;
    if (!conn->head.folded || coming->joined)
        return refuse_head(conn, have->len);
    *coming = (struct coming){ .folded = true };
    return parse_head(conn, coming, have);
}

/* One head, from what is there and what comes. */
static int read_one_head(struct gale__client_conn *conn)
{
    struct coming coming = { 0 };
    gale_str have;
    int r;

    for (;;) {
        have = (gale_str){ 0 };
        r = parse_head(conn, &coming, &have);
        if (r < 0)
            return r;
        if (r > 0)
            break;
        r = read_more(conn, conn->in.len + conn->rest.len);
        if (r < 0)
            return r;
    }
    conn->head_text = have.ptr;
    conn->head_len = (size_t)r;
    conn->rest = gale__str_skip(have, conn->head_len);
    return 0;
}

/* RFC 9112 6.3. */
static int find_framing(struct gale__client_conn *conn, bool to_head)
{
    const struct gale__http1_head *head = &conn->head;
    int status = head->status_code;

    conn->decoder = (struct gale__chunked){ .keep_trailers = true };
    gale__buf_reset(&conn->trailers);
    conn->left = head->content_length;
    conn->keep_alive = head->minor_version ? !head->close : head->keep_alive;
    if (status == 204 && (head->chunked || head->content_length > 0))
        return gale_err(GALE_EPROTO, "malformed answer: a 204 with a body");
    if (to_head || status == 204 || status == 304 || status == 101)
        conn->framing = GALE__CLIENT_NO_BODY;
    else if (head->chunked)
        conn->framing = GALE__CLIENT_CHUNKED;
    else if (head->content_length >= 0)
        conn->framing = GALE__CLIENT_LENGTH;
    else
        conn->framing = GALE__CLIENT_TO_CLOSE;
    if (conn->framing == GALE__CLIENT_TO_CLOSE || status == 101)
        conn->keep_alive = false;
    return 0;
}

static void tell_sender(struct gale__client_conn *conn)
{
    if (conn->head.status_code >= 200)
        conn->answered = true;
    if (conn->head.status_code == 100)
        conn->may_continue = true;
    gale__waitq_wake_all(&conn->sender, 0);
}

int gale__client_conn_read_head(struct gale__client_conn *conn, bool to_head)
{
    for (int i = 0; i < MAX_INTERIM; i++) {
        int r;

        if (conn->in.len) { /* where the rest is, too */
            gale__buf_consume(&conn->in, conn->head_len);
            conn->rest = (gale_str){ 0 };
        }
        conn->head_len = 0;
        r = read_one_head(conn);
        if (r < 0)
            return r;
        tell_sender(conn);
        if (conn->head.status_code >= 200 || conn->head.status_code == 101)
            return find_framing(conn, to_head);
    }
    return gale_err(GALE_EPROTO, "more than %d interim answers", MAX_INTERIM);
}

/* More bytes in rest, which is empty: 1, 0 at the end of the stream. */
static int fill(struct gale__client_conn *conn)
{
    int r;

    if (conn->rest.len)
        return 1;
    r = gale_iostream_read_bytes(conn->stream, PIECE, true, &conn->rest);
    if (r == GALE_EEOF)
        return 0;
    return r < 0 ? r : 1;
}

static int cut_off(const struct gale__client_conn *conn)
{
    if (conn->framing == GALE__CLIENT_CHUNKED)
        return gale_err(GALE_EPROTO, "the connection ended inside of a chunked answer");
    return gale_err(GALE_EPROTO, "the connection ended %lld bytes before the end of the answer",
                    (long long)conn->left);
}

static int read_length(struct gale__client_conn *conn, gale_str *piece)
{
    int r;

    if (conn->left == 0)
        return 0;
    r = fill(conn);
    if (r <= 0)
        return r < 0 ? r : cut_off(conn);
    *piece = gale__str_head(conn->rest,
                            (uint64_t)conn->left < SIZE_MAX ? (size_t)conn->left : SIZE_MAX);
    conn->rest = gale__str_skip(conn->rest, piece->len);
    conn->left -= (int64_t)piece->len;
    return 1;
}

static int read_chunked(struct gale__client_conn *conn, gale_str *piece)
{
    for (;;) {
        int r = fill(conn);
        const char *p = conn->rest.ptr, *end;

        if (r <= 0)
            return r < 0 ? r : cut_off(conn);
        end = p + conn->rest.len;
        r = gale__chunked_next(&conn->decoder, &p, end, piece);
        conn->rest = (gale_str){ p, (size_t)(end - p) };
        if (r == GALE__CHUNKED_DATA)
            return 1;
        if (r == GALE__CHUNKED_TRAILER)
            gale__buf_append_str(&conn->trailers, *piece);
        if (r == GALE__CHUNKED_END)
            return conn->trailers.error;
        if (r < 0)
            return gale_err(GALE_EPROTO, "malformed answer: %s",
                            gale__chunked_error(&conn->decoder));
    }
}

int gale__client_conn_read_body(struct gale__client_conn *conn, gale_str *piece)
{
    int r;

    switch (conn->framing) {
    case GALE__CLIENT_LENGTH:
        return read_length(conn, piece);
    case GALE__CLIENT_CHUNKED:
        return read_chunked(conn, piece);
    case GALE__CLIENT_TO_CLOSE:
        r = fill(conn);
        if (r > 0) {
            *piece = conn->rest;
            conn->rest = (gale_str){ 0 };
        }
        return r;
    default:
        return 0;
    }
}

int gale__client_conn_write(struct gale__client_conn *conn, gale_str piece)
{
    /* In parts, each of which may wait: never a copy of all of it. */
    while (piece.len) {
        gale_str part = gale__str_head(piece, PIECE);
        int r = gale_iostream_write(conn->stream, part.ptr, part.len);

        if (r < 0)
            return r;
        piece = gale__str_skip(piece, part.len);
    }
    return 0;
}

int gale__client_conn_write_chunk(struct gale__client_conn *conn, gale_str piece)
{
    char head[GALE__CHUNK_HEAD_MAX];
    size_t n = gale__chunk_head(head, piece.len);
    int r = gale_iostream_write(conn->stream, head, n);

    if (r >= 0)
        r = gale__client_conn_write(conn, piece);
    if (r >= 0)
        r = gale_iostream_write(conn->stream, "\r\n", 2);
    return r;
}

/* --- between requests --- */

bool gale__client_conn_is_reusable(const struct gale__client_conn *conn)
{
    return conn->keep_alive && !conn->rest.len && conn->stream &&
           !gale_iostream_error(conn->stream) && !gale__stream_kept(conn->stream).len &&
           !conn->stream->out_pending;
}

static void broken(struct gale_iostream *s)
{
    struct gale__client_conn *conn = s->pull->owner;
    void (*fn)(struct gale__client_conn * conn) = conn->broken;

    s->consumer = &gale__pull_consumer;
    fn(conn);
}

static size_t on_data(struct gale_iostream *s, char *data, size_t n)
{
    (void)data;
    broken(s);
    return n;
}

/* The loop goes, or it was closed: the pool learns of that by itself. */
static void on_closed(struct gale_iostream *s)
{
    gale__pull_consumer.on_closed(s);
}

void gale__client_conn_rest(struct gale__client_conn *conn,
                            void (*fn)(struct gale__client_conn *conn))
{
    static const struct gale__stream_consumer resting = {
        .on_data = on_data, .on_eof = broken, .on_error = broken, .on_closed = on_closed
    };

    if (conn->in.cap > PIECE)
        gale__buf_deinit(&conn->in);
    conn->n_requests++;
    conn->broken = fn;
    conn->pull->owner = conn;
    conn->stream->consumer = &resting;
}

bool gale__client_conn_wake(struct gale__client_conn *conn)
{
    if (!conn->stream)
        return false;
    conn->stream->consumer = &gale__pull_consumer;
    return !gale_iostream_error(conn->stream) && !gale__stream_kept(conn->stream).len;
}

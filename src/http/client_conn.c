/* client_conn.c - reading answers off a stream: heads by the parser, bodies by their framing. */
/* SPDX-License-Identifier: MIT */
#include "http/client_conn.h"

#include <gale/error.h>

#include "base/alloc.h"
#include "base/str.h"

enum {
    PIECE = 65536,    /* bytes read at once */
    MAX_INTERIM = 32, /* answers 1xx before the final one */
};

struct gale__client_conn *gale__client_conn_new(gale_iostream **stream)
{
    struct gale__client_conn *conn = gale__calloc(1, sizeof(*conn));

    if (!conn) {
        gale_iostream_close(stream);
        return NULL;
    }
    conn->stream = *stream;
    *stream = NULL;
    gale__buf_init(&conn->in, GALE__CLIENT_MAX_HEAD + PIECE);
    gale__buf_init(&conn->trailers, GALE__CHUNK_TRAILERS_MAX);
    conn->head.headers = conn->fields;
    return conn;
}

void gale__client_conn_free(struct gale__client_conn *conn)
{
    if (!conn)
        return;
    gale_iostream_close(&conn->stream);
    gale__buf_deinit(&conn->in);
    gale__buf_deinit(&conn->trailers);
    gale__free(conn);
}

static int refuse_head(const struct gale__http1_head *head)
{
    return gale_err(head->status == 431 || head->status == 414 ? GALE_ETOOBIG : GALE_EPROTO,
                    "malformed answer: %s", head->error);
}

/* One head, from what is there and what comes. */
static int read_one_head(struct gale__client_conn *conn)
{
    static const struct gale__http1_limits limits = { GALE__CLIENT_MAX_HEAD, GALE__CLIENT_MAX_HEAD,
                                                      GALE__CLIENT_MAX_FIELDS };
    size_t scanned = 0;
    gale_str piece;
    int r = 0;

    for (;;) {
        if (conn->in.len)
            r = gale__http1_parse_response(conn->in.ptr, conn->in.len, &scanned, &limits,
                                           &conn->head);
        if (r < 0)
            return refuse_head(&conn->head);
        if (r > 0)
            break;
        r = gale_iostream_read_bytes(conn->stream, PIECE, true, &piece);
        if (r == GALE_EEOF)
            return conn->in.len ? gale_err(GALE_EPROTO, "the connection ended inside of a head")
                                : gale_err(GALE_EEOF, "closed without an answer");
        if (r >= 0)
            r = gale__buf_append_str(&conn->in, piece);
        if (r < 0)
            return r;
    }
    conn->head_len = (size_t)r;
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
    if (conn->framing == GALE__CLIENT_TO_CLOSE)
        conn->keep_alive = false;
    return 0;
}

int gale__client_conn_read_head(struct gale__client_conn *conn, bool to_head)
{
    for (int i = 0; i < MAX_INTERIM; i++) {
        int r;

        gale__buf_consume(&conn->in, conn->head_len);
        conn->head_len = 0;
        r = read_one_head(conn);
        if (r < 0)
            return r;
        if (conn->head.status_code >= 200 || conn->head.status_code == 101) {
            conn->rest = gale__str_skip(gale__buf_str(&conn->in), conn->head_len);
            return find_framing(conn, to_head);
        }
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

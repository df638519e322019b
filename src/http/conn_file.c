/* conn_file.c - a file as (a part of) an answer: sendfile in pieces, waiting where the peer is
 * slow.
 *
 * The head leaves with the first piece. A peer that takes all at once is given large pieces with
 * the other requests' turn after each; one that does not is waited for under the same write
 * deadline as other output, counted over the whole file.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "http/conn.h"

enum { PIECE = 2 << 20, TIME_ANEW = 1 << 28 };

/* The write deadline runs while the peer is waited for. A count of bytes taken that grows large is
 * begun anew: it is kept modulo 2^32. */
static void mind_deadline(struct gale__conn *conn)
{
    gale_httpserver *server = conn->server;

    if (conn->write_timed && conn->written - conn->write_mark < TIME_ANEW)
        return;
    conn->write_timed = true;
    conn->write_mark = gale__conn_taken(conn);
    gale__deadline_set(&server->wheel, &conn->deadline, server->limits.write_ticks);
}

/* Until the kernel takes more. */
static int wait_for_peer(struct gale__conn *conn, struct gale__exchange *x)
{
    mind_deadline(conn);
    return gale__waitq_wait(&x->drain, "gale_send_file", INT64_MAX);
}

/* Sends what it can; what is left is in *offset and *len. */
static int send_pieces(struct gale__conn *conn, struct gale__exchange *x, int fd, int64_t *offset,
                       int64_t *len)
{
    while (*len > 0) {
        size_t piece = *len < PIECE ? (size_t)*len : PIECE;
        ssize_t n = gale__stream_send_file(&conn->stream, fd, *offset, piece);
        int r = 0;

        if (n < 0)
            return (int)n;
        gale__conn_count_written(conn, (size_t)n);
        *offset += n;
        *len -= n;
        if ((size_t)n < piece && conn->stream.sending)
            r = wait_for_peer(conn, x);
        else if (*len || piece == PIECE)
            r = gale_yield();
        if (x->gone || r < 0)
            return x->gone ? x->gone : r;
    }
    return 0;
}

/* The deadline of writing that ran for the file; what is pending keeps it. */
static void end_deadline(struct gale__conn *conn)
{
    if (!conn->write_timed || conn->stream.out_pending)
        return;
    conn->write_timed = false;
    gale__deadline_set(&conn->server->wheel, &conn->deadline, GALE__NEVER);
}

int gale__conn_send_file(struct gale__exchange *x, int fd, int64_t offset, int64_t len, bool last)
{
    struct gale__conn *conn = x->carrier;
    int r;

    if (x->gone) {
        x->finished |= last;
        return x->gone;
    }
    if (conn->no_body || !len)
        return gale__conn_written(conn, x, 0, last);
    if (conn->chunked)
        return gale_err(GALE_ESTATE, "a file in a chunked answer");
    if (!gale__co_current())
        return gale__co_park("gale_send_file"); /* says so */
    conn->in_file = true;
    r = send_pieces(conn, x, fd, &offset, &len);
    conn->in_file = false;
    if (conn->state == CONN_DEAD)
        return x->gone ? x->gone : r;
    end_deadline(conn);
    if (r == -ENOTSUP)
        return gale__exchange_copy_file(x, fd, offset, len, last);
    if (r == -ENODATA)
        return gale__exchange_file_shrank(x, len);
    if (r == 0)
        return gale__conn_written(conn, x, 0, last);
    if (conn->stream.error)
        x->gone = conn->stream.error;
    else
        x->ops->abort(x); /* cancelled: the answer cannot be whole */
    return r;
}

/* conn.h - an HTTP/1.1 server connection: private to src/http.
 *
 * A connection reads heads, gathers bodies and hands exchanges to the server's answerer, one
 * at a time and in order. What it keeps while idle is this struct alone. It is freed when its
 * stream has closed and the last exchange it carried has been released.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_HTTP_CONN_H
#define GALE_HTTP_CONN_H

#include "http/deadlines.h"
#include "http/exchange.h"
#include "http/httpserver_priv.h"
#include "net/stream.h"

struct gale__conn_body;

enum { GALE__CONN_HIGH_WATER = 64 * 1024 }; /* pending output over which writers and readers wait */

enum conn_state {
    CONN_HEAD,    /* between requests, or a head has begun */
    CONN_BODY,    /* conn->x gathers its body */
    CONN_BUSY,    /* conn->x is being answered, and may read its body meanwhile */
    CONN_DRAIN,   /* answered early: the small rest of its body is thrown away first */
    CONN_CLOSING, /* the last answer is on its way out */
    CONN_LINGER,  /* answered early: what still comes is thrown away */
    CONN_DEAD,    /* the stream is closed or broken */
};

struct gale__conn {
    struct gale__deadline deadline; /* first: the wheel hands it back */
    struct gale_iostream stream;
    gale_httpserver *server;
    struct gale__exchange *x; /* in CONN_BODY and CONN_BUSY */
    struct gale__conn_body *body; /* in CONN_BODY and CONN_DRAIN; in CONN_BUSY when x reads it */
    uint32_t scanned;         /* bytes of an incomplete head that have been searched */
    uint32_t write_mark;      /* bytes taken by the peer when the write deadline was set */
    uint32_t written;         /* bytes written so far, modulo 2^32 */
    uint16_t n_exchanges;     /* not yet released */
    uint8_t state;
    uint8_t peer_family; /* 0, 4, 6 */
    uint8_t peer[16];
    bool in_batch : 1;    /* inside on_data: what is written leaves at its end */
    bool in_head : 1;     /* bytes of a head have come */
    bool keep_alive : 1;  /* after the present answer */
    bool http10 : 1;      /* the present request */
    bool chunked : 1;     /* the present answer */
    bool no_body : 1;     /* the present answer: HEAD, 204, 304 */
    bool eof : 1;         /* the peer sends no more */
    bool write_timed : 1; /* the deadline is the one for writing */
    bool held : 1;        /* no further request before the peer has read some answers */
    bool excess : 1;      /* bytes came that nobody wants: linger before closing */
    bool in_file : 1;      /* a file is being sent: the write deadline is for all of it */
    bool stream_closed : 1;
};

static inline struct gale__conn *gale__conn_of(struct gale_iostream *s)
{
    return GALE_CONTAINER_OF(s, struct gale__conn, stream);
}

extern const struct gale__exchange_ops gale__conn_exchange_ops; /* conn_out.c */

/* Takes over an accepted descriptor. 0, with the connection in *out unless out is NULL, or a
 * failure (fd is closed then). */
int gale__conn_accept(gale_httpserver *server, int fd, struct gale__conn **out);

/* A deadline of the wheel has passed. */
void gale__conn_expired(struct gale__deadline *d);

/* Answers with an error page of the server's own and closes when the peer has read it. */
void gale__conn_refuse(struct gale__conn *conn, int status, const char *why);

/* Ends our side and throws away what still comes, until the peer has read what was sent. */
void gale__conn_linger(struct gale__conn *conn);

/* Closes now; an exchange in flight sees the client gone. */
void gale__conn_close(struct gale__conn *conn, int error);

/* After a part of the answer was written, well (r 0) or not: sends it, goes on when it was the last.
 * Gives r. */
int gale__conn_written(struct gale__conn *conn, struct gale__exchange *x, int r, bool last);

/* As gale__exchange_ops.send_file (conn_file.c). */
int gale__conn_send_file(struct gale__exchange *x, int fd, int64_t offset, int64_t len, bool last);

/* The present answer is complete: goes on with the next request, or ends. */
void gale__conn_answered(struct gale__conn *conn);

/* The rest of a body in CONN_DRAIN has been thrown away, or is too much (not whole); in a batch. */
void gale__conn_drained(struct gale__conn *conn, bool whole);

/* A deadline for writing that runs is not touched: when all is written the one of the state is
 * set. */
static inline void gale__conn_set_deadline(struct gale__conn *conn, uint32_t ticks)
{
    if (!conn->write_timed)
        gale__deadline_set(&conn->server->wheel, &conn->deadline, ticks);
}

/* Sends what is written unless a batch does it at its end, and minds the write deadline. */
void gale__conn_flush(struct gale__conn *conn);

/* The exchange was released. */
void gale__conn_unref(struct gale__conn *conn);

#endif

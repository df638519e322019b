/* conn_body.h - the body of the request that a connection receives: private to src/http.
 *
 * A body is gathered (conn_body.c) before its request is dispatched, or read by its handler in
 * pieces (conn_read.c). Either way it lies in its exchange's arena; only what is left of a
 * body that nobody reads any more is on the heap, for the connection to throw away.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_HTTP_CONN_BODY_H
#define GALE_HTTP_CONN_BODY_H

#include "base/deflate.h"
#include "http/conn.h"
#include "proto/chunked.h"

struct gale__conn_body {
    char *data;       /* gathered, or decoded and lent to the reader */
    size_t len, cap;  /* of data */
    int64_t left;     /* of a Content-Length; unused when chunked */
    int64_t max;      /* bytes; -1: no limit */
    uint64_t wire;    /* bytes that came, without chunk framing */
    uint64_t decoded; /* bytes that gzip made of them */
    uint32_t ticks;   /* time limit */
    uint32_t since;   /* tick: of its begin, or of the wait that is on */
    uint32_t waited;  /* ticks in earlier waits */
    uint32_t trailers_cap;
    struct gale__chunked decoder;
    struct gale__decoder *unzip; /* NULL: as sent */
    const char *why;             /* of status; static */
    uint16_t status;             /* why nothing more comes of it: 400, 408, 413 …; 0 */
    bool chunked : 1;
    bool is_owned : 1;  /* what is on the heap goes with the exchange */
    bool wire_done : 1; /* all of it was taken from the wire */
    bool expect : 1;    /* the peer waits for 100 Continue */
    bool begun : 1;     /* it was read */
    bool waiting : 1;   /* a coroutine waits for more */
};

/* conn_body.c */

/* A body for the head of conn->x, without limits yet. 0 or -ENOMEM. */
int gale__conn_body_begin(struct gale__conn *conn, const struct gale__http1_head *head);

/* Changes its limits: as in gale__body_plan, but 0 leaves one as it is. */
void gale__conn_body_set_limits(struct gale__conn *conn, int64_t max_size, double timeout);

/* It will be gathered: allocates a small one. 0 or -ENOMEM. */
int gale__conn_body_gather(struct gale__conn *conn);

/* Gathers from n bytes at data; how many were consumed. Complete with wire_done; status tells what
 * to refuse it with. */
size_t gale__conn_body_feed(struct gale__conn *conn, const char *data, size_t n);

/* A buffer of its own. 0 or -ENOMEM. */
int gale__conn_body_buffer(struct gale__conn_body *body, struct gale__arena *arena, size_t size);

/* Takes the next piece off *p, without its framing: 1; 0: all used, or wire_done; -1: status tells.
 * x keeps the trailers; NULL: nobody does. */
int gale__conn_body_next(struct gale__conn_body *body, struct gale__exchange *x, const char **p,
                         const char *end, gale_str *piece);

/* Puts the last n bytes of the piece back. */
void gale__conn_body_untake(struct gale__conn_body *body, const char **p, size_t n);

/* As gale__decoder_read(), within the limit: fewer bytes then, and status is set; -1 when it is no
 * gzip. */
int64_t gale__conn_body_decode(struct gale__conn_body *body, gale_str *in, char *out, size_t size);

/* All of the wire's bytes are decoded: 0, or -1 when the coding does not end with them. */
int gale__conn_body_decoded(struct gale__conn_body *body);

/* Sets status. -1. */
int gale__conn_body_fail(struct gale__conn_body *body, int status, const char *why);

/* conn_read.c */

/* A request whose body is read by its handler will be dispatched, and has ended: true when the rest
 * of the body is thrown away first and the connection goes on (or is closed) by itself. */
void gale__conn_stream_begin(struct gale__conn *conn, bool expect_continue);
bool gale__conn_stream_end(struct gale__conn *conn);

/* The exchange leaves the connection, which is not used on. */
void gale__conn_stream_abandon(struct gale__conn *conn);

/* Whether an answer may leave the connection open: last, it is the whole of it. */
bool gale__conn_stream_keeps(const struct gale__conn *conn, bool last);

/* For a reader that waits: bytes consumed. */
size_t gale__conn_stream_feed(struct gale__conn *conn, const char *data, size_t n);

/* In CONN_DRAIN: bytes consumed. */
size_t gale__conn_drain_feed(struct gale__conn *conn, const char *data, size_t n);

/* Something was due by the present tick; fails the body when it was the body itself. */
void gale__conn_body_expired(struct gale__conn *conn);

/* As gale__exchange_ops. */
int gale__conn_read(struct gale__exchange *x, gale_str *out);
int gale__conn_limit(struct gale__exchange *x, int64_t max_size, double timeout);

#endif

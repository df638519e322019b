/* conn.h - an HTTP/1.1 server connection: private to src/http.
 *
 * A connection reads heads, gathers bodies and hands exchanges to the server's answerer, one
 * at a time and in order. What it keeps while idle is this struct alone. It is freed when its
 * stream has closed and the last exchange it carried has been released.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_HTTP_CONN_H
#define GALE_HTTP_CONN_H

#include "base/deflate.h"
#include "http/deadlines.h"
#include "http/exchange.h"
#include "http/httpserver_priv.h"
#include "net/stream.h"
#include "proto/chunked.h"

enum {
    GALE__CONN_HIGH_WATER = 64 * 1024,   /* pending output over which writers and readers wait */
    GALE__WRITE_BYTES_PER_SECOND = 4096, /* that a peer has to read */
};

struct gale__upgrade;

enum conn_state {
    CONN_HEAD,     /* between requests, or a head has begun */
    CONN_BODY,     /* conn->x gathers its body */
    CONN_BUSY,     /* conn->x is being answered, and may read its body meanwhile */
    CONN_DRAIN,    /* answered early: the small rest of its body is thrown away first */
    CONN_CLOSING,  /* the last answer is on its way out */
    CONN_LINGER,   /* answered early: what still comes is thrown away */
    CONN_DEAD,     /* the stream is closed or broken */
    CONN_PROXY,    /* the PROXY header is awaited: at first, where there is one */
    CONN_UPGRADED, /* another protocol has it: upgrade.c */
};

/* The body of the request that comes: gathered (conn_body.c) before its dispatch, or read by its
 * handler in pieces (conn_read.c). It lies in its exchange's arena; only what is left of a body
 * that nobody reads any more is on the heap, for the connection to throw away. */
struct gale__conn_body {
    char *data;       /* gathered, or decoded and lent to the reader */
    size_t len, cap;  /* of data */
    int64_t left;     /* of a Content-Length; unused when chunked; INT64_MAX: not announced */
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
    bool is_owned : 1;   /* what is on the heap goes with the exchange */
    bool wire_done : 1;  /* all of it was taken from the wire */
    bool expect : 1;     /* the peer waits for 100 Continue */
    bool begun : 1;      /* it was read */
    bool waiting : 1;    /* a coroutine waits for more */
    bool told : 1;       /* status was */
    bool tell : 1;       /* a refusal is the answerer's to give, although it is gathered */
    bool ends_apart : 1; /* left is only what was announced: who feeds it sets wire_done */
};

struct gale__conn {
    struct gale__deadline deadline; /* first: the wheel hands it back */
    struct gale_iostream stream;
    gale_httpserver *server;
    union {
        struct {
            struct gale__exchange *x;     /* in CONN_BODY and CONN_BUSY */
            struct gale__conn_body *body; /* in CONN_BODY and CONN_DRAIN; in CONN_BUSY when x reads
                                             it */
        };
        struct { /* upgraded, to the end */
            const struct gale__upgrade *protocol;
            void *self;
        };
    };
    union {
        struct {
            uint32_t scanned;    /* bytes of an incomplete head that have been searched */
            uint32_t write_mark; /* bytes taken by the peer when the write deadline was set, or some
                                    less */
        };
        uint32_t words[2]; /* in CONN_UPGRADED, the protocol's own */
    };
    uint32_t written;     /* bytes written so far, modulo 2^32 */
    uint16_t n_exchanges; /* not yet released */
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
    bool in_file : 1;     /* a file is being sent: the write deadline is for all of it */
    bool no_trust : 1;    /* the peer is a Unix socket that a PROXY header tells of */
    bool stream_closed : 1;
    bool upgraded : 1; /* x and body are protocol and self */
    uint32_t born;     /* tick of the wheel */
};

static inline struct gale__conn *gale__conn_of(struct gale_iostream *s)
{
    return GALE_CONTAINER_OF(s, struct gale__conn, stream);
}

extern const struct gale__exchange_ops gale__conn_exchange_ops; /* conn_out.c */

/* Takes over an accepted descriptor. 0, with the connection in *out unless out is NULL, or a
 * failure (fd is closed then). */
int gale__conn_accept(gale_httpserver *server, int fd, struct gale__conn **out);

/* The steps of that: a connection in the wheel, without its stream (NULL: no memory); undone; and,
 * when its stream is made, with the consumer below, it begins: 0, or a failure (it closes then). */
struct gale__conn *gale__conn_new(gale_httpserver *server);
void gale__conn_discard(struct gale__conn *conn);
int gale__conn_begin(struct gale__conn *conn);
extern const struct gale__stream_consumer gale__conn_consumer;
extern const struct gale__stream_consumer gale__conn_proxy_consumer; /* with a PROXY header */

/* A deadline of the wheel has passed. */
void gale__conn_expired(struct gale__deadline *d);

/* As of struct gale__protocol (conn_look.c). */
void gale__conn_see(const struct gale__deadline *d, struct gale__conn_seen *out);

/* Answers with an error page of the server's own and closes when the peer has read it. */
void gale__conn_refuse(struct gale__conn *conn, int status, const char *why);

/* The body that is gathered has a status: its request is answered with that. */
void gale__conn_body_refused(struct gale__conn *conn);

/* Ends our side and throws away what still comes, until the peer has read what was sent. */
void gale__conn_linger(struct gale__conn *conn);

/* Closes now; an exchange in flight sees the client gone. */
void gale__conn_close(struct gale__conn *conn, int error);

/* After a part of the answer was written, well (r 0) or not: sends it, goes on when it was the
 * last. Gives r. */
int gale__conn_written(struct gale__conn *conn, struct gale__exchange *x, int r, bool last);

/* As gale__exchange_ops.send_file (conn_file.c). */
int gale__conn_send_file(struct gale__exchange *x, int fd, int64_t offset, int64_t len, bool last);

/* Bytes that the peer has taken (acknowledged) so far, modulo 2^32. */
uint32_t gale__conn_taken(const struct gale__conn *conn);

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

static inline void gale__conn_count_written(struct gale__conn *conn, size_t n)
{
    conn->written += (uint32_t)n;
    gale__count(&conn->server->stats.bytes_out, (int64_t)n);
}

/* Sends what is written unless a batch does it at its end, and minds the write deadline. */
void gale__conn_flush(struct gale__conn *conn);

/* The PROXY header (conn_proxy.c). begin: whether one may or must come from this peer; < 0: the
 * connection is to be closed. feed: false when more of it is needed; *used is its length, after
 * which HTTP begins and the peer is the one that it names. */
int gale__conn_proxy_begin(struct gale__conn *conn);
bool gale__conn_proxy_feed(struct gale__conn *conn, const char *data, size_t n, size_t *used);

/* Of an upgraded connection (upgrade.c): the server is drained; its deadline has passed. */
void gale__conn_upgraded_drain(struct gale__conn *conn);
void gale__conn_upgraded_expired(struct gale__conn *conn);

/* The exchange was released. */
void gale__conn_unref(struct gale__conn *conn);

/* --- conn_body.c --- */

/* A body of x, whose head has head_len bytes: chunked, or of so many bytes; with the server's
 * limits. NULL: no memory. */
struct gale__conn_body *gale__conn_body_new(struct gale__exchange *x, size_t head_len, bool chunked,
                                            int64_t length, const gale_httpserver *server);

/* Changes its limits: as in gale__body_plan, but 0 leaves one as it is. */
void gale__conn_body_set_limits(struct gale__conn_body *body, const gale_httpserver *server,
                                int64_t max_size, double timeout);

/* It will be gathered: allocates a small one. 0 or -ENOMEM. */
int gale__conn_body_gather(struct gale__conn_body *body, struct gale__arena *arena);

/* Gathers from n bytes at data; how many were consumed. Complete with wire_done; status tells what
 * to refuse it with. */
size_t gale__conn_body_feed(struct gale__conn_body *body, struct gale__exchange *x,
                            const char *data, size_t n);

/* A buffer of its own. 0 or -ENOMEM. */
int gale__conn_body_buffer(struct gale__conn_body *body, struct gale__arena *arena, size_t size);

/* What it has on the heap, which otherwise goes with the exchange. */
void gale__conn_body_free(struct gale__conn_body *body);

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

/* --- conn_read.c --- */

/* It will be read in pieces: makes the buffer that the reader is lent, or fails it. Once. */
void gale__conn_body_begin_reading(struct gale__conn_body *body, struct gale__exchange *x);

/* Fills that buffer from n bytes; how many were used. */
size_t gale__conn_body_fill(struct gale__conn_body *body, struct gale__exchange *x,
                            const char *data, size_t n);

/* Ticks that the peer still has. A second for each so many bytes that came is added; but no wait of
 * a reader is longer than the limit. */
uint32_t gale__conn_body_patience(const struct gale__conn_body *body,
                                  const gale_httpserver *server);

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

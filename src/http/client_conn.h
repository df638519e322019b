/* client_conn.h - the client's end of an HTTP/1.1 connection: sends requests, reads answers.
 *
 * It knows nothing of addresses, redirects or limits: whoever has a connected stream puts it in.
 * All reading is done by one coroutine; another may send meanwhile. A head that came whole is
 * parsed where it lies; `in` is for those that came in pieces. While the connection is kept for
 * later its stream tells a consumer of our own, to which anything that comes is the end of it.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_HTTP_CLIENT_CONN_H
#define GALE_HTTP_CLIENT_CONN_H

#include <gale/iostream.h>

#include "base/buf.h"
#include "base/list.h"
#include "gen/co.h"
#include "proto/chunked.h"
#include "proto/http1.h"

enum {
    GALE__CLIENT_MAX_HEAD = 65536, /* bytes of an answer's head, unless the request says */
    GALE__CLIENT_MAX_FIELDS = 256,
};

/* How far the present answer's body goes. */
enum gale__client_framing {
    GALE__CLIENT_NO_BODY,
    GALE__CLIENT_LENGTH,
    GALE__CLIENT_CHUNKED,
    GALE__CLIENT_TO_CLOSE
};

struct gale__pull;
struct gale__client_host;

struct gale__client_conn {
    gale_iostream *stream;   /* owned */
    struct gale__pull *pull; /* its memory, which stays as long as we do, also when it is closed */
    struct gale__buf in;     /* heads that came in pieces; the present one until the next is read */
    struct gale__buf out;    /* the present request's head */
    gale_str rest;           /* what came behind the head, or was read last, and is not used yet */
    const char *head_text;   /* the present head; valid until more is read */
    size_t head_len;         /* of it; 0: none */
    size_t max_head;
    struct gale__http1_header fields[GALE__CLIENT_MAX_FIELDS];
    struct gale__http1_head head;
    enum gale__client_framing framing;
    int64_t left; /* of a length */
    struct gale__chunked decoder;
    struct gale__buf trailers; /* lines as sent; whole at the end of a chunked body */
    struct gale__waitq sender; /* waits for the server's 100 */
    bool may_continue;         /* it came */
    bool answered;             /* a final answer came */
    bool answering;            /* bytes of an answer came */
    bool keep_alive;           /* another request may follow when this answer has been read */
    unsigned n_requests;       /* answered before this one */
    /* The pool's: */
    struct gale__client_host *host; /* that keeps it */
    struct gale__list host_link, idle_link;
    int64_t expires_ns;
    void (*broken)(struct gale__client_conn *conn);
};

/* Takes the stream over, also when it fails. NULL: out of memory. */
struct gale__client_conn *gale__client_conn_new(gale_iostream **stream) GALE_MUST_USE;
/* Closes. NULL is allowed. */
void gale__client_conn_free(struct gale__client_conn *conn);
/* Frees it but for the stream, which is the caller's again. */
void gale__client_conn_detach(struct gale__client_conn *conn, gale_iostream **out);

/* Ready for another request, whose answer's head may have max_head bytes. */
void gale__client_conn_begin(struct gale__client_conn *conn, size_t max_head);

/* Waits. The head of the final answer to a request (interim ones are passed over) in conn->head,
 * whose offsets are into conn->head_text. to_head: the request was HEAD. GALE_EEOF when the peer
 * closed first, GALE_EPROTO, GALE_ETOOBIG, or the stream's error. */
int gale__client_conn_read_head(struct gale__client_conn *conn, bool to_head) GALE_MUST_USE;

/* Waits. The next piece of its body, valid until the next call: 1, or 0 at the end. */
int gale__client_conn_read_body(struct gale__client_conn *conn, gale_str *piece) GALE_MUST_USE;

/* Waits, as gale_iostream_write. A piece of a chunked body; the last one is empty. */
int gale__client_conn_write_chunk(struct gale__client_conn *conn, gale_str piece) GALE_MUST_USE;
/* The same without a frame. */
int gale__client_conn_write(struct gale__client_conn *conn, gale_str piece) GALE_MUST_USE;

/* The answer has been read: nothing is there behind it, and another request may follow. */
bool gale__client_conn_is_reusable(const struct gale__client_conn *conn);
/* It is kept: broken(conn) is called when anything comes, or it ends, and frees it. */
void gale__client_conn_rest(struct gale__client_conn *conn,
                            void (*broken)(struct gale__client_conn *conn));
/* It is used again: false when it has ended. */
bool gale__client_conn_wake(struct gale__client_conn *conn);

#endif

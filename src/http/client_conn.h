/* client_conn.h - the client's end of an HTTP/1.1 connection: sends requests, reads answers.
 *
 * It knows nothing of addresses, redirects or pools: whoever has a connected stream puts it in.
 * All reading is done by one coroutine; another may send meanwhile.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_HTTP_CLIENT_CONN_H
#define GALE_HTTP_CLIENT_CONN_H

#include <gale/iostream.h>

#include "base/buf.h"
#include "proto/chunked.h"
#include "proto/http1.h"

enum {
    GALE__CLIENT_MAX_HEAD = 65536, /* bytes of an answer's head */
    GALE__CLIENT_MAX_FIELDS = 256,
};

/* How far the present answer's body goes. */
enum gale__client_framing {
    GALE__CLIENT_NO_BODY,
    GALE__CLIENT_LENGTH,
    GALE__CLIENT_CHUNKED,
    GALE__CLIENT_TO_CLOSE
};

struct gale__client_conn {
    gale_iostream *stream; /* owned */
    struct gale__buf in;   /* heads; the present one until the next is read */
    gale_str rest;         /* what came behind the head, or was read last, and is not used yet */
    size_t head_len;       /* of the present head in the buffer; 0: none */
    struct gale__http1_header fields[GALE__CLIENT_MAX_FIELDS];
    struct gale__http1_head head;
    enum gale__client_framing framing;
    int64_t left; /* of a length */
    struct gale__chunked decoder;
    struct gale__buf trailers; /* lines as sent; whole at the end of a chunked body */
    bool keep_alive;           /* another request may follow when this answer has been read */
};

/* Takes the stream over, also when it fails. NULL: out of memory. */
struct gale__client_conn *gale__client_conn_new(gale_iostream **stream) GALE_MUST_USE;
/* Closes. NULL is allowed. */
void gale__client_conn_free(struct gale__client_conn *conn);

/* Waits. The head of the final answer to a request (interim ones are passed over) in conn->head,
 * whose offsets are into conn->in. to_head: the request was HEAD. GALE_EEOF when the peer closed
 * first, GALE_EPROTO, GALE_ETOOBIG, or the stream's error. */
int gale__client_conn_read_head(struct gale__client_conn *conn, bool to_head) GALE_MUST_USE;

/* Waits. The next piece of its body, valid until the next call: 1, or 0 at the end. */
int gale__client_conn_read_body(struct gale__client_conn *conn, gale_str *piece) GALE_MUST_USE;

/* Waits, as gale_iostream_write. A piece of a chunked body; the last one is empty. */
int gale__client_conn_write_chunk(struct gale__client_conn *conn, gale_str piece) GALE_MUST_USE;
/* The same without a frame. */
int gale__client_conn_write(struct gale__client_conn *conn, gale_str piece) GALE_MUST_USE;

#endif

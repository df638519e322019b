/* exchange.h - one request and its answer, whatever carries them.
 *
 * An exchange is what passes between a carrier (HTTP/1 connection; later an HTTP/2 stream or
 * an in-process test) and whoever answers (the web layer, a plain callback). It lives in its
 * own arena, which also holds the request's head and body and all the answerer allocates;
 * gale__exchange_release() ends it. A carrier that dies first sets gone and tells the answerer;
 * the exchange lives on until released.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_HTTP_EXCHANGE_H
#define GALE_HTTP_EXCHANGE_H

#include <gale/httputil.h>
#include <gale/tls.h>

#include "base/arena.h"
#include "gen/co.h"
#include "http/headers.h"
#include "proto/http1.h"

struct gale__exchange;
struct gale__trust;

/* What the answerer sends first. */
struct gale__response {
    int status;
    const char *reason; /* NULL: the standard phrase */
    /* Without framing fields (Connection, Transfer-Encoding …). */
    const struct gale__headers *headers;
    gale_str etag;          /* with quotes; len 0: none (or in headers) */
    int64_t content_length; /* -1: not known yet; else a Content-Length field is written */
    bool no_length;         /* 204, 304 …: no framing field at all and no body */
    bool file_follows;      /* send_file is called next: the head may wait for it */
};

struct gale__peer {
    uint8_t family; /* 4, 6; 0 for anything without an IP address */
    bool tls;
    uint8_t bytes[16];               /* network order; 4 or 16 of them */
    const struct gale__trust *trust; /* whose forwarding headers to believe; NULL: nobody's */
};

/* How the body of a request shall be taken, decided when its head has come. */
struct gale__body_plan {
    bool stream;      /* dispatch now; the answerer reads with ops->read, which tells a body that
                         is too large */
    int64_t max_size; /* bytes; 0: the server's limit, < 0: none */
    double timeout;   /* seconds; 0: the server's, < 0: none */
    bool tell; /* a gathered body that is refused (400, 408, 411, 413 …) is dispatched too, as
                  one that is streamed: ops->read tells why. Else the carrier answers */
    bool no_memory; /* nothing could be planned: the carrier answers 503, whatever would come */
};

struct gale__exchange_ops {
    /* Status, headers and the first part of the body (may be empty); last: it is all. For HEAD,
     * and with no_length, the body is dropped. Data is copied or sent before it returns. 0, or why
     * the client cannot get it. Never waits. */
    int (*respond)(struct gale__exchange *x, const struct gale__response *r, gale_str body,
                   bool last);
    /* More of the body; after last nothing may follow. */
    int (*write)(struct gale__exchange *x, gale_str data, bool last);
    /* Waits (in a coroutine) while more than 64 KiB of output are pending. */
    int (*drain)(struct gale__exchange *x);
    /* Waits. The next piece of a streamed body in *out, valid until the next call: 1; 0 at its end,
     * and when nothing is streamed; or why it does not come: GALE_EHTTP(400: malformed or ended
     * early, 408, 413, 431, 503), why the client is gone, GALE_ESTATE when the answer is complete
     * or another coroutine is reading. The client's time runs only while this waits. */
    int (*read)(struct gale__exchange *x, gale_str *out);
    /* Limits of a streamed body, before its first read: as in gale__body_plan, but 0 leaves one as
     * it is. GALE_ESTATE after. */
    int (*limit)(struct gale__exchange *x, int64_t max_size, double timeout);
    /* Waits. More of the body: len bytes of a regular file from offset on, by sendfile where that
     * is possible; never in a chunked answer. fd is lent until it returns. A file that has become
     * shorter breaks the answer. */
    int (*send_file)(struct gale__exchange *x, int fd, int64_t offset, int64_t len, bool last);
    /* What was written leaves now, although a batch or a turn is not at its end. */
    void (*push)(struct gale__exchange *x);
    /* The answer cannot be completed: the connection must not be used on. */
    void (*abort)(struct gale__exchange *x);
    /* The answerer is done with it. */
    void (*detach)(struct gale__exchange *x);
    /* Who is at the other end. */
    void (*peer)(struct gale__exchange *x, struct gale__peer *out);
    /* As gale_request_tls_info(). May be NULL: never TLS. */
    int (*tls_info)(struct gale__exchange *x, gale_tls_info *out);
    /* Its connections never become another protocol's. */
    bool no_upgrade;
};

/* Who answers. */
struct gale__answerer {
    /* A head whose request has a body has come, on the loop's stack: fills *plan, which is all
     * zero. May use x->data and the arena; the exchange may end without a dispatch. May be NULL. */
    void (*plan)(void *arg, struct gale__exchange *x, struct gale__body_plan *plan);
    /* A complete request has come: on the loop's stack. From now on the exchange is the answerer's
     * until it calls gale__exchange_release(), which may be before this returns. */
    void (*dispatch)(void *arg, struct gale__exchange *x);
    /* The client has gone (code: GALE_EEOF after an orderly half close, when the answer can still
     * be written; else the stream's error and nothing can). On the loop's stack. May come twice:
     * EOF, then an error. */
    void (*on_gone)(struct gale__exchange *x, int code);
    /* gale_http_respond() is about to send *r: may change it and its headers. A failure keeps it
     * from being sent. May be NULL. */
    int (*respond)(struct gale__exchange *x, struct gale__response *r);
};

struct gale_request_private {
    struct gale__exchange *exchange;
    const char *head;                         /* the head's copy, offsets below refer to it */
    const struct gale__http1_header *headers; /* n_headers of them */
    uint64_t known_present;
    uint16_t n_headers;
    enum gale__method method;
    gale_str authority; /* of an absolute-form target; replaces Host */
    gale_str path, query;
    const char *host, *host_name, *remote_ip, *protocol, *full_url; /* NULL until asked for */
    const char *peer_ip;
    gale_str trailers; /* of a chunked body: lines as sent */
};

struct gale__exchange {
    const struct gale__exchange_ops *ops;
    struct gale__arena arena; /* holds this very struct */
    struct gale__scope scope; /* for the coroutines that answer */
    gale_ioloop *loop;
    gale_request request;
    struct gale_request_private priv;
    void *data;    /* the answerer's */
    void *carrier; /* the connection; NULL once it is gone */
    const struct gale__answerer *answerer;
    struct gale__waitq drain;       /* coroutines in ops->drain and ops->read */
    int gone;                       /* 0, or why the client can no longer be reached */
    struct gale__headers *trailers; /* sent after the last chunk; NULL: none */
    int status;                     /* of an answer by gale_http_respond() */
    bool streaming;                 /* its body is read with ops->read */
    bool decoded;                   /* ... and is longer than its Content-Length says */
    bool responded;                 /* respond was called */
    bool finished;                  /* ... and the last part written */
};

/* The value of a known header (GALE__HEADER_…) of a request: the first field; len 0 and ptr NULL
 * without. Cheap. */
gale_str gale__request_field(const gale_request *request, unsigned id);

/* Whether what the peer says of a request beside its own is believed: with xheaders, those in
 * trusted_downstream. */
bool gale__request_trusts_peer(const gale_request *request);

/* Waits. As gale__exchange_ops.send_file, by reading and writing: for carriers without a better
 * way. */
int gale__exchange_copy_file(struct gale__exchange *x, int fd, int64_t offset, int64_t len,
                             bool last);

/* For who has crashed: a descriptor that an answer can be written to, over plain HTTP/1, since none
 * of one has left; else -1. */
int gale__exchange_raw_fd(const struct gale__exchange *x);

/* Breaks an answer whose file lacks so many bytes. -ENODATA. */
int gale__exchange_file_shrank(struct gale__exchange *x, int64_t missing);

/* A new exchange in an arena of its own. What a request has (its fields and the head in priv) is
 * not set: the carrier does. NULL: no memory. */
struct gale__exchange *gale__exchange_new(gale_ioloop *loop, const struct gale__exchange_ops *ops);

/* Ends it: children must have ended (gale__scope_end). An answer that was not finished aborts the
 * connection. Runs the deferred calls, frees everything. */
void gale__exchange_release(struct gale__exchange *x);

#endif

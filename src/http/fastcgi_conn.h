/* fastcgi_conn.h - a FastCGI connection of a server: private to src/http.
 *
 * A connection carries many requests at once. What of an answer the connection has no room for
 * waits in its own request, and the requests take turns, a record each; what of a body its handler
 * has not read waits there too, up to a buffer's size, over which the connection is not read on.
 * A request's struct is in use until its END_REQUEST has been written and its exchange released,
 * the connection's until its stream has closed and no request is left.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_HTTP_FASTCGI_CONN_H
#define GALE_HTTP_FASTCGI_CONN_H

#include "base/buf.h"
#include "http/conn.h"
#include "proto/fastcgi.h"

enum {
    GALE__FASTCGI_MAX_REQUESTS = 100,    /* at once on a connection */
    GALE__FASTCGI_PAYLOAD = 32 * 1024,   /* of a record of an answer, at most */
    GALE__FASTCGI_IN_MAX = 64 * 1024,    /* of a body that nobody has read yet */
    GALE__FASTCGI_OUT_MAX = 256 * 1024,  /* pending, over which nothing more is taken */
    GALE__FASTCGI_VALUES_MAX = 4 * 1024, /* of a GET_VALUES record */
};

enum fastcgi_conn_state {
    FASTCGI_OPEN,
    FASTCGI_CLOSING, /* the last bytes are on their way out */
    FASTCGI_LINGER,  /* our side has ended: what still comes is thrown away */
    FASTCGI_DEAD,    /* the stream is closed or broken */
};

enum fastcgi_phase {
    FASTCGI_HEAD,    /* its parameters come */
    FASTCGI_FIRST,   /* they are complete; whether a body comes is not known yet */
    FASTCGI_BODY,    /* its body is gathered */
    FASTCGI_REFUSED, /* an error page is on its way, and nobody answers */
    FASTCGI_BUSY,    /* it is being answered, and may read its body meanwhile */
    FASTCGI_OVER,    /* END_REQUEST was written, or the connection is dead */
};

struct gale__fastcgi_conn;

struct gale__fastcgi_request {
    struct gale__list link;    /* of conn->requests until it is over */
    struct gale__list writing; /* of conn->writers while out holds something */
    struct gale__fastcgi_conn *conn;
    struct gale__exchange *x;     /* NULL before its parameters are complete; and when released */
    struct gale__conn_body *body; /* as in struct gale__conn */
    struct gale__buf params;
    struct gale__buf in;  /* of a streamed body: came, and was not read */
    struct gale__buf out; /* of the answer: what the connection had no room for */
    int64_t length;       /* of its body, as announced; -1: not */
    uint32_t head_len;
    uint32_t begun; /* tick */
    uint32_t app_status;
    uint16_t id;
    uint8_t phase;
    uint8_t peer_family; /* 0, 4, 6 */
    uint8_t peer[16];
    bool tls : 1;      /* of who asks the web server */
    bool in_end : 1;   /* all of its body has come */
    bool no_body : 1;  /* the answer: HEAD, 204, 304 */
    bool is_begun : 1; /* the answer */
    bool no_end : 1;   /* the answer breaks off: it has no end of STDOUT */
    bool ending : 1;   /* all is written; END_REQUEST follows out */
    bool told : 1;     /* that the peer has ended its side */
};

struct gale__fastcgi_conn {
    struct gale__deadline deadline; /* first: the wheel hands it back */
    struct gale_iostream stream;
    gale_httpserver *server;
    struct gale__fastcgi_decoder decoder;
    struct gale__list requests;
    struct gale__list writers;
    struct gale__fastcgi_request *holder; /* reading waits for its reader; NULL: it does not */
    struct gale__fastcgi_request *spare;  /* for the next one; NULL: none */
    struct gale__buf values;              /* of a GET_VALUES record, which may come in pieces */
    char begin[8];                        /* of a BEGIN_REQUEST record, likewise */
    uint32_t written;                     /* bytes written so far, modulo 2^32 */
    uint32_t write_mark;                  /* as in struct gale__conn */
    uint32_t write_due;                   /* tick */
    uint32_t idle_since;                  /* tick */
    uint32_t born;                        /* tick */
    uint16_t n_requests;                  /* on the list */
    uint16_t n_structs;                   /* in use */
    uint16_t n_streamed;                  /* whose bodies are read in pieces */
    uint8_t state;
    uint8_t peer_family;
    uint8_t peer[16];
    uint8_t n_begin;      /* bytes in begin */
    bool in_batch : 1;    /* inside on_data: what is written leaves at its end */
    bool held : 1;        /* reading waits for the peer to read answers */
    bool last : 1;        /* it closes when no request is left */
    bool eof : 1;         /* the peer sends no more */
    bool write_timed : 1; /* write_due counts */
    bool excess : 1;      /* bytes came that nobody wants */
    bool overloaded : 1;  /* over the server's limit: all its requests are refused */
    bool stream_closed : 1;
};

static inline struct gale__fastcgi_conn *gale__fastcgi_conn_of(struct gale_iostream *s)
{
    return GALE_CONTAINER_OF(s, struct gale__fastcgi_conn, stream);
}

extern const struct gale__protocol gale__fastcgi_protocol;         /* fastcgi_conn.c */
extern const struct gale__exchange_ops gale__fastcgi_exchange_ops; /* fastcgi_conn_out.c */
extern const struct gale__stream_consumer gale__fastcgi_consumer;  /* fastcgi_conn.c */

/* --- fastcgi_conn.c: connections and requests begin and end, and their times --- */

/* A new one with that id. NULL: no memory. */
struct gale__fastcgi_request *gale__fastcgi_request_new(struct gale__fastcgi_conn *conn,
                                                        uint16_t id);

/* END_REQUEST was written: the id is free. Frees it when its exchange is released, too; closes the
 * connection when that was to close. Sends nothing. */
void gale__fastcgi_request_over(struct gale__fastcgi_request *req);

/* Its exchange was released. */
void gale__fastcgi_request_released(struct gale__fastcgi_request *req);

/* Ends a request that nobody answers yet, with an error page. */
void gale__fastcgi_refuse(struct gale__fastcgi_request *req, int status, const char *why);

/* Its gathered body is not to be had: who answers tells, or the connection itself. */
void gale__fastcgi_refuse_body(struct gale__fastcgi_request *req, int status, const char *why);

/* From here on the exchange is the answerer's. */
void gale__fastcgi_dispatch(struct gale__fastcgi_request *req);

/* Closes now; exchanges in flight see the client gone. */
void gale__fastcgi_conn_close(struct gale__fastcgi_conn *conn, int error);

/* All is written: closes, after what still comes was thrown away for a while. */
void gale__fastcgi_conn_end(struct gale__fastcgi_conn *conn);

/* Something is due in so many ticks. */
static inline void gale__fastcgi_wants(struct gale__fastcgi_conn *conn, uint32_t ticks)
{
    struct gale__wheel *wheel = &conn->server->wheel;

    if (ticks != GALE__NEVER && wheel->now + ticks < conn->deadline.due)
        gale__deadline_set(wheel, &conn->deadline, ticks);
}

/* --- fastcgi_conn_in.c: records that come, as of struct gale__stream_consumer --- */

size_t gale__fastcgi_on_data(struct gale_iostream *s, char *data, size_t n);
void gale__fastcgi_on_eof(struct gale_iostream *s);

/* --- fastcgi_conn_body.c: what comes in STDIN --- */

/* Its body begins: length bytes, or (-1) as many as come. */
void gale__fastcgi_body_begin(struct gale__fastcgi_request *req, int64_t length);

/* Bytes of it, how many were taken: the others when there is room. */
size_t gale__fastcgi_body_take(struct gale__fastcgi_request *req, gale_str piece);

/* It is complete. */
void gale__fastcgi_body_end(struct gale__fastcgi_request *req);

/* The connection is read on, if it waited for this request. */
void gale__fastcgi_read_on(struct gale__fastcgi_request *req);

/* As gale__exchange_ops. */
int gale__fastcgi_read(struct gale__exchange *x, gale_str *out);
int gale__fastcgi_limit(struct gale__exchange *x, int64_t max_size, double timeout);

/* --- fastcgi_conn_out.c: what goes out --- */

/* A record of its own, small. */
void gale__fastcgi_put_record(struct gale__fastcgi_conn *conn, unsigned type, uint16_t id,
                              gale_str content);

/* END_REQUEST without a request. */
void gale__fastcgi_put_end(struct gale__fastcgi_conn *conn, uint16_t id, unsigned app_status,
                           unsigned protocol_status);

/* More of the answer, whatever it is. 0 or why it cannot be sent. */
int gale__fastcgi_put(struct gale__fastcgi_request *req, gale_str data);

/* No more comes: END_REQUEST follows. */
void gale__fastcgi_end(struct gale__fastcgi_request *req, uint32_t app_status, bool whole);

/* Sends what is written unless a batch does it at its end, and minds the write deadline. */
void gale__fastcgi_flush(struct gale__fastcgi_conn *conn);

/* The time for writing is over, and the peer has taken too little of it for more. */
bool gale__fastcgi_write_is_late(struct gale__fastcgi_conn *conn);

#endif

/* websocket_conn.h - the WebSocket engine, both ends: frames in, messages out, closing, pings.
 *
 * It knows no handlers and starts no coroutine: its owner is told of messages on the loop's stack
 * and says when the next may come. A server's rides on an upgraded connection (upgrade.h), a
 * client's on a stream of its own. What an idle one has is this struct; buffers, deflate state and
 * what else is rare is made when needed and given back.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_HTTP_WEBSOCKET_CONN_H
#define GALE_HTTP_WEBSOCKET_CONN_H

#include <gale/websocket_io.h>

struct gale__conn;
struct gale__exchange;
struct gale__response;
struct gale__websocket_more;

/* Who owns it: the web layer's handlers, or a client. All on the loop's stack. */
struct gale__websocket_owner {
    /* A whole message, valid until the call returns, or, when it gives false, until
     * gale__websocket_next(): no further message comes before that. */
    bool (*on_message)(gale_websocket *ws, gale_str message, bool binary);
    void (*on_ping)(gale_websocket *ws, gale_str data); /* may be NULL; answered already */
    void (*on_pong)(gale_websocket *ws, gale_str data); /* may be NULL */
    /* Output has gone down after a send gave > 0. May be NULL. */
    void (*on_drained)(gale_websocket *ws);
    /* It is over: why is in its close code. The struct stays until gale__websocket_release(). Also
     * while a message is being handled (then next() is still to be called). */
    void (*on_closed)(gale_websocket *ws);
};

/* What connections of one route share; lives as long as they. */
struct gale__websocket_kind {
    const struct gale__websocket_owner *owner;
    gale_websocket_options options; /* with their defaults filled in */
    void *data;                     /* the owner's */
};

/* Options with their defaults filled in (websocket_options.c; in may be NULL): what is unlimited is
 * GALE_UNLIMITED, switches are GALE_ON or GALE_OFF. GALE_EINVAL names what is wrong. */
int gale__websocket_options_fill(gale_websocket_options *out, const gale_websocket_options *in,
                                 bool is_server);

/* 56 bytes at most: an idle connection pays it beside its struct gale__conn (208): together, as the
 * allocator rounds them, at most 300. The owner's state follows. */
struct gale_websocket {
    struct gale__conn
        *conn; /* a server's; NULL for a client's (more has its stream) or when over */
    const struct gale__websocket_kind *kind;
    struct gale__websocket_more *more;     /* NULL unless needed */
    void *owner_data;                      /* a server's: struct gale__app_server */
    struct gale__websocket_reader *reader; /* of gale_read_message(); NULL: it cannot be used */
    void *owner_task;                      /* a server's: what handles it now; NULL while idle */
    uint16_t close_code;
    uint16_t owner_flags;
    /* The engine's. */
    bool is_client : 1;
    bool in_call : 1;        /* of the owner's: it may be released */
    bool in_batch : 1;       /* what is written leaves at its end */
    bool released : 1;       /* freed when nobody is in it any more */
    bool over : 1;           /* the carrier is closed */
    bool sent_close : 1;     /* nothing more is sent */
    bool got_close : 1;      /* nothing more comes */
    bool failed : 1;         /* what still comes is thrown away */
    bool held : 1;           /* a message is being handled */
    bool eof : 1;            /* the carrier brings no more than what it keeps */
    bool awaits_pong : 1;    /* the deadline is that of the ping */
    bool was_heard : 1;      /* the ping late by our own fault was repeated */
    bool idle : 1;           /* nothing was sent since the last ping */
    bool deflate : 1;        /* permessage-deflate was agreed on */
    bool our_no_context : 1; /* of each side's compressor: it begins anew with each message */
    bool peer_no_context : 1;
    unsigned our_bits : 4; /* of each side's window */
    unsigned peer_bits : 4;
    unsigned prefix : 8; /* of 16 bytes: texts in front of this struct */
};

/* The engine after a handshake. Server: upgrades x with response r; *out has state_size zeroed
 * bytes behind it (gale__websocket_state). deflate: what was agreed, NULL: none. */
struct gale__websocket_deflate_agreed {
    uint8_t server_bits, client_bits;
    bool server_no_context, client_no_context;
};
int gale__websocket_accept(struct gale__exchange *x, const struct gale__response *r,
                           const struct gale__websocket_kind *kind,
                           const struct gale__websocket_deflate_agreed *deflate, size_t state_size,
                           gale_websocket **out);
void *gale__websocket_inline_state(gale_websocket *ws);

/* The message that on_message gave false for has been dealt with. */
void gale__websocket_next(gale_websocket *ws);

/* As gale_send(), but never waits: > 0 when more than the high water mark is pending now
 * (on_drained follows). fin false, or first false: a fragment. */
int gale__websocket_send(gale_websocket *ws, gale_str data, bool binary, bool first, bool fin);

/* --- gale_read_message() (websocket_read.c) ------------------------------------------ */

/* Whom it waits at, in .run and of clients without on_message. Its owner has it where it likes,
 * zeroed, as ws->reader. */
struct gale__websocket_reader {
    struct gale__co *co; /* waits; NULL: nobody */
    gale_str message;
    bool binary;
    bool has;        /* message has come and was not given out */
    bool lent;       /* it was, and is in use until the next call */
    bool closed;     /* no more come */
    bool told;       /* of what follows */
    uint16_t code;   /* that our side broke it off with, */
    int error;       /* which is this failure; 0: it did not */
    const char *why; /* static */
};

/* What the owner's on_message and on_closed do then; the first gives what on_message gives. */
bool gale__websocket_reader_message(gale_websocket *ws, gale_str message, bool binary);
void gale__websocket_reader_closed(gale_websocket *ws);
/* Our side breaks it off with that code: the reader is told at once, and once. */
void gale__websocket_reader_refused(gale_websocket *ws, int code, const char *why);

/* No more than this: after on_closed. Frees it with what belongs to it. */
void gale__websocket_release(gale_websocket *ws);

/* Cut off, without a closing handshake. */
void gale__websocket_abort(gale_websocket *ws);

/* --- the handshake's parts (websocket_handshake.c) ---------------------------------- */

/* Sec-WebSocket-Accept for a key (RFC 6455 4.2.2): 28 characters and NUL. */
void gale__websocket_accept_key(gale_str key, char out[29]);
/* 16 base64-encoded bytes? */
bool gale__websocket_key_is_valid(gale_str key);
/* Are Sec-WebSocket-Extensions fields (joined by commas) of their grammar? If not the handshake
 * fails: 400 (RFC 6455 9.1). */
bool gale__websocket_extensions_are_valid(gale_str field);
/* Server: chooses from the offers of Sec-WebSocket-Extensions fields what options allow: true, with
 * *agreed and the answer's field in out; false: none. */
bool gale__websocket_negotiate(gale_str offers, const gale_deflate_options *options,
                               struct gale__websocket_deflate_agreed *agreed, char *out,
                               size_t size);

/* --- topics ------------------------------------------------------------------------- */

/* The intrusive node for subscriptions of a WebSocket lies in its more (topics.c uses it). */
struct gale__websocket_topics;
struct gale__websocket_topics **gale__websocket_topics_of(gale_websocket *ws); /* NULL: no memory */
/* Ends all subscriptions of a WebSocket that goes (topics.c); *subscriptions becomes NULL. */
void gale__topics_end_websocket(struct gale__websocket_topics **subscriptions);

#endif

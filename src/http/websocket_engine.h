/* websocket_engine.h - what the files of the WebSocket engine share among themselves.
 *
 * websocket_life.c is its life and what it rides on; websocket_in.c makes messages of what comes;
 * websocket_out.c sends; websocket_alive.c has pings and times; websocket_deflate.c compresses.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_HTTP_WEBSOCKET_ENGINE_H
#define GALE_HTTP_WEBSOCKET_ENGINE_H

#include "base/buf.h"
#include "base/utf8.h"
#include "gen/co.h"
#include "http/upgrade.h"
#include "http/websocket_conn.h"
#include "proto/websocket_frame.h"

enum { GALE__WS_HIGH_WATER = 64 * 1024 };

struct gale__websocket_client;
struct gale__raw_deflate;
struct gale__raw_inflate;

/* What is not needed by an idle connection: made when needed, given back when nothing of it is. */
struct gale__websocket_more {
    struct gale__buf message; /* gathered, then in its owner's hands */
    uint64_t left;            /* of the payload of the frame that comes */
    int64_t n_fragments;
    uint8_t key[4];
    struct gale__utf8_feed utf8;
    bool in_frame;   /* the head of a data frame was read */
    bool in_message; /* it, or one before, began a message */
    bool fin, text, compressed;
    bool sending, sending_binary, sending_compressed; /* a message in pieces */
    struct gale__utf8_feed sent_utf8;                 /* of its text */
    struct gale__buf behind;                          /* frames that follow it */
    uint8_t pong_len;
    char *pong;         /* waits for output to go down: the latest ping's (heap); NULL: none */
    gale_timeout timer; /* of short times, and of clients */
    struct gale__waitq senders;
    unsigned n_senders;
    char *close_reason;
    struct gale__websocket_topics *topics;
    struct gale__raw_deflate *deflate; /* with contexts of their own */
    struct gale__raw_inflate *inflate;
    struct gale__websocket_client *client;
};

/* --- websocket_life.c --- */

/* It, made when there is none. NULL: out of memory. */
struct gale__websocket_more *gale__websocket_more(gale_websocket *ws);
/* Gives it back when nothing of it is in use. */
void gale__websocket_settle(gale_websocket *ws);

/* The stream it rides on; NULL when that is closed. */
struct gale_iostream *gale__websocket_stream(const gale_websocket *ws);
gale_ioloop *gale__websocket_loop(const gale_websocket *ws);
/* Two words that outlive `more`: when the last ping was sent, the round trip; microseconds. */
uint32_t *gale__websocket_words(gale_websocket *ws);
/* Sends what is written, unless a batch does at its end. */
void gale__websocket_flush(gale_websocket *ws);
/* Ends the carrier: when what is pending was sent, or at once. */
void gale__websocket_end(gale_websocket *ws, bool now);

/* Around calls of the owner's hooks: leave frees what was released meanwhile, and tells so. */
bool gale__websocket_enter(gale_websocket *ws);
bool gale__websocket_leave(gale_websocket *ws, bool outer);

/* Frees it, true, when it was released and nobody is in it any more. */
bool gale__websocket_collect(gale_websocket *ws);

/* Breaks it off: close frame, then the end. */
void gale__websocket_fail(gale_websocket *ws, int code, const char *why);

/* The carrier's news. */
size_t gale__websocket_on_data(void *self, char *data, size_t n);
void gale__websocket_on_eof(void *self);
void gale__websocket_on_error(void *self, int error);
void gale__websocket_on_drained(void *self);
void gale__websocket_on_drain(void *self);
void gale__websocket_on_closed(void *self);

/* --- websocket_in.c --- */

size_t gale__websocket_feed(gale_websocket *ws, const char *data, size_t n);

/* --- websocket_out.c --- */

/* A frame; 0, or the stream's error. */
int gale__websocket_write_frame(gale_websocket *ws, unsigned opcode, bool fin, bool compressed,
                                gale_str payload);
/* Is this message to be compressed? */
bool gale__websocket_is_worth_it(const gale_websocket *ws, gale_str data);
/* A close frame, once. code 1005: an empty one. */
void gale__websocket_send_close(gale_websocket *ws, int code, gale_str reason);
void gale__websocket_send_pong(gale_websocket *ws, gale_str data);

/* --- websocket_alive.c --- */

/* Opened; a pong; its close frame was sent, and the peer's awaited. */
void gale__websocket_alive_begin(gale_websocket *ws);
void gale__websocket_alive_pong(gale_websocket *ws, gale_str data);
void gale__websocket_alive_closing(gale_websocket *ws);
void gale__websocket_alive_end(gale_websocket *ws);
void gale__websocket_on_expired(void *self);

/* --- websocket_deflate.c --- */

/* Compresses a message, or a piece of one, for the wire: 0, with *out valid until the next call. */
int gale__websocket_compress(gale_websocket *ws, gale_str data, bool fin, gale_str *out);
/* The same with that compressor. */
int gale__websocket_compress_with(struct gale__raw_deflate *deflate, gale_str data, bool fin,
                                  gale_str *out);
/* Appends what data inflates to, at most the message's limit: 0, GALE_ETOOBIG, GALE_EPROTO,
 * -ENOMEM. fin: the message ends with it. */
int gale__websocket_inflate(gale_websocket *ws, gale_str data, bool fin);
/* Drops what memory it can without: between messages. all: it is over. */
void gale__websocket_deflate_rest(gale_websocket *ws, bool all);

#endif

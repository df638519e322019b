/* websocket_io.h - a WebSocket connection, either end (RFC 6455, RFC 7692): sending, receiving,
 * closing; and the client's.
 *
 * Handlers of a server are in <gale/websocket.h>, which includes this one.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEBSOCKET_IO_H
#define GALE_WEBSOCKET_IO_H

#include <gale/base.h>
#include <gale/error.h>
#include <gale/httpclient.h>
#include <gale/netutil.h>

GALE_BEGIN_DECLS

struct json_t; /* jansson's value: <gale/json.h> includes its header */

/* A connection, either end. Lives until on_close has returned (server), until it is freed
 * (client). */
typedef struct gale_websocket gale_websocket;

/* A message in the form it is sent, made once for any number of connections. */
typedef struct gale_prepared_message gale_prepared_message;

/* permessage-deflate. Zero is the default for each. */
typedef struct gale_deflate_options {
    int enabled;                    /* GALE_ON: agreed on when the peer wants it too. Default off */
    int level;                      /* 1 to 9; default 6 */
    int mem_level;                  /* 1 to 9; default 8 */
    int server_max_window_bits;     /* 9 to 15; default 15, and what the peer asks for */
    int client_max_window_bits;     /* 9 to 15; default 15 */
    int server_no_context_takeover; /* GALE_ON: one compressor for all connections instead of one
                                       each (300 KB) */
    int client_no_context_takeover; /* GALE_ON: the same for what the client sends */
    int64_t threshold; /* messages shorter than that are sent as they are; default 64 */
} gale_deflate_options;

/* What is done with a connection whose peer reads too slowly. */
enum {
    GALE_SLOW_CLOSE = 0, /* it is closed (1008) */
    GALE_SLOW_DROP = 1,  /* the message is not sent to it */
};

/* Zero is the default for each. */
typedef struct gale_websocket_options {
    double ping_interval;     /* seconds; default 30 for servers, none for clients;
                                 GALE_UNLIMITED never */
    double ping_timeout;      /* for the pong, at most ping_interval, its default; then it closes:
                                 GALE_UNLIMITED: pings without */
    int64_t max_message_size; /* bytes, after decompression; default 10 MiB; 1009 */
    int64_t max_fragments;    /* of one message; default 16384; 1008 */
    int64_t fragment_size;    /* of larger messages sent; default: in one frame */
    int64_t max_pending;  /* bytes of output kept for a peer that does not read: senders that may
                             wait do so from 64 KiB on, others reach this; default 1 MiB */
    int slow_policy;      /* then: GALE_SLOW_…; for gale_send() it is GALE_ETOOBIG */
    double close_timeout; /* seconds for the peer to answer our close; default 5 */
    gale_deflate_options deflate;
} gale_websocket_options;

/* --- sending ------------------------------------------------------------------
 * They copy (or send) before they return. GALE_ECLOSED when either side is closing; GALE_EINVAL for
 * text that is not UTF-8. */

/* Waits, only while more than 64 KiB are pending; outside of coroutines never: then GALE_ETOOBIG,
 * and nothing was sent, above max_pending. */
GALE_API int gale_send(gale_websocket *ws, gale_str message, bool binary);
/* The same of a NUL-terminated text, of bytes, of JSON (takes the reference over). */
GALE_API int gale_write_message(gale_websocket *ws, const char *text);
GALE_API int gale_write_message_bytes(gale_websocket *ws, const void *data, size_t size);
GALE_API int gale_write_message_json(gale_websocket *ws, struct json_t *value);

/* A message in pieces, each a frame: begin, any number of more, the last with end. Control frames
 * go between them. Waits as gale_send(). GALE_ESTATE: another message while one is begun; a
 * server's prepared and published ones follow it. */
GALE_API int gale_send_piece(gale_websocket *ws, gale_str piece, bool binary, bool last);

/* A message for many, of one reference; NULL when out of memory or not UTF-8. Never waits: what a
 * slow peer's is kept for it up to max_pending, then its slow_policy decides. */
GALE_API GALE_MUST_USE gale_prepared_message *gale_prepare_message(gale_str message, bool binary);
GALE_API int gale_send_prepared(gale_websocket *ws, gale_prepared_message *message);
GALE_API void gale_prepared_message_free(gale_prepared_message *message);

/* At most 125 bytes, else GALE_EINVAL. */
GALE_API int gale_websocket_ping(gale_websocket *ws, gale_str data);

/* Begins the closing handshake: code 0 is 1000 (or none without a reason); reason may be NULL, at
 * most 123 bytes. A code that may not be sent (1004 to 1006, 1015 …) is GALE_EINVAL. Twice is fine.
 */
GALE_API int gale_websocket_close(gale_websocket *ws, int code, const char *reason);

/* --- receiving, in .run and by clients -------------------------------------------- */

/* Waits. The next message, borrowed until the next call: 1; 0 when it was closed in good order.
 * When our side refused what came, why, once (gale_strerror() says more): GALE_ETOOBIG for a
 * message of too many bytes or frames, GALE_EPROTO for what is against the protocol or not UTF-8.
 * Otherwise, and from then on, GALE_ECLOSED when it broke. One coroutine at a time (GALE_ESTATE).
 */
GALE_API GALE_MUST_USE int gale_read_message(gale_websocket *ws, gale_str *message, bool *binary);

/* --- what it is ------------------------------------------------------------------- */

/* A server's, zeroed but for the handshake's; NULL for a client. */
GALE_API void *gale_websocket_state(gale_websocket *ws);
GALE_API bool gale_websocket_is_closed(const gale_websocket *ws); /* or closing: no sending */
/* The peer's code: 1005 when it gave none, 1006 when there was no close frame, 0 while it is open;
 * and reason, "" without. */
GALE_API int gale_websocket_close_code(const gale_websocket *ws);
GALE_API const char *gale_websocket_close_reason(const gale_websocket *ws);
GALE_API const char *gale_websocket_subprotocol(const gale_websocket *ws); /* NULL: none */
GALE_API const char *gale_websocket_extensions(const gale_websocket *ws);  /* as agreed; "" */
GALE_API double gale_websocket_round_trip(const gale_websocket *ws); /* of the last pong, seconds;
                                                                        < 0 before */
GALE_API size_t gale_websocket_pending(const gale_websocket *ws);    /* bytes not yet handed over */
/* TCP_NODELAY, and the address at the other end of the connection, as gale_iostream_set_nodelay()
 * and gale_iostream_peer() have them. */
GALE_API int gale_websocket_set_nodelay(gale_websocket *ws, bool on);
GALE_API GALE_MUST_USE int gale_websocket_peer(const gale_websocket *ws, gale_address *out);
/* The address of the user, behind trusted proxies too; "" when unknown. Valid until the next call
 * on this thread. */
GALE_API const char *gale_websocket_remote_ip(const gale_websocket *ws);

/* --- client -------------------------------------------------------------------------- */

typedef struct gale_websocket_connect_options {
    const gale_http_request
        *request;                    /* headers, timeouts, TLS, proxy, cookies, auth, unix_socket */
    const char *const *subprotocols; /* NULL-terminated */
    const char *origin;              /* sent when given */
    gale_websocket_options websocket;
    /* Instead of gale_read_message(): called in a coroutine of its own for each, message.ptr NULL
     * at the end. May wait. */
    int (*on_message)(gale_websocket *ws, gale_str message, bool binary, void *arg);
    void *arg;
    gale_http_client *client; /* whose resolver and options; default the loop's */
    int follow_redirects;     /* GALE_ON: at most request.max_redirects, to http: as to ws:; default
                                 off */
} gale_websocket_connect_options;

/* Waits. A connection to a ws:// or wss:// URL, the caller's. An answer other than 101 is
 * GALE_EHTTP(status); what is wrong with a 101 is GALE_EPROTO. */
GALE_API GALE_MUST_USE int gale_websocket_connect_sized(
    gale_websocket **out, const char *url, const gale_websocket_connect_options *options,
    size_t options_size);
static inline GALE_MUST_USE int gale_websocket_connect(
    gale_websocket **out, const char *url, const gale_websocket_connect_options *options)
{
    return gale_websocket_connect_sized(out, url, options, sizeof(gale_websocket_connect_options));
}

/* Waits, in a coroutine, for the closing handshake (close_timeout at most); elsewhere the
 * connection is cut. Frees a client's connection; *ws becomes NULL. */
GALE_API void gale_websocket_free(gale_websocket **ws);

/* Waits. Connects, calls run(ws, arg), and when that returns 0 or more, or the connection breaks,
 * connects again after a pause that doubles from first to most seconds, with jitter, until run
 * returns GALE_ECANCELED or this coroutine is cancelled. */
GALE_API int gale_websocket_keep(const char *url, const gale_websocket_connect_options *options,
                                 double first, double most,
                                 int (*run)(gale_websocket *ws, void *arg), void *arg);

GALE_END_DECLS

#endif

/* httpserver.h - the HTTP/1.1 server (RFC 9110, RFC 9112), for an application or a function.
 *
 * Programs with an application use gale_app_listen() of <gale/web.h>; this header is for
 * the options that it takes as well, and for programs that want no web layer.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_HTTPSERVER_H
#define GALE_HTTPSERVER_H

#include <gale/base.h>
#include <gale/error.h>
#include <gale/httputil.h>
#include <gale/tcpserver.h>
#include <gale/tls.h>

GALE_BEGIN_DECLS

typedef struct gale_httpserver gale_httpserver;

/* Limits and times. Zero is the default; for a limit or a time GALE_UNLIMITED is none. Each
 * limit that a peer hits gives the status named and closes the connection, with a line in
 * the log. Times are seconds. */
typedef struct gale_httpserver_options {
    int64_t max_request_line; /* bytes; default 8192; 414 */
    int64_t max_header_size;  /* bytes of the whole head; default 65536; 431 */
    int64_t max_headers;      /* fields; default 100, at most 1000; 431 */
    int64_t max_body_size;    /* bytes; default 10 MiB; 413 */
    int64_t max_connections;  /* default: three quarters of the descriptor limit less 64, half of a
                                 small one: the rest is for files that requests hold; 503 */
    double header_timeout;    /* from a head's first byte to its last; default 20; 408 */
    double body_timeout;      /* for the body, and a second more for each 4096 bytes that have
                                 come; default 30; 408 */
    double write_timeout;     /* for the peer to take output that is pending, and a second more
                                 for each 4096 bytes it took; default 60; closed */
    double idle_timeout;      /* between requests and before the first; default 75; closed */
    double linger_timeout;    /* after an early answer, for the peer to stop sending and read
                                 it; default 5; closed */
    int no_keep_alive;        /* GALE_ON: one request for each connection */
    int xheaders; /* GALE_ON: believe Forwarded, X-Forwarded-For, X-Real-Ip, X-Scheme and
                     X-Forwarded-Proto of the peers in trusted_downstream */
    const char *const *trusted_downstream; /* NULL-terminated addresses or networks ("10.0.0.0/8");
                                 default: the loopback and Unix sockets. Copied. */
    int reuse_port;                        /* GALE_ON: SO_REUSEPORT */
    int backlog;                           /* default 1024 */
    int decompress_request; /* GALE_ON: bodies with Content-Encoding gzip are decoded, within the
                               body's limit; otherwise they come as sent */
    int proxy_protocol; /* GALE_ON: each connection begins with a PROXY header, version 1 or 2 (at
                           most 4096 bytes), from a peer in trusted_downstream; without one, or
                           with a malformed one, it is closed. GALE_PROXY_OPTIONAL: those from
                           such peers may. The peer is then whom it names (a Unix socket there
                           has no address and is not trusted) */
    gale_tls_context *tls; /* not NULL: HTTPS; NULL is plain HTTP: look at what gale_tls_server()
                              gave. A reference is held. Plain HTTP sent to it closes the
                              connection with one line in the log */
} gale_httpserver_options;

/* Answers a request in a coroutine of its own, the body being complete; it may wait. It
 * answers with gale_http_respond(); when it has not, the answer is an empty 200, or for a
 * negative result the error status of a GALE_EHTTP, else 500. */
typedef int (*gale_http_callback)(gale_request *request, void *arg);

/* A server on the current loop; options may be NULL and are copied. The caller owns it.
 * NULL: gale_strerror(GALE_EINVAL) names the option (or callback, which must not be NULL) that is
 * unusable, gale_ioloop_error() is < 0 when there is no loop, else out of memory. */
GALE_API GALE_MUST_USE gale_httpserver *gale_httpserver_new(gale_http_callback callback, void *arg,
                                                            const gale_httpserver_options *options);

/* The whole answer to a request: content_type NULL means text/html; charset=UTF-8. The body is
 * copied; a 204, 205 or 304 has none. GALE_ESTATE when it was answered already; GALE_EINVAL, and
 * nothing is sent, for a status outside of 200 to 999 or a type that may not stand in a header. */
GALE_API int gale_http_respond(gale_request *request, int status, const char *content_type,
                               const void *body, size_t size);

/* What TLS agreed with the client of a request, its certificate among it: borrowed while the
 * request lives. GALE_ESTATE when the connection is plain text, or gone. */
GALE_API GALE_MUST_USE int gale_request_tls_info(gale_request *request, gale_tls_info *out);

/* Listens at once, on port (0: any free one) of address (NULL: all; "unix:/path"). May be called
 * again. The port, or a failure naming the address. */
GALE_API GALE_MUST_USE int gale_httpserver_listen(gale_httpserver *server, int port,
                                                  const char *address);

/* Takes over a listening descriptor; *fd becomes -1. */
GALE_API GALE_MUST_USE int gale_httpserver_add_socket(gale_httpserver *server, int *fd);

/* Stops listening; connections and requests go on. */
GALE_API void gale_httpserver_stop(gale_httpserver *server);

/* Waits. Takes what has connected already and stops listening, closes idle connections, lets the
 * requests in flight finish for at most seconds (their answers say Connection: close; WebSockets
 * are told 1001), then closes what is left. Connections that were busy a moment ago get half a
 * second of that for the next request, which may be on its way. 0, or GALE_ETIMEDOUT when something
 * had to be cut off. */
GALE_API int gale_httpserver_drain(gale_httpserver *server, double seconds);

/* Closes the listening sockets and every connection (their handlers see the client gone), and frees
 * when the last request has ended. NULL is allowed. */
GALE_API void gale_httpserver_free(gale_httpserver *server);

/* Live figures. */
typedef struct gale_httpserver_stats {
    uint64_t connections;          /* open now */
    uint64_t connections_accepted; /* ever */
    uint64_t requests;             /* heads received, ever */
    uint64_t requests_active;      /* being handled */
    uint64_t errors;               /* refused: malformed, over a limit, timed out */
    uint64_t bytes_in, bytes_out;  /* of requests and answers as they are on the wire (inside of
                                      TLS), ever; not of WebSockets once they are open */
} gale_httpserver_stats;
GALE_API void gale_httpserver_get_stats(const gale_httpserver *server, gale_httpserver_stats *out);

GALE_END_DECLS

#endif

/* tcpserver.h - a server that runs a coroutine for each connection.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TCPSERVER_H
#define GALE_TCPSERVER_H

#include <gale/base.h>
#include <gale/error.h>
#include <gale/iostream.h>

GALE_BEGIN_DECLS

typedef struct gale_tcpserver gale_tcpserver;
typedef struct gale_tls_context gale_tls_context;

/* For proxy_protocol: connections may begin with a PROXY header (from a trusted peer) or not. The
 * client must speak first then: handle_stream runs when its first bytes show which it is. */
enum { GALE_PROXY_OPTIONAL = 2 };

typedef struct gale_tcpserver_options {
    gale_iostream_options stream; /* of each connection */
    int64_t max_connections;      /* default unlimited; above it others wait, unhandled */
    /* Not NULL: TLS on each; NULL is plain text: look at what gale_tls_server() gave. A reference
     * is held. handle_stream runs at once; its first read or write waits for the handshake. */
    gale_tls_context *tls;
    int proxy_protocol; /* GALE_ON: each connection begins with a PROXY header (version 1 or 2,
                           before TLS) from an address in trusted; GALE_PROXY_OPTIONAL: it may.
                           The address given is then the one it names. Without one in 10
                           seconds, or with a malformed one or one of more than 4096 bytes
                           (its further fields counted), the connection is closed, and a line
                           in the log says why */
    const char *const *trusted; /* NULL-terminated addresses or networks; default the loopback and
                                   Unix sockets. Copied */
    int reuse_port;             /* GALE_ON: SO_REUSEPORT */
} gale_tcpserver_options;

/* handle_stream(stream, address, arg) runs in a coroutine of its own for each connection
 * and may wait; the stream is drained and closed when it returns (closed at once after a
 * failure) unless it was taken with gale_tcpserver_keep(). It may also close the stream itself
 * (gale_iostream_close(&stream)) and go on. A failure it returns is logged (a closed peer quietly).
 * The server belongs to the caller. NULL when out of memory, or for a bad entry of trusted
 * (gale_strerror(GALE_EINVAL) names it). */
GALE_API GALE_MUST_USE gale_tcpserver *gale_tcpserver_new(
    int (*handle_stream)(gale_iostream *stream, const gale_address *address, void *arg), void *arg,
    const gale_tcpserver_options *options);

/* Listens on port (0: any) at address (NULL: all), now; may be called again for more. The
 * port in use, or a failure naming the address. */
GALE_API GALE_MUST_USE int gale_tcpserver_listen(gale_tcpserver *server, int port,
                                                 const char *address);

/* Takes over a listening descriptor, for example from gale_bind_sockets() or
 * gale_bind_unix_socket(). */
GALE_API GALE_MUST_USE int gale_tcpserver_add_socket(gale_tcpserver *server, int *fd);

/* From inside handle_stream: the stream stays open when it returns and is the caller's. */
GALE_API void gale_tcpserver_keep(gale_iostream *stream);

/* Stops listening; connections go on, those that wait at max_connections are closed. Twice is
 * fine. */
GALE_API void gale_tcpserver_stop(gale_tcpserver *server);

/* Stops, cancels what handles connections and frees. In a coroutine it Waits until all
 * have returned; elsewhere they return in the loop's next turns (or when it is freed), and
 * what their arg points at must live until then. NULL is allowed. */
GALE_API void gale_tcpserver_free(gale_tcpserver *server);

GALE_END_DECLS

#endif

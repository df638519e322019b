/* tls.h - TLS under a stream: the transport that the stream core calls instead of the descriptor's.
 *
 * The only users of libssl are tls*.c. A TLS stream does readiness I/O on its own descriptor
 * (gale__io_poll), so that kTLS and sendfile work. The consumer above sees plain text; what it
 * writes before the handshake is done waits for it.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_NET_TLS_H
#define GALE_NET_TLS_H

#include <gale/tls.h>

#include "net/stream.h"

/* As gale__stream_init(), with TLS by context, of which it takes a reference. hostname (client): to
 * ask for and to check; NULL: none. The handshake starts with gale__stream_start(); its failure is
 * the stream's error, told by on_error: GALE_ETLS, GALE_ETIMEDOUT … */
int gale__tls_stream_init(struct gale_iostream *s, gale_ioloop *loop, int fd,
                          gale_tls_context *context, bool is_server, const char *hostname,
                          const struct gale__stream_consumer *consumer);

/* Puts TLS under a stream that is open and has no unread input and no pending output (GALE_ESTATE
 * otherwise). For a stream whose consumer stays the same: STARTTLS, HTTPS after a PROXY header. */
int gale__stream_start_tls(struct gale_iostream *s, gale_tls_context *context, bool is_server,
                           const char *hostname);

/* The handshake has been done: fn(s, arg) is called once from the loop, also when it fails
 * (s->error); at once in the next turn when it is done already. Replaces an earlier one. */
void gale__tls_on_handshake(struct gale_iostream *s, void (*fn)(struct gale_iostream *s, void *arg),
                            void *arg);

/* True when TLS is under s. */
bool gale__stream_is_tls(const struct gale_iostream *s);

#endif

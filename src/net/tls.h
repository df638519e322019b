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
 * otherwise). For a stream whose consumer stays the same: STARTTLS, HTTPS after a PROXY header. The
 * handshake goes on by itself; its failure is the stream's error. */
int gale__stream_start_tls(struct gale_iostream *s, gale_tls_context *context, bool is_server,
                           const char *hostname);

/* The same when the peer's first bytes of TLS were received already. */
int gale__stream_start_tls_with(struct gale_iostream *s, gale_tls_context *context, bool is_server,
                                const char *hostname, gale_str early);

/* 0 when context is NULL or for that role, else GALE_EINVAL. */
int gale__tls_check_role(const gale_tls_context *context, bool is_server);

/* True when TLS is under s. What follows is for such streams. */
bool gale__stream_is_tls(const struct gale_iostream *s);

/* As gale__io_has_input(); what TLS says for itself (session tickets, key updates) is taken and is
 * none. The stream is to be closed when it is true. */
bool gale__tls_has_input(struct gale_iostream *s);

/* 1 when the handshake is done, 0 while it goes on, or why it failed. */
int gale__tls_handshake(struct gale_iostream *s);

/* fn(s, arg) is called once when the handshake is done or has failed, from the loop, or when the
 * stream is closed, from there. One at a time; NULL takes it back. */
void gale__tls_on_handshake(struct gale_iostream *s, void (*fn)(struct gale_iostream *s, void *arg),
                            void *arg);
bool gale__tls_is_waited_for(const struct gale_iostream *s);

/* Stores the text of a failure, if code is the one TLS has given this stream. Gives code. */
int gale__tls_explain(const struct gale_iostream *s, int code);

/* As gale_iostream_tls_info(), for any stream. */
int gale__tls_info(const struct gale_iostream *s, gale_tls_info *out);

/* A server of 127.0.0.1 and localhost with a certificate of its own, made now, and a client that
 * trusts it alone. */
int gale__tls_for_tests(gale_tls_context **server, gale_tls_context **client);

/* The context of clients that bring none, the process's own; NULL: gale_tls_error(). */
gale_tls_context *gale__tls_usual_client(void);

#endif

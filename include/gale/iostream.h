/* iostream.h - byte streams over TCP, Unix sockets, pipes and memory; TLS is in <gale/tls.h>.
 *
 * Reads wait in the calling coroutine; what they give is borrowed from the stream until
 * its next read. One read and one write at a time. Errors keep their reason: after the
 * stream broke, every call gives the same code and gale_iostream_error() keeps it. Data
 * that had arrived before the peer closed can still be read.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_IOSTREAM_H
#define GALE_IOSTREAM_H

#include <gale/base.h>
#include <gale/error.h>
#include <gale/netutil.h>

GALE_BEGIN_DECLS

typedef struct gale_iostream gale_iostream;

typedef struct gale_iostream_options {
    int64_t max_buffer_size;       /* bytes of input kept; default 100 MiB */
    int64_t max_write_buffer_size; /* bytes of output kept; default unlimited */
} gale_iostream_options;

/* A stream on the current loop over *fd, a connected or unconnected stream socket, which
 * it takes over (*fd becomes -1) and sets non-blocking. options may be NULL. The caller
 * owns it and ends it with gale_iostream_close(). NULL when out of memory. */
GALE_API GALE_MUST_USE gale_iostream *gale_iostream_new(int *fd,
                                                        const gale_iostream_options *options);

/* Two streams of this loop connected in memory, without descriptors. 0 or -ENOMEM. */
GALE_API GALE_MUST_USE int gale_iostream_pair(gale_iostream **a, gale_iostream **b,
                                              const gale_iostream_options *options);

/* A stream over one end of a pipe, a FIFO or a terminal, which it takes over (*fd becomes -1): it
 * goes the one way the descriptor has (a read where only writing is possible gives -EBADF). NULL
 * when out of memory or the descriptor is of a kind that cannot be waited for (a plain file). */
GALE_API GALE_MUST_USE gale_iostream *gale_pipe_iostream_new(int *fd,
                                                             const gale_iostream_options *options);

/* Waits. A new stream connected to address. On failure *out is untouched and the code says
 * why (-ECONNREFUSED …). */
GALE_API GALE_MUST_USE int gale_iostream_connect(gale_iostream **out, const gale_address *address,
                                                 const gale_iostream_options *options);

/* Waits. Exactly n bytes; with partial at least one and at most n. GALE_EEOF when the peer
 * closed first. out is borrowed until the next read. */
GALE_API GALE_MUST_USE int gale_iostream_read_bytes(gale_iostream *s, size_t n, bool partial,
                                                    gale_str *out);

/* Waits. The same into the caller's memory; gives the number of bytes read as *n_out. */
GALE_API GALE_MUST_USE int gale_iostream_read_into(gale_iostream *s, void *buf, size_t n,
                                                   bool partial, size_t *n_out);

/* Waits. Up to and with delimiter (not empty). When it does not end within max_bytes (0: the
 * buffer's limit) the stream is closed and the code is GALE_ETOOBIG. */
GALE_API GALE_MUST_USE int gale_iostream_read_until(gale_iostream *s, const char *delimiter,
                                                    size_t max_bytes, gale_str *out);

/* Waits. Up to the end of the first match of a regular expression (Perl syntax, bytes). */
GALE_API GALE_MUST_USE int gale_iostream_read_until_regex(gale_iostream *s, const char *regex,
                                                          size_t max_bytes, gale_str *out);

/* Waits. All until the peer closes its side. */
GALE_API GALE_MUST_USE int gale_iostream_read_until_close(gale_iostream *s, gale_str *out);

/* Waits, only when much output (over 64 KiB) is pending, until that has gone down. The data is
 * copied or sent before it returns. Outside a coroutine it never waits. GALE_ETOOBIG over
 * max_write_buffer_size, the stream's error when broken. */
GALE_API int gale_iostream_write(gale_iostream *s, const void *data, size_t n);

/* The same, but never waits: all of it is taken, or, over max_write_buffer_size (GALE_ETOOBIG),
 * nothing. */
GALE_API GALE_MUST_USE int gale_iostream_write_nowait(gale_iostream *s, const void *data, size_t n);

/* Waits. Until all output has been handed to the kernel. */
GALE_API int gale_iostream_drain(gale_iostream *s);

/* Ends our side of the stream after the pending output; reading goes on. A pipe's end for writing,
 * which has no other side, is closed then: whoever reads the pipe gets its end. */
GALE_API void gale_iostream_shutdown(gale_iostream *s);

/* Closes: pending waits give GALE_ECLOSED; *s is set to NULL and the memory goes when it is
 * safe. Output not yet handed over is lost: drain first. NULL is allowed. */
GALE_API void gale_iostream_close(gale_iostream **s);

/* Calls fn(arg) once from the loop when the stream is closed, by either side. While no read
 * waits and nothing is buffered, a closing peer is noticed too. */
GALE_API GALE_MUST_USE int gale_iostream_set_close_callback(gale_iostream *s, void (*fn)(void *arg),
                                                            void *arg);

/* True when it was closed by the peer or broke. */
GALE_API bool gale_iostream_closed(const gale_iostream *s);
/* Why it broke (-ECONNRESET …), GALE_EEOF after the peer's orderly end, 0 while fine. */
GALE_API int gale_iostream_error(const gale_iostream *s);

GALE_API bool gale_iostream_reading(const gale_iostream *s); /* a read waits */
GALE_API bool gale_iostream_writing(const gale_iostream *s); /* output is pending */

/* TCP_NODELAY, on from the start. 0 or -errno (-EOPNOTSUPP where it has no meaning). */
GALE_API int gale_iostream_set_nodelay(gale_iostream *s, bool on);

/* The descriptor, the stream's own; -1 for a memory stream. */
GALE_API int gale_iostream_fd(const gale_iostream *s);

/* The peer's address. 0 or a failure. */
GALE_API GALE_MUST_USE int gale_iostream_peer(const gale_iostream *s, gale_address *out);

GALE_END_DECLS

#endif

/* backend.h - what the loop asks of a backend: one table of functions for each.
 *
 * The loop owns order and life times; a backend owns descriptors' readiness or
 * completions. A struct gale__io's flags, in_flight and backend_word are the
 * backend's, but for the bit GALE__IO_QUEUED and the pointer backend_data, through
 * which the loop links the ios that have something to do at its next turn
 * (gale__ioloop_queue): an io that is closed and done, or one that asked for resume.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_IOLOOP_BACKEND_H
#define GALE_IOLOOP_BACKEND_H

#include "ioloop/io.h"

enum { GALE__IO_QUEUED = 0x8000 };

struct gale__backend {
    const char *name;
    /* Sets loop->backend_state and registers the wake descriptor. 0 or a code. */
    int (*init)(gale_ioloop *loop);
    /* Also after a failed init. */
    void (*deinit)(gale_ioloop *loop);
    /* Waits at most timeout_ns (< 0: no limit) and tells the owners what happened. */
    int (*poll)(gale_ioloop *loop, int64_t timeout_ns);
    /* Gives what is queued to the kernel, without waiting. */
    void (*flush)(gale_ioloop *loop);
    /* True when flush has something to do. */
    bool (*pending)(const gale_ioloop *loop);
    int (*fd)(const gale_ioloop *loop);

    int (*open)(struct gale__io *io);
    int (*recv_start)(struct gale__io *io);
    void (*recv_stop)(struct gale__io *io);
    ssize_t (*sendv)(struct gale__io *io, const struct iovec *iov, int n);
    /* Sends at once what the kernel takes, queueing nothing and promising nothing: 0 when it takes
     * none. NULL: what sendv() does. */
    ssize_t (*send_now)(struct gale__io *io, const struct iovec *iov, int n);
    /* on_send(0) when the socket, which has just been found full, takes more. 0 or a code. NULL:
     * there are no sockets. */
    int (*wait_writable)(struct gale__io *io);
    void (*shutdown)(struct gale__io *io);
    int (*accept_start)(struct gale__io *io);
    void (*accept_stop)(struct gale__io *io);
    int (*connect)(struct gale__io *io, const struct sockaddr *addr, socklen_t len);
    int (*poll_set)(struct gale__io *io, int events);
    /* closing is set already. Ends with in_flight == 0, the descriptor closed and the
     * io queued, now or later. */
    void (*close)(struct gale__io *io);
    /* An io that was queued and is not yet done. */
    void (*resume)(struct gale__io *io);
    /* May be NULL: whether bytes, an end or an error were taken from the kernel for io that it was
     * not told of yet. */
    bool (*has_input)(const struct gale__io *io);
};

extern const struct gale__backend gale__backend_epoll;
extern const struct gale__backend gale__backend_uring;
extern const struct gale__backend gale__backend_sim;

#endif

/* io.h - descriptors the loop does I/O on, in the shape of completions.
 *
 * A struct gale__io is embedded in its owner (stream, listener). Operations are
 * started; what happens is told through ops. Epoll receives into one buffer of the
 * loop and writes at once; io_uring keeps a multishot receive with a provided buffer
 * ring and queues sends; the simulated backend has no kernel. The owner cannot tell.
 *
 * Rules. Callbacks run on the loop's stack, never in a coroutine, and never from
 * inside the call that starts the operation. After gale__io_close() only on_closed
 * follows, from the loop, and then the memory may be freed. Any of these calls may be
 * made from a callback of the same io.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_IOLOOP_IO_H
#define GALE_IOLOOP_IO_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <gale/ioloop.h>

#include "base/list.h"

struct gale__io;

struct gale__io_ops {
    /* n > 0: n bytes at data, valid during the call; 0: end of stream; < 0: -errno,
     * and nothing more comes. May also come after recv_stop with bytes that had been
     * received by then. Must take all n bytes: there is no second delivery. */
    void (*on_recv)(struct gale__io *io, char *data, ssize_t n);
    /* n > 0: so many bytes of the queued send are gone; 0: nothing is queued and
     * sending is possible again; < 0: -errno. Also the result of connect (0 or
     * -errno). */
    void (*on_send)(struct gale__io *io, ssize_t n);
    /* An accepted descriptor (non-blocking, close-on-exec) or -errno, after which
     * accepting goes on unless stopped. */
    void (*on_accept)(struct gale__io *io, int fd);
    /* GALE_READ, GALE_WRITE, GALE_ERROR bits: for gale__io_poll. */
    void (*on_ready)(struct gale__io *io, int events);
    /* The last completion is done, the descriptor closed. */
    void (*on_closed)(struct gale__io *io);
};

/* 40 bytes: an idle connection pays it. */
struct gale__io {
    const struct gale__io_ops *ops;
    gale_ioloop *loop;
    void *backend_data; /* the backend's own, NULL at first */
    int fd;
    uint16_t flags;     /* the backend's own */
    uint16_t in_flight; /* operations the kernel still holds */
    uint32_t backend_word;
    bool closing;
    bool keep_fd;     /* gale__io_close leaves the descriptor open (it was lent, or is passed on):
                         bytes that were taken from the kernel by then still come by on_recv */
    bool recv_singly; /* the owner may stop receiving at any moment: no more than a buffer is taken
                         from the kernel ahead of it */
};

/* Attaches fd (non-blocking) to the loop. 0 or -errno; on failure fd stays the
 * caller's. No I/O starts yet. */
int gale__io_open(struct gale__io *io, gale_ioloop *loop, int fd, const struct gale__io_ops *ops);

/* Receiving goes on by itself until stopped. 0 or -errno. Starting twice is fine. */
int gale__io_recv_start(struct gale__io *io);
void gale__io_recv_stop(struct gale__io *io);

/* Sends a prefix of iov. > 0: so many bytes are gone already (fewer than asked: an
 * on_send(0) follows as well, unless a later call sends all of its own); 0: queued or
 * not possible now, on_send will follow: until then iov[0]'s memory must stay valid
 * and unchanged, and no other send may start; < 0: -errno. */
ssize_t gale__io_sendv(struct gale__io *io, const struct iovec *iov, int n);

/* Where sendv() queues: sends a prefix of iov at once, whose memory need not stay. How many bytes
 * are gone: 0 when the kernel takes none now, or a send is queued, or this backend has no such
 * call; no on_send follows in any case. < 0: -errno. */
ssize_t gale__io_send_now(struct gale__io *io, const struct iovec *iov, int n);

/* Sends iov, if n > 0, and then len bytes of a regular file from offset on, on a socket with no
 * send under way; the first packet may hold both. How many bytes of the two are gone; *blocked: the
 * kernel took no more, on_send(0) will follow; fewer without that: the next call tells why.
 * -ENOTSUP: not on this io or from this file; -ENODATA: the file ends before; else -errno. */
ssize_t gale__io_sendfile(struct gale__io *io, const struct iovec *iov, int n, int file,
                          int64_t offset, size_t len, bool *blocked);

/* Ends our side of a connection, no send being under way: the peer reads the end of stream
 * after what was sent. Receiving goes on. What has no such end (a pipe) is left alone. */
void gale__io_shutdown(struct gale__io *io);

/* on_accept for each connection until stopped; one that the kernel had accepted
 * already may still come after the stop, as in on_recv. */
int gale__io_accept_start(struct gale__io *io);
void gale__io_accept_stop(struct gale__io *io);

/* Connects, before anything else is started; on_send(0 or -errno) follows, unless this
 * gives -errno itself. */
int gale__io_connect(struct gale__io *io, const struct sockaddr *addr, socklen_t len);

/* Level-triggered readiness for events until changed; 0 ends it. */
int gale__io_poll(struct gale__io *io, int events);

/* Ends all operations, closes the descriptor after the last completion (unless
 * keep_fd), then on_closed from a later point of the loop. */
void gale__io_close(struct gale__io *io);

/* True when on_send means "try again" with fresh memory each time (epoll): a sender
 * may then pass memory that it does not own for long. */
bool gale__ioloop_sends_at_once(const gale_ioloop *loop);

/* As gale_ioloop_run(), which is for who runs the loop: a part of a run. */
int gale__ioloop_run(gale_ioloop *loop);

/* As gale_ioloop_stop(), but the end of a gale_ioloop_run_sync() does not use it up (it calls
 * synced): it holds until gale_ioloop_run() returns. False takes it back. */
void gale__ioloop_end(gale_ioloop *loop, bool ends);
void gale__ioloop_synced(gale_ioloop *loop);

/* How many loops there are, of all threads. */
int gale__ioloop_count(void);

/* The loop of this thread when it has one, NULL otherwise: makes none. */
gale_ioloop *gale__ioloop_peek(void);

/* Gives the kernel now what a backend would hold back until the end of the turn. */
void gale__ioloop_push(gale_ioloop *loop);

/* Work at the end of the present step, before the loop polls again: for streams with
 * output to flush. Intrusive, each at most once until run. */
struct gale__ioloop_task {
    struct gale__list link;
    void (*run)(struct gale__ioloop_task *task);
};
void gale__ioloop_defer(gale_ioloop *loop, struct gale__ioloop_task *task);

/* One turn of the loop, waiting for something to happen when wait is true: for the
 * coroutine layer's detach, which runs inside gale_ioloop_free(). 0 or a failure. */
int gale__ioloop_turn(gale_ioloop *loop, bool wait);

/* Nanoseconds of the monotonic clock, renewed once a turn. */
int64_t gale__ioloop_now_ns(const gale_ioloop *loop);

/* The same clock now, not when the turn began. */
int64_t gale__ioloop_clock_ns(const gale_ioloop *loop);

/* Timers with nanoseconds; as gale_ioloop_call_at. */
gale_timeout gale__ioloop_timer(gale_ioloop *loop, int64_t when_ns, void (*fn)(void *arg),
                                void *arg);

/* The coroutine layer's place in a loop: what the loop calls without knowing what a
 * coroutine is. All NULL until the coroutine layer fills it at its first use on this
 * loop. run_sync, spawn_callback, run_in_executor and the periodic callbacks of
 * <gale/ioloop.h> wait or start coroutines, so they are implemented there (src/gen). */
struct gale__ioloop_gen {
    void (*run_ready)(gale_ioloop *loop); /* run what is ready to run */
    bool (*has_ready)(gale_ioloop *loop);
    void (*detach)(gale_ioloop *loop); /* cancel all, let them return, free */
    void *data;
};
struct gale__ioloop_gen *gale__ioloop_gen(gale_ioloop *loop);

/* What higher layers keep for each loop, NULL at first: the loop knows nothing of it, so whoever
 * puts something there takes it away again when the loop goes (gale__ioloop_own). */
enum gale__slot { GALE__SLOT_RESOLVER, GALE__SLOT_HTTP_CLIENT, GALE__N_SLOTS };
void **gale__ioloop_slot(gale_ioloop *loop, enum gale__slot slot);

/* The loop's thread pool: work(arg) on a thread of it, then done(arg) on the loop's
 * thread. 0, -ENOMEM, -EAGAIN, -ECANCELED: the loop is being freed, and its threads have gone. */
int gale__executor_submit(gale_ioloop *loop, void (*work)(void *arg), void (*done)(void *arg),
                          void *arg);
/* The same on the threads of another pool. 0, -ENOMEM, -EAGAIN. */
int gale__executor_submit_to(gale_executor *executor, gale_ioloop *loop, void (*work)(void *arg),
                             void (*done)(void *arg), void *arg);

/* For owners that must be closed when the loop is freed (streams, servers): linked
 * while open; gale_ioloop_free() calls close on each. */
struct gale__ioloop_owned {
    struct gale__list link;
    void (*close)(struct gale__ioloop_owned *owned);
};
void gale__ioloop_own(gale_ioloop *loop, struct gale__ioloop_owned *owned);

/* How busy a loop is, once somebody wants to know. */
struct gale__busy {
    /* When it has last come from waiting (as gale__clock_ns()), 0 while it waits or does not run:
     * for who watches from another thread. */
    _Atomic int64_t since;
    /* Of its own thread: the time between coming from waiting and the next look at the kernel, in
     * all, and the longest, which may be set back to 0. */
    int64_t total_ns, longest_ns;
};

/* From now on *busy is kept. NULL: no longer. */
void gale__ioloop_tell_busy(gale_ioloop *loop, struct gale__busy *busy);
/* What is kept; NULL: nothing. */
struct gale__busy *gale__ioloop_busy(const gale_ioloop *loop);

#endif

/* sim.h - the simulated backend's side for tests and fuzzing: peers made of memory.
 *
 * A loop made with the backend "simulated" has no kernel: its descriptors are numbers
 * from GALE__SIM_FIRST_FD up, its clock jumps to the next timeout when nothing else is
 * left to do, and what happens, happens in the same order each time. A peer is the far
 * end of one connection; the test pushes bytes in and reads what was sent. Received
 * bytes are handed over in a heap block of exactly their size, so that
 * AddressSanitizer sees a parser that reads past the end.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_IOLOOP_SIM_H
#define GALE_IOLOOP_SIM_H

#include <gale/ioloop.h>

enum { GALE__SIM_FIRST_FD = 1 << 20 };

enum gale__sim_call { GALE__SIM_RECV, GALE__SIM_SEND, GALE__SIM_CONNECT, GALE__SIM_ACCEPT };

struct gale__sim_peer;

/* True: sends are queued and complete later, as with io_uring; false (the default): they
 * are done at once, as with epoll. Before any connection is made. */
void gale__sim_queue_sends(gale_ioloop *loop, bool queued);

/* A listening descriptor for gale__io_open(), or -ENOMEM. */
int gale__sim_listener(gale_ioloop *loop);

/* A connection that waits to be accepted. NULL: out of memory. Each peer is freed by
 * gale__sim_peer_free(), before the loop is. */
struct gale__sim_peer *gale__sim_connect(gale_ioloop *loop, int listener_fd);

/* A connection without a listener; gale__sim_fd() is its near end, for gale__io_open().
 * gale__io_connect() succeeds on it unless told to fail. */
struct gale__sim_peer *gale__sim_socket(gale_ioloop *loop);
int gale__sim_fd(const struct gale__sim_peer *peer);

/* The peer vanishes: end of stream for the near end if it had not come, and EPIPE. */
void gale__sim_peer_free(struct gale__sim_peer *peer);

/* Bytes for the near end to receive. -ENOMEM. */
int gale__sim_push(struct gale__sim_peer *peer, const void *data, size_t len);

/* The next receives give at most so many bytes each, those after as many as there are.
 * -ENOMEM. */
int gale__sim_chunks(struct gale__sim_peer *peer, const uint32_t *sizes, size_t n);

/* End of stream after what was pushed. */
void gale__sim_end(struct gale__sim_peer *peer);

/* The connection breaks now: ECONNRESET, what was pushed is lost. */
void gale__sim_reset(struct gale__sim_peer *peer);

/* The peer takes so many more bytes, then the near end has to wait. < 0: no limit. */
void gale__sim_window(struct gale__sim_peer *peer, int64_t bytes);

/* The next such call of the near end gives -error. Accepting: of the listener. */
void gale__sim_fail(struct gale__sim_peer *peer, enum gale__sim_call call, int error);
void gale__sim_fail_accept(gale_ioloop *loop, int listener_fd, int error);

/* What was sent and not yet cleared; valid until the loop runs again. */
gale_str gale__sim_sent(const struct gale__sim_peer *peer);
void gale__sim_clear_sent(struct gale__sim_peer *peer);

/* The near end has said that it sends no more (gale__io_shutdown). */
bool gale__sim_is_shut(const struct gale__sim_peer *peer);

/* The near end has closed. */
bool gale__sim_is_closed(const struct gale__sim_peer *peer);

/* Runs the loop until nothing is left to do at this time; the clock stands still. 0, a
 * failure of the loop, or GALE_ETIMEDOUT when that does not end. */
int gale__sim_run(gale_ioloop *loop);

/* Waits, at most so many real milliseconds, for work given to the executor: whether there is any.
 */
bool gale__sim_wait_thread(gale_ioloop *loop, int milliseconds);

/* Lets so much time pass, with all that happens in it. */
int gale__sim_advance(gale_ioloop *loop, double seconds);

#endif

/* look.h - a look at a descriptor that rests, before it is used again; and at the loop's threads.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_IOLOOP_LOOK_H
#define GALE_IOLOOP_LOOK_H

#include "ioloop/io.h"

/* Whether bytes, an end or an error are there that io, which receives, was not told of: its loop
 * was busy. Without waiting, and from anywhere on the loop's thread. False where there is no
 * socket. */
bool gale__io_has_input(const struct gale__io *io);

struct gale__executor_look {
    size_t n_jobs; /* not yet back */
    int n_waiting; /* of those, for a thread */
    int n_threads, n_idle, max_threads;
};

/* On the loop's thread. */
void gale__executor_look(gale_ioloop *loop, struct gale__executor_look *out);

#endif

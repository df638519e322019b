/* listener.h - listening sockets: accepting, and getting over a lack of descriptors. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_NET_LISTENER_H
#define GALE_NET_LISTENER_H

#include <gale/ioloop.h>

#include "ioloop/io.h"

/* Owned by whoever made it; heap object of the net layer. */
struct gale__listener;

/* Accepts on fd (listening, non-blocking; taken over on success). on_accept gets each new
 * descriptor (non-blocking, close-on-exec, TCP_NODELAY set for TCP) and takes it over.
 * Without descriptors or memory (EMFILE, ENFILE, ENOBUFS, ENOMEM) accepting rests 100 ms,
 * with one warning in the log per minute, and goes on by itself. NULL: see *error. */
struct gale__listener *gale__listener_new(gale_ioloop *loop, int fd,
                                          void (*on_accept)(void *arg, int fd), void *arg,
                                          int *error);

/* Stops and starts accepting again (at a limit of connections). */
void gale__listener_pause(struct gale__listener *l);
void gale__listener_resume(struct gale__listener *l);

/* No more, for good: pauses. False while the kernel may still hand one over; ask again a little
 * later. */
bool gale__listener_is_finished(struct gale__listener *l);

/* When that is so: takes what has connected and waits in the kernel's queue, which would be reset
 * by closing. */
void gale__listener_take_queued(struct gale__listener *l);

/* Closes; the memory goes when the last completion is done. NULL is allowed. */
void gale__listener_free(struct gale__listener *l);

/* The bound address, as gale_address_format writes it ("127.0.0.1:8888", "unix:/path"). */
void gale__listener_address(const struct gale__listener *l, char *out, size_t size);
int gale__listener_port(const struct gale__listener *l); /* 0 for Unix sockets */

#endif

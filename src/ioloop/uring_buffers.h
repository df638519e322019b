/* uring_buffers.h - the buffers into which the kernel receives, lent to it by a ring.
 *
 * The kernel takes buffers in the order they were lent, so as many go round as it has: it
 * is lent few, which stay in the cache, until it runs out of them.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_IOLOOP_URING_BUFFERS_H
#define GALE_IOLOOP_URING_BUFFERS_H

#include <liburing.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    GALE__URING_BUFFERS = 512,      /* a power of two */
    GALE__URING_BUFFER = 17 * 1024, /* bytes: a message of 16 KiB and its head */
};

struct gale__uring_buffers {
    struct io_uring_buf_ring *ring;
    char *memory;
    unsigned n_lent, most_lent;
    unsigned n_spare;
    uint16_t spare[GALE__URING_BUFFERS];
};

/* Registers them with the ring as group. 0 or -errno; freed by deinit in either case, after the
 * ring is gone. buffers is zeroed memory. */
int gale__uring_buffers_init(struct gale__uring_buffers *buffers, struct io_uring *ring,
                             unsigned short group);
void gale__uring_buffers_deinit(struct gale__uring_buffers *buffers);

/* The kernel has filled buffer id, which is ours until it is given back. */
char *gale__uring_buffer_take(struct gale__uring_buffers *buffers, unsigned id);
void gale__uring_buffer_give(struct gale__uring_buffers *buffers, unsigned id);

/* The kernel found none: twice as many from now on. */
void gale__uring_buffers_lend_more(struct gale__uring_buffers *buffers);

#endif

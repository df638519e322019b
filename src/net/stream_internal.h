/* stream_internal.h - what the files of the stream core share among themselves. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_NET_STREAM_INTERNAL_H
#define GALE_NET_STREAM_INTERNAL_H

#include <stdbool.h>
#include <sys/types.h>

#include "net/chunk.h"

struct gale_iostream;

/* The stream is of no more use, for this reason (the first counts). The consumer is told
 * from the loop. Gives s->error. */
int gale__stream_break(struct gale_iostream *s, int error);

/* Tells a consumer that does not know yet; from the loop's callbacks only. */
void gale__stream_tell_error(struct gale_iostream *s);

/* The result of a send under way, as gale__io_ops.on_send. */
void gale__stream_sent(struct gale_iostream *s, ssize_t n);

/* Why nothing can be written: 0 when it can. */
int gale__stream_unusable(const struct gale_iostream *s);

/* The pending output, oldest first: how many of iov are filled, at most max. */
struct iovec;
int gale__stream_pending(const struct gale_iostream *s, struct iovec *iov, int max);

/* n bytes at its front are gone. */
void gale__stream_advance(struct gale_iostream *s, size_t n);

/* Drops the output but for memory the kernel still reads, which goes with the last
 * completion (all). */
void gale__stream_drop_output(struct gale_iostream *s, bool all);

/* Gives back a chunk of input. The reading calls keep one of which they lent out a part. */
void gale__stream_release_input(struct gale_iostream *s, struct gale__chunk *c);

/* True when c's memory is lent to a reader, who now owns it (pull.c). */
bool gale__pull_keeps(struct gale_iostream *s, struct gale__chunk *c);

#endif

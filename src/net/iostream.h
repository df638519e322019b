/* iostream.h - streams of <gale/iostream.h> for the other modules of the network layer. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_NET_IOSTREAM_H
#define GALE_NET_IOSTREAM_H

#include <gale/ioloop.h>
#include <gale/iostream.h>

struct gale__stream_consumer;

/* A stream over a non-blocking descriptor, taken over on success. NULL: see *error. */
gale_iostream *gale__iostream_adopt(gale_ioloop *loop, int fd, const gale_iostream_options *options,
                                    int *error);

/* Waits. As gale_iostream_connect(), from source unless that is NULL. */
int gale__iostream_connect_from(gale_iostream **out, const gale_address *address,
                                const gale_address *source, const gale_iostream_options *options);

/* A stream connected in memory to other, the caller's, which is not initialised yet and gets that
 * consumer. NULL: out of memory. */
gale_iostream *gale__iostream_pair_with(gale_ioloop *loop, struct gale_iostream *other,
                                        const struct gale__stream_consumer *consumer,
                                        const gale_iostream_options *options);

#endif

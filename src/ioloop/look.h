/* look.h - a look at a descriptor that rests, before it is used again. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_IOLOOP_LOOK_H
#define GALE_IOLOOP_LOOK_H

#include "ioloop/io.h"

/* Whether bytes, an end or an error are there that io, which receives, was not told of: its loop
 * was busy. Without waiting, and from anywhere on the loop's thread. False where there is no
 * socket. */
bool gale__io_has_input(const struct gale__io *io);

#endif

/* faulty.h - for tests: the n-th system call of a loop fails. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_IOLOOP_FAULTY_H
#define GALE_IOLOOP_FAULTY_H

#include <stdint.h>

#include <gale/ioloop.h>

/* Puts a backend between the loop and its own that counts what is received, sent, accepted and
 * connected, before any descriptor is open. It goes with the loop. -ENOMEM. */
int gale__faulty_wrap(gale_ioloop *loop) GALE_MUST_USE;

/* From now on the n-th call of this thread (1: the next) gives -error, once; 0: none. How many
 * there have been, ever. */
int64_t gale__faulty_fail(int64_t n, int error);

/* Counts one call: 0, or the failure that it has to give. For transports without descriptors. */
int gale__faulty_call(void);

#endif

/* static_hash.h - hashes the content of large static files off the loop. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_STATIC_HASH_H
#define GALE_WEB_STATIC_HASH_H

#include <sys/stat.h>

#include <gale/ioloop.h>

/* Has a thread of the loop's pool hash the file st was read from (fd stays the caller's). done is
 * called later on the loop's thread, at the latest when the loop is freed: r < 0 without a hash,
 * -ESTALE when the file has changed. -ENOMEM, -EAGAIN, -EMFILE, -ECANCELED (the loop is being
 * freed): it is not called. */
int gale__static_hash_start(gale_ioloop *loop, int fd, const struct stat *st,
                            void (*done)(void *arg, int r, uint64_t hash), void *arg);

#endif

/* subprocess_spawn.h - starting another program. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_NET_SUBPROCESS_SPAWN_H
#define GALE_NET_SUBPROCESS_SPAWN_H

#include <sys/types.h>

#include <gale/base.h>
#include <gale/process.h>

struct gale__spawn {
    const char *const *argv;
    const gale_subprocess_options *options;
    int fds[3]; /* what its 0, 1 and 2 are: above 2; -1: as ours; GALE_STDOUT */
};

/* Starts it. No descriptor but those goes along, caught signals and SIGPIPE are at their defaults.
 * Blocks until exec has worked (0, with its pid and a descriptor for it, the caller's) or failed
 * (-errno with its text; nothing remains). */
int gale__spawn(const struct gale__spawn *spawn, pid_t *pid, int *pidfd) GALE_MUST_USE;

#endif

/* takeover.h - starting a program that takes over the listening sockets of this one.
 *
 * The sockets are handed over as systemd does (LISTEN_FDS), and one end of a pair on which the new
 * program says that it is ready, or exec why it failed. Nothing here waits: who has a loop polls
 * fd, a supervisor does so among its other descriptors.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_NET_TAKEOVER_H
#define GALE_NET_TAKEOVER_H

#include <stdint.h>
#include <sys/types.h>

struct gale__takeover {
    pid_t pid; /* 0: none is under way */
    int fd;    /* readable when there is news */
    int64_t deadline_ns;
};

/* Runs path (NULL: argv[0] looked for in PATH) as a child with the n descriptors of fds, which stay
 * the caller's. 0 or a failure. */
int gale__takeover_start(struct gale__takeover *t, const char *path, char *const *argv,
                         const int *fds, int n, double timeout);

/* When fd is readable or the deadline has passed: the new program's pid, it is ready; 0: not yet;
 * or a failure, nothing of it is left then. */
int gale__takeover_check(struct gale__takeover *t);

/* Kills the new program, if one is under way. */
void gale__takeover_abort(struct gale__takeover *t);

/* As gale_reexec(), with a path instead of argv[0]. Waits. */
int gale__reexec(const char *path, char *const *argv, const int *fds, int n_fds, double timeout);

#endif

/* takeover.h - starting a program that takes over the listening sockets of this one.
 *
 * The sockets are handed over as systemd does (LISTEN_FDS), and one end of a pair on which the new
 * program says that it is ready, or exec why it failed. Nothing here waits: who has a loop polls
 * fd, a supervisor does so among its other descriptors.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_NET_TAKEOVER_H
#define GALE_NET_TAKEOVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct gale__takeover {
    pid_t pid; /* 0: none is under way */
    int fd;    /* readable when there is news */
    int64_t deadline_ns;
};

/* What is to be run, and how. */
struct gale__takeover_options {
    const char *path; /* NULL: argv[0] is looked for in PATH */
    char *const *argv;
    const int *fds; /* n of them, which stay the caller's */
    int n;
    const char *names; /* "LISTEN_FDNAMES=…"; NULL: they have none */
    double timeout;    /* seconds until it has to be ready */
    bool is_trial;     /* it ends as soon as it could serve (gale__worker_is_trial()) */
    int err;           /* becomes its standard error; 0: it has ours */
    bool is_kept;      /* in a process group of its own; asked to end (SIGTERM) when we die */
    pid_t *started; /* gale__reexec(): is told whom it waits for, and 0 afterwards; may be NULL */
};

/* Runs it as a child. 0 or a failure. */
int gale__takeover_start(struct gale__takeover *t, const struct gale__takeover_options *options);

/* When fd is readable or the deadline has passed: the new program's pid, it is ready; 0: not yet;
 * or a failure, nothing of it is left then. */
int gale__takeover_check(struct gale__takeover *t);

/* Kills the new program, if one is under way. */
void gale__takeover_abort(struct gale__takeover *t);

/* As gale_reexec(). Waits. */
int gale__reexec(const struct gale__takeover_options *options);

/* Runs path with the n sockets of fds in place of this program, in this process; names as above.
 * Only comes back on failure, with nothing changed. */
int gale__exec_in_place(const char *path, char *const *argv, const int *fds, int n,
                        const char *names);

#endif

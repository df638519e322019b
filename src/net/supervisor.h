/* supervisor.h - gale_fork_processes() with what gale_main() needs beside. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_NET_SUPERVISOR_H
#define GALE_NET_SUPERVISOR_H

#include <gale/process.h>

#include "net/takeover.h"

/* All in the parent; each may be NULL. */
struct gale__supervisor_hooks {
    void (*ready)(void *arg);    /* every worker is, for the first time */
    void (*stopping)(void *arg); /* they are told to end */
    /* SIGUSR2 begins a take-over instead of being passed on; taken_over: it has worked, the workers
     * are told to end next. */
    int (*take_over)(struct gale__takeover *t, void *arg);
    void (*taken_over)(pid_t pid, void *arg);
    bool latest_counts;  /* SIGUSR2 while one is under way begins it anew */
    bool always_restart; /* also who ends with status 0, unasked */
    bool owns_children;  /* nobody else has any: as process 1 it reaps orphans, too */
    void *arg;
};

/* As gale_fork_processes(); hooks may be NULL. */
int gale__supervise(int n, const gale_supervisor_options *options,
                    const struct gale__supervisor_hooks *hooks);

#endif

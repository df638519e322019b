/* supervisor_priv.h - the supervisor's parts: private to supervisor*.c.
 *
 * A task is what task ids count; a process is one that runs (or ran just now) for a task. A task
 * has one current process, and on a rolling restart a next one and some old ones beside.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_NET_SUPERVISOR_PRIV_H
#define GALE_NET_SUPERVISOR_PRIV_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "net/supervisor.h"

enum gale__role {
    GALE__CURRENT,
    GALE__NEXT, /* takes the current one's place when it is ready */
    GALE__OLD,  /* was told to end */
};

struct gale__process {
    struct gale__list link;
    pid_t pid;
    int task_id;
    enum gale__role role;
    int channel; /* to it; -1: closed */
    bool ready;
    int64_t born_ns;
    int64_t kill_ns; /* SIGKILL then; INT64_MAX: no */
};

struct gale__task {
    int64_t restart_ns; /* INT64_MAX: no restart is due */
    int64_t delay_ns;   /* of the last restart */
};

struct gale__supervisor {
    gale_supervisor_options options; /* filled in */
    struct gale__supervisor_hooks hooks;
    struct gale__list processes;
    struct gale__task *tasks;
    int n_tasks;
    int64_t *restarts; /* when the last max_restarts of them were; a ring */
    int64_t n_restarts;
    int rolling;     /* the task whose turn it is; -1: no rolling restart */
    bool roll_again; /* asked for meanwhile */
    int64_t roll_ns; /* its next process has to be ready then */
    bool stopping, told_ready;
    int64_t stopped_ns;
    int result; /* of the parent */
    struct gale__takeover takeover;
    int signals; /* signalfd */
    sigset_t old_mask;
    struct sigaction old_chld;
    bool ignores_hup;
    bool in_child; /* all calls return at once */
};

/* --- supervisor_fork.c: processes that begin and end --- */

/* 0, or a failure; also 0 in the child, with in_child set. */
int gale__supervisor_start(struct gale__supervisor *s, int task_id, enum gale__role role);

/* All that have ended are taken off the list, and what that means is done. */
void gale__supervisor_reap(struct gale__supervisor *s);

/* Takes it off the list and frees it. */
void gale__process_free(struct gale__process *p);

/* Asks it to end: SIGTERM, and SIGKILL after stop_timeout. */
void gale__supervisor_end(struct gale__supervisor *s, struct gale__process *p, int signo);

/* Tells all to end by signo, and restarts none any more. */
void gale__supervisor_stop(struct gale__supervisor *s, int signo);

struct gale__process *gale__supervisor_find(struct gale__supervisor *s, int task_id,
                                            enum gale__role role);

/* --- supervisor_roll.c: rolling restarts --- */

void gale__supervisor_roll(struct gale__supervisor *s);

/* The task's next process is ready: it is the current one from now on. */
void gale__supervisor_promote(struct gale__supervisor *s, struct gale__process *next);

/* Goes on with the next task, or ends. */
void gale__supervisor_roll_on(struct gale__supervisor *s);

/* The next process of this turn ended, or is late: the old ones stay. */
void gale__supervisor_roll_failed(struct gale__supervisor *s, const char *why);

#endif

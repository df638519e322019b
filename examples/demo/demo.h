/* demo.h - the site of `make demo`: its own pages, and the example programs it keeps running.
 *
 * keeper.c runs the programs in a process of its own, the keeper, which the site talks to by a pipe
 * and a table in shared memory: so the site may have any number of workers (of one thread each), be
 * replaced by a new build of itself, or die, and no program is left behind.
 */
/* SPDX-License-Identifier: MIT */
#ifndef DEMO_H
#define DEMO_H

#include <gale/gale.h>
#include <jansson.h>
#include <stdatomic.h>
#include <sys/types.h>

/* A program of the examples that serves, on a port of its own. */
struct program {
    const char *name;
    const char *path;   /* below the folder of the examples that were built */
    const char *option; /* NULL: none; "%s" in it is the keeper's folder */
    const char *source; /* to look at */
    const char *text;   /* what it shows */
    const char *needs;  /* NULL: nothing that may be missing */
};

enum { N_PROGRAMS = 12, WHY_MAX_SIZE = 200 };

extern const struct program programs[N_PROGRAMS];

enum { PROGRAM_WAITS, PROGRAM_RUNS, PROGRAM_ENDED, PROGRAM_MISSING };

/* Written by the keeper alone. */
struct program_state {
    _Atomic int state; /* written last: what the others say is there then */
    _Atomic int port, pid, restarts;
    char why[WHY_MAX_SIZE]; /* it ended the last time */
};

/* Seen by all processes. */
struct shared {
    _Atomic int n_begun; /* programs that the keeper has started, or could not */
    struct program_state states[N_PROGRAMS];
};

/* Somebody who waits on /poll/wait. */
struct listener {
    gale_future *news;
    struct listener *next;
};

struct demo {
    struct shared *shared;
    int keeper_pipe; /* a byte begins, its end ends */
    pid_t keeper;
    bool has_begun; /* it was told */
    char message[200];
    struct listener *listeners;
};

/* The application's data. */
struct demo *demo_of(gale_handler *self);

/* Before any loop exists. 0, or a failure. */
int start_keeper(struct demo *demo);
/* The programs are started, unless they are. */
void begin_programs(struct demo *demo);
/* Waits for all programs to end. */
void end_keeper(struct demo *demo);
/* Writes into out where a program is that was built; false: it was not. */
bool find_program(const char *path, char *out, size_t size);

/* corners.c: what a handler can do, a page for each. */
extern const gale_handler_class hello_handler, wait_handler, stream_handler, json_handler,
    error_handler, old_handler, poll_handler, poll_wait_handler, poll_say_handler, live_handler,
    live_json_handler, live_events_handler, form_handler;

/* drive.c: programs that are no web sites, driven by pages. */
extern const gale_handler_class tcpecho_handler, spider_handler;

#endif

/* executor.h - pools of threads for work that blocks: the loop's, and those of <gale/ioloop.h>.
 *
 * Threads start when work waits and none is idle, up to max, and stay. What is done
 * comes back to the loop's thread as a posted callback; without a loop it is done then.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_IOLOOP_EXECUTOR_H
#define GALE_IOLOOP_EXECUTOR_H

#include "ioloop/callbacks.h"

struct gale__idle;
struct gale__job;

struct gale__executor {
    struct gale__callbacks *callbacks; /* of the loop; NULL: it is no loop's */
    size_t n_jobs;                     /* not yet back; of the loop's thread */
    pthread_t *threads;
    int n_threads, max_threads;

    pthread_mutex_t lock;    /* for what follows */
    struct gale__idle *idle; /* threads that rest, the last one first */
    struct gale__job *first, **end;
    int n_idle, n_waiting;
    bool quit;
};

/* max <= 0: the default. */
int gale__executor_init(struct gale__executor *e, struct gale__callbacks *callbacks, int max);
/* Lets the threads finish all work and joins them. */
void gale__executor_deinit(struct gale__executor *e);
/* 0, -ENOMEM, -EAGAIN. */
int gale__executor_add(struct gale__executor *e, void (*work)(void *arg), void (*done)(void *arg),
                       void *arg);

/* The same on a pool that several loops share: done is called on the loop of callbacks (NULL: not
 * at all). From any thread. */
int gale__executor_share(gale_executor *executor, struct gale__callbacks *callbacks,
                         void (*work)(void *arg), void (*done)(void *arg), void *arg);

#endif

/* callbacks.h - calls for the loop's next turn, from its thread, others and signals.
 *
 * The loop's own thread has a list without a lock. Other threads append under a
 * mutex; a signal handler uses a small lock-free ring. The wake descriptor is written
 * only when the loop sleeps or is about to: the sleeper raises the flag first and looks
 * at the counters then, everybody else counts first and looks at the flag then.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_IOLOOP_CALLBACKS_H
#define GALE_IOLOOP_CALLBACKS_H

#include <pthread.h>
#include <stdatomic.h>

#include <gale/ioloop.h>

enum { GALE__SIGNAL_SLOTS = 64 };

struct gale__callback {
    void (*fn)(void *arg);
    void *arg;
};

struct gale__callback_list {
    struct gale__callback *items;
    size_t n, cap;
};

/* A call that needs no memory; embedded in its owner. */
struct gale__callback_node {
    struct gale__callback_node *next;
    void (*fn)(struct gale__callback_node *node);
};

struct gale__signal_slot {
    atomic_uint turn; /* whose move it is: producer's at position p, consumer's at p + 1 */
    struct gale__callback callback;
};

struct gale__callbacks {
    struct gale__callback_list local; /* of the loop's thread */
    struct gale__callback_list spare; /* empty, keeps its memory: the next remote */
    atomic_bool sleeping;
    atomic_size_t n_remote; /* nodes and entries of remote */
    int wake_fd;            /* an eventfd, never read: watched by edges */

    pthread_mutex_t lock; /* for what follows, down to the signals */
    struct gale__callback_list remote;
    struct gale__callback_node *nodes, **nodes_end;
    bool closed; /* set by the loop's thread, which may look at it without */

    atomic_uint signal_head; /* next position to fill */
    unsigned signal_tail;    /* next to run */
    struct gale__signal_slot signals[GALE__SIGNAL_SLOTS];
};

int gale__callbacks_init(struct gale__callbacks *c);
void gale__callbacks_deinit(struct gale__callbacks *c);

/* From the loop's thread while it runs the loop. -ENOMEM, GALE_ECLOSED. */
int gale__callbacks_add_local(struct gale__callbacks *c, void (*fn)(void *arg), void *arg);
/* From anywhere. -ENOMEM, GALE_ECLOSED. */
int gale__callbacks_add_remote(struct gale__callbacks *c, void (*fn)(void *arg), void *arg);
/* From anywhere, never fails; also runs when the loop is freed. */
void gale__callbacks_post(struct gale__callbacks *c, struct gale__callback_node *node);
/* From a signal handler. -EAGAIN. */
int gale__callbacks_add_signal(struct gale__callbacks *c, void (*fn)(void *arg), void *arg);

/* Runs all that was there at the call. */
void gale__callbacks_run(struct gale__callbacks *c);
/* Runs the posted nodes only. */
void gale__callbacks_run_nodes(struct gale__callbacks *c);
/* Drops all but the posted nodes; from now on adding gives GALE_ECLOSED. */
void gale__callbacks_shut(struct gale__callbacks *c);

/* True when there is something to run. */
bool gale__callbacks_ready(const struct gale__callbacks *c);

/* Says that the loop will sleep; false when it must not, since something came. */
bool gale__callbacks_sleep(struct gale__callbacks *c);
static inline void gale__callbacks_awake(struct gale__callbacks *c)
{
    atomic_store_explicit(&c->sleeping, false, memory_order_relaxed);
}

#endif

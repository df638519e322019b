/* per_loop.h - what a handle of a database keeps for each loop that uses it.
 *
 * Connections belong to a loop, handles to the program, which may have several loops, on threads or
 * in processes. Each loop's part is made at the first use there, by its thread, and ends with the
 * loop or the handle: a coroutine of its own waits for either. Reference counted, since calls may
 * be under way in it.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_DB_PER_LOOP_H
#define GALE_DB_PER_LOOP_H

#include <pthread.h>
#include <sys/types.h>

#include <gale/ioloop.h>
#include <gale/locks.h>

struct gale__per_loops;

/* The part of a loop; first member of what the kind of database keeps. */
struct gale__per_loop {
    struct gale__per_loops *home; /* NULL: the handle was freed */
    const struct gale__per_loop_kind *kind;
    struct gale__per_loop *next;
    gale_ioloop *loop;
    pid_t pid; /* a child process does not use its parent's */
    unsigned refs;
    bool is_closed;
    gale_event stopped;
};

/* All on the loop's thread. */
struct gale__per_loop_kind {
    const char *name; /* of the coroutine */
    size_t size;      /* of the part, zeroed at first */
    int (*init)(struct gale__per_loop *part, void *owner);
    void (*close)(struct gale__per_loop *part);  /* no call begins any more */
    void (*deinit)(struct gale__per_loop *part); /* no call is under way */
};

struct gale__per_loops {
    const struct gale__per_loop_kind *kind;
    void *owner; /* for init */
    pthread_mutex_t lock;
    struct gale__per_loop *first;
};

int gale__per_loops_init(struct gale__per_loops *home, const struct gale__per_loop_kind *kind,
                         void *owner);
void gale__per_loops_deinit(struct gale__per_loops *home);

/* The current loop's part in *out with a reference for the caller. In a coroutine, else
 * GALE_ENOTCOROUTINE naming what; the cancellation. */
int gale__per_loop_get(struct gale__per_loops *home, const char *what, struct gale__per_loop **out);
/* That of a loop, borrowed; NULL: it has none. */
struct gale__per_loop *gale__per_loop_find(struct gale__per_loops *home, const gale_ioloop *loop);
void gale__per_loop_unref(struct gale__per_loop *part);

#endif

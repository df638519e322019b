/* future.h - what a future is made of. Private to src/gen.
 *
 * A future is recycled through its scheduler's slab. It belongs to the scope whose list
 * it is on; a coroutine behind it points back until it has returned.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_GEN_FUTURE_H
#define GALE_GEN_FUTURE_H

#include "gen/parts.h"

struct gale__future_callback {
    struct gale__future_callback *next;
    void (*fn)(gale_future *future, void *arg);
    void *arg;
};

struct gale_future {
    struct gale__list link; /* in its scope */
    struct gale__sched *sched;
    struct gale__co *co;       /* runs behind it; NULL: a plain one, or it has returned */
    struct gale__list waiters; /* struct gale__future_waiter */
    struct gale__list done;    /* on the scheduler's list while it has callbacks to run */
    struct gale__future_callback *callbacks, **last_callback;
    void *value;
    char *text;     /* the failure's detail */
    uint64_t order; /* of completion; 0: not done */
    int result;
    bool abandoned; /* freed by its owner: goes when the coroutine has returned */
};

/* The coroutine behind it has returned, while still its own context is current. */
void gale__future_complete_co(gale_future *future, int result);

/* In a coroutine: cancels what is behind it, waits until it has returned, frees. */
void gale__future_settle(gale_future *future);

/* The coroutine behind it goes on without it; its memory is its own from now on. */
void gale__future_let_go(gale_future *future);

/* Stores a done future's failure as the present context's last error; gives its code. */
int gale__future_report(const gale_future *future);

/* What came of waiting for several. Those that are freed meanwhile count as done with
 * GALE_ECANCELED. */
struct gale__gather {
    bool all;        /* the question: all of them, or any */
    size_t n_wanted; /* still */
    size_t index;    /* any: the first done; all: the first in the list that failed, if one did */
    uint64_t order;  /* of its completion; 0: it was freed */
    int code;        /* its result */
    char text[GALE__ERROR_TEXT];
};

/* Waits, in a coroutine, for all or for any; NULLs in the list are passed over. For any:
 * those done already as well, and there is one that is not. 0 or the interruption. */
int gale__future_gather(struct gale__gather *gather, gale_future *const *futures, size_t n,
                        const char *what);

void gale__futures_run_callbacks(struct gale__sched *sched);

/* Those that nobody freed when the loop goes. */
void gale__futures_free_loose(struct gale__sched *sched);

#endif

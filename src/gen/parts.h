/* parts.h - the scheduler of a loop's coroutines and what one coroutine is made of.
 *
 * Private to src/gen. A coroutine in the pool is one that waits inside its main function
 * for the next start, so that starting costs a switch and some stores. Coroutines are
 * resumed by the loop's stack (caller NULL) or by the coroutine that started them, and
 * suspending returns there; those resumed by the loop's turn may hand over to the next
 * ready one directly, as long as the turn's budget lasts.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_GEN_PARTS_H
#define GALE_GEN_PARTS_H

#include <gale/gen.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/context.h"
#include "base/list.h"
#include "gen/co.h"
#include "gen/sanitize.h"
#include "gen/slab.h"
#include "gen/stack.h"

enum gale__co_state { GALE__CO_POOLED, GALE__CO_RUNNING, GALE__CO_READY, GALE__CO_PARKED };

struct gale__co {
    struct gale__context context; /* first: see co.h */
    uint8_t state;                /* enum gale__co_state */
    bool interruptible : 1;       /* the present wait */
    bool cancelled : 1;
    bool is_task : 1; /* started by gale_spawn: fn.task, and a future unless detached */
    bool used : 1;    /* ran since its deeper stack pages were last given back */
    void *sp;         /* while suspended */
    struct gale__sched *sched;
    struct gale__co *caller; /* who resumed it; NULL: the loop's stack */
    struct gale__co *next;   /* in the ready queue or the pool */
    union {
        void (*start)(void *arg);
        int (*task)(void *arg);
    } fn;
    void *arg;
    const char *name;
    gale_future *future;
    struct gale__scope *scope; /* own_scope, or its starter's */
    struct gale__scope own_scope;
    struct gale__arena own_arena;
    int64_t born_ns;    /* with own_scope: when it was started */
    int64_t deadline;   /* INT64_MAX: none; INT64_MIN: passed */
    gale_timeout timer; /* of the present wait */
    int wake_code;
    struct gale__stack stack;
    struct gale__fiber fiber;
};

/* Warm stacks, most recently used first, and what is known to decide how many to keep. */
struct gale__pool {
    struct gale__co *first;
    size_t n;
    size_t peak, last_peak; /* most coroutines at once in this window and the one before */
    int64_t window_ns;      /* when this one began */
    unsigned n_given;       /* since the last look at the clock */
    gale_timeout timer;     /* while it is large: an idle loop trims it too */
};

struct gale__sched {
    void *loop_sp;                /* of the loop's stack, while a coroutine runs */
    struct gale__co *head, *tail; /* ready */
    size_t n_ready;
    size_t budget, step; /* see sched.c */
    int64_t turn_ns;
    size_t n_live;
    struct gale__pool pool;
    struct gale__slab futures;
    struct gale__slab callbacks;
    uint64_t n_done;          /* futures completed: gives their order */
    struct gale__list done;   /* futures with callbacks to run */
    struct gale__list starts; /* struct gale__start: to be started in the next turn */
    struct gale__slab start_nodes;
    struct gale__list loose; /* futures made outside of a coroutine */
    gale_ioloop *loop;
    bool simulated;
    bool ending;              /* the loop goes away: wait no longer than for the last coroutine */
    struct gale__fiber fiber; /* of the loop's stack */
    struct gale__fiber *left; /* the one the last switch left */
    struct gale__trace *told; /* who is switched to tells its calls here and goes back */
    struct gale__co *asker;   /* to whom */
    struct gale__stacks stacks;
};

struct gale__trace;

/* A coroutine to be started from the next turn. */
struct gale__start {
    struct gale__list link;
    int (*fn)(void *arg);
    void *arg;
    void (*failed)(void *arg, int code); /* no coroutine could be had; NULL: that is logged */
};

/* The scheduler of a loop, made at first use; NULL when out of memory. */
struct gale__sched *gale__sched_of(gale_ioloop *loop);
/* That of the running coroutine, else of the current loop. NULL with a detail stored. */
struct gale__sched *gale__sched_current(void);

/* A coroutine ready to be started; NULL when no stack can be had. */
struct gale__co *gale__pool_take(struct gale__sched *sched);
/* From the dying coroutine itself. */
void gale__pool_give(struct gale__sched *sched, struct gale__co *co);
void gale__pool_drain(struct gale__sched *sched);
/* Calls fn for every coroutine that lives. */
void gale__pool_each_live(struct gale__sched *sched, void (*fn)(struct gale__co *co));
/* A coroutine's main function. */
void gale__co_main(void *co);

/* Runs a coroutine that pool_take gave and that was filled in, until it first suspends. */
void gale__sched_start(struct gale__sched *sched, struct gale__co *co);

/* The calls of a coroutine that waits or is ready: it is switched to, and switches back. */
void gale__sched_trace(struct gale__co *co, struct gale__trace *out);

/* Runs what is ready, and what gets ready meanwhile for a short while. */
void gale__sched_turn(struct gale__sched *sched);

/* GALE_ENOTCOROUTINE with its text. */
int gale__not_coroutine(const char *what);
/* What the wait that begins must return at once, or 0. */
int gale__co_interrupted_slow(struct gale__co *co, const char *what);
static inline int gale__co_interrupted(struct gale__co *co, const char *what)
{
    if (GALE_LIKELY(!co->cancelled && co->deadline == INT64_MAX))
        return 0;
    return gale__co_interrupted_slow(co, what);
}

/* Fills in a coroutine of gale_spawn's kind and runs it. future may be NULL: then a
 * failure is logged. arena: one that it shares, or NULL. */
int gale__co_start_task(struct gale__sched *sched, const char *name, gale_future *future,
                        struct gale__arena *arena, int (*fn)(void *arg), void *arg);
/* Now, for a wait that begins: not the beginning of the turn, which may be long ago. */
int64_t gale__sched_now_ns(const struct gale__sched *sched);

/* Starts fn(arg) so in the next turn; NULL when out of memory. Undo: gale__start_drop. */
struct gale__start *gale__start_later(struct gale__sched *sched, int (*fn)(void *arg), void *arg);
void gale__start_drop(struct gale__sched *sched, struct gale__start *start);

/* Seconds of gale_ioloop_time() in nanoseconds; what is too far away is never. */
static inline int64_t gale__seconds_to_ns(double seconds)
{
    return seconds >= 9e9 ? INT64_MAX : seconds <= -9e9 ? INT64_MIN + 1 : (int64_t)(seconds * 1e9);
}

/* Moves all nodes of from to the empty list to. */
static inline void gale__list_take(struct gale__list *to, struct gale__list *from)
{
    gale__list_init(to);
    if (gale__list_empty(from))
        return;
    *to = *from;
    to->next->prev = to->prev->next = to;
    gale__list_init(from);
}

/* A failure that nobody waits for. */
void gale__log_failure(const char *name, int code, const char *text);

#endif

/* co.h - coroutines for the layers above: scopes, parking and waking.
 *
 * A struct gale__co sits at the top of its own stack, so a fresh coroutine touches one
 * page. It begins with a struct gale__context, and gale__context (base/context.h)
 * points at the running one: that is the only thread-local state a switch changes.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_GEN_CO_H
#define GALE_GEN_CO_H

#include <gale/gen.h>

#include "base/arena.h"
#include "base/context.h"
#include "base/list.h"

struct gale__co;

/* What a coroutine's allocations, deferred calls and children belong to. A request has
 * one that its handler and all it spawns share the arena of. */
struct gale__scope {
    struct gale__arena *arena;  /* where gale_scope_alloc takes from */
    struct gale__list children; /* futures of coroutines and plain ones, not yet freed */
};

/* The running coroutine; NULL on the loop's own stack. */
static inline struct gale__co *gale__co_current(void)
{
    return (struct gale__co *)(void *)gale__context;
}

/* Starts fn(arg) in a pooled coroutine, right away, from a callback or from another
 * coroutine; returns when fn first waits or has returned. No future, no parent: fn's
 * result is dropped (callers that care look after it themselves). scope: whose arena and
 * children it uses; NULL gives it one of its own. name is borrowed, static. -ENOMEM when
 * no stack can be had. This is the hot path of a request. */
int gale__co_start(gale_ioloop *loop, const char *name, struct gale__scope *scope,
                   void (*fn)(void *arg), void *arg);

/* Suspends the current coroutine until gale__co_wake(); gives the code it was woken with,
 * or at once GALE_ECANCELED / GALE_ETIMEDOUT when cancelled or past its deadline. what
 * names the public function for GALE_ENOTCOROUTINE. The caller must be reachable by its
 * waker before, and unreachable after, whatever the code. */
int gale__co_park(const char *what);

/* The same, but neither cancellation nor a deadline ends it: for memory that was lent. */
int gale__co_park_uninterruptible(const char *what);

/* Park at most until when_ns (INT64_MAX: no limit): GALE_ETIMEDOUT then. */
int gale__co_park_until(const char *what, int64_t when_ns);

/* Makes a parked coroutine ready to run with that code. It runs from the loop, not from
 * here. The first wake counts; waking one that is not parked is a bug. */
void gale__co_wake(struct gale__co *co, int code);

/* True between park and the wake. */
bool gale__co_is_parked(const struct gale__co *co);

/* The bytes that are left of the stack; outside of coroutines SIZE_MAX. */
size_t gale__co_stack_left(void);

/* Cancels: the present interruptible wait and every later one gives GALE_ECANCELED. */
void gale__co_cancel(struct gale__co *co);

struct gale__scope *gale__co_scope(struct gale__co *co);
gale_ioloop *gale__co_loop(struct gale__co *co);

/* For signal handlers: whether fault is in the guard of the running coroutine's stack. */
bool gale__co_overflowed(const void *fault);

/* A stack for this thread's signal handlers, unless it has one. 0 or -errno. */
int gale__alternate_stack(void);

/* What a coroutine was started with by gale__co_start(): its argument, when it was fn; else NULL.
 */
void *gale__co_argument(const struct gale__co *co, void (*fn)(void *arg));

/* Who resumed it; NULL: the loop. */
struct gale__co *gale__co_caller(const struct gale__co *co);
const char *gale__co_name(const struct gale__co *co);

/* Scopes for owners of requests. end: cancels the children and, in a coroutine, waits for
 * them (Waits.); the caller resets the arena after. */
void gale__scope_init(struct gale__scope *scope, struct gale__arena *arena);
void gale__scope_end(struct gale__scope *scope);
static inline bool gale__scope_has_children(const struct gale__scope *scope)
{
    return !gale__list_empty(&scope->children);
}

/* A first-in-first-out line of waiting coroutines: what locks, streams and futures are
 * built from. The node lives on the waiter's stack. */
struct gale__waitq {
    struct gale__list waiters;
};
void gale__waitq_init(struct gale__waitq *q);
/* Waits. In line until woken, cancelled or past when_ns; always out of line after. */
int gale__waitq_wait(struct gale__waitq *q, const char *what, int64_t when_ns);
/* Wakes the first (all) with code; gives how many. */
size_t gale__waitq_wake_one(struct gale__waitq *q, int code);
size_t gale__waitq_wake_all(struct gale__waitq *q, int code);

#endif

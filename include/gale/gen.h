/* gen.h - coroutines: straight-line code that waits without holding its thread.
 *
 * A coroutine is started with gale_spawn(), runs at once until it first waits, and ends
 * when its function returns. They are structured: a coroutine's children are cancelled
 * and waited for when it ends, unless detached. Cancelling means that the current and
 * every later wait of the coroutine returns GALE_ECANCELED; no stack is ever torn down
 * under a live frame, so cleanup attributes and C++ destructors are safe.
 *
 * Functions whose comment begins with "Waits." suspend the calling coroutine; outside
 * of one they return GALE_ENOTCOROUTINE naming themselves. All is for the loop's own
 * thread; another thread resolves a future through gale_ioloop_add_callback().
 * Deadlines and times are seconds on the clock of gale_ioloop_time().
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_GEN_H
#define GALE_GEN_H

#include <gale/base.h>
#include <gale/error.h>
#include <gale/ioloop.h>

GALE_BEGIN_DECLS

/* The outcome of something under way: a coroutine, or whatever sets it. Belongs to the
 * scope (coroutine, request) that made it and is freed with it at the latest; made
 * outside of a coroutine it belongs to the loop. */
typedef struct gale_future gale_future;

/* Starts fn(arg) in a coroutine, a child of the present scope, on the current loop. It
 * runs at once, until it first waits. Its future's result is what fn returns. NULL when
 * out of memory (detail in gale_strerror(-ENOMEM)). In a loop that spawns for ever, join
 * or free the futures. arg must outlive the function that spawns unless it joins: a child
 * left to the end of the scope is cancelled only when that function has returned. */
GALE_API GALE_MUST_USE gale_future *gale_spawn(int (*fn)(void *arg), void *arg);

/* The same under a name that overflow reports and live figures show. Borrowed: static. */
GALE_API GALE_MUST_USE gale_future *gale_spawn_named(const char *name, int (*fn)(void *arg),
                                                     void *arg);

/* Waits. Until future is done; gives its result: what the function returned, or the code
 * it was set to, with its detail stored here. May be called again. */
GALE_API int gale_wait(gale_future *future);

/* Waits. As gale_wait, then frees the future and sets *future to NULL. When cancellation or
 * a deadline cuts the wait short, the coroutine behind it is cancelled and waited for, so
 * that nothing it borrowed is in use after. */
GALE_API int gale_join(gale_future **future);

/* Waits. As gale_wait, at most until the clock reaches deadline: then GALE_ETIMEDOUT,
 * and the future goes on (gale_cancel ends it). */
GALE_API int gale_wait_until(gale_future *future, double deadline);

/* Lets the coroutine outlive its scope; the future is freed and *future set to NULL. A
 * failure it returns later is logged. What it allocates from now on is its own; what it
 * had from its scope still ends with that. */
GALE_API void gale_detach(gale_future **future);

/* Frees a future. A coroutine still running behind it is cancelled and goes on until it has
 * returned; its scope still waits for it. NULL is allowed; *future becomes NULL. */
GALE_API void gale_future_free(gale_future **future);

/* Cancels what is behind the future: a coroutine's waits return GALE_ECANCELED; a plain
 * future is done with GALE_ECANCELED. Nothing happens when it is done already. */
GALE_API void gale_cancel(gale_future *future);

/* True when the present coroutine was cancelled: a long computation may ask. */
GALE_API bool gale_is_cancelled(void);

/* A plain future, to be set by whoever finishes the work. NULL when out of memory. */
GALE_API GALE_MUST_USE gale_future *gale_future_new(void);

/* Done with result >= 0 and a value (borrowed by the future). Waiters become ready; they
 * do not run from here. The first setting counts, later ones give GALE_ESTATE. */
GALE_API int gale_future_set_result(gale_future *future, int result, void *value);

/* Done with a failure: code < 0 and its detail. */
GALE_API int gale_future_set_error(gale_future *future, int code, const char *fmt, ...)
    GALE_PRINTF(3, 4);

/* Done, with a result or a failure. */
GALE_API bool gale_future_done(const gale_future *future);

/* The result of a done future (GALE_ESTATE before) and its value (NULL without). */
GALE_API int gale_future_result(const gale_future *future);
GALE_API void *gale_future_value(const gale_future *future);

/* Calls fn(future, arg) on the loop in its next turn when the future is done; at once in
 * the next turn when it is done already. A future freed before takes its callbacks
 * along. -ENOMEM. */
GALE_API GALE_MUST_USE int gale_future_add_done_callback(gale_future *future,
                                                         void (*fn)(gale_future *future, void *arg),
                                                         void *arg);

/* The result of the present coroutine beside its code: what gale_future_value() of its
 * future will be; memory of its own scope ends before. GALE_ENOTCOROUTINE outside of one. */
GALE_API int gale_set_value(void *value);

/* Waits. So many seconds (0 or less: as gale_yield). */
GALE_API int gale_sleep(double seconds);

/* Waits. Lets the other coroutines that are ready run first; descriptors and timers get
 * their turn too. 0 or the cancellation. */
GALE_API int gale_yield(void);

/* Waits. Until fd is ready for events (GALE_READ | GALE_WRITE), or the clock reaches deadline
 * (GALE_FOREVER of <gale/locks.h>, or anything as late, is none): the events that it is ready for,
 * GALE_ERROR among them, or GALE_ETIMEDOUT, GALE_ECANCELED. The way to bring a non-blocking C
 * library into a coroutine: wait for the descriptor it names, then call it. fd stays the caller's;
 * one coroutine at a time for each (-EEXIST); it must not be closed meanwhile. A plain file is
 * always ready; a deadline that has passed asks only whether it is. */
GALE_API GALE_MUST_USE int gale_wait_fd(int fd, int events, double deadline);

/* Runs fn(arg) here and now with a deadline: when it passes, the current and every later
 * wait inside returns GALE_ETIMEDOUT. Nested deadlines: the earliest counts. Coroutines
 * that fn spawns have no part in it. Gives fn's result. Outside a coroutine GALE_ENOTCOROUTINE. */
GALE_API int gale_with_deadline(double deadline, int (*fn)(void *arg), void *arg);

/* The same, seconds from now. */
GALE_API int gale_with_timeout(double seconds, int (*fn)(void *arg), void *arg);

/* Waits. Until all n futures are done; gives 0, or the failure of the first in list
 * order that failed. Does not cancel the others. A future may stand in the list twice;
 * NULLs are passed over; one that is freed meanwhile counts as GALE_ECANCELED. */
GALE_API int gale_multi(gale_future *const *futures, size_t n);

/* Futures as they complete. The list is borrowed until the last gale_wait_next(); an entry
 * whose future is joined or freed between two calls must become NULL, as gale_join() and
 * gale_future_free() make it, and is passed over. */
typedef struct gale_wait_iterator {
    gale_future *const *futures;
    size_t n;
    size_t n_given;
    uint64_t order; /* private: completion order of the last one given */
    size_t last;    /* private */
} gale_wait_iterator;

/* Begins with none given. */
GALE_API void gale_wait_iterator_init(gale_wait_iterator *it, gale_future *const *futures,
                                      size_t n);

/* Waits. The index of the next future done: each index once, in the order of completion.
 * GALE_EEOF when all were given. GALE_ECANCELED when one was freed meanwhile. */
GALE_API int gale_wait_next(gale_wait_iterator *it);

/* Memory of the present scope: lives until the coroutine (for a request's coroutines: the
 * request) has ended. Outside a coroutine NULL. NULL when out of memory. */
GALE_API void *gale_scope_alloc(size_t size);

/* Calls fn(arg) when the present coroutine (for a request's coroutines: the request) ends:
 * last in, first out, also on failure and cancellation. Must not wait. -ENOMEM: fn has been
 * called already; GALE_ENOTCOROUTINE outside of one: fn is not called. */
GALE_API int gale_scope_defer(void (*fn)(void *arg), void *arg);

/* The stack of coroutines started from now on, for the whole process: address space for
 * each, bytes (default 256 KiB, at least 16 KiB; rounded up to pages; only touched pages
 * cost memory). Call it before the first coroutine. GALE_EINVAL, or GALE_ESTATE after.
 * Below a stack lie 64 KiB that nothing may touch, so that overflow is a fault. A single
 * frame larger than that can jump over them, into another coroutine's stack, without one:
 * -fstack-clash-protection in the program's compiler flags prevents it. */
GALE_API int gale_set_stack_size(size_t bytes);

/* Installs a SIGSEGV/SIGBUS handler on an alternate stack for this thread, that names the
 * coroutine whose stack overflowed on standard error and then lets the signal take its
 * earlier course (chains to the handler installed before; default: the process dies).
 * gale_main() calls it. 0 or -errno. */
GALE_API int gale_report_stack_overflow(void);

/* Live figures of the current loop. */
typedef struct gale_gen_stats {
    size_t coroutines; /* started and not ended */
    size_t stacks;     /* mapped, in use or pooled */
    size_t stacks_pooled;
} gale_gen_stats;
GALE_API void gale_gen_get_stats(gale_gen_stats *out);

/* Writes all coroutines of the current loop to a descriptor: of each its name, whether it runs, is
 * ready or waits, and below that the calls it is in, innermost first, with files and lines where
 * debug information is to be had. For looking at a program that hangs: it takes its time. The other
 * one writes them into the log, as warnings; gale_main() does so on SIGQUIT, for all loops of the
 * process. -errno, -ENOMEM. */
GALE_API int gale_dump_coroutines(int fd);
GALE_API void gale_log_coroutines(void);

GALE_END_DECLS

#endif

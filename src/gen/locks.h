/* locks.h - the line of coroutines behind a public lock or queue, and what each waits with.
 *
 * As struct gale__waitq of co.h, for lines that begin as zeroes and whose waiters may be handed
 * something. A waiter counts from the moment it parks until something wakes it: one that its
 * deadline or a cancellation woke is out of the game although its node is still in line, and one
 * that was handed what it waits for has it, whatever comes before it runs.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_GEN_LOCKS_H
#define GALE_GEN_LOCKS_H

#include <gale/locks.h>

#include "gen/co.h"

/* On the waiting coroutine's stack. */
struct gale__waiter {
    struct gale__waiter *next, *prev;
    struct gale__co *co; /* NULL: not in line */
    void *item;          /* what it brings, or is given */
};

/* What a call that waits begins with: GALE_ENOTCOROUTINE, or why the coroutine must not wait now;
 * else 0. */
int gale__waiters_enter(const char *what);

/* Waits. In line until woken, cancelled or past the deadline; always out of it after. One that has
 * passed already: GALE_ETIMEDOUT at once. */
int gale__waiters_wait(gale_waiters *line, struct gale__waiter *waiter, const char *what,
                       double deadline);

/* The first that still waits; NULL: none does. */
struct gale__waiter *gale__waiters_first(gale_waiters *line);

/* Out of line, and ready with that code. */
void gale__waiters_wake(gale_waiters *line, struct gale__waiter *waiter, int code);

/* The first n; gives how many. */
size_t gale__waiters_wake_n(gale_waiters *line, size_t n, int code);

size_t gale__waiters_count(const gale_waiters *line);

#endif

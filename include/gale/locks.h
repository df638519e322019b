/* locks.h - locks between the coroutines of one loop: condition, event, semaphore, lock.
 *
 * All are first in, first out and belong to one loop; what waits can be cancelled or run into its
 * deadline at any moment without taking a turn that another one then misses. A waker never runs
 * the one it wakes: that happens in the loop's next turn. Deadlines are on the clock of
 * gale_ioloop_time(): GALE_FOREVER is none, and one that has passed means "only if it is possible
 * at once"; any other needs a timer, without memory for which the wait gives -ENOMEM. Another
 * thread reaches them through gale_ioloop_add_callback().
 *
 * Values, without allocation: static storage or a struct's member, set to zero (Event, Condition,
 * Lock) or initialised. Nothing is to be freed; who still waits when one ends is the program's
 * mistake. A lock that is held when its coroutine is cancelled is still held: release it on the
 * way out.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_LOCKS_H
#define GALE_LOCKS_H

#include <gale/base.h>
#include <gale/error.h>

GALE_BEGIN_DECLS

/* A deadline that never comes. */
#define GALE_FOREVER (1e300)

/* A line of waiting coroutines. Private. */
typedef struct gale_waiters {
    void *first, *last;
} gale_waiters;

/* --- Condition: wait until somebody says so --- */

typedef struct gale_condition {
    gale_waiters waiters;
} gale_condition;

/* Waits. 0 when notified; GALE_ETIMEDOUT (no notification was used up), GALE_ECANCELED. */
GALE_API GALE_MUST_USE int gale_condition_wait(gale_condition *condition, double deadline);
/* Wakes the first n (all) of those that wait now; gives how many. */
GALE_API size_t gale_condition_notify(gale_condition *condition, size_t n);
GALE_API size_t gale_condition_notify_all(gale_condition *condition);
GALE_API size_t gale_condition_waiters(const gale_condition *condition);

/* --- Event: a flag to wait for --- */

typedef struct gale_event {
    gale_waiters waiters;
    bool is_set;
} gale_event;

/* Whether it is set. */
GALE_API bool gale_event_is_set(const gale_event *event);
/* Wakes all that wait, also when it is cleared at once. */
GALE_API void gale_event_set(gale_event *event);
GALE_API void gale_event_clear(gale_event *event);
/* Waits. 0 at once when it is set. GALE_ETIMEDOUT, GALE_ECANCELED. */
GALE_API GALE_MUST_USE int gale_event_wait(gale_event *event, double deadline);

/* --- Semaphore: so many at a time --- */

typedef struct gale_semaphore {
    gale_waiters waiters;
    int64_t value;
    int64_t bound; /* one more than it may be; 0: may be released above its first value */
} gale_semaphore;

/* value >= 0, else GALE_EINVAL. Bounded: release above it is GALE_ESTATE. */
GALE_API GALE_MUST_USE int gale_semaphore_init(gale_semaphore *semaphore, int64_t value);
GALE_API GALE_MUST_USE int gale_bounded_semaphore_init(gale_semaphore *semaphore, int64_t value);
/* Waits. GALE_ETIMEDOUT, GALE_ECANCELED: nothing was acquired. */
GALE_API GALE_MUST_USE int gale_semaphore_acquire(gale_semaphore *semaphore, double deadline);
/* Never waits; hands over to the first in line. */
GALE_API int gale_semaphore_release(gale_semaphore *semaphore);

/* --- Lock: one at a time --- */

typedef struct gale_lock {
    gale_waiters waiters;
    bool is_locked;
} gale_lock;

/* Waits. As gale_semaphore_acquire. Not recursive: a coroutine that has it waits for itself. */
GALE_API GALE_MUST_USE int gale_lock_acquire(gale_lock *lock, double deadline);
/* GALE_ESTATE when it is not locked. */
GALE_API int gale_lock_release(gale_lock *lock);

/* The state as Tornado shows it: "<gale_lock locked,waiters:2>"; "<gale_semaphore
 * unlocked,value:3>",
 * "<gale_event set>". out gets at most size bytes with the NUL. */
GALE_API void gale_condition_format(const gale_condition *condition, char *out, size_t size);
GALE_API void gale_event_format(const gale_event *event, char *out, size_t size);
GALE_API void gale_semaphore_format(const gale_semaphore *semaphore, char *out, size_t size);
GALE_API void gale_lock_format(const gale_lock *lock, char *out, size_t size);

GALE_END_DECLS

#endif

/* locks.c - condition, event, semaphore and lock: each a line of waiters and its state.
 *
 * What is released while somebody waits goes to the first in line without becoming free between:
 * nobody overtakes, and one that is cancelled after that still has it and gives it back itself.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/locks.h>

#include <inttypes.h>
#include <stdio.h>

#include "gen/locks.h"

/* In line for whatever a waker gives. */
static int wait_in(gale_waiters *line, const char *what, double deadline)
{
    struct gale__waiter waiter = { 0 };

    return gale__waiters_wait(line, &waiter, what, deadline);
}

int gale_condition_wait(gale_condition *condition, double deadline)
{
    int r = gale__waiters_enter("gale_condition_wait");

    return r < 0 ? r : wait_in(&condition->waiters, "gale_condition_wait", deadline);
}

size_t gale_condition_notify(gale_condition *condition, size_t n)
{
    return gale__waiters_wake_n(&condition->waiters, n, 0);
}

size_t gale_condition_notify_all(gale_condition *condition)
{
    return gale_condition_notify(condition, SIZE_MAX);
}

size_t gale_condition_waiters(const gale_condition *condition)
{
    return gale__waiters_count(&condition->waiters);
}

bool gale_event_is_set(const gale_event *event)
{
    return event->is_set;
}

void gale_event_set(gale_event *event)
{
    event->is_set = true;
    gale__waiters_wake_n(&event->waiters, SIZE_MAX, 0);
}

void gale_event_clear(gale_event *event)
{
    event->is_set = false;
}

int gale_event_wait(gale_event *event, double deadline)
{
    int r = gale__waiters_enter("gale_event_wait");

    if (r < 0 || event->is_set)
        return r;
    return wait_in(&event->waiters, "gale_event_wait", deadline);
}

static int semaphore_init(gale_semaphore *semaphore, int64_t value, int64_t bound)
{
    if (value < 0)
        return gale_err(GALE_EINVAL, "a semaphore of %" PRId64, value);
    *semaphore = (gale_semaphore){ .value = value, .bound = bound };
    return 0;
}

int gale_semaphore_init(gale_semaphore *semaphore, int64_t value)
{
    return semaphore_init(semaphore, value, 0);
}

int gale_bounded_semaphore_init(gale_semaphore *semaphore, int64_t value)
{
    return semaphore_init(semaphore, value, value < INT64_MAX ? value + 1 : value);
}

int gale_semaphore_acquire(gale_semaphore *semaphore, double deadline)
{
    int r = gale__waiters_enter("gale_semaphore_acquire");

    if (r < 0)
        return r;
    if (semaphore->value == 0)
        return wait_in(&semaphore->waiters, "gale_semaphore_acquire", deadline);
    semaphore->value--;
    return 0;
}

int gale_semaphore_release(gale_semaphore *semaphore)
{
    int64_t most = semaphore->bound ? semaphore->bound - 1 : INT64_MAX;

    if (gale__waiters_wake_n(&semaphore->waiters, 1, 0))
        return 0;
    if (semaphore->value >= most)
        return gale_err(GALE_ESTATE, "the semaphore was released more often than acquired");
    semaphore->value++;
    return 0;
}

int gale_lock_acquire(gale_lock *lock, double deadline)
{
    int r = gale__waiters_enter("gale_lock_acquire");

    if (r < 0)
        return r;
    if (lock->is_locked)
        return wait_in(&lock->waiters, "gale_lock_acquire", deadline);
    lock->is_locked = true;
    return 0;
}

int gale_lock_release(gale_lock *lock)
{
    if (!lock->is_locked)
        return gale_err(GALE_ESTATE, "the lock is not locked");
    lock->is_locked = gale__waiters_wake_n(&lock->waiters, 1, 0) == 1;
    return 0;
}

/* "<gale_lock locked,waiters:2>"; extra and the waiters only when there are any. */
static void format(const char *name, const char *extra, const gale_waiters *line, char *out,
                   size_t size)
{
    size_t n = gale__waiters_count(line);

    if (n)
        snprintf(out, size, "<%s %s%swaiters:%zu>", name, extra, *extra ? "," : "", n);
    else
        snprintf(out, size, "<%s%s%s>", name, *extra ? " " : "", extra);
}

void gale_condition_format(const gale_condition *condition, char *out, size_t size)
{
    format("gale_condition", "", &condition->waiters, out, size);
}

void gale_event_format(const gale_event *event, char *out, size_t size)
{
    format("gale_event", event->is_set ? "set" : "clear", &event->waiters, out, size);
}

void gale_semaphore_format(const gale_semaphore *semaphore, char *out, size_t size)
{
    char state[48] = "locked";

    if (semaphore->value)
        snprintf(state, sizeof(state), "unlocked,value:%" PRId64, semaphore->value);
    format("gale_semaphore", state, &semaphore->waiters, out, size);
}

void gale_lock_format(const gale_lock *lock, char *out, size_t size)
{
    format("gale_lock", lock->is_locked ? "locked" : "unlocked", &lock->waiters, out, size);
}

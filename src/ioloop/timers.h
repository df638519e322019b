/* timers.h - a 4-ary heap of timeouts.
 *
 * The heap holds {deadline, order, slot}, four to a cache line; the slot holds the
 * function. A timeout's value is the slot with the number of the arming in its high
 * half, so a stale one is recognised. Equal deadlines fire in the order of arming.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_IOLOOP_TIMERS_H
#define GALE_IOLOOP_TIMERS_H

#include <gale/ioloop.h>

struct gale__timer_entry {
    int64_t when;
    uint32_t order;
    uint32_t slot;
};

struct gale__timer_slot {
    void (*fn)(void *arg);
    void *arg;
    uint32_t number; /* of the arming, with the bit GALE__TIMER_INNER; 0: the slot is free */
    uint32_t place;  /* in the heap; of a free slot: the next free one */
};

struct gale__timers {
    struct gale__timer_entry *heap;
    struct gale__timer_slot *slots;
    uint32_t n, n_slots, cap;
    uint32_t free_slot;
    uint32_t order, number;
    int64_t earliest; /* while firing: nothing may be armed before this */
    bool closed;      /* the program's are dropped when due */
};

/* Marks a timer that the library itself set, and not the program. */
#define GALE__TIMER_INNER UINT32_C(0x80000000)

void gale__timers_init(struct gale__timers *t);
void gale__timers_deinit(struct gale__timers *t);

/* kind: GALE__TIMER_INNER or 0. 0: out of memory. */
gale_timeout gale__timers_arm(struct gale__timers *t, int64_t when, uint32_t kind,
                              void (*fn)(void *arg), void *arg);
void gale__timers_remove(struct gale__timers *t, gale_timeout timeout);

/* Calls all that are due at now; those armed meanwhile wait for the next time. */
void gale__timers_fire(struct gale__timers *t, int64_t now);

/* INT64_MAX: none is armed. */
static inline int64_t gale__timers_next(const struct gale__timers *t)
{
    return t->n ? t->heap[0].when : INT64_MAX;
}

#endif

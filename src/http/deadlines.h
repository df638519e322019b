/* deadlines.h - a coarse wheel of connection deadlines.
 *
 * An idle connection has no timer of its own: it hangs in one of 64 slots and is looked at
 * when its slot comes round. Setting a deadline is a store; a connection moves only when the
 * new deadline comes before the slot it hangs in. Deadlines are kept to within a tick, late
 * rather than early. The ticking stops with the last connection.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_HTTP_DEADLINES_H
#define GALE_HTTP_DEADLINES_H

#include <stdbool.h>
#include <stdint.h>

#include <gale/ioloop.h>

#include "base/list.h"

enum { GALE__WHEEL_SLOTS = 64 };
#define GALE__NEVER UINT32_MAX

struct gale__deadline {
    struct gale__list link;
    uint32_t due;  /* tick, or GALE__NEVER */
    uint32_t slot; /* the tick at which it is looked at */
};

struct gale__wheel {
    struct gale__list slots[GALE__WHEEL_SLOTS];
    gale_ioloop *loop;
    gale_timeout timer;
    int64_t base_ns, tick_ns;
    uint32_t now; /* the present tick */
    uint32_t n;
    void (*expired)(struct gale__deadline *d);
};

void gale__wheel_init(struct gale__wheel *w, gale_ioloop *loop, double tick,
                      void (*expired)(struct gale__deadline *d));

/* Stops ticking; what hangs in it is left alone. */
void gale__wheel_deinit(struct gale__wheel *w);

/* In and out. 0 or -ENOMEM (no timer). */
int gale__wheel_add(struct gale__wheel *w, struct gale__deadline *d);
void gale__wheel_remove(struct gale__wheel *w, struct gale__deadline *d);

void gale__wheel_move(struct gale__wheel *w, struct gale__deadline *d);

/* ticks from now; GALE__NEVER: none. */
static inline void gale__deadline_set(struct gale__wheel *w, struct gale__deadline *d,
                                      uint32_t ticks)
{
    d->due = ticks == GALE__NEVER ? GALE__NEVER : w->now + ticks;
    if (d->due < d->slot)
        gale__wheel_move(w, d);
}

/* Seconds as ticks, rounded up, one more since the present tick has begun; <= 0: GALE__NEVER. */
uint32_t gale__wheel_ticks(const struct gale__wheel *w, double seconds);

/* Calls fn for each; fn may remove the one it is given. */
void gale__wheel_each(struct gale__wheel *w, void (*fn)(struct gale__deadline *d));

#endif

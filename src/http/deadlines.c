/* deadlines.c - the wheel of connection deadlines. See deadlines.h. */
/* SPDX-License-Identifier: MIT */
#include "http/deadlines.h"

#include <errno.h>

#include "base/clock.h"
#include "ioloop/io.h"

void gale__wheel_init(struct gale__wheel *w, gale_ioloop *loop, double tick,
                      void (*expired)(struct gale__deadline *d))
{
    for (int i = 0; i < GALE__WHEEL_SLOTS; i++)
        gale__list_init(&w->slots[i]);
    w->loop = loop;
    w->timer = 0;
    w->tick_ns = (int64_t)(tick * 1e9);
    w->base_ns = gale__ioloop_now_ns(loop);
    w->now = 1;
    w->n = 0;
    w->expired = expired;
}

void gale__wheel_deinit(struct gale__wheel *w)
{
    gale_ioloop_remove_timeout(w->loop, w->timer);
    w->timer = 0;
}

/* At most a whole turn ahead: further deadlines are looked at again then. */
static void hang(struct gale__wheel *w, struct gale__deadline *d)
{
    uint32_t ahead = d->due > w->now ? d->due - w->now : 1;

    if (ahead > GALE__WHEEL_SLOTS - 1)
        ahead = GALE__WHEEL_SLOTS - 1;
    d->slot = w->now + ahead;
    gale__list_append(&w->slots[d->slot % GALE__WHEEL_SLOTS], &d->link);
}

void gale__wheel_move(struct gale__wheel *w, struct gale__deadline *d)
{
    gale__list_remove(&d->link);
    hang(w, d);
}

static void run_slot(struct gale__wheel *w)
{
    struct gale__list *slot = &w->slots[w->now % GALE__WHEEL_SLOTS];
    struct gale__list due, *node;

    /* Taken off first: those that hang again, or are made meanwhile, must not be seen twice. */
    gale__list_init(&due);
    while ((node = gale__list_first(slot))) {
        gale__list_remove(node);
        gale__list_append(&due, node);
    }
    while ((node = gale__list_first(&due))) {
        struct gale__deadline *d = (struct gale__deadline *)(void *)node;
        bool past = d->due <= w->now;

        if (past)
            d->due = GALE__NEVER;
        gale__list_remove(node);
        hang(w, d);
        if (past)
            w->expired(d);
    }
}

static int arm(struct gale__wheel *w);

static void tick(void *arg)
{
    struct gale__wheel *w = arg;
    uint32_t target = 1 + (uint32_t)((gale__ioloop_now_ns(w->loop) - w->base_ns) / w->tick_ns);
    gale_timeout mine = w->timer;

    while (w->now < target && w->timer == mine) {
        w->now++;
        run_slot(w);
    }
    if (w->timer != mine) /* deinit from inside */
        return;
    w->timer = 0;
    if (w->n)
        (void)arm(w);
}

static int arm(struct gale__wheel *w)
{
    int64_t next = w->base_ns + (int64_t)w->now * w->tick_ns;

    w->timer = gale__ioloop_timer(w->loop, next, tick, w);
    return w->timer ? 0 : -ENOMEM;
}

int gale__wheel_add(struct gale__wheel *w, struct gale__deadline *d)
{
    if (!w->timer) { /* it rested: the present tick is old */
        w->now = 1 + (uint32_t)((gale__ioloop_now_ns(w->loop) - w->base_ns) / w->tick_ns);
        if (arm(w) < 0)
            return -ENOMEM;
    }
    w->n++;
    d->due = GALE__NEVER;
    hang(w, d);
    return 0;
}

void gale__wheel_remove(struct gale__wheel *w, struct gale__deadline *d)
{
    if (!gale__list_linked(&d->link))
        return;
    gale__list_remove(&d->link);
    w->n--;
}

uint32_t gale__wheel_ticks(const struct gale__wheel *w, double seconds)
{
    double ticks = seconds * 1e9 / (double)w->tick_ns;

    if (seconds <= 0 || ticks > 1e9)
        return GALE__NEVER;
    return (uint32_t)ticks + 1 + ((double)(uint32_t)ticks < ticks);
}

void gale__wheel_each(struct gale__wheel *w, void (*fn)(struct gale__deadline *d))
{
    for (int i = 0; i < GALE__WHEEL_SLOTS; i++) {
        struct gale__list *node = w->slots[i].next, *next;

        for (; node != &w->slots[i]; node = next) {
            next = node->next;
            fn((struct gale__deadline *)(void *)node);
        }
    }
}

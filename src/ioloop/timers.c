/* timers.c - a 4-ary heap of timeouts. See timers.h. */
/* SPDX-License-Identifier: MIT */
#include "ioloop/timers.h"

#include "base/alloc.h"

enum { FIRST_CAP = 64, KEEP_CAP = 4096, NO_SLOT = UINT32_MAX };

static bool before(const struct gale__timer_entry *a, const struct gale__timer_entry *b)
{
    if (a->when != b->when)
        return a->when < b->when;
    return (int32_t)(a->order - b->order) < 0;
}

static void place(struct gale__timers *t, uint32_t i, struct gale__timer_entry e)
{
    t->heap[i] = e;
    t->slots[e.slot].place = i;
}

static void sift_up(struct gale__timers *t, uint32_t i, struct gale__timer_entry e)
{
    while (i > 0) {
        uint32_t parent = (i - 1) / 4;

        if (!before(&e, &t->heap[parent]))
            break;
        place(t, i, t->heap[parent]);
        i = parent;
    }
    place(t, i, e);
}

/* The earliest of the children that begin at first. */
static uint32_t best_child(const struct gale__timers *t, uint32_t first)
{
    uint32_t end = t->n - first < 4 ? t->n : first + 4;
    uint32_t best = first;

    for (uint32_t c = first + 1; c < end; c++)
        if (before(&t->heap[c], &t->heap[best]))
            best = c;
    return best;
}

static void sift_down(struct gale__timers *t, uint32_t i, struct gale__timer_entry e)
{
    for (;;) {
        uint64_t first = (uint64_t)i * 4 + 1;

        if (first >= t->n)
            break;
        uint32_t child = best_child(t, (uint32_t)first);

        if (!before(&t->heap[child], &e))
            break;
        place(t, i, t->heap[child]);
        i = child;
    }
    place(t, i, e);
}

/* After a burst the memory goes back; numbers go on, so old values stay stale. */
static void shrink(struct gale__timers *t)
{
    if (t->n || t->cap <= KEEP_CAP)
        return;
    gale__free(t->heap);
    gale__free(t->slots);
    t->heap = NULL;
    t->slots = NULL;
    t->cap = t->n_slots = 0;
    t->free_slot = NO_SLOT;
}

static bool grow(struct gale__timers *t)
{
    if (t->cap > UINT32_MAX / 4)
        return false;
    uint32_t cap = t->cap ? t->cap * 2 : FIRST_CAP;
    struct gale__timer_entry *heap = gale__realloc(t->heap, cap * sizeof(*heap));

    if (!heap)
        return false;
    t->heap = heap;
    struct gale__timer_slot *slots = gale__realloc(t->slots, cap * sizeof(*slots));

    if (!slots)
        return false;
    t->slots = slots;
    t->cap = cap;
    return true;
}

static uint32_t take_slot(struct gale__timers *t)
{
    uint32_t slot = t->free_slot;

    if (slot == NO_SLOT)
        return t->n_slots++;
    t->free_slot = t->slots[slot].place;
    return slot;
}

static void give_slot(struct gale__timers *t, uint32_t slot)
{
    t->slots[slot].number = 0;
    t->slots[slot].place = t->free_slot;
    t->free_slot = slot;
}

/* Takes the entry at place i out of the heap. */
static void take_out(struct gale__timers *t, uint32_t i)
{
    struct gale__timer_entry last = t->heap[--t->n];

    if (i == t->n)
        return;
    if (i > 0 && before(&last, &t->heap[(i - 1) / 4]))
        sift_up(t, i, last);
    else
        sift_down(t, i, last);
}

void gale__timers_init(struct gale__timers *t)
{
    *t = (struct gale__timers){ .free_slot = NO_SLOT, .earliest = INT64_MIN };
}

void gale__timers_deinit(struct gale__timers *t)
{
    gale__free(t->heap);
    gale__free(t->slots);
    gale__timers_init(t);
}

gale_timeout gale__timers_arm(struct gale__timers *t, int64_t when, uint32_t kind,
                              void (*fn)(void *arg), void *arg)
{
    if (t->n == t->cap && !grow(t))
        return 0;
    uint32_t slot = take_slot(t);

    if (++t->number == GALE__TIMER_INNER)
        t->number = 1;
    uint32_t number = t->number | kind;

    t->slots[slot] = (struct gale__timer_slot){ .fn = fn, .arg = arg, .number = number };
    if (when < t->earliest)
        when = t->earliest;
    sift_up(t, t->n++, (struct gale__timer_entry){ when, t->order++, slot });
    return (uint64_t)number << 32 | slot;
}

void gale__timers_remove(struct gale__timers *t, gale_timeout timeout)
{
    uint32_t slot = (uint32_t)timeout;
    uint32_t number = (uint32_t)(timeout >> 32);

    if (number == 0 || slot >= t->n_slots || t->slots[slot].number != number)
        return;
    take_out(t, t->slots[slot].place);
    give_slot(t, slot);
    shrink(t);
}

void gale__timers_fire(struct gale__timers *t, int64_t now)
{
    t->earliest = now < INT64_MAX ? now + 1 : now;
    while (t->n && t->heap[0].when <= now) {
        uint32_t slot = t->heap[0].slot;
        struct gale__timer_slot fired = t->slots[slot];

        take_out(t, 0);
        give_slot(t, slot);
        if (GALE_LIKELY(!t->closed || (fired.number & GALE__TIMER_INNER)))
            fired.fn(fired.arg);
    }
    t->earliest = INT64_MIN;
    shrink(t);
}

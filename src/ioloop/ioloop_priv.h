/* ioloop_priv.h - the loop itself, for the files of src/ioloop only. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_IOLOOP_IOLOOP_PRIV_H
#define GALE_IOLOOP_IOLOOP_PRIV_H

#include "base/alloc.h"
#include "base/clock.h"
#include "ioloop/backend.h"
#include "ioloop/callbacks.h"
#include "ioloop/executor.h"
#include "ioloop/timers.h"

struct gale__handler;

struct gale_ioloop {
    const struct gale__backend *backend;
    void *backend_state;
    int64_t now_ns, polled_ns; /* polled: at the last look at the kernel */
    bool virtual_clock;        /* only the backend moves now_ns */
    bool sends_at_once;
    bool stopping;
    bool ending;        /* gale__ioloop_end() */
    uint8_t n_unpolled; /* turns since the last look at the kernel */

    /* The io queue of backend.h: linked through backend_data, which is NULL at the end. */
    struct gale__io *queue_first, *queue_last;
    size_t n_open, n_closing;

    struct gale__list tasks;
    struct gale__list owned;
    struct gale__timers timers;
    struct gale__ioloop_gen gen;
    void *slots[GALE__N_SLOTS];
    struct gale__callbacks callbacks;
    struct gale__executor executor;
    struct gale__handler **handlers; /* by descriptor */
    int n_handlers;
    struct gale__busy *busy;      /* gale__ioloop_tell_busy(); NULL: nobody asks */
    _Atomic(const void *) runner; /* the thread that runs this loop, NULL: none */
};

/* The io has something to do at the next turn. Once is enough. */
void gale__ioloop_queue(struct gale__io *io);

/* A turn is over at this time; another begins then, or (next 0) none (loop.c). */
void gale__ioloop_note_busy(struct gale__busy *busy, int64_t now_ns, int64_t next_ns);

/* Renews now_ns. */
static inline void gale__ioloop_tick(gale_ioloop *loop)
{
    if (loop->virtual_clock)
        return;
    loop->now_ns = gale__clock_ns();
    if (GALE_UNLIKELY(loop->busy != NULL))
        gale__ioloop_note_busy(loop->busy, loop->now_ns, loop->now_ns);
}

/* It waits, or does not run. */
static inline void gale__ioloop_idle(gale_ioloop *loop)
{
    if (GALE_UNLIKELY(loop->busy != NULL))
        gale__ioloop_note_busy(loop->busy, gale__clock_ns(), 0);
}

/* Removes all handlers and frees the table (handlers.c). */
void gale__handlers_free(gale_ioloop *loop);

#endif

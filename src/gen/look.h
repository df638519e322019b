/* look.h - what the coroutines of a loop do just now: for who shows it. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_GEN_LOOK_H
#define GALE_GEN_LOOK_H

#include "base/symbols.h"
#include "base/trace.h"
#include "gen/co.h"

struct gale__co_look {
    const struct gale__co *co;
    const char *name;
    const char *state;               /* "waits", "ready", "runs" */
    int64_t born_ns;                 /* 0: as old as the request that it answers */
    const struct gale__trace *trace; /* its calls; none when too near the end of its stack */
    bool has_room;                   /* false: that is why */
};

/* Calls fn for each coroutine of the current loop, itself included; fn must not wait. How many
 * there are, or a failure. */
int gale__co_each(void (*fn)(void *arg, const struct gale__co_look *look), void *arg) GALE_MUST_USE;

/* What those calls are, without the scheduler's own; the innermost first. */
size_t gale__co_frames(struct gale__symbols *symbols, const struct gale__trace *trace,
                       struct gale__frame *out, size_t max);

struct gale__co_figures {
    size_t n_live, n_ready;
    size_t n_pooled;    /* stacks that wait for the next coroutine */
    size_t stack_bytes; /* of each, of which only what was used takes memory */
};

/* Of a loop; all 0 when it never had a coroutine. */
void gale__co_figures(gale_ioloop *loop, struct gale__co_figures *out);

#endif

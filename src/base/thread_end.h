/* thread_end.h - what a thread keeps for itself (pools, buffers) goes when the thread ends, and
 * when the process does. The nodes are their users', thread-local; nothing is allocated. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BASE_THREAD_END_H
#define GALE_BASE_THREAD_END_H

#include <stdbool.h>

#include "base/alloc.h"

#include "base/alloc.h"

struct gale__thread_end {
    struct gale__thread_end *next;
    void (*fn)(void); /* NULL: not asked for */
};

bool gale__thread_end_add(struct gale__thread_end *node, void (*fn)(void));

/* Has fn called on this thread when it ends, or when it calls exit(); what was asked for last
 * comes first. Costs nothing when it was asked for before; once called, it may be asked for
 * again. False when the system has no room: what the thread keeps would be lost with it. */
static inline bool gale__at_thread_end(struct gale__thread_end *node, void (*fn)(void))
{
    return GALE_LIKELY(node->fn != NULL) || gale__thread_end_add(node, fn);
}

#endif

/* arena.h - bump allocation for one scope, with deferred calls; freed as a whole.
 *
 * Blocks come from a small pool of the thread, so a request in steady state takes
 * and gives back one warm block and never calls malloc. Memory of an arena lives
 * until gale__arena_reset(); there is no free of a single object. Not thread-safe.
 * Built with GALE_ARENA_MALLOC every allocation is a heap object of its own, so
 * that AddressSanitizer sees each overflow.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BASE_ARENA_H
#define GALE_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>
#include <gale/base.h>

enum { GALE__ARENA_BLOCK = 2048 }; /* bytes of a pooled block, its header included */

struct gale__arena_block;
struct gale__arena_defer;

struct gale__arena {
    char *next;                       /* first free byte, 16-byte aligned */
    char *end;                        /* end of the current block */
    struct gale__arena_block *blocks; /* newest first; pooled and big ones */
    struct gale__arena_defer *defers; /* newest first */
};

static inline void gale__arena_init(struct gale__arena *a)
{
    *a = (struct gale__arena){ 0 };
}

/* An object of size bytes (at most 1 KiB, not zeroed) in a new arena that is part of the object
 * itself, at that offset: for what lives as long as its own memory. NULL when out of memory. */
void *gale__arena_new_within(size_t size, size_t offset);

void *gale__arena_alloc_slow(struct gale__arena *a, size_t size);

/* size bytes, 16-byte aligned, not zeroed. NULL when out of memory. */
static inline void *gale__arena_alloc(struct gale__arena *a, size_t size)
{
    size += !size; /* an object of no bytes is one too: NULL means out of memory */
#ifndef GALE_ARENA_MALLOC
    size_t room = (size_t)(a->end - a->next);

    if (size <= room && size < (SIZE_MAX >> 1)) {
        size_t step = (size + 15) & ~(size_t)15;
        void *p = a->next;

        a->next += step <= room ? step : room;
        return p;
    }
#endif
    return gale__arena_alloc_slow(a, size);
}

/* As above, zeroed. */
void *gale__arena_zalloc(struct gale__arena *a, size_t size);

/* A copy with a NUL after it. NULL when out of memory. */
char *gale__arena_strndup(struct gale__arena *a, const char *s, size_t len);

/* printf into the arena; NULL when out of memory. */
char *gale__arena_printf(struct gale__arena *a, const char *fmt, ...) GALE_PRINTF(2, 3);

/* fn(arg) is called at reset, last in first out. -ENOMEM when it could not be kept
 * (fn is then not called). */
int gale__arena_defer(struct gale__arena *a, void (*fn)(void *), void *arg) GALE_MUST_USE;

/* The same, after all other deferred calls. */
int gale__arena_defer_last(struct gale__arena *a, void (*fn)(void *), void *arg) GALE_MUST_USE;

/* Runs the deferred calls; the memory stays. */
void gale__arena_run_defers(struct gale__arena *a);

/* Runs the deferred calls and gives all memory back. The arena is empty and usable. */
void gale__arena_reset(struct gale__arena *a);

/* Frees the thread's pool of blocks (at the end of a thread's last loop). */
void gale__arena_pool_free(void);

#endif

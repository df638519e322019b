/* chunk.h - pieces of buffer memory that streams borrow from their thread's pool.
 *
 * A chunk of the usual size goes back to the pool, last in, first out, so that the next
 * one taken is warm in the cache; others go back to the heap. The pool lives as long as
 * the thread has streams or listeners (its users), so that nothing remains after them.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_NET_CHUNK_H
#define GALE_NET_CHUNK_H

#include <stddef.h>
#include <stdint.h>

struct gale__chunk {
    struct gale__chunk *next;
    struct gale__chunk *tail;  /* the chain's last; kept in its first only */
    uint32_t start, end, size; /* live bytes are data[start..end) */
    char data[];
};

enum {
    GALE__CHUNK_BYTES = 16384, /* of a pooled chunk, with its header */
    GALE__CHUNK_ROOM = GALE__CHUNK_BYTES - (int)offsetof(struct gale__chunk, data),
};

/* An empty chunk with room for at least n bytes; NULL when out of memory. */
struct gale__chunk *gale__chunk_get(size_t n);
void gale__chunk_put(struct gale__chunk *c);

/* One user more, one less. */
void gale__chunk_pool_enter(void);
void gale__chunk_pool_leave(void);

static inline size_t gale__chunk_live(const struct gale__chunk *c)
{
    return c->end - c->start;
}

#endif

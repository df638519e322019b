/* chunk.c - the thread's pool of chunks. */
/* SPDX-License-Identifier: MIT */
#include "net/chunk.h"

#include <stdbool.h>

#include "base/alloc.h"
#include "base/thread_end.h"

/* 2 MiB at most rest in a pool. */
enum { POOL_MAX = 128 };

struct pool {
    struct gale__chunk *first;
    unsigned n_free, n_users;
};

/* Streams never leave their loop's thread, so a pool needs no lock. */
static _Thread_local struct pool pool;

/* For threads that end before the loop they ran is freed elsewhere. */
static _Thread_local struct gale__thread_end pool_end;

static void empty_pool(struct pool *p)
{
    while (p->first) {
        struct gale__chunk *c = p->first;

        p->first = c->next;
        gale__free(c);
    }
    p->n_free = 0;
}

static void end_thread(void)
{
    empty_pool(&pool);
    pool.n_users = 0;
}

void gale__chunk_pool_enter(void)
{
    if (pool.n_users++ == 0)
        (void)gale__at_thread_end(&pool_end, end_thread);
}

void gale__chunk_pool_leave(void)
{
    /* A stream closed on another thread than its own (its loop was handed over) is no
     * user of that thread's pool. */
    if (pool.n_users > 0 && --pool.n_users == 0)
        empty_pool(&pool);
}

struct gale__chunk *gale__chunk_get(size_t n)
{
    struct gale__chunk *c = pool.first;

    if (n > UINT32_MAX - GALE__CHUNK_BYTES)
        return NULL;
    if (GALE_LIKELY(c && n <= GALE__CHUNK_ROOM)) {
        pool.first = c->next;
        pool.n_free--;
    } else {
        size_t size = n <= GALE__CHUNK_ROOM ? GALE__CHUNK_ROOM : n;

        c = gale__malloc(offsetof(struct gale__chunk, data) + size);
        if (!c)
            return NULL;
        c->size = (uint32_t)size;
    }
    c->next = NULL;
    c->tail = c;
    c->start = c->end = 0;
    return c;
}

void gale__chunk_put(struct gale__chunk *c)
{
    if (c->size != GALE__CHUNK_ROOM || pool.n_users == 0 || pool.n_free == POOL_MAX) {
        gale__free(c);
        return;
    }
    c->next = pool.first;
    pool.first = c;
    pool.n_free++;
}

/* arena.c - blocks and deferred calls of an arena. See arena.h. */
/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/context.h"
#include "base/thread_end.h"

struct gale__arena_block {
    struct gale__arena_block *next;
    size_t size; /* GALE__ARENA_BLOCK: goes back to the pool */
    _Alignas(16) char data[];
};

struct gale__arena_defer {
    struct gale__arena_defer *next;
    void (*fn)(void *);
    void *arg;
};

/* At most this many blocks wait in a thread's pool; more go back to the heap. */
enum { POOL_MAX = 256 };

static GALE__TLS struct gale__arena_block *pool;
static GALE__TLS unsigned pool_count;
static GALE__TLS struct gale__thread_end pool_end;

static struct gale__arena_block *take_block(size_t size)
{
    struct gale__arena_block *block;

    if (size == GALE__ARENA_BLOCK && pool) {
        block = pool;
        pool = block->next;
        pool_count--;
        return block;
    }
    block = gale__malloc(size);
    if (block)
        block->size = size;
    return block;
}

static void give_block(struct gale__arena_block *block)
{
    if (block->size != GALE__ARENA_BLOCK || pool_count == POOL_MAX ||
        !gale__at_thread_end(&pool_end, gale__arena_pool_free)) {
        gale__free(block);
        return;
    }
    block->next = pool;
    pool = block;
    pool_count++;
}

void gale__arena_pool_free(void)
{
    while (pool) {
        struct gale__arena_block *block = pool;

        pool = block->next;
        gale__free(block);
    }
    pool_count = 0;
}

/* A block of its own for a big object; it goes behind the current one, whose rest
 * stays in use. */
static void *alloc_big(struct gale__arena *a, size_t size)
{
    struct gale__arena_block *block = take_block(sizeof(*block) + size);

    if (!block)
        return NULL;
    if (a->blocks) {
        block->next = a->blocks->next;
        a->blocks->next = block;
    } else {
        block->next = NULL;
        a->blocks = block;
        a->next = a->end = block->data + size;
    }
    return block->data;
}

void *gale__arena_alloc_slow(struct gale__arena *a, size_t size)
{
    struct gale__arena_block *block;
    size_t step = (size + 15) & ~(size_t)15;

    if (size > SIZE_MAX / 2)
        return NULL;
#ifdef GALE_ARENA_MALLOC
    return alloc_big(a, size); /* exact, so that the next byte is out of bounds */
#endif
    if (step > (GALE__ARENA_BLOCK - sizeof(*block)) / 2)
        return alloc_big(a, step);
    block = take_block(GALE__ARENA_BLOCK);
    if (!block)
        return NULL;
    block->next = a->blocks;
    a->blocks = block;
    a->next = block->data + step;
    a->end = (char *)block + GALE__ARENA_BLOCK;
    return block->data;
}

void *gale__arena_new_within(size_t size, size_t offset)
{
    size_t step = (size + 15) & ~(size_t)15;
    struct gale__arena_block *block;
    struct gale__arena *a;

    GALE_ASSERT(step <= 1024);
#ifdef GALE_ARENA_MALLOC
    block = take_block(sizeof(*block) + size);
#else
    block = take_block(GALE__ARENA_BLOCK);
#endif
    if (!block)
        return NULL;
    block->next = NULL;
    a = (struct gale__arena *)(void *)(block->data + offset);
    a->next = block->data + step;
    a->end = (char *)block + block->size;
    a->blocks = block;
    a->defers = NULL;
    return block->data;
}

void *gale__arena_zalloc(struct gale__arena *a, size_t size)
{
    void *p = gale__arena_alloc(a, size);

    if (p)
        memset(p, 0, size);
    return p;
}

char *gale__arena_strndup(struct gale__arena *a, const char *s, size_t len)
{
    char *copy = len < SIZE_MAX / 2 ? gale__arena_alloc(a, len + 1) : NULL;

    if (!copy)
        return NULL;
    if (len)
        memcpy(copy, s, len);
    copy[len] = 0;
    return copy;
}

char *gale__arena_printf(struct gale__arena *a, const char *fmt, ...)
{
    va_list ap, again;
    int len;
    char *text;

    va_start(ap, fmt);
    va_copy(again, ap);
    len = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    text = len < 0 ? NULL : gale__arena_alloc(a, (size_t)len + 1);
    if (text)
        vsnprintf(text, (size_t)len + 1, fmt, again);
    va_end(again);
    return text;
}

int gale__arena_defer(struct gale__arena *a, void (*fn)(void *), void *arg)
{
    struct gale__arena_defer *d = gale__arena_alloc(a, sizeof(*d));

    if (!d)
        return -ENOMEM;
    *d = (struct gale__arena_defer){ a->defers, fn, arg };
    a->defers = d;
    return 0;
}

int gale__arena_defer_last(struct gale__arena *a, void (*fn)(void *), void *arg)
{
    struct gale__arena_defer *d = gale__arena_alloc(a, sizeof(*d)), **end = &a->defers;

    if (!d)
        return -ENOMEM;
    *d = (struct gale__arena_defer){ NULL, fn, arg };
    while (*end)
        end = &(*end)->next;
    *end = d;
    return 0;
}

void gale__arena_run_defers(struct gale__arena *a)
{
    while (a->defers) {
        struct gale__arena_defer *d = a->defers;

        a->defers = d->next;
        d->fn(d->arg);
    }
}

void gale__arena_reset(struct gale__arena *a)
{
    gale__arena_run_defers(a);
    while (a->blocks) {
        struct gale__arena_block *block = a->blocks;

        a->blocks = block->next;
        give_block(block);
    }
    a->next = a->end = NULL;
}

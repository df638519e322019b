/* queues.h - queues between the coroutines of one loop, with back-pressure and join.
 *
 * Items are pointers, which the queue passes on and never touches. First in, first out for those
 * that wait as well: an item goes straight to the first waiting getter, a free place to the first
 * waiting putter. Deadlines as in <gale/locks.h>. Not for other threads: they go through
 * gale_ioloop_add_callback().
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_QUEUES_H
#define GALE_QUEUES_H

#include <gale/base.h>
#include <gale/error.h>
#include <gale/locks.h>

GALE_BEGIN_DECLS

typedef struct gale_queue gale_queue;

/* A queue of at most maxsize items (0: unbounded), the caller's. Lifo: the last one put comes
 * first. Priority: the smallest, by compare(a, b, arg) < 0; equal ones in the order they came. NULL
 * when out of memory. */
GALE_API GALE_MUST_USE gale_queue *gale_queue_new(size_t maxsize);
GALE_API GALE_MUST_USE gale_queue *gale_lifo_queue_new(size_t maxsize);
GALE_API GALE_MUST_USE gale_queue *gale_priority_queue_new(
    size_t maxsize, int (*compare)(const void *a, const void *b, void *arg), void *arg);

/* Frees; who waits gets GALE_ECLOSED. Calls free_item(item) for each left, unless NULL. */
GALE_API void gale_queue_free(gale_queue *queue, void (*free_item)(void *item));

/* Waits. While it is full. GALE_ETIMEDOUT, GALE_ECANCELED, GALE_ECLOSED: the item is not in it.
 * -ENOMEM. */
GALE_API GALE_MUST_USE int gale_queue_put(gale_queue *queue, void *item, double deadline);
/* The same at once: -EAGAIN when it is full. */
GALE_API GALE_MUST_USE int gale_queue_put_nowait(gale_queue *queue, void *item);

/* Waits. While it is empty. */
GALE_API GALE_MUST_USE int gale_queue_get(gale_queue *queue, void **item, double deadline);
/* The same at once: -EAGAIN when it is empty. */
GALE_API GALE_MUST_USE int gale_queue_get_nowait(gale_queue *queue, void **item);

/* An item that was got has been dealt with. GALE_ESTATE when there were no more. */
GALE_API int gale_queue_task_done(gale_queue *queue);
/* Waits. Until task_done was called for every item that was put. */
GALE_API GALE_MUST_USE int gale_queue_join(gale_queue *queue, double deadline);

/* No more will be put: put gives GALE_ECLOSED (also to who waits), get what is left, then
 * GALE_ECLOSED. */
GALE_API void gale_queue_close(gale_queue *queue);

/* Items in it; its limit; whether there are none, or as many as it takes; items put and not yet
 * done with. */
GALE_API size_t gale_queue_size(const gale_queue *queue);
GALE_API size_t gale_queue_maxsize(const gale_queue *queue);
GALE_API bool gale_queue_empty(const gale_queue *queue);
GALE_API bool gale_queue_full(const gale_queue *queue);
GALE_API size_t gale_queue_unfinished(const gale_queue *queue);

GALE_END_DECLS

#endif

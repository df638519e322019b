/* queues.c - queues of pointers: kept items, waiting getters, putters and joiners.
 *
 * Three kinds of one store: a ring for first in first out, a stack, and a binary heap whose entries
 * carry a number, so that equal ones keep their order. Getters wait only while nothing is kept,
 * putters only while it is full, so that an operation looks at one line at most.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/queues.h>

#include <errno.h>

#include "base/alloc.h"
#include "gen/locks.h"

enum kind { FIFO, LIFO, PRIORITY };

struct entry {
    void *item;
    uint64_t order; /* PRIORITY: of coming */
};

struct gale_queue {
    enum kind kind;
    bool is_closed;
    struct entry *entries;
    size_t size, capacity;
    size_t head; /* FIFO: the oldest */
    size_t maxsize;
    size_t n_unfinished;
    uint64_t n_put;
    gale_waiters getters, putters, joiners;
    int (*compare)(const void *a, const void *b, void *arg);
    void *arg;
};

static gale_queue *queue_new(enum kind kind, size_t maxsize)
{
    gale_queue *queue = gale__calloc(1, sizeof(*queue));

    if (!queue) {
        gale_err(-ENOMEM, "no memory for a queue");
        return NULL;
    }
    queue->kind = kind;
    queue->maxsize = maxsize;
    return queue;
}

gale_queue *gale_queue_new(size_t maxsize)
{
    return queue_new(FIFO, maxsize);
}

gale_queue *gale_lifo_queue_new(size_t maxsize)
{
    return queue_new(LIFO, maxsize);
}

gale_queue *gale_priority_queue_new(size_t maxsize,
                                    int (*compare)(const void *a, const void *b, void *arg),
                                    void *arg)
{
    gale_queue *queue = queue_new(PRIORITY, maxsize);

    if (queue) {
        queue->compare = compare;
        queue->arg = arg;
    }
    return queue;
}

static int reserve(gale_queue *queue)
{
    size_t capacity = queue->capacity ? queue->capacity * 2 : 8;
    struct entry *entries;

    if (queue->size < queue->capacity)
        return 0;
    entries = capacity < SIZE_MAX / sizeof(*entries) ? gale__malloc(capacity * sizeof(*entries))
                                                     : NULL;
    if (!entries)
        return gale_err(-ENOMEM, "no memory for a queue of %zu items", capacity);
    for (size_t i = 0; i < queue->size; i++)
        entries[i] = queue->entries[(queue->head + i) % queue->capacity];
    gale__free(queue->entries);
    queue->entries = entries;
    queue->capacity = capacity;
    queue->head = 0;
    return 0;
}

static bool comes_before(const gale_queue *queue, const struct entry *a, const struct entry *b)
{
    int order = queue->compare(a->item, b->item, queue->arg);

    return order < 0 || (order == 0 && a->order < b->order);
}

/* Puts entry where the hole at i, and what is above it, says. */
static void sift_up(gale_queue *queue, size_t i, struct entry entry)
{
    while (i > 0 && comes_before(queue, &entry, &queue->entries[(i - 1) / 2])) {
        queue->entries[i] = queue->entries[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    queue->entries[i] = entry;
}

/* The same with the hole at the top and what is below it. */
static void sift_down(gale_queue *queue, struct entry entry)
{
    struct entry *entries = queue->entries;
    size_t i = 0;

    for (;;) {
        size_t child = 2 * i + 1;

        if (child + 1 < queue->size && comes_before(queue, &entries[child + 1], &entries[child]))
            child++;
        if (child >= queue->size || !comes_before(queue, &entries[child], &entry))
            break;
        entries[i] = entries[child];
        i = child;
    }
    entries[i] = entry;
}

/* There is room. */
static void keep(gale_queue *queue, void *item)
{
    struct entry entry = { .item = item, .order = queue->n_put++ };
    size_t i = queue->size++;

    if (queue->kind == PRIORITY)
        sift_up(queue, i, entry);
    else
        queue->entries[(queue->head + i) % queue->capacity] = entry;
}

/* It is not empty. */
static void *take(gale_queue *queue)
{
    struct entry entry;

    queue->size--;
    if (queue->kind == LIFO)
        return queue->entries[queue->size].item;
    entry = queue->entries[queue->head];
    if (queue->kind == PRIORITY && queue->size)
        sift_down(queue, queue->entries[queue->size]);
    if (queue->kind == FIFO)
        queue->head = (queue->head + 1) % queue->capacity;
    return entry.item;
}

void gale_queue_free(gale_queue *queue, void (*free_item)(void *item))
{
    if (!queue)
        return;
    gale__waiters_wake_n(&queue->getters, SIZE_MAX, GALE_ECLOSED);
    gale__waiters_wake_n(&queue->putters, SIZE_MAX, GALE_ECLOSED);
    gale__waiters_wake_n(&queue->joiners, SIZE_MAX, GALE_ECLOSED);
    while (free_item && queue->size)
        free_item(take(queue));
    gale__free(queue->entries);
    gale__free(queue);
}

static int closed(void)
{
    return gale_err(GALE_ECLOSED, "the queue is closed");
}

int gale_queue_put_nowait(gale_queue *queue, void *item)
{
    struct gale__waiter *getter = gale__waiters_first(&queue->getters);
    int r;

    if (queue->is_closed)
        return closed();
    if (getter) {
        getter->item = item;
        gale__waiters_wake(&queue->getters, getter, 0);
        queue->n_unfinished++;
        return 0;
    }
    if (gale_queue_full(queue))
        return gale_err(-EAGAIN, "the queue is full");
    r = reserve(queue);
    if (r < 0)
        return r;
    keep(queue, item);
    queue->n_unfinished++;
    return 0;
}

int gale_queue_put(gale_queue *queue, void *item, double deadline)
{
    struct gale__waiter putter = { .item = item };
    int r = gale__waiters_enter("gale_queue_put");

    if (r < 0)
        return r;
    r = gale_queue_put_nowait(queue, item);
    if (r != -EAGAIN)
        return r;
    r = gale__waiters_wait(&queue->putters, &putter, "gale_queue_put", deadline);
    return r == GALE_ECLOSED ? closed() : r;
}

int gale_queue_get_nowait(gale_queue *queue, void **item)
{
    struct gale__waiter *putter;

    if (!queue->size)
        return queue->is_closed ? closed() : gale_err(-EAGAIN, "the queue is empty");
    *item = take(queue);
    putter = gale__waiters_first(&queue->putters);
    if (putter) {
        keep(queue, putter->item);
        queue->n_unfinished++;
        gale__waiters_wake(&queue->putters, putter, 0);
    }
    return 0;
}

int gale_queue_get(gale_queue *queue, void **item, double deadline)
{
    struct gale__waiter getter = { 0 };
    int r = gale__waiters_enter("gale_queue_get");

    if (r < 0)
        return r;
    r = gale_queue_get_nowait(queue, item);
    if (r != -EAGAIN)
        return r;
    r = gale__waiters_wait(&queue->getters, &getter, "gale_queue_get", deadline);
    if (r >= 0)
        *item = getter.item;
    return r == GALE_ECLOSED ? closed() : r;
}

int gale_queue_task_done(gale_queue *queue)
{
    if (!queue->n_unfinished)
        return gale_err(GALE_ESTATE, "gale_queue_task_done: called more often than items were put");
    if (--queue->n_unfinished == 0)
        gale__waiters_wake_n(&queue->joiners, SIZE_MAX, 0);
    return 0;
}

int gale_queue_join(gale_queue *queue, double deadline)
{
    struct gale__waiter joiner = { 0 };
    int r = gale__waiters_enter("gale_queue_join");

    if (r < 0 || !queue->n_unfinished)
        return r;
    r = gale__waiters_wait(&queue->joiners, &joiner, "gale_queue_join", deadline);
    return r == GALE_ECLOSED ? closed() : r;
}

void gale_queue_close(gale_queue *queue)
{
    queue->is_closed = true;
    gale__waiters_wake_n(&queue->getters, SIZE_MAX, GALE_ECLOSED);
    gale__waiters_wake_n(&queue->putters, SIZE_MAX, GALE_ECLOSED);
}

size_t gale_queue_size(const gale_queue *queue)
{
    return queue->size;
}

size_t gale_queue_maxsize(const gale_queue *queue)
{
    return queue->maxsize;
}

bool gale_queue_empty(const gale_queue *queue)
{
    return queue->size == 0;
}

bool gale_queue_full(const gale_queue *queue)
{
    return queue->maxsize && queue->size >= queue->maxsize;
}

size_t gale_queue_unfinished(const gale_queue *queue)
{
    return queue->n_unfinished;
}

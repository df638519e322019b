/* pending.c - functions that are not written yet; whoever writes one takes its lines out. */
/* SPDX-License-Identifier: MIT */
#include <gale/locks.h>
#include <gale/queues.h>
#include <gale/gen.h>

__attribute__((weak)) int gale_condition_wait(gale_condition *condition, double deadline)
{
    return -38;
} /* locks.h */

__attribute__((weak)) size_t gale_condition_notify(gale_condition *condition, size_t n)
{
    return 0;
} /* locks.h */

__attribute__((weak)) size_t gale_condition_notify_all(gale_condition *condition)
{
    return 0;
} /* locks.h */

__attribute__((weak)) size_t gale_condition_waiters(const gale_condition *condition)
{
    return 0;
} /* locks.h */

__attribute__((weak)) bool gale_event_is_set(const gale_event *event)
{
    return 0;
} /* locks.h */

__attribute__((weak)) void gale_event_set(gale_event *event)
{
} /* locks.h */

__attribute__((weak)) void gale_event_clear(gale_event *event)
{
} /* locks.h */

__attribute__((weak)) int gale_event_wait(gale_event *event, double deadline)
{
    return -38;
} /* locks.h */

__attribute__((weak)) int gale_semaphore_init(gale_semaphore *semaphore, int64_t value)
{
    return -38;
} /* locks.h */

__attribute__((weak)) int gale_bounded_semaphore_init(gale_semaphore *semaphore, int64_t value)
{
    return -38;
} /* locks.h */

__attribute__((weak)) int gale_semaphore_acquire(gale_semaphore *semaphore, double deadline)
{
    return -38;
} /* locks.h */

__attribute__((weak)) int gale_semaphore_release(gale_semaphore *semaphore)
{
    return -38;
} /* locks.h */

__attribute__((weak)) int gale_lock_acquire(gale_lock *lock, double deadline)
{
    return -38;
} /* locks.h */

__attribute__((weak)) int gale_lock_release(gale_lock *lock)
{
    return -38;
} /* locks.h */

__attribute__((weak)) void gale_condition_format(const gale_condition *condition, char *out,
                                                 size_t size)
{
} /* locks.h */

__attribute__((weak)) void gale_event_format(const gale_event *event, char *out, size_t size)
{
} /* locks.h */

__attribute__((weak)) void gale_semaphore_format(const gale_semaphore *semaphore, char *out,
                                                 size_t size)
{
} /* locks.h */

__attribute__((weak)) void gale_lock_format(const gale_lock *lock, char *out, size_t size)
{
} /* locks.h */

__attribute__((weak)) gale_queue *gale_queue_new(size_t maxsize)
{
    return 0;
} /* queues.h */

__attribute__((weak)) gale_queue *gale_lifo_queue_new(size_t maxsize)
{
    return 0;
} /* queues.h */

__attribute__((weak)) gale_queue *gale_priority_queue_new(
    size_t maxsize, int (*compare)(const void *a, const void *b, void *arg), void *arg)
{
    return 0;
} /* queues.h */

__attribute__((weak)) void gale_queue_free(gale_queue *queue, void (*free_item)(void *item))
{
} /* queues.h */

__attribute__((weak)) int gale_queue_put(gale_queue *queue, void *item, double deadline)
{
    return -38;
} /* queues.h */

__attribute__((weak)) int gale_queue_put_nowait(gale_queue *queue, void *item)
{
    return -38;
} /* queues.h */

__attribute__((weak)) int gale_queue_get(gale_queue *queue, void **item, double deadline)
{
    return -38;
} /* queues.h */

__attribute__((weak)) int gale_queue_get_nowait(gale_queue *queue, void **item)
{
    return -38;
} /* queues.h */

__attribute__((weak)) int gale_queue_task_done(gale_queue *queue)
{
    return -38;
} /* queues.h */

__attribute__((weak)) int gale_queue_join(gale_queue *queue, double deadline)
{
    return -38;
} /* queues.h */

__attribute__((weak)) void gale_queue_close(gale_queue *queue)
{
} /* queues.h */

__attribute__((weak)) size_t gale_queue_size(const gale_queue *queue)
{
    return 0;
} /* queues.h */

__attribute__((weak)) size_t gale_queue_maxsize(const gale_queue *queue)
{
    return 0;
} /* queues.h */

__attribute__((weak)) bool gale_queue_empty(const gale_queue *queue)
{
    return 0;
} /* queues.h */

__attribute__((weak)) bool gale_queue_full(const gale_queue *queue)
{
    return 0;
} /* queues.h */

__attribute__((weak)) size_t gale_queue_unfinished(const gale_queue *queue)
{
    return 0;
} /* queues.h */

__attribute__((weak)) int gale_wait_fd(int fd, int events, double deadline)
{
    return -38;
} /* gen.h */

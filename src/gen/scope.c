/* scope.c - coroutines and their scopes for the layers above. See co.h. */
/* SPDX-License-Identifier: MIT */
#include "gen/co.h"

#include <errno.h>

#include <gale/log.h>

#include "gen/future.h"
#include "gen/parts.h"
#include "ioloop/io.h"

/* A pooled coroutine with everything set that its last use may have left. */
static inline struct gale__co *take(struct gale__sched *sched, const char *name, void *arg)
{
    struct gale__co *co = gale__pool_take(sched);

    if (GALE_UNLIKELY(!co))
        return NULL;
    co->context.error_code = 0;
    co->context.fetch_phase = 0;
    co->context.request_id = NULL;
    co->cancelled = false;
    co->used = true;
    co->arg = arg;
    co->name = name;
    co->future = NULL;
    co->deadline = INT64_MAX;
    return co;
}

static inline void own_scope(struct gale__co *co, struct gale__arena *arena)
{
    gale__arena_init(&co->own_arena);
    gale__scope_init(&co->own_scope, arena ? arena : &co->own_arena);
    co->scope = &co->own_scope;
    co->born_ns = gale__ioloop_now_ns(co->sched->loop);
}

/* Not of a request: kept out of what is. */
static __attribute__((noinline)) void own_scope_alone(struct gale__co *co)
{
    own_scope(co, NULL);
}

int gale__co_start(gale_ioloop *loop, const char *name, struct gale__scope *scope,
                   void (*fn)(void *arg), void *arg)
{
    struct gale__sched *sched = gale__sched_of(loop);
    struct gale__co *co = GALE_LIKELY(sched != NULL) ? take(sched, name, arg) : NULL;

    if (GALE_UNLIKELY(!co))
        return gale_err(-ENOMEM, "no memory for a coroutine's stack");
    co->is_task = false;
    co->fn.start = fn;
    if (scope)
        co->scope = scope;
    else
        own_scope_alone(co);
    gale__sched_start(sched, co);
    return 0;
}

int gale__co_start_task(struct gale__sched *sched, const char *name, gale_future *future,
                        struct gale__arena *arena, int (*fn)(void *arg), void *arg)
{
    struct gale__co *co = take(sched, name, arg);

    if (GALE_UNLIKELY(!co))
        return gale_err(-ENOMEM, "no memory for a coroutine's stack");
    co->is_task = true;
    co->fn.task = fn;
    co->future = future;
    if (future)
        future->co = co;
    own_scope(co, arena);
    if (arena && gale__context)
        co->context.request_id = gale__context->request_id; /* which lives as long as the arena */
    gale__sched_start(sched, co);
    return 0;
}

void gale__log_failure(const char *name, int code, const char *text)
{
    if (code != GALE_ECANCELED)
        gale_log(&gale_log_application, GALE_LOG_ERROR, "coroutine '%s' failed: %s (%s)", name,
                 text, gale_errname(code));
}

struct gale__scope *gale__co_scope(struct gale__co *co)
{
    return co->scope;
}

gale_ioloop *gale__co_loop(struct gale__co *co)
{
    return co->sched->loop;
}

void gale__scope_init(struct gale__scope *scope, struct gale__arena *arena)
{
    scope->arena = arena;
    gale__list_init(&scope->children);
}

static void cancel_children(struct gale__scope *scope)
{
    struct gale__list *node;

    for (node = scope->children.next; node != &scope->children; node = node->next) {
        struct gale__co *co = GALE_CONTAINER_OF(node, gale_future, link)->co;

        if (co)
            gale__co_cancel(co);
    }
}

/* All are cancelled first, so that they end side by side; those that come while waiting
 * are cancelled by settle. Outside of a coroutine nothing can wait: the children go on
 * alone, with memory of their own, until they have returned. */
void gale__scope_end(struct gale__scope *scope)
{
    struct gale__list *node;

    cancel_children(scope);
    while ((node = gale__list_first(&scope->children))) {
        gale_future *child = GALE_CONTAINER_OF(node, gale_future, link);

        if (child->co && !gale__co_current())
            gale__future_let_go(child);
        else
            gale__future_settle(child);
    }
}

void *gale_scope_alloc(size_t size)
{
    struct gale__co *co = gale__co_current();

    return co ? gale__arena_alloc(co->scope->arena, size) : NULL;
}

int gale_scope_defer(void (*fn)(void *arg), void *arg)
{
    struct gale__co *co = gale__co_current();

    if (!co)
        return gale_err(GALE_ENOTCOROUTINE, "gale_scope_defer: call it from a coroutine");
    if (gale__arena_defer(co->scope->arena, fn, arg) < 0) {
        fn(arg);
        return gale_err(-ENOMEM, "no memory for a deferred call");
    }
    return 0;
}

void gale__waitq_init(struct gale__waitq *q)
{
    gale__list_init(&q->waiters);
}

/* On the waiting coroutine's stack. */
struct waiter {
    struct gale__list link;
    struct gale__co *co;
};

int gale__waitq_wait(struct gale__waitq *q, const char *what, int64_t when_ns)
{
    struct waiter waiter = { .co = gale__co_current() };
    int r;

    gale__list_append(&q->waiters, &waiter.link);
    r = gale__co_park_until(what, when_ns);
    gale__list_remove(&waiter.link);
    return r;
}

/* Passes over those that a cancellation or a timer woke already: they do not take what
 * they are woken for. */
static bool wake_first(struct gale__waitq *q, int code)
{
    struct gale__list *node;

    while ((node = gale__list_first(&q->waiters))) {
        struct gale__co *co = GALE_CONTAINER_OF(node, struct waiter, link)->co;

        gale__list_remove(node);
        if (gale__co_is_parked(co)) {
            gale__co_wake(co, code);
            return true;
        }
    }
    return false;
}

size_t gale__waitq_wake_one(struct gale__waitq *q, int code)
{
    return wake_first(q, code);
}

size_t gale__waitq_wake_all(struct gale__waitq *q, int code)
{
    size_t n = 0;

    while (wake_first(q, code))
        n++;
    return n;
}

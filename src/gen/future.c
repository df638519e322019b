/* future.c - futures: setting, waiting, callbacks, freeing. See future.h and gen.h.
 *
 * Completing hands result and detail to each waiter there and then, so that the future
 * may be freed before the waiters run.
 */
/* SPDX-License-Identifier: MIT */
#include "gen/future.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ioloop/io.h"

/* On the waiting coroutine's stack. */
struct waiter {
    struct gale__list link;
    struct gale__co *co;
    struct gale__gather *gather; /* it waits for several; NULL: for this one */
    size_t index;                /* in the list of those */
};

static gale_future *future_take(struct gale__sched *sched, struct gale__scope *scope)
{
    gale_future *future = gale__slab_take(&sched->futures);

    if (!future) {
        gale_err(-ENOMEM, "no memory for a future");
        return NULL;
    }
    *future = (gale_future){ .sched = sched };
    gale__list_init(&future->waiters);
    gale__list_append(scope ? &scope->children : &sched->loose, &future->link);
    return future;
}

static void drop_callbacks(gale_future *future)
{
    while (future->callbacks) {
        struct gale__future_callback *callback = future->callbacks;

        future->callbacks = callback->next;
        gale__slab_give(&future->sched->callbacks, callback);
    }
    gale__list_remove(&future->done);
}

/* Done, or freed (order 0). What is known of it is written down here: by the time the
 * waiter runs it may be gone. */
static void gather_note(struct waiter *waiter, uint64_t order, int code, const char *text)
{
    struct gale__gather *g = waiter->gather;

    if (!g->n_wanted)
        return;
    if (!g->all || (code < 0 && waiter->index < g->index)) {
        g->index = waiter->index;
        g->order = order;
        g->code = code;
        snprintf(g->text, sizeof(g->text), "%s", text ? text : "");
    }
    if (--g->n_wanted == 0 && waiter->co->state == GALE__CO_PARKED)
        gale__co_wake(waiter->co, 0);
}

static void wake_waiters(gale_future *future, int code, const char *text)
{
    struct gale__list *node;

    while ((node = gale__list_first(&future->waiters))) {
        struct waiter *waiter = GALE_CONTAINER_OF(node, struct waiter, link);
        struct gale__co *co = waiter->co;

        gale__list_remove(node);
        if (waiter->gather) {
            gather_note(waiter, future->order, code, text);
            continue;
        }
        if (co->state != GALE__CO_PARKED)
            continue;
        co->context.error_code = text ? code : 0;
        if (text)
            snprintf(co->context.error_text, sizeof(co->context.error_text), "%s", text);
        gale__co_wake(co, code);
    }
}

static void release(gale_future *future)
{
    if (GALE_UNLIKELY(!gale__list_empty(&future->waiters)))
        wake_waiters(future, GALE_ECANCELED, "the future was freed");
    if (future->callbacks)
        drop_callbacks(future);
    gale__list_remove(&future->link);
    if (GALE_UNLIKELY(future->text != NULL))
        gale__free(future->text);
    gale__slab_give(&future->sched->futures, future);
}

void gale__futures_free_loose(struct gale__sched *sched)
{
    struct gale__list *node;

    while ((node = gale__list_first(&sched->loose)))
        release(GALE_CONTAINER_OF(node, gale_future, link));
}

/* Done: waiters become ready, callbacks are due. The text is NULL or the detail. */
static void complete(gale_future *future, int result, const char *text)
{
    future->result = result;
    future->order = ++future->sched->n_done;
    if (GALE_UNLIKELY(text != NULL))
        future->text = gale__strndup(text, strlen(text));
    if (!gale__list_empty(&future->waiters))
        wake_waiters(future, result, text);
    if (future->callbacks)
        gale__list_append(&future->sched->done, &future->done);
}

void gale__future_complete_co(gale_future *future, int result)
{
    future->co = NULL;
    complete(future, result, GALE_UNLIKELY(result < 0) ? gale_strerror(result) : NULL);
    if (GALE_UNLIKELY(future->abandoned))
        release(future);
}

gale_future *gale_spawn_named(const char *name, int (*fn)(void *arg), void *arg)
{
    struct gale__co *self = gale__co_current();
    struct gale__sched *sched = gale__sched_current();
    struct gale__scope *scope = self ? self->scope : NULL;
    gale_future *future = sched ? future_take(sched, scope) : NULL;
    bool in_request = scope && scope->arena != &self->own_arena;

    if (!future)
        return NULL;
    if (gale__co_start_task(sched, name, future, in_request ? scope->arena : NULL, fn, arg) < 0) {
        release(future);
        return NULL;
    }
    return future;
}

gale_future *gale_spawn(int (*fn)(void *arg), void *arg)
{
    return gale_spawn_named("unnamed", fn, arg);
}

gale_future *gale_future_new(void)
{
    struct gale__co *self = gale__co_current();
    struct gale__sched *sched = gale__sched_current();

    return sched ? future_take(sched, self ? self->scope : NULL) : NULL;
}

int gale__future_report(const gale_future *future)
{
    if (future->result < 0 && future->text)
        return gale__err_again(future->result, future->text);
    return future->result;
}

/* In the line of the future's waiters until it is done, or the wait ends otherwise. */
static int wait_in_line(gale_future *future, const char *what, int64_t when_ns, bool interruptible)
{
    struct waiter waiter = { .co = gale__co_current() };
    int r;

    gale__list_append(&future->waiters, &waiter.link);
    r = interruptible ? gale__co_park_until(what, when_ns) : gale__co_park_uninterruptible(what);
    gale__list_remove(&waiter.link);
    return r;
}

static int wait_until(gale_future *future, const char *what, int64_t when_ns)
{
    struct gale__co *self = gale__co_current();
    int r;

    if (GALE_UNLIKELY(!self))
        return gale__not_coroutine(what);
    r = gale__co_interrupted(self, what);
    if (GALE_UNLIKELY(r < 0))
        return r;
    if (future->order)
        return gale__future_report(future);
    return wait_in_line(future, what, when_ns, true);
}

int gale_wait(gale_future *future)
{
    return wait_until(future, "gale_wait", INT64_MAX);
}

int gale_wait_until(gale_future *future, double deadline)
{
    return wait_until(future, "gale_wait_until", gale__seconds_to_ns(deadline));
}

/* Whatever cut the wait short, what the coroutine borrowed from its starter must not be
 * in use when this returns. */
int gale_join(gale_future **future)
{
    gale_future *f = *future;
    int r = wait_until(f, "gale_join", INT64_MAX);

    if (r == GALE_ENOTCOROUTINE && !gale__co_current())
        return r;
    *future = NULL;
    if (GALE_LIKELY(!f->co))
        release(f);
    else
        gale__future_settle(f);
    return r;
}

/* In line at each. The list is not looked at again: it may change meanwhile. */
static int wait_in_lines(struct gale__gather *g, gale_future *const *futures, size_t n,
                         struct waiter *waiters, const char *what)
{
    int r = 0;

    g->n_wanted = n; /* at most; so that none is taken for the last before all are in line */
    for (size_t i = 0; i < n; i++) {
        gale_future *f = futures[i];

        waiters[i] = (struct waiter){ .co = gale__co_current(), .gather = g, .index = i };
        if (f && !f->order)
            gale__list_append(&f->waiters, &waiters[i].link);
        else if (f && g->all)
            gather_note(&waiters[i], f->order, f->result, f->text);
        else
            g->n_wanted--;
    }
    if (!g->all)
        g->n_wanted = 1;
    if (g->n_wanted)
        r = gale__co_park(what);
    g->n_wanted = 0;
    for (size_t i = 0; i < n; i++)
        gale__list_remove(&waiters[i].link);
    return r;
}

int gale__future_gather(struct gale__gather *g, gale_future *const *futures, size_t n,
                        const char *what)
{
    struct waiter few[16];
    struct waiter *waiters = few;
    int r;

    g->index = SIZE_MAX;
    g->code = 0;
    if (n > sizeof(few) / sizeof(few[0]))
        waiters = gale__malloc(n * sizeof(*waiters));
    if (!waiters)
        return gale_err(-ENOMEM, "%s: no memory to wait for %zu futures", what, n);
    r = wait_in_lines(g, futures, n, waiters, what);
    if (waiters != few)
        gale__free(waiters);
    return r;
}

void gale__future_settle(gale_future *future)
{
    future->abandoned = false;
    while (future->co) {
        gale__co_cancel(future->co);
        wait_in_line(future, "scope", INT64_MAX, false);
    }
    release(future);
}

/* Children that took memory from the same arena follow: they end before co does. */
static void own_memory(struct gale__co *co, struct gale__arena *old, struct gale__arena *arena)
{
    struct gale__list *node;

    if (co->scope != &co->own_scope || co->own_scope.arena != old)
        return;
    co->own_scope.arena = arena;
    for (node = co->own_scope.children.next; node != &co->own_scope.children; node = node->next) {
        struct gale_future *child = GALE_CONTAINER_OF(node, struct gale_future, link);

        if (child->co)
            own_memory(child->co, old, arena);
    }
}

void gale__future_let_go(gale_future *future)
{
    struct gale__co *co = future->co;

    co->future = NULL;
    own_memory(co, co->own_scope.arena, &co->own_arena);
    release(future);
}

void gale_detach(gale_future **future)
{
    gale_future *f = *future;

    *future = NULL;
    if (!f)
        return;
    if (f->co) {
        gale__future_let_go(f);
        return;
    }
    if (f->order && f->result < 0)
        gale__log_failure("detached", f->result, f->text ? f->text : gale_strerror(f->result));
    release(f);
}

void gale_future_free(gale_future **future)
{
    gale_future *f = *future;

    *future = NULL;
    if (!f)
        return;
    if (!f->co) {
        release(f);
        return;
    }
    /* Still on its scope's list: the scope waits for it. */
    f->abandoned = true;
    wake_waiters(f, GALE_ECANCELED, "the future was freed");
    drop_callbacks(f);
    gale__co_cancel(f->co);
}

void gale_cancel(gale_future *future)
{
    if (future->order)
        return;
    if (future->co)
        gale__co_cancel(future->co);
    else
        complete(future, GALE_ECANCELED, "the future was cancelled");
}

static int already_set(const gale_future *future)
{
    if (future->co)
        return gale_err(GALE_ESTATE, "a coroutine's future is set by its return");
    if (future->order)
        return gale_err(GALE_ESTATE, "the future is done already");
    return 0;
}

int gale_future_set_result(gale_future *future, int result, void *value)
{
    int r = already_set(future);

    if (r < 0)
        return r;
    if (result < 0)
        return gale_err(GALE_EINVAL, "gale_future_set_result: %d is a failure", result);
    future->value = value;
    complete(future, result, NULL);
    return 0;
}

int gale_future_set_error(gale_future *future, int code, const char *fmt, ...)
{
    char text[GALE__ERROR_TEXT];
    va_list ap;
    int r = already_set(future);

    if (r < 0)
        return r;
    if (code >= 0)
        return gale_err(GALE_EINVAL, "gale_future_set_error: %d is no failure", code);
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    complete(future, code, text);
    return 0;
}

bool gale_future_done(const gale_future *future)
{
    return future->order != 0;
}

int gale_future_result(const gale_future *future)
{
    if (!future->order)
        return gale_err(GALE_ESTATE, "the future is not done");
    return gale__future_report(future);
}

void *gale_future_value(const gale_future *future)
{
    return future->order ? future->value : NULL;
}

int gale_future_add_done_callback(gale_future *future, void (*fn)(gale_future *future, void *arg),
                                  void *arg)
{
    struct gale__future_callback *callback = gale__slab_take(&future->sched->callbacks);

    if (!callback)
        return gale_err(-ENOMEM, "no memory for a future's callback");
    *callback = (struct gale__future_callback){ .fn = fn, .arg = arg };
    if (!future->callbacks)
        future->last_callback = &future->callbacks;
    *future->last_callback = callback;
    future->last_callback = &callback->next;
    if (future->order && !gale__list_linked(&future->done))
        gale__list_append(&future->sched->done, &future->done);
    return 0;
}

/* Each may free its future, add callbacks (they wait for the next turn) or complete
 * others: nothing is kept over the call but the list. */
static void run_first_callback(gale_future *future)
{
    struct gale__future_callback callback = *future->callbacks;

    gale__slab_give(&future->sched->callbacks, future->callbacks);
    future->callbacks = callback.next;
    if (!callback.next)
        gale__list_remove(&future->done);
    callback.fn(future, callback.arg);
}

void gale__futures_run_callbacks(struct gale__sched *sched)
{
    struct gale__list batch;
    struct gale__list *node;

    gale__list_take(&batch, &sched->done);
    while ((node = gale__list_first(&batch)))
        run_first_callback(GALE_CONTAINER_OF(node, gale_future, done));
}

int gale_set_value(void *value)
{
    struct gale__co *self = gale__co_current();

    if (!self)
        return gale_err(GALE_ENOTCOROUTINE, "gale_set_value: call it from a coroutine");
    if (self->future)
        self->future->value = value;
    return 0;
}

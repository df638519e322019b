/* loop.c - the loop: its turn, its life, stepping by a foreign loop.
 *
 * A turn: timers that are due, callbacks that were there before, ready coroutines,
 * deferred tasks (streams flush their output), ios with something left to do, then the
 * backend, whose completions call the owners. While nothing but coroutines is ready
 * the backend is asked only every so often, so that a yield costs no system call.
 */
/* SPDX-License-Identifier: MIT */
#include "ioloop/ioloop_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "base/log.h"
#include "ioloop/look.h"

enum {
    MAX_UNPOLLED = 61,        /* turns of coroutines alone before the kernel is asked again */
    MAX_UNPOLLED_NS = 500000, /* the same, as time */
    UNPOLLED_TICK = 8,        /* and so many before the clock is */
    TASK_ROUNDS = 4,          /* deferred tasks that defer tasks */
    MAX_FAILURES = 8,         /* of the backend, while the last descriptors close */
};

static _Thread_local gale_ioloop *current;
static _Thread_local int last_error;

/* Of all threads: processes may be forked while there are none. */
static _Atomic int n_loops;

static bool runs_here(const gale_ioloop *loop)
{
    return atomic_load_explicit(&loop->runner, memory_order_relaxed) == &current;
}

/* --- the turn --- */

static void run_tasks(gale_ioloop *loop)
{
    for (int i = 0; i < TASK_ROUNDS && !gale__list_empty(&loop->tasks); i++) {
        struct gale__list mark;

        /* Those added meanwhile come after the mark. */
        gale__list_append(&loop->tasks, &mark);
        for (;;) {
            struct gale__list *link = gale__list_first(&loop->tasks);

            gale__list_remove(link);
            if (link == &mark)
                break;
            struct gale__ioloop_task *task = GALE_CONTAINER_OF(link, struct gale__ioloop_task,
                                                               link);

            task->run(task);
        }
    }
}

static void finish_close(gale_ioloop *loop, struct gale__io *io)
{
    loop->n_open--;
    loop->n_closing--;
    if (io->ops->on_closed)
        io->ops->on_closed(io);
}

static void run_queue(gale_ioloop *loop)
{
    struct gale__io *last = loop->queue_last;
    struct gale__io *io;

    if (!loop->queue_first)
        return;
    do {
        io = loop->queue_first;
        loop->queue_first = io->backend_data;
        if (!loop->queue_first)
            loop->queue_last = NULL;
        io->backend_data = NULL;
        io->flags &= (uint16_t)~GALE__IO_QUEUED;
        if (io->closing && io->in_flight == 0 && io->fd < 0)
            finish_close(loop, io);
        else
            loop->backend->resume(io);
    } while (io != last);
}

static bool gen_ready(gale_ioloop *loop)
{
    return loop->gen.has_ready && loop->gen.has_ready(loop);
}

/* Ready but for coroutines. */
static bool others_ready(gale_ioloop *loop)
{
    return loop->queue_first || !gale__list_empty(&loop->tasks) ||
           gale__callbacks_ready(&loop->callbacks);
}

static void run_due(gale_ioloop *loop)
{
    if (gale__timers_next(&loop->timers) <= loop->now_ns)
        gale__timers_fire(&loop->timers, loop->now_ns);
    if (gale__callbacks_ready(&loop->callbacks))
        gale__callbacks_run(&loop->callbacks);
    if (loop->gen.run_ready)
        loop->gen.run_ready(loop);
    run_tasks(loop);
    run_queue(loop);
}

/* How long the backend may wait; < 0: no limit. */
static int64_t wait_time(gale_ioloop *loop)
{
    int64_t next = gale__timers_next(&loop->timers);

    if (others_ready(loop) || gen_ready(loop))
        return 0;
    if (next == INT64_MAX)
        return -1;
    return next > loop->now_ns ? next - loop->now_ns : 0;
}

/* Only coroutines are ready, and the kernel was asked not long ago. */
static bool may_skip_poll(gale_ioloop *loop)
{
    if (loop->n_unpolled >= MAX_UNPOLLED || loop->stopping || !gen_ready(loop) ||
        others_ready(loop) || loop->backend->pending(loop))
        return false;
    loop->n_unpolled++;
    if (loop->n_unpolled % UNPOLLED_TICK)
        return true;
    gale__ioloop_tick(loop);
    return loop->now_ns - loop->polled_ns < MAX_UNPOLLED_NS;
}

static int poll_backend(gale_ioloop *loop, int64_t timeout)
{
    loop->n_unpolled = 0;
    gale_log_flush();
    if (timeout != 0 && !gale__callbacks_sleep(&loop->callbacks))
        timeout = 0;
    if (timeout != 0)
        gale__ioloop_idle(loop);

    int r = loop->backend->poll(loop, timeout);

    loop->polled_ns = loop->now_ns;
    return r;
}

int gale__ioloop_turn(gale_ioloop *loop, bool wait)
{
    run_due(loop);
    if (may_skip_poll(loop))
        return 0;
    return poll_backend(loop, wait && !loop->stopping ? wait_time(loop) : 0);
}

/* What a loop's run, step or end leaves behind on its thread, to go back to. */
struct outer {
    gale_ioloop *loop;
    struct gale__context *context; /* a coroutine of another loop may drive this one */
};

/* Makes loop the running one of this thread, in no coroutine. */
static struct outer enter(gale_ioloop *loop)
{
    struct outer outer = { current, gale__context };

    atomic_store_explicit(&loop->runner, &current, memory_order_relaxed);
    current = loop;
    gale__context = NULL;
    gale__log_batch(true);
    gale__callbacks_awake(&loop->callbacks);
    gale__ioloop_tick(loop);
    return outer;
}

static void leave(gale_ioloop *loop, struct outer outer)
{
    /* From here on whoever adds a callback must wake a foreign loop. */
    gale__callbacks_sleep(&loop->callbacks);
    gale__ioloop_idle(loop);
    gale__log_batch(false);
    current = outer.loop;
    gale__context = outer.context;
    atomic_store_explicit(&loop->runner, NULL, memory_order_relaxed);
}

static bool is_running(const gale_ioloop *loop)
{
    return atomic_load_explicit(&loop->runner, memory_order_relaxed) != NULL;
}

int gale__ioloop_run(gale_ioloop *loop)
{
    int r = 0;

    if (is_running(loop))
        return gale_err(GALE_ESTATE, "the loop is running already");
    if (gale__context)
        return gale_err(GALE_ESTATE, "gale_ioloop_run: not from a coroutine");
    struct outer outer = enter(loop);

    while (!loop->stopping && r >= 0)
        r = gale__ioloop_turn(loop, true);
    loop->stopping = false;
    leave(loop, outer);
    return r < 0 ? r : 0;
}

int gale_ioloop_run(gale_ioloop *loop)
{
    int r = gale__ioloop_run(loop);

    if (!is_running(loop))
        loop->ending = false;
    return r;
}

void gale__ioloop_end(gale_ioloop *loop, bool ends)
{
    loop->stopping = loop->ending = ends;
}

void gale__ioloop_synced(gale_ioloop *loop)
{
    loop->stopping |= loop->ending;
}

void gale_ioloop_stop(gale_ioloop *loop)
{
    loop->stopping = true;
}

/* --- driven by a foreign loop --- */

int gale_ioloop_fd(const gale_ioloop *loop)
{
    return loop->backend->fd(loop);
}

double gale_ioloop_next_deadline(gale_ioloop *loop)
{
    if (loop->backend->pending(loop))
        return 0;
    gale__ioloop_tick(loop);
    int64_t wait = wait_time(loop);

    return wait < 0 ? -1 : (double)wait / 1e9;
}

int gale_ioloop_step(gale_ioloop *loop)
{
    if (is_running(loop))
        return gale_err(GALE_ESTATE, "the loop is running already");
    struct outer outer = enter(loop);

    run_due(loop);
    int r = poll_backend(loop, 0);

    /* What came in is answered now, not when the foreign loop comes round again. */
    run_due(loop);
    loop->backend->flush(loop);
    leave(loop, outer);
    return r < 0 ? r : 0;
}

/* --- callbacks and timers --- */

int gale_ioloop_add_callback(gale_ioloop *loop, void (*fn)(void *arg), void *arg)
{
    if (runs_here(loop))
        return gale__callbacks_add_local(&loop->callbacks, fn, arg);
    return gale__callbacks_add_remote(&loop->callbacks, fn, arg);
}

int gale_ioloop_add_callback_from_signal(gale_ioloop *loop, void (*fn)(void *arg), void *arg)
{
    return gale__callbacks_add_signal(&loop->callbacks, fn, arg);
}

double gale_ioloop_time(const gale_ioloop *loop)
{
    return (double)loop->now_ns / 1e9;
}

int64_t gale__ioloop_now_ns(const gale_ioloop *loop)
{
    return loop->now_ns;
}

int64_t gale__ioloop_clock_ns(const gale_ioloop *loop)
{
    return loop->virtual_clock ? loop->now_ns : gale__clock_ns();
}

static int64_t to_ns(double seconds)
{
    if (!(seconds > 0)) /* also not a number */
        return 0;
    return seconds >= 9.2e9 ? INT64_MAX : (int64_t)(seconds * 1e9 + 0.5);
}

gale_timeout gale__ioloop_timer(gale_ioloop *loop, int64_t when_ns, void (*fn)(void *arg),
                                void *arg)
{
    return gale__timers_arm(&loop->timers, when_ns, GALE__TIMER_INNER, fn, arg);
}

/* Counts from now, not from the beginning of the turn. */
gale_timeout gale_ioloop_call_later(gale_ioloop *loop, double delay, void (*fn)(void *arg),
                                    void *arg)
{
    int64_t now = gale__ioloop_clock_ns(loop);
    int64_t ns = to_ns(delay);
    int64_t when = ns > INT64_MAX - now ? INT64_MAX : now + ns;

    return gale__timers_arm(&loop->timers, when, 0, fn, arg);
}

gale_timeout gale_ioloop_call_at(gale_ioloop *loop, double when, void (*fn)(void *arg), void *arg)
{
    return gale__timers_arm(&loop->timers, to_ns(when), 0, fn, arg);
}

void gale_ioloop_remove_timeout(gale_ioloop *loop, gale_timeout timeout)
{
    gale__timers_remove(&loop->timers, timeout);
}

/* --- for the layers above --- */

void gale__ioloop_queue(struct gale__io *io)
{
    gale_ioloop *loop = io->loop;

    if (io->flags & GALE__IO_QUEUED)
        return;
    io->flags |= GALE__IO_QUEUED;
    io->backend_data = NULL;
    if (loop->queue_last)
        loop->queue_last->backend_data = io;
    else
        loop->queue_first = io;
    loop->queue_last = io;
}

void gale__ioloop_defer(gale_ioloop *loop, struct gale__ioloop_task *task)
{
    if (!gale__list_linked(&task->link))
        gale__list_append(&loop->tasks, &task->link);
}

void gale__ioloop_own(gale_ioloop *loop, struct gale__ioloop_owned *owned)
{
    gale__list_append(&loop->owned, &owned->link);
}

void gale__ioloop_tell_busy(gale_ioloop *loop, struct gale__busy *busy)
{
    loop->busy = busy;
    if (busy && is_running(loop))
        gale__ioloop_tick(loop);
}

struct gale__busy *gale__ioloop_busy(const gale_ioloop *loop)
{
    return loop->busy;
}

__attribute__((noinline)) void gale__ioloop_note_busy(struct gale__busy *busy, int64_t now_ns,
                                                      int64_t next_ns)
{
    int64_t since = atomic_load_explicit(&busy->since, memory_order_relaxed);
    int64_t took = since ? now_ns - since : 0;

    busy->total_ns += took;
    if (took > busy->longest_ns)
        busy->longest_ns = took;
    atomic_store_explicit(&busy->since, next_ns, memory_order_relaxed);
}

void gale__executor_look(gale_ioloop *loop, struct gale__executor_look *out)
{
    struct gale__executor *e = &loop->executor;

    pthread_mutex_lock(&e->lock);
    *out = (struct gale__executor_look){ .n_jobs = e->n_jobs,
                                         .n_waiting = e->n_waiting,
                                         .n_threads = e->n_threads,
                                         .n_idle = e->n_idle,
                                         .max_threads = e->max_threads };
    pthread_mutex_unlock(&e->lock);
}

struct gale__ioloop_gen *gale__ioloop_gen(gale_ioloop *loop)
{
    return &loop->gen;
}

void **gale__ioloop_slot(gale_ioloop *loop, enum gale__slot slot)
{
    return &loop->slots[slot];
}

int gale__executor_submit(gale_ioloop *loop, void (*work)(void *arg), void (*done)(void *arg),
                          void *arg)
{
    return gale__executor_add(&loop->executor, work, done, arg);
}

int gale__executor_submit_to(gale_executor *executor, gale_ioloop *loop, void (*work)(void *arg),
                             void (*done)(void *arg), void *arg)
{
    return gale__executor_share(executor, &loop->callbacks, work, done, arg);
}

/* --- life --- */

static const struct gale__backend *find_backend(const char *name)
{
    static const struct gale__backend *const backends[] = {
        &gale__backend_epoll,
#ifndef GALE_WITHOUT_URING
        &gale__backend_uring,
#endif
        &gale__backend_sim,
    };

    for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++)
        if (strcmp(name, backends[i]->name) == 0)
            return backends[i];
    return NULL;
}

static int use_backend(gale_ioloop *loop, const struct gale__backend *backend)
{
    loop->backend = backend;
    loop->virtual_clock = false;
    int r = backend->init(loop);

    if (r < 0)
        backend->deinit(loop);
    return r;
}

/* Asked for by name: that one or none. */
static int force_backend(gale_ioloop *loop, const char *name)
{
    const struct gale__backend *backend = find_backend(name);

    if (!backend)
        return gale_err(GALE_EBACKEND,
                        "no loop backend is called '%s' (epoll, io_uring, simulated)", name);
    int r = use_backend(loop, backend);

    if (r < 0 && r != -ENOMEM)
        return gale_err(GALE_EBACKEND, "the loop backend %s cannot be used: %s", name,
                        gale_strerror(r));
    return r;
}

static int choose_backend(gale_ioloop *loop, const gale_ioloop_options *options)
{
    const char *name = getenv("GALE_IOLOOP");

    if (options && options->backend)
        return force_backend(loop, options->backend);
    if (name && *name) {
        int r = force_backend(loop, name);

        if (r >= 0)
            return 0;
        /* A refusal by the kernel is usual in containers; a wrong word is a mistake. */
        gale_log(&gale_log_general, find_backend(name) ? GALE_LOG_DEBUG : GALE_LOG_WARNING,
                 "GALE_IOLOOP: %s; using epoll", gale_strerror(r));
    }
    return use_backend(loop, &gale__backend_epoll);
}

static int init(gale_ioloop *loop, const gale_ioloop_options *options)
{
    gale__list_init(&loop->tasks);
    gale__list_init(&loop->owned);
    gale__timers_init(&loop->timers);
    int r = gale__callbacks_init(&loop->callbacks);

    if (r < 0)
        return r;
    r = gale__executor_init(&loop->executor, &loop->callbacks,
                            options ? options->executor_threads : 0);
    if (r < 0)
        goto no_executor;
    r = choose_backend(loop, options);
    if (r < 0)
        goto no_backend;
    gale__ioloop_tick(loop);
    return 0;

no_backend:
    gale__executor_deinit(&loop->executor);
no_executor:
    gale__callbacks_deinit(&loop->callbacks);
    return r;
}

gale_ioloop *gale_ioloop_new(const gale_ioloop_options *options)
{
    gale_ioloop *loop = gale__calloc(1, sizeof(*loop));
    int r = loop ? init(loop, options) : -ENOMEM;

    last_error = r;
    if (r < 0) {
        gale__free(loop);
        return NULL;
    }
    atomic_fetch_add_explicit(&n_loops, 1, memory_order_relaxed);
    if (!current)
        current = loop;
    return loop;
}

int gale__ioloop_count(void)
{
    return atomic_load_explicit(&n_loops, memory_order_relaxed);
}

gale_ioloop *gale__ioloop_peek(void)
{
    return current;
}

int gale_ioloop_error(void)
{
    return last_error;
}

gale_ioloop *gale_ioloop_current(void)
{
    return current ? current : gale_ioloop_new(NULL);
}

void gale_ioloop_make_current(gale_ioloop *loop)
{
    current = loop;
}

const char *gale_ioloop_backend(const gale_ioloop *loop)
{
    return loop->backend->name;
}

static void close_owned(gale_ioloop *loop)
{
    struct gale__list *link;

    while ((link = gale__list_first(&loop->owned))) {
        gale__list_remove(link);
        struct gale__ioloop_owned *owned = GALE_CONTAINER_OF(link, struct gale__ioloop_owned, link);

        owned->close(owned);
    }
}

/* Until the last closed io has said so. False: the backend fails and fails, and the kernel
 * may still hold operations of some. */
static bool drain_closing(gale_ioloop *loop)
{
    int failures = 0;

    run_queue(loop);
    while (loop->n_closing > 0 && failures < MAX_FAILURES) {
        if (loop->backend->poll(loop, loop->queue_first ? 0 : -1) < 0)
            failures++;
        run_queue(loop);
    }
    return loop->n_closing == 0;
}

static void drop_tasks(gale_ioloop *loop)
{
    struct gale__list *link;

    while ((link = gale__list_first(&loop->tasks)))
        gale__list_remove(link);
}

static void destroy(gale_ioloop *loop)
{
    loop->backend->deinit(loop);
    gale__callbacks_deinit(&loop->callbacks);
    gale__timers_deinit(&loop->timers);
    gale__free(loop->handlers);
    gale__free(loop);
}

void gale_ioloop_free(gale_ioloop *loop)
{
    if (!loop)
        return;
    GALE_ASSERT(!is_running(loop));
    atomic_fetch_sub_explicit(&n_loops, 1, memory_order_relaxed);
    loop->stopping = false;
    struct outer outer = enter(loop);

    gale__callbacks_shut(&loop->callbacks);
    loop->timers.closed = true;
    if (loop->gen.detach)
        loop->gen.detach(loop);
    run_tasks(loop);
    close_owned(loop);
    run_tasks(loop); /* ends of transports that have no descriptor */
    gale__handlers_free(loop);
    gale__executor_deinit(&loop->executor);
    gale__callbacks_run_nodes(&loop->callbacks);
    bool drained = drain_closing(loop);

    drop_tasks(loop);
    gale__log_batch(false);
    current = outer.loop == loop ? NULL : outer.loop;
    gale__context = outer.context;
    if (drained)
        destroy(loop);
    else /* rather lost than used after it was freed, by the kernel or by an owner */
        gale_log(&gale_log_general, GALE_LOG_ERROR,
                 "the loop's backend %s fails: %zu descriptors are left open, their memory is lost",
                 loop->backend->name, loop->n_closing);
}

/* executor.c - the loop's pool of threads. See executor.h. */
/* SPDX-License-Identifier: MIT */
#include "ioloop/executor.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include <gale/error.h>
#include <gale/ioloop.h>

#include "base/alloc.h"

struct gale__job {
    struct gale__callback_node node; /* posted when the work is done */
    struct gale__job *next;
    struct gale__executor *executor;
    struct gale__callbacks *callbacks; /* where it is posted; NULL: nowhere */
    void (*work)(void *arg);
    void (*done)(void *arg);
    void *arg;
};

static void come_back(struct gale__callback_node *node)
{
    struct gale__job *job = GALE_CONTAINER_OF(node, struct gale__job, node);
    void (*done)(void *arg) = job->done;
    void *arg = job->arg;

    if (job->executor->callbacks)
        job->executor->n_jobs--;
    gale__free(job);
    if (done)
        done(arg);
}

/* A thread without work. The one that became so last is woken first: its memory is still near. */
struct gale__idle {
    struct gale__idle *next;
    pthread_cond_t more;
    bool is_woken;
};

/* With the lock: until it is woken for work, or for the end. */
static void rest(struct gale__executor *e, struct gale__idle *self)
{
    self->is_woken = false;
    self->next = e->idle;
    e->idle = self;
    e->n_idle++;
    while (!self->is_woken)
        pthread_cond_wait(&self->more, &e->lock);
}

/* With the lock. */
static void wake_one(struct gale__executor *e)
{
    struct gale__idle *idle = e->idle;

    if (!idle)
        return;
    e->idle = idle->next;
    e->n_idle--;
    idle->is_woken = true;
    pthread_cond_signal(&idle->more);
}

static struct gale__job *take(struct gale__executor *e, struct gale__idle *self)
{
    struct gale__job *job;

    pthread_mutex_lock(&e->lock);
    while (!e->first && !e->quit)
        rest(e, self);
    job = e->first;
    if (job) {
        e->n_waiting--;
        e->first = job->next;
        if (!e->first)
            e->end = &e->first;
    }
    pthread_mutex_unlock(&e->lock);
    return job;
}

static void *thread_main(void *arg)
{
    struct gale__executor *e = arg;
    struct gale__idle self = { .more = PTHREAD_COND_INITIALIZER };
    struct gale__job *job;

    while ((job = take(e, &self))) {
        job->work(job->arg);
        if (job->callbacks)
            gale__callbacks_post(job->callbacks, &job->node);
        else
            gale__free(job);
    }
    pthread_cond_destroy(&self.more);
    return NULL;
}

/* Signals belong to the program's own threads. */
static int start_thread(struct gale__executor *e)
{
    sigset_t all, old;

    if (!e->threads)
        e->threads = gale__calloc((size_t)e->max_threads, sizeof(*e->threads));
    if (!e->threads)
        return -ENOMEM;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int r = pthread_create(&e->threads[e->n_threads], NULL, thread_main, e);

    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (r == 0)
        e->n_threads++;
    return -r;
}

static bool wants_thread(struct gale__executor *e)
{
    pthread_mutex_lock(&e->lock);
    bool wants = e->n_waiting >= e->n_idle && e->n_threads < e->max_threads;

    pthread_mutex_unlock(&e->lock);
    return wants;
}

static void put(struct gale__executor *e, struct gale__job *job)
{
    pthread_mutex_lock(&e->lock);
    *e->end = job;
    e->end = &job->next;
    e->n_waiting++;
    wake_one(e);
    pthread_mutex_unlock(&e->lock);
}

int gale__executor_init(struct gale__executor *e, struct gale__callbacks *callbacks, int max)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);

    if (max <= 0)
        max = cpus < 1 ? 5 : cpus > 28 ? 32 : (int)cpus + 4;
    *e = (struct gale__executor){ .callbacks = callbacks, .max_threads = max, .end = &e->first };
    return -pthread_mutex_init(&e->lock, NULL);
}

void gale__executor_deinit(struct gale__executor *e)
{
    pthread_mutex_lock(&e->lock);
    e->quit = true;
    while (e->idle)
        wake_one(e);
    pthread_mutex_unlock(&e->lock);
    for (int i = 0; i < e->n_threads; i++)
        pthread_join(e->threads[i], NULL);
    gale__free(e->threads);
    pthread_mutex_destroy(&e->lock);
}

static int add(struct gale__executor *e, struct gale__callbacks *callbacks, void (*work)(void *arg),
               void (*done)(void *arg), void *arg)
{
    struct gale__job *job = e->quit ? NULL : gale__calloc(1, sizeof(*job));

    if (!job)
        return e->quit ? -ECANCELED : -ENOMEM;
    *job = (struct gale__job){
        .node.fn = come_back,
        .executor = e,
        .callbacks = callbacks,
        .work = work,
        .done = done,
        .arg = arg,
    };
    int r = wants_thread(e) ? start_thread(e) : 0;

    /* With a thread at all the work gets done, only later. */
    if (r < 0 && e->n_threads == 0) {
        gale__free(job);
        return r;
    }
    if (e->callbacks)
        e->n_jobs++;
    put(e, job);
    return 0;
}

int gale__executor_add(struct gale__executor *e, void (*work)(void *arg), void (*done)(void *arg),
                       void *arg)
{
    return add(e, e->callbacks, work, done, arg);
}

/* --- pools of their own: <gale/ioloop.h> --- */

enum { MOST_THREADS = 1024 };

struct gale_executor {
    struct gale__executor pool;
    pthread_mutex_t adding; /* threads are started by one caller at a time */
};

gale_executor *gale_executor_new(int threads)
{
    gale_executor *executor;

    if (threads < 1 || threads > MOST_THREADS) {
        gale_err(GALE_EINVAL, "an executor of %d threads: 1 to %d are possible", threads,
                 MOST_THREADS);
        return NULL;
    }
    executor = gale__calloc(1, sizeof(*executor));
    if (!executor)
        return NULL;
    if (pthread_mutex_init(&executor->adding, NULL) == 0) {
        if (gale__executor_init(&executor->pool, NULL, threads) >= 0)
            return executor;
        pthread_mutex_destroy(&executor->adding);
    }
    gale__free(executor);
    return NULL;
}

void gale_executor_free(gale_executor *executor)
{
    if (!executor)
        return;
    gale__executor_deinit(&executor->pool);
    pthread_mutex_destroy(&executor->adding);
    gale__free(executor);
}

int gale__executor_share(gale_executor *executor, struct gale__callbacks *callbacks,
                         void (*work)(void *arg), void (*done)(void *arg), void *arg)
{
    int r;

    pthread_mutex_lock(&executor->adding);
    r = add(&executor->pool, callbacks, work, done, arg);
    pthread_mutex_unlock(&executor->adding);
    return r;
}

int gale_executor_submit(gale_executor *executor, void (*fn)(void *arg), void *arg)
{
    int r = gale__executor_share(executor, NULL, fn, NULL, arg);

    return r < 0 ? gale_err(r, "no thread for the work of an executor") : 0;
}

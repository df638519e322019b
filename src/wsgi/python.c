/* python.c - applications of this process, the pool of their threads, requests on it. See python.h.
 */
/* SPDX-License-Identifier: MIT */
#include "wsgi/python.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <time.h>

#include <gale/error.h>
#include <gale/log.h>

#include "base/alloc.h"

enum { DEFAULT_THREADS = 8, MOST_THREADS = 512, END_SECONDS = 2 };

/* All applications share the pool and the interpreter. */
static struct {
    pthread_mutex_t lock;
    int n_used;
    int n_threads; /* the most that one asked for */
    gale_executor *pool;
    sigset_t signals; /* that are blocked in the thread that made the pool */

    struct gale__wsgi_job *first, **end; /* requests that wait for a thread; end NULL: none yet */
    int n_running;                       /* threads that take them */
    uint64_t n_taken;                    /* ever */
    pthread_cond_t rested;               /* the last request of an application has ended */
    bool is_stuck;                       /* one did not end: its thread is not waited for */
} all = { .lock = PTHREAD_MUTEX_INITIALIZER, .rested = PTHREAD_COND_INITIALIZER };

static _Thread_local int last_error;

/* --- gale_wsgi --- */

int gale_wsgi_error(void)
{
    return last_error;
}

static bool is_name(const char *text, size_t len)
{
    bool is_start = true;

    for (size_t i = 0; i < len; i++) {
        char c = text[i];

        if (c == '.' ? is_start : strchr(" \t\r\n/:()'\"", c) != NULL)
            return false;
        is_start = c == '.';
    }
    return !is_start;
}

void gale__python_place(const char *path, char *out, size_t size)
{
    char program[PATH_MAX];
    ssize_t len = *path == '/' ? 0 : readlink("/proc/self/exe", program, sizeof(program) - 1);
    char *slash;

    program[len > 0 ? len : 0] = 0;
    slash = strrchr(program, '/');
    snprintf(out, size, "%.*s%s", slash ? (int)(slash - program) + 1 : 0, program, path);
}

/* "module:callable" in its two parts. */
static int split(gale_wsgi *wsgi, const char *application)
{
    const char *colon = strchr(application, ':');
    size_t n_module = colon ? (size_t)(colon - application) : strlen(application);
    const char *callable = colon ? colon + 1 : "application";
    size_t n = strlen(callable), n_name = n > 2 && strcmp(callable + n - 2, "()") == 0 ? n - 2 : n;

    if (n_module > 3 && memcmp(application + n_module - 3, ".py", 3) == 0)
        return gale_err(GALE_EINVAL, "'%s': a module's name, without \".py\": \"module:callable\"",
                        application);
    if (!is_name(application, n_module) || !is_name(callable, n_name))
        return gale_err(GALE_EINVAL, "'%s' is no application: \"module:callable\"", application);
    wsgi->module = gale__strndup(application, n_module);
    wsgi->callable = gale__strndup(callable, n);
    return wsgi->module && wsgi->callable ? 0 : -ENOMEM;
}

static int fill(gale_wsgi *wsgi, const gale_wsgi_options *o)
{
    const char *path = o->path ? o->path : "";

    if (!o->application)
        return gale_err(GALE_EINVAL, "gale_wsgi_new: no .application");
    if (o->threads < 0 || o->threads > MOST_THREADS)
        return gale_err(GALE_EINVAL, "gale_wsgi_new: .threads is %d: 1 to %d", o->threads,
                        MOST_THREADS);
    wsgi->threads = o->threads ? o->threads : DEFAULT_THREADS;
    wsgi->path = gale__strndup(path, strlen(path));
    if (o->virtual_env)
        wsgi->virtual_env = gale__strndup(o->virtual_env, strlen(o->virtual_env));
    if (!wsgi->path || (o->virtual_env && !wsgi->virtual_env))
        return -ENOMEM;
    return split(wsgi, o->application);
}

static void free_wsgi(gale_wsgi *wsgi)
{
    pthread_mutex_destroy(&wsgi->loading);
    gale__free(wsgi->module);
    gale__free(wsgi->callable);
    gale__free(wsgi->path);
    gale__free(wsgi->virtual_env);
    gale__free(wsgi->traceback);
    gale__free(wsgi);
}

gale_wsgi *gale_wsgi_new(const gale_wsgi_options *options)
{
    static const gale_wsgi_options none;
    gale_wsgi *wsgi = gale__calloc(1, sizeof(*wsgi));

    last_error = -ENOMEM;
    if (!wsgi)
        return NULL;
    pthread_mutex_init(&wsgi->loading, NULL);
    last_error = fill(wsgi, options ? options : &none);
    if (last_error < 0) {
        free_wsgi(wsgi);
        return NULL;
    }
    pthread_mutex_lock(&all.lock);
    all.n_used++;
    if (wsgi->threads > all.n_threads)
        all.n_threads = wsgi->threads;
    pthread_mutex_unlock(&all.lock);
    return wsgi;
}

/* What an application leaves behind: on the loop's thread nothing of Python's is touched, a thread
 * of the pool lets go. */
struct leftover {
    void *application, *environ;
};

static void let_go(void *arg)
{
    struct leftover *left = arg;

    if (gale__python_enter() >= 0) {
        gale__python_unload(left->application, left->environ);
        gale__python_leave();
    }
    gale__free(left);
}

/* With the lock. Without memory it stays to Python's end. */
static void unload(gale_wsgi *wsgi)
{
    struct leftover *left = gale__malloc(sizeof(*left));

    if (!left)
        return;
    *left = (struct leftover){ wsgi->application, wsgi->environ };
    if (gale_executor_submit(all.pool, let_go, left) < 0)
        gale__free(left);
}

/* With the lock: handlers have ended, but Python may still be at their requests. */
static bool wait_for_requests(gale_wsgi *wsgi)
{
    struct timespec until;
    int r = 0;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += all.is_stuck ? 0 : END_SECONDS; /* only once */
    while (wsgi->n_jobs && r == 0)
        r = pthread_cond_timedwait(&all.rested, &all.lock, &until);
    return !wsgi->n_jobs;
}

/* With the lock: what Python still uses stays, to the process's end. */
static void give_up(gale_wsgi *wsgi)
{
    all.is_stuck = true;
    all.n_used--;
    gale_log(&gale_log_general, GALE_LOG_WARNING,
             "%s:%s: requests that do not end are not waited for: %d", wsgi->module, wsgi->callable,
             wsgi->n_jobs);
}

void gale_wsgi_free(gale_wsgi *wsgi)
{
    gale_executor *pool = NULL;

    if (!wsgi)
        return;
    pthread_mutex_lock(&all.lock);
    if (!wait_for_requests(wsgi)) {
        give_up(wsgi);
        pthread_mutex_unlock(&all.lock);
        return;
    }
    if (atomic_load(&wsgi->is_loaded) && all.pool)
        unload(wsgi);
    if (--all.n_used == 0 && !all.is_stuck) {
        pool = all.pool;
        all.pool = NULL;
        all.n_threads = 0;
    }
    pthread_mutex_unlock(&all.lock);
    if (pool) {
        gale_executor_free(pool); /* with what it still has to do */
        gale__python_end();
    }
    free_wsgi(wsgi);
}

const char *gale_wsgi_traceback(const gale_wsgi *wsgi)
{
    return wsgi->traceback ? wsgi->traceback : "";
}

/* --- the pool --- */

gale_executor *gale__python_pool(void)
{
    gale_executor *pool;

    pthread_mutex_lock(&all.lock);
    if (!all.pool) {
        pthread_sigmask(SIG_SETMASK, NULL, &all.signals);
        all.pool = gale_executor_new(all.n_threads);
    }
    pool = all.pool;
    pthread_mutex_unlock(&all.lock);
    return pool;
}

bool gale__python_is_threaded(void)
{
    return all.n_threads > 1;
}

/* An executor's threads block all signals, and so would each program that Python starts in them: it
 * could not be told to end. They are the program's as elsewhere. */
static void unblock_signals(void)
{
    pthread_sigmask(SIG_SETMASK, &all.signals, NULL);
}

static int load_here(void *arg)
{
    unblock_signals();
    return gale__python_load(arg);
}

int gale_wsgi_load(gale_wsgi *wsgi)
{
    gale_executor *pool = gale__python_pool();

    return pool ? gale_executor_run(pool, load_here, wsgi) : gale_err(-ENOMEM, "no memory");
}

/* --- requests ---
 *
 * Python runs on one thread at a time, so a second one that is awake only fights for its lock. A
 * request wakes a thread when none is at work; else it waits for the one that is. When nothing has
 * been taken for a moment, which means that a request waits for something (a database, a body, us),
 * one more thread begins.
 */

#define MOMENT 0.001 /* seconds */

/* The look at this thread's loop. */
static _Thread_local struct {
    gale_ioloop *loop;
    double due;
    uint64_t n_taken;
} look;

static void answer(struct gale__wsgi_job *job)
{
    gale_wsgi *wsgi = job->wsgi;
    char *text = NULL;
    int r;

    if (gale__wsgi_job_is_left(job)) { /* it has waited for too long */
        gale__wsgi_job_unref(job);
        return;
    }
    r = atomic_load(&wsgi->is_loaded) ? 0 : gale__python_load(wsgi);

    if (r == GALE_EINVAL) {
        pthread_mutex_lock(&wsgi->loading);
        text = gale__strndup(gale_wsgi_traceback(wsgi), strlen(gale_wsgi_traceback(wsgi)));
        pthread_mutex_unlock(&wsgi->loading);
    }
    if (r >= 0)
        r = gale__python_enter();
    if (r >= 0) {
        gale__python_call(job);
        gale__python_leave();
    } else {
        (void)gale__wsgi_fail(job, text && *text ? text : gale_strerror(r));
    }
    gale__free(text);
    gale__wsgi_job_unref(job);
}

/* With the lock. */
static void count_off(gale_wsgi *wsgi)
{
    if (--wsgi->n_jobs == 0)
        pthread_cond_broadcast(&all.rested);
}

/* The next request; NULL: none, and this thread takes no more. ended: whose request it has
 * answered. */
static struct gale__wsgi_job *take(gale_wsgi *ended)
{
    struct gale__wsgi_job *job;

    pthread_mutex_lock(&all.lock);
    if (ended)
        count_off(ended);
    job = all.first;
    if (job) {
        all.first = job->next;
        all.n_taken++;
        if (!all.first)
            all.end = &all.first;
    } else {
        all.n_running--;
    }
    pthread_mutex_unlock(&all.lock);
    return job;
}

static void run(void *unused)
{
    struct gale__wsgi_job *job;
    gale_wsgi *wsgi = NULL;

    (void)unused;
    unblock_signals();
    while ((job = take(wsgi))) {
        wsgi = job->wsgi;
        answer(job);
    }
}

/* One more thread, which has been counted. */
static int begin(void)
{
    gale_executor *pool = gale__python_pool();
    int r = pool ? gale_executor_submit(pool, run, NULL)
                 : gale_err(-ENOMEM, "no memory for Python's threads");

    if (r < 0) {
        pthread_mutex_lock(&all.lock);
        all.n_running--;
        pthread_mutex_unlock(&all.lock);
    }
    return r;
}

static void look_again(gale_ioloop *loop);

static void on_look(void *arg)
{
    bool is_stuck, is_empty;

    look.loop = NULL;
    pthread_mutex_lock(&all.lock);
    is_empty = !all.first;
    is_stuck = !is_empty && all.n_taken == look.n_taken && all.n_running < all.n_threads;
    all.n_running += is_stuck;
    look.n_taken = all.n_taken;
    pthread_mutex_unlock(&all.lock);
    if (is_stuck)
        (void)!begin();
    if (!is_empty)
        look_again(arg);
}

/* Unless it is to come; one that is overdue went with a loop that was freed. */
static void look_again(gale_ioloop *loop)
{
    double now = gale_ioloop_time(loop);

    if (look.loop == loop && now < look.due + 100 * MOMENT)
        return;
    look.due = now + MOMENT;
    look.loop = gale_ioloop_call_later(loop, MOMENT, on_look, loop) ? loop : NULL;
}

/* 1: a thread is to begin. */
static int put(struct gale__wsgi_job *job)
{
    bool begins;

    pthread_mutex_lock(&all.lock);
    if (!all.end)
        all.end = &all.first;
    *all.end = job;
    all.end = &job->next;
    job->wsgi->n_jobs++;
    begins = all.n_running == 0;
    all.n_running += begins;
    pthread_mutex_unlock(&all.lock);
    return begins;
}

/* No thread takes it: it is taken back, if it is still there. */
static bool take_back(struct gale__wsgi_job *job)
{
    struct gale__wsgi_job **at;
    bool found;

    pthread_mutex_lock(&all.lock);
    for (at = &all.first; *at && *at != job;)
        at = &(*at)->next;
    found = *at != NULL;
    if (found) {
        *at = job->next;
        if (!*at)
            all.end = at;
        count_off(job->wsgi);
    }
    pthread_mutex_unlock(&all.lock);
    return found;
}

int gale__python_submit(struct gale__wsgi_job *job)
{
    int r = 0;

    gale__wsgi_job_ref(job);
    if (put(job))
        r = begin();
    else
        look_again(job->loop);
    if (r >= 0 || !take_back(job))
        return 0;
    gale__wsgi_job_unref(job);
    return r;
}

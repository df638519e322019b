/* threads.c - n loops on n threads.
 *
 * The loops that run stand in one list under a lock, so that they can be told to stop from
 * anywhere; a loop leaves it before it is freed. Signals are left to the calling thread, whose loop
 * a handler knows.
 */
/* SPDX-License-Identifier: MIT */
#include "net/threads.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <gale/error.h>
#include <gale/ioloop.h>
#include <gale/process.h>

#include "base/alloc.h"
#include "base/list.h"
#include "ioloop/io.h"

enum { MAX_THREADS = 1024, ERROR_TEXT = 192 };

/* One call of gale_run_threads(). */
struct run {
    struct gale__list link;  /* of runs */
    struct gale__list loops; /* struct member */
    int (*body)(int task_id, void *arg);
    void *arg;
    bool stopped;
    int result; /* the first failure */
    char text[ERROR_TEXT];
};

struct member {
    struct gale__list link;
    struct run *run;
    gale_ioloop *loop;
    int task_id;
    pthread_t thread;
};

/* gale_stop_threads() has no argument: it means all there are. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct gale__list runs = { &runs, &runs };

/* On the loop, which may have left meanwhile and be the host's own again. */
static void stop_loop(void *arg)
{
    bool is_member = false;

    pthread_mutex_lock(&lock);
    for (struct gale__list *r = runs.next; r != &runs; r = r->next) {
        struct run *run = GALE_CONTAINER_OF(r, struct run, link);

        for (struct gale__list *l = run->loops.next; l != &run->loops; l = l->next)
            is_member |= GALE_CONTAINER_OF(l, struct member, link)->loop == arg;
    }
    pthread_mutex_unlock(&lock);
    if (is_member)
        gale__ioloop_end(arg, true);
}

/* Locked. Without memory for the call there is nothing left that could be done. */
static void stop_run(struct run *run)
{
    run->stopped = true;
    for (struct gale__list *l = run->loops.next; l != &run->loops; l = l->next) {
        gale_ioloop *loop = GALE_CONTAINER_OF(l, struct member, link)->loop;

        (void)!gale_ioloop_add_callback(loop, stop_loop, loop);
    }
}

void gale_stop_threads(void)
{
    pthread_mutex_lock(&lock);
    for (struct gale__list *l = runs.next; l != &runs; l = l->next)
        stop_run(GALE_CONTAINER_OF(l, struct run, link));
    pthread_mutex_unlock(&lock);
}

bool gale__threads_call(void (*fn)(void *arg), void *arg)
{
    bool any = false;

    pthread_mutex_lock(&lock);
    for (struct gale__list *r = runs.next; r != &runs; r = r->next) {
        struct run *run = GALE_CONTAINER_OF(r, struct run, link);

        for (struct gale__list *l = run->loops.next; l != &run->loops; l = l->next)
            any |= gale_ioloop_add_callback(GALE_CONTAINER_OF(l, struct member, link)->loop, fn,
                                            arg) >= 0;
    }
    pthread_mutex_unlock(&lock);
    return any;
}

/* On the list, unless all is to end already. */
static bool enter(struct member *m)
{
    bool ok;

    pthread_mutex_lock(&lock);
    ok = !m->run->stopped;
    if (ok)
        gale__list_append(&m->run->loops, &m->link);
    pthread_mutex_unlock(&lock);
    return ok;
}

static void leave(struct member *m, int result)
{
    pthread_mutex_lock(&lock);
    gale__list_remove(&m->link);
    if (result < 0 && m->run->result == 0) {
        const char *text = gale_strerror(result);
        size_t len = strnlen(text, ERROR_TEXT - 1);

        m->run->result = result;
        memcpy(m->run->text, text, len);
        m->run->text[len] = 0;
        stop_run(m->run);
    }
    pthread_mutex_unlock(&lock);
}

static void run_body(struct member *m)
{
    gale_ioloop *before = gale__ioloop_peek(); /* of the calling thread */
    int r = 0;

    m->loop = gale_ioloop_current();
    if (!m->loop)
        r = gale_ioloop_error();
    else if (enter(m))
        r = m->run->body(m->task_id, m->run->arg);
    leave(m, r); /* before the loop goes: it may still be told to stop until then */
    if (!before)
        gale_ioloop_free(m->loop);
    else
        gale__ioloop_end(m->loop, false);
}

static void *thread_main(void *arg)
{
    run_body(arg);
    return NULL;
}

/* Signals that tell of this thread's own faults stay. */
static void block_signals(sigset_t *before)
{
    static const int own[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS };
    sigset_t set;

    sigfillset(&set);
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        sigdelset(&set, own[i]);
    pthread_sigmask(SIG_SETMASK, &set, before);
}

/* How many were started, the calling one's member not among them. */
static int start_threads(struct run *run, struct member *members, int n)
{
    sigset_t before;
    int started = 1, r = 0;

    block_signals(&before);
    for (; started < n && r == 0; started++)
        r = pthread_create(&members[started].thread, NULL, thread_main, &members[started]);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (r == 0)
        return started - 1;
    pthread_mutex_lock(&lock);
    run->result = -r;
    snprintf(run->text, ERROR_TEXT, "cannot start a thread: %s", strerror(r));
    stop_run(run);
    pthread_mutex_unlock(&lock);
    return started - 2;
}

int gale_run_threads(int n, int (*body)(int task_id, void *arg), void *arg)
{
    struct run run = { .body = body, .arg = arg };
    struct member *members;
    int started;

    if (n == 0)
        n = gale_cpu_count();
    if (n < 1 || n > MAX_THREADS || !body)
        return gale_err(GALE_EINVAL, "gale_run_threads: 1 to %d threads with a body", MAX_THREADS);
    members = gale__calloc((size_t)n, sizeof(*members));
    if (!members)
        return -ENOMEM;
    gale__list_init(&run.loops);
    for (int i = 0; i < n; i++)
        members[i] = (struct member){ .run = &run, .task_id = i };
    pthread_mutex_lock(&lock);
    gale__list_append(&runs, &run.link);
    pthread_mutex_unlock(&lock);
    started = start_threads(&run, members, n);
    run_body(&members[0]);
    for (int i = 1; i <= started; i++)
        pthread_join(members[i].thread, NULL);
    pthread_mutex_lock(&lock);
    gale__list_remove(&run.link);
    pthread_mutex_unlock(&lock);
    gale__free(members);
    return run.result < 0 ? gale_err(run.result, "%s", run.text) : 0;
}

/* blocked.c - handlers that block their loop are named in the log. See gale/debug.h.
 *
 * The loop notes when it has last come from waiting; a thread looks at that a few times in each
 * such while, and asks the loop's thread by a signal what it does. The signal's handler answers on
 * a stack of its own, with addresses only: files and lines are found by the thread that watches.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/debug.h>

#include <errno.h>
#include <gale/error.h>
#include <gale/log.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "gen/co.h"
#include "ioloop/io.h"
#include "top/crash.h"
#include "web/dispatch.h"

enum { MAX_TEXT = 64 * 1024, NAME_BYTES = 128, REQUEST_BYTES = 512 };

#define SECOND_NS INT64_C(1000000000)
#define PERIOD_MIN_NS INT64_C(2000000)
#define PERIOD_MAX_NS INT64_C(250000000)

/* What the loop's thread says of itself. */
struct answer {
    struct gale__trace trace;
    char coroutine[NAME_BYTES], request[REQUEST_BYTES]; /* empty: none */
};

struct watch {
    struct gale__ioloop_owned owned; /* by the loop, which may go first */
    gale_ioloop *loop;
    pthread_t watcher, watched;
    struct gale__busy busy;
    int64_t limit_ns;
    sem_t end, answered;
    atomic_bool asking, told; /* told: the answer is whole */
    struct answer answer;
};

static GALE__TLS struct watch *watch_here;

/* Process-wide, like signals: the one that was chosen; 0: none yet. */
static pthread_mutex_t choice_lock = PTHREAD_MUTEX_INITIALIZER;
static int chosen_signal;

/* --- on the thread of the loop ----------------------------------------------------------- */

static void copy(char *out, size_t size, size_t *at, const char *text)
{
    for (; *text && *at + 1 < size; text++)
        out[(*at)++] = *text;
    out[*at] = 0;
}

static void answer(struct answer *a, const void *context)
{
    const struct gale__co *co = gale__co_current();
    const gale_handler *self = gale__handler_running();
    size_t n = 0, m = 0;

    gale__crash_collect(&a->trace, context);
    copy(a->coroutine, sizeof(a->coroutine), &n, co ? gale__co_name(co) : "");
    copy(a->request, sizeof(a->request), &m, self ? self->x->request.method : "");
    copy(a->request, sizeof(a->request), &m, self ? " " : "");
    copy(a->request, sizeof(a->request), &m, self ? self->x->request.uri : "");
}

static void on_question(int sig, siginfo_t *info, void *context)
{
    struct watch *w = watch_here;
    int saved = errno;

    (void)sig;
    (void)info;
    if (w && atomic_exchange(&w->asking, false)) {
        answer(&w->answer, context);
        atomic_store(&w->told, true);
        sem_post(&w->answered);
    }
    errno = saved;
}

/* --- on the thread that watches ---------------------------------------------------------- */

/* Waits so long. False: in vain. */
static bool wait_for(sem_t *sem, int64_t ns)
{
    int64_t when = gale__clock_ns() + ns;
    const struct timespec until = { .tv_sec = (time_t)(when / SECOND_NS),
                                    .tv_nsec = (long)(when % SECOND_NS) };
    int r;

    while ((r = sem_clockwait(sem, CLOCK_MONOTONIC, &until)) < 0 && errno == EINTR)
        continue;
    return r == 0;
}

/* False: no answer, as from a thread that blocks in the kernel and cannot be interrupted. */
static bool ask(struct watch *w)
{
    atomic_store(&w->asking, true);
    if (pthread_kill(w->watched, chosen_signal) == 0 && wait_for(&w->answered, SECOND_NS))
        return atomic_exchange(&w->told, false);
    if (atomic_exchange(&w->asking, false))
        return false;
    while (!wait_for(&w->answered, SECOND_NS)) /* it has begun to answer */
        continue;
    return atomic_exchange(&w->told, false);
}

static void report(struct watch *w, int64_t ns)
{
    const struct answer *a = &w->answer;
    bool is_answered = ask(w);
    struct gale__buf calls;
    const char *lines;

    gale__buf_init(&calls, MAX_TEXT);
    if (is_answered)
        gale__crash_print_calls(&a->trace, &calls);
    lines = gale__buf_cstr(&calls);
    gale_log(&gale_log_application, GALE_LOG_WARNING,
             "the loop is blocked, for %.2f s so far%s%s%s%s%s", (double)ns / 1e9,
             is_answered && a->coroutine[0] ? ", in " : "", is_answered ? a->coroutine : "",
             is_answered && a->request[0] ? ": " : "", is_answered ? a->request : "",
             lines ? lines : "");
    gale__buf_deinit(&calls);
}

static int64_t period_of(const struct watch *w)
{
    int64_t period = w->limit_ns / 4;

    return period < PERIOD_MIN_NS ? PERIOD_MIN_NS : period > PERIOD_MAX_NS ? PERIOD_MAX_NS : period;
}

static void *run_watcher(void *arg)
{
    struct watch *w = arg;
    int64_t reported = 0;

    while (!wait_for(&w->end, period_of(w))) {
        int64_t since = atomic_load_explicit(&w->busy.since, memory_order_relaxed);
        int64_t now = gale__clock_ns();

        if (!since || since == reported || now - since < w->limit_ns)
            continue;
        reported = since;
        report(w, now - since);
    }
    return NULL;
}

/* --- begin and end ----------------------------------------------------------------------- */

/* A signal that nobody handles, ours from now on. */
static int choose_signal(void)
{
    struct sigaction ours = { .sa_sigaction = on_question,
                              .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK };
    struct sigaction present;
    int r = -EBUSY;

    pthread_mutex_lock(&choice_lock);
    for (int sig = SIGRTMIN; !chosen_signal && sig < SIGRTMAX - 1; sig++)
        if (sigaction(sig, NULL, &present) == 0 && present.sa_handler == SIG_DFL &&
            sigaction(sig, &ours, NULL) == 0)
            chosen_signal = sig;
    r = chosen_signal ? 0 : r;
    pthread_mutex_unlock(&choice_lock);
    return r;
}

static void end_watch(struct watch *w)
{
    gale__ioloop_tell_busy(w->loop, NULL);
    sem_post(&w->end);
    pthread_join(w->watcher, NULL);
    watch_here = NULL;
    gale__list_remove(&w->owned.link);
    sem_destroy(&w->end);
    sem_destroy(&w->answered);
    gale__free(w);
}

static void on_loop_end(struct gale__ioloop_owned *owned)
{
    end_watch(GALE_CONTAINER_OF(owned, struct watch, owned));
}

/* The new thread gets no signal but those of faults: they are for others. */
static int start_thread(struct watch *w)
{
    sigset_t all, before;
    int r;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    r = pthread_create(&w->watcher, NULL, run_watcher, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -r;
}

static int begin_watch(struct watch *w)
{
    sigset_t question;
    int r = choose_signal();

    if (r == 0)
        r = gale__alternate_stack();
    if (r < 0)
        return r;
    gale__trace_prepare();
    sigemptyset(&question);
    sigaddset(&question, chosen_signal);
    pthread_sigmask(SIG_UNBLOCK, &question, NULL);
    w->watched = pthread_self();
    sem_init(&w->end, 0, 0);
    sem_init(&w->answered, 0, 0);
    return start_thread(w);
}

int gale_set_blocking_log_threshold(gale_ioloop *loop, double seconds)
{
    struct watch *w;
    int r;

    if (!loop || loop != gale_ioloop_current())
        return gale_err(GALE_EINVAL, "gale_set_blocking_log_threshold: not this thread's loop");
    if (watch_here)
        end_watch(watch_here);
    if (!(seconds > 0))
        return 0;
    w = gale__calloc(1, sizeof(*w));
    if (!w)
        return gale_err(-ENOMEM, "no memory to watch the loop");
    w->loop = loop;
    w->limit_ns = seconds < 1e9 ? (int64_t)(seconds * 1e9) : SECOND_NS * 1000000000;
    w->owned.close = on_loop_end;
    r = begin_watch(w);
    if (r < 0) {
        gale__free(w);
        return gale_err(r, "the loop cannot be watched: %s", strerror(-r));
    }
    watch_here = w;
    gale__ioloop_own(loop, &w->owned);
    gale__ioloop_tell_busy(loop, &w->busy);
    return 0;
}

/* supervise.c - the parent of workers: what it waits for, and what it does then.
 *
 * It has no loop: a loop does not survive a fork. Signals come by a signalfd, so that nothing here
 * runs in a handler; children are waited for by their own ids, since a host may have others. A
 * worker and its parent each hold one end of a line, by which the worker says that it serves, and
 * hears that its parent has gone; the kernel tells it that as a signal, too.
 */
/* SPDX-License-Identifier: MIT */
#include "net/supervisor.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gale/error.h>
#include <gale/log.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "ioloop/io.h"
#include "net/supervisor_priv.h"
#include "net/worker.h"

enum {
    MAX_WORKERS = 4096,
    MAX_RESTARTS = 1 << 20,
    FIXED_FDS = 2, /* signals, the take-over */
};
#define IMPATIENT_NS INT64_C(1000000000)

/* What gale_worker_pids() tells of: a process supervises once, before it has threads. */
static struct gale__supervisor *supervising;

static const int taken_signals[] = { SIGTERM, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGHUP, SIGCHLD };

/* --- what signals mean --- */

static void pass_on(struct gale__supervisor *s, int signo)
{
    for (struct gale__list *l = s->processes.next; l != &s->processes; l = l->next)
        kill(GALE_CONTAINER_OF(l, struct gale__process, link)->pid, signo);
}

/* One from the terminal has reached the workers already. Whoever asks again, and not just twice (as
 * a service manager does that signals the whole group), means now. */
static void asked_to_stop(struct gale__supervisor *s, int signo, bool from_terminal)
{
    if (s->stopping) {
        if (gale__clock_ns() - s->stopped_ns > IMPATIENT_NS)
            pass_on(s, SIGKILL);
        return;
    }
    gale__supervisor_stop(s, from_terminal ? 0 : signo);
}

static void begin_take_over(struct gale__supervisor *s)
{
    int r;

    if (!s->hooks.take_over) {
        pass_on(s, SIGUSR2);
        return;
    }
    if (s->stopping || (s->takeover.pid && !s->hooks.latest_counts))
        return;
    gale__takeover_abort(&s->takeover);
    r = s->hooks.take_over(&s->takeover, s->hooks.arg);
    if (r < 0)
        gale_log(&gale_log_general, GALE_LOG_ERROR, "%s; going on", gale_strerror(r));
}

/* The terminal that is hung up sends SIGHUP as well: that is an end, unless ignored (nohup). */
static void on_hangup(struct gale__supervisor *s, bool from_terminal)
{
    if (!from_terminal)
        gale__supervisor_roll(s);
    else if (!s->ignores_hup)
        asked_to_stop(s, SIGTERM, false);
}

static void on_signal(struct gale__supervisor *s, const struct signalfd_siginfo *info)
{
    int signo = (int)info->ssi_signo;
    bool from_terminal = info->ssi_code == SI_KERNEL;

    if (signo == SIGTERM || signo == SIGINT || signo == SIGQUIT)
        asked_to_stop(s, signo, from_terminal);
    else if (signo == SIGHUP)
        on_hangup(s, from_terminal);
    else if (signo == SIGUSR2)
        begin_take_over(s);
    else if (signo == SIGUSR1)
        pass_on(s, signo);
}

static void read_signals(struct gale__supervisor *s)
{
    struct signalfd_siginfo info;

    while (!s->in_child && read(s->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
        on_signal(s, &info);
}

/* --- what workers and the successor say --- */

static bool all_ready(struct gale__supervisor *s)
{
    for (int i = 0; i < s->n_tasks; i++) {
        struct gale__process *p = gale__supervisor_find(s, i, GALE__CURRENT);

        if (!p || !p->ready)
            return false;
    }
    return true;
}

static void on_ready(struct gale__supervisor *s, struct gale__process *p)
{
    p->ready = true;
    if (s->stopping)
        return;
    if (p->role == GALE__NEXT)
        gale__supervisor_promote(s, p);
    else if (p->role == GALE__CURRENT && s->rolling == p->task_id &&
             !gale__supervisor_find(s, p->task_id, GALE__NEXT)) /* it came as the next one */
        gale__supervisor_roll_on(s);
    if (s->in_child || s->told_ready || !all_ready(s))
        return;
    s->told_ready = true;
    if (s->hooks.ready)
        s->hooks.ready(s->hooks.arg);
    else
        gale_worker_ready(); /* to the program that we take over from, or to our own parent */
}

static void read_channel(struct gale__supervisor *s, struct gale__process *p)
{
    int said;
    ssize_t n = recv(p->channel, &said, sizeof(said), MSG_DONTWAIT);

    if (n == (ssize_t)sizeof(said) && !p->ready)
        on_ready(s, p);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        close(p->channel);
        p->channel = -1;
    }
}

static void read_channels(struct gale__supervisor *s)
{
    struct gale__list *next;

    for (struct gale__list *l = s->processes.next; l != &s->processes; l = next) {
        struct gale__process *p = GALE_CONTAINER_OF(l, struct gale__process, link);

        next = l->next; /* new ones come at the end, and are asked next time */
        if (p->channel >= 0)
            read_channel(s, p);
        if (s->in_child)
            return;
    }
}

static void look_at_takeover(struct gale__supervisor *s)
{
    int r;

    if (!s->takeover.pid)
        return;
    r = gale__takeover_check(&s->takeover);
    if (r == 0)
        return;
    if (r < 0) {
        gale_log(&gale_log_general, GALE_LOG_ERROR, "%s; going on", gale_strerror(r));
        return;
    }
    if (s->hooks.taken_over)
        s->hooks.taken_over(r, s->hooks.arg);
    gale__supervisor_stop(s, SIGTERM);
}

/* --- what is due --- */

static void kill_late(struct gale__supervisor *s, int64_t now)
{
    for (struct gale__list *l = s->processes.next; l != &s->processes; l = l->next) {
        struct gale__process *p = GALE_CONTAINER_OF(l, struct gale__process, link);

        if (p->kill_ns > now)
            continue;
        gale_log(&gale_log_general, GALE_LOG_WARNING,
                 "child %d (pid %d) did not end in time: killed", p->task_id, (int)p->pid);
        p->kill_ns = INT64_MAX;
        kill(p->pid, SIGKILL);
    }
}

static void restart_due(struct gale__supervisor *s, int64_t now)
{
    for (int i = 0; i < s->n_tasks && !s->in_child; i++) {
        struct gale__task *task = &s->tasks[i];

        if (task->restart_ns > now)
            continue;
        task->restart_ns = INT64_MAX;
        if (gale__supervisor_start(s, i, GALE__CURRENT) < 0) {
            gale_log(&gale_log_general, GALE_LOG_ERROR, "cannot fork; trying again");
            task->restart_ns = now + (int64_t)(s->options.backoff_max * 1e9);
        }
    }
}

static void do_due(struct gale__supervisor *s)
{
    int64_t now = gale__clock_ns();

    kill_late(s, now);
    look_at_takeover(s);
    if (s->rolling >= 0 && s->roll_ns <= now)
        gale__supervisor_roll_failed(s, "was not ready in time");
    restart_due(s, now);
}

/* Milliseconds until something is due, rounded up; -1: nothing is. */
static int wait_ms(struct gale__supervisor *s)
{
    int64_t now = gale__clock_ns(), due = INT64_MAX;

    for (struct gale__list *l = s->processes.next; l != &s->processes; l = l->next) {
        struct gale__process *p = GALE_CONTAINER_OF(l, struct gale__process, link);

        due = p->kill_ns < due ? p->kill_ns : due;
    }
    for (int i = 0; i < s->n_tasks; i++)
        due = s->tasks[i].restart_ns < due ? s->tasks[i].restart_ns : due;
    if (s->takeover.pid && s->takeover.deadline_ns < due)
        due = s->takeover.deadline_ns;
    if (s->rolling >= 0 && s->roll_ns < due)
        due = s->roll_ns;
    if (due == INT64_MAX)
        return -1;
    due = due > now ? (due - now + 999999) / 1000000 : 0;
    return due > INT_MAX ? INT_MAX : (int)due;
}

/* Waits for anything. Which descriptor it was does not matter: all are asked. */
static void wait_for_news(struct gale__supervisor *s)
{
    struct pollfd *fds;
    size_t n = FIXED_FDS;

    for (struct gale__list *l = s->processes.next; l != &s->processes; l = l->next)
        n++;
    fds = gale__calloc(n, sizeof(*fds));
    if (!fds) { /* the children matter more than how soon they are heard */
        poll(&(struct pollfd){ .fd = s->signals, .events = POLLIN }, 1, 1000);
        return;
    }
    fds[0] = (struct pollfd){ .fd = s->signals, .events = POLLIN };
    fds[1] = (struct pollfd){ .fd = s->takeover.pid ? s->takeover.fd : -1, .events = POLLIN };
    n = FIXED_FDS;
    for (struct gale__list *l = s->processes.next; l != &s->processes; l = l->next)
        fds[n++] = (struct pollfd){ .fd = GALE_CONTAINER_OF(l, struct gale__process, link)->channel,
                                    .events = POLLIN };
    poll(fds, n, wait_ms(s));
    gale__free(fds);
}

static bool is_over(const struct gale__supervisor *s)
{
    for (int i = 0; i < s->n_tasks; i++)
        if (s->tasks[i].restart_ns != INT64_MAX)
            return false;
    return gale__list_empty(&s->processes);
}

/* Until all is over, or this is a child. */
static void supervise(struct gale__supervisor *s)
{
    for (int i = 0; i < s->n_tasks && !s->in_child; i++) {
        int r = gale__supervisor_start(s, i, GALE__CURRENT);

        if (r < 0) {
            s->result = r;
            gale__supervisor_stop(s, SIGTERM);
            break;
        }
    }
    while (!s->in_child && !is_over(s)) {
        gale_log_flush();
        wait_for_news(s);
        read_channels(s); /* what a child said before it ended */
        if (!s->in_child)
            read_signals(s);
        gale__supervisor_reap(s);
        if (!s->in_child)
            do_due(s);
    }
}

/* --- before and after --- */

/* A sanitizer's own thread does not count; the others have none. */
static bool has_threads(void)
{
#ifdef __SANITIZE_THREAD__
    return false;
#else
    DIR *dir = opendir("/proc/self/task");
    int n = 0;

    for (struct dirent *e; dir && (e = readdir(dir));)
        n += e->d_name[0] != '.';
    if (dir)
        closedir(dir);
    return n > 1;
#endif
}

static double or_default(double value, double fallback)
{
    return value > 0 ? value : fallback;
}

static void fill_options(struct gale__supervisor *s, const gale_supervisor_options *options)
{
    gale_supervisor_options *o = &s->options;

    if (options)
        *o = *options;
    o->max_restarts = o->max_restarts > 0 ? o->max_restarts : 100;
    o->restart_window = or_default(o->restart_window, 60);
    o->backoff = or_default(o->backoff, 0.1);
    o->backoff_max = or_default(o->backoff_max, 10);
    o->stop_timeout = or_default(o->stop_timeout, 30);
    o->ready_timeout = or_default(o->ready_timeout, 10);
}

static int check(int n, const struct gale__supervisor *s)
{
    if (n < 1 || n > MAX_WORKERS)
        return gale_err(GALE_EINVAL, "%d workers: 1 to %d are possible", n, MAX_WORKERS);
    if (s->options.max_restarts > MAX_RESTARTS)
        return gale_err(GALE_EINVAL, "max_restarts: at most %d", MAX_RESTARTS);
    if (supervising)
        return gale_err(GALE_ESTATE, "gale_fork_processes: it runs already");
    if (gale__ioloop_count() > 0)
        return gale_err(GALE_ESTATE, "workers are forked before any loop is made");
    if (has_threads())
        return gale_err(GALE_ESTATE, "workers are forked before any thread is started");
    return 0;
}

/* A host that ignores SIGCHLD would have the kernel reap our children unseen. */
static int take_signals(struct gale__supervisor *s)
{
    const struct sigaction plain = { .sa_handler = SIG_DFL };
    struct sigaction hup;
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < sizeof(taken_signals) / sizeof(taken_signals[0]); i++)
        sigaddset(&set, taken_signals[i]);
    s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (s->signals < 0)
        return gale_err(-errno, "signalfd: %s", strerror(errno));
    s->ignores_hup = sigaction(SIGHUP, NULL, &hup) == 0 && hup.sa_handler == SIG_IGN;
    sigprocmask(SIG_BLOCK, &set, &s->old_mask);
    sigaction(SIGCHLD, &plain, &s->old_chld);
    return 0;
}

/* What came after the last look and is still pending was meant for us, and must not end the
 * program behind our back. */
static void give_signals_back(struct gale__supervisor *s)
{
    struct signalfd_siginfo info;

    while (!s->in_child && read(s->signals, &info, sizeof(info)) > 0)
        continue;
    close(s->signals);
    sigaction(SIGCHLD, &s->old_chld, NULL);
    sigprocmask(SIG_SETMASK, &s->old_mask, NULL);
}

static int init(struct gale__supervisor *s, int n)
{
    gale__list_init(&s->processes);
    s->n_tasks = n;
    s->rolling = -1;
    s->takeover.fd = -1;
    s->result = GALE_ESTOPPED;
    s->tasks = gale__calloc((size_t)n, sizeof(*s->tasks));
    s->restarts = gale__calloc((size_t)s->options.max_restarts, sizeof(*s->restarts));
    if (!s->tasks || !s->restarts)
        return -ENOMEM;
    for (int i = 0; i < n; i++)
        s->tasks[i].restart_ns = INT64_MAX;
    return take_signals(s);
}

static void deinit(struct gale__supervisor *s)
{
    struct gale__list *first;

    while ((first = gale__list_first(&s->processes)))
        gale__process_free(GALE_CONTAINER_OF(first, struct gale__process, link));
    if (s->takeover.fd >= 0)
        close(s->takeover.fd);
    gale__free(s->tasks);
    gale__free(s->restarts);
}

int gale__supervise(int n, const gale_supervisor_options *options,
                    const struct gale__supervisor_hooks *hooks)
{
    struct gale__supervisor s = { 0 };
    int r;

    if (n == 0)
        n = gale_cpu_count();
    if (hooks)
        s.hooks = *hooks;
    gale__worker_adopt(); /* it is ours to say, not the workers' */
    fill_options(&s, options);
    r = check(n, &s);
    if (r >= 0)
        r = init(&s, n);
    if (r < 0) {
        gale__free(s.tasks);
        gale__free(s.restarts);
        return r;
    }
    gale_log(&gale_log_general, GALE_LOG_INFO, "starting %d processes", n);
    supervising = &s;
    supervise(&s);
    supervising = NULL;
    deinit(&s);
    give_signals_back(&s); /* in a worker, one sent meanwhile takes effect here */
    if (s.in_child)
        return gale_task_id();
    return s.result == GALE_ESTOPPED ? gale_err(GALE_ESTOPPED, "the workers have ended") : s.result;
}

int gale_fork_processes(int n, const gale_supervisor_options *options)
{
    return gale__supervise(n, options, NULL);
}

int gale_worker_pids(pid_t *pids, int max)
{
    struct gale__supervisor *s = supervising;

    for (int i = 0; s && i < s->n_tasks && i < max; i++) {
        struct gale__process *p = gale__supervisor_find(s, i, GALE__CURRENT);

        pids[i] = p ? p->pid : 0;
    }
    return s ? s->n_tasks : 0;
}

/* supervisor_fork.c - processes that begin and end: forking, reaping, restarts and their budget. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gale/error.h>
#include <gale/log.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "net/supervisor_priv.h"
#include "net/worker.h"

#define SHORT_LIFE_NS INT64_C(1000000000)

struct gale__process *gale__supervisor_find(struct gale__supervisor *s, int task_id,
                                            enum gale__role role)
{
    for (struct gale__list *l = s->processes.next; l != &s->processes; l = l->next) {
        struct gale__process *p = GALE_CONTAINER_OF(l, struct gale__process, link);

        if (p->task_id == task_id && p->role == role)
            return p;
    }
    return NULL;
}

void gale__process_free(struct gale__process *p)
{
    gale__list_remove(&p->link);
    if (p->channel >= 0)
        close(p->channel);
    gale__free(p);
}

/* --- beginning --- */

/* In the child. The signal comes also when the parent is killed; one that died before we asked for
 * it has another process in its place now. */
static void become_worker(struct gale__supervisor *s, pid_t parent, int task_id, int channel)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        kill(getpid(), SIGTERM); /* delivered when the mask is put back */
    s->in_child = true;
    sigdelset(&s->old_mask, GALE__PARENT_SIGNAL);
    gale__worker_enter(task_id, channel, s->options.stop_timeout);
}

static int fork_process(struct gale__supervisor *s, struct gale__process *p)
{
    pid_t parent = getpid();
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
        return -errno;
    gale_log_flush();
    p->pid = fork();
    if (p->pid == 0) {
        close(pair[0]);
        become_worker(s, parent, p->task_id, pair[1]);
        return 0;
    }
    close(pair[1]);
    if (p->pid < 0) {
        int r = -errno;

        close(pair[0]);
        return r;
    }
    p->channel = pair[0];
    return 0;
}

int gale__supervisor_start(struct gale__supervisor *s, int task_id, enum gale__role role)
{
    struct gale__process *p = gale__calloc(1, sizeof(*p));
    int r = -ENOMEM;

    if (p) {
        *p = (struct gale__process){ .task_id = task_id,
                                     .role = role,
                                     .channel = -1,
                                     .born_ns = gale__clock_ns(),
                                     .kill_ns = INT64_MAX };
        r = fork_process(s, p);
    }
    if (r < 0 || s->in_child) {
        gale__free(p);
        return r < 0 ? gale_err(r, "cannot fork: %s", strerror(-r)) : 0;
    }
    gale__list_append(&s->processes, &p->link);
    if (s->options.on_worker)
        s->options.on_worker(task_id, p->pid, 0, s->options.arg);
    return 0;
}

/* --- ending --- */

void gale__supervisor_end(struct gale__supervisor *s, struct gale__process *p, int signo)
{
    int64_t kill_ns = gale__clock_ns() + (int64_t)(s->options.stop_timeout * 1e9);

    if (p->kill_ns > kill_ns)
        p->kill_ns = kill_ns;
    kill(p->pid, signo);
}

void gale__supervisor_stop(struct gale__supervisor *s, int signo)
{
    if (!s->stopping && s->hooks.stopping)
        s->hooks.stopping(s->hooks.arg);
    s->stopping = true;
    s->stopped_ns = gale__clock_ns();
    s->rolling = -1;
    gale__takeover_abort(&s->takeover);
    for (int i = 0; i < s->n_tasks; i++)
        s->tasks[i].restart_ns = INT64_MAX;
    for (struct gale__list *l = s->processes.next; l != &s->processes; l = l->next)
        gale__supervisor_end(s, GALE_CONTAINER_OF(l, struct gale__process, link), signo);
}

/* Counts a restart; false when there were too many within the window. */
static bool spend_restart(struct gale__supervisor *s)
{
    int64_t now = gale__clock_ns();
    int64_t *slot = &s->restarts[s->n_restarts % s->options.max_restarts];
    bool full = s->n_restarts >= s->options.max_restarts &&
                now - *slot < (int64_t)(s->options.restart_window * 1e9);

    *slot = now;
    s->n_restarts++;
    return !full;
}

/* The delay doubles while processes of this task live shortly. */
static int64_t next_delay(struct gale__supervisor *s, const struct gale__process *p)
{
    struct gale__task *task = &s->tasks[p->task_id];
    int64_t most = (int64_t)(s->options.backoff_max * 1e9);

    if (gale__clock_ns() - p->born_ns >= SHORT_LIFE_NS)
        task->delay_ns = 0;
    else if (task->delay_ns == 0)
        task->delay_ns = (int64_t)(s->options.backoff * 1e9);
    else
        task->delay_ns *= 2;
    if (task->delay_ns > most)
        task->delay_ns = most;
    return task->delay_ns;
}

static void tell_end(const struct gale__process *p, int status, int64_t delay_ns)
{
    char how[64], when[32] = "";

    if (WIFSIGNALED(status))
        snprintf(how, sizeof(how), "killed by signal %d", WTERMSIG(status));
    else
        snprintf(how, sizeof(how), "exited with status %d", WEXITSTATUS(status));
    if (delay_ns > 0)
        snprintf(when, sizeof(when), " in %.1f s", (double)delay_ns / 1e9);
    gale_log(&gale_log_general, GALE_LOG_WARNING, "child %d (pid %d) %s, restarting%s", p->task_id,
             (int)p->pid, how, when);
}

static void restart(struct gale__supervisor *s, const struct gale__process *p, int status)
{
    int64_t delay = next_delay(s, p);

    tell_end(p, status, delay);
    if (!spend_restart(s)) {
        s->result = gale_err(GALE_ETOOBIG, "too many child restarts, giving up");
        gale_log(&gale_log_general, GALE_LOG_ERROR, "too many child restarts, giving up");
        gale__supervisor_stop(s, SIGTERM);
        return;
    }
    s->tasks[p->task_id].restart_ns = gale__clock_ns() + delay;
}

/* The current process of a task has ended without being asked. */
static void lost(struct gale__supervisor *s, const struct gale__process *p, int status)
{
    struct gale__process *next = gale__supervisor_find(s, p->task_id, GALE__NEXT);

    if (next) { /* a rolling restart has begun with it already; it counts when it is ready */
        gale_log(&gale_log_general, GALE_LOG_WARNING,
                 "child %d (pid %d) ended before its successor was ready", p->task_id, (int)p->pid);
        next->role = GALE__CURRENT;
    } else if (status == 0 && !s->hooks.always_restart) {
        gale_log(&gale_log_general, GALE_LOG_INFO, "child %d (pid %d) exited normally", p->task_id,
                 (int)p->pid);
    } else {
        restart(s, p, status);
    }
}

static void on_end(struct gale__supervisor *s, struct gale__process *p, int status)
{
    struct gale__process ended = *p;
    bool runs;

    gale__process_free(p);
    if (!s->stopping && ended.role == GALE__CURRENT)
        lost(s, &ended, status);
    else if (!s->stopping && ended.role == GALE__NEXT)
        gale__supervisor_roll_failed(s, "ended before it was ready");
    runs = gale__supervisor_find(s, ended.task_id, GALE__CURRENT) ||
           gale__supervisor_find(s, ended.task_id, GALE__OLD);
    if (!runs && s->options.on_worker)
        s->options.on_worker(ended.task_id, 0, status, s->options.arg);
}

/* One that ended, and is off the list of the kernel. */
static struct gale__process *find_ended(struct gale__supervisor *s, int *status)
{
    for (struct gale__list *l = s->processes.next; l != &s->processes; l = l->next) {
        struct gale__process *p = GALE_CONTAINER_OF(l, struct gale__process, link);
        pid_t pid = waitpid(p->pid, status, WNOHANG);

        if (pid < 0 && errno != EINTR)
            *status = 0; /* somebody else has reaped it */
        if (pid == p->pid || (pid < 0 && errno != EINTR))
            return p;
    }
    return NULL;
}

/* Somebody waits for it by its id. */
static bool is_known(const struct gale__supervisor *s, pid_t pid)
{
    for (struct gale__list *l = s->processes.next; l != &s->processes; l = l->next)
        if (GALE_CONTAINER_OF(l, struct gale__process, link)->pid == pid)
            return true;
    return pid == s->takeover.pid;
}

/* Process 1 becomes the parent of all that have lost theirs. */
static void reap_orphans(const struct gale__supervisor *s)
{
    siginfo_t info = { 0 };

    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid > 0 &&
           !is_known(s, info.si_pid)) {
        waitpid(info.si_pid, NULL, WNOHANG);
        info.si_pid = 0;
    }
}

void gale__supervisor_reap(struct gale__supervisor *s)
{
    struct gale__process *p;
    int status = 0;

    while (!s->in_child && (p = find_ended(s, &status)))
        on_end(s, p, status);
    if (!s->in_child && s->hooks.owns_children && getpid() == 1)
        reap_orphans(s);
}

/* takeover.c - starting a program that takes over. See takeover.h.
 *
 * Between fork and exec the child only makes system calls: other threads of this process may have
 * held locks when it was forked. So its environment is made before, with room for its own process
 * id, which LISTEN_PID has to be.
 */
/* SPDX-License-Identifier: MIT */
#include "net/takeover.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gale/error.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "net/worker.h"

enum {
    FIRST_FD = 3,   /* sd_listen_fds(3) */
    MAX_FDS = 1024, /* handed over */
    LINE = 64,      /* of the environment */
    OWN_LINES = 4,  /* of the environment, and one with names */
    BUSY_TRIES = 50,
    BUSY_PAUSE_US = 20000,
};

struct start {
    const struct gale__takeover_options *options;
    char **env;
    char lines[OWN_LINES][LINE];
    int *fds; /* copies above all that they are to become; the last is the pair's end */
    int n;
    pid_t parent;
};

/* What the child must not inherit: it is told anew. */
static bool is_own(const char *line)
{
    static const char *const names[] = { "LISTEN_PID=",      "LISTEN_FDS=",
                                         "LISTEN_FDNAMES=",  "LISTEN_PIDFDID=",
                                         GALE__READY_FD "=", GALE__READY_TRIAL "=" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strncmp(line, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static int make_env(struct start *s)
{
    size_t n = 0, to = 0;

    while (environ && environ[n])
        n++;
    s->env = gale__malloc((n + OWN_LINES + 2) * sizeof(*s->env));
    if (!s->env)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        if (!is_own(environ[i]))
            s->env[to++] = environ[i];
    snprintf(s->lines[0], LINE, "LISTEN_PID=");
    snprintf(s->lines[1], LINE, "LISTEN_FDS=%d", s->n);
    if (s->options->timeout > 0)
        snprintf(s->lines[2], LINE, GALE__READY_FD "=%d", FIRST_FD + s->n);
    if (s->options->is_trial)
        snprintf(s->lines[3], LINE, GALE__READY_TRIAL "=1");
    for (int i = s->n > 0 ? 0 : 2; i < OWN_LINES; i++)
        if (s->lines[i][0])
            s->env[to++] = s->lines[i];
    if (s->n > 0 && s->options->names)
        s->env[to++] = (char *)(uintptr_t)s->options->names;
    s->env[to] = NULL;
    return 0;
}

static void close_copies(struct start *s, int n)
{
    while (n > 0)
        close(s->fds[--n]);
}

/* Out of the way of the numbers that they get in the child. */
static int copy_fds(struct start *s, int ready)
{
    const int *fds = s->options->fds;

    s->fds = gale__malloc(((size_t)s->n + 1) * sizeof(*s->fds));
    if (!s->fds)
        return -ENOMEM;
    for (int i = 0; i <= s->n; i++) {
        s->fds[i] = fcntl(i < s->n ? fds[i] : ready, F_DUPFD_CLOEXEC, FIRST_FD + s->n + 1);
        if (s->fds[i] < 0) {
            int r = -errno;

            close_copies(s, i);
            gale__free(s->fds);
            s->fds = NULL;
            return r;
        }
    }
    return 0;
}

/* In the child. */
static void put_pid(char *line)
{
    char digits[16];
    size_t n = sizeof(digits), at = strlen("LISTEN_PID=");

    for (unsigned pid = (unsigned)getpid(); pid; pid /= 10)
        digits[--n] = (char)('0' + pid % 10);
    while (n < sizeof(digits))
        line[at++] = digits[n++];
    line[at] = 0;
}

/* In the child: handlers of ours must not run in it, and exec keeps what is blocked. */
static void reset_signals(void)
{
    struct sigaction action;
    sigset_t none;

    for (int signo = 1; signo < NSIG; signo++) {
        if (sigaction(signo, NULL, &action) == 0 && action.sa_handler != SIG_IGN) {
            action.sa_flags = 0;
            action.sa_handler = SIG_DFL;
            sigaction(signo, &action, NULL);
        }
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the child. */
static void enter(const struct gale__takeover_options *o, pid_t parent)
{
    if (o->err > 0 && dup2(o->err, STDERR_FILENO) < 0)
        _exit(127);
    if (!o->is_kept)
        return;
    setpgid(0, 0);
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent)
        _exit(127);
}

/* In the child. */
__attribute__((noreturn)) static void become(struct start *s)
{
    const struct gale__takeover_options *o = s->options;
    int error, ready = s->fds[s->n];

    reset_signals();
    put_pid(s->lines[0]);
    enter(o, s->parent);
    for (int i = 0; i <= s->n; i++)
        if (dup2(s->fds[i], FIRST_FD + i) < 0)
            _exit(127);
    if (o->path)
        execve(o->path, o->argv, s->env);
    else
        execvpe(o->argv[0], o->argv, s->env);
    error = errno;
    (void)!write(ready, &error, sizeof(error));
    _exit(127);
}

/* With all signals blocked, so that no handler of ours runs in the child. */
static pid_t fork_child(struct start *s)
{
    sigset_t all, before;
    pid_t pid;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid = fork();
    if (pid == 0)
        become(s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pid;
}

static int start_child(struct gale__takeover *t, struct start *s, int ready)
{
    int r = make_env(s);

    if (r >= 0)
        r = copy_fds(s, ready);
    if (r >= 0) {
        t->pid = fork_child(s);
        if (t->pid < 0)
            r = -errno;
        close_copies(s, s->n + 1);
    }
    gale__free(s->fds);
    gale__free(s->env);
    return r;
}

int gale__takeover_start(struct gale__takeover *t, const struct gale__takeover_options *options)
{
    struct start s = { .options = options, .n = options->n, .parent = getpid() };
    int pair[2], r;

    *t = (struct gale__takeover){ .fd = -1 };
    if (!options->argv || !options->argv[0] || s.n < 0 || s.n > MAX_FDS)
        return gale_err(GALE_EINVAL, "gale_reexec: no program, or not 0 to %d sockets", MAX_FDS);
    if (getpid() == 1 && !options->is_trial && !options->is_kept)
        return gale_err(GALE_ESTATE,
                        "process 1 cannot be replaced by another, which would end with "
                        "it (SIGHUP replaces workers one by one)");
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
        return gale_err(-errno, "socketpair: %s", strerror(errno));
    r = start_child(t, &s, pair[1]);
    close(pair[1]);
    if (r < 0) {
        close(pair[0]);
        t->pid = 0;
        return gale_err(r, "cannot start %s: %s", options->argv[0], strerror(-r));
    }
    t->fd = pair[0];
    t->deadline_ns = gale__clock_ns() + (int64_t)(options->timeout * 1e9);
    return 0;
}

static void forget(struct gale__takeover *t)
{
    close(t->fd);
    *t = (struct gale__takeover){ .fd = -1 };
}

void gale__takeover_abort(struct gale__takeover *t)
{
    if (!t->pid)
        return;
    kill(t->pid, SIGKILL);
    while (waitpid(t->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    forget(t);
}

/* It closed its end without a word. */
static int ended(struct gale__takeover *t)
{
    int status = 0;
    pid_t pid = t->pid;

    /* It may live on, having only closed the line. */
    kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    forget(t);
    if (WIFEXITED(status))
        return gale_err(GALE_ECLOSED, "the new program (pid %d) exited with status %d", (int)pid,
                        WEXITSTATUS(status));
    return gale_err(GALE_ECLOSED, "the new program (pid %d) ended by signal %d", (int)pid,
                    WTERMSIG(status));
}

int gale__takeover_check(struct gale__takeover *t)
{
    int said = 0;
    ssize_t n = recv(t->fd, &said, sizeof(said), MSG_DONTWAIT);
    pid_t pid = t->pid;

    if (n == (ssize_t)sizeof(said) && said == 0) {
        forget(t);
        return (int)pid;
    }
    if (n == (ssize_t)sizeof(said)) {
        gale__takeover_abort(t);
        return gale_err(-said, "cannot run the new program: %s", strerror(said));
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        if (gale__clock_ns() < t->deadline_ns)
            return 0;
        gale__takeover_abort(t);
        return gale_err(GALE_ETIMEDOUT, "the new program (pid %d) was not ready in time", (int)pid);
    }
    return ended(t);
}

/* --- in this process --- */

/* Somebody may have begun to write the file once more. */
static int try_exec(const struct gale__takeover_options *o, char **env)
{
    int r = 0;

    for (int i = 0; i < BUSY_TRIES; i++) {
        execve(o->path, o->argv, env);
        r = -errno;
        if (r != -ETXTBSY && r != -ENOENT && r != -EACCES)
            break;
        usleep(BUSY_PAUSE_US);
    }
    return gale_err(r, "cannot run %s anew: %s", o->path, strerror(-r));
}

/* What stands where the sockets go is put aside meanwhile. */
static int exec_with(struct start *s)
{
    int aside[MAX_FDS];
    int r;

    for (int i = 0; i < s->n; i++) {
        aside[i] = fcntl(FIRST_FD + i, F_DUPFD_CLOEXEC, FIRST_FD + s->n + 1);
        dup2(s->fds[i], FIRST_FD + i);
    }
    r = try_exec(s->options, s->env);
    for (int i = 0; i < s->n; i++) {
        if (aside[i] < 0)
            close(FIRST_FD + i);
        else
            dup3(aside[i], FIRST_FD + i, O_CLOEXEC);
        close(aside[i]);
    }
    return r;
}

int gale__exec_in_place(const char *path, char *const *argv, const int *fds, int n,
                        const char *names)
{
    const struct gale__takeover_options options = {
        .path = path, .argv = argv, .fds = fds, .names = names
    };
    struct start s = { .options = &options, .n = n };
    int r;

    if (n < 0 || n > MAX_FDS)
        return gale_err(GALE_EINVAL, "not 0 to %d sockets", MAX_FDS);
    r = make_env(&s);
    if (r >= 0)
        r = copy_fds(&s, STDERR_FILENO); /* there is no line to anybody */
    if (r >= 0) {
        put_pid(s.lines[0]);
        r = exec_with(&s);
        close_copies(&s, n + 1);
    }
    gale__free(s.fds);
    gale__free(s.env);
    return r;
}

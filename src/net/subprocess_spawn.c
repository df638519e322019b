/* subprocess_spawn.c - clone() and exec(), without copying the process.
 *
 * The child borrows our memory, on a stack of its own, while this thread stands still until it has
 * called exec or ended (CLONE_VM, CLONE_VFORK: what posix_spawn does, which knows neither pidfds
 * nor the death of the parent). So a failure of exec is simply stored. Signals are blocked
 * meanwhile: no handler of ours runs in the child.
 */
/* SPDX-License-Identifier: MIT */
#include "net/subprocess_spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"

enum { STACK = 64 * 1024 };

struct child {
    const struct gale__spawn *spawn;
    sigset_t mask; /* it begins with */
    pid_t parent;
    const char *failed; /* what; NULL: nothing did */
    int error;
};

/* In the child: its frames are left behind without being returned from, which sanitizers that keep
 * account of stacks must not see. */
#define IN_CHILD __attribute__((noinline, no_sanitize("address"), no_sanitize("thread")))

IN_CHILD static void reset_signals(void)
{
    struct sigaction action;

    for (int signo = 1; signo < NSIG; signo++) {
        if (sigaction(signo, NULL, &action) < 0 || action.sa_handler == SIG_DFL ||
            (action.sa_handler == SIG_IGN && signo != SIGPIPE))
            continue;
        memset(&action, 0, sizeof(action));
        action.sa_handler = SIG_DFL;
        sigaction(signo, &action, NULL);
    }
}

IN_CHILD static int fail(struct child *c, const char *what)
{
    c->failed = what;
    c->error = errno;
    return -1;
}

IN_CHILD static int set_descriptors(struct child *c)
{
    const int *fds = c->spawn->fds;
    struct rlimit limit;

    for (int i = 0; i < 3; i++) {
        int from = fds[i] == GALE_STDOUT ? STDOUT_FILENO : fds[i];

        if (from >= 0 && dup2(from, i) < 0)
            return fail(c, "dup2");
    }
    if (close_range(3, ~0U, 0) == 0)
        return 0;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return fail(c, "getrlimit");
    for (rlim_t fd = 3; fd < limit.rlim_cur; fd++)
        close((int)fd);
    return 0;
}

IN_CHILD static int set_up(struct child *c)
{
    const gale_subprocess_options *o = c->spawn->options;

    if (o->new_session == GALE_ON && setsid() < 0)
        return fail(c, "setsid");
    if (o->kill_on_parent_death == GALE_ON) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
            return fail(c, "prctl");
        if (getppid() != c->parent)
            _exit(127); /* it has died meanwhile */
    }
    if (set_descriptors(c) < 0)
        return -1;
    if (o->cwd && chdir(o->cwd) < 0)
        return fail(c, o->cwd);
    return 0;
}

IN_CHILD static int child_main(void *arg)
{
    struct child *c = arg;
    const struct gale__spawn *spawn = c->spawn;
    char *const *env = (char *const *)(uintptr_t)spawn->options->env;

    reset_signals();
    if (set_up(c) < 0)
        _exit(127);
    sigprocmask(SIG_SETMASK, &c->mask, NULL);
    execvpe(spawn->argv[0], (char *const *)(uintptr_t)spawn->argv, env ? env : environ);
    fail(c, spawn->argv[0]);
    _exit(127);
}

/* execvpe() puts the arguments on its stack when it runs a script without "#!". */
static size_t stack_size(const struct gale__spawn *spawn)
{
    size_t n = 0;

    while (spawn->argv[n])
        n++;
    return (STACK + n * sizeof(char *)) & ~(size_t)63;
}

int gale__spawn(const struct gale__spawn *spawn, pid_t *pid, int *pidfd)
{
    struct child c = { .spawn = spawn, .parent = getpid() };
    size_t size = stack_size(spawn);
    char *stack = gale__malloc(size);
    int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, fd = -1;
    sigset_t all;

    if (!stack)
        return -ENOMEM;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &c.mask);
    pid_t child = clone(child_main, stack + size, flags, &c, &fd);
    int r = child < 0 ? -errno : 0;

    pthread_sigmask(SIG_SETMASK, &c.mask, NULL);
    gale__free(stack);
    if (r < 0)
        return gale_err(r, "cannot start %s: %s", spawn->argv[0], strerror(-r));
    if (!c.failed) {
        *pid = child;
        *pidfd = fd;
        return 0;
    }
    close(fd);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
    return gale_err(-c.error, "cannot run %s: %s%s%s", spawn->argv[0],
                    c.failed == spawn->argv[0] ? "" : c.failed,
                    c.failed == spawn->argv[0] ? "" : ": ", strerror(c.error));
}

/* subprocess.c - children, with streams for their standard descriptors.
 *
 * The end of a child shows on its pidfd: no handler of SIGCHLD is needed, and no child but our own
 * is reaped. What its owner frees while it runs stays, without streams and callback, until it has
 * ended. When the loop goes before that nobody watches it any more: it is looked after when its
 * owner asks, and once that one has gone, when the next child is started or a loop ends.
 */
/* SPDX-License-Identifier: MIT */
#include "net/subprocess.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gale/log.h>

#include "base/alloc.h"
#include "gen/co.h"
#include "ioloop/io.h"
#include "net/subprocess_spawn.h"

struct gale_subprocess {
    gale_ioloop *loop; /* NULL: it was freed */
    pid_t pid;
    int pidfd;
    int status;
    gale_iostream *streams[3]; /* the other ends of its 0, 1 and 2 */
    struct gale__waitq waiters;
    struct gale__ioloop_owned owned;
    struct gale__ioloop_task tell; /* calls the callback */
    void (*on_exit)(int status, void *arg);
    void *exit_arg;
    unsigned n_inside; /* calls that wait: the memory stays until they left */
    bool ended, freed;
    gale_subprocess *next_orphan;
};

static _Thread_local int last_error;

int gale_subprocess_error(void)
{
    return last_error;
}

/* --- its end --- */

static void run_callback(struct gale__ioloop_task *task)
{
    gale_subprocess *c = GALE_CONTAINER_OF(task, gale_subprocess, tell);
    void (*fn)(int status, void *arg) = c->on_exit;

    c->on_exit = NULL;
    if (fn)
        fn(c->status, c->exit_arg);
}

static void let_go_of_pidfd(gale_subprocess *c)
{
    if (c->pidfd < 0)
        return;
    gale_ioloop_remove_handler(c->loop, c->pidfd);
    close(c->pidfd);
    c->pidfd = -1;
}

static int status_of(const siginfo_t *info)
{
    return info->si_code == CLD_EXITED ? info->si_status : -info->si_status;
}

/* False: it still runs. */
static bool reap(gale_subprocess *c)
{
    siginfo_t info = { .si_pid = 0 };
    int r;

    do
        r = waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG);
    while (r < 0 && errno == EINTR);
    if (r == 0 && info.si_pid == 0)
        return false;
    c->status = r == 0 ? status_of(&info) : 255;
    if (r < 0 && !c->freed)
        gale_log(&gale_log_general, GALE_LOG_WARNING,
                 "child %d was reaped by someone else (SIGCHLD ignored?): its status is lost",
                 (int)c->pid);
    return true;
}

/* Without an owner and a loop, but running. */
static pthread_mutex_t orphans_lock = PTHREAD_MUTEX_INITIALIZER;
static gale_subprocess *orphans;

static void reap_orphans(void)
{
    pthread_mutex_lock(&orphans_lock);
    for (gale_subprocess **at = &orphans, *c; (c = *at);) {
        if (reap(c)) {
            *at = c->next_orphan;
            gale__free(c);
        } else {
            at = &c->next_orphan;
        }
    }
    pthread_mutex_unlock(&orphans_lock);
}

static void orphan(gale_subprocess *c)
{
    pthread_mutex_lock(&orphans_lock);
    c->next_orphan = orphans;
    orphans = c;
    pthread_mutex_unlock(&orphans_lock);
}

static void free_if_done(gale_subprocess *c)
{
    if (!c->freed || (c->loop && !c->ended) || c->n_inside > 0)
        return;
    gale__list_remove(&c->tell.link);
    gale__list_remove(&c->owned.link);
    if (c->ended || reap(c))
        gale__free(c);
    else
        orphan(c);
}

/* Also of one that nobody watches any more. */
static bool has_ended(gale_subprocess *c)
{
    if (!c->ended && !c->loop)
        c->ended = reap(c);
    return c->ended;
}

static void on_pidfd(int fd, int events, void *arg)
{
    gale_subprocess *c = arg;

    if (!reap(c))
        return;
    let_go_of_pidfd(c);
    c->ended = true;
    gale__waitq_wake_all(&c->waiters, 0);
    if (c->on_exit)
        gale__ioloop_defer(c->loop, &c->tell);
    free_if_done(c);
}

/* The loop goes; a child that runs goes on. */
static void close_owned(struct gale__ioloop_owned *owned)
{
    gale_subprocess *c = GALE_CONTAINER_OF(owned, gale_subprocess, owned);

    let_go_of_pidfd(c);
    gale__list_remove(&c->tell.link);
    c->on_exit = NULL;
    c->loop = NULL;
    gale__waitq_wake_all(&c->waiters, 0);
    free_if_done(c);
    reap_orphans();
}

/* --- its descriptors --- */

/* Above the standard descriptors, which the child's own replace. Takes fd over. */
static int move_up(int fd)
{
    int up = fd;

    if (fd < 0 || fd > 2)
        return fd;
    up = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (up < 0)
        up = -errno;
    close(fd);
    return up;
}

/* A pipe for the child's descriptor i: our end becomes a stream, theirs is given. */
static int open_pipe(gale_subprocess *c, int i, const gale_iostream_options *options)
{
    int fds[2], ours, theirs, r;

    if (pipe2(fds, O_CLOEXEC) < 0)
        return -errno;
    ours = move_up(fds[i == 0]);
    theirs = move_up(fds[i != 0]);
    if (ours >= 0 && theirs >= 0) {
        c->streams[i] = gale_pipe_iostream_new(&ours, options);
        if (c->streams[i])
            return theirs;
    }
    r = ours < 0 ? ours : theirs < 0 ? theirs : -ENOMEM;
    if (ours >= 0)
        close(ours);
    if (theirs >= 0)
        close(theirs);
    return r;
}

static int open_null(void)
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    return fd < 0 ? -errno : move_up(fd);
}

/* What descriptor i of the child is to be; *ours: it is to be closed here. */
static int open_descriptor(gale_subprocess *c, int i, int wanted,
                           const gale_iostream_options *options, bool *ours)
{
    *ours = wanted == GALE_STREAM || wanted == GALE_DEVNULL;
    if (wanted == 0)
        return -1;
    if (wanted == GALE_STREAM)
        return open_pipe(c, i, options);
    if (wanted == GALE_DEVNULL)
        return open_null();
    if (wanted > 2 || (wanted == GALE_STDOUT && i == 2))
        return wanted;
    return gale_err(GALE_EINVAL, "descriptor %d of a child cannot be %d", i, wanted);
}

static int open_descriptors(gale_subprocess *c, struct gale__spawn *spawn,
                            const gale_iostream_options *options, bool ours[3])
{
    const int wanted[] = { spawn->options->in, spawn->options->out, spawn->options->err };

    for (int i = 0; i < 3; i++) {
        int fd = open_descriptor(c, i, wanted[i], options, &ours[i]);

        spawn->fds[i] = fd;
        if (fd < -1 && fd != GALE_STDOUT) {
            ours[i] = false;
            return fd > -4096 ? gale_err(fd, "cannot run %s: %s", spawn->argv[0], strerror(-fd))
                              : fd;
        }
    }
    return 0;
}

/* --- the calls --- */

static void close_streams(gale_subprocess *c)
{
    for (int i = 0; i < 3; i++)
        gale_iostream_close(&c->streams[i]);
}

/* It runs, but nobody could be told of its end. */
static void undo(pid_t pid, int pidfd)
{
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    close(pidfd);
}

static int start(gale_subprocess *c, struct gale__spawn *spawn,
                 const gale_iostream_options *options)
{
    bool ours[3] = { false, false, false };
    int r = open_descriptors(c, spawn, options, ours);

    if (r >= 0)
        r = gale__spawn(spawn, &c->pid, &c->pidfd);
    for (int i = 0; i < 3; i++)
        if (ours[i])
            close(spawn->fds[i]);
    if (r < 0)
        return r;
    r = gale_ioloop_add_handler(c->loop, c->pidfd, on_pidfd, GALE_READ, c);
    if (r < 0)
        undo(c->pid, c->pidfd);
    return r;
}

int gale__subprocess_start(gale_subprocess **out, const char *const *argv,
                           const gale_subprocess_options *options,
                           const gale_iostream_options *stream)
{
    static const gale_subprocess_options defaults;
    struct gale__spawn spawn = { .argv = argv, .options = options ? options : &defaults };
    gale_ioloop *loop = gale_ioloop_current();
    gale_subprocess *c;
    int r;

    if (!loop)
        return gale_ioloop_error();
    reap_orphans();
    if (!argv[0])
        return gale_err(GALE_EINVAL, "a child needs a program's name");
    c = gale__calloc(1, sizeof(*c));
    if (!c)
        return -ENOMEM;
    c->loop = loop;
    c->pidfd = -1;
    gale__waitq_init(&c->waiters);
    c->tell.run = run_callback;
    c->owned.close = close_owned;
    r = start(c, &spawn, stream);
    if (r < 0) {
        close_streams(c);
        gale__free(c);
        return r;
    }
    gale__ioloop_own(loop, &c->owned);
    *out = c;
    return 0;
}

gale_subprocess *gale_subprocess_new(const char *const *argv,
                                     const gale_subprocess_options *options)
{
    gale_subprocess *c = NULL;

    last_error = gale__subprocess_start(&c, argv, options, NULL);
    return c;
}

pid_t gale_subprocess_pid(const gale_subprocess *c)
{
    return c->pid;
}

gale_iostream *gale_subprocess_in(gale_subprocess *c)
{
    return c->streams[0];
}

gale_iostream *gale_subprocess_out(gale_subprocess *c)
{
    return c->streams[1];
}

gale_iostream *gale_subprocess_err(gale_subprocess *c)
{
    return c->streams[2];
}

void gale_subprocess_close_in(gale_subprocess *c)
{
    gale_iostream_close(&c->streams[0]);
}

static int loop_is_gone(const gale_subprocess *c)
{
    return gale_err(GALE_ECLOSED, "child %d: its loop was freed before it ended", (int)c->pid);
}

int gale_subprocess_wait(gale_subprocess *c, int *status)
{
    int r = gale__co_current() ? 0 : gale__co_park("gale_subprocess_wait");

    c->n_inside++;
    while (r >= 0 && !c->ended && c->loop)
        r = gale__waitq_wait(&c->waiters, "gale_subprocess_wait", INT64_MAX);
    if (r >= 0 && !has_ended(c))
        r = loop_is_gone(c);
    if (r >= 0)
        *status = c->status;
    c->n_inside--;
    free_if_done(c);
    return r < 0 ? r : 0;
}

int gale_subprocess_set_exit_callback(gale_subprocess *c, void (*fn)(int status, void *arg),
                                      void *arg)
{
    if (!c->loop)
        return fn ? loop_is_gone(c) : 0;
    c->on_exit = fn;
    c->exit_arg = arg;
    if (c->ended && fn)
        gale__ioloop_defer(c->loop, &c->tell);
    return 0;
}

int gale_subprocess_kill(gale_subprocess *c, int signo)
{
    if (has_ended(c))
        return gale_err(GALE_ESTATE, "child %d has ended", (int)c->pid);
    return kill(c->pid, signo) < 0 ? -errno : 0;
}

void gale_subprocess_free(gale_subprocess **child)
{
    gale_subprocess *c = *child;

    if (!c)
        return;
    *child = NULL;
    close_streams(c);
    c->on_exit = NULL;
    c->freed = true;
    gale__waitq_wake_all(&c->waiters, GALE_ECLOSED);
    free_if_done(c);
}

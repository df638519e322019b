/* run_program.c - the programs that `gale run` starts: with the sockets, until they are ready, as
 * long as they live. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gale/error.h>
#include <gale/gen.h>

#include "base/alloc.h"
#include "cli/run_parts.h"
#include "net/takeover.h"

#define READY_SECONDS 20.0

static void keep_tail(struct gale__run_program *p, const char *data, size_t n)
{
    if (n >= sizeof(p->tail)) {
        data += n - sizeof(p->tail);
        n = sizeof(p->tail);
    }
    if (p->tail_len + n > sizeof(p->tail)) {
        size_t drop = p->tail_len + n - sizeof(p->tail);

        memmove(p->tail, p->tail + drop, p->tail_len - drop);
        p->tail_len -= drop;
    }
    memcpy(p->tail + p->tail_len, data, n);
    p->tail_len += n;
}

/* What it writes goes on to the terminal. */
static void on_err(int fd, int events, void *arg)
{
    struct gale__run_program *p = arg;
    char buf[8192];
    ssize_t n;

    (void)events;
    while ((n = read(fd, buf, sizeof(buf))) > 0) {
        (void)!write(STDERR_FILENO, buf, (size_t)n);
        keep_tail(p, buf, (size_t)n);
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    gale_ioloop_remove_handler(p->run->loop, fd);
    close(fd);
    p->err = -1;
}

static void forget(struct gale__run_program *p)
{
    if (p->pidfd >= 0) {
        gale_ioloop_remove_handler(p->run->loop, p->pidfd);
        close(p->pidfd);
    }
    if (p->err >= 0)
        on_err(p->err, 0, p); /* its last words */
    if (p->err >= 0) {        /* a child of its own has it, too */
        gale_ioloop_remove_handler(p->run->loop, p->err);
        close(p->err);
    }
    gale__list_remove(&p->link);
    gale__free(p);
}

static void on_end(int fd, int events, void *arg)
{
    struct gale__run_program *p = arg;
    struct gale__run *run = p->run;
    int status = 0;

    (void)events;
    if (waitpid(p->pid, &status, WNOHANG) == 0)
        return;
    gale_ioloop_remove_handler(run->loop, fd);
    close(fd);
    p->pidfd = -1;
    if (p->err >= 0)
        on_err(p->err, 0, p);
    if (run->current == p) {
        run->current = NULL;
        gale__run_has_ended(run, p, status);
    }
    forget(p);
    if (run->ending && gale__list_empty(&run->programs))
        gale_ioloop_stop(run->loop);
}

/* The end of the pipe that the program writes to; -errno. */
static int make_pipe(struct gale__run_program *p)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    p->err = ends[0];
    if (fcntl(p->err, F_SETFL, O_NONBLOCK) < 0 ||
        gale_ioloop_add_handler(p->run->loop, p->err, on_err, GALE_READ, p) < 0) {
        close(ends[1]);
        return -ENOMEM;
    }
    return ends[1];
}

static int watch_process(struct gale__run_program *p, pid_t pid)
{
    p->pid = pid;
    p->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (p->pidfd < 0)
        return gale_err(-errno, "pidfd_open: %s", strerror(errno));
    return gale_ioloop_add_handler(p->run->loop, p->pidfd, on_end, GALE_READ, p);
}

/* Waits until it is ready: its pid, or why it is not. */
static int launch(struct gale__run_program *p, const char *path)
{
    struct gale__run *run = p->run;
    struct gale__takeover_options options = { .path = path,
                                              .argv = run->options.argv,
                                              .fds = run->fds,
                                              .n = run->n_fds,
                                              .timeout = READY_SECONDS,
                                              .is_kept = true,
                                              .started = &run->starting };
    int r = make_pipe(p);

    if (r < 0)
        return r;
    run->options.argv[0] = (char *)path;
    options.err = r;
    r = gale__reexec(&options);
    close(options.err);
    return r;
}

static int did_not_start(struct gale__run *run, struct gale__run_program *p, int r)
{
    struct gale__buf said;

    if (run->wants_build || run->ending) /* ended by us */
        return 1;
    gale__run_say("%s", gale_strerror(r));
    gale__buf_init(&said, SIZE_MAX / 8);
    if (p->err >= 0)
        on_err(p->err, 0, p);
    gale__buf_printf(&said, "%s\n\n", gale_strerror(r));
    if (r == GALE_ETIMEDOUT)
        gale__buf_printf(&said, "(A program that does not call gale_main() has to listen on the "
                                "sockets of gale_listen_fds(), and say gale_worker_ready().)\n\n");
    r = gale__buf_append(&said, p->tail, p->tail_len);
    if (r >= 0)
        r = gale__run_messages(run, "It does not start", gale__buf_str(&said));
    gale__buf_deinit(&said);
    return r < 0 ? r : 1;
}

static void tell_to_end(struct gale__run_program *p)
{
    if (p->is_told_to_end)
        return;
    p->is_told_to_end = true;
    kill(p->pid, SIGTERM);
}

void gale__run_end_starting(struct gale__run *run)
{
    if (run->starting > 0)
        kill(-run->starting, SIGKILL);
}

int gale__run_start(struct gale__run *run, const char *path)
{
    struct gale__run_program *p = gale__calloc(1, sizeof(*p)), *before;
    int r;

    if (!p)
        return -ENOMEM;
    p->run = run;
    p->err = p->pidfd = -1;
    gale__list_append(&run->programs, &p->link);
    r = launch(p, path);
    if (r < 0) {
        r = did_not_start(run, p, r);
        forget(p);
        return r;
    }
    p->born = gale_ioloop_time(run->loop);
    before = run->current; /* which may have ended meanwhile */
    run->current = p;
    r = watch_process(p, r);
    if (before)
        tell_to_end(before);
    return r < 0 ? r : 0;
}

void gale__run_end_programs(struct gale__run *run, int signo)
{
    for (struct gale__list *l = run->programs.next; l != &run->programs; l = l->next) {
        struct gale__run_program *p = GALE_CONTAINER_OF(l, struct gale__run_program, link);

        if (p->pid > 0 && signo == SIGTERM)
            tell_to_end(p);
        else if (p->pid > 0)
            kill(-p->pid, signo);
    }
    gale__run_end_starting(run);
}

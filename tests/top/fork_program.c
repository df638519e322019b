/* fork_program.c - gale_fork_processes() and gale_run_threads() without gale_main, by argument:
 *
 *   codes      three workers whose first lives end with 2, 3 and a signal, the next with 0
 *   crash      one worker that always fails: how often it began, and what the parent returned
 *   backoff    the same, with the times between its lives
 *   early      refusals: with a loop, with a thread
 *   children   a child of the program's own, which the supervisor leaves alone
 *   threads    three threads with a loop each; threads-fail: one of which fails
 *   stuck      a worker that ignores SIGTERM
 *   reexec     a program that takes a socket over, one that is not there, one that says nothing
 *   late       a worker that says ready only in its first life (for SIGHUP)
 *   orphan     a worker that ignores SIGTERM, which tells its process id
 *   heirs      a program that takes a socket over and then forks workers
 *   sync       threads that are stopped while they are in gale_ioloop_run_sync()
 */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <gale/process.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What all processes see. */
struct shared {
    int lives[3];
    double born[64];
};
static struct shared *shared;

static double now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int tell(int r)
{
    printf("%s %s\n", gale_errname(r), gale_strerror(r));
    return 0;
}

static int codes(void)
{
    int id = gale_fork_processes(3, NULL);

    if (id < 0) {
        printf("lives %d %d %d\n", shared->lives[0], shared->lives[1], shared->lives[2]);
        return tell(id);
    }
    if (gale_task_id() != id)
        _exit(9);
    if (shared->lives[id]++ > 0)
        _exit(0);
    if (id == 2)
        raise(SIGKILL);
    _exit(id + 2);
}

static int crash(const gale_supervisor_options *options)
{
    int id = gale_fork_processes(1, options);

    if (id >= 0) {
        shared->born[shared->lives[0]++ % 64] = now();
        _exit(1);
    }
    printf("lives %d\n", shared->lives[0]);
    for (int i = 1; i < shared->lives[0]; i++)
        printf("after %.3f\n", shared->born[i] - shared->born[i - 1]);
    return tell(id);
}

static void *idle_thread(void *arg)
{
    pthread_mutex_lock(arg);
    pthread_mutex_unlock(arg);
    return NULL;
}

static int early(void)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_t thread;

    if (!gale_ioloop_current())
        return 1;
    tell(gale_fork_processes(2, NULL));
    gale_ioloop_free(gale_ioloop_current());
    pthread_mutex_lock(&mutex);
    if (pthread_create(&thread, NULL, idle_thread, &mutex))
        return 1;
    tell(gale_fork_processes(2, NULL));
    pthread_mutex_unlock(&mutex);
    pthread_join(thread, NULL);
    return tell(gale_fork_processes(-1, NULL));
}

static void count_worker(int task_id, pid_t pid, int status, void *arg)
{
    pid_t pids[8];
    int n = gale_worker_pids(pids, 8);

    (void)status;
    (void)arg;
    if (pid)
        printf("worker %d of %d runs\n", task_id, n);
    else
        printf("worker %d ended, runs: %d\n", task_id, pids[task_id] != 0);
}

static int children(void)
{
    const gale_supervisor_options options = { .on_worker = count_worker };
    int status = 0, id;
    pid_t own = fork();

    if (own == 0)
        _exit(5);
    fflush(stdout);
    id = gale_fork_processes(1, &options);
    if (id >= 0)
        _exit(0);
    if (waitpid(own, &status, 0) != own)
        return 1;
    printf("own child %d\n", WEXITSTATUS(status));
    return tell(id);
}

static int stuck(void)
{
    const gale_supervisor_options options = { .stop_timeout = 0.3 };
    int id = gale_fork_processes(1, &options);

    if (id < 0)
        return tell(id);
    signal(SIGTERM, SIG_IGN);
    printf("stuck\n");
    fflush(stdout);
    for (;;)
        pause();
}

static int late(void)
{
    const gale_supervisor_options options = { .ready_timeout = 0.3 };
    int id = gale_fork_processes(1, &options);

    if (id < 0)
        return tell(id);
    printf("life %d\n", ++shared->lives[0]);
    fflush(stdout);
    if (shared->lives[0] == 1)
        gale_worker_ready();
    for (;;)
        pause();
}

static int orphan(void)
{
    const gale_supervisor_options options = { .stop_timeout = 0.3 };
    int id = gale_fork_processes(1, &options);

    if (id < 0)
        return tell(id);
    signal(SIGTERM, SIG_IGN);
    printf("%d\n", (int)getpid());
    fflush(stdout);
    for (;;)
        pause();
}

/* Waits longer than anybody has patience. */
static int rest(void *arg)
{
    (void)arg;
    return gale_sleep(100);
}

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

/* The stop is not used up by the first thing it ends. */
static int sync_body(int task_id, void *arg)
{
    atomic_int *n = arg;
    gale_ioloop *loop = gale_ioloop_current();
    int first, second;

    if (task_id == 0)
        gale_stop_threads();
    first = gale_ioloop_run_sync(loop, rest, NULL, 0);
    second = gale_ioloop_run_sync(loop, rest, NULL, 0);
    if (first != GALE_ESTOPPED || second != GALE_ESTOPPED)
        return gale_err(GALE_EPROTO, "%d %d", first, second);
    atomic_fetch_add(n, 1);
    if (gale_ioloop_run(loop) < 0)
        return -EIO;
    return gale_ioloop_run_sync(loop, nothing, NULL, 0);
}

/* The calling thread has a loop of its own, which is not stopped when all is over. */
static int sync_threads(void)
{
    atomic_int n = 0;
    gale_ioloop *loop = gale_ioloop_current();
    int r = gale_run_threads(3, sync_body, &n);

    printf("stopped %s\n", n > 0 ? "some" : "none");
    printf("after %d\n", gale_ioloop_run_sync(loop, nothing, NULL, 0));
    gale_ioloop_free(loop);
    return tell(r);
}

static void stop_all(void *arg)
{
    (void)arg;
    gale_stop_threads();
}

static int thread_body(int task_id, void *arg)
{
    atomic_int *n = arg;

    if (!gale_ioloop_current() || gale_task_id() != -1)
        return -EIO;
    if (atomic_fetch_add(n, 1) == 2 &&
        !gale_ioloop_call_later(gale_ioloop_current(), 0.01, stop_all, NULL))
        return -ENOMEM;
    return gale_ioloop_run(gale_ioloop_current());
}

static int failing_body(int task_id, void *arg)
{
    if (task_id == 1)
        return gale_err(GALE_EPROTO, "the second one fails");
    return thread_body(task_id, arg);
}

static int threads(int (*body)(int task_id, void *arg))
{
    atomic_int n = 0;
    int r = gale_run_threads(3, body, &n);

    printf("bodies %d\n", (int)n);
    return tell(r);
}

/* What the program says that reexec runs. */
static int heir(void)
{
    int fd = -1;
    int n = gale_listen_fds(&fd, NULL, 1);

    printf("heir %d %d\n", n, fd);
    gale_worker_ready();
    return 0;
}

/* Its sockets are taken before the fork. */
static int heirs(void)
{
    int fd = -1, after = -1;
    int n = gale_listen_fds(&fd, NULL, 1);
    int id = gale_fork_processes(2, NULL);

    if (id < 0)
        return id != GALE_ESTOPPED;
    if (n != 1 || gale_listen_fds(&after, NULL, 1) != 0)
        _exit(4);
    gale_worker_ready();
    for (;;)
        pause();
}

static int run_forking_heir(void *arg)
{
    char what[] = "heirs";
    char *argv[] = { arg, what, NULL };
    int fd, status = -1, r = gale_bind_sockets(0, "127.0.0.1", NULL, &fd, 1);

    if (r < 0)
        return r;
    r = gale_reexec(argv, &fd, 1, 10);
    if (r > 0) {
        kill(r, SIGTERM);
        waitpid(r, &status, 0);
        printf("ended %d\n", status);
    }
    close(fd);
    return tell(r > 0 ? 0 : r);
}

static int run_heirs(void *arg)
{
    char *program = arg, ready[] = "heir", mute[] = "stuck-heir", missing[] = "/nowhere/program";
    char *good[] = { program, ready, NULL };
    char *silent[] = { program, mute, NULL };
    char *none[] = { missing, NULL };
    int fd;
    int r = gale_bind_sockets(0, "127.0.0.1", NULL, &fd, 1);

    if (r < 0)
        return r;
    r = gale_reexec(good, &fd, 1, 10);
    if (r > 0) {
        int status = -1;

        waitpid(r, &status, 0);
        printf("ready %d\n", status);
    }
    tell(gale_reexec(none, &fd, 1, 10));
    tell(gale_reexec(silent, &fd, 1, 0.2));
    close(fd);
    return 0;
}

static int reexec(char *program, int (*run)(void *program))
{
    int r = gale_ioloop_run_sync(gale_ioloop_current(), run, program, 0);

    gale_ioloop_free(gale_ioloop_current());
    return r < 0;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";

    setvbuf(stdout, NULL, _IOLBF, 0);
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return 1;
    if (!strcmp(what, "codes"))
        return codes();
    if (!strcmp(what, "crash"))
        return crash(&(gale_supervisor_options){ .max_restarts = 5, .backoff = 0.001 });
    if (!strcmp(what, "backoff"))
        return crash(
            &(gale_supervisor_options){ .max_restarts = 6, .backoff = 0.02, .backoff_max = 0.1 });
    if (!strcmp(what, "early"))
        return early();
    if (!strcmp(what, "children"))
        return children();
    if (!strcmp(what, "reexec"))
        return reexec(argv[0], run_heirs);
    if (!strcmp(what, "reexec-forking"))
        return reexec(argv[0], run_forking_heir);
    if (!strcmp(what, "heir"))
        return heir();
    if (!strcmp(what, "heirs"))
        return heirs();
    if (!strcmp(what, "orphan"))
        return orphan();
    if (!strcmp(what, "sync"))
        return sync_threads();
    if (!strcmp(what, "stuck-heir"))
        return pause();
    if (!strcmp(what, "stuck"))
        return stuck();
    if (!strcmp(what, "late"))
        return late();
    if (!strcmp(what, "threads"))
        return threads(thread_body);
    return threads(failing_body);
}

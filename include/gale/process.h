/* process.h - several processes, several threads, children: running on more than one core.
 *
 * gale_main() does all of this by its options (--workers, --threads); these are the calls for
 * programs with a main() of their own.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PROCESS_H
#define GALE_PROCESS_H

#include <sys/types.h>

#include <gale/base.h>
#include <gale/error.h>
#include <gale/iostream.h>

GALE_BEGIN_DECLS

/* CPUs that this process may use: the affinity mask, and less when the cgroup (version 1 or 2)
 * grants it less time than that (1.5 CPUs count as 2). At least 1. */
GALE_API int gale_cpu_count(void);

/* How the parent looks after its workers. Zero is the default for each. */
typedef struct gale_supervisor_options {
    int max_restarts;      /* after which, within restart_window, it gives up; default 100 */
    double restart_window; /* seconds; default 60 */
    double backoff;       /* seconds before the first restart of a worker that lived for less than a
                             second; doubled each time up to backoff_max; default 0.1 */
    double backoff_max;   /* default 10 */
    double stop_timeout;  /* seconds for a worker to end after SIGTERM, then SIGKILL; default 30 */
    double ready_timeout; /* on a rolling restart: for a new worker to say gale_worker_ready()
                             before the old one is told to end; default 10 */
    /* In the parent, when worker task_id runs as pid (pid > 0) or has ended (pid 0). Must not wait.
     */
    void (*on_worker)(int task_id, pid_t pid, int status, void *arg);
    void *arg;
} gale_supervisor_options;

/* Forks n workers (0: gale_cpu_count()) and supervises them. Returns in each worker its task id,
 * 0 to n - 1; in the parent it returns only when all is over: GALE_ESTOPPED when the workers ended
 * (with status 0, or asked to), or a failure ("too many child restarts, giving up"). Must be called
 * before any loop or thread exists (GALE_ESTATE). options may be NULL.
 *
 * The parent: restarts what ends by a signal or a status other than 0, with back-off; passes
 * SIGTERM, SIGINT and SIGQUIT on and waits for all to end (asked again after a second, it kills
 * them); passes SIGUSR1 and SIGUSR2 on; on SIGHUP replaces the workers one by one, each old one
 * asked to end (SIGTERM) when its successor is ready; a successor that ends before, or is late, is
 * dropped, and the old ones go on. Workers get
 * SIGTERM when the parent dies, however it does, and SIGKILL stop_timeout later, whatever they are
 * stuck in (signal SIGRTMAX - 1 is used for that). Listening sockets bound before the call, or
 * taken by gale_listen_fds() (in a worker it finds none), are shared; with SO_REUSEPORT each worker
 * binds its own. In a program that gale_reexec() runs the parent says gale_worker_ready() when all
 * workers have. */
GALE_API int gale_fork_processes(int n, const gale_supervisor_options *options);

/* The id of this worker; -1 outside of one. */
GALE_API int gale_task_id(void);

/* It serves now: in a worker, for a rolling restart to go on; in a program that gale_reexec() runs,
 * for the old one to end. gale_main() says it by itself, others do it when they listen. Nothing
 * happens otherwise, or the second time. */
GALE_API void gale_worker_ready(void);

/* In the parent's on_worker, or with nothing to wait for: the workers' pids by task id; gives how
 * many there are, at most max are filled in; 0 for none that runs. */
GALE_API int gale_worker_pids(pid_t *pids, int max);

/* Runs body(task_id, arg) on n threads (0: gale_cpu_count()), the calling one among them, each with
 * a loop of its own that is current there, made before and freed after (a loop that the calling
 * thread has already is used, and kept). Gives 0, or the first failure that one returned; a failure
 * stops the other loops. body typically listens (with
 * reuse_port) for an application they share and runs its loop; gale_stop_threads() ends them. */
GALE_API int gale_run_threads(int n, int (*body)(int task_id, void *arg), void *arg);

/* Stops the loops of gale_run_threads(), once and for all: a gale_ioloop_run_sync() that one is in
 * or begins gives GALE_ESTOPPED until gale_ioloop_run() has been called there, which returns at
 * once; what follows it, such as cleaning up by gale_ioloop_run_sync(), runs again. From any
 * thread. */
GALE_API void gale_stop_threads(void);

/* Tells the service manager, when there is one (NOTIFY_SOCKET, sd_notify(3)): "READY=1",
 * "STOPPING=1", "STATUS=…". 1 when it was told, 0 when there is none, or a failure. gale_main()
 * does it. */
GALE_API int gale_notify(const char *state);

/* Runs program argv[0] (as execvp) in place of this one with the listening sockets fds: it finds
 * them by gale_listen_fds(), and gale_main() listens on them instead of binding. The new program is
 * started as a child that takes over; when it says it is ready (gale_worker_ready()), this returns
 * its pid and the caller drains and ends; if it ends before, or takes longer than timeout seconds,
 * it is killed and the failure says so: the old one goes on. GALE_ESTATE in process 1 of a
 * container, with which all others end. Waits. */
GALE_API GALE_MUST_USE int gale_reexec(char *const *argv, const int *fds, int n_fds,
                                       double timeout);

/* --- children ------------------------------------------------------------- */

typedef struct gale_subprocess gale_subprocess;

/* What a child's standard descriptor is: 0 inherits ours. */
enum {
    GALE_STREAM = -100,  /* a pipe, whose other end is a stream of ours */
    GALE_DEVNULL = -101, /* the null device */
    GALE_STDOUT = -102,  /* for .err: where out goes */
};

typedef struct gale_subprocess_options {
    int in, out, err;         /* 0, a descriptor of ours (> 2), or one of the above */
    const char *const *env;   /* "NAME=value", NULL-terminated; default ours */
    const char *cwd;          /* default ours */
    int new_session;          /* GALE_ON: setsid(), so that terminal signals do not reach it */
    int kill_on_parent_death; /* GALE_ON: SIGKILL when this process dies, or the thread it is
                                 started on */
} gale_subprocess_options;

/* Starts argv[0] (looked for in PATH) with its arguments, NULL-terminated, for the current loop.
 * The caller owns it, and frees it before or after the loop, which closes its streams; the child
 * goes on then. NULL: a failure of gale_subprocess_error() ("cannot run x: No such file or
 * directory"): what exec said is told here. No descriptor leaks into it; signals that this process
 * handles, and SIGPIPE, are at their defaults there. */
GALE_API GALE_MUST_USE gale_subprocess *gale_subprocess_new(const char *const *argv,
                                                            const gale_subprocess_options *options);
GALE_API int gale_subprocess_error(void);

/* Its process id. */
GALE_API pid_t gale_subprocess_pid(const gale_subprocess *child);

/* Its streams, NULL where it has none; owned by the child's struct: closed when it is freed. The
 * child reads the end of its input after gale_iostream_shutdown(gale_subprocess_in(child)), which
 * sends what is pending first, or after gale_subprocess_close_in(), which drops that: drain before
 * it. */
GALE_API gale_iostream *gale_subprocess_in(gale_subprocess *child);
GALE_API gale_iostream *gale_subprocess_out(gale_subprocess *child);
GALE_API gale_iostream *gale_subprocess_err(gale_subprocess *child);
GALE_API void gale_subprocess_close_in(gale_subprocess *child);

/* Waits. Until it has ended: *status is its exit status, or minus the signal that ended it. Also
 * when it had ended before, or others wait too. 0, GALE_ETIMEDOUT, GALE_ECANCELED; GALE_ECLOSED
 * when it still runs but its loop was freed, or while waiting it is freed itself. */
GALE_API GALE_MUST_USE int gale_subprocess_wait(gale_subprocess *child, int *status);

/* Calls fn(status, arg) on the loop when it has ended; once; not when the loop is freed first
 * (GALE_ECLOSED when it is already). */
GALE_API GALE_MUST_USE int gale_subprocess_set_exit_callback(gale_subprocess *child,
                                                             void (*fn)(int status, void *arg),
                                                             void *arg);

/* Sends it a signal, also when its loop was freed. 0; GALE_ESTATE when it has ended. */
GALE_API int gale_subprocess_kill(gale_subprocess *child, int signo);

/* Closes its streams and frees; a child that still runs goes on and is reaped when it ends. When
 * its loop was freed before that, it is reaped when next a child is started or a loop with children
 * is freed, on whatever thread. */
GALE_API void gale_subprocess_free(gale_subprocess **child);

/* Waits. Runs it to its end with input (may be empty) as its standard input, and gives what it
 * wrote, at most max bytes of each (0: 100 MiB; over it GALE_ETOOBIG naming which, killed), in
 * memory of the scope. Killed too when the wait is cut short. */
typedef struct gale_subprocess_output {
    int status;
    gale_str out, err; /* NUL-terminated beyond their end */
} gale_subprocess_output;
GALE_API GALE_MUST_USE int gale_subprocess_run(const char *const *argv, gale_str input, size_t max,
                                               gale_subprocess_output *result);

GALE_END_DECLS

#endif

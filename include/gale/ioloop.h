/* ioloop.h - the event loop: callbacks, timers, descriptors, threads.
 *
 * One loop runs on one thread. Everything here is for the loop's own thread, except
 * gale_ioloop_add_callback(), the one thread-safe call, and
 * gale_ioloop_add_callback_from_signal(). Times are seconds on the monotonic clock of
 * gale_ioloop_time(). Callbacks run on the loop's stack, never inside a coroutine: a
 * callback that wants to wait uses gale_ioloop_spawn_callback().
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_IOLOOP_H
#define GALE_IOLOOP_H

#include <gale/base.h>
#include <gale/error.h>

GALE_BEGIN_DECLS

typedef struct gale_ioloop gale_ioloop;

/* Events of a descriptor, with Tornado's values. */
enum {
    GALE_READ = 0x001,
    GALE_WRITE = 0x004,
    GALE_ERROR = 0x018, /* always reported, never needs to be asked for */
};

/* A timeout. A value, not a pointer: it stays safe to remove after it fired.
 * 0 is no timeout. */
typedef uint64_t gale_timeout;

/* Options of a loop; zero is the default for each. */
typedef struct gale_ioloop_options {
    /* "epoll", "io_uring" or "simulated". Default: what the environment's GALE_IOLOOP
     * says, else epoll. A backend asked for by name that the kernel refuses gives
     * GALE_EBACKEND here; the environment's falls back to epoll and says so at debug
     * level (a name that no backend has: as a warning). */
    const char *backend;
    int executor_threads; /* of run_in_executor; default min(32, CPUs + 4) */
} gale_ioloop_options;

/* A new loop; the caller owns it and frees it. options may be NULL. Becomes the
 * current loop of this thread when there is none. NULL on failure, with the reason in
 * gale_strerror(gale_ioloop_error()). */
GALE_API GALE_MUST_USE gale_ioloop *gale_ioloop_new(const gale_ioloop_options *options);

/* Why the last gale_ioloop_new() or gale_ioloop_current() of this thread gave NULL. */
GALE_API int gale_ioloop_error(void);

/* Cancels and waits for the loop's coroutines, closes every descriptor that its streams and
 * servers still hold, waits until its executor's threads have done all work given to them,
 * and frees the loop. A coroutine that has not returned after 5 seconds is named on standard
 * error and left behind with its stack. Callbacks and timeouts not yet run are dropped, and
 * none can be added; handlers of descriptors and callbacks of futures may still be called
 * while coroutines end. Not from inside the running loop. NULL is allowed. */
GALE_API void gale_ioloop_free(gale_ioloop *loop);

/* The loop of this thread, made with the defaults on first use. Owned by the thread:
 * free it with gale_ioloop_free() before the thread ends. NULL: see
 * gale_ioloop_error(). */
GALE_API gale_ioloop *gale_ioloop_current(void);

/* Makes loop (or none, for NULL) the current one of this thread. */
GALE_API void gale_ioloop_make_current(gale_ioloop *loop);

/* The name of the backend in use: "epoll", "io_uring" or "simulated". Static. */
GALE_API const char *gale_ioloop_backend(const gale_ioloop *loop);

/* Runs until gale_ioloop_stop(). 0, or GALE_ESTATE when it is running already or in a
 * coroutine (of another loop: that one would stand still), or the backend's failure. */
GALE_API int gale_ioloop_run(gale_ioloop *loop);

/* Ends gale_ioloop_run() after the present turn; before a run it makes the next one
 * return at once. */
GALE_API void gale_ioloop_stop(gale_ioloop *loop);

/* Runs the loop until fn(arg), run in a coroutine, returns, and gives fn's result.
 * timeout <= 0 is none; when it passes, fn is cancelled and waited for and the result
 * is GALE_ETIMEDOUT. GALE_ESTOPPED when the loop was stopped first, or the backend's
 * failure: fn is cancelled and waited for then too. */
GALE_API int gale_ioloop_run_sync(gale_ioloop *loop, int (*fn)(void *arg), void *arg,
                                  double timeout);

/* Seconds on the monotonic clock, renewed once a turn. */
GALE_API double gale_ioloop_time(const gale_ioloop *loop);

/* Calls fn(arg) on the loop's thread in its next turn. From any thread: the one
 * thread-safe call. -ENOMEM, or GALE_ECLOSED when the loop is being freed. */
GALE_API GALE_MUST_USE int gale_ioloop_add_callback(gale_ioloop *loop, void (*fn)(void *arg),
                                                    void *arg);

/* The same from a signal handler: touches only lock-free memory and one write(2). At
 * most 64 may be pending, then -EAGAIN. */
GALE_API int gale_ioloop_add_callback_from_signal(gale_ioloop *loop, void (*fn)(void *arg),
                                                  void *arg);

/* Starts fn(arg) in a coroutine of its own in the next turn; a failure it returns is
 * logged. Loop thread only. */
GALE_API GALE_MUST_USE int gale_ioloop_spawn_callback(gale_ioloop *loop, int (*fn)(void *arg),
                                                      void *arg);

/* Calls fn(arg) delay seconds from now; call_at: when the clock reaches when. 0 when
 * out of memory. Arming and removing cost O(log n) at most. */
GALE_API gale_timeout gale_ioloop_call_later(gale_ioloop *loop, double delay, void (*fn)(void *arg),
                                             void *arg);
GALE_API gale_timeout gale_ioloop_call_at(gale_ioloop *loop, double when, void (*fn)(void *arg),
                                          void *arg);

/* Removes a timeout; one that fired already, was removed or is 0 is left alone. */
GALE_API void gale_ioloop_remove_timeout(gale_ioloop *loop, gale_timeout timeout);

/* A callback that repeats. */
typedef struct gale_periodic gale_periodic;

/* fn(arg) runs in a coroutine every interval seconds (> 0), for the first time after
 * one interval, once started; runs never overlap: an overrun skips whole periods and
 * stays on the grid. jitter j multiplies each period by 1 + j * (random - 0.5). A
 * failure is logged and the schedule goes on. The caller owns it. NULL: out of memory
 * or interval <= 0. */
GALE_API GALE_MUST_USE gale_periodic *gale_periodic_new(gale_ioloop *loop, double interval,
                                                        double jitter, int (*fn)(void *arg),
                                                        void *arg);
GALE_API GALE_MUST_USE int gale_periodic_start(gale_periodic *periodic);
GALE_API void gale_periodic_stop(gale_periodic *periodic);
GALE_API bool gale_periodic_is_running(const gale_periodic *periodic);
/* Stops and frees, also after its loop was freed (which stops it); a run under way is
 * finished first by itself. NULL is allowed. */
GALE_API void gale_periodic_free(gale_periodic *periodic);

/* Calls handler(fd, events, arg) while fd is ready for events (level-triggered).
 * -EEXIST when fd has a handler already, -EBADF when it is not open, -EPERM for a plain
 * file, which is always ready. The descriptor stays the caller's: remove the
 * handler before closing it. */
GALE_API GALE_MUST_USE int gale_ioloop_add_handler(gale_ioloop *loop, int fd,
                                                   void (*handler)(int fd, int events, void *arg),
                                                   int events, void *arg);
GALE_API GALE_MUST_USE int gale_ioloop_update_handler(gale_ioloop *loop, int fd, int events);
/* Takes effect at once, also for events of this turn. Unknown fd: nothing happens. */
GALE_API void gale_ioloop_remove_handler(gale_ioloop *loop, int fd);

/* Waits. Runs fn(arg) on a thread of the loop's pool and gives its result. Not cut
 * short by cancellation or a deadline, since fn uses the caller's memory: those
 * show at the next wait. -ENOMEM or -EAGAIN when no thread can be had. */
GALE_API int gale_ioloop_run_in_executor(gale_ioloop *loop, int (*fn)(void *arg), void *arg);

/* A pool of threads that belongs to no loop: for work that would keep the loops' own pools from
 * others. */
typedef struct gale_executor gale_executor;

/* At most so many threads (1 to 1024), started when work waits and none is idle: processes may be
 * forked before the first work. Signals are blocked in them. The caller owns it. NULL:
 * gale_strerror(GALE_EINVAL) says which number cannot be, or out of memory. */
GALE_API GALE_MUST_USE gale_executor *gale_executor_new(int threads);

/* Waits (blocking the thread) until all work given to it is done, and frees it. NULL is allowed. */
GALE_API void gale_executor_free(gale_executor *executor);

/* Runs fn(arg) on one of its threads, when one is free, in the order of the calls. From any thread;
 * does not wait. 0, -ENOMEM, or -EAGAIN when no thread can be had: fn is not called. */
GALE_API GALE_MUST_USE int gale_executor_submit(gale_executor *executor, void (*fn)(void *arg),
                                                void *arg);

/* Waits. As gale_ioloop_run_in_executor, on a thread of this pool. */
GALE_API int gale_executor_run(gale_executor *executor, int (*fn)(void *arg), void *arg);

/* To be driven by a foreign loop: poll gale_ioloop_fd() for reading, at most until
 * gale_ioloop_next_deadline() (seconds from now; 0: at once; < 0: nothing is due), and
 * then call gale_ioloop_step(), which does all that is due without waiting and returns
 * 0 or a failure. A gale_ioloop_stop() meanwhile is for the next gale_ioloop_run(). */
GALE_API int gale_ioloop_fd(const gale_ioloop *loop);
GALE_API double gale_ioloop_next_deadline(gale_ioloop *loop);
GALE_API int gale_ioloop_step(gale_ioloop *loop);

GALE_END_DECLS

#endif

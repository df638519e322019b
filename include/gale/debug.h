/* debug.h - what is told of programs that crash, and of handlers that block their loop.
 *
 * gale_main() calls both. Functions have names, files and lines where the program has debug
 * information and elfutils' libdw is installed, else the names of their symbols.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_DEBUG_H
#define GALE_DEBUG_H

#include <gale/ioloop.h>

GALE_BEGIN_DECLS

/* Handles SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT, for this process, on a stack of its own, for
 * this thread: call it once on each thread that runs a loop. A crash is logged with the calls that
 * led to it and, in a handler, with its request; with settings.serve_traceback the client gets a
 * page of it as well, where none of the answer has left (over plain HTTP/1 only). A child process
 * does all that, in ten seconds at most; the crashed one waits for it. Then whoever handled the
 * signal before is called, or the signal ends the process as it would have. Includes
 * gale_report_stack_overflow(). -errno. */
GALE_API GALE_MUST_USE int gale_report_crashes(void);

/* A handler, coroutine or callback that keeps the loop, which is this thread's, from going round
 * for longer than so many seconds is logged as a warning, once, with its calls and its request; 0
 * or less: no longer. A thread watches, and asks the loop's by a real-time signal that is not in
 * use, so that a system call which blocks may end early, with EINTR. GALE_EINVAL: not the current
 * loop of this thread; -errno. (IOLoop.set_blocking_log_threshold) */
GALE_API GALE_MUST_USE int gale_set_blocking_log_threshold(gale_ioloop *loop, double seconds);

GALE_END_DECLS

#endif

/* main.h - the usual main() of a program that serves an application. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_MAIN_H
#define GALE_MAIN_H

#include <gale/base.h>
#include <gale/web.h>

GALE_BEGIN_DECLS

/* Each option may also stand in the environment (GALE_PORT=80) and in the file that --config names;
 * the command line goes before the environment, that before the file. PORT and WEB_CONCURRENCY are
 * the defaults of --port and --workers.
 *
 * Reads the command line (--port, 8888 unless said or PORT in the environment; --address;
 * --logging, --log-format, --log-levels, --access-log and their like; --help), listens, prints the
 * URL on standard error (with --log-format=json it is a line of the log), runs the current loop
 * until SIGINT or SIGTERM, then finishes the requests in flight (at most ten seconds; a second
 * signal ends it at once). Frees app and the current loop.
 * Gives the process's exit status: 0, or 1 after one line on standard error naming what was wrong
 * (port taken, unusable option, app NULL: the reason gale_app_new() stored). It listens on all
 * addresses; with settings.debug or settings.serve_traceback on, unless --address is given, on
 * localhost only (127.0.0.1 and ::1), and the line with the URL says so: --address= is for all.
 * With settings.autoreload (which debug implies) it watches the program's own file: when another
 * one stands in its place and a trial shows that it starts, what is in flight has a second to end
 * (with workers --drain-timeout) and the new program is run with the same arguments and sockets, in
 * the same process: no connection is refused. One that does not start is logged, and the old one
 * goes on. All workers are restarted together.
 *
 * Also options: --certfile and --keyfile (HTTPS; read again on SIGHUP and, when they change, within
 * a minute), --workers (or WEB_CONCURRENCY; 0: one for each CPU; a parent restarts those that end,
 * see gale_fork_processes()), --threads (of each process; 0: one for each CPU; handlers then run on
 * several threads at once), --drain-timeout (default 10 seconds),
 * --blocking-threshold (default 1 second with debug, else 0: off; see gale/debug.h). Crashes are
 * reported (gale_report_crashes()). Sockets that systemd hands over
 * are listened on instead of --port (over FastCGI those named "fastcgi"); it is told when all
 * serve, and when the end begins. --fastcgi=[HOST:]PORT (localhost without HOST), unix:/PATH or fd
 * (descriptor 0) serves a web server, see gale/fastcgi.h; HTTP then only when --port or --address
 * is given. SIGHUP:
 * with workers a rolling restart, without, the certificates are read again; that of a terminal that
 * is hung up ends it. SIGQUIT: all coroutines go into the log with the calls they are in
 * (gale_log_coroutines()), and it goes on; sent to a worker, that one's. SIGUSR2: the program's
 * file is run anew with the same arguments and the listening sockets (gale_reexec()), and this
 * process drains when that one is ready; when it fails, this one goes on. With
 * settings.server.reuse_port there is a socket for each worker and thread; it stays open while one
 * is restarted. With workers the application is made before they are forked: what main() does
 * before runs once, what it does after in each process. */
GALE_API int gale_main(int argc, char **argv, gale_app *app);

GALE_END_DECLS

#endif

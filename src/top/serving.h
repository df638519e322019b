/* serving.h - the parts of gale_main: private to main*.c.
 *
 * The order: options are read, sockets bound (or taken over), workers forked, each of which then
 * has its loop or its threads with a loop each. What is below belongs to one process; a loop has
 * nothing but its share of the sockets.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TOP_SERVING_H
#define GALE_TOP_SERVING_H

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <gale/autoreload.h>
#include <gale/ioloop.h>
#include <gale/options.h>
#include <gale/tls.h>
#include <gale/web.h>

struct gale__serving {
    gale_app *app;
    const char *program; /* its name, for what is told */
    char **argv;
    char path[PATH_MAX]; /* the program's file, also when another one has taken its place */

    int workers; /* processes; -1: this one serves */
    int threads; /* of each */
    double drain_seconds;
    double blocking_seconds; /* -1: as debug says */
    gale_tls_context *tls;   /* NULL: plain HTTP */

    pthread_mutex_t lock; /* of what threads that begin use while the end may come: fds,
                             n_fds, n_listening */
    int *fds;             /* listening; the loops have copies. Changed by the main thread alone */
    int n_fds;
    int n_http;  /* of HTTP, the first of them; those behind are of FastCGI */
    char *names; /* of them all, as a line of the environment; NULL: only HTTP */
    int n_listening;
    bool is_lent;   /* somebody else keeps them and goes on listening */
    bool here_only; /* bound to this machine's own addresses, as errors are told in detail */

    int task_id; /* of this worker; 0 outside of workers */
    bool is_worker;
    gale_ioloop *loop; /* of the main thread */
    gale_timeout look; /* at the certificates */
    atomic_bool ending;
    int signals;             /* that asked for the end */
    bool upgrading;          /* a new program is being started */
    bool upgrade_again;      /* its file has changed meanwhile */
    pid_t trial;             /* the one that is waited for; 0: none */
    bool is_succeeded;       /* it has taken over: the sockets are its own, too */
    bool in_place;           /* a new program is run in this very process, as autoreload does */
    gale_autoreload *reload; /* NULL: the program's file is not watched, or by a worker */
    bool is_replaced;        /* the program's file: it is to be run anew */
};

/* The one line that tells why the program ends: gives 1. */
int gale__serving_complain(const struct gale__serving *s, const char *text);

/* --- main_options.c --- */

/* 0, 1 after --help, or -1 after one line that says what was wrong. */
int gale__serving_options(struct gale__serving *s, int argc, char **argv);

/* --- route_list.c --- */

/* Writes the routes to a descriptor, for `gale routes`. An exit status. */
int gale__serving_list_routes(const struct gale__serving *s, int fd);

/* --- main_fastcgi.c: --fastcgi --- */

enum { GALE__SOCKETS_AT_ONCE = 16 }; /* of one address */

/* Whether HTTP is served: not with --fastcgi alone. */
bool gale__serving_wants_http(const gale_options *options);

/* Binds the sockets of the option's value, or takes descriptor 0. 0 or a failure. */
int gale__serving_bind_fastcgi(struct gale__serving *s, const char *where);

/* Once all sockets are there: what a successor is to know of them. 0 or -ENOMEM. */
int gale__serving_name_sockets(struct gale__serving *s);

/* --- main_sockets.c --- */

/* Appends n sockets, which it closes on failure. 0 or -ENOMEM. */
int gale__serving_keep(struct gale__serving *s, const int *fds, int n);

/* Binds the sockets for all loops, or takes those that were handed over. An exit status. */
int gale__serving_bind(struct gale__serving *s);

/* Gives the current loop its share: thread of this process's threads. With the lock. 0 or a
 * failure. */
int gale__serving_listen(struct gale__serving *s, int thread);

/* Prints where it listens, on standard error. */
void gale__serving_print_url(const struct gale__serving *s);

/* Our own copies: the loops' go on. For good: nobody else is to listen on these sockets, and no new
 * connection gets into their queues. */
void gale__serving_close(struct gale__serving *s);
void gale__serving_close_for_good(struct gale__serving *s);

/* --- main_workers.c --- */

/* Forks the workers, if any are asked for: -1 in who serves, an exit status in their parent. */
int gale__serving_fork(struct gale__serving *s);

/* --- main_signals.c: signals, and what they ask for --- */

void gale__serving_take_signals(struct gale__serving *s);
void gale__serving_give_signals_back(void);

/* --- main_end.c: certificates read again, a new program, the end --- */

/* All loops end what is in flight, then stop; once. On the main thread's loop. */
void gale__serving_end(struct gale__serving *s);

/* A signal asked for the end: the second one ends at once (in a worker that is its parent's to
 * decide). A callback of the main thread's loop, as the others here. */
void gale__serving_asked_to_end(void *arg);
void gale__serving_read_certificates(void *arg);
void gale__serving_upgrade(void *arg);

/* The certificates are looked at each minute, a worker ends with its parent. */
void gale__serving_watch(struct gale__serving *s);
void gale__serving_unwatch(struct gale__serving *s);

struct gale__takeover;

/* The program's file is run anew with our sockets (takeover.h); and when it has taken over. */
int gale__serving_start_anew(struct gale__serving *s, struct gale__takeover *t);
void gale__serving_succeeded(struct gale__serving *s, int pid);

/* Logs the coroutines of all loops. */
void gale__serving_log_coroutines(void *arg);

/* Says that this process serves: its URL, to the service manager, to who started it. With the lock.
 */
void gale__serving_announce(struct gale__serving *s);

#endif

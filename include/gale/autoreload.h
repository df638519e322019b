/* autoreload.h - a program that starts itself anew when its file, or one that it watches, changes.
 *
 * gale_main() does this by itself with settings.autoreload (which .debug = GALE_ON implies); these
 * are the calls for programs with a main() of their own, and for what else is to be watched. The
 * command `gale run` also compiles.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_AUTORELOAD_H
#define GALE_AUTORELOAD_H

#include <gale/base.h>
#include <gale/error.h>

GALE_BEGIN_DECLS

typedef struct gale_autoreload gale_autoreload;

typedef struct gale_autoreload_options {
    char *const *argv; /* Required: what main() was given, which the program is started anew with */
    /* Listening sockets that it finds again by gale_listen_fds(), so that connections wait
     * meanwhile and none is refused. Copied numbers; they stay the caller's. */
    const int *fds;
    int n_fds;
    /* Called on the loop instead of starting anew: path is what changed (complete: nobody writes
     * it). It is called again when something changes again. */
    void (*changed)(const char *path, void *arg);
    void *arg;
} gale_autoreload_options;

/* Watches the program's own file on the current loop: when another one stands in its place and
 * nobody writes it any more, "FILE modified; restarting server" is logged, the hooks run, and the
 * new program is run in this process, with the same arguments. What is in flight ends there. The
 * caller frees it, before the loop or after. NULL: a failure of gale_autoreload_error(). */
GALE_API GALE_MUST_USE gale_autoreload *gale_autoreload_start(
    const gale_autoreload_options *options);
GALE_API int gale_autoreload_error(void);

/* Also watches a file (which need not be there yet) or all of a directory. Hidden files and what
 * editors leave beside a file count for nothing. 0 or a failure that names the path. */
GALE_API GALE_MUST_USE int gale_autoreload_watch(gale_autoreload *reload, const char *path);

/* fn(arg) runs before the program is started anew, in the order of the calls: to close what the new
 * one needs. Must not wait. 0 or -ENOMEM. */
GALE_API GALE_MUST_USE int gale_autoreload_add_reload_hook(gale_autoreload *reload,
                                                           void (*fn)(void *arg), void *arg);

/* Runs the loop until something changes and the program is started anew: for the end of a program
 * that has done its work. Comes back only with a failure, or 0 when the loop was stopped. */
GALE_API int gale_autoreload_wait(gale_autoreload *reload);

/* Runs the hooks and starts the program anew. Comes back only on failure, logged by nobody: this
 * program goes on. */
GALE_API int gale_autoreload_restart(gale_autoreload *reload);

/* Watches no longer. NULL is allowed. */
GALE_API void gale_autoreload_free(gale_autoreload *reload);

GALE_END_DECLS

#endif

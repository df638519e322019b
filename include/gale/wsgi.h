/* wsgi.h - Python's WSGI applications (PEP 3333) inside a gale program.
 *
 * An optional part, there when CPython is: link libgale-wsgi (pkg-config gale-wsgi).
 *
 *     gale_wsgi *shop = gale_wsgi_new(&(gale_wsgi_options){ .application = "shop.site:app" });
 *     const gale_route routes[] = {
 *         { .url = "/shop/cart", .handler = &cart },                            (C has this one)
 *         { .url = "/shop(/.*)?", .handler = &gale_wsgi_handler, .arg = shop }, (Python the rest)
 *         { 0 } };
 *
 * The route's first group is PATH_INFO, which is the end of the path, and what is before it
 * SCRIPT_NAME; as settings.default_handler the whole path is PATH_INFO. All methods go to the
 * application.
 *
 * A process has one interpreter, started by the first use in it (after workers were forked). Python
 * runs on the threads of a pool of its own, under Python's lock, never on a loop's thread: C
 * handlers go on while it works. A request stays on one thread until its iterable is closed, and a
 * thread keeps what is local to it. Bodies stream both ways in bounded memory; those of at most 64
 * KiB have come before Python is called. wsgi.multithread is true (with .threads 1 it is not),
 * wsgi.multiprocess is true: a successor may serve beside a process that ends.
 *
 * An exception is logged with its traceback and answered 500 (with settings.serve_traceback the
 * page shows it); one after the head has left breaks the answer off. Signals stay gale's: Python
 * may install no handlers of them. gale_settings.limits and .server bound bodies and times.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WSGI_H
#define GALE_WSGI_H

#include <gale/base.h>
#include <gale/web.h>

GALE_BEGIN_DECLS

typedef struct gale_wsgi gale_wsgi;

/* Zero is the default for each. */
typedef struct gale_wsgi_options {
    const char *application; /* Required. "module:callable", with dots in either
                                ("shop.site:make.app"); "module" alone: its "application";
                                "module:factory()": what that gives, called once */
    const char *path;        /* directories, separated by colons, in front of Python's search path,
                                relative: to the program's directory, which is the default */
    const char *virtual_env; /* directory of a virtual environment, as above: one for the process */
    int threads;             /* requests in Python at once, in each process; default 8. Of several
                                applications, which share them, the largest counts */
} gale_wsgi_options;

/* An application, which is imported by its first request or by gale_wsgi_load(): Python is not
 * started yet. Options are copied. The caller owns it; it is for all loops. NULL: GALE_EINVAL of
 * gale_wsgi_error(), or out of memory. */
GALE_API GALE_MUST_USE gale_wsgi *gale_wsgi_new(const gale_wsgi_options *options);

/* Why the last gale_wsgi_new() of this thread gave NULL: a code for gale_strerror(). */
GALE_API int gale_wsgi_error(void);

/* Waits. Starts Python in this process and imports the application, when that has not been done. A
 * failure may be mended: the next call, or request, tries again. GALE_EINVAL with the first words
 * of what is wrong (gale_wsgi_traceback() has all of it), GALE_ESTATE when the process has an
 * interpreter of another virtual environment, -ENOMEM, -EAGAIN. */
GALE_API GALE_MUST_USE int gale_wsgi_load(gale_wsgi *wsgi);

/* What Python said when it could not be loaded: its traceback, in lines; "" when it could. Borrowed
 * until the next load. */
GALE_API const char *gale_wsgi_traceback(const gale_wsgi *wsgi);

/* Calls fn(path, arg) for the file of each module that Python has imported: to watch them. On the
 * thread of the caller, which waits for Python's lock meanwhile: for programs under development. 0
 * or -ENOMEM. */
GALE_API int gale_wsgi_each_source(gale_wsgi *wsgi, void (*fn)(const char *path, void *arg),
                                   void *arg);

/* When no handler uses it any more (after its application was freed). With the last one Python
 * ends: its threads are waited for and what was registered with atexit runs. Requests that Python
 * does not end are waited for some seconds and then left to the process's end. NULL is allowed. */
GALE_API void gale_wsgi_free(gale_wsgi *wsgi);

/* The handler; the route's .arg is a gale_wsgi. Checks of cross-site requests, Etags and cookies
 * are left to the application. */
extern GALE_API const gale_handler_class gale_wsgi_handler;

GALE_END_DECLS

#endif

/* python.h - the interpreter of this process and what is run in it: the wall between the library,
 * which knows no Python, and the py_*.c, which do.
 *
 * Python is started on a thread of its own, which then rests and is what Python takes for its main
 * thread; requests run on the threads of one executor, each of which keeps its Python thread state.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WSGI_PYTHON_H
#define GALE_WSGI_PYTHON_H

#include <pthread.h>
#include <stdatomic.h>

#include <gale/wsgi.h>

#include "wsgi/wsgi_job.h"

struct gale_wsgi {
    char *module, *callable; /* "app", "make.app", "factory()" */
    char *path, *virtual_env;
    int threads;
    pthread_mutex_t loading; /* taken without Python's lock */
    atomic_bool is_loaded;
    void *application; /* PyObject, once loaded */
    void *environ;     /* dict that each request's begins as */
    char *traceback;   /* of the last load; under loading */
    int n_jobs;        /* requests on their way; under the pool's lock */
};

/* --- the interpreter (py_start.c; the pool: python.c) --- */

/* A path as it is meant: absolute, or below the program's directory. */
void gale__python_place(const char *path, char *out, size_t size);

/* Blocks. Starts the interpreter when there is none. On any thread, without Python's lock. 0 or a
 * failure. */
int gale__python_start(const gale_wsgi *wsgi) GALE_MUST_USE;

/* Blocks, a few seconds at most. What was registered with atexit runs; Python's own threads are
 * waited for. */
void gale__python_end(void);

/* The pool; NULL: none. */
gale_executor *gale__python_pool(void);

/* Whether it has more than one thread. */
bool gale__python_is_threaded(void);

/* Python's lock for this thread, whose state is made at the first time. -ENOMEM. */
int gale__python_enter(void) GALE_MUST_USE;
void gale__python_leave(void);

/* A request on its way to a thread, which gets a reference of its own. */
int gale__python_submit(struct gale__wsgi_job *job) GALE_MUST_USE;

/* --- applications (py_load.c) --- */

/* Blocks. Imports the application. On a thread of the pool, without Python's lock. 0 or GALE_EINVAL
 * with wsgi->traceback set. */
int gale__python_load(gale_wsgi *wsgi) GALE_MUST_USE;

/* Forgets what one consists of. With Python's lock. */
void gale__python_unload(void *application, void *environ);

/* --- requests (py_call.c) --- */

/* Answers a request, with Python's lock. */
void gale__python_call(struct gale__wsgi_job *job);

#endif

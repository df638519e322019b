/* py.h - what the py_*.c share: Python's own side of WSGI. All with Python's lock, unless said.
 *
 * Objects that a request gives to its application (start_response, wsgi.input) may outlive it: each
 * holds a reference of the job, which knows when nobody listens any more.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WSGI_PY_H
#define GALE_WSGI_PY_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "wsgi/python.h"

/* start_response, and what is known of the answer. */
struct gale__py_response {
    PyObject_HEAD struct gale__wsgi_job *job;
    struct gale__wsgi_head head; /* until it is on its way */
    int status;
    int64_t declared;   /* Content-Length; -1: none */
    int64_t sent;       /* bytes of the body */
    bool was_started;   /* start_response was called */
    bool is_on_its_way; /* the head, with the first of the body */
    bool is_complete;   /* nothing more is sent */
    bool is_head;       /* the method */
    bool has_no_body;   /* HEAD, 204, 304: a body is not asked for to its end, it may have none */
    bool is_gone;       /* the client has gone, or the server does not wait any longer */
};

/* --- types; each _type() makes it once: a borrowed reference, NULL with an exception --- */

PyTypeObject *gale__py_response_type(void);
PyTypeObject *gale__py_input_type(void);
PyTypeObject *gale__py_file_type(void);
PyTypeObject *gale__py_log_type(void);

/* New references, or NULL with an exception. */
struct gale__py_response *gale__py_response_new(struct gale__wsgi_job *job);
PyObject *gale__py_input_new(struct gale__wsgi_job *job);
PyObject *gale__py_log_new(void);

/* --- py_response.c --- */

/* Sends a piece of the body: bytes, else a TypeError. what says whose it is: "write()". 0 or -1
 * with an exception; is_last: nothing follows. */
int gale__py_send(struct gale__py_response *response, PyObject *piece, const char *what,
                  bool is_last);

/* The answer is complete. 0 or -1 with an exception. */
int gale__py_complete(struct gale__py_response *response);

/* --- py_file.c --- */

/* When result is a wsgi.file_wrapper whose file the kernel can send: 1 when it has been, 0 when it
 * is to be iterated over, -1 with an exception. */
int gale__py_send_file(struct gale__py_response *response, PyObject *wrapper);

/* --- py_environ.c --- */

/* What all requests of an application have in common: a dict. */
PyObject *gale__py_environ_base(void);

/* A request's environ: a dict. */
PyObject *gale__py_environ_new(const gale_wsgi *wsgi, struct gale__wsgi_job *job);

/* --- py_errors.c --- */

/* The present exception with its traceback, as text, the caller's (gale__free); it is cleared.
 * NULL: no memory. */
char *gale__py_traceback(void);

/* Ends the line that this thread has begun in wsgi.errors. */
void gale__py_log_flush(void);

#endif

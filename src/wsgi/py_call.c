/* py_call.c - a request is answered: the application called, its iterable sent and closed. */
/* SPDX-License-Identifier: MIT */
#include "wsgi/py.h"

#include <gale/error.h>
#include <gale/log.h>

#include "base/alloc.h"

/* The body's only piece: its length is known, and it leaves with the head. 1: sent. */
static int send_only_piece(struct gale__py_response *response, PyObject *result)
{
    PyObject *piece;

    if (!(PyList_CheckExact(result) && PyList_GET_SIZE(result) == 1) &&
        !(PyTuple_CheckExact(result) && PyTuple_GET_SIZE(result) == 1))
        return 0;
    if (!response->was_started || response->is_on_its_way || response->declared >= 0)
        return 0;
    piece = PySequence_Fast_GET_ITEM(result, 0);
    return gale__py_send(response, piece, "the application's iterable", true) < 0 ? -1 : 1;
}

static int send_pieces(struct gale__py_response *response, PyObject *result)
{
    PyObject *iterator, *piece;
    int r = 0;

    if (PyBytes_Check(result) || PyUnicode_Check(result)) {
        PyErr_Format(PyExc_TypeError, "the application returned %s: a list of bytes is meant",
                     Py_TYPE(result)->tp_name);
        return -1;
    }
    iterator = PyObject_GetIter(result);
    if (!iterator)
        return -1;
    while (r == 0 && !(response->has_no_body && response->is_complete) &&
           (piece = PyIter_Next(iterator))) {
        r = gale__py_send(response, piece, "the application's iterable", false);
        Py_DECREF(piece);
    }
    Py_DECREF(iterator);
    return r < 0 || PyErr_Occurred() ? -1 : 0;
}

static int send_result(struct gale__py_response *response, PyObject *result)
{
    int r = gale__py_send_file(response, result);

    if (r == 0)
        r = send_only_piece(response, result);
    if (r == 0)
        r = send_pieces(response, result);
    return r < 0 ? -1 : gale__py_complete(response);
}

static void log_late(const struct gale__wsgi_job *job, const char *text)
{
    gale_log(&gale_log_application, GALE_LOG_ERROR, "Uncaught exception %s %s (%s)\n%s",
             job->request.method.ptr, job->request.uri.ptr, job->request.remote_addr.ptr,
             text ? text : "no memory for the traceback");
}

/* The present exception: the answer's end, or, when that has left, a line of the log. That the
 * client has gone, or that its body was refused, which the handler has told, is not the
 * application's fault. */
static void tell_failure(struct gale__py_response *response)
{
    bool may_be_ours = PyErr_ExceptionMatches(PyExc_OSError);
    bool is_ours = may_be_ours && response->is_gone, is_told = false;
    char *text = gale__py_traceback();

    if (!response->is_complete && !is_ours) {
        is_told = gale__wsgi_fail(response->job, text ? text : "no memory for the traceback") >= 0;
        is_ours = may_be_ours && !is_told;
        response->is_complete = is_told;
    }
    if (!is_told && !is_ours)
        log_late(response->job, text);
    gale__free(text);
}

static void close_result(struct gale__py_response *response, PyObject *result)
{
    PyObject *close, *r;

    if (PyList_CheckExact(result) || PyTuple_CheckExact(result))
        return; /* without making an exception that says so */
    close = PyObject_GetAttrString(result, "close");
    if (!close) {
        PyErr_Clear();
        return;
    }
    r = PyObject_CallNoArgs(close);
    if (!r)
        tell_failure(response);
    Py_XDECREF(r);
    Py_DECREF(close);
}

static void call(const gale_wsgi *wsgi, struct gale__py_response *response)
{
    PyObject *environ = gale__py_environ_new(wsgi, response->job), *result = NULL;

    if (environ)
        result = PyObject_CallFunctionObjArgs(wsgi->application, environ, (PyObject *)response,
                                              NULL);
    if (!result || send_result(response, result) < 0)
        tell_failure(response);
    if (result)
        close_result(response, result);
    Py_XDECREF(result);
    Py_XDECREF(environ);
}

void gale__python_call(struct gale__wsgi_job *job)
{
    struct gale__py_response *response = gale__py_response_new(job);

    if (response) {
        call(job->wsgi, response);
        Py_DECREF(response);
    } else {
        PyErr_Clear();
        (void)gale__wsgi_fail(job, "no memory");
    }
    gale__py_log_flush();
}

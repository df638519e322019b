/* py_load.c - finding an application: search path, import, the callable in the module. */
/* SPDX-License-Identifier: MIT */
#include "wsgi/py.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <gale/error.h>

#include "base/alloc.h"

/* --- the search path --- */

/* Puts a directory at this place of sys.path, unless it is in it. */
static int insert_directory(PyObject *path, Py_ssize_t at, const char *name)
{
    char place[PATH_MAX], real[PATH_MAX];
    PyObject *text;
    int r;

    gale__python_place(name, place, sizeof(place));
    if (!realpath(place, real)) {
        PyErr_Format(PyExc_FileNotFoundError, "no directory '%s', which .path names", name);
        return -1;
    }
    text = PyUnicode_DecodeFSDefault(real);
    if (!text)
        return -1;
    r = PySequence_Contains(path, text);
    if (r == 0)
        r = PyList_Insert(path, at, text);
    Py_DECREF(text);
    return r;
}

static int extend_path(const gale_wsgi *wsgi)
{
    PyObject *path = PySys_GetObject("path"); /* borrowed */
    char *names = gale__strndup(wsgi->path, strlen(wsgi->path)), *rest = names, *name;
    int r = path && PyList_Check(path) ? 0 : -1;

    if (!names || r < 0) {
        PyErr_SetString(PyExc_RuntimeError, "sys.path is no list");
        r = -1;
    }
    for (Py_ssize_t at = 0; r >= 0 && (name = strsep(&rest, ":")); at++)
        r = insert_directory(path, at, name);
    gale__free(names);
    return r < 0 ? -1 : 0;
}

/* --- the callable --- */

/* What a name stands for, attribute by attribute; "factory()": what that gives. */
static PyObject *find_callable(PyObject *module, const char *callable)
{
    size_t n = strlen(callable);
    bool is_factory = n > 2 && callable[n - 1] == ')';
    PyObject *names = PyUnicode_DecodeUTF8(callable, (Py_ssize_t)(is_factory ? n - 2 : n), NULL);
    PyObject *dot = names ? PyUnicode_FromString(".") : NULL;
    PyObject *parts = dot ? PyUnicode_Split(names, dot, -1) : NULL;
    PyObject *found = parts ? Py_NewRef(module) : NULL;

    for (Py_ssize_t i = 0; found && i < PyList_GET_SIZE(parts); i++)
        Py_SETREF(found, PyObject_GetAttr(found, PyList_GET_ITEM(parts, i)));
    if (found && is_factory)
        Py_SETREF(found, PyObject_CallNoArgs(found));
    Py_XDECREF(parts);
    Py_XDECREF(dot);
    Py_XDECREF(names);
    return found;
}

static PyObject *find(const gale_wsgi *wsgi)
{
    PyObject *module = PyImport_ImportModule(wsgi->module);
    PyObject *found = module ? find_callable(module, wsgi->callable) : NULL;

    Py_XDECREF(module);
    if (found && !PyCallable_Check(found)) {
        PyErr_Format(PyExc_TypeError, "'%s' of module '%s' cannot be called: it is a %s",
                     wsgi->callable, wsgi->module, Py_TYPE(found)->tp_name);
        Py_CLEAR(found);
    }
    return found;
}

/* Files that came since somebody looked count, too. */
static int forget_directories(void)
{
    PyObject *importlib = PyImport_ImportModule("importlib");
    PyObject *r = importlib ? PyObject_CallMethod(importlib, "invalidate_caches", NULL) : NULL;

    Py_XDECREF(importlib);
    Py_XDECREF(r);
    return r ? 0 : -1;
}

/* --- loading --- */

static int load(gale_wsgi *wsgi)
{
    if (extend_path(wsgi) < 0 || forget_directories() < 0)
        return -1;
    if (!wsgi->environ)
        wsgi->environ = gale__py_environ_base();
    if (!wsgi->environ || !gale__py_response_type() || !gale__py_input_type())
        return -1;
    wsgi->application = find(wsgi);
    return wsgi->application ? 0 : -1;
}

/* The last line of a traceback says what; the first ones, where. */
static int tell(gale_wsgi *wsgi)
{
    size_t len = wsgi->traceback ? strlen(wsgi->traceback) : 0, at;

    while (len && wsgi->traceback[len - 1] == '\n')
        wsgi->traceback[--len] = 0;
    for (at = len; at && wsgi->traceback[at - 1] != '\n';)
        at--;
    return gale_err(GALE_EINVAL, "%s:%s: %s", wsgi->module, wsgi->callable,
                    wsgi->traceback ? wsgi->traceback + at : "no memory");
}

static int load_alone(gale_wsgi *wsgi)
{
    int r;

    if (atomic_load(&wsgi->is_loaded))
        return 0;
    r = gale__python_start(wsgi);
    if (r >= 0)
        r = gale__python_enter();
    if (r < 0)
        return r;
    r = load(wsgi);
    gale__free(wsgi->traceback);
    wsgi->traceback = r < 0 ? gale__py_traceback() : NULL;
    gale__py_log_flush();
    gale__python_leave();
    if (r < 0)
        return tell(wsgi);
    atomic_store(&wsgi->is_loaded, true);
    return 0;
}

int gale__python_load(gale_wsgi *wsgi)
{
    int r;

    pthread_mutex_lock(&wsgi->loading);
    r = load_alone(wsgi);
    pthread_mutex_unlock(&wsgi->loading);
    return r;
}

void gale__python_unload(void *application, void *environ)
{
    Py_XDECREF((PyObject *)application);
    Py_XDECREF((PyObject *)environ);
}

/* --- for who watches --- */

static int tell_source(PyObject *module, void (*fn)(const char *path, void *arg), void *arg)
{
    PyObject *file = PyObject_GetAttrString(module, "__file__"), *bytes;

    if (!file || !PyUnicode_Check(file) || !(bytes = PyUnicode_EncodeFSDefault(file))) {
        PyErr_Clear(); /* built in, or something else that is no module */
        Py_XDECREF(file);
        return 0;
    }
    fn(PyBytes_AS_STRING(bytes), arg);
    Py_DECREF(bytes);
    Py_DECREF(file);
    return 0;
}

static int each_source(void (*fn)(const char *path, void *arg), void *arg)
{
    PyObject *modules = PySys_GetObject("modules"); /* borrowed */
    PyObject *list = modules ? PyMapping_Values(modules) : NULL;

    if (!list)
        PyErr_Clear();
    for (Py_ssize_t i = 0; list && i < PyList_GET_SIZE(list); i++)
        tell_source(PyList_GET_ITEM(list, i), fn, arg);
    Py_XDECREF(list);
    return list ? 0 : -1;
}

int gale_wsgi_each_source(gale_wsgi *wsgi, void (*fn)(const char *path, void *arg), void *arg)
{
    int r;

    if (!atomic_load(&wsgi->is_loaded))
        return gale_err(GALE_ESTATE, "%s has not been loaded", wsgi->module);
    r = gale__python_enter();
    if (r < 0)
        return r;
    r = each_source(fn, arg);
    gale__python_leave();
    return r < 0 ? gale_err(GALE_ESTATE, "Python has no list of modules") : 0;
}

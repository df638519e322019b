/* py_input.c - wsgi.input: the body of a request as it comes, with the methods that PEP 3333 asks
 * for ("Input and Error Streams"). It ends where the body ends.
 */
/* SPDX-License-Identifier: MIT */
#include "wsgi/py.h"

#include <errno.h>
#include <string.h>

#include <gale/error.h>

#include "base/alloc.h"

enum { BLOCK = 16 * 1024 };

struct input {
    PyObject_HEAD struct gale__wsgi_job *job;
    char *block; /* read ahead for lines; NULL: none yet */
    size_t at, end;
    bool is_reading; /* a thread is, without Python's lock */
};

/* --- reading from the job --- */

static int tell_failure(int code)
{
    if (code == GALE_ECLOSED)
        PyErr_SetString(PyExc_BrokenPipeError, "the client has gone");
    else
        PyErr_Format(PyExc_OSError, "the body does not come: %s", gale_strerror(code));
    return -1;
}

/* At most n bytes straight from the job: how many; 0 at the end; -1 with an exception. */
static Py_ssize_t read_on(struct input *self, char *out, size_t n)
{
    ssize_t got;

    if (!gale__wsgi_read_blocks(self->job)) {
        got = gale__wsgi_read(self->job, out, n);
        return got < 0 ? tell_failure((int)got) : got;
    }
    Py_BEGIN_ALLOW_THREADS got = gale__wsgi_read(self->job, out, n);
    Py_END_ALLOW_THREADS return got < 0 ? tell_failure((int)got) : got;
}

/* The same by way of what was read ahead. */
static Py_ssize_t read_some(struct input *self, char *out, size_t n)
{
    size_t ready = self->end - self->at;

    if (!ready)
        return read_on(self, out, n);
    if (n > ready)
        n = ready;
    memcpy(out, self->block + self->at, n);
    self->at += n;
    return (Py_ssize_t)n;
}

/* One reader at a time: the body has one end. */
static int begin(struct input *self)
{
    if (self->is_reading) {
        PyErr_SetString(PyExc_RuntimeError, "wsgi.input is being read by another thread");
        return -1;
    }
    self->is_reading = true;
    return 0;
}

/* --- read --- */

/* size < 0: all. Memory grows with what comes, not with what is asked for. */
static PyObject *read_bytes(struct input *self, Py_ssize_t size)
{
    Py_ssize_t cap = size >= 0 && size < BLOCK ? size : BLOCK, len = 0, got = 1;
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, cap);

    while (bytes && got > 0 && (size < 0 || len < size)) {
        if (len == cap) {
            cap = size >= 0 && size / 2 < cap ? size : cap * 2;
            if (_PyBytes_Resize(&bytes, cap) < 0)
                return NULL;
        }
        got = read_some(self, PyBytes_AS_STRING(bytes) + len, (size_t)(cap - len));
        len += got > 0 ? got : 0;
    }
    if (got < 0)
        Py_CLEAR(bytes);
    if (bytes && len < cap && _PyBytes_Resize(&bytes, len) < 0)
        return NULL;
    return bytes;
}

/* The optional size that readers take: None and negative numbers mean all. */
static int take_size(PyObject *const *args, Py_ssize_t n, const char *name, Py_ssize_t *size)
{
    *size = -1;
    if (n > 1) {
        PyErr_Format(PyExc_TypeError, "%s() takes one argument", name);
        return -1;
    }
    if (n == 0 || args[0] == Py_None)
        return 0;
    *size = PyNumber_AsSsize_t(args[0], PyExc_OverflowError);
    return *size == -1 && PyErr_Occurred() ? -1 : 0;
}

static PyObject *input_read(PyObject *object, PyObject *const *args, Py_ssize_t n)
{
    struct input *self = (struct input *)object;
    Py_ssize_t size;
    PyObject *bytes;

    if (take_size(args, n, "read", &size) < 0 || begin(self) < 0)
        return NULL;
    bytes = read_bytes(self, size);
    self->is_reading = false;
    return bytes;
}

/* --- lines --- */

/* Something is read ahead: 1; 0 at the end of the body; -1. */
static int look_ahead(struct input *self)
{
    Py_ssize_t got;

    if (self->at < self->end)
        return 1;
    if (!self->block && !(self->block = gale__malloc(BLOCK))) {
        PyErr_NoMemory();
        return -1;
    }
    self->at = self->end = 0;
    got = read_on(self, self->block, BLOCK);
    if (got > 0)
        self->end = (size_t)got;
    return got < 0 ? -1 : got > 0;
}

/* Adds what is ahead, up to the end of the line: 1 when that has come. */
static int add_ahead(struct input *self, PyObject **line, Py_ssize_t most)
{
    size_t len = self->end - self->at;
    const char *begin = self->block + self->at, *end;
    PyObject *piece;

    if (most >= 0 && len > (size_t)most)
        len = (size_t)most;
    end = memchr(begin, '\n', len);
    if (end)
        len = (size_t)(end - begin) + 1;
    piece = PyBytes_FromStringAndSize(begin, (Py_ssize_t)len);
    self->at += len;
    if (piece && *line)
        PyBytes_ConcatAndDel(line, piece);
    else
        *line = piece;
    return !*line ? -1 : end != NULL;
}

/* A line with its end, at most size bytes of it; empty at the end of the body. */
static PyObject *read_line(struct input *self, Py_ssize_t size)
{
    PyObject *line = NULL;
    int r = 0;

    while (r == 0 && size != 0 && (r = look_ahead(self)) > 0) {
        Py_ssize_t had = line ? PyBytes_GET_SIZE(line) : 0;

        r = add_ahead(self, &line, size);
        if (line && size > 0)
            size -= PyBytes_GET_SIZE(line) - had;
        if (r < 0)
            return NULL;
        if (r == 0)
            continue;
        return line;
    }
    if (r < 0)
        Py_CLEAR(line);
    return r < 0 ? NULL : line ? line : PyBytes_FromStringAndSize(NULL, 0);
}

static PyObject *input_readline(PyObject *object, PyObject *const *args, Py_ssize_t n)
{
    struct input *self = (struct input *)object;
    Py_ssize_t size;
    PyObject *line;

    if (take_size(args, n, "readline", &size) < 0 || begin(self) < 0)
        return NULL;
    line = read_line(self, size);
    self->is_reading = false;
    return line;
}

static PyObject *input_next(PyObject *object)
{
    PyObject *line = input_readline(object, NULL, 0);

    if (line && !PyBytes_GET_SIZE(line))
        Py_CLEAR(line);
    return line;
}

/* Lines of about hint bytes together; none or 0: all. */
static PyObject *input_readlines(PyObject *object, PyObject *const *args, Py_ssize_t n)
{
    PyObject *list, *line = NULL;
    Py_ssize_t hint, len = 0;

    if (take_size(args, n, "readlines", &hint) < 0)
        return NULL;
    list = PyList_New(0);
    while (list && (hint <= 0 || len < hint) && (line = input_next(object))) {
        len += PyBytes_GET_SIZE(line);
        if (PyList_Append(list, line) < 0)
            Py_CLEAR(list);
        Py_DECREF(line);
    }
    if (PyErr_Occurred())
        Py_CLEAR(list);
    return list;
}

/* --- the type --- */

static PyMethodDef methods[] = {
    { "read", (PyCFunction)(void (*)(void))input_read, METH_FASTCALL,
      "read([size]) -> bytes: so many, unless the body ends before" },
    { "readline", (PyCFunction)(void (*)(void))input_readline, METH_FASTCALL,
      "readline([size]) -> bytes: the next line" },
    { "readlines", (PyCFunction)(void (*)(void))input_readlines, METH_FASTCALL,
      "readlines([hint]) -> list of lines" },
    { 0 },
};

static void dealloc(PyObject *object)
{
    struct input *self = (struct input *)object;
    PyTypeObject *type = Py_TYPE(object);

    gale__free(self->block);
    gale__wsgi_job_unref(self->job);
    type->tp_free(object);
    Py_DECREF(type);
}

static PyType_Slot slots[] = {
    { Py_tp_methods, methods },
    { Py_tp_iter, PyObject_SelfIter },
    { Py_tp_iternext, input_next },
    { Py_tp_dealloc, dealloc },
    { Py_tp_doc, (void *)"wsgi.input: the body of the request" },
    { 0, NULL },
};

static PyType_Spec spec = {
    .name = "gale.wsgi.Input",
    .basicsize = sizeof(struct input),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = slots,
};

PyTypeObject *gale__py_input_type(void)
{
    static PyTypeObject *type;

    if (!type)
        type = (PyTypeObject *)PyType_FromSpec(&spec);
    return type;
}

PyObject *gale__py_input_new(struct gale__wsgi_job *job)
{
    PyTypeObject *type = gale__py_input_type();
    struct input *self = type ? (void *)type->tp_alloc(type, 0) : NULL;

    if (!self)
        return NULL;
    gale__wsgi_job_ref(job);
    self->job = job;
    return (PyObject *)self;
}

/* py_file.c - wsgi.file_wrapper (PEP 3333, "Optional Platform-Specific File Handling"): an iterable
 * over a file, which the kernel sends when it can.
 */
/* SPDX-License-Identifier: MIT */
#include "wsgi/py.h"

#include <stddef.h>
#include <structmember.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gale/error.h>

enum { BLOCK = 8192 };

struct wrapper {
    PyObject_HEAD PyObject *file;
    Py_ssize_t block; /* bytes read at once */
};

/* --- the iterable --- */

static PyObject *wrapper_new(PyTypeObject *type, PyObject *args, PyObject *named)
{
    static char *names[] = { (char *)"filelike", (char *)"blksize", NULL };
    struct wrapper *self;
    PyObject *file;
    Py_ssize_t block = BLOCK;

    if (!PyArg_ParseTupleAndKeywords(args, named, "O|n:file_wrapper", names, &file, &block))
        return NULL;
    if (block <= 0) {
        PyErr_SetString(PyExc_ValueError, "file_wrapper: the block size is not positive");
        return NULL;
    }
    self = (void *)type->tp_alloc(type, 0);
    if (!self)
        return NULL;
    self->file = Py_NewRef(file);
    self->block = block;
    return (PyObject *)self;
}

static PyObject *wrapper_next(PyObject *object)
{
    struct wrapper *self = (struct wrapper *)object;
    PyObject *piece = PyObject_CallMethod(self->file, "read", "n", self->block);

    if (piece && PyObject_IsTrue(piece) == 0)
        Py_CLEAR(piece);
    return piece;
}

/* The file's own, if it has one. */
static PyObject *wrapper_close(PyObject *object, PyObject *unused)
{
    struct wrapper *self = (struct wrapper *)object;
    PyObject *close = PyObject_GetAttrString(self->file, "close"), *r;

    (void)unused;
    if (!close) {
        PyErr_Clear();
        return Py_NewRef(Py_None);
    }
    r = PyObject_CallNoArgs(close);
    Py_DECREF(close);
    return r;
}

static void dealloc(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);

    Py_XDECREF(((struct wrapper *)object)->file);
    type->tp_free(object);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {
    { "close", wrapper_close, METH_NOARGS, "Closes the file." },
    { 0 },
};

static PyMemberDef members[] = {
    { "filelike", T_OBJECT, offsetof(struct wrapper, file), READONLY, "the file" },
    { "blksize", T_PYSSIZET, offsetof(struct wrapper, block), READONLY, "bytes read at once" },
    { 0 },
};

static PyType_Slot slots[] = {
    { Py_tp_new, wrapper_new },
    { Py_tp_methods, methods },
    { Py_tp_members, members },
    { Py_tp_iter, PyObject_SelfIter },
    { Py_tp_iternext, wrapper_next },
    { Py_tp_dealloc, dealloc },
    { Py_tp_doc, (void *)"file_wrapper(filelike, blksize=8192): an iterable over a file" },
    { 0, NULL },
};

static PyType_Spec spec = {
    .name = "gale.wsgi.FileWrapper",
    .basicsize = sizeof(struct wrapper),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = slots,
};

PyTypeObject *gale__py_file_type(void)
{
    static PyTypeObject *type;

    if (!type)
        type = (PyTypeObject *)PyType_FromSpec(&spec);
    return type;
}

/* --- sending it --- */

/* A number that a method of the file gives; -1, without an exception, when it does not. */
static int64_t ask(PyObject *file, const char *method)
{
    PyObject *r = PyObject_CallMethod(file, method, NULL);
    int64_t n = r && PyLong_Check(r) ? PyLong_AsLongLong(r) : -1;

    Py_XDECREF(r);
    PyErr_Clear();
    return n;
}

static bool is_from_io(PyObject *object, const char *type_name)
{
    PyObject *io = PyImport_ImportModule("io");
    PyObject *type = io ? PyObject_GetAttrString(io, type_name) : NULL;
    bool is = (PyObject *)Py_TYPE(object) == type;

    Py_XDECREF(type);
    Py_XDECREF(io);
    PyErr_Clear();
    return is;
}

/* What open() gives for bytes. Others have a fileno(), too, such as gzip's, and what their read()
 * gives is not what is in that file. */
static bool is_plain(PyObject *file)
{
    PyObject *raw;
    bool is;

    if (is_from_io(file, "FileIO"))
        return true;
    if (!is_from_io(file, "BufferedReader") && !is_from_io(file, "BufferedRandom"))
        return false;
    raw = PyObject_GetAttrString(file, "raw");
    is = raw && is_from_io(raw, "FileIO");
    Py_XDECREF(raw);
    PyErr_Clear();
    return is;
}

struct part {
    int fd;
    int64_t offset, len;
};

/* From where the file stands to its end, or as far as Content-Length says. */
static bool find_part(const struct gale__py_response *response, PyObject *file, struct part *out)
{
    int64_t fd = is_plain(file) ? ask(file, "fileno") : -1, at;
    struct stat st;

    if (fd < 0 || fd > INT_MAX || fstat((int)fd, &st) < 0 || !S_ISREG(st.st_mode))
        return false;
    at = ask(file, "tell");
    if (at < 0)
        at = lseek((int)fd, 0, SEEK_CUR);
    if (at < 0 || at > st.st_size)
        return false;
    *out = (struct part){ (int)fd, at, st.st_size - at };
    if (response->declared >= 0 && out->len > response->declared)
        out->len = response->declared;
    return response->declared < 0 || out->len == response->declared;
}

static int send_part(struct gale__py_response *response, const struct part *part)
{
    int r;

    gale__wsgi_put_head(response->job, &response->head);
    response->is_on_its_way = true;
    Py_BEGIN_ALLOW_THREADS r = gale__wsgi_put_file(response->job, part->fd, part->offset,
                                                   part->len);
    Py_END_ALLOW_THREADS if (r < 0)
    {
        response->is_gone = true;
        PyErr_SetString(PyExc_BrokenPipeError, "the client has gone");
        return -1;
    }
    response->sent += part->len;
    return 1;
}

int gale__py_send_file(struct gale__py_response *response, PyObject *result)
{
    struct part part;

    if (Py_TYPE(result) != gale__py_file_type() || !response->was_started ||
        response->is_on_its_way || response->is_complete)
        return 0;
    if (!find_part(response, ((struct wrapper *)result)->file, &part) || !part.len)
        return 0;
    return send_part(response, &part);
}

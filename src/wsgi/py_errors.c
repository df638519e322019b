/* py_errors.c - what goes wrong in Python: exceptions as text, and wsgi.errors, whose lines go to
 * the log.
 */
/* SPDX-License-Identifier: MIT */
#include "wsgi/py.h"

#include <string.h>

#include <gale/log.h>

#include "base/alloc.h"

static gale_logger wsgi_log = { .name = "gale.wsgi" };

/* --- exceptions --- */

static PyObject *format(PyObject *type, PyObject *value, PyObject *tb)
{
    PyObject *module = PyImport_ImportModule("traceback");
    PyObject *lines = NULL, *empty = NULL, *text = NULL;

    if (module)
        lines = PyObject_CallMethod(module, "format_exception", "OOO", type,
                                    value ? value : Py_None, tb ? tb : Py_None);
    if (lines)
        empty = PyUnicode_FromString("");
    if (empty)
        text = PyUnicode_Join(empty, lines);
    Py_XDECREF(empty);
    Py_XDECREF(lines);
    Py_XDECREF(module);
    return text;
}

static char *copy_text(PyObject *text)
{
    PyObject *bytes = text ? PyUnicode_AsEncodedString(text, "utf-8", "backslashreplace") : NULL;
    char *copy = NULL;
    size_t len = 0;

    if (bytes) {
        len = (size_t)PyBytes_GET_SIZE(bytes);
        while (len && PyBytes_AS_STRING(bytes)[len - 1] == '\n') /* its last line does not end */
            len--;
        copy = gale__strndup(PyBytes_AS_STRING(bytes), len);
    }
    for (size_t i = 0; copy && i < len; i++)
        if (!copy[i]) /* does not end the text */
            copy[i] = '?';
    Py_XDECREF(bytes);
    PyErr_Clear();
    return copy;
}

char *gale__py_traceback(void)
{
    PyObject *type, *value, *tb, *text;
    char *copy;

    PyErr_Fetch(&type, &value, &tb);
    PyErr_NormalizeException(&type, &value, &tb);
    text = type ? format(type, value, tb) : NULL;
    if (!text && type) { /* no memory, or a str() that fails: its type is better than nothing */
        PyErr_Clear();
        text = PyObject_Str(type);
    }
    copy = copy_text(text);
    Py_XDECREF(text);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(tb);
    return copy;
}

/* --- wsgi.errors: one object for all requests; each thread has its own unfinished line --- */

enum { LINE_MAX_BYTES = 8192 };

static _Thread_local struct {
    char text[LINE_MAX_BYTES];
    size_t len;
} line;

void gale__py_log_flush(void)
{
    if (line.len)
        gale_log(&wsgi_log, GALE_LOG_ERROR, "%.*s", (int)line.len, line.text);
    line.len = 0;
}

static void log_bytes(const char *text, size_t len)
{
    while (len) {
        const char *end = memchr(text, '\n', len);
        size_t n = end ? (size_t)(end - text) : len, room = sizeof(line.text) - line.len;

        if (n > room) { /* in pieces */
            n = room;
            end = NULL;
        }
        memcpy(line.text + line.len, text, n);
        line.len += n;
        if (end || line.len == sizeof(line.text))
            gale__py_log_flush();
        n += end != NULL;
        text += n;
        len -= n;
    }
}

static PyObject *log_write(PyObject *self, PyObject *text)
{
    PyObject *bytes;

    (void)self;
    if (!PyUnicode_Check(text))
        return PyErr_Format(PyExc_TypeError, "wsgi.errors.write() takes str, not %s",
                            Py_TYPE(text)->tp_name);
    bytes = PyUnicode_AsEncodedString(text, "utf-8", "backslashreplace");
    if (!bytes)
        return NULL;
    log_bytes(PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes));
    Py_DECREF(bytes);
    return PyLong_FromSsize_t(PyUnicode_GET_LENGTH(text));
}

static PyObject *log_writelines(PyObject *self, PyObject *lines)
{
    PyObject *iterator = PyObject_GetIter(lines), *text, *r;

    while (iterator && (text = PyIter_Next(iterator))) {
        r = log_write(self, text);
        Py_DECREF(text);
        Py_XDECREF(r);
        if (!r)
            break;
    }
    Py_XDECREF(iterator);
    return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
}

static PyObject *log_flush(PyObject *self, PyObject *unused)
{
    (void)self;
    (void)unused;
    gale__py_log_flush();
    return Py_NewRef(Py_None);
}

static PyMethodDef log_methods[] = {
    { "write", log_write, METH_O, "Logs text, line by line." },
    { "writelines", log_writelines, METH_O, "Logs texts." },
    { "flush", log_flush, METH_NOARGS, "Logs a line that has not ended." },
    { 0 },
};

static PyType_Slot log_slots[] = {
    { Py_tp_methods, log_methods },
    { Py_tp_doc, (void *)"wsgi.errors: lines for the server's log" },
    { 0, NULL },
};

static PyType_Spec log_spec = {
    .name = "gale.wsgi.Errors",
    .basicsize = sizeof(PyObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = log_slots,
};

PyTypeObject *gale__py_log_type(void)
{
    static PyTypeObject *type;

    if (!type)
        type = (PyTypeObject *)PyType_FromSpec(&log_spec);
    return type;
}

PyObject *gale__py_log_new(void)
{
    PyTypeObject *type = gale__py_log_type();

    return type ? type->tp_alloc(type, 0) : NULL;
}

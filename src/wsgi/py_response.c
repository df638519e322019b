/* py_response.c - start_response and the write() that it gives (PEP 3333, "The start_response()
 * Callable"): the head is checked when it is given, and leaves with the first of the body.
 */
/* SPDX-License-Identifier: MIT */
#include "wsgi/py.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include <gale/error.h>

#include "base/alloc.h"

enum { SHORT = 32 * 1024 }; /* bytes that are copied without giving up Python's lock */

/* --- the head --- */

/* A str of bytes: its characters. NULL with an exception that says what it is. */
static const char *native(PyObject *text, const char *what, size_t *len)
{
    if (!PyUnicode_Check(text)) {
        PyErr_Format(PyExc_TypeError, "start_response(): %s is no str but %s", what,
                     Py_TYPE(text)->tp_name);
        return NULL;
    }
    if (PyUnicode_READY(text) < 0)
        return NULL;
    if (PyUnicode_KIND(text) != PyUnicode_1BYTE_KIND) {
        PyErr_Format(PyExc_ValueError, "start_response(): %s has characters outside of latin-1: %R",
                     what, text);
        return NULL;
    }
    *len = (size_t)PyUnicode_GET_LENGTH(text);
    return (const char *)PyUnicode_1BYTE_DATA(text);
}

static bool has_controls(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return true;
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "200 OK" */
static int take_status(PyObject *status, struct gale__wsgi_head *head)
{
    size_t len = 0;
    const char *text = native(status, "the status", &len);

    if (!text)
        return -1;
    if (len < 4 || !is_digit(text[0]) || !is_digit(text[1]) || !is_digit(text[2]) ||
        text[3] != ' ' || has_controls(text, len)) {
        PyErr_Format(PyExc_ValueError, "start_response(): %R is no status like '200 OK'", status);
        return -1;
    }
    head->status = (text[0] - '0') * 100 + (text[1] - '0') * 10 + text[2] - '0';
    if (head->status < 200) {
        PyErr_Format(PyExc_ValueError, "start_response(): %d is no status of an answer",
                     head->status);
        return -1;
    }
    if (len > 4 && !(head->reason = gale__strndup(text + 4, len - 4))) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}

static bool is_token(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c <= 0x20 || c >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", c))
            return false;
    }
    return len > 0;
}

/* Those are the server's (RFC 2616 13.5.1). */
static bool is_hop_by_hop(const char *name, size_t len)
{
    static const char *const names[] = { "Connection",          "Keep-Alive", "Proxy-Authenticate",
                                         "Proxy-Authorization", "TE",         "Trailers",
                                         "Transfer-Encoding",   "Upgrade" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strlen(names[i]) == len && strncasecmp(names[i], name, len) == 0)
            return true;
    return false;
}

static int take_length(struct gale__py_response *self, const char *text, size_t len)
{
    int64_t n = 0;

    for (size_t i = 0; i < len && n >= 0; i++)
        n = is_digit(text[i]) && n < INT64_MAX / 10 - 10 ? n * 10 + text[i] - '0' : -1;
    if (!len || n < 0) {
        PyErr_SetString(PyExc_ValueError, "start_response(): Content-Length is no number");
        return -1;
    }
    self->declared = n;
    return 0;
}

struct field {
    const char *name, *value;
    size_t n_name, n_value;
};

static int check_field(struct gale__py_response *self, PyObject *pair, struct field *out)
{
    const char *fault = NULL;

    if (!PyTuple_Check(pair) || PyTuple_GET_SIZE(pair) != 2) {
        PyErr_Format(PyExc_TypeError, "start_response(): a header is no tuple (name, value): %R",
                     pair);
        return -1;
    }
    out->name = native(PyTuple_GET_ITEM(pair, 0), "a header's name", &out->n_name);
    out->value = out->name ? native(PyTuple_GET_ITEM(pair, 1), "a header's value", &out->n_value)
                           : NULL;
    if (!out->value)
        return -1;
    if (!is_token(out->name, out->n_name))
        fault = "has a name that no header has";
    else if (has_controls(out->value, out->n_value))
        fault = "has control characters";
    else if (is_hop_by_hop(out->name, out->n_name))
        fault = "is for the server to send (hop-by-hop)";
    else if (out->n_name == 6 && strncasecmp(out->name, "Status", 6) == 0)
        fault = "is no header: the status has its own argument";
    if (fault) {
        PyErr_Format(PyExc_ValueError, "start_response(): %R %s", pair, fault);
        return -1;
    }
    if (out->n_name == 14 && strncasecmp(out->name, "Content-Length", 14) == 0)
        return take_length(self, out->value, out->n_value);
    return 0;
}

static char *put(char *at, const char *text, size_t len)
{
    memcpy(at, text, len);
    at[len] = 0;
    return at + len + 1;
}

static int take_headers(struct gale__py_response *self, PyObject *list,
                        struct gale__wsgi_head *head)
{
    Py_ssize_t n;
    size_t size = 1;
    struct field field;
    char *at;

    if (!PyList_Check(list)) {
        PyErr_Format(PyExc_TypeError, "start_response(): the headers are no list but %s",
                     Py_TYPE(list)->tp_name);
        return -1;
    }
    n = PyList_GET_SIZE(list);
    self->declared = -1;
    for (Py_ssize_t i = 0; i < n; i++) {
        if (check_field(self, PyList_GET_ITEM(list, i), &field) < 0)
            return -1;
        size += field.n_name + field.n_value + 2;
    }
    head->block = at = gale__malloc(size);
    if (!at) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        check_field(self, PyList_GET_ITEM(list, i), &field);
        at = put(at, field.name, field.n_name);
        at = put(at, field.value, field.n_value);
    }
    head->n_fields = (size_t)n;
    return 0;
}

static void free_head(struct gale__wsgi_head *head)
{
    gale__free(head->reason);
    gale__free(head->block);
    *head = (struct gale__wsgi_head){ 0 };
}

/* --- start_response(status, headers, exc_info=None) --- */

static PyObject *write_bytes(PyObject *self, PyObject *piece);

static PyMethodDef write_method = { "write", write_bytes, METH_O,
                                    "Sends bytes of the body; for those who cannot return them." };

/* An error page instead of what was begun, if nothing has left; else the error itself. */
static int check_again(const struct gale__py_response *self, PyObject *exc_info)
{
    if (!self->was_started)
        return 0;
    if (exc_info == Py_None || PyTuple_GET_ITEM(exc_info, 0) == Py_None) {
        PyErr_SetString(PyExc_AssertionError,
                        "start_response() was called a second time, without exc_info");
        return -1;
    }
    if (!self->is_on_its_way)
        return 0;
    PyErr_Restore(Py_NewRef(PyTuple_GET_ITEM(exc_info, 0)),
                  Py_NewRef(PyTuple_GET_ITEM(exc_info, 1)),
                  Py_NewRef(PyTuple_GET_ITEM(exc_info, 2)));
    return -1;
}

static int check_exc_info(PyObject *exc_info)
{
    if (exc_info == Py_None || (PyTuple_Check(exc_info) && PyTuple_GET_SIZE(exc_info) == 3 &&
                                (PyTuple_GET_ITEM(exc_info, 0) == Py_None || /* there was none */
                                 PyExceptionClass_Check(PyTuple_GET_ITEM(exc_info, 0))) &&
                                (PyTuple_GET_ITEM(exc_info, 2) == Py_None ||
                                 PyTraceBack_Check(PyTuple_GET_ITEM(exc_info, 2)))))
        return 0;
    PyErr_SetString(PyExc_TypeError, "start_response(): exc_info is not what sys.exc_info() gives");
    return -1;
}

static PyObject *start_response(PyObject *object, PyObject *args, PyObject *named)
{
    static char *names[] = { (char *)"status", (char *)"response_headers", (char *)"exc_info",
                             NULL };
    struct gale__py_response *self = (struct gale__py_response *)object;
    struct gale__wsgi_head head = { 0 };
    PyObject *status, *headers, *exc_info = Py_None;

    if (!PyArg_ParseTupleAndKeywords(args, named, "OO|O:start_response", names, &status, &headers,
                                     &exc_info) ||
        check_exc_info(exc_info) < 0 || check_again(self, exc_info) < 0)
        return NULL;
    if (take_status(status, &head) < 0 || take_headers(self, headers, &head) < 0) {
        free_head(&head);
        return NULL;
    }
    free_head(&self->head);
    self->head = head;
    self->status = head.status;
    self->has_no_body = self->is_head || head.status == 204 || head.status == 304;
    self->was_started = true;
    return PyCFunction_New(&write_method, object);
}

/* --- the body --- */

static int client_gone(struct gale__py_response *self)
{
    self->is_gone = true;
    PyErr_SetString(PyExc_BrokenPipeError, "the client has gone");
    return -1;
}

/* Bytes that may be sent of a piece: none of more than was promised. */
static int check_promise(const struct gale__py_response *self, Py_ssize_t len)
{
    if (self->declared < 0 || self->is_head || self->sent + len <= self->declared)
        return 0;
    PyErr_Format(PyExc_AssertionError, "the body is longer than its Content-Length of %lld",
                 (long long)self->declared);
    return -1;
}

static int put_piece(struct gale__wsgi_job *job, const char *data, size_t len, bool is_last)
{
    int r;

    if (len <= SHORT && (r = gale__wsgi_put(job, data, len, is_last)) <= 0)
        return r;
    Py_BEGIN_ALLOW_THREADS r = len > SHORT ? gale__wsgi_put(job, data, len, is_last) : 1;
    if (r > 0)
        r = gale__wsgi_wait(job);
    Py_END_ALLOW_THREADS return r;
}

static int pass_on(struct gale__py_response *self, const char *data, size_t len)
{
    int r;

    if (!self->is_on_its_way)
        gale__wsgi_put_head(self->job, &self->head);
    self->is_on_its_way = true;
    r = put_piece(self->job, data, len, self->is_complete);
    if (r == -ENOMEM) {
        self->is_complete = false; /* the end has not been said */
        PyErr_NoMemory();
        return -1;
    }
    return r < 0 ? client_gone(self) : 0;
}

int gale__py_send(struct gale__py_response *self, PyObject *piece, const char *what, bool is_last)
{
    Py_ssize_t len;

    if (!PyBytes_Check(piece)) {
        PyErr_Format(PyExc_TypeError, "%s: bytes are sent, not %s", what, Py_TYPE(piece)->tp_name);
        return -1;
    }
    len = PyBytes_GET_SIZE(piece);
    if (!len && !is_last) /* "not yet", also before there is a status */
        return 0;
    if (!self->was_started) {
        PyErr_Format(PyExc_AssertionError, "%s before start_response() was called", what);
        return -1;
    }
    if (check_promise(self, len) < 0)
        return -1;
    if (self->is_gone)
        return client_gone(self);
    if (self->is_complete) /* an empty piece, or a HEAD's */
        return 0;
    self->sent += len;
    self->is_complete = is_last || self->has_no_body || self->sent == self->declared;
    self->head.is_open = self->is_head && !is_last && self->declared < 0;
    return pass_on(self, PyBytes_AS_STRING(piece), (size_t)len);
}

/* A body shorter than was promised: the client must not take it for whole. */
static int check_kept(const struct gale__py_response *self)
{
    if (self->declared < 0 || self->sent == self->declared || self->has_no_body)
        return 0;
    PyErr_Format(PyExc_AssertionError, "the body has %lld bytes, its Content-Length says %lld",
                 (long long)self->sent, (long long)self->declared);
    return -1;
}

int gale__py_complete(struct gale__py_response *self)
{
    if (!self->was_started) {
        PyErr_SetString(PyExc_AssertionError, "the application did not call start_response()");
        return -1;
    }
    if (self->is_complete)
        return 0;
    if (check_kept(self) < 0)
        return -1;
    self->is_complete = true;
    return pass_on(self, "", 0);
}

static PyObject *write_bytes(PyObject *self, PyObject *piece)
{
    if (gale__py_send((struct gale__py_response *)self, piece, "write()", false) < 0)
        return NULL;
    return Py_NewRef(Py_None);
}

/* --- the type --- */

static void dealloc(PyObject *object)
{
    struct gale__py_response *self = (struct gale__py_response *)object;
    PyTypeObject *type = Py_TYPE(object);

    free_head(&self->head);
    gale__wsgi_job_unref(self->job);
    type->tp_free(object);
    Py_DECREF(type);
}

static PyType_Slot slots[] = {
    { Py_tp_call, start_response },
    { Py_tp_dealloc, dealloc },
    { Py_tp_doc, (void *)"start_response(status, response_headers, exc_info=None) -> write" },
    { 0, NULL },
};

static PyType_Spec spec = {
    .name = "gale.wsgi.StartResponse",
    .basicsize = sizeof(struct gale__py_response),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = slots,
};

PyTypeObject *gale__py_response_type(void)
{
    static PyTypeObject *type;

    if (!type)
        type = (PyTypeObject *)PyType_FromSpec(&spec);
    return type;
}

struct gale__py_response *gale__py_response_new(struct gale__wsgi_job *job)
{
    PyTypeObject *type = gale__py_response_type();
    struct gale__py_response *self = type ? (void *)type->tp_alloc(type, 0) : NULL;

    if (!self)
        return NULL;
    gale__wsgi_job_ref(job);
    self->job = job;
    self->declared = -1;
    self->is_head = job->request.method.len == 4 && memcmp(job->request.method.ptr, "HEAD", 4) == 0;
    return self;
}

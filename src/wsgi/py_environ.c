/* py_environ.c - environ of a request (PEP 3333, "environ Variables"): a copy of what all have in
 * common, with the request's own.
 */
/* SPDX-License-Identifier: MIT */
#include "wsgi/py.h"

#include <string.h>
#include <strings.h>

/* Names that most requests have, as Python's objects, made once. */
enum key {
    REQUEST_METHOD,
    SCRIPT_NAME,
    PATH_INFO,
    QUERY_STRING,
    REQUEST_URI,
    RAW_URI,
    SERVER_PROTOCOL,
    SERVER_NAME,
    SERVER_PORT,
    REMOTE_ADDR,
    URL_SCHEME,
    INPUT,
    CONTENT_TYPE,
    CONTENT_LENGTH,
    N_KEYS,
};

static const char *const key_names[N_KEYS] = {
    "REQUEST_METHOD",  "SCRIPT_NAME",     "PATH_INFO",    "QUERY_STRING",   "REQUEST_URI",
    "RAW_URI",         "SERVER_PROTOCOL", "SERVER_NAME",  "SERVER_PORT",    "REMOTE_ADDR",
    "wsgi.url_scheme", "wsgi.input",      "CONTENT_TYPE", "CONTENT_LENGTH",
};

/* Fields that browsers and proxies send; others get a new object each time. */
static const char *const field_names[] = {
    "Host",
    "User-Agent",
    "Accept",
    "Accept-Encoding",
    "Accept-Language",
    "Connection",
    "Cookie",
    "Referer",
    "Origin",
    "Cache-Control",
    "Pragma",
    "Authorization",
    "If-None-Match",
    "If-Modified-Since",
    "If-Match",
    "Range",
    "X-Requested-With",
    "X-Forwarded-For",
    "X-Forwarded-Proto",
    "X-Real-Ip",
    "Upgrade-Insecure-Requests",
    "Sec-Fetch-Site",
    "Sec-Fetch-Mode",
    "Sec-Fetch-User",
    "Sec-Fetch-Dest",
    "Sec-Ch-Ua",
    "Sec-Ch-Ua-Mobile",
    "Sec-Ch-Ua-Platform",
    "Expect",
    "Dnt",
};

enum { N_FIELDS = sizeof(field_names) / sizeof(field_names[0]) };

static PyObject *keys[N_KEYS], *field_keys[N_FIELDS];

/* "User-Agent" as HTTP_USER_AGENT. */
static PyObject *field_key(const char *name, size_t len)
{
    PyObject *key = PyUnicode_New((Py_ssize_t)len + 5, 127);
    Py_UCS1 *out;

    if (!key)
        return NULL;
    out = PyUnicode_1BYTE_DATA(key);
    memcpy(out, "HTTP_", 5);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)name[i];

        out[5 + i] = c == '-' ? '_' : c >= 'a' && c <= 'z' ? (Py_UCS1)(c - 32) : c;
    }
    return key;
}

static int make_keys(void)
{
    for (size_t i = 0; i < N_KEYS; i++)
        if (!keys[i] && !(keys[i] = PyUnicode_InternFromString(key_names[i])))
            return -1;
    for (size_t i = 0; i < N_FIELDS; i++) {
        if (field_keys[i])
            continue;
        field_keys[i] = field_key(field_names[i], strlen(field_names[i]));
        if (!field_keys[i])
            return -1;
        PyUnicode_InternInPlace(&field_keys[i]);
    }
    return 0;
}

/* Takes value over. */
static int set_text(PyObject *dict, const char *name, PyObject *value)
{
    int r = value ? PyDict_SetItemString(dict, name, value) : -1;

    Py_XDECREF(value);
    return r;
}

PyObject *gale__py_environ_base(void)
{
    PyObject *base = make_keys() < 0 ? NULL : PyDict_New();
    PyTypeObject *file = gale__py_file_type();

    if (!base)
        return NULL;
    if (set_text(base, "wsgi.version", Py_BuildValue("(ii)", 1, 0)) < 0 ||
        set_text(base, "wsgi.errors", gale__py_log_new()) < 0 ||
        set_text(base, "wsgi.multithread", PyBool_FromLong(gale__python_is_threaded())) < 0 ||
        set_text(base, "wsgi.multiprocess", Py_NewRef(Py_True)) < 0 ||
        set_text(base, "wsgi.run_once", Py_NewRef(Py_False)) < 0 ||
        set_text(base, "wsgi.input_terminated", Py_NewRef(Py_True)) < 0 ||
        set_text(base, "wsgi.file_wrapper", file ? Py_NewRef((PyObject *)file) : NULL) < 0 ||
        set_text(base, "SERVER_SOFTWARE", PyUnicode_FromFormat("gale/%s", gale_version())) < 0)
        Py_CLEAR(base);
    return base;
}

/* Bytes as a native string: each is the character of its number. */
static PyObject *native(gale_str text)
{
    return PyUnicode_DecodeLatin1(text.ptr, (Py_ssize_t)text.len, NULL);
}

static int set(PyObject *environ, enum key key, gale_str text)
{
    PyObject *value = native(text);
    int r = value ? PyDict_SetItem(environ, keys[key], value) : -1;

    Py_XDECREF(value);
    return r;
}

static bool is_named(gale_str name, const char *what)
{
    return name.len == strlen(what) && strncasecmp(name.ptr, what, name.len) == 0;
}

/* What is left out: of the connection alone; "_" and "-" would be the same (a client could pass off
 * X_Real_Ip as a proxy's X-Real-Ip); HTTP_PROXY is a setting to many programs. */
static bool is_dropped(gale_str name)
{
    return memchr(name.ptr, '_', name.len) || is_named(name, "Transfer-Encoding") ||
           is_named(name, "Proxy");
}

/* A number, however often the client says it. */
static int set_length(PyObject *environ, int64_t length)
{
    PyObject *value = length < 0 ? NULL : PyUnicode_FromFormat("%lld", (long long)length);
    int r = value ? PyDict_SetItem(environ, keys[CONTENT_LENGTH], value) : -1;

    Py_XDECREF(value);
    return length < 0 ? 0 : r;
}

static PyObject *key_of(gale_str name)
{
    if (is_named(name, "Content-Type"))
        return Py_NewRef(keys[CONTENT_TYPE]);
    for (size_t i = 0; i < N_FIELDS; i++)
        if (is_named(name, field_names[i]))
            return Py_NewRef(field_keys[i]);
    return field_key(name.ptr, name.len);
}

/* Fields of one name are one value. */
static int set_field(PyObject *environ, const struct gale__wsgi_field *field)
{
    const char *between = is_named(field->name, "Cookie") ? "; " : ", ";
    PyObject *key = key_of(field->name), *value = key ? native(field->value) : NULL;
    PyObject *before = value ? PyDict_GetItemWithError(environ, key) : NULL; /* borrowed */
    int r = value && !PyErr_Occurred() ? 0 : -1;

    if (before)
        Py_SETREF(value, PyUnicode_FromFormat("%U%s%U", before, between, value));
    if (r == 0)
        r = value ? PyDict_SetItem(environ, key, value) : -1;
    Py_XDECREF(value);
    Py_XDECREF(key);
    return r;
}

static int set_fields(PyObject *environ, const struct gale__wsgi_request *request)
{
    int r = 0;

    for (size_t i = 0; i < request->n_fields && r == 0; i++)
        if (is_named(request->fields[i].name, "Content-Length"))
            r = set_length(environ, request->content_length);
        else if (!is_dropped(request->fields[i].name))
            r = set_field(environ, &request->fields[i]);
    return r;
}

static int fill(PyObject *environ, const struct gale__wsgi_request *r)
{
    if (set(environ, REQUEST_METHOD, r->method) < 0 ||
        set(environ, SCRIPT_NAME, r->script_name) < 0 ||
        set(environ, PATH_INFO, r->path_info) < 0 || set(environ, QUERY_STRING, r->query) < 0 ||
        set(environ, REQUEST_URI, r->uri) < 0 || set(environ, RAW_URI, r->uri) < 0 ||
        set(environ, SERVER_PROTOCOL, r->protocol) < 0 ||
        set(environ, SERVER_NAME, r->server_name) < 0 ||
        set(environ, SERVER_PORT, r->server_port) < 0 ||
        set(environ, REMOTE_ADDR, r->remote_addr) < 0 || set(environ, URL_SCHEME, r->scheme) < 0)
        return -1;
    return set_fields(environ, r);
}

PyObject *gale__py_environ_new(const gale_wsgi *wsgi, struct gale__wsgi_job *job)
{
    PyObject *environ = PyDict_Copy(wsgi->environ);
    PyObject *input = environ ? gale__py_input_new(job) : NULL;

    if (!input || PyDict_SetItem(environ, keys[INPUT], input) < 0 ||
        fill(environ, &job->request) < 0)
        Py_CLEAR(environ);
    Py_XDECREF(input);
    return environ;
}

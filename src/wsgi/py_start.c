/* py_start.c - Python's interpreter: its start, its end, the locks of threads. See python.h. */
/* SPDX-License-Identifier: MIT */
#include "wsgi/py.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <gale/error.h>
#include <gale/log.h>

#include "base/alloc.h"

enum { END_SECONDS = 5 };

/* The one of the process. */
static struct {
    pthread_mutex_t lock; /* taken without Python's */
    pthread_cond_t changed;
    pthread_t thread;
    bool is_begun, is_ready, wants_end, has_ended;
    char virtual_env[PATH_MAX]; /* "": none */
    char executable[PATH_MAX + 16];
    char fault[256]; /* why it did not start; "": it did */
} python = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static _Thread_local PyThreadState *mine;

/* --- its own thread --- */

/* Signals and the locale stay the program's; text is UTF-8. */
static PyStatus initialize(void)
{
    PyPreConfig before;
    PyConfig config;
    PyStatus status;

    PyPreConfig_InitPythonConfig(&before);
    before.configure_locale = 0;
    before.utf8_mode = 1;
    status = Py_PreInitialize(&before);
    if (PyStatus_Exception(status))
        return status;
    PyConfig_InitPythonConfig(&config);
    config.install_signal_handlers = 0;
    config.parse_argv = 0;
    status = PyConfig_SetBytesString(&config, &config.executable, python.executable);
    if (!PyStatus_Exception(status))
        status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    return status;
}

/* The thread that imports threading first is the main thread to it. */
static PyThreadState *rest(void)
{
    Py_XDECREF(PyImport_ImportModule("threading"));
    PyErr_Clear();
    return PyEval_SaveThread();
}

static void begin(PyThreadState **state)
{
    PyStatus status = initialize();

    pthread_mutex_lock(&python.lock);
    if (PyStatus_Exception(status))
        snprintf(python.fault, sizeof(python.fault), "Python does not start: %s",
                 status.err_msg ? status.err_msg : "it exits");
    else
        *state = rest();
    python.is_ready = true;
    pthread_cond_broadcast(&python.changed);
    pthread_mutex_unlock(&python.lock);
}

static void *thread_main(void *arg)
{
    PyThreadState *state = NULL;

    (void)arg;
    begin(&state);
    pthread_mutex_lock(&python.lock);
    while (!python.wants_end)
        pthread_cond_wait(&python.changed, &python.lock);
    pthread_mutex_unlock(&python.lock);
    if (state) {
        PyEval_RestoreThread(state);
        Py_FinalizeEx();
    }
    pthread_mutex_lock(&python.lock);
    python.has_ended = true;
    pthread_cond_broadcast(&python.changed);
    pthread_mutex_unlock(&python.lock);
    return NULL;
}

/* --- from other threads --- */

/* The program that Python takes itself for: it finds its library, or the environment's, by that. */
static int find_executable(const char *virtual_env)
{
    char place[PATH_MAX];

    if (!virtual_env) {
        snprintf(python.executable, sizeof(python.executable), "%s", GALE_PYTHON);
        return 0;
    }
    gale__python_place(virtual_env, place, sizeof(place));
    snprintf(python.executable, sizeof(python.executable), "%s/bin/python3", place);
    return access(python.executable, X_OK) == 0
               ? 0
               : gale_err(GALE_EINVAL, "%s is no virtual environment: no bin/python3", virtual_env);
}

static int start_thread(void)
{
    sigset_t every, old;
    int r;

    sigfillset(&every);
    pthread_sigmask(SIG_SETMASK, &every, &old);
    r = pthread_create(&python.thread, NULL, thread_main, NULL);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return r ? gale_err(-r, "no thread for Python") : 0;
}

/* With the lock. */
static int start(const char *virtual_env)
{
    int r = find_executable(virtual_env);

    if (r >= 0)
        r = start_thread();
    if (r < 0)
        return r;
    python.is_begun = true;
    snprintf(python.virtual_env, sizeof(python.virtual_env), "%s", virtual_env ? virtual_env : "");
    while (!python.is_ready)
        pthread_cond_wait(&python.changed, &python.lock);
    return 0;
}

/* With the lock: whether what runs is what is wanted. */
static int check(const char *virtual_env)
{
    if (python.wants_end)
        return gale_err(GALE_ESTATE, "Python has ended in this process");
    if (python.fault[0])
        return gale_err(GALE_ESTATE, "%s", python.fault);
    if (strcmp(python.virtual_env, virtual_env ? virtual_env : "") != 0)
        return gale_err(GALE_ESTATE,
                        "Python runs in this process with another virtual environment (%s)",
                        python.virtual_env[0] ? python.virtual_env : "none");
    return 0;
}

int gale__python_start(const gale_wsgi *wsgi)
{
    int r = 0;

    pthread_mutex_lock(&python.lock);
    if (!python.is_begun)
        r = start(wsgi->virtual_env);
    if (r >= 0)
        r = check(wsgi->virtual_env);
    pthread_mutex_unlock(&python.lock);
    return r;
}

void gale__python_end(void)
{
    struct timespec until;
    int r = 0;

    pthread_mutex_lock(&python.lock);
    if (!python.is_begun) {
        pthread_mutex_unlock(&python.lock);
        return;
    }
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += END_SECONDS;
    python.wants_end = true;
    pthread_cond_broadcast(&python.changed);
    while (!python.has_ended && r == 0)
        r = pthread_cond_timedwait(&python.changed, &python.lock, &until);
    pthread_mutex_unlock(&python.lock);
    if (r == 0)
        pthread_join(python.thread, NULL);
    else
        gale_log(&gale_log_general, GALE_LOG_WARNING,
                 "Python has not ended after %d seconds: a thread or an atexit function of the "
                 "application goes on",
                 END_SECONDS);
}

int gale__python_enter(void)
{
    if (!mine)
        mine = PyThreadState_New(PyInterpreterState_Main());
    if (!mine)
        return gale_err(-ENOMEM, "no memory for a thread of Python");
    PyEval_RestoreThread(mine);
    return 0;
}

void gale__python_leave(void)
{
    mine = PyEval_SaveThread();
}

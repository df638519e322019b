/* main.c - gale_main: from options to the exit status. Its parts are told in serving.h. */
/* SPDX-License-Identifier: MIT */
#include <gale/main.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <gale/debug.h>
#include <gale/error.h>
#include <gale/log.h>
#include <gale/options.h>
#include <gale/process.h>

#include "base/log.h"
#include "base/under_run.h"
#include "net/takeover.h"
#include "net/worker.h"
#include "top/serving.h"
#include "web/app.h"

int gale__serving_complain(const struct gale__serving *s, const char *text)
{
    fprintf(stderr, "%s: %s\n", s->program, text);
    return 1;
}

/* Workers are their parent's to restart, all together: one of them tells it. */
static void start_anew(const char *path, void *arg)
{
    struct gale__serving *s = arg;

    (void)path;
    if (!s->is_worker)
        gale__serving_upgrade(s);
    else
        kill(getppid(), SIGUSR2);
}

static void watch_program(struct gale__serving *s)
{
    const gale_autoreload_options options = { .argv = s->argv, .changed = start_anew, .arg = s };

    if (!s->in_place || (s->is_worker && s->task_id > 0))
        return;
    s->reload = gale_autoreload_start(&options);
    if (!s->reload)
        gale_log(&gale_log_general, GALE_LOG_WARNING, "no autoreload: %s",
                 gale_strerror(gale_autoreload_error()));
}

/* The context of --certfile, or the one that the application has already. */
static int use_tls(struct gale__serving *s)
{
    const gale_options *options = gale_options_default();
    const gale_tls_options tls = { .certfile = gale_option_str(options, "certfile"),
                                   .keyfile = gale_option_str(options, "keyfile") };

    if (tls.certfile) {
        gale_tls_context *context = gale_tls_server(&tls);

        if (!context)
            return gale__serving_complain(s, gale_strerror(gale_tls_error()));
        gale_tls_context_free(s->app->settings.server.tls);
        s->app->settings.server.tls = context; /* the application's reference */
    }
    s->tls = gale_tls_context_ref(s->app->settings.server.tls);
    return 0;
}

/* 0, GALE_ESTOPPED for a thread that comes when the end has begun (it has not been told of it, and
 * there are no sockets any more), or a failure. */
static int join(struct gale__serving *s, int thread)
{
    int r;

    pthread_mutex_lock(&s->lock);
    r = atomic_load(&s->ending) ? GALE_ESTOPPED : gale__serving_listen(s, thread);
    if (r >= 0 && ++s->n_listening == s->threads)
        gale__serving_announce(s);
    pthread_mutex_unlock(&s->lock);
    return r;
}

/* How long a handler may block before it is logged. */
static double blocking_seconds(const struct gale__serving *s)
{
    if (s->blocking_seconds >= 0)
        return s->blocking_seconds;
    return gale_app_settings(s->app)->debug == GALE_ON ? 1 : 0;
}

/* One loop, from listening to its end. */
static int serve_thread(int thread, void *arg)
{
    int r = join(arg, thread);

    if (r < 0)
        return r == GALE_ESTOPPED ? 0 : r;
    r = gale_report_crashes();
    if (r >= 0)
        r = gale_set_blocking_log_threshold(gale_ioloop_current(), blocking_seconds(arg));
    if (r < 0)
        return r;
    return gale_ioloop_run(gale_ioloop_current());
}

static int call_on_start(void *arg)
{
    gale_app *app = arg;

    return gale_app_settings(app)->on_start(app);
}

/* What the program does first in a process. */
static int start_app(struct gale__serving *s)
{
    int r = gale_app_settings(s->app)->on_start
                ? gale_ioloop_run_sync(s->loop, call_on_start, s->app, 0)
                : 0;

    return r < 0 ? r : 0;
}

/* Once options are read and sockets bound: the workers' and the only process's part. */
static int serve_process(struct gale__serving *s)
{
    int r;

    s->loop = gale_ioloop_current();
    if (!s->loop)
        return gale__serving_complain(s, gale_strerror(gale_ioloop_error()));
    gale__serving_take_signals(s); /* before the URL is told: who reads it may stop us at once */
    watch_program(s);
    gale__serving_watch(s);
    r = start_app(s);
    if (r >= 0)
        r = s->threads > 1 ? gale_run_threads(s->threads, serve_thread, s) : serve_thread(0, s);
    if (r == GALE_ESTOPPED && atomic_load(&s->ending))
        r = 0; /* was asked to end before it had begun */
    return r < 0 ? gale__serving_complain(s, gale_strerror(r)) : 0;
}

static int serve(struct gale__serving *s, int argc, char **argv)
{
    int status = gale__serving_options(s, argc, argv);

    if (status != 0)
        return status < 0;
    if (!s->app)
        return gale__serving_complain(s, gale_app_error());
    if (gale__run_routes() >= 0)
        return gale__serving_list_routes(s, gale__run_routes());
    /* Under `gale run` that is who watches, and it keeps the sockets. */
    s->in_place = gale_app_settings(s->app)->autoreload == GALE_ON && !gale__run_dir();
    if (gale__run_colors())
        gale_log_set_colors(GALE_ON);
    else if (gale__no_colors())
        gale__log_no_colors();
    status = use_tls(s);
    if (status == 0)
        status = gale__serving_bind(s);
    if (status != 0)
        return status;
    if (gale__worker_is_trial()) {
        gale_worker_ready();
        return 0;
    }
    status = gale__serving_fork(s);
    return status < 0 ? serve_process(s) : status;
}

/* What a new program is run from: an installer puts another file at the same place. */
static void find_program(struct gale__serving *s)
{
    ssize_t len = readlink("/proc/self/exe", s->path, sizeof(s->path) - 1);

    s->path[len > 0 ? len : 0] = 0;
}

/* The sockets go along: connections wait in their queues meanwhile. */
static int run_anew(struct gale__serving *s)
{
    gale_log_flush();
    return gale__serving_complain(
        s, gale_strerror(gale__exec_in_place(s->path, s->argv, s->fds, s->n_fds, s->names)));
}

int gale_main(int argc, char **argv, gale_app *app)
{
    const char *path = argc > 0 && argv[0] ? argv[0] : "gale";
    const char *slash = strrchr(path, '/');
    struct gale__serving s = { .app = app,
                               .program = slash ? slash + 1 : path,
                               .argv = argv,
                               .workers = -1,
                               .threads = 1,
                               .lock = PTHREAD_MUTEX_INITIALIZER };
    int status;

    gale__worker_adopt();
    find_program(&s);
    status = serve(&s, argc, argv);
    gale_app_free(app);
    gale_autoreload_free(s.reload);
    gale__serving_unwatch(&s);
    gale__serving_give_signals_back();
    gale_ioloop_free(s.loop);
    gale_tls_context_free(s.tls);
    if (status == 0 && s.is_replaced && s.signals == 0)
        status = run_anew(&s);
    gale__serving_close(&s);
    return status;
}

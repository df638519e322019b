/* main_end.c - what ends a serving process or gives it something new: drains, a new program in its
 * place, certificates read again. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include <gale/error.h>
#include <gale/gen.h>
#include <gale/log.h>
#include <gale/process.h>

#include "base/under_run.h"
#include "net/takeover.h"
#include "net/threads.h"
#include "net/worker.h"
#include "top/serving.h"

#define RELOAD_DRAIN_SECONDS 1.0
#define LOOK_SECONDS 60.0
#define UPGRADE_SECONDS 30.0

/* --- the end --- */

static int drain(void *arg)
{
    struct gale__serving *s = arg;

    gale_app_drain(s->app, s->is_replaced ? RELOAD_DRAIN_SECONDS : s->drain_seconds);
    gale_ioloop_stop(gale_ioloop_current());
    return 0;
}

/* On each loop. */
static void drain_here(void *arg)
{
    if (gale_ioloop_spawn_callback(gale_ioloop_current(), drain, arg) < 0)
        gale_ioloop_stop(gale_ioloop_current());
}

void gale__serving_end(struct gale__serving *s)
{
    if (atomic_exchange(&s->ending, true))
        return;
    if (!s->is_worker)
        (void)!gale_notify("STOPPING=1");
    /* The loops' copies are the last ones: they take what is queued. */
    pthread_mutex_lock(&s->lock);
    if (s->is_worker || (!s->is_replaced && (s->is_succeeded || s->is_lent)))
        gale__serving_close(s);
    else if (!s->is_replaced)
        gale__serving_close_for_good(s);
    pthread_mutex_unlock(&s->lock);
    if (s->threads == 1 || !gale__threads_call(drain_here, s))
        drain_here(s);
}

void gale__serving_asked_to_end(void *arg)
{
    struct gale__serving *s = arg;

    if (s->signals++ == 0) {
        gale__serving_end(s);
    } else if (!s->is_worker) { /* a worker may get each twice: of its parent, and with it */
        gale_stop_threads();
        gale_ioloop_stop(s->loop);
    }
}

static void on_parent_gone(int fd, int events, void *arg)
{
    struct gale__serving *s = arg;

    (void)events;
    gale_ioloop_remove_handler(s->loop, fd);
    gale__serving_asked_to_end(s);
}

/* --- what it is doing --- */

static void log_here(void *arg)
{
    (void)arg;
    gale_log_coroutines();
}

void gale__serving_log_coroutines(void *arg)
{
    const struct gale__serving *s = arg;

    if (s->threads == 1 || !gale__threads_call(log_here, NULL))
        gale_log_coroutines();
}

/* --- certificates --- */

void gale__serving_read_certificates(void *arg)
{
    struct gale__serving *s = arg;
    int r = s->tls ? gale_tls_context_reload(s->tls) : 0;

    if (r < 0)
        gale_log(&gale_log_general, GALE_LOG_ERROR, "certificates stay as they were: %s",
                 gale_strerror(r));
    else if (s->tls)
        gale_log(&gale_log_general, GALE_LOG_INFO, "certificates read again");
}

static void look_at_certificates(void *arg)
{
    struct gale__serving *s = arg;
    int r = gale_tls_context_reload_if_changed(s->tls);

    if (r < 0)
        gale_log(&gale_log_general, GALE_LOG_ERROR, "certificates stay as they were: %s",
                 gale_strerror(r));
    else if (r > 0)
        gale_log(&gale_log_general, GALE_LOG_INFO, "certificates have changed: read again");
    s->look = gale_ioloop_call_later(s->loop, LOOK_SECONDS, look_at_certificates, s);
}

void gale__serving_watch(struct gale__serving *s)
{
    int channel = s->is_worker ? gale__worker_channel() : -1;

    if (s->tls)
        look_at_certificates(s); /* a worker's may be older than it */
    if (channel >= 0 && gale_ioloop_add_handler(s->loop, channel, on_parent_gone, GALE_READ, s) < 0)
        gale_log(&gale_log_general, GALE_LOG_WARNING, "the parent is not watched");
}

void gale__serving_unwatch(struct gale__serving *s)
{
    if (!s->loop)
        return;
    gale_ioloop_remove_timeout(s->loop, s->look);
    if (s->is_worker)
        gale_ioloop_remove_handler(s->loop, gale__worker_channel());
}

/* --- a new program in our place --- */

static void describe_new(const struct gale__serving *s, struct gale__takeover_options *out)
{
    gale_log(&gale_log_general, GALE_LOG_INFO, "starting %s anew", s->path);
    *out = (struct gale__takeover_options){ .path = s->path,
                                            .argv = s->argv,
                                            .fds = s->fds,
                                            .n = s->n_fds,
                                            .names = s->names,
                                            .timeout = UPGRADE_SECONDS,
                                            .is_trial = s->in_place };
}

int gale__serving_start_anew(struct gale__serving *s, struct gale__takeover *t)
{
    struct gale__takeover_options options;

    describe_new(s, &options);
    return gale__takeover_start(t, &options);
}

/* What was started is only the proof that it starts. */
static void end_trial(int pid)
{
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}

void gale__serving_succeeded(struct gale__serving *s, int pid)
{
    char text[64];

    if (s->in_place) {
        s->is_replaced = true;
        end_trial(pid);
        return;
    }
    s->is_succeeded = true;
    gale_log(&gale_log_general, GALE_LOG_INFO, "the new program (pid %d) has taken over", pid);
    snprintf(text, sizeof(text), "MAINPID=%d", pid);
    (void)!gale_notify(text);
}

/* Waits. Once more when the file has changed meanwhile. */
static int start_until_latest(struct gale__serving *s)
{
    struct gale__takeover_options options;
    int r;

    for (;;) {
        s->upgrade_again = false;
        describe_new(s, &options);
        options.started = &s->trial;
        r = gale__reexec(&options);
        if (!s->upgrade_again)
            return r;
        if (r > 0)
            end_trial(r);
    }
}

static int upgrade(void *arg)
{
    struct gale__serving *s = arg;
    int r = start_until_latest(s);

    s->upgrading = false;
    if (r < 0) {
        gale_log(&gale_log_general, GALE_LOG_ERROR, "%s; going on", gale_strerror(r));
        return 0;
    }
    gale__serving_succeeded(s, r);
    gale__serving_end(s);
    return 0;
}

/* A worker is not who decides that. */
void gale__serving_upgrade(void *arg)
{
    struct gale__serving *s = arg;

    if (s->is_worker || atomic_load(&s->ending))
        return;
    if (s->upgrading) {
        s->upgrade_again = s->in_place;
        if (s->in_place && s->trial > 0)
            kill(s->trial, SIGKILL); /* it may hang */
        return;
    }
    s->upgrading = gale_ioloop_spawn_callback(s->loop, upgrade, s) >= 0;
}

void gale__serving_announce(struct gale__serving *s)
{
    if (!s->is_worker) {
        if (!gale__run_dir()) /* which has told it */
            gale__serving_print_url(s);
        (void)!gale_notify("READY=1");
    }
    gale_worker_ready();
}

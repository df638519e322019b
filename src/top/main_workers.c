/* main_workers.c - gale_main with --workers: what it adds to the supervisor. */
/* SPDX-License-Identifier: MIT */
#include <gale/error.h>
#include <gale/log.h>
#include <gale/process.h>

#include "net/supervisor.h"
#include "top/serving.h"

#define STOP_EXTRA_SECONDS 5.0 /* a worker ends by itself when its drain is over */

/* In the parent: all workers serve. */
static void on_ready(void *arg)
{
    gale__serving_announce(arg);
}

/* No new connection is to wait for workers that end. */
static void on_stopping(void *arg)
{
    struct gale__serving *s = arg;

    if (!s->is_replaced && (s->is_succeeded || s->is_lent))
        gale__serving_close(s);
    else if (!s->is_replaced)
        gale__serving_close_for_good(s);
    (void)!gale_notify("STOPPING=1");
}

static int take_over(struct gale__takeover *t, void *arg)
{
    return gale__serving_start_anew(arg, t);
}

static void on_taken_over(pid_t pid, void *arg)
{
    gale__serving_succeeded(arg, (int)pid);
}

int gale__serving_fork(struct gale__serving *s)
{
    const gale_supervisor_options options = { .stop_timeout = s->drain_seconds +
                                                              STOP_EXTRA_SECONDS };
    const struct gale__supervisor_hooks hooks = { .ready = on_ready,
                                                  .stopping = on_stopping,
                                                  .take_over = take_over,
                                                  .taken_over = on_taken_over,
                                                  .latest_counts = s->in_place,
                                                  .always_restart = true,
                                                  .owns_children = true,
                                                  .arg = s };
    int r;

    if (s->workers < 0)
        return -1;
    r = gale__supervise(s->workers, &options, &hooks);
    if (r >= 0) {
        s->task_id = r;
        s->is_worker = true;
        return -1;
    }
    return r == GALE_ESTOPPED ? 0 : gale__serving_complain(s, gale_strerror(r));
}

/* supervisor_roll.c - rolling restarts: one task after the other gets a new process, and the old
 * one is told to end when the new one serves. */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>

#include <gale/log.h>

#include "base/clock.h"
#include "net/supervisor_priv.h"

void gale__supervisor_roll(struct gale__supervisor *s)
{
    if (s->stopping)
        return;
    if (s->rolling >= 0) {
        s->roll_again = true;
        return;
    }
    gale_log(&gale_log_general, GALE_LOG_INFO, "replacing %d processes one by one", s->n_tasks);
    s->roll_again = false;
    s->rolling = -1;
    gale__supervisor_roll_on(s);
}

static void end_roll(struct gale__supervisor *s)
{
    s->rolling = -1;
    s->roll_ns = INT64_MAX;
}

void gale__supervisor_roll_on(struct gale__supervisor *s)
{
    int task_id = s->rolling + 1;

    if (task_id == s->n_tasks) {
        gale_log(&gale_log_general, GALE_LOG_INFO, "all processes are replaced");
        end_roll(s);
        if (s->roll_again)
            gale__supervisor_roll(s);
        return;
    }
    s->rolling = task_id;
    s->roll_ns = gale__clock_ns() + (int64_t)(s->options.ready_timeout * 1e9);
    if (gale__supervisor_start(s, task_id, GALE__NEXT) < 0)
        gale__supervisor_roll_failed(s, "cannot fork");
}

void gale__supervisor_promote(struct gale__supervisor *s, struct gale__process *next)
{
    struct gale__process *old = gale__supervisor_find(s, next->task_id, GALE__CURRENT);

    next->role = GALE__CURRENT;
    s->tasks[next->task_id] = (struct gale__task){ .restart_ns = INT64_MAX };
    if (old) {
        old->role = GALE__OLD;
        gale__supervisor_end(s, old, SIGTERM);
    }
    if (s->rolling == next->task_id)
        gale__supervisor_roll_on(s);
}

void gale__supervisor_roll_failed(struct gale__supervisor *s, const char *why)
{
    struct gale__process *next = gale__supervisor_find(s, s->rolling, GALE__NEXT);

    gale_log(&gale_log_general, GALE_LOG_ERROR,
             "the new process for task %d %s: the rolling restart ends, the processes of before go "
             "on",
             s->rolling, why);
    end_roll(s);
    s->roll_again = false;
    if (next) {
        next->role = GALE__OLD;
        gale__supervisor_end(s, next, SIGKILL);
    }
}

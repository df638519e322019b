/* run_turn.c - what `gale run` does on a change: builds, starts, and tells how it went. */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gale/error.h>

#include "base/str.h"
#include "cli/run_parts.h"

#define SHORT_LIFE 1.0 /* seconds: who lives no longer is not started again by itself */

/* 0 when it runs, 1 when the messages tell why it does not; or a failure. */
static int build_and_start(struct gale__run *run, bool build)
{
    char path[PATH_MAX];
    int r = 0;

    memcpy(path, run->path, sizeof(path));
    if (build)
        r = gale__run_build(run, path);
    if (r == 0)
        r = gale__run_start(run, path);
    if (r != 0)
        return r;
    /* Our own; what a build tool made is the tool's. */
    if (run->project.kind == GALE__RUN_SOURCES && run->path[0] && strcmp(path, run->path) != 0)
        unlink(run->path);
    memcpy(run->path, path, sizeof(path));
    return 0;
}

static void tell_pages(struct gale__run *run)
{
    int r = gale__run_tell_pages(run);

    if (r < 0)
        gale__run_say("%s", gale_strerror(r));
}

static void answer_ourselves(struct gale__run *run)
{
    int r = run->current || run->ending ? 0 : gale__run_page_open(run);

    if (r < 0)
        gale__run_say("%s", gale_strerror(r));
}

static void tell_terminal(const struct gale__run *run, int r)
{
    if (r < 0)
        gale__run_say("%s", gale_strerror(r));
    else
        gale__run_say("%s", run->current ? "not running this; the last version goes on"
                                         : "not running; the page shows why");
}

/* Waits until nobody but the program answers: then it is told. */
static void tell_success(struct gale__run *run, bool is_built)
{
    double ms = (gale_ioloop_time(run->loop) - run->saved) * 1e3;
    int pid = (int)run->current->pid;

    if (is_built)
        gale__run_watch_included(run);
    gale__run_page_close(run); /* has its text to the last */
    if (!run->current)         /* has ended already, which was told */
        return;
    gale__buf_reset(&run->html);
    gale__buf_reset(&run->text);
    tell_pages(run);
    gale__run_say("running (pid %d), %.0f ms after the change", pid, ms);
}

static void tell_failure(struct gale__run *run, int r)
{
    char why[512];
    int shown = 0;

    snprintf(why, sizeof(why), "%s", r < 0 ? gale_strerror(r) : "");
    if (r < 0)
        shown = gale__run_messages(run, "It cannot be built", gale__str(why));
    tell_pages(run);
    answer_ourselves(run);
    tell_terminal(run, r < 0 ? gale_err(r, "%s", why) : shown < 0 ? shown : r);
}

static void take_turn(struct gale__run *run, bool build)
{
    int r = build_and_start(run, build);

    if (r == 0)
        tell_success(run, build);
    else if (r < 0 || !run->wants_build) /* else it was given up for what was saved meanwhile */
        tell_failure(run, r);
}

static int turns(void *arg)
{
    struct gale__run *run = arg;

    while ((run->wants_build || run->wants_restart) && !run->ending) {
        bool build = run->wants_build || !run->path[0];

        run->wants_build = run->wants_restart = false;
        take_turn(run, build);
    }
    run->busy = false;
    if (run->ending && gale__list_empty(&run->programs))
        gale_ioloop_stop(run->loop);
    return 0;
}

void gale__run_turn(struct gale__run *run)
{
    if (run->busy || run->ending)
        return;
    run->busy = gale_ioloop_spawn_callback(run->loop, turns, run) >= 0;
}

void gale__run_has_ended(struct gale__run *run, struct gale__run_program *p, int status)
{
    char title[80];

    if (run->ending)
        return;
    if (WIFEXITED(status))
        snprintf(title, sizeof(title), "The program has ended with status %d", WEXITSTATUS(status));
    else
        snprintf(title, sizeof(title), "The program has ended by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    gale__run_say("%s", title);
    run->saved = gale_ioloop_time(run->loop);
    if (gale_ioloop_time(run->loop) - p->born >= SHORT_LIFE) {
        run->wants_restart = true;
        gale__run_turn(run);
        return;
    }
    if (gale__run_messages(run, title, (gale_str){ p->tail, p->tail_len }) < 0)
        return;
    tell_pages(run);
    answer_ourselves(run);
}

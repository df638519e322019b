/* demo.c - what `make demo` serves: a front page that links all demos, running.
 *
 * Most are programs of their own (examples/README.md), which keeper.c starts when the front page is
 * first opened, and ends with this one. The others are pages of this program: corners.c, drive.c.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/json.h>
#include <stdlib.h>

#include "demo.h"

extern const struct gale_template_program *const demo_pages[]; /* of the folder pages */

struct demo *demo_of(gale_handler *self)
{
    return gale_app_data(gale_handler_app(self));
}

static const char *const state_words[] = { "starting", "running", "ended", "not built" };

/* For the card of a program; empty when there is nothing to tell. */
static json_t *why(const struct program *program, const struct program_state *state, int now)
{
    static const char *const words[] = { "", "started again after ", "", "needs " };
    const char *reason = now == PROGRAM_MISSING ? program->needs : state->why;

    json_t *text = reason && *reason ? json_sprintf("%s%s", words[now], reason) : json_string("");

    return text ? text : json_string("it said something that is not UTF-8"); /* or a part of it */
}

static json_t *describe(const struct program *program, const struct program_state *state)
{
    int now = atomic_load(&state->state);

    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:i, s:i, s:i}", "name", program->name, "path",
                     program->path, "source", program->source, "text", program->text, "state",
                     state_words[now], "why", why(program, state, now), "port",
                     atomic_load(&state->port), "pid", atomic_load(&state->pid), "restarts",
                     atomic_load(&state->restarts));
}

static json_t *describe_all(const struct demo *demo)
{
    json_t *list = json_array();

    for (int i = 0; i < N_PROGRAMS; i++)
        json_array_append_new(list, describe(&programs[i], &demo->shared->states[i]));
    return list;
}

/* Waits until each has been started, or could not: not long. */
static int wait_for_programs(struct demo *demo)
{
    int r = 0;

    begin_programs(demo);
    for (int i = 0; i < 100 && r >= 0 && atomic_load(&demo->shared->n_begun) < N_PROGRAMS; i++)
        r = gale_sleep(0.02);
    return r;
}

static int index_get(gale_handler *self)
{
    const struct demo *demo = demo_of(self);
    int r = wait_for_programs(demo_of(self));

    if (r < 0)
        return r;
    return gale_render(self, "index.html",
                       json_pack("{s:o, s:s, s:b}", "programs", describe_all(demo), "version",
                                 gale_version(), "debug",
                                 gale_app_settings(gale_handler_app(self))->debug == GALE_ON));
}

static int programs_get(gale_handler *self)
{
    int r = wait_for_programs(demo_of(self));

    return r < 0 ? r : gale_write_json(self, describe_all(demo_of(self)));
}

/* A list whenever one of the programs has changed. */
static int programs_events_get(gale_handler *self)
{
    gale_event_stream *events = gale_event_stream_open(self, NULL);
    json_t *last = NULL;
    int r = 0;

    while (events && r >= 0) {
        json_t *list = describe_all(demo_of(self));

        if (!json_equal(list, last))
            r = gale_event_send(events, &(gale_server_event){ .data = gale_json_encode(list) });
        json_decref(last);
        last = list;
        if (r >= 0)
            r = gale_sleep(0.25);
    }
    json_decref(last);
    return r;
}

static const gale_handler_class index_handler = { .get = index_get };
static const gale_handler_class programs_handler = { .get = programs_get };
static const gale_handler_class programs_events = { .get = programs_events_get };

static gale_app *demo_app(struct demo *demo)
{
    gale_route routes[] = {
        { .url = "/", .handler = &index_handler },
        { .url = "/programs.json", .handler = &programs_handler },
        { .url = "/programs/events", .handler = &programs_events },
        { .url = "/hello", .handler = &hello_handler, .name = "hello" },
        { .url = "/wait", .handler = &wait_handler },
        { .url = "/stream", .handler = &stream_handler },
        { .url = "/json", .handler = &json_handler },
        { .url = "/error/(418|503|fail)", .handler = &error_handler },
        { .url = "/old/hello", .handler = &old_handler },
        { .url = "/poll", .handler = &poll_handler },
        { .url = "/poll/wait", .handler = &poll_wait_handler },
        { .url = "/poll/say", .handler = &poll_say_handler },
        { .url = "/live", .handler = &live_handler },
        { .url = "/live.json", .handler = &live_json_handler },
        { .url = "/live/events", .handler = &live_events_handler },
        { .url = "/form", .handler = &form_handler },
        { .url = "/spider", .handler = &spider_handler },
        { .url = "/tcpecho", .handler = &tcpecho_handler },
        { 0 },
    };

    return gale_app_new(
        routes, &(gale_settings){
                    .data = demo,
                    .debug = GALE_ON, /* error pages that show all; it serves this machine only */
                    .cookie_secret = "a demo has nothing to hide; a site reads this from a file",
                    .xsrf_cookies = GALE_ON,
                    .compress_response = GALE_ON,
                    .compiled_templates = demo_pages,
                });
}

int main(int argc, char **argv)
{
    static struct demo demo;
    int r, status;

    /* An open front page listens for events without end; the programs are told the same. */
    setenv("GALE_DRAIN_TIMEOUT", "0.5", 0);
    r = start_keeper(&demo);
    if (r < 0) {
        gale_log(&gale_log_general, GALE_LOG_ERROR, "%s", gale_strerror(r));
        return 1;
    }
    status = gale_main(argc, argv, demo_app(&demo));
    end_keeper(&demo);
    return status;
}

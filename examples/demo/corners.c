/* corners.c - what a handler can do: a page for each thing. */
/* SPDX-License-Identifier: MIT */
#include <gale/json.h>
#include <stdlib.h>
#include <string.h>

#include "demo.h"

static int hello_get(gale_handler *self)
{
    gale_set_header(self, "Content-Type", "text/plain; charset=UTF-8");
    return gale_printf(self, "Hello, %s!\n", gale_get_argument(self, "name", "world"));
}

static int wait_get(gale_handler *self)
{
    int r = gale_sleep(3);

    if (r < 0)
        return r;
    return gale_render(
        self, "waited.html",
        json_pack("{s:f}", "seconds", gale_request_time(gale_handler_request(self))));
}

static int stream_get(gale_handler *self)
{
    gale_str top;
    int r = gale_render_string(self, "stream.html", NULL, &top);

    if (r >= 0)
        r = gale_write_bytes(self, top.ptr, top.len);
    for (int i = 1; i <= 10 && r >= 0; i++) {
        gale_printf(self, "<li>Line %d of 10\n", i);
        r = gale_flush(self);
        if (r >= 0)
            r = gale_sleep(0.3);
    }
    return r < 0 ? r : gale_write(self, "</ul><p>That was all.");
}

static int json_get(gale_handler *self)
{
    return gale_write_json(self,
                           json_pack("{s:s, s:s, s:[i,i,i], s:b}", "framework", "gale", "version",
                                     gale_version(), "numbers", 1, 2, 3, "fast", 1));
}

static int error_get(gale_handler *self)
{
    const char *what = gale_path_argument(self, 0);

    if (strcmp(what, "fail") == 0)
        return gale_err(GALE_EPROTO, "the demo was asked to fail");
    return gale_fail(self, what[0] == '4' ? 418 : 503, "the demo was asked for %s", what);
}

static int old_get(gale_handler *self)
{
    return gale_redirect(self, gale_reverse_url(self, "hello"));
}

/* --- long poll -------------------------------------------------------------------- */

static void leave(struct demo *demo, struct listener *who)
{
    struct listener **at = &demo->listeners;

    while (*at != who)
        at = &(*at)->next;
    *at = who->next;
}

static int poll_wait_get(gale_handler *self)
{
    struct demo *demo = demo_of(self);
    struct listener me = { gale_future_new(), demo->listeners };
    int r;

    if (!me.news)
        return gale_fail(self, 503, NULL);
    demo->listeners = &me;
    r = gale_wait_until(me.news, gale_ioloop_time(gale_ioloop_current()) + 30);
    leave(demo, &me);
    if (r == GALE_ETIMEDOUT)
        return gale_set_status(self, 204, NULL);
    return r < 0 ? r : gale_write_json(self, json_pack("{s:s}", "text", demo->message));
}

static int poll_say_post(gale_handler *self)
{
    struct demo *demo = demo_of(self);
    const char *text;
    int r = gale_require_argument(self, "text", &text);

    if (r < 0)
        return r;
    if (strlen(text) >= sizeof(demo->message))
        return gale_fail(self, 400, "the message is too long");
    memcpy(demo->message, text, strlen(text) + 1);
    for (struct listener *l = demo->listeners; l; l = l->next)
        gale_future_set_result(l->news, 0, NULL);
    return gale_set_status(self, 204, NULL);
}

static int poll_get(gale_handler *self)
{
    return gale_render(self, "poll.html", NULL);
}

/* --- live figures ----------------------------------------------------------------- */

static int live_get(gale_handler *self)
{
    return gale_render(self, "live.html", NULL);
}

static json_t *figures(gale_handler *self)
{
    gale_httpserver_stats http;
    gale_gen_stats gen;

    gale_app_get_stats(gale_handler_app(self), &http);
    gale_gen_get_stats(&gen);
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s}", "connections",
                     (json_int_t)http.connections, "connections_accepted",
                     (json_int_t)http.connections_accepted, "requests", (json_int_t)http.requests,
                     "requests_active", (json_int_t)http.requests_active, "refused",
                     (json_int_t)http.errors, "coroutines", (json_int_t)gen.coroutines, "stacks",
                     (json_int_t)gen.stacks, "stacks_pooled", (json_int_t)gen.stacks_pooled, "loop",
                     gale_ioloop_backend(gale_ioloop_current()));
}

static int figures_get(gale_handler *self)
{
    return gale_write_json(self, figures(self));
}

/* Until the client has gone: then the wait gives a failure, which nobody needs to hear of. */
static int events_get(gale_handler *self)
{
    gale_event_stream *events = gale_event_stream_open(self, NULL);
    int r = 0;

    while (events && r >= 0) {
        json_t *value = figures(self);

        r = gale_event_send(events, &(gale_server_event){ .data = gale_json_encode(value) });
        json_decref(value);
        if (r >= 0)
            r = gale_sleep(0.5);
    }
    return r;
}

/* --- a form ----------------------------------------------------------------------- */

static int form_get(gale_handler *self)
{
    gale_str seen = gale_get_signed_cookie(self, "visits", 0);
    long visits = (seen.ptr ? strtol(seen.ptr, NULL, 10) : 0) + 1;
    char *text = gale_printf_alloc(self, "%ld", visits);

    gale_set_signed_cookie(self, "visits", (gale_str){ text, text ? strlen(text) : 0 }, NULL);
    return gale_render(self, "form.html", json_pack("{s:{s:i}}", "told", "visits", (int)visits));
}

/* NULL: none was sent. */
static json_t *file_told(gale_handler *self, const gale_file *file)
{
    if (!file)
        return NULL;
    return json_pack("{s:s, s:I, s:s, s:b}", "name", gale_file_safe_name(self, file), "size",
                     (json_int_t)file->size, "type", file->content_type, "in_memory", file->fd < 0);
}

static int form_post(gale_handler *self)
{
    const gale_file *file = gale_get_file(self, "file", 0);

    return gale_render(self, "form.html",
                       json_pack("{s:{s:s, s:o*}}", "told", "name",
                                 gale_get_argument(self, "name", "stranger"), "file",
                                 file_told(self, file)));
}

const gale_handler_class hello_handler = { .get = hello_get };
const gale_handler_class wait_handler = { .get = wait_get, .cancel_on_close = GALE_ON };
const gale_handler_class stream_handler = { .get = stream_get };
const gale_handler_class json_handler = { .get = json_get };
const gale_handler_class error_handler = { .get = error_get };
const gale_handler_class old_handler = { .get = old_get };
const gale_handler_class poll_handler = { .get = poll_get };
const gale_handler_class poll_wait_handler = { .get = poll_wait_get, .cancel_on_close = GALE_ON };
/* Its script sends no token, and what it does concerns nobody's account. */
const gale_handler_class poll_say_handler = { .post = poll_say_post, .xsrf_cookies = GALE_OFF };
const gale_handler_class live_handler = { .get = live_get };
const gale_handler_class live_json_handler = { .get = figures_get };
const gale_handler_class live_events_handler = { .get = events_get };
const gale_handler_class form_handler = { .get = form_get, .post = form_post };

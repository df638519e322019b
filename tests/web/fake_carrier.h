/* fake_carrier.h - requests without sockets: a carrier that keeps what is answered.
 *
 * A request is written as its head ("GET /x HTTP/1.1", further fields a line each, with \n)
 * and a body; what came back is a status, the fields as lines "Name: value\n", and a body.
 * Lines that are logged meanwhile are kept as well.
 */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_WEB_FAKE_CARRIER_H
#define TESTS_WEB_FAKE_CARRIER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <gale/gale.h>

#include "base/clock.h"
#include "http/exchange.h"
#include "http/request.h"
#include "web/app.h"
#include "web/dispatch.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

struct fake {
    int status;
    char reason[64];
    char fields[4096]; /* without Server and Date while they are the defaults */
    char body[65536];
    size_t body_len;
    char parts[256];        /* sizes of the pieces, "12+5." where the last ends with a dot */
    int64_t content_length; /* -1: not told */
    bool no_length, is_finished, is_aborted, is_detached;
    int respond_result; /* what respond and write give */
    struct gale__exchange *x;
};

static char fake_log[8192];
static gale_app *fake_app;
static struct gale__app_server *fake_server;
static void (*fake_before_dispatch)(void); /* NULL: nothing */

static void fake_sink(void *arg, const gale_log_record *record)
{
    size_t len = strlen(fake_log);

    (void)arg;
    snprintf(fake_log + len, sizeof(fake_log) - len, "%s %d %.*s\n", record->logger, record->level,
             (int)record->message.len, record->message.ptr);
}

static void fake_add_body(struct fake *f, gale_str data, bool last)
{
    size_t len = strlen(f->parts);

    assert_true(f->body_len + data.len < sizeof(f->body));
    if (data.len)
        memcpy(f->body + f->body_len, data.ptr, data.len);
    f->body_len += data.len;
    f->body[f->body_len] = 0;
    snprintf(f->parts + len, sizeof(f->parts) - len, "%s%zu%s", len ? "+" : "", data.len,
             last ? "." : "");
    f->is_finished = last;
    f->x->finished = last;
}

static void fake_add_fields(struct fake *f, const struct gale__response *r)
{
    size_t len = 0;

    for (size_t i = 0; r->headers->fields && i < r->headers->n; i++) {
        const struct gale__field *field = &r->headers->fields[i];

        if (field->value.ptr)
            len += (size_t)snprintf(f->fields + len, sizeof(f->fields) - len, "%.*s: %.*s\n",
                                    (int)field->name.len, field->name.ptr, (int)field->value.len,
                                    field->value.ptr);
    }
    if (!r->headers->fields && !r->no_length)
        len = (size_t)snprintf(f->fields, sizeof(f->fields), "Content-Type: %s\n",
                               GALE__DEFAULT_CONTENT_TYPE);
    if (r->etag.len)
        snprintf(f->fields + len, sizeof(f->fields) - len, "Etag: %.*s\n", (int)r->etag.len,
                 r->etag.ptr);
}

static int fake_respond(struct gale__exchange *x, const struct gale__response *r, gale_str body,
                        bool last)
{
    struct fake *f = x->carrier;

    assert_false(x->responded);
    if (f->respond_result < 0)
        return f->respond_result;
    x->responded = true;
    f->status = r->status;
    snprintf(f->reason, sizeof(f->reason), "%s", r->reason ? r->reason : "");
    fake_add_fields(f, r);
    f->content_length = r->content_length;
    f->no_length = r->no_length;
    fake_add_body(f, body, last);
    return 0;
}

static int fake_write(struct gale__exchange *x, gale_str data, bool last)
{
    struct fake *f = x->carrier;

    assert_true(x->responded && !x->finished);
    if (f->respond_result < 0)
        return f->respond_result;
    fake_add_body(f, data, last);
    return 0;
}

static int fake_drain(struct gale__exchange *x)
{
    return x->gone && x->gone != GALE_EEOF ? x->gone : 0;
}

static void fake_push(struct gale__exchange *x)
{
    (void)x;
}

static void fake_abort(struct gale__exchange *x)
{
    ((struct fake *)x->carrier)->is_aborted = true;
}

static void fake_detach(struct gale__exchange *x)
{
    struct fake *f = x->carrier;

    assert_false(f->is_detached);
    f->is_detached = true;
    f->x = NULL;
}

static void fake_peer(struct gale__exchange *x, struct gale__peer *out)
{
    (void)x;
    *out = (struct gale__peer){ .family = 4, .bytes = { 127, 0, 0, 1 } };
}

static const struct gale__exchange_ops fake_ops = {
    .respond = fake_respond,
    .write = fake_write,
    .drain = fake_drain,
    .send_file = gale__exchange_copy_file,
    .push = fake_push,
    .abort = fake_abort,
    .detach = fake_detach,
    .peer = fake_peer,
};

/* Sends a request to the application: head's lines end with \n, and so does the last. It has run
 * until its handler first waited, or to its end. */
static void fake_send(struct fake *f, const char *head, const char *body)
{
    static const struct gale__http1_limits limits = { 8192, 65536, 100 };
    struct gale__http1_header headers[100];
    struct gale__http1_head parsed = { .headers = headers };
    char text[8192];
    size_t len = 0, scanned = 0;
    const char *why = NULL;
    char *copy;

    for (; *head; head++) {
        if (*head == '\n')
            text[len++] = '\r';
        text[len++] = *head;
    }
    len += (size_t)snprintf(text + len, sizeof(text) - len, "Host: localhost\r\n\r\n");
    if (gale__http1_parse_request(text, len, &scanned, &limits, &parsed) <= 0)
        fail_msg("no request: %s", text);
    *f = (struct fake){ .respond_result = f->respond_result };
    f->x = gale__exchange_new(fake_server->loop, &fake_ops);
    assert_non_null(f->x);
    assert_int_equal(gale__request_fill(f->x, text, &parsed, &why), 0);
    copy = gale__arena_strndup(&f->x->arena, body, strlen(body));
    f->x->request.body = (gale_str){ copy, strlen(body) };
    f->x->request.start_ns = gale__clock_ns();
    f->x->carrier = f;
    f->x->answerer = &gale__web_answerer;
    if (fake_before_dispatch)
        fake_before_dispatch();
    gale__web_answerer.dispatch(fake_server, f->x);
}

/* The client goes. */
static inline void fake_gone(struct fake *f, int code)
{
    f->x->gone = code;
    gale__web_answerer.on_gone(f->x, code);
}

static void fake_serve(gale_app *app)
{
    if (!app)
        fail_msg("%s", gale_app_error());
    fake_app = app;
    fake_server = gale__app_server_new(app, gale_ioloop_current());
    assert_non_null(fake_server);
    fake_log[0] = 0;
    gale_log_set_sink(fake_sink, NULL);
}

static void fake_end(void)
{
    gale_app_free(fake_app);
    fake_app = NULL;
    gale_log_set_sink(NULL, NULL);
}

/* A request that is answered at once. */
static inline void fake_ask(struct fake *f, const char *head, const char *body)
{
    f->respond_result = 0;
    fake_send(f, head, body);
    assert_true(f->is_detached);
}

static inline void fake_get(struct fake *f, const char *path)
{
    char head[4096];

    snprintf(head, sizeof(head), "GET %s HTTP/1.1\n", path);
    fake_ask(f, head, "");
}

static inline void fake_stop_loop(void *loop)
{
    gale_ioloop_stop(loop);
}

/* Runs the loop until the request has ended; ten seconds are a hang. */
static inline void fake_wait(struct fake *f)
{
    gale_ioloop *loop = gale_ioloop_current();

    for (int i = 0; i < 10000 && !f->is_detached; i++) {
        while (!gale_ioloop_call_later(loop, 0.001, fake_stop_loop, loop))
            ; /* tests make allocations fail */
        assert_int_equal(gale_ioloop_run(loop), 0);
    }
    assert_true(f->is_detached);
}

static inline void fake_turns(int n)
{
    gale_ioloop *loop = gale_ioloop_current();

    for (int i = 0; i < n; i++) {
        while (!gale_ioloop_call_later(loop, 0.001, fake_stop_loop, loop))
            ; /* tests make allocations fail */
        assert_int_equal(gale_ioloop_run(loop), 0);
    }
}

static inline int fake_finish_loop(void **state)
{
    (void)state;
    gale_ioloop_free(gale_ioloop_current());
    return 0;
}

#define assert_has(text, part)                                                                     \
    do {                                                                                           \
        if (!strstr((text), (part)))                                                               \
            fail_msg("no '%s' in '%s'", (part), (text));                                           \
    } while (0)

#endif

/* fake_carrier.h - requests without sockets: a carrier that keeps what is answered.
 *
 * A request is written as its head ("GET /x HTTP/1.1", further fields a line each, with \n)
 * and a body; what came back is a status, the fields as lines "Name: value\n", and a body.
 * Lines that are logged meanwhile are kept as well. fake_begin() sends a head alone; the body
 * follows with fake_feed() and fake_body_end(), to handlers that stream as it comes.
 */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_WEB_FAKE_CARRIER_H
#define TESTS_WEB_FAKE_CARRIER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
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

    /* the body on its way: one piece is lent at a time, in memory of its own size */
    struct gale__body_plan plan;
    char *coming;
    size_t n_coming;
    char *lent;
    size_t piece_max; /* most that one read gives; 0: all there is */
    int64_t n_read;   /* bytes that were read */
    int body_error;   /* what read gives behind what has come */
    bool body_ended, body_begun;
    int64_t body_length; /* of a Content-Length */
    unsigned n_waits;    /* reads that had to wait */
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

static int fake_body_code(struct fake *f)
{
    int64_t max = f->plan.max_size;

    if (max > 0 && f->n_read + (int64_t)f->n_coming > max)
        return gale_err(GALE_EHTTP(413), "body too large");
    if (!f->n_coming && f->body_error)
        return gale_err(f->body_error, "the test's failure");
    return 0;
}

static int fake_read(struct gale__exchange *x, gale_str *out)
{
    struct fake *f = x->carrier;
    size_t n;

    *out = (gale_str){ "", 0 };
    free(f->lent);
    f->lent = NULL;
    if (!x->streaming)
        return 0;
    f->body_begun = true;
    while (!x->gone && !f->n_coming && !f->body_ended && !f->body_error) {
        int r;

        f->n_waits++;
        r = gale__waitq_wait(&x->drain, "gale_read_body", INT64_MAX);
        if (r < 0)
            return r;
    }
    if (x->gone && x->gone != GALE_EEOF)
        return x->gone;
    if (fake_body_code(f) < 0)
        return fake_body_code(f);
    n = f->piece_max && f->piece_max < f->n_coming ? f->piece_max : f->n_coming;
    if (!n)
        return f->body_ended ? 0 : x->gone;
    f->lent = malloc(n);
    assert_non_null(f->lent);
    memcpy(f->lent, f->coming, n);
    f->n_coming -= n;
    f->n_read += (int64_t)n;
    memmove(f->coming, f->coming + n, f->n_coming);
    *out = (gale_str){ f->lent, n };
    return 1;
}

static int fake_limit(struct gale__exchange *x, int64_t max_size, double timeout)
{
    struct fake *f = x->carrier;

    if (f->body_begun)
        return gale_err(GALE_ESTATE, "the request's body has been read from");
    if (max_size != 0)
        f->plan.max_size = max_size;
    if (timeout < 0 || timeout > 0)
        f->plan.timeout = timeout;
    return 0;
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
    free(f->lent);
    free(f->coming);
    f->lent = f->coming = NULL;
    f->n_coming = 0;
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
    .read = fake_read,
    .limit = fake_limit,
    .send_file = gale__exchange_copy_file,
    .push = fake_push,
    .abort = fake_abort,
    .detach = fake_detach,
    .peer = fake_peer,
};

static void fake_dispatch(struct fake *f)
{
    if (fake_before_dispatch)
        fake_before_dispatch();
    gale__web_answerer.dispatch(fake_server, f->x);
}

/* The answerer's plan for a body; what is too large is refused without a dispatch. */
static void fake_ask_plan(struct fake *f)
{
    if (gale__web_answerer.plan)
        gale__web_answerer.plan(fake_server, f->x, &f->plan);
    if (!f->plan.max_size)
        f->plan.max_size = 10 << 20;
    f->x->streaming = f->plan.stream;
    if (f->plan.stream || f->plan.max_size < 0 || f->body_length <= f->plan.max_size)
        return;
    f->status = 413;
    f->x->gone = GALE_ECLOSED;
    gale__exchange_release(f->x);
}

/* Makes an exchange of a head whose lines end with \n, the last one's too. */
static void fake_take_head(struct fake *f, const char *head)
{
    static const struct gale__http1_limits limits = { 8192, 65536, 100 };
    struct gale__http1_header headers[100];
    struct gale__http1_head parsed = { .headers = headers };
    char text[8192];
    size_t len = 0, scanned = 0;
    const char *why = NULL;

    for (; *head; head++) {
        if (*head == '\n')
            text[len++] = '\r';
        text[len++] = *head;
    }
    len += (size_t)snprintf(text + len, sizeof(text) - len, "Host: localhost\r\n\r\n");
    if (gale__http1_parse_request(text, len, &scanned, &limits, &parsed) <= 0)
        fail_msg("no request: %s", text);
    *f = (struct fake){ .respond_result = f->respond_result, .piece_max = f->piece_max };
    f->body_length = parsed.content_length;
    f->x = gale__exchange_new(fake_server->loop, &fake_ops);
    assert_non_null(f->x);
    assert_int_equal(gale__request_fill(f->x, text, &parsed, &why), 0);
    f->x->request.start_ns = gale__clock_ns();
    f->x->carrier = f;
    f->x->answerer = &gale__web_answerer;
}

/* Sends a head whose body will follow: a handler that streams runs until it first waits. */
static inline void fake_begin(struct fake *f, const char *head)
{
    fake_take_head(f, head);
    fake_ask_plan(f);
    if (!f->is_detached && f->plan.stream)
        fake_dispatch(f);
}

/* More of the body has come. */
static inline void fake_feed(struct fake *f, const void *data, size_t n)
{
    char *all;

    if (f->is_detached)
        return;
    all = realloc(f->coming, f->n_coming + n + 1);
    assert_non_null(all);
    if (n)
        memcpy(all + f->n_coming, data, n);
    f->coming = all;
    f->n_coming += n;
    if (f->plan.stream)
        gale__waitq_wake_all(&f->x->drain, 0);
}

static inline void fake_dispatch_whole(struct fake *f)
{
    char *copy = gale__arena_strndup(&f->x->arena, f->coming ? f->coming : "", f->n_coming);

    f->x->request.body = (gale_str){ copy, f->n_coming };
    fake_dispatch(f);
}

/* All of the body has come. Handlers that do not stream run now. */
static inline void fake_body_end(struct fake *f)
{
    f->body_ended = true;
    if (f->is_detached)
        return;
    if (f->plan.stream)
        gale__waitq_wake_all(&f->x->drain, 0);
    else
        fake_dispatch_whole(f);
}

/* No more of it comes: reads give code behind what has come. */
static inline void fake_body_fail(struct fake *f, int code)
{
    f->body_error = code;
    if (!f->is_detached)
        gale__waitq_wake_all(&f->x->drain, 0);
}

/* Sends a request to the application, with all of its body: head's lines end with \n, and so does
 * the last. It has run until its handler first waited, or to its end. */
static void fake_send(struct fake *f, const char *head, const char *body)
{
    size_t n = strlen(body);

    fake_take_head(f, head);
    f->body_length = (int64_t)n;
    if (n)
        fake_ask_plan(f);
    if (f->is_detached)
        return;
    fake_feed(f, body, n);
    f->body_ended = true;
    if (f->plan.stream)
        fake_dispatch(f);
    else
        fake_dispatch_whole(f);
}

/* The client goes. */
static inline void fake_gone(struct fake *f, int code)
{
    f->x->gone = code;
    gale__waitq_wake_all(&f->x->drain, code);
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

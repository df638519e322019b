/* stream_server.c - a server below the web layer whose handlers read bodies as they come.
 *
 * stream_server KEY=VALUE…: the keys are options of gale_httpserver_options. Prints "port N" and
 * stops when its standard input ends. A request's query is a list of numbers by name: stream (0:
 * gathered), max, timeout (of the plan), late_max, late_timeout (with ops->limit), pieces (to read
 * before the answer; -1: all).
 */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gale/gale.h>

#include "http/server.h"

static gale_httpserver *server;
static gale_future *released; /* what /hold waits for */
static char last[600];        /* what became of the last request that told */
static int gone;              /* what on_gone was told */

static double number(const gale_request *request, const char *name, double fallback)
{
    const char *p = strstr(request->query, name);

    return p && p[strlen(name)] == '=' ? atof(p + strlen(name) + 1) : fallback;
}

static void say(struct gale__exchange *x, int status, const char *text)
{
    struct gale__headers headers;
    struct gale__response r = { .status = status,
                                .headers = &headers,
                                .content_length = (int64_t)strlen(text) };

    gale__headers_init(&headers, &x->arena);
    (void)x->ops->respond(x, &r, (gale_str){ text, strlen(text) }, true);
}

static void say_much(struct gale__exchange *x, size_t n)
{
    char *text = gale__arena_alloc(&x->arena, n + 1);

    memset(text, 'm', n);
    text[n] = 0;
    say(x, 200, text);
}

/* Answers with a failure of the body. */
static void tell(struct gale__exchange *x, int code)
{
    char text[256];

    snprintf(text, sizeof(text), "%s", gale_strerror(code));
    snprintf(last, sizeof(last), "%d %s", code, text);
    if (!x->responded && !x->gone)
        say(x, GALE_IS_EHTTP(code) ? GALE_EHTTP_STATUS(code) : 500, text);
}

struct sum {
    uint64_t bytes, hash;
    unsigned pieces;
};

static void add(struct sum *sum, gale_str piece)
{
    sum->bytes += piece.len;
    sum->pieces++;
    for (size_t i = 0; i < piece.len && i < 4096; i++)
        sum->hash = (sum->hash ^ (unsigned char)piece.ptr[i]) * 1099511628211u;
}

static int read_some(struct gale__exchange *x, struct sum *sum, double pieces)
{
    gale_str piece;
    int r = 1;

    while (r > 0 && (pieces < 0 || sum->pieces < pieces)) {
        r = x->ops->read(x, &piece);
        if (r > 0)
            add(sum, piece);
    }
    return r;
}

static void report(struct gale__exchange *x, const struct sum *sum)
{
    const char *trailer = gale_request_trailer(&x->request, "x-checksum");
    const char *joined = gale_request_header(&x->request, "X-Checksum");
    const char *coding = gale_request_header(&x->request, "X-Consumed-Content-Encoding");
    char text[512];

    snprintf(text, sizeof(text), "bytes=%llu trailer=%s header=%s consumed=%s encoding=%s",
             (unsigned long long)sum->bytes, trailer ? trailer : "-", joined ? joined : "-",
             coding ? coding : "-",
             gale_request_header(&x->request, "Content-Encoding") ? "there" : "-");
    snprintf(last, sizeof(last), "%s", text);
    say(x, 200, text);
}

static void count(struct gale__exchange *x)
{
    struct sum sum = { 0 };
    int r = read_some(x, &sum, number(&x->request, "pieces", -1));

    if (!x->streaming)
        add(&sum, x->request.body);
    if (r < 0)
        tell(x, r);
    else
        report(x, &sum);
}

/* Each piece is part of the answer at once. */
static void echo(struct gale__exchange *x)
{
    struct gale__headers headers;
    struct gale__response response = { .status = 200, .headers = &headers, .content_length = -1 };
    gale_str piece;
    int r;

    gale__headers_init(&headers, &x->arena);
    (void)x->ops->respond(x, &response, (gale_str){ "", 0 }, false);
    while ((r = x->ops->read(x, &piece)) > 0) {
        x->ops->write(x, piece, false);
        if (x->ops->drain(x) < 0)
            break;
    }
    snprintf(last, sizeof(last), "%d", r);
    if (r == 0)
        x->ops->write(x, (gale_str){ "", 0 }, true);
}

/* What was lent stays whole while the peer goes on, and goes. */
static void keep(struct gale__exchange *x)
{
    struct sum sum = { 0 };
    gale_str piece;
    char first;
    int r = x->ops->read(x, &piece);

    if (r <= 0) {
        tell(x, r);
        return;
    }
    first = *piece.ptr;
    (void)gale_wait(released);
    for (size_t i = 0; i < piece.len; i++)
        if (piece.ptr[i] != first)
            r = -1;
    add(&sum, piece);
    if (r > 0)
        r = read_some(x, &sum, -1);
    if (r < 0)
        tell(x, r);
    else
        report(x, &sum);
}

static int read_to_end(void *arg)
{
    struct sum sum = { 0 };
    int r = read_some(arg, &sum, -1);

    snprintf(last, sizeof(last), "other: %d", r);
    return r < 0 ? r : 0;
}

/* Another coroutine reads when the answer is complete. */
static void race(struct gale__exchange *x)
{
    gale_future *other = gale_spawn(read_to_end, x);
    gale_str piece;
    int r = x->ops->read(x, &piece);
    char text[64];

    snprintf(text, sizeof(text), "%s", gale_errname(r));
    say(x, 200, text);
    if (other)
        (void)gale_join(&other);
}

static void stats(struct gale__exchange *x)
{
    gale_httpserver_stats s;
    char text[1024];

    gale_httpserver_get_stats(server, &s);
    snprintf(text, sizeof(text), "connections=%llu active=%llu errors=%llu gone=%d last=%s",
             (unsigned long long)s.connections, (unsigned long long)s.requests_active,
             (unsigned long long)s.errors, gone, last);
    say(x, 200, text);
}

static void answer(struct gale__exchange *x)
{
    const char *path = x->request.path;
    double max = number(&x->request, "late_max", 0);
    double timeout = number(&x->request, "late_timeout", 0);

    if (max != 0 || timeout != 0)
        (void)x->ops->limit(x, (int64_t)max, timeout);
    if (!strcmp(path, "/count")) {
        count(x);
    } else if (!strcmp(path, "/hold")) {
        (void)gale_wait(released);
        count(x);
    } else if (!strcmp(path, "/sleep")) {
        (void)gale_sleep(number(&x->request, "seconds", 0));
        count(x);
    } else if (!strcmp(path, "/keep")) {
        keep(x);
    } else if (!strcmp(path, "/echo")) {
        echo(x);
    } else if (!strcmp(path, "/race")) {
        race(x);
    } else if (!strcmp(path, "/much")) {
        say_much(x, (size_t)number(&x->request, "bytes", 0));
    } else if (!strcmp(path, "/early")) {
        say(x, 403, "not wanted");
    } else if (!strcmp(path, "/late_limit")) {
        struct sum sum = { 0 };
        int r = read_some(x, &sum, 1);

        if (r >= 0)
            r = x->ops->limit(x, 5, 0);
        say(x, 200, r < 0 ? gale_errname(r) : "allowed");
    } else if (!strcmp(path, "/nothing")) {
        ; /* the answer never comes: the connection is closed */
    } else if (!strcmp(path, "/release")) {
        gale_future_set_result(released, 0, NULL);
        say(x, 200, "ok");
    } else {
        stats(x);
    }
}

static void run(void *arg)
{
    struct gale__exchange *x = arg;

    answer(x);
    gale__scope_end(&x->scope);
    gale__exchange_release(x);
}

static void plan(void *arg, struct gale__exchange *x, struct gale__body_plan *out)
{
    (void)arg;
    out->stream = number(&x->request, "stream", 1) > 0;
    out->max_size = (int64_t)number(&x->request, "max", 0);
    out->timeout = number(&x->request, "timeout", 0);
    if (out->max_size == 0 && strstr(x->request.query, "max=0"))
        out->max_size = -1;
}

static void dispatch(void *arg, struct gale__exchange *x)
{
    (void)arg;
    gone = 0;
    if (gale__co_start(x->loop, "stream_server", &x->scope, run, x) < 0)
        gale__exchange_release(x);
}

static void on_gone(struct gale__exchange *x, int code)
{
    (void)x;
    gone = code;
}

static const struct gale__answerer answerer = { .plan = plan,
                                                .dispatch = dispatch,
                                                .on_gone = on_gone };

static bool set_option(gale_httpserver_options *o, const char *key, double value)
{
    if (!strcmp(key, "max_body_size"))
        o->max_body_size = (int64_t)value;
    else if (!strcmp(key, "body_timeout"))
        o->body_timeout = value;
    else if (!strcmp(key, "idle_timeout"))
        o->idle_timeout = value;
    else if (!strcmp(key, "linger_timeout"))
        o->linger_timeout = value;
    else if (!strcmp(key, "decompress_request"))
        o->decompress_request = (int)value;
    else
        return false;
    return true;
}

static void stdin_ended(int fd, int events, void *arg)
{
    char c;

    (void)events;
    if (read(fd, &c, 1) == 0)
        gale_ioloop_stop(arg);
}

int main(int argc, char **argv)
{
    gale_ioloop *loop = gale_ioloop_current();
    gale_httpserver_options options = { 0 };
    int port = -1;

    for (int i = 1; i < argc; i++) {
        char *equals = strchr(argv[i], '=');

        if (!equals)
            return 2;
        *equals = 0;
        if (!set_option(&options, argv[i], atof(equals + 1)))
            return 2;
    }
    server = loop ? gale__httpserver_new(loop, &answerer, NULL, &options, &port) : NULL;
    if (server)
        port = gale_httpserver_listen(server, 0, "127.0.0.1");
    released = loop ? gale_future_new() : NULL;
    if (!server || !released || port < 0 ||
        gale_ioloop_add_handler(loop, 0, stdin_ended, GALE_READ, loop) < 0) {
        fprintf(stderr, "stream_server: %s\n", gale_strerror(port));
        return 1;
    }
    printf("port %d\n", port);
    fflush(stdout);
    gale_ioloop_run(loop);
    gale_ioloop_remove_handler(loop, 0);
    gale_httpserver_free(server);
    gale_future_free(&released);
    gale_ioloop_free(loop);
    return 0;
}

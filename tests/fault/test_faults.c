/* test_faults.c - each allocation and each system call failing once, over the whole stack.
 *
 * A scenario is run again and again, each time with the next call failing. It may then end
 * with an error, but not crash, hang, or keep memory, mappings or descriptors; where a
 * server is up it answers the next request. Interrupted calls (EINTR) are no error at all.
 *
 * To look at one failure: test_faults BACKEND SCENARIO KIND NTH, as the report says it.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <gale/gen.h>
#include <gale/ioloop.h>
#include <gale/iostream.h>
#include <gale/log.h>
#include <gale/options.h>
#include <gale/tcpserver.h>
#include <gale/web.h>

#include "base/arena.h"
#include "faults.h"

enum {
    PATIENCE = 4,       /* seconds: what takes longer hangs */
    LAST_PATIENCE = 20, /* and this is when even the loop does not notice */
    MAX_CALLS = 3000,
};

/* One way of using the library, on a loop with that backend: 0 or why it failed. */
struct scenario {
    const char *name;
    int (*fn)(const char *backend);
    bool with_io; /* differs with the backend */
};

/* For the report when a run does not end. */
static char present[160];

/* --- loops, timers, threads --- */

static gale_ioloop *new_loop(const char *backend)
{
    gale_ioloop *loop = gale_ioloop_new(
        &(gale_ioloop_options){ .backend = backend, .executor_threads = 2 });

    if (loop)
        gale_ioloop_make_current(loop);
    return loop;
}

static void count(void *arg)
{
    ++*(int *)arg;
}

static void stop(void *arg)
{
    gale_ioloop_stop(arg);
}

static void *from_thread(void *loop)
{
    static _Thread_local intptr_t r;

    r = gale_ioloop_add_callback(loop, stop, loop);
    return (void *)r;
}

/* The thread's callback ends the run; when it could not be added, a timer does. */
static int run_with_thread(gale_ioloop *loop)
{
    pthread_t thread;
    void *result;
    int r, ran;

    r = __real_pthread_create(&thread, NULL, from_thread, loop);
    assert_int_equal(r, 0);
    pthread_join(thread, &result);
    r = (int)(intptr_t)result;
    if (r < 0)
        return r;
    ran = gale_ioloop_run(loop);
    return ran;
}

static void drain_pipe(int fd, int events, void *arg)
{
    char c;

    if (read(fd, &c, 1) == 1)
        ++*(int *)arg;
    gale_ioloop_stop(gale_ioloop_current());
}

static int watch_pipe(gale_ioloop *loop, int *n)
{
    int fds[2];
    int r;

    assert_int_equal(pipe(fds), 0);
    assert_int_equal(write(fds[1], "x", 1), 1);
    r = gale_ioloop_add_handler(loop, fds[0], drain_pipe, GALE_READ, n);
    if (r >= 0) {
        r = gale_ioloop_run(loop);
        gale_ioloop_remove_handler(loop, fds[0]);
    }
    __real_close(fds[0]);
    __real_close(fds[1]);
    return r;
}

static int loop_scenario(const char *backend)
{
    gale_ioloop *loop = new_loop(backend);
    int n = 0, r = 0;

    if (!loop)
        return gale_ioloop_error();
    for (int i = 0; i < 40 && r >= 0; i++) {
        r = gale_ioloop_add_callback(loop, count, &n);
        if (r >= 0 && !gale_ioloop_call_later(loop, 0.0001 * i, count, &n))
            r = -ENOMEM;
    }
    if (r >= 0 && !gale_ioloop_call_later(loop, 0.005, stop, loop))
        r = -ENOMEM;
    if (r >= 0)
        r = gale_ioloop_run(loop);
    if (r >= 0 && n != 80)
        r = -EPROTO;
    if (r >= 0)
        r = watch_pipe(loop, &n);
    if (r >= 0)
        r = run_with_thread(loop);
    gale_ioloop_free(loop);
    return r;
}

/* --- coroutines --- */

static int nap(void *arg)
{
    return gale_sleep(0.0005 * (double)(intptr_t)arg);
}

static int work(void *arg)
{
    ++*(int *)arg;
    return 7;
}

static void on_done(gale_future *future, void *arg)
{
    ++*(int *)arg;
}

static void give_result(void *arg)
{
    gale_future_set_result(arg, 3, NULL);
}

static int use_futures(gale_ioloop *loop, int *n)
{
    gale_future *f = gale_future_new();
    int r = f ? gale_future_add_done_callback(f, on_done, n) : -ENOMEM;

    if (r >= 0)
        r = gale_ioloop_add_callback(loop, give_result, f);
    if (r >= 0)
        r = gale_wait_until(f, gale_ioloop_time(loop) + 1);
    return r < 0 ? r : r == 3 ? 0 : -EPROTO;
}

static int spawn_many(void)
{
    gale_future *naps[70]; /* more stacks than one mapping has */
    size_t n = 0;
    int r = 0;

    while (n < 70 && (naps[n] = gale_spawn(nap, (void *)(intptr_t)(n % 7))))
        n++;
    if (n < 70)
        r = -ENOMEM;
    if (r >= 0)
        r = gale_multi(naps, n);
    for (size_t i = 0; i < n; i++) {
        int joined = gale_join(&naps[i]);

        if (joined < 0)
            r = joined;
    }
    return r;
}

static int use_coroutines(void *arg)
{
    static int n_ended; /* deferred calls come after this function has returned */
    gale_ioloop *loop = arg;
    int n = 0;
    int r = spawn_many();

    if (r >= 0)
        r = use_futures(loop, &n);
    if (r >= 0)
        r = gale_ioloop_run_in_executor(loop, work, &n);
    if (r >= 0)
        r = gale_scope_alloc(5000) ? gale_scope_defer(count, &n_ended) : -ENOMEM;
    if (r >= 0)
        r = gale_ioloop_spawn_callback(loop, nap, NULL);
    if (r >= 0)
        r = gale_with_timeout(0.001, nap, (void *)(intptr_t)2000);
    return r == GALE_ETIMEDOUT ? 0 : r;
}

static int coroutine_scenario(const char *backend)
{
    gale_ioloop *loop = new_loop(backend);
    gale_periodic *periodic;
    int n = 0, r = 0;

    if (!loop)
        return gale_ioloop_error();
    periodic = gale_periodic_new(loop, 0.001, 0, work, &n);
    r = periodic ? gale_periodic_start(periodic) : -ENOMEM;
    if (r >= 0)
        r = gale_ioloop_run_sync(loop, use_coroutines, loop, PATIENCE);
    gale_periodic_free(periodic);
    gale_ioloop_free(loop);
    return r;
}

/* --- streams --- */

static int echo(gale_iostream *s, const gale_address *address, void *arg)
{
    gale_str got;
    int r = gale_iostream_read_until_regex(s, "[0-9]+\n", 0, &got);

    if (r >= 0)
        r = gale_iostream_write(s, got.ptr, got.len);
    return r < 0 ? r : gale_iostream_drain(s);
}

static int talk(gale_iostream *s)
{
    static char large[100000];
    gale_str got;
    int r;

    memset(large, 'x', sizeof(large));
    r = gale_iostream_write(s, large, sizeof(large));
    if (r >= 0)
        r = gale_iostream_write(s, " 42\n", 4);
    if (r >= 0)
        r = gale_iostream_read_until_close(s, &got);
    if (r >= 0 && got.len < sizeof(large))
        r = GALE_EEOF; /* the server has failed */
    return r;
}

static int talk_to(const char *text)
{
    gale_address address;
    gale_iostream *s;
    int r = gale_address_parse(&address, text);

    if (r >= 0)
        r = gale_iostream_connect(&s, &address, NULL);
    if (r < 0)
        return r;
    r = talk(s);
    gale_iostream_close(&s);
    return r;
}

/* When it fails it closes, since the other end waits for it. */
static int echo_once(void *arg)
{
    gale_iostream **s = arg;
    int r = echo(*s, NULL, NULL);

    if (r < 0)
        gale_iostream_close(s);
    else
        gale_iostream_shutdown(*s);
    return r;
}

static int talk_in_memory(void)
{
    gale_iostream *a, *b;
    gale_future *f;
    int r = gale_iostream_pair(&a, &b, NULL);

    if (r < 0)
        return r;
    f = gale_spawn(echo_once, &b);
    r = f ? talk(a) : -ENOMEM;
    gale_iostream_close(&a);
    if (f)
        (void)gale_join(&f);
    gale_iostream_close(&b);
    return r;
}

struct places {
    char tcp[32], unix_path[80];
};

static int talk_everywhere(void *arg)
{
    const struct places *places = arg;
    int r = talk_to(places->tcp);

    if (r >= 0)
        r = talk_to(places->unix_path);
    return r < 0 ? r : talk_in_memory();
}

/* What failed before does not keep the servers from serving now. */
static int talk_again(void *arg)
{
    const struct places *places = arg;
    int r = talk_to(places->tcp);

    return r < 0 ? r : talk_to(places->unix_path);
}

/* With the server up: the faulty use, then the use that must do. */
static int use_server(gale_ioloop *loop, int (*use)(void *arg), int (*again)(void *arg), void *arg)
{
    int r = gale_ioloop_run_sync(loop, use, arg, PATIENCE);
    const char *failed = faults_disarm();
    int after;

    if (r == GALE_ETIMEDOUT)
        fail_msg("%s (%s): hangs", present, failed ? failed : "nothing failed");
    after = gale_ioloop_run_sync(loop, again, arg, PATIENCE);
    if (after < 0)
        fail_msg("%s: the server does not go on: %s: %s", present, gale_errname(after),
                 gale_strerror(after));
    return r;
}

static int serve_echo(gale_ioloop *loop, gale_tcpserver *server)
{
    static int n_served;
    struct places places;
    char path[64];
    int port = gale_tcpserver_listen(server, 0, "127.0.0.1");
    int fd;

    if (port < 0)
        return port;
    snprintf(places.tcp, sizeof(places.tcp), "127.0.0.1:%d", port);
    snprintf(path, sizeof(path), "@gale-faults-%d-%d", (int)getpid(), n_served++);
    snprintf(places.unix_path, sizeof(places.unix_path), "unix:%s", path);
    fd = gale_bind_unix_socket(path, 0, 16);
    if (fd < 0)
        return fd;
    int r = gale_tcpserver_add_socket(server, &fd);

    if (fd >= 0)
        __real_close(fd);
    return r < 0 ? r : use_server(loop, talk_everywhere, talk_again, &places);
}

static int stream_scenario(const char *backend)
{
    gale_ioloop *loop = new_loop(backend);
    gale_tcpserver *server;
    int r;

    if (!loop)
        return gale_ioloop_error();
    server = gale_tcpserver_new(echo, NULL, NULL);
    r = server ? serve_echo(loop, server) : -ENOMEM;
    gale_tcpserver_free(server);
    gale_ioloop_free(loop);
    return r;
}

/* --- HTTP --- */

static int hello_get(gale_handler *self)
{
    return gale_write(self, "Hello, world");
}

static int echo_post(gale_handler *self)
{
    gale_str body = gale_handler_request(self)->body;

    return gale_write_bytes(self, body.ptr, body.len);
}

static int wait_get(gale_handler *self)
{
    gale_future *f = gale_spawn(nap, (void *)(intptr_t)2);
    int r = f ? gale_join(&f) : -ENOMEM;

    return r < 0 ? r : gale_printf(self, "waited for %s", gale_path_argument(self, 0));
}

static int stream_get(gale_handler *self)
{
    static const char part[20000];
    int r = 0;

    for (int i = 0; i < 6 && r >= 0; i++) {
        r = gale_write_bytes(self, part, sizeof(part));
        if (r >= 0)
            r = gale_flush(self);
    }
    return r;
}

/* The second piece comes when the first has been read. */
static int upload_post(gale_handler *self)
{
    const char *trailer;
    gale_str piece;
    size_t n = 0;
    int r;

    while ((r = gale_read_body(self, &piece)) > 0) {
        n += piece.len;
        if (gale_sleep(0.0005) < 0)
            break;
    }
    trailer = gale_request_trailer(gale_handler_request(self), "X-Sum");
    return r < 0 ? r : gale_printf(self, "%zu %s", n, trailer ? trailer : "none");
}

static int early_post(gale_handler *self)
{
    return gale_write(self, "early");
}

static int argument_get(gale_handler *self)
{
    int n;
    int r = gale_get_int(self, "n", &n);

    if (r >= 0)
        r = gale_set_header(self, "X-Number", "yes");
    return r < 0 ? r : gale_printf(self, "%d", n);
}

static const gale_handler_class hello_handler = { .get = hello_get };
static const gale_handler_class echo_handler = { .post = echo_post };
static const gale_handler_class wait_handler = { .get = wait_get, .cancel_on_close = GALE_ON };
static const gale_handler_class stream_handler = { .get = stream_get };
static const gale_handler_class upload_handler = { .post = upload_post,
                                                   .patch = early_post,
                                                   .stream_request_body = GALE_ON };
static const gale_handler_class argument_handler = { .get = argument_get };

static gale_app *new_app(void)
{
    return gale_app_new(
        (gale_route[]){
            { .url = "/hello", .handler = &hello_handler },
            { .url = "/echo", .handler = &echo_handler },
            { .url = "/wait/(?<who>[a-z]+)", .handler = &wait_handler, .name = "wait" },
            { .url = "/stream", .handler = &stream_handler },
            { .url = "/upload", .handler = &upload_handler },
            { .url = "/argument", .handler = &argument_handler },
            { .url = "/old/(.*)",
              .handler = &gale_redirect_handler,
              .arg = &(gale_redirect_options){ .url = "/{0}" } },
            { 0 },
        },
        &(gale_settings){ .server = { .decompress_request = GALE_ON } });
}

static char big_post[60000], big_upload[90000];

static void make_big_posts(void)
{
    int n = snprintf(big_post, sizeof(big_post),
                     "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                     "Content-Length: 50000\r\n\r\n");

    memset(big_post + n, 'b', 50000);
    n = snprintf(big_upload, sizeof(big_upload),
                 "POST /upload HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                 "Content-Length: 80000\r\n\r\n");
    memset(big_upload + n, 'b', 80000);
}

/* "gzip " two hundred times. */
#define PACKED                                                                                     \
    "\037\213\010\000\000\000\000\000\002\003\113\257\312\054\120\110"                             \
    "\037\045\106\211\121\142\070\023\000\171\347\071\312\350\003\000\000"
#define PACKED_POST(path)                                                                          \
    "POST " path " HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Encoding: gzip\r\n"         \
    "Content-Length: 33\r\n\r\n" PACKED

#define LAST "Host: a\r\nConnection: close\r\n\r\n"

/* Each on a connection of its own, and what the answer begins and ends with. */
static const struct exchange {
    const char *request, *first, *last;
    size_t size; /* of a request with NULs in it */
} exchanges[] = {
    { "GET /hello HTTP/1.1\r\n" LAST, "HTTP/1.1 200 ", "Hello, world" },
    { "GET /hello HTTP/1.1\r\nHost: a\r\n\r\nGET /wait/me HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET /hello HTTP/1.1\r\n" LAST,
      "HTTP/1.1 200 ", "Hello, world" },
    { big_post, "HTTP/1.1 200 ", "bbbbbb" },
    { "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: a\r\nConnection: close\r\n\r\n"
      "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n",
      "HTTP/1.1 200 ", "abcdefg" },
    { big_upload, "HTTP/1.1 200 ", "80000 none" },
    { "POST /upload HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: a\r\nConnection: close\r\n\r\n"
      "3\r\nabc\r\n4\r\ndefg\r\n0\r\nX-Sum: 7\r\n\r\n",
      "HTTP/1.1 200 ", "7 7" },
    { "PATCH /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
      "GET /hello HTTP/1.1\r\n" LAST,
      "HTTP/1.1 200 ", "Hello, world" },
    { "PATCH /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\nabc", "HTTP/1.1 200 ",
      "early" },
    { PACKED_POST("/echo"), "HTTP/1.1 200 ", "gzip gzip gzip gzip ",
      sizeof(PACKED_POST("/echo")) - 1 },
    { PACKED_POST("/upload"), "HTTP/1.1 200 ", "1000 none", sizeof(PACKED_POST("/upload")) - 1 },
    { "GET /wait/you HTTP/1.1\r\n" LAST, "HTTP/1.1 200 ", "waited for you" },
    { "GET /stream HTTP/1.1\r\n" LAST, "HTTP/1.1 200 ", "0\r\n\r\n" },
    { "GET /nowhere HTTP/1.1\r\n" LAST, "HTTP/1.1 404 ", "</html>" },
    { "GET /argument?n=x%20y HTTP/1.1\r\n" LAST, "HTTP/1.1 400 ", "</html>" },
    { "GET /argument?n=12 HTTP/1.1\r\n" LAST, "HTTP/1.1 200 ", "12" },
    { "GET /old/hello?a=b HTTP/1.1\r\n" LAST, "HTTP/1.1 301 ", "\r\n\r\n" },
    { "no request\r\n\r\n", "HTTP/1.1 400 ", "</html>" },
};

static int is_answer(const struct exchange *e, gale_str got)
{
    size_t first = strlen(e->first), last = strlen(e->last);

    if (got.len >= first + last && !memcmp(got.ptr, e->first, first) &&
        !memcmp(got.ptr + got.len - last, e->last, last))
        return 0;
    return gale_err(GALE_EPROTO, "bad answer to %.30s: %.*s", e->request, (int)got.len, got.ptr);
}

static int request_once(const gale_address *address, const struct exchange *e)
{
    gale_iostream *s;
    gale_str got;
    int r = gale_iostream_connect(&s, address, NULL);

    if (r < 0)
        return r;
    r = gale_iostream_write(s, e->request, e->size ? e->size : strlen(e->request));
    if (r >= 0)
        r = gale_iostream_read_until_close(s, &got);
    if (r >= 0)
        r = is_answer(e, got);
    gale_iostream_close(&s);
    return r;
}

/* Sends a request and does not wait for the answer. */
static int vanish(const gale_address *address, const char *request)
{
    gale_iostream *s;
    int r = gale_iostream_connect(&s, address, NULL);

    if (r < 0)
        return r;
    r = gale_iostream_write(s, request, strlen(request));
    if (r >= 0)
        r = gale_sleep(0.001);
    gale_iostream_close(&s);
    return r;
}

/* All, whatever becomes of each; the first failure. */
static int request_all(void *arg)
{
    int first = vanish(arg, "GET /wait/long HTTP/1.1\r\n" LAST);
    int r = vanish(arg, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");

    if (first >= 0)
        first = r;
    for (size_t i = 0; i < sizeof(exchanges) / sizeof(exchanges[0]); i++) {
        r = request_once(arg, &exchanges[i]);
        if (first >= 0)
            first = r;
    }
    return first;
}

static int request_hello(void *arg)
{
    return request_once(arg, &exchanges[0]);
}

static int serve(gale_ioloop *loop, gale_app *app)
{
    int port = gale_app_listen(app, 0, "127.0.0.1");
    gale_address address;
    char text[32];

    if (port < 0)
        return port;
    snprintf(text, sizeof(text), "127.0.0.1:%d", port);
    assert_int_equal(gale_address_parse(&address, text), 0);
    return use_server(loop, request_all, request_hello, &address);
}

static int http_scenario(const char *backend)
{
    gale_ioloop *loop = new_loop(backend);
    gale_app *app;
    int r;

    if (!loop)
        return gale_ioloop_error();
    app = new_app();
    r = app ? serve(loop, app) : -ENOMEM;
    gale_app_free(app);
    gale_ioloop_free(loop);
    return r;
}

/* The server ends while a request is under way. */
struct drain {
    gale_app *app;
    gale_address address;
};

static int request_wait(void *arg)
{
    return request_once(arg, &exchanges[4]);
}

static int drain(void *arg)
{
    struct drain *d = arg;
    gale_future *f = gale_spawn(request_wait, &d->address);
    int r = f ? gale_sleep(0.0005) : -ENOMEM;
    int drained, joined = 0;

    drained = gale_app_drain(d->app, 3);
    if (f)
        joined = gale_join(&f);
    if (r >= 0)
        r = drained;
    /* It may have come too late to be accepted. */
    return r < 0 || joined == -ECONNRESET || joined == -ECONNREFUSED ? r : joined;
}

static int drain_app(gale_ioloop *loop, gale_app *app)
{
    struct drain d = { .app = app };
    int port = gale_app_listen(app, 0, "127.0.0.1");
    char text[32];

    if (port < 0)
        return port;
    snprintf(text, sizeof(text), "127.0.0.1:%d", port);
    assert_int_equal(gale_address_parse(&d.address, text), 0);
    return gale_ioloop_run_sync(loop, drain, &d, PATIENCE);
}

static int drain_scenario(const char *backend)
{
    gale_ioloop *loop = new_loop(backend);
    gale_app *app;
    int r;

    if (!loop)
        return gale_ioloop_error();
    app = new_app();
    r = app ? drain_app(loop, app) : -ENOMEM;
    gale_app_free(app);
    gale_ioloop_free(loop);
    return r;
}

/* --- without I/O --- */

static int app_scenario(const char *backend)
{
    gale_app *app = new_app();

    gale_app_free(app);
    return app ? 0 : -ENOMEM;
}

static int parse(gale_options *options)
{
    char *argv[] = { (char *)"program", (char *)"--port=80", (char *)"--names=a,b,c",
                     (char *)"--rate=1.5", NULL };
    int rest;
    int r = gale_define(options, .name = "port", .type = GALE_OPTION_INT, .fallback = "8888");

    if (r >= 0)
        r = gale_define(options, .name = "rate", .type = GALE_OPTION_DOUBLE);
    if (r >= 0)
        r = gale_define(options, .name = "names", .is_multiple = true);
    if (r >= 0)
        r = gale_log_define_options(options);
    if (r >= 0)
        r = gale_options_parse_command_line(options, 4, argv, 0, &rest);
    if (r >= 0)
        r = gale_option_int(options, "port") == 80 ? 0 : -EPROTO;
    return r;
}

static int options_scenario(const char *backend)
{
    gale_options *options = gale_options_new();
    int r = options ? parse(options) : -ENOMEM;

    gale_options_free(options);
    return r;
}

/* --- running them --- */

/* Lines are made, and go nowhere. */
static void drop_line(void *arg, const gale_log_record *record)
{
    (void)arg;
    (void)record;
}

static void report_hang(int signal)
{
    static const char text[] = "hangs beyond every time limit: ";

    (void)signal;
    (void)!write(2, text, sizeof(text) - 1);
    (void)!write(2, present, strlen(present));
    (void)!write(2, "\n", 1);
    _exit(1);
}

/* One run; gives its result, and in *failed what was made to fail. */
static int run(const struct scenario *s, const char *backend, enum faults_kind kind, long nth,
               const char **failed)
{
    int r;

    snprintf(present, sizeof(present), "%s %s %d %ld", backend, s->name, (int)kind, nth);
    alarm(LAST_PATIENCE);
    faults_arm(kind, nth);
    r = s->fn(backend);
    *failed = faults_disarm();
    gale__arena_pool_free();
    alarm(0);
    return r;
}

/* What threads keep for the next time (pools, matchers) may be made late, and once. */
static bool holds_more(struct faults_held *before)
{
    struct faults_held now = faults_held();
    bool more = now.blocks > before->blocks || now.mappings > before->mappings ||
                now.descriptors > before->descriptors;

    *before = now;
    return more;
}

static void expect_nothing_kept(const struct scenario *s, const char *backend,
                                enum faults_kind kind, long nth, struct faults_held *held)
{
    const char *failed;
    int times = 0;

    while (holds_more(held) && ++times < 4)
        (void)run(s, backend, kind, nth, &failed);
    if (times == 4)
        fail_msg("%s (%s): keeps memory or descriptors each time", present, failed);
}

static void each_fails_once(const struct scenario *s, const char *backend, enum faults_kind kind)
{
    struct faults_held held;
    const char *failed;
    long nth = 0, n_calls;
    int r;

    assert_int_equal(run(s, backend, kind, -1, &failed), 0);
    n_calls = faults_count(); /* not always the same: threads and time have their part */
    held = faults_held();
    do {
        r = run(s, backend, kind, nth++, &failed);
        if (r == GALE_ETIMEDOUT)
            fail_msg("%s (%s): hangs", present, failed);
        if (r < 0 && (!failed || kind == FAULTS_EINTR))
            fail_msg("%s (%s): %s: %s", present, failed ? failed : "nothing failed",
                     gale_errname(r), gale_strerror(r));
        expect_nothing_kept(s, backend, kind, nth - 1, &held);
    } while ((failed || nth < n_calls) && nth < MAX_CALLS);
    assert_in_range(nth, 1, MAX_CALLS - 1);
    print_message("%s, %s: %ld\n", s->name, backend, nth - 1);
}

static const struct scenario scenarios[] = {
    { "loop", loop_scenario, true },        { "coroutines", coroutine_scenario, true },
    { "streams", stream_scenario, true },   { "http", http_scenario, true },
    { "drain", drain_scenario, true },      { "app", app_scenario, false },
    { "options", options_scenario, false },
};

static int one(const char *backend, const char *name, enum faults_kind kind, long nth)
{
    const char *failed;
    int r = 1;

    faults_trace();
    for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
        if (strcmp(name, scenarios[i].name) == 0)
            r = run(&scenarios[i], backend, kind, nth, &failed);
    printf("%d %s\n", r, r < 0 ? gale_strerror(r) : "");
    return r != 0;
}

static void all(const char *backend, enum faults_kind kind)
{
    bool first = strcmp(backend, "epoll") == 0;

    for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
        if (first || scenarios[i].with_io)
            each_fails_once(&scenarios[i], backend, kind);
}

static void allocations_with_epoll(void **state)
{
    all("epoll", FAULTS_MEMORY);
}

static void allocations_with_io_uring(void **state)
{
    all("io_uring", FAULTS_MEMORY);
}

static void calls_with_epoll(void **state)
{
    all("epoll", FAULTS_CALLS);
}

static void calls_with_io_uring(void **state)
{
    all("io_uring", FAULTS_CALLS);
}

static void interruptions_with_epoll(void **state)
{
    all("epoll", FAULTS_EINTR);
}

static void interruptions_with_io_uring(void **state)
{
    all("io_uring", FAULTS_EINTR);
}

static void results_of_io_uring(void **state)
{
    all("io_uring", FAULTS_RESULTS);
}

/* Where the kernel refuses io_uring there is nothing to test. */
static int needs_io_uring(void **state)
{
    gale_ioloop *loop = gale_ioloop_new(&(gale_ioloop_options){ .backend = "io_uring" });

    gale_ioloop_free(loop);
    return loop ? 0 : -1;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest epoll[] = {
        cmocka_unit_test(allocations_with_epoll),
        cmocka_unit_test(calls_with_epoll),
        cmocka_unit_test(interruptions_with_epoll),
    };
    const struct CMUnitTest io_uring[] = {
        cmocka_unit_test(allocations_with_io_uring),
        cmocka_unit_test(calls_with_io_uring),
        cmocka_unit_test(interruptions_with_io_uring),
        cmocka_unit_test(results_of_io_uring),
    };

    signal(SIGALRM, report_hang);
    gale_log_set_sink(drop_line, NULL);
    make_big_posts();
    if (argc == 5)
        return one(argv[1], argv[2], (enum faults_kind)strtol(argv[3], NULL, 10),
                   strtol(argv[4], NULL, 10));
    if (argc > 1 && strcmp(argv[1], "io_uring") == 0)
        return needs_io_uring(NULL) < 0
                   ? 77
                   : cmocka_run_group_tests_name("io_uring", io_uring, NULL, NULL) != 0;
    return cmocka_run_group_tests_name("epoll", epoll, NULL, NULL) != 0;
}

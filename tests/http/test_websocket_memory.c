/* test_websocket_memory.c - what a long message took is given back: connections that idle after one
 * are as small as before, at both ends.
 *
 * Every malloc of the library passes through here (--wrap); the sizes of what is there are summed.
 */
/* SPDX-License-Identifier: MIT */
#include <malloc.h>
#include <setjmp.h>
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
#include <gale/log.h>
#include <gale/web.h>
#include <gale/websocket.h>

enum {
    N_CLIENTS = 16,
    LONG = 64 * 1024,
    KEPT = 4096 /* of both ends of a connection, at most */
};

/* --- what is there --- */

static size_t live;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);
void __real_free(void *p);
void __wrap_free(void *p);

static void *counted(void *p)
{
    __atomic_fetch_add(&live, malloc_usable_size(p), __ATOMIC_RELAXED);
    return p;
}

static void uncount(size_t n)
{
    __atomic_fetch_sub(&live, n, __ATOMIC_RELAXED);
}

void *__wrap_malloc(size_t size)
{
    return counted(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
    return counted(__real_calloc(n, size));
}

void *__wrap_realloc(void *p, size_t size)
{
    size_t before = malloc_usable_size(p);
    void *got = __real_realloc(p, size);

    if (got)
        uncount(before);
    return got ? counted(got) : NULL;
}

void __wrap_free(void *p)
{
    uncount(malloc_usable_size(p));
    __real_free(p);
}

/* --- the server --- */

static int echo(gale_websocket *ws, gale_str message, bool binary)
{
    return gale_send(ws, message, binary);
}

static int listen_too(gale_websocket *ws, gale_handler *self)
{
    return gale_subscribe(ws, "topic");
}

static int read_all(gale_websocket *ws)
{
    gale_str message;
    bool binary;
    int r;

    while ((r = gale_read_message(ws, &message, &binary)) > 0)
        if ((r = gale_send(ws, message, binary)) < 0)
            break;
    return r;
}

static const gale_websocket_class plain = GALE_WEBSOCKET_CLASS(.on_message = echo);
static const gale_websocket_class listening = GALE_WEBSOCKET_CLASS(.open = listen_too,
                                                                   .on_message = echo);
static const gale_websocket_class reading = GALE_WEBSOCKET_CLASS(.run = read_all);

static const gale_route routes[] = {
    { .url = "/plain", .handler = &plain.base },
    { .url = "/listening", .handler = &listening.base },
    { .url = "/reading", .handler = &reading.base },
    { 0 },
};

/* --- its clients, on the same loop --- */

struct talk {
    char url[80];
    size_t kept; /* of each connection, by a long message */
};

static char text[LONG];

static int say(gale_websocket *ws, size_t n)
{
    gale_str answer;
    int r = gale_send(ws, (gale_str){ text, n }, true);

    if (r == 0)
        r = gale_read_message(ws, &answer, NULL);
    return r > 0 && answer.len != n ? GALE_EPROTO : r;
}

/* A long message, and a short one: the long one's memory is not needed any more. */
static int say_both(gale_websocket **clients, int from, int to, size_t n)
{
    int r = 1;

    for (int i = from; i < to && r > 0; i++) {
        r = say(clients[i], n);
        if (r > 0)
            r = say(clients[i], 1);
    }
    return r;
}

static int measure(gale_websocket **clients, size_t *kept)
{
    size_t before;
    int r = say_both(clients, 0, N_CLIENTS, 1);

    if (r > 0)
        r = say_both(clients, 0, 1, LONG); /* what this thread keeps for all */
    before = live;
    if (r > 0)
        r = say_both(clients, 1, N_CLIENTS, LONG);
    *kept = live > before ? (live - before) / (N_CLIENTS - 1) : 0;
    return r;
}

static int run(void *arg)
{
    struct talk *talk = arg;
    gale_websocket *clients[N_CLIENTS] = { NULL };
    int r = 0;

    for (int i = 0; i < N_CLIENTS && r >= 0; i++)
        r = gale_websocket_connect(&clients[i], talk->url, NULL);
    if (r >= 0)
        r = measure(clients, &talk->kept);
    for (int i = 0; i < N_CLIENTS; i++)
        gale_websocket_free(&clients[i]);
    return r;
}

static void talk_to(const char *backend, const char *path)
{
    gale_ioloop *loop = gale_ioloop_new(&(gale_ioloop_options){ .backend = backend });
    struct talk talk = { .kept = SIZE_MAX };
    gale_app *app;
    int port, r;

    if (!loop)
        skip(); /* the kernel refuses io_uring */
    gale_ioloop_make_current(loop);
    app = gale_app_new(routes, NULL);
    port = gale_app_listen(app, 0, "127.0.0.1");
    assert_true(port > 0);
    snprintf(talk.url, sizeof(talk.url), "ws://127.0.0.1:%d%s", port, path);
    r = gale_ioloop_run_sync(loop, run, &talk, 20);
    gale_app_free(app);
    gale_ioloop_free(loop);
    assert_int_equal(r, 1);
    if (talk.kept > KEPT)
        fail_msg("%s: %zu bytes more of each connection", path, talk.kept);
}

static void test_long_messages_leave_nothing_with_epoll(void **state)
{
    (void)state;
    talk_to("epoll", "/plain");
    talk_to("epoll", "/listening");
    talk_to("epoll", "/reading");
}

static void test_long_messages_leave_nothing_with_io_uring(void **state)
{
    (void)state;
    talk_to("io_uring", "/plain");
    talk_to("io_uring", "/listening");
    talk_to("io_uring", "/reading");
}

static void drop_line(void *arg, const gale_log_record *record)
{
    (void)arg, (void)record;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_long_messages_leave_nothing_with_epoll),
        cmocka_unit_test(test_long_messages_leave_nothing_with_io_uring),
    };

    alarm(60);
    gale_log_set_sink(drop_line, NULL);
    return cmocka_run_group_tests_name("websocket memory", tests, NULL, NULL);
}

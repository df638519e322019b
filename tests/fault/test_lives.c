/* test_lives.c - start, serve, free, twenty times over, and on two threads at once.
 *
 * For valgrind and the sanitizers: whatever a life leaves behind shows here.
 */
/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <gale/gale.h>

enum { LIVES = 20, THREAD_LIVES = 3, N_REQUESTS = 5 };

static int hello_get(gale_handler *self)
{
    return gale_printf(self, "Hello, %s", gale_get_argument(self, "name", "world"));
}

static int nap(void *arg)
{
    return gale_sleep(0.0001);
}

static int nap_get(gale_handler *self)
{
    gale_future *f = gale_spawn(nap, NULL);
    int r = f ? gale_join(&f) : -1;

    return r < 0 ? r : gale_printf(self, "Hello, %s", gale_path_argument(self, 0));
}

static const gale_handler_class hello_handler = { .get = hello_get };
static const gale_handler_class nap_handler = { .get = nap_get };

static const gale_route routes[] = {
    { .url = "/", .handler = &hello_handler },
    { .url = "/nap/([a-z]+)", .handler = &nap_handler },
    { 0 },
};

/* One connection: requests one by one, then closed by us, or by the server. */
static int talk(const gale_address *address, const char *request, bool is_last)
{
    gale_iostream *s;
    gale_str got;
    int r = gale_iostream_connect(&s, address, NULL);

    if (r < 0)
        return r;
    for (int i = 0; i < N_REQUESTS && r >= 0; i++) {
        r = gale_iostream_write(s, request, strlen(request));
        if (r >= 0 && !is_last)
            r = gale_iostream_read_until(s, "Hello, world", 0, &got);
        if (is_last)
            break;
    }
    if (r >= 0 && is_last)
        r = gale_iostream_read_until_close(s, &got);
    gale_iostream_close(&s);
    return r;
}

static int talk_all(void *arg)
{
    int r = talk(arg, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", false);

    if (r >= 0)
        r = talk(arg, "GET /nap/world HTTP/1.1\r\nHost: a\r\n\r\n", false);
    if (r >= 0)
        r = talk(arg, "GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", true);
    return r;
}

/* Serves on the current loop and asks; 0 or why not. */
static int serve(gale_ioloop *loop, gale_app *app)
{
    gale_address address;
    char text[32];
    int port = gale_app_listen(app, 0, "127.0.0.1");

    if (port < 0)
        return port;
    snprintf(text, sizeof(text), "127.0.0.1:%d", port);
    if (gale_address_parse(&address, text) < 0)
        return -1;
    return gale_ioloop_run_sync(loop, talk_all, &address, 20);
}

/* NULL: the kernel refuses that backend. */
static gale_ioloop *new_loop(const char *backend)
{
    gale_ioloop *loop = gale_ioloop_new(&(gale_ioloop_options){ .backend = backend });

    if (loop)
        gale_ioloop_make_current(loop);
    return loop;
}

static void live(const char *backend, bool is_loop_first)
{
    gale_ioloop *loop = new_loop(backend);
    gale_app *app;

    if (!loop)
        skip();
    app = gale_app_new(routes, NULL);
    assert_non_null(app);
    assert_int_equal(serve(loop, app), 0);
    if (is_loop_first)
        gale_ioloop_free(loop);
    gale_app_free(app);
    if (!is_loop_first)
        gale_ioloop_free(loop);
}

static void twenty_lives_with_epoll(void **state)
{
    for (int i = 0; i < LIVES; i++)
        live("epoll", i % 2);
}

static void twenty_lives_with_io_uring(void **state)
{
    for (int i = 0; i < LIVES; i++)
        live("io_uring", i % 2);
}

/* A thread with loops of its own, and an application that it shares. */
static void *thread_main(void *app)
{
    static _Thread_local intptr_t r;

    for (int i = 0; i < THREAD_LIVES && r >= 0; i++) {
        gale_ioloop *loop = new_loop("epoll");

        r = loop ? serve(loop, app) : -1;
        gale_ioloop_free(loop);
    }
    return (void *)r;
}

static void one_application_on_two_threads(void **state)
{
    gale_app *app = gale_app_new(routes, NULL);
    pthread_t threads[2];

    assert_non_null(app);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, thread_main, app), 0);
    for (int i = 0; i < 2; i++) {
        void *r;

        assert_int_equal(pthread_join(threads[i], &r), 0);
        assert_int_equal((intptr_t)r, 0);
    }
    gale_app_free(app);
}

static void *thread_alone(void *arg)
{
    gale_app *app = gale_app_new(routes, NULL);
    void *r = app ? thread_main(app) : (void *)(intptr_t)-1;

    (void)arg;
    gale_app_free(app);
    return r;
}

static void an_application_on_each_of_two_threads(void **state)
{
    pthread_t threads[2];

    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, thread_alone, NULL), 0);
    for (int i = 0; i < 2; i++) {
        void *r;

        assert_int_equal(pthread_join(threads[i], &r), 0);
        assert_int_equal((intptr_t)r, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(twenty_lives_with_epoll),
        cmocka_unit_test(twenty_lives_with_io_uring),
        cmocka_unit_test(one_application_on_two_threads),
        cmocka_unit_test(an_application_on_each_of_two_threads),
    };

    alarm(100);
    gale_log_set_level(NULL, GALE_LOG_NONE);
    return cmocka_run_group_tests_name("lives", tests, NULL, NULL) != 0;
}

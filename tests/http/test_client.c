/* test_client.c - clients as objects: options, the loop's own, requests of other versions' sizes,
 * no allocation once warm, two hundred fetches that end with their loop.
 *
 * Server and client share a loop.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gale/gen.h>
#include <gale/httpclient.h>
#include <gale/httpserver.h>
#include <gale/ioloop.h>

#include "base/alloc.h"

enum { WARM = 100, STEADY = 300 };

struct world {
    gale_ioloop *loop;
    gale_httpserver *server;
    char url[64];
    size_t n_answered;
    bool silent; /* the server waits */
};

static int respond(gale_request *request, void *arg)
{
    const struct world *w = arg;

    if (w->silent)
        return gale_sleep(30);
    return gale_http_respond(request, 200, "text/plain", "Hello, world", 12);
}

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    int port;

    assert_non_null(w);
    w->loop = gale_ioloop_new(NULL);
    assert_non_null(w->loop);
    gale_ioloop_make_current(w->loop);
    w->server = gale_httpserver_new(respond, w, NULL);
    assert_non_null(w->server);
    port = gale_httpserver_listen(w->server, 0, "127.0.0.1");
    assert_true(port > 0);
    snprintf(w->url, sizeof(w->url), "http://127.0.0.1:%d/", port);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    gale_httpserver_free(w->server);
    gale_ioloop_free(w->loop);
    free(w);
    return 0;
}

static void run(struct world *w, int (*fn)(void *arg))
{
    int r = gale_ioloop_run_sync(w->loop, fn, w, 20);

    if (r < 0)
        fail_msg("%s", gale_strerror(r));
}

static int fetch_hello(void *arg)
{
    struct world *w = arg;
    gale_http_response *response;
    int r = gale_fetch(w->url, NULL, &response);

    if (r < 0)
        return r;
    w->n_answered++;
    assert_string_equal(response->body.ptr, "Hello, world");
    return 0;
}

static int fetch_many(void *arg)
{
    unsigned long before = 0;

    for (int i = 0; i < WARM + STEADY; i++) {
        gale_future *future;
        int r;

        if (i == WARM)
            before = gale__alloc_count();
        future = gale_spawn(fetch_hello, arg);
        r = future ? gale_join(&future) : -ENOMEM;
        if (r < 0)
            return r;
    }
    assert_int_equal(gale__alloc_count() - before, 0);
    return 0;
}

static void test_no_allocation_once_warm(void **state)
{
    run(*state, fetch_many);
}

static void fetched(int code, gale_http_response *response, void *arg)
{
    struct world *w = arg;

    assert_int_equal(code, 0);
    assert_int_equal(response->status, 200);
    if (++w->n_answered == WARM)
        gale_ioloop_stop(w->loop);
    else
        assert_int_equal(gale_fetch_callback(NULL, w->url, NULL, fetched, w), 0);
}

static void test_callbacks_need_no_coroutine(void **state)
{
    struct world *w = *state;

    assert_int_equal(gale_fetch_callback(NULL, w->url, NULL, fetched, w), 0);
    assert_true(gale_ioloop_run(w->loop) >= 0);
    assert_int_equal(w->n_answered, WARM);
}

static int fetch_of_other_sizes(void *arg)
{
    struct {
        gale_http_request known;
        char later[64]; /* fields of a later version */
    } larger = { .known = { .raise_error = GALE_ON } };
    const struct world *w = arg;
    gale_http_response *response;
    int r;

    memset(larger.later, 0xff, sizeof(larger.later));
    r = gale_fetch_sized(NULL, w->url, &larger.known, sizeof(larger), &response);
    if (r >= 0) /* one that ends before the fields that would be refused */
        r = gale_fetch_sized(NULL, w->url, &(gale_http_request){ .method = "GET", .auth_mode = 99 },
                             offsetof(gale_http_request, headers), &response);
    return r;
}

static void test_requests_of_other_sizes(void **state)
{
    run(*state, fetch_of_other_sizes);
}

static void test_the_default_client(void **state)
{
    struct world *w = *state;
    gale_http_client_stats stats;
    const gale_http_client *client = gale_http_client_default();

    assert_ptr_equal(client, gale_http_client_default());
    assert_int_equal(
        gale_http_client_configure(&(gale_http_client_options){ .max_idle = GALE_OFF }), 0);
    client = gale_http_client_default();
    run(w, fetch_hello);
    gale_http_client_get_stats(client, &stats);
    assert_int_equal(stats.idle, 0);
    assert_int_equal(stats.connects, 1);
    assert_int_equal(gale_http_client_configure(NULL), GALE_ESTATE);
}

static void test_refused_options(void **state)
{
    (void)state;
    assert_null(gale_http_client_new(&(gale_http_client_options){ .max_clients = -7 }));
    assert_non_null(strstr(gale_strerror(GALE_EINVAL), "max_clients"));
    assert_null(gale_http_client_new(&(gale_http_client_options){ .idle_timeout = -1 }));
    assert_non_null(strstr(gale_strerror(GALE_EINVAL), "idle_timeout"));
    gale_http_client_free(NULL);
}

static void never(int code, gale_http_response *response, void *arg)
{
    assert_true(code < 0);
    assert_null(response);
    ++*(size_t *)arg;
}

static int start_and_leave(void *arg)
{
    struct world *w = arg;

    for (int i = 0; i < 200; i++)
        if (gale_fetch_callback(NULL, w->url, NULL, never, &w->n_answered) < 0)
            return -ENOMEM;
    return gale_sleep(0.02);
}

static void test_a_loop_that_goes_ends_its_fetches(void **state)
{
    struct world *w = *state;

    w->silent = true;
    run(w, start_and_leave);
    gale_httpserver_free(w->server);
    w->server = NULL;
    gale_ioloop_free(w->loop);
    w->loop = NULL;
    assert_int_equal(w->n_answered, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_no_allocation_once_warm, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_callbacks_need_no_coroutine, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_requests_of_other_sizes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_default_client, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused_options, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_loop_that_goes_ends_its_fetches, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

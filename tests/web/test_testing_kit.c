/* test_testing_kit.c - <gale/testing.h> by itself: it sees what it says, and says what it saw. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gale/json.h>
#include <gale/testing.h>

/* What the handlers have seen. */
static struct {
    int gone, finished;
    int result;
    size_t got;
} seen;

static int hello_get(gale_handler *self)
{
    return gale_write(self, "Hello");
}

static int echo_post(gale_handler *self)
{
    const gale_request *request = gale_handler_request(self);
    const char *type = gale_request_header(request, "Content-Type");

    gale_set_header(self, "X-Type", type ? type : "none");
    seen.got = request->body.len;
    return gale_write_bytes(self, request->body.ptr, request->body.len);
}

static int about_get(gale_handler *self)
{
    const gale_request *request = gale_handler_request(self);

    return gale_printf(self, "%s %s %s", gale_request_remote_ip(request),
                       gale_request_host(request), request->uri);
}

static int cookie_get(gale_handler *self)
{
    const char *set = gale_get_argument(self, "set", NULL);

    if (set)
        gale_add_header(self, "Set-Cookie", set);
    return gale_write(self, gale_request_header(gale_handler_request(self), "Cookie")
                                ? gale_request_header(gale_handler_request(self), "Cookie")
                                : "none");
}

static int nap_get(gale_handler *self)
{
    double seconds = strtod(gale_get_argument(self, "s", "5"), NULL);

    seen.result = gale_sleep(seconds);
    if (seen.result < 0)
        return seen.result;
    return gale_printf(self, "slept, %.0f", gale_request_time(gale_handler_request(self)));
}

static void nap_gone(gale_handler *self)
{
    seen.gone++;
}

static void nap_finish(gale_handler *self)
{
    seen.finished++;
}

static int add(void *arg)
{
    *(int *)arg += 1;
    return 0;
}

static int executor_get(gale_handler *self)
{
    int n = 1;
    int r = gale_ioloop_run_in_executor(gale_ioloop_current(), add, &n);

    return r < 0 ? r : gale_printf(self, "%d", n);
}

static int fail_get(gale_handler *self)
{
    return gale_err(GALE_ESTATE, "the disk is full");
}

static int user_get(gale_handler *self)
{
    gale_str user = gale_get_signed_cookie(self, "user", 0);

    return user.ptr ? gale_printf(self, "hello %s", user.ptr) : gale_fail(self, 403, NULL);
}

static int fail_later(void *arg)
{
    (void)gale_sleep(3600);
    return gale_err(GALE_EPROTO, "nobody is left to hear it");
}

/* Leaves a coroutine behind. */
static int leak_get(gale_handler *self)
{
    gale_future *future = gale_spawn(fail_later, NULL);

    if (!future)
        return -ENOMEM;
    gale_detach(&future);
    return 0;
}

static int away_get(gale_handler *self)
{
    gale_add_header(self, "Set-Cookie", "way=1");
    return gale_redirect(self, "/about");
}

static int never(gale_handler *self)
{
    return 0;
}

static int finish_later(void *arg)
{
    (void)gale_sleep(3600);
    (void)gale_finish(arg);
    return 0;
}

static int later_get(gale_handler *self)
{
    return gale_ioloop_spawn_callback(gale_ioloop_current(), finish_later, self);
}

static const gale_handler_class hello = { .get = hello_get };
static const gale_handler_class echo = { .post = echo_post };
static const gale_handler_class about = { .get = about_get };
static const gale_handler_class cookie = { .get = cookie_get };
static const gale_handler_class nap = { .get = nap_get,
                                        .on_connection_close = nap_gone,
                                        .on_finish = nap_finish };
static const gale_handler_class short_nap = { .parent = &nap, .cancel_on_close = GALE_ON };
static const gale_handler_class executor = { .get = executor_get };
static const gale_handler_class failing = { .get = fail_get };
static const gale_handler_class user = { .get = user_get };
static const gale_handler_class leak = { .get = leak_get };
static const gale_handler_class unfinished = {
    .get = never, .delete_ = never, .on_finish = nap_finish, .asynchronous = GALE_ON
};
static const gale_handler_class later = { .parent = &unfinished, .get = later_get };
static const gale_handler_class away = { .get = away_get };

static gale_app *make_app(void)
{
    memset(&seen, 0, sizeof(seen));
    return gale_app_new(
        (gale_route[]){
            { .url = "/", .handler = &hello },
            { .url = "/echo", .handler = &echo },
            { .url = "/about", .handler = &about },
            { .url = "/cookie", .handler = &cookie },
            { .url = "/nap", .handler = &nap },
            { .url = "/short", .handler = &short_nap },
            { .url = "/executor", .handler = &executor },
            { .url = "/fail", .handler = &failing },
            { .url = "/away", .handler = &away },
            { .url = "/never", .handler = &unfinished },
            { .url = "/later", .handler = &later },
            { .url = "/user", .handler = &user },
            { .url = "/leak", .handler = &leak },
            { 0 },
        },
        &(gale_settings){ .cookie_secret = "it is none" });
}

static gale_test *new_test(const gale_test_options *options)
{
    gale_test *test = gale_test_new(make_app(), options);

    if (!test)
        fail_msg("%s", gale_strerror(gale_test_error()));
    return test;
}

static void end_test(gale_test *test)
{
    int r = gale_test_free(test);

    if (r < 0)
        fail_msg("%s", gale_strerror(r));
}

static void assert_body(const gale_http_response *response, const char *text)
{
    assert_string_equal(response->body.ptr, text);
    assert_int_equal(response->body.len, strlen(text));
}

/* Each of the ways to run a test. */
static const gale_test_options ways[] = { { 0 }, { .listen = GALE_ON }, { .fake_clock = GALE_ON } };
enum { N_WAYS = sizeof(ways) / sizeof(ways[0]) };

static void check_requests(gale_test *test)
{
    gale_http_response *response;

    assert_int_equal(gale_test_get(test, "/", &response), 200);
    assert_body(response, "Hello");
    assert_non_null(gale_http_response_header(response, "etag"));
    assert_int_equal(gale_test_get(test, "/nothing", NULL), 404);
    assert_int_equal(gale_test_post(test, "/echo", "a=b&c", &response), 200);
    assert_body(response, "a=b&c");
    assert_string_equal(gale_http_response_header(response, "X-Type"),
                        "application/x-www-form-urlencoded");
    assert_int_equal(gale_test_post_json(test, "/echo", json_pack("{s:i}", "n", 1), &response),
                     200);
    assert_body(response, "{\"n\": 1}");
    assert_int_equal(gale_test_post_json(test, "/echo", NULL, NULL), GALE_EINVAL);
    assert_int_equal(
        gale_test_fetch(test, "/", &(gale_http_request){ .method = "HEAD" }, &response), 200);
    assert_body(response, "");
    assert_int_equal(gale_test_get(test, "/executor", &response), 200);
    assert_body(response, "2");
}

static void test_requests_in_each_way(void **state)
{
    for (int i = 0; i < N_WAYS; i++) {
        gale_test *test = new_test(&ways[i]);

        check_requests(test);
        end_test(test);
    }
}

static void test_over_tls(void **state)
{
    const gale_test_options options = { .listen = GALE_ON, .tls = GALE_ON };
    gale_test *test = new_test(&options);
    gale_str reply = { NULL, 0 };
    char url[64];

    check_requests(test);
    snprintf(url, sizeof(url), "https://localhost:%d/", gale_test_port(test));
    assert_int_equal(gale_test_get(test, url, NULL), 200);
    assert_int_equal(strncmp(gale_test_url(test, "/"), "https://127.0.0.1:", 18), 0);
    assert_int_equal(gale_test_raw(test, (gale_str){ "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 27 }, -1,
                                   GALE_TEST_STAY, &reply),
                     0);
    assert_int_equal(strncmp(reply.ptr, "HTTP/1.1 200", 12), 0);
    end_test(test);
    assert_null(gale_test_new(make_app(), &(gale_test_options){ .tls = GALE_ON }));
    assert_int_equal(gale_test_error(), GALE_EINVAL);
}

static void test_urls(void **state)
{
    gale_test *test = new_test(NULL);
    gale_http_response *response;
    char url[64];

    assert_int_equal(gale_test_port(test), 0);
    assert_string_equal(gale_test_url(test, "/x"), "http://test/x");
    assert_int_equal(gale_test_get(test, "/about?q", &response), 200);
    assert_body(response, "127.0.0.1 test /about?q");
    assert_int_equal(gale_test_get(test, "http://shop.example:81/about", &response), 200);
    assert_body(response, "127.0.0.1 shop.example:81 /about");
    assert_int_equal(gale_test_get(test, "https://shop.example/", NULL), GALE_EINVAL);
    assert_int_equal(gale_test_get(test, "ftp://shop.example/", NULL), GALE_EINVAL);
    assert_non_null(strstr(gale_strerror(GALE_EINVAL),
                           "ftp://shop.example/: the URL does not begin with http://"));
    assert_int_equal(gale_test_get(test, "/?to=ftp://shop.example/", NULL), 200);
    end_test(test);

    test = new_test(&(gale_test_options){ .listen = GALE_ON });
    assert_true(gale_test_port(test) > 0);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/x", gale_test_port(test));
    assert_string_equal(gale_test_url(test, "/x"), url);
    end_test(test);
}

static void test_large_bodies(void **state)
{
    enum { SIZE = 3000000 };
    char *text = malloc(SIZE + 1);

    assert_non_null(text);
    memset(text, 'x', SIZE);
    text[SIZE] = 0;
    for (int i = 0; i < N_WAYS; i++) {
        gale_test *test = new_test(&ways[i]);
        gale_http_response *response;

        assert_int_equal(gale_test_post(test, "/echo", text, &response), 200);
        assert_int_equal(response->body.len, SIZE);
        assert_memory_equal(response->body.ptr, text, SIZE);
        end_test(test);
    }
    free(text);
}

static void test_redirects_are_shown_or_followed(void **state)
{
    gale_test *test = new_test(NULL);
    gale_http_response *response;

    assert_int_equal(gale_test_get(test, "/away", &response), 302);
    assert_string_equal(gale_http_response_header(response, "Location"), "/about");
    end_test(test);
    test = new_test(&(gale_test_options){ .follow_redirects = GALE_ON });
    assert_int_equal(gale_test_get(test, "/away", &response), 200);
    assert_string_equal(response->effective_url, "http://test/about");
    assert_string_equal(gale_test_cookie(test, "way"), "1");
    end_test(test);
}

/* --- cookies */

static void test_jar(void **state)
{
    gale_test *test = new_test(NULL);
    gale_http_response *response;

    assert_int_equal(gale_test_get(test, "/cookie?set=a=1;+Path=/;+HttpOnly", &response), 200);
    assert_body(response, "none");
    assert_string_equal(gale_test_cookie(test, "a"), "1");
    assert_null(gale_test_cookie(test, "b"));
    assert_int_equal(gale_test_get(test, "/cookie?set=b=\"x\\040y\";+Secure", &response), 200);
    assert_body(response, "a=1");
    assert_string_equal(gale_test_cookie(test, "b"), "x y");
    assert_int_equal(gale_test_get(test, "/cookie?set=a=2", &response), 200);
    assert_body(response, "a=1; b=\"x\\040y\"");
    assert_string_equal(gale_test_cookie(test, "a"), "2");
    assert_int_equal(gale_test_get(test, "/cookie?set=a=;+Max-Age=0", NULL), 200);
    assert_null(gale_test_cookie(test, "a"));
    assert_int_equal(
        gale_test_get(test, "/cookie?set=b=;+expires=Thu,+01+Jan+1970+00:00:00+GMT", NULL), 200);
    assert_null(gale_test_cookie(test, "b"));

    assert_int_equal(gale_test_set_cookie(test, "own", "o; p"), 0);
    assert_int_equal(gale_test_get(test, "/cookie", &response), 200);
    assert_body(response, "own=\"o\\073\\040p\"");
    assert_int_equal(gale_test_set_cookie(test, "o p", "x"), GALE_EINVAL);
    gale_test_clear_cookies(test);
    assert_int_equal(gale_test_get(test, "/cookie", &response), 200);
    assert_body(response, "none");
    end_test(test);
}

static void test_signed_cookie(void **state)
{
    gale_test *test = new_test(NULL);

    assert_int_equal(gale_test_get(test, "/user", NULL), 403);
    assert_int_equal(gale_test_set_signed_cookie(test, "user", "ann"), 0);
    assert_int_equal(gale_test_expect(test, gale_test_get(test, "/user", NULL), 200, "hello ann$"),
                     0);
    end_test(test);
}

static void test_expectations_say_what_came(void **state)
{
    gale_test *test = new_test(NULL);

    assert_int_equal(gale_test_expect(test, gale_test_get(test, "/", NULL), 200, "H.*o"), 0);
    assert_int_equal(gale_test_expect(test, gale_test_get(test, "/away", NULL), 302, NULL), 0);
    assert_int_equal(gale_test_expect(test, gale_test_get(test, "/", NULL), 404, NULL),
                     GALE_ESTATE);
    assert_string_equal(gale_strerror(GALE_ESTATE), "GET /: expected 404 \"\", came 200 \"Hello\"");
    assert_int_equal(
        gale_test_expect(test, gale_test_send(test, "PUT", "/echo", NULL, NULL, NULL), 405, "ello"),
        GALE_ESTATE);
    assert_non_null(
        strstr(gale_strerror(GALE_ESTATE), "PUT /echo: expected 405 \"ello\", came 405"));
    assert_int_equal(gale_test_expect(test, gale_test_get(test, "/x", NULL), 200, "x"),
                     GALE_ESTATE);
    assert_non_null(strstr(gale_strerror(GALE_ESTATE), "GET /x: expected 200 \"x\", came "));
    end_test(test);
}

static void test_jar_keeps_to_the_clock(void **state)
{
    gale_test *test = new_test(&(gale_test_options){ .fake_clock = GALE_ON });

    assert_int_equal(gale_test_get(test, "/cookie?set=a=1;+Max-Age=60", NULL), 200);
    assert_int_equal(gale_test_advance(test, 59), 0);
    assert_string_equal(gale_test_cookie(test, "a"), "1");
    assert_int_equal(gale_test_advance(test, 2), 0);
    assert_null(gale_test_cookie(test, "a"));
    end_test(test);
}

static void test_no_jar(void **state)
{
    gale_test *test = new_test(&(gale_test_options){ .cookies = GALE_OFF });
    gale_http_response *response;

    assert_int_equal(gale_test_get(test, "/cookie?set=a=1", NULL), 200);
    assert_int_equal(gale_test_get(test, "/cookie", &response), 200);
    assert_body(response, "none");
    end_test(test);
}

/* --- time */

static void test_fake_clock(void **state)
{
    gale_test *test = new_test(&(gale_test_options){ .fake_clock = GALE_ON });
    gale_test_pending *first = gale_test_begin(test, "/nap?s=100", NULL);
    gale_test_pending *second = gale_test_begin(test, "/nap?s=10", NULL);
    gale_http_response *response;

    assert_int_equal(gale_test_advance(test, 50), 0);
    assert_int_equal(seen.finished, 1);
    assert_int_equal(gale_test_end(second, &response), 200);
    assert_body(response, "slept, 10");
    assert_int_equal(gale_test_advance(test, 50), 0);
    assert_int_equal(gale_test_end(first, &response), 200);
    assert_body(response, "slept, 100");
    assert_true(response->request_time >= 100 && response->request_time < 101);
    end_test(test);
}

static void test_limits_of_the_server_follow_the_clock(void **state)
{
    gale_test *test = new_test(&(gale_test_options){ .fake_clock = GALE_ON });
    gale_str half = { "GET / HTTP/1.1\r\nHost", 20 }, reply;
    gale_test_pending *slow = gale_test_begin_raw(test, half, -1, GALE_TEST_STAY);

    assert_non_null(slow);
    assert_int_equal(gale_test_advance(test, 15), 0);
    assert_int_equal(gale_test_advance(test, 15), 0);
    assert_int_equal(gale_test_end_raw(slow, &reply), 0);
    assert_memory_equal(reply.ptr, "HTTP/1.1 408 ", 13);
    end_test(test);
}

static void test_clock_that_is_real(void **state)
{
    gale_test *test = new_test(NULL);

    assert_int_equal(gale_test_advance(test, 1), GALE_ESTATE);
    assert_int_equal(gale_test_get(test, "/nap?s=0.01", NULL), 200);
    end_test(test);
    assert_null(gale_test_new(make_app(),
                              &(gale_test_options){ .listen = GALE_ON, .fake_clock = GALE_ON }));
    assert_int_equal(gale_test_error(), GALE_EINVAL);
}

static void test_seconds_that_are_none(void **state)
{
    static const double bad[] = { -1, -1e-9, 1e300, INFINITY, -INFINITY, NAN };
    gale_test *test = new_test(&(gale_test_options){ .fake_clock = GALE_ON });
    double now = gale_ioloop_time(gale_test_loop(test));

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(gale_test_advance(test, bad[i]), GALE_EINVAL);
    assert_true(gale_ioloop_time(gale_test_loop(test)) == now);
    assert_int_equal(gale_test_advance(test, 0), 0);
    assert_int_equal(gale_test_advance(test, 3e9), 0);
    assert_int_equal(gale_test_get(test, "/", NULL), 200);
    end_test(test);
}

/* --- hanging */

static void test_hanging_handler_is_named(void **state)
{
    gale_test *test = new_test(&(gale_test_options){ .timeout = 0.05 });

    assert_int_equal(gale_test_get(test, "/nap?s=3600", NULL), GALE_ETIMEDOUT);
    assert_string_equal(gale_strerror(GALE_ETIMEDOUT),
                        "GET /nap?s=3600: not done within 0.05 seconds");
    assert_int_equal(gale_test_free(test), GALE_ESTATE);
    assert_non_null(
        strstr(gale_strerror(GALE_ESTATE), "requests still being handled: 1: GET /nap?s=3600"));

    test = new_test(&(gale_test_options){ .fake_clock = GALE_ON });
    assert_int_equal(gale_test_get(test, "/short", NULL), GALE_ETIMEDOUT);
    assert_string_equal(gale_strerror(GALE_ETIMEDOUT),
                        "GET /short: not done, and nothing happens while the clock stands still");
    end_test(test); /* its handler was cancelled when the client went away */
}

static void test_what_is_left_behind_is_named(void **state)
{
    gale_test *test = new_test(NULL);

    assert_non_null(gale_test_begin(test, "/nap", NULL));
    assert_int_equal(gale_test_free(test), GALE_ESTATE);
    assert_string_equal(gale_strerror(GALE_ESTATE),
                        "left behind, without gale_test_end(): GET /nap");

    test = new_test(&(gale_test_options){ .fake_clock = GALE_ON });
    assert_int_equal(gale_test_raw(test, (gale_str){ "GET /nap HTTP/1.1\r\nHost: x\r\n\r\n", 30 },
                                   -1, GALE_TEST_CLOSE, NULL),
                     0);
    assert_int_equal(gale_test_free(test), GALE_ESTATE);
    assert_string_equal(gale_strerror(GALE_ESTATE), "requests still being handled: 1: GET /nap");
}

/* They are ended too: nothing of them stays in memory. */
static void test_asynchronous_handlers_that_never_finish_are_named(void **state)
{
    for (int i = 0; i < N_WAYS; i++) {
        gale_test_options options = ways[i];
        gale_test *test;

        options.timeout = 0.05;
        test = new_test(&options);
        assert_int_equal(gale_test_get(test, "/never?a", NULL), GALE_ETIMEDOUT);
        assert_int_equal(gale_test_send(test, "DELETE", "/never", NULL, NULL, NULL),
                         GALE_ETIMEDOUT);
        assert_int_equal(gale_test_get(test, "/", NULL), 200);
        assert_int_equal(gale_test_free(test), GALE_ESTATE);
        assert_string_equal(gale_strerror(GALE_ESTATE),
                            "requests still being handled: 2: GET /never?a, DELETE /never");
        assert_int_equal(seen.finished, 2);
    }
}

/* The client is still there; what would have completed the handler is cancelled before it ends. */
static void test_asynchronous_handler_that_would_finish_later(void **state)
{
    gale_test *test = new_test(&(gale_test_options){ .fake_clock = GALE_ON });

    assert_non_null(gale_test_begin(test, "/later", NULL));
    assert_int_equal(gale_test_free(test), GALE_ESTATE);
    assert_string_equal(gale_strerror(GALE_ESTATE),
                        "left behind, without gale_test_end(): GET /later");
    assert_int_equal(seen.finished, 1);
}

/* --- log */

static void test_expected_lines(void **state)
{
    gale_test *test = new_test(NULL);

    assert_int_equal(
        gale_test_expect_log(test, &gale_log_application, GALE_LOG_ERROR, ".*the disk is full"), 0);
    assert_int_equal(gale_test_get(test, "/fail", NULL), 500);
    end_test(test);
}

static void test_line_that_does_not_come(void **state)
{
    gale_test *test = new_test(NULL);

    assert_int_equal(gale_test_expect_log(test, NULL, GALE_LOG_INFO, "200 GET /never"), 0);
    assert_int_equal(gale_test_expect_log(test, NULL, GALE_LOG_INFO, "GET"),
                     0); /* not at its start */
    assert_int_equal(gale_test_get(test, "/", NULL), 200);
    assert_int_equal(gale_test_free(test), GALE_ENOTFOUND);
    assert_non_null(
        strstr(gale_strerror(GALE_ENOTFOUND),
               "expected a log line \"200 GET /never\"; came: \"200 GET / (127.0.0.1)"));
}

/* What is said to have come is what might have been meant. */
static void test_lines_of_another_kind_are_not_shown(void **state)
{
    gale_test *test = new_test(NULL);

    assert_int_equal(gale_test_expect_log(test, NULL, GALE_LOG_ERROR, ".*the disk is empty"), 0);
    assert_int_equal(gale_test_get(test, "/fail", NULL), 500);
    assert_int_equal(gale_test_free(test), GALE_ENOTFOUND);
    assert_non_null(strstr(gale_strerror(GALE_ENOTFOUND), "came: \"Uncaught failure GET /fail"));

    test = new_test(NULL);
    assert_int_equal(gale_test_expect_log(test, &gale_log_general, GALE_LOG_ERROR, "x"), 0);
    assert_int_equal(gale_test_get(test, "/fail", NULL), 500);
    assert_int_equal(gale_test_free(test), GALE_ENOTFOUND);
    assert_non_null(strstr(gale_strerror(GALE_ENOTFOUND),
                           "expected a log line \"x\"; none of its level and logger came"));
}

static void test_line_that_nobody_expects(void **state)
{
    gale_test *test = new_test(NULL);

    assert_int_equal(gale_test_get(test, "/fail", NULL), 500);
    assert_int_equal(gale_test_free(test), GALE_ESTATE);
    assert_non_null(strstr(gale_strerror(GALE_ESTATE), "of level ERROR that nobody expected"));
    assert_non_null(strstr(gale_strerror(GALE_ESTATE), "the disk is full"));
}

/* Tornado: a coroutine that fails after the test fails the test. */
static void test_coroutine_that_outlives_its_test(void **state)
{
    gale_test *test = new_test(NULL);

    assert_int_equal(gale_test_get(test, "/leak", NULL), 200);
    assert_int_equal(gale_test_free(test), GALE_ESTATE);
    assert_non_null(strstr(gale_strerror(GALE_ESTATE), "nobody is left to hear it"));
}

static void test_timeout_from_the_environment(void **state)
{
    gale_test *test;

    setenv("GALE_TEST_TIMEOUT", "0.01", 1);
    test = new_test(NULL);
    unsetenv("GALE_TEST_TIMEOUT");
    assert_int_equal(gale_test_get(test, "/short?s=3600", NULL), GALE_ETIMEDOUT);
    assert_string_equal(gale_strerror(GALE_ETIMEDOUT),
                        "GET /short?s=3600: not done within 0.01 seconds");
    end_test(test);
}

static int n_lines;

static void count_line(void *arg, const gale_log_record *record)
{
    n_lines++;
}

static void test_sink_of_the_host_stays(void **state)
{
    gale_test *test;

    n_lines = 0;
    gale_log_set_sink(count_line, NULL);
    test = new_test(NULL);
    assert_int_equal(gale_test_get(test, "/", NULL), 200);
    assert_int_equal(n_lines, 1); /* the access line */
    assert_int_equal(gale_test_expect_log(test, &gale_log_access, GALE_LOG_INFO, "200"), 0);
    assert_int_equal(gale_test_get(test, "/", NULL), 200);
    assert_int_equal(n_lines, 1);
    end_test(test);
    gale_log(&gale_log_general, GALE_LOG_INFO, "after");
    assert_int_equal(n_lines, 2);
    gale_log_set_sink(NULL, NULL);
}

static void test_bad_pattern(void **state)
{
    gale_test *test = new_test(NULL);

    assert_int_equal(gale_test_expect_log(test, NULL, GALE_LOG_INFO, "("), GALE_EINVAL);
    end_test(test);
}

/* --- raw clients */

static gale_str text(const char *s)
{
    return (gale_str){ s, strlen(s) };
}

static void test_raw_exchange(void **state)
{
    static const char two[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
                              "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                              "3\r\nabc\r\n0\r\n\r\n";

    for (int i = 0; i < N_WAYS; i++) {
        gale_test *test = new_test(&ways[i]);
        gale_str reply;

        assert_int_equal(gale_test_raw(test, text(two), -1, GALE_TEST_STAY, &reply), 0);
        assert_memory_equal(reply.ptr, "HTTP/1.1 200 OK\r\n", 17);
        assert_string_equal(reply.ptr + reply.len - 7, "\r\n\r\nabc");
        assert_int_equal(gale_test_raw(test, text("BAD\r\n\r\n"), -1, GALE_TEST_STAY, &reply), 0);
        assert_memory_equal(reply.ptr, "HTTP/1.1 400 ", 13);
        assert_int_equal(gale_test_raw(test, text("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), -1,
                                       GALE_TEST_HALF_CLOSE, &reply),
                         0);
        assert_string_equal(reply.ptr + reply.len - 5, "Hello");
        end_test(test);
    }
}

static void test_raw_in_no_manner(void **state)
{
    gale_test *test = new_test(NULL);
    const gale_str get = text("GET / HTTP/1.1\r\nHost: x\r\n\r\n");

    assert_int_equal(gale_test_raw(test, get, -1, (enum gale_test_leave)9, NULL), GALE_EINVAL);
    assert_non_null(strstr(gale_strerror(GALE_EINVAL), "leave is 9"));
    assert_int_equal(gale_test_raw(test, get, -2, GALE_TEST_CLOSE, NULL), GALE_EINVAL);
    assert_non_null(strstr(gale_strerror(GALE_EINVAL), "sent is -2"));
    end_test(test);
}

/* At each byte, in each manner: the server goes on, and handles what was whole. */
static void test_client_leaves_at_each_byte(void **state)
{
    static const char post[] = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody";

    for (int way = 0; way < N_WAYS; way++) {
        gale_test *test = new_test(&ways[way]);

        for (int64_t n = 0; n <= (int64_t)strlen(post); n += way == 1 ? 9 : 1)
            for (int leave = GALE_TEST_HALF_CLOSE; leave <= GALE_TEST_RESET; leave++) {
                bool whole = n == (int64_t)strlen(post);

                seen.got = 0;
                assert_int_equal(gale_test_raw(test, text(post), n, leave, NULL), 0);
                assert_int_equal(seen.got, whole ? 4 : 0);
            }
        assert_int_equal(gale_test_get(test, "/", NULL), 200);
        end_test(test);
    }
}

static void test_client_leaves_while_it_is_served(void **state)
{
    static const char get[] = "GET /short?s=3600 HTTP/1.1\r\nHost: x\r\n\r\n";

    for (int way = 0; way < N_WAYS; way++)
        for (int leave = GALE_TEST_CLOSE; leave <= GALE_TEST_RESET; leave++) {
            gale_test *test = new_test(&ways[way]);

            assert_int_equal(gale_test_raw(test, text(get), -1, leave, NULL), 0);
            assert_int_equal(seen.gone, 1);
            assert_int_equal(seen.result, GALE_ECANCELED);
            assert_int_equal(seen.finished, 1);
            end_test(test);
        }
}

/* --- coroutines */

static int fetch_both(void *arg)
{
    gale_test *test = arg;
    gale_http_response *response;
    int r = gale_test_get(test, "/", &response);

    if (r < 0)
        return r;
    assert_body(response, "Hello");
    return gale_test_get(test, "/nothing", NULL);
}

static int fetch_really(void *arg)
{
    gale_test *test = arg;
    gale_http_response *response;
    int r = gale_fetch(gale_test_url(test, "/about"), NULL, &response);

    return r < 0 ? r : response->status;
}

static int fail_so(void *arg)
{
    return gale_err(GALE_EPROTO, "so");
}

static void test_run(void **state)
{
    gale_test *test = new_test(&(gale_test_options){ .listen = GALE_ON });

    assert_int_equal(gale_test_run(test, fetch_both, test), 404);
    assert_int_equal(gale_test_run(test, fetch_really, test), 200);
    assert_int_equal(gale_test_run(test, fail_so, NULL), GALE_EPROTO);
    assert_string_equal(gale_strerror(GALE_EPROTO), "so");
    end_test(test);
}

/* --- faults */

static void test_each_allocation_fails_once(void **state)
{
    gale_test *test = new_test(NULL);
    int64_t needed;
    int failures = 0;

    /* Steady: what is kept for good is there. */
    assert_int_equal(gale_test_get(test, "/", NULL), 200);
    gale_test_fail_alloc(0);
    assert_int_equal(gale_test_get(test, "/", NULL), 200);
    needed = gale_test_fail_alloc(0);
    assert_in_range(needed, 1, 200);
    assert_int_equal(gale_test_expect_log(test, NULL, GALE_LOG_INFO, ".*"), 0);
    for (int64_t n = 1; n <= needed; n++) {
        int r;

        gale_test_fail_alloc(n);
        r = gale_test_get(test, "/", NULL);
        failures += r != 200;
        if (r != 200 && r != 503 && r != -ENOMEM && r != GALE_EEOF)
            fail_msg("allocation %d of %d: %d, %s", (int)n, (int)needed, r, gale_strerror(r));
        gale_test_fail_alloc(0);
        assert_int_equal(gale_test_get(test, "/", NULL), 200);
    }
    assert_true(failures > 0);
    end_test(test);
}

static void test_each_system_call_fails_once(void **state)
{
    for (int way = 0; way < N_WAYS; way++) {
        gale_test *test = new_test(&ways[way]);
        int failures = 0;
        int64_t needed;

        assert_int_equal(gale_test_get(test, "/", NULL), 200);
        gale_test_fail_syscall(0, 0);
        assert_int_equal(gale_test_get(test, "/", NULL), 200);
        needed = gale_test_fail_syscall(0, 0);
        assert_in_range(needed, 4, 20);
        for (int64_t n = 1; n <= needed; n++) {
            int r;

            gale_test_fail_syscall(n, ECONNRESET);
            r = gale_test_get(test, "/", NULL);
            failures += r != 200;
            if (r != 200 && r != -ECONNRESET && r != GALE_EEOF && r != -EPIPE)
                fail_msg("call %d of %d: %d, %s", (int)n, (int)needed, r, gale_strerror(r));
            gale_test_fail_syscall(0, 0);
            assert_int_equal(gale_test_get(test, "/", NULL), 200);
        }
        assert_true(failures >= 3);
        end_test(test);
    }
}

/* --- making one */

static void test_bad_application(void **state)
{
    gale_app *app = gale_app_new((gale_route[]){ { .url = "(", .handler = &hello }, { 0 } }, NULL);
    gale_test *test = gale_test_new(app, NULL);

    assert_null(test);
    assert_int_equal(gale_test_error(), GALE_EINVAL);
    assert_non_null(strstr(gale_strerror(gale_test_error()), "route \"(\""));
    assert_int_equal(gale_test_free(NULL), 0);
}

static void *make_none(void *arg)
{
    assert_null(gale_test_new(NULL, NULL));
    assert_int_equal(gale_test_error(), GALE_EINVAL);
    assert_non_null(strstr(gale_strerror(GALE_EINVAL), "the application is NULL"));
    return NULL;
}

/* On a thread where none has failed before. */
static void test_no_application(void **state)
{
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, make_none, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static int end_inside(void *test)
{
    return gale_test_free(test);
}

static void test_ended_in_its_own_coroutine(void **state)
{
    gale_test *test = new_test(NULL);

    assert_int_equal(gale_test_run(test, end_inside, test), GALE_ESTATE);
    assert_non_null(strstr(gale_strerror(GALE_ESTATE), "gale_test_free: not from a coroutine"));
    assert_int_equal(gale_test_get(test, "/", NULL), 200);
    end_test(test);
}

static void test_two_at_once(void **state)
{
    gale_ioloop *own = gale_ioloop_current();
    gale_test *one = new_test(NULL), *two = new_test(&(gale_test_options){ .fake_clock = GALE_ON });

    assert_int_equal(gale_test_get(one, "/", NULL), 200);
    assert_int_equal(gale_test_get(two, "/", NULL), 200);
    assert_int_equal(gale_test_get(one, "/", NULL), 200);
    end_test(two);
    assert_int_equal(gale_test_get(one, "/", NULL), 200);
    end_test(one);
    assert_ptr_equal(gale_ioloop_current(), own);
    gale_ioloop_free(own);
}

static void test_making_one_without_memory(void **state)
{
    int n = 0;
    gale_test *test;

    do {
        gale_app *app = make_app();

        gale_test_fail_alloc(++n);
        test = gale_test_new(app, NULL);
        gale_test_fail_alloc(0);
        if (!test)
            assert_int_equal(gale_test_error(), -ENOMEM);
        else
            end_test(test);
    } while (!test && n < 100);
    assert_in_range(n, 3, 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_in_each_way),
        cmocka_unit_test(test_over_tls),
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_large_bodies),
        cmocka_unit_test(test_redirects_are_shown_or_followed),
        cmocka_unit_test(test_jar),
        cmocka_unit_test(test_signed_cookie),
        cmocka_unit_test(test_expectations_say_what_came),
        cmocka_unit_test(test_jar_keeps_to_the_clock),
        cmocka_unit_test(test_no_jar),
        cmocka_unit_test(test_fake_clock),
        cmocka_unit_test(test_limits_of_the_server_follow_the_clock),
        cmocka_unit_test(test_clock_that_is_real),
        cmocka_unit_test(test_seconds_that_are_none),
        cmocka_unit_test(test_hanging_handler_is_named),
        cmocka_unit_test(test_what_is_left_behind_is_named),
        cmocka_unit_test(test_asynchronous_handlers_that_never_finish_are_named),
        cmocka_unit_test(test_asynchronous_handler_that_would_finish_later),
        cmocka_unit_test(test_expected_lines),
        cmocka_unit_test(test_line_that_does_not_come),
        cmocka_unit_test(test_lines_of_another_kind_are_not_shown),
        cmocka_unit_test(test_line_that_nobody_expects),
        cmocka_unit_test(test_coroutine_that_outlives_its_test),
        cmocka_unit_test(test_timeout_from_the_environment),
        cmocka_unit_test(test_sink_of_the_host_stays),
        cmocka_unit_test(test_bad_pattern),
        cmocka_unit_test(test_raw_exchange),
        cmocka_unit_test(test_raw_in_no_manner),
        cmocka_unit_test(test_client_leaves_at_each_byte),
        cmocka_unit_test(test_client_leaves_while_it_is_served),
        cmocka_unit_test(test_run),
        cmocka_unit_test(test_each_allocation_fails_once),
        cmocka_unit_test(test_each_system_call_fails_once),
        cmocka_unit_test(test_bad_application),
        cmocka_unit_test(test_no_application),
        cmocka_unit_test(test_ended_in_its_own_coroutine),
        cmocka_unit_test(test_two_at_once),
        cmocka_unit_test(test_making_one_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

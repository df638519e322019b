/* test_client_faults.c - gale_fetch when each allocation and each system call fails once.
 *
 * Through the testing kit, over a real port: by name, with a redirect, a produced body, a large
 * one, and pieces handed to a callback. A fetch may then fail, but it ends, keeps nothing, and the
 * next one works.
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

#include <gale/testing.h>

enum { LARGE = 300000, MOST = 600 };

static char large[LARGE];

static int echo_post(gale_handler *self)
{
    gale_str body = gale_handler_request(self)->body;
    int r = gale_write_bytes(self, body.ptr, body.len);

    return r < 0 ? r : gale_flush(self); /* chunked, then */
}

static int away_get(gale_handler *self)
{
    return gale_redirect(self, "/page");
}

static int page_get(gale_handler *self)
{
    return gale_write(self, "page");
}

static const gale_handler_class echo = { .post = echo_post };
static const gale_handler_class away = { .get = away_get };
static const gale_handler_class page = { .get = page_get };

/* A fetch of one kind. */
struct kind {
    gale_test *test;
    const char *host, *path;
    gale_http_request request;
    int pieces;  /* to produce */
    size_t got;  /* by the callback */
    size_t body; /* how large the answer is to be */
};

static int produce(gale_str *piece, void *arg)
{
    struct kind *kind = arg;

    if (kind->pieces == 0)
        return 0;
    kind->pieces--;
    *piece = (gale_str){ large, 50000 };
    return 1;
}

static int take(gale_str piece, void *arg)
{
    struct kind *kind = arg;

    kind->got += piece.len;
    return 0;
}

static int fetch(void *arg)
{
    struct kind *kind = arg;
    gale_http_response *response;
    char url[80];
    int r;

    snprintf(url, sizeof(url), "http://%s:%d%s", kind->host, gale_test_port(kind->test),
             kind->path);
    kind->pieces = 5;
    kind->got = 0;
    kind->request.arg = kind;
    r = gale_fetch(url, &kind->request, &response);
    if (r < 0)
        return r;
    if (response->status == 200)
        assert_int_equal(response->body.len + kind->got, kind->body);
    return response->status;
}

static bool is_possible(int r)
{
    return r == 200 || r == 503 || r == 500 || r == -ENOMEM || r == -ECONNRESET || r == -EPIPE ||
           r == GALE_EEOF || r == GALE_EPROTO || r == GALE_ENOTFOUND || r == -ECONNREFUSED;
}

/* Lets the n-th fail, for n up to where none fails any more. */
static void fail_each(struct kind *kind, int64_t (*arm)(int64_t n))
{
    int64_t n, made;

    for (n = 1; n < MOST; n++) {
        int r;

        arm(n);
        r = gale_test_run(kind->test, fetch, kind);
        made = arm(0);
        if (!is_possible(r))
            fail_msg("%s, %d: %d, %s", kind->path, (int)n, r, gale_strerror(r));
        if (made < n)
            break;
        r = gale_test_run(kind->test, fetch, kind);
        if (r != 200)
            fail_msg("%s, after %d: %d, %s", kind->path, (int)n, r, gale_strerror(r));
    }
    /* A kept connection needs next to nothing. */
    assert_in_range(n, kind->request.no_keep_alive == GALE_ON ? 5 : 1, MOST - 1);
}

static int64_t arm_alloc(int64_t n)
{
    return gale_test_fail_alloc(n);
}

static int64_t arm_syscall(int64_t n)
{
    return gale_test_fail_syscall(n, ECONNRESET);
}

static void check(struct kind *kind)
{
    gale_app *app = gale_app_new((gale_route[]){ { .url = "/echo", .handler = &echo },
                                                 { .url = "/away", .handler = &away },
                                                 { .url = "/page", .handler = &page },
                                                 { 0 } },
                                 NULL);

    kind->test = gale_test_new(app, &(gale_test_options){ .listen = GALE_ON });
    assert_non_null(kind->test);
    assert_int_equal(gale_test_expect_log(kind->test, NULL, GALE_LOG_INFO, ".*"), 0);
    assert_int_equal(gale_test_run(kind->test, fetch, kind), 200);
    fail_each(kind, arm_alloc);
    fail_each(kind, arm_syscall);
    kind->request.no_keep_alive = GALE_ON;
    fail_each(kind, arm_alloc);
    fail_each(kind, arm_syscall);
    assert_int_equal(gale_test_free(kind->test), 0);
}

static void test_redirect_by_name(void **state)
{
    check(&(struct kind){ .host = "localhost", .path = "/away", .body = 4 });
}

static void test_looked_up(void **state)
{
    /* No address for us, but for getaddrinfo(), which asks nobody. */
    check(&(struct kind){ .host = "127.1", .path = "/page", .body = 4 });
}

static void test_large_body(void **state)
{
    check(&(struct kind){ .host = "127.0.0.1",
                          .path = "/echo",
                          .request = { .body = { large, LARGE } },
                          .body = LARGE });
}

static void test_produced_and_streamed(void **state)
{
    check(&(struct kind){ .host = "127.0.0.1",
                          .path = "/echo",
                          .request = { .body_producer = produce, .streaming_callback = take },
                          .body = 250000 });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_redirect_by_name),
        cmocka_unit_test(test_looked_up),
        cmocka_unit_test(test_large_body),
        cmocka_unit_test(test_produced_and_streamed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

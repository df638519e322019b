/* test_shop.c - the testing kit, each part of it once. Any test runner will do: here assert().
 *
 * A test owns the application, a loop and a client. By default nothing of it is real but the code:
 * no port, no waiting.
 */
/* SPDX-License-Identifier: MIT */
#undef NDEBUG
#include <assert.h>
#include <errno.h>
#include <gale/testing.h>
#include <string.h>

#include "shop.h"

static struct shop shop;
static gale_http_response *answer;

static gale_test *new_test(const gale_test_options *options)
{
    gale_test *test;

    shop = (struct shop){ 0 };
    test = gale_test_new(shop_app(&shop), options);
    assert(test);
    return test;
}

/* Says on standard error what came instead; pattern: of the body, from its start. */
static void expect(gale_test *test, int result, int status, const char *pattern)
{
    assert(gale_test_expect(test, result, status, pattern) == 0);
}

/* Requests and answers. */
static void test_page(void)
{
    gale_test *test = new_test(NULL);

    assert(gale_test_get(test, "/", &answer) == 200);
    assert(!strcmp(answer->body.ptr, "0 sold\n"));
    assert(!strncmp(gale_http_response_header(answer, "Content-Type"), "text/html", 9));
    assert(gale_test_get(test, "/cellar", NULL) == 404);
    expect(test, gale_test_get(test, "/", NULL), 200, "[0-9]+ sold");
    assert(gale_test_free(test) == 0);
}

/* The same over a port of 127.0.0.1, for whatever else would like to ask. */
static void test_page_over_a_port(void)
{
    gale_test *test = new_test(&(gale_test_options){ .listen = GALE_ON });

    assert(gale_test_port(test) > 0);
    assert(gale_test_get(test, "/", NULL) == 200);
    assert(gale_test_free(test) == 0);
}

/* The jar keeps what answers set, and sends it along. */
static void test_basket(void)
{
    gale_test *test = new_test(&(gale_test_options){ .follow_redirects = GALE_ON });

    /* It redirects to the basket. */
    expect(test, gale_test_post(test, "/basket", "what=tea", NULL), 200, "tea in the basket");
    assert(!strcmp(gale_test_cookie(test, "basket"), "tea"));
    assert(gale_test_set_cookie(test, "basket", "coffee") == 0);
    expect(test, gale_test_get(test, "/basket", NULL), 200, "coffee in the basket");
    gale_test_clear_cookies(test);
    expect(test, gale_test_get(test, "/basket", NULL), 200, "nothing in the basket");
    assert(gale_test_free(test) == 0);
}

/* An error in the log fails the test, unless it is expected. */
static void test_till(void)
{
    gale_test *test = new_test(NULL);

    assert(gale_test_expect_log(test, &gale_log_application, GALE_LOG_ERROR, ".*till is stuck") ==
           0);
    assert(gale_test_get(test, "/till", NULL) == 500);
    assert(gale_test_free(test) == 0);
}

/* Half a minute passes at once. */
static void test_order(void)
{
    const gale_http_request post = { .method = "POST" };
    gale_test *test = new_test(&(gale_test_options){ .fake_clock = GALE_ON });
    gale_test_pending *order = gale_test_begin(test, "/order", &post);

    assert(gale_test_advance(test, 29) == 0);
    assert(shop.sold == 0);
    assert(gale_test_advance(test, 1) == 0);
    assert(shop.sold == 1);
    expect(test, gale_test_end(order, NULL), 200, "thank you");
    assert(gale_test_free(test) == 0);
}

/* A customer leaves: after each byte of the request, or while the bank is asked. */
static void test_customer_who_leaves(void)
{
    static const char order[] = "POST /order HTTP/1.1\r\nHost: shop\r\nContent-Length: 0\r\n\r\n";
    gale_str bytes = { order, strlen(order) };
    gale_test *test = new_test(&(gale_test_options){ .fake_clock = GALE_ON });

    for (size_t sent = 0; sent <= bytes.len; sent++)
        assert(gale_test_raw(test, bytes, (int64_t)sent, GALE_TEST_RESET, NULL) == 0);
    assert(gale_test_advance(test, 60) == 0);
    assert(shop.sold == 0);
    assert(gale_test_free(test) == 0);
}

/* Each allocation fails once: there may be no answer, but afterwards all is as before. */
static void test_little_memory(void)
{
    gale_test *test = new_test(NULL);
    int64_t needed;

    assert(gale_test_get(test, "/", NULL) == 200);
    gale_test_fail_alloc(0);
    assert(gale_test_get(test, "/", NULL) == 200);
    needed = gale_test_fail_alloc(0); /* so many were there for one request and its client */
    for (int64_t n = 1; n <= needed; n++) {
        gale_test_fail_alloc(n);
        (void)gale_test_get(test, "/", NULL);
        assert(gale_test_fail_alloc(0) >= 1);
        assert(gale_test_get(test, "/", NULL) == 200);
    }
    assert(gale_test_free(test) == 0);
}

/* The same for what the loop asks of the kernel. */
static void test_bad_network(void)
{
    gale_test *test = new_test(NULL);

    for (int64_t n = 1; n <= 4; n++) {
        gale_test_fail_syscall(n, ECONNRESET);
        assert(gale_test_get(test, "/", NULL) < 0);
        gale_test_fail_syscall(0, 0);
        assert(gale_test_get(test, "/", NULL) == 200);
    }
    assert(gale_test_free(test) == 0);
}

int main(void)
{
    test_page();
    test_page_over_a_port();
    test_basket();
    test_till();
    test_order();
    test_customer_who_leaves();
    test_little_memory();
    test_bad_network();
    return 0;
}

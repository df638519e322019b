/* test_http1.c - what well-formed heads give, limits, and that pieces do not matter. */
/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http1_feed.h"

#define GET "GET / HTTP/1.1\r\nHost: a\r\n"
#define POST "POST / HTTP/1.1\r\nHost: a\r\n"

static struct feed f;

/* Parses text in every way; it must be a whole head. */
static void parse_good(const char *text)
{
    feed_init(&f);
    feed_every_way(&f, text, strlen(text));
    if (f.r < 0)
        fail_msg("%d %s for:\n%s", f.head.status, f.head.error, text);
    assert_int_equal(f.r, strlen(text));
    assert_int_equal(f.head.head_len, strlen(text));
}

static void parse_good_response(const char *text)
{
    feed_init(&f);
    f.is_response = true;
    feed_every_way(&f, text, strlen(text));
    if (f.r < 0)
        fail_msg("%d %s for:\n%s", f.head.status, f.head.error, text);
    assert_int_equal(f.r, strlen(text));
}

static void parse_bad(const char *text, int status)
{
    feed_every_way(&f, text, strlen(text));
    assert_int_equal(f.r, -1);
    assert_int_equal(f.head.status, status);
}

static void assert_slice(const char *text, uint32_t off, uint32_t len, const char *expected)
{
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(text + off, expected, len);
}

static void assert_header(const char *text, unsigned i, const char *name, const char *value)
{
    const struct gale__http1_header *h = &f.headers[i];

    assert_true(i < f.head.n_headers);
    assert_slice(text, h->name_off, h->name_len, name);
    assert_slice(text, h->value_off, h->value_len, value);
}

static void test_a_request_is_taken_apart(void **state)
{
    const char *text = "POST /a/b?c=d HTTP/1.1\r\n"
                       "host: example.com:8080\r\n"
                       "X-Own:\t spaced \tout \t\r\n"
                       "Empty:\r\n"
                       "Content-Length: 12\r\n"
                       "x-own: again\r\n"
                       "Accept: \xc3\xa9\xff\r\n"
                       "ACCEPT: two\r\n\r\n";

    parse_good(text);
    assert_slice(text, f.head.method_off, f.head.method_len, "POST");
    assert_int_equal(f.head.method, GALE__METHOD_POST);
    assert_slice(text, f.head.target_off, f.head.target_len, "/a/b?c=d");
    assert_int_equal(f.head.minor_version, 1);
    assert_int_equal(f.head.content_length, 12);
    assert_false(f.head.chunked);
    assert_int_equal(f.head.n_headers, 7);
    assert_header(text, 0, "host", "example.com:8080");
    assert_header(text, 1, "X-Own", "spaced \tout");
    assert_header(text, 2, "Empty", "");
    assert_header(text, 4, "x-own", "again");
    assert_header(text, 5, "Accept", "\xc3\xa9\xff");
    assert_int_equal(f.headers[0].id, GALE__HEADER_HOST);
    assert_int_equal(f.headers[1].id, GALE__HEADER_UNKNOWN);
    f.head.headers = f.headers;
    assert_ptr_equal(gale__http1_find(&f.head, GALE__HEADER_HOST), &f.headers[0]);
    assert_ptr_equal(gale__http1_find(&f.head, GALE__HEADER_ACCEPT), &f.headers[5]);
    assert_null(gale__http1_find(&f.head, GALE__HEADER_COOKIE));
    assert_null(gale__http1_find(&f.head, GALE__HEADER_UNKNOWN));
}

static void test_methods(void **state)
{
    static const char *const names[] = {
        "GET",   "HEAD", "POST",     "PUT",  "DELETE",  "PATCH",
        "TRACE", "get",  "PROPFIND", "GETX", "!#$%&'*", "M-SEARCH"
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char text[100];

        snprintf(text, sizeof(text), "%s / HTTP/1.1\r\nHost: a\r\n\r\n", names[i]);
        parse_good(text);
        assert_slice(text, f.head.method_off, f.head.method_len, names[i]);
        assert_int_equal(f.head.method == GALE__METHOD_OTHER, i >= 7);
    }
}

static void test_versions(void **state)
{
    parse_good("GET / HTTP/1.0\r\n\r\n");
    assert_int_equal(f.head.minor_version, 0);
    assert_int_equal(f.head.n_headers, 0);
    parse_good("GET / HTTP/1.0\r\nHost:\r\n\r\n");
    parse_good("GET / HTTP/1.2\r\nHost: a\r\n\r\n");
    assert_int_equal(f.head.minor_version, 1);
    parse_good("GET / HTTP/1.9\r\nHost: a\r\n\r\n");
}

static void test_a_few_empty_lines_come_before(void **state)
{
    const char *text = "\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n";

    parse_good("\r\n" GET "\r\n");
    parse_good(text);
    assert_int_equal(f.head.method_off, 8);
}

static void test_targets_take_all_visible_bytes(void **state)
{
    parse_good("GET /\"<>\\^`{|}[]%zz~ HTTP/1.1\r\nHost: a\r\n\r\n");
    parse_good("GET /\xc3\xa9\xff HTTP/1.1\r\nHost: a\r\n\r\n");
    parse_good("GET // HTTP/1.1\r\nHost: a\r\n\r\n");
    parse_good("GET http://a HTTP/1.1\r\nHost: b\r\n\r\n");
    parse_good("GET http://a?q HTTP/1.1\r\nHost:\r\n\r\n");
    parse_good("OPTIONS * HTTP/1.1\r\nHost:\r\n\r\n");
    parse_good("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n");
    parse_good("CONNECT [::1]:443 HTTP/1.1\r\nHost:\r\n\r\n");
}

static void test_hosts(void **state)
{
    static const char *const good[] = { "a",
                                        "A.example.COM",
                                        "127.0.0.1:8888",
                                        "[::1]",
                                        "[::1]:80",
                                        "a:",
                                        "a_b-c~d.e",
                                        "a%41b",
                                        "x!$&'()*+;=y:1",
                                        "[v1.a:b]",
                                        "xn--bcher-kva.example" };

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        char text[100];

        snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", good[i]);
        parse_good(text);
    }
}

static void test_framing(void **state)
{
    parse_good(GET "\r\n");
    assert_int_equal(f.head.content_length, -1);
    parse_good(POST "Content-Length: 0\r\n\r\n");
    assert_int_equal(f.head.content_length, 0);
    parse_good(POST "Content-Length: 3, 3\r\nContent-Length: 003\r\n\r\n");
    assert_int_equal(f.head.content_length, 3);
    parse_good(POST "Content-Length: 9223372036854775807\r\n\r\n");
    assert_true(f.head.content_length == INT64_MAX);
    parse_good(POST "Transfer-Encoding: Chunked\r\n\r\n");
    assert_true(f.head.chunked);
    assert_int_equal(f.head.content_length, -1);
}

static void test_connection_is_a_list_of_tokens(void **state)
{
    parse_good(GET "Connection: foo, CLOSE\r\n\r\n");
    assert_true(f.head.close && !f.head.keep_alive && !f.head.upgrade);
    parse_good(GET "Connection: ,,\tkeep-alive\t,\r\n\r\n");
    assert_true(!f.head.close && f.head.keep_alive);
    parse_good(GET "Connection: keep-alive\r\nconnection: x,close\r\n\r\n");
    assert_true(f.head.close && f.head.keep_alive);
    parse_good(GET "Connection: closed, not close\r\n\r\n");
    assert_false(f.head.close);
    parse_good(GET "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n");
    assert_true(f.head.upgrade);
    parse_good(GET "Connection: Upgrade\r\n\r\n");
    assert_false(f.head.upgrade);
    parse_good(GET "Upgrade: websocket\r\n\r\n");
    assert_false(f.head.upgrade);
}

static void test_expectations(void **state)
{
    parse_good(POST "Expect: 100-Continue\r\n\r\n");
    assert_true(f.head.expect_continue && !f.head.expect_other);
    parse_good(POST "Expect: 100-continue, more\r\n\r\n");
    assert_true(f.head.expect_other);
    parse_good(POST "Expect: 200-ok\r\n\r\n");
    assert_true(!f.head.expect_continue && f.head.expect_other);
    parse_good("POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n");
    assert_false(f.head.expect_continue);
}

static void test_responses(void **state)
{
    const char *text = "HTTP/1.1 404 Not \tFound\xe9\r\nContent-Length: 5\r\nHost: x y\r\n\r\n";

    parse_good_response(text);
    assert_int_equal(f.head.status_code, 404);
    assert_slice(text, f.head.reason_off, f.head.reason_len, "Not \tFound\xe9");
    assert_int_equal(f.head.content_length, 5);
    parse_good_response("HTTP/1.0 200 \r\n\r\n");
    assert_int_equal(f.head.reason_len, 0);
    assert_int_equal(f.head.minor_version, 0);
    parse_good_response("HTTP/1.1 204\r\nA: b\r\n\r\n");
    assert_int_equal(f.head.status_code, 204);
    assert_int_equal(f.head.reason_len, 0);
    parse_good_response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    assert_true(f.head.chunked);
}

static void test_malformed_responses(void **state)
{
    static const char *const bad[] = {
        "HTTP/1.1 200\rOK\r\n\r\n",
        "HTTP/1.1 200\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n",
        "HTTP/1.1 +20 OK\r\n\r\n",
        "HTTP/1.1 099 OK\r\n\r\n",
        "HTTP/1.1 200 a\x01\r\n\r\n",
        "HTTP/1.1 200 OK\n\r\n\r\n",
        "HTTP/1 200 OK\r\n\r\n",
        "\r\nHTTP/1.1 200 OK\r\n\r\n",
        " HTTP/1.1 200 OK\r\n\r\n",
        "200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
    };

    feed_init(&f);
    f.is_response = true;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        parse_bad(bad[i], 400);
    parse_bad("HTTP/2.0 200 OK\r\n\r\n", 505);
    parse_bad("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", 501);
}

static void unfolds(const char *text, const char *expected)
{
    char *copy = strdup(text);
    size_t len;

    assert_non_null(copy);
    len = gale__http1_unfold(copy, strlen(text));
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(copy, expected, len);
    free(copy);
}

/* RFC 9112 5.2. */
static void test_folded_lines_of_responses(void **state)
{
    static const char ok[] = "HTTP/1.1 200 OK\r\n";
    char text[64];

    feed_init(&f);
    f.is_response = true;
    parse_bad("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", 400);
    assert_true(f.head.folded);
    parse_bad("HTTP/1.1 200 OK\r\nA: b\r\nc d\r\n\r\n", 400);
    assert_false(f.head.folded);
    unfolds("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b c\r\n\r\n");
    unfolds("HTTP/1.1 200\r\nA:b \t\r\n\t c\r\n\t\r\n d\r\nE:\r\n f\r\n\r\n",
            "HTTP/1.1 200\r\nA:b c d\r\nE: f\r\n\r\n");
    unfolds("HTTP/1.1 200\r\n A: b\r\n\r\n", "HTTP/1.1 200\r\n A: b\r\n\r\n");
    unfolds("HTTP/1.1 200\r\nA: b\n c\r\n\r\n", "HTTP/1.1 200\r\nA: b\n c\r\n\r\n");
    for (size_t n = 0; n <= sizeof(ok) + 2; n++) { /* whatever is cut off stays */
        snprintf(text, sizeof(text), "%.*s", (int)n, "HTTP/1.1 200 OK\r\nA:");
        unfolds(text, text);
    }
}

static void test_limit_of_the_request_line(void **state)
{
    feed_init(&f);
    f.limits.max_request_line = 16;
    feed_every_way(&f, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n", 28);
    assert_true(f.r > 0);
    feed_every_way(&f, "GET /ab HTTP/1.1\r\nHost: a\r\n\r\n", 29);
    assert_true(f.r > 0);
    parse_bad("GET /abc HTTP/1.1\r\nHost: a\r\n\r\n", 414);
    parse_bad("\r\n\r\nGET /abc HTTP/1.1\r\nHost: a\r\n\r\n", 414);
    parse_bad("GET /abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz", 414);
    parse_bad("GETGETGETGETGETGETGETGETGETGETGET", 414);
    f.is_response = true;
    parse_bad("HTTP/1.1 200 A very long reason\r\n\r\n", 414);
}

static void test_limit_of_the_head(void **state)
{
    const char *text = GET "\r\n"; /* 27 bytes */

    feed_init(&f);
    f.limits.max_header_bytes = 27;
    feed_every_way(&f, text, 27);
    assert_int_equal(f.r, 27);
    f.limits.max_header_bytes = 26;
    parse_bad(text, 431);
    parse_bad(GET "X: 1\r\n\r\n", 431);
    parse_bad(GET "X: 1", 431);
    parse_bad("GET /a-target-without-an-end", 431);
    parse_bad("\r\n" GET, 431);
    f.limits.max_request_line = 5;
    parse_bad("GET /a-target-without-an-end", 414);
    feed_init(&f);
    f.limits.max_header_bytes = 0;
    parse_bad("GET", 431);
}

static void test_limit_of_the_header_count(void **state)
{
    feed_init(&f);
    f.limits.max_headers = 3;
    feed_every_way(&f, GET "B: 1\r\nC: 1\r\n\r\n", strlen(GET "B: 1\r\nC: 1\r\n\r\n"));
    assert_true(f.r > 0);
    parse_bad(GET "B: 1\r\nC: 1\r\nD: 1\r\n\r\n", 431);
    f.limits.max_headers = 0;
    parse_bad(GET "\r\n", 431);
}

static void test_what_follows_a_head_is_left_alone(void **state)
{
    const char *text = GET "\r\nGET \0\n\n\r\r";

    feed_init(&f);
    feed_every_way(&f, text, 27 + 9);
    assert_int_equal(f.r, 27);
}

static void test_unfinished_heads_want_more(void **state)
{
    const char *text = "\r\nPOST /path HTTP/1.1\r\nHost: example\r\nContent-Length: 5\r\n\r\n";

    feed_init(&f);
    for (size_t len = 0; len < strlen(text); len++) {
        feed_every_way(&f, text, len);
        assert_int_equal(f.r, 0);
    }
}

static void test_scanned_starts_over_after_a_head(void **state)
{
    const char *text = GET "\r\n";
    size_t scanned = 0;

    feed_init(&f);
    f.head.headers = f.headers;
    assert_int_equal(gale__http1_parse_request(text, 20, &scanned, &f.limits, &f.head), 0);
    assert_int_equal(scanned, 20);
    assert_int_equal(gale__http1_parse_request(text, 27, &scanned, &f.limits, &f.head), 27);
    assert_int_equal(scanned, 0);
}

/* A control character in a later piece is refused without waiting for the end of the head. */
static void test_control_characters_are_seen_at_once(void **state)
{
    static const char *const pieces[] = { "\x01", "b\n", "b\rc", "\x7f" };
    char text[100] = GET "A: a";
    size_t start = strlen(text);

    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        feed_init(&f);
        snprintf(text + start, sizeof(text) - start, "%s", pieces[i]);
        feed_at(&f, text, strlen(text), &start, 1);
        assert_int_equal(f.r, -1);
        assert_int_equal(f.head.status, 400);
    }
}

/* Quadratic work would take minutes here. */
static void test_a_byte_at_a_time_costs_linear_time(void **state)
{
    size_t len = 1000000, scanned = 0;
    char *text = malloc(len);
    struct gale__http1_header headers[8];
    struct gale__http1_head head = { .headers = headers };
    const struct gale__http1_limits limits = { 4096, 2000000, 8 };
    int r = 0;

    assert_non_null(text);
    memset(text, 'x', len);
    memcpy(text, GET "X: ", strlen(GET "X: "));
    memcpy(text + len - 4, "\r\n\r\n", 4);
    for (size_t n = 1; n <= len; n++)
        r = gale__http1_parse_request(text, n, &scanned, &limits, &head);
    assert_int_equal(r, len);
    free(text);
}

static void assert_target(enum gale__method method, const char *text, int form,
                          const char *authority, const char *path, const char *query)
{
    struct gale__http1_target t;
    const char *error = NULL;

    assert_int_equal(gale__http1_split_target(method, (gale_str){ text, strlen(text) }, &t, &error),
                     0);
    assert_int_equal(t.form, form);
    assert_int_equal(t.authority.len, strlen(authority));
    if (t.authority.len)
        assert_memory_equal(t.authority.ptr, authority, t.authority.len);
    assert_int_equal(t.path.len, strlen(path));
    if (t.path.len)
        assert_memory_equal(t.path.ptr, path, t.path.len);
    assert_int_equal(t.query.ptr != NULL, query != NULL);
    if (!query)
        return;
    assert_int_equal(t.query.len, strlen(query));
    assert_memory_equal(t.query.ptr, query, t.query.len);
}

static void test_targets_are_split(void **state)
{
    const enum gale__method get = GALE__METHOD_GET, options = GALE__METHOD_OPTIONS;

    assert_target(get, "/", GALE__TARGET_ORIGIN, "", "/", NULL);
    assert_target(get, "/a?b?c", GALE__TARGET_ORIGIN, "", "/a", "b?c");
    assert_target(get, "/?", GALE__TARGET_ORIGIN, "", "/", "");
    assert_target(get, "//h/p", GALE__TARGET_ORIGIN, "", "//h/p", NULL);
    assert_target(get, "HTTP://h:1/p?q", GALE__TARGET_ABSOLUTE, "h:1", "/p", "q");
    assert_target(get, "https://h", GALE__TARGET_ABSOLUTE, "h", "/", NULL);
    assert_target(get, "http://h?q", GALE__TARGET_ABSOLUTE, "h", "/", "q");
    assert_target(options, "*", GALE__TARGET_ASTERISK, "", "*", NULL);
    assert_target(options, "http://h", GALE__TARGET_ABSOLUTE, "h", "*", NULL);
    assert_target(options, "http://h/", GALE__TARGET_ABSOLUTE, "h", "/", NULL);
    assert_target(GALE__METHOD_CONNECT, "h:1", GALE__TARGET_AUTHORITY, "h:1", "", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_request_is_taken_apart),
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_a_few_empty_lines_come_before),
        cmocka_unit_test(test_targets_take_all_visible_bytes),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_framing),
        cmocka_unit_test(test_connection_is_a_list_of_tokens),
        cmocka_unit_test(test_expectations),
        cmocka_unit_test(test_responses),
        cmocka_unit_test(test_malformed_responses),
        cmocka_unit_test(test_folded_lines_of_responses),
        cmocka_unit_test(test_limit_of_the_request_line),
        cmocka_unit_test(test_limit_of_the_head),
        cmocka_unit_test(test_limit_of_the_header_count),
        cmocka_unit_test(test_what_follows_a_head_is_left_alone),
        cmocka_unit_test(test_unfinished_heads_want_more),
        cmocka_unit_test(test_scanned_starts_over_after_a_head),
        cmocka_unit_test(test_control_characters_are_seen_at_once),
        cmocka_unit_test(test_a_byte_at_a_time_costs_linear_time),
        cmocka_unit_test(test_targets_are_split),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_cookie.c - cookies taken apart as browsers and Tornado do, and put together. */
/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/str.h"
#include "proto/cookie.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

/* The header as "name=value|", in a block of just its size, so that a read past it is seen. */
static void parse(const char *header, size_t len, char *out, size_t size)
{
    char *text = malloc(len ? len : 1), *plain = malloc(len ? len : 1);
    gale_str rest = { text, len }, name, value;

    assert_true(text && plain);
    memcpy(text, header, len);
    *out = 0;
    while (gale__cookie_next(&rest, &name, &value)) {
        size_t n = strlen(out), plain_len = gale__cookie_unquote(value, plain);

        assert_true(name.ptr >= text && name.ptr + name.len <= text + len);
        assert_true(plain_len <= value.len);
        snprintf(out + n, size - n, "%.*s=%.*s|", (int)name.len, name.ptr, (int)plain_len, plain);
    }
    free(plain);
    free(text);
}

struct vector {
    const char *in, *out;
};

static size_t hold(const struct vector *vectors, size_t n)
{
    size_t held = 0;
    char out[256];

    for (size_t i = 0; i < n; i++) {
        parse(vectors[i].in, strlen(vectors[i].in), out, sizeof(out));
        if (strcmp(out, vectors[i].out) == 0)
            held++;
        else
            print_error("%s: %s, not %s\n", vectors[i].in, out, vectors[i].out);
    }
    return held;
}

/* Inventory 32.1; the map keeps the last of a name, which is for the web layer to do. */
static void test_vectors_of_headers(void **state)
{
    static const struct vector vectors[] = {
        { "x=1; y=2;z=3", "x=1|y=2|z=3|" },
        { "x=\"a\\054b\"", "x=a,b|" },
        { "x=a\\054b", "x=a\\054b|" },
        { "x=\"\\\\\"", "x=\\|" },
        { "k", "=k|" },
        { "=v", "=v|" },
        { "a=1; a=2", "a=1|a=2|" },
        { "q=\"un;closed\"", "q=\"un|=closed\"|" },
        { "sp ace = v v ", "sp ace=v v|" },
        { "a=b=c==", "a=b=c==|" },
        { "x=\"\"", "x=|" },
        { "x=\"", "x=\"|" },
    };
    size_t held = hold(vectors, N_OF(vectors));

    (void)state;
    print_message("32.1: %zu of %zu\n", held, N_OF(vectors));
    assert_int_equal(held, N_OF(vectors));
}

static void test_b12_split_at_every_semicolon(void **state)
{
    static const struct vector vectors[] = {
        { "a=b; c=\"d;e\"; f=g", "a=b|c=\"d|=e\"|f=g|" },
        { "a=b; c=[d]; _xsrf=\"x", "a=b|c=[d]|_xsrf=\"x|" },
        { "a=\"b\\\"; _xsrf=x", "a=b\\|_xsrf=x|" },
        { ";;a=b;; ;c=d;", "a=b|c=d|" },
        { "\ta =\tb ", "a=b|" },
        { "", "" },
    };

    (void)state;
    assert_int_equal(hold(vectors, N_OF(vectors)), N_OF(vectors));
}

static void test_escapes(void **state)
{
    static const struct vector vectors[] = {
        { "a=\"\\x\\\"\"", "a=x\"|" },     { "a=\"\\400\"", "a=400|" },
        { "a=\"\\05\"", "a=05|" },         { "a=\"\\101\\102\"", "a=AB|" },
        { "a=\"\\\"", "a=\\|" },           { "a=\"b\\07", "a=\"b\\07|" },
        { "a=\"\\377\"", "a=\377|" },      { "a=\"b\"c", "a=\"b\"c|" },
        { "a=\"\\08\\180\"", "a=08180|" },
    };

    (void)state;
    assert_int_equal(hold(vectors, N_OF(vectors)), N_OF(vectors));
}

/* Whatever part of a header comes, it is read within its bounds and only up to its end. */
static void test_every_part_of_a_header(void **state)
{
    static const char header[] = "a=b; c=\"d;\\054\\\"\"; =x; sp ace=\"\\\\\" ;e=\"\\3\"; f";
    size_t len = sizeof(header) - 1;
    char out[256];

    (void)state;
    for (size_t from = 0; from <= len; from++)
        for (size_t to = from; to <= len; to++)
            parse(header + from, to - from, out, sizeof(out));
}

static void test_names(void **state)
{
    static const char *const good[] = { "a", "_xsrf", "__Host-a", "a:b", "!#$%&'*+-.^`|~9" };
    static const char *const bad[] = { "",      "a b",  "a=b",  "a;b", "/",   "a,b",
                                       "\"a\"", "a\tb", "(a)",  "[a]", "a@b", "\xc3",
                                       "a\x7f", "{}",   "a\\b", "a?b", "<a>" };

    (void)state;
    for (size_t i = 0; i < N_OF(good); i++)
        assert_true(gale__cookie_name_valid(gale__str(good[i])));
    for (size_t i = 0; i < N_OF(bad); i++)
        assert_false(gale__cookie_name_valid(gale__str(bad[i])));
}

static void unquote_backslashes(size_t n, double *seconds)
{
    char *value = malloc(n + 2), *out = malloc(n + 2);
    int64_t start;

    assert_true(value && out);
    memset(value, '\\', n + 1);
    value[0] = value[n + 1] = '"';
    start = gale__clock_ns();
    for (int i = 0; i < 20; i++)
        assert_int_equal(gale__cookie_unquote((gale_str){ value, n + 2 }, out), (n + 1) / 2);
    *seconds = (double)(gale__clock_ns() - start) / 1e9 / 20;
    free(value);
    free(out);
}

static void test_b21_unescaping_is_linear(void **state)
{
    double one, four;

    (void)state;
    unquote_backslashes(60000, &one);
    unquote_backslashes(240000, &four);
    assert_true(one < 0.05); /* a quadratic one takes seconds */
    assert_true(four < 16 * one + 0.01);
}

/* --- writing ------------------------------------------------------------------------ */

static const char *quoted(const char *value)
{
    static char out[2048];
    gale_str s = gale__str(value);
    char *text = malloc(gale__cookie_quote_size(s));
    size_t n;

    assert_non_null(text);
    n = gale__cookie_quote(s, text);
    snprintf(out, sizeof(out), "n=%.*s", (int)n, text);
    free(text);
    return out;
}

/* Inventory 32.2. Its e with an accent is the byte that Tornado makes of the character. */
static void test_vectors_of_values(void **state)
{
    static const struct vector vectors[] = {
        { "abc", "n=abc" },
        { "a=b", "n=\"a=b\"" },
        { "a,b", "n=\"a\\054b\"" },
        { "a;b", "n=\"a\\073b\"" },
        { "\xe9", "n=\"\\351\"" },
        { "a|b", "n=a|b" },
        { "{\"k\":1}", "n=\"{\\\"k\\\":1}\"" },
        { "a/b", "n=\"a/b\"" },
        { "", "n=\"\"" },
        { "a\"b", "n=\"a\\\"b\"" },
        { "a\\b", "n=\"a\\\\b\"" },
        { "100%", "n=100%" },
    };
    size_t held = 0;

    (void)state;
    for (size_t i = 0; i < N_OF(vectors); i++)
        held += strcmp(quoted(vectors[i].in), vectors[i].out) == 0;
    print_message("32.2: %zu of %zu\n", held, N_OF(vectors));
    assert_int_equal(held, N_OF(vectors));
}

/* Every byte comes back, and none that could be taken for an end leaves. */
static void test_quoted_values_come_back(void **state)
{
    (void)state;
    for (int a = 1; a < 256; a++) {
        char value[] = { 'x', (char)a, '1', 0 }, back[64];
        const char *sent = quoted(value) + 2;
        size_t len = strlen(sent);

        assert_int_equal(gale__cookie_unquote((gale_str){ sent, len }, back), 3);
        assert_memory_equal(back, value, 3);
        for (size_t i = 0; i < len; i++)
            assert_true((unsigned char)sent[i] > 0x20 && (unsigned char)sent[i] < 0x7f &&
                        sent[i] != ';' && sent[i] != ',');
    }
}

static void format(const struct gale__set_cookie *c, const char *expected)
{
    size_t size = gale__set_cookie_size(c);
    char *out = malloc(size);

    assert_non_null(out);
    assert_int_equal(gale__set_cookie_format(c, out), strlen(expected));
    assert_string_equal(out, expected);
    free(out);
}

static void test_a3_6_attributes(void **state)
{
    int64_t expires = 784111777, age = 0;

    (void)state;
    format(&(struct gale__set_cookie){ .name = GALE__STR("a"), .value = GALE__STR("b") }, "a=b");
    format(&(struct gale__set_cookie){ .name = GALE__STR("a"),
                                       .value = GALE__STR(""),
                                       .domain = GALE__STR("d"),
                                       .path = GALE__STR("/"),
                                       .same_site = GALE__STR("Lax"),
                                       .priority = GALE__STR("High"),
                                       .expires = &expires,
                                       .max_age = &age,
                                       .http_only = true,
                                       .partitioned = true,
                                       .secure = true },
           "a=\"\"; Domain=d; expires=Sun, 06 Nov 1994 08:49:37 GMT; HttpOnly; Max-Age=0; "
           "Partitioned; Path=/; Priority=High; SameSite=Lax; Secure");
    age = INT64_MIN;
    expires = INT64_MAX;
    format(
        &(struct gale__set_cookie){
            .name = GALE__STR("a"), .value = GALE__STR("b"), .expires = &expires, .max_age = &age },
        "a=b; expires=Fri, 31 Dec 9999 23:59:59 GMT; Max-Age=-9223372036854775808");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors_of_headers),
        cmocka_unit_test(test_b12_split_at_every_semicolon),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_every_part_of_a_header),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_b21_unescaping_is_linear),
        cmocka_unit_test(test_vectors_of_values),
        cmocka_unit_test(test_quoted_values_come_back),
        cmocka_unit_test(test_a3_6_attributes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_pieces.c - headers as a map, Accept fields, texts of the scope: what the vectors leave. */
/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <gale/escape.h>
#include <gale/httputil.h>

#include "base/clock.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

static void assert_fields(const gale_headers *h, const char *expected)
{
    char text[512] = "";
    size_t len = 0;
    const char *name, *value;

    for (size_t i = 0; gale_headers_at(h, i, &name, &value); i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s: %s|", name, value);
    assert_string_equal(text, expected);
}

static void a_map_keeps_the_order_of_names(void **state)
{
    gale_headers *h = gale_headers_new();

    (void)state;
    assert_int_equal(gale_headers_add(h, "b-two", "1"), 0);
    assert_int_equal(gale_headers_add(h, "a", " x\t"), 0);
    assert_int_equal(gale_headers_add(h, "B-TWO", "2"), 0);
    assert_int_equal(gale_headers_add(h, "c", ""), 0);
    assert_fields(h, "B-Two: 1|B-Two: 2|A: x|C: |");
    assert_string_equal(gale_headers_get(h, "b-Two"), "1,2");
    assert_string_equal(gale_headers_get_at(h, "b-two", 1), "2");
    assert_null(gale_headers_get_at(h, "b-two", 2));
    assert_null(gale_headers_get(h, "d"));
    assert_int_equal(gale_headers_add(h, "b-two", "3"), 0);
    assert_string_equal(gale_headers_get(h, "b-Two"), "1,2,3");
    assert_int_equal(gale_headers_set(h, "b-two", "4"), 0);
    assert_fields(h, "B-Two: 4|A: x|C: |");
    gale_headers_remove(h, "A");
    gale_headers_remove(h, "none");
    assert_fields(h, "B-Two: 4|C: |");
    gale_headers_free(h);
    gale_headers_free(NULL);
}

static void what_may_not_be_sent_is_refused(void **state)
{
    gale_headers *h = gale_headers_new();

    (void)state;
    assert_int_equal(gale_headers_add(h, "", "x"), GALE_EINVAL);
    assert_int_equal(gale_headers_add(h, "a b", "x"), GALE_EINVAL);
    assert_int_equal(gale_headers_add(h, "\xc3\xa9", "x"), GALE_EINVAL);
    assert_int_equal(gale_headers_add(h, "a", "x\r\nb: c"), GALE_EINVAL);
    assert_int_equal(gale_headers_set(h, "a", "\x7f"), GALE_EINVAL);
    assert_int_equal(gale_headers_add(h, NULL, "x"), GALE_EINVAL);
    assert_fields(h, "");
    assert_int_equal(gale_headers_add(h, "a", "\xc3\xa9\tb"), 0);
    gale_headers_free(h);
}

static gale_headers *parse(const char *text, size_t len, int *error)
{
    /* a copy without a NUL, so that a read past its end is seen */
    char *copy = malloc(len ? len : 1);
    gale_headers *h;

    memcpy(copy, text, len);
    h = gale_headers_parse((gale_str){ copy, len }, error);
    free(copy);
    return h;
}

static void blocks_are_parsed(void **state)
{
    static const char *const blocks[] = {
        "a: 1\r\nb:2 \r\n\tmore\r\n  and more\r\na:\t3\r\n\r\n",
        "a: 1\nb:2 \n\tmore\n  and more\na:\t3",
    };

    (void)state;
    for (size_t i = 0; i < N_OF(blocks); i++) {
        int error = -1;
        gale_headers *h = parse(blocks[i], strlen(blocks[i]), &error);

        assert_non_null(h);
        assert_int_equal(error, 0);
        assert_fields(h, "A: 1|A: 3|B: 2 more and more|");
        gale_headers_free(h);
    }
    assert_non_null((*state = parse("", 0, NULL)));
    gale_headers_free(*state);
}

static void bad_blocks_name_the_line(void **state)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        { " a: 1\n", "line 1: continues nothing" },
        { "a: 1\nb c\n", "line 2: no colon in header line" },
        { "a: 1\n c\nb : 2\n", "line 3: header name 'b ' has a byte" },
        { "a: 1\rb: 2\n", "line 1: value of header a has an unsafe byte 0x0d" },
        { "a: 1\n\nb: 2\n", "line 2: something follows the empty line" },
        { ": 1\n", "line 1: empty header name" },
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        int error = 0;

        assert_null(parse(cases[i].text, strlen(cases[i].text), &error));
        assert_int_equal(error, GALE_EINVAL);
        if (!strstr(gale_strerror(error), cases[i].why))
            fail_msg("'%s' for '%s'", gale_strerror(error), cases[i].text);
    }
}

/* Every beginning of a block is one, or is refused. */
static void blocks_at_every_length(void **state)
{
    static const char text[] = "Host: h\r\nX-Long: a\r\n b\r\nEtag: \"x\"\r\n\r\n";

    (void)state;
    for (size_t n = 0; n < sizeof(text); n++)
        gale_headers_free(parse(text, n, NULL));
}

static int64_t time_of(gale_str text)
{
    int64_t best = INT64_MAX;

    for (int i = 0; i < 3; i++) {
        int64_t start = gale__clock_ns(), took;
        gale_headers *h = gale_headers_parse(text, NULL);

        assert_non_null(h);
        assert_non_null(gale_headers_get(h, "a"));
        took = gale__clock_ns() - start;
        best = took < best ? took : best;
        gale_headers_free(h);
    }
    return best;
}

/* CVE-2025-67725: quadratic in repetitions. Folded lines are no way around it. */
static void test_b25_repeated_headers_are_linear(void **state)
{
    enum { N = 100000 };
    static const char *const lines[] = { "a:b\n", "\tbcd" };
    char *text = malloc(4 * N + 8);

    (void)state;
    for (size_t k = 0; k < 2; k++) {
        memcpy(text, "a:\n", 4);
        for (size_t i = 0; i < N; i++)
            memcpy(text + 3 + 4 * i, lines[k], 4);
        int64_t some = time_of((gale_str){ text, 3 + 4 * (N / 8) });
        int64_t all = time_of((gale_str){ text, 3 + 4 * N });

        if (all > 40 * some + 20000000)
            fail_msg("%lld ns for %d, %lld ns for an eighth", (long long)all, N, (long long)some);
    }
    free(text);
}

static void quality(void **state)
{
    static const struct {
        const char *field, *what;
        int quality;
    } cases[] = {
        { NULL, "gzip", 1000 },
        { "", "gzip", 0 },
        { "", "identity", 1 },
        { "gzip", "gzip", 1000 },
        { "GZip ; Q=0.25 , br", "gzip", 250 },
        { "gzip;q=0", "gzip", 0 },
        { "*;q=0.5, gzip;q=0.1", "gzip", 100 },
        { "*;q=0.5, gzip;q=0.1", "br", 500 },
        { "*;q=0", "identity", 0 },
        { "identity;q=0", "identity", 0 },
        { "gzip;q=1.001, gzip;q=x, gzip;q=-1, gzip;q=", "gzip", 0 },
        { "gzip;q=0.3334", "gzip", 333 },
        { "gzip;q=1.000", "gzip", 1000 },
        { "gzip;q=1.", "gzip", 1000 },
        { "text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, */*;q=0.5", "text/plain",
          700 },
        { "text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, */*;q=0.5",
          "text/plain; format=flowed", 1000 },
        { "text/*;q=0.3, text/plain;q=0.7, */*;q=0.5", "text/html", 300 },
        { "text/*;q=0.3, text/plain;q=0.7, */*;q=0.5", "image/png", 500 },
        { "text/html;x=\"a,b;q=0\", image/png", "text/html;x=\"a,b;q=0\"", 1000 },
        { "da, en-gb;q=0.8, en;q=0.7", "en-GB", 800 },
        { "da, en-gb;q=0.8, en;q=0.7", "en-US", 700 },
        { "da, en-gb;q=0.8, en;q=0.7", "eng", 0 },
        { ",, ,gzip,;q=1", "gzip", 1000 },
        { "\"", "gzip", 0 },
        { "a;\"\\", "gzip", 0 },
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++)
        if (gale_accept_quality(cases[i].field, cases[i].what) != cases[i].quality)
            fail_msg("%s in '%s': %d", cases[i].what, cases[i].field,
                     gale_accept_quality(cases[i].field, cases[i].what));
}

static void best(void **state)
{
    static const char *const offers[] = { "application/json", "text/html", NULL };
    static const char *const none[] = { NULL };

    (void)state;
    assert_int_equal(gale_accept_best(NULL, offers), 0);
    assert_int_equal(gale_accept_best("*/*", offers), 0);
    assert_int_equal(gale_accept_best("text/html, application/json;q=0.9", offers), 1);
    assert_int_equal(gale_accept_best("text/html;q=0.5, application/json;q=0.5", offers), 0);
    assert_int_equal(gale_accept_best("image/png, */*;q=0", offers), -1);
    assert_int_equal(gale_accept_best("*/*", none), -1);
}

/* A long text in a time that grows as it does. */
static void linkify_is_linear(void **state)
{
    static const char *const pieces[] = {
        "http://a.io/..... ", "www.(", "www.(www.", "a:/", "((((", "&amp;&", "http:///"
    };
    enum { SIZE = 200000 };
    char *text = malloc(SIZE + 1);

    (void)state;
    for (size_t k = 0; k < N_OF(pieces); k++) {
        int64_t start = gale__clock_ns();
        size_t len = strlen(pieces[k]);

        for (size_t i = 0; i < SIZE; i++)
            text[i] = pieces[k][i % len];
        text[SIZE] = 0;
        assert_true(gale_linkify_into(text, NULL, NULL, 0) >= SIZE);
        if (gale__clock_ns() - start > 3000000000)
            fail_msg("'%s' takes long", pieces[k]);
    }
    free(text);
}

static void results_are_cut_to_size(void **state)
{
    char out[8];

    (void)state;
    assert_int_equal(gale_xhtml_escape_into("a<b>c", out, sizeof(out)), 11);
    assert_string_equal(out, "a&lt;b&");
    assert_int_equal(gale_xhtml_escape_into(NULL, out, sizeof(out)), 0);
    assert_string_equal(out, "");
    assert_int_equal(gale_format_timestamp(0, out, sizeof(out)), 29);
    assert_string_equal(out, "Thu, 01");
}

static void outside_of_a_coroutine_there_is_no_scope(void **state)
{
    (void)state;
    assert_null(gale_xhtml_escape("x"));
    assert_null(gale_linkify("x", NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_map_keeps_the_order_of_names),
        cmocka_unit_test(what_may_not_be_sent_is_refused),
        cmocka_unit_test(blocks_are_parsed),
        cmocka_unit_test(bad_blocks_name_the_line),
        cmocka_unit_test(blocks_at_every_length),
        cmocka_unit_test(test_b25_repeated_headers_are_linear),
        cmocka_unit_test(quality),
        cmocka_unit_test(best),
        cmocka_unit_test(linkify_is_linear),
        cmocka_unit_test(results_are_cut_to_size),
        cmocka_unit_test(outside_of_a_coroutine_there_is_no_scope),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

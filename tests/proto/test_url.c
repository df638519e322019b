/* test_url.c - percent escapes, host and port, UTF-8. */
/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proto/url.h"

static void assert_escaped(enum gale__url_part part, const char *in, size_t len,
                           const char *expected)
{
    char out[64];
    size_t n = gale__url_escape(part, out, in, len);

    assert_int_equal(n, strlen(expected));
    assert_memory_equal(out, expected, n);
}

static void test_escaping(void **state)
{
    static const char *const cases[][3] = {
        /* in, as a query, as a path */
        { "a b", "a+b", "a%20b" },
        { "a/b", "a%2Fb", "a/b" },
        { "\xc3\xa9", "%C3%A9", "%C3%A9" },
        { "~-_.", "~-_.", "~-_." },
        { "%", "%25", "%25" },
        { "+", "%2B", "%2B" },
        { "&=?", "%26%3D%3F", "%26%3D%3F" },
        { "azAZ09", "azAZ09", "azAZ09" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_escaped(GALE__URL_QUERY, cases[i][0], strlen(cases[i][0]), cases[i][1]);
        assert_escaped(GALE__URL_PATH, cases[i][0], strlen(cases[i][0]), cases[i][2]);
    }
    assert_escaped(GALE__URL_QUERY, "\0", 1, "%00");
}

static void assert_unescaped(enum gale__url_part part, const char *in, const char *expected,
                             size_t len)
{
    char buf[64];
    size_t in_len = strlen(in);

    memcpy(buf, in, in_len); /* in place */
    assert_int_equal(gale__url_unescape(part, buf, buf, in_len), len);
    assert_memory_equal(buf, expected, len);
}

static void test_unescaping(void **state)
{
    assert_unescaped(GALE__URL_QUERY, "a+b%20c", "a b c", 5);
    assert_unescaped(GALE__URL_PATH, "a+b%20c", "a+b c", 5);
    assert_unescaped(GALE__URL_PATH, "%zz", "%zz", 3);
    assert_unescaped(GALE__URL_PATH, "%C3%a9", "\xc3\xa9", 2);
    assert_unescaped(GALE__URL_PATH, "%E9", "\xe9", 1);
    assert_unescaped(GALE__URL_PATH, "%2", "%2", 2);
    assert_unescaped(GALE__URL_PATH, "%", "%", 1);
    assert_unescaped(GALE__URL_PATH, "a%00", "a\0", 2);
    assert_unescaped(GALE__URL_PATH, "%%41", "%A", 2);
    assert_unescaped(GALE__URL_PATH, "%2541", "%41", 3);
    assert_unescaped(GALE__URL_PATH, "%4%31", "%41", 3);
    assert_unescaped(GALE__URL_PATH, "", "", 0);
}

static void test_host_and_port(void **state)
{
    static const struct {
        const char *in, *host;
        int port;
    } cases[] = {
        { "h", "h", -1 },         { "h:80", "h", 80 },       { "[::1]:80", "[::1]", 80 },
        { "[::1]", "[::1]", -1 }, { "a:b:90", "a:b", 90 },   { "h:", "h:", -1 },
        { "h:8a", "h:8a", -1 },   { "h:65535", "h", 65535 }, { "h:0", "h", 0 },
        { ":80", ":80", -1 },     { "80", "80", -1 },        { "", "", -1 },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gale_str host;
        int port;

        assert_int_equal(
            gale__split_host_port((gale_str){ cases[i].in, strlen(cases[i].in) }, &host, &port), 0);
        assert_int_equal(host.len, strlen(cases[i].host));
        assert_memory_equal(host.ptr, cases[i].host, host.len);
        assert_int_equal(port, cases[i].port);
    }
}

static void test_ports_that_do_not_exist(void **state)
{
    static const char *const bad[] = { "h:65536", "h:4294967376", "h:99999999999999999999" };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        gale_str host;
        int port;

        assert_true(gale__split_host_port((gale_str){ bad[i], strlen(bad[i]) }, &host, &port) < 0);
    }
}

static void test_utf8(void **state)
{
    static const char *const good[] = {
        "",
        "plain ascii that is longer than a word",
        "\xc2\x80",
        "\xdf\xbf",
        "\xe0\xa0\x80",
        "\xed\x9f\xbf",
        "\xee\x80\x80",
        "\xef\xbf\xbf",
        "\xf0\x90\x80\x80",
        "\xf4\x8f\xbf\xbf",
        "12345678\xc3\xa9z12345678\xf0\x9f\x98\x80",
    };
    static const char *const bad[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc1\xbf",
        "\xc2",
        "\xc2\x41",
        "\xe0\x9f\xbf",
        "\xe0\xa0",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xe1\x80\xc0",
        "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xf0\x90\x80",
        "\xff",
        "\xfe",
        "12345678\xe9",
        "1234567\xe9z",
    };

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(gale__utf8_is_valid(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(gale__utf8_is_valid(bad[i], strlen(bad[i])));
    assert_true(gale__utf8_is_valid("a\0b", 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escaping),      cmocka_unit_test(test_unescaping),
        cmocka_unit_test(test_host_and_port), cmocka_unit_test(test_ports_that_do_not_exist),
        cmocka_unit_test(test_utf8),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

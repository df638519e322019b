/* test_url.c - host and port, UTF-8. */
/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "proto/url.h"

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
        assert_true(gale__utf8_valid(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(gale__utf8_valid(bad[i], strlen(bad[i])));
    assert_true(gale__utf8_valid("a\0b", 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_host_and_port),
        cmocka_unit_test(test_ports_that_do_not_exist),
        cmocka_unit_test(test_utf8),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

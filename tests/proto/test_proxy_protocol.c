/* test_proxy_protocol.c - PROXY headers, versions 1 and 2, whole and cut at every byte. */
/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gale/error.h>

#include "proto/ip.h"
#include "proto/proxy_protocol.h"

#define V2 "\r\n\r\n\0\r\nQUIT\n"

/* In memory of exactly its size, for AddressSanitizer. */
static int parse(const char *data, size_t n, struct gale__proxy *out)
{
    char *copy = malloc(n ? n : 1);
    int r;

    assert_non_null(copy);
    memcpy(copy, data, n);
    r = gale__proxy_parse(copy, n, out);
    free(copy);
    return r;
}

/* "address port", "local" or "unix"; each part of the header must ask for more. */
static const char *told(const char *data, size_t n)
{
    static char text[80];
    char ip[GALE__IP_TEXT_MAX];
    struct gale__proxy proxy;
    int r = 0;

    for (size_t i = 0; i < n; i++) {
        r = parse(data, i, &proxy);
        if (r != 0)
            fail_msg("%d after %zu of %zu bytes", r, i, n);
    }
    assert_int_equal(parse(data, n, &proxy), n);
    gale__ip_format(proxy.family, proxy.bytes, ip);
    snprintf(text, sizeof(text), "%s %u", ip, proxy.port);
    return proxy.is_local ? "local" : proxy.family ? text : "unix";
}

#define TOLD(literal) told((literal), sizeof(literal) - 1)

static void version_1(void **state)
{
    (void)state;
    assert_string_equal(TOLD("PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n"), "192.0.2.1 56324");
    assert_string_equal(TOLD("PROXY TCP6 2001:db8::1 ::1 0 65535\r\n"), "2001:db8::1 0");
    assert_string_equal(TOLD("PROXY UNKNOWN\r\n"), "local");
    assert_string_equal(TOLD("PROXY UNKNOWN ffff:f...f:ffff whatever 1 2\r\n"), "local");
    /* the longest that there is: 107 bytes */
    assert_string_equal(TOLD("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
                             "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"),
                        "local");
}

static void what_follows_is_left_alone(void **state)
{
    static const char text[] = "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nGET / HTTP/1.1\r\n";
    struct gale__proxy proxy;

    (void)state;
    assert_int_equal(parse(text, sizeof(text) - 1, &proxy), 32);
}

#define V4_ADDRESSES "\xc0\0\2\1\x7f\0\0\1\xdc\x04\1\xbb"
#define V6_ADDRESSES                                                                               \
    "\x20\1\r\xb8\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\x10\0\1\xbb"

static void version_2(void **state)
{
    char unix_header[16 + 216] = V2 "\x21\x31\0\xd8/run/client.sock";

    (void)state;
    assert_string_equal(TOLD(V2 "\x21\x11\0\x0c" V4_ADDRESSES), "192.0.2.1 56324");
    assert_string_equal(TOLD(V2 "\x21\x12\0\x0c" V4_ADDRESSES), "192.0.2.1 56324");
    assert_string_equal(TOLD(V2 "\x21\x21\0\x24" V6_ADDRESSES), "2001:db8::1 4096");
    /* further fields behind the addresses are skipped */
    assert_string_equal(TOLD(V2 "\x21\x11\0\x12" V4_ADDRESSES "\3\0\3abc"), "192.0.2.1 56324");
    assert_string_equal(TOLD(V2 "\x20\0\0\0"), "local");
    assert_string_equal(TOLD(V2 "\x20\x11\0\x0c" V4_ADDRESSES), "local");
    assert_string_equal(TOLD(V2 "\x20\0\0\3xyz"), "local");
    assert_string_equal(TOLD(V2 "\x20\xff\0\0"), "local"); /* whatever the family */
    assert_string_equal(TOLD(V2 "\x21\0\0\3xyz"), "local");
    assert_string_equal(told(unix_header, sizeof(unix_header)), "unix");
}

struct bad_case {
    const char *data;
    size_t n;
    int result;
};

#define BAD(literal, result)                                                                       \
    {                                                                                              \
        (literal), sizeof(literal) - 1, (result)                                                   \
    }

static void malformed_headers_and_none(void **state)
{
    static const struct bad_case cases[] = {
        BAD("GET / HTTP/1.1\r\n", GALE_ENOTFOUND),
        BAD("PROXZ", GALE_ENOTFOUND),
        BAD("\r\n\r\nGET", GALE_ENOTFOUND),
        BAD("PROXY \r\n", GALE_EPROTO),
        BAD("PROXY TCP5 1.2.3.4 5.6.7.8 1 2\r\n", GALE_EPROTO),
        BAD("PROXY tcp4 1.2.3.4 5.6.7.8 1 2\r\n", GALE_EPROTO),
        BAD("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n", GALE_EPROTO),
        BAD("PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n", GALE_EPROTO),
        BAD("PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n", GALE_EPROTO),
        BAD("PROXY TCP4 1.2.3.4  5.6.7.8 1 2\r\n", GALE_EPROTO),
        BAD("PROXY TCP4 1.2.3.4 5.6.7.8 1 2 \r\n", GALE_EPROTO),
        BAD("PROXY  TCP4 1.2.3.4 5.6.7.8 1 2\r\n", GALE_EPROTO),
        BAD("PROXY TCP4 ::1 ::2 1 2\r\n", GALE_EPROTO),
        BAD("PROXY TCP6 1.2.3.4 5.6.7.8 1 2\r\n", GALE_EPROTO),
        BAD("PROXY TCP4 1.2.3 5.6.7.8 1 2\r\n", GALE_EPROTO),
        BAD("PROXY TCP4 127.1 5.6.7.8 1 2\r\n", GALE_EPROTO),
        BAD("PROXY TCP4 1.2.3.4 5.6.7.8 01 2\r\n", GALE_EPROTO),
        BAD("PROXY TCP4 1.2.3.4 5.6.7.8 -1 2\r\n", GALE_EPROTO),
        BAD("PROXY TCP4 1.2.3.4 5.6.7.8 65536 2\r\n", GALE_EPROTO),
        BAD("PROXY TCP4 1.2.3.4 5.6.7.8 1 99999\r\n", GALE_EPROTO),
        BAD("PROXY UNKNOWN 67890123456789012345678901234567890123456789012345678901234567890"
            "12345678901234567890123456789012345678901234567890",
            GALE_EPROTO), /* no end within 107 bytes */
        BAD(V2 "\x11\x11\0\x0c" V4_ADDRESSES, GALE_EPROTO),
        BAD(V2 "\x22\x11\0\x0c" V4_ADDRESSES, GALE_EPROTO),
        BAD(V2 "\x21\x41\0\x0c" V4_ADDRESSES, GALE_EPROTO),
        BAD(V2 "\x21\x13\0\x0c" V4_ADDRESSES, GALE_EPROTO),
        BAD(V2 "\x21\x11\0\x0b" V4_ADDRESSES, GALE_EPROTO),
        BAD(V2 "\x21\x21\0\x0c" V4_ADDRESSES, GALE_EPROTO),
        BAD(V2 "\x21\x31\0\x0c" V4_ADDRESSES, GALE_EPROTO),
        BAD(V2 "\x21\x11\xff\xff", GALE_EPROTO),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gale__proxy proxy;
        int r = parse(cases[i].data, cases[i].n, &proxy);

        if (r != cases[i].result)
            fail_msg("%zu: %s: %d", i, cases[i].data, r);
    }
}

static void one_that_is_too_long_is_told_the_limit(void **state)
{
    struct gale__proxy proxy;

    (void)state;
    assert_int_equal(parse(V2 "\x21\x11\x0f\xf1", 16, &proxy), GALE_EPROTO);
    assert_string_equal(gale_strerror(GALE_EPROTO),
                        "PROXY header: it has 4097 bytes, at most 4096 are taken");
    assert_int_equal(parse(V2 "\x21\x11\x0f\xf0", 16, &proxy), 0); /* the rest is to come */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_1),
        cmocka_unit_test(what_follows_is_left_alone),
        cmocka_unit_test(version_2),
        cmocka_unit_test(malformed_headers_and_none),
        cmocka_unit_test(one_that_is_too_long_is_told_the_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

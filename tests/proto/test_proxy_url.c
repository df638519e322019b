/* test_proxy_url.c - http_proxy and no_proxy. */
/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <gale/error.h>

#include "base/str.h"
#include "proto/proxy_url.h"

static void assert_slice(gale_str s, const char *wanted)
{
    assert_int_equal(s.len, strlen(wanted));
    assert_memory_equal(s.ptr, wanted, s.len);
}

static void test_urls(void **state)
{
    struct gale__proxy_url url;

    assert_int_equal(gale__proxy_url_parse(GALE__STR("HTTP://u%40:p:w@proxy.lan:3128/"), &url), 0);
    assert_slice(url.host, "proxy.lan");
    assert_slice(url.user, "u%40");
    assert_slice(url.password, "p:w");
    assert_int_equal(url.port, 3128);
    assert_int_equal(gale__proxy_url_parse(GALE__STR("proxy"), &url), 0);
    assert_slice(url.host, "proxy");
    assert_null(url.user.ptr);
    assert_int_equal(url.port, 80);
    assert_int_equal(gale__proxy_url_parse(GALE__STR("http://[::1]:8080"), &url), 0);
    assert_slice(url.host, "::1");
    assert_int_equal(url.port, 8080);
    assert_int_equal(gale__proxy_url_parse(GALE__STR("u@127.0.0.1:1"), &url), 0);
    assert_null(url.password.ptr);
}

static void test_what_is_no_proxy(void **state)
{
    static const char *const bad[] = {
        "",          "http://",       "https://p:1", "socks5://p:1", "p:0",
        "p:70000",   "http://p/path", "http://p q",  "http://a@b@c", "http://[::1",
        "http://u@", "http://p\r\n",
    };
    struct gale__proxy_url url;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(gale__proxy_url_parse(gale__str(bad[i]), &url), GALE_EINVAL);
}

static bool excepted(const char *list, const char *host, int port)
{
    return gale__proxy_is_excepted(gale__str(list), gale__str(host), port);
}

static void test_no_proxy(void **state)
{
    const char *list = "localhost, .example.org ,Other.net:8080 10.0.0.0/8,192.0.2.7,[fe80::]/10,"
                       "::1,[2001:db8::1]:443,,bad/99,300.1.1.1/8";

    assert_true(excepted("*", "anything", 80));
    assert_true(excepted(list, "localhost", 80));
    assert_true(excepted(list, "LocalHost.", 80));
    assert_false(excepted(list, "notlocalhost", 80));
    assert_true(excepted(list, "example.org", 80));
    assert_true(excepted(list, "a.b.EXAMPLE.org", 80));
    assert_false(excepted(list, "badexample.org", 80));
    assert_false(excepted(list, "example.org.evil", 80));
    assert_true(excepted(list, "www.other.net", 8080));
    assert_false(excepted(list, "other.net", 80));
    assert_true(excepted(list, "10.255.1.2", 80));
    assert_false(excepted(list, "11.0.0.1", 80));
    assert_true(excepted(list, "192.0.2.7", 443));
    assert_true(excepted(list, "::ffff:10.1.2.3", 80));
    assert_false(excepted(list, "192.0.2.70", 443));
    assert_true(excepted("fe80::/10", "febf::1", 80));
    assert_false(excepted("fe80::/10", "fec0::1", 80));
    assert_true(excepted(list, "::1", 80));
    assert_true(excepted(list, "2001:db8::1", 443));
    assert_false(excepted(list, "2001:db8::1", 80));
    assert_false(excepted("", "h", 80));
    assert_false(excepted(NULL, "h", 80));
    assert_false(excepted("2.7", "192.0.2.7", 80)); /* an address has nothing below it */
    assert_true(excepted("0.0.0.0/0", "1.2.3.4", 80));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_what_is_no_proxy),
        cmocka_unit_test(test_no_proxy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

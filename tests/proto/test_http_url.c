/* test_http_url.c - http URLs taken apart and resolved (RFC 3986 5.4). */
/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <gale/error.h>

#include "base/str.h"
#include "proto/http_url.h"

static void assert_slice(gale_str s, const char *text)
{
    assert_int_equal(s.len, strlen(text));
    assert_memory_equal(s.ptr, text, s.len);
}

static void test_parts(void **state)
{
    static const struct {
        const char *url, *host, *netloc, *target;
        int port;
        bool tls;
    } cases[] = {
        { "http://h", "h", "h", "/", 80, false },
        { "http://h?q", "h", "h", "/?q", 80, false },
        { "HTTP://H:8080/a?b#c?d/e", "H", "H:8080", "/a?b", 8080, false },
        { "https://h.example:/", "h.example", "h.example:", "/", 443, true },
        { "http://[::1]:81/x", "::1", "[::1]:81", "/x", 81, false },
        { "http://[::1]", "::1", "[::1]", "/", 80, false },
        { "http://127.0.0.1/\xc3\xa9", "127.0.0.1", "127.0.0.1", "/%C3%A9", 80, false },
        { "http://h/http://other/", "h", "h", "/http://other/", 80, false },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gale__http_url url;
        struct gale__buf target;

        assert_int_equal(gale__http_url_parse(gale__str(cases[i].url), &url), 0);
        assert_slice(url.host, cases[i].host);
        assert_slice(url.netloc, cases[i].netloc);
        assert_int_equal(url.port, cases[i].port);
        assert_int_equal(url.tls, cases[i].tls);
        gale__buf_init(&target, 100);
        gale__http_url_write_target(&url, &target);
        assert_slice(gale__buf_str(&target), cases[i].target);
        gale__buf_deinit(&target);
    }
}

static void test_refused(void **state)
{
    static const char *const bad[] = { "",
                                       "h",
                                       "//h/",
                                       "ftp://h",
                                       "http:/h",
                                       "http://",
                                       "http:///x",
                                       "http://:80/",
                                       "http://h:x/",
                                       "http://h:0",
                                       "http://[",
                                       "http://[::1",
                                       "http://u@@h",
                                       "http://h/ x",
                                       "http://h/\t",
                                       "http://h:8:8/",
                                       "http://?",
                                       "http://[]/",
                                       "http://a,b",
                                       " http://h",
                                       "http://h:-1/",
                                       "http://h:65536" };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct gale__http_url url;

        assert_int_equal(gale__http_url_parse(gale__str(bad[i]), &url), GALE_EINVAL);
    }
}

/* Where another parser would see another host. */
static void test_hosts_in_disguise(void **state)
{
    static const struct {
        const char *url, *says;
    } bad[] = {
        { "http://a\\@b/", "a backslash" },      { "http://a\\b/", "a backslash" },
        { "http://u:p\\q@b/", "a backslash" },   { "http://\\\\b/", "a backslash" },
        { "http://a:80\\@b:81", "a backslash" }, { "https://a\\?@b", "a backslash" },
        { "http://a@b@c/", "two '@'" },          { "http://a b@c/", "byte 0x20" },
        { "http://a\r\n@c/", "byte 0x0d" },      { "http://a\x7f@c/", "byte 0x7f" },
        { "http://[::1]@a[/", "host" },          { "http://a%00@[b/", "host" },
    };
    struct gale__http_url url;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(gale__http_url_parse(gale__str(bad[i].url), &url), GALE_EINVAL);
        if (!strstr(gale_strerror(GALE_EINVAL), bad[i].says))
            fail_msg("%s: %s", bad[i].url, gale_strerror(GALE_EINVAL));
    }
    /* Behind the authority it is a byte like others. */
    assert_int_equal(gale__http_url_parse(GALE__STR("http://a/\\@b"), &url), 0);
    assert_slice(url.host, "a");
    assert_int_equal(gale__http_url_parse(GALE__STR("http://a?\\@b"), &url), 0);
    assert_slice(url.host, "a");
}

/* User and password are no part of the host. */
static void test_userinfo(void **state)
{
    struct gale__http_url url;

    assert_int_equal(gale__http_url_parse(GALE__STR("http://us%40er:p%3aw@h:81/x@y"), &url), 0);
    assert_slice(url.userinfo, "us%40er:p%3aw");
    assert_slice(url.netloc, "h:81");
    assert_slice(url.host, "h");
    assert_int_equal(url.port, 81);
    assert_slice(url.target, "/x@y");
    assert_int_equal(gale__http_url_parse(GALE__STR("https://@[::1]/"), &url), 0);
    assert_slice(url.userinfo, "");
    assert_true(url.userinfo.ptr != NULL);
    assert_slice(url.host, "::1");
    assert_int_equal(gale__http_url_parse(GALE__STR("http://h/?a@b"), &url), 0);
    assert_null(url.userinfo.ptr);
    assert_int_equal(gale__http_url_parse(GALE__STR("http://u@"), &url), GALE_EINVAL);
    assert_int_equal(gale__http_url_parse(GALE__STR("http://good@evil@h/"), &url), GALE_EINVAL);
}

static void check_resolved(const char *base, const char *reference, const char *wanted)
{
    struct gale__http_url url;
    struct gale__buf out;

    gale__buf_init(&out, 200);
    assert_int_equal(gale__http_url_parse(gale__str(base), &url), 0);
    assert_int_equal(gale__http_url_resolve(&url, gale__str(reference), &out), 0);
    assert_slice(gale__buf_str(&out), wanted);
    gale__buf_deinit(&out);
}

/* The examples of RFC 3986 5.4, without the ;p parameter and without fragments. */
static void test_references(void **state)
{
    static const char *const pairs[][2] = {
        { "g:h", "g:h" },
        { "g", "http://a/b/c/g" },
        { "./g", "http://a/b/c/g" },
        { "g/", "http://a/b/c/g/" },
        { "/g", "http://a/g" },
        { "//g", "http://g" },
        { "?y", "http://a/b/c/d;p?y" },
        { "g?y", "http://a/b/c/g?y" },
        { "#s", "http://a/b/c/d;p?q" },
        { "g#s", "http://a/b/c/g" },
        { "g;x=1/./y", "http://a/b/c/g;x=1/y" },
        { "", "http://a/b/c/d;p?q" },
        { ".", "http://a/b/c/" },
        { "./", "http://a/b/c/" },
        { "..", "http://a/b/" },
        { "../", "http://a/b/" },
        { "../g", "http://a/b/g" },
        { "../..", "http://a/" },
        { "../../g", "http://a/g" },
        { "../../../g", "http://a/g" },
        { "/./g", "http://a/g" },
        { "/../g", "http://a/g" },
        { "g.", "http://a/b/c/g." },
        { "..g", "http://a/b/c/..g" },
        { "g/../h", "http://a/b/c/h" },
        { "g?y/../x", "http://a/b/c/g?y/../x" },
        { "a b", "http://a/b/c/a%20b" },
        { "1:2", "http://a/b/c/1:2" },
    };

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        check_resolved("http://a/b/c/d;p?q", pairs[i][0], pairs[i][1]);
    check_resolved("https://h:1", "x", "https://h:1/x");
    check_resolved("http://h", "?x", "http://h/?x");
    check_resolved("http://h?x", "", "http://h/?x");
}

static void test_b20_control_characters_in_a_location(void **state)
{
    struct gale__http_url url;
    struct gale__buf out;

    gale__buf_init(&out, 200);
    assert_int_equal(gale__http_url_parse(GALE__STR("http://a/"), &url), 0);
    assert_int_equal(gale__http_url_resolve(&url, GALE__STR("/a\r\nb"), &out), GALE_EINVAL);
    assert_int_equal(gale__http_url_resolve(&url, GALE__STR("/a\0b"), &out), GALE_EINVAL);
    gale__buf_deinit(&out);
}

static void test_origins(void **state)
{
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        { "http://h/x", "http://H:80/y", true }, { "http://h", "https://h", false },
        { "http://h", "http://h:81", false },    { "http://h", "http://h.", false },
        { "https://h:443", "https://h", true },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gale__http_url a, b;

        assert_int_equal(gale__http_url_parse(gale__str(cases[i].a), &a), 0);
        assert_int_equal(gale__http_url_parse(gale__str(cases[i].b), &b), 0);
        assert_int_equal(gale__http_url_same_origin(&a, &b), cases[i].same);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_hosts_in_disguise),
        cmocka_unit_test(test_userinfo),
        cmocka_unit_test(test_references),
        cmocka_unit_test(test_b20_control_characters_in_a_location),
        cmocka_unit_test(test_origins),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

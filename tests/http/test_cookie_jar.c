/* test_cookie_jar.c - cookies of a client: what is kept, where it goes, files. */
/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "http/cookie_jar.h"

static double clock_now = 1000000000;

static double fake_now(void *arg)
{
    return clock_now;
}

static gale_cookie_jar *new_jar(void)
{
    gale_cookie_jar *jar = gale_cookie_jar_new();

    assert_non_null(jar);
    jar->now = fake_now;
    return jar;
}

static void set(gale_cookie_jar *jar, const char *url, const char *field)
{
    assert_int_equal(gale_cookie_jar_set(jar, url, field), 0);
}

static void refuse(gale_cookie_jar *jar, const char *url, const char *field)
{
    assert_int_equal(gale_cookie_jar_set(jar, url, field), GALE_EINVAL);
}

static void check(gale_cookie_jar *jar, const char *url, const char *wanted)
{
    struct gale__http_url parsed;
    struct gale__buf out;

    assert_int_equal(gale__http_url_parse(gale__str(url), &parsed), 0);
    gale__buf_init(&out, 1 << 20);
    gale__cookie_jar_write(jar, &parsed, "", &out);
    assert_int_equal(out.error, 0);
    assert_string_equal(out.len ? gale__buf_cstr(&out) : "", wanted);
    gale__buf_deinit(&out);
}

static void test_a_cookie_goes_back_to_its_host_alone(void **state)
{
    gale_cookie_jar *jar = new_jar();

    set(jar, "http://Example.org/a/b?c=/d/", "x=1");
    check(jar, "http://example.org/a/b", "x=1");
    check(jar, "http://EXAMPLE.org:8080/a/c/d", "x=1"); /* ports do not count */
    check(jar, "http://example.org/a", "x=1");
    check(jar, "http://example.org/", "");
    check(jar, "http://example.org/ab", "");
    check(jar, "http://www.example.org/a/", "");
    check(jar, "http://badexample.org/a/", "");
    gale_cookie_jar_clear(jar);
    check(jar, "http://example.org/a/b", "");
    gale_cookie_jar_free(jar);
}

static void test_domain(void **state)
{
    gale_cookie_jar *jar = new_jar();

    set(jar, "http://www.example.org/", "x=1; Domain=.Example.ORG");
    check(jar, "http://example.org/", "x=1");
    check(jar, "http://a.b.example.org/", "x=1");
    check(jar, "http://notexample.org/", "");
    check(jar, "http://example.org.evil.com/", "");
    refuse(jar, "http://www.example.org/", "y=1; Domain=org");
    refuse(jar, "http://www.example.org/", "y=1; Domain=other.org");
    refuse(jar, "http://example.org/", "y=1; Domain=www.example.org");
    refuse(jar, "http://127.0.0.1/", "y=1; Domain=0.0.1");
    set(jar, "http://127.0.0.1/", "ip=1; Domain=127.0.0.1");
    check(jar, "http://127.0.0.1/", "ip=1");
    set(jar, "http://localhost/", "l=1; Domain=localhost");
    check(jar, "http://localhost/", "l=1");
    check(jar, "http://a.localhost/", "");
    gale_cookie_jar_free(jar);
}

static void test_path_and_order(void **state)
{
    gale_cookie_jar *jar = new_jar();

    set(jar, "http://h/", "root=1; Path=/");
    set(jar, "http://h/", "deep=1; Path=/a/b");
    set(jar, "http://h/", "mid=1; Path=/a");
    set(jar, "http://h/", "late=1; Path=/");
    check(jar, "http://h/a/b/c", "deep=1; mid=1; root=1; late=1");
    set(jar, "http://h/", "root=2; Path=/"); /* keeps its place */
    check(jar, "http://h/a?x", "mid=1; root=2; late=1");
    check(jar, "http://h", "root=2; late=1");
    set(jar, "http://h/x/y", "odd=1; Path=nothing");
    check(jar, "http://h/x/z", "odd=1; root=2; late=1");
    gale_cookie_jar_free(jar);
}

static void test_secure(void **state)
{
    gale_cookie_jar *jar = new_jar();

    refuse(jar, "http://h/", "x=1; Secure");
    set(jar, "https://h/", "x=1; Secure; Path=/login");
    check(jar, "http://h/login", "");
    check(jar, "https://h/login", "x=1");
    refuse(jar, "http://h/", "x=2; Path=/login/en"); /* does not shadow it */
    set(jar, "http://h/", "x=2; Path=/log");
    check(jar, "https://h/login", "x=1");
    gale_cookie_jar_free(jar);
}

static void test_prefixes(void **state)
{
    gale_cookie_jar *jar = new_jar();

    refuse(jar, "https://a.h/", "__Secure-x=1");
    refuse(jar, "https://a.h/", "__secure-x=1");
    set(jar, "https://a.h/", "__Secure-x=1; Secure");
    refuse(jar, "https://a.h/", "__Host-x=1; Secure");
    refuse(jar, "https://a.h/", "__Host-x=1; Secure; Path=/a");
    refuse(jar, "https://a.h.org/", "__Host-x=1; Secure; Path=/; Domain=h.org");
    refuse(jar, "https://a.h/", "=__Host-x=1; Secure; Path=/");
    set(jar, "https://a.h/", "__Host-x=1; Secure; Path=/");
    check(jar, "https://a.h/", "__Secure-x=1; __Host-x=1");
    gale_cookie_jar_free(jar);
}

static void test_expiry(void **state)
{
    gale_cookie_jar *jar = new_jar();

    set(jar, "http://h/", "age=1; Max-Age=10");
    set(jar, "http://h/", "date=1; expires=Sun, 09 Sep 2001 01:46:50 GMT"); /* in 10 seconds */
    set(jar, "http://h/", "dash=1; expires=Sun, 09-Sep-2001 01:46:50 GMT");
    set(jar, "http://h/", "both=1; Max-Age=20; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
    set(jar, "http://h/", "bad=1; Max-Age=x; Expires=tomorrow");
    set(jar, "http://h/", "long=1; Max-Age=99999999999999999999999");
    check(jar, "http://h/", "age=1; date=1; dash=1; both=1; bad=1; long=1");
    clock_now += 10;
    check(jar, "http://h/", "both=1; bad=1; long=1");
    clock_now += 10;
    check(jar, "http://h/", "bad=1; long=1");
    set(jar, "http://h/", "bad=; Max-Age=-1");
    check(jar, "http://h/", "long=1");
    clock_now += 400.0 * 86400;
    check(jar, "http://h/", "");
    gale_cookie_jar_free(jar);
}

static void test_odd_fields(void **state)
{
    char large[5000];
    gale_cookie_jar *jar = new_jar();

    refuse(jar, "http://h/", "");
    refuse(jar, "http://h/", " ; Path=/");
    refuse(jar, "http://h/", "=");
    refuse(jar, "http://h/", "a=b\r\nX: y");
    refuse(jar, "http://h/", "a=b\tc");
    memset(large, 'x', sizeof(large) - 1);
    large[sizeof(large) - 1] = 0;
    large[1] = '=';
    refuse(jar, "http://h/", large);
    set(jar, "http://h/", "alone");
    set(jar, "http://h/", "  a = b=c \" d ;;HttpOnly; secure-ish");
    check(jar, "http://h/", "alone; a=b=c \" d");
    assert_int_equal(gale_cookie_jar_set(jar, "ftp://h/", "a=b"), GALE_EINVAL);
    gale_cookie_jar_free(jar);
}

static void test_limits(void **state)
{
    gale_cookie_jar *jar = new_jar();
    char text[64], host[64];

    for (int i = 0; i < 51; i++) {
        snprintf(text, sizeof(text), "c%d=1", i);
        set(jar, "http://h.org/", text);
    }
    assert_int_equal(jar->n, 50);
    for (int i = 0; i < 3100; i++) {
        snprintf(host, sizeof(host), "http://h%d.org/", i);
        set(jar, host, "a=1");
    }
    assert_int_equal(jar->n, 3000);
    check(jar, "http://h.org/", ""); /* the oldest have gone */
    check(jar, "http://h3099.org/", "a=1");
    gale_cookie_jar_free(jar);
}

static void test_files(void **state)
{
    char directory[] = "jarXXXXXX", path[64], line[400];
    gale_cookie_jar *jar = new_jar(), *other = new_jar();
    struct stat st;
    FILE *f;

    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/cookies.txt", directory);
    set(jar, "https://www.example.org/", "a=1; Domain=example.org; Secure; Max-Age=100; HttpOnly");
    set(jar, "http://h/x/", "session=2");
    assert_int_equal(gale_cookie_jar_save(jar, path), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    f = fopen(path, "r");
    assert_non_null(fgets(line, sizeof(line), f));
    assert_string_equal(line, "# Netscape HTTP Cookie File\n");
    assert_non_null(fgets(line, sizeof(line), f));
    assert_non_null(fgets(line, sizeof(line), f));
    snprintf(path, sizeof(path), "#HttpOnly_.example.org\tTRUE\t/\tTRUE\t%lld\ta\t1\n",
             (long long)clock_now + 100);
    assert_string_equal(line, path);
    fclose(f);
    snprintf(path, sizeof(path), "%s/cookies.txt", directory);
    assert_int_equal(gale_cookie_jar_load(other, path), 0);
    check(other, "https://sub.example.org/", "a=1");
    check(other, "http://h/x/y", "session=2");

    f = fopen(path, "w");
    fputs("# a comment\r\n\r\nh\tFALSE\t/\tFALSE\t0\tcurl\tv\r\nh\tFALSE\tbroken\n", f);
    fclose(f);
    assert_int_equal(gale_cookie_jar_load(other, path), GALE_EINVAL);
    assert_non_null(strstr(gale_strerror(GALE_EINVAL), "cookies.txt:4:"));
    check(other, "http://h/", "curl=v");
    unlink(path);
    assert_int_equal(gale_cookie_jar_load(other, path), -2);
    assert_non_null(strstr(gale_strerror(-2), "cookies.txt"));
    rmdir(directory);
    assert_true(gale_cookie_jar_save(other, path) < 0);
    gale_cookie_jar_free(jar);
    gale_cookie_jar_free(other);
    gale_cookie_jar_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_cookie_goes_back_to_its_host_alone),
        cmocka_unit_test(test_domain),
        cmocka_unit_test(test_path_and_order),
        cmocka_unit_test(test_secure),
        cmocka_unit_test(test_prefixes),
        cmocka_unit_test(test_expiry),
        cmocka_unit_test(test_odd_fields),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_received_cookie.c - Set-Cookie as a client reads it; test_cookie_jar.c has the rest. */
/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/str.h"
#include "proto/received_cookie.h"

static void assert_slice(gale_str s, const char *wanted)
{
    assert_int_equal(s.len, strlen(wanted));
    if (s.len)
        assert_memory_equal(s.ptr, wanted, s.len);
}

static void test_attributes(void **state)
{
    struct gale__received_cookie c;

    assert_true(gale__received_cookie_parse(
        GALE__STR(" a=b ; DOMAIN = .h.org;path=/x ; Path=y;secure=no; HTTPONLY;max-age=5"), 100,
        &c));
    assert_slice(c.name, "a");
    assert_slice(c.value, "b");
    assert_slice(c.domain, "h.org");
    assert_slice(c.path, ""); /* the last one counts */
    assert_true(c.secure && c.http_only);
    assert_true(c.expires == 105);
    assert_true(gale__received_cookie_parse(GALE__STR("a="), 100, &c));
    assert_slice(c.value, "");
    assert_true(isinf(c.expires) && c.expires > 0);
}

/* Each beginning of a field, in memory of its own size. */
static void test_every_cut(void **state)
{
    static const char field[] = "a=b; Domain=h.org; Path=/x; Max-Age=-5; Secure; Expires=Sun, "
                                "09-Sep-2001 01:46:50 GMT; HttpOnly";
    struct gale__received_cookie c;

    for (size_t n = 0; n < sizeof(field); n++) {
        char *copy = malloc(n ? n : 1);

        memcpy(copy, field, n);
        assert_int_equal(gale__received_cookie_parse((gale_str){ copy, n }, 0, &c),
                         n > 0 && n < sizeof(field));
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attributes),
        cmocka_unit_test(test_every_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_http_date.c - HTTP dates written and read, against the C library's calendar. */
/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "proto/http_date.h"

enum { NOW = 1700000000 }; /* in November 2023 */

static void assert_date(int64_t unix_time, const char *expected)
{
    char text[GALE__HTTP_DATE_LEN + 1];

    gale__http_date_format(text, unix_time);
    assert_string_equal(text, expected);
}

static void test_dates_are_written(void **state)
{
    assert_date(0, "Thu, 01 Jan 1970 00:00:00 GMT");
    assert_date(1000000000, "Sun, 09 Sep 2001 01:46:40 GMT");
    assert_date(-1, "Wed, 31 Dec 1969 23:59:59 GMT");
    assert_date(1700000000, "Tue, 14 Nov 2023 22:13:20 GMT");
    assert_date(951782400, "Tue, 29 Feb 2000 00:00:00 GMT");
    assert_date(INT64_MAX, "Fri, 31 Dec 9999 23:59:59 GMT");
    assert_date(INT64_MIN, "Sat, 01 Jan 0000 00:00:00 GMT");
}

/* Steps of a bit more than a day over all years that can be written. */
static void test_all_years_agree_with_gmtime_and_come_back(void **state)
{
    for (int64_t t = -62167219200; t <= 253402300799; t += 86400 * 11 + 12345) {
        time_t unix_time = (time_t)t;
        struct tm tm;
        char expected[64];
        char text[GALE__HTTP_DATE_LEN + 1];
        int64_t back = 0;

        gmtime_r(&unix_time, &tm);
        strftime(expected, sizeof(expected), "%a, %d %b ", &tm);
        gale__http_date_format(text, t);
        assert_memory_equal(text, expected, strlen(expected));
        strftime(expected, sizeof(expected), " %H:%M:%S GMT", &tm);
        assert_string_equal(text + 16, expected);
        assert_int_equal(gale__http_date_parse(text, strlen(text), NOW, &back), 0);
        assert_true(back == t);
    }
}

static void assert_read(const char *text, int64_t expected)
{
    int64_t out = -12345;

    assert_int_equal(gale__http_date_parse(text, strlen(text), NOW, &out), 0);
    assert_true(out == expected);
}

static void test_three_forms_are_read(void **state)
{
    assert_read("Sun, 06 Nov 1994 08:49:37 GMT", 784111777);
    assert_read("Sunday, 06-Nov-94 08:49:37 GMT", 784111777);
    assert_read("Sun Nov  6 08:49:37 1994", 784111777);
    assert_read("Wed Nov 16 08:49:37 1994", 784975777);
    assert_read("Mon, 06 Nov 1994 08:49:37 GMT", 784111777);  /* not a Monday */
    assert_read("Sat, 31 Dec 2016 23:59:60 GMT", 1483228800); /* a leap second */
}

static void test_two_digits_mean_the_nearest_century(void **state)
{
    assert_read("Sunday, 01-Jan-23 00:00:00 GMT", 1672531200);
    assert_read("Sunday, 01-Jan-73 00:00:00 GMT", 3250454400); /* 2073: 50 years ahead */
    assert_read("Sunday, 01-Jan-74 00:00:00 GMT", 126230400);  /* 1974 */
    assert_read("Sunday, 01-Jan-99 00:00:00 GMT", 915148800);
}

static void test_malformed_dates_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "0",
        "Sun",
        "Sunday",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        " Sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "sun, 06 nov 1994 08:49:37 gmt",
        "Xyz, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Xyz 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 29 Feb 1900 08:49:37 GMT",
        "Sun, 30 Feb 2000 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov -994 08:49:37 GMT",
        "Sun, +6 Nov 1994 08:49:37 GMT",
        "Sunday, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT",
        "Sun Nov 6 08:49:37 1994",
        "Sun Nov    08:49:37 1994",
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int64_t out = 42;

        if (gale__http_date_parse(bad[i], strlen(bad[i]), NOW, &out) == 0)
            fail_msg("accepted \"%s\"", bad[i]);
        assert_int_equal(out, 42);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates_are_written),
        cmocka_unit_test(test_all_years_agree_with_gmtime_and_come_back),
        cmocka_unit_test(test_three_forms_are_read),
        cmocka_unit_test(test_two_digits_mean_the_nearest_century),
        cmocka_unit_test(test_malformed_dates_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

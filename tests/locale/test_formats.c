/* test_formats.c - dates, days, lists and numbers as languages write them, names of languages. */
/* SPDX-License-Identifier: MIT */
#include "locale_kit.h"

#include <errno.h>
#include <locale.h>
#include <math.h>

#include <gale/ioloop.h>

/* 2001-09-09 13:05:00 UTC, a Sunday */
#define DATE 1000040700.0

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };

static gale_translations *french(void)
{
    write_text("fr.csv", "nothing,rien\n");
    return load_csv(NULL);
}

static void check_date(const gale_locale *l, double time, gale_date_format format,
                       const char *expected)
{
    char text[200];
    size_t n = gale_format_date_into(l, time, &format, text, sizeof(text));

    assert_string_equal(text, expected);
    assert_int_equal(n, strlen(expected));
}

/* Seconds ago, in English and relative to DATE. */
static void check_ago(double seconds, gale_date_format format, const char *expected)
{
    format.now = DATE;
    check_date(gale_get_locale(NULL, NULL), DATE - seconds, format, expected);
}

#define FORMAT(...) ((gale_date_format){ __VA_ARGS__ })

static void vectors_of_dates(void **state)
{
    gale_translations *t = french();
    const gale_locale *en = locale_of(t, "en_US"), *fr = locale_of(t, "fr");
    const double now = DATE + 9000.0 * DAY;

    check_date(en, DATE, FORMAT(.now = now, .relative = GALE_OFF), "September 9, 2001 at 1:05 pm");
    check_date(fr, DATE, FORMAT(.now = now, .relative = GALE_OFF), "September 9, 2001 at 13:05");
    check_date(en, DATE, FORMAT(.now = now, .full_format = GALE_ON),
               "September 9, 2001 at 1:05 pm");
    check_date(fr, DATE, FORMAT(.full_format = GALE_ON), "September 9, 2001 at 13:05");
    check_date(en, DATE, FORMAT(.full_format = GALE_ON, .shorter = GALE_ON), "September 9, 2001");
    check_date(fr, DATE, FORMAT(.full_format = GALE_ON, .shorter = GALE_ON), "September 9, 2001");
    check_date(en, DATE, FORMAT(.full_format = GALE_ON, .gmt_offset = 90),
               "September 9, 2001 at 11:35 am");
    check_date(fr, DATE, FORMAT(.full_format = GALE_ON, .gmt_offset = 90),
               "September 9, 2001 at 11:35");
    gale_translations_free(t);
}

static void relative_times(void **state)
{
    check_ago(0, FORMAT(0), "0 seconds ago");
    check_ago(1, FORMAT(0), "1 second ago");
    check_ago(1.9, FORMAT(0), "1 second ago");
    check_ago(49.9, FORMAT(0), "49 seconds ago");
    check_ago(50, FORMAT(0), "1 minute ago");
    check_ago(90, FORMAT(0), "2 minutes ago");
    check_ago(150, FORMAT(0), "2 minutes ago");
    check_ago(49.9 * MINUTE, FORMAT(0), "50 minutes ago");
    check_ago(50 * MINUTE, FORMAT(0), "1 hour ago");
    check_ago(2.5 * HOUR, FORMAT(0), "2 hours ago");
    check_ago(3.5 * HOUR, FORMAT(0), "4 hours ago");
    check_ago(DAY - 1, FORMAT(0), "24 hours ago");
}

static void times_of_the_last_days(void **state)
{
    check_ago(DAY, FORMAT(0), "yesterday at 1:05 pm");
    check_ago(DAY, FORMAT(.shorter = GALE_ON), "yesterday");
    check_ago(DAY + 13 * HOUR, FORMAT(0), "yesterday at 12:05 am");
    check_ago(DAY + 14 * HOUR, FORMAT(0), "Friday at 11:05 pm");
    check_ago(DAY, FORMAT(.relative = GALE_OFF), "Saturday at 1:05 pm");
    check_ago(2 * DAY, FORMAT(0), "Friday at 1:05 pm");
    check_ago(2 * DAY, FORMAT(.shorter = GALE_ON), "Friday");
    check_ago(5 * DAY - 1, FORMAT(0), "Tuesday at 1:05 pm");
    check_ago(5 * DAY, FORMAT(0), "September 4 at 1:05 pm");
    check_ago(5 * DAY, FORMAT(.shorter = GALE_ON), "September 4");
    check_ago(333 * DAY, FORMAT(0), "October 11 at 1:05 pm");
    check_ago(334 * DAY, FORMAT(0), "October 10, 2000 at 1:05 pm");
    check_ago(334 * DAY, FORMAT(.shorter = GALE_ON), "October 10, 2000");
    check_ago(HOUR, FORMAT(.relative = GALE_OFF), "12:05 pm");
    check_ago(13 * HOUR, FORMAT(.relative = GALE_OFF), "12:05 am");
    check_ago(HOUR, FORMAT(.relative = GALE_OFF, .shorter = GALE_ON), "12:05 pm");
    check_ago(HOUR, FORMAT(.full_format = GALE_ON), "September 9, 2001 at 12:05 pm");
}

/* The offset moves what day it is. */
static void offsets_are_subtracted(void **state)
{
    check_ago(DAY, FORMAT(.gmt_offset = -12 * 60), "yesterday at 1:05 am");
    check_ago(2 * DAY, FORMAT(.gmt_offset = -12 * 60), "Saturday at 1:05 am");
    check_ago(2 * DAY, FORMAT(.gmt_offset = 300), "Friday at 8:05 am");
    check_ago(HOUR, FORMAT(.gmt_offset = 300, .relative = GALE_OFF), "7:05 am");
}

/* Tornado looks at the seconds beyond whole days alone: "1 day and 5 seconds ahead" is now. */
static void times_to_come(void **state)
{
    check_ago(-5, FORMAT(0), "0 seconds ago");
    check_ago(-59.9, FORMAT(0), "0 seconds ago");
    check_ago(-60, FORMAT(0), "September 9, 2001 at 1:06 pm");
    check_ago(-5, FORMAT(.relative = GALE_OFF), "September 9, 2001 at 1:05 pm");
    check_ago(-DAY - 5, FORMAT(0), "September 10, 2001 at 1:05 pm");
    check_ago(-DAY - 5, FORMAT(.shorter = GALE_ON), "September 10, 2001");
    check_ago(-400.0 * DAY, FORMAT(0), "October 14, 2002 at 1:05 pm");
}

static void times_that_no_calendar_has(void **state)
{
    static const double bad[] = { NAN, INFINITY, -INFINITY, 1e300, -62135596801.0, 253402300800.0 };
    const gale_locale *en = gale_get_locale(NULL, NULL);
    gale_date_format full = { .full_format = GALE_ON, .now = DATE };
    char text[100];

    for (size_t i = 0; i < N_OF(bad); i++) {
        assert_int_equal(gale_format_date_into(en, bad[i], &full, text, sizeof(text)), SIZE_MAX);
        assert_int_equal(gale_format_day_into(en, bad[i], 0, true, text, sizeof(text)), SIZE_MAX);
    }
    check_date(en, -62135596800.0, full, "January 1, 1 at 12:00 am");
    check_date(en, 253402300799.0, full, "December 31, 9999 at 11:59 pm");
    check_date(en, -1, full, "December 31, 1969 at 11:59 pm");
    full.gmt_offset = 1;
    assert_int_equal(gale_format_date_into(en, -62135596800.0, &full, text, sizeof(text)),
                     SIZE_MAX);
    full.gmt_offset = INT32_MIN;
    check_date(en, DATE, full, "October 1, 6084 at 3:13 pm");
}

/* As the C library sees it, in each year and at its ends. */
static void days_of_all_years(void **state)
{
    static const char *const months[] = { "January",   "February", "March",    "April",
                                          "May",       "June",     "July",     "August",
                                          "September", "October",  "November", "December" };
    static const char *const weekdays[] = { "Sunday",   "Monday", "Tuesday", "Wednesday",
                                            "Thursday", "Friday", "Saturday" };
    char text[100], expected[100];
    struct tm tm = { 0 };

    for (int year = 1; year <= 9999; year++) {
        for (int at = 0; at < 4; at++) {
            static const int days[] = { 0, 58, 59, 364 };
            struct tm start = { .tm_year = year - 1900, .tm_mday = 1 };
            time_t time = timegm(&start) + (time_t)days[at] * DAY + DAY - 1;

            gmtime_r(&time, &tm);
            snprintf(expected, sizeof(expected), "%s, %s %d", weekdays[tm.tm_wday],
                     months[tm.tm_mon], tm.tm_mday);
            gale_format_day_into(gale_get_locale(NULL, NULL), (double)time, 0, true, text,
                                 sizeof(text));
            assert_string_equal(text, expected);
        }
    }
}

static void without_a_now_it_is_the_clock(void **state)
{
    const gale_locale *en = gale_get_locale(NULL, NULL);
    char text[100];

    gale_format_date_into(en, (double)time(NULL) - 7200, NULL, text, sizeof(text));
    assert_string_equal(text, "2 hours ago");
}

static void days(void **state)
{
    const gale_locale *en = gale_get_locale(NULL, NULL);
    char text[100];

    gale_format_day_into(en, DATE, 0, true, text, sizeof(text));
    assert_string_equal(text, "Sunday, September 9");
    gale_format_day_into(en, DATE, 0, false, text, sizeof(text));
    assert_string_equal(text, "September 9");
    gale_format_day_into(en, DATE, -11 * 60, true, text, sizeof(text));
    assert_string_equal(text, "Monday, September 10");
}

/* Each text has the key that Tornado asks for. */
static void dates_are_translated(void **state)
{
    gale_translations *t;
    const gale_locale *fr, *zh;
    const gale_date_format at = { .now = DATE }, brief = { .now = DATE, .shorter = GALE_ON };
    char text[100];

    write_text("fr.csv", "1 second ago,il y a une seconde,singular\n"
                         "%(seconds)d seconds ago,il y a %(seconds)d secondes,plural\n"
                         "%(hours)d hours ago,il y a %(hours)s heures (100%%),plural\n"
                         "yesterday at %(time)s,hier à %(time)s\n"
                         "yesterday,hier\n"
                         "Friday,vendredi\nSeptember,septembre\nSunday,dimanche\n"
                         "%(weekday)s at %(time)s,%(weekday)s à %(time)s\n"
                         "%(month_name)s %(day)s,%(day)s %(month_name)s\n"
                         "%(month_name)s %(day)s at %(time)s,le %(day)s %(wrong)s %(time) %x\n"
                         "\"%(month_name)s %(day)s, %(year)s at %(time)s\","
                         "le %(day)s %(month_name)s %(year)s à %(time)s\n"
                         "\"%(weekday)s, %(month_name)s %(day)s\","
                         "%(weekday)s %(day)s %(month_name)s\n"
                         "%(commas)s and %(last)s,%(commas)s et %(last)s\n");
    write_text("zh_CN.csv", "a,b\n");
    t = load_csv(NULL);
    fr = locale_of(t, "fr");
    zh = locale_of(t, "zh-cn");
    check_date(fr, DATE - 1, at, "il y a une seconde");
    check_date(fr, DATE - 2, at, "il y a 2 secondes");
    check_date(fr, DATE - 60, at, "1 minute ago");
    check_date(fr, DATE - 2 * HOUR, at, "il y a 2 heures (100%)");
    check_date(fr, DATE - DAY, at, "hier à 13:05");
    check_date(fr, DATE - DAY, brief, "hier");
    check_date(fr, DATE - 2 * DAY, at, "vendredi à 13:05");
    check_date(fr, DATE - 8 * DAY, brief, "1 septembre");
    check_date(fr, DATE - 8 * DAY, at, "le 1 %(wrong)s %(time) %x");
    check_date(fr, DATE - 365 * DAY, at, "le 9 septembre 2000 à 13:05");
    check_date(zh, DATE, FORMAT(.now = DATE, .relative = GALE_OFF), "下午1:05");
    check_date(zh, DATE - 13 * HOUR, FORMAT(.now = DATE, .relative = GALE_OFF), "上午12:05");
    gale_format_day_into(fr, DATE, 0, true, text, sizeof(text));
    assert_string_equal(text, "dimanche 9 septembre");
    gale_format_list_into(fr, CODES("A", "B", "%s"), text, sizeof(text));
    assert_string_equal(text, "A, B et %s");
    gale_translations_free(t);
}

static void lists(void **state)
{
    const gale_locale *en = gale_get_locale(NULL, NULL);
    gale_translations *t;
    char text[100];

    assert_int_equal(gale_format_list_into(en, CODES(NULL), text, sizeof(text)), 0);
    assert_string_equal(text, "");
    gale_format_list_into(en, CODES("a"), text, sizeof(text));
    assert_string_equal(text, "a");
    gale_format_list_into(en, CODES("a", "b"), text, sizeof(text));
    assert_string_equal(text, "a and b");
    assert_int_equal(gale_format_list_into(en, CODES("a", "b", "c"), text, 5), 10);
    assert_string_equal(text, "a, b");
    write_text("fa.csv", "x,y\n");
    t = load_csv(NULL);
    gale_format_list_into(locale_of(t, "fa"), CODES("a", "b", "c"), text, sizeof(text));
    assert_string_equal(text, "a و b and c");
    gale_translations_free(t);
}

static void numbers(void **state)
{
    static const struct {
        int64_t value;
        const char *english, *french;
    } vectors[] = {
        { 0, "0", "0" },
        { 999, "999", "999" },
        { 1000, "1,000", "1000" },
        { -1234, "-1,234", "-1234" },
        { -123, "-123", "-123" },
        { 1234567, "1,234,567", "1234567" },
        { INT64_MAX, "9,223,372,036,854,775,807", "9223372036854775807" },
        { INT64_MIN, "-9,223,372,036,854,775,808", "-9223372036854775808" },
    };
    gale_translations *t = french();
    char text[100];

    for (size_t i = 0; i < N_OF(vectors); i++) {
        gale_friendly_number_into(locale_of(t, "en_US"), vectors[i].value, text, sizeof(text));
        assert_string_equal(text, vectors[i].english);
        gale_friendly_number_into(locale_of(t, "fr"), vectors[i].value, text, sizeof(text));
        assert_string_equal(text, vectors[i].french);
    }
    gale_translations_free(t);
}

static int in_scope(void *arg)
{
    const gale_locale *en = gale_get_locale(NULL, NULL);
    const gale_date_format full = { .full_format = GALE_ON, .shorter = GALE_ON };

    (void)arg;
    assert_string_equal(gale_format_date(en, DATE, &full), "September 9, 2001");
    assert_string_equal(gale_format_day(en, DATE, 0, false), "September 9");
    assert_string_equal(gale_format_list(en, CODES("x", "y")), "x and y");
    assert_string_equal(gale_friendly_number(en, 4321), "4,321");
    assert_null(gale_format_date(en, NAN, NULL));
    assert_string_equal(gale_strerror(GALE_EINVAL), "a time outside of the years 1 to 9999");
    return 0;
}

static void texts_of_the_scope(void **state)
{
    gale_ioloop *loop = gale_ioloop_new(NULL);

    assert_null(gale_friendly_number(gale_get_locale(NULL, NULL), 1));
    assert_non_null(loop);
    gale_ioloop_make_current(loop);
    assert_int_equal(gale_ioloop_run_sync(loop, in_scope, NULL, 10), 0);
    gale_ioloop_free(loop);
    gale_ioloop_make_current(NULL);
}

static void names_and_directions(void **state)
{
    static const char *const rtl[] = { "fa", "fa_IR", "ar", "ar_EG", "he", "he_IL", "ur", "yi" };
    const char *english;
    gale_translations *t;

    assert_string_equal(gale_locale_name_of("pt_BR", &english), "Português (Brasil)");
    assert_string_equal(english, "Portuguese (Brazil)");
    assert_string_equal(gale_locale_name_of("pt-br", NULL), "Português (Brasil)");
    assert_string_equal(gale_locale_name_of("fr", &english), "Français");
    assert_string_equal(gale_locale_name_of("zh_TW", &english), "中文(繁體)");
    assert_string_equal(gale_locale_name_of("zu", &english), "IsiZulu");
    assert_string_equal(gale_locale_name_of("af", &english), "Afrikaans");
    assert_null(gale_locale_name_of("tlh", &english));
    assert_null(english);
    assert_null(gale_locale_name_of(NULL, NULL));
    assert_null(gale_locale_name_of("de_XX", NULL));
    for (size_t i = 0; i < N_OF(rtl); i++) {
        char name[20];

        snprintf(name, sizeof(name), "%s.csv", rtl[i]);
        write_text(name, "a,b\n");
    }
    write_text("arn.csv", "a,b\n"); /* Mapuche is not Arabic */
    write_text("de_XX.csv", "a,b\n");
    write_text("tlh.csv", "a,b\n");
    t = load_csv(NULL);
    for (size_t i = 0; i < N_OF(rtl); i++)
        assert_true(gale_locale_is_rtl(locale_of(t, rtl[i])));
    assert_false(gale_locale_is_rtl(locale_of(t, "arn")));
    assert_false(gale_locale_is_rtl(locale_of(t, "en_US")));
    assert_string_equal(gale_locale_name(locale_of(t, "de_XX")), "Deutsch");
    assert_string_equal(gale_locale_name(locale_of(t, "tlh")), "Unknown");
    assert_string_equal(gale_locale_name(locale_of(t, "fa")), "فارسی");
    gale_translations_free(t);
}

/* Whatever the program has set for itself. */
static void the_process_locale_does_not_matter(void **state)
{
    char text[100];

    (void)setlocale(LC_ALL, "");
    (void)setlocale(LC_ALL, "de_DE.UTF-8");
    setenv("TZ", "Asia/Tokyo", 1);
    tzset();
    check_ago(2 * DAY, FORMAT(0), "Friday at 1:05 pm");
    gale_friendly_number_into(gale_get_locale(NULL, NULL), 1234567, text, sizeof(text));
    assert_string_equal(text, "1,234,567");
    unsetenv("TZ");
    tzset();
    setlocale(LC_ALL, "C");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(vectors_of_dates),
        TEST(relative_times),
        TEST(times_of_the_last_days),
        TEST(offsets_are_subtracted),
        TEST(times_to_come),
        TEST(times_that_no_calendar_has),
        TEST(days_of_all_years),
        TEST(without_a_now_it_is_the_clock),
        TEST(days),
        TEST(dates_are_translated),
        TEST(lists),
        TEST(numbers),
        TEST(texts_of_the_scope),
        TEST(names_and_directions),
        TEST(the_process_locale_does_not_matter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

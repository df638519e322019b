/* test_range.c - Range fields: the inventory's vectors, lists, overlaps, what is no range. */
/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <gale/httputil.h>

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

/* What a field gives: "-" when it is to be ignored, else "n: start-end …". */
static const char *parse(const char *field, int64_t size, size_t max)
{
    static char text[512];
    gale_range ranges[16];
    int n = gale_parse_range(field, size, ranges, max);
    size_t len = 0;

    if (n < 0)
        return "-";
    len += (size_t)snprintf(text, sizeof(text), "%d:", n);
    for (int i = 0; i < n; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, " %" PRId64 "-%" PRId64,
                                ranges[i].start, ranges[i].end);
    return text;
}

static void check(const char *field, int64_t size, const char *expected)
{
    const char *got = parse(field, size, 16);

    if (strcmp(got, expected) != 0)
        fail_msg("'%s' of %" PRId64 ": %s, not %s", field, size, got, expected);
}

/* Section 32.8 of the inventory against a file of 100 bytes. Tornado's half-open result is in the
 * last column; where ours differs, signs and underscores are refused or several ranges are read. */
static void vectors(void **state)
{
    static const struct {
        const char *field, *ours, *tornado;
    } rows[] = {
        { "bytes=0-0", "1: 0-1", "(0, 1)" },
        { "bytes=5-", "1: 5-100", "(5, None)" },
        { "bytes=-5", "1: 95-100", "(-5, None)" },
        { "bytes=-0", "0:", "(None, 0)" },
        { "bytes=", "-", "(None, None)" },
        { "bytes=-", "-", "(None, None)" },
        { "bytes=a-b", "-", "None" },
        { "bytes=1-2,3-4", "2: 1-3 3-5", "None" },
        { "items=1-2", "-", "None" },
        { "bytes 1-2", "-", "None" },
        { "BYTES=1-2", "-", "None" },
        { "bytes=+1-2", "-", "(1, 3)" },
        { "bytes=1_0-20", "-", "(10, 21)" },
        { "bytes=3-1", "0:", "(3, 2)" },
        { "bytes=--5", "-", "(5, None)" },
    };

    (void)state;
    for (size_t i = 0; i < N_OF(rows); i++)
        check(rows[i].field, 100, rows[i].ours);
    printf("%zu range vectors\n", N_OF(rows));
}

static void sizes(void **state)
{
    (void)state;
    check("bytes=0-", 0, "0:");
    check("bytes=-1", 0, "0:");
    check("bytes=0-99", 100, "1: 0-100");
    check("bytes=0-100", 100, "1: 0-100");
    check("bytes=99-", 100, "1: 99-100");
    check("bytes=100-", 100, "0:");
    check("bytes=-100", 100, "1: 0-100");
    check("bytes=-101", 100, "1: 0-100");
    check("bytes=5", 100, "1: 5-100");
}

static void numbers(void **state)
{
    (void)state;
    check("bytes=0-9223372036854775807", 100, "1: 0-100");
    check("bytes=0-99999999999999999999999", 100, "1: 0-100");
    check("bytes=99999999999999999999999-", 100, "0:");
    check("bytes=-99999999999999999999999", 100, "1: 0-100");
    check("bytes=9223372036854775807-9223372036854775807", INT64_MAX, "0:");
    check("bytes=9223372036854775806-", INT64_MAX, "1: 9223372036854775806-9223372036854775807");
    check("bytes=0x1-2", 100, "-");
    check("bytes=1.0-2", 100, "-");
    check("bytes=1-2-3", 100, "-");
    check("bytes= 1 - 2 ", 100, "1: 1-3");
    check(" bytes =\t1-2", 100, "1: 1-3");
    check("", 100, "-");
    check("bytes", 100, "-");
    check("=1-2", 100, "-");
}

static void lists(void **state)
{
    (void)state;
    check("bytes=0-0,-1", 100, "2: 0-1 99-100");
    check("bytes=0-0, ,5-5,", 100, "2: 0-1 5-6");
    check("bytes=,", 100, "-");
    check("bytes=200-,0-1", 100, "1: 0-2");
    check("bytes=200-,300-", 100, "0:");
    check("bytes=0-1,x", 100, "-");
    check("bytes=50-60,0-10", 100, "2: 50-61 0-11");
}

static void overlaps(void **state)
{
    (void)state;
    check("bytes=0-10,5-20", 100, "1: 0-21");
    check("bytes=5-20,0-10", 100, "1: 0-21");
    check("bytes=0-4,10-14,3-11", 100, "1: 0-15");
    check("bytes=0-4,90-94,10-14,3-11", 100, "2: 0-15 90-95");
    check("bytes=0-,0-,0-,-100", 100, "1: 0-100");
    check("bytes=40-50,0-9,45-60,20-29,0-5", 100, "3: 40-61 0-10 20-30");
}

/* So many ranges and no more, whatever becomes of them. */
static void a_flood_is_ignored(void **state)
{
    char field[128] = "bytes=0-0";
    size_t len = 9;

    (void)state;
    for (int i = 0; i < 15; i++, len += 4)
        memcpy(field + len, ",0-0", 5);
    check(field, 100, "1: 0-1");
    memcpy(field + len, ",0-0", 5);
    check(field, 100, "-");
    assert_string_equal(parse("bytes=0-0,500-", 100, 1), "-");
    assert_string_equal(parse("bytes=0-0", 100, 1), "1: 0-1");
    assert_string_equal(parse("bytes=0-0", 100, 0), "-");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors), cmocka_unit_test(sizes),    cmocka_unit_test(numbers),
        cmocka_unit_test(lists),   cmocka_unit_test(overlaps), cmocka_unit_test(a_flood_is_ignored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

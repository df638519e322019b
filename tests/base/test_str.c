/* test_str.c - slices, numbers as text, UTF-8. */
/* SPDX-License-Identifier: MIT */
#include "base/str.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>

#include "base/number.h"
#include "base/utf8.h"
#include "check.h"

static void slices_compare(void **state)
{
    assert_true(gale__str_equal(GALE__STR("ab"), gale__str("ab")));
    assert_true(gale__str_equal((gale_str){ NULL, 0 }, GALE__STR("")));
    assert_false(gale__str_equal(GALE__STR("ab"), GALE__STR("aB")));
    assert_true(gale__str_equal_nocase(GALE__STR("Content-LENGTH"), GALE__STR("content-length")));
    assert_false(gale__str_equal_nocase(GALE__STR("["), GALE__STR("{")));
    assert_true(gale__str_starts_with(GALE__STR("/static/x"), GALE__STR("/static/")));
    assert_false(gale__str_starts_with(GALE__STR("/s"), GALE__STR("/static/")));
    assert_true(gale__str_ends_with(GALE__STR("a.css"), GALE__STR(".css")));
}

static void slices_are_cut(void **state)
{
    gale_str rest = GALE__STR("a,,b"), part;

    check_str(gale__str_trim(GALE__STR(" \ta b\t ")), "a b");
    check_str(gale__str_trim(GALE__STR("   ")), "");
    check_str(gale__str_trim_lines(GALE__STR("\r\n x \n")), "x");
    check_str(gale__str_skip(GALE__STR("abc"), 9), "");
    check_str(gale__str_head(GALE__STR("abc"), 2), "ab");
    assert_int_equal(gale__str_find(GALE__STR("a=b"), '='), 1);
    assert_int_equal(gale__str_find(GALE__STR("ab"), '='), 2);
    assert_true(gale__str_split(&rest, ',', &part));
    check_str(part, "a");
    assert_true(gale__str_split(&rest, ',', &part));
    check_str(part, "");
    assert_true(gale__str_split(&rest, ',', &part));
    check_str(part, "b");
    assert_false(gale__str_split(&rest, ',', &part));
}

static void integers_are_strict(void **state)
{
    static const char *const bad[] = { "",
                                       "-",
                                       "+1",
                                       " 1",
                                       "1 ",
                                       "0x1",
                                       "1_0",
                                       "9223372036854775808",
                                       "-9223372036854775809",
                                       "99999999999999999999",
                                       "1.0" };
    int64_t value = 77;
    uint64_t natural = 77;

    for (size_t i = 0; i < N_OF(bad); i++) {
        assert_false(gale__str_to_int64(gale__str(bad[i]), &value));
        assert_int_equal(value, 77);
    }
    assert_true(gale__str_to_int64(GALE__STR("-9223372036854775808"), &value));
    assert_true(value == INT64_MIN);
    assert_true(gale__str_to_int64(GALE__STR("0042"), &value));
    assert_int_equal(value, 42);
    assert_true(gale__str_to_uint64(GALE__STR("18446744073709551615"), &natural));
    assert_true(natural == UINT64_MAX);
    assert_false(gale__str_to_uint64(GALE__STR("18446744073709551616"), &natural));
    assert_false(gale__str_to_uint64(GALE__STR("-1"), &natural));
}

static void doubles_are_read(void **state)
{
    static const char *const bad[] = { "", "nan", "inf", "0x10", " 1", "1 ", "1e999", "e5", "." };
    double value;

    for (size_t i = 0; i < N_OF(bad); i++)
        assert_false(gale__str_to_double(gale__str(bad[i]), &value));
    assert_true(gale__str_to_double(GALE__STR("-1.5e3"), &value));
    assert_true(value == -1500);
}

static void doubles_are_written_as_python_does(void **state)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        { 0, "0.0" },
        { -0.0, "-0.0" },
        { 1.5, "1.5" },
        { 0.1, "0.1" },
        { 1e20, "1e+20" },
        { 1e-7, "1e-07" },
        { 0.0001, "0.0001" },
        { 0.00001, "1e-05" },
        { 1e15, "1000000000000000.0" },
        { 1e16, "1e+16" },
        { 123456789012345680.0, "1.2345678901234568e+17" },
        { 1e22, "1e+22" },
        { 0.1 + 0.2, "0.30000000000000004" },
        { 1.0 / 3, "0.3333333333333333" },
        { -2.5e-10, "-2.5e-10" },
        { 5e-324, "5e-324" },
        { 1.7976931348623157e308, "1.7976931348623157e+308" },
        { 2.2250738585072014e-308, "2.2250738585072014e-308" },
        { 123.456, "123.456" },
        { 9007199254740993.0, "9007199254740992.0" },
        { INFINITY, "inf" },
    };
    char text[GALE__DOUBLE_TEXT];

    for (size_t i = 0; i < N_OF(cases); i++) {
        size_t len = gale__double_format(cases[i].value, text);

        assert_string_equal(text, cases[i].text);
        assert_int_equal(len, strlen(text));
    }
}

static void any_double_reads_back(void **state)
{
    uint64_t random = 88172645463325252u;
    char text[GALE__DOUBLE_TEXT];

    for (int i = 0; i < 20000; i++) {
        double value;

        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        memcpy(&value, &random, sizeof(value));
        if (!isfinite(value))
            continue;
        assert_true(gale__double_format(value, text) < sizeof(text));
        assert_true(strtod(text, NULL) == value);
    }
}

static void utf8_is_checked(void **state)
{
    static const char *const good[] = { "",
                                        "abc",
                                        "\xc3\xa9",
                                        "\xe2\x82\xac",
                                        "\xf0\x9f\x98\x80",
                                        "\xef\xbf\xbf",
                                        "\xf4\x8f\xbf\xbf",
                                        "12345678\xc3\xa9" };
    static const char *const bad[] = { "\x80",
                                       "\xc3",
                                       "\xc0\x80",
                                       "\xed\xa0\x80",
                                       "\xe0\x80\x80",
                                       "\xf4\x90\x80\x80",
                                       "\xf0\x8f\xbf\xbf",
                                       "\xff",
                                       "12345678\xff",
                                       "\xc3\x28" };

    for (size_t i = 0; i < N_OF(good); i++)
        assert_true(gale__utf8_valid(good[i], strlen(good[i])));
    for (size_t i = 0; i < N_OF(bad); i++)
        assert_false(gale__utf8_valid(bad[i], strlen(bad[i])));
}

static void every_character_survives_utf8(void **state)
{
    char text[4];
    uint32_t back;

    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        size_t n = gale__utf8_encode(c, text);
        bool is_surrogate = c >= 0xd800 && c <= 0xdfff;

        assert_int_equal(gale__utf8_decode(text, n, &back), is_surrogate ? 0 : n);
        if (!is_surrogate)
            assert_int_equal(back, c);
    }
}

static void control_characters_are_not_printable(void **state)
{
    char text[32];

    /* at every place of a long text: both the scan by words and the one by bytes */
    for (int c = 0; c < 256; c++) {
        for (size_t at = 0; at < sizeof(text); at++) {
            bool is_printable = (c >= 0x20 && c < 0x7f) || c == '\t';

            memset(text, 'x', sizeof(text));
            text[at] = (char)c;
            assert_int_equal(gale__utf8_printable(text, sizeof(text)),
                             is_printable ? sizeof(text) : at);
        }
    }
    assert_int_equal(gale__utf8_printable("a\xc2\x9b", 3), 1);
    assert_int_equal(gale__utf8_printable("a\xc3\xa9", 3), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_compare),
        cmocka_unit_test(slices_are_cut),
        cmocka_unit_test(integers_are_strict),
        cmocka_unit_test(doubles_are_read),
        cmocka_unit_test(doubles_are_written_as_python_does),
        cmocka_unit_test(any_double_reads_back),
        cmocka_unit_test(utf8_is_checked),
        cmocka_unit_test(every_character_survives_utf8),
        cmocka_unit_test(control_characters_are_not_printable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

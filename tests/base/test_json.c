/* test_json.c - JSON: dumped as Tornado dumps it, parsed within limits. */
/* SPDX-License-Identifier: MIT */
#include <gale/error.h>
#include <gale/json.h>

#include "base/json.h"
#include "base/str.h"
#include "check.h"

/* value, consumed, dumps to this text. */
static void check_dump(json_t *value, const char *expected)
{
    struct gale__buf out;

    gale__buf_init(&out, 10000);
    assert_int_equal(gale__json_dump(value, &out), 0);
    check_str(gale__buf_str(&out), expected);
    gale__buf_deinit(&out);
    json_decref(value);
}

static void values_are_dumped_as_python_does(void **state)
{
    check_dump(json_pack("{s:[b,n,f,f,f]}", "a", 1, 1.5, 1e20, 1e-7),
               "{\"a\": [true, null, 1.5, 1e+20, 1e-07]}");
    check_dump(json_pack("{s:i, s:s, s:{}, s:[]}", "z", -1, "a", "b", "o", "l"),
               "{\"z\": -1, \"a\": \"b\", \"o\": {}, \"l\": []}");
    check_dump(json_integer(INT64_MIN), "-9223372036854775808");
    check_dump(json_false(), "false");
}

static void strings_are_ascii_and_safe_in_html(void **state)
{
    check_dump(json_string("</x>"), "\"<\\/x>\"");
    check_dump(json_string("/<//"), "\"/<\\//\"");
    check_dump(json_string("<"), "\"<\"");
    check_dump(json_string("\xe2\x80\xa8<"), "\"\\u2028<\"");
    check_dump(json_string("\xf0\x9f\x98\x80"), "\"\\ud83d\\ude00\"");
    check_dump(json_string("\"\\\n\r\t\b\f\x01\x7f"), "\"\\\"\\\\\\n\\r\\t\\b\\f\\u0001\\u007f\"");
    check_dump(json_stringn("a\0b", 3), "\"a\\u0000b\"");
    check_dump(json_pack("{s:i}", "</k>\xc3\xa9", 1), "{\"<\\/k>\\u00e9\": 1}");
    check_dump(json_string(""), "\"\"");
}

static void what_is_not_json_is_refused(void **state)
{
    struct gale__buf out;
    json_t *cycle = json_array();

    gale__buf_init(&out, 10000);
    gale__buf_append(&out, "before", 6);
    assert_int_equal(gale__json_dump(NULL, &out), GALE_EINVAL);
    for (int i = 0; i < 200; i++)
        cycle = json_pack("[o]", cycle);
    assert_int_equal(gale__json_dump(cycle, &out), GALE_ETOOBIG);
    check_str(gale__buf_str(&out), "before");
    json_decref(cycle);
    gale__buf_deinit(&out);
}

static void a_full_buffer_stays_as_it_was(void **state)
{
    struct gale__buf out;
    json_t *value = json_pack("[s]", "0123456789");

    gale__buf_init(&out, 12);
    assert_int_equal(gale__json_dump(value, &out), GALE_ETOOBIG);
    assert_int_equal(out.len, 0);
    json_decref(value);
    gale__buf_deinit(&out);
}

static void texts_that_are_not_utf8_are_repaired(void **state)
{
    struct gale__buf out;

    gale__buf_init(&out, 100);
    assert_int_equal(gale__json_string(&out, GALE__STR("a\xff</")), 0);
    check_str(gale__buf_str(&out), "\"a\\ufffd<\\/\"");
    gale__buf_deinit(&out);
}

static void any_value_is_parsed(void **state)
{
    static const char *const texts[] = { "1", "\"x\"", "null", "[1, {\"a\": [true]}]", " {} " };

    for (size_t i = 0; i < N_OF(texts); i++) {
        int error = -1;
        json_t *value = gale_json_decode(gale__str(texts[i]), &error);

        assert_non_null(value);
        assert_int_equal(error, 0);
        json_decref(value);
    }
}

static void bad_json_names_line_and_column(void **state)
{
    static const char *const bad[] = { "",         "{",     "[1,]",
                                       "{'a': 1}", "1 2",   "\"\\u0000\"",
                                       "\"\xff\"", "1e999", "99999999999999999999",
                                       "nul" };
    int error;

    for (size_t i = 0; i < N_OF(bad); i++) {
        assert_null(gale_json_decode(gale__str(bad[i]), &error));
        assert_int_equal(error, GALE_EINVAL);
    }
    assert_null(gale_json_decode(GALE__STR("{\n\"a\": x}"), &error));
    assert_non_null(strstr(gale_strerror(error), "line 2 column 6"));
    assert_null(gale_json_decode((gale_str){ NULL, 0 }, NULL));
}

static void depth_is_bounded(void **state)
{
    char text[2 * 129 + 1];
    int error;

    for (int depth = 127; depth <= 129; depth++) {
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        json_t *value = gale_json_decode((gale_str){ text, 2 * (size_t)depth }, &error);

        assert_int_equal(error, depth <= 128 ? 0 : GALE_ETOOBIG);
        assert_int_equal(value != NULL, depth <= 128);
        if (value) {
            struct gale__buf out;

            gale__buf_init(&out, 1000);
            assert_int_equal(gale__json_dump(value, &out), 0);
            assert_int_equal(out.len, 2 * depth);
            gale__buf_deinit(&out);
        }
        json_decref(value);
    }
    memset(text, '[', 200);
    text[0] = text[199] = '"'; /* brackets in a string do not count */
    json_t *string = gale_json_decode((gale_str){ text, 200 }, &error);

    assert_non_null(string);
    json_decref(string);
    assert_int_equal(gale__json_check_depth(GALE__STR("[\"\\\"[[[[\"]"), 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_dumped_as_python_does),
        cmocka_unit_test(strings_are_ascii_and_safe_in_html),
        cmocka_unit_test(what_is_not_json_is_refused),
        cmocka_unit_test(a_full_buffer_stays_as_it_was),
        cmocka_unit_test(texts_that_are_not_utf8_are_repaired),
        cmocka_unit_test(any_value_is_parsed),
        cmocka_unit_test(bad_json_names_line_and_column),
        cmocka_unit_test(depth_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

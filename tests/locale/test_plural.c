/* test_plural.c - expressions of Plural-Forms: languages' rules, C's precedence, hostile ones. */
/* SPDX-License-Identifier: MIT */
#include "locale_kit.h"

#include "base/str.h"
#include "locale/plural.h"

static int64_t value(const char *text, int64_t n)
{
    struct gale__plural plural = { 0 };
    int r = gale__plural_compile(&plural, gale__str(text));
    int64_t index;

    if (r < 0)
        fail_msg("%s: %s", text, gale_strerror(r));
    index = gale__plural_index(&plural, n);
    gale__plural_deinit(&plural);
    return index;
}

/* The forms of 0, 1, 2 … as digits. */
static void check_forms(const char *text, const char *expected)
{
    for (size_t i = 0; expected[i]; i++)
        if (value(text, (int64_t)i) != expected[i] - '0')
            fail_msg("%s: form %d of %zu, expected %c", text, (int)value(text, (int64_t)i), i,
                     expected[i]);
}

static void rules_of_languages(void **state)
{
    check_forms("0", "0000000");
    check_forms("n != 1", "1011111111111");
    check_forms("n>1", "0011111111111");
    check_forms("(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2)",
                "20111222222222222222221112");
    check_forms("n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2",
                "201112222222222222222011122");
    check_forms("n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5",
                "0123333333344444444444");
    assert_int_equal(value("n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : "
                           "n%100>=11 ? 4 : 5",
                           101),
                     5);
}

static void operators_bind_as_in_c(void **state)
{
    assert_int_equal(value("1 + 2 * 3", 0), 7);
    assert_int_equal(value("(1 + 2) * 3", 0), 9);
    assert_int_equal(value("10 - 4 - 3", 0), 3);
    assert_int_equal(value("100 / 7 / 2 % 4", 0), 3);
    assert_int_equal(value("1 < 2 == 1", 0), 1);
    assert_int_equal(value("2 == 2 > 1", 0), 0);
    assert_int_equal(value("1 || 0 && 0", 0), 1);
    assert_int_equal(value("0 || 5", 0), 1);
    assert_int_equal(value("7 && 3", 0), 1);
    assert_int_equal(value("!n == 1", 0), 1);
    assert_int_equal(value("!!n + !0", 9), 2);
    assert_int_equal(value("0 ? 1 : 0 ? 2 : 3", 0), 3);
    assert_int_equal(value("1 ? n ? 4 : 5 : 6", 0), 5);
    assert_int_equal(value("n\t>=\n3 ? 1\r:0", 3), 1);
    assert_int_equal(value("1 + (n <= 3) * 2", 3), 3);
}

/* What is not evaluated cannot fail. */
static void what_has_no_answer_is_minus_one(void **state)
{
    assert_int_equal(value("1 / n", 0), -1);
    assert_int_equal(value("1 % n", 0), -1);
    assert_int_equal(value("n && 1 / n", 0), 0);
    assert_int_equal(value("!n || 1 % n", 0), 1);
    assert_int_equal(value("n ? 1 / n : 3", 0), 3);
    assert_int_equal(value("n * n", INT64_MAX), -1);
    assert_int_equal(value("n + 1", INT64_MAX), -1);
    assert_int_equal(value("n - 1", INT64_MIN), -1);
    assert_int_equal(value("n / (0 - 1)", INT64_MIN), -1);
    assert_int_equal(value("0 - 1", 0), -1);
    assert_int_equal(value("n % 10", -3), 7);
    assert_int_equal(value("n / 2 + 9", -3), 7);
}

static void refused(const char *text)
{
    struct gale__plural plural = { 0 };

    if (gale__plural_compile(&plural, gale__str(text)) != GALE_EINVAL)
        fail_msg("accepted: %s", text);
    assert_null(plural.steps);
}

static void what_is_none_is_refused(void **state)
{
    static const char *const bad[] = {
        "",         " ",     "n n",    "1 2",   "n +", "+ n",   "(n",
        "n)",       "n ? 1", "n ? :2", "n : 1", "m",   "n == ", "= 1",
        "n = 1",    "n & 1", "n | 1",  "-1",    "n++", "n[0]",  "f(n)",
        "1.5",      "0x10",  "n;",     "!",     "()",  "n ?",   "99999999999999999999",
        "n ? 1 : ", "\xff",
    };
    char text[1200];

    for (size_t i = 0; i < N_OF(bad); i++)
        refused(bad[i]);
    memset(text, '(', sizeof(text));
    text[900] = 0;
    refused(text);
    assert_non_null(strstr(gale_strerror(GALE_EINVAL), "deep"));
    memset(text, '1', sizeof(text));
    text[1100] = 0;
    refused(text);
    for (size_t i = 0; i + 4 < sizeof(text); i += 4)
        memcpy(text + i, "n?1:", 4);
    text[996] = 0;
    refused(text);
}

/* As long and as deep as is allowed. */
static void the_longest_is_evaluated(void **state)
{
    static const char layer[] = "1||0&&0==0<0+0*(";
    char text[1100], deep[1100] = "";
    size_t n = 0;

    for (n = 0; n < 999; n++)
        text[n] = n % 2 ? '+' : 'n';
    text[n] = 0;
    assert_int_equal(value(text, 1), 500);
    for (n = 0; n < 39; n++)
        memcpy(deep + n * (sizeof(layer) - 1), layer, sizeof(layer));
    n *= sizeof(layer) - 1;
    deep[n] = 'n';
    memset(deep + n + 1, ')', 39);
    assert_int_equal(value(deep, 1), 1);
    memset(text, '!', 1000);
    text[999] = 'n';
    text[1000] = 0;
    assert_int_equal(value(text, 5), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_of_languages),
        cmocka_unit_test(operators_bind_as_in_c),
        cmocka_unit_test(what_has_no_answer_is_minus_one),
        cmocka_unit_test(what_is_none_is_refused),
        cmocka_unit_test(the_longest_is_evaluated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

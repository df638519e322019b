/* test_regex.c - patterns: anchors, groups and names, limits, threads, no allocation. */
/* SPDX-License-Identifier: MIT */
#include "base/regex.h"

#include <gale/error.h>
#include <pthread.h>

#include "base/alloc.h"
#include "base/str.h"
#include "check.h"

enum { ROUTE = GALE__REGEX_ANCHORED | GALE__REGEX_END_ANCHORED };

static struct gale__regex *compile(const char *pattern, unsigned flags)
{
    int error;
    struct gale__regex *re = gale__regex_new(gale__str(pattern), flags, &error);

    assert_non_null(re);
    return re;
}

static void groups_are_slices_of_the_subject(void **state)
{
    struct gale__regex *re = compile("/story/([0-9]+)(?:/(?<tag>[a-z]+))?", ROUTE);
    gale_str groups[4];

    assert_int_equal(gale__regex_n_groups(re), 2);
    assert_null(gale__regex_group_name(re, 1));
    assert_string_equal(gale__regex_group_name(re, 2), "tag");
    assert_null(gale__regex_group_name(re, 3));
    assert_int_equal(gale__regex_match(re, GALE__STR("/story/42/new"), 0, groups, 4), 1);
    check_str(groups[0], "/story/42/new");
    check_str(groups[1], "42");
    check_str(groups[2], "new");
    assert_null(groups[3].ptr);
    assert_int_equal(gale__regex_match(re, GALE__STR("/story/42"), 0, groups, 4), 1);
    assert_null(groups[2].ptr);
    assert_int_equal(gale__regex_match(re, GALE__STR("/story/42/"), 0, groups, 4), 0);
    assert_int_equal(gale__regex_match(re, GALE__STR("x/story/42"), 0, NULL, 0), 0);
    assert_int_equal(gale__regex_match(re, GALE__STR("/story/42\n"), 0, NULL, 0), 0);
    gale__regex_free(re);
}

static void a_search_starts_where_it_is_told(void **state)
{
    struct gale__regex *re = compile("b+", 0);
    gale_str group;

    assert_int_equal(gale__regex_match(re, GALE__STR("abba bb"), 3, &group, 1), 1);
    check_str(group, "bb");
    assert_int_equal(gale__regex_match(re, (gale_str){ NULL, 0 }, 0, &group, 1), 0);
    gale__regex_free(re);
}

static void bytes_need_not_be_utf8(void **state)
{
    struct gale__regex *bytes = compile("(.*)", ROUTE);
    struct gale__regex *utf = compile("(.)", ROUTE | GALE__REGEX_UTF);

    assert_int_equal(gale__regex_match(bytes, GALE__STR("\xff"), 0, NULL, 0), 1);
    assert_int_equal(gale__regex_match(utf, GALE__STR("\xff"), 0, NULL, 0), GALE_EINVAL);
    assert_int_equal(gale__regex_match(utf, GALE__STR("\xc3\xa9"), 0, NULL, 0), 1);
    gale__regex_free(bytes);
    gale__regex_free(utf);
}

static void a_bad_pattern_is_explained(void **state)
{
    int error;

    assert_null(gale__regex_new(GALE__STR("/a("), 0, &error));
    assert_int_equal(error, GALE_EINVAL);
    assert_non_null(strstr(gale_strerror(error), "at character 3"));
}

static void endless_backtracking_is_cut(void **state)
{
    struct gale__regex *re = compile("(a+)+$", GALE__REGEX_ANCHORED);
    char text[64];

    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = 'b';
    assert_int_equal(gale__regex_match(re, (gale_str){ text, sizeof(text) }, 0, NULL, 0),
                     GALE_ETOOBIG);
    gale__regex_free(re);
}

static void many_groups_fit(void **state)
{
    char pattern[40 * 3 + 1] = "";
    gale_str groups[41];

    for (int i = 0; i < 40; i++)
        memcpy(pattern + 3 * i, "(.)", 4);
    struct gale__regex *re = compile(pattern, ROUTE);

    assert_int_equal(
        gale__regex_match(re, GALE__STR("0123456789012345678901234567890123456789"), 0, groups, 41),
        1);
    check_str(groups[40], "9");
    gale__regex_free(re);
}

static void steady_state_allocates_nothing(void **state)
{
    struct gale__regex *re = compile("/([^/]*)/(.*)", ROUTE);
    gale_str groups[3];
    unsigned long before = gale__alloc_count();

    for (int i = 0; i < 100; i++)
        assert_int_equal(gale__regex_match(re, GALE__STR("/a/b"), 0, groups, 3), 1);
    assert_int_equal(gale__alloc_count(), before);
    gale__regex_free(re);
}

static void *match_often(void *arg)
{
    gale_str groups[2];
    int n = 0;

    for (int i = 0; i < 1000; i++)
        n += gale__regex_match(arg, GALE__STR("/x/123"), 0, groups, 2) == 1 && groups[1].len == 3;
    return n == 1000 ? arg : NULL;
}

static void threads_share_a_pattern(void **state)
{
    struct gale__regex *re = compile("/x/([0-9]+)", ROUTE);
    pthread_t threads[4];

    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, match_often, re), 0);
    for (int i = 0; i < 4; i++) {
        void *result;

        pthread_join(threads[i], &result);
        assert_ptr_equal(result, re);
    }
    gale__regex_free(re);
    gale__regex_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_are_slices_of_the_subject),
        cmocka_unit_test(a_search_starts_where_it_is_told),
        cmocka_unit_test(bytes_need_not_be_utf8),
        cmocka_unit_test(a_bad_pattern_is_explained),
        cmocka_unit_test(endless_backtracking_is_cut),
        cmocka_unit_test(many_groups_fit),
        cmocka_unit_test(steady_state_allocates_nothing),
        cmocka_unit_test(threads_share_a_pattern),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_iterate.c - loops over all that can be gone over, also while it changes. */
/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <errno.h>

#include "base/alloc.h"
#include "template/iterate.h"

static void check_items(struct fixture *f, gale_value v, const char *expected)
{
    gale_value list = { 0 };

    assert_value(f, gale__list_from(f->r, v, &list), list, expected);
}

static int countdown(gale_rendering *r, void *object, size_t index, gale_value *out)
{
    int64_t n = *(int *)object;

    if (n < 0)
        return -EIO;
    if ((int64_t)index == n)
        return GALE_EEOF;
    (void)r;
    *out = gale_value_int(n - (int64_t)index);
    return 0;
}

static void test_each_kind(void **state)
{
    static const gale_object_class cls = { .name = "countdown", .get_next = countdown };
    static const gale_object_class plain = { .name = "plain" };
    struct fixture f;
    int three = 3, bad = -1;
    gale_value v;

    (void)state;
    fixture_start(&f);
    check_items(&f, fixture_json(&f, "[1, null, 'x']"), "[1, None, 'x']");
    check_items(&f, fixture_own(&f, "[1, null, 'x']"), "[1, None, 'x']");
    check_items(&f, fixture_tuple(&f, "[1, 2]"), "[1, 2]");
    check_items(&f, fixture_json(&f, "{'b': 1, 'a': 2}"), "['b', 'a']");
    check_items(&f, fixture_own(&f, "{'b': 1, 'a': 2}"), "['b', 'a']");
    check_items(&f, fixture_json(&f, "{}"), "[]");
    check_items(&f, fixture_json(&f, "''"), "[]");
    check_items(&f, fixture_json(&f, "'a\\u20ac\\ud83d\\ude00'"),
                "['a', '\xe2\x82\xac', '\xf0\x9f\x98\x80']");
    assert_int_equal(gale_value_bytes(f.r, &v, "a\xff", 2), 0);
    check_items(&f, v, "[97, 255]");
    check_items(&f, fixture_range(&f, 0, 7, 3), "[0, 3, 6]");
    check_items(&f, fixture_range(&f, 3, 0, -1), "[3, 2, 1]");
    check_items(&f, fixture_range(&f, 3, 3, 1), "[]");
    check_items(&f, fixture_range(&f, INT64_MAX - 1, INT64_MAX, 5), "[9223372036854775806]");
    check_items(&f, fixture_range(&f, INT64_MIN, INT64_MAX, INT64_MAX),
                "[-9223372036854775808, -1, 9223372036854775806]");
    assert_int_equal(gale_value_object(f.r, &v, &cls, &three), 0);
    check_items(&f, v, "[3, 2, 1]");
    check_items(&f, gale_value_int(5), "TypeError: 'int' object is not iterable");
    check_items(&f, gale_value_none(), "TypeError: 'NoneType' object is not iterable");
    assert_int_equal(gale_value_object(f.r, &v, &plain, &three), 0);
    check_items(&f, v, "TypeError: 'plain' object is not iterable");
    assert_int_equal(gale_value_object(f.r, &v, &cls, &bad), 0);
    assert_int_equal(gale__list_from(f.r, v, &v), -EIO);
    assert_int_equal(f.r->code, -EIO);
    fixture_end(&f);
}

static void test_texts_that_are_no_utf8(void **state)
{
    struct fixture f;
    gale_value v = gale_value_borrowed_text("a\xe2\x82", 3);
    gale_template_iter it;
    gale_value item;
    int n = 0;

    (void)state;
    fixture_start(&f);
    assert_int_equal(gale__iter_start(f.r, &it, v), 0);
    while (gale__iter_next(f.r, &it, &item) > 0)
        n++;
    assert_int_equal(n, 3);
    fixture_end(&f);
}

static void test_changes_during_a_loop(void **state)
{
    struct fixture f;
    gale_template_iter it;
    gale_value dict, list, item;
    int n = 0;

    (void)state;
    fixture_start(&f);
    dict = fixture_own(&f, "{'a': 1, 'b': 2}");
    assert_int_equal(gale__iter_start(f.r, &it, dict), 0);
    assert_int_equal(gale__iter_next(f.r, &it, &item), 1);
    assert_int_equal(gale_value_set(f.r, dict, item, gale_value_int(5)), 0);
    assert_int_equal(gale__iter_next(f.r, &it, &item), 1);
    assert_value(&f, 0, item, "'b'");
    assert_int_equal(gale_value_set(f.r, dict, fixture_text("c"), item), 0);
    assert_value(&f, gale__iter_next(f.r, &it, &item), item,
                 "RuntimeError: dictionary changed size during iteration");
    list = fixture_own(&f, "[1]");
    assert_int_equal(gale__iter_start(f.r, &it, list), 0);
    while (gale__iter_next(f.r, &it, &item) > 0)
        if (++n < 50)
            assert_int_equal(gale_value_append(f.r, list, item), 0);
    assert_int_equal(n, 50);
    assert_int_equal(gale__iter_start(f.r, &it, list), 0);
    assert_int_equal(gale__iter_next(f.r, &it, &item), 1);
    gale__list(list)->n = 0;
    assert_int_equal(gale__iter_next(f.r, &it, &item), 0);
    fixture_end(&f);
}

/* A range of 2**60 ends at the limit of steps; making a list of it is refused at once. */
static void test_limits(void **state)
{
    struct fixture f;
    gale_template_iter it;
    gale_value huge, item;
    int more, n = 0;

    (void)state;
    fixture_start(&f);
    huge = fixture_range(&f, 0, (int64_t)1 << 60, 1);
    f.r->steps_left = 1000;
    assert_int_equal(gale__iter_start(f.r, &it, huge), 0);
    while ((more = gale__iter_next(f.r, &it, &item)) > 0)
        n++;
    assert_int_equal(more, GALE_ETOOBIG);
    assert_int_equal(n, 1000);
    fixture_end(&f);

    fixture_start(&f);
    huge = fixture_range(&f, 0, (int64_t)1 << 60, 1);
    assert_int_equal(gale__list_from(f.r, huge, &item), GALE_ETOOBIG);
    assert_int_equal(f.r->steps_left, GALE__MAX_STEPS);
    fixture_end(&f);
}

static void test_nothing_is_allocated(void **state)
{
    static const char *const values[] = { "[1, 'x', [2]]", "{'a': 1, 'b': 2}", "'a\\u20ac'" };
    struct fixture f;

    (void)state;
    fixture_start(&f);
    for (size_t i = 0; i < 6; i++) {
        gale_value v = i % 2 ? fixture_own(&f, values[i / 2]) : fixture_json(&f, values[i / 2]);
        unsigned long count = gale__alloc_count();
        int64_t memory = f.rendering.memory_left;
        gale_template_iter it;
        gale_value item;

        assert_int_equal(gale__iter_start(f.r, &it, v), 0);
        while (gale__iter_next(f.r, &it, &item) > 0)
            continue;
        assert_int_equal(gale__alloc_count(), count);
        assert_true(f.rendering.memory_left == memory);
    }
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_kind),
        cmocka_unit_test(test_texts_that_are_no_utf8),
        cmocka_unit_test(test_changes_during_a_loop),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_nothing_is_allocated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

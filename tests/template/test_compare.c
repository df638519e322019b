/* test_compare.c - equality, order, membership, hashes and sorting as Python has them. */
/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <math.h>

struct row {
    const char *a, *op, *b, *expected;
};

static const char *const op_names[] = { "==", "!=", "<",      "<=", ">",
                                        ">=", "in", "not in", "is", "is not" };

static enum gale__compare op_named(const char *name)
{
    for (int i = 0; i <= GALE__IS_NOT; i++)
        if (strcmp(op_names[i], name) == 0)
            return (enum gale__compare)i;
    fail_msg("no operator %s", name);
    return GALE__EQ;
}

/* With values of the application, the template's own, and one of each. */
static void check_rows(const struct row *rows, size_t n)
{
    struct fixture f;

    for (size_t i = 0; i < n; i++) {
        for (int own = 0; own < 4; own++) {
            gale_value out = { 0 };
            gale_value a, b;

            fixture_start(&f);
            a = own & 1 ? fixture_own(&f, rows[i].a) : fixture_json(&f, rows[i].a);
            b = own & 2 ? fixture_own(&f, rows[i].b) : fixture_json(&f, rows[i].b);
            assert_value(&f, gale__op_compare(f.r, op_named(rows[i].op), a, b, &out), out,
                         rows[i].expected);
            fixture_end(&f);
        }
    }
}

#define check(rows) check_rows(rows, sizeof(rows) / sizeof(*rows))

static void test_equality(void **state)
{
    static const struct row rows[] = {
        { "1", "==", "1.0", "True" },
        { "1", "==", "true", "True" },
        { "0.0", "==", "false", "True" },
        { "0", "==", "-0.0", "True" },
        { "1", "==", "'1'", "False" },
        { "null", "==", "false", "False" },
        { "null", "==", "null", "True" },
        { "9007199254740993", "==", "9007199254740992.0", "False" },
        { "9223372036854775807", "==", "9223372036854775808.0", "False" },
        { "-9223372036854775808", "==", "-9223372036854775808.0", "True" },
        { "'a'", "==", "'a'", "True" },
        { "'a'", "!=", "'b'", "True" },
        { "[1, [2.0]]", "==", "[true, [2]]", "True" },
        { "[1]", "==", "[1, 2]", "False" },
        { "[]", "==", "{}", "False" },
        { "{'a': 1, 'b': [2]}", "==", "{'b': [2.0], 'a': 1}", "True" },
        { "{'a': 1}", "==", "{'b': 1}", "False" },
        { "{'a': 1}", "!=", "{'a': 2}", "True" },
    };

    (void)state;
    check(rows);
}

static void test_order(void **state)
{
    static const struct row rows[] = {
        { "1", "<", "1.5", "True" },
        { "1.5", "<=", "1", "False" },
        { "true", "<", "2", "True" },
        { "9007199254740993", ">", "9007199254740992.0", "True" },
        { "9007199254740992.0", "<", "9007199254740993", "True" },
        { "9223372036854775807", "<", "1e30", "True" },
        { "-1e30", "<", "-9223372036854775808", "True" },
        { "-1", ">", "-1.5", "True" },
        { "'abc'", "<", "'abd'", "True" },
        { "'ab'", "<", "'abc'", "True" },
        { "'z'", "<", "'\xc3\xa9'", "True" },
        { "'\xef\xbf\xbd'", "<", "'\xf0\x9f\x98\x80'", "True" },
        { "[1, 2]", "<", "[1, 3]", "True" },
        { "[1]", "<", "[1, 0]", "True" },
        { "[2]", ">=", "[1, 5]", "True" },
        { "[]", "<=", "[]", "True" },
        { "[1, 'a']", "<", "[2, 3]", "True" },
        { "1", "<", "'a'", "TypeError: '<' not supported between instances of 'int' and 'str'" },
        { "{}", ">", "{}", "TypeError: '>' not supported between instances of 'dict' and 'dict'" },
        { "null", "<=", "null",
          "TypeError: '<=' not supported between instances of 'NoneType' and 'NoneType'" },
        { "[1, 'a']", "<", "[1, 2]",
          "TypeError: '<' not supported between instances of 'str' and 'int'" },
    };

    (void)state;
    check(rows);
}

static void test_membership(void **state)
{
    static const struct row rows[] = {
        { "'b'", "in", "'abc'", "True" },
        { "''", "in", "''", "True" },
        { "'x'", "not in", "'abc'", "True" },
        { "1", "in", "[3, 1.0]", "True" },
        { "[1]", "in", "[[1]]", "True" },
        { "null", "in", "[0]", "False" },
        { "'a'", "in", "{'a': 1}", "True" },
        { "'b'", "in", "{'a': 1}", "False" },
        { "1", "in", "{'1': 1}", "False" },
        { "[]", "in", "{}", "TypeError: unhashable type: 'list'" },
        { "1", "in", "'a'", "TypeError: 'in <string>' requires string as left operand, not int" },
        { "1", "in", "5", "TypeError: argument of type 'int' is not iterable" },
        { "1", "not in", "null", "TypeError: argument of type 'NoneType' is not iterable" },
    };

    (void)state;
    check(rows);
}

static void check_in(struct fixture *f, gale_value item, gale_value container, const char *expected)
{
    gale_value out = { 0 };

    assert_value(f, gale__op_compare(f->r, GALE__IN, item, container, &out), out, expected);
}

static void test_membership_of_ranges_and_bytes(void **state)
{
    struct fixture f;
    gale_value up, down, bytes, part;

    (void)state;
    fixture_start(&f);
    up = fixture_range(&f, 0, 10, 3);
    down = fixture_range(&f, 10, 0, -5);
    check_in(&f, gale_value_int(9), up, "True");
    check_in(&f, gale_value_int(10), up, "False");
    check_in(&f, gale_value_int(-3), up, "False");
    check_in(&f, gale_value_float(3), up, "True");
    check_in(&f, gale_value_float(3.5), up, "False");
    check_in(&f, gale_value_float(NAN), up, "False");
    check_in(&f, gale_value_bool(false), up, "True");
    check_in(&f, fixture_text("3"), up, "False");
    check_in(&f, gale_value_int(5), down, "True");
    check_in(&f, gale_value_int(0), down, "False");
    check_in(&f, gale_value_int(INT64_MAX), fixture_range(&f, INT64_MIN, INT64_MAX, 1), "False");
    check_in(&f, gale_value_int(INT64_MAX - 1), fixture_range(&f, INT64_MIN, INT64_MAX, 1), "True");
    assert_int_equal(gale_value_bytes(f.r, &bytes, "abc", 3), 0);
    assert_int_equal(gale_value_bytes(f.r, &part, "bc", 2), 0);
    check_in(&f, part, bytes, "True");
    check_in(&f, gale_value_int('a'), bytes, "True");
    check_in(&f, gale_value_int(0), bytes, "False");
    check_in(&f, gale_value_int(300), bytes, "ValueError: byte must be in range(0, 256)");
    check_in(&f, fixture_text("a"), bytes, "TypeError: a bytes-like object is required, not 'str'");
    fixture_end(&f);
}

static void test_nan_and_identity(void **state)
{
    struct fixture f;
    gale_value nan, list, out = { 0 };

    (void)state;
    fixture_start(&f);
    nan = gale_value_float(NAN);
    for (int op = GALE__EQ; op <= GALE__GE; op++) {
        assert_int_equal(gale__op_compare(f.r, (enum gale__compare)op, nan, nan, &out), 0);
        assert_int_equal(out.u.i, op == GALE__NE);
        assert_int_equal(
            gale__op_compare(f.r, (enum gale__compare)op, gale_value_int(1), nan, &out), 0);
        assert_int_equal(out.u.i, op == GALE__NE);
    }
    assert_int_equal(gale_value_list(f.r, &list, &nan, 1), 0);
    check_in(&f, nan, list, "True"); /* the same one, as in Python */
    assert_true(gale__value_is(list, list));
    assert_false(gale__value_is(list, fixture_own(&f, "[]")));
    assert_false(gale__value_is(gale_value_int(1), gale_value_bool(true)));
    assert_true(gale__value_is(gale_value_none(), (gale_value){ 0 }));
    fixture_end(&f);
}

static void test_equal_values_have_equal_hashes(void **state)
{
    static const char *const groups[][3] = { { "1", "1.0", "true" },
                                             { "0", "-0.0", "false" },
                                             { "[1, 'a']", "[1.0, 'a']", "[true, 'a']" },
                                             { "9007199254740992", "9007199254740992.0",
                                               "9007199254740992" } };
    struct fixture f;
    uint64_t hash, other;

    (void)state;
    fixture_start(&f);
    for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
        assert_int_equal(gale__value_hash(f.r, fixture_tuple(&f, groups[i][0]), &hash), 0);
        for (int k = 1; k < 3; k++) {
            assert_int_equal(gale__value_hash(f.r, fixture_tuple(&f, groups[i][k]), &other), 0);
            assert_true(hash == other);
        }
    }
    assert_int_equal(gale__value_hash(f.r, fixture_range(&f, 0, 5, 3), &hash), 0);
    assert_int_equal(gale__value_hash(f.r, fixture_range(&f, 0, 6, 3), &other), 0);
    assert_true(hash == other);
    assert_value(&f, gale__value_hash(f.r, fixture_json(&f, "{}"), &hash), gale_value_none(),
                 "TypeError: unhashable type: 'dict'");
    fixture_end(&f);
}

static void test_containers_of_the_template(void **state)
{
    struct fixture f;
    gale_value out = { 0 };

    (void)state;
    fixture_start(&f);
    assert_value(&f,
                 gale__op_compare(f.r, GALE__LT, fixture_tuple(&f, "[1]"),
                                  fixture_tuple(&f, "[1, 2]"), &out),
                 out, "True");
    assert_value(
        &f, gale__op_compare(f.r, GALE__EQ, fixture_tuple(&f, "[1]"), fixture_own(&f, "[1]"), &out),
        out, "False");
    assert_value(
        &f, gale__op_compare(f.r, GALE__LT, fixture_own(&f, "[1]"), fixture_tuple(&f, "[1]"), &out),
        out, "TypeError: '<' not supported between instances of 'list' and 'tuple'");
    assert_value(&f,
                 gale__op_compare(f.r, GALE__EQ, fixture_range(&f, 0, 0, 1),
                                  fixture_range(&f, 5, 3, 2), &out),
                 out, "True");
    assert_value(&f,
                 gale__op_compare(f.r, GALE__EQ, fixture_range(&f, 0, 5, 3),
                                  fixture_range(&f, 0, 4, 3), &out),
                 out, "True");
    assert_value(&f,
                 gale__op_compare(f.r, GALE__EQ, fixture_range(&f, 0, 5, 3),
                                  fixture_range(&f, 0, 5, 2), &out),
                 out, "False");
    fixture_end(&f);
}

/* Two lists that contain each other's like have no end. */
static void test_self_containing_lists(void **state)
{
    struct fixture f;
    gale_value a, b, out = { 0 };

    (void)state;
    fixture_start(&f);
    a = fixture_own(&f, "[]");
    b = fixture_own(&f, "[]");
    assert_int_equal(gale_value_append(f.r, a, a), 0);
    assert_int_equal(gale_value_append(f.r, b, b), 0);
    assert_value(&f, gale__op_compare(f.r, GALE__EQ, a, b, &out), out,
                 "RecursionError: maximum recursion depth exceeded");
    assert_value(&f, gale__op_compare(f.r, GALE__LT, a, b, &out), out,
                 "RecursionError: maximum recursion depth exceeded");
    assert_value(&f, gale__op_compare(f.r, GALE__EQ, a, a, &out), out, "True");
    assert_int_equal(f.rendering.depth_left, GALE__MAX_DEPTH);
    fixture_end(&f);
}

/* Lists that hold the one before twice take 2**n comparisons. */
static void test_comparison_is_bounded_in_steps(void **state)
{
    struct fixture f;
    gale_value sides[2], out = { 0 };

    (void)state;
    fixture_start(&f);
    for (int side = 0; side < 2; side++) {
        sides[side] = fixture_own(&f, "[]");
        for (int i = 0; i < 60; i++) {
            gale_value twice[2] = { sides[side], sides[side] };

            assert_int_equal(gale_value_list(f.r, &sides[side], twice, 2), 0);
        }
    }
    f.r->steps_left = 100000;
    assert_int_equal(gale__op_compare(f.r, GALE__EQ, sides[0], sides[1], &out), GALE_ETOOBIG);
    assert_true(f.rendering.raised.is_final);
    fixture_end(&f);
}

/* --- sorting ---- */

static void check_sort(const char *list, bool reverse, const char *expected)
{
    struct fixture f;
    gale_value v;
    int code;

    fixture_start(&f);
    v = fixture_own(&f, list);
    code = gale__values_sort(f.r, gale__list(v)->items, NULL, gale__list(v)->n, reverse);
    assert_value(&f, code, v, expected);
    fixture_end(&f);
}

static void test_sort(void **state)
{
    (void)state;
    check_sort("[]", false, "[]");
    check_sort("[3, 1.5, 2, true, 0]", false, "[0, True, 1.5, 2, 3]");
    check_sort("[3, 1.5, 2, true, 0]", true, "[3, 2, 1.5, True, 0]");
    check_sort("[1, true, 1.0, 0]", false, "[0, 1, True, 1.0]");
    check_sort("[1, true, 1.0, 2]", true, "[2, 1, True, 1.0]");
    check_sort("['b', 'a', 'C']", false, "['C', 'a', 'b']");
    check_sort("[[2, 'x'], [1, 'y'], [1]]", false, "[[1], [1, 'y'], [2, 'x']]");
    check_sort("[1, 'a']", false,
               "TypeError: '<' not supported between instances of 'str' and 'int'");
    check_sort("[1, 'a']", true,
               "TypeError: '<' not supported between instances of 'int' and 'str'");
}

/* Every length, with keys that are often alike: each item carries where it was. */
static void test_sort_is_stable(void **state)
{
    struct fixture f;
    uint32_t seed = 1;

    (void)state;
    for (uint32_t n = 0; n < 70; n++) {
        gale_value items[70], keys[70];

        fixture_start(&f);
        for (uint32_t i = 0; i < n; i++) {
            seed = seed * 1664525 + 1013904223;
            keys[i] = gale_value_int(seed >> 29);
            items[i] = gale_value_int(keys[i].u.i * 1000 + i);
        }
        assert_int_equal(gale__values_sort(f.r, items, keys, n, false), 0);
        for (uint32_t i = 1; i < n; i++)
            assert_true(items[i - 1].u.i < items[i].u.i);
        assert_int_equal(gale__values_sort(f.r, items, keys, n, true), 0);
        for (uint32_t i = 1; i < n; i++) {
            int64_t before = items[i - 1].u.i, now = items[i].u.i;

            assert_true(before / 1000 > now / 1000 ||
                        (before / 1000 == now / 1000 && before < now));
        }
        fixture_end(&f);
    }
}

static void test_sort_counts_steps(void **state)
{
    struct fixture f;
    gale_value v;

    (void)state;
    fixture_start(&f);
    v = fixture_own(&f, "[5, 4, 3, 2, 1, 9, 8, 7]");
    f.r->steps_left = 5;
    assert_int_equal(gale__values_sort(f.r, gale__list(v)->items, NULL, 8, false), GALE_ETOOBIG);
    f.r->code = 0;
    f.rendering.raised.is_final = false;
    assert_value(&f, 0, v, "[5, 4, 3, 2, 1, 9, 8, 7]");
    fixture_end(&f);
}

/* --- objects ---- */

static int equal_to_int(gale_rendering *r, void *object, gale_value other, bool *out)
{
    (void)r;
    *out = other.kind == GALE_VALUE_INT && other.u.i == *(int *)object;
    return 0;
}

static int compare_to_int(gale_rendering *r, void *object, gale_value other, int *out)
{
    if (other.kind == GALE_VALUE_FLOAT)
        return gale_value_raise(r, "ValueError", "no floats");
    if (other.kind != GALE_VALUE_INT)
        return GALE_ENOTFOUND;
    *out = *(int *)object * 7 - (int)other.u.i * 7;
    return 0;
}

static uint64_t hash_of_int(void *object)
{
    return (uint64_t) * (int *)object;
}

static void test_objects(void **state)
{
    static const gale_object_class cls = {
        .name = "number", .equal = equal_to_int, .compare = compare_to_int, .hash = hash_of_int
    };
    static const gale_object_class plain = { .name = "plain" };
    struct fixture f;
    int three = 3;
    gale_value o, p, q, out = { 0 };
    uint64_t hash;

    (void)state;
    fixture_start(&f);
    assert_int_equal(gale_value_object(f.r, &o, &cls, &three), 0);
    assert_int_equal(gale_value_object(f.r, &p, &plain, &three), 0);
    assert_int_equal(gale_value_object(f.r, &q, &plain, &three), 0);
    assert_value(&f, gale__op_compare(f.r, GALE__EQ, gale_value_int(3), o, &out), out, "True");
    assert_value(&f, gale__op_compare(f.r, GALE__LT, gale_value_int(2), o, &out), out, "True");
    assert_value(&f, gale__op_compare(f.r, GALE__LT, o, gale_value_int(2), &out), out, "False");
    assert_value(&f, gale__op_compare(f.r, GALE__LT, o, gale_value_float(2), &out), out,
                 "ValueError: no floats");
    assert_value(&f, gale__op_compare(f.r, GALE__LT, o, p, &out), out,
                 "TypeError: '<' not supported between instances of 'number' and 'plain'");
    assert_value(&f, gale__op_compare(f.r, GALE__EQ, p, q, &out), out, "True");
    assert_value(&f, gale__op_compare(f.r, GALE__EQ, p, gale_value_int(3), &out), out, "False");
    assert_int_equal(gale__value_hash(f.r, o, &hash), 0);
    assert_value(&f, gale__value_hash(f.r, p, &hash), p, "TypeError: unhashable type: 'plain'");
    check_in(&f, o, fixture_json(&f, "[1, 3]"), "True");
    check_in(&f, o, p, "TypeError: argument of type 'plain' is not iterable");
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equality),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_membership),
        cmocka_unit_test(test_membership_of_ranges_and_bytes),
        cmocka_unit_test(test_nan_and_identity),
        cmocka_unit_test(test_equal_values_have_equal_hashes),
        cmocka_unit_test(test_containers_of_the_template),
        cmocka_unit_test(test_self_containing_lists),
        cmocka_unit_test(test_comparison_is_bounded_in_steps),
        cmocka_unit_test(test_sort),
        cmocka_unit_test(test_sort_is_stable),
        cmocka_unit_test(test_sort_counts_steps),
        cmocka_unit_test(test_objects),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

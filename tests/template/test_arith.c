/* test_arith.c - operators on values give what Python prints. */
/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <math.h>

enum { N_OPS = GALE__SHR + 1 };

static const char *const op_names[N_OPS] = { "+",  "-", "*", "/", "//", "%",
                                             "**", "&", "|", "^", "<<", ">>" };

static enum gale__binary op_named(const char *name)
{
    for (int i = 0; i < N_OPS; i++)
        if (strcmp(op_names[i], name) == 0)
            return (enum gale__binary)i;
    fail_msg("no operator %s", name);
    return GALE__ADD;
}

struct row {
    const char *a, *op, *b, *expected;
};

/* Each row with values of the application and with the template's own. */
static void check_rows(const struct row *rows, size_t n)
{
    struct fixture f;

    for (size_t i = 0; i < n; i++) {
        for (int own = 0; own < 2; own++) {
            gale_value out = { 0 };
            gale_value a, b;

            fixture_start(&f);
            a = own ? fixture_own(&f, rows[i].a) : fixture_json(&f, rows[i].a);
            b = own ? fixture_own(&f, rows[i].b) : fixture_json(&f, rows[i].b);
            assert_value(&f, gale__op_binary(f.r, op_named(rows[i].op), a, b, &out), out,
                         rows[i].expected);
            fixture_end(&f);
        }
    }
}

#define check(rows) check_rows(rows, sizeof(rows) / sizeof(*rows))

static void test_ints(void **state)
{
    static const struct row rows[] = {
        { "1", "+", "2", "3" },
        { "true", "+", "true", "2" },
        { "7", "//", "2", "3" },
        { "-7", "//", "2", "-4" },
        { "7", "//", "-2", "-4" },
        { "-7", "//", "-2", "3" },
        { "-7", "%", "2", "1" },
        { "7", "%", "-2", "-1" },
        { "-7", "%", "-2", "-1" },
        { "6", "%", "-3", "0" },
        { "6", "/", "3", "2.0" },
        { "1", "/", "3", "0.3333333333333333" },
        { "9007199254740993", "/", "1", "9007199254740992.0" },
        { "9223372036854775807", "/", "9223372036854775807", "1.0" },
        { "9223372036854775807", "/", "3", "3.0744573456182584e+18" },
        { "-9223372036854775808", "/", "3", "-3.0744573456182584e+18" },
        { "1", "/", "9223372036854775807", "1.0842021724855044e-19" },
        { "9007199254740993", "/", "2", "4503599627370496.0" },
        { "9007199254740993", "/", "9007199254740991", "1.0000000000000002" },
        { "0", "/", "9223372036854775807", "0.0" },
        { "2", "**", "10", "1024" },
        { "2", "**", "62", "4611686018427387904" },
        { "-2", "**", "63", "-9223372036854775808" },
        { "2", "**", "-1", "0.5" },
        { "-2", "**", "-1", "-0.5" },
        { "1", "**", "9223372036854775807", "1" },
        { "-1", "**", "9223372036854775807", "-1" },
        { "0", "**", "0", "1" },
        { "12", "&", "10", "8" },
        { "12", "|", "3", "15" },
        { "12", "^", "10", "6" },
        { "-1", "&", "255", "255" },
        { "true", "&", "false", "False" },
        { "true", "^", "true", "False" },
        { "true", "|", "2", "3" },
        { "1", "<<", "62", "4611686018427387904" },
        { "-1", "<<", "63", "-9223372036854775808" },
        { "0", "<<", "1000", "0" },
        { "-5", ">>", "1", "-3" },
        { "5", ">>", "100", "0" },
        { "-5", ">>", "100", "-1" },
    };

    (void)state;
    check(rows);
}

static void test_ints_that_do_not_fit(void **state)
{
#define TOO_LARGE "OverflowError: integer is too large: 64 bits"
    static const struct row rows[] = {
        { "9223372036854775807", "+", "1", TOO_LARGE },
        { "-9223372036854775808", "-", "1", TOO_LARGE },
        { "4611686018427387904", "*", "2", TOO_LARGE },
        { "-9223372036854775808", "//", "-1", TOO_LARGE },
        { "-9223372036854775808", "%", "-1", "0" },
        { "2", "**", "63", TOO_LARGE },
        { "10", "**", "10000000000", TOO_LARGE },
        { "1", "<<", "63", TOO_LARGE },
        { "3", "<<", "9223372036854775807", TOO_LARGE },
        { "-3", "<<", "62", TOO_LARGE },
        { "1", "<<", "-1", "ValueError: negative shift count" },
        { "1", ">>", "-1", "ValueError: negative shift count" },
        { "1", "/", "0", "ZeroDivisionError: division by zero" },
        { "1", "//", "0", "ZeroDivisionError: integer division or modulo by zero" },
        { "1", "%", "0", "ZeroDivisionError: integer modulo by zero" },
        { "0", "**", "-1", "ZeroDivisionError: 0.0 cannot be raised to a negative power" },
    };
#undef TOO_LARGE

    (void)state;
    check(rows);
}

static void test_floats(void **state)
{
    static const struct row rows[] = {
        { "0.1", "+", "0.2", "0.30000000000000004" },
        { "1", "+", "0.5", "1.5" },
        { "true", "*", "0.5", "0.5" },
        { "-7.5", "//", "2", "-4.0" },
        { "7.5", "//", "-2", "-4.0" },
        { "-7.5", "%", "2", "0.5" },
        { "7.5", "%", "-2", "-0.5" },
        { "0.0", "//", "-1", "-0.0" },
        { "-0.0", "%", "1", "0.0" },
        { "6.0", "%", "-3", "-0.0" },
        { "1e308", "*", "10", "inf" },
        { "1e16", "+", "0", "1e+16" },
        { "2.0", "**", "3", "8.0" },
        { "4", "**", "0.5", "2.0" },
        { "-8.0", "**", "3", "-512.0" },
        { "1.0", "/", "0", "ZeroDivisionError: float division by zero" },
        { "1.0", "//", "0", "ZeroDivisionError: float floor division by zero" },
        { "1.0", "%", "0.0", "ZeroDivisionError: float modulo" },
        { "0.0", "**", "-1", "ZeroDivisionError: 0.0 cannot be raised to a negative power" },
        { "10.0", "**", "400", "OverflowError: (34, 'Numerical result out of range')" },
        { "-8", "**", "0.5", "ValueError: negative number cannot be raised to a fractional power" },
        { "1", "&", "1.5", "TypeError: unsupported operand type(s) for &: 'int' and 'float'" },
    };

    (void)state;
    check(rows);
}

static void test_texts_and_containers(void **state)
{
    static const struct row rows[] = {
        { "'a'", "+", "'b'", "'ab'" },
        { "''", "+", "''", "''" },
        { "'ab'", "*", "3", "'ababab'" },
        { "2", "*", "'ab'", "'abab'" },
        { "true", "*", "'ab'", "'ab'" },
        { "'ab'", "*", "-1", "''" },
        { "''", "*", "1000000000000000000", "''" },
        { "[1]", "+", "[2, 3]", "[1, 2, 3]" },
        { "[]", "+", "[]", "[]" },
        { "[1, 'x']", "*", "2", "[1, 'x', 1, 'x']" },
        { "[1]", "*", "-5", "[]" },
        { "[]", "*", "1000000000000000000", "[]" },
        { "{'a': 1}", "|", "{'a': 2, 'b': 3}", "{'a': 2, 'b': 3}" },
        { "'a'", "+", "1", "TypeError: can only concatenate str (not \"int\") to str" },
        { "[1]", "+", "1", "TypeError: can only concatenate list (not \"int\") to list" },
        { "[]", "+", "'a'", "TypeError: can only concatenate list (not \"str\") to list" },
        { "1", "+", "'a'", "TypeError: unsupported operand type(s) for +: 'int' and 'str'" },
        { "null", "+", "1", "TypeError: unsupported operand type(s) for +: 'NoneType' and 'int'" },
        { "{}", "+", "{}", "TypeError: unsupported operand type(s) for +: 'dict' and 'dict'" },
        { "{}", "|", "1", "TypeError: unsupported operand type(s) for |: 'dict' and 'int'" },
        { "'a'", "-", "1", "TypeError: unsupported operand type(s) for -: 'str' and 'int'" },
        { "'a'", "**", "2",
          "TypeError: unsupported operand type(s) for ** or pow(): 'str' and 'int'" },
        { "'a'", "*", "'b'", "TypeError: can't multiply sequence by non-int of type 'str'" },
        { "1.5", "*", "'a'", "TypeError: can't multiply sequence by non-int of type 'float'" },
        { "{}", "*", "[1]", "TypeError: can't multiply sequence by non-int of type 'dict'" },
    };

    (void)state;
    check(rows);
}

static void test_tuples_and_bytes(void **state)
{
    struct fixture f;
    gale_value a, b, out = { 0 };

    (void)state;
    fixture_start(&f);
    a = fixture_tuple(&f, "[1]");
    assert_value(&f, gale__op_binary(f.r, GALE__ADD, a, fixture_tuple(&f, "[2]"), &out), out,
                 "(1, 2)");
    assert_value(&f, gale__op_binary(f.r, GALE__MUL, a, gale_value_int(3), &out), out, "(1, 1, 1)");
    assert_value(&f, gale__op_binary(f.r, GALE__ADD, a, fixture_own(&f, "[2]"), &out), out,
                 "TypeError: can only concatenate tuple (not \"list\") to tuple");
    assert_int_equal(gale_value_bytes(f.r, &a, "a\xff", 2), 0);
    assert_int_equal(gale_value_bytes(f.r, &b, "b", 1), 0);
    assert_value(&f, gale__op_binary(f.r, GALE__ADD, a, b, &out), out, "b'a\\xffb'");
    assert_value(&f, gale__op_binary(f.r, GALE__MUL, b, gale_value_int(2), &out), out, "b'bb'");
    assert_value(&f, gale__op_binary(f.r, GALE__ADD, a, fixture_text("x"), &out), out,
                 "TypeError: can't concat str to bytes");
    fixture_end(&f);
}

static void test_unary(void **state)
{
    static const struct {
        enum gale__unary op;
        const char *a, *expected;
    } rows[] = {
        { GALE__NEG, "5", "-5" },
        { GALE__NEG, "1.5", "-1.5" },
        { GALE__NEG, "0.0", "-0.0" },
        { GALE__NEG, "true", "-1" },
        { GALE__POS, "true", "1" },
        { GALE__POS, "2.5", "2.5" },
        { GALE__INVERT, "5", "-6" },
        { GALE__INVERT, "true", "-2" },
        { GALE__NEG, "-9223372036854775808", "OverflowError: integer is too large: 64 bits" },
        { GALE__NEG, "'a'", "TypeError: bad operand type for unary -: 'str'" },
        { GALE__INVERT, "1.5", "TypeError: bad operand type for unary ~: 'float'" },
        { GALE__POS, "[]", "TypeError: bad operand type for unary +: 'list'" },
    };
    struct fixture f;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        gale_value out = { 0 };

        fixture_start(&f);
        assert_value(&f, gale__op_unary(f.r, rows[i].op, fixture_json(&f, rows[i].a), &out), out,
                     rows[i].expected);
        fixture_end(&f);
    }
}

static void test_in_place(void **state)
{
    struct fixture f;
    gale_value list, dict, array, out = { 0 };

    (void)state;
    fixture_start(&f);
    list = fixture_own(&f, "[1]");
    assert_value(&f, gale__op_inplace(f.r, GALE__ADD, list, fixture_text("xy"), &out), list,
                 "[1, 'x', 'y']");
    assert_true(gale__value_is(list, out));
    assert_value(&f, gale__op_inplace(f.r, GALE__ADD, list, list, &out), list,
                 "[1, 'x', 'y', 1, 'x', 'y']");
    assert_value(&f, gale__op_inplace(f.r, GALE__MUL, list, gale_value_int(0), &out), list, "[]");
    dict = fixture_own(&f, "{'a': 1}");
    assert_value(&f, gale__op_inplace(f.r, GALE__BITOR, dict, fixture_json(&f, "{'b': 2}"), &out),
                 dict, "{'a': 1, 'b': 2}");
    assert_value(&f, gale__op_inplace(f.r, GALE__BITOR, dict, fixture_json(&f, "[['c', 3]]"), &out),
                 dict, "{'a': 1, 'b': 2, 'c': 3}");
    assert_value(&f, gale__op_inplace(f.r, GALE__ADD, list, gale_value_int(5), &out), out,
                 "TypeError: 'int' object is not iterable");
    assert_value(&f, gale__op_inplace(f.r, GALE__ADD, gale_value_int(1), fixture_text("x"), &out),
                 out, "TypeError: unsupported operand type(s) for +=: 'int' and 'str'");
    assert_value(&f, gale__op_inplace(f.r, GALE__POW, fixture_text("x"), gale_value_int(2), &out),
                 out, "TypeError: unsupported operand type(s) for **=: 'str' and 'int'");
    array = fixture_json(&f, "[1]");
    assert_value(&f, gale__op_inplace(f.r, GALE__ADD, array, list, &out), out,
                 "TypeError: the application's list cannot be changed; list(x) makes one that can");
    assert_value(&f, gale__op_inplace(f.r, GALE__BITOR, fixture_json(&f, "{}"), dict, &out), out,
                 "TypeError: the application's dict cannot be changed; dict(x) makes one that can");
    assert_value(&f, 0, array, "[1]");
    fixture_end(&f);
}

/* 'x' * 10**9 and its like fail before anything is made. */
static void test_big_results_are_refused(void **state)
{
    static const char *const values[] = { "'x'", "[0]", "['abc', 1]" };
    static const int64_t times[] = { 1000000000, INT64_MAX / 2, INT64_MAX };
    struct fixture f;

    (void)state;
    for (size_t i = 0; i < 9; i++) {
        gale_value out = { 0 };

        fixture_start(&f);
        assert_int_equal(gale__op_binary(f.r, GALE__MUL, fixture_own(&f, values[i / 3]),
                                         gale_value_int(times[i % 3]), &out),
                         GALE_ETOOBIG);
        assert_true(f.rendering.raised.is_final);
        fixture_end(&f);
    }
}

/* A loop that adds to a text does not take the square of its memory. */
static void test_text_grows_in_place(void **state)
{
    struct fixture f;
    gale_value s, half, other, out;

    (void)state;
    fixture_start(&f);
    s = fixture_text("");
    for (int i = 0; i < 200000; i++)
        assert_int_equal(gale__op_binary(f.r, GALE__ADD, s, fixture_text("ten bytes."), &s), 0);
    assert_int_equal(s.len, 2000000);
    assert_int_equal(gale__op_binary(f.r, GALE__ADD, fixture_text("ab"), fixture_text("c"), &half),
                     0);
    assert_int_equal(gale__op_binary(f.r, GALE__ADD, half, fixture_text("d"), &out), 0);
    assert_int_equal(gale__op_binary(f.r, GALE__ADD, half, fixture_text("e"), &other), 0);
    assert_value(&f, 0, out, "'abcd'");
    assert_value(&f, 0, other, "'abce'");
    assert_value(&f, 0, half, "'abc'");
    fixture_end(&f);
}

static int halve(gale_rendering *r, int op, gale_value a, gale_value b, gale_value *out)
{
    if (op == '/')
        return gale_value_printf(r, out, "half of %s", gale_value_type(b));
    if (op == 'f')
        return gale_value_raise(r, "ValueError", "not whole");
    (void)a;
    return GALE_ENOTFOUND;
}

static void test_objects(void **state)
{
    static const gale_object_class cls = { .name = "money", .binary = halve };
    struct fixture f;
    gale_value o, out = { 0 };

    (void)state;
    fixture_start(&f);
    assert_int_equal(gale_value_object(f.r, &o, &cls, NULL), 0);
    assert_value(&f, gale__op_binary(f.r, GALE__DIV, gale_value_int(1), o, &out), out,
                 "'half of money'");
    assert_value(&f, gale__op_binary(f.r, GALE__FLOORDIV, o, o, &out), out,
                 "ValueError: not whole");
    assert_value(&f, gale__op_binary(f.r, GALE__ADD, o, gale_value_int(1), &out), out,
                 "TypeError: unsupported operand type(s) for +: 'money' and 'int'");
    assert_value(&f, gale__op_binary(f.r, GALE__MUL, o, fixture_text("a"), &out), out,
                 "TypeError: can't multiply sequence by non-int of type 'money'");
    assert_value(&f, gale__op_unary(f.r, GALE__NEG, o, &out), out,
                 "TypeError: bad operand type for unary -: 'money'");
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ints),
        cmocka_unit_test(test_ints_that_do_not_fit),
        cmocka_unit_test(test_floats),
        cmocka_unit_test(test_texts_and_containers),
        cmocka_unit_test(test_tuples_and_bytes),
        cmocka_unit_test(test_unary),
        cmocka_unit_test(test_in_place),
        cmocka_unit_test(test_big_results_are_refused),
        cmocka_unit_test(test_text_grows_in_place),
        cmocka_unit_test(test_objects),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

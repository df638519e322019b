/* test_access.c - items, slices, attributes, changes, unpacking: Python's results and messages. */
/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <errno.h>

/* --- items ---- */

static void test_items(void **state)
{
    static const struct {
        const char *v, *index, *expected;
    } rows[] = {
        { "[1, 2]", "0", "1" },
        { "[1, 2]", "-1", "2" },
        { "[1, 2]", "true", "2" },
        { "[1]", "1", "IndexError: list index out of range" },
        { "[1]", "-2", "IndexError: list index out of range" },
        { "[1]", "-9223372036854775808", "IndexError: list index out of range" },
        { "[1]", "'x'", "TypeError: list indices must be integers or slices, not str" },
        { "[1]", "1.0", "TypeError: list indices must be integers or slices, not float" },
        { "'a\\u20acz'", "1", "'\xe2\x82\xac'" },
        { "'a\\u20acz'", "-1", "'z'" },
        { "'a\\u20acz'", "3", "IndexError: string index out of range" },
        { "'a\\u20acz'", "-4", "IndexError: string index out of range" },
        { "'a'", "9223372036854775807", "IndexError: string index out of range" },
        { "''", "0", "IndexError: string index out of range" },
        { "'a'", "'x'", "TypeError: string indices must be integers, not 'str'" },
        { "{'a': 1}", "'a'", "1" },
        { "{'a': 1}", "'b'", "KeyError: 'b'" },
        { "{'a': 1}", "1", "KeyError: 1" },
        { "{'a': 1}", "[]", "TypeError: unhashable type: 'list'" },
        { "{'': 1}", "''", "1" },
        { "5", "0", "TypeError: 'int' object is not subscriptable" },
        { "null", "'x'", "TypeError: 'NoneType' object is not subscriptable" },
    };
    struct fixture f;

    (void)state;
    for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(*rows); i++) {
        gale_value v, out = { 0 };

        fixture_start(&f);
        v = i % 2 ? fixture_own(&f, rows[i / 2].v) : fixture_json(&f, rows[i / 2].v);
        assert_value(&f, gale__op_index(f.r, v, fixture_json(&f, rows[i / 2].index), &out), out,
                     rows[i / 2].expected);
        fixture_end(&f);
    }
}

static void check_item(struct fixture *f, gale_value v, int64_t index, const char *expected)
{
    gale_value out = { 0 };

    assert_value(f, gale__op_index(f->r, v, gale_value_int(index), &out), out, expected);
}

static void test_items_of_other_kinds(void **state)
{
    struct fixture f;
    gale_value bytes, out, ascii = fixture_text("xyz");

    (void)state;
    fixture_start(&f);
    assert_int_equal(gale_value_bytes(f.r, &bytes, "a\xff", 2), 0);
    check_item(&f, bytes, -1, "255");
    check_item(&f, bytes, 2, "IndexError: index out of range");
    check_item(&f, fixture_range(&f, 0, 10, 3), -1, "9");
    check_item(&f, fixture_range(&f, 0, 10, 3), 4, "IndexError: range object index out of range");
    check_item(&f, fixture_tuple(&f, "[1]"), 1, "IndexError: tuple index out of range");
    ascii.flags = GALE__TEXT_ASCII;
    check_item(&f, ascii, -3, "'x'");
    check_item(&f, ascii, -4, "IndexError: string index out of range");
    assert_value(&f, gale__op_index(f.r, bytes, fixture_text("x"), &out), out,
                 "TypeError: byte indices must be integers or slices, not str");
    assert_value(
        &f, gale_value_item(f.r, fixture_own(&f, "{'a': 1}"), fixture_tuple(&f, "[1, 'a']"), &out),
        out, "KeyError: (1, 'a')");
    fixture_end(&f);
}

/* --- slices ---- */

static gale_value bound_of(const char **s)
{
    gale_value v = gale_value_none();

    if (**s != ':' && **s)
        v = gale_value_int(strtol(*s, (char **)s, 10));
    *s += **s == ':';
    return v;
}

static void test_slices(void **state)
{
    /* of [0, 1 … 5]; a row stands for text, bytes, list, tuple and range alike */
    static const char *const rows[][2] = {
        { "::", "012345" },
        { "1:3", "12" },
        { ":-1", "01234" },
        { "-2:", "45" },
        { "4:2", "" },
        { "::2", "024" },
        { "1::2", "135" },
        { "::-1", "543210" },
        { "4:1:-1", "432" },
        { "::-2", "531" },
        { "10:", "" },
        { "-10:2", "01" },
        { "10::-3", "52" },
        { ":-10:-1", "543210" },
        { "2:2", "" },
        { "::9223372036854775807", "0" },
        { "::-9223372036854775808", "5" },
        { "-9223372036854775808:9223372036854775807", "012345" },
        { "5:0:-2", "531" },
        { "1:-1:3", "14" },
    };
    struct fixture f;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const char *s = rows[i][0];
        gale_value bounds[3], out = { 0 }, of[6], item;
        size_t n, len = strlen(rows[i][1]);

        for (int b = 0; b < 3; b++)
            bounds[b] = bound_of(&s);
        fixture_start(&f);
        of[0] = fixture_json(&f, "[0, 1, 2, 3, 4, 5]");
        of[1] = fixture_own(&f, "[0, 1, 2, 3, 4, 5]");
        of[2] = fixture_tuple(&f, "[0, 1, 2, 3, 4, 5]");
        of[3] = fixture_range(&f, 0, 6, 1);
        assert_int_equal(gale_value_bytes(f.r, &of[4], "\0\1\2\3\4\5", 6), 0);
        of[5] = fixture_text("012345");
        of[5].flags = GALE__TEXT_ASCII;
        for (int k = 0; k < 6; k++) {
            assert_int_equal(gale__op_slice(f.r, of[k], bounds, &out), 0);
            assert_int_equal(gale_value_length(f.r, out, &n), 0);
            assert_int_equal(n, len);
            assert_string_equal(gale_value_type(out), gale_value_type(of[k]));
            for (size_t at = 0; at < n; at++) {
                assert_int_equal(gale_value_nth(f.r, out, at, &item), 0);
                assert_int_equal(k == 5 ? item.u.s[0] - '0' : item.u.i, rows[i][1][at] - '0');
            }
        }
        fixture_end(&f);
    }
}

static void check_slice(struct fixture *f, gale_value v, const char *text, const char *expected)
{
    gale_value bounds[3], out = { 0 };

    for (int b = 0; b < 3; b++)
        bounds[b] = bound_of(&text);
    assert_value(f, gale__op_slice(f->r, v, bounds, &out), out, expected);
}

static void test_slices_of_texts(void **state)
{
    struct fixture f;
    gale_value v, bounds[3] = { { 0 } }, out = { 0 };

    (void)state;
    fixture_start(&f);
    v = fixture_json(&f, "'a\\u00e9\\u20ac\\ud83d\\ude00z'");
    check_slice(&f, v, "1:3", "'\xc3\xa9\xe2\x82\xac'");
    check_slice(&f, v, "::-1",
                "'z\xf0\x9f\x98\x80\xe2\x82\xac\xc3\xa9"
                "a'");
    check_slice(&f, v, "::2", "'a\xe2\x82\xacz'");
    check_slice(&f, v, "-2::-2", "'\xf0\x9f\x98\x80\xc3\xa9'");
    check_slice(&f, v, "9:", "''");
    check_slice(&f, fixture_range(&f, 0, 10, 1), "2:8:3", "range(2, 8, 3)");
    check_slice(&f, fixture_range(&f, 0, 10, 1), "::-1", "range(9, -1, -1)");
    check_slice(&f, v, "::0", "ValueError: slice step cannot be zero");
    check_slice(&f, gale_value_int(5), "1:2", "TypeError: 'int' object is not subscriptable");
    check_slice(&f, fixture_json(&f, "{}"), "1:2", "TypeError: unhashable type: 'slice'");
    bounds[0] = fixture_text("a");
    assert_value(&f, gale__op_slice(f.r, v, bounds, &out), out,
                 "TypeError: slice indices must be integers or None or have an __index__ method");
    fixture_end(&f);
}

/* --- changes ---- */

static void test_set_slices(void **state)
{
    static const char *const rows[][3] = {
        { "1:2", "['x', 'y']", "[0, 'x', 'y', 2, 3]" },
        { "1:3", "[]", "[0, 3]" },
        { "5:1", "[9]", "[0, 1, 2, 3, 9]" },
        { "2:0", "[7]", "[0, 1, 7, 2, 3]" },
        { ":", "'ab'", "['a', 'b']" },
        { "::2", "[8, 9]", "[8, 1, 9, 3]" },
        { "::-1", "[1, 2, 3, 4]", "[4, 3, 2, 1]" },
        { "::2", "[1]",
          "ValueError: attempt to assign sequence of size 1 to extended slice of size 2" },
        { "1:2", "5", "TypeError: can only assign an iterable" },
        { "::2", "5", "TypeError: must assign iterable to extended slice" },
        { "1:", "[1, 2, 3, 4, 5, 6, 7, 8, 9]", "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]" },
    };
    struct fixture f;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const char *s = rows[i][0];
        gale_value list, bounds[3];

        fixture_start(&f);
        list = fixture_own(&f, "[0, 1, 2, 3]");
        for (int b = 0; b < 3; b++)
            bounds[b] = bound_of(&s);
        assert_value(&f, gale__op_set_slice(f.r, list, bounds, fixture_json(&f, rows[i][1])), list,
                     rows[i][2]);
        fixture_end(&f);
    }
}

static void test_set_slice_of_itself(void **state)
{
    struct fixture f;
    gale_value list, bounds[3] = { gale_value_int(1), gale_value_int(2), gale_value_none() };

    (void)state;
    fixture_start(&f);
    list = fixture_own(&f, "[1, 2, 3]");
    assert_value(&f, gale__op_set_slice(f.r, list, bounds, list), list, "[1, 1, 2, 3, 3]");
    assert_value(&f, gale__op_set_slice(f.r, fixture_json(&f, "[1]"), bounds, list), list,
                 "TypeError: the application's list cannot be changed; list(x) makes one that can");
    assert_value(&f, gale__op_set_slice(f.r, fixture_text("abc"), bounds, list), list,
                 "TypeError: 'str' object does not support item assignment");
    fixture_end(&f);
}

static void test_set_and_delete(void **state)
{
    struct fixture f;
    gale_value list, dict, one = gale_value_int(1), five = gale_value_int(5);

    (void)state;
    fixture_start(&f);
    list = fixture_own(&f, "[1, 2, 3]");
    dict = fixture_own(&f, "{'a': 1}");
    assert_value(&f, gale__op_set_index(f.r, list, gale_value_int(-1), five), list, "[1, 2, 5]");
    assert_value(&f, gale__op_set_index(f.r, dict, one, five), dict, "{'a': 1, 1: 5}");
    assert_value(&f, gale__op_set_index(f.r, list, five, one), list,
                 "IndexError: list assignment index out of range");
    assert_value(&f, gale__op_set_index(f.r, list, fixture_text("x"), one), list,
                 "TypeError: list indices must be integers or slices, not str");
    assert_value(&f, gale__op_set_index(f.r, dict, list, one), dict,
                 "TypeError: unhashable type: 'list'");
    assert_value(&f, gale__op_set_index(f.r, fixture_json(&f, "{}"), one, one), dict,
                 "TypeError: the application's dict cannot be changed; dict(x) makes one that can");
    assert_value(&f, gale__op_set_index(f.r, fixture_tuple(&f, "[1]"), one, one), dict,
                 "TypeError: 'tuple' object does not support item assignment");
    assert_value(&f, gale__op_set_index(f.r, five, one, one), dict,
                 "TypeError: 'int' object does not support item assignment");
    assert_value(&f, gale__op_del_index(f.r, list, one), list, "[1, 5]");
    assert_value(&f, gale__op_del_index(f.r, dict, fixture_text("a")), dict, "{1: 5}");
    assert_value(&f, gale__op_del_index(f.r, dict, fixture_text("a")), dict, "KeyError: 'a'");
    assert_value(&f, gale__op_del_index(f.r, list, five), list,
                 "IndexError: list assignment index out of range");
    assert_value(&f, gale__op_del_index(f.r, fixture_text("abc"), one), list,
                 "TypeError: 'str' object doesn't support item deletion");
    assert_value(&f, gale__op_del_index(f.r, five, one), list,
                 "TypeError: 'int' object does not support item deletion");
    assert_value(&f, gale__op_del_index(f.r, fixture_json(&f, "[1]"), one), list,
                 "TypeError: the application's list cannot be changed; list(x) makes one that can");
    fixture_end(&f);
}

/* --- unpacking ---- */

static void test_unpack(void **state)
{
    static const struct {
        const char *v;
        uint32_t n, rest;
        const char *expected; /* the items, the first one first */
    } rows[] = {
        { "[1, 2]", 2, 0, "[1, 2]" },
        { "'xy'", 2, 0, "['x', 'y']" },
        { "{'a': 1, 'b': 2}", 2, 0, "['a', 'b']" },
        { "[]", 0, 0, "[]" },
        { "[1, 2, 3, 4]", 3, 2, "[1, [2, 3], 4]" },
        { "[1, 2, 3, 4]", 2, 1, "[[1, 2, 3], 4]" },
        { "[1, 2, 3, 4]", 2, 2, "[1, [2, 3, 4]]" },
        { "[1, 2]", 3, 2, "[1, [], 2]" },
        { "'abc'", 2, 2, "['a', ['b', 'c']]" },
        { "[1]", 2, 0, "ValueError: not enough values to unpack (expected 2, got 1)" },
        { "[]", 3, 0, "ValueError: not enough values to unpack (expected 3, got 0)" },
        { "[1, 2, 3]", 2, 0, "ValueError: too many values to unpack (expected 2)" },
        { "'abc'", 2, 0, "ValueError: too many values to unpack (expected 2)" },
        { "[1]", 3, 2, "ValueError: not enough values to unpack (expected at least 2, got 1)" },
        { "5", 2, 0, "TypeError: cannot unpack non-iterable int object" },
        { "null", 2, 1, "TypeError: cannot unpack non-iterable NoneType object" },
    };
    struct fixture f;

    (void)state;
    for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(*rows); i++) {
        uint32_t n = rows[i / 2].n;
        gale_value v, list = { 0 }, out[4], ordered[4];
        int code;

        fixture_start(&f);
        v = i % 2 ? fixture_own(&f, rows[i / 2].v) : fixture_json(&f, rows[i / 2].v);
        code = gale__op_unpack(f.r, v, n, rows[i / 2].rest, out);
        for (uint32_t k = 0; code == 0 && k < n; k++)
            ordered[k] = out[n - 1 - k];
        if (code == 0)
            assert_int_equal(gale_value_list(f.r, &list, ordered, n), 0);
        assert_value(&f, code, list, rows[i / 2].expected);
        fixture_end(&f);
    }
}

/* --- attributes ---- */

struct thing {
    int asked, computed, result;
};

static int greet(gale_call *call, gale_value *out)
{
    struct thing *t = gale_call_object(call);

    return gale_value_printf(call->rendering, out, "hello %d %s", t->asked, (char *)call->data);
}

static int compute(gale_call *call, gale_value *out)
{
    struct thing *t = gale_call_object(call);

    *out = gale_value_int(++t->computed);
    return t->result;
}

static int get_attribute(gale_rendering *r, void *object, gale_str name, gale_value *out)
{
    struct thing *t = object;

    t->asked++;
    if (name.len == 3 && memcmp(name.ptr, "bad", 3) == 0)
        return gale_value_raise(r, "ValueError", "bad thing");
    if (name.len != 4)
        return GALE_ENOTFOUND;
    return gale_value_text_n(r, out, name.ptr, name.len);
}

static int get_item(gale_rendering *r, void *object, gale_value key, gale_value *out)
{
    (void)r;
    (void)object;
    if (key.kind != GALE_VALUE_INT)
        return GALE_ENOTFOUND;
    if (key.u.i < 0)
        return -EIO;
    *out = gale_value_int(key.u.i * 2);
    return 0;
}

static const gale_name thing_names[] = {
    { .name = "greet", .function = greet, .data = (void *)"you" },
    { .name = "lazy", .lazy = compute },
    { .name = "kind", .text = "a thing" },
    { 0 },
};
static const gale_object_class thing_class = {
    .name = "thing", .attributes = thing_names, .get_attribute = get_attribute, .get_item = get_item
};

static void check_attribute(struct fixture *f, gale_value v, const char *name, const char *expected)
{
    gale_value out = { 0 };

    assert_value(f, gale_value_attribute(f->r, v, name, &out), out, expected);
}

static void test_attributes_of_objects(void **state)
{
    struct fixture f;
    struct thing thing = { 0 };
    gale_value v, out;

    (void)state;
    fixture_start(&f);
    assert_int_equal(gale_value_object(f.r, &v, &thing_class, &thing), 0);
    check_attribute(&f, v, "kind", "'a thing'");
    check_attribute(&f, v, "lazy", "1");
    check_attribute(&f, v, "lazy", "1");
    check_attribute(&f, v, "greet", "<bound method thing.greet>");
    check_attribute(&f, v, "four", "'four'");
    check_attribute(&f, v, "four", "'four'");
    assert_int_equal(thing.asked, 1);
    check_attribute(&f, v, "nobody", "AttributeError: 'thing' object has no attribute 'nobody'");
    check_attribute(&f, v, "bad", "ValueError: bad thing");
    assert_int_equal(gale_value_attribute(f.r, v, "greet", &out), 0);
    assert_value(&f, gale_value_call(f.r, out, NULL, 0, &out), out, "'hello 3 you'");
    check_item(&f, v, 4, "8");
    assert_value(&f, gale__op_index(f.r, v, fixture_text("x"), &out), out, "KeyError: 'x'");
    assert_int_equal(gale__op_index(f.r, v, gale_value_int(-1), &out), -EIO);
    f.r->code = 0;
    thing.result = -EIO;
    thing.computed = 0;
    assert_int_equal(gale_value_object(f.r, &v, &thing_class, &thing), 0);
    assert_int_equal(gale_value_attribute(f.r, v, "lazy", &out), -EIO);
    f.r->code = 0;
    thing.result = 0;
    check_attribute(&f, v, "lazy", "2"); /* a failure is not kept */
    fixture_end(&f);
}

static void test_attributes_of_values(void **state)
{
    struct fixture f;
    gale_value out;

    (void)state;
    fixture_start(&f);
    check_attribute(&f, gale_value_none(), "foo",
                    "AttributeError: 'NoneType' object has no attribute 'foo'");
    check_attribute(&f, fixture_text("x"), "__class__",
                    "AttributeError: 'str' object has no attribute '__class__'");
    check_attribute(&f, fixture_text("x"), "upper", "<built-in method upper of str object>");
    check_attribute(&f, fixture_json(&f, "{'title': 'T'}"), "title", "'T'");
    check_attribute(&f, fixture_own(&f, "{'title': 'T'}"), "title", "'T'");
    check_attribute(&f, fixture_json(&f, "{'a': 1}"), "b",
                    "AttributeError: 'dict' object has no attribute 'b'");
    check_attribute(&f, fixture_json(&f, "{'_a': 1}"), "_a",
                    "AttributeError: 'dict' object has no attribute '_a'");
    check_attribute(&f, fixture_json(&f, "{'keys': 1}"), "keys",
                    "<built-in method keys of dict object>");
    assert_int_equal(gale_value_attribute(f.r, fixture_text("x"), "upper", &out), 0);
    assert_value(&f, gale_value_call(f.r, out, NULL, 0, &out), out, "'X'");
    fixture_end(&f);
}

/* Characters of a long text by their index: finding them takes steps. */
static void test_index_of_a_long_text_takes_steps(void **state)
{
    struct fixture f;
    gale_value v, out;
    int code = 0;

    (void)state;
    fixture_start(&f);
    assert_int_equal(
        gale__op_binary(f.r, GALE__MUL, fixture_text("\xc3\xa9"), gale_value_int(1 << 20), &v), 0);
    f.r->steps_left = 100000;
    for (int i = 0; i < 1000 && code == 0; i++)
        code = gale__op_index(f.r, v, gale_value_int(i), &out);
    assert_int_equal(code, GALE_ETOOBIG);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_items),
        cmocka_unit_test(test_items_of_other_kinds),
        cmocka_unit_test(test_slices),
        cmocka_unit_test(test_slices_of_texts),
        cmocka_unit_test(test_set_slices),
        cmocka_unit_test(test_set_slice_of_itself),
        cmocka_unit_test(test_set_and_delete),
        cmocka_unit_test(test_unpack),
        cmocka_unit_test(test_attributes_of_objects),
        cmocka_unit_test(test_attributes_of_values),
        cmocka_unit_test(test_index_of_a_long_text_takes_steps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

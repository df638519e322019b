/* test_values.c - values are made, read, shown as Python shows them, and turned into JSON. */
/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <errno.h>
#include <math.h>

#include "base/alloc.h"

/* --- texts ---- */

static void check_repr(struct fixture *f, gale_value v, const char *expected)
{
    assert_value(f, 0, v, expected);
}

static void test_repr(void **state)
{
    static const char *const rows[][2] = {
        { "null", "None" },
        { "true", "True" },
        { "-5", "-5" },
        { "-9223372036854775808", "-9223372036854775808" },
        { "1.0", "1.0" },
        { "1e16", "1e+16" },
        { "0.00001", "1e-05" },
        { "-0.0", "-0.0" },
        { "123456789012345680.0", "1.2345678901234568e+17" },
        { "[]", "[]" },
        { "[1, [2, 'x'], {}]", "[1, [2, 'x'], {}]" },
        { "{'a': null, 'b': {'c': [true]}}", "{'a': None, 'b': {'c': [True]}}" },
        { "'plain'", "'plain'" },
        { "'a\\nb\\tc\\rd\\\\e'", "'a\\nb\\tc\\rd\\\\e'" },
        { "'\\u0000\\u001f\\u007f'", "'\\x00\\x1f\\x7f'" },
        { "'\\u00e9 \\u20ac'", "'\xc3\xa9 \xe2\x82\xac'" },
        { "'\\u00a0\\u2028\\ue000'", "'\\xa0\\u2028\\ue000'" },
        { "'\\ud83d\\ude00\\udb40\\udc01'", "'\xf0\x9f\x98\x80\\U000e0001'" },
    };
    struct fixture f;

    (void)state;
    fixture_start(&f);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        check_repr(&f, fixture_json(&f, rows[i][0]), rows[i][1]);
        check_repr(&f, fixture_own(&f, rows[i][0]), rows[i][1]);
    }
    check_repr(&f, fixture_text("it's"), "\"it's\"");
    check_repr(&f, fixture_text("\"q\""), "'\"q\"'");
    check_repr(&f, fixture_text("it's \"q\""), "'it\\'s \"q\"'");
    check_repr(&f, fixture_tuple(&f, "[]"), "()");
    check_repr(&f, fixture_tuple(&f, "[1]"), "(1,)");
    check_repr(&f, fixture_tuple(&f, "[1, 'x']"), "(1, 'x')");
    check_repr(&f, fixture_range(&f, 0, 3, 1), "range(0, 3)");
    check_repr(&f, fixture_range(&f, 9, -1, -2), "range(9, -1, -2)");
    check_repr(&f, gale_value_float(NAN), "nan");
    check_repr(&f, gale_value_float(-INFINITY), "-inf");
    check_repr(&f, gale_value_float(1e22), "1e+22");
    fixture_end(&f);
}

static int nothing(gale_call *call, gale_value *out)
{
    (void)call;
    (void)out;
    return 0;
}

static void test_repr_of_functions_and_objects(void **state)
{
    static const gale_name name = { .name = "shout", .function = nothing };
    static const gale_object_class cls = { .name = "handler" };
    struct gale__function_value f1 = { .name = &name };
    struct gale__function_value f2 = { .name = &name };
    struct gale__function_value lambda = { 0 };
    gale_value v = { .kind = GALE_VALUE_FUNCTION, .u.p = &f1 };
    gale_value o;
    struct fixture f;

    (void)state;
    fixture_start(&f);
    assert_int_equal(gale_value_object(f.r, &o, &cls, NULL), 0);
    check_repr(&f, o, "<handler object>");
    check_repr(&f, v, "<function shout>");
    v.flags = GALE__FUNCTION_BUILTIN;
    check_repr(&f, v, "<built-in function shout>");
    v.flags = GALE__FUNCTION_TYPE;
    check_repr(&f, v, "<class 'shout'>");
    f2.self = fixture_text("x");
    v = (gale_value){ .kind = GALE_VALUE_FUNCTION, .u.p = &f2 };
    check_repr(&f, v, "<built-in method shout of str object>");
    f2.self = o;
    check_repr(&f, v, "<bound method handler.shout>");
    v.u.p = &lambda;
    check_repr(&f, v, "<function <lambda>>");
    fixture_end(&f);
}

static int shows(gale_rendering *r, void *object, bool is_repr, gale_value *out)
{
    if (!object)
        return gale_value_raise(r, "ValueError", "cannot be shown");
    return gale_value_text(r, out, is_repr ? "Money(5)" : "5 euros");
}

static void test_objects_show_themselves(void **state)
{
    static const gale_object_class cls = { .name = "money", .to_text = shows };
    struct fixture f;
    gale_value good, bad, list;
    gale_str s;

    (void)state;
    fixture_start(&f);
    assert_int_equal(gale_value_object(f.r, &good, &cls, &f), 0);
    assert_int_equal(gale_value_object(f.r, &bad, &cls, NULL), 0);
    assert_int_equal(gale_value_list(f.r, &list, &good, 1), 0);
    check_repr(&f, list, "[Money(5)]");
    assert_int_equal(gale_value_str(f.r, good, &s), 0);
    assert_memory_equal(s.ptr, "5 euros", 7);
    assert_value(&f, gale_value_str(f.r, bad, &s), bad, "ValueError: cannot be shown");
    fixture_end(&f);
}

static void test_containers_that_contain_themselves(void **state)
{
    struct fixture f;
    gale_value list, dict, deep;
    gale_str s;

    (void)state;
    fixture_start(&f);
    list = fixture_own(&f, "[1]");
    dict = fixture_own(&f, "{}");
    assert_int_equal(gale_value_append(f.r, list, list), 0);
    check_repr(&f, list, "[1, [...]]");
    assert_int_equal(gale_value_set(f.r, dict, fixture_text("l"), list), 0);
    assert_int_equal(gale_value_append(f.r, list, dict), 0);
    check_repr(&f, dict, "{'l': [1, [...], {...}]}");
    deep = fixture_own(&f, "[]");
    for (int i = 0; i < 100; i++)
        assert_int_equal(gale_value_list(f.r, &deep, &deep, 1), 0);
    assert_value(&f, gale__value_repr(f.r, deep, &s), deep,
                 "RecursionError: maximum recursion depth exceeded");
    assert_int_equal(f.rendering.depth_left, GALE__MAX_DEPTH);
    fixture_end(&f);
}

static void test_str(void **state)
{
    struct fixture f;
    gale_value bytes;
    gale_str s;
    const char *c;

    (void)state;
    fixture_start(&f);
    assert_int_equal(gale_value_bytes(f.r, &bytes, "a\0b", 3), 0);
    assert_int_equal(gale_value_str(f.r, bytes, &s), 0); /* as it is */
    assert_int_equal(s.len, 3);
    assert_int_equal(gale_value_str(f.r, gale_value_none(), &s), 0);
    assert_memory_equal(s.ptr, "None", 4);
    assert_int_equal(gale_value_cstr(f.r, fixture_json(&f, "[1]"), &c), 0);
    assert_string_equal(c, "[1]");
    assert_int_equal(gale_value_cstr(f.r, gale_value_borrowed_text("abcd", 2), &c), 0);
    assert_string_equal(c, "ab");
    assert_value(&f, gale_value_cstr(f.r, bytes, &c), bytes, "ValueError: embedded null character");
    check_repr(&f, bytes, "b'a\\x00b'");
    fixture_end(&f);
}

static void test_made_texts(void **state)
{
    struct fixture f;
    gale_value v;
    char big[1000];

    (void)state;
    fixture_start(&f);
    assert_value(&f, gale_value_text(f.r, &v, NULL), v, "None");
    assert_value(&f, gale_value_text(f.r, &v, ""), v, "''");
    assert_value(&f, gale_value_text_n(f.r, &v, "a\xff\xc3", 3), v, "'a\xef\xbf\xbd\xef\xbf\xbd'");
    assert_value(&f, gale_value_printf(f.r, &v, "%d %s", 5, "\xfe"), v, "'5 \xef\xbf\xbd'");
    memset(big, 'x', sizeof(big));
    assert_int_equal(gale_value_printf(f.r, &v, "%.1000s%d", big, 7), 0);
    assert_int_equal(v.len, 1001);
    assert_int_equal(v.u.s[1000], '7');
    fixture_end(&f);
}

static void test_code_points(void **state)
{
    /* one, two, three and four bytes, at every offset of a word */
    static const char text[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"
                               "bc\xc3\xa9\xc3\xa9\xe2\x82\xac\xe2\x82\xac"
                               "defghijkl\xf0\x9f\x98\x80z";
    gale_value v = gale_value_borrowed_text(text, sizeof(text) - 1);
    size_t n = 0;
    size_t starts[64];

    (void)state;
    for (size_t i = 0; i < sizeof(text); i++)
        if (((unsigned char)text[i] & 0xc0) != 0x80)
            starts[n++] = i;
    n--; /* the NUL */
    assert_int_equal(gale__text_length(v), n);
    for (size_t from = 0; from <= n; from++) {
        for (size_t to = from; to <= n + 1; to++) {
            gale_value part = gale__text_part(v, from, to);

            assert_ptr_equal(part.u.s, text + starts[from]);
            assert_int_equal(part.len, starts[to < n ? to : n] - starts[from]);
        }
    }
}

static void test_builder(void **state)
{
    struct fixture f;
    struct gale__text_builder b;
    gale_value v, bytes;

    (void)state;
    fixture_start(&f);
    b = (struct gale__text_builder){ .r = f.r };
    assert_value(&f, gale__text_finish(&b, &v), v, "''");
    assert_int_equal(gale_value_bytes(f.r, &bytes, "y", 1), 0);
    for (int i = 0; i < 40; i++)
        gale__text_printf(&b, "%d,", i);
    gale__text_add_value(&b, bytes);
    gale__text_add_repr(&b, fixture_text("r"));
    assert_int_equal(gale__text_finish(&b, &v), 0);
    assert_int_equal(v.len, 10 * 2 + 30 * 3 + 4 + 3);
    assert_memory_equal(v.u.s + v.len - 7, "b'y''r'", 7);
    f.rendering.memory_left = 1000;
    for (int i = 0; i < 4000; i++)
        gale__text_add(&b, "x", 1);
    assert_int_equal(gale__text_finish(&b, &v), GALE_ETOOBIG);
    fixture_end(&f);
}

/* --- types, truth, lengths ---- */

static void test_types_truth_lengths(void **state)
{
    static const struct {
        const char *json, *type;
        int truth, length;
    } rows[] = {
        { "null", "NoneType", 0, -1 }, { "false", "bool", 0, -1 }, { "true", "bool", 1, -1 },
        { "0", "int", 0, -1 },         { "-1", "int", 1, -1 },     { "0.0", "float", 0, -1 },
        { "0.5", "float", 1, -1 },     { "''", "str", 0, 0 },      { "'\\u20ac1'", "str", 1, 2 },
        { "[]", "list", 0, 0 },        { "[0, 0]", "list", 1, 2 }, { "{}", "dict", 0, 0 },
        { "{'a': 1}", "dict", 1, 1 },
    };
    struct fixture f;
    size_t n;

    (void)state;
    fixture_start(&f);
    for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(*rows); i++) {
        gale_value v = i % 2 ? fixture_own(&f, rows[i / 2].json)
                             : fixture_json(&f, rows[i / 2].json);

        assert_string_equal(gale_value_type(v), rows[i / 2].type);
        assert_int_equal(gale_value_is_true(f.r, v), rows[i / 2].truth);
        if (rows[i / 2].length >= 0) {
            assert_int_equal(gale_value_length(f.r, v, &n), 0);
            assert_int_equal(n, rows[i / 2].length);
        } else {
            assert_int_equal(gale_value_length(f.r, v, &n), GALE_EINVAL);
            assert_string_equal(strrchr(f.rendering.raised.text, ' '), " len()");
            f.r->code = 0;
        }
    }
    assert_int_equal(gale_value_length(f.r, fixture_range(&f, 0, 10, 3), &n), 0);
    assert_int_equal(n, 4);
    assert_int_equal(gale_value_length(f.r, fixture_range(&f, 10, 0, -3), &n), 0);
    assert_int_equal(n, 4);
    assert_int_equal(gale_value_is_true(f.r, fixture_range(&f, INT64_MIN, INT64_MAX, 1)), 1);
    assert_value(&f, gale_value_length(f.r, fixture_range(&f, INT64_MIN, INT64_MAX, 1), &n),
                 gale_value_none(), "OverflowError: integer is too large: 64 bits");
    assert_int_equal(gale_value_is_true(f.r, fixture_range(&f, 3, 3, 1)), 0);
    assert_true(gale_value_is_true(f.r, gale_value_float(NAN)));
    fixture_end(&f);
}

static int length_of(gale_rendering *r, void *object, size_t *out)
{
    (void)r;
    *out = *(size_t *)object;
    return *out == 99 ? -EIO : 0;
}

static int item_of(gale_rendering *r, void *object, size_t index, gale_value *out)
{
    if (index >= *(size_t *)object)
        return GALE_EEOF;
    return gale_value_printf(r, out, "item %zu", index);
}

static void test_lengths_and_items_of_objects(void **state)
{
    static const gale_object_class cls = { .name = "rows",
                                           .length = length_of,
                                           .get_next = item_of };
    struct fixture f;
    size_t two = 2, zero = 0, bad = 99, n;
    gale_value v, item;

    (void)state;
    fixture_start(&f);
    assert_int_equal(gale_value_object(f.r, &v, &cls, &two), 0);
    assert_int_equal(gale_value_is_true(f.r, v), 1);
    assert_int_equal(gale_value_length(f.r, v, &n), 0);
    assert_int_equal(n, 2);
    assert_value(&f, gale_value_nth(f.r, v, 1, &item), item, "'item 1'");
    assert_int_equal(gale_value_nth(f.r, v, 2, &item), GALE_EEOF);
    assert_int_equal(f.r->code, 0);
    assert_int_equal(gale_value_object(f.r, &v, &cls, &zero), 0);
    assert_int_equal(gale_value_is_true(f.r, v), 0);
    assert_ptr_equal(gale_value_host(v, &cls), &zero);
    assert_null(gale_value_host(gale_value_int(1), &cls));
    assert_int_equal(gale_value_object(f.r, &v, &cls, &bad), 0);
    assert_int_equal(gale_value_is_true(f.r, v), -EIO);
    assert_int_equal(f.rendering.raised.cls, GALE__EXCEPTION);
    fixture_end(&f);
}

static void test_nth(void **state)
{
    static const char *const rows[][2] = { { "[7, 8]", "8" },
                                           { "{'a': 1, 'b': 2}", "'b'" },
                                           { "'x\\u20ac'", "'\xe2\x82\xac'" } };
    struct fixture f;
    gale_value item;

    (void)state;
    fixture_start(&f);
    for (size_t i = 0; i < 6; i++) {
        gale_value v = i % 2 ? fixture_own(&f, rows[i / 2][0]) : fixture_json(&f, rows[i / 2][0]);

        assert_value(&f, gale_value_nth(f.r, v, 1, &item), item, rows[i / 2][1]);
        assert_int_equal(gale_value_nth(f.r, v, 2, &item), GALE_EEOF);
    }
    assert_value(&f, gale_value_nth(f.r, fixture_range(&f, 5, 100, 10), 3, &item), item, "35");
    assert_value(&f, gale_value_nth(f.r, gale_value_int(5), 0, &item), item,
                 "TypeError: 'int' object is not iterable");
    fixture_end(&f);
}

/* --- dicts ---- */

static void test_dict_keys(void **state)
{
    struct fixture f;
    gale_value d, out;
    struct gale__dict_value *dict;

    (void)state;
    fixture_start(&f);
    assert_int_equal(gale_value_dict(f.r, &d), 0);
    dict = gale__dict(d);
    assert_int_equal(gale_value_set(f.r, d, gale_value_int(1), fixture_text("one")), 0);
    assert_int_equal(gale_value_set(f.r, d, gale_value_float(1), fixture_text("float")), 0);
    assert_int_equal(gale_value_set(f.r, d, gale_value_bool(true), fixture_text("bool")), 0);
    assert_int_equal(gale_value_set(f.r, d, fixture_tuple(&f, "[1, 'x']"), gale_value_none()), 0);
    assert_int_equal(gale_value_set(f.r, d, gale_value_none(), gale_value_int(0)), 0);
    check_repr(&f, d, "{1: 'bool', (1, 'x'): None, None: 0}");
    assert_int_equal(gale__dict_get(f.r, dict, fixture_tuple(&f, "[1.0, 'x']"), &out), 1);
    assert_int_equal(gale__dict_get(f.r, dict, fixture_text("1"), &out), 0);
    assert_value(&f, gale_value_set(f.r, d, fixture_own(&f, "[]"), out), d,
                 "TypeError: unhashable type: 'list'");
    assert_value(&f, gale_value_set(f.r, fixture_json(&f, "{}"), d, out), d,
                 "TypeError: the application's dict cannot be changed; dict(x) makes one that can");
    assert_value(&f, gale_value_append(f.r, fixture_json(&f, "[]"), d), d,
                 "TypeError: the application's list cannot be changed; list(x) makes one that can");
    assert_value(&f, gale_value_append(f.r, gale_value_int(1), d), d,
                 "TypeError: a 'int' cannot be changed");
    fixture_end(&f);
}

/* Many insertions and deletions, against an array of what should be there. */
static void test_dict_of_many(void **state)
{
    enum { N = 500 };
    int64_t there[N];
    struct fixture f;
    gale_value d, out;
    struct gale__dict_value *dict;
    uint32_t seed = 7, at = 0, n = 0;

    (void)state;
    fixture_start(&f);
    assert_int_equal(gale_value_dict(f.r, &d), 0);
    dict = gale__dict(d);
    memset(there, 0, sizeof(there));
    for (int64_t turn = 1; turn < 20000; turn++) {
        seed = seed * 1664525 + 1013904223;
        uint32_t k = (seed >> 8) % N;
        gale_value key = gale_value_int(k);

        if (k % 3 == 0)
            assert_int_equal(gale_value_printf(f.r, &key, "key %u", k), 0);
        if (seed >> 30 == 0) {
            assert_int_equal(gale__dict_remove(f.r, dict, key, &out), there[k] != 0);
            there[k] = 0;
        } else {
            assert_int_equal(gale__dict_put(f.r, dict, key, gale_value_int(turn)), 0);
            there[k] = turn;
        }
        assert_int_equal(gale__dict_get(f.r, dict, key, &out), there[k] != 0);
    }
    for (uint32_t k = 0; k < N; k++)
        n += there[k] != 0;
    assert_int_equal(dict->n, n);
    for (const struct gale__dict_entry *e; (e = gale__dict_next(dict, &at)) != NULL; n--) {
        gale_str s = gale__value_slice(e->key);
        int64_t k = e->key.kind == GALE_VALUE_INT ? e->key.u.i : strtol(s.ptr + 4, NULL, 10);

        assert_int_equal(there[k], e->value.u.i);
    }
    assert_int_equal(n, 0);
    fixture_end(&f);
}

/* --- JSON ---- */

static const char *json_of(struct fixture *f, gale_value v)
{
    json_t *json = gale_value_to_json(f->r, v);
    char *text, *copy;

    if (!json)
        return fixture_shown(f, f->r->code, v);
    text = json_dumps(json, JSON_ENCODE_ANY);
    assert_non_null(text);
    copy = gale__arena_strndup(&f->rendering.arena, text, strlen(text));
    free(text);
    json_decref(json);
    return copy;
}

static int isoformat(gale_call *call, gale_value *out)
{
    return gale_value_text(call->rendering, out, "2024-02-29");
}

static void test_to_json(void **state)
{
    static const char text[] = "[1, {'a': null, 'b': [true, 2.5, 'x']}]";
    static const gale_name date_names[] = { { .name = "isoformat", .function = isoformat }, { 0 } };
    static const gale_object_class date = { .name = "date", .attributes = date_names };
    static const gale_object_class other = { .name = "handler" };
    struct fixture f;
    gale_value d, o, v;

    (void)state;
    fixture_start(&f);
    assert_string_equal(json_of(&f, fixture_own(&f, text)), json_of(&f, fixture_json(&f, text)));
    assert_string_equal(json_of(&f, fixture_tuple(&f, "[1, 2]")), "[1, 2]");
    assert_int_equal(gale_value_bytes(f.r, &v, "a\xff", 2), 0);
    assert_string_equal(json_of(&f, v), "\"a\xef\xbf\xbd\"");
    assert_int_equal(gale_value_object(f.r, &o, &date, NULL), 0);
    assert_string_equal(json_of(&f, o), "\"2024-02-29\"");
    assert_int_equal(gale_value_object(f.r, &o, &other, NULL), 0);
    assert_string_equal(json_of(&f, o),
                        "TypeError: Object of type handler is not JSON serializable");
    assert_string_equal(json_of(&f, gale_value_float(NAN)),
                        "ValueError: Out of range float values are not JSON compliant");
    assert_int_equal(gale_value_dict(f.r, &d), 0);
    assert_int_equal(gale_value_set(f.r, d, gale_value_bool(true), gale_value_int(1)), 0);
    assert_int_equal(gale_value_set(f.r, d, gale_value_none(), gale_value_int(2)), 0);
    assert_int_equal(gale_value_set(f.r, d, gale_value_int(-5), gale_value_int(3)), 0);
    assert_int_equal(gale_value_set(f.r, d, gale_value_float(1.5), gale_value_int(4)), 0);
    assert_string_equal(json_of(&f, d), "{\"true\": 1, \"null\": 2, \"-5\": 3, \"1.5\": 4}");
    assert_int_equal(gale_value_set(f.r, d, fixture_tuple(&f, "[]"), gale_value_int(4)), 0);
    assert_string_equal(json_of(&f, d),
                        "TypeError: keys must be str, int, float, bool or None, not tuple");
    v = fixture_own(&f, "[]");
    assert_int_equal(gale_value_append(f.r, v, v), 0);
    assert_string_equal(json_of(&f, v), "RecursionError: maximum recursion depth exceeded");
    fixture_end(&f);
}

/* A list that holds another one twice, and so on, would be of 2**60 values. */
static void test_json_is_bounded(void **state)
{
    struct fixture f;
    gale_value v;

    (void)state;
    fixture_start(&f);
    v = fixture_own(&f, "[]");
    for (int i = 0; i < 60; i++) {
        gale_value twice[2] = { v, v };

        assert_int_equal(gale_value_list(f.r, &v, twice, 2), 0);
    }
    f.rendering.memory_left = 1 << 20;
    assert_null(gale_value_to_json(f.r, v));
    assert_int_equal(f.r->code, GALE_ETOOBIG);
    assert_string_equal(f.rendering.raised.text, "the limit of 67108864 bytes of memory");
    fixture_end(&f);
}

/* The application's values are borrowed: the same objects come out again. */
static void test_json_is_shared(void **state)
{
    struct fixture f;
    gale_value v;
    json_t *json;

    (void)state;
    fixture_start(&f);
    v = fixture_json(&f, "{'a': [1]}");
    json = gale_value_to_json(f.r, v);
    assert_ptr_equal(json, v.u.json);
    assert_int_equal(json->refcount, 2);
    json_decref(json);
    v = gale_value_json(json_object_get(v.u.json, "a"));
    assert_int_equal(v.u.json->refcount, 1);
    assert_int_equal(gale_value_json(NULL).kind, GALE_VALUE_NONE);
    fixture_end(&f);
}

/* --- exceptions and limits ---- */

static void test_raise(void **state)
{
    struct fixture f;
    char long_text[3000];

    (void)state;
    fixture_start(&f);
    assert_int_equal(gale_value_raise(f.r, "KeyError", "%s %d", "a", 1), GALE_EINVAL);
    assert_int_equal(f.rendering.raised.cls, GALE__KEY_ERROR);
    assert_string_equal(f.rendering.raised.text, "a 1");
    assert_int_equal(gale_value_raise(f.r, "Nonsense", "x"), GALE_EINVAL);
    assert_int_equal(f.rendering.raised.cls, GALE__RUNTIME_ERROR);
    assert_int_equal(gale__raise_name(f.r, (gale_str){ "titel", 5 }), GALE_EINVAL);
    assert_string_equal(f.rendering.raised.text, "name 'titel' is not defined");
    assert_int_equal(f.rendering.unknown_name.len, 5);
    assert_int_equal(gale__raise_key(f.r, fixture_text("k")), GALE_EINVAL);
    assert_string_equal(f.rendering.raised.text, "'k'");
    assert_int_equal(f.rendering.raised.value.kind, GALE_VALUE_TEXT);
    assert_null(f.rendering.unknown_name.ptr);
    for (size_t i = 0; i + 1 < sizeof(long_text); i++)
        long_text[i] = "\xe2\x82\xac"[i % 3];
    long_text[sizeof(long_text) - 1] = 0;
    gale_value_raise(f.r, "ValueError", "%s", long_text);
    assert_int_equal(strlen(f.rendering.raised.text), 1023);
    gale_value_raise(f.r, "ValueError", "a%s", long_text);
    assert_int_equal(strlen(f.rendering.raised.text), 1021); /* no half of a character */
    assert_true(gale__exception_is(GALE__KEY_ERROR, GALE__LOOKUP_ERROR));
    assert_true(gale__exception_is(GALE__UNBOUND_LOCAL_ERROR, GALE__EXCEPTION));
    assert_false(gale__exception_is(GALE__KEY_ERROR, GALE__VALUE_ERROR));
    assert_int_equal(gale__raise_clear(f.r), 0);
    assert_int_equal(f.r->code, 0);
    fixture_end(&f);
}

static void test_codes_of_functions(void **state)
{
    struct fixture f;

    (void)state;
    fixture_start(&f);
    assert_int_equal(gale__raise_code(f.r, gale_err(GALE_EHTTP(404), "no entry")), GALE_EHTTP(404));
    assert_string_equal(f.rendering.raised.text, gale_strerror(GALE_EHTTP(404)));
    assert_false(f.rendering.raised.is_final);
    /* what was raised before and ignored is not what it returned */
    assert_int_equal(gale__raise_code(f.r, -EIO), -EIO);
    assert_int_equal(f.rendering.raised.code, -EIO);
    /* but this is */
    gale_value_raise(f.r, "KeyError", "k");
    assert_int_equal(gale__raise_code(f.r, GALE_EINVAL), GALE_EINVAL);
    assert_int_equal(f.rendering.raised.cls, GALE__KEY_ERROR);
    assert_int_equal(gale__raise_code(f.r, GALE_ECANCELED), GALE_ECANCELED);
    assert_true(f.rendering.raised.is_final);
    /* nothing replaces what cannot be caught */
    assert_int_equal(gale_value_raise(f.r, "KeyError", "k"), GALE_ECANCELED);
    assert_int_equal(gale__raise_code(f.r, -EIO), GALE_ECANCELED);
    assert_int_equal(gale__raise_clear(f.r), GALE_ECANCELED);
    fixture_end(&f);
}

static void test_limits(void **state)
{
    struct fixture f;
    gale_value v;

    (void)state;
    fixture_start(&f);
    f.options.limits.max_steps = 10;
    f.r->steps_left = 10;
    assert_int_equal(gale__steps(f.r, 10), 0);
    assert_int_equal(gale__steps(f.r, 1), GALE_ETOOBIG);
    assert_string_equal(f.rendering.raised.text, "the limit of 10 steps");
    fixture_end(&f);

    fixture_start(&f);
    assert_int_equal(gale__steps(f.r, UINT64_MAX), GALE_ETOOBIG);
    fixture_end(&f);

    fixture_start(&f);
    for (int i = 0; i < GALE__MAX_DEPTH; i++)
        assert_int_equal(gale__enter(f.r), 0);
    assert_int_equal(gale__enter(f.r), GALE_EINVAL);
    assert_int_equal(f.rendering.raised.cls, GALE__RECURSION_ERROR);
    fixture_end(&f);

    fixture_start(&f);
    f.options.limits.max_memory = f.rendering.memory_left = 4096;
    assert_non_null(gale_value_alloc(f.r, 1000));
    assert_null(gale_value_alloc(f.r, 4000));
    assert_int_equal(gale_value_memory_error(f.r), GALE_ETOOBIG);
    assert_string_equal(f.rendering.raised.text, "the limit of 4096 bytes of memory");
    assert_null(gale_value_alloc(f.r, SIZE_MAX));
    assert_int_equal(gale_value_text_n(f.r, &v, "x", 1), 0);
    fixture_end(&f);

    /* without a limit a size that cannot be had is out of memory */
    fixture_start(&f);
    f.rendering.memory_left = INT64_MAX;
    assert_null(gale_value_alloc(f.r, SIZE_MAX / 4));
    assert_int_equal(gale_value_memory_error(f.r), -ENOMEM);
    assert_true(f.rendering.raised.is_final);
    fixture_end(&f);
}

/* A loop of exceptions runs out of memory at some time: messages are counted. */
static void test_messages_are_counted(void **state)
{
    struct fixture f;
    int code = 0;

    (void)state;
    fixture_start(&f);
    f.rendering.memory_left = 10000;
    for (int i = 0; i < 1000 && code != GALE_ETOOBIG; i++) {
        f.r->code = 0;
        code = gale_value_raise(f.r, "ValueError", "a message of some length, %d", i);
    }
    assert_int_equal(code, GALE_ETOOBIG);
    fixture_end(&f);
}

/* --- out of memory ---- */

/* Uses much of what there is; a failure is to be -ENOMEM and final. */
static int use_much(struct fixture *f)
{
    char block[1500];
    gale_value list, dict, v;
    gale_str s;
    json_t *json;
    int code;

    memset(block, 'x', sizeof(block));
    code = gale_value_dict(f->r, &dict);
    for (int i = 0; i < 40 && code == 0; i++) {
        code = gale_value_printf(f->r, &v, "key %d", i);
        if (code == 0)
            code = gale_value_set(f->r, dict, v, gale_value_int(i));
    }
    if (code == 0)
        code = gale__list_from(f->r, dict, &list);
    if (code == 0)
        code = gale_value_text_n(f->r, &v, block, sizeof(block));
    if (code == 0)
        code = gale_value_append(f->r, list, v);
    if (code == 0)
        code = gale__op_binary(f->r, GALE__ADD, list, list, &list);
    if (code == 0)
        code = gale__values_sort(f->r, gale__list(list)->items, NULL, gale__list(list)->n, false);
    if (code == 0)
        code = gale_value_take_json(f->r, &v, json_string("x"));
    if (code == 0)
        code = gale__value_repr(f->r, list, &s);
    if (code < 0)
        return code;
    json = gale_value_to_json(f->r, list);
    json_decref(json);
    return json ? 0 : f->r->code;
}

static void test_out_of_memory(void **state)
{
    struct fixture f;
    int code = -ENOMEM;
    unsigned long n = 0;

    (void)state;
    while (code < 0) {
        gale__arena_pool_free();
        fixture_start(&f);
        gale__alloc_fail(++n);
        code = use_much(&f);
        gale__alloc_fail(0);
        assert_true(code == 0 || code == -ENOMEM);
        assert_int_equal(f.r->code, code);
        assert_true(code == 0 || f.rendering.raised.is_final);
        fixture_end(&f);
    }
    assert_true(n > 5);
    /* no memory even for the message */
    gale__arena_pool_free();
    fixture_start(&f);
    gale__alloc_fail(1);
    assert_int_equal(gale_value_raise(f.r, "ValueError", "x"), -ENOMEM);
    assert_string_equal(f.rendering.raised.text, "out of memory");
    gale__alloc_fail(0);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_repr),
        cmocka_unit_test(test_repr_of_functions_and_objects),
        cmocka_unit_test(test_objects_show_themselves),
        cmocka_unit_test(test_containers_that_contain_themselves),
        cmocka_unit_test(test_str),
        cmocka_unit_test(test_made_texts),
        cmocka_unit_test(test_code_points),
        cmocka_unit_test(test_builder),
        cmocka_unit_test(test_types_truth_lengths),
        cmocka_unit_test(test_lengths_and_items_of_objects),
        cmocka_unit_test(test_nth),
        cmocka_unit_test(test_dict_keys),
        cmocka_unit_test(test_dict_of_many),
        cmocka_unit_test(test_to_json),
        cmocka_unit_test(test_json_is_bounded),
        cmocka_unit_test(test_json_is_shared),
        cmocka_unit_test(test_raise),
        cmocka_unit_test(test_codes_of_functions),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_messages_are_counted),
        cmocka_unit_test(test_out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

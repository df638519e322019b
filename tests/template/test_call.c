/* test_call.c - calls of C functions, methods and objects; the arguments that they get. */
/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <errno.h>

#include "base/alloc.h"

/* What it was called with, in the form of a call. */
static int tell(gale_call *call, gale_value *out)
{
    struct gale__text_builder b = { .r = call->rendering };

    gale__text_printf(&b, "%s(", call->name);
    for (uint32_t i = 0; i < call->n_args; i++) {
        gale__text_printf(&b, i ? ", " : "");
        gale__text_add_repr(&b, call->args[i]);
    }
    for (uint32_t i = 0; i < call->n_keywords; i++) {
        gale__text_printf(&b, "; %.*s=", (int)call->keywords[i].len, call->keywords[i].ptr);
        gale__text_add_repr(&b, call->keyword_args[i]);
    }
    gale__text_add(&b, ")", 1);
    return gale__text_finish(&b, out);
}

static gale_value function_of(struct fixture *f, const gale_name *name, void *context)
{
    struct gale__function_value *function = gale_value_alloc(f->r, sizeof(*function));

    assert_non_null(function);
    *function = (struct gale__function_value){ .name = name, .context = context };
    return (gale_value){ .kind = GALE_VALUE_FUNCTION, .u.p = function };
}

static const gale_name tell_name = { .name = "tell", .function = tell };
static const gale_str xy[] = { { "x", 1 }, { "y", 1 } };

/* --- the instruction ---- */

static void check_call(struct fixture *f, gale_template_call_site site, const gale_value *values,
                       const char *expected)
{
    gale_value stack[8];

    memcpy(stack, values, sizeof(stack));
    assert_value(f, gale__op_call(f->r, &site, stack), stack[0], expected);
}

static void test_arguments(void **state)
{
    struct fixture f;
    gale_value stack[8] = { { 0 } };

    (void)state;
    fixture_start(&f);
    stack[0] = function_of(&f, &tell_name, NULL);
    for (int i = 1; i < 5; i++)
        stack[i] = gale_value_int(i);
    check_call(&f, (gale_template_call_site){ 0 }, stack, "'tell()'");
    check_call(&f, (gale_template_call_site){ .n_args = 2 }, stack, "'tell(1, 2)'");
    check_call(&f, (gale_template_call_site){ .n_args = 1, .n_keywords = 2, .keywords = xy }, stack,
               "'tell(1; x=2; y=3)'");
    fixture_end(&f);
}

static void test_spread_arguments(void **state)
{
    struct fixture f;
    gale_value stack[8] = { { 0 } };
    gale_template_call_site star = { .n_args = 1, .has_star = true };
    gale_template_call_site stars = {
        .n_args = 1, .n_keywords = 1, .keywords = xy, .has_star_star = true
    };
    gale_template_call_site both = {
        .n_args = 1, .n_keywords = 1, .keywords = xy, .has_star = true, .has_star_star = true
    };

    (void)state;
    fixture_start(&f);
    stack[0] = function_of(&f, &tell_name, NULL);
    stack[1] = gale_value_int(1);
    stack[2] = fixture_text("ab");
    check_call(&f, star, stack, "\"tell(1, 'a', 'b')\"");
    stack[2] = fixture_tuple(&f, "[]");
    check_call(&f, star, stack, "'tell(1)'");
    stack[2] = gale_value_int(5);
    check_call(&f, star, stack, "TypeError: tell() argument after * must be an iterable, not int");
    stack[3] = fixture_json(&f, "{'z': null}");
    check_call(&f, stars, stack, "'tell(1; x=5; z=None)'");
    stack[3] = fixture_own(&f, "{'z': null}");
    check_call(&f, stars, stack, "'tell(1; x=5; z=None)'");
    stack[3] = fixture_json(&f, "{'x': null}");
    check_call(&f, stars, stack, "TypeError: tell() got multiple values for keyword argument 'x'");
    stack[3] = gale_value_int(5);
    check_call(&f, stars, stack, "TypeError: tell() argument after ** must be a mapping, not int");
    stack[3] = fixture_own(&f, "{}");
    assert_int_equal(gale_value_set(f.r, stack[3], gale_value_int(1), stack[1]), 0);
    check_call(&f, stars, stack, "TypeError: keywords must be strings");
    stack[3] = fixture_json(&f, "[7]");
    stack[4] = fixture_json(&f, "{'z': 8}");
    check_call(&f, both, stack, "'tell(1, 7; x=5; z=8)'");
    fixture_end(&f);
}

static void test_what_cannot_be_called(void **state)
{
    struct fixture f;
    gale_value stack[8] = { { 0 } };

    (void)state;
    fixture_start(&f);
    stack[0] = gale_value_int(5);
    check_call(&f, (gale_template_call_site){ 0 }, stack,
               "TypeError: 'int' object is not callable");
    stack[0] = gale_value_none();
    check_call(&f, (gale_template_call_site){ 0 }, stack,
               "TypeError: 'NoneType' object is not callable");
    fixture_end(&f);
}

/* --- methods ---- */

static int tell_self(gale_call *call, gale_value *out)
{
    return gale_value_printf(call->rendering, out, "%s of %s: %u", call->name,
                             (char *)gale_call_object(call), call->n_args);
}

static int call_self(gale_call *call, gale_value *out)
{
    return gale_value_printf(call->rendering, out, "called %s: %u", (char *)gale_call_object(call),
                             call->n_args);
}

static const gale_name thing_names[] = { { .name = "method", .function = tell_self },
                                         { .name = "text", .text = "no function" },
                                         { 0 } };
static const gale_object_class thing_class = { .name = "thing",
                                               .attributes = thing_names,
                                               .call = call_self };

static void check_method(struct fixture *f, gale_value v, const char *method, uint16_t n_args,
                         const char *expected)
{
    gale_template_call_site site = { .method = { method, strlen(method) }, .n_args = n_args };
    gale_value stack[3] = { v, fixture_text("-"), gale_value_int(2) };

    assert_value(f, gale__op_call_method(f->r, &site, stack), stack[0], expected);
}

static void test_methods(void **state)
{
    struct fixture f;
    gale_value thing, dict;

    (void)state;
    fixture_start(&f);
    assert_int_equal(gale_value_object(f.r, &thing, &thing_class, (void *)"it"), 0);
    check_method(&f, thing, "method", 2, "'method of it: 2'");
    check_method(&f, thing, "text", 0, "TypeError: 'str' object is not callable");
    check_method(&f, thing, "none", 0, "AttributeError: 'thing' object has no attribute 'none'");
    check_method(&f, fixture_text("abc"), "upper", 0, "'ABC'");
    check_method(&f, fixture_text("a-b"), "split", 1, "['a', 'b']");
    check_method(&f, fixture_text("abc"), "foo", 0,
                 "AttributeError: 'str' object has no attribute 'foo'");
    check_method(&f, fixture_text("abc"), "__len__", 0,
                 "AttributeError: 'str' object has no attribute '__len__'");
    check_method(&f, gale_value_none(), "foo", 0,
                 "AttributeError: 'NoneType' object has no attribute 'foo'");
    dict = fixture_own(&f, "{'a': 1}");
    assert_int_equal(
        gale_value_set(f.r, dict, fixture_text("f"), function_of(&f, &tell_name, NULL)), 0);
    check_method(&f, dict, "f", 1, "\"tell('-')\"");
    check_method(&f, dict, "a", 0, "TypeError: 'int' object is not callable");
    check_method(&f, dict, "get", 1, "None");
    assert_value(&f, gale_value_call(f.r, thing, NULL, 0, &thing), thing, "'called it: 0'");
    fixture_end(&f);
}

/* No bound method is made on the way. */
static void test_methods_need_no_memory(void **state)
{
    gale_template_call_site site = { .method = { "startswith", 10 }, .n_args = 1 };
    struct fixture f;
    int64_t before;

    (void)state;
    fixture_start(&f);
    before = f.rendering.memory_left;
    for (int i = 0; i < 100; i++) {
        gale_value stack[2] = { fixture_text("abc"), fixture_text("ab") };

        assert_int_equal(gale__op_call_method(f.r, &site, stack), 0);
        assert_int_equal(stack[0].u.i, 1);
    }
    assert_true(f.rendering.memory_left == before);
    fixture_end(&f);
}

/* --- what functions return ---- */

static int fails(gale_call *call, gale_value *out)
{
    const int *code = call->data;

    (void)out;
    return *code;
}

static int ignores(gale_call *call, gale_value *out)
{
    gale_value ignored;

    (void)out;
    if (gale_value_item(call->rendering, gale_value_int(1), gale_value_int(1), &ignored) >= 0)
        return 1;
    return 0;
}

static int gives_context(gale_call *call, gale_value *out)
{
    return gale_value_text(call->rendering, out, call->context);
}

static int recurses(gale_call *call, gale_value *out)
{
    return gale_value_call(call->rendering, call->args[0], call->args, 1, out);
}

static void test_results(void **state)
{
    static char ctx[] = "ctx";
    static const int io = -EIO, http = GALE_EHTTP(403), canceled = GALE_ECANCELED, fine = 7;
    static const gale_name names[] = {
        { .name = "fails", .function = fails, .data = (void *)&io },
        { .name = "fails", .function = fails, .data = (void *)&http },
        { .name = "fails", .function = fails, .data = (void *)&fine },
        { .name = "ignores", .function = ignores },
        { .name = "context", .function = gives_context },
        { .name = "recurses", .function = recurses },
        { .name = "fails", .function = fails, .data = (void *)&canceled },
    };
    struct fixture f;
    gale_value out, self;

    (void)state;
    fixture_start(&f);
    assert_int_equal(gale_value_call(f.r, function_of(&f, &names[0], NULL), NULL, 0, &out), -EIO);
    assert_int_equal(f.rendering.raised.cls, GALE__EXCEPTION);
    assert_string_equal(f.rendering.raised.text, gale_strerror(-EIO));
    assert_int_equal(gale_value_call(f.r, function_of(&f, &names[1], NULL), NULL, 0, &out), http);
    assert_false(f.rendering.raised.is_final);
    assert_value(&f, gale_value_call(f.r, function_of(&f, &names[2], NULL), NULL, 0, &out), out,
                 "None");
    assert_value(&f, gale_value_call(f.r, function_of(&f, &names[3], NULL), NULL, 0, &out), out,
                 "None");
    assert_value(&f, gale_value_call(f.r, function_of(&f, &names[4], ctx), NULL, 0, &out), out,
                 "'ctx'");
    self = function_of(&f, &names[5], NULL);
    assert_value(&f, gale_value_call(f.r, self, &self, 1, &out), out,
                 "RecursionError: maximum recursion depth exceeded");
    assert_int_equal(f.rendering.depth_left, GALE__MAX_DEPTH);
    assert_int_equal(gale_value_call(f.r, function_of(&f, &names[6], NULL), NULL, 0, &out),
                     GALE_ECANCELED);
    assert_true(f.rendering.raised.is_final);
    assert_int_equal(gale_value_call(f.r, function_of(&f, &names[2], NULL), NULL, 0, &out),
                     GALE_ECANCELED); /* nothing runs any more */
    fixture_end(&f);
}

static void test_calls_take_steps(void **state)
{
    struct fixture f;
    gale_value out, function;

    (void)state;
    fixture_start(&f);
    function = function_of(&f, &tell_name, NULL);
    f.r->steps_left = 2;
    assert_int_equal(gale_value_call(f.r, function, NULL, 0, &out), 0);
    assert_int_equal(gale_value_call(f.r, function, NULL, 0, &out), 0);
    assert_int_equal(gale_value_call(f.r, function, NULL, 0, &out), GALE_ETOOBIG);
    fixture_end(&f);
}

/* --- the arguments of a C function ---- */

struct call_row {
    const char *args, *keywords; /* JSON: a list, an object */
    const char *expected;
};

static gale_call make_call(struct fixture *f, const struct call_row *row, gale_value values[8],
                           gale_str names[8])
{
    json_t *args = fixture_json(f, row->args).u.json;
    json_t *keywords = fixture_json(f, row->keywords).u.json;
    gale_call call = { .rendering = f->r, .args = values, .name = "f" };
    const char *key;
    json_t *item;

    for (; call.n_args < json_array_size(args); call.n_args++)
        values[call.n_args] = gale_value_json(json_array_get(args, call.n_args));
    call.keyword_args = values + call.n_args;
    call.keywords = names;
    json_object_foreach(keywords, key, item)
    {
        names[call.n_keywords] = (gale_str){ key, strlen(key) };
        values[call.n_args + call.n_keywords++] = gale_value_json(item);
    }
    return call;
}

static void check_rows(const struct call_row *rows, size_t n, size_t min, size_t max,
                       const char *const *names)
{
    struct fixture f;

    for (size_t i = 0; i < n; i++) {
        gale_value values[8];
        gale_str keywords[8];
        gale_call call;

        fixture_start(&f);
        call = make_call(&f, &rows[i], values, keywords);
        assert_value(&f, gale_call_check(&call, min, max, names), gale_value_none(),
                     rows[i].expected);
        fixture_end(&f);
    }
}

#define check(rows, min, max, names) check_rows(rows, sizeof(rows) / sizeof(*rows), min, max, names)

static void test_check_with_names(void **state)
{
    static const char *const names[] = { "x", "y", "z", NULL };
    static const struct call_row two[] = {
        { "[1, 2]", "{}", "None" },
        { "[1]", "{'y': 2}", "None" },
        { "[]", "{'y': 2, 'x': 1}", "None" },
        { "[1]", "{}", "TypeError: f() missing 1 required positional argument: 'y'" },
        { "[]", "{}", "TypeError: f() missing 2 required positional arguments: 'x' and 'y'" },
        { "[]", "{'y': 1}", "TypeError: f() missing 1 required positional argument: 'x'" },
        { "[1, 2, 3]", "{}", "TypeError: f() takes 2 positional arguments but 3 were given" },
        { "[1, 2]", "{'z': 1}", "TypeError: f() got an unexpected keyword argument 'z'" },
        { "[1, 2]", "{'x': 1}", "TypeError: f() got multiple values for argument 'x'" },
    };
    static const struct call_row three[] = {
        { "[1]", "{'z': 3}", "None" },
        { "[1, 2, 3, 4]", "{}",
          "TypeError: f() takes from 1 to 3 positional arguments but 4 were given" },
    };
    static const struct call_row all[] = {
        { "[]", "{}", "TypeError: f() missing 3 required positional arguments: 'x', 'y', and 'z'" },
    };
    static const struct call_row none[] = {
        { "[1]", "{}", "TypeError: f() takes 0 positional arguments but 1 was given" },
    };

    (void)state;
    check(two, 2, 2, names);
    check(three, 1, 3, names);
    check(all, 3, 3, names);
    check(none, 0, 0, names);
}

static void test_check_without_names(void **state)
{
    static const struct call_row one[] = {
        { "[1]", "{}", "None" },
        { "[]", "{}", "TypeError: f() takes exactly one argument (0 given)" },
        { "[1]", "{'x': 1}", "TypeError: f() takes no keyword arguments" },
    };
    static const struct call_row none[] = { { "[1]", "{}",
                                              "TypeError: f() takes no arguments (1 given)" } };
    static const struct call_row some[] = {
        { "[]", "{}", "TypeError: f expected at least 1 argument, got 0" },
        { "[1, 2, 3]", "{}", "TypeError: f expected at most 2 arguments, got 3" },
    };
    static const struct call_row two[] = { { "[1]", "{}",
                                             "TypeError: f expected 2 arguments, got 1" } };

    (void)state;
    check(one, 1, 1, NULL);
    check(none, 0, 0, NULL);
    check(some, 1, 2, NULL);
    check(two, 2, 2, NULL);
}

static void test_argument_types(void **state)
{
    static const struct call_row row = { "['text', 5, 1.5, true, 'a\\u0000b', null]", "{'k': 7}",
                                         "" };
    struct fixture f;
    gale_value values[8], bytes;
    gale_str keywords[8];
    gale_call call;
    const char *text;
    int64_t i;
    double d;
    bool b;

    (void)state;
    fixture_start(&f);
    call = make_call(&f, &row, values, keywords);
    assert_int_equal(gale_call_text(&call, 0, "text", &text), 0);
    assert_string_equal(text, "text");
    assert_int_equal(gale_call_int(&call, 1, NULL, &i), 0);
    assert_int_equal(i, 5);
    assert_int_equal(gale_call_float(&call, 1, NULL, &d), 0);
    assert_true(d == 5);
    assert_int_equal(gale_call_float(&call, 2, NULL, &d), 0);
    assert_true(d == 1.5);
    assert_int_equal(gale_call_bool(&call, 3, NULL, &b), 0);
    assert_true(b);
    assert_int_equal(gale_call_int(&call, 10, "k", &i), 0);
    assert_int_equal(i, 7);
    assert_int_equal(gale_call_argument(&call, 10, "other").kind, GALE_VALUE_UNSET);
    assert_int_equal(gale_call_argument(&call, 5, NULL).kind, GALE_VALUE_NONE);
    assert_value(&f, gale_call_text(&call, 1, "title", &text), values[0],
                 "TypeError: f() argument 'title' must be str, not int");
    assert_value(&f, gale_call_int(&call, 2, NULL, &i), values[0],
                 "TypeError: f() argument 3 must be int, not float");
    assert_value(&f, gale_call_float(&call, 0, "d", &d), values[0],
                 "TypeError: f() argument 'd' must be float, not str");
    assert_value(&f, gale_call_bool(&call, 5, "b", &b), values[0],
                 "TypeError: f() argument 'b' must be bool, not NoneType");
    assert_value(&f, gale_call_text(&call, 4, NULL, &text), values[0],
                 "ValueError: embedded null character");
    assert_value(&f, gale_call_text(&call, 9, "more", &text), values[0],
                 "TypeError: f() missing 1 required positional argument: 'more'");
    /* what {% apply %} gives is bytes */
    assert_int_equal(gale_value_bytes(f.r, &bytes, "\xc3\xa9", 2), 0);
    values[0] = bytes;
    assert_int_equal(gale_call_text(&call, 0, "text", &text), 0);
    assert_string_equal(text, "\xc3\xa9");
    values[0].len = 1;
    assert_value(&f, gale_call_text(&call, 0, "text", &text), values[1],
                 "TypeError: f() argument 'text' must be str, not bytes");
    fixture_end(&f);
}

/* --- out of memory ---- */

static int call_all(struct fixture *f)
{
    gale_template_call_site site = {
        .n_args = 1, .n_keywords = 1, .keywords = xy, .has_star = true, .has_star_star = true
    };
    gale_template_call_site method = { .method = { "split", 5 }, .n_args = 1 };
    struct gale__function_value function = { .name = &tell_name };
    gale_value stack[5] = { { .kind = GALE_VALUE_FUNCTION, .u.p = &function },
                            gale_value_int(1),
                            gale_value_int(2),
                            { .kind = GALE_VALUE_RANGE,
                              .u.p = &(struct gale__range_value){ 0, 300, 1 } } };
    int code = gale_value_dict(f->r, &stack[4]);

    if (code == 0)
        code = gale_value_set(f->r, stack[4], fixture_text("k"), gale_value_none());
    if (code == 0)
        code = gale__op_call(f->r, &site, stack);
    if (code < 0)
        return code;
    stack[1] = fixture_text(",");
    return gale__op_call_method(f->r, &method, stack);
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
        code = call_all(&f);
        gale__alloc_fail(0);
        assert_true(code == 0 || code == -ENOMEM);
        assert_int_equal(f.r->code, code);
        fixture_end(&f);
    }
    assert_true(n > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_spread_arguments),
        cmocka_unit_test(test_what_cannot_be_called),
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_methods_need_no_memory),
        cmocka_unit_test(test_results),
        cmocka_unit_test(test_calls_take_steps),
        cmocka_unit_test(test_check_with_names),
        cmocka_unit_test(test_check_without_names),
        cmocka_unit_test(test_argument_types),
        cmocka_unit_test(test_out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

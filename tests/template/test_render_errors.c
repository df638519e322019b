/* test_render_errors.c - failures of renderings: where they say they were, what reports show,
 * limits.
 */
/* SPDX-License-Identifier: MIT */
#include "rendering_help.h"

#include <errno.h>

#include "base/alloc.h"

/* --- places (inventory 18.4, 35) ---- */

static void test_places(void **state)
{
    static const gale_template_text expression[] = { { "t.html", "hello\n{{ 1/0 }}\n" }, { 0 } };
    static const gale_template_text directive[] = { { "t.html", "a\nb\n\n{% if 1/0 %}{% end %}" },
                                                    { 0 } };
    static const gale_template_text included[] = { { "base.html", "{% include 'sub.html' %}" },
                                                   { "sub.html", "{{ 1/0 }}" },
                                                   { 0 } };
    static const gale_template_text extended[] = {
        { "sub.html", "{% extends 'base.html' %}\n{% block x %}x{% end %}" },
        { "base.html", "base\n{{ 1/0 }}" },
        { 0 }
    };
    static const gale_template_text block[] = {
        { "sub.html", "{% extends 'base.html' %}\n\n\n{% block b %}{{ 1/0 }}{% end %}" },
        { "base.html", "{% block b %}{% end %}" },
        { 0 }
    };
    static const gale_template_text triple[] = { { "a.html", "{% include 'b.html' %}" },
                                                 { "b.html", "{% include 'c.html' %}" },
                                                 { "c.html", "{{ 1/0 }}" },
                                                 { 0 } };
    static const struct {
        const gale_template_text *files;
        const char *message;
    } rows[] = {
        { expression, "ZeroDivisionError: division by zero at t.html:2" },
        { directive, "ZeroDivisionError: division by zero at t.html:4" },
        { included, "ZeroDivisionError: division by zero at sub.html:1 (via base.html:1)" },
        { extended, "ZeroDivisionError: division by zero at base.html:2" },
        { block, "ZeroDivisionError: division by zero at sub.html:4 (via base.html:1)" },
        { triple, "ZeroDivisionError: division by zero at c.html:1 (via b.html:1, a.html:1)" },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_failure(rows[i].files, NULL, NULL, GALE_EINVAL, rows[i].message, NULL);
}

static void test_reports_show_the_line(void **state)
{
    static const gale_template_text files[] = { { "t.html", "one\n  <p>{{ 1 + none }}\nthree" },
                                                { 0 } };
    gale_template_error error;

    free(render_files(files, NULL, NULL, &error));
    assert_string_equal(error.name, "t.html");
    assert_int_equal(error.line, 2);
    assert_int_equal(error.column, 13);
    assert_string_equal(error.message, "NameError: name 'none' is not defined at t.html:2");
    assert_non_null(strstr(error.report, "  <p>{{ 1 + none }}\n"));
    assert_non_null(strstr(error.report, "              ^\n"));
}

/* No caret is better than one at the wrong place. */
static void test_a_column_that_is_not_known(void **state)
{
    static const char *const rows[] = { "{{ nope }}", "{% if nope %}{% end %}",
                                        "{{ len(1, nope=2) }}" };
    char *text = gale__malloc(70100);

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const gale_template_text files[] = { { "t.txt", text }, { 0 } };
        gale_template_error error;

        memset(text, 'a', 70000);
        snprintf(text + 70000, 100, "%s", rows[i]);
        free(render_files(files, NULL, NULL, &error));
        assert_int_equal(error.line, 1);
        assert_int_equal(error.column, 0);
        assert_null(strchr(error.report, '^'));
    }
    gale__free(text);
}

static void test_names_that_were_meant(void **state)
{
    static const struct {
        const char *text, *hint;
    } rows[] = {
        { "{{ titel }}", "did you mean 'title'?\n" },
        { "{{ Title }}", "did you mean 'title'?\n" },
        { "{{ storys }}", "did you mean 'story'?\n" },
        { "{{ lenn('') }}", "did you mean 'len'?\n" },
        { "{{ cuont }}{% set count = 1 %}", "did you mean 'count'?\n" },
        { "{{ unlike }}", "names there are, besides the language's: story, title, in_names\n" },
        { "{% set a = 1 %}{% for b in [] %}{% end %}{% import math as c %}{% set f = lambda d: d %}"
          "{% set story = 2 %}{{ unlike }}",
          "names there are, besides the language's: a, b, c, f, story, d, title, in_names\n" },
        { "{{ unlike }}{% set unlike = 1 %}", "language's: story, title, in_names\n" },
        { "{{ tt_modules }}", "at t.html:1\n"
                              "    {{ tt_modules }}\n"
                              "       ^\n"
                              "names there are, besides the language's: story, title, in_names\n" },
    };
    static const gale_name table[] = { { .name = "in_names", .text = "" },
                                       { .name = "_tt_modules", .text = "" },
                                       { 0 } };
    json_t *values = values_of("{'story': 1, 'title': 2}");
    gale_namespace names = { .values = values, .names = table };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const gale_template_text files[] = { { "t.html", rows[i].text }, { 0 } };
        gale_template_error error;

        free(render_files(files, NULL, &names, &error));
        if (!strstr(error.report, rows[i].hint))
            fail_msg("%s: no '%s' in\n%s", rows[i].text, rows[i].hint, error.report);
    }
    json_decref(values);
}

/* What docs/templates.md shows in its section on errors. */
static void test_the_report_that_is_documented(void **state)
{
    static const gale_template_text files[] = {
        { "blog.html", "{% extends base.html %}\n\n{% block body %}\n\n"
                       "{% include entry.html %}{% end %}" },
        { "base.html", "<html>\n<body>\n{% block body %}{% end %}" },
        { "entry.html", "<article>\n<h2>{{ titel }}</h2>" },
        { 0 }
    };
    json_t *values = values_of("{'body': 1, 'date': 2, 'title': 3}");
    gale_namespace names = { .values = values };
    gale_template_error error;

    free(render_files(files, NULL, &names, &error));
    assert_string_equal(
        error.report,
        "NameError: name 'titel' is not defined at entry.html:2 (via blog.html:5, base.html:3)\n"
        "    <h2>{{ titel }}</h2>\n"
        "           ^\n"
        "did you mean 'title'?\n"
        "names there are, besides the language's: body, date, title\n");
    json_decref(values);
}

static void test_a_great_many_names(void **state)
{
    static const gale_template_text files[] = { { "t.html", "{{ x }}" }, { 0 } };
    json_t *values = json_object();
    gale_namespace names = { .values = values };
    gale_template_error error;
    char name[80];

    for (int i = 0; i < 500; i++) {
        snprintf(name, sizeof(name), "%0*d", i % 70 + 1, i);
        json_object_set_new(values, name, json_null());
    }
    free(render_files(files, NULL, &names, &error));
    assert_string_equal(error.message, "NameError: name 'x' is not defined at t.html:1");
    assert_true(strlen(error.report) < sizeof(error.report));
    json_decref(values);
}

/* --- what functions fail with ---- */

static int forbid(gale_call *call, gale_value *result)
{
    return gale_err(GALE_EHTTP(403), "not for %s", "you");
}

static int raise_value_error(gale_call *call, gale_value *result)
{
    return gale_value_raise(call->rendering, "ValueError", "%s", "bad value");
}

static int out_of_memory(gale_call *call, gale_value *result)
{
    return -ENOMEM;
}

static int be_cancelled(gale_call *call, gale_value *result)
{
    return GALE_ECANCELED;
}

/* Fails inside, and goes on all the same. */
static int swallow(gale_call *call, gale_value *result)
{
    gale_value v;

    assert_true(gale_value_attribute(call->rendering, gale_value_int(1), "nothing", &v) < 0);
    *result = gale_value_int(7);
    return 0;
}

/* Goes on though the rendering has reached a limit. */
static int swallow_limit(gale_call *call, gale_value *result)
{
    assert_null(gale_value_alloc(call->rendering, 1 << 30));
    return 0;
}

static const gale_name failing[] = { { .name = "forbid", .function = forbid },
                                     { .name = "lazy_forbid", .lazy = forbid },
                                     { .name = "value_error", .function = raise_value_error },
                                     { .name = "out_of_memory", .function = out_of_memory },
                                     { .name = "be_cancelled", .function = be_cancelled },
                                     { .name = "swallow", .function = swallow },
                                     { .name = "swallow_limit", .function = swallow_limit },
                                     { .name = "lazy_swallow", .lazy = swallow_limit },
                                     { 0 } };

static void check_function(const char *text, int code, const char *message)
{
    const gale_template_text files[] = { { "t.html", text }, { 0 } };
    const gale_namespace names = { .names = failing };

    check_failure(files, NULL, &names, code, message, NULL);
}

static void test_codes_of_functions(void **state)
{
    const gale_template_text caught[] = {
        { "t.html",
          "{% try %}{{ forbid() }}{% except Exception as e %}{{ e }}{% end %}{{ swallow() }}"
          "{% try %}{{ value_error() }}{% except ValueError as e %}{{ e }}{% end %}" },
        { 0 }
    };

    check_function("{{ forbid() }}", GALE_EHTTP(403), "not for you at t.html:1");
    check_function("\n{{ lazy_forbid }}", GALE_EHTTP(403), "not for you at t.html:2");
    check_function("{{ (lambda: forbid())() }}", GALE_EHTTP(403), "not for you at t.html:1");
    check_function("{{ value_error() }}", GALE_EINVAL, "ValueError: bad value at t.html:1");
    check_function("{% try %}{{ forbid() }}{% except KeyError %}{% end %}", GALE_EHTTP(403),
                   "not for you at t.html:1");
    check_files(caught, NULL, failing, NULL, "not for you7bad value");
}

static void test_what_cannot_be_caught(void **state)
{
    check_function("{% try %}{{ out_of_memory() }}{% except %}{% finally %}x{% end %}", -ENOMEM,
                   "out of memory at t.html:1");
    check_function("{% try %}{{ be_cancelled() }}{% except %}{% end %}", GALE_ECANCELED,
                   "cancelled at t.html:1");
    check_function("{% try %}{{ swallow_limit() }}{% except %}{% end %}", GALE_ETOOBIG,
                   "the limit of 67108864 bytes of memory was reached at t.html:1");
    check_function("{% try %}{{ lazy_swallow }}{% except %}{% end %}", GALE_ETOOBIG,
                   "the limit of 67108864 bytes of memory was reached at t.html:1");
}

/* --- limits ---- */

static void check_limit(const char *text, gale_template_limits limits, const char *message)
{
    char whole[1024];
    const gale_template_text files[] = { { "t.html", whole }, { 0 } };
    const gale_template_options options = { .limits = limits };

    snprintf(whole, sizeof(whole), "{%% try %%}%s{%% except %%}caught{%% finally %%}f{%% end %%}",
             text);
    check_failure(files, &options, NULL, GALE_ETOOBIG, message, NULL);
}

static void test_limits(void **state)
{
    const char *steps = "the limit of 100 steps was reached at t.html:1";
    const char *memory = "the limit of 10000 bytes of memory was reached at t.html:1";
    const char *output = "the limit of 10 bytes of output was reached at t.html:1";
    gale_template_limits limits = { .max_steps = 100 };

    check_limit("{% for i in range(101) %}{% end %}", limits, steps);
    check_limit("{% while True %}{% end %}", limits, steps);
    check_limit("{% set f = lambda f: f(f) %}{% for i in range(99) %}{{ (lambda: 0)() }}{% end %}",
                limits, steps);
    check_limit("{{ sum(range(10**15)) }}", limits, steps);
    limits = (gale_template_limits){ .max_memory = 10000 };
    check_limit("{{ [0] * 1000 }}", limits, memory);
    check_limit("{% set l = [] %}{% while 1 %}{% set l.append(l) %}{% end %}", limits, memory);
    check_limit("{% apply str %}{% while 1 %}abc{% end %}{% end %}", limits, memory);
    limits = (gale_template_limits){ .max_output = 10 };
    check_limit("{% while 1 %}abc{% end %}", limits, output);
    check_limit("{{ 'a' * 11 }}", limits, output);
    check_limit("{{ '<<<' }}", limits, output);
}

static void test_depth(void **state)
{
    static const gale_template_text files[] = {
        { "t.html", "{% set f = lambda f, n: n and f(f, n - 1) %}{{ f(f, n) }}"
                    "{% try %}{{ f(f, n + 6) }}{% except RecursionError %}too deep{% end %}" },
        { 0 }
    };
    const gale_template_options options = { .limits = { .max_depth = 20 } };

    check_files(files, &options, NULL, "{'n': 15}", "0too deep");
    check_text_failure("{% set f = lambda f: f(f) %}{{ f(f) }}", NULL,
                       "RecursionError: maximum recursion depth exceeded at t.txt:1");
}

static void test_limits_can_be_lifted(void **state)
{
    static const gale_template_text files[] = {
        { "t.html", "{% for i in range(300) %}{% apply escape %}0123456789{% end %}{% end %}" },
        { 0 }
    };
    const gale_template_options options = { .limits = { .max_steps = GALE_UNLIMITED,
                                                        .max_memory = GALE_UNLIMITED,
                                                        .max_output = GALE_UNLIMITED,
                                                        .max_source = GALE_UNLIMITED } };
    gale_template_error error;
    char *text = render_files(files, &options, NULL, &error);

    assert_int_equal(error.code, 0);
    assert_int_equal(strlen(text), 3000);
    free(text);
}

/* --- output that fails ---- */

static int refuse(gale_template_out *out, size_t need)
{
    return gale_err(GALE_ECLOSED, "nobody listens");
}

static void test_output_that_fails_cannot_be_caught(void **state)
{
    gale_template *t = gale_template_new(gale__str("{% try %}ab{{ str(1) }}{% except %}x{% end %}"),
                                         "t.html", NULL, NULL, NULL);
    char room[2];
    gale_template_out out = { .data = room, .cap = sizeof(room), .grow = refuse };
    gale_template_error error;

    assert_int_equal(gale_template_render(t, NULL, &out, &error), GALE_ECLOSED);
    assert_string_equal(error.message, "nobody listens at t.html:1");
    assert_int_equal(out.len, 2);
    assert_memory_equal(room, "ab", 2);
    gale_template_unref(t);
}

/* --- out of memory ---- */

static const char *const busy =
    "{% import math %}{% from math import ceil as up %}{% set l = [1, 2, *x] %}"
    "{% set d = {'k': l, **y} %}{% for i, v in enumerate(sorted(l, key=lambda v: -v)) %}"
    "{% apply str %}{{ '%s and %d' % (v, i) }}{% apply escape %}{{ '<'.join(['a', 'b']) }}{% end %}"
    "{% end %}{% end %}{% try %}{{ d['none'] }}{% except KeyError as e %}{{ e }}{{ repr(e) }}"
    "{% end %}"
    "{{ [a.upper() for a in 'abc'] }}{{ math.floor(2.5) }}{{ json_encode(d) }}{{ y.key[::-1] }}"
    "{{ '{:>10}'.format('x') }}{{ (lambda a, b=2: lambda c: a + b + c)(1)(5) }}"
    "{{ ' a b '.strip().split() }}{{ 'x' * 3000 }}";

static void test_out_of_memory_everywhere(void **state)
{
    gale_template *t = gale_template_new(gale__str(busy), "t.html", NULL, NULL, NULL);
    char *whole = NULL;
    unsigned long n;

    assert_non_null(t);
    for (n = 1; n < 10000 && !whole; n++) {
        json_t *values = values_of("{'x': [3, 4], 'y': {'key': 'text'}}");
        gale_template_error error;

        gale__arena_pool_free(); /* so that blocks are asked for */
        gale__alloc_fail(n);
        whole = gale_template_generate(t, values, NULL, &error);
        gale__alloc_fail(0);
        if (!whole && (error.code != -ENOMEM || !strstr(error.message, "ut of memory")))
            fail_msg("allocation %lu: %d %s", n, error.code, error.message);
    }
    assert_true(n > 5);
    assert_non_null(whole);
    free(whole);
    gale_template_unref(t);
}

static void test_compiling_out_of_memory_everywhere(void **state)
{
    gale_template *t = NULL;
    unsigned long n;

    for (n = 1; n < 10000 && !t; n++) {
        gale_template_error error;

        gale__arena_pool_free();
        gale__alloc_fail(n);
        t = gale_template_new(gale__str(busy), "t.html", NULL, NULL, &error);
        gale__alloc_fail(0);
        if (!t)
            assert_int_equal(error.code, -ENOMEM);
    }
    assert_non_null(t);
    assert_true(n > 3);
    gale_template_unref(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_reports_show_the_line),
        cmocka_unit_test(test_a_column_that_is_not_known),
        cmocka_unit_test(test_names_that_were_meant),
        cmocka_unit_test(test_the_report_that_is_documented),
        cmocka_unit_test(test_a_great_many_names),
        cmocka_unit_test(test_codes_of_functions),
        cmocka_unit_test(test_what_cannot_be_caught),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_limits_can_be_lifted),
        cmocka_unit_test(test_output_that_fails_cannot_be_caught),
        cmocka_unit_test(test_out_of_memory_everywhere),
        cmocka_unit_test(test_compiling_out_of_memory_everywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_render.c - what templates render to: each directive, Tornado's vectors, escaping. */
/* SPDX-License-Identifier: MIT */
#include "rendering_help.h"

#include <ctype.h>

#include <gale/escape.h>

/* --- functions that the templates are given ---- */

static int upper(gale_call *call, gale_value *result)
{
    gale_value v = gale_call_argument(call, 0, "s");
    char *text;

    /* What apply and escape functions are given. */
    assert_int_equal(v.kind, GALE_VALUE_BYTES);
    text = gale_value_alloc(call->rendering, v.len + 1);
    if (!text)
        return gale_value_memory_error(call->rendering);
    for (uint32_t i = 0; i < v.len; i++)
        text[i] = (char)toupper((unsigned char)v.u.s[i]);
    return gale_value_bytes(call->rendering, result, text, v.len);
}

static int bracket(gale_call *call, gale_value *result)
{
    gale_str text;
    int code = gale_value_str(call->rendering, gale_call_argument(call, 0, NULL), &text);

    if (code < 0)
        return code;
    return gale_value_printf(call->rendering, result, "[%.*s]", (int)text.len, text.ptr);
}

static const gale_name functions[] = { { .name = "upper", .function = upper },
                                       { .name = "bracket", .function = bracket },
                                       { 0 } };

static void check(const char *text, const char *values, const char *wanted)
{
    const gale_template_text files[] = { { "t.txt", text }, { 0 } };

    check_files(files, NULL, functions, values, wanted);
}

/* --- the reference's vectors (inventory 32.18) ---- */

static void test_vectors(void **state)
{
    check("{{x}}", "{'x': '<&\\u0027\\u0022>'}", "&lt;&amp;&#x27;&quot;&gt;");
    check("{% raw x %}", "{'x': '<'}", "<");
    check("{{{x}}}", "{'x': 1}", "{1}");
    check("a{b}{", NULL, "a{b}{");
    check("{{!x}} {%!y%} {#!z#}", NULL, "{{x}} {%y%} {#z#}");
    check("{# c #}d", NULL, "d");
    check("{%if x%}1{%elif y%}2{%else%}3{%end%}", "{'x': 0, 'y': 1}", "2");
    check("{% for i in range(3) %}{{i}}{% else %}e{% end %}", NULL, "012e");
    check("{% set y=x*2 %}{{y}}", "{'x': 4}", "8");
    check("{% apply upper %}a{{b}}{% end %}", "{'b': '<'}", "A&LT;");
    check("{{x}}{% autoescape None %}{{x}}", "{'x': '<'}", "<<");
    check("{% block a %}x{% end %}", NULL, "x");
    check("{{ None }}{{ b\"y\" }}{{ 1.50 }}", NULL, "Noney1.5");
    check("{% try %}{{1/0}}{% except %}E{% end %}", NULL, "E");
    check("{% comment x %}y", NULL, "y");
    check("{% whitespace oneline %} a \n b {% whitespace all %} c \n", NULL, " a b  c \n");
    check("{{ (lambda: 5)() }}{{ [i for i in \"ab\"] }}", NULL, "5[&#x27;a&#x27;, &#x27;b&#x27;]");
    check("{% import math %}{{ math.floor(2.5) }}", NULL, "2");
}

static void test_vectors_of_errors(void **state)
{
    check_text_failure("{% foo %}", NULL, "unknown operator: 'foo' at t.txt:1");
    check_text_failure("{% end %}", NULL, "Extra {% end %} block at t.txt:1");
    check_text_failure("{% if x %}", NULL, "Missing {% end %} block for if at t.txt:1");
    check_text_failure("{{ }}", NULL, "Empty expression at t.txt:1");
    check_text_failure("{% else %}", NULL,
                       "else outside {'for', 'if', 'try', 'while'} block at t.txt:1");
    check_text_failure("{% for i in x %}{% elif %}{% end %}", NULL,
                       "elif block cannot be attached to for block at t.txt:1");
}

/* Tornado fails here with UnboundLocalError: a name that is set anywhere has no outer value. */
static void test_setting_a_name_of_the_application_in_a_loop(void **state)
{
    check("{% while x %}{% set x=x-1 %}{{x}}{% end %}", "{'x': 2}", "10");
    check("{% for i in range(3) %}{% set n = n + i %}{% end %}{{ n }}", "{'n': 10}", "13");
    check_text_failure("{% set x = x + 1 %}", NULL,
                       "UnboundLocalError: cannot access local variable 'x' where it is not "
                       "associated with a value at t.txt:1");
}

/* --- directives (inventory 18.3) ---- */

static void test_loops(void **state)
{
    check("{% for a, b in d.items() %}{{a}}={{b}};{% end %}", "{'d': {'x': 1, 'y': 2}}",
          "x=1;y=2;");
    check("{% for i in x %}{{i}}{% else %}none{% end %}{{ i }}", "{'x': [1, 2], 'i': 0}",
          "12none2");
    check("{% for i in [] %}{{i}}{% else %}none{% end %}{{ i }}", "{'i': 7}", "none7");
    check("{% for i in range(9) %}{% if i == 1 %}{% continue %}{% end %}{% if i == 3 %}{% break %}"
          "{% end %}{{i}}{% else %}never{% end %}",
          NULL, "02");
    check("{% for c in 'a\xc3\xa9' %}[{{c}}]{% end %}{% for k in d %}{{k}}{% end %}",
          "{'d': {'p': 1, 'q': 2}}", "[a][\xc3\xa9]pq");
    check("{% set n = 3 %}{% while n %}{{ n }}{% set n -= 1 %}{% else %}!{% end %}", NULL, "321!");
    check(
        "{% set n = 0 %}{% while True %}{% set n += 1 %}{% if n > 4 %}{% break %}{% end %}{% end %}"
        "{{ n }}",
        NULL, "5");
    check("{% for i in range(2) %}{% for j in range(2) %}{{i}}{{j}} {% end %}{% end %}", NULL,
          "00 01 10 11 ");
    check("{% for (a, (b, *c)) in [(1, (2, 3, 4))] %}{{a}}{{b}}{{c}}{% end %}", NULL, "12[3, 4]");
}

static void test_exceptions(void **state)
{
    check("{% try %}{{ d['k'] }}{% except KeyError as e %}no {% raw e %}{% else %}x{% finally %}."
          "{% end %}",
          "{'d': {}}", "no 'k'.");
    check("{% try %}ok{% except %}no{% else %}, else{% finally %}, finally{% end %}", NULL,
          "ok, else, finally");
    check("{% try %}{{ 1 + 'a' }}{% except (KeyError, TypeError) %}type{% end %}", NULL, "type");
    check("{% try %}{% try %}{{ x }}{% except KeyError %}key{% finally %}f{% end %}"
          "{% except NameError as e %}{{ e }}{% end %}",
          NULL, "fname &#x27;x&#x27; is not defined");
    check("{% for i in range(3) %}{% try %}{% if i == 1 %}{% continue %}{% end %}{{ i }}"
          "{% finally %}f{% end %}{% end %}",
          NULL, "0ff2f");
    check(
        "{% for i in range(3) %}{% try %}{{ 1/0 }}{% except %}{% break %}{% end %}{% end %}{{ i }}",
        NULL, "0");
    check("{% try %}a{% apply upper %}b{{ 1/0 }}{% end %}{% except %}c{% end %}", NULL, "ac");
    check_text_failure("{% try %}{{ 1/0 }}{% finally %}x{% end %}", NULL,
                       "ZeroDivisionError: division by zero at t.txt:1");
    check_text_failure("{% try %}\n{{ 1/0 }}{% except KeyError %}x{% end %}", NULL,
                       "ZeroDivisionError: division by zero at t.txt:2");
    check_text_failure("{% try %}{{ 1/0 }}{% except ArithmeticError as e %}{% end %}{{ e }}", NULL,
                       "UnboundLocalError: cannot access local variable 'e' where it is not "
                       "associated with a value at t.txt:1");
}

static void test_set_import_apply(void **state)
{
    check("{% set a, b = 1, [2] %}{% set b.append(a) %}{% set b[0] += 5 %}{{ b }}", NULL, "[7, 1]");
    check("{% set d = {'k': [1]} %}{% set d['k'] += [2] %}{{ d }}", NULL,
          "{&#x27;k&#x27;: [1, 2]}");
    check("{% from math import floor as f, ceil %}{{ f(1.5) }}{{ ceil(1.5) }}", NULL, "12");
    check("{% import math as m %}{{ m.floor(3.5) }}", NULL, "3");
    check("{% apply bracket %}{% apply upper %}a<{{ x }}{% end %}b{% end %}", "{'x': '<'}",
          "[A<&LT;b]");
    check("{% set y = 1 %}{% apply upper %}{% set y = 2 %}{{ y }}{% end %}{{ y }}", NULL, "21");
    check(
        "{% set x = 5 %}{% set f = lambda a, b=x: a * b %}{% set x = 6 %}{{ f(2) }},{{ f(2, 2) }}",
        NULL, "10,4");
    check("{{ (lambda n: (lambda m: n - m))(5)(3) }}", NULL, "2");
    check("{% set f = lambda f, n: 1 if n < 2 else n * f(f, n - 1) %}{{ f(f, 20) }}", NULL,
          "2432902008176640000");
    check("{{ [(lambda: i)() for i in range(3)] }}{{ {k: v for k, v in [('a', 1)]} }}", NULL,
          "[0, 1, 2]{&#x27;a&#x27;: 1}");
}

static void test_inheritance_and_includes(void **state)
{
    static const gale_template_text files[] = {
        { "sub.html", "ignored{% extends 'base.html' %}{% block b %}{{ x }}{% block c %}C{% end %}"
                      "{% end %}" },
        { "base.html", "<{% block a %}A{% end %}{% set y = 2 %}{% block b %}B{% end %}"
                       "{% include inc.html %}>" },
        { "inc.html", "{{ y }}{% set y = y + 1 %}{{ y }}" },
        { 0 },
    };
    static const gale_template_text deep[] = {
        { "a/b/1.html", "{% include '../2.html' %}" },
        { "a/2.html", "{% include '/\xc3\xa9.html' %}{% include b/3.html %}" },
        { "\xc3\xa9.html", "root " },
        { "a/b/3.html", "three" },
        { 0 },
    };

    check_files(files, NULL, NULL, "{'x': '<'}", "<A&lt;C23>");
    check_files(deep, NULL, NULL, NULL, "root three");
}

static void test_whitespace_by_name(void **state)
{
    static const gale_template_text html[] = { { "t.html", " a  b \n\n c " }, { 0 } };
    static const gale_template_text other[] = { { "t.txt", " a  b \n\n c " }, { 0 } };
    const gale_template_options oneline = { .whitespace = "oneline" };

    check_files(html, NULL, NULL, NULL, " a b\nc ");
    check_files(other, NULL, NULL, NULL, " a  b \n\n c ");
    check_files(html, &oneline, NULL, NULL, " a b c ");
}

/* --- escaping (inventory 18.6) ---- */

static const gale_template_text mixed[] = {
    { "sub.html", "{% autoescape None %}{% extends 'base.html' %}"
                  "{% block a %}{{ x }}{% end %}" },
    { "base.html", "{{ x }}{% block a %}{{ x }}{% end %}{% block b %}{{ x }}{% end %}"
                   "{% include 'inc.html' %}{% raw x %}" },
    { "inc.html", "{% autoescape bracket %}{{ x }}" },
    { 0 },
};

static void test_escaping_is_the_files_own(void **state)
{
    const gale_template_options none = { .autoescape = "None" },
                                upper_all = { .autoescape = "upper" };
    const gale_template_text files[] = { { "t.txt", "{{ x }}{% raw x %}" }, { 0 } };
    const gale_template_text back[] = { { "t.txt", "{% autoescape xhtml_escape %}{{ x }}" },
                                        { 0 } };

    check_files(mixed, NULL, functions, "{'x': '<'}", "&lt;<&lt;[<]<");
    check_files(mixed, &none, functions, "{'x': '<'}", "<<<[<]<");
    check_files(files, &upper_all, functions, "{'x': 'a\xc3\xa9'}",
                "A\xc3\xa9"
                "a\xc3\xa9");
    check_files(back, &none, functions, "{'x': '<'}", "&lt;");
}

static void test_what_is_escaped(void **state)
{
    check("{{ [x] }}{{ {'k': x} }}{{ (x,) }}", "{'x': '<'}",
          "[&#x27;&lt;&#x27;]{&#x27;k&#x27;: &#x27;&lt;&#x27;}(&#x27;&lt;&#x27;,)");
    check("{{ escape(x) }}{% raw escape(x) %}{{ xhtml_escape('&') }}", "{'x': '<'}",
          "&amp;lt;&lt;&amp;amp;");
    check("{{ 1 }}{{ 1.0 }}{{ True }}{{ None }}{{ b'<' }}{{ x }}", "{'x': ''}", "11.0TrueNone&lt;");
}

/* Gives what is asked for and not a byte more. */
static int grow_exactly(gale_template_out *out, size_t need)
{
    out->cap = out->len + need;
    out->data = realloc(out->data, out->cap);
    assert_non_null(out->data);
    return 0;
}

static void test_escaping_at_every_place(void **state)
{
    gale_template *t = gale_template_new(gale__str("{{ x }}{% raw x %}"), NULL, NULL, NULL, NULL);
    const char special[] = "&<>\"'!%=?\xc2\xa6 $";

    for (size_t len = 0; len <= 40; len++) {
        for (size_t at = 0; at <= len; at++) {
            char text[48] = "", wanted[400];
            gale_template_out out = { .grow = grow_exactly };
            json_t *values;
            gale_namespace names;

            memset(text, 'x', len);
            if (at < len)
                text[at] = special[(len + at) % (sizeof(special) - 1)] & 0x7f;
            if (at > 0)
                text[at / 2] = special[at % 5];
            values = json_pack("{s:s}", "x", text);
            names = (gale_namespace){ .values = values };
            gale_xhtml_escape_into(text, wanted, sizeof(wanted));
            snprintf(wanted + strlen(wanted), sizeof(wanted) - strlen(wanted), "%s", text);
            assert_int_equal(gale_template_render(t, &names, &out, NULL), 0);
            assert_int_equal(out.len, strlen(wanted));
            if (out.len)
                assert_memory_equal(out.data, wanted, out.len);
            free(out.data);
            json_decref(values);
        }
    }
    gale_template_unref(t);
}

/* --- templates without a loader ---- */

static void test_a_template_by_itself(void **state)
{
    gale_template_error error;
    const char text[] = "Hello {{ name }}{% if False %}{% end %}!";
    gale_template *t = gale_template_new(gale__str(text), NULL, NULL, NULL, &error);
    size_t len = 99;
    char *page;

    assert_non_null(t);
    assert_string_equal(gale_template_name(t), "<string>");
    page = gale_template_generate(t, json_pack("{s:s}", "name", "<you>"), &len, &error);
    assert_string_equal(page, "Hello &lt;you&gt;!");
    assert_int_equal(len, strlen(page));
    assert_int_equal(error.code, 0);
    free(page);
    assert_null(gale_template_generate(t, NULL, &len, &error));
    assert_string_equal(error.message, "NameError: name 'name' is not defined at <string>:1");
    assert_int_equal(len, 0);
    assert_null(gale_template_generate(t, json_array(), NULL, NULL));
    gale_template_unref(t);
    gale_template_unref(NULL);
    assert_null(gale_template_new(gale__str("{{"), "x.html", NULL, NULL, NULL));
    assert_string_equal(gale_strerror(GALE_EINVAL), "Missing end expression }} at x.html:1");
    assert_null(gale_template_new(gale__str("{% extends 'b' %}"), "x.html", NULL, NULL, &error));
    assert_non_null(strstr(error.message, "extends"));
    assert_null(gale_template_new(gale__str("a\xff"), "x.html", NULL, NULL, &error));
    assert_int_equal(error.code, GALE_EINVAL);
}

static void test_output_of_the_caller_is_kept(void **state)
{
    gale_template *t = gale_template_new(gale__str("b{{ 1/0 }}c"), NULL, NULL, NULL, NULL);
    gale_template_out out;
    char *text;

    gale__heap_out_init(&out);
    assert_int_equal(gale_template_write(&out, "a", 1), 0);
    assert_int_equal(gale_template_render(t, NULL, &out, NULL), GALE_EINVAL);
    assert_int_equal(gale_template_write(&out, "d", 1), 0);
    text = gale__heap_out_take(&out, NULL);
    assert_string_equal(text, "abd");
    free(text);
    gale_template_unref(t);
}

static void test_filter_whitespace(void **state)
{
    static const struct {
        const char *mode, *wanted;
    } modes[] = { { "all", " a\t b \n\n  c  " },
                  { "single", " a b\nc " },
                  { "oneline", " a b c " } };

    for (size_t i = 0; i < 3; i++) {
        char text[] = " a\t b \n\n  c  ";
        int len = gale_filter_whitespace(modes[i].mode, text, strlen(text));

        assert_int_equal(len, strlen(modes[i].wanted));
        assert_memory_equal(text, modes[i].wanted, (size_t)len);
    }
    assert_int_equal(gale_filter_whitespace("some", (char[]){ 'a' }, 1), GALE_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_vectors_of_errors),
        cmocka_unit_test(test_setting_a_name_of_the_application_in_a_loop),
        cmocka_unit_test(test_loops),
        cmocka_unit_test(test_exceptions),
        cmocka_unit_test(test_set_import_apply),
        cmocka_unit_test(test_inheritance_and_includes),
        cmocka_unit_test(test_whitespace_by_name),
        cmocka_unit_test(test_escaping_is_the_files_own),
        cmocka_unit_test(test_what_is_escaped),
        cmocka_unit_test(test_escaping_at_every_place),
        cmocka_unit_test(test_a_template_by_itself),
        cmocka_unit_test(test_output_of_the_caller_is_kept),
        cmocka_unit_test(test_filter_whitespace),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

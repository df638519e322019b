/* test_compile - what the compiler makes of templates: instructions that are few, names that are
 * resolved, scopes, jumps out of loops, programs that hold together, failures of memory.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include <gale/template.h>

#include "compiled.h"
#include "verify.h"

static void compile_text(struct compiled *c, const char *text)
{
    const gale_template_text files[] = { { "t.txt", text }, { NULL, NULL } };

    compile_files(c, files, NULL);
    assert_string_equal(c->error.message, "");
    assert_int_equal(c->code, 0);
    verify_program(c->program);
}

static void check_count(const char *text, enum gale__op op, int expected)
{
    struct compiled c;

    compile_text(&c, text);
    assert_int_equal(count_ops(c.program, op), expected);
    compiled_end(&c);
}

/* --- constant output ---- */

static void check_text(const char *text, const char *expected)
{
    struct compiled c;

    compile_text(&c, text);
    assert_int_equal(c.program->n_code, 2); /* TEXT and END */
    assert_int_equal(c.program->n_texts, 1);
    assert_int_equal(c.program->texts[0].len, strlen(expected));
    assert_memory_equal(c.program->texts[0].ptr, expected, strlen(expected));
    compiled_end(&c);
}

static void test_constant_output_is_one_text(void **state)
{
    (void)state;
    check_text("a{# c #}b{{!c{% comment d %}e", "ab{{ce");
    check_text("a{{ 'b' }}c", "abc");
    check_text("{{ \"<&>\" }}", "&lt;&amp;&gt;");
    check_text("{% raw '<&>' %}", "<&>");
    check_text("{{ 1 }}{{ -2 }}{{ 6 * 7 }}{{ None }}{{ True }}", "1-242NoneTrue");
    check_text("{{ b'<' }}", "&lt;");
    check_text("{% autoescape None %}{{ '<' }}", "<");
    check_text("{% block a %}x{% end %}y", "xy");
}

static void test_texts_join_across_files(void **state)
{
    const gale_template_text files[] = {
        { "a", "{% extends b %}{% block x %}1{% include c %}{% end %}" },
        { "b", "<{% block x %}{% end %}>" },
        { "c", "2" },
        { NULL, NULL },
    };
    struct compiled c;

    (void)state;
    compile_files(&c, files, NULL);
    assert_int_equal(c.code, 0);
    assert_int_equal(c.program->n_texts, 1);
    assert_memory_equal(c.program->texts[0].ptr, "<12>", 4);
    compiled_end(&c);
}

static void test_nothing(void **state)
{
    struct compiled c;

    (void)state;
    compile_text(&c, "");
    assert_int_equal(c.program->n_code, 1);
    compiled_end(&c);
}

/* --- few instructions ---- */

static void test_joined_instructions(void **state)
{
    (void)state;
    check_count("{{ x }}", GALE__OP_ESCAPE_GLOBAL, 1);
    check_count("{{ x }}", GALE__OP_LOAD_GLOBAL, 0);
    check_count("{% set x = 1 %}{{ x }}", GALE__OP_ESCAPE_LOCAL, 1);
    check_count("{{ x }}{% set x = 1 %}", GALE__OP_ESCAPE_LOCAL, 1);
    check_count("{% for i in x %}{{ i }}{% end %}", GALE__OP_NEXT_LOCAL, 1);
    check_count("{% for i in x %}{{ i }}{% end %}", GALE__OP_STORE_LOCAL, 0);
    check_count("{% for a, b in x %}{% end %}", GALE__OP_NEXT, 1);
    /* No joining where a jump leads between the two. */
    check_count("{{ a if c else b }}", GALE__OP_ESCAPE, 1);
    check_count("{{ a or b }}", GALE__OP_ESCAPE, 1);
}

static void test_conditions_jump_at_once(void **state)
{
    static const char text[] = "{% if not (a and (b or not c)) %}x{% end %}";

    (void)state;
    check_count(text, GALE__OP_NOT, 0);
    check_count(text, GALE__OP_IF_TRUE_KEEP, 0);
    check_count(text, GALE__OP_IF_FALSE_KEEP, 0);
    check_count("{% while True %}{% break %}{% end %}", GALE__OP_IF_FALSE, 0);
    check_count("{% if 0 %}x{% end %}", GALE__OP_IF_FALSE, 0);
}

static void test_constants_are_folded_and_shared(void **state)
{
    struct compiled c;

    (void)state;
    compile_text(&c, "{{ f(2 + 3 * 4, -1, 'k') }}{{ x.k }}{{ y['k'] }}");
    assert_int_equal(count_ops(c.program, GALE__OP_BINARY), 0);
    assert_int_equal(count_ops(c.program, GALE__OP_UNARY), 0);
    assert_int_equal(c.program->n_constants, 3);
    assert_int_equal(c.program->constants[0].u.i, 14);
    compiled_end(&c);
    /* What does not fit is left to the rendering, which raises. */
    check_count("{{ f(9223372036854775807 + 1) }}", GALE__OP_BINARY, 1);
    check_count("{{ f('a' + 'b') }}", GALE__OP_BINARY, 1);
}

static void test_large_displays(void **state)
{
    char text[8000] = "{{ [";
    struct compiled c;

    (void)state;
    append(text, sizeof(text), "x,", 1000);
    append(text, sizeof(text), "] }}", 1);
    compile_text(&c, text);
    assert_true(c.program->max_stack < 100);
    compiled_end(&c);
}

static void test_positions(void **state)
{
    struct compiled c;

    (void)state;
    compile_text(&c, "a\n {{ b.c }}");
    for (uint32_t i = 0; i < c.program->n_code; i++) {
        if (c.program->code[i].op == GALE__OP_LOAD_GLOBAL) {
            assert_int_equal(c.program->positions[i].line, 2);
            assert_int_equal(c.program->positions[i].column, 5);
        } else if (c.program->code[i].op == GALE__OP_ATTRIBUTE) {
            assert_int_equal(c.program->positions[i].line, 2);
            assert_true(c.program->positions[i].column > 5);
        }
    }
    compiled_end(&c);
}

/* --- names ---- */

static void test_scope_of_render(void **state)
{
    (void)state;
    assert_renders("{% set y = x * 2 %}{{ y }}", "4");
    assert_renders("{% set x = x + 1 %}{{ x }}", "3");
    assert_renders("{% for i in range(2) %}{{ x }}{% set x = i %}{% end %}", "20");
    assert_renders("{% for i in items %}{% end %}{{ i }}", "3");
    assert_renders("{{ y }}{% set y = 1 %}",
                   "UnboundLocalError: cannot access local variable 'y' where it is not associated "
                   "with a value at t.txt:1");
    assert_renders("{{ nope }}", "NameError: name 'nope' is not defined at t.txt:1");
}

static void test_scope_of_apply(void **state)
{
    (void)state;
    assert_renders("{% set y = 1 %}{% apply squeeze %}{% set y = 5 %}{{ y }}{% end %}{{ y }}",
                   "51");
    assert_renders("{% set y = 1 %}{% apply squeeze %}{{ y }}{% end %}", "1");
    assert_renders("{% apply squeeze %}{% set y = 5 %}{% end %}{{ y }}",
                   "NameError: name 'y' is not defined at t.txt:1");
    /* Local to the apply block, also before it is set there. */
    assert_renders("{% set y = 1 %}{% apply squeeze %}{{ y }}{% set y = 5 %}{% end %}",
                   "UnboundLocalError: cannot access local variable 'y' where it is not associated "
                   "with a value at t.txt:1");
    /* Each turn begins without a value. */
    assert_renders("{% for i in [1, 2] %}{% apply squeeze %}{% if i == 1 %}{% set x = 9 %}{% end %}"
                   "{{ x }}{% end %}{% end %}",
                   "92");
    assert_renders("{% apply squeeze %}{% set a = 1 %}{% apply squeeze %}{% set b = a + 1 %}{{ b }}"
                   "{% end %}{{ a }}{% end %}",
                   "21");
}

static void test_scope_of_comprehensions(void **state)
{
    (void)state;
    assert_renders("{{ [x for x in items] }}{{ x }}", "[1, 2, 3]2");
    assert_renders("{% set x = items %}{{ [x for x in x] }}{{ x }}", "[1, 2, 3][1, 2, 3]");
    assert_renders("{{ [(a, b) for a in items if a > 1 for b in range(a)] }}",
                   "[(2, 0), (2, 1), (3, 0), (3, 1), (3, 2)]");
    assert_renders("{{ {k: [k for k in range(k)] for k in items}[2] }}", "[0, 1]");
    assert_renders("{{ [y for x in items] }}{% set y = 1 %}",
                   "UnboundLocalError: cannot access local variable 'y' where it is not associated "
                   "with a value at t.txt:1");
}

static void test_lambdas(void **state)
{
    (void)state;
    assert_renders("{{ (lambda a, b=x: a + b)(1) }}", "3");
    assert_renders("{% set f = lambda n: 1 if n < 2 else n * f(n - 1) %}{{ f(10) }}", "3628800");
    assert_renders("{% set f = lambda a: lambda b: lambda c: [a, b, c, x] %}{{ f(1)(2)(3) }}",
                   "[1, 2, 3, 2]");
    assert_renders(
        "{% set add = lambda n: lambda m: n + m %}{% set p = add(1) %}{% set q = add(10) "
        "%}{{ p(1) }} {{ q(1) }} {{ p(2) }}",
        "2 11 3");
    assert_renders("{% set f = lambda: y %}{% set y = 4 %}{{ f() }}", "4");
    assert_renders("{{ sorted(items, key=lambda i: -i) }}", "[3, 2, 1]");
    assert_renders("{{ [f(3) for f in [lambda a: [a + i for i in range(a)], lambda a: a]] }}",
                   "[[3, 4, 5], 3]");
    assert_renders("{% set f = lambda n: [n] + (f(n - 1) if n else []) %}{% for i in items %}"
                   "{{ f(i) }}{% end %}",
                   "[1, 0][2, 1, 0][3, 2, 1, 0]");
}

/* --- statements ---- */

static void test_assignments(void **state)
{
    (void)state;
    assert_renders("{% set a, (b, *c), d = 1, [2, 3, 4], 5 %}{{ a }}{{ b }}{{ c }}{{ d }}",
                   "12[3, 4]5");
    assert_renders("{% set a = b = 3 %}{{ a + b }}", "6");
    assert_renders("{% set l = [1, 2, 3] %}{% set l[0] = l[1] = 9 %}{{ l }}", "[9, 9, 3]");
    assert_renders("{% set l = [1, 2] %}{% set l[1] += 5 %}{% set l += [1] %}{{ l }}", "[1, 7, 1]");
    assert_renders("{% set l = [1, 2, 3] %}{% set del l[0] %}{{ l }}", "[2, 3]");
    assert_renders("{% set l = [1, 2, 3] %}{% set del l[1:] %}{{ l }}", "[1]");
    assert_renders("{% set l = [1, 2, 3] %}{% set l[1:2] = [7, 8] %}{{ l }}", "[1, 7, 8, 3]");
    assert_renders("{% set d = {} %}{% set d['a'] = 1 %}{% set d['a'] *= 7 %}{% raw d %}",
                   "{'a': 7}");
    assert_renders("{% set x += 40 %}{{ x }}", "42");
}

static void test_imports(void **state)
{
    (void)state;
    assert_renders("{% import math %}{{ math.floor(2.5) }}", "2");
    assert_renders("{% import math as m %}{{ m.floor(2.5) }}", "2");
    assert_renders("{% from math import floor, ceil as up %}{{ floor(2.5) + up(2.5) }}", "5");
    assert_renders("{% import nope %}", "ModuleNotFoundError: No module named 'nope' at t.txt:1");
}

static void test_loops(void **state)
{
    (void)state;
    assert_renders("{% for i in range(10) %}{% if i == 2 %}{% continue %}{% end %}{{ i }}"
                   "{% if i == 4 %}{% break %}{% end %}{% else %}e{% end %}",
                   "0134");
    assert_renders("{% for i in [] %}x{% else %}e{% end %}", "e");
    assert_renders("{% while x %}{% set x -= 1 %}{{ x }}{% else %}e{% end %}", "10e");
    assert_renders("{% while True %}{% set x += 1 %}{% if x < 5 %}{% continue %}{% end %}{{ x }}"
                   "{% break %}{% else %}e{% end %}",
                   "5");
    assert_renders("{% for a in items %}{% for b in items %}{% if b == a %}{% break %}{% end %}"
                   "{{ b }}{% else %}e{% end %},{% end %}",
                   ",1,12,");
}

static void test_try(void **state)
{
    (void)state;
    assert_renders("{% try %}a{{ 1/0 }}b{% except %}E{% end %}", "aE");
    assert_renders("{% try %}a{% except %}E{% else %}L{% finally %}F{% end %}", "aLF");
    assert_renders(
        "{% try %}{{ 1/0 }}{% except KeyError %}K{% except (ValueError, ArithmeticError) as "
        "e %}{{ e }}{% else %}L{% finally %}F{% end %}",
        "division by zeroF");
    assert_renders("{% try %}{% try %}{{ 1/0 }}{% finally %}F{% end %}{% except %}E{% end %}",
                   "FE");
    assert_renders("{% try %}{% try %}{{ 1/0 }}{% except KeyError %}K{% finally %}F{% end %}"
                   "{% except ArithmeticError as e %}{{ e }}{% end %}",
                   "Fdivision by zero");
    assert_renders("{% try %}{{ 1/0 }}{% except Exception as e %}{% end %}{{ e }}",
                   "UnboundLocalError: cannot access local variable 'e' where it is not associated "
                   "with a value at t.txt:1");
    /* A failure of a handler, or of what finally has, replaces the first. */
    assert_renders("{% try %}{% try %}{{ 1/0 }}{% except %}{{ [][1] }}{% end %}"
                   "{% except Exception as e %}{{ e }}{% end %}",
                   "list index out of range");
    assert_renders("{% try %}{% try %}{{ 1/0 }}{% finally %}{{ [][1] }}{% end %}"
                   "{% except Exception as e %}{{ e }}{% end %}",
                   "list index out of range");
    assert_renders("{% try %}{{ 1/0 }}{% except KeyError %}{% end %}",
                   "ZeroDivisionError: division by zero at t.txt:1");
}

static void test_leaving_try(void **state)
{
    (void)state;
    assert_renders("{% for i in items %}{% try %}{% if i == 2 %}{% break %}{% end %}{{ i }}"
                   "{% finally %}F{% end %}{% end %}.",
                   "1FF.");
    assert_renders(
        "{% for i in items %}{% try %}{% continue %}{% finally %}F{{ i }}{% end %}x{% end %}",
        "F1F2F3");
    assert_renders("{% for i in items %}{% try %}{{ 1/0 }}{% except %}{% continue %}{% finally %}F"
                   "{% end %}{% end %}.",
                   "FFF.");
    assert_renders("{% for i in items %}{% try %}{% try %}{% break %}{% finally %}a{% end %}"
                   "{% finally %}b{% end %}{% end %}.",
                   "ab.");
    /* What finally has is not guarded by its own try block. */
    assert_renders("{% for i in items %}{% try %}{% try %}{% break %}{% except %}no{% finally %}"
                   "{{ 1/0 }}{% end %}{% except %}E{% end %}{% end %}.",
                   "EEE.");
    /* A jump out of finally ends the failure. */
    assert_renders(
        "{% for i in items %}{% try %}{{ 1/0 }}{% finally %}{% break %}{% end %}{% end %}.", ".");
    assert_renders("{% for i in items %}{% try %}{{ 1/0 }}{% except %}{% try %}{{ [][1] }}"
                   "{% finally %}{% continue %}{% end %}{% end %}{% end %}.",
                   ".");
}

static void test_escape_functions(void **state)
{
    const gale_template_text files[] = {
        { "t.txt", "{% autoescape url_escape %}{{ s }}{% raw s %}{{ 1 }}" },
        { NULL, NULL },
    };

    (void)state;
    assert_files(files, "%3Cb%3E<b>1");
    assert_renders("{{ s }}{% autoescape None %}{{ s }}", "<b><b>");
    assert_renders("{% autoescape nope %}{{ s }}",
                   "NameError: name 'nope' is not defined at t.txt:1");
}

/* --- whatever the memory does ---- */

static void test_out_of_memory(void **state)
{
    const gale_template_text files[] = {
        { "a.html",
          "{% extends b.html %}{% block t %}{% for i in x %}{{ [i for j in y if j] }}{% end %}"
          "{% include c.html %}{% end %}" },
        { "b.html",
          "<p>  {% block t %}{% end %}{% try %}{{ f(a, *b, k=1) }}{% except E as e %}{{ e }}"
          "{% finally %}{{ lambda q, r=1: q }}{% end %}</p>" },
        { "c.html",
          "{% apply f %}{% set z = 'text' %}{{ z }}{{ 'a<b' }}c{% import math %}{% end %}" },
        { NULL, NULL },
    };
    int failures = 0;

    (void)state;
    for (unsigned long n = 1;; n++) {
        struct compiled c;

        gale__alloc_fail(n);
        compile_files(&c, files, NULL);
        gale__alloc_fail(0);
        if (c.code == 0) {
            verify_program(c.program);
            compiled_end(&c);
            break;
        }
        assert_int_equal(c.code, -ENOMEM);
        assert_int_equal(c.error.code, -ENOMEM);
        assert_true(c.error.message[0]);
        failures++;
        compiled_end(&c);
    }
    assert_true(failures > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_constant_output_is_one_text),
        cmocka_unit_test(test_texts_join_across_files),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_joined_instructions),
        cmocka_unit_test(test_conditions_jump_at_once),
        cmocka_unit_test(test_constants_are_folded_and_shared),
        cmocka_unit_test(test_large_displays),
        cmocka_unit_test(test_positions),
        cmocka_unit_test(test_scope_of_render),
        cmocka_unit_test(test_scope_of_apply),
        cmocka_unit_test(test_scope_of_comprehensions),
        cmocka_unit_test(test_lambdas),
        cmocka_unit_test(test_assignments),
        cmocka_unit_test(test_imports),
        cmocka_unit_test(test_loops),
        cmocka_unit_test(test_try),
        cmocka_unit_test(test_leaving_try),
        cmocka_unit_test(test_escape_functions),
        cmocka_unit_test(test_out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

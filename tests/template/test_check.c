/* test_check - a check tells of all errors of a template's file, in order, each once, and of none
 * that is there only because of another.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include <gale/template.h>

#include "base/alloc.h"
#include "compiled.h"

static char told[8192];

static void note(void *arg, const gale_template_error *error)
{
    size_t len = strlen(told);
    const char *at = error->message;

    for (const char *next = at; next; next = strstr(next + 1, " at "))
        at = next;
    (void)arg;
    snprintf(told + len, sizeof(told) - len, "%s:%d:%d %.*s\n", error->name, error->line,
             error->column, (int)(at > error->message ? at - error->message : 300), error->message);
}

static void check_files(const gale_template_text *files, const gale_template_options *options,
                        const char *expected)
{
    gale_loader *loader = gale_dict_loader_new(files, options);
    int n_errors, n = 0;

    assert_non_null(loader);
    told[0] = 0;
    assert_true(gale_loader_check(loader, NULL, note, NULL, &n_errors) > 0);
    gale_loader_free(loader);
    assert_string_equal(told, expected);
    for (const char *line = expected; *line; line = strchr(line, '\n') + 1)
        n++;
    assert_int_equal(n_errors, n);
}

static void check(const char *text, const char *expected)
{
    const gale_template_text files[] = { { "t", text }, { NULL, NULL } };

    check_files(files, NULL, expected);
}

static void five_wrong_tags_are_five_errors(void **state)
{
    (void)state;
    check("{{ 1 + }}\n"
          "<p>{% if %}x{% end %}</p>\n"
          "{% else %} {% break %}\n"
          "fine: {{ x }}{% for i in x %}{{ i }}{% end %}\n"
          "  {% end %}{{ }}",
          "t:1:7 unexpected end of the expression\n"
          "t:2:4 if missing condition\n"
          "t:3:1 else outside {'for', 'if', 'try', 'while'} block\n"
          "t:3:12 break outside {'for', 'while'} block\n"
          "t:5:3 Extra {% end %} block\n"
          "t:5:12 Empty expression\n");
    check("{% set %}{% import %}{% include %}{% extends '' %}{% raw %}{% module 1 %}{% %}"
          "{% autoescape %}{% whitespace some %}",
          "t:1:1 set missing statement\n"
          "t:1:10 import missing statement\n"
          "t:1:22 include missing file path\n"
          "t:1:35 extends missing file path\n"
          "t:1:51 raw missing expression\n"
          "t:1:60 module takes a call: Name(…)\n"
          "t:1:74 Empty block tag ({% %})\n"
          "t:1:79 autoescape missing function name\n"
          "t:1:95 invalid whitespace mode some\n");
}

static void a_wrong_block_is_still_one(void **state)
{
    (void)state;
    check("{% for %}{% break %}{% else %}{% end %}\n{% while %}{% continue %}{% end %}\n"
          "{% try x %}{% except %}{% end %}\n{% block %}{% end %}\n{% apply %}{{ }}{% end %}",
          "t:1:1 for missing statement\n"
          "t:2:1 while missing condition\n"
          "t:3:1 try takes nothing more\n"
          "t:4:1 block missing name\n"
          "t:5:1 apply missing method name\n"
          "t:5:12 Empty expression\n");
    check("{% if x %}{% elif %}{% else if y %}{{ }}{% end %}\n{{}}",
          "t:1:11 elif missing condition\n"
          "t:1:21 else takes nothing more\n"
          "t:1:36 Empty expression\n"
          "t:2:1 Empty expression\n");
}

static void clauses_at_wrong_places_are_left_out(void **state)
{
    (void)state;
    check("{% if x %}{% except %}{% else %}{% end %}\n"
          "{% try %}{% else %}{% end %}\n"
          "{% try %}{% except (1 %}{% except %}{% end %}\n"
          "{% for i in x %}{% elif y %}{% break %}{% end %}",
          "t:1:11 except block cannot be attached to if block\n"
          "t:2:10 else in a try block needs an except before it\n"
          "t:3:20 '(' was never closed\n"
          "t:4:17 elif block cannot be attached to for block\n");
    check("{% try %}a{% end %}{% if x %}{% extends b %}{% end %}{{ }}",
          "t:1:1 try block needs an except or finally\n"
          "t:1:30 extends inside of a if block\n"
          "t:1:54 Empty expression\n");
}

/* What is missing is told at the place of its block, so before what is wrong within. */
static void missing_ends_come_in_order(void **state)
{
    (void)state;
    check("{% if x %}\n{{ }}\n{% for i in x %}\n{{ i. }}",
          "t:1:1 Missing {% end %} block for if\n"
          "t:2:1 Empty expression\n"
          "t:3:1 Missing {% end %} block for for\n"
          "t:4:6 unexpected end of the expression\n");
}

static void unknown_tags_may_be_blocks(void **state)
{
    (void)state;
    check("{% unless x %}{{ }}{% else %}{% break %}{% end %}\n{{ }}",
          "t:1:1 unknown operator: 'unless'\n"
          "t:1:15 Empty expression\n"
          "t:2:1 Empty expression\n");
    check("{% if x %}{% foo %}{% else %}{% bar %}{% end %}{% else %}",
          "t:1:11 unknown operator: 'foo'\n"
          "t:1:30 unknown operator: 'bar'\n"); /* foo may be the block that the if seems to be */
    check("{% end %}{% foo %}{% else %}",
          "t:1:1 Extra {% end %} block\n"
          "t:1:10 unknown operator: 'foo'\n"
          "t:1:19 else outside {'for', 'if', 'try', 'while'} block\n");
    /* An end that is missing elsewhere does not make the other one too much. */
    check("{% fro x in y %}{% break %}{{ }}{% end %}{% if x %}", "t:1:1 unknown operator: 'fro'\n"
                                                                 "t:1:28 Empty expression\n");
    check("{% foo %}\n{% else %}\n{% break %}",
          "t:1:1 unknown operator: 'foo'\n"
          "t:2:1 else outside {'for', 'if', 'try', 'while'} block\n"
          "t:3:1 break outside {'for', 'while'} block\n");
    check("{% if x %}{% with y %}{% for i in x %}{% end %}{% end %}{% end %}{% with z %}{% end %}",
          "t:1:11 unknown operator: 'with'\n"
          "t:1:66 unknown operator: 'with'\n");
    check("{% if x %}{% foo %}", "t:1:1 Missing {% end %} block for if\n"
                                 "t:1:11 unknown operator: 'foo'\n");
}

static void unknown_ends_may_be_ends(void **state)
{
    (void)state;
    check("{% if x %}{% endif %}{% for i in x %}{% break %}{% endfor %}{{ }}",
          "t:1:11 unknown operator: 'endif'\n"
          "t:1:49 unknown operator: 'endfor'\n"
          "t:1:61 Empty expression\n");
    check("{% macro a() %}{% if x %}{% endif %}{% endmacro %}",
          "t:1:1 unknown operator: 'macro'\n"
          "t:1:26 unknown operator: 'endif'\n"
          "t:1:37 unknown operator: 'endmacro'\n");
    check("{% if x %}{% endif %}{% end %}{% else %}", "t:1:11 unknown operator: 'endif'\n");
    check("{% if x %}{% endif %}{% extends a %}{% for i in x %}{% endif %}{% end %}{% end %}{{ }}",
          "t:1:11 unknown operator: 'endif'\n"
          "t:1:53 unknown operator: 'endif'\n"
          "t:1:82 Empty expression\n");
}

/* One of the two is a block, nobody knows which. */
static void when_nobody_can_tell_nothing_is_said(void **state)
{
    (void)state;
    check("{% foo %}{% else %}{% bar %}{% else %}{% end %}{% break %}{{ }}{% try %}{% end %}",
          "t:1:1 unknown operator: 'foo'\n"
          "t:1:20 unknown operator: 'bar'\n"
          "t:1:59 Empty expression\n");
    check("{% foo %}{% end %}{% bar %}{% else %}{{", "t:1:1 unknown operator: 'foo'\n"
                                                     "t:1:19 unknown operator: 'bar'\n"
                                                     "t:1:38 Missing end expression }}\n");
}

static void a_tag_without_its_end_is_the_last_error(void **state)
{
    (void)state;
    check("{{ }}{% if x %}\n{{ x\n{% foo %}", "t:1:1 Empty expression\n"
                                              "t:2:1 Missing end expression }}\n");
    check("{% for i in x %}{% foo ", "t:1:17 Missing end block %}\n");
}

static void nesting_ends_it(void **state)
{
    char text[4000] = "{{ }}";

    (void)state;
    append(text, sizeof(text), "{% if x %}", 60);
    append(text, sizeof(text), "{% end %}", 60);
    append(text, sizeof(text), "{{ }}", 1);
    check(text, "t:1:1 Empty expression\nt:1:406 blocks within each other are limited to 40\n");
}

static void files_have_their_own_errors(void **state)
{
    const gale_template_text files[] = {
        { "a", "{% include c %}\n{{ }}\n{% include d %}{% include nope %}{% include c %}" },
        { "b", "{% extends c %}{% include 'a' %}{% include b %}" },
        { "c", "x\n{{ 1 + }}{% foo %}" },
        { "d", "\xff" },
        { "e", "{% extends nope %}{% block x %}{% include none %}{% end %}" },
        { NULL, NULL },
    };

    (void)state;
    check_files(files, NULL,
                "a:2:1 Empty expression\n"
                "a:3:16 template 'nope' not found in the dictionary\n"
                "b:1:33 b includes itself\n"
                "c:2:7 unexpected end of the expression\n"
                "c:2:10 unknown operator: 'foo'\n"
                "d:1:1 not UTF-8: byte 0xff\n"
                "e:1:1 template 'nope' not found in the dictionary\n"
                "e:1:32 template 'none' not found in the dictionary\n");
}

/* What is an error only where it is included is told last. */
static void errors_of_the_place(void **state)
{
    const gale_template_text files[] = {
        { "a", "{% include b %}" },
        { "b", "{% extends c %}" },
        { "c", "" },
        { NULL, NULL },
    };

    (void)state;
    check_files(files, NULL, "b:1:1 an included template cannot extend another\n");
}

static void contexts(void **state)
{
    const gale_template_options options = { .autoescape = "contextual" };
    const gale_template_text files[] = {
        { "a", "<a {{ x }}=1>{{ 1 + }}\n<b {{ y }}=1>{% set x[1:2] += 1 %}" },
        { "b", "{% if x %}<a href=\"{% end %}{{ }}\n{% if y %}<a href=\"{% end %}<{{ x }}" },
        { "c", "{% foo %}<a {{ x }}=1>" },
        { NULL, NULL },
    };

    (void)state;
    check_files(files, &options,
                "a:1:7 contextual autoescape: an expression cannot be an attribute or its name; "
                "put the attribute into {% if %}, or use {% raw %}\n"
                "a:1:20 unexpected end of the expression\n"
                "a:2:7 contextual autoescape: an expression cannot be an attribute or its name; "
                "put the attribute into {% if %}, or use {% raw %}\n"
                "a:2:22 a slice cannot be changed by an operator: write it as two steps\n"
                "b:1:1 contextual autoescape: the HTML is in another state at the end of this "
                "block, which need not be written\n"
                "b:1:29 Empty expression\n"
                "c:1:1 unknown operator: 'foo'\n");
}

static void there_is_an_end_to_it(void **state)
{
    char *text = calloc(1, 50000);
    const gale_template_text files[] = { { "t", text }, { NULL, NULL } };
    gale_loader *loader;
    int n_errors;

    (void)state;
    assert_non_null(text);
    append(text, 50000, "{{ }}", 1001);
    loader = gale_dict_loader_new(files, NULL);
    assert_int_equal(gale_loader_check(loader, NULL, NULL, NULL, &n_errors), 1);
    assert_int_equal(n_errors, 1000);
    gale_loader_free(loader);
    free(text);
}

static void memory_runs_out(void **state)
{
    const gale_template_text files[] = {
        { "a", "{{ }}{% if %}{% unless %}{% end %}{% end %}{% include b %}{% if x %}" },
        { "b", "{% for %}{% include nope %}" },
        { NULL, NULL },
    };
    int r = -ENOMEM;

    (void)state;
    for (unsigned long n = 1; r < 0; n++) {
        gale_loader *loader = gale_dict_loader_new(files, NULL);

        assert_true(n < 2000);
        gale__alloc_fail(n);
        r = gale_loader_check(loader, NULL, NULL, NULL, NULL);
        gale__alloc_fail(0);
        gale_loader_free(loader);
        assert_true(r == 2 || r == -ENOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(five_wrong_tags_are_five_errors),
        cmocka_unit_test(a_wrong_block_is_still_one),
        cmocka_unit_test(clauses_at_wrong_places_are_left_out),
        cmocka_unit_test(missing_ends_come_in_order),
        cmocka_unit_test(unknown_tags_may_be_blocks),
        cmocka_unit_test(unknown_ends_may_be_ends),
        cmocka_unit_test(when_nobody_can_tell_nothing_is_said),
        cmocka_unit_test(a_tag_without_its_end_is_the_last_error),
        cmocka_unit_test(nesting_ends_it),
        cmocka_unit_test(files_have_their_own_errors),
        cmocka_unit_test(errors_of_the_place),
        cmocka_unit_test(contexts),
        cmocka_unit_test(there_is_an_end_to_it),
        cmocka_unit_test(memory_runs_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_errors - what is wrong with a template is said with Tornado's words, the place of the tag,
 * the line of source with a caret, and the way by which the file came in.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/template.h>

#include "compiled.h"

static void check_at(const char *text, const char *message, int line, int column)
{
    const gale_template_text files[] = { { "t.txt", text }, { NULL, NULL } };
    char whole[400];
    struct compiled c;

    compile_files(&c, files, NULL);
    assert_int_equal(c.code, GALE_EINVAL);
    assert_int_equal(c.error.code, GALE_EINVAL);
    snprintf(whole, sizeof(whole), "%s at t.txt:%d", message, line);
    assert_string_equal(c.error.message, whole);
    assert_int_equal(c.error.line, line);
    assert_int_equal(c.error.column, column);
    assert_string_equal(c.error.name, "t.txt");
    compiled_end(&c);
}

static void check(const char *text, const char *message)
{
    check_at(text, message, 1, 1);
}

static void test_tags_without_end(void **state)
{
    (void)state;
    check_at("\n\n{{", "Missing end expression }}", 3, 1);
    check_at("a{% if x", "Missing end block %}", 1, 2);
    check_at("a\n b{# c", "Missing end comment #}", 2, 3);
}

static void test_empty_tags(void **state)
{
    (void)state;
    check("{{ }}", "Empty expression");
    check("{{}}", "Empty expression");
    check("{% %}", "Empty block tag ({% %})");
    check("{%\n%}", "Empty block tag ({% %})");
}

static void test_ends(void **state)
{
    (void)state;
    check("{% end %}", "Extra {% end %} block");
    check_at("{% if 1 %}{% end %}\n{% end %}", "Extra {% end %} block", 2, 1);
    check("{% if x %}", "Missing {% end %} block for if");
    check_at("{% if x %}\n{% for i in x %}{% end %}", "Missing {% end %} block for if", 1, 1);
    check_at("{% if x %}\n{% for i in x %}", "Missing {% end %} block for for", 2, 1);
    check("{% apply f %}", "Missing {% end %} block for apply");
    check("{% block b %}", "Missing {% end %} block for block");
    check("{% try %}{% except %}", "Missing {% end %} block for try");
    check("{% while x %}", "Missing {% end %} block for while");
}

static void test_clauses_outside(void **state)
{
    (void)state;
    check("{% else %}", "else outside {'for', 'if', 'try', 'while'} block");
    check("{% elif x %}", "elif outside {'if'} block");
    check("{% except %}", "except outside {'try'} block");
    check("{% finally %}", "finally outside {'try'} block");
    check_at("{% for i in x %}{% elif %}{% end %}", "elif block cannot be attached to for block", 1,
             17);
    check_at("{% if x %}{% except %}{% end %}", "except block cannot be attached to if block", 1,
             11);
    check_at("{% apply f %}{% else %}{% end %}", "else block cannot be attached to apply block", 1,
             14);
    check_at("{% if x %}{% block b %}{% else %}{% end %}{% end %}",
             "else block cannot be attached to block block", 1, 24);
    check_at("{% while x %}{% finally %}{% end %}",
             "finally block cannot be attached to while block", 1, 14);
}

/* What Python's compiler would call a syntax error. */
static void test_order_of_clauses(void **state)
{
    (void)state;
    check_at("{% if x %}{% else %}{% else %}{% end %}", "else block cannot follow else block", 1,
             21);
    check_at("{% if x %}{% else %}{% elif y %}{% end %}", "elif block cannot follow else block", 1,
             21);
    check_at("{% try %}{% finally %}{% except %}{% end %}",
             "except block cannot follow finally block", 1, 23);
    check_at("{% try %}{% except %}{% except E %}{% end %}",
             "an except block without exceptions must be the last", 1, 22);
    check_at("{% try %}{% else %}{% end %}", "else in a try block needs an except before it", 1,
             10);
    check("{% try %}{% end %}", "try block needs an except or finally");
}

static void test_unknown(void **state)
{
    (void)state;
    check("{% foo %}", "unknown operator: 'foo'");
    check("{% a'b %}", "unknown operator: \"a'b\"");
    check("{% endif %}", "unknown operator: 'endif'");
    check("{% If x %}", "unknown operator: 'If'");
}

static void test_missing_parts(void **state)
{
    (void)state;
    check("{% extends %}", "extends missing file path");
    check("{% extends '' %}", "extends missing file path");
    check("{% include \"\" %}", "include missing file path");
    check("{% set %}", "set missing statement");
    check("{% import %}", "import missing statement");
    check("{% from %}", "import missing statement");
    check("{% apply %}{% end %}", "apply missing method name");
    check("{% block %}{% end %}", "block missing name");
    check("{% if %}{% end %}", "if missing condition");
    check("{% while %}{% end %}", "while missing condition");
    check("{% for %}{% end %}", "for missing statement");
    check("{% raw %}", "raw missing expression");
    check("{% module %}", "module missing name");
    check("{% autoescape %}", "autoescape missing function name");
    check("{% whitespace %}", "invalid whitespace mode ");
    check("{% whitespace some %}", "invalid whitespace mode some");
    check_at("{% if x %}{% elif %}{% end %}", "elif missing condition", 1, 11);
}

static void test_too_much(void **state)
{
    (void)state;
    check_at("{% if x %}{% else if y %}{% end %}", "else takes nothing more", 1, 11);
    check("{% try x %}{% except %}{% end %}", "try takes nothing more");
    check_at("{% for i in x %}{% break 2 %}{% end %}", "break takes nothing more", 1, 17);
    check("{% module 1 + f() %}", "module takes a call: Name(…)");
    check("{% autoescape f(1) %}", "autoescape takes the name of a function, contextual or None");
}

static void test_jumps(void **state)
{
    (void)state;
    check("{% break %}", "break outside {'for', 'while'} block");
    check("{% continue %}", "continue outside {'for', 'while'} block");
    check_at("{% for i in x %}{% apply f %}{% break %}{% end %}{% end %}",
             "break outside {'for', 'while'} block", 1, 30);
    check_at("{% for i in x %}{% else %}{% break %}{% end %}",
             "break outside {'for', 'while'} block", 1, 27);
}

static void test_extends_inside(void **state)
{
    (void)state;
    check_at("{% if x %}{% extends b %}{% end %}", "extends inside of a if block", 1, 11);
}

/* Places inside of tags are counted from the template's begin, also over line ends. */
static void test_places_in_expressions(void **state)
{
    const gale_template_text files[] = { { "t.txt", "ab\n{% if x and\n   (y ++ ) %}{% end %}" },
                                         { NULL, NULL } };
    struct compiled c;

    (void)state;
    compile_files(&c, files, NULL);
    assert_int_equal(c.code, GALE_EINVAL);
    assert_int_equal(c.error.line, 3);
    assert_true(c.error.column >= 5 && c.error.column <= 10);
    compiled_end(&c);
}

static void check_report(const gale_template_text *files, const char *report)
{
    struct compiled c;

    compile_files(&c, files, NULL);
    assert_true(c.code < 0);
    assert_string_equal(c.error.report, report);
    compiled_end(&c);
}

static void check_text_report(const char *text, const char *report)
{
    const gale_template_text files[] = { { "t.html", text }, { NULL, NULL } };

    check_report(files, report);
}

static void test_report(void **state)
{
    (void)state;
    check_text_report("one\n  <p>{% foo %}</p>\nthree", "unknown operator: 'foo' at t.html:2\n"
                                                        "      <p>{% foo %}</p>\n"
                                                        "         ^\n");
    check_text_report("\t{% if x %}\t{% endif %}\r\n", "unknown operator: 'endif' at t.html:1\n"
                                                       "    \t{% if x %}\t{% endif %}\n"
                                                       "    \t          \t^\n"
                                                       "every block ends with {% end %}\n");
    check_text_report("{% if x %}{% else if y %}{% end %}",
                      "else takes nothing more at t.html:1\n"
                      "    {% if x %}{% else if y %}{% end %}\n"
                      "              ^\n"
                      "{% elif … %} is meant?\n");
    check_text_report("\xc3\xa4 \xe4\xbd\xa0\xe5\xa5\xbd e\xcc\x81 {% foo %}",
                      "unknown operator: 'foo' at t.html:1\n"
                      "    \xc3\xa4 \xe4\xbd\xa0\xe5\xa5\xbd e\xcc\x81 {% foo %}\n"
                      "           "
                      "  ^\n");
    check_text_report("\x1b[31m\x07{% foo %}", "unknown operator: 'foo' at t.html:1\n"
                                               "    ?[31m?{% foo %}\n"
                                               "          ^\n");
}

/* A long line is cut around the caret. */
static void test_report_of_long_lines(void **state)
{
    char text[1200], report[2048];
    struct compiled c;
    const gale_template_text files[] = { { "t.txt", text }, { NULL, NULL } };
    const char *caret;

    (void)state;
    memset(text, 'a', 600);
    text[600] = '\0';
    append(text, sizeof(text), "{% foo %}", 1);
    append(text, sizeof(text), "b", 500);
    compile_files(&c, files, NULL);
    snprintf(report, sizeof(report), "%s", c.error.report);
    compiled_end(&c);
    assert_true(strlen(report) < 300);
    caret = strstr(report, "^\n");
    assert_non_null(caret);
    assert_non_null(strstr(report, "…aaaa"));
    assert_non_null(strstr(report, "bbbb…\n"));
    /* The caret stands below the tag: "…" is one column and three bytes. */
    const char *source = strchr(report, '\n') + 1;
    const char *below = strchr(source, '\n') + 1;

    assert_int_equal(strstr(source, "{% foo") - source - 2, caret - below);
}

static void test_included(void **state)
{
    const gale_template_text files[] = {
        { "a.html", "{% include b.html %}" },
        { "b.html", "\n{% include 'c.html' %}" },
        { "c.html", "x{{ }}" },
        { NULL, NULL },
    };

    (void)state;
    check_report(files, "Empty expression at c.html:1 (via b.html:2, a.html:1)\n"
                        "    x{{ }}\n"
                        "     ^\n");
}

static void test_extended(void **state)
{
    const gale_template_text files[] = {
        { "sub.html", "\n{% extends 'base.html' %}" },
        { "base.html", "{% end %}" },
        { NULL, NULL },
    };

    (void)state;
    check_report(files, "Extra {% end %} block at base.html:1 (via sub.html:2)\n"
                        "    {% end %}\n"
                        "    ^\n");
}

static void test_missing_files(void **state)
{
    const gale_template_text files[] = { { "a.html", "x\n{% include b.html %}" }, { NULL, NULL } };
    struct compiled c;

    (void)state;
    compile_files(&c, files, NULL);
    assert_int_equal(c.code, GALE_ENOTFOUND);
    assert_string_equal(c.error.message, "template 'b.html' not found at a.html:2");
    assert_int_equal(c.error.line, 2);
    compiled_end(&c);
}

static void test_without_loader(void **state)
{
    const char *texts[] = { "{% extends \"b\" %}", "{% include b %}" };
    const char *names[] = { "extends", "include" };

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct compiled c = { 0 };
        char message[100];

        c.code = gale__template_compile(&c.arena, "<string>", gale__str(texts[i]), NULL, NULL,
                                        &c.program, &c.error);
        assert_int_equal(c.code, GALE_EINVAL);
        snprintf(message, sizeof(message),
                 "{%% %s %%} block found, but no template loader at <string>:1", names[i]);
        assert_string_equal(c.error.message, message);
        compiled_end(&c);
    }
}

static void test_cycles(void **state)
{
    const gale_template_text including[] = {
        { "a.html", "{% include b.html %}" },
        { "b.html", "\n{% include a.html %}" },
        { NULL, NULL },
    };
    const gale_template_text extending[] = {
        { "a.html", "{% extends b.html %}" },
        { "b.html", "{% extends a.html %}" },
        { NULL, NULL },
    };

    (void)state;
    check_report(including, "a.html includes itself at b.html:2 (via a.html:1)\n"
                            "    {% include a.html %}\n"
                            "    ^\n");
    check_report(extending, "a.html extends itself at b.html:1 (via a.html:1)\n"
                            "    {% extends a.html %}\n"
                            "    ^\n");
}

static void test_nesting(void **state)
{
    char text[4000] = "";
    struct compiled c;
    const gale_template_text files[] = { { "t.txt", text }, { NULL, NULL } };

    (void)state;
    append(text, sizeof(text), "{% if x %}", 41);
    append(text, sizeof(text), "{% end %}", 41);
    compile_files(&c, files, NULL);
    assert_string_equal(c.error.message, "blocks within each other are limited to 40 at t.txt:1");
    assert_int_equal(c.error.column, 401);
    compiled_end(&c);
}

/* Includes that double at each level end with an error, soon. */
static void test_multiplying_includes(void **state)
{
    char texts[40][60], names[41][10];
    gale_template_text files[41] = { 0 };
    struct compiled c;

    (void)state;
    for (int i = 0; i < 40; i++) {
        snprintf(names[i], sizeof(names[i]), "f%d", i);
        snprintf(texts[i], sizeof(texts[i]), "{%% include f%d %%}{%% include f%d %%}", i + 1,
                 i + 1);
        files[i] = (gale_template_text){ names[i], texts[i] };
    }
    snprintf(texts[39], sizeof(texts[39]), "x");
    compile_files(&c, files, NULL);
    assert_int_equal(c.code, GALE_EINVAL);
    assert_non_null(strstr(c.error.message, "too large"));
    compiled_end(&c);
}

static void test_options(void **state)
{
    const gale_template_text files[] = { { "t.txt", "a" }, { NULL, NULL } };
    gale_template_options options = { .whitespace = "some" };
    struct compiled c;

    (void)state;
    compile_files(&c, files, &options);
    assert_string_equal(c.error.message, "invalid whitespace mode some at t.txt");
    compiled_end(&c);
    options = (gale_template_options){ .autoescape = "1 +" };
    compile_files(&c, files, &options);
    assert_int_equal(c.code, GALE_EINVAL);
    compiled_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tags_without_end),
        cmocka_unit_test(test_empty_tags),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_clauses_outside),
        cmocka_unit_test(test_order_of_clauses),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_missing_parts),
        cmocka_unit_test(test_too_much),
        cmocka_unit_test(test_jumps),
        cmocka_unit_test(test_extends_inside),
        cmocka_unit_test(test_places_in_expressions),
        cmocka_unit_test(test_report),
        cmocka_unit_test(test_report_of_long_lines),
        cmocka_unit_test(test_included),
        cmocka_unit_test(test_extended),
        cmocka_unit_test(test_missing_files),
        cmocka_unit_test(test_without_loader),
        cmocka_unit_test(test_cycles),
        cmocka_unit_test(test_nesting),
        cmocka_unit_test(test_multiplying_includes),
        cmocka_unit_test(test_options),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_inherit - extends, blocks, include: what is put where, whose settings count, and how an
 * error says by which tags its file came in.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/template.h>

#include "compiled.h"
#include "verify.h"

static const char *const places = "ZeroDivisionError: division by zero at ";

/* The place in the message of a division by zero. */
static void check_place(const gale_template_text *files, const char *place)
{
    char *page = render_files_with(files, NULL, "{}");

    assert_memory_equal(page, places, strlen(places));
    assert_string_equal(page + strlen(places), place);
    free(page);
}

static void test_blocks(void **state)
{
    const gale_template_text files[] = {
        { "sub", "ignored{% extends base %}{% block b %}mine{% end %}{{ nope }}" },
        { "base", "<{% block a %}base{% end %}|{% block b %}base{% end %}>" },
        { NULL, NULL },
    };

    (void)state;
    assert_files(files, "<base|mine>");
    assert_renders("{% block a %}x{% end %}{% block a %}y{% end %}", "yy");
}

static void test_nested_blocks(void **state)
{
    const gale_template_text inner[] = {
        { "sub", "{% extends base %}{% block in %}mine{% end %}" },
        { "base", "<{% block out %}({% block in %}base{% end %}){% end %}>" },
        { NULL, NULL },
    };
    const gale_template_text outer[] = {
        { "sub", "{% extends base %}{% block out %}mine{% end %}" },
        { "base", "<{% block out %}({% block in %}base{% end %}){% end %}>" },
        { NULL, NULL },
    };
    const gale_template_text both[] = {
        { "sub", "{% extends base %}{% block out %}[{% block in %}x{% end %}]{% end %}" },
        { "base", "<{% block out %}({% block in %}base{% end %}){% end %}>" },
        { NULL, NULL },
    };

    (void)state;
    assert_files(inner, "<(mine)>");
    assert_files(outer, "<mine>");
    assert_files(both, "<[x]>");
}

/* The definition nearest to the template counts. */
static void test_chain(void **state)
{
    const gale_template_text files[] = {
        { "c", "{% extends b %}{% block x %}c{% end %}" },
        { "b", "{% extends a %}{% block x %}b{% end %}{% block y %}b{% end %}" },
        { "a", "{% block x %}a{% end %}{% block y %}a{% end %}{% block z %}a{% end %}" },
        { NULL, NULL },
    };

    (void)state;
    assert_files(files, "cba");
}

static void test_several_extends(void **state)
{
    const gale_template_text files[] = {
        { "t", "{% extends a %}{% extends b %}{% block x %}t{% end %}" },
        { "a", "{% block x %}a{% end %}{% block y %}a{% end %}" },
        { "b", "b:{% block x %}b{% end %}{% block y %}b{% end %}{% block z %}b{% end %}" },
        { NULL, NULL },
    };

    (void)state;
    assert_files(files, "b:tab");
}

static void test_include(void **state)
{
    const gale_template_text files[] = {
        { "t", "{% set v = 1 %}{% for i in items %}{% include 'part' %},{% end %}{{ v }}" },
        { "part", "{{ i }}{{ v }}{% set v = v + 1 %}" },
        { NULL, NULL },
    };

    (void)state;
    assert_files(files, "11,22,33,4");
}

static void test_block_in_a_loop(void **state)
{
    const gale_template_text files[] = {
        { "t", "{% extends base %}{% block item %}<{{ i }}>{% end %}" },
        { "base", "{% for i in items %}{% block item %}{{ i }}{% end %}{% end %}" },
        { NULL, NULL },
    };

    (void)state;
    assert_files(files, "<1><2><3>");
}

/* Blocks of included files can be replaced too. */
static void test_blocks_of_included_files(void **state)
{
    const gale_template_text files[] = {
        { "t", "{% extends base %}{% block in %}mine{% end %}" },
        { "base", "<{% include part %}>" },
        { "part", "({% block in %}part{% end %})" },
        { NULL, NULL },
    };

    (void)state;
    assert_files(files, "<(mine)>");
}

static void test_included_file_must_not_extend(void **state)
{
    const gale_template_text files[] = {
        { "t", "{% include part %}" },
        { "part", "x{% extends base %}" },
        { "base", "" },
        { NULL, NULL },
    };
    struct compiled c;

    (void)state;
    compile_files(&c, files, NULL);
    assert_string_equal(c.error.message,
                        "an included template cannot extend another at part:1 (via t:1)");
    compiled_end(&c);
}

/* --- whose settings count ---- */

static void check_escape(const char *first, const char *escape, const char *expected)
{
    static const gale_template_text all[] = {
        { "escaped", "{% autoescape xhtml_escape %}{{ s }}" },
        { "unescaped", "{% autoescape None %}{{ s }}" },
        { "default", "{{ s }}" },
        { "include", "{% include escaped %} {% include unescaped %} {% include default %}" },
        { "escaped_block", "{% autoescape xhtml_escape %}{% block n %}base: {{ s }}{% end %}" },
        { "unescaped_block", "{% autoescape None %}{% block n %}base: {{ s }}{% end %}" },
        { "escaped_extends_unescaped",
          "{% autoescape xhtml_escape %}{% extends \"unescaped_block\" %}" },
        { "escaped_overrides_unescaped",
          "{% autoescape xhtml_escape %}{% extends \"unescaped_block\" %}"
          "{% block n %}extended: {{ s }}{% end %}" },
        { "unescaped_extends_escaped", "{% autoescape None %}{% extends \"escaped_block\" %}" },
        { "unescaped_overrides_escaped", "{% autoescape None %}{% extends \"escaped_block\" %}"
                                         "{% block n %}extended: {{ s }}{% end %}" },
        { "raw", "{% autoescape xhtml_escape %}{{ s }}{% raw s %}" },
        { NULL, NULL },
    };
    gale_template_options options = { .autoescape = escape };
    gale_loader *loader = gale_dict_loader_new(all, &options);
    gale_template_error error = { 0 };
    char *page = gale_loader_generate(loader, first, json_pack("{s:s}", "s", "<b>"), NULL, &error);

    assert_string_equal(error.message, "");
    assert_string_equal(page, expected);
    free(page);
    gale_loader_free(loader);
}

static void test_autoescape_is_of_each_file(void **state)
{
    (void)state;
    check_escape("include", NULL, "&lt;b&gt; <b> &lt;b&gt;");
    check_escape("include", "None", "&lt;b&gt; <b> <b>");
    check_escape("escaped_block", NULL, "base: &lt;b&gt;");
    check_escape("unescaped_block", NULL, "base: <b>");
    check_escape("escaped_extends_unescaped", NULL, "base: <b>");
    check_escape("escaped_overrides_unescaped", NULL, "extended: &lt;b&gt;");
    check_escape("unescaped_extends_escaped", NULL, "base: &lt;b&gt;");
    check_escape("unescaped_overrides_escaped", NULL, "extended: <b>");
    check_escape("raw", "None", "&lt;b&gt;<b>");
    check_escape("default", "url_escape", "%3Cb%3E");
}

/* --- places of errors ---- */

static void test_error_in_expression(void **state)
{
    const gale_template_text files[] = { { "test.html", "one\ntwo{{1/0}}\nthree\n" },
                                         { NULL, NULL } };

    (void)state;
    check_place(files, "test.html:2");
}

static void test_error_in_directive(void **state)
{
    const gale_template_text files[] = { { "test.html", "one\ntwo{%if 1/0%}\nthree{%end%}\n" },
                                         { NULL, NULL } };

    (void)state;
    check_place(files, "test.html:2");
}

static void test_error_in_include(void **state)
{
    const gale_template_text files[] = {
        { "base.html", "{% include 'sub.html' %}" },
        { "sub.html", "{{1/0}}" },
        { NULL, NULL },
    };

    (void)state;
    check_place(files, "sub.html:1 (via base.html:1)");
}

static void test_error_in_base(void **state)
{
    const gale_template_text files[] = {
        { "sub.html", "{% extends 'base.html' %}" },
        { "base.html", "{{1/0}}" },
        { NULL, NULL },
    };

    (void)state;
    check_place(files, "base.html:1");
}

static void test_error_in_block(void **state)
{
    const gale_template_text files[] = {
        { "sub.html", "\n{% extends 'base.html' %}\n{% block 'block' %}\n{{1/0}}\n{% end %}\n" },
        { "base.html", "{% block 'block' %}{% end %}" },
        { NULL, NULL },
    };
    const gale_template_text own[] = {
        { "t.html", "a\n{% block b %}{{1/0}}{% end %}" },
        { NULL, NULL },
    };

    (void)state;
    check_place(files, "sub.html:4 (via base.html:1)");
    check_place(own, "t.html:2");
}

static void test_error_in_three_includes(void **state)
{
    const gale_template_text files[] = {
        { "a.html", "{% include 'b.html' %}" },
        { "b.html", "{% include 'c.html' %}" },
        { "c.html", "{{1/0}}" },
        { NULL, NULL },
    };

    (void)state;
    check_place(files, "c.html:1 (via b.html:1, a.html:1)");
}

static void test_error_in_lambda_and_apply(void **state)
{
    const gale_template_text files[] = {
        { "a.html", "{% include b.html %}\n{% apply f(1) %}{% end %}" },
        { "b.html", "\n{% set f = lambda x:\n 1 / 0 %}" },
        { NULL, NULL },
    };

    (void)state;
    check_place(files, "b.html:3 (via a.html:1)");
}

/* --- limits ---- */

static void test_deep_includes(void **state)
{
    char texts[120][40], names[120][8];
    gale_template_text files[121] = { 0 };
    struct compiled c;

    (void)state;
    for (int i = 0; i < 120; i++) {
        snprintf(names[i], sizeof(names[i]), "f%d", i);
        snprintf(texts[i], sizeof(texts[i]), "{%% include f%d %%}", i + 1);
        files[i] = (gale_template_text){ names[i], texts[i] };
    }
    memcpy(texts[35], "end", sizeof("end"));
    compile_files(&c, files, NULL);
    assert_int_equal(c.code, 0);
    verify_program(c.program);
    compiled_end(&c);
    memcpy(texts[35], "{% include f36 %}", sizeof("{% include f36 %}"));
    memcpy(texts[119], "end", sizeof("end"));
    compile_files(&c, files, NULL);
    assert_int_equal(c.code, GALE_EINVAL);
    assert_non_null(strstr(c.error.message, "within each other are limited to 40"));
    compiled_end(&c);
}

/* finally is written for each way out: many in each other are refused, not computed for ever. */
static void test_many_copies(void **state)
{
    char text[8000] = "";
    const gale_template_text files[] = { { "t", text }, { NULL, NULL } };
    struct compiled c;

    (void)state;
    append(text, sizeof(text), "{% try %}{{ x }}{% finally %}", 38);
    append(text, sizeof(text), "{% end %}", 38);
    compile_files(&c, files, NULL);
    assert_int_equal(c.code, GALE_EINVAL);
    assert_non_null(strstr(c.error.message, "too large"));
    compiled_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_nested_blocks),
        cmocka_unit_test(test_chain),
        cmocka_unit_test(test_several_extends),
        cmocka_unit_test(test_include),
        cmocka_unit_test(test_block_in_a_loop),
        cmocka_unit_test(test_blocks_of_included_files),
        cmocka_unit_test(test_included_file_must_not_extend),
        cmocka_unit_test(test_autoescape_is_of_each_file),
        cmocka_unit_test(test_error_in_expression),
        cmocka_unit_test(test_error_in_directive),
        cmocka_unit_test(test_error_in_include),
        cmocka_unit_test(test_error_in_base),
        cmocka_unit_test(test_error_in_block),
        cmocka_unit_test(test_error_in_three_includes),
        cmocka_unit_test(test_error_in_lambda_and_apply),
        cmocka_unit_test(test_deep_includes),
        cmocka_unit_test(test_many_copies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_contextual_ways - contextual autoescape follows the HTML on every way through a template:
 * where two of them meet it must be in the same state, else the template does not compile.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/template.h>

#include "compiled.h"
#include "verify.h"

static const gale_template_options contextual = { .autoescape = "contextual" };

static void check_files(const gale_template_text *files, const char *expected)
{
    char *page = render_files_with(
        files, &contextual,
        "{\"x\": 1, \"no\": 0, \"s\": \"<b>\", \"u\": \"javascript:a\", \"items\": [1, 2]}");

    assert_string_equal(page, expected);
    free(page);
}

static void check(const char *text, const char *expected)
{
    const gale_template_text files[] = { { "t.txt", text }, { NULL, NULL } };

    check_files(files, expected);
}

static void refuse(const char *text, const char *why, int column)
{
    const gale_template_text files[] = { { "t.txt", text }, { NULL, NULL } };
    char message[300];
    struct compiled c;

    compile_files(&c, files, &contextual);
    assert_int_equal(c.code, GALE_EINVAL);
    snprintf(message, sizeof(message),
             "contextual autoescape: the HTML is in another state %s at t.txt:1", why);
    assert_string_equal(c.error.message, message);
    assert_int_equal(c.error.column, column);
    compiled_end(&c);
}

static void test_branches(void **state)
{
    (void)state;
    check("<a{% if x %} class='{{ s }}'{% end %} href='{{ u }}'>{{ s }}</a>",
          "<a class='&lt;b&gt;' href='about:invalid#gale'>&lt;b&gt;</a>");
    check("{% if no %}<script>{{ s }}</script>{% else %}{{ s }}{% end %}{{ s }}",
          "&lt;b&gt;&lt;b&gt;");
    refuse("{% if x %}<script>{% else %}{% end %}", "at the end of this branch than of the first",
           19);
    refuse("a{% if x %}<a href='{% end %}", "at the end of this block, which need not be written",
           2);
}

static void test_loops(void **state)
{
    (void)state;
    check("{% for i in items %}<i title='{{ s }}'>{% end %}{{ s }}",
          "<i title='&lt;b&gt;'><i title='&lt;b&gt;'>&lt;b&gt;");
    check("<script>var a = [{% for i in items %}{{ i }},{% end %}];</script>",
          "<script>var a = [ 1 , 2 ,];</script>");
    refuse("{% for i in items %}<script>{% end %}", "at the end of this loop than at its begin", 1);
    refuse("{% for i in items %}<script>{% break %}</script>{% end %}",
           "here than at the begin of the loop", 29);
    refuse("{% while x %}<!--{% continue %}-->{% end %}", "here than at the begin of the loop", 18);
}

/* What failed has written nothing, so that what follows stands where it seems to. */
static void test_try(void **state)
{
    (void)state;
    check("{% try %}<script>{{ 1/0 }}</script>{% except %}{{ s }}{% end %}", "&lt;b&gt;");
    check("{% try %}<i>{{ s }}{% except %}{% end %}", "<i>&lt;b&gt;");
    check("{% for i in items %}{% try %}<script>{{ 1/0 }}</script>{% finally %}{% break %}{% end %}"
          "{% end %}{{ s }}",
          "&lt;b&gt;");
    check("{% for i in items %}{% try %}<i>{% break %}{% except %}{% finally %}f{% end %}{% end %}",
          "<i>f");
    refuse("{% try %}a{% except %}<script>{% end %}",
           "at the end of this branch than of the try block", 11);
}

static void test_other_files(void **state)
{
    const gale_template_text files[] = {
        { "t.txt", "{% extends base.txt %}{% block value %}{% include part.txt %}{% end %}" },
        { "base.txt",
          "<a href='{{ u }}'></a><script>var a = {% block value %}0{% end %};</script>" },
        { "part.txt", "{{ s }}" },
        { NULL, NULL },
    };
    const gale_template_text plain[] = {
        { "t.txt", "{% include plain.txt %}{{ s }}</script>" },
        { "plain.txt", "{% autoescape None %}<script>a = {{ s }} + " },
        { NULL, NULL },
    };

    (void)state;
    check_files(files,
                "<a href='about:invalid#gale'></a><script>var a = \"\\u003cb\\u003e\";</script>");
    check_files(plain, "<script>a = <b> + \"\\u003cb\\u003e\"</script>");
}

static void test_what_is_not_escaped(void **state)
{
    (void)state;
    check("<p>{% raw s %}{% apply squeeze %}<i>{{ s }}{% end %}</p>", "<p><b><i>&lt;b&gt;</p>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_branches),
        cmocka_unit_test(test_loops),
        cmocka_unit_test(test_try),
        cmocka_unit_test(test_other_files),
        cmocka_unit_test(test_what_is_not_escaped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

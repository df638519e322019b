/* test_whitespace - what is left of blanks: the modes, who chooses them, <pre>. */
/* SPDX-License-Identifier: MIT */
#include <gale/template.h>

#include "compiled.h"

static void check_filter(const char *mode, const char *text, const char *expected)
{
    char copy[256];
    int n;

    snprintf(copy, sizeof(copy), "%s", text);
    n = gale_filter_whitespace(mode, copy, strlen(copy));
    assert_int_equal(n, strlen(expected));
    assert_memory_equal(copy, expected, strlen(expected));
}

static void test_modes(void **state)
{
    static const char text[] = " a\t b \n\n  c  ";

    (void)state;
    check_filter("all", text, text);
    check_filter("single", text, " a b\nc ");
    check_filter("oneline", text, " a b c ");
    check_filter("single", "", "");
    check_filter("single", "\t\t", " ");
    check_filter("single", " \n ", "\n");
    check_filter("oneline", "\n", " ");
    check_filter("single", "a\r\nb", "a\nb");
    check_filter("single", "a \f\t b", "a \f b");
    check_filter("oneline", "a \f\t b", "a b");
}

/* As Python's \s: also the blanks of Unicode. */
static void test_wide_blanks(void **state)
{
    (void)state;
    check_filter("single", "a\xc2\xa0\n\xe2\x80\x83 b", "a\nb");
    check_filter("single", "a\xc2\xa0\xc2\xa0 b", "a\xc2\xa0\xc2\xa0 b");
    check_filter("oneline", "a\xe3\x80\x80 \xc2\x85\x1c b", "a b");
    check_filter("oneline", "\xe2\x80\x8b \xc3\xa0 ", "\xe2\x80\x8b \xc3\xa0 ");
}

static void test_unknown_mode(void **state)
{
    char text[] = "a";

    (void)state;
    assert_int_equal(gale_filter_whitespace("some", text, 1), GALE_EINVAL);
    assert_string_equal(gale_strerror(GALE_EINVAL), "invalid whitespace mode some");
}

static void check_file(const char *name, const char *mode, const char *text, const char *expected)
{
    const gale_template_text files[] = { { name, text }, { NULL, NULL } };
    const gale_template_options options = { .whitespace = mode };
    char *page = render_files_with(files, &options, "{}");

    assert_string_equal(page, expected);
    free(page);
}

static void test_by_name(void **state)
{
    (void)state;
    check_file("a.html", NULL, "a  b\n\n c", "a b\nc");
    check_file("a.js", NULL, "a  b\n\n c", "a b\nc");
    check_file("a.txt", NULL, "a  b\n\n c", "a  b\n\n c");
    check_file("html", NULL, "a  b", "a  b");
    check_file("a.HTML", NULL, "a  b", "a  b");
}

static void test_option_before_name(void **state)
{
    (void)state;
    check_file("a.html", "all", "a  b\n\n c", "a  b\n\n c");
    check_file("a.txt", "oneline", "a  b\n\n c", "a b c");
    check_file("a.txt", "oneline", "a  b{% whitespace all %}a  b", "a ba  b");
}

static void test_directive(void **state)
{
    (void)state;
    check_file("t", NULL, "{% whitespace oneline %} a \n b {% whitespace all %} c \n",
               " a b  c \n");
    check_file("t", NULL, "a  b{% whitespace single %}a  b{{ 'x  y' }}", "a  ba bx  y");
    /* It counts for what follows in the file, in blocks and behind them. */
    check_file("t", NULL, "{% if True %}{% whitespace single %}a  b{% end %}a  b", "a ba b");
}

/* Each piece of text is looked at alone: so it is in Tornado. */
static void test_pieces(void **state)
{
    (void)state;
    check_file("a.html", NULL, "a  {# c #}  b", "a  b");
    check_file("a.html", NULL, "a  {{!  b", "a {{ b");
    check_file("a.html", NULL, "<p>  x</p>{{ 1 }}<pre>  y  </pre>  {{ 2 }}  z",
               "<p> x</p>1<pre>  y  </pre>  2 z");
}

static void test_each_file_has_its_own(void **state)
{
    const gale_template_text files[] = {
        { "a.html", "a  b{% include b.txt %}a  b{% include c.html %}a  b" },
        { "b.txt", "a  b" },
        { "c.html", "{% whitespace all %}a  b" },
        { NULL, NULL },
    };

    (void)state;
    assert_files(files, "a ba  ba ba  ba b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_wide_blanks),
        cmocka_unit_test(test_unknown_mode),
        cmocka_unit_test(test_by_name),
        cmocka_unit_test(test_option_before_name),
        cmocka_unit_test(test_directive),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_each_file_has_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_codegen.c - programs written as C, without a compiler for it: what cannot be written, and
 * memory that runs out. What the C does is compared in test_tornado.py. */
/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "base/alloc.h"
#include "template/loader.h"

static gale_template *compile(const char *text)
{
    gale_template_error error;
    gale_template *t = gale_template_new((gale_str){ text, strlen(text) }, "t.html", NULL, NULL,
                                         &error);

    if (!t)
        print_message("%s", error.report);
    assert_non_null(t);
    return t;
}

static char *c_of(const char *text)
{
    gale_template *t = compile(text);
    gale_template_out out;

    gale__heap_out_init(&out);
    assert_int_equal(gale__template_codegen(t->program, "x", &out), 0);
    gale_template_unref(t);
    return gale__heap_out_take(&out, NULL);
}

static void check_has(const char *text, const char *wanted)
{
    char *c = c_of(text);

    if (!strstr(c, wanted))
        print_message("%s\n", c);
    assert_non_null(strstr(c, wanted));
    free(c);
}

static void texts_are_literals_of_c(void **state)
{
    (void)state;
    check_has("a\"b\\c", "gale_rt_text(r, &o, \"a\\\"b\\\\c\", 5)");
    check_has("\?\?=", "gale_rt_text(r, &o, \"\\?\\?=\", 3)");
    check_has("\xc3\xa9"
              "1",
              "\"\\303\\2511\", 3)");
    check_has("{% raw '%s' %}", "\"%s\"");
}

static void a_long_text_is_written_in_pieces(void **state)
{
    char text[2501];
    char *c;

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = 0;
    c = c_of(text);
    assert_non_null(strstr(c, ", 1000);"));
    assert_non_null(strstr(c, ", 500);"));
    free(c);
}

static void a_template_that_is_c_already_is_refused(void **state)
{
    const gale_template_program program = { .version = GALE_TEMPLATE_RUNTIME, .name = "t.html" };
    gale_template_out out;

    (void)state;
    gale__heap_out_init(&out);
    assert_int_equal(gale__template_codegen(&program, "x", &out), GALE_EINVAL);
    assert_string_equal(gale_strerror(GALE_EINVAL), "template 't.html' has no code");
    gale__heap_out_free(&out);
}

static void memory_runs_out(void **state)
{
    gale_template *t = compile("{% try %}{{ f(1, x=2) }}{% except E %}{% for a in b %}{{ a }}"
                               "{% end %}{% end %}{{ (lambda x: x)(1) }}");
    int r = -1;

    (void)state;
    for (unsigned long n = 1; r < 0; n++) {
        gale_template_out out;

        assert_true(n < 100);
        gale__heap_out_init(&out);
        gale__alloc_fail(n);
        r = gale__template_codegen(t->program, "x", &out);
        gale__alloc_fail(0);
        assert_true(r == 0 || r == -ENOMEM);
        gale__heap_out_free(&out);
    }
    gale_template_unref(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_literals_of_c),
        cmocka_unit_test(a_long_text_is_written_in_pieces),
        cmocka_unit_test(a_template_that_is_c_already_is_refused),
        cmocka_unit_test(memory_runs_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

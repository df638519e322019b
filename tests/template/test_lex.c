/* test_lex - a text is cut into texts and tags by Tornado's rules, each with its place. */
/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/str.h"
#include "template/nodes.h"

/* The pieces as text: T(text) E(expression) B(tag) C(comment), each with line:column of its content
 * for tags and of its begin for text; or the error. */
static const char *pieces_of(struct gale__buf *out, gale_str text)
{
    struct gale__cutter l = { text, 0, 1, 1 };
    struct gale__syntax_error error;
    struct gale__piece p;

    gale__buf_reset(out);
    for (;;) {
        if (gale__lex_piece(&l, &p, &error) < 0) {
            gale__buf_printf(out, "!%s@%u:%u", error.message, error.line, error.column);
            break;
        }
        if (p.kind == GALE__PIECE_END)
            break;
        gale__buf_printf(out, "%c(%.*s)%u:%u ", "TEBC"[p.kind], (int)p.span.text.len,
                         p.span.text.ptr, p.span.line, p.span.column);
    }
    return gale__buf_cstr(out);
}

static void check(const char *text, const char *expected)
{
    struct gale__buf out;

    gale__buf_init(&out, 1 << 16);
    assert_string_equal(pieces_of(&out, gale__str(text)), expected);
    gale__buf_deinit(&out);
}

static void test_tags(void **state)
{
    (void)state;
    check("", "");
    check("plain", "T(plain)1:1 ");
    check("a{{ x }}b", "T(a)1:1 E(x)1:5 T(b)1:9 ");
    check("{%if x%}{% end %}", "B(if x)1:3 B(end)1:12 ");
    check("{# c #}{#}#}", "C(c)1:4 C(})1:10 ");
    check("{{x}}", "E(x)1:3 ");
    check("{{ }}{%%}", "E()1:4 B()1:8 ");
}

/* A tag ends at the first of its closing characters, wherever that is. */
static void test_first_closing(void **state)
{
    (void)state;
    check("{{ '}}' }}", "E(')1:4 T(' }})1:7 ");
    check("{{ {1:{}} }}", "E({1:{)1:4 T( }})1:10 ");
    check("{% set x = '%}' %}", "B(set x = ')1:4 T(' %})1:15 ");
    check("{{ a %} }}", "E(a %})1:4 ");
    check("{{ a }b} }}", "E(a }b})1:4 ");
    check("{% %%}", "B(%)1:4 ");
}

static void test_escaped_openings(void **state)
{
    (void)state;
    check("{{!x}} {%!y%} {#!z#}", "T({{)1:1 T(x}} )1:4 T({%)1:8 T(y%} )1:11 T({#)1:15 T(z#})1:18 ");
    check("{{!{{ a }}", "T({{)1:1 E(a)1:7 ");
    check("{{ !a }}", "E(!a)1:4 ");
}

static void test_many_braces(void **state)
{
    (void)state;
    check("{{{x}}}", "T({)1:1 E(x)1:4 T(})1:7 ");
    check("{{{{x}}}}", "T({{)1:1 E(x)1:5 T(}})1:8 ");
    check("\\textbf{{{x}}}", "T(\\textbf{)1:1 E(x)1:11 T(})1:14 ");
    check("{{{%x%}", "T({)1:1 !Missing end expression }}@1:2");
    check("{{%x%}", "!Missing end expression }}@1:1");
}

static void test_lone_braces(void **state)
{
    (void)state;
    check("{", "T({)1:1 ");
    check("a{b}{", "T(a{b}{)1:1 ");
    check("{ {x} }", "T({ {x} })1:1 ");
    check("}}%}#}", "T(}}%}#})1:1 ");
    check("{{", "!Missing end expression }}@1:1");
    check("{%", "!Missing end block %}@1:1");
    check("{#", "!Missing end comment #}@1:1");
    check("{{!", "T({{)1:1 ");
}

static void test_lines_and_columns(void **state)
{
    (void)state;
    check("a\nbc{{\n\n  x }}\n{% y\n%}z", "T(a\nbc)1:1 E(x)4:3 T(\n)4:7 B(y)5:4 T(z)6:3 ");
    check("\xc3\xa4\xe2\x82\xac{{ \xf0\x9f\x98\x80 }}{{ y }}",
          "T(\xc3\xa4\xe2\x82\xac)1:1 E(\xf0\x9f\x98\x80)1:6 E(y)1:13 ");
    check("\r\n\t{{ x }}", "T(\r\n\t)1:1 E(x)2:5 ");
    check("\n\n{{", "T(\n\n)1:1 !Missing end expression }}@3:1");
    check("ab {% if", "T(ab )1:1 !Missing end block %}@1:4");
}

/* However a text is cut short, the pieces before the cut are the same. */
static void test_every_prefix(void **state)
{
    static const char text[] = "a{{ x }}{% if y %}{# c #}{{!z}}{{{u}}}\n{% end %}{";
    struct gale__buf out;

    (void)state;
    gale__buf_init(&out, 1 << 16);
    for (size_t n = 0; n < sizeof(text); n++) {
        const char *pieces = pieces_of(&out, (gale_str){ text, n });

        assert_non_null(pieces);
        assert_true(n < 8 || strncmp(pieces, "T(a)1:1 E(x)1:5 ", 16) == 0);
    }
    gale__buf_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tags),
        cmocka_unit_test(test_first_closing),
        cmocka_unit_test(test_escaped_openings),
        cmocka_unit_test(test_many_braces),
        cmocka_unit_test(test_lone_braces),
        cmocka_unit_test(test_lines_and_columns),
        cmocka_unit_test(test_every_prefix),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

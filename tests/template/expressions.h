/* expressions.h - tables of expressions and what Python 3.11 makes of them. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TESTS_TEMPLATE_EXPRESSIONS_H
#define GALE_TESTS_TEMPLATE_EXPRESSIONS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gale/template.h>

struct expression {
    const char *text;
    const char *expected; /* of an exception: "!", its class and message */
};

/* The text that {{ text }} gives, or "!" and the message. For free(). */
static inline char *expression_result(const char *text)
{
    static const gale_template_options plain = { .autoescape = "None" };
    size_t size = strlen(text) + sizeof("{{  }}") + sizeof(((gale_template_error *)0)->message);
    char *source = malloc(size), *result = NULL;
    gale_template_error error = { 0 };
    gale_template *t;

    assert_non_null(source);
    snprintf(source, size, "{{ %s }}", text);
    t = gale_template_new((gale_str){ source, strlen(source) }, "t", NULL, &plain, &error);
    if (t)
        result = gale_template_generate(t, NULL, NULL, &error);
    gale_template_unref(t);
    if (result) {
        free(source);
        return result;
    }
    snprintf(source, size, "!%s", error.message);
    if (strstr(source, " at t:"))
        *strstr(source, " at t:") = 0;
    return source;
}

static inline void check_expressions(const struct expression *table, size_t n)
{
    size_t n_wrong = 0;

    for (size_t i = 0; i < n; i++) {
        char *result = expression_result(table[i].text);

        if (strcmp(result, table[i].expected) != 0) {
            print_error("%s\n  is       %s\n  expected %s\n", table[i].text, result,
                        table[i].expected);
            n_wrong++;
        }
        free(result);
    }
    assert_int_equal(n_wrong, 0);
}

#define CHECK_EXPRESSIONS(table) check_expressions(table, sizeof(table) / sizeof((table)[0]))

#endif

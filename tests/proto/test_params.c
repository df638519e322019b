/* test_params.c - parameterised field values: vectors of Tornado's behaviour, what is refused. */
/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <gale/error.h>

#include "base/clock.h"
#include "base/str.h"
#include "proto/params.h"

/* All of it as text: "value|key=value|key". */
static const char *walk(const char *field)
{
    static char out[1024];
    size_t room = strlen(field);
    char *memory = malloc(room ? room : 1), *buffer = memory;
    const char *cursor = NULL;
    struct gale__param p;
    size_t len = 0;
    int r;

    out[0] = 0;
    while ((r = gale__param_next(gale__str(field), &cursor, &buffer, &p)) > 0) {
        len += (size_t)snprintf(out + len, sizeof(out) - len, "%s%.*s", len ? "|" : "",
                                (int)p.key.len, p.key.ptr);
        if (p.value.ptr)
            len += (size_t)snprintf(out + len, sizeof(out) - len, "=%.*s", (int)p.value.len,
                                    p.value.ptr);
    }
    assert_true((size_t)(buffer - memory) <= room);
    free(memory);
    if (r < 0)
        snprintf(out + len, sizeof(out) - len, "!");
    return out;
}

static void test_vectors(void **state)
{
    static const struct {
        const char *in, *out;
    } vectors[] = {
        { "form-data; name=\"a\"; filename=\"b;c.txt\"", "form-data|name=a|filename=b;c.txt" },
        { "form-data; name=a; NAME2=\"x\\\"y\"", "form-data|name=a|name2=x\"y" },
        { "text/html; charset=utf-8", "text/html|charset=utf-8" },
        { "permessage-deflate; foo; bar=1", "permessage-deflate|foo|bar=1" },
        { "a; n*=UTF-8''%C3%A9", "a|n=\xc3\xa9" },
        { "a; n*0=\"x\"; n*1=\"y\"", "a|n=xy" },
        { "a; n=\"q\"z", "a|n=\"q\"z" },
        { "a;n=", "a|n=" },
        { "", "" },
        { "Text/HTML ; ;; b = c ;", "text/html|b=c" },
        { "a; n*=iso-8859-1'en'%E9t%e9", "a|n=\xc3\xa9t\xc3\xa9" },
        { "a; n*0*=utf-8''%C3; n*1*=%A9; n*2=\"-z\"; m=1", "a|n=\xc3\xa9-z|m=1" },
        { "a; n*0=x; n*2=y", "a|n=x|n=y" },
        { "a; f=\"C:\\dir\\x.txt\"", "a|f=C:\\dir\\x.txt" },
        { "a; f=\"a\\\\b\"", "a|f=a\\b" },
        { "a; f=\"\"", "a|f=" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
        assert_string_equal(walk(vectors[i].in), vectors[i].out);
}

static void test_refused(void **state)
{
    static const char *const bad[] = {
        "a; =b",
        "a; n=\"x",
        "a; n*=x",
        "a; n*=klingon''x",
        "a; n*=utf-8''%zz",
        "a; *=utf-8''",
        "a; n*=utf-8''%4",
        "a; n*x=1",
        "a; n*=utf-8'x",
        "a; n*-1=x",
        "a; n*1234=x",
        "a; n=\"x\\\"",
        "a; n*=utf-8''a b",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *out = walk(bad[i]);

        if (out[strlen(out) - 1] != '!')
            fail_msg("%s gave %s", bad[i], out);
    }
}

/* CVE-2025-67726: quadratic in semicolons inside of quotes. */
static void test_b24_quoted_semicolons_are_linear(void **state)
{
    enum { N = 1 << 21 };
    char *field = malloc(2 * N + 64), *memory = malloc(2 * N + 64), *buffer = memory;
    const char *cursor = NULL;
    struct gale__param p;
    int64_t start = gale__clock_ns();
    size_t len = 0;
    int n = 0;

    (void)state;
    memcpy(field, "form-data; name=\"", 17);
    for (size_t i = 0; i < N; i++)
        memcpy(field + 17 + 2 * i, i % 2 ? "\\\"" : ";;", 2);
    memcpy(field + 17 + 2 * N, "\"", 2);
    while (gale__param_next((gale_str){ field, 18 + 2 * N }, &cursor, &buffer, &p) > 0) {
        len = p.value.len;
        n++;
    }
    assert_int_equal(n, 2);
    assert_int_equal(len, N + N / 2);
    /* 4 MiB: far below a second when linear, hours when not. */
    assert_true(gale__clock_ns() - start < INT64_C(5000000000));
    free(field);
    free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_b24_quoted_semicolons_are_linear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

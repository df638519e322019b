/* test_challenge.c - WWW-Authenticate and its kin, in any order and shape. */
/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <gale/error.h>

#include "base/str.h"
#include "proto/challenge.h"

/* What a field says, in a form that can be compared: [scheme:token68]name=value; and ! at a
 * failure. */
static void tell(const char *field, char *out, size_t size)
{
    gale_str rest = gale__str(field);
    char *buffer = malloc(rest.len + 1), *p = buffer, *end = out;
    struct gale__challenge_item item;
    int r;

    *out = 0;
    while ((r = gale__challenge_next(&rest, &p, &item)) > 0) {
        assert_true(p <= buffer + strlen(field));
        if (item.scheme.ptr)
            end += snprintf(end, size - (size_t)(end - out), "[%.*s:%.*s]", (int)item.scheme.len,
                            item.scheme.ptr, (int)item.value.len, item.value.ptr);
        else
            end += snprintf(end, size - (size_t)(end - out), "%.*s=%.*s;", (int)item.name.len,
                            item.name.ptr, (int)item.value.len, item.value.ptr);
    }
    if (r < 0)
        snprintf(end, size - (size_t)(end - out), "!");
    free(buffer);
}

static void test_fields(void **state)
{
    static const char *const cases[][2] = {
        { "", "" },
        { " , ,\t", "" },
        { "Basic", "[Basic:]" },
        { "Negotiate , Basic realm=\"x\"", "[Negotiate:][Basic:]realm=x;" },
        { "NTLM TlRMTVNTUAAB==, Basic realm = \"a \\\"b\\\\ \" , charset=UTF-8",
          "[NTLM:TlRMTVNTUAAB==][Basic:]realm=a \"b\\ ;charset=UTF-8;" },
        { "Digest realm=\"a,b=c\",qop=\"auth, auth-int\", nonce=x,Digest nonce=\"\"",
          "[Digest:]realm=a,b=c;qop=auth, auth-int;nonce=x;[Digest:]nonce=;" },
        { "nextnonce=\"n\", qop=auth", "nextnonce=n;qop=auth;" },
        { "Bearer a.b-c_d~e+f/", "[Bearer:a.b-c_d~e+f/]" },
        { "Basic realm=\"open", "[Basic:]!" },
        { "Basic realm=\"a\"b", "[Basic:]!" },
        { "Basic realm=a b", "[Basic:]!" },
        { "=x", "!" },
        { "Basic\"x\"", "!" },
        { "Basic realm=\"a\\", "[Basic:]!" },
    };
    char text[300];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tell(cases[i][0], text, sizeof(text));
        assert_string_equal(text, cases[i][1]);
    }
}

/* Every beginning of a field, in memory of its own size, and two fields cut anywhere. */
static void test_every_cut(void **state)
{
    static const char field[] =
        "Digest realm=\"a \\\"b\", nonce=n, Basic realm=\"x\", NTLM abc==, Digest qop=\"auth\"";
    char text[300];

    for (size_t n = 0; n < sizeof(field); n++) {
        char *copy = malloc(n + 1);

        memcpy(copy, field, n);
        copy[n] = 0;
        tell(copy, text, sizeof(text));
        tell(field + n, text, sizeof(text));
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_every_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

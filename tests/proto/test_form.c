/* test_form.c - name=value pairs of query strings and urlencoded bodies. */
/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <gale/error.h>
#include "base/escape.h"
#include "proto/form.h"

/* Appends "[name=value]", decoded. */
static void append_field(char *out, const struct gale__form_field *field)
{
    char *p = out + strlen(out);

    *p++ = '[';
    p += gale__url_unescape_into(p, field->name, true);
    *p++ = '=';
    p += gale__url_unescape_into(p, field->value, true);
    memcpy(p, "]", 2);
}

static void test_fields(void **state)
{
    static const char *const cases[][2] = {
        { "a=1&b=2&a=3", "[a=1][b=2][a=3]" },
        { "a", "[a=]" },
        { "a=", "[a=]" },
        { "=v", "[=v]" },
        { "=", "[=]" },
        { "&&a=1&", "[a=1]" },
        { "a;b=1", "[a;b=1]" },
        { "a=%", "[a=%]" },
        { "a+b=c+d", "[a b=c d]" },
        { "%41=%42", "[A=B]" },
        { "a=b=c", "[a=b=c]" },
        { "a%3Db=%26", "[a=b=&]" },
        { "", "" },
        { "&", "" },
        { "&&&", "" },
        { "a&b", "[a=][b=]" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gale__form form;
        struct gale__form_field field;
        char out[100] = "";
        int r;

        gale__form_init(&form, (gale_str){ cases[i][0], strlen(cases[i][0]) }, 10);
        while ((r = gale__form_next(&form, &field)) > 0)
            append_field(out, &field);
        assert_int_equal(r, 0);
        assert_string_equal(out, cases[i][1]);
    }
}

static void test_plain_pieces_are_marked(void **state)
{
    struct gale__form form;
    struct gale__form_field field;

    gale__form_init(&form, (gale_str){ "a=b+c&d%20=e", 12 }, 10);
    assert_int_equal(gale__form_next(&form, &field), 1);
    assert_true(field.name_plain && !field.value_plain);
    assert_int_equal(gale__form_next(&form, &field), 1);
    assert_true(!field.name_plain && field.value_plain);
}

static void test_the_number_of_fields_is_limited(void **state)
{
    struct gale__form form;
    struct gale__form_field field;

    gale__form_init(&form, (gale_str){ "a&b&&", 5 }, 2);
    assert_int_equal(gale__form_next(&form, &field), 1);
    assert_int_equal(gale__form_next(&form, &field), 1);
    assert_int_equal(gale__form_next(&form, &field), 0);
    gale__form_init(&form, (gale_str){ "a&b&c", 5 }, 2);
    assert_int_equal(gale__form_next(&form, &field), 1);
    assert_int_equal(gale__form_next(&form, &field), 1);
    assert_int_equal(gale__form_next(&form, &field), GALE_ETOOBIG);
    assert_string_equal(gale_strerror(GALE_ETOOBIG), "more than 2 form fields");
}

static void test_nothing_at_all(void **state)
{
    struct gale__form form;
    struct gale__form_field field;

    gale__form_init(&form, (gale_str){ NULL, 0 }, 0);
    assert_int_equal(gale__form_next(&form, &field), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_plain_pieces_are_marked),
        cmocka_unit_test(test_the_number_of_fields_is_limited),
        cmocka_unit_test(test_nothing_at_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

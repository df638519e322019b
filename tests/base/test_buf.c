/* test_buf.c - the growable buffer: limits, sticky errors, consuming. */
/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <gale/error.h>

#include "base/alloc.h"
#include "check.h"

static void it_grows_up_to_its_maximum(void **state)
{
    struct gale__buf b;

    gale__buf_init(&b, 1000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(gale__buf_append_char(&b, (char)('a' + i % 26)), 0);
    assert_int_equal(b.len, 1000);
    assert_int_equal(gale__buf_append(&b, "x", 1), GALE_ETOOBIG);
    assert_int_equal(b.len, 1000);
    assert_int_equal(b.ptr[999], 'a' + 999 % 26);
    gale__buf_deinit(&b);
}

static void an_error_sticks(void **state)
{
    struct gale__buf b;

    gale__buf_init(&b, 4);
    assert_int_equal(gale__buf_append(&b, "12345", 5), GALE_ETOOBIG);
    assert_int_equal(gale__buf_append(&b, "1", 1), GALE_ETOOBIG);
    assert_int_equal(gale__buf_printf(&b, "%d", 1), GALE_ETOOBIG);
    assert_null(gale__buf_cstr(&b));
    gale__buf_reset(&b);
    assert_int_equal(gale__buf_append(&b, "1234", 4), 0);
    assert_string_equal(gale__buf_cstr(&b), "1234");
    gale__buf_deinit(&b);
}

static void consuming_takes_the_front_off(void **state)
{
    struct gale__buf b;
    int in = 0, out = 0;

    gale__buf_init(&b, 300);
    for (int round = 0; round < 1000; round++) {
        for (int i = 0; i < 7; i++, in++)
            assert_int_equal(gale__buf_append_char(&b, (char)in), 0);
        for (int i = 0; i < 7 && round > 20; i++, out++) {
            assert_int_equal(b.ptr[0], (char)out);
            gale__buf_consume(&b, 1);
        }
    }
    assert_int_equal(b.len, in - out);
    gale__buf_consume(&b, 100000);
    assert_int_equal(b.len, 0);
    gale__buf_deinit(&b);
    gale__buf_consume(&b, 1);
    gale__buf_reset(&b);
}

static void printf_of_any_length(void **state)
{
    struct gale__buf b;

    gale__buf_init(&b, 5000);
    assert_int_equal(gale__buf_printf(&b, "%*d", 4990, 7), 0);
    assert_int_equal(gale__buf_printf(&b, "%s", "0123456789"), 0);
    assert_int_equal(b.len, 5000);
    assert_memory_equal(b.ptr + 4989, "70123456789", 11);
    assert_int_equal(gale__buf_printf(&b, "%*d", 1000, 7), GALE_ETOOBIG);
    assert_int_equal(b.len, 5000);
    gale__buf_deinit(&b);
}

static void the_bytes_can_be_taken(void **state)
{
    struct gale__buf b;
    size_t len;

    gale__buf_init(&b, 10);
    gale__buf_append(&b, "xxabc", 5);
    gale__buf_consume(&b, 2);
    char *text = gale__buf_take(&b, &len);

    assert_string_equal(text, "abc");
    assert_int_equal(len, 3);
    assert_int_equal(b.len, 0);
    gale__free(text);
    text = gale__buf_take(&b, NULL);
    assert_string_equal(text, "");
    gale__free(text);
    gale__buf_append(&b, "more than ten", 13);
    assert_null(gale__buf_take(&b, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_grows_up_to_its_maximum),    cmocka_unit_test(an_error_sticks),
        cmocka_unit_test(consuming_takes_the_front_off), cmocka_unit_test(printf_of_any_length),
        cmocka_unit_test(the_bytes_can_be_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

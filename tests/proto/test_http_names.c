/* test_http_names.c - the tables of headers, methods and status phrases. */
/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "proto/http_names.h"

static unsigned id_of(const char *name)
{
    return gale__header_id(name, strlen(name));
}

static void test_every_known_header_is_found_in_any_case(void **state)
{
    for (unsigned id = 1; id < GALE__N_HEADERS; id++) {
        gale_str name = gale__header_name(id);
        char other[GALE__HEADER_NAME_MAX];

        assert_true(name.len > 0);
        assert_int_equal(gale__header_id(name.ptr, name.len), id);
        for (size_t i = 0; i < name.len; i++)
            other[i] = name.ptr[i] >= 'a' && name.ptr[i] <= 'z'   ? (char)(name.ptr[i] - 32)
                       : name.ptr[i] >= 'A' && name.ptr[i] <= 'Z' ? (char)(name.ptr[i] + 32)
                                                                  : name.ptr[i];
        assert_int_equal(gale__header_id(other, name.len), id);
    }
    assert_true(GALE__N_HEADERS <= 64); /* one bit each */
}

/* Changing any byte of a known name to any other gives no other known name. */
static void test_near_names_are_unknown(void **state)
{
    for (unsigned id = 1; id < GALE__N_HEADERS; id++) {
        gale_str name = gale__header_name(id);
        char other[GALE__HEADER_NAME_MAX];

        for (size_t i = 0; i < name.len; i++) {
            for (int byte = 0; byte < 256; byte++) {
                memcpy(other, name.ptr, name.len);
                other[i] = (char)byte;

                unsigned found = gale__header_id(other, name.len);
                gale_str known = gale__header_name(found);

                if (found)
                    assert_int_equal(strncasecmp(other, known.ptr, name.len), 0);
            }
        }
        assert_int_equal(gale__header_id(name.ptr, name.len - 1), 0);
    }
}

static void test_unknown_names(void **state)
{
    assert_int_equal(id_of(""), 0);
    assert_int_equal(id_of("x"), 0);
    assert_int_equal(id_of("X-Unknown"), 0);
    assert_int_equal(id_of("Content-Length "), 0);
    assert_int_equal(id_of("Content_Length"), 0);
    assert_int_equal(id_of("Content\rLength"), 0);
    assert_int_equal(id_of("a-name-that-is-longer-than-any-in-the-table"), 0);
    assert_int_equal(gale__header_name(0).len, 0);
    assert_int_equal(gale__header_name(10000).len, 0);
}

static void test_names_are_spelled_as_tornado_does(void **state)
{
    static const char *const cases[][2] = {
        { "content-TYPE", "Content-Type" },
        { "etag", "Etag" },
        { "x-XSRFToken", "X-Xsrftoken" },
        { "WWW-authenticate", "Www-Authenticate" },
        { "x--y", "X--Y" },
        { "3dfx-a", "3dfx-A" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char name[40] = "";

        gale__header_normalise(name, cases[i][0], strlen(cases[i][0]));
        assert_string_equal(name, cases[i][1]);
    }
    for (unsigned id = 1; id < GALE__N_HEADERS; id++) {
        char name[GALE__HEADER_NAME_MAX];
        gale_str known = gale__header_name(id);

        gale__header_normalise(name, known.ptr, known.len);
        assert_memory_equal(name, known.ptr, known.len);
    }
}

static void test_methods(void **state)
{
    assert_int_equal(gale__method_id("GET", 3), GALE__METHOD_GET);
    assert_int_equal(gale__method_id("OPTIONS", 7), GALE__METHOD_OPTIONS);
    assert_int_equal(gale__method_id("get", 3), GALE__METHOD_OTHER);
    assert_int_equal(gale__method_id("GE", 2), GALE__METHOD_OTHER);
    assert_int_equal(gale__method_id("", 0), GALE__METHOD_OTHER);
    for (unsigned i = 1; i < GALE__N_METHODS; i++) {
        gale_str name = gale__method_name((enum gale__method)i);

        assert_int_equal(gale__method_id(name.ptr, name.len), i);
    }
    assert_int_equal(gale__method_name(GALE__METHOD_OTHER).len, 0);
}

static void test_status_phrases(void **state)
{
    assert_string_equal(gale__status_phrase(200), "OK");
    assert_string_equal(gale__status_phrase(404), "Not Found");
    assert_string_equal(gale__status_phrase(413), "Content Too Large");
    assert_string_equal(gale__status_phrase(422), "Unprocessable Content");
    assert_string_equal(gale__status_phrase(431), "Request Header Fields Too Large");
    assert_string_equal(gale__status_phrase(599), "Unknown");
    assert_string_equal(gale__status_phrase(-1), "Unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_known_header_is_found_in_any_case),
        cmocka_unit_test(test_near_names_are_unknown),
        cmocka_unit_test(test_unknown_names),
        cmocka_unit_test(test_names_are_spelled_as_tornado_does),
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_status_phrases),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

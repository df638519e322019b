/* test_escape.c - HTML and URL escapes, UTF-8 repair, squeeze: the inventory's vectors. */
/* SPDX-License-Identifier: MIT */
#include "base/escape.h"

#include <gale/error.h>

#include "base/str.h"
#include "check.h"

static struct gale__buf out;

static int setup(void **state)
{
    gale__buf_init(&out, 100000);
    return 0;
}

static int teardown(void **state)
{
    gale__buf_deinit(&out);
    return 0;
}

static void html_is_escaped(void **state)
{
    assert_int_equal(gale__xhtml_escape(&out, GALE__STR("<a href=\"x\">'&'</a>\xc3\xa9")), 0);
    check_str(gale__buf_str(&out),
              "&lt;a href=&quot;x&quot;&gt;&#x27;&amp;&#x27;&lt;/a&gt;\xc3\xa9");
    gale__buf_reset(&out);
    assert_int_equal(gale__xhtml_escape(&out, (gale_str){ NULL, 0 }), 0);
    check_str(gale__buf_str(&out), "");
}

static void urls_are_escaped(void **state)
{
    static const struct {
        gale_str in;
        const char *plus, *path;
    } cases[] = {
        { { "a b", 3 }, "a+b", "a%20b" },
        { { "a/b", 3 }, "a%2Fb", "a/b" },
        { { "\xc3\xa9", 2 }, "%C3%A9", "%C3%A9" },
        { { "~-_.", 4 }, "~-_.", "~-_." },
        { { "%", 1 }, "%25", "%25" },
        { { "+", 1 }, "%2B", "%2B" },
        { { "&=?", 3 }, "%26%3D%3F", "%26%3D%3F" },
        { { "\0", 1 }, "%00", "%00" },
    };

    for (size_t i = 0; i < N_OF(cases); i++) {
        gale__buf_reset(&out);
        assert_int_equal(gale__url_escape(&out, cases[i].in, true), 0);
        check_str(gale__buf_str(&out), cases[i].plus);
        gale__buf_reset(&out);
        assert_int_equal(gale__url_escape(&out, cases[i].in, false), 0);
        check_str(gale__buf_str(&out), cases[i].path);
    }
}

static void urls_are_unescaped(void **state)
{
    static const struct {
        const char *in, *plus, *path;
    } cases[] = {
        { "a+b%20c", "a b c", "a+b c" },
        { "%zz", "%zz", "%zz" },
        { "%C3%A9", "\xc3\xa9", "\xc3\xa9" },
        { "%E9", "\xe9", "\xe9" },
        { "%2", "%2", "%2" },
        { "%", "%", "%" },
        { "%4%41", "%4A", "%4A" },
        { "", "", "" },
    };

    for (size_t i = 0; i < N_OF(cases); i++) {
        gale__buf_reset(&out);
        assert_int_equal(gale__url_unescape(&out, gale__str(cases[i].in), true), 0);
        check_str(gale__buf_str(&out), cases[i].plus);
        gale__buf_reset(&out);
        assert_int_equal(gale__url_unescape(&out, gale__str(cases[i].in), false), 0);
        check_str(gale__buf_str(&out), cases[i].path);
    }
    gale__buf_reset(&out);
    assert_int_equal(gale__url_unescape(&out, GALE__STR("a%00"), true), 0);
    assert_int_equal(out.len, 2);
    assert_memory_equal(out.ptr, "a\0", 2);
}

static void unescaping_works_in_place(void **state)
{
    char text[] = "%61%62+c";
    size_t len = gale__url_unescape_into(text, gale__str(text), true);

    check_str((gale_str){ text, len }, "ab c");
}

static void every_byte_survives_a_url(void **state)
{
    char all[256];
    struct gale__buf back;

    gale__buf_init(&back, 1000);
    for (int i = 0; i < 256; i++)
        all[i] = (char)i;
    gale__url_escape(&out, (gale_str){ all, 256 }, true);
    gale__url_unescape(&back, gale__buf_str(&out), true);
    assert_int_equal(back.len, 256);
    assert_memory_equal(back.ptr, all, 256);
    gale__buf_deinit(&back);
}

static void broken_utf8_is_repaired(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        { "\xe9", "\xef\xbf\xbd" },
        { "a\xffz", "a\xef\xbf\xbdz" },
        { "\xe2\x82", "\xef\xbf\xbd" }, /* one character cut short */
        { "\xf0\x9f\x98x", "\xef\xbf\xbdx" },
        { "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" }, /* a surrogate */
        { "\xc3\xa9", "\xc3\xa9" },
    };

    for (size_t i = 0; i < N_OF(cases); i++) {
        gale__buf_reset(&out);
        assert_int_equal(gale__utf8_repair(&out, gale__str(cases[i].in)), 0);
        check_str(gale__buf_str(&out), cases[i].out);
    }
}

static void white_space_is_squeezed(void **state)
{
    assert_int_equal(gale__squeeze(&out, GALE__STR(" \t a \n\r b\v\x01 c\0 ")), 0);
    check_str(gale__buf_str(&out), "a b c");
}

static void a_full_buffer_says_so(void **state)
{
    struct gale__buf small;

    gale__buf_init(&small, 3);
    assert_int_equal(gale__xhtml_escape(&small, GALE__STR("<")), GALE_ETOOBIG);
    gale__buf_deinit(&small);
    assert_int_equal(gale__url_escape(&small, GALE__STR("  %"), true), GALE_ETOOBIG);
    gale__buf_deinit(&small);
    assert_int_equal(gale__url_unescape(&small, GALE__STR("%20%"), true), GALE_ETOOBIG);
    gale__buf_deinit(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(html_is_escaped, setup, teardown),
        cmocka_unit_test_setup_teardown(urls_are_escaped, setup, teardown),
        cmocka_unit_test_setup_teardown(urls_are_unescaped, setup, teardown),
        cmocka_unit_test(unescaping_works_in_place),
        cmocka_unit_test_setup_teardown(every_byte_survives_a_url, setup, teardown),
        cmocka_unit_test_setup_teardown(broken_utf8_is_repaired, setup, teardown),
        cmocka_unit_test_setup_teardown(white_space_is_squeezed, setup, teardown),
        cmocka_unit_test(a_full_buffer_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_scan.c - all levels of a scan give the same answers and read nothing outside.
 *
 * The input ends where a page without access begins (and begins after one), so a byte read
 * too much is a crash.
 */
/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/char_class.h"
#include "proto/scan.h"

enum { MAX_LEN = 100 };

typedef const char *scan_fn(enum gale__scan_level level, const char *p, const char *end);

static char *page; /* one page between two that cannot be touched */
static size_t page_size;

static int map_pages(void **state)
{
    page_size = (size_t)sysconf(_SC_PAGESIZE);

    char *all = mmap(NULL, 3 * page_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (all == MAP_FAILED)
        return -1;
    page = all + page_size;
    return mprotect(page, page_size, PROT_READ | PROT_WRITE);
}

static int unmap_pages(void **state)
{
    return munmap(page - page_size, 3 * page_size);
}

/* Where a scan stops that was written without cleverness. */
static size_t expected_stop(const char *p, size_t len, int class)
{
    size_t i = 0;

    while (i < len && GALE__CHAR_IS(p[i], class))
        i++;
    return i;
}

static void check_levels(scan_fn *scan, int class, const char *p, size_t len)
{
    size_t expected = expected_stop(p, len, class);

    for (int level = GALE__SCAN_SCALAR; level <= (int)gale__scan_best(); level++)
        assert_int_equal(scan((enum gale__scan_level)level, p, p + len) - p, expected);
}

/* Every byte at every place of every length, at the end and at the start of the page. */
static void check_scan(scan_fn *scan, int class)
{
    for (size_t len = 0; len <= MAX_LEN; len++) {
        char *at_end = page + page_size - len;

        memset(page, 'a', len);
        memset(at_end, 'a', len);
        check_levels(scan, class, at_end, len);
        check_levels(scan, class, page, len);
        for (size_t i = 0; i < len; i++) {
            for (int byte = 0; byte < 256; byte++) {
                at_end[i] = (char)byte;
                check_levels(scan, class, at_end, len);
            }
            at_end[i] = 'a';
        }
    }
}

static void test_token_levels_agree(void **state)
{
    check_scan(gale__scan_token, GALE__CHAR_TOKEN);
}

static void test_target_levels_agree(void **state)
{
    check_scan(gale__scan_target, GALE__CHAR_TARGET);
}

static void test_value_levels_agree(void **state)
{
    check_scan(gale__scan_value, GALE__CHAR_VALUE);
}

/* The first of two stops counts, whichever step of a vector they fall into. */
static void test_the_first_stop_counts(void **state)
{
    char *p = page + page_size - MAX_LEN;

    for (size_t i = 0; i < MAX_LEN; i++) {
        for (size_t j = i; j < MAX_LEN; j++) {
            memset(p, 'a', MAX_LEN);
            p[i] = p[j] = '\0';
            check_levels(gale__scan_token, GALE__CHAR_TOKEN, p, MAX_LEN);
            check_levels(gale__scan_target, GALE__CHAR_TARGET, p, MAX_LEN);
            check_levels(gale__scan_value, GALE__CHAR_VALUE, p, MAX_LEN);
        }
    }
}

static void test_the_classes_are_those_of_the_rfc(void **state)
{
    for (int c = 0; c < 256; c++) {
        bool alnum = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        bool punct = c && c < 128 && strchr("!#$%&'*+-.^_`|~", c) != NULL;

        assert_int_equal(GALE__CHAR_IS(c, GALE__CHAR_TOKEN), alnum || punct);
        assert_int_equal(GALE__CHAR_IS(c, GALE__CHAR_TARGET), c > 0x20 && c != 0x7f && c != '#');
        assert_int_equal(GALE__CHAR_IS(c, GALE__CHAR_VALUE), c == '\t' || (c >= 0x20 && c != 0x7f));
        assert_int_equal(GALE__CHAR_IS(c, GALE__CHAR_OWS), c == '\t' || c == ' ');
        assert_int_equal(GALE__CHAR_IS(c, GALE__CHAR_REGNAME),
                         alnum || (c && c < 128 && strchr("-._~!$&'()*+;=", c) != NULL));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_token_levels_agree),
        cmocka_unit_test(test_target_levels_agree),
        cmocka_unit_test(test_value_levels_agree),
        cmocka_unit_test(test_the_first_stop_counts),
        cmocka_unit_test(test_the_classes_are_those_of_the_rfc),
    };

    return cmocka_run_group_tests(tests, map_pages, unmap_pages);
}

/* check.h - cmocka with what it needs included before it, and slices compared as text. */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BASE_CHECK_H
#define TESTS_BASE_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <gale/base.h>

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

/* The slice is exactly this text. */
static inline void check_str(gale_str s, const char *expected)
{
    if (s.len != strlen(expected) || (s.len && memcmp(s.ptr, expected, s.len) != 0))
        fail_msg("got '%.*s', expected '%s'", (int)s.len, s.ptr ? s.ptr : "", expected);
}

#endif

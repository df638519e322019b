/* cmocka.h - the little of cmocka that the tests run under an emulator use, for a target that
 * has no cmocka package. The names and meanings are cmocka's; a failed assertion ends the
 * program at once, so its line is the last thing it says.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TESTS_CROSS_CMOCKA_H
#define GALE_TESTS_CROSS_CMOCKA_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct CMUnitTest {
    const char *name;
    void (*test)(void **state);
    int (*setup)(void **state);
    int (*teardown)(void **state);
};

static inline void cross_check(bool holds, const char *text, const char *file, int line)
{
    if (holds)
        return;
    printf("%s:%d: does not hold: %s\n[  FAILED  ] 1 test(s)\n", file, line, text);
    fflush(stdout);
    _Exit(1);
}

static inline bool cross_skip(const char *file, int line)
{
    printf("%s:%d: skipped\n", file, line);
    return true;
}

static inline bool cross_same(const void *a, const void *b, size_t size)
{
    return memcmp(a, b, size) == 0;
}

static inline int cross_run(const struct CMUnitTest *tests, size_t n, int (*setup)(void **),
                            int (*teardown)(void **))
{
    void *group = NULL;

    if (setup && setup(&group))
        return 1;
    for (size_t i = 0; i < n; i++) {
        void *state = group;

        printf("[ RUN      ] %s\n", tests[i].name);
        fflush(stdout);
        if (tests[i].setup && tests[i].setup(&state))
            return 1;
        tests[i].test(&state);
        if (tests[i].teardown && tests[i].teardown(&state))
            return 1;
    }
    if (teardown && teardown(&group))
        return 1;
    printf("[  PASSED  ] %zu test(s).\n", n);
    return 0;
}

#define CROSS_CHECK(holds) cross_check((holds), #holds, __FILE__, __LINE__)
#define CROSS_INT(x) ((intmax_t)(x))

#define cmocka_unit_test(f)                                                                        \
    {                                                                                              \
#f, f, NULL, NULL                                                                          \
    }
#define cmocka_unit_test_setup(f, setup)                                                           \
    {                                                                                              \
#f, f, setup, NULL                                                                         \
    }
#define cmocka_unit_test_teardown(f, teardown)                                                     \
    {                                                                                              \
#f, f, NULL, teardown                                                                      \
    }
#define cmocka_unit_test_setup_teardown(f, setup, teardown)                                        \
    {                                                                                              \
#f, f, setup, teardown                                                                     \
    }
#define cmocka_run_group_tests(tests, setup, teardown)                                             \
    cross_run(tests, sizeof(tests) / sizeof((tests)[0]), setup, teardown)
#define cmocka_run_group_tests_name(name, tests, setup, teardown)                                  \
    cmocka_run_group_tests(tests, setup, teardown)

#define skip()                                                                                     \
    do {                                                                                           \
        if (cross_skip(__FILE__, __LINE__))                                                        \
            return;                                                                                \
    } while (0)
#define fail() cross_check(false, "fail()", __FILE__, __LINE__)
#define fail_msg(...) (printf(__VA_ARGS__), fail())
#define print_message(...) printf(__VA_ARGS__)
#define print_error(...) printf(__VA_ARGS__)
#define assert_true(x) CROSS_CHECK(!!(x))
#define assert_false(x) CROSS_CHECK(!(x))
#define assert_null(x) CROSS_CHECK((x) == NULL)
#define assert_non_null(x) CROSS_CHECK((x) != NULL)
#define assert_ptr_equal(a, b) CROSS_CHECK((const void *)(a) == (const void *)(b))
#define assert_ptr_not_equal(a, b) CROSS_CHECK((const void *)(a) != (const void *)(b))
#define assert_int_equal(a, b) CROSS_CHECK(CROSS_INT(a) == CROSS_INT(b))
#define assert_int_not_equal(a, b) CROSS_CHECK(CROSS_INT(a) != CROSS_INT(b))
#define assert_in_range(x, low, high)                                                              \
    CROSS_CHECK(CROSS_INT(x) >= CROSS_INT(low) && CROSS_INT(x) <= CROSS_INT(high))
#define assert_return_code(x, error) CROSS_CHECK((x) >= 0)
#define assert_string_equal(a, b) CROSS_CHECK(strcmp((a), (b)) == 0)
#define assert_string_not_equal(a, b) CROSS_CHECK(strcmp((a), (b)) != 0)
#define assert_memory_equal(a, b, n) CROSS_CHECK(cross_same((a), (b), (n)))
#define assert_memory_not_equal(a, b, n) CROSS_CHECK(!cross_same((a), (b), (n)))
#define assert_float_equal(a, b, e) CROSS_CHECK((a) - (b) <= (e) && (b) - (a) <= (e))

#endif

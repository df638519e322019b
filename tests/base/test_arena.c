/* test_arena.c - arenas: alignment, big objects, deferred calls, reuse of blocks. Built
 * twice: also with GALE_ARENA_MALLOC. */
/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include <gale/error.h>

#include "base/alloc.h"
#include "check.h"

static void objects_are_aligned_and_apart(void **state)
{
    struct gale__arena a;
    char *last = NULL;

    gale__arena_init(&a);
    for (size_t size = 0; size < 200; size++) {
        char *p = gale__arena_alloc(&a, size);

        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 16, 0);
        assert_ptr_not_equal(p, last);
        memset(p, (int)size, size);
        last = p;
    }
    gale__arena_reset(&a);
    gale__arena_pool_free();
}

static void a_big_object_leaves_the_others_whole(void **state)
{
    struct gale__arena a;

    gale__arena_init(&a);
    char *small = gale__arena_strndup(&a, "small", 5);
    char *big = gale__arena_alloc(&a, 100000);
    char *next = gale__arena_strndup(&a, "next", 4);

    memset(big, 'x', 100000);
    assert_string_equal(small, "small");
    assert_string_equal(next, "next");
    gale__arena_reset(&a);

    big = gale__arena_alloc(&a, 5000); /* as the first object */
    next = gale__arena_alloc(&a, 16);
    memset(big, 'x', 5000);
    memset(next, 'y', 16);
    assert_int_equal(big[4999], 'x');
    gale__arena_reset(&a);
    gale__arena_pool_free();
}

static void absurd_sizes_fail(void **state)
{
    struct gale__arena a;

    gale__arena_init(&a);
    assert_null(gale__arena_alloc(&a, SIZE_MAX));
    assert_null(gale__arena_alloc(&a, SIZE_MAX / 2 + 1));
    assert_null(gale__arena_strndup(&a, "x", SIZE_MAX));
    gale__arena_reset(&a);
}

static void texts_are_made(void **state)
{
    struct gale__arena a;

    gale__arena_init(&a);
    assert_string_equal(gale__arena_printf(&a, "%s-%d", "a", 7), "a-7");
    assert_string_equal(gale__arena_strndup(&a, NULL, 0), "");
    const char *zeroed = gale__arena_zalloc(&a, 3000);

    for (int i = 0; i < 3000; i++)
        assert_int_equal(zeroed[i], 0);
    gale__arena_reset(&a);
    gale__arena_pool_free();
}

static char order[8];
static char one[] = "1", two[] = "2", three[] = "3";

static void note(void *arg)
{
    size_t len = strlen(order);

    snprintf(order + len, sizeof(order) - len, "%s", (char *)arg);
}

static void deferred_calls_run_backwards_once(void **state)
{
    struct gale__arena a;

    gale__arena_init(&a);
    assert_int_equal(gale__arena_defer(&a, note, one), 0);
    assert_int_equal(gale__arena_defer(&a, note, two), 0);
    assert_int_equal(gale__arena_defer(&a, note, three), 0);
    gale__arena_reset(&a);
    gale__arena_reset(&a);
    assert_string_equal(order, "321");
    gale__arena_pool_free();
}

static struct gale__arena *deferring;

static void defer_more(void *arg)
{
    assert_int_equal(gale__arena_defer(deferring, note, one), 0);
}

static void a_deferred_call_may_defer(void **state)
{
    struct gale__arena a;

    order[0] = 0;
    gale__arena_init(&a);
    deferring = &a;
    assert_int_equal(gale__arena_defer(&a, defer_more, NULL), 0);
    gale__arena_reset(&a);
    assert_string_equal(order, "1");
    gale__arena_pool_free();
}

#ifndef GALE_ARENA_MALLOC
static void steady_state_allocates_nothing(void **state)
{
    struct gale__arena a;
    unsigned long before = 0;

    gale__arena_init(&a);
    for (int round = 0; round < 100; round++) {
        if (round == 1)
            before = gale__alloc_count();
        for (int i = 0; i < 100; i++)
            assert_non_null(gale__arena_alloc(&a, 100));
        gale__arena_reset(&a);
    }
    assert_int_equal(gale__alloc_count(), before);
    gale__arena_pool_free();
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_are_aligned_and_apart),
        cmocka_unit_test(a_big_object_leaves_the_others_whole),
        cmocka_unit_test(absurd_sizes_fail),
        cmocka_unit_test(texts_are_made),
        cmocka_unit_test(deferred_calls_run_backwards_once),
        cmocka_unit_test(a_deferred_call_may_defer),
#ifndef GALE_ARENA_MALLOC
        cmocka_unit_test(steady_state_allocates_nothing),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

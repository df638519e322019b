/* test_list.c - the list, and the clock that only goes forward. */
/* SPDX-License-Identifier: MIT */
#include "base/list.h"

#include "base/clock.h"
#include "check.h"

static void nodes_keep_their_order(void **state)
{
    struct gale__list head, nodes[3] = { { 0 } };

    gale__list_init(&head);
    assert_true(gale__list_empty(&head));
    assert_null(gale__list_first(&head));
    for (int i = 0; i < 3; i++)
        gale__list_append(&head, &nodes[i]);
    assert_true(gale__list_linked(&nodes[1]));
    gale__list_remove(&nodes[1]);
    gale__list_remove(&nodes[1]);
    assert_false(gale__list_linked(&nodes[1]));
    assert_ptr_equal(gale__list_first(&head), &nodes[0]);
    gale__list_remove(&nodes[0]);
    assert_ptr_equal(gale__list_first(&head), &nodes[2]);
    gale__list_remove(&nodes[2]);
    assert_true(gale__list_empty(&head));
}

static void the_clock_does_not_go_back(void **state)
{
    int64_t before = gale__clock_ns();

    for (int i = 0; i < 1000; i++) {
        int64_t now = gale__clock_ns();

        assert_true(now >= before);
        before = now;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_keep_their_order),
        cmocka_unit_test(the_clock_does_not_go_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

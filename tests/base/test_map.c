/* test_map.c - the hash map against a plain table, while keys come and go. */
/* SPDX-License-Identifier: MIT */
#include "base/map.h"

#include "base/str.h"
#include "check.h"

enum { N_KEYS = 500 };

static void keys_come_and_go(void **state)
{
    static char names[N_KEYS][16];
    bool present[N_KEYS] = { false };
    struct gale__map m = { 0 };
    unsigned random = 1;
    size_t n = 0;

    for (int i = 0; i < N_KEYS; i++)
        snprintf(names[i], sizeof(names[i]), "key%d", i);
    for (int step = 0; step < 20000; step++) {
        random = random * 1103515245 + 12345;
        unsigned i = random / 65536 % N_KEYS;

        if (random & 1 << 30) {
            assert_int_equal(gale__map_set(&m, gale__str(names[i]), names[i]), !present[i]);
            n += !present[i];
            present[i] = true;
        } else {
            assert_ptr_equal(gale__map_remove(&m, gale__str(names[i])),
                             present[i] ? names[i] : NULL);
            n -= present[i];
            present[i] = false;
        }
        assert_int_equal(m.n, n);
    }
    for (int i = 0; i < N_KEYS; i++)
        assert_ptr_equal(gale__map_get(&m, gale__str(names[i])), present[i] ? names[i] : NULL);
    size_t at = 0, seen = 0;

    while (gale__map_next(&m, &at))
        seen++;
    assert_int_equal(seen, n);
    gale__map_deinit(&m);
}

static void an_empty_map_and_an_empty_key(void **state)
{
    struct gale__map m = { 0 };
    char empty[] = "empty", again[] = "again";
    size_t at = 0;

    assert_null(gale__map_get(&m, GALE__STR("x")));
    assert_null(gale__map_remove(&m, GALE__STR("x")));
    assert_null(gale__map_next(&m, &at));
    assert_int_equal(gale__map_set(&m, (gale_str){ NULL, 0 }, empty), 1);
    assert_string_equal(gale__map_get(&m, GALE__STR("")), "empty");
    assert_int_equal(gale__map_set(&m, GALE__STR(""), again), 0);
    assert_string_equal(gale__map_get(&m, (gale_str){ NULL, 0 }), "again");
    gale__map_deinit(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_come_and_go),
        cmocka_unit_test(an_empty_map_and_an_empty_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

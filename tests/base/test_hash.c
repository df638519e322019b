/* test_hash.c - hashes: fixed values (they go into ETags), pieces, hexadecimal. */
/* SPDX-License-Identifier: MIT */
#include "base/hash.h"

#include "check.h"

static void hex_is_what_printf_writes(void **state)
{
    static const uint64_t hashes[] = { 0, 1, 0x0123456789abcdefu, UINT64_MAX, 0xfedcba9876543210u };
    char expected[GALE__HASH_HEX + 1], text[GALE__HASH_HEX];

    for (size_t i = 0; i < N_OF(hashes); i++) {
        snprintf(expected, sizeof(expected), "%016llx", (unsigned long long)hashes[i]);
        gale__hash_hex(hashes[i], text);
        assert_memory_equal(text, expected, GALE__HASH_HEX);
    }
}

static void the_value_never_changes(void **state)
{
    /* XXH3's published value for the empty input. */
    assert_true(gale__hash(NULL, 0) == 0x2d06800538d394c2u);
    assert_true(gale__hash("a", 1) != gale__hash("b", 1));
}

static void pieces_hash_as_the_whole(void **state)
{
    char text[5000];
    struct gale__hash_state *hash = gale__hash_begin();

    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)(i * 7);
    assert_non_null(hash);
    gale__hash_add(hash, text, 100);
    gale__hash_add(hash, text + 100, 0);
    gale__hash_add(hash, text + 100, sizeof(text) - 100);
    assert_true(gale__hash_end(hash) == gale__hash(text, sizeof(text)));
}

static void seeds_differ(void **state)
{
    assert_true(gale__hash_seed() != gale__hash_seed());
    assert_true(gale__hash_seeded("a", 1, 1) != gale__hash_seeded("a", 1, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex_is_what_printf_writes),
        cmocka_unit_test(the_value_never_changes),
        cmocka_unit_test(pieces_hash_as_the_whole),
        cmocka_unit_test(seeds_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

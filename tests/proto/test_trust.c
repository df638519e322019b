/* test_trust.c - networks of trusted proxies: prefixes to the bit, mapped peers, bad entries. */
/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <gale/error.h>

#include "base/alloc.h"
#include "proto/trust.h"

static bool trusts(const char *network, const char *peer)
{
    const char *list[] = { network, NULL };
    uint8_t bytes[16];
    uint8_t family = gale__ip_parse(peer, strlen(peer), bytes);
    int error;
    struct gale__trust *t = gale__trust_new("trusted_downstream", list, &error);
    bool is_in;

    assert_int_not_equal(family, 0);
    assert_int_equal(error, 0);
    assert_non_null(t);
    is_in = gale__trust_has(t, family, bytes);
    gale__free(t);
    return is_in;
}

struct edge {
    const char *network, *in, *out; /* out may be NULL: no address is */
};

static void check_edges(const struct edge *edges, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!trusts(edges[i].network, edges[i].in))
            fail_msg("%s has not %s", edges[i].network, edges[i].in);
        if (edges[i].out && trusts(edges[i].network, edges[i].out))
            fail_msg("%s has %s", edges[i].network, edges[i].out);
    }
}

/* in is the far end of the network, out the address behind it or in front of it: each
 * differs from it in the last bit of the prefix only. */
static void ipv4_prefixes_count_to_the_bit(void **state)
{
    static const struct edge edges[] = {
        { "0.0.0.0/0", "255.255.255.255", NULL },
        { "0.0.0.0/1", "127.255.255.255", "128.0.0.0" },
        { "128.0.0.0/1", "255.255.255.255", "127.255.255.255" },
        { "10.0.0.0/7", "11.255.255.255", "12.0.0.0" },
        { "10.0.0.0/7", "10.0.0.0", "8.0.0.0" },
        { "10.0.0.0/8", "10.255.255.255", "11.0.0.0" },
        { "10.0.0.0/9", "10.127.255.255", "10.128.0.0" },
        { "10.128.0.0/9", "10.255.255.255", "10.127.255.255" },
        { "172.16.0.0/12", "172.31.255.255", "172.32.0.0" },
        { "172.16.0.0/12", "172.16.0.0", "172.15.255.255" },
        { "192.168.0.0/16", "192.168.255.255", "192.169.0.0" },
        { "10.1.16.0/20", "10.1.31.255", "10.1.32.0" },
        { "10.1.16.0/20", "10.1.16.0", "10.1.15.255" },
        { "10.1.2.0/24", "10.1.2.255", "10.1.3.0" },
        { "10.1.2.2/31", "10.1.2.3", "10.1.2.4" },
        { "10.1.2.2/31", "10.1.2.2", "10.1.2.1" },
        { "10.1.2.3/32", "10.1.2.3", "10.1.2.2" },
        { "10.1.2.3", "10.1.2.3", "10.1.2.2" },
    };

    check_edges(edges, sizeof(edges) / sizeof(edges[0]));
}

static void ipv6_prefixes_count_to_the_bit(void **state)
{
    static const struct edge edges[] = {
        { "::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL },
        { "2000::/3", "3fff:ffff::1", "4000::" },
        { "2000::/3", "2000::", "1fff:ffff::1" },
        { "2001:db8:0:2::/64", "2001:db8:0:2:ffff:ffff:ffff:ffff", "2001:db8:0:3::" },
        { "2001:db8:0:2::/65", "2001:db8:0:2:7fff:ffff:ffff:ffff", "2001:db8:0:2:8000::" },
        { "2001:db8:0:2:8000::/65", "2001:db8:0:2:ffff::", "2001:db8:0:2:7fff::" },
        { "2001:db8::2/127", "2001:db8::3", "2001:db8::4" },
        { "2001:db8::2/127", "2001:db8::2", "2001:db8::1" },
        { "2001:db8::3/128", "2001:db8::3", "2001:db8::2" },
        { "2001:db8::3", "2001:db8::3", "2001:db8::2" },
    };

    check_edges(edges, sizeof(edges) / sizeof(edges[0]));
}

/* A prefix matches whatever the bits behind it are in the entry. */
static void bits_behind_the_prefix_do_not_count(void **state)
{
    assert_true(trusts("10.1.31.7/20", "10.1.16.1"));
    assert_false(trusts("10.1.31.7/20", "10.1.32.1"));
    assert_true(trusts("2001:db8::ffff/65", "2001:db8::1"));
}

static void mapped_peers_count_as_ipv4(void **state)
{
    assert_true(trusts("10.0.0.0/8", "::ffff:10.1.2.3"));
    assert_false(trusts("10.0.0.0/8", "::ffff:11.1.2.3"));
    assert_true(trusts("10.1.16.0/20", "::ffff:10.1.31.255"));
    assert_false(trusts("10.1.16.0/20", "::ffff:10.1.32.0"));
    assert_false(trusts("::/0", "::ffff:10.1.2.3"));
    assert_false(trusts("10.0.0.0/8", "::10.1.2.3"));
    assert_false(trusts("10.0.0.0/8", "::fffe:10.1.2.3"));
}

static void families_are_apart(void **state)
{
    assert_false(trusts("0.0.0.0/0", "2001:db8::1"));
    assert_false(trusts("::/0", "10.1.2.3"));
}

static void any_entry_of_the_list_is_enough(void **state)
{
    const char *list[] = { "10.0.0.0/8", "192.168.7.0/24", "::1", NULL };
    static const uint8_t first[] = { 10, 9, 9, 9 }, second[] = { 192, 168, 7, 1 };
    static const uint8_t none[] = { 192, 168, 8, 1 }, third[16] = { [15] = 1 };
    int error;
    struct gale__trust *t = gale__trust_new("trusted_downstream", list, &error);

    assert_non_null(t);
    assert_true(gale__trust_has(t, 4, first));
    assert_true(gale__trust_has(t, 4, second));
    assert_true(gale__trust_has(t, 6, third));
    assert_false(gale__trust_has(t, 4, none));
    gale__free(t);
}

static void without_a_list_it_is_the_loopback(void **state)
{
    static const uint8_t near[] = { 127, 255, 0, 1 }, far[] = { 128, 0, 0, 1 };
    static const uint8_t near6[16] = { [15] = 1 }, far6[16] = { [15] = 2 };
    int error;
    struct gale__trust *t = gale__trust_new("trusted_downstream", NULL, &error);

    assert_non_null(t);
    assert_true(gale__trust_has(t, 4, near));
    assert_false(gale__trust_has(t, 4, far));
    assert_true(gale__trust_has(t, 6, near6));
    assert_false(gale__trust_has(t, 6, far6));
    gale__free(t);
}

static void an_empty_list_trusts_unix_sockets_only(void **state)
{
    const char *list[] = { NULL };
    static const uint8_t loopback[] = { 127, 0, 0, 1 };
    int error;
    struct gale__trust *t = gale__trust_new("trusted_downstream", list, &error);

    assert_non_null(t);
    assert_false(gale__trust_has(t, 4, loopback));
    assert_true(gale__trust_has(t, 0, NULL));
    gale__free(t);
}

/* Short forms are refused, as are entries that say one thing and would mean another. */
static void bad_entries_are_named(void **state)
{
    static const char *const bad[] = {
        "10.0.0.0/33",
        "2001:db8::/129",
        "foo",
        "",
        "/8",
        "10.0.0.0/",
        "10.0.0.0/-1",
        "10.0.0.0/8x",
        "10.0.0.0/x",
        "10.0.0.0/8/8",
        "10.0.0.0/ 8",
        "10.0.0.0/+8",
        " 10.0.0.0",
        "10.0.0.0 ",
        "10/8",
        "10.1",
        "127.1",
        "167772160",
        "0x0a000000",
        "10.0.0",
        "010.0.0.0",
        "10.0.0.256",
        "10.0.0.0/99999999999999999999",
        "10.0.0.0/4294967304",
        "[::1]",
        "::1%lo",
        "10.0.0.1:80",
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *list[] = { "10.0.0.0/8", bad[i], NULL };
        int error = 0;
        struct gale__trust *t = gale__trust_new("trusted_downstream", list, &error);
        char quoted[64];

        if (t || error != GALE_EINVAL)
            fail_msg("'%s': error %d", bad[i], error);
        snprintf(quoted, sizeof(quoted), "'%s'", bad[i]);
        if (!strstr(gale_strerror(error), quoted))
            fail_msg("'%s' is not in: %s", bad[i], gale_strerror(error));
    }
}

static void peers_in_short_form_are_no_addresses(void **state)
{
    static const char *const bad[] = { "",
                                       "10.1",
                                       "127.1",
                                       "2130706433",
                                       "1.2.3.4.5",
                                       "::1 ",
                                       "2001:db8:0000:0000:0000:0000:0000:0000:0000:0000:0001" };
    uint8_t bytes[16];

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(gale__ip_parse(bad[i], strlen(bad[i]), bytes), 0);
    assert_int_equal(gale__ip_parse("10.1.2.3, ::1", 8, bytes), 4);
    assert_int_equal(gale__ip_parse("::1", 3, bytes), 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ipv4_prefixes_count_to_the_bit),
        cmocka_unit_test(ipv6_prefixes_count_to_the_bit),
        cmocka_unit_test(bits_behind_the_prefix_do_not_count),
        cmocka_unit_test(mapped_peers_count_as_ipv4),
        cmocka_unit_test(families_are_apart),
        cmocka_unit_test(any_entry_of_the_list_is_enough),
        cmocka_unit_test(without_a_list_it_is_the_loopback),
        cmocka_unit_test(an_empty_list_trusts_unix_sockets_only),
        cmocka_unit_test(bad_entries_are_named),
        cmocka_unit_test(peers_in_short_form_are_no_addresses),
    };

    return cmocka_run_group_tests_name("trust", tests, NULL, NULL) != 0;
}

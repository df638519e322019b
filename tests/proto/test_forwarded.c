/* test_forwarded.c - addresses read strictly; Forwarded and X-Forwarded-For from the right. */
/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <gale/error.h>

#include "base/str.h"
#include "proto/forwarded.h"
#include "proto/ip.h"

static void test_c16_only_whole_addresses_are_addresses(void **state)
{
    static const char *const good[] = { "0.0.0.0", "127.0.0.1",   "255.255.255.255",  "::",
                                        "::1",     "2001:db8::1", "::ffff:192.0.2.1", "fe80::1" };
    static const char *const bad[] = {
        "",           "127.1",        "0x7f.1",    "0x7f.0.0.1",         "017.0.0.1",
        "2130706433", "127.0.0",      "1.2.3.4.5", "1.2.3.256",          "1.2.3.04",
        "1.2.3.4 ",   " 1.2.3.4",     "1.2.3.-4",  "1.2.3.+4",           "1..3.4",
        "localhost",  "fe80::1%lo",   "[::1]",     "1:2:3:4:5",          "1::2::3",
        "::12345",    "::ffff:127.1", "::1\n",     "1.2.3.4\t",          "1.2.3.4/8",
        "::1:",       "1.2.3.4.",     ".1.2.3.4",  "\xef\xbc\x91.2.3.4",
    };
    uint8_t bytes[16];

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        if (!gale__ip_parse(good[i], strlen(good[i]), bytes))
            fail_msg("refused: %s", good[i]);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (gale__ip_parse(bad[i], strlen(bad[i]), bytes))
            fail_msg("taken: %s", bad[i]);
    assert_int_equal(gale__ip_parse("1.2.3.4\0", 8, bytes), 0);
}

struct node_case {
    const char *node, *ip;
};

static void nodes_may_have_ports(void **state)
{
    static const struct node_case cases[] = {
        { "192.0.2.1", "192.0.2.1" },
        { "192.0.2.1:0", "192.0.2.1" },
        { "192.0.2.1:65535", "192.0.2.1" },
        { "192.0.2.1:_port", "192.0.2.1" },
        { "[2001:db8::1]", "2001:db8::1" },
        { "[2001:DB8::1]:443", "2001:db8::1" },
        { "[2001:db8::1]:_x.-_", "2001:db8::1" },
        { "2001:db8::1", "2001:db8::1" },
        { "192.0.2.1:", NULL },
        { "192.0.2.1:65536", NULL },
        { "192.0.2.1:000080", NULL },
        { "192.0.2.1:8o", NULL },
        { "192.0.2.1:80:80", NULL },
        { "192.0.2.1 :80", NULL },
        { "[192.0.2.1]", NULL },
        { "[192.0.2.1]:80", NULL },
        { "[2001:db8::1", NULL },
        { "[2001:db8::1]443", NULL },
        { "[2001:db8::1]:", NULL },
        { "[]", NULL },
        { "[", NULL },
        { ":80", NULL },
        { "unknown", NULL },
        { "_hidden", NULL },
        { "", NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[GALE__IP_TEXT_MAX];
        uint8_t bytes[16];
        uint8_t family = gale__ip_parse_node(gale__str(cases[i].node), bytes);

        gale__ip_format(family, bytes, text);
        if (strcmp(text, cases[i].ip ? cases[i].ip : "") != 0)
            fail_msg("%s: %s", cases[i].node, text);
    }
}

/* All elements, from the right: "node/proto " each, "!" where it is malformed. */
static const char *walk(const char *text, int (*prev)(gale_str, size_t *, struct gale__hop *))
{
    static char out[512];
    gale_str field = gale__str(text);
    size_t end = field.len, n = 0;
    struct gale__hop hop;
    int r;

    out[0] = 0;
    while ((r = prev(field, &end, &hop)) > 0)
        n += (size_t)snprintf(out + n, sizeof(out) - n, "%.*s/%.*s ", (int)hop.node.len,
                              hop.node.ptr ? hop.node.ptr : "", (int)hop.proto.len,
                              hop.proto.ptr ? hop.proto.ptr : "");
    if (r < 0) {
        assert_int_equal(r, GALE_EPROTO);
        snprintf(out + n, sizeof(out) - n, "!");
        assert_int_equal(prev(field, &end, &hop), 0);
    }
    return out;
}

struct list_case {
    const char *field, *walked;
};

static void test_a1_9_forwarded_is_read_from_the_right(void **state)
{
    static const struct list_case cases[] = {
        { "", "" },
        { "for=1.2.3.4", "1.2.3.4/ " },
        { "For=1.2.3.4;PROTO=https;by=5.6.7.8;host=x", "1.2.3.4/https " },
        { "for=\"[2001:db8::1]:80\"", "[2001:db8::1]:80/ " },
        { "for=a, for=b,for=c", "c/ b/ a/ " },
        { "for=a ; proto=http , proto=https;for=b", "b/https a/http " },
        { "for=unknown, for=_hidden;ext=\"a,b;c\\\"d\"", "_hidden/ unknown/ " },
        { "for=\"a\\\\\", for=b", "b/ a\\\\/ " },
        { ";;for=a;", "a/ " },
        { "by=x", "/ " },
        /* empty elements are elements that say nothing */
        { "for=a,, for=b", "b/ / a/ " },
        { ",", "/ / " },
        /* an open quote swallows nothing of what a proxy adds */
        { "for=\"x, for=b", "b/ !" },
        { "for=\"x, for=\"[::1]\"", "[::1]/ !" },
        { "for=\"x\\\", for=\"b\"", "b/ !" },
        { "\", for=b", "b/ !" },
        { "for=a, for=b\"", "!" },
        { "for=a, for=b;for=c", "!" },
        { "for=a, for", "!" },
        { "for=a, for=", "!" },
        { "for=a, =b", "!" },
        { "for=a, for=b c", "!" },
        { "for=a, for = b", "!" },
        { "for=a, for=[::1]", "!" },
        { "for=a, for=\"b\"c", "!" },
        { "for=a, for=\"b", "!" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (strcmp(walk(cases[i].field, gale__forwarded_prev), cases[i].walked) != 0)
            fail_msg("%s: %s", cases[i].field, walk(cases[i].field, gale__forwarded_prev));
}

static void x_forwarded_for_is_read_from_the_right(void **state)
{
    static const struct list_case cases[] = {
        { "", "" },
        { "a", "a/ " },
        { "a, b ,\tc", "c/ b/ a/ " },
        { "a,,b", "b/ / a/ " },
        { ",", "/ / " },
        { "\"a,b", "b/ \"a/ " },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(walk(cases[i].field, gale__x_forwarded_prev), cases[i].walked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_c16_only_whole_addresses_are_addresses),
        cmocka_unit_test(nodes_may_have_ports),
        cmocka_unit_test(test_a1_9_forwarded_is_read_from_the_right),
        cmocka_unit_test(x_forwarded_for_is_read_from_the_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

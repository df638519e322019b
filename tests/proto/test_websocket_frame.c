/* test_websocket_frame.c - heads of WebSocket frames, masks, close payloads, text in pieces. */
/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gale/error.h>

#include "base/utf8.h"
#include "proto/websocket_frame.h"
#include "proto/websocket_mask.h"

static const struct gale__websocket_rules to_server = { true, false };
static const struct gale__websocket_rules to_client = { false, false };
static const struct gale__websocket_rules deflated = { false, true };

/* Exactly n bytes, so that a read past them is seen. */
static int parse(const char *bytes, size_t n, const struct gale__websocket_rules *rules,
                 struct gale__websocket_frame *out)
{
    char *copy = malloc(n ? n : 1);
    int r;

    assert_non_null(copy);
    if (n)
        memcpy(copy, bytes, n);
    r = gale__websocket_frame_parse(copy, n, rules, out);
    free(copy);
    return r;
}

/* The head is known at its last byte and not before. */
static void check_head(unsigned opcode, bool fin, bool compressed, uint64_t length, bool masked)
{
    static const uint8_t key[4] = { 1, 2, 3, 4 };
    const struct gale__websocket_rules rules = { masked, compressed };
    char head[GALE__WS_HEAD_MAX];
    size_t n = gale__websocket_frame_head(head, opcode, fin, compressed, length,
                                          masked ? key : NULL);
    struct gale__websocket_frame frame;

    for (size_t i = 0; i < n; i++)
        assert_int_equal(parse(head, i, &rules, &frame), 0);
    assert_int_equal(parse(head, n, &rules, &frame), n);
    assert_int_equal(frame.opcode, opcode);
    assert_int_equal(frame.fin, fin);
    assert_int_equal(frame.compressed, compressed);
    assert_int_equal(frame.length, length);
    if (masked)
        assert_memory_equal(frame.key, key, 4);
}

static void heads_are_read_as_written_at_every_split(void **state)
{
    static const uint64_t lengths[] = { 0,     1,          125,           126,
                                        65535, 65536,      1u << 31,      UINT64_C(1) << 32,
                                        127,   UINT32_MAX, INT64_MAX - 1, INT64_MAX };

    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        for (int masked = 0; masked < 2; masked++) {
            check_head(GALE__WS_TEXT, true, false, lengths[i], masked);
            check_head(GALE__WS_BINARY, false, true, lengths[i], masked);
            check_head(GALE__WS_CONTINUATION, true, false, lengths[i], masked);
        }
    }
    check_head(GALE__WS_PING, true, false, 125, true);
    check_head(GALE__WS_CLOSE, true, false, 2, false);
    check_head(GALE__WS_PONG, true, false, 0, false);
}

struct bad {
    const char *bytes;
    size_t n;
    size_t at; /* bytes that show it */
    const struct gale__websocket_rules *rules;
};

static void what_is_wrong_is_told_at_the_first_byte_that_shows_it(void **state)
{
    static const struct bad all[] = {
        { "\xa1\x00", 2, 1, &to_client },                                   /* RSV2 */
        { "\x91\x00", 2, 1, &to_client },                                   /* RSV3 */
        { "\xc1\x00", 2, 1, &to_client },                                   /* RSV1 */
        { "\xc0\x00", 2, 1, &deflated },                                    /* in the middle */
        { "\xc9\x00", 2, 1, &deflated },                                    /* of a ping */
        { "\x83\x00", 2, 1, &to_client },                                   /* opcodes */
        { "\x87\x00", 2, 1, &to_client },                                   /* */
        { "\x8b\x00", 2, 1, &to_client },                                   /* */
        { "\x8f\x00", 2, 1, &to_client },                                   /* */
        { "\x09\x00", 2, 1, &to_client },                                   /* a piece of a ping */
        { "\x08\x00", 2, 1, &to_client },                                   /* of a close */
        { "\x81\x00", 2, 2, &to_server },                                   /* no mask */
        { "\x81\x80", 2, 2, &to_client },                                   /* a mask */
        { "\x89\x7e", 2, 2, &to_client },                                   /* long pings */
        { "\x88\x7f", 2, 2, &to_client },                                   /* */
        { "\x81\x7e\x00\x7d", 4, 4, &to_client },                           /* not shortest */
        { "\x81\x7f\x00\x00\x00\x00\x00\x00\xff\xff", 10, 10, &to_client }, /* */
        { "\x81\x7f\x80\x00\x00\x00\x00\x00\x00\x00", 10, 10, &to_client }, /* the highest bit */
        { "\x81\xfe\x00\x01\x01\x02\x03\x04", 8, 4, &to_server },           /* before its mask */
    };
    struct gale__websocket_frame frame;

    (void)state;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        for (size_t n = 0; n < all[i].at; n++)
            assert_int_equal(parse(all[i].bytes, n, all[i].rules, &frame), 0);
        for (size_t n = all[i].at; n <= all[i].n; n++) {
            assert_int_equal(parse(all[i].bytes, n, all[i].rules, &frame), GALE_EPROTO);
            assert_non_null(frame.why);
        }
    }
}

static void codes_that_may_be_sent(void **state)
{
    static const int good[] = { 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010,
                                1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999 };
    static const int bad[] = { 0,    1,    999,  1004, 1005, 1006, 1015,
                               1016, 1100, 2000, 2999, 5000, 65535 };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(gale__websocket_code_is_valid(good[i]));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(gale__websocket_code_is_valid(bad[i]));
}

static void close_payloads(void **state)
{
    gale_str reason;
    int code;

    (void)state;
    assert_int_equal(gale__websocket_close_parse((gale_str){ NULL, 0 }, &code, &reason), 0);
    assert_int_equal(code, 1005);
    assert_int_equal(gale__websocket_close_parse((gale_str){ "\x03", 1 }, &code, &reason), 1002);
    assert_int_equal(gale__websocket_close_parse((gale_str){ "\x03\xe8", 2 }, &code, &reason), 0);
    assert_int_equal(code, 1000);
    assert_int_equal(reason.len, 0);
    assert_int_equal(gale__websocket_close_parse((gale_str){ "\x03\xe9"
                                                             "bye",
                                                             5 },
                                                 &code, &reason),
                     0);
    assert_int_equal(code, 1001);
    assert_memory_equal(reason.ptr, "bye", 3);
    assert_int_equal(gale__websocket_close_parse((gale_str){ "\x03\xed", 2 }, &code, &reason),
                     1002);
    assert_int_equal(gale__websocket_close_parse((gale_str){ "\x03\xe8\xff", 3 }, &code, &reason),
                     1007);
}

static void mask_plainly(char *out, const char *in, size_t n, const uint8_t key[4], size_t offset)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (char)(in[i] ^ (char)key[(i + offset) & 3]);
}

/* At one length and place: in place and elsewhere; not a byte beside is touched. */
static void check_mask(enum gale__mask_level level, size_t n, size_t align, size_t offset)
{
    static const uint8_t key[4] = { 0x00, 0x9a, 0xff, 0x41 };
    char *in = malloc(align + n + 1), *out = malloc(align + n + 1), want[1200];

    assert_true(in && out && n <= sizeof(want));
    for (size_t i = 0; i < n; i++)
        in[align + i] = (char)(i * 7 + align);
    memset(out, 0x55, align + n + 1);
    mask_plainly(want, in + align, n, key, offset);
    gale__websocket_mask_at(level, out + align, in + align, n, key, offset);
    assert_memory_equal(out + align, want, n);
    for (size_t i = 0; i < align; i++)
        assert_int_equal(out[i], 0x55);
    assert_int_equal(out[align + n], 0x55);
    in = realloc(in, align + n ? align + n : 1); /* its end is the end of the memory */
    assert_non_null(in);
    gale__websocket_mask_at(level, in + align, in + align, n, key, offset);
    assert_memory_equal(in + align, want, n);
    free(in);
    free(out);
}

static void test_b33_masks_stay_within_their_bytes_at_all_lengths_and_alignments(void **state)
{
    (void)state;
    for (int level = GALE__MASK_SCALAR; level <= (int)gale__mask_best(); level++)
        for (size_t n = 0; n <= 64; n++)
            for (size_t align = 0; align < 16; align++)
                for (size_t offset = 0; offset < 4; offset++)
                    check_mask((enum gale__mask_level)level, n, align, offset);
    for (int level = GALE__MASK_SCALAR; level <= (int)gale__mask_best(); level++)
        for (size_t n = 65; n <= 1100; n += 37)
            check_mask((enum gale__mask_level)level, n, n % 16, n % 4);
}

/* Whole, in two pieces cut anywhere, and byte by byte. */
static void check_text(const char *text, size_t n, bool valid)
{
    struct gale__utf8_feed u = { 0 };
    bool good = true;

    assert_int_equal(gale__utf8_valid(text, n), valid);
    for (size_t cut = 0; cut <= n; cut++) {
        u = (struct gale__utf8_feed){ 0 };
        good = gale__utf8_feed(&u, text, cut) && gale__utf8_feed(&u, text + cut, n - cut) &&
               !u.left;
        assert_int_equal(good, valid);
    }
    u = (struct gale__utf8_feed){ 0 };
    good = true;
    for (size_t i = 0; i < n; i++)
        good = good && gale__utf8_feed(&u, text + i, 1);
    assert_int_equal(good && !u.left, valid);
}

static void text_in_pieces(void **state)
{
    static const char *const good[] = { "",
                                        "a",
                                        "κόσμε",
                                        "\xf0\x9f\x98\x80",
                                        "\xf4\x8f\xbf\xbf",
                                        "\xed\x9f\xbf",
                                        "\xee\x80\x80",
                                        "\xc2\x80",
                                        "0123456789abcdef0123456789abcdefé0123456789abcdef" };
    static const char *const bad[] = { "\x80",
                                       "\xc0\x80",
                                       "\xc1\xbf",
                                       "\xe0\x9f\xbf",
                                       "\xed\xa0\x80",
                                       "\xf0\x8f\xbf\xbf",
                                       "\xf4\x90\x80\x80",
                                       "\xf5\x80\x80\x80",
                                       "\xff",
                                       "\xc3",
                                       "\xe2\x82",
                                       "\xc3(",
                                       "0123456789abcdef0123456789abcde\xff" };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        check_text(good[i], strlen(good[i]), true);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        check_text(bad[i], strlen(bad[i]), false);
}

static void text_fails_at_the_first_impossible_byte(void **state)
{
    struct gale__utf8_feed u = { 0 };

    (void)state;
    assert_true(gale__utf8_feed(&u, "\xf4", 1));
    assert_false(gale__utf8_feed(&u, "\x90", 1));
    u = (struct gale__utf8_feed){ 0 };
    assert_true(gale__utf8_feed(&u, "\xed", 1));
    assert_false(gale__utf8_feed(&u, "\xa0", 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_are_read_as_written_at_every_split),
        cmocka_unit_test(what_is_wrong_is_told_at_the_first_byte_that_shows_it),
        cmocka_unit_test(codes_that_may_be_sent),
        cmocka_unit_test(close_payloads),
        cmocka_unit_test(test_b33_masks_stay_within_their_bytes_at_all_lengths_and_alignments),
        cmocka_unit_test(text_in_pieces),
        cmocka_unit_test(text_fails_at_the_first_impossible_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_chunked.c - the chunked coding whole, in pieces, and malformed. */
/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/chunked.h"

struct result {
    int r;
    size_t used;
    char body[70000];
    size_t body_len;
    char trailers[10000];
    size_t trailers_len;
    struct gale__chunked decoder;
};

/* Feeds a piece, in a block of its own size; false when there is nothing more to feed. */
static bool feed(struct result *res, const char *text, size_t len)
{
    char *copy = malloc(len ? len : 1);
    const char *p = copy;

    assert_non_null(copy);
    memcpy(copy, text, len);
    do {
        gale_str data = { NULL, 0 };

        res->r = gale__chunked_next(&res->decoder, &p, copy + len, &data);
        if (res->r == GALE__CHUNKED_DATA) {
            assert_true(data.len > 0);
            memcpy(res->body + res->body_len, data.ptr, data.len);
            res->body_len += data.len;
        } else if (res->r == GALE__CHUNKED_TRAILER) {
            assert_true(data.len > 0);
            memcpy(res->trailers + res->trailers_len, data.ptr, data.len);
            res->trailers_len += data.len;
        }
    } while (res->r == GALE__CHUNKED_DATA || res->r == GALE__CHUNKED_TRAILER);
    res->used += (size_t)(p - copy);
    if (res->r == GALE__CHUNKED_MORE)
        assert_ptr_equal(p, copy + len);
    free(copy);
    return res->r == GALE__CHUNKED_MORE;
}

static void must_agree(const struct result *a, const struct result *b)
{
    assert_int_equal(a->r, b->r);
    assert_int_equal(a->used, b->used);
    assert_int_equal(a->body_len, b->body_len);
    assert_memory_equal(a->body, b->body, a->body_len);
    assert_int_equal(gale__chunked_status(&a->decoder), gale__chunked_status(&b->decoder));
    assert_string_equal(gale__chunked_error(&a->decoder), gale__chunked_error(&b->decoder));
}

static struct result whole, other;

static void restart(struct result *res)
{
    res->r = 0;
    res->used = res->body_len = res->trailers_len = 0;
    res->decoder = (struct gale__chunked){ 0 };
}

/* Decodes whole, byte by byte and at every split; all must agree. */
static void decode(const char *text, size_t len)
{
    restart(&whole);
    feed(&whole, text, len);
    restart(&other);
    for (size_t i = 0; i < len && feed(&other, text + i, 1); i++)
        ;
    must_agree(&whole, &other);
    for (size_t i = 1; i < len && len < 1000; i++) {
        restart(&other);
        if (feed(&other, text, i))
            feed(&other, text + i, len - i);
        must_agree(&whole, &other);
    }
}

static void test_state_is_small(void **state)
{
    assert_true(sizeof(struct gale__chunked) <= 24);
}

static void test_good_bodies(void **state)
{
    static const struct {
        const char *text, *body;
    } good[] = {
        { "0\r\n\r\n", "" },
        { "5\r\nhello\r\n0\r\n\r\n", "hello" },
        { "1\r\na\r\nA\r\n0123456789\r\n00000\r\n\r\n", "a0123456789" },
        { "0000000000000002\r\n\r\n\r\n0\r\n\r\n", "\r\n" },
        { "1;a\r\nx\r\n0;b=c\r\n\r\n", "x" },
        { "1;a=\"q;\\\" \t\";d=e\r\nx\r\n0\r\n\r\n", "x" },
        { "1 ;\ta = b ; c\t; d=\"\" ;e\r\nx\r\n0\r\n\r\n", "x" },
        { "1\r\nx\r\n0\r\nTrailer: value\r\nEmpty:\r\nX: \t\xff\r\n\r\n", "x" },
        { "1\r\nx\r\n0\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", "x" },
    };

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        decode(good[i].text, strlen(good[i].text));
        if (whole.r != GALE__CHUNKED_END)
            fail_msg("%d %s for:\n%s", whole.r, gale__chunked_error(&whole.decoder), good[i].text);
        assert_int_equal(whole.used, strlen(good[i].text));
        assert_int_equal(whole.body_len, strlen(good[i].body));
        assert_memory_equal(whole.body, good[i].body, whole.body_len);
    }
}

static void test_what_follows_is_left_alone(void **state)
{
    const char *p = "0\r\n\r\nGET / HTTP/1.1";
    const char *start = p;
    const char *end = p + strlen(p);
    struct gale__chunked c = { 0 };
    gale_str data;

    assert_int_equal(gale__chunked_next(&c, &p, end, &data), GALE__CHUNKED_END);
    assert_int_equal(p - start, 5);
    assert_int_equal(gale__chunked_next(&c, &p, end, &data), GALE__CHUNKED_END);
    assert_int_equal(p - start, 5);
}

static void test_malformed_bodies(void **state)
{
    static const struct {
        const char *text, *words;
    } bad[] = {
        { "\r\n", "size is malformed" },
        { "x\r\n", "size is malformed" },
        { " 5\r\n", "size is malformed" },
        { "\t5\r\n", "size is malformed" },
        { "+5\r\n", "size is malformed" },
        { "-5\r\n", "size is malformed" },
        { "0x5\r\n", "size is malformed" },
        { "5_0\r\n", "size is malformed" },
        { "5g\r\n", "size is malformed" },
        { "5,\r\n", "size is malformed" },
        { ";a\r\n", "size is malformed" },
        { "5\nhello\r\n", "size is malformed" },
        { "5\r\rhello\r\n", "CR without LF" },
        { "5\rhello\r\n", "CR without LF" },
        { "5 \r\nhello\r\n", "extension is malformed" },
        { "5 5\r\nhello\r\n", "extension is malformed" },
        { "5;\r\nhello\r\n", "extension is malformed" },
        { "5;a=\r\nhello\r\n", "extension is malformed" },
        { "5;=b\r\nhello\r\n", "extension is malformed" },
        { "5;a=b;\r\nhello\r\n", "extension is malformed" },
        { "5;a b\r\nhello\r\n", "extension is malformed" },
        { "5;a=b c\r\nhello\r\n", "extension is malformed" },
        { "5;a=\"b\"c\r\nhello\r\n", "extension is malformed" },
        { "5;a\nhello\r\n", "extension is malformed" },
        { "5;a=b\nhello\r\n", "extension is malformed" },
        { "5;a=\"\r\n\"\r\nhello\r\n", "extension is malformed" },
        { "5;a=\"\\\r\n\"\r\nhello\r\n", "extension is malformed" },
        { "5;a=\"b\r \"\r\nhello\r\n", "extension is malformed" },
        { "5;a=\"\n\"\r\nhello\r\n", "extension is malformed" },
        { "5;\n\r\nhello\r\n", "extension is malformed" },
        { "5;a\x01\r\nhello\r\n", "extension is malformed" },
        { "5;a\rb\r\nhello\r\n", "CR without LF" },
        { "5\r\nhelloX\r\n", "not followed by CRLF" },
        { "5\r\nhello\n0\r\n\r\n", "not followed by CRLF" },
        { "5\r\nhello\rX", "not followed by CRLF" },
        { "5\r\nhello0\r\n\r\n", "not followed by CRLF" },
        { "8000000000000000\r\n", "too large" },
        { "ffffffffffffffff\r\n", "too large" },
        { "FFFFFFFFFFFFFFF00\r\n", "too large" },
        { "10000000000000000\r\n", "too large" },
        { "10000000000000005\r\nhello\r\n", "too large" },
        { "00000000000000005\r\nhello\r\n", "too large" },
        { "0\r\n\n", "trailer field is malformed" },
        { "0\r\n X: 1\r\n\r\n", "trailer field is malformed" },
        { "0\r\nX : 1\r\n\r\n", "trailer field is malformed" },
        { "0\r\n: 1\r\n\r\n", "trailer field is malformed" },
        { "0\r\nX\r\n\r\n", "trailer field is malformed" },
        { "0\r\nX: 1\n\r\n", "trailer field is malformed" },
        { "0\r\nX: 1\x01\r\n\r\n", "trailer field is malformed" },
        { "0\r\nX: 1\r\n 2\r\n\r\n", "trailer field is malformed" },
        { "0\r\nX: 1\rY: 2\r\n\r\n", "CR without LF" },
        { "0\r\nGET / HTTP/1.1\r\n\r\n", "trailer field is malformed" },
        { "0\r\n\rX", "CR without LF" },
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        decode(bad[i].text, strlen(bad[i].text));
        if (whole.r != -1)
            fail_msg("%d for:\n%s", whole.r, bad[i].text);
        assert_int_equal(gale__chunked_status(&whole.decoder), 400);
        if (!strstr(gale__chunked_error(&whole.decoder), bad[i].words))
            fail_msg("\"%s\" lacks \"%s\" for:\n%s", gale__chunked_error(&whole.decoder),
                     bad[i].words, bad[i].text);
    }
}

static void test_the_largest_size(void **state)
{
    decode("7fffffffffffffff\r\nabc", 21);
    assert_int_equal(whole.r, GALE__CHUNKED_MORE);
    assert_int_equal(whole.body_len, 3);
    assert_true(whole.decoder.left == (uint64_t)INT64_MAX - 3);
}

static void test_extensions_are_limited_per_line(void **state)
{
    char text[400];

    memset(text, 'a', sizeof(text));
    memcpy(text, "0;", 2);
    memcpy(text + 2 + GALE__CHUNK_EXT_LINE_MAX, "\r\n\r\n", 4);
    decode(text, 2 + GALE__CHUNK_EXT_LINE_MAX + 4);
    assert_int_equal(whole.r, GALE__CHUNKED_END);
    memset(text + 2, 'a', sizeof(text) - 2);
    decode(text, sizeof(text));
    assert_int_equal(whole.r, -1);
    assert_string_equal(gale__chunked_error(&whole.decoder), "chunk extensions are too long");
    assert_int_equal(gale__chunked_status(&whole.decoder), 400);
}

static void test_extensions_are_limited_in_all(void **state)
{
    char line[210] = "1;";
    int lines = 0;

    memset(line + 2, 'a', 200);
    memcpy(line + 202, "\r\nx\r\n", 5);
    restart(&whole);
    while (lines < 1000 && feed(&whole, line, 207))
        lines++;
    assert_int_equal(whole.r, -1);
    assert_int_equal(lines, GALE__CHUNK_EXT_TOTAL_MAX / 200);
}

static void test_trailers_are_limited(void **state)
{
    int lines = 0;

    restart(&whole);
    assert_true(feed(&whole, "0\r\n", 3));
    while (lines < 100000 && feed(&whole, "X: 12345\r\n", 10))
        lines++;
    assert_int_equal(whole.r, -1);
    assert_int_equal(gale__chunked_status(&whole.decoder), 431);
    assert_true(lines * 10 <= GALE__CHUNK_TRAILERS_MAX);
}

/* Whole, and cut in two at each place. */
static void test_trailers_are_given_to_who_wants_them(void **state)
{
    const char *text = "1;x=y\r\na\r\n0\r\nA: b\r\nC:\td \r\n\r\nGET";
    const char *trailers = "A: b\r\nC:\td \r\n";

    for (size_t cut = 0; cut <= strlen(text); cut++) {
        restart(&whole);
        whole.decoder.keep_trailers = true;
        if (feed(&whole, text, cut))
            feed(&whole, text + cut, strlen(text) - cut);
        assert_int_equal(whole.r, GALE__CHUNKED_END);
        assert_int_equal(whole.used, strlen(text) - 3);
        assert_int_equal(whole.body_len, 1);
        assert_int_equal(whole.trailers_len, strlen(trailers));
        assert_memory_equal(whole.trailers, trailers, strlen(trailers));
    }
    decode(text, strlen(text));
    assert_int_equal(whole.trailers_len, 0);
}

static void test_malformed_trailers_that_are_wanted(void **state)
{
    static const char *const bad[] = {
        "A\r\n", "A : b\r\n", "A: b\n", "A: \1\r\n", ": b\r\n", "\n"
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        restart(&whole);
        whole.decoder.keep_trailers = true;
        assert_true(feed(&whole, "0\r\n", 3));
        assert_false(feed(&whole, bad[i], strlen(bad[i])));
        assert_int_equal(whole.r, -1);
        assert_int_equal(gale__chunked_status(&whole.decoder), 400);
    }
}

/* A piece of data may be put back, wholly or in part, also when it was the chunk's last. */
static void test_data_is_taken_again(void **state)
{
    const char *text = "5\r\nhello\r\n0\r\n\r\n";
    struct gale__chunked c = { 0 };
    const char *p = text;
    gale_str data;

    for (size_t n = 0; n <= 5; n++) {
        assert_int_equal(gale__chunked_next(&c, &p, text + strlen(text), &data),
                         GALE__CHUNKED_DATA);
        assert_int_equal(data.len, n ? n : 5);
        gale__chunked_untake(&c, n < 5 ? n + 1 : 0);
        p -= n < 5 ? n + 1 : 0;
    }
    assert_int_equal(gale__chunked_next(&c, &p, text + strlen(text), &data), GALE__CHUNKED_END);
    assert_int_equal(p - text, strlen(text));
}

static void test_failure_stays(void **state)
{
    const char *good = "5\r\nhello\r\n0\r\n\r\n";
    const char *p = good;
    gale_str data;

    decode("z", 1);
    assert_int_equal(gale__chunked_next(&whole.decoder, &p, p + strlen(p), &data), -1);
    assert_ptr_equal(p, good);
}

static void test_size_lines_are_written(void **state)
{
    static const size_t sizes[] = { 0, 1, 9, 10, 15, 16, 255, 256, 65536, SIZE_MAX };

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        char expected[32];
        char line[GALE__CHUNK_HEAD_MAX];
        int len = snprintf(expected, sizeof(expected), "%zx\r\n", sizes[i]);

        assert_int_equal(gale__chunk_head(line, sizes[i]), len);
        assert_memory_equal(line, expected, (size_t)len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_state_is_small),
        cmocka_unit_test(test_good_bodies),
        cmocka_unit_test(test_what_follows_is_left_alone),
        cmocka_unit_test(test_malformed_bodies),
        cmocka_unit_test(test_the_largest_size),
        cmocka_unit_test(test_extensions_are_limited_per_line),
        cmocka_unit_test(test_extensions_are_limited_in_all),
        cmocka_unit_test(test_trailers_are_limited),
        cmocka_unit_test(test_trailers_are_given_to_who_wants_them),
        cmocka_unit_test(test_malformed_trailers_that_are_wanted),
        cmocka_unit_test(test_data_is_taken_again),
        cmocka_unit_test(test_failure_stays),
        cmocka_unit_test(test_size_lines_are_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

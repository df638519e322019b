/* test_fastcgi.c - records of FastCGI: whole, byte by byte and cut at every byte; pairs; what is
 * made. */
/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/fastcgi.h"

enum { MAX = 1024 };

struct heard {
    char text[MAX]; /* "R1:2:3 abc. E" … */
    size_t len;
    bool failed;
};

static void say(struct heard *h, const char *fmt, unsigned a, unsigned b, unsigned c)
{
    h->len += (size_t)snprintf(h->text + h->len, MAX - h->len, fmt, a, b, c);
}

/* Feeds n bytes that lie in memory of exactly their size. */
static void feed(struct heard *h, struct gale__fastcgi_decoder *d, const char *data, size_t n)
{
    char *copy = malloc(n ? n : 1);
    const char *p = copy;
    gale_str piece;
    int r;

    assert_non_null(copy);
    memcpy(copy, data, n);
    while (!h->failed && (r = gale__fastcgi_next(d, &p, copy + n, &piece)) != 0) {
        h->failed = r < 0;
        if (r == GALE__FASTCGI_RECORD)
            say(h, "[%u %u %u ", d->type, d->id, d->length);
        else if (r == GALE__FASTCGI_RECORD_ENDED)
            say(h, "]", 0, 0, 0);
        for (size_t i = 0; r == GALE__FASTCGI_PIECE && i < piece.len; i++)
            say(h, "%c", (unsigned char)piece.ptr[i], 0, 0);
    }
    assert_true(h->failed || p == copy + n);
    free(copy);
}

/* The same however it is cut. */
static void expect(const char *data, size_t n, const char *wanted, bool fails)
{
    struct heard bytes = { .len = 0 };
    struct gale__fastcgi_decoder d = { 0 };

    for (size_t cut = 0; cut <= n; cut++) {
        struct heard h = { .len = 0 };

        d = (struct gale__fastcgi_decoder){ 0 };
        feed(&h, &d, data, cut);
        feed(&h, &d, data + cut, n - cut);
        assert_string_equal(h.text, wanted);
        assert_int_equal(h.failed, fails);
    }
    d = (struct gale__fastcgi_decoder){ 0 };
    for (size_t i = 0; i < n; i++)
        feed(&bytes, &d, data + i, 1);
    assert_string_equal(bytes.text, wanted);
}

#define EXPECT(literal, wanted, fails) expect((literal), sizeof(literal) - 1, (wanted), (fails))

static void records(void **state)
{
    (void)state;
    EXPECT("", "", false);
    EXPECT("\1\5\0\1\0\3\0\0abc", "[5 1 3 abc]", false);
    EXPECT("\1\5\xff\xfe\0\0\0\0", "[5 65534 0 ]", false);
    EXPECT("\1\5\0\1\0\2\3\0ab???\1\4\0\2\0\0\2\0??\1\5\0\1\0\1\0\0c",
           "[5 1 2 ab][4 2 0 ][5 1 1 c]", false);
    EXPECT("\1\xc8\0\0\0\1\0\xffz", "[200 0 1 z]", false); /* what is reserved is not looked at */
    EXPECT("\1\5\0\1\0\3\0\0ab", "[5 1 3 ab", false);
}

static void another_version(void **state)
{
    (void)state;
    EXPECT("\0\1\0\1\0\0\0\0", "", true);
    EXPECT("\1\5\0\1\0\0\0\0\2", "[5 1 0 ]", true);
    EXPECT("GET", "", true);
}

static void the_largest(void **state)
{
    static char data[GALE__FASTCGI_HEADER_LEN + GALE__FASTCGI_CONTENT_MAX + 255];
    struct gale__fastcgi_decoder d = { 0 };
    const char *p = data;
    gale_str piece;

    (void)state;
    gale__fastcgi_put_header(data, GALE__FASTCGI_STDIN, 65535, GALE__FASTCGI_CONTENT_MAX, 255);
    assert_int_equal(gale__fastcgi_next(&d, &p, data + sizeof(data), &piece), GALE__FASTCGI_RECORD);
    assert_int_equal(d.length, GALE__FASTCGI_CONTENT_MAX);
    assert_int_equal(gale__fastcgi_next(&d, &p, data + sizeof(data), &piece), GALE__FASTCGI_PIECE);
    assert_int_equal(piece.len, GALE__FASTCGI_CONTENT_MAX);
    gale__fastcgi_untake(&d, &p, 65000); /* only the first 535 were wanted */
    assert_int_equal(gale__fastcgi_next(&d, &p, data + sizeof(data), &piece), GALE__FASTCGI_PIECE);
    assert_int_equal(piece.len, 65000);
    assert_int_equal(gale__fastcgi_next(&d, &p, data + sizeof(data), &piece),
                     GALE__FASTCGI_RECORD_ENDED);
    assert_int_equal(gale__fastcgi_next(&d, &p, data + sizeof(data), &piece), GALE__FASTCGI_MORE);
    assert_ptr_equal(p, data + sizeof(data));
}

/* How many pairs data has; -1 when it is malformed. The last one is in name and value. */
static int pairs(const char *data, size_t n, gale_str *name, gale_str *value)
{
    const char *p = data;
    int count = 0, r;

    while ((r = gale__fastcgi_pair(&p, data + n, name, value)) > 0)
        count++;
    return r < 0 ? -1 : count;
}

static void names_and_values(void **state)
{
    static const char two[] = "\1\2abc\0\1d";
    char large[4 + 1 + 3 + 200] = "\3\x80\0\0\xc8key";
    gale_str name, value;

    (void)state;
    assert_int_equal(pairs("", 0, &name, &value), 0);
    assert_int_equal(pairs(two, sizeof(two) - 1, &name, &value), 2);
    assert_int_equal(name.len, 0);
    assert_memory_equal(value.ptr, "d", 1);
    for (size_t n = 1; n < 5; n++)
        assert_int_equal(pairs(two, n, &name, &value), -1);
    assert_int_equal(pairs(large, sizeof(large), &name, &value), 1);
    assert_int_equal(value.len, 200);
    assert_memory_equal(name.ptr, "key", 3);
    for (size_t n = 1; n < sizeof(large); n++)
        assert_int_equal(pairs(large, n, &name, &value), -1);
    /* lengths that would wrap around when added */
    assert_int_equal(pairs("\xff\xff\xff\xff\xff\xff\xff\xff", 8, &name, &value), -1);
    assert_int_equal(pairs("\1\xff\xff\xff\xffz", 6, &name, &value), -1);
}

static void what_is_made(void **state)
{
    char text[64], *end = gale__fastcgi_put_header(text, GALE__FASTCGI_STDOUT, 0x1234, 0xabcd, 5);

    (void)state;
    assert_ptr_equal(end, text + 8);
    assert_memory_equal(text, "\1\6\x12\x34\xab\xcd\5\0", 8);
    end = gale__fastcgi_put_end_request(text, 2, 0x01020304, GALE__FASTCGI_OVERLOADED);
    assert_ptr_equal(end, text + 16);
    assert_memory_equal(text, "\1\3\0\2\0\x8\0\0\1\2\3\4\2\0\0\0", 16);
    end = gale__fastcgi_put_pair(text, (gale_str){ "name", 4 }, (gale_str){ "7", 1 });
    assert_ptr_equal(end, text + 7);
    assert_memory_equal(text, "\4\1name7", 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records),      cmocka_unit_test(another_version),
        cmocka_unit_test(the_largest),  cmocka_unit_test(names_and_values),
        cmocka_unit_test(what_is_made),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

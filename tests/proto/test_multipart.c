/* test_multipart.c - multipart/form-data bodies: whole, byte by byte, cut at every place. */
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

#include "base/clock.h"
#include "base/str.h"
#include "proto/multipart.h"

struct result {
    char text[4096]; /* "name[filename,type]=content;" for each part */
    size_t len;
    int code;
};

static void put(struct result *out, const char *p, size_t n)
{
    assert_true(out->len + n < sizeof(out->text));
    memcpy(out->text + out->len, p, n);
    out->len += n;
    out->text[out->len] = 0;
}

static void put_part(struct result *out, const struct gale__multipart_part *part)
{
    assert_int_equal(strlen(part->name.ptr), part->name.len);
    put(out, part->name.ptr, part->name.len);
    if (part->filename.ptr || part->content_type.ptr) {
        put(out, "[", 1);
        put(out, part->filename.ptr ? part->filename.ptr : "", part->filename.len);
        put(out, ",", 1);
        put(out, part->content_type.ptr ? part->content_type.ptr : "", part->content_type.len);
        put(out, "]", 1);
    }
    put(out, "=", 1);
}

/* Takes one piece of the input, in memory of its own size. 1: the end has come. */
static int feed(struct gale__multipart *m, const char *text, size_t n, struct result *out)
{
    char *copy = malloc(n ? n : 1);
    const char *p = copy;
    gale_str data;
    int r;

    memcpy(copy, text, n);
    while ((r = gale__multipart_next(m, &p, copy + n, &data)) > 0 && r != GALE__MULTIPART_END) {
        if (r == GALE__MULTIPART_PART)
            put_part(out, &m->part);
        else if (r == GALE__MULTIPART_DATA)
            put(out, data.ptr, data.len);
        else
            put(out, ";", 1);
        assert_true(r != GALE__MULTIPART_DATA || data.len > 0);
    }
    assert_true(r < 0 || p == copy + n);
    free(copy);
    return r;
}

static struct gale__multipart start(const char *boundary, int64_t max_parts, size_t max_head)
{
    struct gale__multipart m;

    gale__multipart_init(&m, gale__str(boundary), max_parts, max_head);
    return m;
}

/* In pieces: up to first, then of step bytes each. */
static struct result parse(gale_str body, size_t first, size_t step)
{
    struct gale__multipart m = start("B", 5, 300);
    struct result out = { .code = 0 };
    size_t n = first < body.len ? first : body.len;

    for (size_t i = 0; i < body.len && out.code >= 0; n = step) {
        n = n < body.len - i ? n : body.len - i;
        out.code = feed(&m, body.ptr + i, n, &out);
        i += n;
    }
    if (out.code >= 0)
        out.code = gale__multipart_finish(&m);
    gale__multipart_deinit(&m);
    return out;
}

#define PART(name, content)                                                                        \
    "--B\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" content "\r\n"

/* Content with everything that looks like a boundary, and is none. */
static const char tricky[] = PART("a", "\r\n-\r\n--\r\r\n--A--B\n--B\r\n--b") PART("empty", "")
    PART("crs", "\r\r\n\r")
    /* clang-format off */
    "--B  \t\r\n"
    "content-type:text/plain\r\n"
    "Content-Disposition: form-data; filename=\"x;y.txt\"; name=f\r\n"
    "X-Other: 1\r\n"
    "\r\n"
    "\n\r\n"
    "--B--\t\r\n"
    "--B ignored";
/* clang-format on */
static const char tricky_result[] = "a=\r\n-\r\n--\r\r\n--A--B\n--B\r\n--b;empty=;crs=\r\r\n\r;"
                                    "f[x;y.txt,text/plain]=\n;";

static void test_a3_1_boundary_split_at_every_byte(void **state)
{
    gale_str body = { tricky, sizeof(tricky) - 1 };

    (void)state;
    for (size_t first = 0; first <= body.len; first++) {
        struct result whole = parse(body, first, body.len);

        assert_int_equal(whole.code, 0);
        assert_string_equal(whole.text, tricky_result);
    }
    for (size_t step = 1; step < 40; step++)
        for (size_t first = 0; first < step; first++)
            assert_string_equal(parse(body, first, step).text, tricky_result);
}

/* Two cuts, at every pair of places. */
static void test_two_cuts(void **state)
{
    static const char text[] = PART("a", "x\r\n--\r\n--By") "--B--";

    (void)state;
    for (size_t i = 0; i < sizeof(text) - 1; i++)
        for (size_t step = 1; step < sizeof(text); step++) {
            struct result r = parse((gale_str){ text, sizeof(text) - 1 }, i, step);

            assert_int_equal(r.code, GALE_EPROTO); /* "--B" with something behind it */
            assert_string_equal(r.text, "a=x\r\n--;");
        }
}

/* The same result however it is cut. */
static void check(const char *body, const char *want, int code)
{
    gale_str text = gale__str(body);

    for (size_t step = 1; step <= text.len + 1; step++) {
        struct result r = parse(text, step, step);

        if (r.code != code || (want && strcmp(r.text, want) != 0))
            fail_msg("'%s' in steps of %zu: %d '%s' (%s)", body, step, r.code, r.text,
                     gale_strerror(r.code));
    }
}

static void test_forms(void **state)
{
    (void)state;
    check("--B--", "", 0);
    check("\r\n--B--\r\n", "", 0);
    check(PART("a", "1") "--B--", "a=1;", 0);
    check("\r\n" PART("a", "1") "--B--\r\nepilogue", "a=1;", 0);
    /* The line end of an empty head is the delimiter's. */
    check("--B\r\nContent-Disposition: form-data; name=a\r\n\r\n--B--", "a=;", 0);
    check("--B\r\nContent-Disposition: form-data; name=a\r\n\r\n-\r\n--B--", "a=-;", 0);
    check("--B\r\nContent-Disposition: form-data; name=a\r\n\r\n--x\r\n--B--", "a=--x;", 0);
    check("--B\r\nCONTENT-disposition:FORM-data;NAME=a\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
          "1\r\n--B--",
          "a=1;", 0);
    check("--B\r\nContent-Disposition: form-data; name=a; filename=\"\"\r\n\r\n\r\n--B--", "a=;",
          0);
}

static void test_filenames(void **state)
{
    static const struct {
        const char *sent, *filename;
    } names[] = {
        { "filename=\"a b.txt\"", "a b.txt" },
        { "filename=\"a\tb.txt\"", "a\tb.txt" },
        { "filename=\"a\\\"b.txt\"", "a\"b.txt" },
        { "filename=\"a\\\\b.txt\"", "a\\b.txt" },
        { "filename=\"C:\\x\\b.txt\"", "C:\\x\\b.txt" },
        { "filename=\"../../etc/passwd\"", "../../etc/passwd" },
        { "filename=\"\xc3\xa1\xc3\xa1.txt\"", "\xc3\xa1\xc3\xa1.txt" },
        { "filename=\"a.txt\"; filename*=UTF-8''%C3%A1b.txt", "\xc3\xa1"
                                                              "b.txt" },
        { "filename*=utf-8'en'%C3%A1b.txt; filename=\"a.txt\"", "\xc3\xa1"
                                                                "b.txt" },
        { "filename=a.txt", "a.txt" },
        { "filename=\"%22.txt\"", "%22.txt" },
    };
    char body[300], want[100];

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(body, sizeof(body),
                 "--B\r\nContent-Disposition: form-data; name=f; %s\r\n\r\n1\r\n--B--",
                 names[i].sent);
        snprintf(want, sizeof(want), "f[%s,]=1;", names[i].filename);
        check(body, want, 0);
    }
}

static void test_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "--",
        "--A--",
        "preamble\r\n--B--",
        "\n--B--",
        "\r\n\r\n--B--",
        PART("a", "1"), /* no last boundary */
        PART("a", "1") "--B",
        PART("a", "1") "--B-",
        PART("a", "1") "--B--x",
        PART("a", "1") "--B-x",
        PART("a", "1") "--Bx\r\n",
        PART("a", "1") "--B \r\r\n",
        PART("a", "1") "--B-- \rx",
        PART("a", "1--B--") "--", /* no line end before it */
        PART("", "1") "--B--",
        "--B\r\n\r\n1\r\n--B--", /* no head */
        "--B\r\nContent-Type: text/plain\r\n\r\n1\r\n--B--",
        "--B\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n--B--",
        "--B\r\nContent-Disposition: form-data\r\n\r\n1\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name\r\n\r\n1\r\n--B--",
        "--B\r\nContent-Disposition: form-data; filename=x\r\n\r\n1\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\n1\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name=a; name=a\r\n\r\n1\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name=\"a\r\n\r\n1\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name=\"a\"b\r\n\r\n1\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name=a\"b\r\n\r\n1\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name=\xff\r\n\r\n1\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name=a; filename*=utf-8''%00\r\n\r\n1\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name=a; filename*=utf-8''a%0d\r\n\r\n1\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name=a; filename*=utf-8''%ff\r\n\r\n1\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name=a\r\n folded=1\r\n\r\n1\r\n--B--",
        "--B\r\nContent-Disposition : form-data; name=a\r\n\r\n1\r\n--B--",
        "--B\r\nContent-Disposition form-data\r\n\r\n1\r\n--B--",
        "--B\r\n: x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name=a\r\nContent-Disposition: form-data; "
        "name=a\r\n\r\n1\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: "
        "base64\r\n\r\nMQ==\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name=a\n\n1\r\n--B--",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        check(bad[i], NULL, GALE_EPROTO);
}

/* Tornado 6.5.5: a CR was taken for a part of a header's value. */
static void test_b30_bare_cr_and_other_controls_in_a_head(void **state)
{
    static const char controls[] = { '\r', '\n', 0, '\b', 0x7f, 0x1f };
    static const char *const places[] = {
        "--B\r\nContent-Disposition: form-data; name=a; filename=\"x#y\"\r\n\r\n1\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name=\"x#y\"\r\n\r\n1\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name=a#\r\n\r\n1\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name=a\r\nX-Y: #z\r\n\r\n1\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name=a\r\nX#Y: z\r\n\r\n1\r\n--B--",
        "--B\r\n#Content-Disposition: form-data; name=a\r\n\r\n1\r\n--B--",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        for (size_t k = 0; k < sizeof(controls); k++) {
            char body[200];
            size_t len = strlen(places[i]);

            memcpy(body, places[i], len);
            *(char *)memchr(body, '#', len) = controls[k];
            for (size_t step = 1; step <= len; step++)
                assert_int_equal(parse((gale_str){ body, len }, step, step).code, GALE_EPROTO);
        }
}

static void test_b28_number_of_parts_is_exact(void **state)
{
    (void)state;
    check(PART("a", "1") PART("a", "2") PART("a", "3") PART("a", "4") PART("a", "5") "--B--",
          "a=1;a=2;a=3;a=4;a=5;", 0);
    check(PART("a", "1") PART("a", "2") PART("a", "3") PART("a", "4") PART("a", "5")
              PART("a", "6") "--B--",
          "a=1;a=2;a=3;a=4;a=5;", GALE_ETOOBIG);
}

static void test_size_of_a_head_is_exact(void **state)
{
    char body[500];
    int fixed = (int)strlen("Content-Disposition: form-data; name=a\r\nX: \r\n\r\n");

    (void)state;
    for (int n = 295; n < 306; n++) {
        snprintf(body, sizeof(body),
                 "--B\r\nContent-Disposition: form-data; name=a\r\nX: %0*d\r\n\r\n1\r\n--B--",
                 n - fixed, 1);
        check(body, n <= 300 ? "a=1;" : "", n <= 300 ? 0 : GALE_ETOOBIG);
    }
}

static void test_boundary_of_a_type(void **state)
{
    static const struct {
        const char *type, *boundary;
        int r;
    } types[] = {
        { "multipart/form-data; boundary=abc", "abc", 1 },
        { "Multipart/Form-Data;BOUNDARY=abC", "abC", 1 },
        { "multipart/form-data; boundary=\"a b;c=?\"", NULL, GALE_EPROTO },
        { "multipart/form-data; boundary=\"a b:c=?\"; charset=utf-8", "a b:c=?", 1 },
        { "multipart/form-data", NULL, GALE_EPROTO },
        { "multipart/form-data; boundary", NULL, GALE_EPROTO },
        { "multipart/form-data; boundary=", NULL, GALE_EPROTO },
        { "multipart/form-data; boundary=\"\"", NULL, GALE_EPROTO },
        { "multipart/form-data; boundary=\"a \"", NULL, GALE_EPROTO },
        { "multipart/form-data; boundary=a; boundary=b", NULL, GALE_EPROTO },
        { "multipart/form-data; boundary=\"a", NULL, GALE_EPROTO },
        { "multipart/form-data; boundary=\xc3\xa9", NULL, GALE_EPROTO },
        { "multipart/form-data; boundary="
          "0123456789012345678901234567890123456789012345678901234567890123456789",
          "0123456789012345678901234567890123456789012345678901234567890123456789", 1 },
        { "multipart/form-data; boundary="
          "01234567890123456789012345678901234567890123456789012345678901234567890",
          NULL, GALE_EPROTO },
        { "multipart/form-datax; boundary=a", NULL, 0 },
        { "multipart/mixed; boundary=a", NULL, 0 },
        { "application/x-www-form-urlencoded", NULL, 0 },
        { "", NULL, 0 },
    };
    char buffer[200];
    gale_str boundary;

    (void)state;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        int r = gale__multipart_boundary(gale__str(types[i].type), buffer, &boundary);

        if (r != types[i].r)
            fail_msg("%s: %d", types[i].type, r);
        if (r > 0)
            assert_true(gale__str_equal(boundary, gale__str(types[i].boundary)));
    }
}

/* Megabytes of what nearly is a boundary take no longer than anything else. */
static void test_b24_near_boundaries_are_linear(void **state)
{
    enum { N = 8 << 20 };
    struct gale__multipart m = start("BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB",
                                     5, 300);
    struct result out = { .code = 0 };
    char *text = malloc(N);
    const char *p = text;
    gale_str data;
    size_t n = 0;
    int64_t from = gale__clock_ns();
    int r;

    (void)state;
    feed(&m, m.delimiter + 2, m.delimiter_len - 2, &out);
    feed(&m, "\r\nContent-Disposition: form-data; name=a\r\n\r\n", 44, &out);
    for (size_t i = 0; i < N; i++)
        text[i] = m.delimiter[i % (m.delimiter_len - 1)];
    for (size_t i = 0; i < N; i += 1000) {
        const char *end = text + (N - i < 1000 ? N : i + 1000);

        while ((r = gale__multipart_next(&m, &p, end, &data)) == GALE__MULTIPART_DATA)
            n += data.len;
        assert_int_equal(r, GALE__MULTIPART_MORE);
    }
    assert_true(n > N - 100 && n <= N);
    assert_true(gale__clock_ns() - from < INT64_C(5000000000));
    gale__multipart_deinit(&m);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a3_1_boundary_split_at_every_byte),
        cmocka_unit_test(test_two_cuts),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_filenames),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_b30_bare_cr_and_other_controls_in_a_head),
        cmocka_unit_test(test_b28_number_of_parts_is_exact),
        cmocka_unit_test(test_size_of_a_head_is_exact),
        cmocka_unit_test(test_boundary_of_a_type),
        cmocka_unit_test(test_b24_near_boundaries_are_linear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

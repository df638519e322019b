/* test_deflate.c - each coding there and back, in pieces, and what is no stream of it. */
/* SPDX-License-Identifier: MIT */
#include "base/deflate.h"

#include <stdlib.h>

#include <gale/error.h>

#include "base/str.h"
#include "check.h"

enum { PLAIN = 50000 };

static char plain[PLAIN];
static struct gale__buf packed, unpacked;

static const enum gale__coding codings[] = { GALE__CODING_GZIP, GALE__CODING_DEFLATE,
                                             GALE__CODING_BROTLI, GALE__CODING_ZSTD };

static int setup(void **state)
{
    uint32_t seed = 1;

    for (size_t i = 0; i < PLAIN; i++) {
        seed = seed * 1103515245 + 12345;
        plain[i] = (char)('a' + (seed >> 16) % 7 + (i / 5000 % 2 ? (seed >> 20) % 100 : 0));
    }
    gale__buf_init(&packed, 1 << 22);
    gale__buf_init(&unpacked, 1 << 22);
    return 0;
}

static int teardown(void **state)
{
    gale__buf_deinit(&packed);
    gale__buf_deinit(&unpacked);
    return 0;
}

/* Compresses text, appended to packed, in pieces of that size, each flushed or none. */
static void pack(enum gale__coding coding, gale_str text, size_t piece, bool flush)
{
    struct gale__encoder *e = gale__encoder_new(coding, 0);

    assert_non_null(e);
    while (text.len > piece) {
        assert_int_equal(gale__encoder_write(e, gale__str_head(text, piece), flush, false, &packed),
                         0);
        text = gale__str_skip(text, piece);
    }
    assert_int_equal(gale__encoder_write(e, text, false, true, &packed), 0);
    gale__encoder_free(e);
}

/* Feeds a piece; gives 0 or the error. Asserts that no call is made in vain. */
static int feed(struct gale__decoder *d, gale_str in, size_t room)
{
    static char out[8192];
    int64_t n;

    while ((n = gale__decoder_read(d, &in, out, room)) > 0)
        gale__buf_append(&unpacked, out, (size_t)n);
    if (n == 0)
        assert_int_equal(in.len, 0);
    return (int)n;
}

/* Decompresses what is packed. 1: whole; 0: cut short; or the error. */
static int unpack(enum gale__coding coding, gale_str in, size_t piece, size_t room)
{
    struct gale__decoder *d = gale__decoder_new(coding);
    int r = 0;

    assert_non_null(d);
    gale__buf_reset(&unpacked);
    while (in.len && r >= 0) {
        r = feed(d, gale__str_head(in, piece), room);
        in = gale__str_skip(in, piece);
    }
    if (r >= 0)
        r = gale__decoder_done(d);
    gale__decoder_free(d);
    return r;
}

static void is_plain(size_t len)
{
    assert_int_equal(unpacked.len, len);
    assert_memory_equal(unpacked.ptr, plain, len);
}

static void there_and_back(void **state)
{
    for (size_t i = 0; i < N_OF(codings); i++) {
        if (!gale__coding_is_there(codings[i]))
            continue;
        gale__buf_reset(&packed);
        pack(codings[i], (gale_str){ plain, PLAIN }, PLAIN, false);
        assert_true(packed.len < PLAIN * 3 / 4);
        assert_int_equal(unpack(codings[i], gale__buf_str(&packed), packed.len, 8192), 1);
        is_plain(PLAIN);
        assert_int_equal(unpack(codings[i], gale__buf_str(&packed), 1, 8192), 1);
        is_plain(PLAIN);
        assert_int_equal(unpack(codings[i], gale__buf_str(&packed), 700, 1), 1);
        is_plain(PLAIN);
    }
}

static void nothing_is_a_stream_too(void **state)
{
    for (size_t i = 0; i < N_OF(codings); i++) {
        if (!gale__coding_is_there(codings[i]))
            continue;
        gale__buf_reset(&packed);
        pack(codings[i], (gale_str){ NULL, 0 }, 1, false);
        assert_true(packed.len > 0);
        assert_int_equal(unpack(codings[i], gale__buf_str(&packed), packed.len, 100), 1);
        assert_int_equal(unpacked.len, 0);
    }
}

/* What was flushed can be read before the stream has ended. */
static void flushed_is_readable(void **state)
{
    for (size_t i = 0; i < N_OF(codings); i++) {
        struct gale__encoder *e = gale__encoder_new(codings[i], 0);
        struct gale__decoder *d = gale__decoder_new(codings[i]);

        if (!e)
            continue;
        gale__buf_reset(&unpacked);
        for (size_t n = 0; n < 20; n++) {
            gale__buf_reset(&packed);
            assert_int_equal(
                gale__encoder_write(e, (gale_str){ plain + 100 * n, 100 }, true, false, &packed),
                0);
            assert_int_equal(feed(d, gale__buf_str(&packed), 64), 0);
            is_plain(100 * (n + 1));
            assert_false(gale__decoder_done(d));
        }
        gale__encoder_free(e);
        gale__decoder_free(d);
    }
}

static void pooled_encoders_begin_anew(void **state)
{
    struct gale__encoder *e = gale__encoder_new(GALE__CODING_GZIP, 0);

    assert_int_equal(gale__encoder_write(e, GALE__STR("left in the middle"), true, false, &packed),
                     0);
    gale__encoder_free(e);
    assert_ptr_equal(gale__encoder_new(GALE__CODING_GZIP, 0), e);
    gale__encoder_free(e);
    gale__buf_reset(&packed);
    pack(GALE__CODING_GZIP, (gale_str){ plain, 100 }, 100, false);
    assert_int_equal(unpack(GALE__CODING_GZIP, gale__buf_str(&packed), 10, 10), 1);
    is_plain(100);
}

/* At every length. */
static void test_b15_truncated(void **state)
{
    for (size_t i = 0; i < N_OF(codings); i++) {
        if (!gale__coding_is_there(codings[i]))
            continue;
        gale__buf_reset(&packed);
        pack(codings[i], (gale_str){ plain, 400 }, 100, true);
        for (size_t n = 0; n < packed.len; n++)
            assert_int_equal(unpack(codings[i], (gale_str){ packed.ptr, n }, n, 1000), 0);
    }
}

static void test_b15_trailing_garbage(void **state)
{
    for (size_t i = 0; i < N_OF(codings); i++) {
        if (!gale__coding_is_there(codings[i]))
            continue;
        gale__buf_reset(&packed);
        pack(codings[i], (gale_str){ plain, 400 }, 400, false);
        gale__buf_append_cstr(&packed, "garbage");
        assert_int_equal(unpack(codings[i], gale__buf_str(&packed), packed.len, 1000), GALE_EPROTO);
        assert_int_equal(unpack(codings[i], gale__buf_str(&packed), 1, 1000), GALE_EPROTO);
    }
}

static void test_b15_members(void **state)
{
    /* gzip and zstd allow several streams in a row */
    for (size_t i = 0; i < N_OF(codings); i++) {
        bool many = codings[i] == GALE__CODING_GZIP || codings[i] == GALE__CODING_ZSTD;

        if (!gale__coding_is_there(codings[i]))
            continue;
        gale__buf_reset(&packed);
        pack(codings[i], (gale_str){ plain, 400 }, 400, false);
        pack(codings[i], (gale_str){ NULL, 0 }, 1, false);
        pack(codings[i], (gale_str){ plain + 400, 400 }, 400, false);
        assert_int_equal(unpack(codings[i], gale__buf_str(&packed), packed.len, 1000),
                         many ? 1 : GALE_EPROTO);
        assert_int_equal(unpack(codings[i], gale__buf_str(&packed), 1, 7), many ? 1 : GALE_EPROTO);
        if (many)
            is_plain(800);
    }
}

/* Thousands of members without output end with their input. */
static void test_b15_zero_output_members(void **state)
{
    gale__buf_reset(&packed);
    for (int i = 0; i < 5000; i++)
        pack(GALE__CODING_GZIP, (gale_str){ NULL, 0 }, 1, false);
    assert_int_equal(unpack(GALE__CODING_GZIP, gale__buf_str(&packed), packed.len, 1000), 1);
    assert_int_equal(unpacked.len, 0);
}

/* Every bit of a stream flipped, one at a time: an error, or an end. feed() holds that each call
 * takes or gives something. */
static void test_b15_flipped_bits(void **state)
{
    for (size_t i = 0; i < N_OF(codings); i++) {
        if (!gale__coding_is_there(codings[i]))
            continue;
        gale__buf_reset(&packed);
        pack(codings[i], (gale_str){ plain, 300 }, 300, false);
        for (size_t bit = 0; bit < 8 * packed.len; bit++) {
            packed.ptr[bit / 8] = (char)(packed.ptr[bit / 8] ^ 1 << bit % 8);
            int r = unpack(codings[i], gale__buf_str(&packed), packed.len, 500);

            assert_true(r == 0 || r == 1 || r == GALE_EPROTO);
            packed.ptr[bit / 8] = (char)(packed.ptr[bit / 8] ^ 1 << bit % 8);
        }
    }
}

static void errors_stick(void **state)
{
    struct gale__decoder *d = gale__decoder_new(GALE__CODING_GZIP);

    assert_int_equal(feed(d, GALE__STR("this is no gzip"), 100), GALE_EPROTO);
    assert_int_equal(feed(d, GALE__STR("nor this"), 100), GALE_EPROTO);
    assert_false(gale__decoder_done(d));
    gale__decoder_free(d);
}

static void codings_have_names(void **state)
{
    assert_true(gale__coding_is_there(GALE__CODING_IDENTITY));
    assert_string_equal(gale__coding_name(GALE__CODING_GZIP), "gzip");
    assert_string_equal(gale__coding_name(GALE__CODING_BROTLI), "br");
    assert_null(gale__encoder_new(GALE__CODING_IDENTITY, 0));
    assert_null(gale__decoder_new(GALE__CODING_IDENTITY));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(there_and_back, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_is_a_stream_too, setup, teardown),
        cmocka_unit_test_setup_teardown(flushed_is_readable, setup, teardown),
        cmocka_unit_test_setup_teardown(pooled_encoders_begin_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(test_b15_truncated, setup, teardown),
        cmocka_unit_test_setup_teardown(test_b15_trailing_garbage, setup, teardown),
        cmocka_unit_test_setup_teardown(test_b15_members, setup, teardown),
        cmocka_unit_test_setup_teardown(test_b15_zero_output_members, setup, teardown),
        cmocka_unit_test_setup_teardown(test_b15_flipped_bits, setup, teardown),
        cmocka_unit_test_setup_teardown(errors_stick, setup, teardown),
        cmocka_unit_test(codings_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_digest.c - hashes, HMAC, AES-GCM, base64: the standards' own vectors, and tampering. */
/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <gale/error.h>

#include "base/base64.h"
#include "base/digest.h"
#include "base/str.h"

static const char *hex(const uint8_t *bytes, int n)
{
    static char out[2 * 64 + 1];

    assert_in_range(n, 0, 64);
    out[0] = 0;
    for (int i = 0; i < n; i++)
        snprintf(out + 2 * (size_t)i, 3, "%02x", bytes[i]);
    return out;
}

static void test_hashes(void **state)
{
    uint8_t out[GALE__DIGEST_MAX];
    int n;

    (void)state;
    n = gale__digest(GALE__SHA1, GALE__STR("abc"), out);
    assert_string_equal(hex(out, n), "a9993e364706816aba3e25717850c26c9cd0d89d");
    n = gale__digest(GALE__SHA256, GALE__STR("abc"), out);
    assert_string_equal(hex(out, n),
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    n = gale__digest(GALE__MD5, (gale_str){ NULL, 0 }, out);
    assert_string_equal(hex(out, n), "d41d8cd98f00b204e9800998ecf8427e");
}

/* RFC 2202 and RFC 4231. */
static void test_hmac(void **state)
{
    static char long_key[131];
    uint8_t out[GALE__DIGEST_MAX];
    gale_str pieces[] = { GALE__STR("what do ya "), { NULL, 0 }, GALE__STR("want for nothing?") };
    int n;

    (void)state;
    n = gale__hmac(GALE__SHA1, GALE__STR("Jefe"), GALE__STR("what do ya want for nothing?"), out);
    assert_string_equal(hex(out, n), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    n = gale__hmac_list(GALE__SHA256, GALE__STR("Jefe"), pieces, 3, out);
    assert_string_equal(hex(out, n),
                        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(long_key, 0xaa, sizeof(long_key));
    n = gale__hmac(GALE__SHA256, (gale_str){ long_key, sizeof(long_key) },
                   GALE__STR("Test Using Larger Than Block-Size Key - Hash Key First"), out);
    assert_string_equal(hex(out, n),
                        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

/* Test cases 13 and 14 of the GCM specification. */
static void test_gcm(void **state)
{
    static const uint8_t key[GALE__GCM_KEY], nonce[GALE__GCM_NONCE];
    static const char zeros[16];
    uint8_t out[16 + GALE__GCM_TAG];

    (void)state;
    assert_int_equal(gale__gcm_seal(key, nonce, (gale_str){ NULL, 0 }, (gale_str){ NULL, 0 }, out),
                     0);
    assert_string_equal(hex(out, GALE__GCM_TAG), "530f8afbc74536b9a963b4f1c4cb738b");
    assert_int_equal(
        gale__gcm_seal(key, nonce, (gale_str){ NULL, 0 }, (gale_str){ zeros, 16 }, out), 0);
    assert_string_equal(hex(out, sizeof(out)),
                        "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
}

static void test_gcm_opens_only_what_was_sealed(void **state)
{
    uint8_t key[GALE__GCM_KEY] = { 1 }, nonce[GALE__GCM_NONCE] = { 2 };
    uint8_t box[5 + GALE__GCM_TAG], plain[sizeof(box)];
    gale_str aad = GALE__STR("aad"), sealed = { (const char *)box, sizeof(box) };

    (void)state;
    assert_int_equal(gale__gcm_seal(key, nonce, aad, GALE__STR("hello"), box), 0);
    assert_int_equal(gale__gcm_open(key, nonce, aad, sealed, plain), 0);
    assert_memory_equal(plain, "hello", 5);
    for (size_t i = 0; i < 8 * sizeof(box); i++) {
        box[i / 8] ^= (uint8_t)(1 << i % 8);
        assert_int_equal(gale__gcm_open(key, nonce, aad, sealed, plain), GALE_EINVAL);
        box[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    for (size_t n = 0; n < sizeof(box); n++)
        assert_int_equal(gale__gcm_open(key, nonce, aad, gale__str_head(sealed, n), plain),
                         GALE_EINVAL);
    assert_int_equal(gale__gcm_open(key, nonce, GALE__STR("aae"), sealed, plain), GALE_EINVAL);
    nonce[0]++;
    assert_int_equal(gale__gcm_open(key, nonce, aad, sealed, plain), GALE_EINVAL);
    nonce[0]--;
    key[31]++;
    assert_int_equal(gale__gcm_open(key, nonce, aad, sealed, plain), GALE_EINVAL);
    key[31]--;
    assert_int_equal(gale__gcm_open(key, nonce, aad, sealed, box), 0); /* in place */
    assert_memory_equal(box, "hello", 5);
}

static void test_random_differs(void **state)
{
    uint8_t a[16] = { 0 }, b[16] = { 0 };

    (void)state;
    assert_int_equal(gale__random(a, sizeof(a)), 0);
    assert_int_equal(gale__random(b, sizeof(b)), 0);
    assert_false(gale__equal_constant_time(a, b, sizeof(a)));
    memcpy(b, a, sizeof(a));
    assert_true(gale__equal_constant_time(a, b, sizeof(a)));
}

/* RFC 4648 10. */
static void test_base64(void **state)
{
    static const char *const std[] = { "",         "Zg==",     "Zm8=",    "Zm9v",
                                       "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy" };
    static const char *const url[] = { "", "Zg", "Zm8", "Zm9v", "Zm9vYg", "Zm9vYmE", "Zm9vYmFy" };

    (void)state;
    for (size_t n = 0; n < 7; n++) {
        gale_str in = { "foobar", n };
        char text[16], back[16];

        text[gale__base64_encode(GALE__BASE64_STD, in, text)] = 0;
        assert_string_equal(text, std[n]);
        assert_int_equal(gale__base64_size(GALE__BASE64_STD, n), strlen(text));
        assert_int_equal(gale__base64_decode(GALE__BASE64_STD, gale__str(text), back), n);
        assert_memory_equal(back, "foobar", n);
        text[gale__base64_encode(GALE__BASE64_URL, in, text)] = 0;
        assert_string_equal(text, url[n]);
        assert_int_equal(gale__base64_size(GALE__BASE64_URL, n), strlen(text));
        assert_int_equal(gale__base64_decode(GALE__BASE64_URL, gale__str(text), back), n);
    }
}

static void test_base64_is_strict(void **state)
{
    static const char *const bad[] = { "Zg",   "Zg=",    "Zg===", "Z===", "=",    "====", "Zh==",
                                       "Zm9=", "Zm8=\n", " Zm8=", "Zm8-", "Z=g=", "Zg=a", "Zm8_" };
    static const char *const bad_url[] = { "Z", "Zg==", "Zh", "Zm9", "Zm8+", "Zm8/", "Zg a" };
    char out[16];

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(gale__base64_decode(GALE__BASE64_STD, gale__str(bad[i]), out), -1);
    for (size_t i = 0; i < sizeof(bad_url) / sizeof(bad_url[0]); i++)
        assert_int_equal(gale__base64_decode(GALE__BASE64_URL, gale__str(bad_url[i]), out), -1);
    assert_int_equal(gale__base64_decode(GALE__BASE64_STD, GALE__STR("+/+/"), out), 3);
    assert_int_equal(gale__base64_decode(GALE__BASE64_URL, GALE__STR("-_-_"), out), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hashes),
        cmocka_unit_test(test_hmac),
        cmocka_unit_test(test_gcm),
        cmocka_unit_test(test_gcm_opens_only_what_was_sealed),
        cmocka_unit_test(test_random_differs),
        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_base64_is_strict),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

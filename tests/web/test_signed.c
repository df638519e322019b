/* test_signed.c - signed values as Tornado's, encrypted ones, and nothing that was changed. */
/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gale/cookies.h>
#include <gale/error.h>

#include "base/digest.h"
#include "base/str.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

enum { DAY = 86400 };

static const gale_secret two_secrets[] = { { 3, "three" }, { 4, "four" }, { 0, NULL } };

typedef int create_fn(const gale_signing *signing, const char *name, gale_str value, char *out,
                      size_t size);
typedef int decode_fn(const gale_signing *signing, const char *name, const char *value, char *out,
                      size_t size);

/* The value of text, by a block of just the size that the contract asks for. */
static int read_by(decode_fn *decode, const gale_signing *s, const char *name, const char *text,
                   gale_str expected)
{
    size_t size = strlen(text) + 1;
    char *out = malloc(size);
    int r;

    assert_non_null(out);
    r = decode(s, name, text, out, size);
    if (r >= 0) {
        assert_int_equal(r, expected.len);
        assert_memory_equal(out, expected.ptr, expected.len);
        assert_int_equal(out[r], 0);
    }
    free(out);
    return r;
}

static int read_signed(const gale_signing *s, const char *name, const char *text, const char *value)
{
    return read_by(gale_decode_signed_value, s, name, text, gale__str(value));
}

static int read_encrypted(const gale_signing *s, const char *name, const char *text,
                          const char *value)
{
    return read_by(gale_decode_encrypted_value, s, name, text, gale__str(value));
}

/* --- Tornado's vectors -------------------------------------------------------------- */

struct vector {
    gale_signing signing;
    const char *name;
    gale_str value;
    const char *text;
};

static bool holds(const struct vector *v)
{
    gale_signing reading = v->signing;
    char out[256];
    int len = gale_create_signed_value(&v->signing, v->name, v->value, out, sizeof(out));

    reading.min_version = 1;
    return len == (int)strlen(v->text) && strcmp(out, v->text) == 0 &&
           read_by(gale_decode_signed_value, &reading, v->name, v->text, v->value) >= 0;
}

/* Inventory 32.14. */
static void test_vectors(void **state)
{
    const struct vector vectors[] = {
        { { .secret = "k1", .version = 1, .now = 1700000000 },
          "sess",
          GALE__STR("hello"),
          "aGVsbG8=|1700000000|46db7d65dd29179b82a0d75046b8029127858a1f" },
        { { .secret = "k1", .version = 2, .now = 1700000000 },
          "sess",
          GALE__STR("hello"),
          "2|1:0|10:1700000000|4:sess|8:aGVsbG8=|"
          "96b22609bb839fe85be8c47c414120a8c5d2af30bf7d8cca54c24ce4ce65016f" },
        { { .secrets = two_secrets, .key_version = 3, .now = 1700000000 },
          "u",
          { "\0\xff", 2 },
          "2|1:3|10:1700000000|1:u|4:AP8=|"
          "83421997501ece006e718970b50261c5bd70f7891c116fab5a0ececd8a02953d" },
        { { .secret = "k1", .now = 1700000000 },
          "",
          GALE__STR(""),
          "2|1:0|10:1700000000|0:|0:|"
          "b33766879087eb57af1c824a1713df6113a140ba0ca0f412ef72b57cf8e242c7" },
    };
    size_t held = 0;

    (void)state;
    for (size_t i = 0; i < N_OF(vectors); i++)
        held += holds(&vectors[i]);
    print_message("32.14: %zu of %zu\n", held, N_OF(vectors));
    assert_int_equal(held, N_OF(vectors));
}

/* Inventory 1.5. */
static void test_known_answers(void **state)
{
    const gale_signing s = { .secret = "It's a secret to everybody", .now = 1300000000 };
    struct vector vectors[] = {
        { s, "key", GALE__STR("value"),
          "dmFsdWU=|1300000000|31c934969f53e48164c50768b40cbd7e2daaaa4f" },
        { s, "key", GALE__STR("value"),
          "2|1:0|10:1300000000|3:key|8:dmFsdWU=|"
          "3d4e60b996ff9c5d5788e333a0cba6f238a22c6c0f94788870e1a9ecd482e152" },
    };
    size_t held = 0;

    (void)state;
    vectors[0].signing.version = 1;
    for (size_t i = 0; i < N_OF(vectors); i++)
        held += holds(&vectors[i]);
    print_message("1.5: %zu of %zu\n", held, N_OF(vectors));
    assert_int_equal(held, N_OF(vectors));
}

/* --- what is not trusted ------------------------------------------------------------ */

/* What v1 signs, with any parts. */
static void forge_1(const char *secret, const char *mac_of, const char *rest, char *out,
                    size_t size)
{
    uint8_t mac[GALE__DIGEST_MAX];
    size_t len = (size_t)snprintf(out, size, "%s|", rest);

    assert_int_equal(gale__hmac(GALE__SHA1, gale__str(secret), gale__str(mac_of), mac), 20);
    for (size_t i = 0; i < 20; i++)
        len += (size_t)snprintf(out + len, size - len, "%02x", mac[i]);
}

static void test_b1_bytes_moved_between_value_and_time(void **state)
{
    const gale_signing s = { .secret = "k", .now = 1700000000, .min_version = 1 };
    static const char *const moved[] = {
        "aGVsbG8x|700000000",                         /* older */
        "aGVsbG|8=1700000000",                        /* no number */
        "aGVsbG8=1700|000000", "aGVsbG8=1700000|000", /* leading zeros */
        "aGVs|bG8=1700000000", "aGVsbG8=17000000|00",
    };
    char text[128];

    (void)state;
    forge_1("k", "nameaGVsbG8=1700000000", "aGVsbG8=|1700000000", text, sizeof(text));
    assert_int_equal(read_signed(&s, "name", text, "hello"), 5);
    for (size_t i = 0; i < N_OF(moved); i++) {
        forge_1("k", "nameaGVsbG8=1700000000", moved[i], text, sizeof(text));
        assert_int_equal(read_signed(&s, "name", text, ""), GALE_EINVAL);
    }
    /* A digit of the value becomes one of the time: far ahead. */
    forge_1("k", "nameaGVsbG81700000000", "aGVsbG|81700000000", text, sizeof(text));
    assert_int_equal(read_signed(&s, "name", text, ""), GALE_EINVAL);
    /* 31 days ahead are allowed, not more. */
    forge_1("k", "nameYQ==1702678400", "YQ==|1702678400", text, sizeof(text));
    assert_int_equal(read_signed(&s, "name", text, "a"), 1);
    forge_1("k", "nameYQ==1702678401", "YQ==|1702678401", text, sizeof(text));
    assert_int_equal(read_signed(&s, "name", text, ""), GALE_EINVAL);
    assert_non_null(strstr(gale_strerror(GALE_EINVAL), "future"));
}

static void test_b8_name_and_value_of_version_1_run_together(void **state)
{
    const gale_signing s = { .secret = "k", .now = 1700000000, .version = 1 };
    gale_signing old = s;
    char text[128], moved[160];

    (void)state;
    old.min_version = 1;
    /* "Y2M=" under "aaYWFh" has the signature of "YWFhY2M=" under "aa". */
    assert_true(gale_create_signed_value(&s, "aaYWFh", GALE__STR("cc"), text, sizeof(text)) > 0);
    snprintf(moved, sizeof(moved), "YWFh%s", text);
    assert_int_equal(read_signed(&old, "aa", moved, "aaacc"), 5); /* the weakness of version 1 */
    assert_int_equal(read_signed(&s, "aa", moved, ""), GALE_EINVAL);
    assert_int_equal(read_signed(&s, "aaYWFh", text, ""), GALE_EINVAL); /* so none is accepted */
    /* Version 2 is what is written, and has no such thing. */
    assert_true(gale_create_signed_value(&(gale_signing){ .secret = "k" }, "ab", GALE__STR("c"),
                                         text, sizeof(text)) > 0);
    assert_memory_equal(text, "2|", 2);
    assert_int_equal(read_signed(&(gale_signing){ .secret = "k" }, "ab", text, "c"), 1);
    assert_int_equal(read_signed(&(gale_signing){ .secret = "k" }, "a", text, ""), GALE_EINVAL);
}

static void test_c12_version_1_and_the_future_are_not_trusted(void **state)
{
    gale_signing s = { .secret = "k", .now = 1700000000 };
    char text[256], v1[256];

    (void)state;
    assert_true(gale_create_signed_value(&s, "n", GALE__STR("v"), text, sizeof(text)) > 0);
    s.version = 1;
    assert_true(gale_create_signed_value(&s, "n", GALE__STR("v"), v1, sizeof(v1)) > 0);
    assert_int_equal(read_signed(&s, "n", v1, ""), GALE_EINVAL);
    assert_non_null(strstr(gale_strerror(GALE_EINVAL), "min_signed_version"));
    s.now = 1700000000 - 31.0 * DAY;
    assert_int_equal(read_signed(&s, "n", text, "v"), 1);
    s.now -= 1;
    assert_int_equal(read_signed(&s, "n", text, ""), GALE_EINVAL);
    assert_non_null(strstr(gale_strerror(GALE_EINVAL), "future"));
}

static void test_age(void **state)
{
    gale_signing s = { .secret = "k", .now = 1700000000 };
    char text[256];

    (void)state;
    assert_true(gale_create_signed_value(&s, "n", GALE__STR("v"), text, sizeof(text)) > 0);
    s.now = 1700000000 + 31.0 * DAY;
    assert_int_equal(read_signed(&s, "n", text, "v"), 1);
    s.now += 1;
    assert_int_equal(read_signed(&s, "n", text, ""), GALE_EINVAL);
    assert_non_null(strstr(gale_strerror(GALE_EINVAL), "expired"));
    s.max_age_days = 400;
    assert_int_equal(read_signed(&s, "n", text, "v"), 1);
    s.max_age_days = 0.001;
    s.now = 1700000000 + 86;
    assert_int_equal(read_signed(&s, "n", text, "v"), 1);
    s.now = 1700000000 + 87;
    assert_int_equal(read_signed(&s, "n", text, ""), GALE_EINVAL);
}

/* Each bit of each byte, each cut, and more at either end. */
static void check_tampering(decode_fn *decode, const gale_signing *s, char *text)
{
    size_t len = strlen(text);
    char longer[512];

    assert_true(read_by(decode, s, "name", text, GALE__STR("value")) >= 0);
    for (size_t i = 0; i < 8 * len; i++) {
        text[i / 8] ^= (char)(1 << i % 8);
        assert_int_equal(read_by(decode, s, "name", text, GALE__STR("")), GALE_EINVAL);
        text[i / 8] ^= (char)(1 << i % 8);
    }
    for (size_t i = 0; i < len; i++) {
        char kept = text[i];

        text[i] = 0;
        assert_int_equal(read_by(decode, s, "name", text, GALE__STR("")), GALE_EINVAL);
        text[i] = kept;
    }
    snprintf(longer, sizeof(longer), "%s0", text);
    assert_int_equal(read_by(decode, s, "name", longer, GALE__STR("")), GALE_EINVAL);
    snprintf(longer, sizeof(longer), "0%s", text);
    assert_int_equal(read_by(decode, s, "name", longer, GALE__STR("")), GALE_EINVAL);
    assert_int_equal(read_by(decode, s, "nam", text, GALE__STR("")), GALE_EINVAL);
    assert_int_equal(read_by(decode, s, "", text, GALE__STR("")), GALE_EINVAL);
    assert_int_equal(read_by(decode, s, "names", text, GALE__STR("")), GALE_EINVAL);
}

static void test_each_byte_counts(void **state)
{
    gale_signing s = { .secret = "k", .min_version = 1 };
    char text[256];

    (void)state;
    assert_true(gale_create_signed_value(&s, "name", GALE__STR("value"), text, sizeof(text)) > 0);
    check_tampering(gale_decode_signed_value, &s, text);
    s.version = 1;
    assert_true(gale_create_signed_value(&s, "name", GALE__STR("value"), text, sizeof(text)) > 0);
    check_tampering(gale_decode_signed_value, &s, text);
    assert_true(gale_create_encrypted_value(&s, "name", GALE__STR("value"), text, sizeof(text)) >
                0);
    check_tampering(gale_decode_encrypted_value, &s, text);
}

/* Signed with the right key, and still not in the form that is written. */
static void test_only_the_one_form(void **state)
{
    static const char *const forms[] = {
        "2|01:0|10:1700000000|1:n|4:dg==|",
        "2|1:0|010:1700000000|1:n|4:dg==|",
        "2|+1:0|10:1700000000|1:n|4:dg==|",
        "2|1:0|10:1700000000|1:n|4:dg==",
        "2|1:0|10:1700000000|1:n|5:dg==|",
        "2|1:0|10:1700000000|1:n|3:dg=|",
        "2|1:0|10:1700000000|-1:n|4:dg==|",
        "2|2:00|10:1700000000|1:n|4:dg==|",
        "2|1:a|10:1700000000|1:n|4:dg==|",
        "2|1:0|10:170000000a|1:n|4:dg==|",
        "2|1:0|10:1700000000|1:n|4:dg=a|",
        "2|1:0|10:1700000000|1:n|4:dh==|",
        "2|1:0|10:1700000000|1:n|99999999999999999999:dg==|",
        "2|1:0|10:1700000000|1:n|18446744073709551615:dg==|",
        "3|1:0|10:1700000000|1:n|4:dg==|",
        "2|0:|10:1700000000|1:n|4:dg==|",
        "2|1:0|1_0:1700000000|1:n|4:dg==|",
        "2| 1:0|10:1700000000|1:n|4:dg==|",
    };
    const gale_signing s = { .secret = "k", .now = 1700000000 };

    (void)state;
    for (size_t i = 0; i < N_OF(forms); i++) {
        uint8_t mac[GALE__DIGEST_MAX];
        char text[256];
        size_t len = (size_t)snprintf(text, sizeof(text), "%s", forms[i]);

        assert_int_equal(gale__hmac(GALE__SHA256, GALE__STR("k"), gale__str(forms[i]), mac), 32);
        for (size_t k = 0; k < 32; k++)
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%02x", mac[k]);
        assert_int_equal(read_signed(&s, "n", text, ""), GALE_EINVAL);
    }
    assert_int_equal(read_signed(&s, "n", "", ""), GALE_EINVAL);
    assert_int_equal(read_signed(&s, "n", "2", ""), GALE_EINVAL);
    assert_int_equal(read_signed(&s, "n", "2|", ""), GALE_EINVAL);
    assert_int_equal(read_signed(&s, "n", "|||", ""), GALE_EINVAL);
}

/* --- keys --------------------------------------------------------------------------- */

static void check_rotation(create_fn *create, decode_fn *decode)
{
    static const gale_secret only_four[] = { { 4, "four" }, { 0, NULL } };
    static const gale_secret other[] = { { 3, "3" }, { 4, "four" }, { 0, NULL } };
    gale_signing s = { .secrets = two_secrets, .key_version = 3 };
    char three[256], four[256];

    assert_true(create(&s, "n", GALE__STR("old"), three, sizeof(three)) > 0);
    s.key_version = 4;
    assert_true(create(&s, "n", GALE__STR("new"), four, sizeof(four)) > 0);
    assert_int_equal(read_by(decode, &s, "n", three, GALE__STR("old")), 3);
    assert_int_equal(read_by(decode, &s, "n", four, GALE__STR("new")), 3);
    s.secrets = only_four;
    assert_int_equal(read_by(decode, &s, "n", three, GALE__STR("")), GALE_EINVAL);
    assert_int_equal(read_by(decode, &s, "n", four, GALE__STR("new")), 3);
    s.secrets = other;
    assert_int_equal(read_by(decode, &s, "n", three, GALE__STR("")), GALE_EINVAL);
    s.key_version = 5;
    assert_int_equal(create(&s, "n", GALE__STR("x"), three, sizeof(three)), GALE_EINVAL);
    assert_non_null(strstr(gale_strerror(GALE_EINVAL), "cookie_secrets"));
    assert_int_equal(create(&(gale_signing){ 0 }, "n", GALE__STR("x"), three, sizeof(three)),
                     GALE_EINVAL);
    assert_non_null(strstr(gale_strerror(GALE_EINVAL), "cookie_secret"));
    assert_int_equal(
        create(&(gale_signing){ .secret = "" }, "n", GALE__STR("x"), three, sizeof(three)),
        GALE_EINVAL);
}

static void test_rotation(void **state)
{
    (void)state;
    check_rotation(gale_create_signed_value, gale_decode_signed_value);
    check_rotation(gale_create_encrypted_value, gale_decode_encrypted_value);
}

static void test_key_version(void **state)
{
    gale_signing s = { .secrets = two_secrets, .key_version = 4 };
    char text[256];

    (void)state;
    assert_true(gale_create_signed_value(&s, "n", GALE__STR("v"), text, sizeof(text)) > 0);
    assert_int_equal(gale_signed_value_key_version(text), 4);
    assert_int_equal(gale_signed_value_key_version("dmFsdWU=|1300000000|31c9"), -1);
    assert_int_equal(gale_signed_value_key_version("2|1:0|"), -1);
    assert_int_equal(gale_signed_value_key_version("2|9:999999999|1:1|1:n|0:|"), 999999999);
    assert_int_equal(gale_signed_value_key_version("2|10:9999999999|1:1|1:n|0:|"), -1);
    assert_int_equal(gale_signed_value_key_version(""), -1);
    assert_int_equal(gale_signed_value_key_version(NULL), -1);
}

static void test_version_1_has_one_secret(void **state)
{
    gale_signing s = { .secrets = two_secrets, .key_version = 3, .version = 1, .min_version = 1 };
    char text[256];

    (void)state;
    assert_int_equal(gale_create_signed_value(&s, "n", GALE__STR("v"), text, sizeof(text)),
                     GALE_EINVAL);
    assert_int_equal(
        read_signed(&s, "key", "dmFsdWU=|1300000000|31c934969f53e48164c50768b40cbd7e2daaaa4f", ""),
        GALE_EINVAL);
    s.version = 3;
    assert_int_equal(gale_create_signed_value(&s, "n", GALE__STR("v"), text, sizeof(text)),
                     GALE_EINVAL);
    s.min_version = 3;
    assert_int_equal(read_signed(&s, "n", "2|", ""), GALE_EINVAL);
    assert_non_null(strstr(gale_strerror(GALE_EINVAL), "min_version"));
}

/* --- sizes -------------------------------------------------------------------------- */

static void check_sizes(create_fn *create, decode_fn *decode)
{
    const gale_signing s = { .secret = "k", .min_version = 1 };
    char value[40], text[256], plain[64];

    memset(value, 'v', sizeof(value));
    for (size_t n = 0; n <= sizeof(value); n++) {
        gale_str in = { value, n };
        int len = create(&s, "n", in, NULL, 0);

        memset(text, 'x', sizeof(text));
        assert_int_equal(create(&s, "n", in, text, (size_t)len), len); /* no room for the NUL */
        assert_int_equal(text[0], 0);
        assert_int_equal(text[len], 'x');
        assert_int_equal(create(&s, "n", in, text, (size_t)len + 1), len);
        assert_int_equal(strlen(text), len);
        assert_int_equal(text[len + 1], 'x');
        assert_int_equal(decode(&s, "n", text, plain, n), GALE_ETOOBIG);
        memset(plain, 'x', sizeof(plain));
        assert_int_equal(decode(&s, "n", text, plain, n + 1), n);
        assert_int_equal(plain[n + 1], 'x');
        assert_memory_equal(plain, value, n);
    }
}

static void test_sizes(void **state)
{
    (void)state;
    check_sizes(gale_create_signed_value, gale_decode_signed_value);
    check_sizes(gale_create_encrypted_value, gale_decode_encrypted_value);
}

/* --- encrypted ---------------------------------------------------------------------- */

static void test_encrypted_values_show_nothing(void **state)
{
    const gale_signing s = { .secret = "k" }, t = { .secret = "l" };
    char one[256], two[256];

    (void)state;
    assert_true(gale_create_encrypted_value(&s, "n", GALE__STR("secret"), one, sizeof(one)) > 0);
    assert_true(gale_create_encrypted_value(&s, "n", GALE__STR("secret"), two, sizeof(two)) > 0);
    assert_string_not_equal(one, two);
    assert_memory_not_equal(one + 5, two + 5, 8); /* the salts */
    assert_null(strstr(one, "c2VjcmV0"));
    assert_int_equal(strspn(one, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                 "-_."),
                     strlen(one)); /* needs no quotes */
    assert_int_equal(read_encrypted(&s, "n", one, "secret"), 6);
    assert_int_equal(read_encrypted(&s, "m", one, ""), GALE_EINVAL);
    assert_int_equal(read_encrypted(&t, "n", one, ""), GALE_EINVAL);
    assert_int_equal(read_by(gale_decode_signed_value, &s, "n", one, GALE__STR("")), GALE_EINVAL);
}

static void test_encrypted_values_have_an_age(void **state)
{
    gale_signing s = { .secret = "k", .now = 1700000000 };
    char text[256];

    (void)state;
    assert_true(gale_create_encrypted_value(&s, "n", GALE__STR("v"), text, sizeof(text)) > 0);
    s.now = 1700000000 + 31.0 * DAY;
    assert_int_equal(read_encrypted(&s, "n", text, "v"), 1);
    s.now += 1;
    assert_int_equal(read_encrypted(&s, "n", text, ""), GALE_EINVAL);
    assert_non_null(strstr(gale_strerror(GALE_EINVAL), "expired"));
    s.now = 1700000000 - 31.0 * DAY - 1;
    assert_int_equal(read_encrypted(&s, "n", text, ""), GALE_EINVAL);
    assert_non_null(strstr(gale_strerror(GALE_EINVAL), "future"));
}

static void test_encrypted_bytes(void **state)
{
    const gale_signing s = { .secrets = two_secrets, .key_version = 4 };
    char value[256], text[1024];

    (void)state;
    for (size_t i = 0; i < sizeof(value); i++)
        value[i] = (char)i;
    assert_true(gale_create_encrypted_value(&s, "", (gale_str){ value, sizeof(value) }, text,
                                            sizeof(text)) > 0);
    assert_memory_equal(text, "e1.4.", 5);
    assert_int_equal(
        read_by(gale_decode_encrypted_value, &s, "", text, (gale_str){ value, sizeof(value) }),
        sizeof(value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_known_answers),
        cmocka_unit_test(test_b1_bytes_moved_between_value_and_time),
        cmocka_unit_test(test_b8_name_and_value_of_version_1_run_together),
        cmocka_unit_test(test_c12_version_1_and_the_future_are_not_trusted),
        cmocka_unit_test(test_age),
        cmocka_unit_test(test_each_byte_counts),
        cmocka_unit_test(test_only_the_one_form),
        cmocka_unit_test(test_rotation),
        cmocka_unit_test(test_key_version),
        cmocka_unit_test(test_version_1_has_one_secret),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_encrypted_values_show_nothing),
        cmocka_unit_test(test_encrypted_values_have_an_age),
        cmocka_unit_test(test_encrypted_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

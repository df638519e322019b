/* test_openid2.c - OpenID 2.0: direct answers, nonces, which fields are signed, attributes. */
/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <gale/error.h>
#include <gale/json.h>
#include "auth/openid2.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define AX "http://axschema.org/"

/* B34: the answer is read as lines of key and value, not searched for a text. */
static void test_b34_direct_answers_are_parsed(void **state)
{
    static const struct {
        const char *body;
        int result; /* 1 valid, 0 not, or a code */
    } cases[] = {
        { "is_valid:true\n", 1 },
        { "is_valid:true", 1 },
        { "ns:http://specs.openid.net/auth/2.0\nis_valid:true\n", 1 },
        { "is_valid:true\ninvalidate_handle:a:b\n", 1 },
        { "is_valid:false\n", 0 },
        { "foo:is_valid:true\n", GALE_EPROTO },
        { "error:x is_valid:true\n", GALE_EPROTO },
        { "is_valid:false\nfoo:is_valid:true\n", 0 },
        { "is_valid:true\nis_valid:true\n", GALE_EPROTO },
        { "is_valid:false\nis_valid:true\n", GALE_EPROTO },
        { "is_valid:trueish\n", GALE_EPROTO },
        { "is_valid:true \n", GALE_EPROTO },
        { "is_valid: true\n", GALE_EPROTO },
        { "is_valid:true\r\n", GALE_EPROTO },
        { "IS_VALID:true\n", GALE_EPROTO },
        { " is_valid:true\n", GALE_EPROTO },
        { "is_valid\n", GALE_EPROTO },
        { "\nis_valid:true\n", GALE_EPROTO },
        { "<html>is_valid:true</html>", GALE_EPROTO },
        { "ns:http://openid.net/signon/1.1\nis_valid:true\n", GALE_EPROTO },
        { "", GALE_EPROTO },
        { "\n", GALE_EPROTO },
    };

    for (size_t i = 0; i < N(cases); i++) {
        bool is_valid = false;
        int r = gale__openid2_read_valid(gale__str(cases[i].body), &is_valid);

        assert_int_equal(r < 0 ? r : is_valid, cases[i].result);
    }
}

static void test_nonce_times(void **state)
{
    static const struct {
        const char *nonce;
        double time; /* 0: refused */
    } cases[] = {
        { "2005-05-15T17:11:51ZUNIQUE", 1116177111 },
        { "2026-11-23T00:00:00Z", 1795392000 },
        { "2024-02-29T23:59:59Za:b/c", 1709251199 },
        { "2023-02-29T23:59:59Z", 0 },
        { "2005-13-15T17:11:51Z", 0 },
        { "2005-05-15T24:11:51Z", 0 },
        { "2005-05-15T17:11:61Z", 0 },
        { "2005-05-15 17:11:51Z", 0 },
        { "2005-05-15T17:11:51", 0 },
        { "2005-05-15T17:11:51+01:00", 0 },
        { "-005-05-15T17:11:51Z", 0 },
        { "", 0 },
        { "Z", 0 },
    };
    char longest[257];
    double time;

    for (size_t i = 0; i < N(cases); i++) {
        int r = gale__openid2_nonce_time(cases[i].nonce, &time);

        assert_int_equal(r, cases[i].time == 0 ? GALE_EINVAL : 0);
        if (r >= 0)
            assert_true(time == cases[i].time);
    }
    memset(longest, 'x', sizeof(longest));
    memcpy(longest, "2005-05-15T17:11:51Z", 20);
    longest[256] = 0;
    assert_int_equal(gale__openid2_nonce_time(longest, &time), GALE_EINVAL);
    longest[255] = 0;
    assert_int_equal(gale__openid2_nonce_time(longest, &time), 0);
}

static void test_what_is_signed(void **state)
{
    const struct gale__openid2_answer answer = {
        .fields = { { "a", "1" }, { "ab", "2" }, { "ns.x", "3" }, { "e", "" } },
        .n = 4,
        .is_signed = "ab,ns.x,missing,e",
    };

    assert_string_equal(gale__openid2_get(&answer, "a"), "1");
    assert_null(gale__openid2_signed(&answer, "a"));
    assert_string_equal(gale__openid2_signed(&answer, "ab"), "2");
    assert_string_equal(gale__openid2_signed(&answer, "ns.x"), "3");
    assert_string_equal(gale__openid2_signed(&answer, "e"), "");
    assert_null(gale__openid2_signed(&answer, "missing"));
    assert_null(gale__openid2_signed(&answer, "ab,ns.x"));
    assert_null(gale__openid2_signed(&answer, ""));
}

/* --- attributes ------------------------------------------------------------------- */

struct memory {
    struct gale__arena arena;
    struct gale__auth_call call;
    gale_auth_user user;
};

static void read_attributes(struct memory *m, const struct gale__openid2_answer *answer)
{
    *m = (struct memory){ .call = { .arena = &m->arena } };
    gale__arena_init(&m->arena);
    assert_int_equal(gale__openid2_read_attributes(&m->call, answer, &m->user), 0);
}

static void test_attributes_by_any_alias(void **state)
{
    const struct gale__openid2_answer answer = {
        .fields = { { "claimed_id", "https://a/me" },
                    { "ns.ext1", "http://openid.net/srv/ax/1.0" },
                    { "ext1.type.f", AX "namePerson/first" },
                    { "ext1.value.f", "Ada" },
                    { "ext1.type.l", AX "namePerson/last" },
                    { "ext1.count.l", "1" },
                    { "ext1.value.l.1", "Lovelace" },
                    { "ext1.type.e", AX "contact/email" },
                    { "ext1.value.e", "ada@example.com" },
                    { "ext1.type.x", AX "pref/language" },
                    { "ext1.value.x", "en-GB" },
                    { "ns.s", "http://openid.net/extensions/sreg/1.1" },
                    { "s.nickname", "ada" },
                    { "s.email", "other@example.com" } },
        .n = 14,
        .is_signed = "claimed_id,ns.ext1,ext1.type.f,ext1.value.f,ext1.type.l,ext1.value.l.1,"
                     "ext1.type.e,ext1.value.e,ext1.type.x,ext1.value.x,ns.s,s.nickname,s.email",
    };
    struct memory m;

    read_attributes(&m, &answer);
    assert_string_equal(m.user.first_name, "Ada");
    assert_string_equal(m.user.last_name, "Lovelace");
    assert_string_equal(m.user.name, "Ada Lovelace");
    assert_string_equal(m.user.email, "ada@example.com");
    assert_false(m.user.email_verified);
    assert_string_equal(m.user.locale, "en-gb");
    assert_string_equal(m.user.username, "ada");
    assert_string_equal(json_string_value(json_object_get(m.user.claims, AX "contact/email")),
                        "ada@example.com");
    gale__arena_reset(&m.arena);
}

/* Namespace, type and value: each must be signed. */
static void test_unsigned_attributes_are_not_there(void **state)
{
    static const char *const signed_fields[] = {
        "ns.ax,ax.type.e",
        "ns.ax,ax.value.e",
        "ax.type.e,ax.value.e",
        "ns.ax,ax.type.e,ax.value.e2",
        "",
    };
    struct gale__openid2_answer answer = {
        .fields = { { "ns.ax", "http://openid.net/srv/ax/1.0" },
                    { "ax.type.e", AX "contact/email" },
                    { "ax.value.e", "eve@example.com" } },
        .n = 3,
    };
    struct memory m;

    for (size_t i = 0; i < N(signed_fields); i++) {
        answer.is_signed = signed_fields[i];
        read_attributes(&m, &answer);
        assert_null(m.user.email);
        assert_null(m.user.name);
        assert_int_equal(json_object_size(m.user.claims), 0);
        gale__arena_reset(&m.arena);
    }
    answer.is_signed = "ns.ax,ax.type.e,ax.value.e";
    read_attributes(&m, &answer);
    assert_string_equal(m.user.email, "eve@example.com");
    assert_string_equal(m.user.name, "eve");
    gale__arena_reset(&m.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_b34_direct_answers_are_parsed),
        cmocka_unit_test(test_nonce_times),
        cmocka_unit_test(test_what_is_signed),
        cmocka_unit_test(test_attributes_by_any_alias),
        cmocka_unit_test(test_unsigned_attributes_are_not_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

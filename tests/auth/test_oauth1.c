/* test_oauth1.c - signatures of OAuth 1.0a: the examples of RFC 5849, of Twitter and of Tornado.
 *
 * With --print reads lines of method, URL, form as it is sent, client's and token's secret, names
 * and values of the protocol, with tabs between, and prints the signature of each: for
 * test_oauth1_peers.py.
 */
/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <gale/auth.h>
#include <gale/error.h>
#include "auth/oauth1_sign.h"
#include "base/str.h"

#define END                                                                                        \
    {                                                                                              \
        NULL, NULL                                                                                 \
    }

static void assert_base_string(const struct gale__oauth1_message *message, const char *expected)
{
    struct gale__buf text;

    gale__buf_init(&text, 1 << 20);
    assert_int_equal(gale__oauth1_base_string(message, &text), 0);
    assert_string_equal(gale__buf_cstr(&text), expected);
    gale__buf_deinit(&text);
}

static void assert_signature(const struct gale__oauth1_message *message,
                             const struct gale__oauth1_keys *keys, const char *expected)
{
    char signature[GALE__OAUTH1_SIGNATURE];

    assert_int_equal(gale__oauth1_sign(message, keys, signature), 0);
    assert_string_equal(signature, expected);
}

/* RFC 5849 3.4.1.1 and 3.4.1.3. */
static void test_base_string_of_the_rfc(void **state)
{
    const gale_pair oauth[] = { { "oauth_consumer_key", "9djdj82h48djs9d2" },
                                { "oauth_token", "kkk9d7dh3k39sjv7" },
                                { "oauth_signature_method", "HMAC-SHA1" },
                                { "oauth_timestamp", "137131201" },
                                { "oauth_nonce", "7d8f3e4a" },
                                { "oauth_signature", "bYT5CMsGcbgUdFHObYMEfcx6bsw=" },
                                END };
    const struct gale__oauth1_message message = {
        .method = "POST",
        .url = "http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b",
        .oauth = oauth,
        .body = GALE__STR("c2&a3=2+q"),
    };

    assert_base_string(&message,
                       "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q"
                       "%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_"
                       "key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_m"
                       "ethod%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk"
                       "9d7dh3k39sjv7");
}

/* RFC 5849 1.2: Jane's photos. Its access to the token end points is signed with PLAINTEXT; the
 * request for the photo is the HMAC-SHA1 one. */
static void test_photo_of_the_rfc(void **state)
{
    const gale_pair initiate[] = { { "oauth_consumer_key", "dpf43f3p2l4k3l03" },
                                   { "oauth_signature_method", "HMAC-SHA1" },
                                   { "oauth_timestamp", "137131200" },
                                   { "oauth_nonce", "wIjqoS" },
                                   { "oauth_callback", "http://printer.example.com/ready" },
                                   END };
    const gale_pair token[] = { { "oauth_consumer_key", "dpf43f3p2l4k3l03" },
                                { "oauth_token", "hh5s93j4hdidpola" },
                                { "oauth_signature_method", "HMAC-SHA1" },
                                { "oauth_timestamp", "137131201" },
                                { "oauth_nonce", "walatlh" },
                                { "oauth_verifier", "hfdp7dh39dks9884" },
                                END };
    const gale_pair photo[] = { { "oauth_consumer_key", "dpf43f3p2l4k3l03" },
                                { "oauth_token", "nnch734d00sl2jdk" },
                                { "oauth_signature_method", "HMAC-SHA1" },
                                { "oauth_timestamp", "137131202" },
                                { "oauth_nonce", "chapoH" },
                                END };
    const struct gale__oauth1_keys first = { .client_secret = "kd94hf93k423kf44" };
    const struct gale__oauth1_keys second = { .client_secret = "kd94hf93k423kf44",
                                              .token_secret = "hdhd0244k9j7ao03" };
    const struct gale__oauth1_keys third = { .client_secret = "kd94hf93k423kf44",
                                             .token_secret = "pfkkdhi9sl3r4s00" };

    assert_signature(&(struct gale__oauth1_message){ .method = "POST",
                                                     .url = "https://photos.example.net/initiate",
                                                     .oauth = initiate },
                     &first, "74KNZJeDHnMBp0EMJ9ZHt/XKycU=");
    assert_signature(&(struct gale__oauth1_message){ .method = "POST",
                                                     .url = "https://photos.example.net/token",
                                                     .oauth = token },
                     &second, "gKgrFCywp7rO0OXSjdot/IHF7IU=");
    assert_signature(
        &(struct gale__oauth1_message){
            .method = "GET",
            .url = "http://photos.example.net/photos?file=vacation.jpg&size=original",
            .oauth = photo },
        &third, "MdpQcU8iPSUjWoN/UDMsK2sui9I=");
}

/* "Creating a signature" of Twitter's documents. */
static void test_twitters_example(void **state)
{
    const gale_pair oauth[] = { { "oauth_consumer_key", "xvz1evFS4wEEPTGEFPHBog" },
                                { "oauth_nonce", "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg" },
                                { "oauth_signature_method", "HMAC-SHA1" },
                                { "oauth_timestamp", "1318622958" },
                                { "oauth_token",
                                  "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb" },
                                { "oauth_version", "1.0" },
                                END };
    const gale_pair form[] = { { "status", "Hello Ladies + Gentlemen, a signed OAuth request!" },
                               END };
    const struct gale__oauth1_message message = {
        .method = "post",
        .url = "https://api.twitter.com/1.1/statuses/update.json?include_entities=true",
        .oauth = oauth,
        .form = form,
    };
    const struct gale__oauth1_keys keys = {
        .client_secret = "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
        .token_secret = "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
    };

    assert_base_string(
        &message,
        "POST&https%3A%2F%2Fapi.twitter.com%2F1.1%2Fstatuses%2Fupdate.json&include_entities%3Dtrue"
        "%26oauth_consumer_key%3Dxvz1evFS4wEEPTGEFPHBog%26oauth_nonce%3DkYjzVBB8Y0ZFabxSWbWovY3uYSQ"
        "2pTgmZeNu2VS4cg%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D1318622958%26oaut"
        "h_token%3D370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb%26oauth_version%3D1.0%26statu"
        "s%3DHello%2520Ladies%2520%252B%2520Gentlemen%252C%2520a%2520signed%2520OAuth%2520request%"
        "2521");
    assert_signature(&message, &keys, "hCtSmYh+iHYCEqBWrE7C7hYmtUk=");
}

/* What Tornado signs, as it was seen from the outside. */
static void test_tornados_signature(void **state)
{
    const gale_pair oauth[] = { { "z", "\xc3\xa9" }, { "a", "b c" }, END };
    const struct gale__oauth1_message message = { .method = "get",
                                                  .url = "HTTP://Ex.com/p",
                                                  .oauth = oauth };
    const struct gale__oauth1_keys keys = { .client_secret = "c&s", .token_secret = "t~s" };

    assert_signature(&message, &keys, "PO+1yFNgh8tlyArOHo7zJ1/rae4=");
}

/* 3.4.1.2, and what a client sends of a URL. */
static void test_base_string_uri(void **state)
{
    static const char *const cases[][2] = {
        { "http://EXAMPLE.COM:80/r%20v/X?id=123",
          "GET&http%3A%2F%2Fexample.com%2Fr%2520v%2FX&id%3D123" },
        { "https://www.example.net:8080/?q=1",
          "GET&https%3A%2F%2Fwww.example.net%3A8080%2F&q%3D1" },
        { "https://a.example:443", "GET&https%3A%2F%2Fa.example%2F&" },
        { "https://a.example:80/", "GET&https%3A%2F%2Fa.example%3A80%2F&" },
        { "http://a.example:/x#y?z", "GET&http%3A%2F%2Fa.example%2Fx&" },
        { "HTTPS://u:p@A.example?a#b", "GET&https%3A%2F%2Fa.example%2F&a%3D" },
        { "http://[::1]:8000/%7e~", "GET&http%3A%2F%2F%5B%3A%3A1%5D%3A8000%2F%257e~&" },
        { "http://a/\xc3\xa9?\xc3\xa9=%C3%A9",
          "GET&http%3A%2F%2Fa%2F%25C3%25A9&%25C3%25A9%3D%25C3%25A9" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_base_string(&(struct gale__oauth1_message){ .method = "GET", .url = cases[i][0] },
                           cases[i][1]);
}

/* Encoded first, sorted then, by name and then by value; twice the same stays twice. */
static void test_parameters_are_sorted(void **state)
{
    static const char *const cases[][2] = {
        { "b=1&a=2", "a%3D2%26b%3D1" },
        { "a=2&a=1&a=2", "a%3D1%26a%3D2%26a%3D2" },
        { "a=2&a=10&a=", "a%3D%26a%3D10%26a%3D2" },
        { "a1=x&a=y", "a%3Dy%26a1%3Dx" }, /* the whole texts would come in another order */
        { "a~=1&a%C3%A9=2", "a%25C3%25A9%3D2%26a~%3D1" },
        { "a=%2B+%20", "a%3D%252B%2520%2520" },
        { "=v&&a&", "%3Dv%26a%3D" },
        { "a=b=c&d=%", "a%3Db%253Dc%26d%3D%2525" },
        { "a=/&b=%00", "a%3D%252F%26b%3D%2500" },
        { "oauth_signature=x&b", "b%3D" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char expected[128];
        struct gale__oauth1_message message = { .method = "POST",
                                                .url = "http://a/",
                                                .body = gale__str(cases[i][0]) };
        char url[128];

        snprintf(expected, sizeof(expected), "POST&http%%3A%%2F%%2Fa%%2F&%s", cases[i][1]);
        assert_base_string(&message, expected);
        snprintf(url, sizeof(url), "http://a/?%s", cases[i][0]);
        assert_base_string(&(struct gale__oauth1_message){ .method = "POST", .url = url },
                           expected);
    }
}

static void test_refused(void **state)
{
    const gale_pair form[] = { { "oauth_token", "mine" }, END };
    const struct gale__oauth1_keys keys = { .client_id = "c", .client_secret = "s" };
    const struct gale__oauth1_message refused[] = {
        { .method = "GET", .url = "ftp://a/" },
        { .method = "GET", .url = "http://" },
        { .method = "GET", .url = "http://a/ b" },
        { .method = "GET", .url = "http://a/?oauth_nonce=1" },
        { .method = "POST", .url = "http://a/", .form = form },
        { .method = "POST", .url = "http://a/", .body = GALE__STR("a=b&oauth_token=1") },
    };
    static char many[20004] = "&";
    struct gale__buf out;

    gale__buf_init(&out, 4096);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        assert_int_equal(gale__oauth1_authorize(&refused[i], &keys, &out), GALE_EINVAL);
    for (size_t i = 0; i + 1 < sizeof(many); i++)
        many[i] = i % 2 ? '&' : 'a';
    assert_int_equal(gale__oauth1_authorize(
                         &(struct gale__oauth1_message){
                             .method = "POST", .url = "http://a/", .body = gale__str(many) },
                         &keys, &out),
                     GALE_ETOOBIG);
    assert_int_equal(out.len, 0);
    gale__buf_deinit(&out);
}

/* The value of name="…" in a field. */
static void get_param(const char *field, const char *name, char *out, size_t size)
{
    char find[64];
    const char *p;

    snprintf(find, sizeof(find), " %s=\"", name);
    p = strstr(field, find);
    assert_non_null(p);
    p += strlen(find);
    assert_true(strcspn(p, "\"") < size);
    snprintf(out, size, "%.*s", (int)strcspn(p, "\""), p);
}

static void test_authorization_field(void **state)
{
    const gale_pair further[] = { { "oauth_callback", "http://a/back?x=1 2" }, END };
    const struct gale__oauth1_keys keys = {
        .client_id = "c d", .client_secret = "s", .token = "t", .token_secret = "u"
    };
    const struct gale__oauth1_message message = { .method = "GET",
                                                  .url = "http://a/",
                                                  .oauth = further };
    char first[64], second[64], field[512];
    struct gale__buf out;

    gale__buf_init(&out, sizeof(field));
    for (int i = 0; i < 2; i++) {
        gale__buf_reset(&out);
        assert_int_equal(gale__oauth1_authorize(&message, &keys, &out), 0);
        snprintf(field, sizeof(field), "%s", gale__buf_cstr(&out));
        assert_ptr_equal(strstr(field, "OAuth oauth_consumer_key=\"c%20d\", "), field);
        assert_non_null(strstr(field, "oauth_token=\"t\""));
        assert_non_null(strstr(field, "oauth_signature_method=\"HMAC-SHA1\""));
        assert_non_null(strstr(field, "oauth_version=\"1.0\""));
        assert_non_null(strstr(field, "oauth_callback=\"http%3A%2F%2Fa%2Fback%3Fx%3D1%202\""));
        get_param(field, "oauth_nonce", i ? second : first, sizeof(first));
        get_param(field, "oauth_signature", field, sizeof(field));
        assert_ptr_equal(strstr(field, "%3D"), field + strlen(field) - 3);
    }
    assert_int_equal(strlen(first), 32);
    assert_string_not_equal(first, second);
    gale__buf_deinit(&out);
}

static const gale_auth_options site = {
    .protocol = GALE_OAUTH1,
    .client_id = "c",
    .client_secret = "s",
    .redirect_uri = "/done",
    .request_token_url = "https://a.example/request",
    .authorize_url = "https://a.example/authorize",
    .token_url = "https://a.example/token",
};

static void test_field_of_a_provider(void **state)
{
    gale_auth_provider *provider = gale_auth_provider_new(&site);
    const gale_auth_tokens tokens = { .access_token = "t", .token_secret = "u" };
    const gale_pair params[] = { { "status", "a b" }, END };
    char field[512], small[64];
    int r;

    assert_non_null(provider);
    r = gale_oauth1_header(provider, &tokens, "POST", "https://a.example/x?y=z", params, field,
                           sizeof(field));
    assert_int_equal(r, strlen(field));
    assert_non_null(strstr(field, "oauth_token=\"t\""));
    assert_null(strstr(field, "status"));
    assert_true(gale_oauth1_header(provider, NULL, "GET", "https://a.example/", NULL, field,
                                   sizeof(field)) > 0);
    assert_null(strstr(field, "oauth_token="));
    assert_int_equal(gale_oauth1_header(provider, &tokens, "GET", "https://a.example/", NULL, small,
                                        sizeof(small)),
                     GALE_ETOOBIG);
    assert_int_equal(
        gale_oauth1_header(provider, &tokens, "GET", "a.example", NULL, field, sizeof(field)),
        GALE_EINVAL);
    assert_int_equal(gale_oauth1_header(provider, &tokens, "GET", NULL, NULL, field, sizeof(field)),
                     GALE_EINVAL);
    gale_auth_provider_free(provider);
}

static void assert_option_is_named(gale_auth_options options, const char *name)
{
    assert_null(gale_auth_provider_new(&options));
    assert_ptr_equal(strstr(gale_strerror(GALE_EINVAL), name), gale_strerror(GALE_EINVAL));
}

static void test_options_that_are_missing(void **state)
{
    gale_auth_options options = site;

    options.request_token_url = NULL;
    assert_option_is_named(options, "request_token_url");
    options = site;
    options.client_secret = NULL;
    assert_option_is_named(options, "client_secret");
    options = site;
    options.token_url = NULL;
    assert_option_is_named(options, "token_url");
    options = (gale_auth_options){ .protocol = GALE_OPENID2, .name = "a", .redirect_uri = "/done" };
    assert_option_is_named(options, "authorize_url");
    options.authorize_url = "https://a.example/openid";
    options.redirect_uri = "oob";
    assert_option_is_named(options, "redirect_uri");
}

static int print_signature(char **fields, size_t n)
{
    gale_pair oauth[16] = { END };
    char signature[GALE__OAUTH1_SIGNATURE];
    struct gale__oauth1_keys keys = { .client_secret = fields[3], .token_secret = fields[4] };
    struct gale__oauth1_message message = {
        .method = fields[0], .url = fields[1], .oauth = oauth, .body = gale__str(fields[2])
    };

    for (size_t i = 5; i + 1 < n && i < 5 + 2 * 15; i += 2)
        oauth[(i - 5) / 2] = (gale_pair){ fields[i], fields[i + 1] };
    if (gale__oauth1_sign(&message, &keys, signature) < 0)
        return 1;
    puts(signature);
    return 0;
}

static int print_signatures(void)
{
    static char line[1 << 16];
    int r = 0;

    while (r == 0 && fgets(line, sizeof(line), stdin)) {
        char *rest = line, *fields[40];
        size_t n = 0;

        line[strcspn(line, "\n")] = 0;
        while (n < 40 && (fields[n] = strsep(&rest, "\t")))
            n++;
        r = n < 5 ? 1 : print_signature(fields, n);
    }
    return r;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base_string_of_the_rfc),
        cmocka_unit_test(test_photo_of_the_rfc),
        cmocka_unit_test(test_twitters_example),
        cmocka_unit_test(test_tornados_signature),
        cmocka_unit_test(test_base_string_uri),
        cmocka_unit_test(test_parameters_are_sorted),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_authorization_field),
        cmocka_unit_test(test_field_of_a_provider),
        cmocka_unit_test(test_options_that_are_missing),
    };

    if (argc == 2 && strcmp(argv[1], "--print") == 0)
        return print_signatures();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

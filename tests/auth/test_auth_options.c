/* test_auth_options.c - options of a provider: what is wrong is named, what is left out is filled
 * in. */
/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/provider.h"
#include "auth/service.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define CLIENT .client_id = "c", .client_secret = "s", .redirect_uri = "/done"
#define OAUTH .authorize_url = "https://a.example/a", .token_url = "https://a.example/t"

static void refused(const gale_auth_options *options, const char *name)
{
    gale_auth_provider *p = gale_auth_provider_new(options);

    assert_null(p);
    if (!strstr(gale_strerror(GALE_EINVAL), name))
        fail_msg("'%s' does not name %s", gale_strerror(GALE_EINVAL), name);
}

static void test_wrong_options_are_named(void **state)
{
    static const char *const none[] = { "none", NULL }, *const empty[] = { NULL },
                             *const hmac[] = { "HS256", NULL };
    const struct {
        gale_auth_options options;
        const char *name;
    } cases[] = {
        { { .service = "myspace", CLIENT }, "service" },
        { { .redirect_uri = "/x", OAUTH }, "client_id" },
        { { .client_id = "c", OAUTH }, "redirect_uri" },
        { { .client_id = "c", .redirect_uri = "//x", OAUTH }, "redirect_uri" },
        { { .client_id = "c", .redirect_uri = "/x#y", OAUTH }, "redirect_uri" },
        { { .client_id = "c", .redirect_uri = "oob", OAUTH }, "redirect_uri" },
        { { .client_id = "c", .redirect_uri = "http://site.example/x", OAUTH }, "redirect_uri" },
        { { .client_id = "c", .redirect_uri = "x", OAUTH }, "redirect_uri" },
        { { CLIENT, .authorize_url = "https://a.example/a" }, "token_url" },
        { { CLIENT, .token_url = "https://a.example/a" }, "authorize_url" },
        { { CLIENT, .authorize_url = "http://a.example/a", .token_url = "https://a.example/t" },
          "authorize_url" },
        { { CLIENT, OAUTH, .userinfo_url = "ftp://a.example/" }, "userinfo_url" },
        { { CLIENT, OAUTH, .userinfo_url = "https://u:p@a.example/" }, "userinfo_url" },
        { { CLIENT, .issuer = "https://a.example/#x" }, "issuer" },
        { { CLIENT, .issuer = "http://127.evil.example" }, "issuer" },
        { { CLIENT, .issuer = "https://a.example", .scope = "email" }, "scope" },
        { { CLIENT, .protocol = GALE_OPENID_CONNECT, OAUTH }, "issuer" },
        { { CLIENT, .protocol = (gale_auth_protocol)99, OAUTH }, "protocol" },
        { { CLIENT, OAUTH, .name = "a b" }, "name" },
        { { CLIENT, OAUTH, .name = "" }, "name" },
        { { CLIENT, OAUTH, .scope = "a\nb" }, "scope" },
        { { CLIENT, OAUTH, .response_mode = "fragment" }, "response_mode" },
        { { CLIENT, OAUTH, .pkce = 3 }, "pkce" },
        { { CLIENT, OAUTH, .userinfo = 3 }, "userinfo" },
        { { CLIENT, OAUTH, .allow_http = 3 }, "allow_http" },
        { { CLIENT, OAUTH, .leeway = -7 }, "leeway" },
        { { CLIENT, OAUTH, .state_max_age = NAN }, "state_max_age" },
        { { CLIENT, OAUTH, .request_timeout = INFINITY }, "request_timeout" },
        { { CLIENT, OAUTH, .client_auth = (gale_auth_client_auth)9 }, "client_auth" },
        { { .client_id = "c", .redirect_uri = "/d", OAUTH, .client_auth = GALE_CLIENT_SECRET_POST },
          "client_secret" },
        { { CLIENT, .issuer = "https://a.example", .algorithms = none }, "algorithms" },
        { { CLIENT, .issuer = "https://a.example", .algorithms = empty }, "algorithms" },
        { { .client_id = "c",
            .redirect_uri = "/d",
            .issuer = "https://a.example",
            .algorithms = hmac },
          "algorithms" },
    };

    for (size_t i = 0; i < N(cases); i++)
        refused(&cases[i].options, cases[i].name);
    refused(NULL, "options");
}

static void test_defaults(void **state)
{
    gale_auth_provider *p = gale_auth_provider_new(
        &(gale_auth_options){ CLIENT, .issuer = "https://login.example:8443/tenant" });

    assert_non_null(p);
    assert_string_equal(gale_auth_provider_name(p), "login.example");
    assert_int_equal(p->o.protocol, GALE_OPENID_CONNECT);
    assert_string_equal(p->o.scope, "openid profile email");
    assert_true(p->o.leeway == 60 && p->o.state_max_age == 600 && p->o.request_timeout == 10);
    assert_true(p->is_query_answer);
    gale_auth_provider_free(p);
    gale_auth_provider_free(NULL);
}

/* Options of an older program are shorter; what they lack is as if left out. */
static void test_options_are_sized_and_copied(void **state)
{
    char url[] = "https://a.example/a";
    gale_auth_options options = { CLIENT, .authorize_url = url, .token_url = "https://a.example/t",
                                  .state_max_age = 5 };
    gale_auth_provider *p = gale_auth_provider_new_sized(
        &options, offsetof(gale_auth_options, state_max_age));

    assert_non_null(p);
    url[8] = 'x';
    assert_string_equal(p->o.authorize_url, "https://a.example/a");
    assert_true(p->o.state_max_age == 600);
    gale_auth_provider_free(p);
}

static void test_public_client(void **state)
{
    gale_auth_provider *p = gale_auth_provider_new(
        &(gale_auth_options){ .service = "github", .client_id = "c", .redirect_uri = "/done" });

    assert_non_null(p);
    assert_int_equal(p->o.client_auth, GALE_CLIENT_AUTH_NONE);
    gale_auth_provider_free(p);
}

static void test_services(void **state)
{
    static const char *const names[] = { "google", "github", "facebook", "twitter" };

    for (size_t i = 0; i < N(names); i++) {
        gale_auth_provider *p = gale_auth_provider_new(
            &(gale_auth_options){ .service = names[i], CLIENT, .scope = "openid own" });

        assert_non_null(p);
        assert_string_equal(gale_auth_provider_name(p), names[i]);
        assert_string_equal(p->o.scope, "openid own");
        gale_auth_provider_free(p);
    }
}

static void test_urls(void **state)
{
    static const struct {
        const char *url;
        bool allow_http, is_good;
    } cases[] = {
        { "https://a.example/x?y=z", false, true },
        { "http://a.example/", false, false },
        { "http://a.example/", true, true },
        { "http://localhost:80/", false, true },
        { "http://127.0.0.1/", false, true },
        { "http://127.9.9.9:1/", false, true },
        { "http://[::1]:8080/x", false, true },
        { "http://op.localhost/", false, true },
        { "http://localhost.example/", false, false },
        { "http://127.0.0.1.example/", false, false },
        { "http://127.1/", false, false },
        { "https://u@a.example/", true, false },
        { "https://a.example/#", true, false },
        { "javascript:alert(1)", true, false },
        { "https:///x", true, false },
        { "", true, false },
    };

    for (size_t i = 0; i < N(cases); i++)
        assert_int_equal(gale__auth_check_url("url", cases[i].url, cases[i].allow_http) == 0,
                         cases[i].is_good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_options_are_named),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_options_are_sized_and_copied),
        cmocka_unit_test(test_public_client),
        cmocka_unit_test(test_services),
        cmocka_unit_test(test_urls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

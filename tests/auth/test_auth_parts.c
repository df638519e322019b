/* test_auth_parts.c - pieces of a login that need no wire: answers used up, users, answers' forms.
 */
/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <gale/json.h>

#include "auth/answer.h"
#include "auth/oauth2.h"
#include "auth/profile.h"
#include "auth/used.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static struct gale__arena arena;

static struct gale__auth_call new_call(void)
{
    return (struct gale__auth_call){ .arena = &arena };
}

static int end(void **state)
{
    gale__arena_reset(&arena);
    return 0;
}

static void test_each_key_counts_once(void **state)
{
    struct gale__auth_used *used = gale__auth_used_new();

    assert_true(gale__auth_used_add(used, GALE__STR("a"), 100, 200));
    assert_true(gale__auth_used_add(used, GALE__STR("b"), 100, 200));
    assert_false(gale__auth_used_add(used, GALE__STR("a"), 150, 200));
    assert_false(gale__auth_used_add(used, GALE__STR("b"), 199, 300));
    assert_true(gale__auth_used_add(used, GALE__STR("a"), 201, 300));
    gale__auth_used_free(used);
    gale__auth_used_free(NULL);
}

/* However many come: the last ones are remembered. */
static void test_used_keys_are_bounded(void **state)
{
    struct gale__auth_used *used = gale__auth_used_new();
    char key[16];

    for (int i = 0; i < 20000; i++) {
        snprintf(key, sizeof(key), "%d", i);
        assert_true(gale__auth_used_add(used, gale__str(key), i, i + 1e6));
        assert_false(gale__auth_used_add(used, gale__str(key), i, i + 1e6));
    }
    for (int i = 19900; i < 20000; i++) {
        snprintf(key, sizeof(key), "%d", i);
        assert_false(gale__auth_used_add(used, gale__str(key), 20000, 2e6));
    }
    gale__auth_used_free(used);
}

/* RFC 7636, appendix B. */
static void test_c14_challenge_of_the_rfc(void **state)
{
    struct gale__auth_call call = new_call();

    assert_string_equal(gale__auth_challenge(&call, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
                        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

static int map(const char *text, const char *id_name, gale_auth_user *user)
{
    struct gale__auth_call call = new_call();
    json_t *claims = json_loads(text, 0, NULL);

    assert_non_null(claims);
    assert_int_equal(gale__auth_own_json(&call, claims), 0);
    *user = (gale_auth_user){ 0 };
    return gale__auth_profile(&call, claims, id_name, user);
}

static void test_ids(void **state)
{
    static const struct {
        const char *claims, *name, *id; /* NULL: none */
    } cases[] = {
        { "{\"sub\": \"x\", \"id\": 1}", NULL, "x" },
        { "{\"id\": 583231}", NULL, "583231" },
        { "{\"id\": -3}", NULL, "-3" },
        { "{\"user_id\": \"u\"}", NULL, "u" },
        { "{\"sub\": \"\", \"id\": \"i\"}", NULL, "i" },
        { "{\"id\": \"i\"}", "sub", NULL },
        { "{\"sub\": null, \"id\": 1.5}", NULL, NULL },
        { "{\"sub\": true}", NULL, NULL },
        { "{\"name\": \"nobody\"}", NULL, NULL },
    };
    gale_auth_user user;

    for (size_t i = 0; i < N(cases); i++) {
        int r = map(cases[i].claims, cases[i].name, &user);

        assert_int_equal(r, cases[i].id ? 0 : GALE_EPROTO);
        if (cases[i].id)
            assert_string_equal(user.id, cases[i].id);
    }
}

static void test_names(void **state)
{
    gale_auth_user user;

    assert_int_equal(map("{\"sub\": \"1\", \"name\": \"N\", \"given_name\": \"G\", \"family_name\":"
                         " \"F\", \"preferred_username\": \"P\", \"email\": \"e@x\", \"locale\":"
                         " \"de\", \"picture\": \"p\", \"email_verified\": true, \"auth_time\": 5}",
                         "sub", &user),
                     0);
    assert_string_equal(user.first_name, "G");
    assert_string_equal(user.last_name, "F");
    assert_string_equal(user.username, "P");
    assert_string_equal(user.picture, "p");
    assert_true(user.email_verified);
    assert_true(user.auth_time == 5);
    assert_int_equal(map("{\"id\": 1, \"login\": \"octocat\", \"name\": null, \"email\": null,"
                         " \"avatar_url\": \"a\", \"email_verified\": true}",
                         NULL, &user),
                     0);
    assert_string_equal(user.username, "octocat");
    assert_string_equal(user.picture, "a");
    assert_null(user.name);
    assert_false(user.email_verified);
    assert_int_equal(map("{\"id\": \"1\", \"first_name\": \"F\", \"last_name\": \"L\", \"picture\":"
                         " {\"data\": {\"url\": \"u\"}}}",
                         NULL, &user),
                     0);
    assert_string_equal(user.first_name, "F");
    assert_string_equal(user.picture, "u");
}

static void test_addresses_of_github(void **state)
{
    json_t *list = json_loads("[{\"email\": \"a\", \"primary\": false, \"verified\": true}, 7, {},"
                              " {\"email\": \"b\", \"primary\": true, \"verified\": true}]",
                              0, NULL);
    json_t *unverified = json_loads("[{\"email\": \"b\", \"primary\": true}]", 0, NULL);
    gale_auth_user user = { 0 };

    gale__auth_read_emails(unverified, &user);
    assert_null(user.email);
    gale__auth_read_emails(list, &user);
    assert_string_equal(user.email, "b");
    assert_true(user.email_verified);
    json_decref(list);
    json_decref(unverified);
}

static int read_answer(int status, const char *type, const char *body, bool may_be_form,
                       json_t **out, gale_auth_failed *failed)
{
    struct gale__auth_call call = new_call();
    const gale_http_header headers[] = { { "Content-Type", type }, { NULL, NULL } };
    gale_http_response response = { .status = status, .headers = headers, .body = gale__str(body) };
    int r = gale__auth_answer(&call, "it", &response, may_be_form, out);

    *failed = call.failed;
    return r;
}

static void test_answers(void **state)
{
    static const struct {
        int status;
        const char *type, *body;
        bool may_be_form;
        gale_auth_reason reason;
        const char *error;
    } cases[] = {
        { 200, "application/json", "{\"a\": \"b\"}", false, GALE_AUTH_NO_FAILURE, NULL },
        { 200, "text/plain", "a=b&c=d%20e", true, GALE_AUTH_NO_FAILURE, NULL },
        { 200, "application/x-www-form-urlencoded", "a=b", true, GALE_AUTH_NO_FAILURE, NULL },
        { 200, "text/plain", "a=b", false, GALE_AUTH_BAD_ANSWER, NULL },
        { 200, "text/plain", "a=b&a=c", true, GALE_AUTH_BAD_ANSWER, NULL },
        { 200, "text/plain", "a=b%00c&d%00=e", true, GALE_AUTH_BAD_ANSWER, NULL },
        { 200, "text/html", "<html>", true, GALE_AUTH_BAD_ANSWER, NULL },
        { 200, "application/json", "{\"a\": 1, \"a\": 2}", false, GALE_AUTH_BAD_ANSWER, NULL },
        { 200, "application/json", "7", false, GALE_AUTH_BAD_ANSWER, NULL },
        { 200, "application/json", "", false, GALE_AUTH_BAD_ANSWER, NULL },
        { 200, "application/json", "{\"error\": \"bad_verification_code\"}", true,
          GALE_AUTH_REFUSED, "bad_verification_code" },
        { 200, "text/plain", "error=incorrect_client_credentials", true, GALE_AUTH_REFUSED,
          "incorrect_client_credentials" },
        { 400, "application/json", "{\"error\": \"invalid_grant\"}", true, GALE_AUTH_REFUSED,
          "invalid_grant" },
        { 400, "application/json", "{\"error\": {\"type\": \"OAuthException\", \"code\": 190}}",
          true, GALE_AUTH_REFUSED, "OAuthException" },
        { 401, "application/json", "{\"message\": \"Bad credentials\"}", false,
          GALE_AUTH_BAD_ANSWER, NULL },
        { 404, "text/html", "<html>", false, GALE_AUTH_BAD_ANSWER, NULL },
    };
    gale_auth_failed failed;
    json_t *value;

    for (size_t i = 0; i < N(cases); i++) {
        int r = read_answer(cases[i].status, cases[i].type, cases[i].body, cases[i].may_be_form,
                            &value, &failed);

        assert_int_equal(r < 0, cases[i].reason != GALE_AUTH_NO_FAILURE);
        assert_int_equal(failed.reason, cases[i].reason);
        if (cases[i].error)
            assert_string_equal(failed.error, cases[i].error);
    }
}

/* What the provider says is not shown as it is: no line of a log can be forged by it. */
static void test_errors_are_quoted(void **state)
{
    gale_auth_failed failed;
    json_t *value;
    int r = read_answer(
        400, "application/json",
        "{\"error\": \"x\\r\\ny\\u001b[31m\", \"error_description\": \"code=secret\"}", false,
        &value, &failed);

    assert_true(r < 0);
    assert_string_equal(failed.text, "it: x??y?[31m");
    assert_string_equal(failed.description, "code=secret");
}

/* A description that is too long is cut between characters: JSON and pages are made of it. */
static void test_errors_are_cut_between_characters(void **state)
{
    char text[1024 + 8] = "x";
    struct gale__auth_call call = new_call();

    for (size_t i = 1; i + 2 < sizeof(text); i += 2)
        memcpy(text + i, "\xc3\xa9", 2);
    assert_true(
        gale__auth_refused(&call, GALE_AUTH_REFUSED, "it", gale__str(text), gale__str(text)) < 0);
    assert_int_equal(strlen(call.failed.error), 59);
    assert_int_equal(strlen(call.failed.description), 1023);
    assert_memory_equal(call.failed.description, text, 1023);
}

static void test_reasons_have_names(void **state)
{
    assert_string_equal(gale_auth_reason_name(GALE_AUTH_BAD_STATE), "bad_state");
    assert_string_equal(gale_auth_reason_name(GALE_AUTH_INTERNAL), "internal");
    assert_string_equal(gale_auth_reason_name((gale_auth_reason)99), "?");
    assert_string_equal(gale_auth_reason_name((gale_auth_reason)-1), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_key_counts_once),
        cmocka_unit_test(test_used_keys_are_bounded),
        cmocka_unit_test(test_c14_challenge_of_the_rfc),
        cmocka_unit_test_teardown(test_ids, end),
        cmocka_unit_test_teardown(test_names, end),
        cmocka_unit_test(test_addresses_of_github),
        cmocka_unit_test_teardown(test_answers, end),
        cmocka_unit_test_teardown(test_errors_are_quoted, end),
        cmocka_unit_test_teardown(test_errors_are_cut_between_characters, end),
        cmocka_unit_test(test_reasons_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, end);
}

/* test_guards.c - XSRF cookies, CORS and login where answers are kept, mounted or misconfigured. */
/* SPDX-License-Identifier: MIT */
#include "fake_carrier.h"

#include <gale/staticfile.h>

static struct fake f;

static void get(const char *head)
{
    fake_log[0] = 0;
    fake_ask(&f, head, "");
}

/* --- the eager XSRF cookie -------------------------------------------------------------- */

static int keep(gale_handler *self)
{
    gale_set_header(self, "Cache-Control", gale_get_argument(self, "cache", "private"));
    if (gale_get_argument(self, "token", NULL))
        return gale_write(self, gale_xsrf_token(self));
    return gale_write(self, "page");
}

static int keep_always(gale_handler *self, void *unused)
{
    (void)unused;
    return gale_set_header(self, "Cache-Control", "public");
}

static const gale_middleware keeper = { .after = keep_always };
static const gale_middleware *const kept[] = { &keeper, NULL };
static const gale_handler_class page = { .get = keep };

static bool sets_cookie(const char *path)
{
    char head[256];

    snprintf(head, sizeof(head), "GET %s HTTP/1.1\n", path);
    get(head);
    return strstr(f.fields, "Set-Cookie: _xsrf=") != NULL;
}

static void test_a3_7_no_eager_cookie_in_answers_that_others_may_get(void **state)
{
    static const char *const shared[] = { "public", "max-age=60", "Immutable,+max-age=1",
                                          "no-cache,+s-maxage=9", "must-revalidate,public" };
    static const char *const own[] = { "private,+max-age=60", "no-store,+public", "no-cache",
                                       "max-age=0" };
    char path[128];

    (void)state;
    fake_serve(
        gale_app_new((gale_route[]){ { .url = "/", .handler = &page },
                                     { .url = "/kept", .handler = &page, .middleware = kept },
                                     { .url = "/files/(.*)",
                                       .handler = &gale_static_handler,
                                       .arg = &(gale_static_options){ .path = "/proc/self" } },
                                     { 0 } },
                     &(gale_settings){ .xsrf_cookies = GALE_ON, .xsrf_cookie_eager = GALE_ON }));
    assert_true(sets_cookie("/"));
    for (size_t i = 0; i < N_OF(shared); i++) {
        snprintf(path, sizeof(path), "/?cache=%s", shared[i]);
        assert_false(sets_cookie(path));
    }
    for (size_t i = 0; i < N_OF(own); i++) {
        snprintf(path, sizeof(path), "/?cache=%s", own[i]);
        assert_true(sets_cookie(path));
    }
    assert_false(sets_cookie("/kept"));
    assert_false(sets_cookie("/files/nowhere"));
    /* Whoever asks for a token gets its cookie. */
    assert_true(sets_cookie("/?cache=public&token=1"));
    fake_end();
}

static void test_a3_7_settings_that_no_token_can_be_made_with(void **state)
{
    static const struct {
        gale_settings settings;
        gale_cookie cookie;
        const char *why;
    } rows[] = {
        { { 0 }, { .same_site = GALE_SAME_SITE_NONE }, "SameSite=None needs secure" },
        { { .xsrf_cookie_name = "__host-x" }, { 0 }, "its prefix needs secure" },
        { { .xsrf_cookie_name = "__Host-x" },
          { .secure = GALE_ON, .path = "/app" },
          "needs the path \"/\"" },
        { { .xsrf_cookie_name = "__Host-x", .secure_cookies = GALE_ON },
          { .domain = "x.org" },
          "forbids a domain" },
        { { .secure_cookies = GALE_ON }, { .domain = "a;b" }, "character 0x3b in domain" },
        { { 0 }, { .partitioned = GALE_ON }, "partitioned needs secure" },
        { { 0 }, { .same_site = 17 }, "same_site is 17" },
    };
    gale_app *app;

    (void)state;
    for (size_t i = 0; i < N_OF(rows); i++) {
        gale_settings settings = rows[i].settings;

        settings.xsrf_cookie = &rows[i].cookie;
        app = gale_app_new((gale_route[]){ { .url = "/", .handler = &page }, { 0 } }, &settings);
        assert_null(app);
        assert_has(gale_app_error(), "settings: xsrf_cookie_name and xsrf_cookie: cookie ");
        assert_has(gale_app_error(), rows[i].why);
    }
    app = gale_app_new((gale_route[]){ { .url = "/", .handler = &page }, { 0 } },
                       &(gale_settings){ .xsrf_cookie_name = "__Host-x",
                                         .xsrf_cookie = &(gale_cookie){ .secure = GALE_ON } });
    assert_non_null(app);
    gale_app_free(app);
}

/* --- CORS ------------------------------------------------------------------------------- */

static gale_cors rules;

static int cors_before(gale_handler *self, void *unused)
{
    (void)unused;
    return gale_cors_before(self, &rules);
}

static const gale_middleware with_rules = { .before = cors_before };
static const gale_middleware *const sites[] = { &with_rules, NULL };

static void test_a1_3_any_origin_stands_alone(void **state)
{
    static const char *const last[] = { "https://a.example", "*", NULL };
    static const char *const twice[] = { "*", "*", NULL };
    static const char *const *const lists[] = { last, twice };

    (void)state;
    fake_serve(gale_app_new(
        (gale_route[]){ { .url = "/", .handler = &page, .middleware = sites }, { 0 } }, NULL));
    for (size_t i = 0; i < N_OF(lists); i++) {
        rules = (gale_cors){ .origins = lists[i], .credentials = GALE_ON };
        get("GET / HTTP/1.1\nOrigin: *\n");
        assert_int_equal(f.status, 500);
        assert_null(strstr(f.fields, "Access-Control"));
        assert_has(fake_log, "\"*\" stands alone");
    }
    fake_end();
}

/* --- who may ask ------------------------------------------------------------------------ */

static int answer(gale_handler *self)
{
    return gale_write(self, "secret");
}

static const gale_middleware guard = { .before = gale_authenticated_before };
static const gale_middleware *const guard_first[] = { &guard, &with_rules, NULL };
static const gale_handler_class automatic = { .get = answer };
static const gale_handler_class own_options = { .get = answer, .options = answer };

static void test_a3_3_preflights_pass_the_guard_of_middleware(void **state)
{
    static const char *const origins[] = { "https://a.example", NULL };

    (void)state;
    rules = (gale_cors){ .origins = origins, .credentials = GALE_ON };
    fake_serve(gale_app_new(
        (gale_route[]){ { .url = "/", .handler = &automatic, .middleware = guard_first },
                        { .url = "/own", .handler = &own_options, .middleware = guard_first },
                        { 0 } },
        &(gale_settings){ .login_url = "/login" }));
    get("OPTIONS / HTTP/1.1\n");
    assert_int_equal(f.status, 204);
    assert_has(f.fields, "Allow: GET, HEAD, OPTIONS\n");
    get("OPTIONS / HTTP/1.1\nOrigin: https://a.example\nAccess-Control-Request-Method: GET\n");
    assert_int_equal(f.status, 204);
    assert_has(f.fields, "Access-Control-Allow-Origin: https://a.example\n");
    get("OPTIONS /own HTTP/1.1\n"); /* as .authenticated = GALE_ALL */
    assert_int_equal(f.status, 403);
    get("GET / HTTP/1.1\n");
    assert_int_equal(f.status, 302);
    fake_end();
}

static void test_login_next_of_an_absolute_target(void **state)
{
    gale_route routes[] = { { .url = "/in", .handler = &automatic, .middleware = guard_first },
                            { 0 } };

    (void)state;
    fake_serve(gale_app_new(routes, &(gale_settings){ .login_url = "/login" }));
    get("GET http://evil.example/in?a=b HTTP/1.1\n");
    assert_has(f.fields, "Location: /login?next=%2Fin%3Fa%3Db\n");
    get("GET http://evil.example/in HTTP/1.1\n");
    assert_has(f.fields, "Location: /login?next=%2Fin\n");
    fake_end();
    fake_serve(gale_app_new(routes, &(gale_settings){ .login_url = "https://sso.example/" }));
    get("GET http://www.example/in?a=b HTTP/1.1\n");
    assert_has(f.fields, "?next=http%3A%2F%2Fwww.example%2Fin%3Fa%3Db\n");
    fake_end();
}

/* --- times ------------------------------------------------------------------------------ */

static int expire(gale_handler *self)
{
    gale_set_cookie(self, "a", "b", &(gale_cookie){ .expires = -1e300 });
    gale_set_cookie(self, "c", "d", &(gale_cookie){ .expires = -11644473601 });
    gale_set_cookie(self, "e", "f", &(gale_cookie){ .expires = -11644473600 });
    return gale_set_cookie(self, "g", "h", &(gale_cookie){ .expires_days = -1e6 });
}

static void test_a3_6_browsers_know_no_year_before_1601(void **state)
{
    (void)state;
    fake_serve(gale_app_new(
        (gale_route[]){ { .url = "/", .handler = &(gale_handler_class){ .get = expire } }, { 0 } },
        NULL));
    get("GET / HTTP/1.1\n");
    assert_has(f.fields, "a=b; expires=Thu, 01 Jan 1970 00:00:00 GMT; ");
    assert_has(f.fields, "c=d; expires=Thu, 01 Jan 1970 00:00:00 GMT; ");
    assert_has(f.fields, "e=f; expires=Mon, 01 Jan 1601 00:00:00 GMT; ");
    assert_has(f.fields, "g=h; expires=Thu, 01 Jan 1970 00:00:00 GMT; ");
    fake_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a3_7_no_eager_cookie_in_answers_that_others_may_get),
        cmocka_unit_test(test_a3_7_settings_that_no_token_can_be_made_with),
        cmocka_unit_test(test_a1_3_any_origin_stands_alone),
        cmocka_unit_test(test_a3_3_preflights_pass_the_guard_of_middleware),
        cmocka_unit_test(test_login_next_of_an_absolute_target),
        cmocka_unit_test(test_a3_6_browsers_know_no_year_before_1601),
    };

    return cmocka_run_group_tests(tests, NULL, fake_finish_loop);
}

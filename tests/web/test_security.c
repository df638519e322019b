/* test_security.c - cookies, users, XSRF, CORS and the rest, in handlers without sockets. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "fake_carrier.h"

#include <gale/json.h>

static struct fake f;
static int (*act)(gale_handler *self); /* what the next request does */
static int acted;                      /* what that gave */

static int run_act(gale_handler *self)
{
    acted = act ? act(self) : 0;
    return acted;
}

static const gale_handler_class plain = { .get = run_act, .post = run_act };
static int n_loads;

static int load_user(gale_handler *self, json_t **user)
{
    const char *name;

    n_loads++;
    if (gale_get_argument(self, "slow", NULL))
        gale_sleep(0.001);
    if (gale_get_argument(self, "broken", NULL))
        return gale_err(-EIO, "the user base is away");
    name = gale_get_cookie(self, "user", NULL);
    *user = name ? json_string(name) : NULL;
    return 0;
}

static const char *class_login_url(gale_handler *self)
{
    return gale_get_argument(self, "login", NULL);
}

static const gale_handler_class member = { .parent = &plain,
                                           .authenticated = GALE_ALL,
                                           .get_current_user = load_user };
static const gale_handler_class member_get = { .parent = &member, .authenticated = GALE_GET };
static const gale_handler_class elsewhere = { .parent = &member, .get_login_url = class_login_url };

static void serve_with(gale_settings settings)
{
    fake_serve(gale_app_new((gale_route[]){ { .url = "/", .handler = &plain },
                                            { .url = "/member", .handler = &member },
                                            { .url = "/member_get", .handler = &member_get },
                                            { .url = "/elsewhere", .handler = &elsewhere },
                                            { 0 } },
                            &settings));
}

static void get(int (*what)(gale_handler *self), const char *fields)
{
    char head[8192];

    act = what;
    snprintf(head, sizeof(head), "GET / HTTP/1.1\n%s", fields);
    fake_ask(&f, head, "");
}

/* --- cookies of a request ----------------------------------------------------------- */

static int list_cookies(gale_handler *self)
{
    const char *name, *value;

    for (size_t i = 0; gale_cookie_at(self, i, &name, &value); i++)
        gale_printf(self, "%s=%s|", name, value);
    return 0;
}

static void test_request_cookies(void **state)
{
    (void)state;
    serve_with((gale_settings){ 0 });
    get(list_cookies, "");
    assert_string_equal(f.body, "");
    get(list_cookies, "Cookie: a=1; b=\"x\\054y\"; a=2; c=\n");
    assert_string_equal(f.body, "a=2|b=x,y|c=|");
    get(list_cookies, "Cookie: a=1\nCookie: b=2\n");
    assert_string_equal(f.body, "a=1|b=2|");
    /* Bytes are UTF-8, or else ISO 8859-1 as Tornado escapes them. */
    get(list_cookies, "Cookie: a=\"\\303\\251\"; b=\"\\351\"; c=\xc3\xa9; d=\xe9\n");
    assert_string_equal(f.body, "a=\xc3\xa9|b=\xc3\xa9|c=\xc3\xa9|d=\xc3\xa9|");
    fake_end();
}

static void test_b12_a_bad_cookie_hides_no_other(void **state)
{
    (void)state;
    serve_with((gale_settings){ 0 });
    get(list_cookies, "Cookie: a=b; c=\"d;e\"; f=g\n");
    assert_string_equal(f.body, "a=b|c=\"d|f=g|");
    get(list_cookies, "Cookie: /=exception; sp ace=1; =v; nul=\"a\\000b\"; good=1\n");
    assert_string_equal(f.body, "good=1|");
    fake_end();
}

static int count_cookies(gale_handler *self)
{
    const char *name, *value;
    size_t n = 0;

    while (gale_cookie_at(self, n, &name, &value))
        n++;
    return gale_printf(self, "%zu %s", n, gale_get_cookie(self, "c7", "none"));
}

static void test_b21_many_cookies(void **state)
{
    char fields[8000] = "Cookie: ";
    size_t len = strlen(fields);
    int n = 0;

    (void)state;
    for (; len < sizeof(fields) - 32; n++)
        len += (size_t)snprintf(fields + len, sizeof(fields) - len, "c%d=%d;", n % 400, n);
    snprintf(fields + len, sizeof(fields) - len, "c7=last\n");
    serve_with((gale_settings){ 0 });
    get(count_cookies, fields);
    assert_string_equal(f.body, "400 last");
    fake_end();
}

static int cookie_of_this_answer(gale_handler *self)
{
    gale_set_cookie(self, "a", "new", NULL);
    return gale_write(self, gale_get_cookie(self, "a", "fallback"));
}

static void test_get_cookie_sees_the_request_only(void **state)
{
    (void)state;
    serve_with((gale_settings){ 0 });
    get(cookie_of_this_answer, "");
    assert_string_equal(f.body, "fallback");
    get(cookie_of_this_answer, "Cookie: a=old\n");
    assert_string_equal(f.body, "old");
    fake_end();
}

/* --- cookies of the answer ---------------------------------------------------------- */

/* The next call of gale_set_cookie and what it gives. */
static const char *cookie_name, *cookie_value;
static const gale_cookie *cookie_options;

static int set_one(gale_handler *self)
{
    return gale_set_cookie(self, cookie_name, cookie_value, cookie_options);
}

static void set_cookie(const char *name, const char *value, const gale_cookie *options)
{
    cookie_name = name;
    cookie_value = value;
    cookie_options = options;
    get(set_one, "");
}

static void assert_set(const char *name, const char *value, const gale_cookie *options,
                       const char *field)
{
    set_cookie(name, value, options);
    assert_int_equal(f.status, 200);
    assert_has(f.fields, field);
}

static void assert_refused(const char *name, const char *value, const gale_cookie *options,
                           const char *why)
{
    fake_log[0] = 0;
    set_cookie(name, value, options);
    assert_int_equal(acted, GALE_EINVAL);
    assert_int_equal(f.status, 500);
    assert_null(strstr(f.fields, "Set-Cookie"));
    assert_has(fake_log, why);
}

static void test_a3_6_attributes(void **state)
{
    (void)state;
    serve_with((gale_settings){ 0 });
    assert_set("a", "b", NULL, "Set-Cookie: a=b; Path=/\n");
    assert_set("a", "b c", NULL, "Set-Cookie: a=\"b\\040c\"; Path=/\n");
    assert_set("a", "b", &(gale_cookie){ .path = "" }, "Set-Cookie: a=b\n");
    assert_set("a", "b",
               &(gale_cookie){ .domain = "example.org",
                               .path = "/x",
                               .expires = 784111777,
                               .expires_days = 1,
                               .max_age = 60,
                               .secure = GALE_ON,
                               .http_only = GALE_ON,
                               .same_site = GALE_SAME_SITE_NONE,
                               .partitioned = GALE_ON,
                               .priority = GALE_PRIORITY_LOW },
               "Set-Cookie: a=b; Domain=example.org; expires=Sun, 06 Nov 1994 08:49:37 GMT; "
               "HttpOnly; Max-Age=60; Partitioned; Path=/x; Priority=Low; SameSite=None; Secure\n");
    assert_set("a", "b", &(gale_cookie){ .max_age = -1 }, "Set-Cookie: a=b; Max-Age=0; Path=/\n");
    assert_set("a", "b", &(gale_cookie){ .same_site = GALE_SAME_SITE_STRICT },
               "Set-Cookie: a=b; Path=/; SameSite=Strict\n");
    assert_set("a", "b", &(gale_cookie){ .expires = 1e300 },
               "expires=Fri, 31 Dec 9999 23:59:59 GMT; Path=/\n");
    fake_end();
}

static void test_a3_6_prefixes(void **state)
{
    (void)state;
    serve_with((gale_settings){ 0 });
    assert_set("__Host-a", "b", &(gale_cookie){ .secure = GALE_ON },
               "Set-Cookie: __Host-a=b; Path=/; Secure\n");
    assert_set("__Secure-a", "b", &(gale_cookie){ .secure = GALE_ON, .domain = "x.org" },
               "Set-Cookie: __Secure-a=b; Domain=x.org; Path=/; Secure\n");
    assert_refused("__Host-a", "b", NULL, "needs secure");
    assert_refused("__hOST-a", "b", NULL, "needs secure");
    assert_refused("__Secure-a", "b", NULL, "needs secure");
    assert_refused("__Host-a", "b", &(gale_cookie){ .secure = GALE_ON, .domain = "x.org" },
                   "forbids a domain");
    assert_refused("__Host-a", "b", &(gale_cookie){ .secure = GALE_ON, .path = "/x" },
                   "needs the path");
    assert_refused("__Host-a", "b", &(gale_cookie){ .secure = GALE_ON, .path = "" },
                   "needs the path");
    assert_refused("a", "b", &(gale_cookie){ .same_site = GALE_SAME_SITE_NONE }, "needs secure");
    assert_refused("a", "b", &(gale_cookie){ .partitioned = GALE_ON }, "needs secure");
    fake_end();
}

static void test_b29_nothing_is_injected(void **state)
{
    (void)state;
    serve_with((gale_settings){ 0 });
    for (int c = 1; c < 256; c++) {
        const char text[] = { 'x', (char)c, 'y', 0 };
        bool bad = c <= 0x20 || c == ';' || c == 0x7f;

        set_cookie("a", "b", &(gale_cookie){ .domain = text });
        assert_int_equal(f.status, bad ? 500 : 200);
        set_cookie("a", "b", &(gale_cookie){ .path = text });
        assert_int_equal(f.status, bad ? 500 : 200);
        set_cookie("a", text, NULL);
        assert_int_equal(f.status, c < 0x20 ? 500 : 200);
        if (f.status == 200) {
            const char *field = strstr(f.fields, "Set-Cookie: a=");

            assert_non_null(field); /* its only attribute is the one that is always there */
            assert_int_equal(strcspn(field, ";"), strcspn(field, "\n") - strlen("; Path=/"));
        }
        set_cookie(text, "b", NULL);
        if (bad || strchr("\"(),/<=>?@[\\]{}", c) || c > 0x7f)
            assert_int_equal(f.status, 500);
    }
    assert_refused("", "b", NULL, "no token");
    assert_refused("a=b", "c", NULL, "no token");
    assert_refused(NULL, "b", NULL, "no token");
    assert_refused("a", NULL, NULL, "NULL");
    assert_refused("a", "b\r\nX: y", NULL, "control character");
    assert_refused("a", "b", &(gale_cookie){ .domain = "x; Secure" }, "0x3b in domain");
    assert_refused("a", "b", &(gale_cookie){ .path = "/\r\n" }, "0x0d in path");
    assert_refused("a", "b", &(gale_cookie){ .same_site = (enum gale_same_site)9 }, "same_site");
    assert_refused("a", "b", &(gale_cookie){ .priority = (enum gale_cookie_priority)9 },
                   "priority");
    assert_refused("a", "b", &(gale_cookie){ .expires = 1.0 / 0.0 }, "no time");
    assert_refused("a", "b", &(gale_cookie){ .secure = 7 }, "secure is 7");
    fake_end();
}

static void test_a3_6_secure_cookies(void **state)
{
    (void)state;
    serve_with((gale_settings){ .secure_cookies = GALE_ON });
    assert_set("a", "b", NULL, "Set-Cookie: a=b; HttpOnly; Path=/; SameSite=Lax; Secure\n");
    assert_set("__Host-a", "b", NULL,
               "Set-Cookie: __Host-a=b; HttpOnly; Path=/; SameSite=Lax; Secure\n");
    assert_set("a", "b",
               &(gale_cookie){
                   .secure = GALE_OFF, .http_only = GALE_OFF, .same_site = GALE_SAME_SITE_OMITTED },
               "Set-Cookie: a=b; Path=/\n");
    assert_refused("__Host-a", "b", &(gale_cookie){ .secure = GALE_OFF }, "needs secure");
    fake_end();
}

static int set_again(gale_handler *self)
{
    gale_set_cookie(self, "a", "1", &(gale_cookie){ .domain = "x.org", .secure = GALE_ON });
    gale_set_cookie(self, "b", "2", NULL);
    gale_set_cookie(self, "c", "3", NULL);
    gale_set_header(self, "X-After", "the cookies");
    return gale_set_cookie(self, "a", "4", NULL);
}

static void test_a_second_setting_replaces_all(void **state)
{
    (void)state;
    serve_with((gale_settings){ 0 });
    get(set_again, "");
    assert_has(f.fields, "X-After: the cookies\nSet-Cookie: b=2; Path=/\nSet-Cookie: c=3; Path=/\n"
                         "Set-Cookie: a=4; Path=/\n");
    assert_null(strstr(f.fields, "x.org"));
    fake_end();
}

static int set_and_fail(gale_handler *self)
{
    gale_set_header(self, "X-Lost", "yes");
    gale_set_cookie(self, "a", "kept", NULL);
    return gale_fail(self, 409, NULL);
}

static void test_error_pages_carry_cookies(void **state)
{
    (void)state;
    serve_with((gale_settings){ 0 });
    get(set_and_fail, "");
    assert_int_equal(f.status, 409);
    assert_has(f.fields, "Set-Cookie: a=kept; Path=/\n");
    assert_null(strstr(f.fields, "X-Lost"));
    fake_end();
}

static int set_late(gale_handler *self)
{
    gale_write(self, "x");
    gale_flush(self);
    return gale_set_cookie(self, "a", "b", NULL);
}

static void test_after_the_headers(void **state)
{
    (void)state;
    serve_with((gale_settings){ 0 });
    get(set_late, "");
    assert_int_equal(acted, GALE_ESTATE);
    fake_end();
}

static int clear_some(gale_handler *self)
{
    gale_clear_cookie(self, "a", &(gale_cookie){ .path = "/p", .domain = "x.org", .max_age = 9 });
    return gale_clear_cookie(self, "__Secure-b", NULL);
}

static int clear_all(gale_handler *self)
{
    return gale_clear_all_cookies(self, &(gale_cookie){ .domain = "x.org" });
}

static void test_clearing(void **state)
{
    (void)state;
    serve_with((gale_settings){ 0 });
    get(clear_some, "");
    assert_has(f.fields, "Set-Cookie: a=\"\"; Domain=x.org; expires=");
    assert_has(f.fields, " GMT; Path=/p\n");
    assert_has(f.fields, "Set-Cookie: __Secure-b=\"\"; expires=");
    assert_has(f.fields, " GMT; Path=/; Secure\n");
    get(clear_all, "Cookie: a=1; __Host-b=2\n");
    assert_has(f.fields, "Set-Cookie: a=\"\"; Domain=x.org; expires=");
    assert_has(f.fields, "Set-Cookie: __Host-b=\"\"; expires=");
    get(clear_all, "");
    assert_null(strstr(f.fields, "Set-Cookie"));
    fake_end();
}

/* --- signed and encrypted ----------------------------------------------------------- */

static int set_signed(gale_handler *self)
{
    return gale_set_signed_cookie(self, "s", (gale_str){ "a\0b", 3 }, NULL);
}

static int set_session(gale_handler *self)
{
    return gale_set_encrypted_cookie(self, "e", (gale_str){ "a\0b", 3 },
                                     &(gale_cookie){ .expires_days = -1, .http_only = GALE_ON });
}

static int get_both(gale_handler *self)
{
    gale_str s = gale_get_signed_cookie(self, "s", 0);
    gale_str e = gale_get_encrypted_cookie(self, "e", 0);

    if (s.ptr)
        assert_memory_equal(s.ptr, "a\0b", 4);
    if (e.ptr)
        assert_memory_equal(e.ptr, "a\0b", 4);
    return gale_printf(self, "%zu %zu %d", s.len, e.len,
                       gale_get_signed_cookie_key_version(self, "s"));
}

/* What was set as a Cookie field. */
static const char *as_cookie(void)
{
    static char field[1024];
    const char *at = strstr(f.fields, "Set-Cookie: ");

    assert_non_null(at);
    snprintf(field, sizeof(field), "Cookie: %.*s\n", (int)strcspn(at + 12, ";"), at + 12);
    return field;
}

static void test_signed_and_encrypted_cookies(void **state)
{
    (void)state;
    serve_with((gale_settings){ .cookie_secret = "secret" });
    get(set_signed, "");
    assert_has(f.fields, "Set-Cookie: s=2|1:0|10:");
    assert_has(f.fields, "; expires=");
    get(get_both, as_cookie());
    assert_string_equal(f.body, "3 0 0");
    get(set_session, "");
    assert_has(f.fields, "Set-Cookie: e=e1.0.");
    assert_null(strstr(f.fields, "expires="));
    assert_has(f.fields, "; HttpOnly; Path=/\n");
    get(get_both, as_cookie());
    assert_string_equal(f.body, "0 3 -1");
    get(get_both, "Cookie: s=forged; e=forged\n");
    assert_int_equal(f.status, 200);
    assert_string_equal(f.body, "0 0 -1");
    fake_end();
}

static void test_several_secrets(void **state)
{
    const gale_secret secrets[] = { { 1, "one" }, { 2, "two" }, { 0, NULL } };

    (void)state;
    serve_with((gale_settings){ .cookie_secrets = secrets, .key_version = 2 });
    get(set_signed, "");
    assert_has(f.fields, "Set-Cookie: s=2|1:2|10:");
    get(get_both, as_cookie());
    assert_string_equal(f.body, "3 0 2");
    fake_end();
}

static int get_signed(gale_handler *self)
{
    return gale_get_signed_cookie(self, "s", 0).ptr ? 1 : 0;
}

static int get_encrypted(gale_handler *self)
{
    return gale_get_encrypted_cookie(self, "s", 0).ptr ? 1 : 0;
}

static void test_without_cookie_secret(void **state)
{
    static int (*const calls[])(gale_handler *) = { set_signed, set_session, get_signed,
                                                    get_encrypted };

    (void)state;
    serve_with((gale_settings){ 0 });
    for (size_t i = 0; i < N_OF(calls); i++) {
        fake_log[0] = 0;
        get(calls[i], "Cookie: s=x\n");
        assert_int_equal(f.status, 500);
        assert_has(fake_log, "cookie needs the setting cookie_secret");
    }
    fake_end();
}

/* --- users -------------------------------------------------------------------------- */

static int say_user(gale_handler *self)
{
    gale_printf(self, "%s", json_string_value(gale_current_user(self)));
    return gale_printf(self, " %s", json_string_value(gale_current_user(self)));
}

static void ask(const char *head)
{
    act = say_user;
    n_loads = 0;
    f.respond_result = 0;
    fake_send(&f, head, "");
    fake_wait(&f);
}

static void test_a3_3_the_loader_waits_and_runs_once(void **state)
{
    (void)state;
    serve_with((gale_settings){ .login_url = "/login" });
    ask("GET /member HTTP/1.1\nCookie: user=ann\n");
    assert_string_equal(f.body, "ann ann");
    assert_int_equal(n_loads, 1);
    ask("GET /member?slow=1 HTTP/1.1\nCookie: user=ann\n");
    assert_string_equal(f.body, "ann ann");
    assert_int_equal(n_loads, 1);
    ask("GET /member?slow=1 HTTP/1.1\n");
    assert_int_equal(f.status, 302);
    assert_has(f.fields, "Location: /login?next=%2Fmember%3Fslow%3D1\n");
    assert_int_equal(n_loads, 1);
    ask("GET /member?broken=1 HTTP/1.1\n");
    assert_int_equal(f.status, 500);
    assert_has(fake_log, "the user base is away");
    fake_end();
}

static int ask_child(void *arg)
{
    return gale_current_user(arg) ? 1 : 0;
}

static int ask_side_by_side(gale_handler *self)
{
    gale_future *a = gale_spawn(ask_child, self), *b = gale_spawn(ask_child, self);

    return gale_printf(self, "%d %d", gale_join(&a), gale_join(&b));
}

static const gale_handler_class loader = { .parent = &plain, .get_current_user = load_user };

static void test_a3_3_side_by_side_the_loader_still_runs_once(void **state)
{
    (void)state;
    fake_serve(gale_app_new((gale_route[]){ { .url = "/", .handler = &loader }, { 0 } }, NULL));
    act = ask_side_by_side;
    n_loads = 0;
    f.respond_result = 0;
    fake_send(&f, "GET /?slow=1 HTTP/1.1\nCookie: user=ann\n", "");
    fake_wait(&f);
    assert_string_equal(f.body, "1 1");
    assert_int_equal(n_loads, 1);
    fake_end();
}

static int set_user_prepare(gale_handler *self)
{
    gale_set_current_user(self, json_string("first"));
    gale_set_current_user(self, json_string("bob"));
    return 0;
}

static int nobody(gale_handler *self, json_t **user)
{
    *user = gale_get_argument(self, "null", NULL) ? json_null() : json_false();
    return 0;
}

static const gale_handler_class strangers = { .parent = &member, .get_current_user = nobody };

static void test_a3_3_null_and_false_are_nobody(void **state)
{
    (void)state;
    fake_serve(gale_app_new((gale_route[]){ { .url = "/", .handler = &strangers }, { 0 } },
                            &(gale_settings){ .login_url = "/login" }));
    ask("GET / HTTP/1.1\n");
    assert_int_equal(f.status, 302);
    ask("GET /?null=1 HTTP/1.1\n");
    assert_int_equal(f.status, 302);
    fake_end();
}

static const gale_handler_class told = { .parent = &member, .prepare = set_user_prepare };

static void test_a3_3_prepare_says_who(void **state)
{
    (void)state;
    fake_serve(gale_app_new((gale_route[]){ { .url = "/", .handler = &told }, { 0 } }, NULL));
    ask("GET / HTTP/1.1\n");
    assert_string_equal(f.body, "bob bob");
    assert_int_equal(n_loads, 0);
    fake_end();
}

static void test_a3_3_by_method(void **state)
{
    (void)state;
    serve_with((gale_settings){ .login_url = "/login" });
    ask("HEAD /member HTTP/1.1\n");
    assert_int_equal(f.status, 302);
    ask("POST /member HTTP/1.1\n");
    assert_int_equal(f.status, 403);
    ask("POST /member HTTP/1.1\nCookie: user=ann\n");
    assert_int_equal(f.status, 200);
    ask("POST /member_get HTTP/1.1\n");
    assert_int_equal(f.status, 200);
    ask("GET /member_get HTTP/1.1\n");
    assert_int_equal(f.status, 302);
    ask("HEAD /member_get HTTP/1.1\n"); /* runs get */
    assert_int_equal(f.status, 302);
    ask("OPTIONS /member HTTP/1.1\n");
    assert_int_equal(f.status, 204);
    fake_end();
}

static void test_login_urls(void **state)
{
    static const char *const urls[][2] = {
        { "/elsewhere?login=/in", "/in?next=%2Felsewhere%3Flogin%3D%2Fin" },
        { "/elsewhere?login=/in%3Fa=b", "/in?a=b" },
        { "/elsewhere?login=https://sso.example/in",
          "https://sso.example/in?next=http%3A%2F%2Flocalhost%2Felsewhere%3Flogin%3Dhttps%3A%2F%2F"
          "sso.example%2Fin" },
        { "/elsewhere?login=//sso/", "//sso/?next=http%3A%2F%2Flocalhost%2Felsewhere" },
    };
    char head[256], location[512];

    (void)state;
    serve_with((gale_settings){ .login_url = "/login" });
    for (size_t i = 0; i < N_OF(urls); i++) {
        snprintf(head, sizeof(head), "GET %s HTTP/1.1\n", urls[i][0]);
        ask(head);
        assert_int_equal(f.status, 302);
        snprintf(location, sizeof(location), "Location: %s", urls[i][1]);
        assert_has(f.fields, location);
    }
    fake_end();
    serve_with((gale_settings){ 0 });
    ask("GET /member HTTP/1.1\n");
    assert_int_equal(f.status, 500);
    assert_has(fake_log, "login_url");
    fake_end();
}

/* --- next --------------------------------------------------------------------------- */

static int follow_next(gale_handler *self)
{
    return gale_redirect(self, gale_get_next(self, "/home"));
}

static void test_b27_next_stays_here(void **state)
{
    static const char *const away[] = {
        "",         "http://evil/", "https:evil",   "//evil",    "/\\evil",
        "\\\\evil", "\\/evil",      "javascript:x", "evil",      "/\t/evil",
        "/\n/evil", "\t//evil",     "///evil",      "/a\\b",     "/a\rb",
        " //evil",  "/\x7f/evil",   "?next=/",      "http:///x", "/\x01/evil",
    };
    static const char *const here[] = { "/",         "/a",     "/a//b", "/a?b=//c",
                                        "/%2F/evil", "/@evil", "/a:b" };

    (void)state;
    for (size_t i = 0; i < N_OF(away); i++)
        assert_false(gale_is_local_url(away[i]));
    for (size_t i = 0; i < N_OF(here); i++)
        assert_true(gale_is_local_url(here[i]));
    assert_false(gale_is_local_url(NULL));
    serve_with((gale_settings){ 0 });
    act = follow_next;
    fake_get(&f, "/?next=/story/1%3Fa=b");
    assert_has(f.fields, "Location: /story/1?a=b\n");
    fake_get(&f, "/?next=%2F%2Fevil");
    assert_has(f.fields, "Location: /home\n");
    fake_get(&f, "/?next=/%5Cevil");
    assert_has(f.fields, "Location: /home\n");
    fake_get(&f, "/?next=%09//evil");
    assert_has(f.fields, "Location: /home\n");
    fake_get(&f, "/?next=/%09/evil");
    assert_has(f.fields, "Location: /home\n");
    fake_get(&f, "/");
    assert_has(f.fields, "Location: /home\n");
    fake_end();
}

/* --- headers ------------------------------------------------------------------------ */

static int careful(gale_handler *self)
{
    gale_set_header(self, "X-Frame-Options", "SAMEORIGIN");
    return gale_set_secure_headers(self, gale_get_argument(self, "csp", NULL));
}

static void test_secure_headers(void **state)
{
    (void)state;
    serve_with((gale_settings){ 0 });
    get(careful, "");
    assert_has(f.fields, "X-Frame-Options: SAMEORIGIN\n");
    assert_null(strstr(f.fields, "DENY"));
    assert_has(f.fields, "X-Content-Type-Options: nosniff\n");
    assert_has(f.fields, "Referrer-Policy: strict-origin-when-cross-origin\n");
    assert_has(f.fields, "Cross-Origin-Opener-Policy: same-origin\n");
    assert_has(f.fields, "Content-Security-Policy: default-src 'self'\n");
    assert_null(strstr(f.fields, "Strict-Transport")); /* over http it means nothing */
    fake_get(&f, "/?csp=default-src+none");
    assert_has(f.fields, "Content-Security-Policy: default-src none\n");
    fake_get(&f, "/?csp=");
    assert_null(strstr(f.fields, "Content-Security-Policy"));
    fake_end();
}

/* --- CORS --------------------------------------------------------------------------- */

static gale_cors rules;
static const char *const two_origins[] = { "https://a.example", "https://b.example", NULL };
static const char *const any_origin[] = { "*", NULL };

static int apply_cors(gale_handler *self)
{
    gale_set_header(self, "Vary", "Accept-Language");
    return gale_cors_apply(self, &rules);
}

static void test_a1_3_cors_answers(void **state)
{
    (void)state;
    serve_with((gale_settings){ 0 });
    rules = (gale_cors){ .origins = two_origins, .credentials = GALE_ON, .expose = "X-A" };
    get(apply_cors, "Origin: https://b.example\n");
    assert_has(f.fields, "Access-Control-Allow-Origin: https://b.example\n");
    assert_has(f.fields, "Access-Control-Allow-Credentials: true\n");
    assert_has(f.fields, "Access-Control-Expose-Headers: X-A\n");
    assert_has(f.fields, "Vary: Accept-Language\n");
    assert_has(f.fields, "Vary: Origin\n");
    for (int i = 0; i < 4; i++) {
        static const char *const others[] = { "Origin: https://a.example.evil\n", "Origin: null\n",
                                              "Origin: http://a.example\n", "" };

        get(apply_cors, others[i]);
        assert_int_equal(f.status, 200);
        assert_null(strstr(f.fields, "Access-Control"));
        assert_has(f.fields, "Vary: Origin\n");
    }
    rules = (gale_cors){ .origins = any_origin };
    get(apply_cors, "Origin: https://c.example\n");
    assert_has(f.fields, "Access-Control-Allow-Origin: *\n");
    assert_null(strstr(f.fields, "Vary: Origin"));
    fake_end();
}

static void test_a1_3_cors_credentials_never_with_any_origin(void **state)
{
    static const char *const mixed[] = { "*", "https://a.example", NULL };
    static const char *const none[] = { NULL };

    (void)state;
    serve_with((gale_settings){ 0 });
    rules = (gale_cors){ .origins = any_origin, .credentials = GALE_ON };
    get(apply_cors, "Origin: https://c.example\n");
    assert_int_equal(f.status, 500);
    assert_null(strstr(f.fields, "Access-Control"));
    assert_has(fake_log, "credentials");
    rules = (gale_cors){ .origins = mixed };
    get(apply_cors, "Origin: https://c.example\n");
    assert_int_equal(f.status, 500);
    rules = (gale_cors){ .origins = none };
    get(apply_cors, "Origin: https://c.example\n");
    assert_int_equal(f.status, 500);
    fake_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_cookies),
        cmocka_unit_test(test_b12_a_bad_cookie_hides_no_other),
        cmocka_unit_test(test_b21_many_cookies),
        cmocka_unit_test(test_get_cookie_sees_the_request_only),
        cmocka_unit_test(test_a3_6_attributes),
        cmocka_unit_test(test_a3_6_prefixes),
        cmocka_unit_test(test_b29_nothing_is_injected),
        cmocka_unit_test(test_a3_6_secure_cookies),
        cmocka_unit_test(test_a_second_setting_replaces_all),
        cmocka_unit_test(test_error_pages_carry_cookies),
        cmocka_unit_test(test_after_the_headers),
        cmocka_unit_test(test_clearing),
        cmocka_unit_test(test_signed_and_encrypted_cookies),
        cmocka_unit_test(test_several_secrets),
        cmocka_unit_test(test_without_cookie_secret),
        cmocka_unit_test(test_a3_3_the_loader_waits_and_runs_once),
        cmocka_unit_test(test_a3_3_side_by_side_the_loader_still_runs_once),
        cmocka_unit_test(test_a3_3_prepare_says_who),
        cmocka_unit_test(test_a3_3_by_method),
        cmocka_unit_test(test_a3_3_null_and_false_are_nobody),
        cmocka_unit_test(test_login_urls),
        cmocka_unit_test(test_b27_next_stays_here),
        cmocka_unit_test(test_secure_headers),
        cmocka_unit_test(test_a1_3_cors_answers),
        cmocka_unit_test(test_a1_3_cors_credentials_never_with_any_origin),
    };

    return cmocka_run_group_tests(tests, NULL, fake_finish_loop);
}

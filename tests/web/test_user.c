/* test_user.c - the user of a request from the first question to its end; whose settings count. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "fake_carrier.h"

#include <gale/json.h>

static struct fake f;
static int n_loads;
static char seen[256]; /* what was seen on the way, one after the other */

static void note(const char *text)
{
    size_t len = strlen(seen);

    snprintf(seen + len, sizeof(seen) - len, "%s ", text ? text : "-");
}

static void note_user(void *handler)
{
    note(json_string_value(gale_current_user(handler)));
}

static int load_user(gale_handler *self, json_t **user)
{
    const char *name = gale_get_cookie(self, "user", NULL);
    int r;

    n_loads++;
    if (gale_get_argument(self, "slow", NULL) && (r = gale_sleep(0.001)) < 0)
        return r;
    if (gale_get_argument(self, "again", NULL))
        note_user(self);
    *user = name ? json_string(name) : NULL;
    return 0;
}

/* Serves one handler at "/". */
static void serve(const gale_handler_class *cls)
{
    fake_serve(gale_app_new((gale_route[]){ { .url = "/", .handler = cls }, { 0 } },
                            &(gale_settings){ .login_url = "/login" }));
}

static void ask(const char *head)
{
    n_loads = 0;
    seen[0] = fake_log[0] = 0;
    f.respond_result = 0;
    fake_send(&f, head, "");
    fake_wait(&f);
}

/* --- how long a user lives ------------------------------------------------------------ */

static int log_out(gale_handler *self)
{
    const char *first = json_string_value(gale_current_user(self)), *second;

    gale_set_current_user(self, json_string("second"));
    second = json_string_value(gale_current_user(self));
    gale_set_current_user(self, NULL);
    assert_null(gale_current_user(self));
    return gale_printf(self, "Bye, %s, %s", first, second);
}

static void test_a_replaced_user_lives_as_long_as_the_request(void **state)
{
    (void)state;
    serve(&(gale_handler_class){ .get = log_out, .get_current_user = load_user });
    ask("GET / HTTP/1.1\nCookie: user=ann\n");
    assert_string_equal(f.body, "Bye, ann, second");
    fake_end();
}

static int defer_early(gale_handler *self)
{
    return gale_defer(self, note_user, self);
}

static int defer_late(gale_handler *self)
{
    note_user(self);
    return gale_defer(self, note_user, self);
}

static int defer_only(gale_handler *self)
{
    (void)self;
    return 0;
}

static void test_deferred_calls_still_know_the_user(void **state)
{
    (void)state;
    serve(&(gale_handler_class){
        .prepare = defer_early, .get = defer_late, .get_current_user = load_user });
    ask("GET / HTTP/1.1\nCookie: user=ann\n");
    assert_string_equal(seen, "ann ann ann ");
    assert_int_equal(n_loads, 1);
    fake_end();
    /* The first one to ask. */
    serve(&(gale_handler_class){
        .prepare = defer_early, .get = defer_only, .get_current_user = load_user });
    ask("GET / HTTP/1.1\nCookie: user=ann\n");
    assert_string_equal(seen, "ann ");
    assert_int_equal(n_loads, 1);
    fake_end();
}

/* --- the loader ----------------------------------------------------------------------- */

static int say_user(gale_handler *self)
{
    return gale_printf(self, "%s", json_string_value(gale_current_user(self)));
}

static void test_a_loader_that_asks_for_the_user_is_told(void **state)
{
    (void)state;
    serve(&(gale_handler_class){ .get = say_user, .get_current_user = load_user });
    ask("GET /?again=1 HTTP/1.1\nCookie: user=ann\n");
    assert_int_equal(f.status, 500);
    assert_has(fake_log, "GALE_ESTATE: gale_current_user in .get_current_user");
    assert_int_equal(n_loads, 1);
    ask("GET /?again=1&slow=1 HTTP/1.1\nCookie: user=ann\n");
    assert_int_equal(f.status, 500);
    fake_end();
}

static int ask_child(void *handler)
{
    return gale_current_user(handler) ? 1 : 0;
}

static int require_child(void *handler)
{
    return gale_require_user(handler);
}

static int cancel_the_first(gale_handler *self, int (*first)(void *))
{
    gale_future *a = gale_spawn(first, self), *b = gale_spawn(ask_child, self), *c;
    int r[3];

    gale_cancel(a);
    c = gale_spawn(ask_child, self);
    r[0] = gale_join(&a);
    r[1] = gale_join(&b);
    r[2] = gale_join(&c);
    return gale_printf(self, "%d %d %d %s", r[0], r[1], r[2],
                       json_string_value(gale_current_user(self)));
}

static int cancel_one(gale_handler *self)
{
    return cancel_the_first(self, ask_child);
}

static int cancel_guard(gale_handler *self)
{
    return cancel_the_first(self, require_child);
}

static void test_a_cancelled_child_fails_by_itself(void **state)
{
    char text[64];

    (void)state;
    serve(&(gale_handler_class){ .get = cancel_one, .get_current_user = load_user });
    ask("GET /?slow=1 HTTP/1.1\nCookie: user=ann\n");
    assert_int_equal(f.status, 200);
    assert_string_equal(f.body, "0 1 1 ann");
    assert_int_equal(n_loads, 2);
    fake_end();
    serve(&(gale_handler_class){ .get = cancel_guard, .get_current_user = load_user });
    ask("GET /?slow=1 HTTP/1.1\nCookie: user=ann\n");
    snprintf(text, sizeof(text), "%d 1 1 ann", GALE_ECANCELED);
    assert_string_equal(f.body, text);
    fake_end();
}

/* --- whose settings count --------------------------------------------------------------- */

static const char *place(gale_handler *self)
{
    return gale_app_data(gale_handler_app(self));
}

static void note_place(gale_handler *self, const void *who)
{
    char text[64];

    snprintf(text, sizeof(text), "%s:%s", (const char *)who, place(self));
    note(text);
}

static int before(gale_handler *self, void *who)
{
    note_place(self, who);
    return 0;
}

static int after(gale_handler *self, void *who)
{
    note_place(self, who);
    return 0;
}

static int around(gale_handler *self, void *who)
{
    int r;

    note_place(self, who);
    r = gale_call_next(self);
    if (gale_sleep(0.001) < 0)
        return GALE_ECANCELED;
    note_place(self, who);
    return r;
}

static int handle(gale_handler *self)
{
    if (gale_get_argument(self, "slow", NULL) && gale_sleep(0.001) < 0)
        return GALE_ECANCELED;
    note_place(self, "verb");
    if (gale_get_argument(self, "bad", NULL))
        return gale_fail(self, 400, NULL);
    return gale_write(self, place(self));
}

static int note_error_page(gale_handler *self, int status)
{
    note_place(self, "page");
    return gale_printf(self, "%d", status);
}

static const gale_middleware one = { .before = before, .after = after, .arg = (void *)"1" };
static const gale_middleware two = { .around = around, .after = after, .arg = (void *)"2" };
static const gale_middleware three = { .around = around, .after = after, .arg = (void *)"3" };
static const gale_middleware four = { .before = before, .after = after, .arg = (void *)"4" };
static const gale_middleware five = { .before = before, .after = after, .arg = (void *)"5" };
static const gale_middleware *const ones[] = { &one, NULL };
static const gale_middleware *const twos[] = { &two, NULL };
static const gale_middleware *const threes[] = { &three, NULL };
static const gale_middleware *const fours[] = { &four, NULL };
static const gale_middleware *const fives[] = { &five, NULL };
static const gale_handler_class placed = { .get = handle };

/* Outer has 1 and around the mount 2, mid 3, inner 4 and its route 5. */
static void serve_three(void)
{
    gale_app *inner = gale_app_new(
        (gale_route[]){ { .url = "/x", .handler = &placed, .middleware = fives }, { 0 } },
        &(gale_settings){
            .data = (void *)"inner", .middleware = fours, .write_error = note_error_page });
    gale_app *mid = gale_app_new((gale_route[]){ { .url = "/in", .app = inner },
                                                 { .url = "/x", .handler = &placed },
                                                 { 0 } },
                                 &(gale_settings){ .data = (void *)"mid", .middleware = threes });

    fake_serve(gale_app_new((gale_route[]){ { .url = "/mid", .app = mid, .middleware = twos },
                                            { .url = "/x", .handler = &placed },
                                            { 0 } },
                            &(gale_settings){ .data = (void *)"outer", .middleware = ones }));
}

static void test_middleware_runs_with_its_own_application(void **state)
{
    (void)state;
    serve_three();
    ask("GET /mid/in/x?slow=1 HTTP/1.1\n");
    assert_string_equal(f.body, "inner");
    assert_string_equal(seen, "1:outer 2:outer 3:mid 4:inner 5:inner verb:inner 3:mid 2:outer "
                              "5:inner 4:inner 3:mid 2:outer 1:outer ");
    ask("GET /mid/x HTTP/1.1\n");
    assert_string_equal(f.body, "mid");
    assert_string_equal(seen, "1:outer 2:outer 3:mid verb:mid 3:mid 2:outer "
                              "3:mid 2:outer 1:outer ");
    ask("GET /x HTTP/1.1\n");
    assert_string_equal(f.body, "outer");
    assert_string_equal(seen, "1:outer verb:outer 1:outer ");
    ask("GET /mid/in/x?bad=1 HTTP/1.1\n");
    assert_string_equal(f.body, "400");
    assert_string_equal(seen, "1:outer 2:outer 3:mid 4:inner 5:inner verb:inner 3:mid 2:outer "
                              "page:inner 5:inner 4:inner 3:mid 2:outer 1:outer ");
    ask("GET /mid/in/nowhere HTTP/1.1\n"); /* the fallback of inner */
    assert_int_equal(f.status, 404);
    assert_has(seen, "1:outer 2:outer 3:mid 4:inner 3:mid 2:outer page:inner");
    fake_end();
}

/* A guard of the outer application, which reads its own cookies. */
static int outer_guard(gale_handler *self, void *unused)
{
    (void)unused;
    return gale_get_signed_cookie(self, "pass", 0).ptr ? 0 : gale_fail(self, 401, NULL);
}

static int load_signed(gale_handler *self, json_t **user)
{
    gale_str name = gale_get_signed_cookie(self, "user", 0);

    n_loads++;
    if (name.ptr)
        *user = json_stringn(name.ptr, name.len);
    return 0;
}

static const gale_middleware guard = { .before = outer_guard };
static const gale_middleware members = { .before = gale_authenticated_before };
static const gale_middleware *const guards[] = { &guard, NULL };
static const gale_middleware *const for_members[] = { &members, NULL };
static const gale_handler_class inner_member = { .get = say_user, .get_current_user = load_signed };

static gale_app *guarded(void)
{
    return gale_app_new((gale_route[]){ { .url = "/x", .handler = &inner_member }, { 0 } },
                        &(gale_settings){ .cookie_secret = "inner", .login_url = "/inner" });
}

static void ask_signed(const char *path, const char *cookie, const char *secret)
{
    char value[128], head[256];

    assert_true(gale_create_signed_value(&(gale_signing){ .secret = secret }, cookie,
                                         (gale_str){ "ann", 3 }, value, sizeof(value)) > 0);
    snprintf(head, sizeof(head), "GET %s HTTP/1.1\nCookie: %s=%s\n", path, cookie, value);
    ask(head);
}

static void test_a_guard_around_a_mounted_application_is_the_outer_ones(void **state)
{
    (void)state;
    fake_serve(gale_app_new(
        (gale_route[]){ { .url = "/guard", .app = guarded(), .middleware = guards },
                        { .url = "/members", .app = guarded(), .middleware = for_members },
                        { 0 } },
        &(gale_settings){ .cookie_secret = "outer", .login_url = "/outer" }));
    ask_signed("/guard/x", "pass", "inner");
    assert_int_equal(f.status, 401);
    ask_signed("/guard/x", "pass", "outer");
    assert_int_equal(f.status, 200);
    /* Who the user is, the class of the handler knows; where to log in, who asks. */
    ask_signed("/members/x", "user", "inner");
    assert_int_equal(f.status, 200);
    assert_string_equal(f.body, "ann");
    assert_int_equal(n_loads, 1);
    ask_signed("/members/x", "user", "outer");
    assert_int_equal(f.status, 302);
    assert_has(f.fields, "Location: /outer?next=%2Fmembers%2Fx\n");
    fake_end();
}

static int make_token(gale_handler *self, void *unused)
{
    (void)unused;
    return gale_xsrf_token(self) ? 0 : GALE_EINVAL;
}

static int say_token(gale_handler *self)
{
    return gale_write(self, gale_xsrf_token(self));
}

static const gale_middleware tokens = { .before = make_token };
static const gale_middleware *const with_tokens[] = { &tokens, NULL };

static void test_xsrf_tokens_are_each_applications_own(void **state)
{
    gale_app *inner = gale_app_new(
        (gale_route[]){ { .url = "/x", .handler = &(gale_handler_class){ .get = say_token } },
                        { 0 } },
        &(gale_settings){ .xsrf_cookie_name = "_inner", .xsrf_cookie_version = 1 });

    (void)state;
    fake_serve(gale_app_new(
        (gale_route[]){ { .url = "/in", .app = inner, .middleware = with_tokens }, { 0 } },
        &(gale_settings){ .xsrf_cookie_version = 1 }));
    ask("GET /in/x HTTP/1.1\nCookie: _xsrf=aaaa; _inner=bbbb\n");
    assert_string_equal(f.body, "bbbb");
    ask("GET /in/x HTTP/1.1\n");
    assert_has(f.fields, "Set-Cookie: _xsrf=");
    assert_has(f.fields, "Set-Cookie: _inner=");
    fake_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_replaced_user_lives_as_long_as_the_request),
        cmocka_unit_test(test_deferred_calls_still_know_the_user),
        cmocka_unit_test(test_a_loader_that_asks_for_the_user_is_told),
        cmocka_unit_test(test_a_cancelled_child_fails_by_itself),
        cmocka_unit_test(test_middleware_runs_with_its_own_application),
        cmocka_unit_test(test_a_guard_around_a_mounted_application_is_the_outer_ones),
        cmocka_unit_test(test_xsrf_tokens_are_each_applications_own),
    };

    return cmocka_run_group_tests(tests, NULL, fake_finish_loop);
}

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_replaced_user_lives_as_long_as_the_request),
        cmocka_unit_test(test_deferred_calls_still_know_the_user),
        cmocka_unit_test(test_a_loader_that_asks_for_the_user_is_told),
        cmocka_unit_test(test_a_cancelled_child_fails_by_itself),
    };

    return cmocka_run_group_tests(tests, NULL, fake_finish_loop);
}

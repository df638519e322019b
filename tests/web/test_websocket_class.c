/* test_websocket_class.c - WebSocket classes: what is inherited, what is refused, and when. */
/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "web/websocket_handler.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

static int on_message(gale_websocket *ws, gale_str message, bool binary)
{
    (void)ws, (void)message, (void)binary;
    return 0;
}

static int run(gale_websocket *ws)
{
    (void)ws;
    return 0;
}

static int get(gale_handler *self)
{
    return gale_write(self, "x");
}

static void on_close(gale_websocket *ws)
{
    (void)ws;
}

static const gale_websocket_class plain = GALE_WEBSOCKET_CLASS(.on_message = on_message,
                                                               .on_close = on_close);

static gale_app *app_of(const gale_handler_class *cls, const gale_websocket_options *options)
{
    const gale_route routes[] = { { .url = "/ws", .handler = cls }, { 0 } };

    return gale_app_new(routes, &(gale_settings){ .websocket = options });
}

static void assert_refused(const gale_handler_class *cls, const gale_websocket_options *options,
                           const char *why)
{
    gale_app *app = app_of(cls, options);

    if (app)
        gale_app_free(app);
    assert_null(app);
    if (!strstr(gale_app_error(), why))
        fail_msg("'%s' is not in '%s'", why, gale_app_error());
}

static void test_hooks_are_inherited_down_a_chain(void **state)
{
    static const gale_websocket_class child = {
        .base = { .kind = GALE_KIND_WEBSOCKET,
                  .kind_size = sizeof(gale_websocket_class),
                  .parent = &plain.base },
        .check_origin = NULL,
    };
    static const gale_handler_class grandchild = { .parent = &child.base, .name = "grandchild" };
    gale_app *app = app_of(&grandchild, NULL);
    const gale_websocket_class *cls;

    (void)state;
    assert_non_null(app);
    cls = gale__websocket_class(gale__class_find(app->classes, &grandchild));
    assert_ptr_equal(cls->on_message, on_message);
    assert_ptr_equal(cls->on_close, on_close);
    assert_null(cls->run);
    assert_string_equal(cls->base.name, "grandchild");
    gale_app_free(app);
}

static void test_a_plain_parent_gives_its_hooks_but_not_its_get(void **state)
{
    static const gale_handler_class base = { .get = get, .state_size = 24 };
    static const gale_websocket_class child = {
        .base = { .kind = GALE_KIND_WEBSOCKET,
                  .kind_size = sizeof(gale_websocket_class),
                  .parent = &base },
        .on_message = on_message,
    };
    gale_app *app = app_of(&child.base, NULL);

    (void)state;
    assert_non_null(app);
    assert_int_equal(gale__class_find(app->classes, &child.base)->hooks.state_size, 24);
    assert_ptr_equal(gale__class_find(app->classes, &child.base)->verbs[GALE__METHOD_GET],
                     gale__websocket_get);
    assert_null(gale__class_find(app->classes, &child.base)->verbs[GALE__METHOD_HEAD]);
    gale_app_free(app);
}

static void test_what_is_refused(void **state)
{
    static const gale_websocket_class both = GALE_WEBSOCKET_CLASS(.on_message = on_message,
                                                                  .run = run);
    static const gale_websocket_class heir = {
        .base = { .kind = GALE_KIND_WEBSOCKET,
                  .kind_size = sizeof(gale_websocket_class),
                  .parent = &plain.base },
        .run = run,
    };
    static const gale_websocket_class with_get = {
        .base = { .kind = GALE_KIND_WEBSOCKET,
                  .kind_size = sizeof(gale_websocket_class),
                  .get = get },
    };
    static const gale_websocket_class asynchronous = {
        .base = { .kind = GALE_KIND_WEBSOCKET,
                  .kind_size = sizeof(gale_websocket_class),
                  .asynchronous = GALE_ON },
    };
    static const gale_websocket_class streaming = {
        .base = { .kind = GALE_KIND_WEBSOCKET,
                  .kind_size = sizeof(gale_websocket_class),
                  .stream_request_body = GALE_ON },
    };
    static const gale_handler_class no_size = { .kind = GALE_KIND_WEBSOCKET };
    static const gale_handler_class other = { .kind = GALE_KIND_STATIC, .parent = &plain.base };

    (void)state;
    assert_refused(&both.base, NULL, "both .on_message and .run");
    assert_refused(&heir.base, NULL, "both .on_message and .run");
    assert_refused(&with_get.base, NULL, ".get of a WebSocket class is the library's");
    assert_refused(&asynchronous.base, NULL, "asynchronous");
    assert_refused(&streaming.base, NULL, "stream_request_body");
    assert_refused(&no_size, NULL, "kind_size is 0");
    assert_refused(&other, NULL, "kind");
}

static void test_options_are_checked(void **state)
{
    static const struct {
        gale_websocket_options options;
        const char *why;
    } bad[] = {
        { { .ping_interval = -2 }, "ping_interval" },
        { { .ping_timeout = -3 }, "ping_timeout" },
        { { .close_timeout = -3 }, "close_timeout" },
        { { .max_message_size = -2 }, "max_message_size" },
        { { .max_pending = -2 }, "max_pending" },
        { { .slow_policy = 7 }, "slow_policy" },
        { { .deflate = { .level = 10 } }, "deflate.level" },
        { { .deflate = { .server_max_window_bits = 8 } }, "server_max_window_bits" },
        { { .deflate = { .enabled = 2 } }, "deflate.enabled" },
    };

    (void)state;
    for (size_t i = 0; i < N_OF(bad); i++) {
        assert_refused(&plain.base, &bad[i].options, bad[i].why);
        assert_non_null(strstr(gale_app_error(), "settings: websocket: "));
    }
}

static void test_options_are_copied_and_filled_in(void **state)
{
    gale_websocket_options options = { .ping_interval = 5, .ping_timeout = 9 };
    const gale_websocket_options *kind;
    gale_app *app = app_of(&plain.base, &options);

    (void)state;
    assert_non_null(app);
    options.ping_interval = 77;
    assert_true(gale_app_settings(app)->websocket->ping_interval == 5);
    kind = &app->router.routes[0]->websocket->options;
    assert_true(kind->ping_interval == 5 && kind->ping_timeout == 5 && kind->close_timeout == 5);
    assert_int_equal(kind->max_message_size, 10 * 1024 * 1024);
    assert_int_equal(kind->deflate.enabled, GALE_OFF);
    gale_app_free(app);
    app = app_of(&plain.base, NULL);
    assert_non_null(app);
    kind = &app->router.routes[0]->websocket->options;
    assert_true(kind->ping_interval == 30 && kind->ping_timeout == 30);
    gale_app_free(app);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hooks_are_inherited_down_a_chain),
        cmocka_unit_test(test_a_plain_parent_gives_its_hooks_but_not_its_get),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_options_are_checked),
        cmocka_unit_test(test_options_are_copied_and_filled_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

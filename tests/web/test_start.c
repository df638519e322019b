/* test_start.c - what gale_app_new refuses, with the line it gives for it. */
/* SPDX-License-Identifier: MIT */
#include "fake_carrier.h"

static int hello(gale_handler *self)
{
    return gale_write(self, "hello");
}

static const gale_handler_class good = { .get = hello, .state_size = 16 };
static const gale_handler_class verbless = { .prepare = hello };
static const gale_handler_class small = { .parent = &good, .state_size = 8 };
static const gale_handler_class heir = { .parent = &good };

static void refused(const gale_route *routes, const char *expected)
{
    gale_app *app = gale_app_new(routes, NULL);

    assert_null(app);
    assert_string_equal(gale_app_error(), expected);
    assert_string_equal(gale_strerror(GALE_EINVAL), expected);
}

static void each_fault_has_its_line(void **state)
{
    (void)state;
    refused((gale_route[]){ { .url = "/", .handler = &good },
                            { .url = "/story/([0-9]+", .handler = &good },
                            { 0 } },
            "route \"/story/([0-9]+\": bad pattern: missing closing parenthesis at character 14");
    refused((gale_route[]){ { .url = "/x", .handler = &verbless }, { 0 } },
            "route \"/x\": its handler class has no method (.get, .post ...)");
    refused((gale_route[]){ { .url = "/x", .handler = &small }, { 0 } },
            "route \"/x\": state_size 8 is smaller than its parent's 16");
    refused((gale_route[]){ { .url = "/x" }, { 0 } }, "route \"/x\": it has no handler");
    refused((gale_route[]){ { .url = "/x", .handler = &good }, { .handler = &good }, { 0 } },
            "route 2 has no url");
    refused((gale_route[]){ { .url = "/x", .handler = &good, .name = "n" },
                            { .url = "/y", .handler = &good, .name = "n" },
                            { 0 } },
            "route \"/y\": its name \"n\" is that of route \"/x\" already");
}

static void bad_default_handler(void **state)
{
    gale_settings settings = { .default_handler = &verbless };

    (void)state;
    assert_null(gale_app_new((gale_route[]){ { 0 } }, &settings));
    assert_string_equal(gale_app_error(),
                        "settings: its handler class has no method (.get, .post ...)");
}

static void everything_is_copied(void **state)
{
    gale_handler_class cls = { .parent = &heir };
    char url[] = "/changed", name[] = "name";
    gale_route routes[] = { { .url = url, .handler = &cls, .name = name }, { 0 } };
    struct fake f = { 0 };

    (void)state;
    fake_serve(gale_app_new(routes, NULL));
    memset(url, 'x', sizeof(url) - 1);
    memset(name, 'x', sizeof(name) - 1);
    memset(routes, 0, sizeof(routes));
    memset(&cls, 0, sizeof(cls));
    fake_get(&f, "/changed");
    assert_string_equal(f.body, "hello");
    fake_end();
}

static void free_takes_null(void **state)
{
    (void)state;
    gale_app_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_has_its_line),
        cmocka_unit_test(bad_default_handler),
        cmocka_unit_test(everything_is_copied),
        cmocka_unit_test(free_takes_null),
    };

    return cmocka_run_group_tests(tests, NULL, fake_finish_loop);
}

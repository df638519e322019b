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
    refused((gale_route[]){ { .url = "/x" }, { 0 } },
            "route \"/x\": it has no handler, routes or app (the last that failed: route \"/x\": "
            "state_size 8 is smaller than its parent's 16)");
    refused((gale_route[]){ { .url = "/x", .handler = &good }, { .handler = &good }, { 0 } },
            "route 2 has no url");
    refused((gale_route[]){ { .url = "/x", .handler = &good, .name = "n" },
                            { .url = "/y", .handler = &good, .name = "n" },
                            { 0 } },
            "route \"/y\": its name \"n\" is that of route \"/x\" already");
}

static void sizes_and_switches_of_classes(void **state)
{
    static const gale_handler_class huge = { .get = hello, .state_size = (size_t)-8 };
    static const gale_handler_class big = { .get = hello, .state_size = (1 << 20) + 1 };
    static const gale_handler_class big_arg = { .get = hello, .arg_size = (size_t)-1 };
    static const gale_handler_class odd = { .get = hello, .asynchronous = 2 };
    static const gale_handler_class fits = { .get = hello, .state_size = 1 << 20 };
    gale_app *app;

    (void)state;
    refused((gale_route[]){ { .url = "/x", .handler = &huge }, { 0 } },
            "route \"/x\": state_size 18446744073709551608 is more than 1048576");
    refused((gale_route[]){ { .url = "/x", .handler = &big }, { 0 } },
            "route \"/x\": state_size 1048577 is more than 1048576");
    refused((gale_route[]){ { .url = "/x", .handler = &big_arg }, { 0 } },
            "route \"/x\": arg_size 18446744073709551615 is more than 1048576");
    refused((gale_route[]){ { .url = "/x", .handler = &odd }, { 0 } },
            "route \"/x\": asynchronous is 2: not GALE_ON, GALE_OFF or 0");
    app = gale_app_new((gale_route[]){ { .url = "/x", .handler = &fits }, { 0 } }, NULL);
    assert_non_null(app);
    gale_app_free(app);
    refused(NULL, "routes is NULL: an array ended by { 0 } is needed");
}

static void redirect_refused(const char *pattern, const char *url, const char *expected)
{
    refused((gale_route[]){ { .url = pattern,
                              .handler = &gale_redirect_handler,
                              .arg = &(gale_redirect_options){ .url = url } },
                            { 0 } },
            expected);
}

static void arguments_of_built_in_handlers(void **state)
{
    static const gale_handler_class heir_of_redirect = { .parent = &gale_redirect_handler };
    int no_error = 200;

    (void)state;
    refused((gale_route[]){ { .url = "/r", .handler = &gale_redirect_handler }, { 0 } },
            "route \"/r\": gale_redirect_handler needs .arg with its url");
    refused((gale_route[]){ { .url = "/r", .handler = &heir_of_redirect }, { 0 } },
            "route \"/r\": gale_redirect_handler needs .arg with its url");
    redirect_refused("/r", NULL, "route \"/r\": gale_redirect_handler needs .arg with its url");
    redirect_refused("/r", "/{0}",
                     "route \"/r\": its redirect has {0}, which is no group of its pattern");
    redirect_refused("/(.)/(.)", "/{0}/{1}/{2}",
                     "route \"/(.)/(.)\": its redirect has {2}, which is no group of its pattern");
    redirect_refused("/(?P<a>.)", "/{a}/{b}",
                     "route \"/(?P<a>.)\": its redirect has {b}, which is no group of its pattern");
    redirect_refused("/(.)", "/}{0", "route \"/(.)\": its redirect has a { without its }");
    refused(
        (gale_route[]){ { .url = "/e", .handler = &gale_error_handler, .arg = &no_error }, { 0 } },
        "route \"/e\": gale_error_handler's .arg is 200: no error status");
}

static void settings_refused(const gale_settings *settings, const char *expected)
{
    assert_null(gale_app_new((gale_route[]){ { 0 } }, settings));
    assert_string_equal(gale_app_error(), expected);
}

static void server_names(void **state)
{
    char name[101];
    gale_app *app;

    (void)state;
    memset(name, 'n', sizeof(name));
    name[100] = 0;
    settings_refused(&(gale_settings){ .server_name = name },
                     "settings: server_name has 100 bytes: more than 99");
    name[99] = 0;
    app = gale_app_new((gale_route[]){ { 0 } }, &(gale_settings){ .server_name = name });
    assert_non_null(app);
    gale_app_free(app);
    settings_refused(&(gale_settings){ .server_name = "a\r\nX: y" },
                     "settings: server_name has a byte 0x0d, which no header may have");
    settings_refused(&(gale_settings){ .server_name = "a\x7f" },
                     "settings: server_name has a byte 0x7f, which no header may have");
}

static void settings_of_the_server(void **state)
{
    static const char *const words[] = { "foo", NULL };
    static const char *const wide[] = { "10.0.0.0/33", NULL };

    (void)state;
    settings_refused(&(gale_settings){ .server.max_body_size = -5 },
                     "settings: max_body_size is -5: not between 1 and 9223372036854775807");
    settings_refused(&(gale_settings){ .server.max_headers = 1001 },
                     "settings: max_headers is 1001: not between 1 and 1000");
    settings_refused(&(gale_settings){ .server.idle_timeout = -5 },
                     "settings: idle_timeout is -5: no time in seconds");
    settings_refused(&(gale_settings){ .server.header_timeout = __builtin_nan("") },
                     "settings: header_timeout is nan: no time in seconds");
    settings_refused(&(gale_settings){ .server.backlog = -3 },
                     "settings: backlog is -3: less than 0");
    settings_refused(&(gale_settings){ .server.xheaders = 7 },
                     "settings: xheaders is 7: not GALE_ON, GALE_OFF or 0");
    settings_refused(&(gale_settings){ .server.trusted_downstream = words },
                     "settings: trusted_downstream: 'foo' is no address or network");
    settings_refused(
        &(gale_settings){ .server = { .xheaders = GALE_ON, .trusted_downstream = wide } },
        "settings: trusted_downstream: '10.0.0.0/33' is no address or network");
    settings_refused(&(gale_settings){ .debug = 5 },
                     "settings: debug is 5: not GALE_ON, GALE_OFF or 0");
    settings_refused(&(gale_settings){ .serve_traceback = -2 },
                     "settings: serve_traceback is -2: not GALE_ON, GALE_OFF or 0");
}

static void settings_without_limits(void **state)
{
    gale_httpserver_options none = {
        .max_request_line = GALE_UNLIMITED,
        .max_header_size = GALE_UNLIMITED,
        .max_headers = GALE_UNLIMITED,
        .max_body_size = GALE_UNLIMITED,
        .max_connections = GALE_UNLIMITED,
        .header_timeout = GALE_UNLIMITED,
        .body_timeout = GALE_UNLIMITED,
        .write_timeout = GALE_UNLIMITED,
        .idle_timeout = GALE_UNLIMITED,
        .linger_timeout = GALE_UNLIMITED,
    };
    gale_app *app = gale_app_new((gale_route[]){ { 0 } }, &(gale_settings){ .server = none });

    (void)state;
    assert_non_null(app);
    gale_app_free(app);
}

static int callback(gale_request *request, void *arg)
{
    (void)arg;
    return gale_http_respond(request, 200, NULL, "", 0);
}

static void servers_refuse_bad_options(void **state)
{
    static const struct {
        gale_httpserver_options options;
        const char *expected;
    } bad[] = {
        { { .max_headers = 2000 }, "max_headers is 2000: not between 1 and 1000" },
        { { .idle_timeout = -9 }, "idle_timeout is -9: no time in seconds" },
        { { .reuse_port = 2 }, "reuse_port is 2: not GALE_ON, GALE_OFF or 0" },
    };

    (void)state;
    for (size_t i = 0; i < N_OF(bad); i++) {
        assert_null(gale_httpserver_new(callback, NULL, &bad[i].options));
        assert_string_equal(gale_strerror(GALE_EINVAL), bad[i].expected);
    }
    assert_null(gale_httpserver_new(NULL, NULL, NULL));
    assert_string_equal(gale_strerror(GALE_EINVAL), "gale_httpserver_new: the callback is NULL");
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
        cmocka_unit_test(sizes_and_switches_of_classes),
        cmocka_unit_test(arguments_of_built_in_handlers),
        cmocka_unit_test(server_names),
        cmocka_unit_test(settings_of_the_server),
        cmocka_unit_test(settings_without_limits),
        cmocka_unit_test(servers_refuse_bad_options),
        cmocka_unit_test(bad_default_handler),
        cmocka_unit_test(everything_is_copied),
        cmocka_unit_test(free_takes_null),
    };

    return cmocka_run_group_tests(tests, NULL, fake_finish_loop);
}

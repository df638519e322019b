/* test_render_errors.c - what templates that fail answer and log, without sockets. */
/* SPDX-License-Identifier: MIT */
#include "render_kit.h"

static void test_a_failed_template_sends_nothing_and_logs_all(void **state)
{
    (void)state;
    render("half a page {{ titel }}", NULL);
    assert_int_equal(f.status, 500);
    assert_string_equal(f.body, "<html><title>500: Internal Server Error</title>"
                                "<body>500: Internal Server Error</body></html>");
    assert_contains(fake_log, "Uncaught failure GET /a%20b?x=1&y=%3C&x=2 (127.0.0.1): GALE_EINVAL: "
                              "NameError: name 'titel' is not defined at t.html:1\n");
    assert_contains(fake_log, "    half a page {{ titel }}\n");
    assert_contains(fake_log, "^\n");
    assert_null(strstr(strstr(fake_log, "Uncaught") + 1, "Uncaught"));
}

static void test_the_report_is_on_the_page_with_serve_traceback(void **state)
{
    (void)state;
    page = "t.html";
    serve(&show_handler,
          &(gale_settings){ .serve_traceback = GALE_ON,
                            .template_loader = TEXTS({ "t.html", "<b>{{ titel }}</b>" }) });
    fake_ask(&f, "GET /a%20b?x=1&y=%3C&x=2 HTTP/1.1\nAccept: text/html\n", "");
    fake_end();
    assert_int_equal(f.status, 500);
    assert_contains(f.fields, "Content-Type: text/html");
    assert_contains(f.body, "<h1>500: Internal Server Error</h1>");
    assert_contains(f.body, "NameError: name &#x27;titel&#x27; is not defined at t.html:1");
    assert_contains(f.body, "&lt;b&gt;{{ titel }}&lt;/b&gt;");
    assert_null(strstr(f.body, "<b>"));
    assert_contains(f.body, "/a%20b?x=1&amp;y=%3C&amp;x=2");
}

static void test_a_template_that_is_not_there_or_does_not_compile(void **state)
{
    (void)state;
    page = "nope.html";
    serve(&show_handler, &(gale_settings){ .template_loader = TEXTS({ "t.html", "" }) });
    fake_get(&f, "/");
    assert_int_equal(f.status, 500);
    assert_contains(fake_log, "nope.html");
    fake_end();
    render("a\n{% if %}", NULL);
    assert_int_equal(f.status, 500);
    assert_contains(fake_log, "t.html:2");
}

static int fail_404(gale_call *call, gale_value *out)
{
    (void)out;
    return gale_fail(gale_call_handler(call), 404, "no story %d", 7);
}

static int fail_other(gale_call *call, gale_value *out)
{
    (void)call;
    (void)out;
    return gale_err(GALE_EPROTO, "the database has gone");
}

static const gale_name failing[] = {
    { .name = "find", .function = fail_404 },
    { .name = "other", .function = fail_other },
    { 0 },
};

static void test_a_function_says_which_status(void **state)
{
    const gale_settings settings = { .ui_methods = failing };

    (void)state;
    render("x{{ find() }}", &settings);
    assert_int_equal(f.status, 404);
    assert_contains(fake_log, "404 GET /a%20b?x=1&y=%3C&x=2 (127.0.0.1): no story 7");
    assert_null(strstr(fake_log, "Uncaught"));
    render("x{{ other() }}", &settings);
    assert_int_equal(f.status, 500);
    assert_contains(fake_log, "GALE_EPROTO: ");
    assert_contains(fake_log, "the database has gone at t.html:1");
    render("{% try %}{{ find() }}{% except Exception as e %}none: {{ e }}{% end %}", &settings);
    assert_int_equal(f.status, 200);
    assert_string_equal(f.body, "none: no story 7");
}

static void test_limits_are_named(void **state)
{
    static const struct {
        const char *text;
        gale_template_limits limits;
        const char *says;
    } cases[] = {
        { "{% while 1 %}{% end %}", { .max_steps = 1000 }, "1000 steps" },
        { "{% for i in range(99) %}0123456789{% end %}", { .max_output = 500 }, "500" },
        { "{{ 'x' * 100000 }}", { .max_memory = 9000 }, "9000" },
        { "0123456789", { .max_source = 5 }, "5" },
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        page = "t.html";
        serve(&show_handler,
              &(gale_settings){ .template_loader = gale_dict_loader_new(
                                    (gale_template_text[]){ { "t.html", cases[i].text }, { 0 } },
                                    &(gale_template_options){ .limits = cases[i].limits }) });
        fake_get(&f, "/");
        assert_int_equal(f.status, 500);
        assert_contains(fake_log, "GALE_ETOOBIG");
        assert_contains(fake_log, cases[i].says);
        fake_end();
    }
}

static int error_page(gale_handler *self, int status)
{
    return gale_render(self, "error.html", json_pack("{s:i}", "status", status));
}

static int plain_fail(gale_handler *self)
{
    return gale_fail(self, 403, NULL);
}

static void test_error_pages_out_of_templates(void **state)
{
    const gale_ui_module module = { .name = "M", .size = sizeof(module) };

    (void)state;
    (void)module;
    page = "bad.html";
    serve(&(gale_handler_class){ .get = show, .post = plain_fail, .write_error = error_page },
          &(gale_settings){ .template_loader = TEXTS(
                                { "bad.html", "half {{ x }}" },
                                { "error.html", "sorry: {{ status }} {{ request.path }}" }) });
    fake_get(&f, "/x");
    assert_int_equal(f.status, 500);
    assert_string_equal(f.body, "sorry: 500 /x");
    assert_contains(fake_log, "NameError: name 'x' is not defined at bad.html:1");
    fake_ask(&f, "POST /x HTTP/1.1\n", "");
    assert_int_equal(f.status, 403);
    assert_string_equal(f.body, "sorry: 403 /x");
    fake_end();
    /* One that fails, too. */
    serve(&(gale_handler_class){ .get = show, .write_error = error_page },
          &(gale_settings){ .template_loader = TEXTS({ "bad.html", "{{ x }}" },
                                                     { "error.html", "{{ status.y }}" }) });
    fake_get(&f, "/x");
    assert_int_equal(f.status, 500);
    assert_string_equal(f.body, "");
    assert_contains(fake_log, "NameError: name 'x'");
    assert_contains(fake_log,
                    "Uncaught failure in write_error: GALE_EINVAL: AttributeError: 'int' object "
                    "has no attribute 'y' at error.html:1");
    fake_end();
}

static int fall_back(gale_handler *self)
{
    if (show(self) >= 0)
        return 0;
    gale_clear(self);
    return gale_write(self, "instead");
}

static void test_a_handler_may_answer_otherwise(void **state)
{
    (void)state;
    page = "bad.html";
    serve(&(gale_handler_class){ .get = fall_back },
          &(gale_settings){ .template_loader = TEXTS({ "bad.html", "half {{ x }}" }) });
    fake_get(&f, "/x");
    assert_int_equal(f.status, 200);
    assert_string_equal(f.body, "instead");
    fake_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_failed_template_sends_nothing_and_logs_all),
        cmocka_unit_test(test_the_report_is_on_the_page_with_serve_traceback),
        cmocka_unit_test(test_a_template_that_is_not_there_or_does_not_compile),
        cmocka_unit_test(test_a_function_says_which_status),
        cmocka_unit_test(test_limits_are_named),
        cmocka_unit_test(test_error_pages_out_of_templates),
        cmocka_unit_test(test_a_handler_may_answer_otherwise),
    };

    return cmocka_run_group_tests(tests, NULL, fake_finish_loop);
}

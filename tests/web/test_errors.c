/* test_errors.c - error pages, what is logged, arguments that cannot be used. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "fake_carrier.h"

static int (*verb)(gale_handler *self);
static int (*page)(gale_handler *self, int status);

static int run_verb(gale_handler *self)
{
    return verb(self);
}

static int run_page(gale_handler *self, int status)
{
    return page(self, status);
}

static int refuse_prepare(gale_handler *self)
{
    return gale_fail(self, 403, "no entry for %s", "you");
}

static int refuse_initialize(gale_handler *self, void *arg)
{
    (void)self;
    (void)arg;
    return gale_err(GALE_EPROTO, "bad start");
}

static const gale_handler_class plain = { .get = run_verb, .post = run_verb };
static const gale_handler_class paged = { .parent = &plain, .write_error = run_page };
static const gale_handler_class guarded = { .parent = &plain, .prepare = refuse_prepare };
static const gale_handler_class broken = { .parent = &plain, .initialize = refuse_initialize };

static const gale_route routes[] = {
    { .url = "/", .handler = &plain },
    { .url = "/paged", .handler = &paged },
    { .url = "/guarded", .handler = &guarded },
    { .url = "/broken", .handler = &broken },
    { .url = "/gone", .handler = &gale_error_handler, .arg = &(int){ 410 } },
    { .url = "/old/(.*)/(.*)",
      .handler = &gale_redirect_handler,
      .arg = &(gale_redirect_options){ .url = "/new/{1}/{0}?x=1#end" } },
    { .url = "/any(.*)",
      .handler = &gale_redirect_handler,
      .arg = &(gale_redirect_options){ .url = "/{0}", .permanent = GALE_OFF } },
    { .url = "/two/([a-z]*)/(.*)",
      .handler = &gale_redirect_handler,
      .arg = &(gale_redirect_options){ .url = "/{0}/{1}" } },
    { .url = "/v1(/.*)",
      .handler = &gale_redirect_handler,
      .arg = &(gale_redirect_options){ .url = "{0}" } },
    { .url = "/go/(.*)",
      .handler = &gale_redirect_handler,
      .arg = &(gale_redirect_options){ .url = "{0}" } },
    { .url = "/half/(.*)",
      .handler = &gale_redirect_handler,
      .arg = &(gale_redirect_options){ .url = "http{0}" } },
    { .url = "/cdn/(.*)",
      .handler = &gale_redirect_handler,
      .arg = &(gale_redirect_options){ .url = "//cdn.example/{0}" } },
    { .url = "/else/(.*)",
      .handler = &gale_redirect_handler,
      .arg = &(gale_redirect_options){ .url = "https://else.example/{0}" } },
    { 0 },
};

static int begin(void **state)
{
    (void)state;
    fake_serve(gale_app_new(routes, NULL));
    return 0;
}

static int end(void **state)
{
    (void)state;
    fake_end();
    return 0;
}

static int fail_404(gale_handler *self)
{
    gale_write(self, "half a page");
    gale_set_header(self, "X-Lost", "1");
    return gale_fail(self, 404, "no story %s", "7%s\n");
}

static int fail_silently(gale_handler *self)
{
    return gale_fail(self, 404, NULL);
}

static void gale_fail_answers_and_logs(void **state)
{
    struct fake f = { 0 };

    (void)state;
    verb = fail_404;
    fake_get(&f, "/x?y=1");
    fake_get(&f, "/?y=1");
    assert_int_equal(f.status, 404);
    assert_string_equal(f.body,
                        "<html><title>404: Not Found</title><body>404: Not Found</body></html>");
    assert_int_equal(f.content_length, 69);
    assert_string_equal(f.fields, "Content-Type: text/html; charset=UTF-8\n");
    assert_has(fake_log, "gale.general 30 404 GET /?y=1 (127.0.0.1): no story 7%s");
    assert_has(fake_log, "gale.access 30 404 GET /?y=1 (127.0.0.1) ");
    fake_log[0] = 0;
    verb = fail_silently;
    fake_get(&f, "/");
    assert_null(strstr(fake_log, "gale.general"));
}

static int fail_with_detail(gale_handler *self)
{
    (void)self;
    return gale_err(GALE_EPROTO, "bad chunk size 'zz'");
}

static int fail_with_memory(gale_handler *self)
{
    (void)self;
    return -ENOMEM;
}

static int fail_with_cancel(gale_handler *self)
{
    (void)self;
    return GALE_ECANCELED;
}

static void other_failures_are_500_and_errors(void **state)
{
    struct fake f = { 0 };

    (void)state;
    verb = fail_with_detail;
    fake_get(&f, "/");
    assert_int_equal(f.status, 500);
    assert_int_equal(f.content_length, 93);
    assert_has(fake_log, "gale.application 40 Uncaught failure GET / (127.0.0.1): GALE_EPROTO: "
                         "bad chunk size 'zz'\n");
    assert_has(fake_log, "gale.access 40 500 GET / ");
    verb = fail_with_memory;
    fake_get(&f, "/");
    assert_int_equal(f.status, 503);
    /* A code that only looks like a cancelled request. */
    verb = fail_with_cancel;
    fake_get(&f, "/");
    assert_int_equal(f.status, 500);
}

static int http_status;

static int fail_with_code(gale_handler *self)
{
    gale_write(self, "half a page");
    return GALE_EHTTP(http_status);
}

static int fail_with_status(gale_handler *self)
{
    return gale_fail(self, http_status, "no error");
}

static void only_error_statuses_are_failures(void **state)
{
    static const int bad[] = { 100, 101, 200, 204, 304, 399, 600, 999 };
    struct fake f = { 0 };
    char expected[64];

    (void)state;
    for (size_t i = 0; i < N_OF(bad); i++) {
        http_status = bad[i];
        verb = fail_with_code;
        fake_log[0] = 0;
        fake_get(&f, "/");
        assert_int_equal(f.status, 500);
        assert_has(f.body, "500: Internal Server Error");
        snprintf(expected, sizeof(expected), "GALE_EHTTP(%d) is no error status", bad[i]);
        assert_has(fake_log, expected);
        verb = fail_with_status;
        fake_get(&f, "/");
        assert_int_equal(f.status, 500);
        snprintf(expected, sizeof(expected), "gale_fail: %d is no error status", bad[i]);
        assert_has(fake_log, expected);
    }
    verb = fail_with_code;
    http_status = 599;
    fake_get(&f, "/");
    assert_int_equal(f.status, 599);
}

static void prepare_and_initialize_can_fail(void **state)
{
    struct fake f = { 0 };

    (void)state;
    fake_get(&f, "/guarded");
    assert_int_equal(f.status, 403);
    assert_has(fake_log, "no entry for you");
    fake_get(&f, "/broken");
    assert_int_equal(f.status, 500);
    assert_has(fake_log, "GALE_EPROTO: bad start");
}

static int own_page(gale_handler *self, int status)
{
    gale_set_status(self, 200, "Told");
    return gale_printf(self, "%d %d %s", status, gale_error_code(self), gale_error(self));
}

static int failing_page(gale_handler *self, int status)
{
    gale_write(self, "half");
    return gale_fail(self, status, "again");
}

static void write_error_makes_the_page(void **state)
{
    struct fake f = { 0 };
    char expected[64];

    (void)state;
    verb = fail_404;
    page = own_page;
    fake_get(&f, "/paged");
    assert_int_equal(f.status, 200);
    snprintf(expected, sizeof(expected), "404 %d no story 7%%s\n", GALE_EHTTP(404));
    assert_string_equal(f.body, expected);
    page = failing_page;
    fake_get(&f, "/paged");
    assert_int_equal(f.status, 404);
    assert_string_equal(f.body, "");
    assert_has(fake_log, "gale.application 40 Uncaught failure in write_error: GALE_EHTTP: again");
}

static int page_in_words(gale_handler *self, int status)
{
    (void)status;
    return gale_printf(self, "sorry: %s", gale_error(self));
}

static int send_418(gale_handler *self)
{
    return gale_send_error(self, 418);
}

static void send_error_answers_at_once(void **state)
{
    struct fake f = { 0 };

    (void)state;
    verb = send_418;
    page = page_in_words;
    fake_get(&f, "/paged");
    assert_int_equal(f.status, 418);
    assert_string_equal(f.body, "sorry: ");
    verb = fail_404;
    fake_get(&f, "/paged");
    assert_string_equal(f.body, "sorry: no story 7%s\n");
}

static int fail_after_flush(gale_handler *self)
{
    gale_write(self, "begun");
    gale_flush(self);
    return gale_fail(self, 404, "too late");
}

static void too_late_for_a_page(void **state)
{
    struct fake f = { 0 };

    (void)state;
    verb = fail_after_flush;
    fake_get(&f, "/");
    assert_int_equal(f.status, 200);
    assert_true(f.is_aborted);
    assert_has(fake_log, "Cannot send error response after headers written");
}

static void debug_pages_tell_the_failure(void **state)
{
    struct fake f = { 0 };

    (void)state;
    fake_end();
    fake_serve(gale_app_new(routes, &(gale_settings){ .debug = GALE_ON }));
    verb = fail_with_detail;
    fake_get(&f, "/");
    assert_string_equal(f.fields, "Content-Type: text/plain; charset=UTF-8\n"
                                  "Cache-Control: no-store\n");
    assert_has(f.body, "500: Internal Server Error\n\nGALE_EPROTO: bad chunk size 'zz'\n");
    assert_has(f.body, "* fail_with_detail (");
    fake_end();
    fake_serve(
        gale_app_new(routes, &(gale_settings){ .debug = GALE_ON, .serve_traceback = GALE_OFF }));
    fake_get(&f, "/");
    assert_has(f.body, "<html>");
}

static void built_in_handlers(void **state)
{
    struct fake f = { 0 };

    (void)state;
    fake_ask(&f, "POST /gone HTTP/1.1\n", "");
    assert_int_equal(f.status, 410);
    fake_get(&f, "/old/a%20b/c?y=2");
    assert_int_equal(f.status, 301);
    assert_has(f.fields, "Location: /new/c/a%20b?x=1&y=2#end\n");
    fake_get(&f, "/any//evil.example");
    assert_int_equal(f.status, 302);
    assert_has(f.fields, "Location: /evil.example\n");
    fake_ask(&f, "POST /any HTTP/1.1\n", "");
    assert_int_equal(f.status, 405);
}

/* --- arguments -------------------------------------------------------------------- */

static int echo(gale_handler *self)
{
    return gale_printf(self, "[%s]", gale_get_argument(self, "a", "none"));
}

static void check_argument(const char *head, const char *body, const char *expected)
{
    struct fake f = { 0 };

    verb = echo;
    fake_ask(&f, head, body);
    assert_int_equal(f.status, 200);
    if (strcmp(f.body, expected) != 0)
        fail_msg("%s%s gave %s, not %s", head, body, f.body, expected);
}

static void arguments_of_query_and_body(void **state)
{
    static const char form[] =
        "POST /?a=query HTTP/1.1\nContent-Type: Application/X-WWW-Form-Urlencoded ; "
        "charset=utf-8\n";

    (void)state;
    check_argument("GET / HTTP/1.1\n", "", "[none]");
    check_argument("GET /?a=1&b=2&a=3 HTTP/1.1\n", "", "[3]");
    check_argument("GET /?a HTTP/1.1\n", "", "[]");
    check_argument("GET /?&&a=1& HTTP/1.1\n", "", "[1]");
    check_argument("GET /?a;b=1 HTTP/1.1\n", "", "[none]");
    check_argument("GET /?a=% HTTP/1.1\n", "", "[%]");
    check_argument("GET /?a=c+d HTTP/1.1\n", "", "[c d]");
    check_argument("GET /?%61=%42 HTTP/1.1\n", "", "[B]");
    check_argument("GET /?a=+%09x%0by%0D%0A HTTP/1.1\n", "", "[x\vy]");
    check_argument("GET /?a=%00x%01y%00 HTTP/1.1\n", "", "[x y]");
    check_argument("GET /?a=%C3%A9 HTTP/1.1\n", "", "[\xc3\xa9]");
    check_argument(form, "a=body&c=d", "[body]");
    check_argument(form, "c=d", "[query]");
    check_argument("POST /?a=query HTTP/1.1\nContent-Type: text/plain\n", "a=body", "[query]");
}

static int wants_int(gale_handler *self)
{
    int value;
    int r = gale_get_int(self, "n", &value);

    return r < 0 ? r : gale_printf(self, "%d", value);
}

static void unusable_arguments_are_400(void **state)
{
    static const struct {
        const char *path, *text, *told;
    } bad[] = {
        { "/", "Missing argument n", "Missing argument n" },
        { "/?n=", "Argument n is not an integer: \"\"", "Argument n is not an integer" },
        { "/?n=4x", "Argument n is not an integer: \"4x\"", "Argument n is not an integer" },
        { "/?n=99999999999",
          "Argument n is not between -2147483648 and 2147483647: \"99999999999\"",
          "Argument n is not between -2147483648 and 2147483647" },
        { "/?n=0x10", "Argument n is not an integer: \"0x10\"", "Argument n is not an integer" },
        { "/?n=%ff", "Invalid unicode in n", "Invalid unicode in n" },
    };
    struct fake f = { 0 };
    char expected[256];

    (void)state;
    verb = wants_int;
    for (size_t i = 0; i < N_OF(bad); i++) {
        fake_log[0] = 0;
        fake_get(&f, bad[i].path);
        assert_int_equal(f.status, 400);
        assert_has(fake_log, bad[i].text);
        snprintf(expected, sizeof(expected),
                 "<html><title>400: Bad Request</title><body>400: Bad Request (%s)</body></html>",
                 bad[i].told);
        assert_string_equal(f.body, expected);
    }
    fake_get(&f, "/?n=+-42");
    assert_string_equal(f.body, "-42");
    verb = echo;
    fake_get(&f, "/?a=%ff");
    assert_int_equal(f.status, 400);
    assert_has(fake_log, "Invalid unicode in a");
}

static int wants_odd_name(gale_handler *self)
{
    const char *value;

    return gale_require_argument(self, "<a&b>", &value);
}

static int goes_on_after_refusal(gale_handler *self)
{
    const char *value;

    if (gale_require_argument(self, "n", &value) < 0)
        return gale_fail(self, 400, "for the log");
    return 0;
}

static void only_refusals_are_told(void **state)
{
    struct fake f = { 0 };

    (void)state;
    verb = wants_odd_name;
    fake_get(&f, "/");
    assert_has(f.body, "400: Bad Request (Missing argument &lt;a&amp;b&gt;)</body>");
    verb = goes_on_after_refusal;
    fake_get(&f, "/");
    assert_int_equal(f.status, 400);
    assert_has(f.body, "<body>400: Bad Request</body>");
}

static void too_many_arguments(void **state)
{
    char head[4096] = "GET /?";
    struct fake f = { 0 };

    (void)state;
    for (int i = 0; i < 1001; i++)
        memcpy(head + 6 + 2 * i, "b&", 2);
    memcpy(head + 6 + 2002, " HTTP/1.1\n", 11);
    verb = echo;
    fake_ask(&f, head, "");
    assert_int_equal(f.status, 400);
    assert_has(fake_log, "more than 1000 arguments");
}

/* Whatever the groups are, a redirect within the site stays there. */
static void test_b16_groups_of_redirects_make_no_other_site(void **state)
{
    static const struct {
        const char *path, *location;
    } cases[] = {
        { "/two/a/b", "/a/b" },
        { "/two//evil.example", "/evil.example" },
        { "/two////evil.example", "/evil.example" },
        { "/two//%2Fevil.example", "/%2Fevil.example" },
        { "/two//\\evil.example", "/evil.example" },
        { "/v1/news", "/news" },
        { "/v1//evil.example", "/evil.example" },
        { "/v1/\\evil.example", "/evil.example" },
        { "/v1///evil.example/", "/evil.example/" },
        { "/go/news/7", "news/7" },
        { "/go//evil.example", "/evil.example" },
        { "/go///evil.example", "/evil.example" },
        { "/go/https://evil.example", "./https://evil.example" },
        { "/go/javascript:x", "./javascript:x" },
        { "/go/a/b:c", "a/b:c" },
        { "/half/s://evil.example", "./https://evil.example" },
        { "/cdn/a:/b", "//cdn.example/a:/b" },
        { "/else//a:b", "https://else.example//a:b" },
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct fake f = { 0 };
        char line[96];

        fake_get(&f, cases[i].path);
        snprintf(line, sizeof(line), "Location: %s\n", cases[i].location);
        if (f.status != 301 || !strstr(f.fields, line))
            fail_msg("%s: %d %s", cases[i].path, f.status, f.fields);
    }
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(gale_fail_answers_and_logs),
        TEST(other_failures_are_500_and_errors),
        TEST(only_error_statuses_are_failures),
        TEST(prepare_and_initialize_can_fail),
        TEST(write_error_makes_the_page),
        TEST(send_error_answers_at_once),
        TEST(too_late_for_a_page),
        TEST(debug_pages_tell_the_failure),
        TEST(built_in_handlers),
        TEST(arguments_of_query_and_body),
        TEST(unusable_arguments_are_400),
        TEST(only_refusals_are_told),
        TEST(too_many_arguments),
        TEST(test_b16_groups_of_redirects_make_no_other_site),
    };

    return cmocka_run_group_tests(tests, NULL, fake_finish_loop);
}

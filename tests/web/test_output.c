/* test_output.c - what handlers write and how it is sent: pieces, lengths, headers, Etags. */
/* SPDX-License-Identifier: MIT */
#include <gale/json.h>

#include "fake_carrier.h"

static int (*verb)(gale_handler *self);

static int run_verb(gale_handler *self)
{
    return verb(self);
}

static const char *etag;

static const char *run_etag(gale_handler *self, gale_str body)
{
    (void)self;
    (void)body;
    return etag;
}

static const gale_handler_class handler = { .get = run_verb, .post = run_verb };
static const gale_handler_class tagged = { .get = run_verb, .compute_etag = run_etag };
static const gale_route routes[] = {
    { .url = "/", .handler = &handler },
    { .url = "/tagged", .handler = &tagged },
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

static void get_with(struct fake *f, int (*fn)(gale_handler *self))
{
    verb = fn;
    fake_get(f, "/");
}

static int write_twice(gale_handler *self)
{
    gale_write(self, "Hello, ");
    return gale_printf(self, "%s %d", "world", 42);
}

static void an_answer_leaves_in_one_piece(void **state)
{
    struct fake f = { 0 };

    (void)state;
    get_with(&f, write_twice);
    assert_int_equal(f.status, 200);
    assert_string_equal(f.body, "Hello, world 42");
    assert_string_equal(f.parts, "15.");
    assert_int_equal(f.content_length, 15);
    assert_has(f.fields, "Content-Type: text/html; charset=UTF-8\nEtag: \"");
}

static int write_much(gale_handler *self)
{
    for (int i = 0; i < 2000; i++)
        gale_printf(self, "%04d,", i);
    return 0;
}

static void a_long_answer_is_whole(void **state)
{
    struct fake f = { 0 };
    char expected[8];

    (void)state;
    get_with(&f, write_much);
    assert_string_equal(f.parts, "10000.");
    for (int i = 0; i < 2000; i++) {
        snprintf(expected, sizeof(expected), "%04d,", i);
        assert_memory_equal(f.body + 5 * i, expected, 5);
    }
}

static int write_nothing(gale_handler *self)
{
    (void)self;
    return 0;
}

static void an_empty_answer_has_length_and_etag(void **state)
{
    struct fake f = { 0 };

    (void)state;
    get_with(&f, write_nothing);
    assert_int_equal(f.content_length, 0);
    assert_has(f.fields, "Etag: \"2d06800538d394c2\"\n");
}

static int flush_twice(gale_handler *self)
{
    gale_flush(self);
    gale_write(self, "ab");
    gale_flush(self);
    gale_flush(self);
    assert_int_equal(gale_set_header(self, "X-Late", "1"), GALE_ESTATE);
    assert_int_equal(gale_set_status(self, 201, NULL), GALE_ESTATE);
    gale_write(self, "cd");
    return gale_flush(self);
}

static void flushed_pieces_have_no_length_and_no_etag(void **state)
{
    struct fake f = { 0 };

    (void)state;
    get_with(&f, flush_twice);
    assert_int_equal(f.status, 200);
    assert_string_equal(f.body, "abcd");
    assert_string_equal(f.parts, "0+2+2+0.");
    assert_int_equal(f.content_length, -1);
    assert_null(strstr(f.fields, "Etag"));
}

static int write_after_finish(gale_handler *self)
{
    assert_int_equal(gale_finish(self), 0);
    assert_true(gale_is_finished(self));
    assert_int_equal(gale_finish(self), GALE_ESTATE);
    return gale_write(self, "late");
}

static void after_finish_nothing_can_be_written(void **state)
{
    struct fake f = { 0 };

    (void)state;
    get_with(&f, write_after_finish);
    assert_int_equal(f.status, 200);
    assert_string_equal(f.body, "");
    assert_has(fake_log, "GALE_ESTATE: gale_write after gale_finish");
}

static int declare_ten(gale_handler *self)
{
    gale_set_header(self, "Content-Length", "10");
    return gale_write(self, gale_get_argument(self, "text", ""));
}

static int declare_and_flush(gale_handler *self)
{
    gale_set_header(self, "Content-Length", "10");
    gale_write(self, "12345");
    gale_flush(self);
    return gale_write(self, gale_get_argument(self, "text", ""));
}

static void a_declared_length_is_kept(void **state)
{
    struct fake f = { 0 };

    (void)state;
    verb = declare_ten;
    fake_get(&f, "/?text=0123456789");
    assert_int_equal(f.content_length, 10);
    assert_null(strstr(f.fields, "Content-Length"));
    verb = declare_and_flush;
    fake_get(&f, "/?text=67890");
    assert_int_equal(f.content_length, 10);
    assert_string_equal(f.parts, "5+5.");
}

static int declare_ten_and_flush(gale_handler *self)
{
    int r = declare_ten(self);

    return r < 0 ? r : gale_flush(self);
}

static void a_broken_promise_of_length_is_a_500(void **state)
{
    struct fake f = { 0 };

    (void)state;
    verb = declare_ten;
    fake_get(&f, "/?text=short");
    assert_false(f.is_aborted);
    assert_int_equal(f.status, 500);
    assert_int_equal(f.content_length, (int)f.body_len);
    assert_has(f.body, "500: Internal Server Error");
    assert_has(fake_log, "Tried to write 5 bytes less than Content-Length");
    fake_get(&f, "/?text=much+too+long");
    assert_int_equal(f.status, 500);
    verb = declare_ten_and_flush;
    fake_get(&f, "/?text=much+too+long");
    assert_int_equal(f.status, 500);
    assert_has(f.body, "500: Internal Server Error");
}

static void once_headers_have_left_it_breaks_the_connection(void **state)
{
    struct fake f = { 0 };

    (void)state;
    verb = declare_and_flush;
    fake_get(&f, "/?text=678");
    assert_true(f.is_aborted);
    assert_has(fake_log, "Tried to write 2 bytes less than Content-Length");
    assert_has(fake_log, "Cannot send error response after headers written");
    fake_log[0] = 0;
    fake_get(&f, "/?text=678901");
    assert_true(f.is_aborted);
    assert_string_equal(f.parts, "5");
    assert_has(fake_log, "Tried to write more data than Content-Length");
}

static int declare_nonsense(gale_handler *self)
{
    return gale_set_header(self, "Content-Length", "+5");
}

static void a_length_must_be_a_number(void **state)
{
    struct fake f = { 0 };

    (void)state;
    get_with(&f, declare_nonsense);
    assert_int_equal(f.status, 500);
    assert_has(fake_log, "Content-Length is no number: '+5'");
}

static int no_content(gale_handler *self)
{
    gale_set_header(self, "Content-Language", "de");
    gale_write(self, gale_get_argument(self, "text", ""));
    return gale_set_status(self, 204, NULL);
}

static void a_204_has_no_content_fields(void **state)
{
    struct fake f = { 0 };

    (void)state;
    get_with(&f, no_content);
    assert_int_equal(f.status, 204);
    assert_true(f.no_length);
    assert_string_equal(f.fields, "");
    fake_get(&f, "/?text=x");
    assert_int_equal(f.status, 500);
    assert_has(fake_log, "an answer with status 204 has no body");
}

static int reset_content(gale_handler *self)
{
    gale_write(self, gale_get_argument(self, "text", ""));
    return gale_set_status(self, 205, NULL);
}

static int reset_and_flush(gale_handler *self)
{
    gale_set_status(self, 205, NULL);
    gale_set_header(self, "Content-Length", "3");
    return gale_flush(self);
}

static void a_205_has_an_empty_body(void **state)
{
    struct fake f = { 0 };

    (void)state;
    get_with(&f, reset_content);
    assert_int_equal(f.status, 205);
    assert_false(f.no_length);
    assert_int_equal(f.content_length, 0);
    fake_get(&f, "/?text=x");
    assert_int_equal(f.status, 500);
    assert_has(fake_log, "an answer with status 205 has no body");
    get_with(&f, reset_and_flush);
    assert_int_equal(f.status, 205);
    assert_int_equal(f.content_length, 0);
    assert_string_equal(f.body, "");
}

static int hello(gale_handler *self)
{
    gale_set_header(self, "X-Kept", "yes");
    return gale_write(self, "hello");
}

static void if_none_match(void **state)
{
    static const struct {
        const char *field;
        int status;
    } cases[] = {
        { "%s", 304 },           { "*", 304 },      { "W/%s", 304 }, { "\"a,b\", %s", 304 },
        { "\"x\"", 200 },        { "junk", 200 },   { "", 200 },     { "junk, %s", 304 },
        { "\"x\" , W/%s", 304 }, { "\"open", 200 }, { " %s ", 304 },
    };
    struct fake f = { 0 };
    char tag[32], field[128], head[256];

    (void)state;
    get_with(&f, hello);
    assert_int_equal(sscanf(strstr(f.fields, "Etag: "), "Etag: %31s", tag), 1);
    for (size_t i = 0; i < N_OF(cases); i++) {
        const char *part = strstr(cases[i].field, "%s");

        snprintf(field, sizeof(field), "%.*s%s%s",
                 (int)(part ? part - cases[i].field : (long)strlen(cases[i].field)), cases[i].field,
                 part ? tag : "", part ? part + 2 : "");
        snprintf(head, sizeof(head), "GET / HTTP/1.1\nIf-None-Match: %s\n", field);
        fake_ask(&f, head, "");
        if (f.status != cases[i].status)
            fail_msg("%s gave %d", field, f.status);
        if (f.status != 304)
            continue;
        assert_string_equal(f.body, "");
        assert_true(f.no_length);
        assert_has(f.fields, "X-Kept: yes\n");
        assert_has(f.fields, tag);
        assert_null(strstr(f.fields, "Content-Type"));
    }
    fake_ask(&f, "POST / HTTP/1.1\nIf-None-Match: *\n", "");
    assert_int_equal(f.status, 200);
    assert_null(strstr(f.fields, "Etag"));
}

static void an_own_etag_is_sent_when_it_is_one(void **state)
{
    static const char *const good[] = { "\"x\"", "W/\"x\"", "\"\"", "\"!\xc3\xa9~\"",
                                        "\"0123456789012345678901234567890123456789\"" };
    static const char *const bad[] = {
        "",        "x",        "\"",        "\"x",           "x\"",          "w/\"x\"",
        "\"a b\"", "\"a\"b\"", "\"a\x7f\"", "\"a\"\r\nX: y", "\"a\r\nX: y\""
    };
    struct fake f = { 0 };
    char expected[128];

    (void)state;
    verb = hello;
    for (size_t i = 0; i < N_OF(good); i++) {
        etag = good[i];
        fake_get(&f, "/tagged");
        assert_int_equal(f.status, 200);
        snprintf(expected, sizeof(expected), "Etag: %s\n", etag);
        assert_has(f.fields, expected);
    }
    for (size_t i = 0; i < N_OF(bad); i++) {
        etag = bad[i];
        fake_log[0] = 0;
        fake_get(&f, "/tagged");
        assert_int_equal(f.status, 500);
        assert_null(strstr(f.fields, "Etag"));
        assert_null(strstr(f.fields, "X: y"));
        assert_has(fake_log, "GALE_EINVAL: compute_etag: no Etag in its quotes");
    }
    etag = NULL;
    fake_get(&f, "/tagged");
    assert_null(strstr(f.fields, "Etag"));
}

static int headers(gale_handler *self)
{
    gale_set_header(self, "x-one", "1");
    gale_set_header(self, "X-ONE", "2");
    gale_add_header(self, "X-Two", "a");
    gale_add_header(self, "X-Two", "b");
    gale_set_header(self, "X-Gone", "1");
    gale_clear_header(self, "x-gone");
    assert_string_equal(gale_get_response_header(self, "X-Two"), "a");
    assert_null(gale_get_response_header(self, "X-Gone"));
    assert_string_equal(gale_get_response_header(self, "content-type"), "text/html; charset=UTF-8");
    return 0;
}

static void headers_replace_add_and_clear(void **state)
{
    struct fake f = { 0 };

    (void)state;
    get_with(&f, headers);
    assert_has(f.fields, "X-One: 2\nX-Two: a\nX-Two: b\n");
    assert_null(strstr(f.fields, "X-Gone"));
}

static int inject(gale_handler *self)
{
    int r = gale_set_header(self, "X-Evil", "a\r\nSet-Cookie: b");

    assert_int_equal(r, GALE_EINVAL);
    gale_set_header(self, "X-Fine", "1");
    gale_write(self, "secret");
    return 0;
}

static void an_unsafe_header_fails_the_request(void **state)
{
    struct fake f = { 0 };

    (void)state;
    get_with(&f, inject);
    assert_int_equal(f.status, 500);
    assert_null(strstr(f.body, "secret"));
    assert_has(fake_log, "value of header X-Evil has an unsafe byte 0x0d");
}

static int reasons(gale_handler *self)
{
    return gale_set_status(self, 299, gale_get_argument(self, "reason", NULL));
}

static void a_reason_that_cannot_be_sent_is_unknown(void **state)
{
    struct fake f = { 0 };

    (void)state;
    verb = reasons;
    fake_get(&f, "/?reason=Fine+so");
    assert_string_equal(f.reason, "Fine so");
    fake_get(&f, "/?reason=a%0D%0Ab");
    assert_string_equal(f.reason, "Unknown");
    fake_get(&f, "/?reason=%3Cscript%3E");
    assert_string_equal(f.reason, "Unknown");
    assert_int_equal(f.status, 299);
}

static int json(gale_handler *self)
{
    return gale_write_json(self, json_pack("{s:s, s:i}", "a", "</b>", "n", 1));
}

static int bad_json(gale_handler *self)
{
    return gale_write_json(self, json_pack("{s:s}", "a", NULL));
}

static void json_is_written_as_tornado_does(void **state)
{
    struct fake f = { 0 };

    (void)state;
    get_with(&f, json);
    assert_string_equal(f.body, "{\"a\": \"<\\/b>\", \"n\": 1}");
    assert_has(f.fields, "Content-Type: application/json; charset=UTF-8\n");
    get_with(&f, bad_json);
    assert_int_equal(f.status, 500);
    assert_has(fake_log, "test_output.c:");
    assert_has(fake_log, "gale_write_json: the value is NULL");
}

static int redirect(gale_handler *self)
{
    return gale_redirect(self, gale_get_argument(self, "to", NULL));
}

static void redirects_are_encoded_where_they_must(void **state)
{
    struct fake f = { 0 };

    (void)state;
    verb = redirect;
    fake_get(&f, "/?to=/a%2520b?x=1%26y=%5Bz%5D%23f");
    assert_int_equal(f.status, 302);
    assert_has(f.fields, "Location: /a%20b?x=1&y=[z]#f\n");
    assert_string_equal(f.body, "");
    assert_int_equal(f.content_length, 0);
    fake_get(&f, "/?to=/%C3%A9%20%22%0D%0AX:1");
    assert_has(f.fields, "Location: /%C3%A9%20%22%0D%0AX:1\n");
}

static int redirect_to_nothing(gale_handler *self)
{
    return gale_redirect(self, NULL);
}

static int redirect_to_no_route(gale_handler *self)
{
    return gale_redirect(self, gale_reverse_url(self, "nowhere"));
}

static int redirect_without_memory(gale_handler *self)
{
    return gale_redirect(self, gale_alloc(self, SIZE_MAX));
}

static void a_redirect_to_null_says_why(void **state)
{
    struct fake f = { 0 };

    (void)state;
    get_with(&f, redirect_to_nothing);
    assert_int_equal(f.status, 500);
    assert_has(fake_log, "GALE_EINVAL: gale_redirect: the URL is NULL");
    get_with(&f, redirect_to_no_route);
    assert_int_equal(f.status, 500);
    assert_has(fake_log, "GALE_ENOTFOUND: no route is called \"nowhere\"");
    get_with(&f, redirect_without_memory);
    assert_int_equal(f.status, 503);
}

static void head_is_answered_by_get(void **state)
{
    struct fake f = { 0 };

    (void)state;
    verb = hello;
    fake_ask(&f, "HEAD / HTTP/1.1\n", "");
    assert_int_equal(f.status, 200);
    assert_int_equal(f.content_length, 5);
    assert_has(f.fields, "Etag");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_answer_leaves_in_one_piece),
        TEST(a_long_answer_is_whole),
        TEST(an_empty_answer_has_length_and_etag),
        TEST(flushed_pieces_have_no_length_and_no_etag),
        TEST(after_finish_nothing_can_be_written),
        TEST(a_declared_length_is_kept),
        TEST(a_broken_promise_of_length_is_a_500),
        TEST(once_headers_have_left_it_breaks_the_connection),
        TEST(a_length_must_be_a_number),
        TEST(a_204_has_no_content_fields),
        TEST(a_205_has_an_empty_body),
        TEST(if_none_match),
        TEST(an_own_etag_is_sent_when_it_is_one),
        TEST(headers_replace_add_and_clear),
        TEST(an_unsafe_header_fails_the_request),
        TEST(a_reason_that_cannot_be_sent_is_unknown),
        TEST(json_is_written_as_tornado_does),
        TEST(redirects_are_encoded_where_they_must),
        TEST(a_redirect_to_null_says_why),
        TEST(head_is_answered_by_get),
    };

    return cmocka_run_group_tests(tests, NULL, fake_finish_loop);
}

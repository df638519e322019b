/* test_transforms.c - transforms in their order and to their end; compression without sockets. */
/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <gale/json.h>

#include "base/deflate.h"
#include "fake_carrier.h"

static int (*verb)(gale_handler *self);
static char order[256]; /* what the transforms were asked for */
static bool is_wanted, fails;

static int run_verb(gale_handler *self)
{
    return verb(self);
}

static void note(const char *what)
{
    snprintf(order + strlen(order), sizeof(order) - strlen(order), "%s ", what);
}

/* Upper case. */
struct upper {
    int n;
};

static int upper_begin(gale_handler *self, void *state, gale_str body, bool last)
{
    note(last ? "upper(last)" : "upper");
    assert_int_equal(((struct upper *)state)->n, 0);
    gale_set_header(self, "X-Upper", "yes");
    return is_wanted;
}

static int upper_write(gale_handler *self, void *state, gale_str in, bool flush, bool last,
                       struct gale_transform_out *out)
{
    ((struct upper *)state)->n++;
    for (size_t i = 0; i < in.len; i++) {
        char c = (char)toupper((unsigned char)in.ptr[i]);

        gale_transform_put(out, &c, 1);
    }
    return 0;
}

static void upper_end(void *state)
{
    note("end");
}

/* Brackets around each piece, a dot at the end. */
static int bracket_begin(gale_handler *self, void *state, gale_str body, bool last)
{
    if (fails)
        return gale_err(GALE_EINVAL, "no brackets");
    return 1;
}

static int bracket_write(gale_handler *self, void *state, gale_str in, bool flush, bool last,
                         struct gale_transform_out *out)
{
    gale_transform_put(out, "[", 1);
    gale_transform_put(out, in.ptr, in.len);
    return gale_transform_put(out, "].", last ? 2 : 1);
}

static const gale_transform upper = {
    .state_size = sizeof(struct upper), .begin = upper_begin, .write = upper_write, .end = upper_end
};
static const gale_transform bracket = { .begin = bracket_begin, .write = bracket_write };
static const gale_transform *const transforms[] = { &upper, &bracket, NULL };

static const gale_handler_class handler = { .get = run_verb };
static const gale_handler_class compressing = { .get = run_verb, .compress_response = GALE_ON };
static const gale_route routes[] = {
    { .url = "/", .handler = &handler },
    { .url = "/compressing", .handler = &compressing },
    { 0 },
};

static int begin_plain(void **state)
{
    (void)state;
    fake_serve(gale_app_new(routes, NULL));
    return 0;
}

static int begin(void **state)
{
    (void)state;
    order[0] = 0;
    is_wanted = true;
    fails = false;
    fake_serve(gale_app_new(routes, &(gale_settings){ .transforms = transforms }));
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

static int write_hello(gale_handler *self)
{
    return gale_write(self, "hello");
}

static int write_pieces(gale_handler *self)
{
    gale_write(self, "ab");
    gale_flush(self);
    gale_flush(self);
    gale_write(self, "cd");
    gale_flush(self);
    return gale_write(self, "ef");
}

static void one_after_the_other(void **state)
{
    struct fake f = { 0 };

    get_with(&f, write_hello);
    assert_string_equal(f.body, "[HELLO].");
    assert_int_equal(f.content_length, 8);
    assert_has(f.fields, "X-Upper: yes\n");
    assert_string_equal(order, "upper(last) end ");
}

static void pieces_pass_one_by_one(void **state)
{
    struct fake f = { 0 };

    get_with(&f, write_pieces);
    assert_string_equal(f.body, "[AB][CD][EF].");
    assert_string_equal(f.parts, "4+4+5.");
    assert_int_equal(f.content_length, -1);
    assert_string_equal(order, "upper end ");
}

static void one_that_has_nothing_to_do_is_left_out(void **state)
{
    struct fake f = { 0 };

    is_wanted = false;
    get_with(&f, write_hello);
    assert_string_equal(f.body, "[hello].");
    assert_string_equal(order, "upper(last) end ");
}

static void one_that_fails_is_not_asked_about_the_error_page(void **state)
{
    struct fake f = { 0 };

    fails = true;
    get_with(&f, write_hello);
    assert_int_equal(f.status, 500);
    assert_has(f.body, "<html>");
    assert_has(fake_log, "no brackets");
    assert_string_equal(order, "upper(last) end ");
}

static int answer_nothing(gale_handler *self)
{
    return gale_set_status(self, 204, NULL);
}

static void a_204_stays_empty(void **state)
{
    struct fake f = { 0 };

    get_with(&f, answer_nothing);
    assert_string_equal(f.body, "");
    assert_true(f.no_length);
}

static int fail_late(gale_handler *self)
{
    write_pieces(self);
    return gale_err(GALE_EPROTO, "late");
}

static void the_end_comes_after_a_failure(void **state)
{
    struct fake f = { 0 };

    get_with(&f, fail_late);
    assert_true(f.is_aborted);
    assert_string_equal(order, "upper end ");
}

static int promise(gale_handler *self)
{
    gale_set_header(self, "Content-Length", "5");
    gale_write(self, "he");
    gale_flush(self);
    return gale_write(self, "llo");
}

/* The promise counts what the handler writes. */
static void a_promised_length_is_of_the_body_before(void **state)
{
    struct fake f = { 0 };

    get_with(&f, promise);
    assert_string_equal(f.body, "[HE][LLO].");
    assert_int_equal(f.content_length, -1);
    assert_false(f.is_aborted);
}

static int write_much(gale_handler *self)
{
    for (int i = 0; i < 500; i++)
        gale_write(self, "0123456789");
    return 0;
}

static void a_class_may_compress_alone(void **state)
{
    static const char head[] = "GET /compressing HTTP/1.1\nAccept-Encoding: gzip\n";
    struct gale__decoder *d = gale__decoder_new(GALE__CODING_GZIP);
    struct fake f = { 0 };
    char out[8192];
    gale_str in;

    verb = write_much;
    fake_ask(&f, head, "");
    assert_has(f.fields, "Content-Encoding: gzip\n");
    assert_has(f.fields, "Vary: Accept-Encoding\n");
    assert_int_equal(f.content_length, f.body_len);
    in = (gale_str){ f.body, f.body_len };
    assert_int_equal(gale__decoder_read(d, &in, out, sizeof(out)), 5000);
    assert_memory_equal(out + 4990, "0123456789", 10);
    gale__decoder_free(d);
    fake_ask(&f, "GET / HTTP/1.1\nAccept-Encoding: gzip\n", "");
    assert_null(strstr(f.fields, "Content-Encoding"));
    assert_int_equal(f.body_len, 5000);
}

static int null_argument(gale_handler *self)
{
    return gale_json(self, "{s:s}", "a", NULL);
}

static int json_bad_format(gale_handler *self)
{
    return gale_json(self, "{s:", "a");
}

static int json_no_format(gale_handler *self)
{
    return gale_json_at(self, "x.c", 7, NULL);
}

static int json_infinite_depth(gale_handler *self)
{
    json_t *deep = json_array();

    for (int i = 0; i < 200; i++) {
        json_t *outer = json_array();

        json_array_append_new(outer, deep);
        deep = outer;
    }
    return gale_json(self, "{s:o}", "deep", deep);
}

static int json_after_failure(gale_handler *self)
{
    gale_set_header(self, "bad name", "");
    return gale_json(self, "{s:o}", "a", json_string("taken over"));
}

static void json_that_cannot_be_is_a_500_that_says_why(void **state)
{
    static const struct {
        int (*fn)(gale_handler *self);
        const char *why;
    } cases[] = {
        { null_argument, "gale_json: NULL string at byte 4 of '{s:s}'" },
        { json_bad_format, "gale_json: Unexpected format character " },
        { json_no_format, "x.c:7: gale_json: NULL or empty format string" },
        { json_infinite_depth, "nested deeper" },
        { json_after_failure, "bad name" },
    };
    struct fake f = { 0 };

    for (size_t i = 0; i < N_OF(cases); i++) {
        fake_log[0] = 0;
        get_with(&f, cases[i].fn);
        assert_int_equal(f.status, 500);
        assert_has(fake_log, cases[i].why);
        if (i < 2)
            assert_has(fake_log, "test_transforms.c:");
        assert_null(strstr(f.body, "gale_json"));
    }
}

static int json_list(gale_handler *self)
{
    return gale_json(self, "[i, n, b, {s:s?}]", 1, 1, "k", NULL);
}

static void json_lists_are_written_too(void **state)
{
    struct fake f = { 0 };

    get_with(&f, json_list);
    assert_string_equal(f.body, "[1, null, true, {\"k\": null}]");
    assert_has(f.fields, "Content-Type: application/json; charset=UTF-8\n");
}

#define WITH(fn) cmocka_unit_test_setup_teardown(fn, begin, end)
#define PLAIN(fn) cmocka_unit_test_setup_teardown(fn, begin_plain, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(one_after_the_other),
        WITH(pieces_pass_one_by_one),
        WITH(one_that_has_nothing_to_do_is_left_out),
        WITH(one_that_fails_is_not_asked_about_the_error_page),
        WITH(a_204_stays_empty),
        WITH(the_end_comes_after_a_failure),
        WITH(a_promised_length_is_of_the_body_before),
        PLAIN(a_class_may_compress_alone),
        PLAIN(json_that_cannot_be_is_a_500_that_says_why),
        PLAIN(json_lists_are_written_too),
    };

    return cmocka_run_group_tests(tests, NULL, fake_finish_loop);
}

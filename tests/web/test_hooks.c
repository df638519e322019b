/* test_hooks.c - hooks that run while the answer leaves: what they may do, and what if they fail.
 */
/* SPDX-License-Identifier: MIT */
#include "fake_carrier.h"

static char trace[64];

static void note(const char *what)
{
    size_t len = strlen(trace);

    snprintf(trace + len, sizeof(trace) - len, "%s ", what);
}

static int may_not(int r)
{
    note(r == GALE_ESTATE ? "refused" : "?");
    return r;
}

/* Answers, or tries to, in the way the request names. */
static int answer(gale_handler *self)
{
    const char *how = gale_get_query_argument(self, "how", "");

    if (strcmp(how, "send_error") == 0)
        return may_not(gale_send_error(self, 503));
    if (strcmp(how, "flush") == 0)
        return may_not(gale_flush(self));
    if (strcmp(how, "finish") == 0)
        return may_not(gale_finish(self));
    if (strcmp(how, "redirect") == 0)
        return may_not(gale_redirect(self, "/"));
    if (strcmp(how, "clear") == 0)
        return may_not(gale_clear(self));
    return how[0] ? gale_set_header(self, "X", "a\nb") : 0; /* a writer fails */
}

static bool is_at(gale_handler *self, const char *where)
{
    return strcmp(gale_get_query_argument(self, "at", ""), where) == 0;
}

static int after_answers(gale_handler *self, void *arg)
{
    int r = is_at(self, arg) ? answer(self) : 0;

    gale_set_header(self, r < 0 ? "X-Tried" : "X-Secure", arg);
    return gale_has_argument(self, "ignore") ? 0 : r;
}

static int page_answers(gale_handler *self, int status)
{
    int r = is_at(self, "page") ? answer(self) : 0;

    return r < 0 && !gale_has_argument(self, "ignore") ? r : gale_printf(self, "page %d", status);
}

static const char *etag_answers(gale_handler *self, gale_str body)
{
    (void)body;
    if (is_at(self, "etag"))
        answer(self);
    return "\"tag\"";
}

static void headers_answer(gale_handler *self)
{
    if (is_at(self, "headers"))
        answer(self);
}

static int got_or_not(gale_handler *self)
{
    return is_at(self, "page") ? gale_fail(self, 404, NULL) : gale_write(self, "got");
}

static int plainly(gale_request *request, void *arg)
{
    return gale_http_respond(request, 200, arg, "plain", 5);
}

static const gale_middleware hasty_inside = { .after = after_answers, .arg = (void *)"after" };
static const gale_middleware secure = { .after = after_answers, .arg = (void *)"outside" };
static const gale_middleware *const of_hasty[] = { &secure, &hasty_inside, NULL };
static const gale_handler_class hasty = { .get = got_or_not,
                                          .write_error = page_answers,
                                          .compute_etag = etag_answers,
                                          .set_default_headers = headers_answer };

static void serve_hasty(void)
{
    fake_serve(gale_app_new(
        (gale_route[]){ { .url = "/", .handler = &hasty },
                        { .url = "/plain",
                          .handler = &gale_fallback_handler,
                          .arg = &(gale_fallback_options){ plainly, (void *)"text/plain" } },
                        { 0 } },
        &(gale_settings){ .middleware = of_hasty, .write_error = page_answers }));
}

static void ask_hasty(struct fake *f, const char *path, int status, const char *body)
{
    trace[0] = 0;
    fake_get(f, path);
    assert_int_equal(f->status, status);
    assert_string_equal(f->body, body);
    assert_has(f->fields, "X-Secure: outside\n");
}

static void hooks_cannot_answer_while_the_answer_leaves(void **state)
{
    static const char *const ways[] = { "send_error", "flush", "finish", "redirect", "clear" };
    struct fake f = { 0 };
    char path[64];

    (void)state;
    serve_hasty();
    for (size_t i = 0; i < N_OF(ways); i++) {
        snprintf(path, sizeof(path), "/?at=after&how=%s", ways[i]);
        fake_log[0] = 0;
        ask_hasty(&f, path, 500, "page 500");
        assert_string_equal(trace, "refused ");
        assert_null(strstr(f.fields, "X-Tried"));
        assert_has(fake_log, "not while a hook changes what leaves");
        snprintf(path, sizeof(path), "/?at=after&ignore=1&how=%s", ways[i]);
        ask_hasty(&f, path, 200, "got");
        assert_has(f.fields, "X-Tried: after\n");
        snprintf(path, sizeof(path), "/?at=etag&how=%s", ways[i]);
        ask_hasty(&f, path, 200, "got");
        snprintf(path, sizeof(path), "/?at=headers&how=%s", ways[i]);
        ask_hasty(&f, path, 200, "got");
        assert_string_equal(trace, "refused ");
    }
    ask_hasty(&f, "/?at=page&how=send_error", 404, "");
    ask_hasty(&f, "/?at=page&how=send_error&ignore=1", 404, "page 404");
    /* A writer that fails in an after hook is a failure of it, told or not. */
    ask_hasty(&f, "/?at=after&how=write&ignore=1", 500, "page 500");
    fake_ask(&f, "GET / HTTP/1.1\nIf-None-Match: \"tag\"\n", "");
    assert_int_equal(f.status, 304);
    assert_has(f.fields, "X-Secure: outside\n");
    fake_end();
}

static void after_hooks_run_for_functions_that_know_no_handlers(void **state)
{
    struct fake f = { 0 };

    (void)state;
    serve_hasty();
    ask_hasty(&f, "/plain", 200, "plain");
    assert_has(f.fields, "Content-Type: text/plain\n");
    assert_int_equal(f.content_length, 5);
    ask_hasty(&f, "/plain?at=after&how=finish", 500, "page 500");
    ask_hasty(&f, "/plain?at=after&how=write", 500, "page 500");
    fake_end();
}

static int recovers(gale_handler *self, void *arg)
{
    int r = gale_call_next(self);

    (void)arg;
    if (r < 0 && gale_clear(self) >= 0)
        return gale_write(self, r == GALE_EINVAL ? "recovered" : "?");
    return r;
}

static int writes_wrongly(gale_handler *self)
{
    gale_set_header(self, "X-Lost", "1");
    gale_write(self, NULL);
    return 0;
}

static void a_writer_that_failed_is_forgotten_by_clear(void **state)
{
    static const gale_middleware recovering = { .around = recovers };
    static const gale_middleware *const chain[] = { &recovering, NULL };
    static const gale_handler_class wrong = { .get = writes_wrongly };
    struct fake f = { 0 };

    (void)state;
    fake_serve(gale_app_new(
        (gale_route[]){ { .url = "/", .handler = &wrong, .middleware = chain }, { 0 } }, NULL));
    fake_get(&f, "/");
    assert_int_equal(f.status, 200);
    assert_string_equal(f.body, "recovered");
    assert_null(strstr(f.fields, "X-Lost"));
    fake_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hooks_cannot_answer_while_the_answer_leaves),
        cmocka_unit_test(after_hooks_run_for_functions_that_know_no_handlers),
        cmocka_unit_test(a_writer_that_failed_is_forgotten_by_clear),
    };

    return cmocka_run_group_tests(tests, NULL, fake_finish_loop);
}

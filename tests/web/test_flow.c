/* test_flow.c - middleware, stages that fail or answer early, classes and settings in effect. */
/* SPDX-License-Identifier: MIT */
#include "fake_carrier.h"

#include <gale/staticfile.h>

#include "web/handler.h"

static char trace[1024];

static void note(const char *what)
{
    size_t len = strlen(trace);

    snprintf(trace + len, sizeof(trace) - len, "%s ", what);
}

/* What the request says that the stage of that name does: fail, answer, or nothing. */
static int stage(gale_handler *self, const char *name)
{
    note(name);
    if (strcmp(gale_get_query_argument(self, "fail", ""), name) == 0)
        return gale_fail(self, 418, "%s failed", name);
    if (strcmp(gale_get_query_argument(self, "answer", ""), name) == 0) {
        gale_printf(self, "%s answers", name);
        return gale_finish(self);
    }
    return 0;
}

static int before(gale_handler *self, void *arg)
{
    char name[32];

    snprintf(name, sizeof(name), "before.%s", (char *)arg);
    return stage(self, name);
}

static int after(gale_handler *self, void *arg)
{
    char name[32];

    snprintf(name, sizeof(name), "after.%s", (char *)arg);
    note(name);
    if (strcmp(gale_get_query_argument(self, "fail", ""), name) == 0)
        return gale_fail(self, 418, "%s failed", name);
    return gale_add_header(self, "X-After", arg);
}

static int around(gale_handler *self, void *arg)
{
    char name[32];
    int r;

    snprintf(name, sizeof(name), "around.%s", (char *)arg);
    r = stage(self, name);
    if (r < 0 || gale_is_finished(self))
        return r;
    r = gale_call_next(self);
    note("back");
    if (gale_has_argument(self, "twice"))
        note(gale_call_next(self) == GALE_ESTATE ? "refused" : "twice");
    if (gale_has_argument(self, "swallow") && r < 0) {
        gale_write(self, "swallowed");
        return 0;
    }
    return r;
}

static int idle(gale_handler *self, void *arg)
{
    (void)self;
    (void)arg;
    note("idle");
    return 0;
}

static const gale_middleware outer = {
    .before = before, .after = after, .arg = (void *)"app", .name = "outer"
};
static const gale_middleware wrapper = {
    .around = around, .after = after, .arg = (void *)"router", .name = "wrapper"
};
static const gale_middleware inner = {
    .before = before, .after = after, .arg = (void *)"route", .name = "inner"
};
static const gale_middleware only_after = { .after = after, .arg = (void *)"always" };
static const gale_middleware lazy = { .around = idle };

static const gale_middleware *const of_app[] = { &outer, &only_after, NULL };
static const gale_middleware *const of_router[] = { &wrapper, NULL };
static const gale_middleware *const of_route[] = { &inner, NULL };
static const gale_middleware *const of_lazy[] = { &lazy, NULL };

static int initialize(gale_handler *self, void *arg)
{
    (void)arg;
    return stage(self, "initialize");
}

static int prepare(gale_handler *self)
{
    return stage(self, "prepare");
}

static int get(gale_handler *self)
{
    int r = stage(self, "get");

    if (r < 0 || gale_is_finished(self))
        return r;
    if (gale_has_argument(self, "next"))
        note(gale_call_next(self) == GALE_ESTATE ? "refused" : "next");
    return gale_write(self, "got");
}

static int write_error(gale_handler *self, int status)
{
    note("page");
    return gale_printf(self, "%d %s", status, gale_error(self));
}

static void on_finish(gale_handler *self)
{
    (void)self;
    note("on_finish");
}

static const gale_handler_class staged = {
    .initialize = initialize,
    .prepare = prepare,
    .get = get,
    .write_error = write_error,
    .on_finish = on_finish,
    .authenticated = GALE_POST,
};

static const gale_handler_class lazily = { .get = get };

static void serve_staged(void)
{
    fake_serve(gale_app_new(
        (gale_route[]){
            { .url = "/",
              .middleware = of_router,
              .routes = (gale_route[]){ { .url = "/x/([0-9]*)(.*)",
                                          .handler = &staged,
                                          .middleware = of_route },
                                        { 0 } } },
            { .url = "/lazy", .handler = &lazily, .middleware = of_lazy },
            { 0 },
        },
        &(gale_settings){ .middleware = of_app, .default_handler = &staged }));
}

static void check(const char *path, int status, const char *expected_trace,
                  const char *expected_body)
{
    struct fake f = { 0 };

    trace[0] = 0;
    fake_get(&f, path);
    assert_string_equal(trace, expected_trace);
    assert_int_equal(f.status, status);
    assert_string_equal(f.body, expected_body);
}

static void test_a3_3_order_of_middleware(void **state)
{
    struct fake f = { 0 };

    (void)state;
    serve_staged();
    check("/x/1", 200,
          "initialize before.app around.router before.route prepare get back after.route "
          "after.router after.always after.app on_finish ",
          "got");
    fake_get(&f, "/x/1");
    assert_has(f.fields, "X-After: route\nX-After: router\nX-After: always\nX-After: app\n");
    /* Where no route matches the application's is around. */
    check("/none", 200, "initialize before.app prepare get after.always after.app on_finish ",
          "got");
    fake_end();
}

static void test_a3_3_an_early_answer_skips_the_handler_not_the_after_hooks(void **state)
{
    (void)state;
    serve_staged();
    check("/x/1?answer=before.app", 200, "initialize before.app after.always after.app on_finish ",
          "before.app answers");
    check("/x/1?answer=around.router", 200,
          "initialize before.app around.router after.router after.always after.app on_finish ",
          "around.router answers");
    check("/x/1?answer=before.route", 200,
          "initialize before.app around.router before.route after.route after.router after.always "
          "after.app back on_finish ",
          "before.route answers");
    check("/x/1?answer=prepare", 200,
          "initialize before.app around.router before.route prepare after.route after.router "
          "after.always after.app back on_finish ",
          "prepare answers");
    check("/x/1?answer=initialize", 200, "initialize after.always on_finish ",
          "initialize answers");
    fake_end();
}

static void test_a3_3_a_stage_that_fails_gives_the_error_page_once(void **state)
{
    static const char *const stages[] = { "initialize",   "before.app", "around.router",
                                          "before.route", "prepare",    "get" };
    char path[64], body[64], log[128];
    struct fake f = { 0 };

    (void)state;
    serve_staged();
    for (size_t i = 0; i < N_OF(stages); i++) {
        snprintf(path, sizeof(path), "/x/1?fail=%s", stages[i]);
        snprintf(body, sizeof(body), "418 %s failed", stages[i]);
        snprintf(log, sizeof(log), "418 GET %s (127.0.0.1): %s failed\n", path, stages[i]);
        trace[0] = fake_log[0] = 0;
        fake_get(&f, path);
        assert_int_equal(f.status, 418);
        assert_string_equal(f.body, body);
        assert_has(trace, "page ");
        assert_null(strstr(strstr(trace, "page ") + 1, "page "));
        assert_has(trace, "after.always ");
        assert_int_equal(!!strstr(f.fields, "X-After: app"), i > 0);
        assert_has(fake_log, log);
        assert_null(strstr(strstr(fake_log, log) + strlen(log), "failed\n"));
    }
    /* The framework's own stages: path arguments, method, user. */
    check("/x/1%ff", 400,
          "initialize before.app around.router before.route back page after.route after.router "
          "after.always after.app on_finish ",
          "400 Invalid unicode in url");
    trace[0] = 0;
    fake_ask(&f, "DELETE /x/1 HTTP/1.1\n", "");
    assert_int_equal(f.status, 405);
    assert_string_equal(trace, "initialize before.app around.router before.route prepare back page "
                               "after.route after.router after.always after.app on_finish ");
    fake_end();
}

static void after_hooks_that_fail(void **state)
{
    (void)state;
    serve_staged();
    /* The page goes without it, not without the others. */
    check("/x/1?fail=after.router", 418,
          "initialize before.app around.router before.route prepare get back after.route "
          "after.router page after.route after.always after.app on_finish ",
          "418 after.router failed");
    fake_end();
}

static void around_the_rest(void **state)
{
    (void)state;
    serve_staged();
    check("/x/1?twice=1", 200,
          "initialize before.app around.router before.route prepare get back refused after.route "
          "after.router after.always after.app on_finish ",
          "got");
    check("/x/1?next=1", 200,
          "initialize before.app around.router before.route prepare get refused back after.route "
          "after.router after.always after.app on_finish ",
          "got");
    check("/x/1?fail=get&swallow=1", 200,
          "initialize before.app around.router before.route prepare get back after.route "
          "after.router after.always after.app on_finish ",
          "swallowed");
    check("/lazy", 200, "before.app idle after.always after.app ", "");
    fake_end();
}

static int wait_before(gale_handler *self, void *arg)
{
    (void)self;
    (void)arg;
    note("waits");
    return gale_sleep(0.001);
}

static void finish(void *handler)
{
    gale_finish(handler);
}

static int finish_later(gale_handler *self)
{
    note("open");
    gale_ioloop_call_later(gale_ioloop_current(), 0.001, finish, self);
    return 0;
}

static const gale_middleware waiting = { .before = wait_before };
static const gale_middleware *const of_waiting[] = { &waiting, &wrapper, NULL };
static const gale_handler_class left_open = { .get = finish_later, .asynchronous = GALE_ON };

static void middleware_may_wait_and_handlers_stay_open(void **state)
{
    struct fake f = { 0 };

    (void)state;
    fake_serve(gale_app_new(
        (gale_route[]){ { .url = "/", .handler = &left_open, .middleware = of_waiting }, { 0 } },
        NULL));
    trace[0] = 0;
    fake_send(&f, "GET / HTTP/1.1\n", "");
    assert_false(f.is_detached);
    fake_wait(&f);
    assert_int_equal(f.status, 200);
    assert_string_equal(trace, "waits around.router open back after.router ");
    /* OPTIONS is answered at once, whatever the class. */
    fake_send(&f, "OPTIONS / HTTP/1.1\n", "");
    fake_wait(&f);
    assert_int_equal(f.status, 204);
    assert_has(f.fields, "Allow: GET, HEAD, OPTIONS\n");
    fake_end();
}

static void mounted_applications_are_inside(void **state)
{
    gale_app *child = gale_app_new(
        (gale_route[]){ { .url = "/x", .handler = &lazily, .middleware = of_route }, { 0 } },
        &(gale_settings){ .middleware = of_router });

    (void)state;
    fake_serve(gale_app_new((gale_route[]){ { .url = "/in", .app = child }, { 0 } },
                            &(gale_settings){ .middleware = of_app }));
    check("/in/x", 200,
          "before.app around.router before.route get back after.route after.router after.always "
          "after.app ",
          "got");
    check("/in/none", 404, "before.app around.router back after.router after.always after.app ",
          "<html><title>404: Not Found</title><body>404: Not Found</body></html>");
    fake_end();
}

static void unusable_middleware(void **state)
{
    static const gale_middleware both = { .before = before, .around = around, .name = "both" };
    static const gale_middleware nothing = { .name = "nothing" };
    static const gale_middleware *const list[] = { &outer, &both, NULL };
    static const gale_middleware *const empty[] = { &nothing, NULL };

    (void)state;
    assert_null(gale_app_new((gale_route[]){ { 0 } }, &(gale_settings){ .middleware = list }));
    assert_string_equal(gale_app_error(),
                        "settings: middleware 2 (both) has both .before and .around");
    assert_null(gale_app_new(
        (gale_route[]){ { .url = "/x", .handler = &staged, .middleware = empty }, { 0 } }, NULL));
    assert_string_equal(gale_app_error(),
                        "route \"/x\": middleware 1 (nothing) has no .before, .around or .after");
}

/* --- error pages ------------------------------------------------------------------------- */

static int own_page(gale_handler *self, int status)
{
    return gale_printf(self, "own %d", status);
}

static int app_page(gale_handler *self, int status)
{
    return gale_printf(self, "app %d", status);
}

static int class_page(gale_handler *self, int status)
{
    return gale_printf(self, "class %d", status);
}

static int failing(gale_handler *self)
{
    if (gale_has_argument(self, "own"))
        gale_set_error_page(self, own_page);
    if (gale_has_argument(self, "reason"))
        gale_set_status(self, 404, "No Such Story");
    if (gale_has_argument(self, "other"))
        gale_set_status(self, 402, "Pay");
    return gale_fail(self, 404, "100%% of %s", "it");
}

static void log_it(gale_handler *self, int status)
{
    gale_log(&gale_log_application, GALE_LOG_INFO, "mine: %d %s %s", status,
             gale_errname(gale_error_code(self)), gale_error(self));
}

static const gale_handler_class fails = { .get = failing };
static const gale_handler_class fails_with_page = { .parent = &fails, .write_error = class_page };
static const gale_handler_class logs = { .parent = &fails, .log_exception = log_it };

static int cleared(gale_handler *self)
{
    gale_write(self, "nothing");
    gale_set_status(self, 202, "Odd");
    gale_set_header(self, "X-Gone", "1");
    gale_clear(self);
    return gale_write(self, "anew");
}

static void add_header(gale_handler *self)
{
    gale_add_header(self, "X-Default", "1");
}

static int clear_late(gale_handler *self)
{
    gale_write(self, "a");
    gale_flush(self);
    note(gale_clear(self) == GALE_ESTATE ? "late" : "?");
    return 0;
}

static const gale_handler_class clearing = { .get = cleared,
                                             .post = clear_late,
                                             .set_default_headers = add_header };

static void pages_of_request_class_and_application(void **state)
{
    struct fake f = { 0 };

    (void)state;
    fake_serve(gale_app_new((gale_route[]){ { .url = "/fails", .handler = &fails },
                                            { .url = "/page", .handler = &fails_with_page },
                                            { .url = "/logs", .handler = &logs },
                                            { .url = "/clear", .handler = &clearing },
                                            { 0 } },
                            &(gale_settings){ .write_error = app_page }));
    check("/fails", 404, "", "app 404");
    check("/page", 404, "", "class 404");
    check("/page?own=1", 404, "", "own 404");
    check("/none", 404, "", "app 404");
    fake_get(&f, "/fails?reason=1");
    assert_string_equal(f.reason, "No Such Story");
    fake_get(&f, "/fails?other=1");
    assert_string_equal(f.reason, "");
    fake_log[0] = 0;
    fake_get(&f, "/logs");
    assert_has(fake_log, "gale.application 20 mine: 404 GALE_EHTTP 100% of it\n");
    assert_null(strstr(fake_log, "gale.general"));
    fake_get(&f, "/clear");
    assert_int_equal(f.status, 200);
    assert_string_equal(f.reason, "");
    assert_string_equal(f.body, "anew");
    assert_has(f.fields, "X-Default: 1\n");
    assert_null(strstr(f.fields, "X-Gone"));
    trace[0] = 0;
    fake_ask(&f, "POST /clear HTTP/1.1\n", "");
    assert_string_equal(trace, "late ");
    fake_end();
}

/* --- classes ------------------------------------------------------------------------------ */

static const char *parse(gale_handler *self, const char *path)
{
    (void)self;
    return path;
}

static const char *type_of(gale_handler *self, const char *path)
{
    (void)self;
    return path;
}

static const gale_static_class parent_kind = {
    .base = { .get = get, .kind = GALE_KIND_STATIC, .kind_size = sizeof(gale_static_class) },
    .parse_url_path = parse,
    .get_content_type = type_of,
};
static const gale_static_class child_kind = {
    .base = { .parent = &parent_kind.base, .kind_size = sizeof(gale_static_class) },
    .parse_url_path = type_of,
};
static const gale_handler_class plain_child = { .parent = &child_kind.base };

static const gale_static_class *kind_of(const gale_app *app, size_t i)
{
    return (const gale_static_class *)(const void *)app->router.routes[i]->cls->kind_hooks;
}

static void kinds_inherit_their_own_hooks(void **state)
{
    gale_app *app = gale_app_new((gale_route[]){ { .url = "/0", .handler = &parent_kind.base },
                                                 { .url = "/1", .handler = &child_kind.base },
                                                 { .url = "/2", .handler = &plain_child },
                                                 { .url = "/3", .handler = &fails },
                                                 { 0 } },
                                 NULL);

    (void)state;
    assert_non_null(app);
    assert_ptr_equal(kind_of(app, 0)->parse_url_path, parse);
    assert_ptr_equal(kind_of(app, 1)->parse_url_path, type_of);
    assert_ptr_equal(kind_of(app, 1)->get_content_type, type_of);
    assert_ptr_equal(kind_of(app, 2)->parse_url_path, type_of);
    assert_ptr_equal(kind_of(app, 2)->get_content_type, type_of);
    assert_null(kind_of(app, 2)->set_extra_headers);
    assert_int_equal(app->router.routes[2]->cls->hooks.kind, GALE_KIND_STATIC);
    assert_null(kind_of(app, 3));
    gale_app_free(app);
}

static int take_arg(gale_handler *self, void *arg)
{
    (void)self;
    (void)arg;
    return 0;
}

static void class_refused(const gale_handler_class *cls, const char *expected)
{
    assert_null(gale_app_new((gale_route[]){ { .url = "/x", .handler = cls }, { 0 } }, NULL));
    assert_string_equal(gale_app_error(), expected);
}

static void faults_of_classes(void **state)
{
    static const gale_handler_class reads = { .get = get, .initialize = take_arg, .arg_size = 16 };
    static const gale_handler_class less = { .parent = &reads, .arg_size = 8 };
    static const gale_handler_class own = { .parent = &reads,
                                            .arg_size = 8,
                                            .initialize = take_arg };
    static const gale_handler_class users = { .get = get, .authenticated = 256 };
    static const gale_handler_class odd = { .get = get, .stream_request_body = 3 };
    static const gale_handler_class kind = { .get = get, .kind = 9 };
    static const gale_handler_class sized = { .get = get, .kind_size = 8 };
    gale_app *app;

    (void)state;
    class_refused(&less, "route \"/x\": arg_size 8 is smaller than the 16 that its parent's "
                         "initialize reads");
    class_refused(&users, "route \"/x\": authenticated is 256: no set of methods such as GALE_ALL");
    class_refused(&odd, "route \"/x\": stream_request_body is 3: not GALE_ON, GALE_OFF or 0");
    class_refused(&kind, "route \"/x\": kind is 9: no GALE_KIND_...");
    class_refused(&sized, "route \"/x\": it has a kind_size, but no kind");
    app = gale_app_new((gale_route[]){ { .url = "/x", .handler = &own }, { 0 } }, NULL);
    assert_non_null(app);
    gale_app_free(app);
}

/* --- settings ------------------------------------------------------------------------------ */

static void check_switches(int debug, int given, int on, int off)
{
    gale_app *app = gale_app_new((gale_route[]){ { 0 } },
                                 &(gale_settings){ .debug = debug,
                                                   .serve_traceback = given,
                                                   .autoreload = given,
                                                   .static_hash_cache = given,
                                                   .compiled_template_cache = given });
    const gale_settings *s = gale_app_settings(app);

    assert_int_equal(s->serve_traceback, on);
    assert_int_equal(s->autoreload, on);
    assert_int_equal(s->static_hash_cache, off);
    assert_int_equal(s->compiled_template_cache, off);
    gale_app_free(app);
}

static void what_debug_implies_and_each_switch_alone(void **state)
{
    (void)state;
    check_switches(0, 0, GALE_OFF, GALE_ON);
    check_switches(GALE_ON, 0, GALE_ON, GALE_OFF);
    check_switches(GALE_OFF, 0, GALE_OFF, GALE_ON);
    check_switches(GALE_ON, GALE_ON, GALE_ON, GALE_ON);
    check_switches(GALE_ON, GALE_OFF, GALE_OFF, GALE_OFF);
    check_switches(0, GALE_ON, GALE_ON, GALE_ON);
    check_switches(0, GALE_OFF, GALE_OFF, GALE_OFF);
}

static void texts_and_lists_are_copied(void **state)
{
    char secret[] = "secret", url[] = "/login", host[] = "Host", name[] = "xs", domain[] = "d";
    gale_secret secrets[] = { { 3, secret }, { 4, secret }, { 0, NULL } };
    gale_cookie cookie = { .domain = domain, .secure = GALE_ON };
    gale_app *app = gale_app_new((gale_route[]){ { 0 } }, &(gale_settings){
                                                              .cookie_secrets = secrets,
                                                              .key_version = 4,
                                                              .login_url = url,
                                                              .default_host = host,
                                                              .xsrf_cookie_name = name,
                                                              .xsrf_cookie = &cookie,
                                                          });
    const gale_settings *s = gale_app_settings(app);

    (void)state;
    memset(secrets, 0xff, sizeof(secrets));
    memset(&cookie, 0xff, sizeof(cookie));
    secret[0] = url[0] = host[0] = name[0] = domain[0] = '!';
    assert_int_equal(s->cookie_secrets[1].version, 4);
    assert_string_equal(s->cookie_secrets[1].secret, "secret");
    assert_null(s->cookie_secrets[2].secret);
    assert_string_equal(s->login_url, "/login");
    assert_string_equal(s->default_host, "host");
    assert_string_equal(s->xsrf_cookie_name, "xs");
    assert_string_equal(s->xsrf_cookie->domain, "d");
    assert_int_equal(s->xsrf_cookie->secure, GALE_ON);
    assert_int_equal(s->min_signed_version, 2);
    gale_app_free(app);
}

static void unusable_settings(void **state)
{
    static const gale_secret twice[] = { { 1, "a" }, { 1, "b" }, { 0, NULL } };
    static const gale_secret empty[] = { { 1, "" }, { 0, NULL } };
    static const gale_secret none[] = { { 0, NULL } };
    static const gale_secret one[] = { { 1, "a" }, { 0, NULL } };
    static const gale_secret minus[] = { { -1, "a" }, { 0, NULL } };
    static const gale_transform half = { .state_size = 1 };
    static const gale_transform *const transforms[] = { &half, NULL };
    static const struct {
        gale_settings settings;
        const char *expected;
    } cases[] = {
        { { .autoreload = 2 }, "autoreload is 2: not GALE_ON, GALE_OFF or 0" },
        { { .secure_cookies = 2 }, "secure_cookies is 2: not GALE_ON, GALE_OFF or 0" },
        { { .static_hash_cache = -2 }, "static_hash_cache is -2: not GALE_ON, GALE_OFF or 0" },
        { { .cookie_secret = "" }, "cookie_secret is empty" },
        { { .cookie_secret = "a", .cookie_secrets = one },
          "both cookie_secret and cookie_secrets are given" },
        { { .cookie_secrets = twice }, "cookie_secrets has version 1 twice" },
        { { .cookie_secrets = empty }, "cookie_secrets: the secret of version 1 is empty" },
        { { .cookie_secrets = none }, "cookie_secrets has no secret" },
        { { .cookie_secrets = minus }, "cookie_secrets has the version -1: less than 0" },
        { { .cookie_secrets = one }, "key_version 0 is no version of cookie_secrets" },
        { { .cookie_secret = "a", .key_version = 1 }, "key_version is 1, without cookie_secrets" },
        { { .min_signed_version = 3 }, "min_signed_version is 3: neither 1 nor 2" },
        { { .xsrf_check = 9 }, "xsrf_check is 9: no GALE_XSRF_..." },
        { { .xsrf_cookie_version = -1 }, "xsrf_cookie_version is -1: neither 1 nor 2" },
        { { .xsrf_cookie_name = "a b" }, "xsrf_cookie_name has a byte 0x20, which no name has" },
        { { .xsrf_cookie_name = "__Host-x" },
          "xsrf_cookie_name and xsrf_cookie: cookie __Host-x: its prefix needs secure" },
        { { .transforms = transforms }, "transform 1 has no begin" },
        { { .static_path = "" }, "static_path is empty" },
        { { .static_url_prefix = "s/" }, "static_url_prefix \"s/\" does not begin with /" },
        { { .limits.max_parts = -2 },
          "limits.max_parts is -2: not between 1 and 9223372036854775807" },
        { { .limits.body_timeout = -3 }, "limits.body_timeout is -3: no time in seconds" },
        { { .limits.max_json_depth = 129 }, "limits.max_json_depth is 129: not between 1 and 128" },
        { { .limits.max_json_depth = -1 }, "limits.max_json_depth: 128 is the most" },
    };
    char expected[256];

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        assert_null(gale_app_new((gale_route[]){ { 0 } }, &cases[i].settings));
        snprintf(expected, sizeof(expected), "settings: %s", cases[i].expected);
        assert_string_equal(gale_app_error(), expected);
    }
}

static void limits_come_from_route_router_and_application(void **state)
{
    gale_app *app = gale_app_new(
        (gale_route[]){
            { .url = "/a",
              .limits = &(gale_limits){ .max_parts = 5, .max_body_size = 77 },
              .routes = (gale_route[]){ { .url = "/1", .handler = &fails },
                                        { .url = "/2",
                                          .handler = &fails,
                                          .limits = &(
                                              gale_limits){ .max_parts = 6,
                                                            .max_arguments = GALE_UNLIMITED } },
                                        { 0 } } },
            { .url = "/b", .handler = &fails },
            { 0 },
        },
        &(gale_settings){ .limits = { .max_arguments = 9, .body_timeout = 3 } });
    const gale_limits *l1 = &app->router.routes[0]->limits, *l2 = &app->router.routes[1]->limits,
                      *b = &app->router.routes[2]->limits;

    (void)state;
    assert_int_equal(l1->max_parts, 5);
    assert_int_equal(l1->max_body_size, 77);
    assert_int_equal(l1->max_arguments, 9);
    assert_int_equal(l2->max_parts, 6);
    assert_int_equal(l2->max_body_size, 77);
    assert_int_equal(l2->max_arguments, GALE_UNLIMITED);
    assert_int_equal(b->max_parts, 100);
    assert_int_equal(b->max_body_size, 0);
    assert_true(b->body_timeout > 2 && b->body_timeout < 4);
    assert_int_equal(b->max_json_depth, 128);
    gale_app_free(app);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a3_3_order_of_middleware),
        cmocka_unit_test(test_a3_3_an_early_answer_skips_the_handler_not_the_after_hooks),
        cmocka_unit_test(test_a3_3_a_stage_that_fails_gives_the_error_page_once),
        cmocka_unit_test(after_hooks_that_fail),
        cmocka_unit_test(around_the_rest),
        cmocka_unit_test(middleware_may_wait_and_handlers_stay_open),
        cmocka_unit_test(mounted_applications_are_inside),
        cmocka_unit_test(unusable_middleware),
        cmocka_unit_test(pages_of_request_class_and_application),
        cmocka_unit_test(kinds_inherit_their_own_hooks),
        cmocka_unit_test(faults_of_classes),
        cmocka_unit_test(what_debug_implies_and_each_switch_alone),
        cmocka_unit_test(texts_and_lists_are_copied),
        cmocka_unit_test(unusable_settings),
        cmocka_unit_test(limits_come_from_route_router_and_application),
    };

    return cmocka_run_group_tests(tests, NULL, fake_finish_loop);
}

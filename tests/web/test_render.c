/* test_render.c - pages out of templates: names, failures, loaders, UI modules, without sockets. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <unistd.h>

#include "fake_carrier.h"

#include <gale/json.h>
#include <gale/template_runtime.h>

static struct fake f;
static const char *page; /* the template that show() renders */
static int result;       /* what it gave */

static int show(gale_handler *self)
{
    result = gale_render(self, page, NULL);
    return result;
}

static const gale_handler_class show_handler = { .get = show, .post = show };

static gale_loader *texts(const gale_template_text *list)
{
    gale_loader *loader = gale_dict_loader_new(list, NULL);

    assert_non_null(loader);
    return loader;
}

#define TEXTS(...) texts((const gale_template_text[]){ __VA_ARGS__, { NULL, NULL } })

static void serve(const gale_handler_class *cls, const gale_settings *settings)
{
    fake_serve(gale_app_new(
        (gale_route[]){ { .url = "/(.*)", .handler = cls, .name = "all" }, { 0 } }, settings));
}

/* The answer for one template. */
static void render(const char *text, const gale_settings *settings)
{
    gale_settings own = settings ? *settings : (gale_settings){ 0 };

    page = "t.html";
    own.template_loader = TEXTS({ "t.html", text });
    serve(&show_handler, &own);
    fake_log[0] = 0;
    fake_get(&f, "/a%20b?x=1&y=%3C&x=2");
    fake_end();
}

static void assert_contains(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("no '%s' in: %s", part, text);
}

static void assert_page(const char *text, const char *body)
{
    render(text, NULL);
    assert_string_equal(f.body, body);
    assert_int_equal(f.status, 200);
}

/* --- pages ------------------------------------------------------------------------------ */

static int show_values(gale_handler *self)
{
    return gale_render(self, "t.html", json_pack("{s:s, s:[i,i]}", "who", "<you>", "n", 1, 2));
}

static void test_a3_8_a_page_is_rendered_and_finished(void **state)
{
    (void)state;
    serve(&(gale_handler_class){ .get = show_values },
          &(gale_settings){ .template_loader = TEXTS(
                                { "t.html", "Hi {{ who }}{% for i in n %} {{ i }}{% end %}" }) });
    fake_get(&f, "/");
    assert_string_equal(f.body, "Hi &lt;you&gt; 1 2");
    assert_int_equal(f.status, 200);
    assert_int_equal(f.content_length, 18);
    assert_string_equal(f.parts, "18.");
    assert_contains(f.fields, "Content-Type: text/html; charset=UTF-8\nEtag: \"");
    fake_end();
}

static int write_and_show(gale_handler *self)
{
    gale_write(self, "before ");
    return show(self);
}

static int flush_and_show(gale_handler *self)
{
    gale_write(self, "first ");
    gale_flush(self);
    return show(self);
}

static void test_what_was_written_before_stays_in_front(void **state)
{
    (void)state;
    page = "t.html";
    serve(&(gale_handler_class){ .get = write_and_show },
          &(gale_settings){ .template_loader = TEXTS({ "t.html", "page" }) });
    fake_get(&f, "/");
    assert_string_equal(f.body, "before page");
    assert_int_equal(f.content_length, 11);
    fake_end();
    serve(&(gale_handler_class){ .get = flush_and_show },
          &(gale_settings){ .template_loader = TEXTS({ "t.html", "page" }) });
    fake_get(&f, "/");
    assert_string_equal(f.body, "first page");
    assert_string_equal(f.parts, "6+4.");
    fake_end();
}

static void test_large_and_empty_pages(void **state)
{
    (void)state;
    assert_page("", "");
    render("{% for i in range(3000) %}0123456789{% end %}", NULL);
    assert_int_equal(f.body_len, 30000);
    assert_string_equal(f.body + 29990, "0123456789");
    assert_int_equal(f.content_length, 30000);
}

static int show_twice(gale_handler *self)
{
    int r = show(self);

    assert_int_equal(r, 0);
    assert_int_equal(gale_render(self, page, NULL), GALE_ESTATE);
    assert_int_equal(gale_render(self, page, json_object()), GALE_ESTATE);
    assert_string_equal(gale_strerror(GALE_ESTATE), "gale_render after gale_finish");
    return r;
}

static void test_render_after_finish_is_refused(void **state)
{
    (void)state;
    page = "t.html";
    serve(&(gale_handler_class){ .get = show_twice },
          &(gale_settings){ .template_loader = TEXTS({ "t.html", "once" }) });
    fake_get(&f, "/");
    assert_string_equal(f.body, "once");
    fake_end();
}

static int show_null(gale_handler *self)
{
    json_t *none = json_pack("{s:s}", "a", NULL);

    assert_null(none);
    return gale_render(self, "t.html", none);
}

static int show_array(gale_handler *self)
{
    return gale_render(self, "t.html", json_array());
}

static int show_nameless(gale_handler *self)
{
    return gale_render(self, NULL, NULL);
}

static void test_values_that_are_none(void **state)
{
    static const struct {
        int (*get)(gale_handler *self);
        const char *says;
    } cases[] = {
        { show_null, "test_render.c:" },
        { show_null, "gale_render: the values are NULL (a bad json_pack format?)" },
        { show_array, "gale_render: the values are no object" },
        { show_nameless, "the name of the template is NULL" },
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        serve(&(gale_handler_class){ .get = cases[i].get },
              &(gale_settings){ .template_loader = TEXTS({ "t.html", "x" }) });
        fake_get(&f, "/");
        assert_int_equal(f.status, 500);
        assert_contains(fake_log, cases[i].says);
        fake_end();
    }
}

/* --- texts ------------------------------------------------------------------------------ */

static int two_strings(gale_handler *self)
{
    gale_str a, b;
    int r = gale_render_string(self, "a.txt", NULL, &a);

    if (r >= 0)
        r = gale_render_string(self, "b.txt", json_pack("{s:i}", "n", 2000), &b);
    if (r < 0)
        return r;
    assert_int_equal(strlen(a.ptr), a.len);
    assert_int_equal(strlen(b.ptr), b.len);
    assert_int_equal(b.len, 20000);
    return gale_printf(self, "%s %c%zu", a.ptr, b.ptr[b.len - 1], b.len);
}

static void test_rendered_texts_live_as_long_as_the_request(void **state)
{
    (void)state;
    serve(&(gale_handler_class){ .get = two_strings },
          &(gale_settings){ .template_loader = TEXTS(
                                { "a.txt", "{{ handler.get_status() }}" },
                                { "b.txt", "{% for i in range(n) %}012345678z{% end %}" }) });
    fake_get(&f, "/");
    assert_string_equal(f.body, "200 z20000");
    fake_end();
}

static int try_string(gale_handler *self)
{
    gale_str text;

    if (gale_render_string(self, "bad.html", NULL, &text) < 0)
        return gale_printf(self, "caught: %s", gale_strerror(GALE_EINVAL));
    return -1;
}

static void test_a_text_that_fails_is_the_handlers_matter(void **state)
{
    (void)state;
    serve(&(gale_handler_class){ .get = try_string },
          &(gale_settings){ .template_loader = TEXTS({ "bad.html", "\n{{ 1 / 0 }}" }) });
    fake_get(&f, "/");
    assert_int_equal(f.status, 200);
    assert_string_equal(f.body, "caught: ZeroDivisionError: division by zero at bad.html:2");
    fake_end();
}

/* --- names ------------------------------------------------------------------------------ */

static void test_names_of_handler_and_request(void **state)
{
    (void)state;
    assert_page("{{ handler.get_argument('y') }} {{ handler.get_argument('z', 'no') }} "
                "{{ handler.get_arguments('x') }} {{ handler.get_status() }}",
                "&lt; no [&#x27;1&#x27;, &#x27;2&#x27;] 200");
    assert_page("{{ request.method }} {{ request.path }} {{ request.query }} {{ request.version }}",
                "GET /a%20b x=1&amp;y=%3C&amp;x=2 HTTP/1.1");
    assert_page("{{ request.arguments['x'] }}{{ request.query_arguments['y'] }}"
                "{{ request.body_arguments }}",
                "[&#x27;1&#x27;, &#x27;2&#x27;][&#x27;&lt;&#x27;]{}");
    assert_page("{{ handler.path_args[0] }} {{ handler.request.uri }} {{ handler.path_kwargs }}",
                "a b /a%20b?x=1&amp;y=%3C&amp;x=2 {}");
    assert_page("{{ current_user }} {{ handler.current_user }} {{ request.request_time() < 60 }}",
                "None None True");
    assert_page("{{ handler.settings['debug'] }} {{ handler.settings.get('cookie_secret') }}",
                "False None");
    assert_page(
        "{% try %}{{ handler.get_argument('z') }}{% except Exception as e %}{{ e }}{% end %}",
        "Missing argument z");
    assert_page("{{ reverse_url('all', 'a b', ) }} {{ handler.reverse_url('all', 7) }}",
                "/a%20b /7");
    assert_page("{% try %}{{ reverse_url('nobody') }}{% except KeyError as e %}{{ e }}{% end %}",
                "no route is called &quot;nobody&quot;");
    assert_page("{% try %}{{ static_url('a.js') }}{% except Exception as e %}{{ e }}{% end %}",
                "the setting static_path is needed for static_url");
}

static void test_more_of_what_handler_and_request_have(void **state)
{
    (void)state;
    render("{{ request.protocol }} {{ request.remote_ip }} {{ request.host_name }} "
           "{{ request.full_url() }} {{ handler.get_login_url() }} "
           "{{ handler.get_signed_cookie('s') }} {{ handler.xsrf_token[:2] }} "
           "{{ handler.get_query_argument('x') }} {{ handler.get_body_argument('x', 0) }} "
           "{{ handler.get_query_arguments('x') }} {{ handler.get_body_arguments('x') }} "
           "{{ handler.settings.login_url }} {{ handler.locale.code }}",
           &(gale_settings){ .cookie_secret = "secret", .login_url = "/in" });
    assert_string_equal(f.body, "http 127.0.0.1 localhost "
                                "http://localhost/a%20b?x=1&amp;y=%3C&amp;x=2 /in None 2| "
                                "2 0 [&#x27;1&#x27;, &#x27;2&#x27;] [] /in en_US");
}

static void test_a_missing_argument_is_a_400(void **state)
{
    (void)state;
    render("{{ handler.get_argument('z') }}", NULL);
    assert_int_equal(f.status, 400);
    assert_contains(f.body, "Missing argument z");
}

static void test_headers_of_the_request(void **state)
{
    (void)state;
    page = "t.html";
    serve(
        &show_handler,
        &(gale_settings){
            .template_loader = TEXTS(
                { "t.html", "{{ request.headers['x-a'] }} {{ request.headers.get('X-B') }} "
                            "{{ request.headers.get('no', 5) }} {{ len(request.headers) }} "
                            "{% for n in request.headers %}{{ n }},{% end %} "
                            "{{ request.headers.get_list('X-A') }} {{ 'X-A' in request.headers }} "
                            "{{ request.cookies['c'] }} {{ handler.get_cookie('c') }} "
                            "{{ handler.get_cookie('d', 'x') }} {{ request.host }} "
                            "{{ request.body }}" }) });
    fake_ask(&f, "POST / HTTP/1.1\nx-a: 1\nX-b: 2\nX-A: 3\nCookie: c=k\n", "bytes");
    assert_string_equal(f.body, "1, 3 2 5 4 X-A,X-B,Cookie,Host, "
                                "[&#x27;1&#x27;, &#x27;3&#x27;] True k k x localhost bytes");
    fake_end();
}

static int n_loads;

static int load_user(gale_handler *self, json_t **user)
{
    int r = gale_sleep(0.001);

    (void)self;
    n_loads++;
    *user = json_pack("{s:s}", "name", "Ann");
    return r;
}

static void ask_user(const char *text, const char *body, int loads)
{
    n_loads = 0;
    page = "t.html";
    serve(&(gale_handler_class){ .get = show, .get_current_user = load_user },
          &(gale_settings){ .template_loader = TEXTS({ "t.html", text }) });
    f.respond_result = 0;
    fake_send(&f, "GET / HTTP/1.1\n", "");
    fake_wait(&f);
    assert_string_equal(f.body, body);
    assert_int_equal(n_loads, loads);
    fake_end();
}

static void test_the_user_is_loaded_when_a_template_asks(void **state)
{
    (void)state;
    ask_user("nobody asks", "nobody asks", 0);
    ask_user("{% if 0 %}{{ current_user }}{% end %}-", "-", 0);
    ask_user("{{ current_user['name'] }} {{ current_user.name }} {{ handler.current_user.name }}",
             "Ann Ann Ann", 1);
}

static int whoami(gale_call *call, gale_value *out)
{
    gale_handler *self = gale_call_handler(call);

    assert_non_null(self);
    return gale_value_printf(call->rendering, out, "ui:%s", gale_path_argument(self, 0));
}

static const gale_name methods[] = {
    { .name = "whoami", .function = whoami },
    { .name = "static_url", .text = "of the application" },
    { 0 },
};

static const gale_name class_names[] = {
    { .name = "whose", .lazy = whoami },
    { .name = "request", .text = "of the class" },
    { 0 },
};

static int class_namespace(gale_handler *self, gale_namespace *names)
{
    (void)self;
    assert_ptr_equal(names->context, self);
    names->values = json_pack("{s:s, s:s}", "title", "class", "who", "class");
    names->names = class_names;
    return 0;
}

static int show_title(gale_handler *self)
{
    return gale_render(self, "t.html", json_pack("{s:s}", "title", "call"));
}

static void test_names_of_call_class_application_and_handler_in_this_order(void **state)
{
    const gale_template_module module = { .name = "app.tools", .names = methods };
    const gale_template_options options = { .modules = (const gale_template_module *const[]){
                                                &module, NULL } };

    (void)state;
    serve(
        &(gale_handler_class){ .get = show_title, .get_template_namespace = class_namespace },
        &(gale_settings){
            .ui_methods = methods,
            .template_loader = gale_dict_loader_new(
                (gale_template_text[]){
                    { "t.html", "{{ title }} {{ who }} {{ whose }} {{ request }} {{ static_url }} "
                                "{{ whoami() }} {{ handler.get_status() }} "
                                "{% from app.tools import whoami as w %}{{ w() }}" },
                    { 0 },
                },
                &options) });
    fake_get(&f, "/x");
    assert_string_equal(f.body, "call class ui:x of the class of the application ui:x 200 ui:x");
    fake_end();
}

static int show_names(gale_handler *self)
{
    const gale_namespace inner = { .names = methods, .context = self };
    const gale_namespace names = { .values = json_pack("{s:i}", "n", 5), .next = &inner };
    int r = gale_render_names(self, "t.html", &names);

    json_decref(names.values);
    return r;
}

static void test_names_beyond_json(void **state)
{
    (void)state;
    serve(&(gale_handler_class){ .get = show_names },
          &(gale_settings){ .template_loader = TEXTS(
                                { "t.html", "{{ n }} {{ whoami() }} {{ request.method }}" }) });
    fake_get(&f, "/x");
    assert_string_equal(f.body, "5 ui:x GET");
    fake_end();
}

/* --- failures --------------------------------------------------------------------------- */

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
    render("<b>{{ titel }}</b>", &(gale_settings){ .serve_traceback = GALE_ON });
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

/* --- asynchronous handlers ---------------------------------------------------------------- */

static int rest(gale_call *call, gale_value *out)
{
    int r = gale_sleep(0.001);

    (void)call;
    return r < 0 ? r : gale_value_text(call->rendering, out, "rested");
}

static const gale_name resting[] = { { .name = "rest", .function = rest }, { 0 } };

static void show_later(void *self)
{
    result = gale_render(self, page, NULL);
}

static int leave_open(gale_handler *self)
{
    return gale_ioloop_call_later(gale_ioloop_current(), 0.001, show_later, self) ? 0 : -1;
}

static void ask_open(const char *text)
{
    page = "t.html";
    serve(&(gale_handler_class){ .get = leave_open, .asynchronous = GALE_ON },
          &(gale_settings){ .template_loader = TEXTS({ "t.html", text }), .ui_methods = resting });
    f.respond_result = 0;
    fake_send(&f, "GET / HTTP/1.1\n", "");
    fake_wait(&f);
    fake_end();
}

static void test_asynchronous_handlers_render(void **state)
{
    (void)state;
    ask_open("late {{ request.method }}");
    assert_int_equal(f.status, 200);
    assert_string_equal(f.body, "late GET");
    ask_open("{{ nobody }}");
    assert_int_equal(f.status, 500);
    assert_contains(fake_log, "NameError");
    ask_open("{{ rest() }}"); /* there is no coroutine that could wait */
    assert_int_equal(f.status, 500);
    assert_contains(fake_log, "GALE_ENOTCOROUTINE");
}

static void test_functions_may_wait(void **state)
{
    (void)state;
    page = "t.html";
    serve(&show_handler, &(gale_settings){ .template_loader = TEXTS({ "t.html", "{{ rest() }}!" }),
                                           .ui_methods = resting });
    f.respond_result = 0;
    fake_send(&f, "GET / HTTP/1.1\n", "");
    assert_false(f.is_detached);
    fake_wait(&f);
    assert_string_equal(f.body, "rested!");
    fake_end();
}

/* --- loaders ---------------------------------------------------------------------------- */

static int n_made;

static const char *path_of(gale_handler *self)
{
    return gale_get_argument(self, "path", NULL);
}

static gale_loader *make_loader(gale_handler *self, const char *path)
{
    (void)self;
    n_made++;
    if (strcmp(path, "none") == 0) {
        gale_err(GALE_EPROTO, "no such theme");
        return NULL;
    }
    return TEXTS({ "t.html", strcmp(path, "dark") == 0 ? "dark" : "light" });
}

static void test_a_class_has_its_own_path_and_loader(void **state)
{
    (void)state;
    n_made = 0;
    page = "t.html";
    serve(&(gale_handler_class){ .get = show,
                                 .get_template_path = path_of,
                                 .create_template_loader = make_loader },
          &(gale_settings){ .template_loader = TEXTS({ "t.html", "of the settings" }) });
    for (int i = 0; i < 3; i++) {
        fake_get(&f, "/?path=dark");
        assert_string_equal(f.body, "dark");
        fake_get(&f, "/?path=light");
        assert_string_equal(f.body, "light");
    }
    assert_int_equal(n_made, 2);
    fake_get(&f, "/?path=none");
    assert_int_equal(f.status, 500);
    assert_contains(fake_log, "GALE_EPROTO: create_template_loader: no such theme");
    fake_end();
}

static void test_a_mounted_application_has_its_own_templates(void **state)
{
    gale_app *inner;

    (void)state;
    page = "t.html";
    inner = gale_app_new((gale_route[]){ { .url = "/", .handler = &show_handler }, { 0 } },
                         &(gale_settings){ .template_loader = TEXTS({ "t.html", "inner" }) });
    fake_serve(gale_app_new((gale_route[]){ { .url = "/in", .app = inner },
                                            { .url = "/", .handler = &show_handler },
                                            { 0 } },
                            &(gale_settings){ .template_loader = TEXTS({ "t.html", "outer" }) }));
    fake_get(&f, "/");
    assert_string_equal(f.body, "outer");
    fake_get(&f, "/in/");
    assert_string_equal(f.body, "inner");
    fake_end();
}

static int answer_before(gale_handler *self, void *unused)
{
    (void)unused;
    return gale_render(self, "t.html", NULL);
}

static void test_middleware_renders_by_its_own_application(void **state)
{
    static const gale_middleware before = { .before = answer_before };
    gale_app *inner;

    (void)state;
    n_made = 0;
    inner = gale_app_new(
        (gale_route[]){
            { .url = "/",
              .handler = &(gale_handler_class){ .get = show,
                                                .create_template_loader = make_loader } },
            { 0 } },
        NULL);
    fake_serve(gale_app_new(
        (gale_route[]){ { .url = "/in",
                          .app = inner,
                          .middleware = (const gale_middleware *const[]){ &before, NULL } },
                        { 0 } },
        &(gale_settings){ .template_loader = TEXTS({ "t.html", "outer {{ request.path }}" }) }));
    fake_get(&f, "/in/");
    assert_string_equal(f.body, "outer /in/");
    assert_int_equal(n_made, 0);
    fake_end();
}

static char directory[64];

static void write_file(const char *name, const char *text)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void remove_directory(void)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/t.html", directory);
    unlink(path);
    rmdir(directory);
}

static void check_reload(int debug, int cache, bool reloads)
{
    snprintf(directory, sizeof(directory), "%s/gale-render-XXXXXX", P_tmpdir);
    assert_non_null(mkdtemp(directory));
    write_file("t.html", "one");
    page = "t.html";
    serve(&show_handler, &(gale_settings){ .template_path = directory,
                                           .debug = debug,
                                           .compiled_template_cache = cache });
    fake_get(&f, "/");
    assert_string_equal(f.body, "one");
    write_file("t.html", "the other");
    fake_get(&f, "/");
    assert_string_equal(f.body, reloads ? "the other" : "one");
    fake_end();
    remove_directory();
}

static void test_changed_files_count_without_the_cache(void **state)
{
    (void)state;
    check_reload(0, 0, false);
    check_reload(0, GALE_OFF, true);
    check_reload(GALE_ON, 0, true);
    check_reload(GALE_ON, GALE_ON, false);
}

/* An engine that replaces each word of its text that is a name. */
static int n_resets, n_freed;

static int engine_load(void *arg, const char *name, void **out, gale_template_error *error)
{
    (void)arg;
    if (strcmp(name, "t.html") == 0) {
        *out = (void *)"title";
        return 0;
    }
    if (strcmp(name, "user") == 0 || strcmp(name, "handler") == 0) {
        *out = (void *)(name[0] == 'u' ? "current_user" : "handler");
        return 0;
    }
    snprintf(error->message, sizeof(error->message), "engine: no %s", name);
    return GALE_ENOTFOUND;
}

static int engine_render(void *arg, void *loaded, const gale_namespace *names,
                         gale_template_out *out, gale_template_error *error)
{
    json_t *value;
    int r = gale_namespace_get(names, loaded, &value);

    (void)arg;
    (void)error;
    if (r >= 0)
        r = gale_template_write(out, json_string_value(value), json_string_length(value));
    json_decref(r >= 0 ? value : NULL);
    return r;
}

static void engine_reset(void *arg)
{
    (void)arg;
    n_resets++;
}

static void engine_free(void *arg)
{
    (void)arg;
    n_freed++;
}

static const gale_template_engine engine = {
    .load = engine_load, .render = engine_render, .reset = engine_reset, .free = engine_free
};

static int load_name(gale_handler *self, json_t **user)
{
    (void)self;
    *user = json_string("Ann");
    return 0;
}

static const gale_name own_title[] = { { .name = "title", .lazy = whoami }, { 0 } };

static int show_own_title(gale_handler *self)
{
    const gale_namespace names = { .names = own_title, .context = self };

    return gale_render_names(self, gale_get_argument(self, "t", "t.html"), &names);
}

static void test_another_engine_knows_the_handlers_names(void **state)
{
    (void)state;
    serve(&(gale_handler_class){ .get = show_own_title, .get_current_user = load_name },
          &(gale_settings){ .template_loader = gale_engine_loader_new(&engine, NULL) });
    fake_get(&f, "/x");
    assert_string_equal(f.body, "ui:x");
    fake_get(&f, "/x?t=user");
    assert_string_equal(f.body, "Ann");
    fake_get(&f, "/x?t=handler");
    assert_int_equal(f.status, 500);
    fake_end();
}

static void test_another_engine_behind_gale_render(void **state)
{
    (void)state;
    n_freed = n_resets = 0;
    serve(&(gale_handler_class){ .get = show_title, .post = show },
          &(gale_settings){ .template_loader = gale_engine_loader_new(&engine, NULL),
                            .compiled_template_cache = GALE_OFF });
    fake_get(&f, "/");
    assert_string_equal(f.body, "call");
    assert_int_equal(n_resets, 1);
    page = "u.html";
    fake_ask(&f, "POST / HTTP/1.1\n", "");
    assert_int_equal(f.status, 500);
    assert_contains(fake_log, "engine: no u.html");
    assert_int_equal(n_resets, 2);
    fake_end();
    assert_int_equal(n_freed, 1);
}

/* compiled_pages.c, of the folder pages */
extern const struct gale_template_program *const compiled_pages[];

static void test_templates_compiled_into_the_program(void **state)
{
    static const gale_template_program old = { .version = GALE_TEMPLATE_RUNTIME + 1, .name = "x" };
    gale_app *app;

    (void)state;
    page = "page.html";
    serve(&show_handler,
          &(gale_settings){ .compiled_templates = compiled_pages, .ui_methods = methods });
    fake_get(&f, "/x");
    assert_string_equal(f.body, "<h1>ui:x</h1>GET &lt;1&gt;\n");
    page = "t.html";
    fake_get(&f, "/x");
    assert_int_equal(f.status, 500);
    fake_end();
    app = gale_app_new(
        (gale_route[]){ { .url = "/", .handler = &show_handler }, { 0 } },
        &(gale_settings){
            .compiled_templates = (const gale_template_program *const[]){ &old, NULL } });
    assert_null(app);
    assert_contains(gale_app_error(), "settings: compiled_templates: ");
}

/* --- settings --------------------------------------------------------------------------- */

static int render_nothing(gale_module *self, gale_call *call, gale_value *out)
{
    (void)self;
    (void)call;
    (void)out;
    return 0;
}

static void assert_refused(const gale_settings *settings, const char *says)
{
    gale_app *app = gale_app_new((gale_route[]){ { .url = "/", .handler = &show_handler }, { 0 } },
                                 settings);

    assert_null(app);
    assert_contains(gale_app_error(), says);
}

static void test_bad_settings_are_refused_and_what_was_taken_over_is_freed(void **state)
{
    const gale_ui_module nameless = { .size = sizeof(nameless), .render = render_nothing };
    const gale_ui_module empty = { .name = "Empty", .size = sizeof(empty) };
    const gale_ui_module one = { .name = "One", .size = sizeof(one), .render = render_nothing };
    const gale_ui_module other = { .name = "One", .size = sizeof(other), .render = render_nothing };
    const gale_ui_module small = { .name = "Small",
                                   .size = sizeof(small),
                                   .parent = &(gale_ui_module){ .name = "P",
                                                                .size = sizeof(small),
                                                                .state_size = 100,
                                                                .render = render_nothing },
                                   .state_size = 10 };
    const gale_name bad_names[] = { { .name = "both", .function = rest, .text = "x" }, { 0 } };

    (void)state;
#define MODULES(...) .ui_modules = (const gale_ui_module *const[]){ __VA_ARGS__, NULL }
    assert_refused(&(gale_settings){ MODULES(&nameless) }, "ui_modules: module 1 has no name");
    assert_refused(&(gale_settings){ MODULES(&one, &empty) }, "ui_modules: Empty has no render");
    assert_refused(&(gale_settings){ MODULES(&one, &other) }, "ui_modules: two are called One");
    assert_refused(&(gale_settings){ MODULES(&small) },
                   "state_size 10 of Small is smaller than its parent's 100");
#undef MODULES
    assert_refused(&(gale_settings){ .template_path = "/no/such/place" }, "template_path: ");
    assert_refused(&(gale_settings){ .template_path = "" }, "template_path is empty");
    assert_refused(&(gale_settings){ .template_whitespace = "some" },
                   "template_whitespace \"some\": not all, single or oneline");
    assert_refused(&(gale_settings){ .autoescape = "" }, "autoescape is empty");
    assert_refused(&(gale_settings){ .template_limits.max_depth = -2 },
                   "template_limits.max_depth");
    assert_refused(&(gale_settings){ .ui_methods = bad_names },
                   "ui_methods: both has more than one of function, lazy and text");
    n_freed = 0;
    assert_refused(
        &(gale_settings){
            .template_loader = gale_engine_loader_new(&engine, NULL),
            .compiled_templates = (const struct gale_template_program *const[]){ NULL } },
        "both template_loader and compiled_templates are given");
    assert_int_equal(n_freed, 1);
    assert_refused(&(gale_settings){ .template_loader = gale_engine_loader_new(&engine, NULL),
                                     .server_name = "\n" },
                   "server_name");
    assert_int_equal(n_freed, 2);
}

static void test_settings_of_the_language(void **state)
{
    (void)state;
    snprintf(directory, sizeof(directory), "%s/gale-render-XXXXXX", P_tmpdir);
    assert_non_null(mkdtemp(directory));
    write_file("t.html", "{{ '<' }}  x\n\n\ny");
    page = "t.html";
    serve(&show_handler, &(gale_settings){ .template_path = directory });
    fake_get(&f, "/");
    assert_string_equal(f.body, "&lt; x\ny");
    fake_end();
    serve(&show_handler, &(gale_settings){ .template_path = directory,
                                           .autoescape = "None",
                                           .template_whitespace = "oneline" });
    fake_get(&f, "/");
    assert_string_equal(f.body, "< x y");
    fake_end();
    remove_directory();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a3_8_a_page_is_rendered_and_finished),
        cmocka_unit_test(test_what_was_written_before_stays_in_front),
        cmocka_unit_test(test_large_and_empty_pages),
        cmocka_unit_test(test_render_after_finish_is_refused),
        cmocka_unit_test(test_values_that_are_none),
        cmocka_unit_test(test_rendered_texts_live_as_long_as_the_request),
        cmocka_unit_test(test_a_text_that_fails_is_the_handlers_matter),
        cmocka_unit_test(test_names_of_handler_and_request),
        cmocka_unit_test(test_more_of_what_handler_and_request_have),
        cmocka_unit_test(test_a_missing_argument_is_a_400),
        cmocka_unit_test(test_headers_of_the_request),
        cmocka_unit_test(test_the_user_is_loaded_when_a_template_asks),
        cmocka_unit_test(test_names_of_call_class_application_and_handler_in_this_order),
        cmocka_unit_test(test_names_beyond_json),
        cmocka_unit_test(test_a_failed_template_sends_nothing_and_logs_all),
        cmocka_unit_test(test_the_report_is_on_the_page_with_serve_traceback),
        cmocka_unit_test(test_a_template_that_is_not_there_or_does_not_compile),
        cmocka_unit_test(test_a_function_says_which_status),
        cmocka_unit_test(test_limits_are_named),
        cmocka_unit_test(test_error_pages_out_of_templates),
        cmocka_unit_test(test_a_handler_may_answer_otherwise),
        cmocka_unit_test(test_asynchronous_handlers_render),
        cmocka_unit_test(test_functions_may_wait),
        cmocka_unit_test(test_a_class_has_its_own_path_and_loader),
        cmocka_unit_test(test_a_mounted_application_has_its_own_templates),
        cmocka_unit_test(test_middleware_renders_by_its_own_application),
        cmocka_unit_test(test_changed_files_count_without_the_cache),
        cmocka_unit_test(test_another_engine_behind_gale_render),
        cmocka_unit_test(test_another_engine_knows_the_handlers_names),
        cmocka_unit_test(test_templates_compiled_into_the_program),
        cmocka_unit_test(test_bad_settings_are_refused_and_what_was_taken_over_is_freed),
        cmocka_unit_test(test_settings_of_the_language),
    };

    return cmocka_run_group_tests(tests, NULL, fake_finish_loop);
}

/* test_render.c - pages out of templates: what is sent, names, asynchronous handlers, without
 * sockets. */
/* SPDX-License-Identifier: MIT */
#include "render_kit.h"

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
        cmocka_unit_test(test_asynchronous_handlers_render),
        cmocka_unit_test(test_functions_may_wait),
    };

    return cmocka_run_group_tests(tests, NULL, fake_finish_loop);
}

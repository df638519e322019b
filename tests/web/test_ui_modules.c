/* test_ui_modules.c - UI modules and what they bring into pages. The bytes are Tornado's. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "fake_carrier.h"

#include <gale/json.h>

static struct fake f;
static const char *page = "p.html";

static int show(gale_handler *self)
{
    return gale_render(self, page, NULL);
}

#define TEXTS(...)                                                                                 \
    gale_dict_loader_new((const gale_template_text[]){ __VA_ARGS__, { NULL, NULL } }, NULL)
#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define MODULES(...) ((const gale_ui_module *const[]){ __VA_ARGS__, NULL })

static void assert_contains(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("no '%s' in: %s", part, text);
}

static const gale_ui_module *const *in_use;

/* A page of one text, with the modules in_use. */
static void render_by(const gale_handler_class *cls, gale_loader *loader)
{
    fake_serve(gale_app_new((gale_route[]){ { .url = "/", .handler = cls }, { 0 } },
                            &(gale_settings){ .template_loader = loader, .ui_modules = in_use }));
    fake_get(&f, "/");
    fake_end();
}

static void render(gale_loader *loader)
{
    render_by(&(gale_handler_class){ .get = show }, loader);
}

/* --- modules of the application ------------------------------------------------------------ */

static int render_a(gale_module *self, gale_call *call, gale_value *out)
{
    int64_t x;
    int r = gale_call_int(call, 0, "x", &x);

    (void)self;
    return r < 0 ? r : gale_value_printf(call->rendering, out, "<a>%d</a>", (int)x);
}

static int render_b(gale_module *self, gale_call *call, gale_value *out)
{
    return gale_module_render(self, call, out, "b.html", json_pack("{s:i}", "y", 1));
}

static const gale_ui_module module_a = {
    .name = "A",
    .size = sizeof(gale_ui_module),
    .render = render_a,
    .assets = { .embedded_javascript = "a();",
                .javascript_files = LIST("/a.js", "http://x/y.js?a=1&b=2"),
                .embedded_css = ".a {}",
                .css_files = LIST("/a.css"),
                .html_head = "<meta a>",
                .html_body = "<p a>" },
};

static const gale_ui_module module_b = {
    .name = "B",
    .size = sizeof(gale_ui_module),
    .render = render_b,
    .assets = { .embedded_javascript = "b();",
                .javascript_files = LIST("/b.js", "/a.js"),
                .embedded_css = ".b {}",
                .css_files = LIST("/a.css", "/b.css"),
                .html_head = "<meta b>",
                .html_body = "<p b>" },
};

static gale_loader *page_of_all(void)
{
    return TEXTS({ "p.html",
                   "<html><head><title>x</title></head><body>{% module B() %}"
                   "{% module A(1) %}{% module A(2) %}<pre></body></pre></body></html>\n" },
                 { "b.html", "<b>{{ y }}{{ request.method }}</b>" });
}

static void test_assets_come_where_tornado_puts_them(void **state)
{
    (void)state;
    in_use = MODULES(&module_a, &module_b);
    render(page_of_all());
    assert_string_equal(
        f.body,
        "<html><head><title>x</title><link href=\"/a.css\" type=\"text/css\" rel=\"stylesheet\"/>"
        "<link href=\"/b.css\" type=\"text/css\" rel=\"stylesheet\"/>\n"
        "<style type=\"text/css\">\n.b {}\n.a {}\n</style>\n<meta b><meta a>\n</head><body>"
        "<b>1GET</b><a>1</a><a>2</a><pre><p b><p a>\n</body></pre>"
        "<script src=\"/b.js\" type=\"text/javascript\"></script>"
        "<script src=\"/a.js\" type=\"text/javascript\"></script>"
        "<script src=\"http://x/y.js?a=1&amp;b=2\" type=\"text/javascript\"></script>\n"
        "<script type=\"text/javascript\">\n//<![CDATA[\nb();\na();\n//]]>\n</script>\n"
        "</body></html>\n");
    assert_int_equal(f.content_length, f.body_len);
}

static void test_the_built_in_modules(void **state)
{
    (void)state;
    in_use = NULL;
    render(
        TEXTS({ "p.html", "<head></head><body>{% module Template(\"s.html\", n=1) %}"
                          "{% module Template(\"s.html\", n=2) %}{% module Template(\"u.html\") %}"
                          "{% module linkify(\"see http://a.io\", shorten=True) %}</body>" },
              { "s.html", "{{ set_resources(embedded_javascript=\"s();\", embedded_css=\".s {}\", "
                          "javascript_files=\"/s.js\", css_files=[\"/s.css\", \"/t.css\"], "
                          "html_head=\"<meta s>\", html_body=\"<p s>\") }}{{ n }}" },
              { "u.html",
                "{{ set_resources(embedded_javascript=\"u();\", html_head=\"<meta u>\") }}u" }));
    assert_string_equal(
        f.body, "<head><link href=\"/s.css\" type=\"text/css\" rel=\"stylesheet\"/>"
                "<link href=\"/t.css\" type=\"text/css\" rel=\"stylesheet\"/>\n"
                "<style type=\"text/css\">\n.s {}\n</style>\n<meta s><meta u>\n</head><body>12u"
                "see <a href=\"http://a.io\">http://a.io</a>"
                "<script src=\"/s.js\" type=\"text/javascript\"></script>\n"
                "<script type=\"text/javascript\">\n//<![CDATA[\ns();\nu();\n//]]>\n</script>\n"
                "<p s>\n</body>");
    render(TEXTS({ "p.html", "{% module xsrf_form_html() %}|{% raw xsrf_form_html() %}" }));
    assert_int_equal(f.status, 200);
    assert_contains(f.body, "<input type=\"hidden\" name=\"_xsrf\" value=\"2|");
    assert_contains(f.body, "\"/>|<input type=\"hidden\" name=\"_xsrf\" value=\"2|");
}

static void test_a_page_without_the_tags_fails(void **state)
{
    static const struct {
        const char *text;
        const char *tag;
    } cases[] = {
        { "<head></head>{% module A(1) %}", "</body>" },
        { "{% module A(1) %}</body>", "</head>" },
        { "<HEAD></HEAD>{% module A(1) %}</body>", "</head>" },
    };

    (void)state;
    in_use = MODULES(&module_a);
    for (size_t i = 0; i < N_OF(cases); i++) {
        render(TEXTS({ "p.html", cases[i].text }));
        assert_int_equal(f.status, 500);
        assert_contains(fake_log, cases[i].tag);
        assert_contains(fake_log, "the UI module A has something for ");
        assert_contains(fake_log, ", which is not in the page at p.html\n");
    }
    /* Nothing is needed by modules that are not used. */
    render(TEXTS({ "p.html", "{% if 0 %}{% module A(1) %}{% end %}no tags" }));
    assert_string_equal(f.body, "no tags");
}

static void test_resources_of_one_template_are_the_same_each_time(void **state)
{
    (void)state;
    in_use = NULL;
    render(TEXTS({ "p.html", "<head></head>{% module Template('s.html', n=1) %}"
                             "{% try %}{% module Template('s.html', n=2) %}"
                             "{% except ValueError as e %}{{ e }}{% end %}" },
                 { "s.html", "{% raw set_resources(html_head='%d' % n) %}" }));
    assert_contains(f.body, "<head>1\n</head>set_resources called with different resources for the "
                            "same template at s.html:1");
    render(TEXTS({ "p.html", "{% module Template('s.html') %}" },
                 { "s.html", "{{ set_resources(js_files='x') }}" }));
    assert_int_equal(f.status, 500);
    assert_contains(fake_log,
                    "TypeError: set_resources() got an unexpected keyword argument 'js_files'");
}

static const char *own_links(gale_handler *self, const char *const *urls)
{
    return gale_printf_alloc(self, "<js %s %s>", urls[0], urls[1] ? urls[1] : "-");
}

static const char *own_pieces(gale_handler *self, const char *const *pieces)
{
    return gale_printf_alloc(self, "<piece %s>", pieces[0]);
}

static const char *no_html(gale_handler *self, const char *const *pieces)
{
    (void)self;
    (void)pieces;
    return NULL;
}

static void test_a_class_makes_the_html_itself(void **state)
{
    (void)state;
    in_use = MODULES(&module_a);
    render_by(&(gale_handler_class){ .get = show,
                                     .render_linked_js = own_links,
                                     .render_embed_js = own_pieces,
                                     .render_linked_css = own_links,
                                     .render_embed_css = own_pieces },
              TEXTS({ "p.html", "<head></head><body>{% module A(1) %}</body>" }));
    assert_string_equal(f.body,
                        "<head><js /a.css ->\n<piece .a {}>\n<meta a>\n</head><body><a>1</a>"
                        "<js /a.js http://x/y.js?a=1&b=2>\n<piece a();>\n<p a>\n</body>");
    render_by(&(gale_handler_class){ .get = show, .render_embed_css = no_html },
              TEXTS({ "p.html", "<head></head><body>{% module A(1) %}</body>" }));
    assert_int_equal(f.status, 500);
    assert_contains(fake_log, "render_embed_css of the class gave nothing");
}

/* --- life ---------------------------------------------------------------------------------- */

struct counter {
    int n;
    char css[32];
};

static int render_counter(gale_module *self, gale_call *call, gale_value *out)
{
    struct counter *c = gale_module_state(self);

    assert_non_null(gale_module_handler(self));
    *out = gale_value_int(++c->n);
    return gale_call_check(call, 0, 0, NULL);
}

static int counter_assets(gale_module *self, gale_ui_assets *assets)
{
    struct counter *c = gale_module_state(self);

    snprintf(c->css, sizeof(c->css), "/* %d */", c->n);
    assets->embedded_css = c->css;
    return 0;
}

static const gale_ui_module counter = {
    .name = "Counter",
    .size = sizeof(gale_ui_module),
    .state_size = sizeof(struct counter),
    .render = render_counter,
    .get_assets = counter_assets,
};

static const gale_ui_module heir = {
    .name = "Heir", .size = sizeof(gale_ui_module), .parent = &counter, .assets.html_head = "<heir>"
};

static const gale_ui_module second_heir = {
    .name = "Second", .size = sizeof(gale_ui_module), .parent = &heir, .assets.html_body = "<p>"
};

static void test_one_instance_for_each_module_and_request(void **state)
{
    (void)state;
    in_use = MODULES(&counter, &heir, &second_heir);
    for (int i = 0; i < 2; i++) {
        render(TEXTS({ "p.html", "<head></head>{% module Counter() %}{% module Counter() %}"
                                 "{{ modules.Counter() }}{{ modules['Counter']() }}" }));
        assert_string_equal(f.body,
                            "<head><style type=\"text/css\">\n/* 4 */\n</style>\n</head>1234");
    }
    render(TEXTS({ "p.html",
                   "<head></head>{% module Heir() %}{% module Heir() %}{% module Counter() %}"
                   "{% module Second() %}</body>" }));
    assert_string_equal(f.body, "<head><style type=\"text/css\">\n/* 1 */\n</style>\n<heir><heir>\n"
                                "</head>1211<p>\n</body>");
}

static int show_in_two(gale_handler *self)
{
    gale_str text;
    int r = gale_render_string(self, "part.html", NULL, &text);

    return r < 0 ? r : gale_render(self, "p.html", json_pack("{s:s}", "part", text.ptr));
}

static void test_strings_bring_their_modules_into_the_page(void **state)
{
    (void)state;
    in_use = MODULES(&counter);
    render_by(&(gale_handler_class){ .get = show_in_two },
              TEXTS({ "p.html", "<head></head>{% raw part %} {% module Counter() %}" },
                    { "part.html", "{% module Counter() %}" }));
    assert_string_equal(f.body, "<head><style type=\"text/css\">\n/* 2 */\n</style>\n</head>1 2");
}

static int error_page(gale_handler *self, int status)
{
    return gale_render(self, "error.html", json_pack("{s:i}", "status", status));
}

static void test_an_error_page_has_nothing_of_the_failed_one(void **state)
{
    (void)state;
    in_use = MODULES(&counter);
    render_by(&(gale_handler_class){ .get = show, .write_error = error_page },
              TEXTS({ "p.html", "{% module Counter() %}{{ nobody }}" },
                    { "error.html", "{{ status }}" }));
    assert_string_equal(f.body, "500");
}

/* --- failures ------------------------------------------------------------------------------ */

static void test_an_unknown_module_says_which_there_are(void **state)
{
    (void)state;
    in_use = MODULES(&module_a);
    render(TEXTS({ "p.html", "\n{% module Entri(1) %}" }));
    assert_int_equal(f.status, 500);
    assert_contains(fake_log, "AttributeError: there is no UI module 'Entri'; there are ");
    assert_contains(fake_log, "Template");
    assert_contains(fake_log, "p.html:2");
    render(TEXTS({ "p.html", "{{ hasattr(modules, 'A') }} {{ hasattr(modules, 'B') }}" }));
    assert_string_equal(f.body, "True False");
}

static void test_a_failure_inside_of_a_module_is_told_with_both_places(void **state)
{
    (void)state;
    in_use = MODULES(&module_b);
    render(TEXTS({ "p.html", "a\n{% module B() %}" }, { "b.html", "b\nc\n{{ titel }}" }));
    assert_int_equal(f.status, 500);
    assert_contains(fake_log, "NameError: name 'titel' is not defined at b.html:3 at p.html:2\n");
    assert_contains(fake_log, "    {% module B() %}\n");
    assert_contains(fake_log, "because of\n");
    assert_contains(fake_log, "{{ titel }}\n");
    render(TEXTS({ "p.html", "{% try %}{% module B() %}{% except NameError %}caught{% end %}" },
                 { "b.html", "{{ titel }}" }));
    assert_int_equal(f.status, 500); /* what it brings has no place */
    render(TEXTS({ "p.html", "<head></head>{% try %}{% module B() %}{% except NameError %}caught"
                             "{% end %}</body>" },
                 { "b.html", "{{ titel }}" }));
    assert_contains(f.body, "</head>caught");
}

static void test_templates_that_render_themselves_end(void **state)
{
    (void)state;
    in_use = MODULES(&module_b);
    page = "t.html";
    render(TEXTS({ "t.html", "{% module Template('t.html') %}" }));
    assert_int_equal(f.status, 500);
    assert_contains(fake_log, "templates render templates more than ");
    assert_contains(fake_log, "because of 14 more like it, and of\n");
    page = "p.html";
    render(TEXTS({ "p.html", "{% module B() %}" }, { "b.html", "{% module B() %}" }));
    assert_int_equal(f.status, 500);
    assert_contains(fake_log, "templates render templates more than ");
}

/* --- values between templates -------------------------------------------------------------- */

static void test_what_a_template_is_given_is_its_own(void **state)
{
    (void)state;
    in_use = NULL;
    render(
        TEXTS({ "p.html",
                "{% set a = [1, [2]] %}{% set d = {'k': a, 't': (a, 'x')} %}"
                "{% module Template('q.html', a=a, d=d, t='text', b=b'bytes', r=range(3), f=len, "
                "h=request.headers, up='abc'.upper, add=a.append) %}|{{ a }} {{ d['k'][0] }}" },
              { "q.html",
                "{% set a.append('a long text ' * 3) %}{% set a[1].append(4) %}{{ len(a) }} "
                "{{ d['t'][1] }} {{ len(d['k']) }} {{ t }} {{ b }} {{ list(r) }} {{ f('xyz') }} "
                "{{ len(h) }} {{ up() }} {% set add(5) %}{{ a[-1][:6] }} {{ request.method }}" }));
    assert_string_equal(f.body, "3 x 2 text bytes [0, 1, 2] 3 1 ABC a long GET|[1, [2]] 1");
    render(TEXTS({ "p.html", "{% module Template('q.html', f=lambda: 1) %}" },
                 { "q.html", "{{ f() }}" }));
    assert_int_equal(f.status, 500);
    assert_contains(fake_log, "TypeError: a lambda cannot be given to another template");
    render(TEXTS(
        { "p.html", "{% set a = [] %}{% set a.append(a) %}{% module Template('q.html', f=a) %}" },
        { "q.html", "{{ f }}" }));
    assert_int_equal(f.status, 500);
    render(TEXTS({ "p.html", "{% module Template() %}" }));
    assert_contains(fake_log, "TypeError: Template() takes 1 positional argument but 0 were given");
}

static void test_what_is_kept_of_headers_outlives_the_template_that_asked(void **state)
{
    (void)state;
    in_use = NULL;
    render(TEXTS({ "p.html",
                   "{% set h = request.headers %}{% module Template('q.html', h=h) %}|"
                   "{% module Template('r.html') %}{% for x in h %}{{ x }};{% end %}{{ len(h) }}" },
                 { "q.html", "{% for x in h %}{{ x }},{% end %}" },
                 { "r.html", "{% set used = ['xyz' * 9 + str(i) for i in range(99)] %}" }));
    assert_string_equal(f.body, "Host,|Host;1");
}

/* --- limits -------------------------------------------------------------------------------- */

static int render_text_of(gale_call *call, gale_value *out)
{
    gale_str text;
    int r = gale_render_string(gale_call_handler(call), "text.html", NULL, &text);

    return r < 0 ? r : gale_value_text_n(call->rendering, out, text.ptr, text.len);
}

static const gale_name text_method[] = { { .name = "text", .function = render_text_of }, { 0 } };

static void render_within(gale_template_limits limits, const gale_template_text *list)
{
    gale_loader *loader = gale_dict_loader_new(list, &(gale_template_options){ .limits = limits });

    fake_serve(gale_app_new(
        (gale_route[]){ { .url = "/", .handler = &(gale_handler_class){ .get = show } }, { 0 } },
        &(gale_settings){ .template_loader = loader, .ui_methods = text_method }));
    fake_log[0] = 0;
    fake_get(&f, "/");
    fake_end();
}

#define WITHIN(limits, ...)                                                                        \
    render_within((gale_template_limits){ limits },                                                \
                  (const gale_template_text[]){ __VA_ARGS__, { NULL, NULL } })

static void test_templates_within_templates_share_the_limits(void **state)
{
    (void)state;
    WITHIN(.max_steps = 20000, { "p.html", "{% module Template('q.html', n=12) %}" },
           { "q.html", "{% if n %}{% for i in range(10) %}"
                       "{% module Template('q.html', n=n - 1) %}{% end %}{% else %}x{% end %}" });
    assert_int_equal(f.status, 500);
    assert_contains(fake_log, "the limit of 20000 steps");
    WITHIN(.max_memory = 100000, { "p.html", "{% for i in range(9) %}{{ text() }}{% end %}" },
           { "text.html", "{% set x = 'x' * 20000 %}" });
    assert_int_equal(f.status, 500);
    assert_contains(fake_log, "the limit of 100000 bytes of memory");
    WITHIN(.max_output = 5000, { "p.html", "{% for i in range(9) %}{% set x = text() %}{% end %}" },
           { "text.html", "{% for i in range(200) %}12345{% end %}" });
    assert_string_equal(f.body, "");
    assert_int_equal(f.status, 200);
    WITHIN(.max_output = 5000, { "p.html", "{% for i in range(9) %}{{ text() }}{% end %}" },
           { "text.html", "{% for i in range(200) %}12345{% end %}" });
    assert_int_equal(f.status, 500);
    assert_contains(fake_log, "the limit of 5000 bytes of output");
}

static void test_what_a_page_is_made_of_counts_once(void **state)
{
    (void)state;
    WITHIN(.max_output = 5000, { "p.html", "{% module Template('q.html') %}" },
           { "q.html", "{% module Template('r.html') %}{{ text() }}" },
           { "r.html", "{% for i in range(200) %}1234567890{% end %}" },
           { "text.html", "{% for i in range(200) %}1234567890{% end %}" });
    assert_int_equal(f.status, 200);
    assert_int_equal(f.body_len, 4000);
}

static void test_a_limit_within_a_template_cannot_be_caught(void **state)
{
    static const char loop[] = "{% while True %}{% end %}";
    static const char big[] = "{{ 'x' * 10 ** 9 }}";
    static const char by_module[] = "{% try %}{% module Template('text.html') %}"
                                    "{% except Exception as e %}CAUGHT{% end %}";
    static const char by_method[] = "{% try %}{{ text() }}{% except Exception %}CAUGHT{% end %}";
    static const char deep[] =
        "{% try %}{% module Template('p.html') %}{% except %}CAUGHT{% end %}";

    (void)state;
    for (int i = 0; i < 4; i++) {
        WITHIN(.max_steps = 5000, { "p.html", i & 1 ? by_module : by_method },
               { "text.html", i & 2 ? loop : big });
        assert_int_equal(f.status, 500);
        assert_contains(fake_log, "GALE_ETOOBIG");
        assert_contains(fake_log, i & 2 ? "the limit of 5000 steps was reached at text.html:1"
                                        : "bytes of memory was reached at text.html:1");
        assert_null(strstr(fake_log, "was reached was reached"));
        assert_null(strstr(fake_log, "at p.html:1 was reached"));
    }
    WITHIN(.max_steps = 5000, { "p.html", deep });
    assert_int_equal(f.status, 500);
    assert_contains(fake_log, "templates render templates more than ");
}

/* --- of the handler ------------------------------------------------------------------------ */

static int render_in_hook(gale_handler *self, gale_namespace *names)
{
    gale_str text;

    (void)names;
    return gale_render_string(self, page, NULL, &text);
}

static void test_a_namespace_hook_that_renders_without_end(void **state)
{
    (void)state;
    in_use = NULL;
    fake_log[0] = 0;
    render_by(&(gale_handler_class){ .get = show, .get_template_namespace = render_in_hook },
              TEXTS({ "p.html", "x" }));
    assert_int_equal(f.status, 500);
    assert_contains(fake_log, "templates render templates more than ");
}

static void ask(const char *text, const char *head, const char *body)
{
    fake_serve(gale_app_new(
        (gale_route[]){ { .url = "/", .handler = &(gale_handler_class){ .post = show } }, { 0 } },
        &(gale_settings){ .template_loader = TEXTS({ "p.html", text }) }));
    fake_ask(&f, head, body);
    fake_end();
}

static void test_arguments_may_keep_their_blanks(void **state)
{
    (void)state;
    ask("{% set h = handler %}[{{ h.get_argument('a') }}]"
        "[{{ h.get_argument('a', strip=False) }}]"
        "[{{ h.get_query_argument('a', 'no', False) }}]"
        "[{{ h.get_query_argument('a') }}]"
        "[{{ h.get_body_argument('a', strip=False) }}]"
        "[{{ h.get_body_argument('a', strip=True) }}]"
        "[{{ h.get_body_argument('z', 'none', strip=False) }}]"
        "[{{ '|'.join(h.get_arguments('a', strip=False)) }}]"
        "[{{ '|'.join(h.get_arguments('a')) }}]"
        "[{{ '|'.join(h.get_query_arguments('a', False)) }}]"
        "[{{ '|'.join(h.get_body_arguments('a', strip=False)) }}]",
        "POST /?a=%20q HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\n", "a=b+");
    assert_string_equal(f.body, "[b][b ][ q][q][b ][b][none][ q|b ][q|b][ q][b ]");
}

static void test_names_of_headers_are_asked_for_in_any_case(void **state)
{
    (void)state;
    ask("{{ 'x-a' in request.headers }} {{ 'X-A' in request.headers }} "
        "{{ 'host' in request.headers }} {{ 'X-C' not in request.headers }} "
        "{{ 5 in request.headers }}",
        "POST / HTTP/1.1\nX-a: 1\n", "");
    assert_string_equal(f.body, "True True True True False");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_assets_come_where_tornado_puts_them),
        cmocka_unit_test(test_the_built_in_modules),
        cmocka_unit_test(test_a_page_without_the_tags_fails),
        cmocka_unit_test(test_resources_of_one_template_are_the_same_each_time),
        cmocka_unit_test(test_a_class_makes_the_html_itself),
        cmocka_unit_test(test_one_instance_for_each_module_and_request),
        cmocka_unit_test(test_strings_bring_their_modules_into_the_page),
        cmocka_unit_test(test_an_error_page_has_nothing_of_the_failed_one),
        cmocka_unit_test(test_an_unknown_module_says_which_there_are),
        cmocka_unit_test(test_a_failure_inside_of_a_module_is_told_with_both_places),
        cmocka_unit_test(test_templates_that_render_themselves_end),
        cmocka_unit_test(test_what_a_template_is_given_is_its_own),
        cmocka_unit_test(test_what_is_kept_of_headers_outlives_the_template_that_asked),
        cmocka_unit_test(test_templates_within_templates_share_the_limits),
        cmocka_unit_test(test_what_a_page_is_made_of_counts_once),
        cmocka_unit_test(test_a_limit_within_a_template_cannot_be_caught),
        cmocka_unit_test(test_a_namespace_hook_that_renders_without_end),
        cmocka_unit_test(test_arguments_may_keep_their_blanks),
        cmocka_unit_test(test_names_of_headers_are_asked_for_in_any_case),
    };

    return cmocka_run_group_tests(tests, NULL, fake_finish_loop);
}

/* test_memory.c - each allocation of a request, and of starting, failing once: no crash, no leak,
 * and a request that ends.
 *
 * Linked with --wrap for malloc and its like, so that they fail when told to.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include <gale/json.h>

#include "base/arena.h"
#include "fake_carrier.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

enum { MAX_ALLOCATIONS = 2000 }; /* of a request: more is a run that does not end */

static int countdown; /* 1: the next one fails; 0: none */
static int next_countdown;

static bool fails(void)
{
    return countdown > 0 && --countdown == 0;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return fails() ? NULL : __real_realloc(p, size);
}

static void arm(void)
{
    gale__arena_pool_free();
    countdown = next_countdown;
}

static void ignore(void *arg)
{
    (void)arg;
}

static int nothing(void *arg)
{
    (void)arg;
    return gale_sleep(0);
}

/* Does a little of everything, and looks at no result but the last. */
static int busy_get(gale_handler *self)
{
    gale_future *child = gale_spawn(nothing, NULL);

    gale_defer(self, ignore, NULL);
    for (int i = 0; i < 20; i++)
        gale_add_header(self, "X-Many", gale_get_argument(self, "a", ""));
    gale_printf(self, "%s %s", gale_path_argument(self, 0), gale_get_argument(self, "b", ""));
    for (int i = 0; i < 10; i++)
        gale_printf(self, "%0300d", i);
    if (child)
        gale_join(&child);
    return gale_write_json(self, json_pack("{s:i}", "n", 1));
}

static int reverse_get(gale_handler *self)
{
    return gale_redirect(self, gale_reverse_url(self, "busy", "x y"));
}

static int fail_get(gale_handler *self)
{
    return gale_fail(self, 404, "no %01500d", 1);
}

static int stream_get(gale_handler *self)
{
    gale_printf(self, "%01500d", 1);
    gale_flush(self);
    return gale_printf(self, "%03000d", 1);
}

static int load_user(gale_handler *self, json_t **user)
{
    *user = json_string(gale_get_cookie(self, "a", "nobody"));
    return *user ? 0 : -ENOMEM;
}

/* Cookies of all kinds both ways, a token, a user. */
static int guarded_get(gale_handler *self)
{
    gale_str value = { "value", 5 };

    for (int i = 0; i < 8; i++)
        gale_set_cookie(self, gale_printf_alloc(self, "c%d", i), "a value", NULL);
    gale_set_signed_cookie(self, "s", value, NULL);
    gale_set_encrypted_cookie(self, "e", value, NULL);
    gale_get_signed_cookie(self, "a", 0);
    gale_get_encrypted_cookie(self, "b", 0);
    gale_xsrf_bind(self, "session");
    gale_set_secure_headers(self, NULL);
    gale_xsrf_form_html(self);
    gale_clear_all_cookies(self, NULL);
    return gale_redirect(self, gale_get_next(self, "/"));
}

static const gale_handler_class busy = { .get = busy_get, .state_size = 3000 };
static const gale_handler_class reversing = { .get = reverse_get };
static const gale_handler_class guarded = { .get = guarded_get,
                                            .authenticated = GALE_ALL,
                                            .get_current_user = load_user };
static const gale_handler_class failing = { .get = fail_get };
static const gale_handler_class streaming = { .get = stream_get };

static const gale_route routes[] = {
    { .url = "/busy/(.*)", .handler = &busy, .name = "busy" },
    { .url = "/reverse", .handler = &reversing },
    { .url = "/guarded", .handler = &guarded },
    { .url = "/fail", .handler = &failing },
    { .url = "/stream", .handler = &streaming },
    { .url = "/old/(.*)",
      .handler = &gale_redirect_handler,
      .arg = &(gale_redirect_options){ .url = "/new/{0}" } },
    { 0 },
};

/* --- templates ------------------------------------------------------------------------ */

static int render_entry(gale_module *self, gale_call *call, gale_value *out)
{
    return gale_module_render(self, call, out, "entry.html", NULL);
}

static const gale_ui_module entry_module = {
    .name = "Entry",
    .size = sizeof(gale_ui_module),
    .state_size = 100,
    .render = render_entry,
    .assets = { .embedded_javascript = "go();",
                .javascript_files = (const char *const[]){ "/a.js", NULL },
                .css_files = (const char *const[]){ "/a.css", "/a.css", NULL },
                .html_body = "<p>" },
};

static int page_get(gale_handler *self)
{
    gale_str part;
    int r = gale_render_string(self, "part.html", NULL, &part);

    if (r >= 0)
        r = gale_render(self, "page.html", json_pack("{s:s}", "part", part.ptr));
    return r;
}

static int bad_page_get(gale_handler *self)
{
    return gale_render(self, "bad.html", NULL);
}

static int error_page(gale_handler *self, int status)
{
    return gale_render(self, "error.html", json_pack("{s:i}", "status", status));
}

static const gale_template_text pages[] = {
    { "base.html", "<head></head><body>{% block body %}{% end %}</body>" },
    { "page.html", "{% extends 'base.html' %}{% block body %}{% raw part %}{% module Entry() %}"
                   "{{ request.headers['Cookie'][:3] }}{{ current_user }}{{ handler.path_args }}"
                   "{% module Template('inner.html', a=[1, {'b': (2,)}]) %}"
                   "{{ reverse_url('page') }}{% module xsrf_form_html() %}{% end %}" },
    { "part.html", "{% for i in range(1500) %}part {{ i }}{% end %}" },
    { "entry.html", "{% set l = [x * 2 for x in 'abc'] %}{% apply squeeze %}{{ l }}{% end %}" },
    { "inner.html", "{% raw set_resources(html_head='x', css_files=['/b.css']) %}{{ a }}" },
    { "bad.html", "half {{ nobody }}" },
    { "error.html", "{{ status }}" },
    { NULL, NULL },
};

static const gale_handler_class page_handler = { .get = page_get, .get_current_user = load_user };
static const gale_handler_class bad_page_handler = { .get = bad_page_get,
                                                     .write_error = error_page };

static const gale_route page_routes[] = {
    { .url = "/page", .handler = &page_handler, .name = "page" },
    { .url = "/bad", .handler = &bad_page_handler },
    { 0 },
};

static gale_app *app_with_pages(void)
{
    return gale_app_new(
        page_routes,
        &(gale_settings){ .template_loader = gale_dict_loader_new(pages, NULL),
                          .compiled_template_cache = GALE_OFF,
                          .ui_modules = (const gale_ui_module *const[]){ &entry_module, NULL } });
}

/* --- each failing once ---------------------------------------------------------------- */

static void each_allocation_of(const char *path, int status)
{
    char head[512];
    int n;

    snprintf(head, sizeof(head), "GET %s HTTP/1.1\nCookie: a=1; b=\"\\351\"; %0300d=x\n", path, 1);
    for (n = 1; n < MAX_ALLOCATIONS; n++) {
        struct fake f = { 0 };
        bool all_done;

        next_countdown = n;
        fake_log[0] = 0;
        fake_send(&f, head, "");
        fake_wait(&f);
        all_done = countdown > 0;
        countdown = 0;
        /* Answered as ever (the memory was not essential), refused, or broken off. */
        if (f.status != status && f.status != 503 && !f.is_aborted)
            fail_msg("%s: allocation %d failed and the status is %d: %s", path, n, f.status,
                     fake_log);
        if (all_done)
            break;
    }
    assert_in_range(n, 2, MAX_ALLOCATIONS - 1);
}

static void requests(void **state)
{
    (void)state;
    fake_serve(gale_app_new(routes, &(gale_settings){ .cookie_secret = "secret" }));
    fake_before_dispatch = arm;
    each_allocation_of("/busy/a%20b?a=1&b=%41", 200);
    each_allocation_of("/reverse", 302);
    each_allocation_of("/guarded?next=/x", 302);
    each_allocation_of("/fail", 404);
    each_allocation_of("/stream", 200);
    each_allocation_of("/old/x?y=z", 301);
    fake_before_dispatch = NULL;
    fake_end();
}

static void pages_and_their_failures(void **state)
{
    (void)state;
    fake_serve(app_with_pages());
    fake_before_dispatch = arm;
    each_allocation_of("/page", 200);
    each_allocation_of("/bad", 500);
    fake_before_dispatch = NULL;
    fake_end();
}

static void starting_with_templates(void **state)
{
    gale_app *app = NULL;

    (void)state;
    for (int n = 1; n < MAX_ALLOCATIONS && !app; n++) {
        gale__arena_pool_free();
        countdown = n;
        app = app_with_pages();
        countdown = 0;
    }
    assert_non_null(app);
    gale_app_free(app);
}

static void starting(void **state)
{
    gale_app *app = NULL;
    int n;

    (void)state;
    for (n = 1; n < 200 && !app; n++) {
        gale__arena_pool_free();
        countdown = n;
        app = gale_app_new(routes, NULL);
        countdown = 0;
        if (!app)
            assert_true(strlen(gale_app_error()) > 0);
    }
    assert_non_null(app);
    assert_true(n > 3);
    gale_app_free(app);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests),
        cmocka_unit_test(pages_and_their_failures),
        cmocka_unit_test(starting),
        cmocka_unit_test(starting_with_templates),
    };

    return cmocka_run_group_tests(tests, NULL, fake_finish_loop);
}

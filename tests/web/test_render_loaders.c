/* test_render_loaders.c - where templates come from, and the settings about them, without sockets.
 */
/* SPDX-License-Identifier: MIT */
#include <unistd.h>

#include "render_kit.h"

#include <gale/template_runtime.h>

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

static const gale_name methods[] = { { .name = "whoami", .function = whoami }, { 0 } };

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
    const gale_name bad_names[] = { { .name = "both", .function = whoami, .text = "x" }, { 0 } };

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
    assert_refused(&(gale_settings){ .autoescape = "f()" },
                   "autoescape \"f()\": not None, contextual or a function's name");
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

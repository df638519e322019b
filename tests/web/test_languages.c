/* test_languages.c - the language of a request and what templates do with it, without sockets. */
/* SPDX-License-Identifier: MIT */
#include "fake_carrier.h"

#include <gale/json.h>
#include <gale/render.h>

static struct fake f;
static char place[200]; /* of the catalogues */

static void write_file(const char *name, const char *text)
{
    char path[300];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", place, name);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
    (void)state;
    snprintf(place, sizeof(place), "%s/gale-languages-XXXXXX",
             getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    assert_non_null(mkdtemp(place));
    write_file("fr.csv", "Hello,Bonjour\n"
                         "<b>,<i>\n"
                         "%(n)d cat,%(n)d chat,singular\n"
                         "%(n)d cats,%(n)d chats,plural\n"
                         "%(commas)s and %(last)s,%(commas)s et %(last)s\n"
                         "September,septembre\nSunday,dimanche\n"
                         "%(month_name)s %(day)s,%(day)s %(month_name)s\n"
                         "\"%(weekday)s, %(month_name)s %(day)s\","
                         "%(weekday)s %(day)s %(month_name)s\n"
                         "\"%(month_name)s %(day)s, %(year)s\",%(day)s %(month_name)s %(year)s\n");
    write_file("de.csv", "Hello,Hallo\n");
    write_file("fa.csv", "Hello,سلام\n");
    return 0;
}

static int tear_down(void **state)
{
    char command[300];

    (void)state;
    snprintf(command, sizeof(command), "rm -r '%s'", place);
    return system(command);
}

static int show(gale_handler *self)
{
    return gale_render(self, "t.html", json_pack("{s:[s,s,s]}", "names", "A", "B", "C"));
}

static const gale_handler_class show_handler = { .get = show };

static void serve(const gale_handler_class *cls, const gale_settings *settings)
{
    fake_serve(gale_app_new((gale_route[]){ { .url = "/.*", .handler = cls }, { 0 } }, settings));
}

static gale_loader *template_of(const char *text)
{
    gale_loader *loader = gale_dict_loader_new(
        (gale_template_text[]){ { "t.html", text }, { NULL, NULL } }, NULL);

    assert_non_null(loader);
    return loader;
}

static void ask(const char *accept)
{
    char head[300];

    snprintf(head, sizeof(head), "GET / HTTP/1.1\nAccept-Language: %s\n", accept);
    fake_ask(&f, head, "");
}

/* The page of one template for a browser. */
static void assert_page(const char *accept, const char *text, const char *body)
{
    serve(&show_handler,
          &(gale_settings){ .locale_path = place, .template_loader = template_of(text) });
    ask(accept);
    assert_string_equal(f.body, body);
    assert_int_equal(f.status, 200);
    fake_end();
}

static void test_texts_are_translated(void **state)
{
    (void)state;
    assert_page("fr", "{{ _('Hello') }} {{ _('nothing') }}", "Bonjour nothing");
    assert_page("de, fr;q=0.9", "{{ _('Hello') }}", "Hallo");
    assert_page("xx", "{{ _('Hello') }}", "Hello");
    assert_page("fr", "{{ _('<b>') }}{% raw _('<b>') %}", "&lt;i&gt;<i>");
    assert_page("fr",
                "{% for n in [0, 1, 2] %}{{ _('%(n)d cat', '%(n)d cats', n) % {'n': n} }},"
                "{% end %}",
                "0 chats,1 chat,2 chats,");
    assert_page("fr", "{{ _('a', plural_message='%(n)d cats', count=len(names)) % {'n': 3} }}",
                "3 chats");
    assert_page("fr", "{{ locale.translate('Hello') }} {{ pgettext('x', 'Hello') }}",
                "Bonjour Bonjour");
    assert_page("fr", "{{ locale.pgettext('x', '%(n)d cat', '%(n)d cats', 2) }}", "%(n)d chats");
    assert_page("fr", "{% set t = _ %}{{ t('Hello') }} {{ handler.locale.code }}", "Bonjour fr");
}

static void test_what_a_language_is(void **state)
{
    (void)state;
    assert_page("fr", "{{ locale.code }} {{ locale.name }} {{ locale.rtl }}", "fr Français False");
    assert_page("fa-IR", "{{ locale.code }} {{ 'rtl' if locale.rtl else 'ltr' }}", "fa rtl");
    assert_page("xx", "{{ locale.code }} {{ locale.name }}", "en_US English (US)");
}

#define DATE "1000040700" /* 2001-09-09 13:05 UTC, a Sunday */

static void test_dates_lists_numbers(void **state)
{
    (void)state;
    assert_page("fr", "{{ locale.format_date(" DATE ", full_format=True, shorter=True) }}",
                "9 septembre 2001");
    assert_page("xx", "{{ locale.format_date(" DATE ", 90, full_format=True) }}",
                "September 9, 2001 at 11:35 am");
    assert_page("xx", "{{ locale.format_date(" DATE ".5, 0, False, False, True) }}",
                "September 9, 2001 at 1:05 pm");
    assert_page("xx",
                "{{ locale.format_date('2001-09-09T13:05:00', full_format=True) }}|"
                "{{ locale.format_date('2001-09-09 15:05+02:00', full_format=True) }}|"
                "{{ locale.format_day('2001-09-09') }}",
                "September 9, 2001 at 1:05 pm|September 9, 2001 at 1:05 pm|Sunday, September 9");
    assert_page("xx",
                "{% set d = datetime.datetime(2001, 9, 9, 13, 5) %}"
                "{{ locale.format_date(d, full_format=True) }}|"
                "{{ locale.format_day(d, dow=False) }}|"
                "{{ locale.format_day(datetime.date(2001, 9, 9), -14 * 60) }}",
                "September 9, 2001 at 1:05 pm|September 9|Sunday, September 9");
    assert_page("fr", "{{ locale.format_day(" DATE ") }}", "dimanche 9 septembre");
    assert_page("fr", "{{ locale.list(names) }}|{{ locale.list([]) }}|{{ locale.list(['x']) }}",
                "A, B et C||x");
    assert_page("xx", "{{ locale.list([str(i) for i in range(300)])[-11:] }}", "298 and 299");
    assert_page("xx", "{{ locale.friendly_number(1234567) }}", "1,234,567");
    assert_page("fr", "{{ locale.friendly_number(1234567) }}", "1234567");
}

/* Relative to now: what was a moment ago. */
static void test_relative_dates(void **state)
{
    char text[100];

    (void)state;
    snprintf(text, sizeof(text), "{{ locale.format_date(%lld) }}", (long long)time(NULL) - 7200);
    assert_page("xx", text, "2 hours ago");
}

static void assert_error(const char *text, const char *message)
{
    fake_log[0] = 0;
    serve(&show_handler,
          &(gale_settings){ .locale_path = place, .template_loader = template_of(text) });
    ask("fr");
    assert_int_equal(f.status, 500);
    if (!strstr(fake_log, message))
        fail_msg("no '%s' in: %s", message, fake_log);
    fake_end();
}

static void test_wrong_arguments_are_errors(void **state)
{
    (void)state;
    assert_error("{{ _() }}", "TypeError: _() missing 1 required positional argument: 'message'");
    assert_error("{{ _(1) }}", "TypeError: _() argument 'message' must be str, not int");
    assert_error("{{ _('a', 'b') }}", "TypeError: _() has a plural_message and no count");
    assert_error("{{ _('a', 'b', 'c') }}", "TypeError: _() argument 'count' must be int, not str");
    assert_error("{{ pgettext('a') }}", "'message'");
    assert_error("{{ locale.format_date() }}", "'date'");
    assert_error("{{ locale.format_date(None) }}", "must be a datetime or a number, not NoneType");
    assert_error("{{ locale.format_date('soon') }}", "ValueError");
    assert_error("{{ locale.format_date(1e300) }}", "ValueError: format_date(): a time that no");
    assert_error("{{ locale.format_date(1, 10**12) }}", "OverflowError");
    assert_error("{{ locale.list(5) }}", "TypeError");
    assert_error("{{ locale.friendly_number('5') }}", "must be int, not str");
    assert_error("{{ locale.flag }}", "'Locale' object has no attribute 'flag'");
}

/* --- which language ------------------------------------------------------------------------ */

static int n_asked;

static const gale_locale *user_locale(gale_handler *self)
{
    const char *code = gale_get_argument(self, "lang", NULL);

    n_asked++;
    if (gale_sleep(0.001) < 0 || !code)
        return NULL;
    return gale_get_locale(gale_handler_translations(self), (const char *const[]){ code, NULL });
}

static int ask_twice(void *arg)
{
    gale_handler *self = arg;

    return gale_handler_locale(self) == gale_handler_locale(self) ? 0 : -1;
}

static int show_code(gale_handler *self)
{
    gale_future *other = gale_spawn(ask_twice, self);
    const gale_locale *l = gale_handler_locale(self);
    int r = gale_join(&other);

    if (r < 0)
        return r;
    return gale_printf(self, "%s %s", gale_locale_code(l),
                       gale_locale_code(gale_handler_browser_locale(self, "de")));
}

static const gale_handler_class users = { .get = show_code, .get_user_locale = user_locale };
static const gale_handler_class visitors = { .get = show_code };

static void assert_codes(const char *head, const char *body)
{
    n_asked = 0;
    fake_send(&f, head, "");
    fake_wait(&f);
    assert_string_equal(f.body, body);
}

static void test_the_user_then_the_browser(void **state)
{
    (void)state;
    serve(&users, &(gale_settings){ .locale_path = place });
    assert_codes("GET /?lang=fr HTTP/1.1\nAccept-Language: fa\n", "fr fa");
    assert_int_equal(n_asked, 1);
    assert_codes("GET / HTTP/1.1\nAccept-Language: fa\n", "fa fa");
    assert_codes("GET / HTTP/1.1\n", "en_US de");
    assert_codes("GET / HTTP/1.1\nAccept-Language: xx;q=0.1\nAccept-Language: fr\n", "fr fr");
    fake_end();
    serve(&visitors, &(gale_settings){ .locale_path = place, .default_locale = "fr" });
    assert_codes("GET / HTTP/1.1\n", "fr de");
    assert_codes("GET / HTTP/1.1\nAccept-Language: xx\n", "fr fr");
    assert_int_equal(n_asked, 0);
    fake_end();
}

static const gale_locale *asks_itself(gale_handler *self)
{
    return gale_handler_locale(self);
}

static const gale_locale *says_it(gale_handler *self)
{
    gale_set_handler_locale(self, gale_handler_browser_locale(self, NULL));
    return gale_get_locale(NULL, NULL);
}

static void test_hooks_that_ask_or_say_themselves(void **state)
{
    (void)state;
    serve(&(gale_handler_class){ .get = show_code, .get_user_locale = asks_itself },
          &(gale_settings){ .locale_path = place });
    assert_codes("GET / HTTP/1.1\nAccept-Language: fr\n", "fr fr");
    fake_end();
    serve(&(gale_handler_class){ .get = show_code, .get_user_locale = says_it },
          &(gale_settings){ .locale_path = place });
    assert_codes("GET / HTTP/1.1\nAccept-Language: fa\n", "fa fa");
    fake_end();
}

static int says_french(gale_handler *self)
{
    gale_translations *t = gale_handler_translations(self);

    gale_set_handler_locale(self, gale_get_locale(t, (const char *const[]){ "fr", NULL }));
    return show_code(self);
}

static void test_a_handler_says_which(void **state)
{
    (void)state;
    serve(&(gale_handler_class){ .get = says_french, .get_user_locale = user_locale },
          &(gale_settings){ .locale_path = place });
    assert_codes("GET /?lang=de HTTP/1.1\nAccept-Language: fa\n", "fr fa");
    assert_int_equal(n_asked, 0);
    fake_end();
}

static void test_without_translations_it_is_english(void **state)
{
    (void)state;
    serve(&visitors, NULL);
    assert_codes("GET / HTTP/1.1\nAccept-Language: fr\n", "en_US en_US");
    fake_end();
    serve(&visitors, &(gale_settings){ .default_locale = "fr" });
    assert_codes("GET / HTTP/1.1\nAccept-Language: de\n", "fr fr");
    fake_end();
}

static void test_translations_of_the_program(void **state)
{
    int r;
    gale_translations *t = gale_load_translations(place, NULL, &r);

    (void)state;
    assert_non_null(t);
    serve(&visitors, &(gale_settings){ .translations = t, .default_locale = "fa" });
    assert_codes("GET / HTTP/1.1\nAccept-Language: de\n", "de de");
    assert_codes("GET / HTTP/1.1\n", "fa de");
    fake_end();
    gale_translations_free(t);
}

static gale_app *mounted(const gale_settings *settings)
{
    gale_app *app = gale_app_new((gale_route[]){ { .url = "/", .handler = &visitors }, { 0 } },
                                 settings);

    assert_non_null(app);
    return app;
}

static void test_mounted_applications_have_those_around_them(void **state)
{
    gale_app *app = gale_app_new(
        (gale_route[]){
            { .url = "/own", .app = mounted(&(gale_settings){ .default_locale = "it" }) },
            { .url = "/outer", .app = mounted(NULL) },
            { 0 } },
        &(gale_settings){ .locale_path = place });

    (void)state;
    fake_serve(app);
    assert_codes("GET /outer/ HTTP/1.1\nAccept-Language: fr\n", "fr fr");
    assert_codes("GET /own/ HTTP/1.1\nAccept-Language: fr\n", "it it");
    fake_end();
}

static void test_debug_sees_changed_files(void **state)
{
    (void)state;
    for (int debug = GALE_OFF; debug <= GALE_ON; debug += 2) {
        serve(&show_handler,
              &(gale_settings){ .locale_path = place,
                                .debug = debug,
                                .template_loader = template_of("{{ _('Hello') }}") });
        ask("de");
        assert_string_equal(f.body, "Hallo");
        write_file("de.csv", "Hello,Guten Tag\n");
        ask("de");
        assert_string_equal(f.body, debug == GALE_ON ? "Guten Tag" : "Hallo");
        fake_end();
        write_file("de.csv", "Hello,Hallo\n");
    }
}

static void refused(const gale_settings *settings, const char *why)
{
    gale_app *app = gale_app_new((gale_route[]){ { .url = "/", .handler = &visitors }, { 0 } },
                                 settings);

    assert_null(app);
    assert_has(gale_app_error(), why);
}

static void test_settings_that_cannot_be(void **state)
{
    int r;
    gale_translations *t = gale_load_translations(place, NULL, &r);

    (void)state;
    refused(&(gale_settings){ .locale_path = "/nowhere" }, "settings: locale_path: ");
    refused(&(gale_settings){ .locale_path = "" }, "settings: locale_path is empty");
    refused(&(gale_settings){ .locale_domain = "x" }, "locale_domain is given without");
    refused(&(gale_settings){ .locale_path = place, .translations = t }, "both translations and");
    refused(&(gale_settings){ .locale_path = place, .default_locale = "a_b_c" },
            "settings: default_locale: ");
    refused(&(gale_settings){ .locale_path = place, .locale_domain = "a/b" }, "locale_path: ");
    gale_translations_free(t);
}

/* --- without HTTP -------------------------------------------------------------------------- */

static void test_templates_without_a_handler(void **state)
{
    int r;
    gale_translations *t = gale_load_translations(place, NULL, &r);
    const gale_locale *fr = gale_get_locale(t, (const char *const[]){ "fr", NULL });
    const gale_namespace names = { .names = gale_locale_names(), .context = (void *)(uintptr_t)fr };
    gale_loader *loader = gale_dict_loader_new(
        (gale_template_text[]){ { "t.html", "{{ _('Hello') }} {{ locale.code }} "
                                            "{{ pgettext('x', 'y') }} {{ locale.list('ab') }}" },
                                { NULL, NULL } },
        &(gale_template_options){ .names = &names });
    gale_template_error error;
    char *page;

    (void)state;
    page = gale_loader_generate(loader, "t.html", NULL, NULL, &error);
    if (!page)
        fail_msg("%s", error.report);
    assert_string_equal(page, "Bonjour fr y a et b");
    free(page);
    gale_loader_free(loader);
    gale_translations_free(t);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_texts_are_translated),
        TEST(test_what_a_language_is),
        TEST(test_dates_lists_numbers),
        TEST(test_relative_dates),
        TEST(test_wrong_arguments_are_errors),
        TEST(test_the_user_then_the_browser),
        TEST(test_hooks_that_ask_or_say_themselves),
        TEST(test_a_handler_says_which),
        TEST(test_without_translations_it_is_english),
        TEST(test_translations_of_the_program),
        TEST(test_mounted_applications_have_those_around_them),
        TEST(test_debug_sees_changed_files),
        TEST(test_settings_that_cannot_be),
        TEST(test_templates_without_a_handler),
    };

    return cmocka_run_group_tests(tests, NULL, fake_finish_loop);
}

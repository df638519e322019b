/* blog - a blog out of templates: a base page with blocks, a list, an entry, a form, a feed; a UI
 * module with its style, includes, and two languages (English and Chinese).
 *
 * Entries are in memory and gone with the program.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <gale/json.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_ENTRIES = 1000 };

static json_t *entries_of(gale_handler *self)
{
    return gale_app_data(gale_handler_app(self));
}

static int add_entry(json_t *entries, const char *title, const char *text, double published)
{
    return json_array_append_new(
        entries, json_pack("{s:I, s:s, s:s, s:f}", "id", (json_int_t)json_array_size(entries) + 1,
                           "title", title, "text", text, "published", published));
}

/* --- pages ---- */

static int home_get(gale_handler *self)
{
    return gale_render(self, "home.html", json_pack("{s:O}", "entries", entries_of(self)));
}

static int feed_get(gale_handler *self)
{
    gale_set_header(self, "Content-Type", "application/atom+xml; charset=UTF-8");
    return gale_render(self, "feed.xml", json_pack("{s:O}", "entries", entries_of(self)));
}

static int entry_get(gale_handler *self)
{
    int64_t id = strtoll(gale_path_argument(self, 0), NULL, 10);
    json_t *entry = json_array_get(entries_of(self), (size_t)id - 1);

    if (!entry)
        return gale_fail(self, 404, "no entry %s", gale_path_argument(self, 0));
    return gale_render(self, "entry.html", json_pack("{s:O}", "entry", entry));
}

static int show_form(gale_handler *self, const char *title, const char *text, const char *error)
{
    return gale_render(self, "compose.html",
                       json_pack("{s:s, s:s, s:s?}", "title", title, "text", text, "error", error));
}

static int compose_get(gale_handler *self)
{
    return show_form(self, "", "", NULL);
}

/* An argument without the characters that XML, which the feed is, does not have. */
static const char *get_text(gale_handler *self, const char *name)
{
    char *text = gale_printf_alloc(self, "%s", gale_get_argument(self, name, ""));

    for (char *c = text; c && *c; c++)
        if (*c == '\v' || *c == '\f')
            *c = ' ';
        else if (strncmp(c, "\357\277\276", 3) == 0 || strncmp(c, "\357\277\277", 3) == 0)
            memset(c, ' ', 3); /* U+FFFE and U+FFFF */
    return text;
}

static int compose_post(gale_handler *self)
{
    const char *title = get_text(self, "title");
    const char *text = get_text(self, "text");
    json_t *entries = entries_of(self);

    if (!title || !text)
        return -ENOMEM;
    if (!*title || !*text) {
        gale_set_status(self, 422, NULL);
        return show_form(self, title, text, "A title and a text are needed.");
    }
    if (json_array_size(entries) >= MAX_ENTRIES)
        return gale_fail(self, 507, "the blog is full");
    if (add_entry(entries, title, text, (double)time(NULL)) < 0)
        return -ENOMEM;
    return gale_redirect_status(
        self, gale_printf_alloc(self, "/entry/%zu", json_array_size(entries)), 303);
}

/* --- languages: the one chosen here, else the browser's ---- */

static int language_get(gale_handler *self)
{
    gale_set_cookie(self, "language", gale_path_argument(self, 0),
                    &(gale_cookie){ .expires_days = 365 });
    return gale_redirect(self, gale_get_next(self, "/"));
}

static const gale_locale *user_locale(gale_handler *self)
{
    const char *code = gale_get_cookie(self, "language", NULL);

    if (!code)
        return NULL;
    return gale_get_locale(gale_handler_translations(self), (const char *const[]){ code, NULL });
}

/* --- {% module Entry(entry) %} ---- */

static int entry_render(gale_module *self, gale_call *call, gale_value *result)
{
    json_t *entry = gale_value_to_json(call->rendering, gale_call_argument(call, 0, "entry"));

    if (!entry)
        return gale_value_raise(call->rendering, "TypeError", "Entry() needs an entry");
    return gale_module_render(self, call, result, "modules/entry.html",
                              json_pack("{s:o}", "entry", entry));
}

static const gale_ui_module entry_module = {
    .name = "Entry",
    .size = sizeof(gale_ui_module),
    .render = entry_render,
    .assets = { .css_files = (const char *const[]){ "entry.css", NULL },
                .embedded_javascript = "document.documentElement.dataset.entries = "
                                       "document.querySelectorAll('.entry').length;" },
};

/* Where to cut a text that is longer than max bytes: before a word, or, where no blank is near (as
 * in Chinese), before a character. */
static size_t cut_at(const char *text, size_t max)
{
    size_t len = max;

    while (len > max / 2 && text[len] != ' ')
        len--;
    if (text[len] == ' ')
        return len;
    for (len = max; len && ((unsigned char)text[len] & 0xc0) == 0x80;)
        len--; /* bytes within a character */
    return len;
}

/* {{ excerpt(entry.text) }}: its first words. */
static int excerpt(gale_call *call, gale_value *result)
{
    enum { MAX = 200 };
    const char *text;
    int r = gale_call_text(call, 0, "text", &text);

    if (r < 0)
        return r;
    if (strnlen(text, MAX + 1) <= MAX)
        return gale_value_text(call->rendering, result, text);
    return gale_value_printf(call->rendering, result, "%.*s \342\200\246", (int)cut_at(text, MAX),
                             text);
}

static const gale_handler_class base = { .get_user_locale = user_locale };
static const gale_handler_class home = { .parent = &base, .get = home_get };
static const gale_handler_class feed = { .parent = &base, .get = feed_get };
static const gale_handler_class entry = { .parent = &base, .get = entry_get };
static const gale_handler_class compose = { .parent = &base,
                                            .get = compose_get,
                                            .post = compose_post };
static const gale_handler_class language = { .parent = &base, .get = language_get };

int main(int argc, char **argv)
{
    json_t *entries = json_array();
    int status;

    if (add_entry(entries, "Templates, in C",
                  "This page came out of a template.\n\nSee "
                  "http://example.com/templates?a=1&b=2 for more.",
                  1735689600) < 0 ||
        add_entry(entries, "Is <b>this</b> safe?", "It is: what is written is escaped.",
                  1738368000) < 0)
        return 1;
    status = gale_main(
        argc, argv,
        gale_app_new(
            (gale_route[]){
                { .url = "/", .handler = &home, .name = "home" },
                { .url = "/entry/{id:int}", .handler = &entry, .name = "entry" },
                { .url = "/compose", .handler = &compose, .name = "compose" },
                { .url = "/feed", .handler = &feed, .name = "feed" },
                { .url = "/language/{code}", .handler = &language },
                { 0 },
            },
            &(gale_settings){
                .data = entries,
                .template_path = "templates",
                .static_path = "static",
                .locale_path = "locale",
                .xsrf_cookies = GALE_ON,
                .ui_modules = (const gale_ui_module *const[]){ &entry_module, NULL },
                .ui_methods = (const gale_name[]){ { .name = "excerpt", .function = excerpt },
                                                   { 0 } },
            }));
    json_decref(entries);
    return status;
}

/* locale_server.c - the application that test_locale_wire.py talks to: pages in languages. */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const gale_locale *user_locale(gale_handler *self)
{
    const char *code = gale_get_argument(self, "lang", NULL);
    const char *codes[] = { code, NULL };

    if (gale_sleep(0.02) < 0 || !code)
        return NULL;
    return gale_get_locale(gale_handler_translations(self), codes);
}

/* Which language it is, before and after other requests had their turn. */
static int code_get(gale_handler *self)
{
    const gale_locale *l = gale_handler_locale(self);
    int r = gale_printf(self, "%s", gale_locale_code(l));

    if (r >= 0)
        r = gale_sleep(0.02);
    if (r < 0)
        return r;
    return gale_printf(self, " %s %s", gale_locale_code(gale_handler_locale(self)),
                       gale_translate(l, "Hello"));
}

static int page_get(gale_handler *self)
{
    return gale_render(self, "page.html", NULL);
}

/* What the process's own locale is and makes of a number. */
static int process_get(gale_handler *self)
{
    return gale_printf(self, "%s %.1f", setlocale(LC_ALL, NULL), 1.5);
}

static const gale_handler_class codes = { .get = code_get };
static const gale_handler_class users = { .parent = &codes, .get_user_locale = user_locale };
static const gale_handler_class pages = { .get = page_get };
static const gale_handler_class processes = { .get = process_get };

static gale_app *make_app(void)
{
    return gale_app_new(
        (gale_route[]){
            { .url = "/code", .handler = &codes },
            { .url = "/user", .handler = &users },
            { .url = "/page", .handler = &pages },
            { .url = "/process", .handler = &processes },
            { 0 },
        },
        &(gale_settings){
            .template_path = getenv("PLACE"),
            .locale_path = getenv("PLACE"),
            .locale_domain = getenv("DOMAIN"),
            .debug = getenv("DEBUG") ? GALE_ON : 0,
            .autoreload = GALE_OFF,
        });
}

int main(int argc, char **argv)
{
    const char *wanted = getenv("PROCESS_LOCALE");

    if (wanted && !setlocale(LC_ALL, wanted))
        fputs("no such locale\n", stderr);
    return gale_main(argc, argv, make_app());
}

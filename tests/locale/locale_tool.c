/* locale_tool.c - does what test_tornado.py tells it, so that the same can be asked of Tornado.
 *
 * A line is a command with arguments between tabs; "\n", "\t" and "\\" in them are two characters.
 * The answer is one line in the same form.
 */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gale/locale.h>

enum { MAX_ARGS = 40 };

static gale_translations *translations;
static const gale_locale *present;

static void answer(const char *text)
{
    for (; *text; text++) {
        if (*text == '\n')
            fputs("\\n", stdout);
        else if (*text == '\t')
            fputs("\\t", stdout);
        else if (*text == '\\')
            fputs("\\\\", stdout);
        else
            putchar(*text);
    }
    putchar('\n');
    fflush(stdout);
}

/* Undoes the escapes where they are. */
static void unescape(char *text)
{
    char *to = text;

    for (; *text; text++) {
        if (*text == '\\') {
            text++;
            *to++ = *text == 'n' ? '\n' : (char)(*text == 't' ? '\t' : *text);
        } else {
            *to++ = *text;
        }
    }
    *to = 0;
}

static const char *or_null(const char *arg)
{
    return arg && *arg ? arg : NULL;
}

static bool manage(const char *const *args)
{
    int r = 0;

    if (strcmp(args[0], "csv") == 0 || strcmp(args[0], "gettext") == 0)
        gale_translations_free(translations);
    if (strcmp(args[0], "csv") == 0)
        translations = gale_load_translations(args[1], or_null(args[2]), &r);
    else if (strcmp(args[0], "gettext") == 0)
        translations = gale_load_gettext_translations(args[1], args[2], &r);
    else if (strcmp(args[0], "default") == 0)
        r = gale_set_default_locale(translations, args[1]);
    else
        return false;
    answer(r < 0 ? gale_strerror(r) : "ok");
    return true;
}

static bool choose(const char *const *args)
{
    if (strcmp(args[0], "closest") == 0)
        present = gale_get_locale(translations, args + 1);
    else if (strcmp(args[0], "browser") == 0)
        present = gale_get_browser_locale(translations, args[1], or_null(args[2]));
    else
        return false;
    answer(gale_locale_code(present));
    return true;
}

static bool translate(const char *const *args)
{
    if (strcmp(args[0], "translate") == 0)
        answer(args[2]
                   ? gale_translate_plural(present, args[1], args[2], strtoll(args[3], NULL, 10))
                   : gale_translate(present, args[1]));
    else if (strcmp(args[0], "pgettext") == 0)
        answer(args[3]
                   ? gale_npgettext(present, args[1], args[2], args[3], strtoll(args[4], NULL, 10))
                   : gale_pgettext(present, args[1], args[2]));
    else
        return false;
    return true;
}

/* date TIME NOW OFFSET, then letters: "r" not relative, "s" shorter, "f" full. */
static size_t date(const char *const *args, char *text, size_t size)
{
    const gale_date_format format = {
        .now = strtod(args[2], NULL),
        .gmt_offset = (int)strtol(args[3], NULL, 10),
        .relative = strchr(args[4], 'r') ? GALE_OFF : 0,
        .shorter = strchr(args[4], 's') ? GALE_ON : 0,
        .full_format = strchr(args[4], 'f') ? GALE_ON : 0,
    };

    return gale_format_date_into(present, strtod(args[1], NULL), &format, text, size);
}

static void format(const char *const *args)
{
    static char text[65536];
    size_t n = 0;

    if (strcmp(args[0], "date") == 0)
        n = date(args, text, sizeof(text));
    else if (strcmp(args[0], "day") == 0)
        n = gale_format_day_into(present, strtod(args[1], NULL), (int)strtol(args[2], NULL, 10),
                                 args[3][0] == '1', text, sizeof(text));
    else if (strcmp(args[0], "list") == 0)
        n = gale_format_list_into(present, args + 1, text, sizeof(text));
    else
        n = gale_friendly_number_into(present, strtoll(args[1], NULL, 10), text, sizeof(text));
    answer(n == SIZE_MAX ? "failed" : text);
}

int main(void)
{
    static char line[65536];

    while (fgets(line, sizeof(line), stdin)) {
        const char *args[MAX_ARGS] = { 0 };
        char *rest = line, *arg;
        size_t n = 0;

        line[strcspn(line, "\n")] = 0;
        while (n + 1 < MAX_ARGS && (arg = strsep(&rest, "\t")) != NULL) {
            unescape(arg);
            args[n++] = arg;
        }
        if (!manage(args) && !choose(args) && !translate(args))
            format(args);
    }
    gale_translations_free(translations);
    return 0;
}

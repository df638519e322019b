/* locale.c - one language: its code, and texts looked up in its catalogue. */
/* SPDX-License-Identifier: MIT */
#include "locale/locale.h"

#include <gale/log.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "locale/code.h"
#include "locale/names.h"

const struct gale_locale gale__english = {
    .code = "en_US",
    .name = "English (US)",
    .has_commas = true,
    .clock = GALE__CLOCK_AM_PM,
};

void gale__locale_init(struct gale_locale *locale, const char *code)
{
    gale_str s = gale__str(code);

    *locale = (struct gale_locale){ .code = code };
    locale->name = gale__name_of_language(s);
    locale->is_rtl = gale__is_rtl(s);
    locale->is_persian = gale__str_equal(gale__language_of(s), GALE__STR("fa"));
    locale->has_commas = strcmp(code, "en") == 0 || strcmp(code, "en_US") == 0;
    locale->clock = locale->has_commas           ? GALE__CLOCK_AM_PM
                    : strcmp(code, "zh_CN") == 0 ? GALE__CLOCK_CHINESE
                                                 : GALE__CLOCK_24;
}

const char *gale_locale_code(const gale_locale *l)
{
    return l->code;
}

const char *gale_locale_name(const gale_locale *l)
{
    return l->name;
}

bool gale_locale_is_rtl(const gale_locale *l)
{
    return l->is_rtl;
}

const char *gale_locale_name_of(const char *code, const char **english)
{
    char normal[GALE__CODE_MAX];

    if (english)
        *english = NULL;
    if (!code || !gale__code_normalise(gale__str(code), normal))
        return NULL;
    return gale__names_find(gale__str(normal), english);
}

static const char *find_text(const gale_locale *l, gale_str key)
{
    const char *text = l->catalogue ? gale__catalogue_text(l->catalogue, key) : NULL;

    return text || !l->fallback ? text : gale__catalogue_text(l->fallback, key);
}

static const char *find_plural(const gale_locale *l, gale_str key, const char *plural,
                               int64_t count)
{
    const char *text = NULL;

    if (l->catalogue)
        text = gale__catalogue_plural(l->catalogue, key, plural, count);
    if (!text && l->fallback)
        text = gale__catalogue_plural(l->fallback, key, plural, count);
    return text;
}

const char *gale_translate(const gale_locale *l, const char *message)
{
    const char *text = find_text(l, gale__str(message));

    return text ? text : message;
}

const char *gale_translate_plural(const gale_locale *l, const char *message, const char *plural,
                                  int64_t count)
{
    const char *text = find_plural(l, gale__str(message), plural, count);

    if (text)
        return text;
    return count == 1 ? message : plural;
}

/* The key of a message in a context: in room, or else heap memory; NULL when there is none. */
static char *make_key(const char *context, const char *message, char *room, size_t size,
                      gale_str *key)
{
    size_t n = strlen(context), m = strlen(message);
    char *text = n + m + 1 <= size ? room : gale__malloc(n + m + 1);

    if (!text)
        return NULL;
    memcpy(text, context, n);
    text[n] = GALE__CONTEXT_SEPARATOR;
    memcpy(text + n + 1, message, m);
    *key = (gale_str){ text, n + m + 1 };
    return text;
}

/* Whether contexts count here; the first time that they do not is logged. */
static bool has_contexts(const gale_locale *l)
{
    if (!l->catalogue || l->catalogue->is_gettext)
        return l->catalogue || l->fallback;
    if (!__atomic_exchange_n(l->was_context_ignored, true, __ATOMIC_RELAXED))
        gale_log(&gale_log_general, GALE_LOG_WARNING,
                 "pgettext: translations of CSV files have no contexts");
    return false;
}

/* The text in a context, for a count when plural is given; NULL when there is none. */
static const char *find_in_context(const gale_locale *l, const char *context, const char *message,
                                   const char *plural, int64_t count)
{
    char room[200], *made;
    gale_str key;
    const char *text;

    made = make_key(context, message, room, sizeof(room), &key);
    if (!made)
        return NULL;
    text = plural ? find_plural(l, key, plural, count) : find_text(l, key);
    if (made != room)
        gale__free(made);
    return text;
}

const char *gale_pgettext(const gale_locale *l, const char *context, const char *message)
{
    const char *text;

    if (!has_contexts(l))
        return gale_translate(l, message);
    text = find_in_context(l, context, message, NULL, 0);
    return text ? text : message;
}

const char *gale_npgettext(const gale_locale *l, const char *context, const char *message,
                           const char *plural, int64_t count)
{
    const char *text = NULL;

    if (has_contexts(l))
        text = find_in_context(l, context, message, plural, count);
    return text ? text : gale_translate_plural(l, message, plural, count);
}

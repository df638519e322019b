/* locale.h - languages: catalogues of translations, dates, numbers, lists (tornado.locale).
 *
 * Catalogues are of CSV files (LANG.csv: "text","translation"[,"plural" | "singular"]) or of
 * gettext (LANG/LC_MESSAGES/DOMAIN.mo). A gale_locale is one language of a set of translations:
 * read-only, borrowed from it, usable on any thread. The process's own locale is neither read nor
 * changed.
 *
 * Texts that a function makes are NUL-terminated and of the present scope (as in <gale/escape.h>);
 * outside of one use the _into forms, which write at most size bytes with the NUL and give the
 * length of the whole, SIZE_MAX when out of memory. Translations are borrowed from the catalogue or
 * are the argument itself.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_LOCALE_H
#define GALE_LOCALE_H

#include <gale/base.h>
#include <gale/error.h>

GALE_BEGIN_DECLS

typedef struct gale_translations gale_translations;
typedef struct gale_locale gale_locale;

/* The CSV catalogues of a directory (relative: to the program's). encoding NULL: by each file's
 * byte order mark, else UTF-8; or "utf-8", "utf-16", "utf-16-le", "utf-16-be", "latin-1". Cells are
 * trimmed; the last of two rows counts. Files with other names and rows that cannot be used are
 * logged with file and line and left out. NULL: the directory is NULL or cannot be read (*error,
 * which may be NULL, and the detail). */
GALE_API GALE_MUST_USE gale_translations *gale_load_translations(const char *directory,
                                                                 const char *encoding, int *error);

/* The gettext catalogues DIRECTORY/LANG/LC_MESSAGES/DOMAIN.mo (GNU gettext's .mo format, revision
 * 0, both byte orders, with their Plural-Forms and charset). What "pt_BR" has not is looked for in
 * "pt". One that is broken is logged and left out. */
GALE_API GALE_MUST_USE gale_translations *gale_load_gettext_translations(const char *directory,
                                                                         const char *domain,
                                                                         int *error);

/* Frees the set with its locales. NULL is allowed. */
GALE_API void gale_translations_free(gale_translations *t);

/* Reads again what has changed since, while other threads may use t; locales that were given out
 * stay valid, with the old texts, until the set is freed. A file that has become unusable is logged
 * and its old texts count on. 1: something had changed, 0, or a failure (all stays as it was). */
GALE_API int gale_translations_reload(gale_translations *t);

/* Closest match is by default this language; "en_US" unless set. One that the set has is found as
 * by gale_get_locale(). GALE_EINVAL for a code that is none. Not while other threads use t. */
GALE_API int gale_set_default_locale(gale_translations *t, const char *code);

/* The codes there are, the default's too, sorted; NULL-terminated. Borrowed from t, until it is
 * reloaded. */
GALE_API const char *const *gale_get_supported_locales(gale_translations *t);

/* The closest match for codes in their order ("pt-br", "pt_BR", "zh_Hans", "sr_RS@latin": - is as
 * good as _, and letters may be small or capital; else the language alone), else the default. Never
 * NULL; t NULL: English, untranslated. codes is NULL-terminated. */
GALE_API const gale_locale *gale_get_locale(gale_translations *t, const char *const *codes);

/* The same for an Accept-Language field (RFC 9110 12.5.4), by weight, its first 64 languages; NULL,
 * or a field that asks for none: fallback, a code, or NULL for the default. */
GALE_API const gale_locale *gale_get_browser_locale(gale_translations *t, const char *accept,
                                                    const char *fallback);

/* "pt_BR"; its native name ("Português (Brasil)"; else its language's, else "Unknown"); whether it
 * is written from right to left. */
GALE_API const char *gale_locale_code(const gale_locale *l);
GALE_API const char *gale_locale_name(const gale_locale *l);
GALE_API bool gale_locale_is_rtl(const gale_locale *l);

/* The native and the English name of a code, for menus: NULL when it is not in the table. english
 * may be NULL. Static. */
GALE_API const char *gale_locale_name_of(const char *code, const char **english);

/* The translation, else message; with a count the plural form that the language has for it, else
 * message for 1 and plural otherwise. */
GALE_API const char *gale_translate(const gale_locale *l, const char *message);
GALE_API const char *gale_translate_plural(const gale_locale *l, const char *message,
                                           const char *plural, int64_t count);
/* In a context ("law", "good" for "right"). CSV has none: ignored, and logged once for each set. */
GALE_API const char *gale_pgettext(const gale_locale *l, const char *context, const char *message);
GALE_API const char *gale_npgettext(const gale_locale *l, const char *context, const char *message,
                                    const char *plural, int64_t count);

/* How dates are written. Zero is the default. */
typedef struct gale_date_format {
    int gmt_offset;  /* minutes, subtracted (as JavaScript's getTimezoneOffset()) */
    int relative;    /* GALE_OFF: no "5 minutes ago", no "yesterday" */
    int shorter;     /* GALE_ON: without the time of day */
    int full_format; /* GALE_ON: never "yesterday" or a weekday */
    double now;      /* Unix time to be relative to; 0: the clock */
} gale_date_format;

/* A Unix time in seconds as the language writes it: "2 minutes ago", "yesterday at 1:05 pm",
 * "July 10, 1980 at 13:05". format may be NULL. NULL: out of memory, no scope, or a time that no
 * calendar has. */
GALE_API const char *gale_format_date(const gale_locale *l, double time,
                                      const gale_date_format *format);
GALE_API size_t gale_format_date_into(const gale_locale *l, double time,
                                      const gale_date_format *format, char *out, size_t size);

/* "Sunday, April 28", without is_dow "April 28". */
GALE_API const char *gale_format_day(const gale_locale *l, double time, int gmt_offset,
                                     bool is_dow);
GALE_API size_t gale_format_day_into(const gale_locale *l, double time, int gmt_offset, bool is_dow,
                                     char *out, size_t size);

/* "A, B and C". parts is NULL-terminated. */
GALE_API const char *gale_format_list(const gale_locale *l, const char *const *parts);
GALE_API size_t gale_format_list_into(const gale_locale *l, const char *const *parts, char *out,
                                      size_t size);

/* "1,234,567" in English, else "1234567". */
GALE_API const char *gale_friendly_number(const gale_locale *l, int64_t value);
GALE_API size_t gale_friendly_number_into(const gale_locale *l, int64_t value, char *out,
                                          size_t size);

GALE_END_DECLS

#endif

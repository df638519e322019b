/* pending.c - functions that are not written yet; whoever writes one takes its line out. */
/* SPDX-License-Identifier: MIT */
#include <gale/locale.h>

__attribute__((weak)) gale_translations *gale_load_translations(const char *directory,
                                                                const char *encoding, int *error)
{
    return 0;
} /* locale.h */
__attribute__((weak)) gale_translations *gale_load_gettext_translations(const char *directory,
                                                                        const char *domain,
                                                                        int *error)
{
    return 0;
} /* locale.h */
__attribute__((weak)) void gale_translations_free(gale_translations *t)
{
} /* locale.h */
__attribute__((weak)) int gale_translations_reload(gale_translations *t)
{
    return -1;
} /* locale.h */
__attribute__((weak)) int gale_set_default_locale(gale_translations *t, const char *code)
{
    return -1;
} /* locale.h */
__attribute__((weak)) const char *const *gale_get_supported_locales(gale_translations *t)
{
    return 0;
} /* locale.h */
__attribute__((weak)) const gale_locale *gale_get_locale(gale_translations *t,
                                                         const char *const *codes)
{
    return 0;
} /* locale.h */
__attribute__((weak)) const gale_locale *gale_get_browser_locale(gale_translations *t,
                                                                 const char *accept,
                                                                 const char *fallback)
{
    return 0;
} /* locale.h */
__attribute__((weak)) const char *gale_locale_code(const gale_locale *l)
{
    return 0;
} /* locale.h */
__attribute__((weak)) const char *gale_locale_name(const gale_locale *l)
{
    return 0;
} /* locale.h */
__attribute__((weak)) bool gale_locale_is_rtl(const gale_locale *l)
{
    return 0;
} /* locale.h */
__attribute__((weak)) const char *gale_locale_name_of(const char *code, const char **english)
{
    return 0;
} /* locale.h */
__attribute__((weak)) const char *gale_translate(const gale_locale *l, const char *message)
{
    return 0;
} /* locale.h */
__attribute__((weak)) const char *gale_translate_plural(const gale_locale *l, const char *message,
                                                        const char *plural, int64_t count)
{
    return 0;
} /* locale.h */
__attribute__((weak)) const char *gale_pgettext(const gale_locale *l, const char *context,
                                                const char *message)
{
    return 0;
} /* locale.h */
__attribute__((weak)) const char *gale_npgettext(const gale_locale *l, const char *context,
                                                 const char *message, const char *plural,
                                                 int64_t count)
{
    return 0;
} /* locale.h */
__attribute__((weak)) const char *gale_format_date(const gale_locale *l, double time,
                                                   const gale_date_format *format)
{
    return 0;
} /* locale.h */
__attribute__((weak)) size_t gale_format_date_into(const gale_locale *l, double time,
                                                   const gale_date_format *format, char *out,
                                                   size_t size)
{
    return 0;
} /* locale.h */
__attribute__((weak)) const char *gale_format_day(const gale_locale *l, double time, int gmt_offset,
                                                  bool is_dow)
{
    return 0;
} /* locale.h */
__attribute__((weak)) size_t gale_format_day_into(const gale_locale *l, double time, int gmt_offset,
                                                  bool is_dow, char *out, size_t size)
{
    return 0;
} /* locale.h */
__attribute__((weak)) const char *gale_format_list(const gale_locale *l, const char *const *parts)
{
    return 0;
} /* locale.h */
__attribute__((weak)) size_t gale_format_list_into(const gale_locale *l, const char *const *parts,
                                                   char *out, size_t size)
{
    return 0;
} /* locale.h */
__attribute__((weak)) const char *gale_friendly_number(const gale_locale *l, int64_t value)
{
    return 0;
} /* locale.h */
__attribute__((weak)) size_t gale_friendly_number_into(const gale_locale *l, int64_t value,
                                                       char *out, size_t size)
{
    return 0;
} /* locale.h */

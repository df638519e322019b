/* translations.h - a set of translations, its generations and their locales.
 *
 * A generation is what was on disk at one time: its files, sorted by path, and its locales, sorted
 * by code. gale_translations_reload() makes a new one that shares the catalogues of the files that
 * have not changed, and puts it in place with one store, so other threads may look up meanwhile.
 * Nothing that was given out is freed before the set is.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_LOCALE_TRANSLATIONS_H
#define GALE_LOCALE_TRANSLATIONS_H

#include <gale/locale.h>

/* A set without files, for its default language. */
gale_translations *gale__translations_empty(int *error) GALE_MUST_USE;

/* The closest match for one code; NULL when there is none. */
const gale_locale *gale__closest(const gale_translations *t, gale_str code);

/* The default; never NULL. */
const gale_locale *gale__default_locale(const gale_translations *t);

#endif

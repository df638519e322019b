/* locale.h - one language of a set of translations. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_LOCALE_LOCALE_H
#define GALE_LOCALE_LOCALE_H

#include <gale/locale.h>

#include "locale/catalogue.h"

/* How a language writes the time of day. */
enum gale__clock { GALE__CLOCK_24, GALE__CLOCK_AM_PM, GALE__CLOCK_CHINESE };

struct gale_locale {
    const char *code, *name;
    bool is_rtl, is_persian, has_commas; /* commas in numbers */
    enum gale__clock clock;
    const struct gale__catalogue *catalogue; /* NULL: untranslated */
    const struct gale__catalogue *fallback;  /* gettext: of "pt" for "pt_BR"; or NULL */
    bool *was_context_ignored;               /* of the set; NULL: it has no set */
};

/* English, without translations. */
extern const struct gale_locale gale__english;

/* Fills in what follows from the code, which is borrowed. */
void gale__locale_init(struct gale_locale *locale, const char *code);

#endif

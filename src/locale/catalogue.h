/* catalogue.h - the translations of one language out of one file: keys, texts, plural forms.
 *
 * All texts lie in one piece of memory of the catalogue, NUL-terminated. Read-only once it is
 * loaded, and shared by all generations of a gale_translations.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_LOCALE_CATALOGUE_H
#define GALE_LOCALE_CATALOGUE_H

#include <gale/base.h>

#include "base/map.h"
#include "locale/encoding.h"
#include "locale/plural.h"

/* Between a context and a message in gettext's keys. */
#define GALE__CONTEXT_SEPARATOR '\004'

enum { GALE__CATALOGUE_MAX = 64 << 20 }; /* bytes of a file */

struct gale__catalogue {
    struct gale__catalogue *next; /* of all that a gale_translations has loaded */
    char *memory;                 /* holds keys and texts */
    bool is_gettext;
    struct gale__map texts;    /* message -> text */
    struct gale__map singular; /* CSV: message -> text */
    struct gale__map plural;   /* CSV: plural -> text; gettext: message -> a byte with the number of
                                  forms, then the forms one after the other */
    struct gale__plural rule;
};

/* Reads the content (borrowed) of the file that messages call name as CSV; rows that cannot be used
 * are logged. NULL with *error. */
struct gale__catalogue *gale__csv_load(gale_str data, const char *name,
                                       enum gale__encoding encoding, int *error) GALE_MUST_USE;

/* Reads a .mo file's content (borrowed). NULL with *error and the detail: broken, too big. */
struct gale__catalogue *gale__mo_load(gale_str data, int *error) GALE_MUST_USE;

void gale__catalogue_free(struct gale__catalogue *catalogue);

/* The text of a key (gettext: with its context); NULL when there is none. */
const char *gale__catalogue_text(const struct gale__catalogue *catalogue, gale_str key);

/* The form of a message for a number. plural is CSV's key. */
const char *gale__catalogue_plural(const struct gale__catalogue *catalogue, gale_str key,
                                   const char *plural, int64_t count);

#endif

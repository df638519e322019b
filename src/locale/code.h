/* code.h - codes of languages: "fr", "pt_BR". */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_LOCALE_CODE_H
#define GALE_LOCALE_CODE_H

#include <gale/base.h>

enum { GALE__CODE_MAX = 32 }; /* bytes of a code that can be asked for, with its NUL */

/* Codes by their bytes. */
int gale__code_compare(gale_str a, gale_str b);

/* Whether two codes differ in nothing but - for _ and capital letters. */
bool gale__code_is_alike(gale_str a, gale_str b);

/* "pt" of "pt_BR". */
gale_str gale__language_of(gale_str code);

/* "PT-br" as "pt_BR", "FR" as it is. False: empty, too long or of more than two parts. */
bool gale__code_normalise(gale_str code, char normal[GALE__CODE_MAX]);

#endif

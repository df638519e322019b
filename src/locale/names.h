/* names.h - what languages are called and how they are written. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_LOCALE_NAMES_H
#define GALE_LOCALE_NAMES_H

#include <gale/base.h>

/* The native and the English name (english may be NULL); NULL when it is not in the table. */
const char *gale__names_find(gale_str code, const char **english);

/* The native name of a code or else its language, else "Unknown". */
const char *gale__name_of_language(gale_str code);

/* From right to left. */
bool gale__is_rtl(gale_str code);

#endif

/* number.h - reading and writing of floating-point numbers, whatever the host's locale. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BASE_NUMBER_H
#define GALE_BASE_NUMBER_H

#include <locale.h>
#include <stddef.h>

enum { GALE__DOUBLE_TEXT = 32 };

/* The C locale, for strtod_l and uselocale. Never (locale_t)0: glibc's is static. */
locale_t gale__c_locale(void);

/* Writes the shortest decimal text that reads back as value, in Python's form: "1.0",
 * "1e-07", "1e+20", "nan", "inf". Gives its length; NUL-terminated. */
size_t gale__double_format(double value, char out[GALE__DOUBLE_TEXT]);

#endif

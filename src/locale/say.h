/* say.h - puts values into the placeholders of translated texts: "%(name)s". */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_LOCALE_SAY_H
#define GALE_LOCALE_SAY_H

#include <gale/base.h>

#include "base/buf.h"

struct gale__said {
    const char *name;
    gale_str value;
};

/* Appends text with "%(name)s" and "%(name)d" replaced by the values (ended by a NULL name) and
 * "%%" by "%". What has no value stays as it is: a translator's slip must not take a page down. */
void gale__say(struct gale__buf *buf, const char *text, const struct gale__said *values);

/* Moves the text to the present scope; frees the buffer. NULL with the detail when that cannot be.
 */
const char *gale__say_keep(struct gale__buf *buf, const char *what);

#endif

/* locale_value.h - the names of templates that are about languages: private to src/web. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_LOCALE_VALUE_H
#define GALE_WEB_LOCALE_VALUE_H

#include <gale/value.h>

/* Each as a gale_template_function whose call may come from any template of a handler
 * (gale_call_handler()): "locale" (lazy), "_" and "pgettext". */
int gale__locale_value(gale_call *call, gale_value *out);
int gale__locale_translate(gale_call *call, gale_value *out);
int gale__locale_pgettext(gale_call *call, gale_value *out);

#endif

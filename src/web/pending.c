/* pending.c - functions that are not written yet; whoever writes one takes its line out. */
/* SPDX-License-Identifier: MIT */
#include <gale/render.h>

#include "web/locale_value.h"

__attribute__((weak)) const gale_locale *gale_handler_locale(gale_handler *self)
{
    return 0;
} /* render.h */
__attribute__((weak)) void gale_set_handler_locale(gale_handler *self, const gale_locale *locale)
{
} /* render.h */
__attribute__((weak)) const gale_locale *gale_handler_browser_locale(gale_handler *self,
                                                                     const char *fallback)
{
    return 0;
} /* render.h */
__attribute__((weak)) gale_translations *gale_handler_translations(gale_handler *self)
{
    return 0;
} /* render.h */
__attribute__((weak)) int gale__locale_value(gale_call *call, gale_value *out)
{
    return -1;
} /* locale_value.h */
__attribute__((weak)) int gale__locale_translate(gale_call *call, gale_value *out)
{
    return -1;
} /* locale_value.h */
__attribute__((weak)) int gale__locale_pgettext(gale_call *call, gale_value *out)
{
    return -1;
} /* locale_value.h */

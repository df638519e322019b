/* pending.c - functions that are not written yet; whoever writes one takes its line out. */
/* SPDX-License-Identifier: MIT */
#include <gale/render.h>

__attribute__((weak)) int gale_render_at(gale_handler *self, const char *name,
                                         struct json_t *values, bool may_be_null, const char *file,
                                         int line)
{
    return -1;
} /* render.h */
__attribute__((weak)) int gale_render_names(gale_handler *self, const char *name,
                                            const gale_namespace *names)
{
    return -1;
} /* render.h */
__attribute__((weak)) int gale_render_string_at(gale_handler *self, const char *name,
                                                struct json_t *values, bool may_be_null,
                                                gale_str *out, const char *file, int line)
{
    return -1;
} /* render.h */
__attribute__((weak)) int gale_render_string_names(gale_handler *self, const char *name,
                                                   const gale_namespace *names, gale_str *out)
{
    return -1;
} /* render.h */
__attribute__((weak)) gale_handler *gale_call_handler(const gale_call *call)
{
    return 0;
} /* render.h */
__attribute__((weak)) gale_handler *gale_module_handler(gale_module *self)
{
    return 0;
} /* render.h */
__attribute__((weak)) void *gale_module_state(gale_module *self)
{
    return 0;
} /* render.h */
__attribute__((weak)) int gale_module_render_at(gale_module *self, gale_call *call,
                                                gale_value *result, const char *name,
                                                struct json_t *values, bool may_be_null,
                                                const char *file, int line)
{
    return -1;
} /* render.h */
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

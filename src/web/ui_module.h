/* ui_module.h - UI modules as templates and the page see them: private to src/web. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_UI_MODULE_H
#define GALE_WEB_UI_MODULE_H

#include "web/page.h"

/* Those that each application has: Template, linkify, xsrf_form_html. NULL-terminated. */
extern const gale_ui_module *const gale__ui_builtins[];

/* The object "modules" of templates. */
int gale__ui_modules_value(gale_call *call, gale_value *out) GALE_MUST_USE;

/* ui_resources.c: what set_resources() of a template rendered for a module is called with. */
struct gale__ui_resources_call {
    gale_module *module;
    const char *path;
};
extern const gale_name gale__ui_resource_names[];

/* value_copy.c: a value of another rendering that goes on meanwhile, for this one: containers are
 * copied. TypeError for what cannot be. */
int gale__value_copy(gale_rendering *r, gale_value value, gale_value *out) GALE_MUST_USE;

#endif

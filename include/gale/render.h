/* render.h - pages out of templates: rendering in handlers, UI modules, the request's language.
 *
 *     return gale_render(self, "story.html", json_pack("{s:O}", "story", story));
 *
 * Templates know, besides what they are given: handler, request, current_user, locale, _,
 * pgettext, static_url, reverse_url, xsrf_form_html, modules, the application's ui_methods, and the
 * names of the language (docs/templates.md). Each is computed when it is first used.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_RENDER_H
#define GALE_RENDER_H

#include <gale/base.h>
#include <gale/error.h>
#include <gale/locale.h>
#include <gale/template.h>
#include <gale/value.h>

GALE_BEGIN_DECLS

struct json_t;
typedef struct gale_handler gale_handler;
typedef struct gale_module gale_module;

/* True for the word NULL; a json_t * that is NULL (a bad format of json_pack) is a failure that
 * names file and line of the call. C++ cannot tell them apart. */
#ifdef __cplusplus
#define GALE_IS_NULL_WORD(values) true
#else
#define GALE_IS_NULL_WORD(values) _Generic((values), struct json_t * : false, default : true)
#endif

/* May wait, as the functions the template calls do. Renders the template of that name below the
 * template path with values (an object, or NULL for none), which it takes over, puts what its UI
 * modules bring (scripts, styles) into the page, and completes the response, in which it comes
 * behind what was written before. A failure of the template is logged with its report and answered
 * 500 (with serve_traceback: showing the report), or as a function in it said by gale_fail();
 * nothing of the page is sent then. After gale_clear() the handler may answer otherwise.
 * GALE_ESTATE after gale_finish(). */
GALE_API int gale_render_at(gale_handler *self, const char *name, struct json_t *values,
                            bool may_be_null, const char *file, int line);
#define gale_render(self, name, values)                                                            \
    gale_render_at((self), (name), (values), GALE_IS_NULL_WORD(values), __FILE__, __LINE__)

/* The same with names that JSON cannot hold: functions, objects, lazy ones. names may be NULL. */
GALE_API int gale_render_names(gale_handler *self, const char *name, const gale_namespace *names);

/* May wait. Renders into memory of the request, NUL-terminated, without UI modules' scripts and
 * styles: they come into the page that gale_render() makes of it all. */
GALE_API int gale_render_string_at(gale_handler *self, const char *name, struct json_t *values,
                                   bool may_be_null, gale_str *out, const char *file, int line);
#define gale_render_string(self, name, values, out)                                                \
    gale_render_string_at((self), (name), (values), GALE_IS_NULL_WORD(values), (out), __FILE__,    \
                          __LINE__)
GALE_API int gale_render_string_names(gale_handler *self, const char *name,
                                      const gale_namespace *names, gale_str *out);

/* The handler whose template calls this function: of .ui_methods, .template_modules, names given to
 * gale_render_names with the handler as context. NULL elsewhere. */
GALE_API gale_handler *gale_call_handler(const gale_call *call);

/* --- UI modules --------------------------------------------------------------------- */

/* What a module brings into each page that it is used in, once for each module. NULL: nothing.
 * Files that do not begin with "/", "http:" or "https:" go through gale_static_url(). */
typedef struct gale_ui_assets {
    const char *embedded_javascript;     /* before </body> */
    const char *const *javascript_files; /* NULL-terminated */
    const char *embedded_css;            /* before </head> */
    const char *const *css_files;
    const char *html_head; /* put before </head> as it is */
    const char *html_body; /* put before </body> as it is */
} gale_ui_assets;

/* A UI module (tornado.web.UIModule): {% module Name(…) %}. Usually static const; grows at its
 * end. One gale_module is made for each that a request uses, at its first use. Every application
 * has Template("file", **names), linkify(text, …) and xsrf_form_html(). */
typedef struct gale_ui_module {
    const char *name; /* Required. In templates */
    size_t size;      /* sizeof(gale_ui_module); 0: of the first version of this struct */
    const struct gale_ui_module *parent; /* inherits what is left NULL, each of the assets too; its
                                            get_assets only without assets of its own */
    size_t state_size; /* of gale_module_state(), zeroed at first; begins with the parent's */
    /* Required. The text, inserted as it is, in *result: by gale_module_render(), or any value, of
     * which str() counts. Arguments as of a gale_template_function. May wait. */
    int (*render)(gale_module *self, gale_call *call, gale_value *result);
    gale_ui_assets assets; /* what each page that uses it gets, once */
    /* Instead of assets: when the page is complete. *assets is empty; what is put there is borrowed
     * until the request ends. Must not wait. */
    int (*get_assets)(gale_module *self, gale_ui_assets *assets);
} gale_ui_module;

/* The handler it is used by, and its own state: .state_size bytes. */
GALE_API gale_handler *gale_module_handler(gale_module *self);
GALE_API void *gale_module_state(gale_module *self);

/* May wait. Renders a template as the text of a module, with the handler's names and values (an
 * object, taken over); inside, set_resources(embedded_css="…", …) adds what a gale_ui_assets has,
 * the same each time for one template. Templates render templates at most 16 deep. */
GALE_API int gale_module_render_at(gale_module *self, gale_call *call, gale_value *result,
                                   const char *name, struct json_t *values, bool may_be_null,
                                   const char *file, int line);
#define gale_module_render(self, call, result, name, values)                                       \
    gale_module_render_at((self), (call), (result), (name), (values), GALE_IS_NULL_WORD(values),   \
                          __FILE__, __LINE__)

/* --- the request's language --------------------------------------------------------- */

/* May wait (as .get_user_locale does). The language of this request, found at the first call:
 * .get_user_locale, else what the browser prefers of the application's translations. Never NULL;
 * what the browser prefers, too, inside of .get_user_locale and where the wait is cut short. */
GALE_API const gale_locale *gale_handler_locale(gale_handler *self);

/* Says which it is. Borrowed until the request ends. */
GALE_API void gale_set_handler_locale(gale_handler *self, const gale_locale *locale);

/* The language the browser asks for in Accept-Language; fallback, a code, when it does not. */
GALE_API const gale_locale *gale_handler_browser_locale(gale_handler *self, const char *fallback);

/* The application's translations, or those of the one it is mounted in; NULL when it has none. */
GALE_API gale_translations *gale_handler_translations(gale_handler *self);

/* A language as a value of templates, with what templates know as "locale": code, name, rtl,
 * translate(message, plural_message=None, count=None), pgettext(context, message,
 * plural_message=None, count=None), format_date(date, gmt_offset=0, relative=True, shorter=False,
 * full_format=False), format_day(date, gmt_offset=0, dow=True), list(parts), friendly_number(n).
 * Dates are Unix times, datetime objects or texts in ISO form, without a zone UTC. Borrowed for the
 * rendering. */
GALE_API int gale_locale_value(gale_rendering *r, gale_value *out, const gale_locale *locale);

/* The names locale, _ and pgettext for templates without a handler: of a gale_namespace whose
 * context is the gale_locale. Static. */
GALE_API const gale_name *gale_locale_names(void);

GALE_END_DECLS

#endif

/* template.h - Tornado's template language: loaders, templates, rendering (tornado.template).
 *
 * The language is described in docs/templates.md. A template is compiled once, is read-only then,
 * and may be rendered by any number of threads at a time. Nothing here needs HTTP or a loop:
 *
 *     gale_loader *loader = gale_loader_new("templates", NULL);
 *     gale_template_error error;
 *     char *page = gale_loader_generate(loader, "hello.html", json_pack("{s:s}", "name", "you"),
 *                                       NULL, &error);
 *
 *     if (!page)
 *         fputs(error.report, stderr);
 *
 * Names in templates are looked up when they are first used: among what the template itself has
 * set, then in the gale_namespace and what follows it, in the loader's, then in the language's own
 * (len, range, escape …).
 *
 * A template can neither reach the file system nor run code that was not registered; its steps,
 * depth, memory and output are limited. Failures are codes, with all that is known about them in a
 * gale_template_error of the caller: GALE_EINVAL (an error in the template, an exception that
 * nobody caught), GALE_ENOTFOUND (no such template), GALE_ETOOBIG (a limit), -ENOMEM, or the code
 * that a registered function returned.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TEMPLATE_H
#define GALE_TEMPLATE_H

#include <gale/base.h>
#include <gale/error.h>
#include <gale/value.h>

GALE_BEGIN_DECLS

struct gale_template_program; /* <gale/template_runtime.h> */

typedef struct gale_template gale_template;
typedef struct gale_loader gale_loader;

/* What went wrong. The caller's; filled on failure, all zero else. */
typedef struct gale_template_error {
    int code;          /* what the call returned, or would have */
    int line, column;  /* of the template, from 1, the column in characters; 0: unknown */
    char name[128];    /* of the template; cut */
    char message[384]; /* in one line, for example "NameError: name 'titel' is not defined at
                          entry.html:3 (via blog.html:12)" */
    char report[2048]; /* the message, the source line with a caret below, and what else helps
                          (which names exist), in lines that end with \n; cut */
} gale_template_error;

/* Bounds on one rendering with those within it, and on one template. 0: the default.
 * GALE_UNLIMITED: none. */
typedef struct gale_template_limits {
    int64_t max_steps;  /* turns of loops, calls, items worked on by functions; 10 million */
    int64_t max_depth;  /* calls within calls, values within values; default and at most 100 */
    int64_t max_output; /* bytes; 64 MiB */
    int64_t max_memory; /* bytes of values made on the way; 64 MiB */
    int64_t max_source; /* bytes of a template's text; 16 MiB */
} gale_template_limits;

/* Where names come from: layers, asked in turn. The struct and what it points at are borrowed for
 * the rendering. */
typedef struct gale_namespace {
    struct json_t *values;             /* an object: its members are names; or NULL */
    const gale_name *names;            /* ended by { 0 }, or NULL; asked after values */
    void *context;                     /* gale_call.context for functions out of names */
    const struct gale_namespace *next; /* asked then; or NULL */
} gale_namespace;

/* A group of functions for {% import name %} and {% from name import function %}. The language
 * itself brings math and datetime. */
typedef struct gale_template_module {
    const char *name; /* may have dots */
    const gale_name *names;
    void *context;
} gale_template_module;

/* How templates are compiled and rendered. Zero is the default; grows at its end; copied, but what
 * pointers point at is borrowed as long as the loader or template lives. */
typedef struct gale_template_options {
    /* What {{ }} applies: NULL "xhtml_escape", "None" nothing, the name of a function, or
     * "contextual": by what surrounds it (HTML text, attribute, URL, script, style). A template's
     * {% autoescape %} says otherwise for its own text. A name may have dots; loaders and
     * gale_template_new() refuse what is none, and whitespace that is no mode. */
    const char *autoescape;
    const char *whitespace;      /* "all", "single", "oneline"; NULL: "single" for names that
                                    end in .html or .js, else "all" */
    const gale_namespace *names; /* below those of each rendering */
    const gale_template_module *const *modules; /* NULL-terminated */
    gale_template_limits limits;
    int compiled_cache; /* GALE_OFF: a loader looks at each use whether a file has changed */
} gale_template_options;

/* --- output ------------------------------------------------------------------------- */

/* Where output goes: len of cap bytes at data are filled. grow makes room for need more bytes (it
 * may move data) or fails. */
typedef struct gale_template_out {
    char *data;
    size_t len, cap;
    int (*grow)(struct gale_template_out *out, size_t need);
    void *context; /* of grow */
} gale_template_out;

/* Appends bytes. 0 or what grow returned. */
GALE_API int gale_template_write(gale_template_out *out, const void *data, size_t size);

/* --- templates ---------------------------------------------------------------------- */

/* Compiles a text. name is for messages and for the whitespace mode; NULL "<string>". loader, or
 * NULL, is where what it includes and extends comes from; options NULL: the loader's. The caller's
 * reference. NULL with *error filled. error may be NULL: gale_strerror() has the message then. */
GALE_API GALE_MUST_USE gale_template *gale_template_new(gale_str text, const char *name,
                                                        gale_loader *loader,
                                                        const gale_template_options *options,
                                                        gale_template_error *error);

/* Gives a reference up. NULL is allowed. */
GALE_API void gale_template_unref(gale_template *t);

/* Its name, as it was loaded. */
GALE_API const char *gale_template_name(const gale_template *t);

/* May wait as the functions it calls do. Renders into out; names may be NULL. What was written
 * before a failure stays in out. 0 or a code. */
GALE_API int gale_template_render(gale_template *t, const gale_namespace *names,
                                  gale_template_out *out, gale_template_error *error);

/* May wait, as above. The rendering as a NUL-terminated heap text for free(); its length in *len,
 * which may be NULL. Takes values (an object, or NULL) over, also on failure. */
GALE_API GALE_MUST_USE char *gale_template_generate(gale_template *t, struct json_t *values,
                                                    size_t *len, gale_template_error *error);

/* Text as a whitespace mode leaves it, in text's own memory: "all", "single", "oneline". Gives the
 * length; GALE_EINVAL for another mode. */
GALE_API int gale_filter_whitespace(const char *mode, char *text, size_t len);

/* --- loaders ------------------------------------------------------------------------ */

/* Templates of a directory (relative: to the program's). A name is a path below it and cannot lead
 * out, by "..", as an absolute path or through symbolic links; in a template it is relative to the
 * template's own directory, or to the root when it begins with a slash. Thread-safe. NULL: the
 * directory cannot be opened or an option is unusable (gale_strerror tells), or out of memory. */
GALE_API GALE_MUST_USE gale_loader *gale_loader_new(const char *root,
                                                    const gale_template_options *options);

/* Templates in memory: names and texts, copied; ended by a NULL name. (DictLoader) */
typedef struct gale_template_text {
    const char *name;
    const char *text; /* NUL-terminated UTF-8 */
} gale_template_text;
GALE_API GALE_MUST_USE gale_loader *gale_dict_loader_new(const gale_template_text *texts,
                                                         const gale_template_options *options);

/* Templates compiled into the program by "gale template compile DIR -o templates.c": an array that
 * ends with NULL, borrowed. Autoescape and whitespace were decided when it was made. NULL: made for
 * another version of the runtime (the detail says which). */
GALE_API GALE_MUST_USE gale_loader *gale_compiled_loader_new(
    const struct gale_template_program *const *programs, const gale_template_options *options);

/* Another engine behind the same calls. Each gets arg. */
typedef struct gale_template_engine {
    /* May wait. What render gets for a name: GALE_ENOTFOUND and other codes with *error filled as
     * far as is known (message at least). Called for each use: caching is its business. */
    int (*load)(void *arg, const char *name, void **out, gale_template_error *error);
    /* May wait. */
    int (*render)(void *arg, void *loaded, const gale_namespace *names, gale_template_out *out,
                  gale_template_error *error);
    void (*unload)(void *arg, void *loaded); /* after render; may be NULL */
    void (*reset)(void *arg);                /* forget what is cached; may be NULL */
    void (*free)(void *arg);                 /* with the loader; may be NULL */
} gale_template_engine;
/* The struct is copied. NULL: a function is missing, or out of memory; arg is not freed then. */
GALE_API GALE_MUST_USE gale_loader *gale_engine_loader_new(const gale_template_engine *engine,
                                                           void *arg);

/* For engines: the value of a name as JSON, lazy ones computed. A new reference in *out.
 * GALE_ENOTFOUND; GALE_EINVAL for what has no JSON form (functions, objects). */
GALE_API int gale_namespace_get(const gale_namespace *names, const char *name, struct json_t **out);
/* Each name there is, once for each place it is in, until fn gives nonzero. */
GALE_API void gale_namespace_each(const gale_namespace *names,
                                  int (*fn)(void *arg, const char *name), void *arg);

/* The template of a name, compiled at its first use; a reference for the caller. NULL with *error
 * filled. GALE_ESTATE for a loader of another engine. */
GALE_API GALE_MUST_USE gale_template *gale_loader_load(gale_loader *loader, const char *name,
                                                       gale_template_error *error);

/* Load and render in one, for every kind of loader. May wait, as above. */
GALE_API int gale_loader_render(gale_loader *loader, const char *name, const gale_namespace *names,
                                gale_template_out *out, gale_template_error *error);
GALE_API GALE_MUST_USE char *gale_loader_generate(gale_loader *loader, const char *name,
                                                  struct json_t *values, size_t *len,
                                                  gale_template_error *error);

/* Compiles all that there is below the root with these endings (NULL: .html .xml .txt .js .css
 * .svg; in memory all) and tells of each error once; nothing is kept. Behind an error it goes on
 * with the next tag, so that all errors of a file (but at most 1000) are told, by line and column;
 * of those that may be there only because of another nothing is said, and none is found behind a
 * tag without its }} or %}. Errors in what templates include are told as those of the file they are
 * in; where only the including template makes them errors, at the end. Files and directories whose
 * names begin with a dot are left out. The number of templates, or a failure to read. What "gale
 * template check" does. */
GALE_API int gale_loader_check(gale_loader *loader, const char *const *endings,
                               void (*tell)(void *arg, const gale_template_error *error), void *arg,
                               int *n_errors);

/* Forgets what is cached: the next use reads and compiles again. */
GALE_API void gale_loader_reset(gale_loader *loader);

/* Templates that are still referenced live on. NULL is allowed. */
GALE_API void gale_loader_free(gale_loader *loader);

GALE_END_DECLS

#endif

/* templates.c - what the settings say of templates: the application's loaders and modules. */
/* SPDX-License-Identifier: MIT */
#include "web/templates.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/context.h"
#include "web/embedded.h"

/* What the settings say, for a loader that the library makes. */
static gale_template_options options_of(const gale_settings *s)
{
    return (gale_template_options){
        .autoescape = s->autoescape,
        .whitespace = s->template_whitespace,
        .modules = s->template_modules,
        .limits = s->template_limits,
        .compiled_cache = s->compiled_template_cache,
    };
}

void gale__loader_expect(void)
{
    gale_err(-ENOMEM, "out of memory");
}

int gale__loader_failed(const char *setting)
{
    int code = gale__error_code() < 0 ? gale__error_code() : GALE_EINVAL;
    char why[160];

    snprintf(why, sizeof(why), "%s", gale_strerror(code));
    return gale_err(code, "%s: %s", setting, why);
}

int gale__loader_open(const gale_settings *s, const char *path, gale_loader **out)
{
    gale_template_options options = options_of(s);
    const struct gale_template_program *const *embedded = gale__embedded_templates(path);

    gale__loader_expect();
    *out = embedded ? gale_compiled_loader_new(embedded, &options)
                    : gale_loader_new(path ? path : ".", &options);
    return *out ? 0 : gale__loader_failed("template_path");
}

/* --- with the application ------------------------------------------------------------- */

void gale__templates_init(struct gale__templates *t)
{
    pthread_mutex_init(&t->lock, NULL);
}

static int open_compiled(const gale_settings *s, gale_loader **out)
{
    gale_template_options options = options_of(s);

    gale__loader_expect();
    *out = gale_compiled_loader_new(s->compiled_templates, &options);
    return *out ? 0 : gale__loader_failed("compiled_templates");
}

/* A path that was given is to be there from the start; the program's directory is, unless nothing
 * is rendered, opened when something is. */
static int open_first(struct gale__templates *t, const gale_settings *s, struct gale__arena *arena)
{
    struct gale__app_loader *first = gale__arena_zalloc(arena, sizeof(*first));
    int r;

    if (!first)
        return -ENOMEM;
    first->path = s->template_path;
    r = gale__loader_open(s, s->template_path, &first->loader);
    if (r >= 0)
        t->first = first;
    return r;
}

int gale__templates_fill(struct gale__templates *t, const gale_settings *s,
                         struct gale__arena *arena)
{
    int r = gale__ui_classes(s->ui_modules, arena, &t->ui_classes);

    t->all.is_given = t->all.loader != NULL;
    if (r >= 0 && s->compiled_templates)
        r = open_compiled(s, &t->all.loader);
    else if (r >= 0 && s->template_path && !s->template_loader)
        r = open_first(t, s, arena);
    return r;
}

void gale__templates_deinit(struct gale__templates *t)
{
    gale_loader_free(t->all.loader);
    if (t->first)
        gale_loader_free(t->first->loader);
    for (struct gale__app_loader *l = t->others; l; l = l->next)
        gale_loader_free(l->loader);
    pthread_mutex_destroy(&t->lock);
}

void gale__templates_drop(const gale_settings *settings, size_t size)
{
    size_t end = offsetof(gale_settings, template_loader) + sizeof(settings->template_loader);

    if (settings && size >= end)
        gale_loader_free(settings->template_loader);
}

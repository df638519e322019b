/* templates.c - an application's loaders: of its settings, of paths that classes give. */
/* SPDX-License-Identifier: MIT */
#include "web/templates.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/context.h"
#include "web/handler.h"

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

/* Before a call that gives NULL and stores why. */
static void expect_detail(void)
{
    gale_err(-ENOMEM, "out of memory");
}

/* After it: what it stored, with the setting that asked for the loader in front. */
static int no_loader(const char *setting)
{
    int code = gale__error_code() < 0 ? gale__error_code() : GALE_EINVAL;
    char why[160];

    snprintf(why, sizeof(why), "%s", gale_strerror(code));
    return gale_err(code, "%s: %s", setting, why);
}

static int open_directory(const gale_settings *s, const char *path, gale_loader **out)
{
    gale_template_options options = options_of(s);

    expect_detail();
    *out = gale_loader_new(path ? path : ".", &options);
    return *out ? 0 : no_loader("template_path");
}

/* --- with the application ------------------------------------------------------------- */

void gale__templates_init(struct gale__templates *t)
{
    pthread_mutex_init(&t->lock, NULL);
}

static int open_compiled(const gale_settings *s, gale_loader **out)
{
    gale_template_options options = options_of(s);

    expect_detail();
    *out = gale_compiled_loader_new(s->compiled_templates, &options);
    return *out ? 0 : no_loader("compiled_templates");
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
    r = open_directory(s, s->template_path, &first->loader);
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

/* --- with a request ------------------------------------------------------------------- */

struct wanted {
    gale_loader *(*make)(gale_handler *self, const char *path);
    const char *path; /* NULL: the program's directory */
};

static bool is_same_path(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* What the handler's class says counts while its own application's code runs. */
static struct wanted want(gale_handler *self)
{
    const gale_handler_class *hooks = &self->cls->hooks;
    struct wanted w = { NULL, NULL };

    if (self->app == self->route->app) {
        w.make = hooks->create_template_loader;
        w.path = hooks->get_template_path ? hooks->get_template_path(self) : NULL;
    }
    if (!w.path)
        w.path = self->app->settings.template_path;
    return w;
}

static struct gale__app_loader *look(struct gale__templates *t, const struct wanted *w)
{
    struct gale__app_loader *l = t->first;

    if (l && !w->make && is_same_path(l->path, w->path))
        return l;
    for (l = t->others; l; l = l->next)
        if (l->make == w->make && is_same_path(l->path, w->path))
            return l;
    return NULL;
}

static int open_loader(gale_handler *self, const struct wanted *w, gale_loader **out)
{
    if (!w->make)
        return open_directory(&self->app->settings, w->path, out);
    expect_detail();
    *out = w->make(self, w->path ? w->path : ".");
    return *out ? 0 : no_loader("create_template_loader");
}

static struct gale__app_loader *make_entry(struct gale__arena *arena, const struct wanted *w)
{
    struct gale__app_loader *l = gale__arena_zalloc(arena, sizeof(*l));

    if (!l || (w->path && !(l->path = gale__arena_strndup(arena, w->path, strlen(w->path)))))
        return NULL;
    l->make = w->make;
    l->is_given = w->make != NULL;
    return l;
}

/* Makes the loader of a path that none was made for. The lock is held. */
static int add(gale_handler *self, const struct wanted *w, struct gale__app_loader **out)
{
    struct gale__templates *t = &self->app->templates;
    struct gale__app_loader *l;
    gale_loader *loader;
    int r = open_loader(self, w, &loader);

    if (r < 0)
        return r;
    l = make_entry(&self->app->arena, w);
    if (!l) {
        gale_loader_free(loader);
        return -ENOMEM;
    }
    *out = l;
    l->loader = loader;
    if (!l->make && !t->first && is_same_path(w->path, self->app->settings.template_path)) {
        __atomic_store_n(&t->first, l, __ATOMIC_RELEASE);
        return 0;
    }
    l->next = t->others;
    t->others = l;
    return 0;
}

int gale__templates_find(gale_handler *self, const struct gale__app_loader **out)
{
    struct gale__templates *t = &self->app->templates;
    struct wanted w = want(self);
    struct gale__app_loader *l = __atomic_load_n(&t->first, __ATOMIC_ACQUIRE);
    int r = 0;

    if (!w.make && t->all.loader)
        l = &t->all;
    else if (!l || w.make || !is_same_path(l->path, w.path))
        l = NULL;
    if (!l) {
        pthread_mutex_lock(&t->lock);
        l = look(t, &w);
        if (!l)
            r = add(self, &w, &l);
        pthread_mutex_unlock(&t->lock);
    }
    *out = l;
    return r;
}

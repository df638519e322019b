/* template_loader.c - which loader a request's templates come from. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "web/page.h"

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
        return gale__loader_open(&self->app->settings, w->path, out);
    gale__loader_expect();
    *out = w->make(self, w->path ? w->path : ".");
    return *out ? 0 : gale__loader_failed("create_template_loader");
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

int gale__template_loader(gale_handler *self, const struct gale__app_loader **out)
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

/* templates.h - what an application has for templates: its loaders and its UI modules.
 *
 * UI modules are read-only once the application is made. Loaders come with the first request that
 * needs them, under a lock; they live as long as the application.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_TEMPLATES_H
#define GALE_WEB_TEMPLATES_H

#include <pthread.h>

#include <gale/web.h>

#include "base/arena.h"

struct gale__app_loader {
    gale_loader *loader;
    bool is_given; /* by the application's code: gale knows nothing of its cache */
    gale_loader *(*make)(gale_handler *self, const char *path); /* of a class; NULL: the settings */
    const char *path;
    struct gale__app_loader *next;
};

/* A UI module, what it inherits filled in. */
struct gale__ui_class {
    gale_ui_module m;
    const struct gale__ui_class *next;
};

struct gale__templates {
    pthread_mutex_t lock;            /* of loaders */
    struct gale__app_loader all;     /* .template_loader or .compiled_templates: for each path */
    struct gale__app_loader *first;  /* the directory of .template_path; atomic */
    struct gale__app_loader *others; /* of classes' paths and hooks */
    const struct gale__ui_class *ui_classes;
};

/* template_settings.c: what the settings say of templates can be used: 0, or GALE_EINVAL. */
int gale__template_settings_check(const gale_settings *settings) GALE_MUST_USE;

void gale__templates_init(struct gale__templates *t);

/* Of a new application whose settings are in effect; all.loader is their .template_loader, arena
 * the application's. Failures tell which setting is unusable. */
int gale__templates_fill(struct gale__templates *t, const gale_settings *settings,
                         struct gale__arena *arena) GALE_MUST_USE;
void gale__templates_deinit(struct gale__templates *t);

/* Frees what gale_app_new() takes over with its settings, of which the caller knows size bytes: it
 * has failed before the application had them. */
void gale__templates_drop(const gale_settings *settings, size_t size);

/* The loader of a directory by the settings: 0, or a failure that names template_path. */
int gale__loader_open(const gale_settings *settings, const char *path,
                      gale_loader **out) GALE_MUST_USE;

/* Around a call that gives a loader, or NULL and stores why: before it; after NULL the code, with
 * the setting that asked for it in front of the text. */
void gale__loader_expect(void);
int gale__loader_failed(const char *setting);

/* ui_class.c: the modules of a NULL-terminated list, and the ones every application has behind
 * them. 0 with *out, or a failure that names the module. */
int gale__ui_classes(const gale_ui_module *const *list, struct gale__arena *arena,
                     const struct gale__ui_class **out) GALE_MUST_USE;

#endif

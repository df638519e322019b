/* loader.c - what all kinds of loaders have: names, the cache, loading and rendering by name.
 * See loader.h. */
/* SPDX-License-Identifier: MIT */
#include "template/loader.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <gale/json.h>

#include "base/alloc.h"
#include "base/beneath.h"
#include "base/str.h"

/* --- names --- */

static int check_name(gale_str name)
{
    if (!name.len)
        return gale_err(GALE_EINVAL, "the name of a template is empty");
    if (memchr(name.ptr, 0, name.len))
        return gale_err(GALE_EINVAL, "the name of a template has a NUL in it");
    return 0;
}

/* Of a parent that lies below the root; 0 for what has no place there. */
static size_t directory_of(const char *parent)
{
    const char *slash = parent && parent[0] != '<' ? strrchr(parent, '/') : NULL;

    return slash ? (size_t)(slash - parent) + 1 : 0;
}

int gale__loader_resolve(const gale_loader *loader, gale_str name, const char *parent,
                         char out[GALE__TEMPLATE_NAME])
{
    char joined[GALE__TEMPLATE_NAME];
    size_t dir_len = name.len && name.ptr[0] == '/' ? 0 : directory_of(parent);
    bool is_dir;
    int len, r = check_name(name);

    if (r < 0)
        return r;
    if (name.len >= sizeof(joined) || dir_len + name.len >= sizeof(joined))
        return gale_err(GALE_EINVAL, "the name of a template is longer than %zu bytes",
                        sizeof(joined) - 1);
    if (dir_len)
        memcpy(joined, parent, dir_len);
    memcpy(joined + dir_len, name.ptr, name.len);
    joined[dir_len + name.len] = 0;
    len = gale__plain_path(joined, out, &is_dir);
    if (len < 0)
        return gale_err(GALE_EINVAL, "template '%.*s' would lie outside of %s", (int)name.len,
                        name.ptr, loader->where);
    if (is_dir)
        return gale_err(GALE_ENOTFOUND, "template '%.*s' not found in %s", (int)name.len, name.ptr,
                        loader->where);
    return len;
}

/* --- life --- */

int gale__loader_init(gale_loader *loader, const struct gale__loader_ops *ops,
                      const gale_template_options *options, const char *where)
{
    int r = options ? gale__template_check_options(options) : 0;

    if (r < 0)
        return r;
    loader->ops = ops;
    if (options)
        loader->options = *options;
    loader->where = where;
    return -pthread_mutex_init(&loader->lock, NULL);
}

void gale_loader_reset(gale_loader *loader)
{
    struct gale__map old;
    const struct gale__map_slot *slot;
    size_t i = 0;

    if (loader->engine.render) {
        if (loader->engine.reset)
            loader->engine.reset(loader->engine_arg);
        return;
    }
    pthread_mutex_lock(&loader->lock);
    old = loader->cache;
    loader->cache = (struct gale__map){ 0 };
    loader->n_resets++;
    pthread_mutex_unlock(&loader->lock);
    while ((slot = gale__map_next(&old, &i)))
        gale_template_unref(slot->value);
    gale__map_deinit(&old);
}

void gale__loader_deinit(gale_loader *loader)
{
    if (!loader->engine.render)
        gale_loader_reset(loader);
    pthread_mutex_destroy(&loader->lock);
}

void gale_loader_free(gale_loader *loader)
{
    if (loader)
        loader->ops->free(loader);
}

/* --- loading --- */

static gale_template *ref(gale_template *t)
{
    if (t)
        __atomic_add_fetch(&t->refs, 1, __ATOMIC_RELAXED);
    return t;
}

static gale_template *find(gale_loader *loader, gale_str name, unsigned *n_resets)
{
    gale_template *t;

    pthread_mutex_lock(&loader->lock);
    t = ref(gale__map_get(&loader->cache, name));
    *n_resets = loader->n_resets;
    pthread_mutex_unlock(&loader->lock);
    if (!t || loader->options.compiled_cache >= 0 || !loader->ops->has_changed ||
        !loader->ops->has_changed(loader, t->stamps))
        return t;
    gale_template_unref(t);
    return NULL;
}

/* Puts t into the cache, for which it takes a reference, in place of an older one. The lock is
 * held. */
static int put(gale_loader *loader, gale_template *t)
{
    gale_template *old = gale__map_remove(&loader->cache, gale__str(t->name));

    gale_template_unref(old);
    if (gale__map_set(&loader->cache, gale__str(t->name), t) < 0)
        return -ENOMEM;
    ref(t);
    return 0;
}

/* What another thread has made meanwhile counts, so that all get the same one. */
static int keep(gale_loader *loader, gale_template **t, unsigned n_resets)
{
    gale_template *made = *t, *theirs = NULL;
    int r = 0;

    pthread_mutex_lock(&loader->lock);
    if (loader->n_resets == n_resets) {
        if (loader->options.compiled_cache >= 0)
            theirs = ref(gale__map_get(&loader->cache, gale__str(made->name)));
        if (!theirs)
            r = put(loader, made);
    }
    pthread_mutex_unlock(&loader->lock);
    if (theirs) {
        *t = theirs;
        gale_template_unref(made);
    }
    return r;
}

static int make_program(gale_loader *loader, const char *name, gale_template **out,
                        gale_template_error *error)
{
    const gale_template_program *program = loader->ops->program(loader, gale__str(name));
    int r;

    if (!program)
        return gale__template_fail(error, GALE_ENOTFOUND, name, "template '%s' not found in %s",
                                   name, loader->where);
    r = gale__template_of_program(program, &loader->options, out);
    return r < 0 ? gale__template_fail(error, r, name, "template '%s': out of memory", name) : 0;
}

/* The file itself is a stamp like those of what it includes. */
static int add_stamp(gale_template *t, const struct gale__source_stamp *stamp)
{
    struct gale__source_stamp *own = gale__arena_alloc(&t->arena, sizeof(*own));

    if (!own)
        return -ENOMEM;
    *own = *stamp;
    own->name = t->name;
    own->next = t->stamps;
    t->stamps = own;
    return 0;
}

static int make_text(gale_loader *loader, const char *name, struct gale__arena *scratch,
                     gale_template **out, gale_template_error *error)
{
    struct gale__source_stamp stamp = { 0 };
    gale_str text;
    int r = loader->ops->read(loader, name, gale__template_max_source(&loader->options), scratch,
                              &text, &stamp);

    if (r < 0)
        return gale__template_fail(error, r, name, "%s", gale_strerror(r));
    r = gale__template_make(text, name, loader, &loader->options, out, error);
    if (r < 0)
        return r;
    r = add_stamp(*out, &stamp);
    if (r < 0)
        gale_template_unref(*out);
    return r < 0 ? gale__template_fail(error, r, name, "template '%s': out of memory", name) : 0;
}

int gale__loader_make(gale_loader *loader, const char *name, gale_template **out,
                      gale_template_error *error)
{
    struct gale__arena scratch = { 0 };
    int r;

    if (loader->ops->program)
        return make_program(loader, name, out, error);
    r = make_text(loader, name, &scratch, out, error);
    gale__arena_reset(&scratch);
    return r;
}

static __attribute__((noinline)) gale_template *load_untold(gale_loader *loader, const char *name)
{
    gale_template_error error;

    return gale_loader_load(loader, name, &error);
}

gale_template *gale_loader_load(gale_loader *loader, const char *name, gale_template_error *error)
{
    char full[GALE__TEMPLATE_NAME];
    gale_template *t;
    unsigned n_resets;
    int r;

    if (!error)
        return load_untold(loader, name);
    gale__template_error_clear(error);
    if (loader->engine.render) {
        gale__template_fail(error, GALE_ESTATE, name,
                            "template '%s' belongs to another engine: gale_loader_render()", name);
        return NULL;
    }
    t = find(loader, gale__str(name), &n_resets);
    if (t)
        return t;
    r = gale__loader_resolve(loader, gale__str(name), NULL, full);
    if (r < 0) {
        gale__template_fail(error, r, name, "%s", gale_strerror(r));
        return NULL;
    }
    t = strcmp(full, name) == 0 ? NULL : find(loader, gale__str(full), &n_resets);
    if (t)
        return t;
    r = gale__loader_make(loader, full, &t, error);
    if (r < 0)
        return NULL;
    r = keep(loader, &t, n_resets);
    if (r >= 0)
        return t;
    gale__template_fail(error, r, name, "template '%s': out of memory", name);
    gale_template_unref(t);
    return NULL;
}

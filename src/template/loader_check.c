/* loader_check.c - compiles all templates of a loader, to tell what is wrong with them. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "template/loader.h"

struct check {
    gale_loader *loader;
    const char *const *endings; /* NULL: all */
    void (*tell)(void *arg, const gale_template_error *error);
    void *arg;
    struct gale__map told; /* "NAME:LINE:COLUMN" of what was told: an error in a file that many
                              include is one */
    struct gale__arena arena;
    int n_errors;
};

const char *const gale__template_endings[] = {
    ".html", ".xml", ".txt", ".js", ".css", ".svg", NULL
};

bool gale__template_has_ending(const char *name, const char *const *endings)
{
    for (; *endings; endings++)
        if (gale__str_ends_with(gale__str(name), gale__str(*endings)))
            return true;
    return false;
}

static int tell(struct check *c, const gale_template_error *error)
{
    char *place = gale__arena_printf(&c->arena, "%s:%d:%d", error->name, error->line,
                                     error->column);
    int is_new = place ? gale__map_set(&c->told, gale__str(place), place) : -ENOMEM;

    if (is_new <= 0)
        return is_new;
    c->n_errors++;
    if (c->tell)
        c->tell(c->arg, error);
    return 0;
}

static int check_one(struct check *c, const char *name)
{
    gale_template_error error = { 0 };
    gale_template *t;
    int r = gale__loader_make(c->loader, name, &t, &error);

    if (r >= 0) {
        gale_template_unref(t);
        return 0;
    }
    return r == -ENOMEM ? r : tell(c, &error);
}

static int check_all(struct check *c)
{
    const char *const *names;
    int n = c->loader->ops->list(c->loader, &c->arena, &names);
    int r = n < 0 ? n : 0, n_checked = 0;

    for (int i = 0; r >= 0 && i < n; i++) {
        if (c->endings && !gale__template_has_ending(names[i], c->endings))
            continue;
        r = check_one(c, names[i]);
        n_checked++;
    }
    return r < 0 ? r : n_checked;
}

int gale_loader_check(gale_loader *loader, const char *const *endings,
                      void (*tell_error)(void *arg, const gale_template_error *error), void *arg,
                      int *n_errors)
{
    struct check c = { .loader = loader, .endings = endings, .tell = tell_error, .arg = arg };
    int r;

    if (n_errors)
        *n_errors = 0;
    if (!loader->ops->list)
        return gale_err(GALE_ESTATE, "templates of another engine cannot be checked");
    if (!endings && loader->ops->has_changed)
        c.endings = gale__template_endings;
    r = check_all(&c);
    gale__map_deinit(&c.told);
    gale__arena_reset(&c.arena);
    if (n_errors)
        *n_errors = c.n_errors;
    if (r == -ENOMEM)
        gale_err(r, "out of memory");
    return r;
}

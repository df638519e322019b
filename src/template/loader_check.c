/* loader_check.c - compiles all templates of a loader, to tell what is wrong with them. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "template/loader.h"

/* An error that is kept until it is told. */
struct found {
    gale_template_error error;
    struct found *next;
};

struct check {
    gale_loader *loader;
    const char *const *endings; /* NULL: all */
    void (*tell)(void *arg, const gale_template_error *error);
    void *arg;
    struct gale__map told; /* "NAME:LINE:COLUMN" of what was told: an error in a file that many
                              include is one; and "NAME:0:0", so that a file of which something is
                              told is not said to be unreadable as well */
    struct gale__arena arena;
    int n_errors;

    const char *name;    /* of the template at hand */
    struct found *found; /* its own errors, by line and column */
    struct gale__arena found_arena;
    struct found *others, **last_other; /* met in what others include and extend: told at the end,
                                           if those files alone did not have them */
    struct gale__map known_others;
    int code;
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

static int mark(struct check *c, struct gale__map *map, const char *name, int line, int column)
{
    char *place = gale__arena_printf(&c->arena, "%s:%d:%d", name, line, column);

    return place ? gale__map_set(map, gale__str(place), place) : -ENOMEM;
}

static int tell(struct check *c, const gale_template_error *error)
{
    int is_new = mark(c, &c->told, error->name, error->line, error->column);

    if (is_new <= 0)
        return is_new;
    c->n_errors++;
    if (c->tell)
        c->tell(c->arg, error);
    is_new = mark(c, &c->told, error->name, 0, 0);
    return is_new < 0 ? is_new : 0;
}

static int tell_all(struct check *c, const struct found *found)
{
    int r = 0;

    for (; found && r == 0; found = found->next)
        r = tell(c, &found->error);
    return r;
}

/* --- finding ---- */

static struct found *copy(struct gale__arena *arena, const gale_template_error *error)
{
    struct found *found = gale__arena_alloc(arena, sizeof(*found));

    if (found)
        *found = (struct found){ *error, NULL };
    return found;
}

/* Errors have the begin of a long name. */
static bool is_own(const struct check *c, const gale_template_error *error)
{
    size_t len = strlen(error->name);

    return strncmp(c->name, error->name, len) == 0 &&
           (!c->name[len] || len + 4 >= sizeof(error->name));
}

static bool is_before(const gale_template_error *a, const gale_template_error *b)
{
    return a->line < b->line || (a->line == b->line && a->column < b->column);
}

static int keep_own(struct check *c, const gale_template_error *error)
{
    struct found *found = copy(&c->found_arena, error), **at = &c->found;

    if (!found)
        return -ENOMEM;
    while (*at && !is_before(error, &(*at)->error))
        at = &(*at)->next;
    found->next = *at;
    *at = found;
    return 0;
}

static int keep_other(struct check *c, const gale_template_error *error)
{
    int is_new = mark(c, &c->known_others, error->name, error->line, error->column);
    struct found *found;

    if (is_new <= 0)
        return is_new;
    found = copy(&c->arena, error);
    if (!found)
        return -ENOMEM;
    *c->last_other = found;
    c->last_other = &found->next;
    return 0;
}

static void note(void *check, const gale_template_error *error)
{
    struct check *c = check;

    if (c->code == 0)
        c->code = is_own(c, error) ? keep_own(c, error) : keep_other(c, error);
}

/* --- checking ---- */

static int check_text(struct check *c, struct gale__arena *arena)
{
    const struct gale__tell how = { note, c };
    struct gale__source_stamp stamp = { 0 };
    gale_template_error error;
    gale_str text;
    int r = c->loader->ops->read(c->loader, c->name, gale__template_max_source(&c->loader->options),
                                 arena, &text, &stamp);

    if (r >= 0)
        return gale__template_check_text(text, c->name, c->loader, &how);
    if (r == -ENOMEM)
        return r;
    gale__template_fail(&error, r, c->name, "%s", gale_strerror(r));
    note(c, &error);
    return 0;
}

static int check_program(struct check *c)
{
    gale_template_error error = { 0 };
    gale_template *t;
    int r = gale__loader_make(c->loader, c->name, &t, &error);

    if (r >= 0)
        gale_template_unref(t);
    else if (r != -ENOMEM)
        note(c, &error);
    return r == -ENOMEM ? r : 0;
}

static int check_one(struct check *c, const char *name)
{
    struct gale__arena arena = { 0 };
    int r;

    c->name = name;
    c->found = NULL;
    c->found_arena = (struct gale__arena){ 0 };
    r = c->loader->ops->program ? check_program(c) : check_text(c, &arena);
    if (r == 0)
        r = c->code ? c->code : tell_all(c, c->found);
    gale__arena_reset(&c->found_arena);
    gale__arena_reset(&arena);
    return r;
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
    if (r >= 0)
        r = tell_all(c, c->others);
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
    c.last_other = &c.others;
    r = check_all(&c);
    gale__map_deinit(&c.told);
    gale__map_deinit(&c.known_others);
    gale__arena_reset(&c.arena);
    if (n_errors)
        *n_errors = c.n_errors;
    if (r == -ENOMEM)
        gale_err(r, "out of memory");
    return r;
}

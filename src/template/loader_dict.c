/* loader_dict.c - templates in memory: texts, and programs that are linked in.
 *
 * Both find what they have by its plain name; a text's name may be written in other ways. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gale/template_runtime.h>

#include "base/alloc.h"
#include "base/str.h"
#include "template/loader.h"

struct dictionary {
    gale_loader loader;       /* first */
    struct gale__map sources; /* full name to text (char *) or to gale_template_program */
    struct gale__arena arena; /* names and texts */
};

static void *find(gale_loader *loader, gale_str name)
{
    return gale__map_get(&((struct dictionary *)loader)->sources, name);
}

static int read_text(gale_loader *loader, const char *name, uint64_t max, struct gale__arena *arena,
                     gale_str *text, struct gale__source_stamp *stamp)
{
    const char *found = find(loader, gale__str(name));

    (void)arena;
    (void)stamp;
    if (!found)
        return gale_err(GALE_ENOTFOUND, "template '%s' not found in %s", name, loader->where);
    *text = gale__str(found);
    if (text->len > max)
        return gale_err(GALE_ETOOBIG, "template '%s' is larger than %llu bytes", name,
                        (unsigned long long)max);
    return 0;
}

static const gale_template_program *find_program(gale_loader *loader, gale_str name)
{
    return find(loader, name);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int list(gale_loader *loader, struct gale__arena *arena, const char *const **names)
{
    const struct gale__map *sources = &((struct dictionary *)loader)->sources;
    const char **all = gale__arena_alloc(arena, (sources->n + 1) * sizeof(*all));
    const struct gale__map_slot *slot;
    size_t i = 0, n = 0;

    if (!all)
        return -ENOMEM;
    while ((slot = gale__map_next(sources, &i)))
        all[n++] = slot->key.ptr; /* NUL-terminated */
    qsort(all, n, sizeof(*all), by_name);
    *names = all;
    return (int)n;
}

static void free_dictionary(gale_loader *loader)
{
    struct dictionary *d = (struct dictionary *)loader;

    gale__loader_deinit(loader);
    gale__map_deinit(&d->sources);
    gale__arena_reset(&d->arena);
    gale__free(d);
}

static const struct gale__loader_ops text_ops = {
    .read = read_text,
    .list = list,
    .free = free_dictionary,
};

static const struct gale__loader_ops program_ops = {
    .program = find_program,
    .list = list,
    .free = free_dictionary,
};

static int add_text(struct dictionary *d, const gale_template_text *text)
{
    char full[GALE__TEMPLATE_NAME];
    int len = gale__loader_resolve(&d->loader, gale__str(text->name), NULL, full);
    char *name, *copy;

    if (len < 0)
        return len;
    if (!text->text)
        return gale_err(GALE_EINVAL, "template '%s' has no text", text->name);
    name = gale__arena_strndup(&d->arena, full, (size_t)len);
    copy = gale__arena_strndup(&d->arena, text->text, strlen(text->text));
    if (!name || !copy)
        return -ENOMEM;
    return gale__map_set(&d->sources, (gale_str){ name, (size_t)len }, copy);
}

static int add_program(struct dictionary *d, const gale_template_program *program)
{
    if (program->version != GALE_TEMPLATE_RUNTIME)
        return gale_err(GALE_EINVAL,
                        "template '%s' was compiled for version %u of the runtime; this library "
                        "has %u: compile it again",
                        program->name, (unsigned)program->version, (unsigned)GALE_TEMPLATE_RUNTIME);
    return gale__map_set(&d->sources, gale__str(program->name), (void *)(uintptr_t)program);
}

/* NULL: a failure, whose detail is stored. */
static struct dictionary *new_dictionary(const struct gale__loader_ops *ops,
                                         const gale_template_options *options, const char *where)
{
    struct dictionary *d = gale__calloc(1, sizeof(*d));

    if (!d) {
        gale_err(-ENOMEM, "out of memory");
        return NULL;
    }
    if (gale__loader_init(&d->loader, ops, options, where) >= 0)
        return d;
    gale__free(d);
    return NULL;
}

static gale_loader *checked(struct dictionary *d, int r)
{
    if (r >= 0)
        return &d->loader;
    if (r == -ENOMEM)
        gale_err(r, "out of memory");
    free_dictionary(&d->loader);
    return NULL;
}

gale_loader *gale_dict_loader_new(const gale_template_text *texts,
                                  const gale_template_options *options)
{
    struct dictionary *d = new_dictionary(&text_ops, options, "the dictionary");
    int r = texts ? 0 : gale_err(GALE_EINVAL, "a loader needs an array of texts");

    for (; d && r >= 0 && texts->name; texts++)
        r = add_text(d, texts);
    return d ? checked(d, r) : NULL;
}

gale_loader *gale_compiled_loader_new(const struct gale_template_program *const *programs,
                                      const gale_template_options *options)
{
    struct dictionary *d = new_dictionary(&program_ops, options, "the compiled templates");
    int r = programs ? 0 : gale_err(GALE_EINVAL, "a loader needs an array of programs");

    for (; d && r >= 0 && *programs; programs++)
        r = add_program(d, *programs);
    return d ? checked(d, r) : NULL;
}

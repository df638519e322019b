/* translations.c - sets of translations: loading, reloading, which languages there are. See
 * translations.h. */
/* SPDX-License-Identifier: MIT */
#include "locale/translations.h"

#include <errno.h>
#include <gale/log.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/program.h"
#include "base/str.h"
#include "locale/code.h"
#include "locale/catalogue_files.h"
#include "locale/locale.h"

struct generation {
    struct generation *previous;
    struct gale__files files;
    const char **codes; /* of the locales, NULL-terminated */
    char *default_code; /* the codes of files are theirs */
    size_t n, by_default;
    struct gale_locale locales[];
};

struct gale_translations {
    struct gale__files_place place;
    struct generation *generation; /* the present one; atomic */
    struct gale__catalogue *catalogues;
    pthread_mutex_t lock; /* of what changes the set */
    bool was_context_ignored;
};

/* --- generations -------------------------------------------------------------------- */

static void generation_free(struct generation *g)
{
    if (!g)
        return;
    gale__files_deinit(&g->files);
    gale__free(g->codes);
    gale__free(g->default_code);
    gale__free(g);
}

static const struct generation *present(const gale_translations *t)
{
    return __atomic_load_n(&t->generation, __ATOMIC_ACQUIRE);
}

static int compare_locales(const void *a, const void *b)
{
    return strcmp(((const struct gale_locale *)a)->code, ((const struct gale_locale *)b)->code);
}

static const struct gale_locale *find(const struct generation *g, const char *code)
{
    size_t low = 0, high = g->n;

    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(code, g->locales[middle].code);

        if (order == 0)
            return &g->locales[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* What "pt_BR" and "sr@latin" have not: of "pt", "sr". */
static const struct gale__catalogue *fallback_of(const struct generation *g, const char *code)
{
    const struct gale_locale *language;
    size_t n = strcspn(code, "_@.");
    char name[GALE__CODE_MAX];

    if (!code[n] || n >= sizeof(name))
        return NULL;
    memcpy(name, code, n);
    name[n] = 0;
    language = find(g, name);
    return language ? language->catalogue : NULL;
}

static void add_locale(gale_translations *t, struct generation *g, const char *code,
                       const struct gale__catalogue *catalogue)
{
    struct gale_locale *locale = &g->locales[g->n++];

    gale__locale_init(locale, code);
    locale->catalogue = catalogue;
    locale->was_context_ignored = &t->was_context_ignored;
}

/* Sorts the locales and puts together what is about all of them. */
static void complete(gale_translations *t, struct generation *g)
{
    qsort(g->locales, g->n, sizeof(g->locales[0]), compare_locales);
    for (size_t i = 0; i < g->n; i++) {
        g->codes[i] = g->locales[i].code;
        if (t->place.domain)
            g->locales[i].fallback = fallback_of(g, g->locales[i].code);
    }
    g->by_default = (size_t)(find(g, g->default_code) - g->locales);
}

/* A generation of these files, which it takes over, and the default language. NULL: out of
 * memory. */
static struct generation *generation_new(gale_translations *t, struct gale__files *files,
                                         const char *default_code)
{
    struct generation *g = gale__calloc(1,
                                        sizeof(*g) + (files->n + 1) * sizeof(struct gale_locale));
    bool has_default = false;

    if (!g)
        return NULL;
    g->codes = gale__calloc(files->n + 2, sizeof(*g->codes));
    g->default_code = gale__strndup(default_code, strlen(default_code));
    if (!g->codes || !g->default_code) {
        generation_free(g);
        return NULL;
    }
    for (size_t i = 0; i < files->n; i++) {
        const struct gale__file *file = &files->items[i];

        if (!file->catalogue)
            continue;
        add_locale(t, g, file->code, file->catalogue);
        has_default |= strcmp(file->code, default_code) == 0;
    }
    if (!has_default)
        add_locale(t, g, g->default_code, NULL);
    complete(t, g);
    g->files = *files;
    *files = (struct gale__files){ 0 };
    return g;
}

/* Makes it the present one. */
static void publish(gale_translations *t, struct generation *g)
{
    g->previous = t->generation;
    __atomic_store_n(&t->generation, g, __ATOMIC_RELEASE);
}

static void log_codes(const struct generation *g)
{
    struct gale__buf buf;

    if (!gale_log_enabled(&gale_log_general, GALE_LOG_DEBUG))
        return;
    gale__buf_init(&buf, 4096);
    for (size_t i = 0; i < g->n; i++)
        (void)gale__buf_printf(&buf, "%s%s", i ? " " : "", g->codes[i]);
    gale_log(&gale_log_general, GALE_LOG_DEBUG, "Supported locales: %.*s", (int)buf.len,
             buf.len ? buf.ptr : "");
    gale__buf_deinit(&buf);
}

/* --- reading ------------------------------------------------------------------------ */

static const struct gale__file *find_file(const struct gale__files *files, const char *path)
{
    for (size_t i = 0; i < files->n; i++)
        if (strcmp(files->items[i].path, path) == 0)
            return &files->items[i];
    return NULL;
}

/* Takes a file's catalogue from the old one when it is the same, else reads it; one that has become
 * unusable keeps what it had. */
static int read_file(gale_translations *t, const struct gale__files *old, struct gale__file *file)
{
    const struct gale__file *before = find_file(old, file->path);
    struct gale__catalogue *catalogue;
    int r;

    file->catalogue = before ? before->catalogue : NULL;
    if (before && gale__file_is_same(before, file))
        return 0;
    catalogue = gale__file_read(&t->place, file, &r);
    if (!catalogue)
        return r;
    file->catalogue = catalogue;
    catalogue->next = t->catalogues;
    t->catalogues = catalogue;
    return 0;
}

static bool is_same(const struct gale__files *a, const struct gale__files *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (!gale__file_is_same(&a->items[i], &b->items[i]))
            return false;
    return true;
}

/* Looks at the directory and makes a generation when it is not as before: 1, 0, a failure. */
static int look(gale_translations *t)
{
    static const struct gale__files none;
    struct generation *before = t->generation, *g = NULL;
    const struct gale__files *old = before ? &before->files : &none;
    struct gale__files files;
    int r = gale__files_scan(&t->place, &files);

    if (r < 0)
        return r;
    if (before && is_same(old, &files)) {
        gale__files_deinit(&files);
        return 0;
    }
    for (size_t i = 0; i < files.n && r >= 0; i++)
        r = read_file(t, old, &files.items[i]);
    if (r >= 0)
        g = generation_new(t, &files, before ? before->default_code : gale__english.code);
    gale__files_deinit(&files);
    if (!g)
        return r < 0 ? r : gale_err(-ENOMEM, "translations: out of memory");
    publish(t, g);
    log_codes(g);
    return 1;
}

/* place is taken over. */
static gale_translations *load(struct gale__files_place *place, int r, int *error)
{
    gale_translations *t = r < 0 ? NULL : gale__calloc(1, sizeof(*t));

    if (t) {
        t->place = *place;
        pthread_mutex_init(&t->lock, NULL);
        r = look(t);
        if (r >= 0)
            return t;
        gale_translations_free(t);
    } else {
        gale__free(place->directory);
        gale__free(place->domain);
    }
    if (error)
        *error = r < 0 ? r : gale_err(-ENOMEM, "translations: out of memory");
    return NULL;
}

gale_translations *gale_load_translations(const char *directory, const char *encoding, int *error)
{
    int r = directory ? gale__encoding_parse(encoding)
                      : gale_err(GALE_EINVAL, "gale_load_translations: no directory");
    struct gale__files_place place = { .encoding = r < 0 ? GALE__ENCODING_DETECT : r };

    if (r >= 0) {
        place.directory = gale__program_path(directory, &r);
        if (!place.directory && r >= 0)
            r = -ENOMEM;
    }
    return load(&place, r, error);
}

gale_translations *gale__translations_empty(int *error)
{
    struct gale__files_place place = { 0 };

    return load(&place, 0, error);
}

gale_translations *gale_load_gettext_translations(const char *directory, const char *domain,
                                                  int *error)
{
    struct gale__files_place place = { 0 };
    int r = 0;

    if (!directory)
        return load(&place, gale_err(GALE_EINVAL, "gale_load_gettext_translations: no directory"),
                    error);
    if (!domain || !*domain || strchr(domain, '/'))
        r = gale_err(GALE_EINVAL, "gale_load_gettext_translations: '%s' is no domain",
                     domain ? domain : "");
    if (r >= 0) {
        place.directory = gale__program_path(directory, &r);
        place.domain = gale__strndup(domain, strlen(domain));
        if (r >= 0 && (!place.directory || !place.domain))
            r = -ENOMEM;
    }
    return load(&place, r, error);
}

void gale_translations_free(gale_translations *t)
{
    if (!t)
        return;
    for (struct generation *g = t->generation, *previous; g; g = previous) {
        previous = g->previous;
        generation_free(g);
    }
    for (struct gale__catalogue *c = t->catalogues, *next; c; c = next) {
        next = c->next;
        gale__catalogue_free(c);
    }
    pthread_mutex_destroy(&t->lock);
    gale__free(t->place.directory);
    gale__free(t->place.domain);
    gale__free(t);
}

int gale_translations_reload(gale_translations *t)
{
    int r;

    pthread_mutex_lock(&t->lock);
    r = look(t);
    pthread_mutex_unlock(&t->lock);
    return r;
}

/* --- which language ----------------------------------------------------------------- */

/* A copy of the files, with their catalogues. */
static int copy_files(const struct gale__files *files, struct gale__files *copy)
{
    *copy = (struct gale__files){ 0 };
    copy->items = gale__calloc(files->n + 1, sizeof(*copy->items));
    if (!copy->items)
        return -ENOMEM;
    for (; copy->n < files->n; copy->n++) {
        struct gale__file *file = &copy->items[copy->n];

        *file = files->items[copy->n];
        file->code = gale__strndup(file->code, strlen(file->code));
        file->path = gale__strndup(file->path, strlen(file->path));
        if (!file->code || !file->path) {
            copy->n++;
            gale__files_deinit(copy);
            return -ENOMEM;
        }
    }
    return 0;
}

/* The locale of that code, however its letters are written. */
static const struct gale_locale *find_alike(const struct generation *g, gale_str code)
{
    for (size_t i = 0; i < g->n; i++)
        if (gale__code_is_alike(gale__str(g->locales[i].code), code))
            return &g->locales[i];
    return NULL;
}

/* The locale of that code: as it is, in the form of codes, however its letters are written (gettext
 * knows "zh_Hans" and "sr_RS@latin"). */
static const struct gale_locale *find_code(const struct generation *g, gale_str code)
{
    char text[GALE__CODE_MAX];
    const struct gale_locale *l;

    if (!code.len || code.len >= sizeof(text))
        return NULL;
    memcpy(text, code.ptr, code.len);
    text[code.len] = 0;
    l = find(g, text);
    if (!l && gale__code_normalise(code, text))
        l = find(g, text);
    return l ? l : find_alike(g, code);
}

int gale_set_default_locale(gale_translations *t, const char *code)
{
    const struct gale_locale *known = code ? find_code(present(t), gale__str(code)) : NULL;
    char normal[GALE__CODE_MAX];
    struct gale__files files;
    struct generation *g = NULL;

    if (!known && (!code || !gale__code_normalise(gale__str(code), normal)))
        return gale_err(GALE_EINVAL, "gale_set_default_locale: '%s' is no code", code ? code : "");
    pthread_mutex_lock(&t->lock);
    if (copy_files(&t->generation->files, &files) >= 0) {
        g = generation_new(t, &files, known ? known->code : normal);
        gale__files_deinit(&files);
    }
    if (g)
        publish(t, g);
    pthread_mutex_unlock(&t->lock);
    return g ? 0 : gale_err(-ENOMEM, "gale_set_default_locale: out of memory");
}

const char *const *gale_get_supported_locales(gale_translations *t)
{
    return present(t)->codes;
}

const gale_locale *gale__default_locale(const gale_translations *t)
{
    const struct generation *g = t ? present(t) : NULL;

    return g ? &g->locales[g->by_default] : &gale__english;
}

const gale_locale *gale__closest(const gale_translations *t, gale_str code)
{
    char normal[GALE__CODE_MAX];
    const gale_locale *l;
    size_t n;

    l = t ? find_code(present(t), code) : NULL;
    if (l || !t || !gale__code_normalise(code, normal))
        return l;
    for (n = 0; normal[n] && normal[n] != '_'; n++)
        normal[n] = gale__lower(normal[n]);
    normal[n] = 0;
    return find(present(t), normal);
}

const gale_locale *gale_get_locale(gale_translations *t, const char *const *codes)
{
    const gale_locale *l = NULL;

    for (size_t i = 0; codes && codes[i] && !l; i++)
        l = gale__closest(t, gale__str(codes[i]));
    return l ? l : gale__default_locale(t);
}

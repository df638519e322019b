/* catalogue_files.c - finds and reads the files of a set of translations. See catalogue_files.h. */
/* SPDX-License-Identifier: MIT */
#include "locale/catalogue_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <gale/error.h>
#include <gale/log.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/str.h"
#include "locale/catalogue.h"
#include "locale/code.h"

void gale__files_deinit(struct gale__files *files)
{
    for (size_t i = 0; i < files->n; i++) {
        gale__free(files->items[i].code);
        gale__free(files->items[i].path);
    }
    gale__free(files->items);
    *files = (struct gale__files){ 0 };
}

/* The path of an entry of the directory, NULL when out of memory. */
static char *path_of(const struct gale__files_place *place, const char *entry)
{
    struct gale__buf buf;

    gale__buf_init(&buf, SIZE_MAX / 8);
    (void)gale__buf_printf(&buf, "%s/%s", place->directory, entry);
    if (place->domain)
        (void)gale__buf_printf(&buf, "/LC_MESSAGES/%s.mo", place->domain);
    return gale__buf_take(&buf, NULL);
}

/* Adds an entry of the directory when it is, or has, a file of translations. */
static int add(const struct gale__files_place *place, struct gale__files *files, const char *entry)
{
    gale_str name = gale__str(entry), extension = GALE__STR(".csv");
    struct gale__file file = { 0 }, *items;
    struct stat st;

    if (!place->domain && !gale__str_ends_with(name, extension))
        return 0;
    if (!place->domain)
        name.len -= extension.len;
    file.path = path_of(place, entry);
    if (file.path && stat(file.path, &st) < 0) {
        gale__free(file.path);
        return 0;
    }
    file.code = gale__strndup(name.ptr, name.len);
    items = gale__realloc(files->items, (files->n + 1) * sizeof(*items));
    if (items)
        files->items = items;
    if (!items || !file.path || !file.code) {
        gale__free(file.path);
        gale__free(file.code);
        return -ENOMEM;
    }
    file.changed = st.st_ctim;
    file.modified = st.st_mtim;
    file.size = (uint64_t)st.st_size;
    file.inode = st.st_ino;
    files->items[files->n++] = file;
    return 0;
}

static int compare(const void *a, const void *b)
{
    const struct gale__file *x = (const struct gale__file *)a, *y = (const struct gale__file *)b;

    return strcmp(x->path, y->path);
}

int gale__files_scan(const struct gale__files_place *place, struct gale__files *files)
{
    DIR *dir = place->directory ? opendir(place->directory) : NULL;
    struct dirent *entry;
    int r = 0;

    *files = (struct gale__files){ 0 };
    if (!place->directory)
        return 0;
    if (!dir)
        return gale_err(-errno, "translations: directory %s: %s", place->directory,
                        strerror(errno));
    while (r >= 0 && (entry = readdir(dir)) != NULL)
        if (entry->d_name[0] != '.')
            r = add(place, files, entry->d_name);
    closedir(dir);
    if (r < 0)
        gale__files_deinit(files);
    else if (files->n)
        qsort(files->items, files->n, sizeof(*files->items), compare);
    return r;
}

static bool is_same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool gale__file_is_same(const struct gale__file *a, const struct gale__file *b)
{
    return strcmp(a->path, b->path) == 0 && is_same_time(a->changed, b->changed) &&
           is_same_time(a->modified, b->modified) && a->size == b->size && a->inode == b->inode;
}

/* "fr", "pt_BR", "es_419": what may name a CSV file. */
static bool is_code(gale_str code)
{
    gale_str language = gale__language_of(code), region = gale__str_skip(code, language.len + 1);

    for (size_t i = 0; i < language.len; i++)
        if (language.ptr[i] < 'a' || language.ptr[i] > 'z')
            return false;
    for (size_t i = 0; i < region.len; i++)
        if ((region.ptr[i] < 'A' || region.ptr[i] > 'Z') &&
            (region.ptr[i] < '0' || region.ptr[i] > '9'))
            return false;
    return language.len && (region.len || language.len == code.len) && code.len < GALE__CODE_MAX;
}

/* All of a plain file into buf. */
static int read_all(const char *path, struct gale__buf *buf)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), r = fd < 0 ? -errno : 0;
    struct stat st;
    ssize_t n = 1;

    if (r >= 0 && fstat(fd, &st) < 0)
        r = -errno;
    if (r >= 0 && !S_ISREG(st.st_mode))
        r = gale_err(GALE_EINVAL, "not a file");
    while (r >= 0 && n > 0) {
        r = gale__buf_reserve(buf, 64 << 10);
        n = r < 0 ? 0 : read(fd, buf->ptr + buf->len, 64 << 10);
        if (n > 0)
            buf->len += (size_t)n;
        else if (n < 0 && errno == EINTR)
            n = 1;
        else if (n < 0)
            r = -errno;
    }
    if (fd >= 0)
        close(fd);
    return r;
}

/* The message for what a code says, and none for out of memory. */
static struct gale__catalogue *refuse(const struct gale__file *file, int r, int *error)
{
    *error = r == -ENOMEM ? r : 0;
    if (*error == 0)
        gale_log(&gale_log_general, GALE_LOG_ERROR, "Cannot load translation for '%s': %s: %s",
                 file->code, file->path, gale_strerror(r));
    return NULL;
}

struct gale__catalogue *gale__file_read(const struct gale__files_place *place,
                                        const struct gale__file *file, int *error)
{
    struct gale__catalogue *catalogue = NULL;
    struct gale__buf buf;
    int r;

    *error = 0;
    if (!place->domain && !is_code(gale__str(file->code))) {
        gale_log(&gale_log_general, GALE_LOG_ERROR, "Unrecognized locale '%s' (path: %s)",
                 file->code, file->path);
        return NULL;
    }
    gale__buf_init(&buf, GALE__CATALOGUE_MAX);
    r = read_all(file->path, &buf);
    if (r >= 0 && place->domain)
        catalogue = gale__mo_load(gale__buf_str(&buf), &r);
    else if (r >= 0)
        catalogue = gale__csv_load(gale__buf_str(&buf), file->path, place->encoding, &r);
    gale__buf_deinit(&buf);
    return catalogue ? catalogue : refuse(file, r, error);
}

/* loader_directory.c - templates in the files of a directory, and never outside of it.
 *
 * The directory is opened by its path each time that something is read, so that one which came into
 * its place counts; files below it by base/beneath.h. */
/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/beneath.h"
#include "base/program.h"
#include "base/str.h"
#include "template/loader.h"

enum {
    MAX_NESTED = 64,      /* directories within each other, when they are listed */
    MAX_LISTED = 1000000, /* templates of a directory */
    UNSETTLED_NS =
        50000000L, /* a file that was changed so lately may change again and look alike */
};

struct directory {
    gale_loader loader; /* first */
    char *root;         /* absolute; heap */
};

static int open_root(const gale_loader *loader, int flags)
{
    const char *root = ((const struct directory *)loader)->root;
    int fd = open(root, flags | O_DIRECTORY | O_CLOEXEC);

    return fd < 0 ? gale_err(-errno, "%s: %s", root, strerror(errno)) : fd;
}

/* --- stamps --- */

static bool is_same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static int64_t nanoseconds(struct timespec t)
{
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void stamp_of(const struct stat *st, struct gale__source_stamp *stamp)
{
    struct timespec now;

    stamp->modified = st->st_mtim;
    stamp->changed = st->st_ctim;
    stamp->size = st->st_size;
    stamp->inode = st->st_ino;
    stamp->device = st->st_dev;
    if (clock_gettime(CLOCK_REALTIME, &now) < 0 ||
        nanoseconds(now) - nanoseconds(st->st_ctim) < UNSETTLED_NS)
        stamp->changed.tv_nsec = -1; /* true at no time */
}

static bool is_true(int root, const struct gale__source_stamp *stamp)
{
    struct stat st;

    return fstatat(root, stamp->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           is_same_time(st.st_mtim, stamp->modified) && is_same_time(st.st_ctim, stamp->changed) &&
           st.st_size == stamp->size && st.st_ino == stamp->inode && st.st_dev == stamp->device;
}

static bool has_changed(gale_loader *loader, const struct gale__source_stamp *stamps)
{
    int root = open_root(loader, O_PATH);

    if (root < 0)
        return true;
    while (stamps && is_true(root, stamps))
        stamps = stamps->next;
    close(root);
    return stamps != NULL;
}

/* --- reading --- */

static int fail_to_open(const gale_loader *loader, const char *name, int code)
{
    if (code == -ENOENT || code == -ENOTDIR)
        return gale_err(GALE_ENOTFOUND, "template '%s' not found in %s", name, loader->where);
    if (code == -ELOOP || code == -EXDEV)
        return gale_err(GALE_EINVAL, "template '%s' is reached by a symbolic link in %s", name,
                        loader->where);
    return gale_err(code, "template '%s' in %s: %s", name, loader->where, strerror(-code));
}

static int open_file(const gale_loader *loader, const char *name)
{
    struct gale__beneath top = { .fd = open_root(loader, O_PATH) };
    int fd;

    if (top.fd < 0)
        return top.fd;
    fd = gale__beneath_open(&top, name, O_RDONLY);
    close(top.fd);
    return fd < 0 ? fail_to_open(loader, name, fd) : fd;
}

static int read_bytes(int fd, const char *name, size_t size, struct gale__arena *arena,
                      gale_str *text)
{
    char *data = gale__arena_alloc(arena, size);
    size_t len = 0;
    ssize_t n = 1;

    if (!data)
        return -ENOMEM;
    while (len < size && n > 0) {
        n = read(fd, data + len, size - len);
        if (n < 0 && errno == EINTR)
            n = 1;
        else if (n > 0)
            len += (size_t)n;
    }
    if (n < 0)
        return gale_err(-errno, "template '%s': %s", name, strerror(errno));
    *text = (gale_str){ data, len };
    return 0;
}

static int read_file(gale_loader *loader, const char *name, uint64_t max, struct gale__arena *arena,
                     gale_str *text, struct gale__source_stamp *stamp)
{
    int fd = open_file(loader, name);
    struct stat st;
    int r;

    if (fd < 0)
        return fd;
    if (fstat(fd, &st) < 0)
        r = gale_err(-errno, "template '%s': %s", name, strerror(errno));
    else if (!S_ISREG(st.st_mode))
        r = gale_err(GALE_EINVAL, "template '%s' in %s is not a file", name, loader->where);
    else if ((uint64_t)st.st_size > max)
        r = gale_err(GALE_ETOOBIG, "template '%s' is larger than %llu bytes", name,
                     (unsigned long long)max);
    else
        r = read_bytes(fd, name, (size_t)st.st_size, arena, text);
    close(fd);
    if (r >= 0)
        stamp_of(&st, stamp);
    return r;
}

/* --- listing --- */

struct listing {
    struct gale__arena *arena;
    struct gale__beneath top;
    const char **names;
    size_t n, cap;
};

static int add_name(struct listing *l, const char *name)
{
    const char **names;

    if (l->n == MAX_LISTED)
        return gale_err(GALE_ETOOBIG, "more than %d templates", MAX_LISTED);
    if (l->n == l->cap) {
        names = gale__arena_alloc(l->arena, (l->cap * 2 + 64) * sizeof(*names));
        if (!names)
            return -ENOMEM;
        if (l->n)
            memcpy(names, l->names, l->n * sizeof(*names));
        l->names = names;
        l->cap = l->cap * 2 + 64;
    }
    l->names[l->n++] = name;
    return 0;
}

static int list_below(struct listing *l, const char *path, int depth);

/* Links are left out, as nothing is loaded through them. */
static int list_entry(struct listing *l, int dir, const char *path, const char *name, int depth)
{
    struct stat st;
    char *full;

    if (name[0] == '.' || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return 0;
    full = gale__arena_printf(l->arena, "%s%s%s", path, *path ? "/" : "", name);
    if (!full)
        return -ENOMEM;
    if (strlen(full) >= GALE__TEMPLATE_NAME)
        return gale_err(-ENAMETOOLONG, "the name of a template is longer than %d bytes",
                        GALE__TEMPLATE_NAME - 1);
    if (S_ISDIR(st.st_mode))
        return list_below(l, full, depth + 1);
    return S_ISREG(st.st_mode) ? add_name(l, full) : 0;
}

static int list_below(struct listing *l, const char *path, int depth)
{
    int fd, r = 0;
    struct dirent *entry;
    DIR *dir;

    if (depth > MAX_NESTED)
        return gale_err(GALE_ETOOBIG, "%s: more than %d directories within each other", path,
                        MAX_NESTED);
    fd = gale__beneath_open(&l->top, path, O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        return gale_err(fd, "%s: %s", *path ? path : ".", strerror(-fd));
    dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return -ENOMEM;
    }
    while (r >= 0 && (entry = readdir(dir)))
        r = list_entry(l, fd, path, entry->d_name, depth);
    closedir(dir);
    return r;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int list(gale_loader *loader, struct gale__arena *arena, const char *const **names)
{
    struct listing l = { .arena = arena, .top.fd = open_root(loader, O_PATH) };
    int r;

    if (l.top.fd < 0)
        return l.top.fd;
    r = list_below(&l, "", 0);
    close(l.top.fd);
    if (r < 0)
        return r;
    if (l.n)
        qsort(l.names, l.n, sizeof(*l.names), by_name);
    *names = l.names;
    return (int)l.n;
}

/* --- life --- */

static void free_directory(gale_loader *loader)
{
    gale__loader_deinit(loader);
    gale__free(((struct directory *)loader)->root);
    gale__free(loader);
}

static const struct gale__loader_ops directory_ops = {
    .read = read_file,
    .has_changed = has_changed,
    .list = list,
    .free = free_directory,
};

static int start(struct directory *d, const char *root, const gale_template_options *options)
{
    int fd, r;

    if (!root)
        return gale_err(GALE_EINVAL, "a loader needs a directory of templates");
    d->root = gale__program_path(root, &r);
    if (!d->root)
        return r;
    r = gale__loader_init(&d->loader, &directory_ops, options, d->root);
    if (r < 0)
        return r;
    fd = open_root(&d->loader, O_RDONLY);
    if (fd < 0) {
        gale__loader_deinit(&d->loader);
        return fd;
    }
    close(fd);
    return 0;
}

gale_loader *gale_loader_new(const char *root, const gale_template_options *options)
{
    struct directory *d = gale__calloc(1, sizeof(*d));
    int r = d ? start(d, root, options) : -ENOMEM;

    if (r >= 0)
        return &d->loader;
    if (r == -ENOMEM)
        gale_err(r, "out of memory");
    if (d)
        gale__free(d->root);
    gale__free(d);
    return NULL;
}

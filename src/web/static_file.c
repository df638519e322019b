/* static_file.c - reads static files and makes the texts of their answers. See static_file.h. */
/* SPDX-License-Identifier: MIT */
#include "web/static_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <gale/staticfile.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/str.h"

/* A change within so many nanoseconds after another may leave the times as they were: they are
 * those of the kernel's clock tick. */
enum { TICK_NS = 50000000 };

const struct gale__static_coding gale__static_codings[GALE__STATIC_CODINGS] = {
    [GALE__STATIC_BR] = { ".br", "br" },
    [GALE__STATIC_ZSTD] = { ".zst", "zstd" },
    [GALE__STATIC_GZIP] = { ".gz", "gzip" },
};

static int check_kind(int fd, struct stat *st)
{
    if (fstat(fd, st) < 0)
        return -errno;
    if (S_ISDIR(st->st_mode))
        return -EISDIR;
    return S_ISREG(st->st_mode) ? 0 : -EACCES;
}

int gale__static_look(struct gale__static_root *root, const char *path, struct stat *st)
{
    int fd = gale__beneath_open(&root->dir, path, O_PATH);
    int r;

    if (fd < 0)
        return fd;
    r = check_kind(fd, st);
    close(fd);
    return r;
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool gale__static_same(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
           same_time(&a->st_mtim, &b->st_mtim) && same_time(&a->st_ctim, &b->st_ctim);
}

static bool changed_lately(const struct stat *st)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (now.tv_sec - st->st_ctim.tv_sec) * 1000000000LL + now.tv_nsec - st->st_ctim.tv_nsec <
           TICK_NS;
}

/* What the kernel has in memory; how many bytes that were. */
static size_t read_cached(struct gale__static_file *file)
{
    struct iovec piece = { file->content, (size_t)file->size };
    ssize_t n = preadv2(file->fd, &piece, 1, 0, RWF_NOWAIT);

    return n < 0 ? 0 : (size_t)n;
}

/* All of it, wherever it is. A file that became shorter is that short. */
static int read_all(void *arg)
{
    struct gale__static_file *file = arg;
    int64_t done = 0;

    while (done < file->size) {
        ssize_t n = pread(file->fd, file->content + done, (size_t)(file->size - done), done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            file->size = done;
        done += n;
    }
    return 0;
}

static int read_content(struct gale__static_file *file, gale_ioloop *loop)
{
    struct stat after;
    int r = 0;

    file->content = gale__malloc((size_t)file->size + 1);
    if (!file->content)
        return -ENOMEM;
    if (read_cached(file) < (size_t)file->size)
        r = loop ? gale_ioloop_run_in_executor(loop, read_all, file) : read_all(file);
    if (r >= 0 && (fstat(file->fd, &after) < 0 || !gale__static_same(&file->st, &after)))
        file->is_new = true;
    close(file->fd);
    file->fd = -1;
    return r;
}

gale_str gale__static_etag(char *text, uint64_t hash, int64_t size)
{
    char hex[GALE__HASH_HEX];
    int len;

    gale__hash_hex(hash, hex);
    len = snprintf(text, GALE__STATIC_TAG, "\"%.*s-%llx\"", (int)sizeof(hex), hex,
                   (unsigned long long)size);
    return (gale_str){ text, (size_t)len };
}

/* While another change could look the same it tells only that the files are alike. */
static void make_stat_etag(struct gale__static_file *file)
{
    const struct stat *st = &file->st;
    int len = snprintf(file->stat_etag_text, GALE__STATIC_TAG, "%s\"m%llx.%lx-%llx-%llx\"",
                       file->is_new ? "W/" : "", (unsigned long long)st->st_mtim.tv_sec,
                       (unsigned long)st->st_mtim.tv_nsec, (unsigned long long)st->st_size,
                       (unsigned long long)st->st_ino);

    file->stat_etag = (gale_str){ file->stat_etag_text, (size_t)len };
}

static int fill(struct gale__static_file *file, gale_ioloop *loop)
{
    int r = 0;

    file->size = file->st.st_size;
    file->is_new = changed_lately(&file->st);
    file->type = gale_content_type(file->path.ptr);
    gale__http_date_format(file->modified, file->st.st_mtim.tv_sec);
    if (file->size > GALE__STATIC_IN_MEMORY) {
        make_stat_etag(file);
        return 0;
    }
    r = read_content(file, loop);
    if (r >= 0)
        file->etag = gale__static_etag(file->etag_text,
                                       gale__hash(file->content, (size_t)file->size), file->size);
    return r;
}

int gale__static_load(struct gale__static_root *root, gale_str path, gale_ioloop *loop,
                      struct gale__static_file **out)
{
    struct gale__static_file *file = gale__calloc(1, sizeof(*file) + path.len + 1);
    char *copy;
    int r;

    if (!file)
        return -ENOMEM;
    copy = (char *)(file + 1);
    memcpy(copy, path.ptr, path.len);
    file->path = (gale_str){ copy, path.len };
    file->refs = 1;
    file->fd = gale__beneath_open(&root->dir, copy, O_RDONLY);
    r = file->fd < 0 ? file->fd : check_kind(file->fd, &file->st);
    if (r >= 0)
        r = fill(file, loop);
    if (r < 0) {
        gale__static_file_unref(file);
        return r;
    }
    *out = file;
    return 0;
}

static bool is_coded(gale_str path)
{
    for (int i = 0; i < GALE__STATIC_CODINGS; i++)
        if (gale__str_ends_with(path, gale__str(gale__static_codings[i].extension)))
            return true;
    return false;
}

static bool is_older(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

uint8_t gale__static_find_siblings(struct gale__static_root *root,
                                   const struct gale__static_file *file)
{
    char path[PATH_MAX];
    uint8_t found = 0;

    if (is_coded(file->path))
        return 0;
    for (int i = 0; i < GALE__STATIC_CODINGS; i++) {
        struct stat st;

        if ((size_t)snprintf(path, sizeof(path), "%s%s", file->path.ptr,
                             gale__static_codings[i].extension) < sizeof(path) &&
            gale__static_look(root, path, &st) == 0 && !is_older(&st.st_mtim, &file->st.st_mtim))
            found |= (uint8_t)(1 << i);
    }
    return found;
}

void gale__static_file_unref(struct gale__static_file *file)
{
    if (--file->refs > 0)
        return;
    if (file->fd >= 0)
        close(file->fd);
    gale__free(file->content);
    gale__free(file);
}

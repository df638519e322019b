/* static_cache.c - roots and files that are kept. See static_cache.h. */
/* SPDX-License-Identifier: MIT */
#include "web/static_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/program.h"
#include "base/str.h"
#include "ioloop/io.h"

enum {
    VALID_NS = 250000000,
    MAX_FILES = 1024,
    MAX_OPEN = 64,
    MAX_BYTES = 16 << 20,
    LIMIT_PART = 8,         /* of the process's descriptors, at most */
    SWEPT = 2,              /* looked at beside what is looked for */
    MAX_UNASKED = 64 << 20, /* bytes of a file that is hashed although nobody needs its version */
};

#define FILE_OF(node) GALE_CONTAINER_OF((node), struct gale__static_file, lru)
#define OPEN_OF(node) GALE_CONTAINER_OF((node), struct gale__static_file, open)

/* Descriptors to keep: connections need theirs as well. */
static size_t max_open(void)
{
    struct rlimit limit;
    rlim_t part;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
        return MAX_OPEN;
    part = limit.rlim_cur / LIMIT_PART;
    return part > MAX_OPEN ? MAX_OPEN : part < 1 ? 1 : (size_t)part;
}

struct gale__static_cache *gale__static_cache_new(void)
{
    struct gale__static_cache *cache = gale__calloc(1, sizeof(*cache));

    if (!cache)
        return NULL;
    cache->known = gale__static_known_new();
    if (!cache->known) {
        gale__free(cache);
        return NULL;
    }
    gale__list_init(&cache->roots);
    gale__list_init(&cache->lru);
    gale__list_init(&cache->open);
    cache->max_open = max_open();
    return cache;
}

/* --- roots --- */

static void free_root(struct gale__static_root *root)
{
    if (root->dir.fd >= 0)
        close(root->dir.fd);
    gale__map_deinit(&root->files);
    gale__free(root->asked);
    gale__free(root->path);
    gale__free(root);
}

static int new_root(struct gale__static_cache *cache, const char *path, bool follow,
                    struct gale__static_root **out)
{
    struct gale__static_root *root = gale__calloc(1, sizeof(*root));
    int r = -ENOMEM;

    if (!root)
        return -ENOMEM;
    root->dir.fd = -1;
    root->dir.follow = follow;
    root->asked = gale__malloc(strlen(path) + 1);
    root->path = gale__program_path(path, &r);
    if (!root->asked || !root->path) {
        free_root(root);
        return r < 0 ? r : -ENOMEM;
    }
    memcpy(root->asked, path, strlen(path) + 1);
    gale__list_append(&cache->roots, &root->link);
    *out = root;
    return 0;
}

/* Another directory may have come into its place. */
static int open_root(struct gale__static_root *root)
{
    int fd = open(root->path, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    if (root->dir.fd >= 0)
        close(root->dir.fd);
    root->dir.fd = fd;
    return 0;
}

/* --- files --- */

static void drop(struct gale__static_cache *cache, struct gale__static_file *file)
{
    gale__map_remove(&file->root->files, file->path);
    gale__list_remove(&file->lru);
    gale__list_remove(&file->open);
    cache->n_files--;
    cache->n_open -= file->fd >= 0;
    cache->n_bytes -= file->fd >= 0 ? 0 : (size_t)file->size;
    gale__static_file_unref(file);
}

/* It is its turn to go, but what was used since the last time round gets another one. */
static void drop_unused(struct gale__static_cache *cache, struct gale__static_file *file)
{
    if (!file->used) {
        drop(cache, file);
        return;
    }
    file->used = false;
    gale__list_remove(&file->lru);
    gale__list_append(&cache->lru, &file->lru);
    if (file->fd >= 0) {
        gale__list_remove(&file->open);
        gale__list_append(&cache->open, &file->open);
    }
}

static void make_room(struct gale__static_cache *cache, bool for_open)
{
    while (for_open && cache->n_open >= cache->max_open)
        drop_unused(cache, OPEN_OF(cache->open.next));
    while (cache->n_files >= MAX_FILES || cache->n_bytes > MAX_BYTES - GALE__STATIC_IN_MEMORY)
        drop_unused(cache, FILE_OF(cache->lru.next));
}

static void drop_open(struct gale__static_cache *cache)
{
    while (!gale__list_empty(&cache->open))
        drop(cache, OPEN_OF(cache->open.next));
}

/* No descriptor is left. */
static bool is_full(int r)
{
    return r == -EMFILE || r == -ENFILE;
}

/* Of the files with a descriptor, the next few: what is deleted must not take room on the disk
 * until others need its place here. */
static void sweep(struct gale__static_cache *cache)
{
    for (int i = 0; i < SWEPT && !gale__list_empty(&cache->open); i++) {
        struct gale__static_file *file = OPEN_OF(cache->open.next);
        struct stat st;

        gale__list_remove(&file->open);
        gale__list_append(&cache->open, &file->open);
        if (gale__static_look(file->root, file->path.ptr, &st) < 0 ||
            !gale__static_same(&st, &file->st))
            drop(cache, file);
    }
}

/* Without memory for it the file serves one answer. */
static void keep(struct gale__static_cache *cache, struct gale__static_root *root,
                 struct gale__static_file *file)
{
    struct gale__static_file *other = gale__map_get(&root->files, file->path);

    if (other)
        drop(cache, other);
    make_room(cache, file->fd >= 0);
    if (gale__map_set(&root->files, file->path, file) < 0)
        return;
    file->root = root;
    file->refs++;
    gale__list_append(&cache->lru, &file->lru);
    if (file->fd >= 0)
        gale__list_append(&cache->open, &file->open);
    cache->n_files++;
    cache->n_open += file->fd >= 0;
    cache->n_bytes += file->fd >= 0 ? 0 : (size_t)file->size;
}

static void set_valid(struct gale__static_file *file, const struct gale__static_ask *ask)
{
    bool once = ask->each_use || file->is_new;

    file->is_warm = false;
    file->valid_until_ns = once ? 0 : gale__ioloop_now_ns(ask->loop) + VALID_NS;
}

/* The file in the cache is what lies at its path. */
static bool is_valid(struct gale__static_root *root, struct gale__static_file *file,
                     const struct gale__static_ask *ask)
{
    struct stat st;

    if (file->is_new || gale__static_look(root, file->path.ptr, &st) < 0 ||
        !gale__static_same(&st, &file->st))
        return false;
    if (ask->siblings)
        file->siblings = gale__static_find_siblings(root, file);
    set_valid(file, ask);
    return true;
}

static int look_and_load(struct gale__static_root *root, gale_str path,
                         const struct gale__static_ask *ask, struct gale__static_file **out)
{
    struct stat st;
    int r = gale__static_look(root, path.ptr, &st);

    return r < 0 ? r : gale__static_load(root, path, ask->may_wait ? ask->loop : NULL, out);
}

static int load(struct gale__static_cache *cache, struct gale__static_root *root, gale_str path,
                const struct gale__static_ask *ask, struct gale__static_file **out)
{
    int r = look_and_load(root, path, ask, out);

    if (is_full(r)) {
        drop_open(cache);
        r = look_and_load(root, path, ask, out);
    }
    if (r < 0)
        return r;
    if (ask->siblings)
        (*out)->siblings = gale__static_find_siblings(root, *out);
    set_valid(*out, ask);
    keep(cache, root, *out);
    return 0;
}

int gale__static_cache_root(struct gale__static_cache *cache, const char *path, bool follow,
                            int64_t now_ns, struct gale__static_root **out)
{
    struct gale__static_root *root = NULL;
    int r = 0;

    for (struct gale__list *l = cache->roots.next; l != &cache->roots && !root; l = l->next) {
        struct gale__static_root *one = GALE_CONTAINER_OF(l, struct gale__static_root, link);

        if (one->dir.follow == follow && strcmp(one->asked, path) == 0)
            root = one;
    }
    if (!root)
        r = new_root(cache, path, follow, &root);
    if (r >= 0 && now_ns >= root->valid_until_ns) {
        r = open_root(root);
        if (is_full(r)) {
            drop_open(cache);
            r = open_root(root);
        }
        root->valid_until_ns = r < 0 ? 0 : now_ns + VALID_NS;
    }
    *out = root;
    return r;
}

/* The hash of a large file as its Etag, when it is known; else it is asked for. */
static void find_version(struct gale__static_cache *cache, struct gale__static_root *root,
                         struct gale__static_file *file, const struct gale__static_ask *ask)
{
    uint64_t hash;

    if (file->fd < 0 || file->is_new)
        return;
    if (gale__static_known_get(cache->known, &file->st, &hash))
        file->etag = gale__static_etag(file->etag_text, hash, file->size);
    else if (ask->version || file->size <= MAX_UNASKED)
        gale__static_known_want(cache->known, root, file->path, &file->st, ask->loop);
}

/* A file whose time has run out: still the right one, or NULL. */
static struct gale__static_file *renew(struct gale__static_cache *cache,
                                       struct gale__static_root *root, gale_str path,
                                       const struct gale__static_ask *ask)
{
    struct gale__static_file *file;

    sweep(cache);
    file = gale__map_get(&root->files, path);
    if (file && !is_valid(root, file, ask)) {
        drop(cache, file);
        file = NULL;
    }
    return file;
}

int gale__static_cache_file(struct gale__static_cache *cache, struct gale__static_root *root,
                            gale_str path, const struct gale__static_ask *ask,
                            struct gale__static_file **out)
{
    struct gale__static_file *file = gale__map_get(&root->files, path);
    int r;

    if (!file || gale__ioloop_now_ns(ask->loop) >= file->valid_until_ns)
        file = renew(cache, root, path, ask);
    if (file) {
        file->used = true;
        file->refs++;
    } else {
        r = load(cache, root, path, ask, &file);
        if (r < 0)
            return r;
    }
    if (!file->etag.len)
        find_version(cache, root, file, ask);
    *out = file;
    return 0;
}

void gale__static_cache_close(struct gale__static_cache *cache)
{
    if (!cache)
        return;
    gale__static_known_close(cache->known);
    while (!gale__list_empty(&cache->lru))
        drop(cache, FILE_OF(cache->lru.next));
    while (!gale__list_empty(&cache->roots)) {
        struct gale__static_root *root = GALE_CONTAINER_OF(cache->roots.next,
                                                           struct gale__static_root, link);

        gale__list_remove(&root->link);
        free_root(root);
    }
    gale__free(cache);
}

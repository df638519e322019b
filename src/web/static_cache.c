/* static_cache.c - roots and files that are kept. See static_cache.h. */
/* SPDX-License-Identifier: MIT */
#include "web/static_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/program.h"
#include "base/str.h"
#include "ioloop/io.h"
#include "web/static_hash.h"

enum {
    VALID_NS = 250000000,
    MAX_FILES = 1024,
    MAX_OPEN = 64,
    MAX_BYTES = 16 << 20,
    MAX_HASHING = 2,        /* at once */
    MAX_UNASKED = 64 << 20, /* bytes of a file that is hashed although nobody needs its version */
};

/* What a hashing is for. The file may leave the cache meanwhile, and the application may end. */
struct hashing {
    struct gale__static_cache *cache;
    struct gale__static_root *root;
    struct stat st;
    gale_str path;
};

#define FILE_OF(node) GALE_CONTAINER_OF((node), struct gale__static_file, lru)

struct gale__static_cache *gale__static_cache_new(void)
{
    struct gale__static_cache *cache = gale__calloc(1, sizeof(*cache));

    if (!cache)
        return NULL;
    pthread_mutex_init(&cache->lock, NULL);
    gale__list_init(&cache->roots);
    gale__list_init(&cache->lru);
    cache->refs = 1;
    return cache;
}

static void unref(struct gale__static_cache *cache)
{
    int refs;

    pthread_mutex_lock(&cache->lock);
    refs = --cache->refs;
    pthread_mutex_unlock(&cache->lock);
    if (refs > 0)
        return;
    pthread_mutex_destroy(&cache->lock);
    gale__free(cache);
}

/* --- roots --- */

static void free_root(struct gale__static_root *root)
{
    if (root->fd >= 0)
        close(root->fd);
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
    root->fd = -1;
    root->follow = follow;
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
    if (root->fd >= 0)
        close(root->fd);
    root->fd = fd;
    return 0;
}

int gale__static_cache_root(struct gale__static_cache *cache, const char *path, bool follow,
                            int64_t now_ns, struct gale__static_root **out)
{
    struct gale__static_root *root = NULL;
    int r = 0;

    for (struct gale__list *l = cache->roots.next; l != &cache->roots && !root; l = l->next) {
        struct gale__static_root *one = GALE_CONTAINER_OF(l, struct gale__static_root, link);

        if (one->follow == follow && strcmp(one->asked, path) == 0)
            root = one;
    }
    if (!root)
        r = new_root(cache, path, follow, &root);
    if (r >= 0 && now_ns >= root->valid_until_ns) {
        r = open_root(root);
        root->valid_until_ns = r < 0 ? 0 : now_ns + VALID_NS;
    }
    *out = root;
    return r;
}

/* --- files --- */

static void drop(struct gale__static_cache *cache, struct gale__static_file *file)
{
    gale__map_remove(&file->root->files, file->path);
    gale__list_remove(&file->lru);
    cache->n_files--;
    cache->n_open -= file->fd >= 0;
    cache->n_bytes -= file->fd >= 0 ? 0 : (size_t)file->size;
    gale__static_file_unref(file);
}

/* Until there is room: what was used since the last time round gets another one. */
static void make_room(struct gale__static_cache *cache)
{
    while (cache->n_files >= MAX_FILES || cache->n_open >= MAX_OPEN ||
           cache->n_bytes > MAX_BYTES - GALE__STATIC_IN_MEMORY) {
        struct gale__static_file *file = FILE_OF(cache->lru.next);

        if (!file->used) {
            drop(cache, file);
            continue;
        }
        file->used = false;
        gale__list_remove(&file->lru);
        gale__list_append(&cache->lru, &file->lru);
    }
}

static void drop_open(struct gale__static_cache *cache)
{
    struct gale__list *next;

    for (struct gale__list *l = cache->lru.next; l != &cache->lru; l = next) {
        next = l->next;
        if (FILE_OF(l)->fd >= 0)
            drop(cache, FILE_OF(l));
    }
}

/* Without memory for it the file serves one answer. */
static void keep(struct gale__static_cache *cache, struct gale__static_root *root,
                 struct gale__static_file *file)
{
    struct gale__static_file *other = gale__map_get(&root->files, file->path);

    if (other)
        drop(cache, other);
    make_room(cache);
    if (gale__map_set(&root->files, file->path, file) < 0)
        return;
    file->root = root;
    file->refs++;
    gale__list_append(&cache->lru, &file->lru);
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

static int load(struct gale__static_cache *cache, struct gale__static_root *root, gale_str path,
                const struct gale__static_ask *ask, struct gale__static_file **out)
{
    gale_ioloop *loop = ask->may_wait ? ask->loop : NULL;
    struct stat st;
    int r = gale__static_look(root, path.ptr, &st);

    if (r >= 0)
        r = gale__static_load(root, path, loop, out);
    if (r == -EMFILE || r == -ENFILE) {
        drop_open(cache);
        r = gale__static_load(root, path, loop, out);
    }
    if (r < 0)
        return r;
    if (ask->siblings)
        (*out)->siblings = gale__static_find_siblings(root, *out);
    set_valid(*out, ask);
    keep(cache, root, *out);
    return 0;
}

/* --- hashes --- */

static void hashed(void *arg, int r, uint64_t hash)
{
    struct hashing *hashing = arg;
    struct gale__static_cache *cache = hashing->cache;
    struct gale__static_file *file = NULL;

    pthread_mutex_lock(&cache->lock);
    if (!cache->closed) {
        cache->n_hashing--;
        file = gale__map_get(&hashing->root->files, hashing->path);
    }
    if (file && gale__static_same(&file->st, &hashing->st)) {
        file->hashing = false;
        if (r == 0)
            file->etag = gale__static_etag(file->etag_text, hash, file->size);
    }
    pthread_mutex_unlock(&cache->lock);
    unref(cache);
    gale__free(hashing);
}

/* Has the content hashed off the loop; its Etag comes later, or is tried for again. */
static void start_hashing(struct gale__static_cache *cache, struct gale__static_root *root,
                          struct gale__static_file *file, gale_ioloop *loop)
{
    struct hashing *hashing;

    if (file->hashing || file->is_new || file->fd < 0 || cache->n_hashing >= MAX_HASHING)
        return;
    hashing = gale__malloc(sizeof(*hashing) + file->path.len);
    if (!hashing)
        return;
    memcpy(hashing + 1, file->path.ptr, file->path.len);
    *hashing = (struct hashing){
        cache, root, file->st, { (const char *)(hashing + 1), file->path.len }
    };
    pthread_mutex_lock(&cache->lock);
    cache->refs++;
    pthread_mutex_unlock(&cache->lock);
    if (gale__static_hash_start(loop, file->fd, &file->st, hashed, hashing) < 0) {
        unref(cache);
        gale__free(hashing);
        return;
    }
    cache->n_hashing++;
    file->hashing = true;
}

int gale__static_cache_file(struct gale__static_cache *cache, struct gale__static_root *root,
                            gale_str path, const struct gale__static_ask *ask,
                            struct gale__static_file **out)
{
    struct gale__static_file *file = gale__map_get(&root->files, path);
    int r;

    if (file && gale__ioloop_now_ns(ask->loop) >= file->valid_until_ns &&
        !is_valid(root, file, ask)) {
        drop(cache, file);
        file = NULL;
    }
    if (file) {
        file->used = true;
        file->refs++;
    } else {
        r = load(cache, root, path, ask, &file);
        if (r < 0)
            return r;
    }
    if (!file->etag.len && (ask->version || file->size <= MAX_UNASKED))
        start_hashing(cache, root, file, ask->loop);
    *out = file;
    return 0;
}

void gale__static_cache_close(struct gale__static_cache *cache)
{
    if (!cache)
        return;
    pthread_mutex_lock(&cache->lock);
    cache->closed = true;
    while (!gale__list_empty(&cache->lru))
        drop(cache, FILE_OF(cache->lru.next));
    while (!gale__list_empty(&cache->roots)) {
        struct gale__static_root *root = GALE_CONTAINER_OF(cache->roots.next,
                                                           struct gale__static_root, link);

        gale__list_remove(&root->link);
        free_root(root);
    }
    pthread_mutex_unlock(&cache->lock);
    unref(cache);
}

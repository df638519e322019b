/* static_known.c - hashes of large static files. See static_known.h.
 *
 * An entry waits for its turn, then is being hashed (it is on no list), then has its hash. One that
 * waits is never dropped for room, so that what is asked for gets done; of those that have their
 * hash the one goes that was not asked for the longest.
 */
/* SPDX-License-Identifier: MIT */
#include "web/static_known.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/str.h"
#include "web/static_file.h"
#include "web/static_hash.h"

enum { MAX_ENTRIES = 4096, MAX_WAITING = 1024, MAX_HASHING = 2 /* at once */ };

/* The key; without padding. */
struct identity {
    uint64_t dev, ino;
    int64_t size, mtime_s, mtime_ns, ctime_s, ctime_ns;
};

struct entry {
    struct identity id;
    struct gale__list link;
    bool is_done;
    uint64_t hash;
    struct gale__static_root *root;
    char *path; /* until its turn has come */
};

struct gale__static_known {
    struct gale__map entries;        /* by identity */
    struct gale__list done, waiting; /* the oldest first */
    int n_waiting, n_hashing;
    pthread_mutex_t lock; /* closing against the end of a hashing */
    int refs;             /* under lock: the cache's, and one for each hashing */
    bool closed;          /* under lock */
};

struct hashing {
    struct gale__static_known *known;
    gale_ioloop *loop;
    struct identity id;
};

#define ENTRY_OF(node) GALE_CONTAINER_OF((node), struct entry, link)

struct gale__static_known *gale__static_known_new(void)
{
    struct gale__static_known *known = gale__calloc(1, sizeof(*known));

    if (!known)
        return NULL;
    pthread_mutex_init(&known->lock, NULL);
    gale__list_init(&known->done);
    gale__list_init(&known->waiting);
    known->refs = 1;
    return known;
}

static void unref(struct gale__static_known *known)
{
    int refs;

    pthread_mutex_lock(&known->lock);
    refs = --known->refs;
    pthread_mutex_unlock(&known->lock);
    if (refs > 0)
        return;
    pthread_mutex_destroy(&known->lock);
    gale__free(known);
}

static struct identity identity_of(const struct stat *st)
{
    return (struct identity){
        .dev = (uint64_t)st->st_dev,
        .ino = (uint64_t)st->st_ino,
        .size = (int64_t)st->st_size,
        .mtime_s = (int64_t)st->st_mtim.tv_sec,
        .mtime_ns = (int64_t)st->st_mtim.tv_nsec,
        .ctime_s = (int64_t)st->st_ctim.tv_sec,
        .ctime_ns = (int64_t)st->st_ctim.tv_nsec,
    };
}

static gale_str key_of(const struct identity *id)
{
    return (gale_str){ (const char *)id, sizeof(*id) };
}

static void free_entry(struct entry *entry)
{
    gale__free(entry->path);
    gale__free(entry);
}

static void drop(struct gale__static_known *known, struct entry *entry)
{
    gale__map_remove(&known->entries, key_of(&entry->id));
    gale__list_remove(&entry->link);
    free_entry(entry);
}

static void hashed(void *arg, int r, uint64_t hash);

/* Its turn has come. */
static int start(struct gale__static_known *known, struct entry *entry, gale_ioloop *loop)
{
    struct hashing *hashing = gale__malloc(sizeof(*hashing));
    struct identity found;
    struct stat st;
    int fd, r;

    if (!hashing)
        return -ENOMEM;
    *hashing = (struct hashing){ known, loop, entry->id };
    fd = gale__beneath_open(&entry->root->dir, entry->path, O_RDONLY);
    r = fd < 0 ? fd : fstat(fd, &st) < 0 ? -errno : 0;
    if (r == 0) {
        found = identity_of(&st);
        r = gale__str_equal(key_of(&found), key_of(&entry->id)) ? 0 : -ESTALE;
    }
    if (r == 0)
        r = gale__static_hash_start(loop, fd, &st, hashed, hashing);
    if (fd >= 0)
        close(fd);
    if (r < 0) {
        gale__free(hashing);
        return r;
    }
    gale__free(entry->path);
    entry->path = NULL;
    known->refs++;
    known->n_hashing++;
    return 0;
}

/* As many as may be. What cannot be begun is forgotten: it will be asked for again. */
static void start_waiting(struct gale__static_known *known, gale_ioloop *loop)
{
    int r = 0;

    while (known->n_waiting && known->n_hashing < MAX_HASHING && r != -ECANCELED) {
        struct entry *entry = ENTRY_OF(known->waiting.next);

        gale__list_remove(&entry->link);
        known->n_waiting--;
        r = start(known, entry, loop);
        if (r < 0)
            drop(known, entry);
    }
}

static void settle(struct gale__static_known *known, struct entry *entry, int r, uint64_t hash)
{
    if (r < 0) {
        drop(known, entry);
        return;
    }
    entry->is_done = true;
    entry->hash = hash;
    gale__list_append(&known->done, &entry->link);
}

static void hashed(void *arg, int r, uint64_t hash)
{
    struct hashing *hashing = arg;
    struct gale__static_known *known = hashing->known;

    pthread_mutex_lock(&known->lock);
    if (!known->closed) {
        known->n_hashing--;
        settle(known, gale__map_get(&known->entries, key_of(&hashing->id)), r, hash);
        start_waiting(known, hashing->loop);
    }
    pthread_mutex_unlock(&known->lock);
    unref(known);
    gale__free(hashing);
}

bool gale__static_known_get(struct gale__static_known *known, const struct stat *st, uint64_t *hash)
{
    struct identity id = identity_of(st);
    struct entry *entry = gale__map_get(&known->entries, key_of(&id));

    if (!entry || !entry->is_done)
        return false;
    gale__list_remove(&entry->link);
    gale__list_append(&known->done, &entry->link);
    *hash = entry->hash;
    return true;
}

static int add(struct gale__static_known *known, struct gale__static_root *root, gale_str path,
               const struct identity *id)
{
    struct entry *entry = gale__calloc(1, sizeof(*entry));

    if (!entry)
        return -ENOMEM;
    entry->id = *id;
    entry->root = root;
    entry->path = gale__malloc(path.len + 1);
    if (!entry->path || gale__map_set(&known->entries, key_of(&entry->id), entry) < 0) {
        free_entry(entry);
        return -ENOMEM;
    }
    memcpy(entry->path, path.ptr, path.len);
    entry->path[path.len] = 0;
    gale__list_append(&known->waiting, &entry->link);
    known->n_waiting++;
    return 0;
}

void gale__static_known_want(struct gale__static_known *known, struct gale__static_root *root,
                             gale_str path, const struct stat *st, gale_ioloop *loop)
{
    struct identity id = identity_of(st);

    if (known->n_waiting >= MAX_WAITING || gale__map_get(&known->entries, key_of(&id)))
        return;
    if (known->entries.n >= MAX_ENTRIES)
        drop(known, ENTRY_OF(known->done.next));
    if (add(known, root, path, &id) < 0)
        return;
    pthread_mutex_lock(&known->lock);
    start_waiting(known, loop);
    pthread_mutex_unlock(&known->lock);
}

void gale__static_known_close(struct gale__static_known *known)
{
    const struct gale__map_slot *slot;
    size_t i = 0;

    if (!known)
        return;
    pthread_mutex_lock(&known->lock);
    known->closed = true;
    while ((slot = gale__map_next(&known->entries, &i)))
        free_entry(slot->value);
    gale__map_deinit(&known->entries);
    pthread_mutex_unlock(&known->lock);
    unref(known);
}

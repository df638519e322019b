/* static_cache.h - what an application knows of its static files on one loop.
 *
 * An entry is good for a quarter of a second (without settings.static_hash_cache: for one use);
 * then what lies at its path is compared with it, by device, inode, size and times. All belongs to
 * the loop's thread, but for the hashing of large files by threads of its pool (static_known.h).
 * The files kept are bounded by number, bytes and descriptors: what was not used of late goes, and
 * of files with a descriptor what has changed, when others are looked for.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_STATIC_CACHE_H
#define GALE_WEB_STATIC_CACHE_H

#include "web/static_file.h"
#include "web/static_known.h"

struct gale__static_cache {
    struct gale__list roots, lru, open; /* open: those of the files that have a descriptor */
    size_t n_files, n_open, n_bytes;    /* kept: files, descriptors, bytes of contents */
    size_t max_open;                    /* by the process's limit */
    struct gale__static_known *known;
};

/* How a file is asked for. */
struct gale__static_ask {
    gale_ioloop *loop;
    bool may_wait; /* in a coroutine that may */
    bool siblings; /* its precompressed forms are asked for as well */
    bool each_use; /* entries are good for one use */
    bool version;  /* the hash of a very large file is wanted as well */
};

/* NULL: out of memory. */
struct gale__static_cache *gale__static_cache_new(void);

/* Frees it. A hashing under way ends on its own. NULL is allowed. */
void gale__static_cache_close(struct gale__static_cache *cache);

/* The root for a path (relative: to the program's directory), which is there: *out, or -errno. */
int gale__static_cache_root(struct gale__static_cache *cache, const char *path, bool follow,
                            int64_t now_ns, struct gale__static_root **out) GALE_MUST_USE;

/* Waits, with may_wait, for what is not in the kernel's memory. The file at a plain path, with a
 * reference of the caller's: *out; -errno: -EISDIR for a directory, -EACCES for what is no regular
 * file. */
int gale__static_cache_file(struct gale__static_cache *cache, struct gale__static_root *root,
                            gale_str path, const struct gale__static_ask *ask,
                            struct gale__static_file **out) GALE_MUST_USE;

#endif

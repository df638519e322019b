/* static_file.h - a static file as it is kept: its content or descriptor, and the texts that its
 * answers need.
 *
 * Small files lie in memory whole, of larger ones the descriptor is open. Reading never holds the
 * loop when it may wait: what the kernel does not have in its page cache is read by a thread of the
 * loop's pool.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_STATIC_FILE_H
#define GALE_WEB_STATIC_FILE_H

#include <gale/ioloop.h>

#include "proto/http_date.h"
#include "web/static_root.h"

enum {
    GALE__STATIC_IN_MEMORY = 64 * 1024, /* bytes of a file, at most */
    GALE__STATIC_TAG = 64,              /* bytes of an Etag, at most */
};

/* Codings of precompressed files, the best one first. */
enum {
    GALE__STATIC_BR,
    GALE__STATIC_ZSTD,
    GALE__STATIC_GZIP,
    GALE__STATIC_CODINGS,
};

struct gale__static_file {
    struct gale__static_root *root; /* while it is in the cache */
    gale_str path;                  /* below the root; NUL-terminated, behind the struct */
    int refs;                       /* the cache's and one for each answer under way */
    bool used;                      /* since the cache last looked for what to drop */
    bool is_new;                    /* changed so lately that another change could look the same */
    bool is_warm;                   /* the kernel had all of it in memory when last looked at */
    uint8_t siblings;               /* bits: the precompressed forms that lie beside it */
    int fd;                         /* -1: content is in memory */
    char *content;
    int64_t size;
    int64_t valid_until_ns; /* on the loop's clock */
    const char *type;       /* Content-Type; static */
    gale_str etag;          /* "HASH-SIZE" of the content, in quotes; len 0: not known (yet) */
    gale_str stat_etag;     /* by time and size; of large files only */
    char etag_text[GALE__STATIC_TAG], stat_etag_text[GALE__STATIC_TAG];
    char modified[GALE__HTTP_DATE_LEN + 1];
    struct stat st;
    struct gale__list lru, open; /* of the cache; open: with a descriptor */
};

/* What lies at a plain path: 0 and *st for a regular file, -EISDIR for a directory, -EACCES for
 * anything else, or what opening it gave. */
int gale__static_look(struct gale__static_root *root, const char *path, struct stat *st);

/* Nothing tells the two apart: it is the same file, unchanged. */
bool gale__static_same(const struct stat *a, const struct stat *b);

/* Reads the file at a plain path, which lies in the root: *out with one reference. loop: the
 * caller may wait, in its coroutine; NULL: it may not. -errno. */
int gale__static_load(struct gale__static_root *root, gale_str path, gale_ioloop *loop,
                      struct gale__static_file **out) GALE_MUST_USE;

/* The precompressed forms beside a file that are not older than it, as bits. */
uint8_t gale__static_find_siblings(struct gale__static_root *root,
                                   const struct gale__static_file *file);

/* Its file name extension, with the dot, and the coding's name. */
extern const struct gale__static_coding {
    const char *extension, *name;
} gale__static_codings[GALE__STATIC_CODINGS];

/* The Etag of content in text, GALE__STATIC_TAG bytes. */
gale_str gale__static_etag(char *text, uint64_t hash, int64_t size);

/* Of a file, or len 0: the Etag without quotes. */
static inline gale_str gale__static_version(const struct gale__static_file *file)
{
    return file->etag.len ? (gale_str){ file->etag.ptr + 1, file->etag.len - 2 } : file->etag;
}

/* Gives a reference back. */
void gale__static_file_unref(struct gale__static_file *file);

#endif

/* staticfile.h - files from a directory: the static handler and its overridable parts.
 *
 * settings.static_path routes static_url_prefix (default "/static/"), /favicon.ico and /robots.txt
 * to it; a route of its own looks like
 *
 *     { .url = "/files/(.*)", .handler = &gale_static_handler,
 *       .arg = &(gale_static_options){ .path = "files" } }
 *
 * Conditional requests and ranges (several as multipart/byteranges) are those of RFC 9110 13 and
 * 14. A path never leaves its root, by "..", encoding, symbolic link or a race; a link is answered
 * 403. Files up to 64 KiB are kept in memory, of larger ones the descriptor; a change is seen after
 * a quarter of a second at the latest, at once with settings.static_hash_cache off (as with debug).
 * The Etag is a hash of the content (64 bits and the size), for a large file one of time, size and
 * inode until a thread has hashed it (above 64 MiB when a version is asked for); without its quotes
 * it is the version in URLs. .compute_etag is asked for content in memory only. A precompressed
 * form (FILE.br, .zst, .gz) that is not older than FILE is sent to who prefers it.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_STATICFILE_H
#define GALE_STATICFILE_H

#include <sys/stat.h>

#include <gale/base.h>
#include <gale/web.h>

GALE_BEGIN_DECLS

/* Zero is the default for each. */
typedef struct gale_static_options {
    const char *path;             /* Required: the root. Relative: to the program's directory */
    const char *default_filename; /* for a path that is a directory: "index.html"; default: none */
    int follow_symlinks;          /* GALE_ON: symbolic links below the root, wherever they point */
    int precompressed;            /* GALE_OFF: no FILE.br, FILE.zst, FILE.gz beside FILE */
    double max_age;               /* seconds of Cache-Control for URLs without the right v; default
                                     none is sent */
} gale_static_options;

/* The route's first group is the path below the root. */
extern GALE_API const gale_handler_class gale_static_handler;

/* What a kind of static handler may change; begins with the class, whose .parent is
 * &gale_static_handler, so that &my_static.base is a route's .handler. .kind_size is sizeof this.
 * What is NULL is the static handler's own. None may wait. */
typedef struct gale_static_class {
    gale_handler_class base; /* .kind = GALE_KIND_STATIC, .kind_size = sizeof(gale_static_class) */

    /* The path below the root for the path in the URL; NULL: 404. */
    const char *(*parse_url_path)(gale_handler *self, const char *url_path);
    /* May the file be served: 0, or a failure (gale_fail(self, 403, …)). */
    int (*validate_absolute_path)(gale_handler *self, const char *path, const struct stat *st);
    /* The whole Content-Type. path: absolute, as above; of virtual content as in the URL. */
    const char *(*get_content_type)(gale_handler *self, const char *path);
    /* Seconds that the client may keep it; 0: no caching headers. is_versioned: v is the file's. */
    double (*get_cache_time)(gale_handler *self, const char *path, bool is_versioned);
    /* Further headers, after all others were set. */
    int (*set_extra_headers)(gale_handler *self, const char *path);
    /* Virtual content instead of the root's: 1 and *content (with its *modified Unix time, 0 for
     * none), or 0 to look in the root, or a failure. */
    int (*get_content)(gale_handler *self, const char *path, gale_str *content, double *modified);
} gale_static_class;

/* The URL of a file below settings.static_path with the version that its content has:
 * "/static/app.js?v=3f2a…"; of a mounted application with its prefix in front. Without a version
 * when the file cannot be read, or while a large one is being hashed. The hooks of
 * settings.static_handler are not asked, as self is not theirs: virtual content has no version
 * here. Percent-encoded. NULL, and the request fails, without static_path. Without a version at
 * all: static_url_prefix and the path, by gale_url_escape_path. */
GALE_API const char *gale_static_url(gale_handler *self, const char *path);

/* The same with the protocol and host in front. */
GALE_API const char *gale_static_url_full(gale_handler *self, const char *path);

/* Waits, only for a part that is not in memory. Answers with a file outside of any static root, as
 * the static handler does: Content-Type by name unless set, conditional requests, ranges, HEAD.
 * path is trusted; relative: to the program's directory. 404 when it is not there. With a status
 * other than 200 the file is that one's page: whole, without conditions and validators. */
GALE_API int gale_send_file(gale_handler *self, const char *path);

/* Waits. More of the answer: len bytes of an open regular file from offset on, by sendfile where
 * that is possible. fd is lent until it returns. When nothing was written before, Content-Length
 * says len unless it is set; a file that has become shorter breaks the answer. GALE_EINVAL for
 * numbers below 0. */
GALE_API int gale_send_fd(gale_handler *self, int fd, int64_t offset, int64_t len);

GALE_END_DECLS

#endif

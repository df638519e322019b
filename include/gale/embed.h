/* embed.h - templates and static files that are in the program itself.
 *
 * `gale build --embed` makes a file of C that defines gale_embedded; a program needs no change for
 * it, and may as well define it by hand. Where settings.template_path, or a static root, is one of
 * the directories in it, nothing is read from the disk: templates are those that were compiled in,
 * files are answered from memory (Etag, conditions, ranges and versions in URLs as ever).
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_EMBED_H
#define GALE_EMBED_H

#include <gale/base.h>

GALE_BEGIN_DECLS

struct gale_template_program;

typedef struct gale_embedded_file {
    const char *path; /* below the program's directory, plain: "static/app.js" */
    const void *data;
    size_t size;
    int64_t mtime; /* Unix time; 0: no Last-Modified */
    uint64_t hash; /* of the content, any that tells two contents apart; for the Etag */
} gale_embedded_file;

typedef struct gale_embedded_files {
    const gale_embedded_file *files; /* n_files, sorted by path (bytes) */
    size_t n_files;
    const char *static_path;   /* the directory they are of: "static"; NULL: none */
    const char *template_path; /* likewise, of the templates; NULL: none */
    const struct gale_template_program *const *templates; /* as settings.compiled_templates */
} gale_embedded_files;

/* Defined by the program, if at all. */
extern const gale_embedded_files gale_embedded __attribute__((weak, visibility("default")));

GALE_END_DECLS

#endif

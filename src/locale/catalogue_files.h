/* catalogue_files.h - the files of a set of translations: which there are, and what is in them. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_LOCALE_CATALOGUE_FILES_H
#define GALE_LOCALE_CATALOGUE_FILES_H

#include <gale/base.h>
#include <time.h>

#include "locale/encoding.h"

struct gale__catalogue;

/* Where the files of a set are. */
struct gale__files_place {
    char *directory; /* absolute; NULL: there are none */
    char *domain;    /* gettext's; NULL: CSV */
    enum gale__encoding encoding;
};

/* One file and the state that it was read in. */
struct gale__file {
    char *code; /* what its name says, whether that is a code or not */
    char *path; /* absolute */
    struct timespec changed, modified;
    uint64_t size, inode;
    const struct gale__catalogue *catalogue; /* borrowed; NULL: not usable */
};

struct gale__files {
    struct gale__file *items; /* sorted by path */
    size_t n;
};

/* The files of these names that are there now, not read yet. 0, -errno with the directory in the
 * detail. */
int gale__files_scan(const struct gale__files_place *place,
                     struct gale__files *files) GALE_MUST_USE;
void gale__files_deinit(struct gale__files *files);

/* Both are the same file that has not been written to in between. */
bool gale__file_is_same(const struct gale__file *a, const struct gale__file *b);

/* Reads a file; NULL with *error: 0 when the file is of no use, which has been logged, else
 * -ENOMEM. */
struct gale__catalogue *gale__file_read(const struct gale__files_place *place,
                                        const struct gale__file *file, int *error) GALE_MUST_USE;

#endif

/* skeleton.h - the files that `gale new` makes a project of: share/gale/new, in the program. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_CLI_SKELETON_H
#define GALE_CLI_SKELETON_H

#include <stddef.h>

struct gale__skeleton_file {
    const char *path; /* "site/app.c", or "common/…" for all kinds; below share/gale/new */
    const unsigned char *data;
    size_t size;
};

/* Ended by { 0 }; made at build time by tools/embed.py. */
extern const struct gale__skeleton_file gale__skeletons[];

#endif

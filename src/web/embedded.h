/* embedded.h - what the program has in it of templates and static files: <gale/embed.h>. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_EMBEDDED_H
#define GALE_WEB_EMBEDDED_H

#include <gale/embed.h>

/* Whether the program has all that there is of a static root (as in options), relative to its
 * directory. */
bool gale__embedded_has_root(const char *root);

/* The file at a plain path below that root, or NULL. */
const gale_embedded_file *gale__embedded_find(const char *root, const char *path);

/* The templates of a directory (NULL: none), or NULL. */
const struct gale_template_program *const *gale__embedded_templates(const char *path);

#endif

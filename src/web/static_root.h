/* static_root.h - opens files below a directory, and never one outside of it.
 *
 * A path is made plain first (no "." and "..", no empty names), then opened from the root's
 * descriptor by openat2, which refuses symbolic links on the way; where the kernel or a sandbox has
 * no openat2, name by name with O_NOFOLLOW. So nothing is looked up twice and no race can lead out.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_STATIC_ROOT_H
#define GALE_WEB_STATIC_ROOT_H

#include <sys/stat.h>

#include <gale/base.h>

#include "base/list.h"
#include "base/map.h"

struct gale__static_root {
    struct gale__list link;
    struct gale__map files; /* path below the root to struct gale__static_file */
    char *asked;            /* as it is in the options; heap */
    char *path;             /* absolute; heap */
    bool follow;            /* symbolic links below the root are followed, wherever they point */
    bool walk;              /* openat2 is not to be had */
    int fd;                 /* of the directory; -1: not open */
    int64_t valid_until_ns; /* then the path is opened again */
};

/* The plain form of a path below a root in out, which has strlen(path) + 1 bytes: "" is the root
 * itself. *is_dir: it ended with a slash (or is the root). Its length, or -1: it leads out. */
int gale__static_plain_path(const char *path, char *out, bool *is_dir);

/* Opens what lies at a plain path with flags (O_CLOEXEC, O_NOCTTY and O_NONBLOCK are added): a
 * descriptor, or -errno: -ELOOP for a symbolic link that is not followed. Without O_PATH only for
 * what was seen to be a regular file. */
int gale__static_open(struct gale__static_root *root, const char *path, int flags);

#endif

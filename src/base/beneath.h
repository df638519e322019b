/* beneath.h - opens files below a directory, and never one outside of it.
 *
 * A path is made plain first (no "." and "..", no empty names), then opened from the directory's
 * descriptor by openat2, which refuses symbolic links on the way; where the kernel or a sandbox has
 * no openat2, name by name with O_NOFOLLOW. So nothing is looked up twice and no race can lead out.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BASE_BENEATH_H
#define GALE_BASE_BENEATH_H

#include <gale/base.h>

struct gale__beneath {
    int fd;      /* of the directory; its owner opens and closes it */
    bool follow; /* symbolic links below it are followed, wherever they point */
    bool walk;   /* private: openat2 is not to be had */
};

/* The plain form of a path below a directory in out, which has strlen(path) + 1 bytes: "" is the
 * directory itself. *is_dir: it ended with a slash (or is the directory). Its length, or -1: it
 * leads out. */
int gale__plain_path(const char *path, char *out, bool *is_dir);

/* Opens what lies at a plain path with flags (O_CLOEXEC, O_NOCTTY and O_NONBLOCK are added): a
 * descriptor, or -errno: -ELOOP for a symbolic link that is not followed. */
int gale__beneath_open(struct gale__beneath *top, const char *path, int flags);

#endif

/* watch.h - tells when files change: directories watched by inotify, in a burst's quiet end.
 *
 * Directories are watched, never files: editors and linkers put a new file in the old one's place.
 * Hidden files and directories, and what editors leave beside a file, count for nothing.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_NET_WATCH_H
#define GALE_NET_WATCH_H

#include <stdbool.h>

#include <gale/ioloop.h>

struct gale__watch;

struct gale__watch_hooks {
    /* Whether a change of that file matters; NULL: each does. A directory's path ends with '/'. */
    bool (*matters)(const char *path, void *arg);
    /* When nothing that matters has happened for quiet seconds: what changed first. On the loop.
     * May free the watch. */
    void (*changed)(const char *path, void *arg);
    void *arg;
    double quiet;
};

/* Nothing is watched yet. The caller frees it before the loop. NULL with *error. */
struct gale__watch *gale__watch_new(gale_ioloop *loop, const struct gale__watch_hooks *hooks,
                                    int *error) GALE_MUST_USE;

/* A file (also one that is not there yet), or a directory: what is directly in it, or (is_deep) all
 * that is below. What is watched already stays so. 0 or a failure that names the path. */
int gale__watch_file(struct gale__watch *watch, const char *path) GALE_MUST_USE;
int gale__watch_directory(struct gale__watch *watch, const char *path, bool is_deep) GALE_MUST_USE;

/* NULL is allowed. */
void gale__watch_free(struct gale__watch *watch);

#endif

/* files.h - what comes in parts written to files, off the loop's thread: private to src/web. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_FILES_H
#define GALE_WEB_FILES_H

#include <gale/base.h>
#include <gale/ioloop.h>

/* Waits. Writes data at offset of the temporary file *fd, which is made when it is -1: without a
 * name, for this process alone, in the system's folder for such. 0 or -errno. */
int gale__spool_write(gale_ioloop *loop, int *fd, int64_t offset, gale_str data) GALE_MUST_USE;

/* A file on its way to path: under a temporary name beside it until it is whole. */
struct gale__saver {
    gale_ioloop *loop;
    const char *path; /* borrowed */
    char *temporary;  /* on the heap */
    int fd;
    int64_t size;
    bool is_there; /* the temporary name is */
};

/* 0 or -ENOMEM. Ended by gale__saver_end() in any case. */
int gale__saver_begin(struct gale__saver *saver, gale_ioloop *loop, const char *path) GALE_MUST_USE;

/* Waits. 0 or -errno. */
int gale__saver_write(struct gale__saver *saver, gale_str data) GALE_MUST_USE;

/* Waits. Gives the file its name. */
int gale__saver_finish(struct gale__saver *saver) GALE_MUST_USE;

/* Frees; removes what was not finished. */
void gale__saver_end(struct gale__saver *saver);

#endif

/* static_root.h - a directory whose files are served: contained by base/beneath.h. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_STATIC_ROOT_H
#define GALE_WEB_STATIC_ROOT_H

#include <sys/stat.h>

#include <gale/base.h>

#include "base/beneath.h"
#include "base/list.h"
#include "base/map.h"

struct gale__static_root {
    struct gale__list link;
    struct gale__map files;   /* path below the root to struct gale__static_file */
    char *asked;              /* as it is in the options; heap */
    char *path;               /* absolute; heap */
    struct gale__beneath dir; /* .fd -1: not open */
    int64_t valid_until_ns;   /* then the path is opened again */
};

#endif

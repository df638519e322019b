/* loader.h - the inside of loaders: where templates come from, what is kept of them. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TEMPLATE_LOADER_H
#define GALE_TEMPLATE_LOADER_H

#include <pthread.h>

#include <gale/template.h>

#include "base/arena.h"
#include "base/map.h"

struct gale__source_stamp; /* of each file a template was made from: whether it has changed */

struct gale_template {
    int refs; /* atomic */
    const gale_template_program *program;
    gale_template_options options;
    struct gale__arena arena; /* holds the program, and this struct */
    struct gale__source_stamp *stamps;
};

struct gale_loader {
    const struct gale__loader_ops *ops;
    gale_template_options options; /* texts and lists copied */
    struct gale__map cache;        /* full name to struct gale_template, a reference each */
    pthread_mutex_t lock;          /* of cache */
    struct gale__arena arena;
};

#endif

/* live_reload.h - pages that reload themselves when what they were made from has changed.
 *
 * With debug (and autoreload) HTML pages get a script, which listens to an event stream of the
 * application: it is told when templates or static files change, when another build answers than
 * the one that made the page, and how `gale run` fares with compiling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_LIVE_RELOAD_H
#define GALE_WEB_LIVE_RELOAD_H

#include "web/handler.h"

/* Of an application on a loop: the pages that listen there, and what is watched for them. NULL
 * until the first one comes. */
struct gale__live;

/* Puts the transform that adds the script to the settings of a new application, and names its
 * build. */
int gale__live_enable(gale_app *app) GALE_MUST_USE;

/* The streams end, nothing is watched any more. NULL is allowed, as below. */
void gale__live_close(struct gale__live *live);

/* Its requests have ended. */
void gale__live_free(struct gale__live *live);

extern const gale_handler_class gale__live_stream_handler, gale__live_script_handler;

/* live_inject.c */
extern const gale_transform gale__live_transform;

#endif

/* middleware.h - what runs around handlers: private to src/web. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_MIDDLEWARE_H
#define GALE_WEB_MIDDLEWARE_H

#include "web/handler.h"

/* Runs the route's middleware from the outermost on, with inner(self) inside of all. */
int gale__middleware_run(gale_handler *self, int (*inner)(gale_handler *self)) GALE_MUST_USE;

/* The after hooks of the middleware whose before or around was begun, innermost first; once, and
 * once more for an error page, without the one that failed before. */
int gale__middleware_after(gale_handler *self) GALE_MUST_USE;

#endif

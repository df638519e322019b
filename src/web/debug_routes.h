/* debug_routes.h - the routes below /_gale that an application has with debug: one table for all
 * parts of the library that show something there. They come before the user's, and no middleware
 * is around them. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_DEBUG_ROUTES_H
#define GALE_WEB_DEBUG_ROUTES_H

#include "web/app.h"

/* Adds them to a new application whose settings are in effect. As gale__routes_add(). */
int gale__debug_routes_add(gale_app *app, char *text, size_t size) GALE_MUST_USE;

#endif

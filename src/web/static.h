/* static.h - what the static handler, static URLs and the application share. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_STATIC_H
#define GALE_WEB_STATIC_H

#include <gale/staticfile.h>

#include "web/handler.h"
#include "web/static_cache.h"

/* The route's .arg can be used, when its handler is the static one (or an heir): its texts are
 * copied. 0, or a failure that says what is wrong. */
int gale__static_check_arg(const struct gale__route *route) GALE_MUST_USE;

/* The file at a path below a root (whose names are not checked to be plain), with a reference that
 * ends with the request: *out, -errno or, with may_wait, why the wait was cut short. */
int gale__static_find(gale_handler *self, const char *root_path, bool follow, const char *path,
                      const struct gale__static_ask *ask, struct gale__static_root **root,
                      struct gale__static_file **out) GALE_MUST_USE;

/* How a handler asks. */
struct gale__static_ask gale__static_ask(const gale_handler *self, bool may_wait, bool siblings);

#endif

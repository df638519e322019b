/* guard.h - checks between prepare and the verb: private to src/web. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_GUARD_H
#define GALE_WEB_GUARD_H

#include "web/handler.h"

/* Before prepare, as in Tornado: the XSRF check where settings and class want it. Cheap when not.
 * 0 or a failure (403). */
int gale__guard_xsrf(gale_handler *self) GALE_MUST_USE;

/* After prepare: .authenticated. 0, 1 when it answered (redirect), or a failure. Waits as the
 * loader. */
int gale__guard_user(gale_handler *self) GALE_MUST_USE;

/* At the request's end: lets go of the user. */
void gale__guard_end(gale_handler *self);

#endif

/* guard.h - checks between prepare and the verb: private to src/web. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_GUARD_H
#define GALE_WEB_GUARD_H

#include "base/alloc.h"
#include "web/handler.h"

/* The XSRF check. 0 or a failure (403). */
int gale__guard_xsrf_now(gale_handler *self) GALE_MUST_USE;

/* Before prepare, as in Tornado: that check where settings and class want it. */
static inline int gale__guard_xsrf(gale_handler *self)
{
    int wanted = self->cls->hooks.xsrf_cookies;

    if (!wanted)
        wanted = gale__handler_app(self)->settings.xsrf_cookies;
    return GALE_LIKELY(wanted != GALE_ON) ? 0 : gale__guard_xsrf_now(self);
}

/* Before the headers leave, when self->more->wants_xsrf_cookie: sets it, unless the answer may be
 * kept for others. */
int gale__guard_xsrf_cookie(gale_handler *self) GALE_MUST_USE;

/* After prepare: .authenticated. 0, 1 when it answered (redirect), or a failure. Waits as the
 * loader. */
int gale__guard_user(gale_handler *self) GALE_MUST_USE;

#endif

/* signed_cookie.h - a handler's settings for signing: private to src/web. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_SIGNED_COOKIE_H
#define GALE_WEB_SIGNED_COOKIE_H

#include "web/handler.h"

/* What signing and reading values need. GALE_ESTATE says that who needs the setting
 * cookie_secret. */
int gale__handler_signing(gale_handler *self, const char *who, gale_signing *out) GALE_MUST_USE;

#endif

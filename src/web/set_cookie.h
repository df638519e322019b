/* set_cookie.h - the cookies of an answer: private to src/web. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_SET_COOKIE_H
#define GALE_WEB_SET_COOKIE_H

#include "web/handler.h"

/* Turns the cookies that were set into Set-Cookie fields. Only called when there is a jar. */
int gale__jar_emit(gale_handler *self) GALE_MUST_USE;

/* Whether a cookie of that name can be set with those attributes, by settings.secure_cookies (is
 * careful): 0 or GALE_EINVAL, which names what is wrong. */
int gale__cookie_check(const char *name, const gale_cookie *options, bool careful) GALE_MUST_USE;

#endif

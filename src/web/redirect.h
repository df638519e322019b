/* redirect.h - what the built-in handlers ask of their route. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_REDIRECT_H
#define GALE_WEB_REDIRECT_H

#include "web/router.h"

/* Whether route->arg is one that gale_redirect_handler or gale_error_handler can use, when the
 * route is for one of them (or an heir): 0, or a failure that says what is wrong with it. */
int gale__route_check_arg(const struct gale__route *route) GALE_MUST_USE;

#endif

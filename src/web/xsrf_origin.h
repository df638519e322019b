/* xsrf_origin.h - where a request says it comes from: private to src/web. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_XSRF_ORIGIN_H
#define GALE_WEB_XSRF_ORIGIN_H

#include "web/handler.h"

/* 1: Sec-Fetch-Site or Origin says that the request is this site's or the user's own; 0: there is
 * neither; or a failure that answers 403. */
int gale__xsrf_check_origin(gale_handler *self) GALE_MUST_USE;

#endif

/* errors.h - turning failures into log lines and error pages. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_ERRORS_H
#define GALE_WEB_ERRORS_H

#include "web/handler.h"

/* Ends the answer of a request that failed with code: logs it, and sends an error page where the
 * client can still get one. */
void gale__handler_fail(gale_handler *self, int code);

#endif

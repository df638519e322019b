/* access_log.h - the line for each request. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_ACCESS_LOG_H
#define GALE_WEB_ACCESS_LOG_H

#include "web/handler.h"

/* Logs the request whose answer has been handed on, the way its class or application wants. */
void gale__access_log(gale_handler *self);

#endif

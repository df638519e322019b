/* access_log.h - the line for each request. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_ACCESS_LOG_H
#define GALE_WEB_ACCESS_LOG_H

#include "web/handler.h"

/* Logs the request whose answer has been handed on, the way its class or application wants. */
void gale__access_log(gale_handler *self);

/* The format that settings.access_log names (> 0), or GALE_EINVAL. */
int gale__access_log_parse(const char *word);

/* From now on in this format, of gale__access_log_parse(). Before the application serves. */
void gale__access_log_use(gale_app *app, int format);

#endif

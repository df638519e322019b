/* dispatch.h - the web layer as an answerer of exchanges. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_DISPATCH_H
#define GALE_WEB_DISPATCH_H

#include <gale/web.h>

#include "http/exchange.h"

/* Its dispatch's arg is a struct gale__app_server. */
extern const struct gale__answerer gale__web_answerer;

/* Whose coroutine runs, or has started the one that runs: for reports of where a thread is. NULL:
 * no request's. */
gale_handler *gale__handler_running(void);

/* The one that a coroutine runs; NULL: it does something else. */
gale_handler *gale__handler_of(const struct gale__co *co);

#endif

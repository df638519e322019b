/* dispatch.h - the web layer as an answerer of exchanges. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_DISPATCH_H
#define GALE_WEB_DISPATCH_H

#include "http/exchange.h"

/* Its dispatch's arg is a struct gale__app_server. */
extern const struct gale__answerer gale__web_answerer;

#endif

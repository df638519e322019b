/* event_stream.h - an open stream of events: private to src/web. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_EVENT_STREAM_H
#define GALE_WEB_EVENT_STREAM_H

#include "web/handler.h"

/* The client of self->more->events has gone, if only its sending side: nobody listens any more. On
 * the loop's stack. */
void gale__event_stream_gone(gale_handler *self);

#endif

/* request_id.h - the id of a request, in its lines of the log and its answer. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_REQUEST_ID_H
#define GALE_WEB_REQUEST_ID_H

#include "web/handler.h"

/* With settings.request_id: gives the request that begins its id. */
void gale__request_id_begin(gale_handler *self);

/* The id, or NULL when nobody asked for one. */
static inline const char *gale__request_id(const gale_handler *self)
{
    return self->more ? self->more->request_id : NULL;
}

#endif

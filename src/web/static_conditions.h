/* static_conditions.h - what a request's conditional fields say of a file (RFC 9110 13.2.2). */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_STATIC_CONDITIONS_H
#define GALE_WEB_STATIC_CONDITIONS_H

#include "web/static_content.h"

/* 0: go on; 304; 412. */
int gale__static_conditions(gale_handler *self, const struct gale__static_content *a);

/* Whether the Range field counts: there is no If-Range, or it names what the client would get. */
bool gale__static_if_range(gale_handler *self, const struct gale__static_content *a);

#endif

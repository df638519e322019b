/* etag.h - Etags of answers and If-None-Match. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_ETAG_H
#define GALE_WEB_ETAG_H

#include "web/handler.h"

/* Gives the complete answer in the body buffer its Etag; true when the client has it already. */
bool gale__etag_matches(gale_handler *self);

/* Weak comparison (RFC 9110 8.8.3.2) of etag with the tags of an If-None-Match field. */
bool gale__etag_in_list(gale_str etag, gale_str list);

#endif

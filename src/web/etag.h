/* etag.h - Etags of answers and If-None-Match. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_ETAG_H
#define GALE_WEB_ETAG_H

#include "web/handler.h"

/* Gives the complete answer in the body buffer its Etag. 1 when the client has it already
 * (If-None-Match), else 0; GALE_EHTTP(412) when it wants only another one (If-Match). */
int gale__etag_check(gale_handler *self) GALE_MUST_USE;

/* The hook's Etag of content that is in memory, in *out: len 0 for none. Fails the request when it
 * is no entity tag. */
int gale__etag_own(gale_handler *self, gale_str content, gale_str *out) GALE_MUST_USE;

/* Weak comparison (RFC 9110 8.8.3.2) of etag with the tags of an If-None-Match field. */
bool gale__etag_in_list(gale_str etag, gale_str list);

#endif

/* form.h - forms in the body: private to src/web. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_FORM_H
#define GALE_WEB_FORM_H

#include "web/handler.h"

/* Whether the body, whose head has come, is better taken piece by piece and not whole: a multipart
 * form larger than a file that may be in memory. */
bool gale__form_wants_stream(const struct gale__exchange *x, const gale_limits *limits);

/* Waits. Before prepare (not for streaming classes): takes a streamed multipart body into arguments
 * and files. 0 or a failure (400, 413 …). */
int gale__form_read(gale_handler *self) GALE_MUST_USE;

#endif

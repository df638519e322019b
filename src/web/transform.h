/* transform.h - output transforms on the way of an answer: private to src/web.
 *
 * Without transforms (no setting, or none that wants this answer) nothing here costs more than a
 * test of a pointer.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_TRANSFORM_H
#define GALE_WEB_TRANSFORM_H

#include "base/buf.h"
#include "web/handler.h"

/* Before the headers leave: *body is the first piece and becomes what is to be sent instead (in
 * memory of the transforms, until the next call). */
int gale__transforms_begin(gale_handler *self, gale_str *body, bool last) GALE_MUST_USE;

/* A further piece, likewise. */
int gale__transforms_write(gale_handler *self, gale_str *body, bool flush, bool last) GALE_MUST_USE;

/* gzip, brotli, zstd by negotiation: settings.compress_response. */
extern const gale_transform gale__compress_transform;

#endif

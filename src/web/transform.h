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

struct gale_transform_out {
    struct gale__buf buf;
};

/* Whether the class or the application wants compression. */
static inline bool gale__compress_is_on(const gale_handler *self)
{
    int own = self->cls->hooks.compress_response;

    return (own ? own : self->route->app->settings.compress_response) == GALE_ON;
}

/* Whether any transform is to be asked about this answer. */
static inline bool gale__transforms_are_on(const gale_handler *self)
{
    return (self->route->app->settings.transforms || gale__compress_is_on(self)) &&
           !self->untransformed;
}

/* Before the headers leave: *body is the first piece and becomes what is to be sent instead (in
 * memory of the transforms, until the next call). 1 when it is another, else 0. */
int gale__transforms_begin(gale_handler *self, gale_str *body, bool last) GALE_MUST_USE;

/* A further piece, likewise; only when self->more->transforms is there. */
int gale__transforms_write(gale_handler *self, gale_str *body, bool flush, bool last) GALE_MUST_USE;

/* gzip, brotli, zstd by negotiation: settings.compress_response. */
extern const gale_transform gale__compress_transform;

/* Gives a 304 the fields that the answer with body would have had. */
int gale__compress_not_modified(gale_handler *self, gale_str body) GALE_MUST_USE;

#endif

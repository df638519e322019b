/* builtin.c - which handler classes are the library's own, and the one that hands requests on. */
/* SPDX-License-Identifier: MIT */
#include <gale/staticfile.h>

#include "base/str.h"
#include "web/access_log.h"
#include "web/handler.h"

static int fallback_initialize(gale_handler *self, void *arg)
{
    *(void **)gale_state(self) = arg;
    return 0;
}

/* The callback answers the exchange itself; what it left unanswered is an empty 200. */
static int fall_back(gale_handler *self)
{
    const gale_fallback_options *options = *(void **)gale_state(self);
    int r = options->callback(&self->x->request, options->arg);

    if (!self->x->responded)
        return r;
    self->headers_sent = self->finished = true;
    self->status = (uint16_t)self->x->status;
    gale__access_log(self);
    return r;
}

/* Its Content-Type joins what the handler has. */
static int take_headers(gale_handler *self, const struct gale__headers *headers)
{
    int r = 0;

    for (size_t i = 0; headers->fields && i < headers->n && r >= 0; i++)
        if (headers->fields[i].value.ptr)
            r = gale__headers_set(&self->headers, headers->fields[i].name,
                                  headers->fields[i].value);
    return r;
}

/* What the answer itself tells, or must not tell. */
static int drop_framing(gale_handler *self)
{
    int r = gale__headers_remove(&self->headers, GALE__STR("Content-Length"));

    if (r >= 0 && (self->status == 204 || self->status == 304))
        r = gale__headers_remove(&self->headers, GALE__STR("Content-Type"));
    return r;
}

int gale__fallback_respond(struct gale__exchange *x, struct gale__response *r)
{
    gale_handler *self = x->data;
    int result;

    if (!self || !gale__handler_is_fallback(self))
        return 0;
    self->status = (uint16_t)r->status;
    self->reason = NULL;
    self->may_not_answer = true;
    result = self->failed ? self->failed : take_headers(self, r->headers);
    x->trailers = NULL; /* its length is told */
    if (result >= 0)
        result = gale__handler_before_headers(self);
    if (result >= 0 && self->headers.fields)
        result = drop_framing(self);
    self->may_not_answer = false;
    if (result < 0)
        return gale__handler_failed(self, result);
    r->status = self->status;
    r->reason = self->reason;
    r->headers = &self->headers;
    return 0;
}

const gale_handler_class gale_fallback_handler = {
    .state_size = sizeof(void *),
    .arg_size = sizeof(gale_fallback_options),
    .initialize = fallback_initialize,
    .get = fall_back,
    .head = fall_back,
    .post = fall_back,
    .put = fall_back,
    .delete_ = fall_back,
    .patch = fall_back,
    .options = fall_back,
    .other_method = fall_back,
    .name = "gale_fallback_handler",
};

bool gale__class_is_builtin(const gale_handler_class *cls)
{
    return cls == &gale_redirect_handler || cls == &gale_error_handler ||
           cls == &gale_fallback_handler || cls == &gale_static_handler;
}

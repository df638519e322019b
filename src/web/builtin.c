/* builtin.c - which handler classes are the library's own, and the one that hands requests on. */
/* SPDX-License-Identifier: MIT */
#include <gale/staticfile.h>

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

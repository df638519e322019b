/* guard.c - the checks a request passes before its verb: XSRF, then the user. See guard.h. */
/* SPDX-License-Identifier: MIT */
#include "web/guard.h"

#include "base/alloc.h"
#include "web/user.h"

/* Methods that change nothing, by which no other site can do harm. */
static bool is_safe(enum gale__method method)
{
    return method == GALE__METHOD_GET || method == GALE__METHOD_HEAD ||
           method == GALE__METHOD_OPTIONS;
}

int gale__guard_xsrf_now(gale_handler *self)
{
    const gale_settings *settings = &gale__handler_app(self)->settings;
    const gale_handler_class *hooks = &self->cls->hooks;
    enum gale__method method = gale__handler_method(self);

    if (!is_safe(method))
        return hooks->check_xsrf_cookie ? hooks->check_xsrf_cookie(self)
                                        : gale_check_xsrf_cookie(self);
    if (settings->xsrf_cookie_eager == GALE_ON && method == GALE__METHOD_GET)
        return gale_xsrf_token(self) ? 0 : self->failed;
    return 0;
}

static int method_bit(enum gale__method method)
{
    static const uint8_t bits[GALE__N_METHODS] = {
        [GALE__METHOD_GET] = GALE_GET,         [GALE__METHOD_HEAD] = GALE_HEAD,
        [GALE__METHOD_POST] = GALE_POST,       [GALE__METHOD_PUT] = GALE_PUT,
        [GALE__METHOD_DELETE] = GALE_DELETE,   [GALE__METHOD_PATCH] = GALE_PATCH,
        [GALE__METHOD_OPTIONS] = GALE_OPTIONS,
    };

    return bits[method] ? bits[method] : GALE_OTHER;
}

int gale__guard_user(gale_handler *self)
{
    const gale_handler_class *hooks = &self->cls->hooks;
    int guarded = hooks->authenticated;

    if (guarded & GALE_GET && !hooks->head)
        guarded |= GALE_HEAD; /* HEAD runs get: it needs whom get needs */
    return guarded & method_bit(gale__handler_method(self)) ? gale_require_user(self) : 0;
}

/* guard.c - the checks a request passes before its verb: XSRF, then the user. See guard.h. */
/* SPDX-License-Identifier: MIT */
#include "web/guard.h"

#include <errno.h>

#include "base/alloc.h"
#include "base/str.h"
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
    struct gale__handler_more *more;

    if (!is_safe(method))
        return hooks->check_xsrf_cookie ? hooks->check_xsrf_cookie(self)
                                        : gale_check_xsrf_cookie(self);
    if (settings->xsrf_cookie_eager != GALE_ON || method != GALE__METHOD_GET ||
        hooks->kind == GALE_KIND_STATIC)
        return 0;
    more = gale__handler_more(self);
    if (!more)
        return -ENOMEM;
    more->wants_xsrf_cookie = true; /* what the answer is will be known later */
    return 0;
}

/* Whether one directive of Cache-Control lets it be kept. */
static bool keeps(gale_str directive)
{
    static const char *const names[] = { "public", "immutable", "max-age", "s-maxage" };
    gale_str name = gale__str_head(directive, gale__str_find(directive, '='));
    gale_str value = gale__str_skip(directive, name.len);

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (gale__str_equal_nocase(gale__str_trim(name), gale__str(names[i])))
            return !gale__str_equal(value, GALE__STR("=0"));
    return false;
}

/* By Cache-Control: then the cookie would be kept as well, and be everybody's. */
static bool may_be_kept(const gale_handler *self)
{
    bool result = false;

    for (size_t i = 0; self->headers.fields && i < self->headers.n; i++) {
        const struct gale__field *field = &self->headers.fields[i];
        gale_str rest = field->value, part;

        if (!gale__str_equal_nocase(field->name, GALE__STR("Cache-Control")))
            continue;
        while (gale__str_split(&rest, ',', &part)) {
            part = gale__str_trim(part);
            if (gale__str_equal_nocase(part, GALE__STR("private")) ||
                gale__str_equal_nocase(part, GALE__STR("no-store")))
                return false;
            result |= keeps(part);
        }
    }
    return result;
}

int gale__guard_xsrf_cookie(gale_handler *self)
{
    gale_app *app = self->app;
    const char *token;

    self->more->wants_xsrf_cookie = false;
    if (self->failed || may_be_kept(self))
        return 0;
    self->app = self->route->app; /* whose cookie it is, whoever finishes */
    token = gale_xsrf_token(self);
    self->app = app;
    return token ? 0 : self->failed;
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

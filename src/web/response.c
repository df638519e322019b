/* response.c - status and headers of the answer, until they have left. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "web/handler.h"

/* A phrase that cannot be sent, or that could start a tag in an error page. */
static bool is_bad_reason(const char *reason)
{
    if (!*reason)
        return true;
    for (; *reason; reason++) {
        unsigned char c = (unsigned char)*reason;

        if ((c < 0x20 && c != '\t') || c == 0x7f || c == '<')
            return true;
    }
    return false;
}

int gale_set_status(gale_handler *self, int status, const char *reason)
{
    if (self->headers_sent)
        return gale_err(GALE_ESTATE, "gale_set_status: the headers have left");
    if (status < 200 || status > 999)
        return gale__handler_failed(self, gale_err(GALE_EINVAL, "unusable status %d", status));
    if (reason && is_bad_reason(reason))
        reason = "Unknown";
    if (reason) {
        reason = gale__arena_strndup(&self->x->arena, reason, strlen(reason));
        if (!reason)
            return gale__handler_failed(self, -ENOMEM);
    }
    self->status = (uint16_t)status;
    self->reason = reason;
    return 0;
}

int gale_get_status(const gale_handler *self)
{
    return self->status;
}

static int check_header(gale_handler *self, const char *name, const char *value)
{
    if (self->failed)
        return self->failed;
    if (self->headers_sent)
        return gale_err(GALE_ESTATE, "header %s: the headers have left", name ? name : "?");
    if (!name || !value)
        return gale__handler_failed(self, gale_err(GALE_EINVAL, "header %s: %s is NULL",
                                                   name ? name : "?", name ? "value" : "name"));
    return 0;
}

int gale_set_header(gale_handler *self, const char *name, const char *value)
{
    int r = check_header(self, name, value);

    if (r < 0)
        return r;
    r = gale__headers_set(&self->headers, gale__str(name), gale__str(value));
    return r < 0 ? gale__handler_failed(self, r) : 0;
}

int gale_add_header(gale_handler *self, const char *name, const char *value)
{
    int r = check_header(self, name, value);

    if (r < 0)
        return r;
    r = gale__headers_add(&self->headers, gale__str(name), gale__str(value));
    return r < 0 ? gale__handler_failed(self, r) : 0;
}

void gale_clear_header(gale_handler *self, const char *name)
{
    int r = 0;

    if (name && !self->headers_sent)
        r = gale__headers_remove(&self->headers, gale__str(name));
    if (r < 0)
        gale__handler_failed(self, r);
}

const char *gale_get_response_header(gale_handler *self, const char *name)
{
    const struct gale__field *field = gale__headers_get(&self->headers, gale__str(name));

    if (!field || !field->value.ptr)
        return NULL;
    return gale__arena_strndup(&self->x->arena, field->value.ptr, field->value.len);
}

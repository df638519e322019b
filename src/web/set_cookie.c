/* set_cookie.c - the cookies of an answer, kept until its headers leave. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "web/cookies.h"

struct jar_cookie {
    gale_str name;
    gale_str field; /* of Set-Cookie */
};

struct gale__jar {
    struct jar_cookie *items; /* in the order of their last setting */
    size_t n, cap;
};

int gale__jar_emit(gale_handler *self)
{
    const struct gale__jar *jar = self->more->jar;
    int r = 0;

    for (size_t i = 0; i < jar->n && r >= 0; i++)
        r = gale__headers_add(&self->headers, GALE__STR("Set-Cookie"), jar->items[i].field);
    return r;
}

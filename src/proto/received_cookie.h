/* received_cookie.h - a Set-Cookie field read as a client reads it (RFC 6265bis 5.6).
 *
 * Pure: slices of the field out, in linear time. What servers send is taken leniently as that
 * section says; whether the cookie may be kept is for the jar to decide.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PROTO_RECEIVED_COOKIE_H
#define GALE_PROTO_RECEIVED_COOKIE_H

#include <gale/base.h>

struct gale__received_cookie {
    gale_str name, value; /* trimmed; the name may be empty */
    gale_str domain;      /* without its leading dot; len 0: none */
    gale_str path;        /* begins with '/'; len 0: the default one */
    double expires;       /* Unix time; INFINITY: with the session; <= now: at once */
    bool secure, http_only;
};

enum {
    GALE__COOKIE_MAX = 4096,           /* bytes of name and value */
    GALE__COOKIE_ATTRIBUTE_MAX = 1024, /* of an attribute's value; longer ones are passed over */
};

/* now is Unix time; what expires later than 400 days from it does so then. False: a control
 * character, too long, or neither name nor value. */
bool gale__received_cookie_parse(gale_str field, double now, struct gale__received_cookie *out);

#endif

/* challenge.h - walks WWW-Authenticate, Proxy-Authenticate and Authentication-Info (RFC 9110 11).
 *
 * Pure: one pass over the field, linear whatever is in it. Several challenges may share a field;
 * each begins with an item that has a scheme.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PROTO_CHALLENGE_H
#define GALE_PROTO_CHALLENGE_H

#include <gale/base.h>

/* A scheme, with the token68 behind it if there is one as its value; or a parameter. */
struct gale__challenge_item {
    gale_str scheme; /* ptr NULL: a parameter of the last scheme */
    gale_str name;   /* of a parameter */
    gale_str value;  /* unquoted; ptr NULL: none */
};

/* 1: *out is the next item; 0: no more; GALE_EPROTO: malformed from here on. *buffer has room for
 * field.len bytes for a whole walk of field, and is moved on; *rest is what is left of it. */
int gale__challenge_next(gale_str *rest, char **buffer,
                         struct gale__challenge_item *out) GALE_MUST_USE;

#endif

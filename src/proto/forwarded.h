/* forwarded.h - what proxies say of a request: Forwarded (RFC 7239), X-Forwarded-For.
 *
 * Each proxy adds its element at the right end, so the lists are read from there: what a client
 * put in front of it, an open quote for example, cannot change how a proxy's element is read.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PROTO_FORWARDED_H
#define GALE_PROTO_FORWARDED_H

#include <gale/base.h>

/* One element. Slices of the field, without quotes; len 0: not said. */
struct gale__hop {
    gale_str node; /* for=: an address with or without port, "unknown", "_name", or garbage */
    gale_str proto;
};

/* The element before *end, which is the field's length at first and moves to the left. 1; 0: no
 * more; GALE_EPROTO: what stands there is none (and nothing left of it can be read). */
int gale__forwarded_prev(gale_str field, size_t *end, struct gale__hop *hop);

/* The same of X-Forwarded-For: an empty element is one with an empty node. */
int gale__x_forwarded_prev(gale_str field, size_t *end, struct gale__hop *hop);

#endif

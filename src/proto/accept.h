/* accept.h - walks fields such as Accept, Accept-Encoding and Accept-Language (RFC 9110 12.4). */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PROTO_ACCEPT_H
#define GALE_PROTO_ACCEPT_H

#include <gale/base.h>

struct gale__accept_item {
    gale_str value;  /* "text/html", "gzip", "en-GB", "*" */
    gale_str params; /* what follows it up to the weight: "level=1" */
    int quality;     /* 0 to 1000 */
};

/* Takes the next item off *rest; false at the end. Items without a value or with a weight that is
 * none are passed over. */
bool gale__accept_next(gale_str *rest, struct gale__accept_item *item);

/* How much the client wants what ("text/html", "gzip", "en"), by the most specific item: 0 to 1000.
 * Without a field (ptr NULL) 1000; the coding "identity" at least 1 unless it is excluded. */
int gale__accept_quality(gale_str field, gale_str what);

#endif

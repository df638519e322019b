/* http_url.h - http and https URLs: taken apart, and references resolved against them (RFC 3986).
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PROTO_HTTP_URL_H
#define GALE_PROTO_HTTP_URL_H

#include <gale/base.h>

#include "base/buf.h"

/* Slices of the URL. */
struct gale__http_url {
    bool tls;          /* https */
    int port;          /* the scheme's own when the URL has none */
    gale_str userinfo; /* before the '@', percent-encoded; ptr NULL: none */
    gale_str host;     /* without the brackets of an IPv6 address */
    gale_str netloc;   /* host and port as written: what Host says */
    gale_str target;   /* path and query; may lack its first '/' */
    bool is_numeric6;  /* host was in brackets */
};

/* GALE_EINVAL saying what is wrong: another scheme, no host, two '@' or a backslash before
 * its end, a bad port, a space or a control character anywhere. */
int gale__http_url_parse(gale_str text, struct gale__http_url *out) GALE_MUST_USE;

/* Appends the target as it is sent: with its '/', bytes beyond ASCII percent-encoded. */
void gale__http_url_write_target(const struct gale__http_url *url, struct gale__buf *out);

/* Same scheme, host (in any case) and port. */
bool gale__http_url_same_origin(const struct gale__http_url *a, const struct gale__http_url *b);

/* Appends what reference (a Location field) means on the page base, without its fragment; spaces
 * in it are percent-encoded. 0, GALE_EINVAL for control characters in it, or the buffer's error. */
int gale__http_url_resolve(const struct gale__http_url *base, gale_str reference,
                           struct gale__buf *out) GALE_MUST_USE;

#endif

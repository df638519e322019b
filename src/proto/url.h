/* url.h - percent escapes, host and port, UTF-8: the small change of URLs. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PROTO_URL_H
#define GALE_PROTO_URL_H

#include <gale/base.h>

/* Two dialects: a path keeps '+' and leaves '/' alone; a query writes space as '+'. */
enum gale__url_part { GALE__URL_PATH, GALE__URL_QUERY };

/* Decodes len bytes into dst, which needs as much room and may be src. Escapes that are not
 * two hex digits stay as they are. Returns the length; the result may hold any byte. */
size_t gale__url_unescape(enum gale__url_part part, char *dst, const char *src, size_t len);

/* Escapes everything but letters, digits and "-._~" (and '/' in a path). dst needs room for
 * 3 * len bytes; returns the length. */
size_t gale__url_escape(enum gale__url_part part, char *dst, const char *src, size_t len);

/* Splits "host:port" at its last colon when digits follow to the end; otherwise all of it is
 * the host, brackets included, and *port is -1. GALE_EINVAL when the port is above 65535. */
int gale__split_host_port(gale_str text, gale_str *host, int *port) GALE_MUST_USE;

/* Whether s is UTF-8 as Unicode defines it: no overlong forms, no surrogates. */
bool gale__utf8_is_valid(const char *s, size_t len);

#endif

/* url.h - host and port of a URL. Percent escapes are in base/escape.h. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PROTO_URL_H
#define GALE_PROTO_URL_H

#include <gale/base.h>

/* Splits "host:port" at its last colon when digits follow to the end; otherwise all of it is
 * the host, brackets included, and *port is -1. GALE_EINVAL when the port is above 65535. */
int gale__split_host_port(gale_str text, gale_str *host, int *port) GALE_MUST_USE;

#endif

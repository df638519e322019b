/* proxy_url.h - what the environment says of proxies: http_proxy's and no_proxy's texts. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PROTO_PROXY_URL_H
#define GALE_PROTO_PROXY_URL_H

#include <gale/base.h>

/* Slices of the text. */
struct gale__proxy_url {
    gale_str host;           /* without brackets */
    int port;                /* 80 when there is none */
    gale_str user, password; /* percent-encoded; ptr NULL: none */
};

/* "http://user:password@host:port/", of which only the host is needed. GALE_EINVAL: another
 * scheme (https and socks are not spoken to proxies), a path, no host. */
int gale__proxy_url_parse(gale_str text, struct gale__proxy_url *out) GALE_MUST_USE;

/* A name or a numeric address, which may be IPv6 without brackets. */
bool gale__proxy_host_is_valid(gale_str host);

/* Whether a no_proxy list, with commas or blanks in between, names that host: '*', a name (with or
 * without a dot before it: and all below it), an address, a network "10.0.0.0/8"; each may end in
 * a port. host is without brackets. */
bool gale__proxy_is_excepted(gale_str list, gale_str host, int port);

#endif

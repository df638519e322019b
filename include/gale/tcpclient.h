/* tcpclient.h - connecting to a host by name: resolver, happy eyeballs, TLS.
 *
 * Addresses of both families are tried as in RFC 6555 and Tornado: those of the first family one
 * after the other, those of the other beside them after 0.3 seconds or the first failure; the
 * first connection that comes about is taken and the others closed.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_TCPCLIENT_H
#define GALE_TCPCLIENT_H

#include <gale/base.h>
#include <gale/error.h>
#include <gale/iostream.h>
#include <gale/netutil.h>
#include <gale/tls.h>

GALE_BEGIN_DECLS

/* Zero is the default for each. Grows at its end. */
typedef struct gale_connect_options {
    gale_iostream_options stream;
    int family;                  /* AF_INET, AF_INET6; default both */
    const char *source_ip;       /* numeric: connects from there */
    int source_port;             /* and this port; without source_ip from the loopback */
    double timeout;              /* seconds for all of it, TLS included; default none */
    gale_resolver *resolver;     /* default: the loop's (gale_resolver_default) */
    gale_tls_context *tls;       /* not NULL: TLS with host as its name. NULL is plain
                                    text: look at what gale_tls_client() gave, or say use_tls */
    int use_tls;                 /* GALE_ON: TLS, with tls NULL by a client's default context */
    const char *server_hostname; /* instead of host, for TLS */
    double stagger;              /* seconds before the other family; default 0.3 */
} gale_connect_options;

/* Waits. A new stream, the caller's, connected to host (a name, a numeric address, or
 * "unix:/path"). On failure *out is untouched and the code says why and which address:
 * GALE_ENOTFOUND, GALE_ETIMEDOUT, -ECONNREFUSED (the last of the addresses' own), GALE_ETLS. */
GALE_API GALE_MUST_USE int gale_tcp_connect(gale_iostream **out, const char *host, int port,
                                            const gale_connect_options *options);

GALE_END_DECLS

#endif

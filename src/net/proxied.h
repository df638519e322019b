/* proxied.h - the PROXY header at the start of a connection, before there is a stream. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_NET_PROXIED_H
#define GALE_NET_PROXIED_H

#include <gale/netutil.h>

#include "proto/proxy_protocol.h"

struct gale__proxied {
    gale_address address;       /* whom the header names; len 0: nobody, or there was none */
    size_t n;                   /* bytes taken from the socket that are no header's */
    char data[GALE__PROXY_MAX]; /* they begin here */
};

/* Waits. Reads a header from a connected non-blocking socket, and not a byte beyond it: TLS may
 * follow. optional: there may be none. 0, GALE_EPROTO (a malformed one, none, too long),
 * GALE_EEOF, GALE_ETIMEDOUT when it has not come by then, GALE_ECANCELED, -errno. */
int gale__proxied_read(struct gale__proxied *out, int fd, bool optional) GALE_MUST_USE;

/* The family (4, 6; 0 for any other) and bytes of an address, as proto/ip.h has them. */
uint8_t gale__address_ip(const gale_address *a, uint8_t bytes[16]);

#endif

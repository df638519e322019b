/* address.h - socket addresses inside the network layer. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_NET_ADDRESS_H
#define GALE_NET_ADDRESS_H

#include <sys/socket.h>

#include <gale/netutil.h>

static inline struct sockaddr *gale__address_sockaddr(const gale_address *a)
{
    return (struct sockaddr *)(void *)(uintptr_t)a->storage.bytes;
}

static inline int gale__address_family(const gale_address *a)
{
    return a->len >= sizeof(sa_family_t) ? gale__address_sockaddr(a)->sa_family : AF_UNSPEC;
}

/* 0 for an address without one. */
int gale__address_port(const gale_address *a);

/* The address a socket is bound to, or its peer's. 0, or -errno with an empty address. */
int gale__address_local(gale_address *out, int fd);
int gale__address_peer(gale_address *out, int fd);

/* What stops a program from using port ("a port must be between 0 and 65535"), or 0. */
int gale__check_port(int port);

#endif

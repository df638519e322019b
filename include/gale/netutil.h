/* netutil.h - socket addresses and listening sockets. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_NETUTIL_H
#define GALE_NETUTIL_H

#include <gale/base.h>
#include <gale/error.h>

GALE_BEGIN_DECLS

/* A socket address (IPv4, IPv6, Unix). A value. bytes holds a struct sockaddr_storage's
 * worth, so that no system header is needed here. */
typedef struct gale_address {
    union {
        uint64_t align;
        unsigned char bytes[128];
    } storage;
    uint32_t len;
} gale_address;

/* Reads "127.0.0.1:80", "[::1]:80", "unix:/path" or "unix:@abstract" (numeric only, nothing
 * is looked up). GALE_EINVAL naming what is wrong. */
GALE_API GALE_MUST_USE int gale_address_parse(gale_address *out, const char *text);

/* Writes the same forms; out gets at most size bytes with the NUL (128 always do). */
GALE_API void gale_address_format(const gale_address *address, char *out, size_t size);

/* True for a numeric IPv4 or IPv6 address in full form, without port, brackets or blanks. */
GALE_API bool gale_is_valid_ip(const char *text);

typedef struct gale_bind_options {
    int backlog;    /* default 1024, cut by the kernel's own limit */
    int reuse_port; /* GALE_ON: SO_REUSEPORT, so that several processes may bind */
    int ipv6_only;  /* default on: one socket for each family, as Tornado */
    int family;     /* AF_INET, AF_INET6; default both */
} gale_bind_options;

/* Listening sockets for port (0: any free one, the same for each family) on address: NULL
 * or "": all; "localhost"; a numeric address; another host name is looked up and this call
 * then blocks, so do it at start-up. fds gets at most max descriptors, the caller's to
 * close. Gives their number, or a failure naming address and port (-EADDRINUSE …). */
GALE_API GALE_MUST_USE int gale_bind_sockets(int port, const char *address,
                                             const gale_bind_options *options, int *fds, int max);

/* A listening Unix socket; removes a stale socket file of that path first (-EADDRINUSE for
 * one that somebody has open, of whatever type; -EEXIST for any other kind of file). path "@name"
 * is in Linux's abstract namespace. mode 0 means 0600. A descriptor or a failure. */
GALE_API GALE_MUST_USE int gale_bind_unix_socket(const char *path, int mode, int backlog);

GALE_END_DECLS

#endif

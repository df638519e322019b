/* netutil.h - socket addresses, listening sockets (also inherited ones), resolvers. */
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

/* The listening sockets that systemd (or a parent process) hands over: descriptors from 3 on, as
 * LISTEN_FDS and LISTEN_PID say (sd_listen_fds(3)). fds gets at most max of them, close-on-exec and
 * non-blocking; names (NULL is allowed) what LISTEN_FDNAMES calls each, empty for none, borrowed
 * from the environment; those above max are made close-on-exec as well. Gives their number, 0
 * without any; GALE_EINVAL when the variables make no sense or name what does not listen. Call it
 * before threads or children exist. */
GALE_API GALE_MUST_USE int gale_listen_fds(int *fds, gale_str *names, int max);

/* --- resolvers --------------------------------------------------------------- */

/* Host names to addresses. */
typedef struct gale_resolver gale_resolver;

/* Waits. The addresses of host (a name or numeric) with port, at most max of them, in the order
 * they should be tried: their number, or GALE_ENOTFOUND with the reason. family as in
 * gale_bind_options. resolver NULL: the default. "localhost" is this machine without asking. */
GALE_API GALE_MUST_USE int gale_resolve(gale_resolver *resolver, const char *host, int port,
                                        int family, gale_address *out, int max);

/* getaddrinfo() on a thread of the loop's executor: what is used when nothing else is said. The
 * caller owns it. For one loop at a time, as every resolver but the default. */
GALE_API GALE_MUST_USE gale_resolver *gale_resolver_new(void);

/* c-ares on the loop itself, without threads: the hosts file and name servers, none of nsswitch's
 * other modules. NULL: gale_strerror(-ENOTSUP) when the library was built without it, or out of
 * memory. Belongs to the current loop, whose coroutines alone may use it; the caller owns it. */
GALE_API GALE_MUST_USE gale_resolver *gale_cares_resolver_new(void);

/* A name that is answered from a table. */
typedef struct gale_host_override {
    const char *host;    /* to look for, any case */
    int port;            /* 0: any */
    int family;          /* 0: any */
    const char *to_host; /* to look up instead: a name or an address */
    int to_port;         /* 0: as it was */
} gale_host_override;

/* Looks into the table (ended by { NULL }; copied; the most specific entry counts: one with a port
 * before one with a family), then asks inner (NULL: getaddrinfo, so that it may be the default
 * itself; borrowed). The caller owns it. NULL: out of memory, or an entry without to_host. */
GALE_API GALE_MUST_USE gale_resolver *gale_override_resolver_new(gale_resolver *inner,
                                                                 const gale_host_override *table);

/* The default of this thread's current loop; borrowed by it, until it is freed. NULL: getaddrinfo
 * again. */
GALE_API void gale_resolver_set_default(gale_resolver *resolver);

/* NULL is allowed. Not while it is some loop's default. Look-ups under way end with GALE_ECLOSED
 * (those that an override table passed on: by inner). */
GALE_API void gale_resolver_free(gale_resolver *resolver);

GALE_END_DECLS

#endif

/* resolver.h - what a resolver is made of: three kinds of <gale/netutil.h> behind one call. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_NET_RESOLVER_H
#define GALE_NET_RESOLVER_H

#include <gale/ioloop.h>
#include <gale/netutil.h>

#include "gen/co.h"

enum { GALE__MAX_HOST = 254 }; /* bytes of a host's name, with a dot at its end */

struct gale__question {
    const char *host;
    int port, family;
};

/* Each begins with one. */
struct gale_resolver {
    /* Waits. As gale_resolve(), whose arguments were checked. */
    int (*resolve)(gale_resolver *resolver, const struct gale__question *q, gale_address *out,
                   int max);
    /* Ends look-ups under way and frees. */
    void (*free)(gale_resolver *resolver);
};

/* Waits. getaddrinfo() on a thread of the loop's executor, for nobody in particular. */
int gale__getaddrinfo(const struct gale__question *q, gale_address *out, int max) GALE_MUST_USE;

/* Addresses that need no look-up: numeric ones and localhost, which is this machine whatever a
 * server says (RFC 6761 6.3). Their number; 0: it is a name to look up; or a failure. */
int gale__resolve_literally(const struct gale__question *q, gale_address *out, int max);

/* Who waits for a look-up that cannot be taken back: on the heap, since it may be abandoned. */
struct gale__lookup {
    struct gale__list link; /* those of a resolver */
    struct gale__waitq waiter;
    bool done, abandoned;
};

/* Waits. Until it is done: 0. Otherwise, when that was cut short, l is abandoned, belongs to
 * whoever does it, and must not be touched. */
int gale__lookup_wait(struct gale__lookup *l) GALE_MUST_USE;
/* It is done: true when the waiter has it, false when it was abandoned and is to be freed. */
bool gale__lookup_finish(struct gale__lookup *l);
/* Ends the waits for all of a list: GALE_ECLOSED. */
void gale__lookups_close(struct gale__list *lookups);

/* GALE_ENOTFOUND with its text. */
int gale__no_such_host(const char *host, const char *why);

/* For tests: asks these ("127.0.0.1:5353") instead of the system's servers.
 * Of a resolver of gale_cares_resolver_new(). */
int gale__cares_set_servers(gale_resolver *resolver, const char *servers) GALE_MUST_USE;

#endif

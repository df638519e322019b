/* resolver_cares.c - host names to addresses by c-ares, on the loop itself.
 *
 * The channel's sockets are handlers of the loop and its time-outs one timer. It belongs to its
 * loop: freed before the resolver, that takes the channel with it. c-ares calls back from inside
 * its own calls, so nothing here calls it from a callback.
 */
/* SPDX-License-Identifier: MIT */
#include "net/resolver.h"

#include <errno.h>

#ifndef GALE_WITH_CARES

gale_resolver *gale_cares_resolver_new(void)
{
    gale_err(-ENOTSUP, "gale was built without c-ares");
    return NULL;
}

int gale__cares_set_servers(gale_resolver *resolver, const char *servers)
{
    return -ENOTSUP;
}

#else

#include <ares.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "ioloop/io.h"
#include "net/address.h"

enum { MAX_ADDRESSES = 16 };

struct cares_resolver {
    gale_resolver base;
    gale_ioloop *loop;
    struct gale__ioloop_owned owned;
    ares_channel channel; /* NULL: the loop has gone */
    gale_timeout timer;
    struct gale__list lookups;
    bool broken; /* a socket could not be watched: what is under way fails */
};

struct cares_lookup {
    struct gale__lookup lookup;
    int status; /* ARES_… */
    int n;
    gale_address addresses[MAX_ADDRESSES];
};

static void on_timer(void *arg);

static bool arm_timer(struct cares_resolver *self)
{
    struct timeval tv, *next = ares_timeout(self->channel, NULL, &tv);

    gale_ioloop_remove_timeout(self->loop, self->timer);
    self->timer = 0;
    if (!next)
        return true;
    self->timer = gale_ioloop_call_later(
        self->loop, (double)next->tv_sec + (double)next->tv_usec / 1e6, on_timer, self);
    return self->timer != 0;
}

/* After each of c-ares's calls that may have changed something. */
static void look_after(struct cares_resolver *self)
{
    if (arm_timer(self) && !self->broken)
        return;
    ares_cancel(self->channel);
    self->broken = false;
    arm_timer(self);
}

static void on_socket(int fd, int events, void *arg)
{
    struct cares_resolver *self = arg;
    bool in = events & (GALE_READ | GALE_ERROR);
    bool out = events & GALE_WRITE;

    ares_process_fd(self->channel, in ? fd : ARES_SOCKET_BAD, out ? fd : ARES_SOCKET_BAD);
    look_after(self);
}

/* c-ares wants fd watched so, from inside its calls. */
static void on_state(void *arg, ares_socket_t fd, int readable, int writable)
{
    struct cares_resolver *self = arg;
    int events = (readable ? GALE_READ : 0) | (writable ? GALE_WRITE : 0);
    int r;

    if (!events) {
        gale_ioloop_remove_handler(self->loop, fd);
        return;
    }
    r = gale_ioloop_add_handler(self->loop, fd, on_socket, events, self);
    if (r == -EEXIST)
        r = gale_ioloop_update_handler(self->loop, fd, events);
    if (r < 0)
        self->broken = true;
}

static void on_timer(void *arg)
{
    struct cares_resolver *self = arg;

    self->timer = 0;
    ares_process_fd(self->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    look_after(self);
}

static void add_address(struct cares_lookup *l, const struct ares_addrinfo_node *node)
{
    gale_address *a = &l->addresses[l->n];

    if (l->n == MAX_ADDRESSES || node->ai_addrlen > sizeof(a->storage))
        return;
    memcpy(a->storage.bytes, node->ai_addr, node->ai_addrlen);
    a->len = node->ai_addrlen;
    l->n++;
}

/* The answer; may come from inside ares_getaddrinfo(). */
static void on_answer(void *arg, int status, int timeouts, struct ares_addrinfo *found)
{
    struct cares_lookup *l = arg;

    (void)timeouts;
    l->status = status;
    for (const struct ares_addrinfo_node *n = found ? found->nodes : NULL; n; n = n->ai_next)
        add_address(l, n);
    ares_freeaddrinfo(found);
    if (!gale__lookup_finish(&l->lookup))
        gale__free(l);
}

static int take_result(const struct cares_lookup *l, const char *host, gale_address *out, int max)
{
    int n = l->n < max ? l->n : max;

    if (l->status == ARES_ENOMEM || l->status == ARES_ECANCELLED)
        return -ENOMEM;
    if (l->status == ARES_EDESTRUCTION)
        return GALE_ECLOSED;
    if (l->status != ARES_SUCCESS || n == 0)
        return gale__no_such_host(host, l->status != ARES_SUCCESS ? ares_strerror(l->status)
                                                                  : "it has no address");
    memcpy(out, l->addresses, (size_t)n * sizeof(out[0]));
    return n;
}

static void ask(struct cares_resolver *self, const struct gale__question *q, struct cares_lookup *l)
{
    const struct ares_addrinfo_hints hints = { .ai_flags = ARES_AI_NUMERICSERV,
                                               .ai_family = q->family,
                                               .ai_socktype = SOCK_STREAM };
    char port[16];

    snprintf(port, sizeof(port), "%d", q->port);
    ares_getaddrinfo(self->channel, q->host, port, &hints, on_answer, l);
    look_after(self);
}

static int cares_resolve(gale_resolver *resolver, const struct gale__question *q, gale_address *out,
                         int max)
{
    struct cares_resolver *self = GALE_CONTAINER_OF(resolver, struct cares_resolver, base);
    struct cares_lookup *l;
    int r = gale__resolve_literally(q, out, max);

    if (r != 0)
        return r;
    if (!self->channel || self->loop != gale__co_loop(gale__co_current()))
        return gale_err(GALE_ESTATE, "this resolver belongs to another loop");
    l = gale__calloc(1, sizeof(*l));
    if (!l)
        return -ENOMEM;
    gale__waitq_init(&l->lookup.waiter);
    gale__list_append(&self->lookups, &l->lookup.link);
    ask(self, q, l);
    r = gale__lookup_wait(&l->lookup);
    if (r < 0)
        return r;
    r = take_result(l, q->host, out, max);
    gale__free(l);
    return r;
}

/* c-ares closes its sockets and answers all look-ups. */
static void close_channel(struct cares_resolver *self)
{
    ares_channel channel = self->channel;

    if (!channel)
        return;
    gale__list_remove(&self->owned.link);
    gale_ioloop_remove_timeout(self->loop, self->timer);
    gale__lookups_close(&self->lookups);
    ares_destroy(channel);
    self->channel = NULL;
}

static void close_owned(struct gale__ioloop_owned *owned)
{
    close_channel(GALE_CONTAINER_OF(owned, struct cares_resolver, owned));
}

static void cares_free(gale_resolver *resolver)
{
    struct cares_resolver *self = GALE_CONTAINER_OF(resolver, struct cares_resolver, base);

    close_channel(self);
    gale__free(self);
}

gale_resolver *gale_cares_resolver_new(void)
{
    gale_ioloop *loop = gale_ioloop_current();
    struct cares_resolver *self = loop ? gale__calloc(1, sizeof(*self)) : NULL;
    struct ares_options options = { .sock_state_cb = on_state, .sock_state_cb_data = self };
    int r;

    if (!self)
        return NULL;
    r = ares_init_options(&self->channel, &options, ARES_OPT_SOCK_STATE_CB);
    if (r != ARES_SUCCESS) {
        gale_err(r == ARES_ENOMEM ? -ENOMEM : -EIO, "c-ares: %s", ares_strerror(r));
        gale__free(self);
        return NULL;
    }
    self->base = (gale_resolver){ .resolve = cares_resolve, .free = cares_free };
    self->loop = loop;
    self->owned.close = close_owned;
    gale__list_init(&self->lookups);
    gale__ioloop_own(loop, &self->owned);
    return &self->base;
}

int gale__cares_set_servers(gale_resolver *resolver, const char *servers)
{
    struct cares_resolver *self = GALE_CONTAINER_OF(resolver, struct cares_resolver, base);
    int r = ares_set_servers_ports_csv(self->channel, servers);

    return r == ARES_SUCCESS ? 0 : gale_err(GALE_EINVAL, "%s: %s", servers, ares_strerror(r));
}

#endif

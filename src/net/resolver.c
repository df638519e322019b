/* resolver.c - host names to addresses, by getaddrinfo() on the executor's threads.
 *
 * A look-up cannot be stopped: when its coroutine is cancelled or its resolver is freed, it is
 * abandoned and frees itself when it is done.
 */
/* SPDX-License-Identifier: MIT */
#include "net/resolver.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "ioloop/io.h"
#include "net/address.h"

enum { MAX_ADDRESSES = 16 };

struct system_lookup {
    struct gale__lookup lookup;
    char host[GALE__MAX_HOST + 1];
    int port, family;
    int error; /* EAI_…, 0 */
    int n;
    gale_address addresses[MAX_ADDRESSES];
};

struct system_resolver {
    gale_resolver base;
    struct gale__list lookups;
};

/* --- waiting for what cannot be stopped --- */

int gale__lookup_wait(struct gale__lookup *l)
{
    int r = 0;

    if (!l->done)
        r = gale__waitq_wait(&l->waiter, "gale_resolve", INT64_MAX);
    if (l->done)
        return 0;
    gale__list_remove(&l->link);
    l->abandoned = true;
    return r;
}

bool gale__lookup_finish(struct gale__lookup *l)
{
    if (l->abandoned)
        return false;
    gale__list_remove(&l->link);
    l->done = true;
    gale__waitq_wake_all(&l->waiter, 0);
    return true;
}

void gale__lookups_close(struct gale__list *lookups)
{
    struct gale__list *first;

    while ((first = gale__list_first(lookups))) {
        struct gale__lookup *l = GALE_CONTAINER_OF(first, struct gale__lookup, link);

        gale__list_remove(first);
        gale__waitq_wake_all(&l->waiter, GALE_ECLOSED);
    }
}

int gale__no_such_host(const char *host, const char *why)
{
    return gale_err(GALE_ENOTFOUND, "no such host: %.100s: %s", host, why);
}

/* --- getaddrinfo() --- */

static void add_address(struct system_lookup *l, const struct addrinfo *ai)
{
    gale_address *a = &l->addresses[l->n];

    if (l->n == MAX_ADDRESSES || ai->ai_addrlen > sizeof(a->storage))
        return;
    memcpy(a->storage.bytes, ai->ai_addr, ai->ai_addrlen);
    a->len = ai->ai_addrlen;
    l->n++;
}

/* On a thread of the executor. */
static void look_up(void *arg)
{
    struct system_lookup *l = arg;
    const struct addrinfo hints = { .ai_family = l->family, .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    char port[16];

    snprintf(port, sizeof(port), "%d", l->port);
    l->error = getaddrinfo(l->host, port, &hints, &found);
    if (l->error)
        return;
    for (const struct addrinfo *ai = found; ai; ai = ai->ai_next)
        add_address(l, ai);
    freeaddrinfo(found);
}

static void looked_up(void *arg)
{
    struct system_lookup *l = arg;

    if (!gale__lookup_finish(&l->lookup))
        gale__free(l);
}

static int take_result(struct system_lookup *l, gale_address *out, int max)
{
    int n = l->n < max ? l->n : max;

    if (l->error == EAI_MEMORY)
        return -ENOMEM;
    if (l->error || n == 0)
        return gale__no_such_host(l->host, l->error ? gai_strerror(l->error) : "it has no address");
    memcpy(out, l->addresses, (size_t)n * sizeof(out[0]));
    return n;
}

/* Waits. lookups: where those of a resolver stand, or NULL. */
static int ask_system(struct gale__list *lookups, const struct gale__question *q, gale_address *out,
                      int max)
{
    struct system_lookup *l;
    int r = gale__resolve_literally(q, out, max);

    if (r != 0)
        return r;
    l = gale__calloc(1, sizeof(*l));
    if (!l)
        return -ENOMEM;
    memcpy(l->host, q->host, strlen(q->host));
    l->port = q->port;
    l->family = q->family;
    gale__waitq_init(&l->lookup.waiter);
    r = gale__executor_submit(gale__co_loop(gale__co_current()), look_up, looked_up, l);
    if (r < 0) {
        gale__free(l);
        return r;
    }
    if (lookups)
        gale__list_append(lookups, &l->lookup.link);
    r = gale__lookup_wait(&l->lookup);
    if (r < 0)
        return r;
    r = take_result(l, out, max);
    gale__free(l);
    return r;
}

int gale__getaddrinfo(const struct gale__question *q, gale_address *out, int max)
{
    return ask_system(NULL, q, out, max);
}

static int system_resolve(gale_resolver *resolver, const struct gale__question *q,
                          gale_address *out, int max)
{
    struct system_resolver *self = GALE_CONTAINER_OF(resolver, struct system_resolver, base);

    return ask_system(&self->lookups, q, out, max);
}

static void system_free(gale_resolver *resolver)
{
    struct system_resolver *self = GALE_CONTAINER_OF(resolver, struct system_resolver, base);

    gale__lookups_close(&self->lookups);
    gale__free(self);
}

gale_resolver *gale_resolver_new(void)
{
    struct system_resolver *self = gale__calloc(1, sizeof(*self));

    if (!self)
        return NULL;
    self->base = (gale_resolver){ .resolve = system_resolve, .free = system_free };
    gale__list_init(&self->lookups);
    return &self->base;
}

/* --- what needs no look-up --- */

/* True when host is numeric: then *out is its address. */
static bool is_numeric(const struct gale__question *q, gale_address *out)
{
    char text[GALE__MAX_HOST + 16];
    bool is_ipv6 = strchr(q->host, ':');

    if (!is_ipv6 && !gale_is_valid_ip(q->host))
        return false; /* a name: nothing is to be said of it */
    snprintf(text, sizeof(text), is_ipv6 ? "[%s]:%d" : "%s:%d", q->host, q->port);
    return gale_address_parse(out, text) >= 0;
}

static bool wants(const struct gale__question *q, int family)
{
    return q->family == AF_UNSPEC || q->family == family;
}

int gale__resolve_literally(const struct gale__question *q, gale_address *out, int max)
{
    static const char *const loopback[] = { "127.0.0.1", "::1" };
    gale_address a;
    int n = 0;

    if (is_numeric(q, &a)) {
        if (!wants(q, gale__address_family(&a)))
            return gale__no_such_host(q->host, "it is an address of the other family");
        *out = a;
        return 1;
    }
    if (strcasecmp(q->host, "localhost") != 0 && strcasecmp(q->host, "localhost.") != 0)
        return 0;
    for (int i = 0; i < 2; i++) {
        const struct gale__question one = { loopback[i], q->port, AF_UNSPEC };

        if (n < max && wants(q, i == 0 ? AF_INET : AF_INET6) && is_numeric(&one, &a))
            out[n++] = a;
    }
    return n;
}

/* --- the calls --- */

static int check(const struct gale__question *q, int max)
{
    size_t len = strlen(q->host);
    int r = gale__check_port(q->port);

    if (r >= 0 && max < 1)
        r = gale_err(GALE_EINVAL, "gale_resolve: no room for an address");
    if (r >= 0 && len == 0)
        r = gale_err(GALE_EINVAL, "the host's name is empty");
    if (r >= 0 && len > GALE__MAX_HOST)
        r = gale_err(GALE_EINVAL, "the host's name is too long");
    return r;
}

int gale_resolve(gale_resolver *resolver, const char *host, int port, int family, gale_address *out,
                 int max)
{
    const struct gale__question q = { host, port, family };
    struct gale__co *co = gale__co_current();
    int r;

    if (!co)
        return gale__co_park("gale_resolve"); /* GALE_ENOTCOROUTINE */
    r = check(&q, max);
    if (r < 0)
        return r;
    if (!resolver)
        resolver = *gale__ioloop_slot(gale__co_loop(co), GALE__SLOT_RESOLVER);
    return resolver ? resolver->resolve(resolver, &q, out, max) : gale__getaddrinfo(&q, out, max);
}

void gale_resolver_set_default(gale_resolver *resolver)
{
    gale_ioloop *loop = gale_ioloop_current();

    if (loop)
        *gale__ioloop_slot(loop, GALE__SLOT_RESOLVER) = resolver;
}

void gale_resolver_free(gale_resolver *resolver)
{
    if (resolver)
        resolver->free(resolver);
}

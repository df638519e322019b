/* resolver_override.c - a table of names in front of another resolver. */
/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "net/resolver.h"

struct override_resolver {
    gale_resolver base;
    gale_resolver *inner; /* NULL: getaddrinfo() */
    size_t n;
    gale_host_override entries[]; /* their texts are behind them */
};

/* How well an entry fits: 0 not at all; the host alone 1, with a port 3, with a family one more. */
static int fit(const gale_host_override *e, const struct gale__question *q)
{
    if (strcasecmp(e->host, q->host) != 0 || (e->port && e->port != q->port) ||
        (e->family && e->family != q->family))
        return 0;
    return 1 + (e->port ? 2 : 0) + (e->family ? 1 : 0);
}

static const gale_host_override *best_of(const struct override_resolver *self,
                                         const struct gale__question *q)
{
    const gale_host_override *best = NULL;
    int best_fit = 0;

    for (size_t i = 0; i < self->n; i++) {
        int f = fit(&self->entries[i], q);

        if (f <= best_fit)
            continue;
        best_fit = f;
        best = &self->entries[i];
    }
    return best;
}

/* Nothing of self is used while inner waits: it may be freed meanwhile. */
static int override_resolve(gale_resolver *resolver, const struct gale__question *asked,
                            gale_address *out, int max)
{
    struct override_resolver *self = GALE_CONTAINER_OF(resolver, struct override_resolver, base);
    const gale_host_override *e = best_of(self, asked);
    gale_resolver *inner = self->inner;
    struct gale__question q = *asked;
    char host[GALE__MAX_HOST + 1];

    if (e) {
        memcpy(host, e->to_host, strlen(e->to_host) + 1);
        q.host = host;
        q.port = e->to_port ? e->to_port : asked->port;
    }
    return inner ? inner->resolve(inner, &q, out, max) : gale__getaddrinfo(&q, out, max);
}

static void override_free(gale_resolver *resolver)
{
    gale__free(GALE_CONTAINER_OF(resolver, struct override_resolver, base));
}

static char *copy_text(char **at, const char *text)
{
    char *copy = *at;
    size_t size = strlen(text) + 1;

    memcpy(copy, text, size);
    *at += size;
    return copy;
}

static bool is_usable(const gale_host_override *e)
{
    size_t len = e->to_host ? strlen(e->to_host) : 0;

    if (len > 0 && len <= GALE__MAX_HOST)
        return true;
    gale_err(GALE_EINVAL, "override of host %.100s: bad to_host", e->host);
    return false;
}

gale_resolver *gale_override_resolver_new(gale_resolver *inner, const gale_host_override *table)
{
    struct override_resolver *self;
    size_t n = 0, size = 0;
    char *at;

    for (; table[n].host; n++) {
        if (!is_usable(&table[n]))
            return NULL;
        size += strlen(table[n].host) + strlen(table[n].to_host) + 2;
    }
    self = gale__malloc(sizeof(*self) + n * sizeof(self->entries[0]) + size);
    if (!self)
        return NULL;
    self->base = (gale_resolver){ .resolve = override_resolve, .free = override_free };
    self->inner = inner;
    self->n = n;
    at = (char *)&self->entries[n];
    for (size_t i = 0; i < n; i++) {
        self->entries[i] = table[i];
        self->entries[i].host = copy_text(&at, table[i].host);
        self->entries[i].to_host = copy_text(&at, table[i].to_host);
    }
    return &self->base;
}

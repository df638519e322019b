/* httpserver_priv.h - the server's struct: private to src/http. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_HTTP_HTTPSERVER_PRIV_H
#define GALE_HTTP_HTTPSERVER_PRIV_H

#include <gale/httpserver.h>

#include "base/alloc.h"
#include "http/deadlines.h"
#include "http/exchange.h"
#include "http/head_cache.h"
#include "proto/trust.h"
#include "ioloop/io.h"
#include "net/listener.h"

enum { GALE__MAX_LISTENERS = 16 };

/* The options with their defaults filled in; times as ticks of the wheel. */
struct gale__http_limits {
    struct gale__http1_limits head;
    int64_t max_body;
    uint64_t max_connections;
    uint32_t header_ticks, body_ticks, write_ticks, idle_ticks, linger_ticks;
    uint32_t second; /* ticks in a second, at least 1 */
    double body_seconds;
    int proxy; /* GALE_ON, GALE_PROXY_OPTIONAL; 0: no PROXY headers */
    bool no_keep_alive, xheaders, reuse_port, decompress;
    int backlog;
    gale_tls_context *tls; /* the server holds a reference; NULL: plain text */
};

/* Counts, on the one thread that does; others may read meanwhile. */
static inline void gale__count(uint64_t *counter, int64_t by)
{
    __atomic_store_n(counter, *counter + (uint64_t)by, __ATOMIC_RELAXED);
}

/* A connection as it is just now. */
struct gale__conn_seen {
    const char *state;
    const uint8_t *peer;
    uint8_t peer_family;
    bool tls;
    int fd;                         /* -1: none */
    uint32_t born;                  /* tick */
    const struct gale__exchange *x; /* the request that is being answered, or NULL */
};

/* What differs between the protocols that servers speak. A connection begins with its deadline. */
struct gale__protocol {
    /* Takes over an accepted descriptor. refused: there are too many already, this one is told so
     * and closed. */
    void (*accept)(gale_httpserver *server, int fd, bool refused);
    /* Its deadline has passed. */
    void (*expired)(struct gale__deadline *d);
    /* The server is drained: it closes when nothing is under way and nothing was a moment ago; when
     * nothing is under way; now. */
    void (*drain)(struct gale__deadline *d);
    void (*close_if_idle)(struct gale__deadline *d);
    void (*close)(struct gale__deadline *d);
    void (*see)(const struct gale__deadline *d, struct gale__conn_seen *out);
};

struct gale_httpserver {
    const struct gale__protocol *protocol;
    gale_ioloop *loop;
    struct gale__ioloop_owned owned;
    const struct gale__answerer *answerer;
    void *arg;
    struct gale__http_limits limits;
    struct gale__trust *trust; /* NULL without xheaders and PROXY */
    struct gale__wheel wheel;  /* of all connections */
    struct gale__head_cache cache;
    struct gale__http1_head head; /* scratch: of the head being parsed */
    struct gale__listener *listeners[GALE__MAX_LISTENERS];
    unsigned n_listeners;
    struct gale__waitq drained;
    gale_httpserver_stats stats;
    uint64_t n_conns;  /* structs alive, closed ones included */
    unsigned n_drains; /* coroutines in gale_httpserver_drain() */
    bool draining, freed;
    gale_http_callback callback; /* of gale_httpserver_new */
    void *callback_arg;
};

/* A connection's struct has been freed. */
void gale__httpserver_conn_gone(gale_httpserver *server);

/* Fills limits from options (NULL: defaults) and gives the wheel's tick in seconds; a failure names
 * the option. */
int gale__http_limits_fill(struct gale__http_limits *out, const gale_httpserver_options *options,
                           double *tick);

#endif

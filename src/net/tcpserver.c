/* tcpserver.c - a coroutine for each connection.
 *
 * A server links its connections: each is a frame of a coroutine that this file started,
 * and the server's memory goes when the last has returned. It is owned by its loop, so
 * that a loop that is freed closes what a program forgot.
 *
 * A PROXY header is read in the connection's coroutine, before there is a stream.
 *
 * At max_connections accepting rests. What the kernel had accepted by then (io_uring gives
 * all that its queue held) waits unstarted, and goes before what is accepted later.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/tcpserver.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <gale/log.h>

#include "base/alloc.h"
#include "net/address.h"
#include "net/iostream.h"
#include "net/listener.h"
#include "net/proxied.h"
#include "net/pull.h"
#include "net/tls.h"
#include "proto/trust.h"

enum {
    MAX_SOCKETS = 16,   /* of one listen call */
    DRAIN_SECONDS = 60, /* for output left when a handler returned */
};

struct socket_node {
    struct gale__list link;
    gale_tcpserver *server;
    struct gale__listener *listener;
};

struct gale_tcpserver {
    int (*handle_stream)(gale_iostream *stream, const gale_address *address, void *arg);
    void *arg;
    gale_tcpserver_options options;
    struct gale__trust *trust; /* who may send PROXY headers; NULL: there are none */
    gale_ioloop *loop;
    struct gale__ioloop_owned owned;
    struct gale__list sockets;
    struct gale__list connections;
    int64_t n_connections;
    struct gale__list waiting;          /* accepted above max_connections, oldest first */
    struct gale__ioloop_task admission; /* starts those for whom there is room again */
    bool admitting;                     /* inside admit: the memory stays */
    bool resting;                       /* no accepting: at max_connections */
    bool freed;                         /* its owner is done with it */
    struct gale__co *freer;             /* who waits in gale_tcpserver_free */
};

struct waiter {
    struct gale__list link;
    int fd;
};

struct connection {
    struct gale__list link;
    gale_tcpserver *server;
    struct gale__co *co; /* who handles it */
    int fd;              /* -1: the stream has it */
    gale_iostream *stream;
    gale_address address;
};

static void free_if_done(gale_tcpserver *server)
{
    if (!server->freed || server->freer || server->admitting || server->n_connections > 0)
        return;
    gale__list_remove(&server->admission.link);
    gale_tls_context_free(server->options.tls);
    gale__free(server->trust);
    gale__free(server);
}

static bool is_full(const gale_tcpserver *server)
{
    return server->options.max_connections > 0 &&
           server->n_connections >= server->options.max_connections;
}

/* Accepting goes on below max_connections only, and when nobody waits any more. */
static void update_accepting(gale_tcpserver *server)
{
    bool rest = is_full(server) || !gale__list_empty(&server->waiting);

    if (rest == server->resting)
        return;
    server->resting = rest;
    for (struct gale__list *n = server->sockets.next; n != &server->sockets; n = n->next) {
        struct socket_node *node = GALE_CONTAINER_OF(n, struct socket_node, link);

        if (rest)
            gale__listener_pause(node->listener);
        else
            gale__listener_resume(node->listener);
    }
}

static void end_connection(struct connection *c)
{
    gale_tcpserver *server = c->server;

    gale_iostream_close(&c->stream);
    if (c->fd >= 0)
        close(c->fd);
    gale__list_remove(&c->link);
    gale__free(c);
    server->n_connections--;
    if (gale__list_empty(&server->waiting))
        update_accepting(server);
    else if (!gale__list_linked(&server->admission.link))
        gale__ioloop_defer(server->loop, &server->admission);
    if (server->freer && gale__co_is_parked(server->freer))
        gale__co_wake(server->freer, 0);
    free_if_done(server);
}

static bool is_quiet(int error)
{
    switch (error) {
    case GALE_EEOF:
    case GALE_ECLOSED:
    case GALE_ECANCELED:
    case -ECONNRESET:
    case -ECONNABORTED:
    case -EPIPE:
    case -ETIMEDOUT:
        return true;
    default:
        return false;
    }
}

/* TLS has logged its own failure. */
static bool tls_failed(const gale_iostream *s)
{
    return s && gale__stream_is_tls(s) && gale__tls_handshake((gale_iostream *)s) == GALE_ETLS;
}

static void log_failure(const struct connection *c, int error)
{
    char address[128];

    if (is_quiet(error) || (error == GALE_ETLS && tls_failed(c->stream)))
        return;
    gale_address_format(&c->address, address, sizeof(address));
    gale_log(&gale_log_application, GALE_LOG_ERROR, "connection from %s: %s", address,
             gale_strerror(error));
}

static int drain(void *arg)
{
    return gale_iostream_drain(arg);
}

/* The coroutine of a connection. What the handler wrote still leaves after it returned. The
 * handler may close its stream: the memory is held until it has returned. */
static void handle(struct connection *c)
{
    struct gale__pull *p = c->stream->pull;
    int r;

    gale__pull_enter(p);
    r = c->server->handle_stream(c->stream, &c->address, c->server->arg);
    if (r < 0)
        log_failure(c, r);
    if (p->kept || p->released)
        c->stream = NULL;
    gale__pull_leave(p);
    if (r >= 0 && gale_iostream_writing(c->stream))
        gale_with_timeout(DRAIN_SECONDS, drain, c->stream);
}

/* The stream, over TLS where that is asked for. */
/* early: what came behind a PROXY header that was none. */
static int open_stream(struct connection *c, gale_str early)
{
    gale_tcpserver *server = c->server;
    int r;

    c->stream = gale__iostream_adopt(server->loop, c->fd, &server->options.stream, &r);
    if (!c->stream)
        return r;
    c->fd = -1;
    if (server->options.tls)
        return gale__stream_start_tls_with(c->stream, server->options.tls, true, NULL, early);
    return early.len ? gale__stream_unread(c->stream, early.ptr, early.len) : 0;
}

static int refuse(const struct connection *c, const char *why)
{
    char address[128];

    gale_address_format(&c->address, address, sizeof(address));
    gale_log(&gale_log_general, GALE_LOG_INFO, "closed a connection from %s: %s", address, why);
    return GALE_ECLOSED;
}

/* Waits. A header, where the peer may send one; then the stream. */
static int open_proxied(struct connection *c)
{
    bool optional = c->server->options.proxy_protocol == GALE_PROXY_OPTIONAL;
    struct gale__proxied proxied;
    uint8_t ip[16];
    int r;

    if (!gale__trust_has(c->server->trust, gale__address_ip(&c->address, ip), ip)) {
        if (optional)
            return open_stream(c, (gale_str){ NULL, 0 });
        return refuse(c, "it may send no PROXY header (trusted)");
    }
    r = gale__proxied_read(&proxied, c->fd, optional);
    if (r == GALE_EPROTO || r == GALE_ETIMEDOUT)
        return refuse(c, r == GALE_EPROTO ? gale_strerror(r) : "no PROXY header in time");
    if (r < 0)
        return r;
    if (proxied.address.len > 0)
        c->address = proxied.address;
    return open_stream(c, (gale_str){ (const char *)proxied.data, proxied.n });
}

static void run(void *arg)
{
    struct connection *c = arg;
    int r;

    c->co = gale__co_current();
    r = c->stream ? 0 : open_proxied(c);
    if (r >= 0)
        handle(c);
    else
        log_failure(c, r);
    end_connection(c);
}

static void drop(int fd, int error)
{
    gale_log(&gale_log_general, GALE_LOG_ERROR, "connection dropped: %s", gale_strerror(error));
    if (fd >= 0)
        close(fd);
}

/* Takes fd over. */
static void start(gale_tcpserver *server, int fd)
{
    struct connection *c = gale__calloc(1, sizeof(*c));
    int r = c ? 0 : -ENOMEM;

    if (c) {
        c->server = server;
        c->fd = fd;
        if (!server->trust)
            r = open_stream(c, (gale_str){ NULL, 0 });
    }
    if (r < 0) {
        drop(c ? c->fd : fd, r);
        if (c)
            gale_iostream_close(&c->stream);
        gale__free(c);
        return;
    }
    if (gale__address_peer(&c->address, fd) < 0)
        c->address.len = 0;
    gale__list_append(&server->connections, &c->link);
    server->n_connections++;
    update_accepting(server);
    r = gale__co_start(server->loop, "handle_stream", NULL, run, c);
    if (r < 0) {
        log_failure(c, r);
        end_connection(c);
    }
}

static void wait_in_line(gale_tcpserver *server, int fd)
{
    struct waiter *w = gale__calloc(1, sizeof(*w));

    if (!w) {
        drop(fd, -ENOMEM);
        return;
    }
    w->fd = fd;
    gale__list_append(&server->waiting, &w->link);
    update_accepting(server);
}

/* The descriptor of who has waited longest; -1: nobody does. */
static int first_in_line(gale_tcpserver *server)
{
    struct gale__list *first = gale__list_first(&server->waiting);
    struct waiter *w = first ? GALE_CONTAINER_OF(first, struct waiter, link) : NULL;
    int fd = w ? w->fd : -1;

    if (w) {
        gale__list_remove(&w->link);
        gale__free(w);
    }
    return fd;
}

/* From the loop and not from the end of a connection, so that handlers that return at once
 * are not nested. A loop that is being freed has no coroutines any more: then its owner's
 * close drops who waits. */
static void admit(struct gale__ioloop_task *task)
{
    gale_tcpserver *server = GALE_CONTAINER_OF(task, gale_tcpserver, admission);
    int fd;

    if (!gale__ioloop_gen(server->loop)->data)
        return;
    server->admitting = true;
    while (!is_full(server) && (fd = first_in_line(server)) >= 0)
        start(server, fd);
    server->admitting = false;
    update_accepting(server);
    free_if_done(server);
}

static void on_accept(void *arg, int fd)
{
    gale_tcpserver *server = ((struct socket_node *)arg)->server;

    if (is_full(server) || !gale__list_empty(&server->waiting))
        wait_in_line(server, fd);
    else
        start(server, fd);
}

static void close_owned(struct gale__ioloop_owned *owned)
{
    gale_tcpserver_stop(GALE_CONTAINER_OF(owned, gale_tcpserver, owned));
}

static int set_options(gale_tcpserver *server, const gale_tcpserver_options *options)
{
    int r = gale__tls_check_role(options->tls, true);

    server->options = *options;
    server->options.trusted = NULL; /* the caller's */
    if (r >= 0 && options->proxy_protocol > 0)
        server->trust = gale__trust_new("trusted", options->trusted, &r);
    if (r >= 0 && options->tls)
        server->options.tls = gale_tls_context_ref(options->tls);
    return r;
}

gale_tcpserver *gale_tcpserver_new(int (*handle_stream)(gale_iostream *stream,
                                                        const gale_address *address, void *arg),
                                   void *arg, const gale_tcpserver_options *options)
{
    gale_ioloop *loop = gale_ioloop_current();
    gale_tcpserver *server = loop ? gale__calloc(1, sizeof(*server)) : NULL;

    if (!server)
        return NULL;
    server->handle_stream = handle_stream;
    server->arg = arg;
    if (options && set_options(server, options) < 0) {
        gale__free(server);
        return NULL;
    }
    server->loop = loop;
    server->owned.close = close_owned;
    gale__list_init(&server->sockets);
    gale__list_init(&server->connections);
    gale__list_init(&server->waiting);
    server->admission.run = admit;
    gale__ioloop_own(loop, &server->owned);
    return server;
}

/* Takes fd over on success. */
static int add_listener(gale_tcpserver *server, int fd)
{
    struct socket_node *node = gale__calloc(1, sizeof(*node));
    int r;

    if (!node)
        return -ENOMEM;
    node->server = server;
    node->listener = gale__listener_new(server->loop, fd, on_accept, node, &r);
    if (!node->listener) {
        gale__free(node);
        return r;
    }
    if (server->resting)
        gale__listener_pause(node->listener);
    gale__list_append(&server->sockets, &node->link);
    return 0;
}

int gale_tcpserver_listen(gale_tcpserver *server, int port, const char *address)
{
    const gale_bind_options options = { .reuse_port = server->options.reuse_port };
    int fds[MAX_SOCKETS], n, r = 0;

    n = gale_bind_sockets(port, address, &options, fds, MAX_SOCKETS);
    if (n < 0)
        return n;
    for (int i = 0; i < n; i++) {
        gale_address bound;

        if (r >= 0 && i == 0)
            r = gale__address_local(&bound, fds[i]);
        if (r >= 0 && i == 0)
            port = gale__address_port(&bound);
        if (r >= 0)
            r = add_listener(server, fds[i]);
        if (r < 0)
            close(fds[i]);
    }
    return r < 0 ? r : port;
}

int gale_tcpserver_add_socket(gale_tcpserver *server, int *fd)
{
    int flags = fcntl(*fd, F_GETFL), r;

    if (flags < 0 || fcntl(*fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return -errno;
    r = add_listener(server, *fd);
    if (r >= 0)
        *fd = -1;
    return r;
}

void gale_tcpserver_keep(gale_iostream *stream)
{
    if (stream)
        stream->pull->kept = true;
}

void gale_tcpserver_stop(gale_tcpserver *server)
{
    struct gale__list *first;
    int fd;

    while ((fd = first_in_line(server)) >= 0)
        close(fd);
    while ((first = gale__list_first(&server->sockets))) {
        struct socket_node *node = GALE_CONTAINER_OF(first, struct socket_node, link);

        gale__list_remove(first);
        gale__listener_free(node->listener);
        gale__free(node);
    }
}

/* Cancels all but the caller. Gives how many there are. */
static int64_t cancel_connections(gale_tcpserver *server)
{
    int64_t n = 0;

    for (struct gale__list *l = server->connections.next; l != &server->connections; l = l->next) {
        struct connection *c = GALE_CONTAINER_OF(l, struct connection, link);

        if (c->co == gale__co_current())
            continue;
        gale__co_cancel(c->co);
        n++;
    }
    return n;
}

void gale_tcpserver_free(gale_tcpserver *server)
{
    struct gale__co *self = gale__co_current();

    if (!server)
        return;
    gale_tcpserver_stop(server);
    gale__list_remove(&server->owned.link);
    server->freed = true;
    server->freer = self;
    while (cancel_connections(server) > 0 && self)
        gale__co_park_uninterruptible("gale_tcpserver_free");
    server->freer = NULL;
    free_if_done(server);
}

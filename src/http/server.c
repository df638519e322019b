/* server.c - the server: listening, limits on connections, stopping, draining. */
/* SPDX-License-Identifier: MIT */
#include "http/server.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <gale/gen.h>
#include <gale/log.h>
#include <gale/netutil.h>

#include "http/conn.h"
#include "http/fastcgi_conn.h"

enum {
    TOLD_AT_ONCE = 32,
    FINISH_TRIES = 100,
};
#define FINISH_PAUSE 0.001
#define GRACE_NS INT64_C(500000000)

static const struct gale__protocol http_protocol;

static void close_owned(struct gale__ioloop_owned *owned);

static void set_error(int *error, int r)
{
    if (error)
        *error = r;
}

static gale_httpserver *new_server(gale_ioloop *loop, const struct gale__protocol *protocol,
                                   const struct gale__answerer *answerer, void *arg,
                                   const gale_httpserver_options *options, int *error)
{
    struct gale__http_limits limits = { 0 };
    gale_httpserver *server;
    double tick = 1;
    int r = gale__http_limits_fill(&limits, options, &tick);

    set_error(error, r);
    if (r < 0)
        return NULL;
    server = gale__calloc(1, sizeof(*server));
    set_error(error, -ENOMEM);
    if (!server)
        return NULL;
    server->head.headers = gale__malloc(sizeof(*server->head.headers) * limits.head.max_headers);
    if (!server->head.headers)
        goto fail;
    if (options && (options->xheaders > 0 || options->proxy_protocol > 0)) {
        server->trust = gale__trust_new("trusted_downstream", options->trusted_downstream, &r);
        set_error(error, r);
        if (!server->trust)
            goto fail;
    }
    server->protocol = protocol;
    server->loop = loop;
    server->limits = limits;
    gale_tls_context_ref(limits.tls);
    server->answerer = answerer;
    server->arg = arg;
    gale__wheel_init(&server->wheel, loop, tick, protocol->expired);
    gale__waitq_init(&server->drained);
    gale__httpserver_set_name(server, NULL);
    server->owned.close = close_owned;
    gale__ioloop_own(loop, &server->owned);
    set_error(error, 0);
    return server;

fail:
    gale__free(server->head.headers);
    gale__free(server);
    return NULL;
}

gale_httpserver *gale__httpserver_new(gale_ioloop *loop, const struct gale__answerer *answerer,
                                      void *arg, const gale_httpserver_options *options, int *error)
{
    return new_server(loop, &http_protocol, answerer, arg, options, error);
}

gale_httpserver *gale__httpserver_new_fastcgi(gale_ioloop *loop,
                                              const struct gale__answerer *answerer, void *arg,
                                              const gale_httpserver_options *options, int *error)
{
    gale_httpserver_options own = { 0 };

    if (options)
        own = *options;
    own.tls = NULL;
    own.proxy_protocol = 0;
    return new_server(loop, &gale__fastcgi_protocol, answerer, arg, &own, error);
}

void gale__httpserver_set_name(gale_httpserver *server, const char *name)
{
    gale__head_cache_init(&server->cache, name);
    gale__head_cache_renew(&server->cache, gale__ioloop_now_ns(server->loop));
}

const struct gale__answerer *gale__httpserver_set_answerer(gale_httpserver *server,
                                                           const struct gale__answerer *answerer,
                                                           void *arg, void **old_arg)
{
    const struct gale__answerer *old = server->answerer;

    if (old_arg)
        *old_arg = server->arg;
    if (answerer) {
        server->answerer = answerer;
        server->arg = arg;
    }
    return old;
}

static void accept_http(gale_httpserver *server, int fd, bool is_refused)
{
    struct gale__conn *conn = NULL;

    (void)gale__conn_accept(server, fd, &conn);
    if (is_refused && conn)
        gale__conn_refuse(conn, 503, "too many connections (max_connections)");
    else if (is_refused)
        gale__count(&server->stats.errors, 1);
}

/* Over the limit. A few are told so, and linger until they have read it; a flood is only closed. */
static void refuse_connection(gale_httpserver *server, int fd)
{
    if (server->stats.connections < server->limits.max_connections + TOLD_AT_ONCE) {
        server->protocol->accept(server, fd, true);
        return;
    }
    close(fd);
    gale__count(&server->stats.errors, 1);
}

static void on_accept(void *arg, int fd)
{
    gale_httpserver *server = arg;

    if (server->stats.connections >= server->limits.max_connections)
        refuse_connection(server, fd);
    else
        server->protocol->accept(server, fd, false);
}

int gale_httpserver_add_socket(gale_httpserver *server, int *fd)
{
    struct gale__listener *listener;
    int r = 0;

    if (server->n_listeners == GALE__MAX_LISTENERS)
        return gale_err(GALE_ETOOBIG, "a server listens on at most %d sockets",
                        GALE__MAX_LISTENERS);
    listener = gale__listener_new(server->loop, *fd, on_accept, server, &r);
    if (!listener)
        return r;
    *fd = -1;
    server->listeners[server->n_listeners++] = listener;
    return 0;
}

static int listen_unix(gale_httpserver *server, const char *path)
{
    int fd = gale_bind_unix_socket(path, 0, server->limits.backlog);
    int r;

    if (fd < 0)
        return fd;
    r = gale_httpserver_add_socket(server, &fd);
    if (r < 0)
        close(fd);
    return r;
}

int gale_httpserver_listen(gale_httpserver *server, int port, const char *address)
{
    gale_bind_options bind = { .backlog = server->limits.backlog,
                               .reuse_port = server->limits.reuse_port ? GALE_ON : 0 };
    unsigned first = server->n_listeners;
    int fds[GALE__MAX_LISTENERS], n, r = 0;

    if (address && !strncmp(address, "unix:", 5))
        return listen_unix(server, address + 5);
    n = gale_bind_sockets(port, address, &bind, fds, GALE__MAX_LISTENERS);
    if (n < 0)
        return n;
    for (int i = 0; i < n; i++) {
        if (r == 0)
            r = gale_httpserver_add_socket(server, &fds[i]);
        if (fds[i] >= 0)
            close(fds[i]);
    }
    return r < 0 ? r : gale__listener_port(server->listeners[first]);
}

bool gale__httpserver_address(const gale_httpserver *server, size_t i, char *out, size_t size)
{
    if (i >= server->n_listeners)
        return false;
    gale__listener_address(server->listeners[i], out, size);
    return true;
}

void gale_httpserver_stop(gale_httpserver *server)
{
    while (server->n_listeners)
        gale__listener_free(server->listeners[--server->n_listeners]);
}

/* What waits for a request, none having begun. */
static bool is_idle(const struct gale__conn *conn)
{
    return (conn->state == CONN_HEAD || conn->state == CONN_PROXY) && !conn->in_head &&
           !conn->stream.out_pending;
}

/* For less than a second or two: the next request may be on its way. */
static bool was_just_busy(const struct gale__conn *conn)
{
    const gale_httpserver *server = conn->server;

    return conn->deadline.due == GALE__NEVER ||
           (int64_t)conn->deadline.due - server->wheel.now >=
               (int64_t)server->limits.idle_ticks - server->limits.second - 1;
}

/* A request that the kernel holds already would be answered by a reset. */
static bool has_input(const struct gale__conn *conn)
{
    int n = 0;

    return !conn->stream.transport && ioctl(conn->stream.io.fd, FIONREAD, &n) == 0 && n > 0;
}

static void begin_drain(struct gale__deadline *d)
{
    struct gale__conn *conn = (struct gale__conn *)(void *)d;

    if (conn->state == CONN_UPGRADED)
        gale__conn_upgraded_drain(conn);
    else if (is_idle(conn) && !was_just_busy(conn) && !has_input(conn))
        gale__conn_close(conn, 0);
}

static void close_if_idle(struct gale__deadline *d)
{
    struct gale__conn *conn = (struct gale__conn *)(void *)d;

    if (conn->state != CONN_UPGRADED && is_idle(conn) && !has_input(conn))
        gale__conn_close(conn, 0);
}

static void close_any(struct gale__deadline *d)
{
    struct gale__conn *conn = (struct gale__conn *)(void *)d;

    if (conn->state == CONN_UPGRADED)
        gale__conn_upgraded_drain(conn); /* says goodbye, as far as the kernel takes it now */
    gale__conn_close(conn, GALE_ECLOSED);
}

static const struct gale__protocol http_protocol = {
    .accept = accept_http,
    .expired = gale__conn_expired,
    .drain = begin_drain,
    .close_if_idle = close_if_idle,
    .close = close_any,
    .see = gale__conn_see,
};

/* Takes what has connected before it stops listening. Waits while the kernel is about to hand
 * connections over, which takes a moment. */
static void finish_listening(gale_httpserver *server)
{
    bool finished;
    int tries = 0;

    do {
        finished = true;
        for (unsigned i = 0; i < server->n_listeners; i++)
            finished &= gale__listener_is_finished(server->listeners[i]);
    } while (!finished && tries++ < FINISH_TRIES && gale_sleep(FINISH_PAUSE) >= 0);
    for (unsigned i = 0; i < server->n_listeners; i++)
        gale__listener_take_queued(server->listeners[i]);
    gale_httpserver_stop(server);
}

/* Waits. Until no connection is left, or until then. */
static int wait_drained(gale_httpserver *server, int64_t until)
{
    int r = 0;

    while (server->n_conns && r == 0)
        r = gale__waitq_wait(&server->drained, "gale_httpserver_drain", until);
    return r;
}

/* Connections that were busy a moment ago get a part of the time for the request that may be on its
 * way: it is answered, and told that the connection closes. */
static int drain(gale_httpserver *server, int64_t seconds_ns)
{
    int64_t begin = gale__ioloop_now_ns(server->loop);
    int64_t grace = seconds_ns / 2 < GRACE_NS ? seconds_ns / 2 : GRACE_NS;
    int r;

    finish_listening(server);
    server->draining = true;
    gale__wheel_each(&server->wheel, server->protocol->drain);
    r = wait_drained(server, begin + grace);
    if (r == GALE_ETIMEDOUT) {
        gale__wheel_each(&server->wheel, server->protocol->close_if_idle);
        r = wait_drained(server, begin + seconds_ns);
    }
    if (server->n_conns)
        gale__wheel_each(&server->wheel, server->protocol->close);
    return r;
}

static void free_server(gale_httpserver *server)
{
    gale__wheel_deinit(&server->wheel);
    gale__free(server->trust);
    gale_tls_context_free(server->limits.tls);
    gale__free(server->head.headers);
    gale__free(server);
}

int gale_httpserver_drain(gale_httpserver *server, double seconds)
{
    int r;

    if (!gale__co_current())
        return gale__co_park("gale_httpserver_drain"); /* says so, whatever there is to wait for */
    server->n_drains++;
    r = drain(server, (int64_t)(seconds * 1e9));
    if (--server->n_drains == 0 && server->freed && !server->n_conns)
        free_server(server);
    return r;
}

void gale__httpserver_conn_gone(gale_httpserver *server)
{
    if (--server->n_conns)
        return;
    gale__waitq_wake_all(&server->drained, 0);
    if (server->freed && !server->n_drains)
        free_server(server);
}

void gale_httpserver_free(gale_httpserver *server)
{
    if (!server || server->freed)
        return;
    gale__list_remove(&server->owned.link);
    gale_httpserver_stop(server);
    server->draining = true;
    server->freed = true;
    server->n_conns++; /* closing the last one must not free it under our feet */
    gale__wheel_each(&server->wheel, server->protocol->close);
    gale__httpserver_conn_gone(server);
}

/* The loop goes first: its servers' sockets are closed; the structs stay their owners'. */
static void close_owned(struct gale__ioloop_owned *owned)
{
    gale_httpserver *server = GALE_CONTAINER_OF(owned, gale_httpserver, owned);

    gale_httpserver_stop(server);
    server->draining = true;
    gale__wheel_each(&server->wheel, server->protocol->close);
    gale__wheel_deinit(&server->wheel);
}

void gale_httpserver_get_stats(const gale_httpserver *server, gale_httpserver_stats *out)
{
    const uint64_t *from[] = { &server->stats.connections, &server->stats.connections_accepted,
                               &server->stats.requests,    &server->stats.requests_active,
                               &server->stats.errors,      &server->stats.bytes_in,
                               &server->stats.bytes_out };
    uint64_t *to[] = { &out->connections, &out->connections_accepted,
                       &out->requests,    &out->requests_active,
                       &out->errors,      &out->bytes_in,
                       &out->bytes_out };

    for (size_t i = 0; i < sizeof(to) / sizeof(to[0]); i++)
        *to[i] = __atomic_load_n(from[i], __ATOMIC_RELAXED);
}

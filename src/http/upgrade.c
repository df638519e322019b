/* upgrade.c - a connection after its 101. See upgrade.h.
 *
 * The stream gets another consumer; the fields that only requests need hold the protocol instead.
 * Closing goes the way of any connection: what is pending first, then our end, then what the peer
 * still sends is thrown away for a while, so that no reset overtakes our last bytes.
 */
/* SPDX-License-Identifier: MIT */
#include "http/upgrade.h"

#include <netinet/in.h>
#include <string.h>

#include "http/conn.h"
#include "net/address.h"

enum { IN_LIMIT = 64 * 1024 };

static int refuse_write(struct gale__exchange *x, gale_str data, bool last)
{
    (void)x, (void)data, (void)last;
    return gale_err(GALE_ESTATE, "the connection was upgraded: it has no answer any more");
}

static int refuse_respond(struct gale__exchange *x, const struct gale__response *r, gale_str body,
                          bool last)
{
    (void)r;
    return refuse_write(x, body, last);
}

static int refuse_file(struct gale__exchange *x, int fd, int64_t offset, int64_t len, bool last)
{
    (void)fd, (void)offset, (void)len;
    return refuse_write(x, (gale_str){ NULL, 0 }, last);
}

static int nothing_to_drain(struct gale__exchange *x)
{
    (void)x;
    return 0;
}

static int nothing_to_read(struct gale__exchange *x, gale_str *out)
{
    (void)x, (void)out;
    return 0;
}

static int nothing_to_limit(struct gale__exchange *x, int64_t max_size, double timeout)
{
    (void)x, (void)max_size, (void)timeout;
    return GALE_ESTATE;
}

static void ignore(struct gale__exchange *x)
{
    (void)x;
}

static void detach(struct gale__exchange *x)
{
    gale__conn_unref(x->carrier);
}

static void peer_of(struct gale__exchange *x, struct gale__peer *out)
{
    gale__conn_exchange_ops.peer(x, out);
}

/* Of the request that upgraded: it can only be asked. */
static const struct gale__exchange_ops upgraded_ops = {
    .respond = refuse_respond,
    .write = refuse_write,
    .drain = nothing_to_drain,
    .read = nothing_to_read,
    .limit = nothing_to_limit,
    .send_file = refuse_file,
    .push = ignore,
    .abort = ignore,
    .detach = detach,
    .peer = peer_of,
};

static size_t on_data(struct gale_iostream *s, char *data, size_t n)
{
    struct gale__conn *conn = gale__conn_of(s);
    size_t used;

    if (conn->state != CONN_UPGRADED) {
        conn->excess = true;
        return n;
    }
    conn->in_batch = true;
    used = conn->protocol->on_data(conn->self, data, n);
    conn->in_batch = false;
    gale__conn_flush(conn);
    return used;
}

static void on_eof(struct gale_iostream *s)
{
    struct gale__conn *conn = gale__conn_of(s);

    conn->eof = true;
    if (conn->state == CONN_UPGRADED)
        conn->protocol->on_eof(conn->self);
    else if (conn->state != CONN_CLOSING)
        gale__conn_close(conn, 0);
}

static void on_error(struct gale_iostream *s)
{
    struct gale__conn *conn = gale__conn_of(s);

    if (conn->state == CONN_UPGRADED)
        conn->protocol->on_error(conn->self, s->error);
    gale__conn_close(conn, s->error);
}

static void on_drained(struct gale_iostream *s)
{
    struct gale__conn *conn = gale__conn_of(s);

    if (conn->state == CONN_UPGRADED)
        conn->protocol->on_drained(conn->self);
    else if (conn->state == CONN_CLOSING)
        gale__conn_flush(conn);
}

static void on_closed(struct gale_iostream *s)
{
    struct gale__conn *conn = gale__conn_of(s);

    conn->protocol->on_closed(conn->self);
    gale__conn_consumer.on_closed(s);
}

static const struct gale__stream_consumer upgraded_consumer = {
    .on_data = on_data,
    .on_eof = on_eof,
    .on_error = on_error,
    .on_drained = on_drained,
    .on_closed = on_closed,
};

static bool can_upgrade(const struct gale__exchange *x)
{
    const struct gale__conn *conn = x->carrier;

    return x->ops == &gale__conn_exchange_ops && !x->gone && !x->responded && conn->x == x &&
           conn->state == CONN_BUSY && !conn->body && !conn->http10 && !conn->eof;
}

int gale__exchange_upgrade(struct gale__exchange *x, const struct gale__response *r,
                           const struct gale__upgrade *protocol, void *self,
                           struct gale__conn **out)
{
    struct gale__response response = *r;
    struct gale__conn *conn = x->carrier;
    int result;

    if (!can_upgrade(x))
        return gale_err(GALE_ESTATE, "a connection that cannot be upgraded");
    response.no_length = true;
    response.content_length = -1;
    conn->keep_alive = true;
    result = x->ops->respond(x, &response, (gale_str){ NULL, 0 }, false);
    if (result < 0)
        return result;
    x->ops = &upgraded_ops;
    x->finished = true;
    conn->state = CONN_UPGRADED;
    conn->upgraded = true;
    conn->write_timed = false;
    conn->protocol = protocol;
    conn->self = self;
    conn->words[0] = conn->words[1] = 0;
    gale__conn_set_deadline(conn, GALE__NEVER);
    conn->stream.consumer = &upgraded_consumer;
    gale__stream_set_in_limit(&conn->stream, IN_LIMIT);
    gale__stream_resume(&conn->stream);
    *out = conn;
    if (conn->server->draining)
        protocol->on_drain(self);
    return 0;
}

struct gale_iostream *gale__upgraded_stream(struct gale__conn *conn)
{
    return &conn->stream;
}

uint32_t *gale__upgraded_words(struct gale__conn *conn)
{
    return conn->words;
}

bool gale__upgraded_in_batch(const struct gale__conn *conn)
{
    return conn->in_batch;
}

void gale__upgraded_set_deadline(struct gale__conn *conn, double seconds)
{
    if (conn->state != CONN_UPGRADED)
        return;
    gale__conn_set_deadline(
        conn, seconds < 0 ? GALE__NEVER
                          : gale__wheel_ticks(&conn->server->wheel, seconds > 0 ? seconds : 1e-9));
}

double gale__upgraded_tick(const struct gale__conn *conn)
{
    return (double)conn->server->wheel.tick_ns / 1e9;
}

static void fill_port(const struct gale__conn *conn, gale_address *out)
{
    gale_address real = { .len = 0 };
    int family = conn->peer_family == 4 ? AF_INET : AF_INET6;

    if (conn->stream.transport && conn->stream.io.fd < 0)
        return;
    if (gale__address_peer(&real, conn->stream.io.fd) < 0 || gale__address_family(&real) != family)
        return;
    if (family == AF_INET &&
        !memcmp(&((struct sockaddr_in *)(void *)gale__address_sockaddr(&real))->sin_addr,
                conn->peer, 4))
        *out = real;
    else if (family == AF_INET6 &&
             !memcmp(&((struct sockaddr_in6 *)(void *)gale__address_sockaddr(&real))->sin6_addr,
                     conn->peer, 16))
        *out = real;
}

int gale__upgraded_peer(const struct gale__conn *conn, gale_address *out)
{
    gale_address address = { .len = 0 };

    if (conn->peer_family == 4) {
        struct sockaddr_in *in = (void *)gale__address_sockaddr(&address);

        in->sin_family = AF_INET;
        memcpy(&in->sin_addr, conn->peer, 4);
        address.len = sizeof(*in);
    } else if (conn->peer_family == 6) {
        struct sockaddr_in6 *in6 = (void *)gale__address_sockaddr(&address);

        in6->sin6_family = AF_INET6;
        memcpy(&in6->sin6_addr, conn->peer, 16);
        address.len = sizeof(*in6);
    } else {
        return gale_err(GALE_EINVAL, "the peer has no address");
    }
    fill_port(conn, &address);
    *out = address;
    return 0;
}

void gale__upgraded_close(struct gale__conn *conn, bool now)
{
    if (conn->state != CONN_UPGRADED) {
        if (now)
            gale__conn_close(conn, 0);
        return;
    }
    if (now) {
        gale__conn_close(conn, 0);
        return;
    }
    conn->state = CONN_CLOSING;
    conn->write_mark = conn->written = 0;
    gale__conn_flush(conn);
    if (conn->state == CONN_CLOSING) /* in a batch, whose end goes on */
        gale__conn_set_deadline(conn, conn->server->limits.write_ticks);
}

void gale__upgraded_reject(struct gale__conn *conn)
{
    conn->excess = true;
    gale__upgraded_close(conn, false);
}

void gale__conn_upgraded_drain(struct gale__conn *conn)
{
    conn->protocol->on_drain(conn->self);
}

void gale__conn_upgraded_expired(struct gale__conn *conn)
{
    conn->protocol->on_expired(conn->self);
}

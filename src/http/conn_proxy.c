/* conn_proxy.c - the PROXY header at the start of a connection: who the peer really is.
 *
 * Only peers in trusted_downstream may send one. Where each connection must have one, others are
 * closed at once; where it may, theirs is read as a request and refused as such.
 */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <gale/log.h>

#include "http/conn.h"
#include "proto/ip.h"
#include "proto/proxy_protocol.h"

static void refuse(struct gale__conn *conn, const char *why)
{
    char ip[GALE__IP_TEXT_MAX];

    gale__ip_format(conn->peer_family, conn->peer, ip);
    gale_log(&gale_log_general, GALE_LOG_INFO, "closed a connection from %s: %s", ip, why);
    gale__count(&conn->server->stats.errors, 1);
}

int gale__conn_proxy_begin(struct gale__conn *conn)
{
    const gale_httpserver *server = conn->server;

    if (conn->stream.transport) /* a connection in memory, made here */
        return 0;
    if (gale__trust_has(server->trust, conn->peer_family, conn->peer)) {
        conn->state = CONN_PROXY;
        if (conn->stream.in_limit <= GALE__PROXY_MAX) /* whatever heads may have */
            conn->stream.in_limit = GALE__PROXY_MAX + 1;
        conn->stream.consumer = &gale__conn_proxy_consumer;
        return 0;
    }
    if (server->limits.proxy == GALE_PROXY_OPTIONAL)
        return 0;
    refuse(conn, "it may send no PROXY header (trusted_downstream)");
    return GALE_EPROTO;
}

/* What follows is HTTP. */
static void go_on(struct gale__conn *conn)
{
    conn->state = CONN_HEAD;
    conn->in_head = false;
    gale__stream_set_in_limit(&conn->stream, conn->server->limits.head.max_header_bytes + 1);
    gale__conn_set_deadline(conn, conn->server->limits.idle_ticks);
}

static void take_peer(struct gale__conn *conn, const struct gale__proxy *proxy)
{
    if (proxy->is_local)
        return;
    conn->peer_family = proxy->family;
    memcpy(conn->peer, proxy->bytes, sizeof(conn->peer));
    conn->no_trust = proxy->family == 0;
}

static void wait_for_more(struct gale__conn *conn)
{
    if (conn->in_head)
        return;
    conn->in_head = true;
    gale__conn_set_deadline(conn, conn->server->limits.header_ticks);
}

static const char *failure(int r)
{
    if (r == GALE_ENOTFOUND)
        return "no PROXY header";
    return r < 0 ? gale_strerror(r) : "PROXY header too long";
}

bool gale__conn_proxy_feed(struct gale__conn *conn, const char *data, size_t n, size_t *used)
{
    struct gale__proxy proxy;
    int r = gale__proxy_parse(data, n, &proxy);

    *used = r > 0 ? (size_t)r : 0;
    if (r == GALE_ENOTFOUND && conn->server->limits.proxy == GALE_PROXY_OPTIONAL) {
        go_on(conn);
        return true;
    }
    if (r == 0 && n < conn->stream.in_limit) {
        wait_for_more(conn);
        return false;
    }
    if (r > 0) {
        take_peer(conn, &proxy);
        go_on(conn);
        return true;
    }
    refuse(conn, failure(r));
    gale__conn_close(conn, GALE_EPROTO);
    *used = n;
    return false;
}

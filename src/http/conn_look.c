/* conn_look.c - the connections of a server as they are just now. See conn_look.h.
 *
 * Nothing is counted for this while nobody looks: all of them hang in the wheel, and the kernel
 * knows how much each has carried.
 */
/* SPDX-License-Identifier: MIT */
#include "http/conn_look.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "http/conn.h"
#include "net/tls.h"
#include "proto/ip.h"

static const char *state_of(const struct gale__conn *conn)
{
    switch (conn->state) {
    case CONN_HEAD:
        return conn->in_head ? "head" : "idle";
    case CONN_BODY:
    case CONN_DRAIN:
        return "body";
    case CONN_BUSY:
        return "busy";
    case CONN_UPGRADED:
        return "websocket";
    case CONN_PROXY:
        return "head";
    default:
        return "closing";
    }
}

/* Linux 4.19 and later know the bytes that were sent. */
static void ask_kernel(const struct gale__conn *conn, struct gale__conn_look *look)
{
    struct tcp_info info;
    socklen_t len = sizeof(info);

    look->bytes_in = look->bytes_out = -1;
    memset(&info, 0, sizeof(info));
    if (conn->stream.io.fd < 0 ||
        getsockopt(conn->stream.io.fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0)
        return;
    look->round_trip = info.tcpi_rtt / 1e6;
    if (len >= offsetof(struct tcp_info, tcpi_bytes_retrans)) {
        look->bytes_in = (int64_t)info.tcpi_bytes_received;
        look->bytes_out = (int64_t)info.tcpi_bytes_sent;
    }
}

static void look_at(const struct gale__conn *conn,
                    void (*fn)(void *arg, const struct gale__conn_look *look), void *arg)
{
    const struct gale__wheel *wheel = &conn->server->wheel;
    char peer[GALE__IP_TEXT_MAX] = "";
    struct gale__conn_look look = {
        .peer = peer,
        .state = state_of(conn),
        .age = (double)(wheel->now - conn->born) * (double)wheel->tick_ns / 1e9,
        .tls = gale__stream_is_tls(&conn->stream),
        .x = !conn->upgraded && conn->state == CONN_BUSY ? conn->x : NULL,
    };

    if (conn->peer_family)
        gale__ip_format(conn->peer_family, conn->peer, peer);
    ask_kernel(conn, &look);
    fn(arg, &look);
}

void gale__httpserver_each_conn(const gale_httpserver *server,
                                void (*fn)(void *arg, const struct gale__conn_look *look),
                                void *arg)
{
    for (int i = 0; i < GALE__WHEEL_SLOTS; i++) {
        const struct gale__list *slot = &server->wheel.slots[i];

        for (const struct gale__list *l = slot->next; l != slot; l = l->next)
            look_at((const struct gale__conn *)(const void *)l, fn, arg);
    }
}

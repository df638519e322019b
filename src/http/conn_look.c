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
static void ask_kernel(int fd, struct gale__conn_look *look)
{
    struct tcp_info info;
    socklen_t len = sizeof(info);

    look->bytes_in = look->bytes_out = -1;
    memset(&info, 0, sizeof(info));
    if (fd < 0 || getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0)
        return;
    look->round_trip = info.tcpi_rtt / 1e6;
    if (len >= offsetof(struct tcp_info, tcpi_bytes_retrans)) {
        look->bytes_in = (int64_t)info.tcpi_bytes_received;
        look->bytes_out = (int64_t)info.tcpi_bytes_sent;
    }
}

void gale__conn_see(const struct gale__deadline *d, struct gale__conn_seen *out)
{
    const struct gale__conn *conn = (const struct gale__conn *)(const void *)d;

    *out = (struct gale__conn_seen){
        .state = state_of(conn),
        .peer = conn->peer,
        .peer_family = conn->peer_family,
        .tls = gale__stream_is_tls(&conn->stream),
        .fd = conn->stream.io.fd,
        .born = conn->born,
        .x = !conn->upgraded && conn->state == CONN_BUSY ? conn->x : NULL,
    };
}

static void look_at(const gale_httpserver *server, const struct gale__deadline *d,
                    void (*fn)(void *arg, const struct gale__conn_look *look), void *arg)
{
    const struct gale__wheel *wheel = &server->wheel;
    char peer[GALE__IP_TEXT_MAX] = "";
    struct gale__conn_look look = { .peer = peer };
    struct gale__conn_seen seen;

    server->protocol->see(d, &seen);
    look.state = seen.state;
    look.age = (double)(wheel->now - seen.born) * (double)wheel->tick_ns / 1e9;
    look.tls = seen.tls;
    look.x = seen.x;
    if (seen.peer_family)
        gale__ip_format(seen.peer_family, seen.peer, peer);
    ask_kernel(seen.fd, &look);
    fn(arg, &look);
}

void gale__httpserver_each_conn(const gale_httpserver *server,
                                void (*fn)(void *arg, const struct gale__conn_look *look),
                                void *arg)
{
    for (int i = 0; i < GALE__WHEEL_SLOTS; i++) {
        const struct gale__list *slot = &server->wheel.slots[i];

        for (const struct gale__list *l = slot->next; l != slot; l = l->next)
            look_at(server, (const struct gale__deadline *)(const void *)l, fn, arg);
    }
}

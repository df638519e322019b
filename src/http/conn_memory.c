/* conn_memory.c - connections from within the process, for tests: the server's end is as any other.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "http/conn.h"
#include "http/server.h"
#include "net/iostream.h"

int gale__httpserver_connect(gale_httpserver *server, gale_iostream **client)
{
    static const uint8_t loopback[] = { 127, 0, 0, 1 };
    struct gale__conn *conn = gale__conn_new(server);
    int r;

    if (!conn)
        return -ENOMEM;
    *client = gale__iostream_pair_with(server->loop, &conn->stream, &gale__conn_consumer, NULL);
    if (!*client) {
        gale__conn_discard(conn);
        return -ENOMEM;
    }
    conn->peer_family = 4;
    memcpy(conn->peer, loopback, sizeof(loopback));
    r = gale__conn_begin(conn);
    if (r < 0)
        gale_iostream_close(client);
    return r;
}

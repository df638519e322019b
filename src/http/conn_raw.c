/* conn_raw.c - the descriptor of a connection whose process has crashed. See exchange.h. */
/* SPDX-License-Identifier: MIT */
#include "http/conn.h"

int gale__exchange_raw_fd(const struct gale__exchange *x)
{
    const struct gale__conn *conn = x->carrier;

    if (!conn || x->ops != &gale__conn_exchange_ops || x->responded || x->gone)
        return -1;
    if (conn->stream.transport || conn->stream.closed || conn->stream.out ||
        conn->stream.out_pending || conn->stream.sending || conn->stream.error)
        return -1;
    return conn->stream.io.fd;
}

/* dispatch.c - what the owners of descriptors call, handed to the loop's backend. */
/* SPDX-License-Identifier: MIT */
#include "ioloop/ioloop_priv.h"

#include <errno.h>

int gale__io_open(struct gale__io *io, gale_ioloop *loop, int fd, const struct gale__io_ops *ops)
{
    *io = (struct gale__io){ .ops = ops, .loop = loop, .fd = fd };
    int r = loop->backend->open(io);

    if (r >= 0)
        loop->n_open++;
    return r;
}

int gale__io_recv_start(struct gale__io *io)
{
    return io->closing ? GALE_ECLOSED : io->loop->backend->recv_start(io);
}

void gale__io_recv_stop(struct gale__io *io)
{
    if (!io->closing)
        io->loop->backend->recv_stop(io);
}

ssize_t gale__io_sendv(struct gale__io *io, const struct iovec *iov, int n)
{
    return io->closing ? GALE_ECLOSED : io->loop->backend->sendv(io, iov, n);
}

void gale__io_shutdown(struct gale__io *io)
{
    if (!io->closing)
        io->loop->backend->shutdown(io);
}

int gale__io_accept_start(struct gale__io *io)
{
    return io->closing ? GALE_ECLOSED : io->loop->backend->accept_start(io);
}

void gale__io_accept_stop(struct gale__io *io)
{
    if (!io->closing)
        io->loop->backend->accept_stop(io);
}

int gale__io_connect(struct gale__io *io, const struct sockaddr *addr, socklen_t len)
{
    return io->closing ? GALE_ECLOSED : io->loop->backend->connect(io, addr, len);
}

int gale__io_poll(struct gale__io *io, int events)
{
    return io->closing ? GALE_ECLOSED : io->loop->backend->poll_set(io, events);
}

void gale__io_close(struct gale__io *io)
{
    if (io->closing)
        return;
    io->closing = true;
    io->loop->n_closing++;
    io->loop->backend->close(io);
}

void gale__ioloop_push(gale_ioloop *loop)
{
    loop->backend->flush(loop);
}

bool gale__ioloop_sends_at_once(const gale_ioloop *loop)
{
    return loop->sends_at_once;
}

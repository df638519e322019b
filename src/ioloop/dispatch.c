/* dispatch.c - what the owners of descriptors call, handed to the loop's backend. */
/* SPDX-License-Identifier: MIT */
#include "ioloop/ioloop_priv.h"

#include <errno.h>

#include "ioloop/fdio.h"
#include "ioloop/look.h"

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

ssize_t gale__io_send_now(struct gale__io *io, const struct iovec *iov, int n)
{
    if (io->closing)
        return GALE_ECLOSED;
    return io->loop->backend->send_now ? io->loop->backend->send_now(io, iov, n) : 0;
}

/* What the kernel answers where one of the two cannot take part. */
static int sendfile_result(int r)
{
    return r == -EINVAL || r == -ENOTSOCK || r == -ENOSYS || r == -ESPIPE ? -ENOTSUP : r;
}

ssize_t gale__io_sendfile(struct gale__io *io, const struct iovec *iov, int n, int file,
                          int64_t offset, size_t len, bool *blocked)
{
    size_t head = gale__iov_size(iov, n);
    ssize_t sent = 0;
    int why = -EAGAIN;

    *blocked = false;
    if (io->closing)
        return GALE_ECLOSED;
    if (!io->loop->backend->wait_writable)
        return -ENOTSUP;
    if (head)
        sent = gale__fd_sendv_more(io->fd, iov, n);
    if (sent < 0 && sent != -EAGAIN)
        return sendfile_result((int)sent);
    sent = sent < 0 ? 0 : sent;
    if ((size_t)sent == head)
        sent += (ssize_t)gale__fd_sendfile(io->fd, file, offset, len, &why);
    if (why == -EAGAIN) {
        *blocked = true;
        why = io->loop->backend->wait_writable(io);
    }
    return why == 0 || sent > 0 ? sent : sendfile_result(why);
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

bool gale__io_has_input(const struct gale__io *io)
{
    const gale_ioloop *loop = io->loop;

    if (io->closing || loop->backend == &gale__backend_sim)
        return false;
    /* In this order: what the call itself makes io_uring receive is seen as well. */
    return gale__fd_has_input(io->fd) || (loop->backend->has_input && loop->backend->has_input(io));
}

void gale__ioloop_push(gale_ioloop *loop)
{
    loop->backend->flush(loop);
}

bool gale__ioloop_sends_at_once(const gale_ioloop *loop)
{
    return loop->sends_at_once;
}

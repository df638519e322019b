/* faulty.c - a backend around another one, whose n-th call fails. See faulty.h.
 *
 * A loop that is not wrapped pays nothing. Each io of a wrapped one gets a table of its own in
 * front of its owner's, which lives as long as the io is open.
 */
/* SPDX-License-Identifier: MIT */
#include "ioloop/faulty.h"

#include <errno.h>
#include <unistd.h>

#include "ioloop/ioloop_priv.h"

struct faulty {
    struct gale__backend table; /* the loop's backend; first */
    const struct gale__backend *inner;
};

struct faulty_ops {
    struct gale__io_ops table; /* the io's ops; first */
    const struct gale__io_ops *inner;
};

/* Per thread, as the loops are. */
static _Thread_local int64_t n_calls, fail_at;
static _Thread_local int fail_error;

int64_t gale__faulty_fail(int64_t n, int error)
{
    fail_at = n > 0 ? n_calls + n : 0;
    fail_error = error;
    return n_calls;
}

int gale__faulty_call(void)
{
    return GALE_UNLIKELY(++n_calls == fail_at) ? -fail_error : 0;
}

static const struct gale__backend *inner_of(const gale_ioloop *loop)
{
    return ((const struct faulty *)(const void *)loop->backend)->inner;
}

static const struct gale__io_ops *ops_of(const struct gale__io *io)
{
    return ((const struct faulty_ops *)(const void *)io->ops)->inner;
}

static void on_recv(struct gale__io *io, char *data, ssize_t n)
{
    int fault = n >= 0 ? gale__faulty_call() : 0;

    if (fault < 0 && n > 0)
        inner_of(io->loop)->recv_stop(io);
    ops_of(io)->on_recv(io, fault < 0 ? NULL : data, fault < 0 ? fault : n);
}

static void on_send(struct gale__io *io, ssize_t n)
{
    ops_of(io)->on_send(io, n);
}

static void on_accept(struct gale__io *io, int fd)
{
    int fault = fd >= 0 ? gale__faulty_call() : 0;

    if (fault < 0)
        close(fd);
    ops_of(io)->on_accept(io, fault < 0 ? fault : fd);
}

static void on_ready(struct gale__io *io, int events)
{
    ops_of(io)->on_ready(io, events);
}

static void on_closed(struct gale__io *io)
{
    struct faulty_ops *own = (struct faulty_ops *)(uintptr_t)io->ops;

    io->ops = own->inner;
    gale__free(own);
    if (io->ops->on_closed)
        io->ops->on_closed(io);
}

static const struct gale__io_ops ops = {
    .on_recv = on_recv,
    .on_send = on_send,
    .on_accept = on_accept,
    .on_ready = on_ready,
    .on_closed = on_closed,
};

static int faulty_open(struct gale__io *io)
{
    struct faulty_ops *own = gale__malloc(sizeof(*own));
    int r;

    if (!own)
        return -ENOMEM;
    own->table = ops;
    own->inner = io->ops;
    io->ops = &own->table;
    r = inner_of(io->loop)->open(io);
    if (r < 0) {
        io->ops = own->inner;
        gale__free(own);
    }
    return r;
}

static ssize_t faulty_sendv(struct gale__io *io, const struct iovec *iov, int n)
{
    int fault = gale__faulty_call();

    return fault < 0 ? fault : inner_of(io->loop)->sendv(io, iov, n);
}

static ssize_t faulty_send_now(struct gale__io *io, const struct iovec *iov, int n)
{
    int fault = gale__faulty_call();

    return fault < 0 ? fault : inner_of(io->loop)->send_now(io, iov, n);
}

static int faulty_connect(struct gale__io *io, const struct sockaddr *addr, socklen_t len)
{
    int fault = gale__faulty_call();

    return fault < 0 ? fault : inner_of(io->loop)->connect(io, addr, len);
}

static void faulty_deinit(gale_ioloop *loop)
{
    struct faulty *own = (struct faulty *)(uintptr_t)loop->backend;

    loop->backend = own->inner;
    gale__free(own);
    loop->backend->deinit(loop);
}

int gale__faulty_wrap(gale_ioloop *loop)
{
    struct faulty *own = gale__malloc(sizeof(*own));

    if (!own)
        return -ENOMEM;
    own->table = *loop->backend;
    own->inner = loop->backend;
    own->table.open = faulty_open;
    own->table.sendv = faulty_sendv;
    if (own->table.send_now)
        own->table.send_now = faulty_send_now;
    own->table.connect = faulty_connect;
    own->table.deinit = faulty_deinit;
    loop->backend = &own->table;
    return 0;
}

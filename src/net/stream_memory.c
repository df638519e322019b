/* stream_memory.c - two streams connected in memory: a transport without descriptors.
 *
 * Each end has one chunk of bytes on their way to it, which its task delivers from the
 * loop: a sender that finds it full waits until it was taken, as with a socket. The ends
 * share one object, which goes when both streams are closed.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "ioloop/faulty.h"
#include "net/chunk.h"
#include "net/stream.h"

struct link;

struct end {
    struct link *link;
    struct gale_iostream *stream; /* NULL when closed */
    struct gale__ioloop_task task;
    struct gale__chunk *arriving; /* on its way to this end */
    bool receiving;
    bool blocked; /* a send found the peer's chunk full */
    bool eof;     /* the peer ended its side: told behind what arrives */
    bool eof_told;
    bool closing; /* on_closed is due */
    bool broken;  /* the peer reset the connection: told behind what arrives */
};

struct link {
    struct end ends[2];
};

static struct end *end_of(struct gale_iostream *s)
{
    return s->io.backend_data;
}

static struct end *peer_of(struct end *e)
{
    return e == &e->link->ends[0] ? &e->link->ends[1] : &e->link->ends[0];
}

static void wake(struct end *e)
{
    if (e->stream && !gale__list_linked(&e->task.link))
        gale__ioloop_defer(e->stream->io.loop, &e->task);
}

static void drop_arriving(struct end *e)
{
    if (e->arriving)
        gale__chunk_put(e->arriving);
    e->arriving = NULL;
}

static void finish_close(struct end *e)
{
    struct gale__io *io = &e->stream->io;
    struct end *peer = peer_of(e);

    e->stream = NULL;
    gale__list_remove(&e->task.link); /* closed by its owner while it ran */
    if (!peer->stream)
        gale__free(e->link);
    io->ops->on_closed(io);
}

static bool has_news(const struct end *e)
{
    return e->arriving || e->broken || (e->eof && !e->eof_told);
}

static void deliver(struct end *e)
{
    struct gale__chunk *c = e->arriving;
    struct gale__io *io = &e->stream->io;
    int fault = has_news(e) ? gale__faulty_call() : 0;

    if (fault < 0 || (e->broken && !c)) {
        e->receiving = false;
        io->ops->on_recv(io, NULL, fault < 0 ? fault : -ECONNRESET);
    } else if (c) {
        e->arriving = NULL;
        if (peer_of(e)->blocked)
            wake(peer_of(e));
        io->ops->on_recv(io, c->data + c->start, (ssize_t)gale__chunk_live(c));
        gale__chunk_put(c);
    } else if (e->eof && !e->eof_told) {
        e->eof_told = true;
        io->ops->on_recv(io, NULL, 0);
    }
}

static void run(struct gale__ioloop_task *task)
{
    struct end *e = GALE_CONTAINER_OF(task, struct end, task);

    if (!e->closing && e->blocked) {
        e->blocked = false;
        e->stream->io.ops->on_send(&e->stream->io, 0);
    }
    if (!e->closing && e->receiving)
        deliver(e);
    if (e->closing)
        finish_close(e);
    else if (e->receiving && has_news(e))
        wake(e);
}

static int recv_start(struct gale_iostream *s)
{
    struct end *e = end_of(s);

    e->receiving = true;
    if (has_news(e))
        wake(e);
    return 0;
}

static void recv_stop(struct gale_iostream *s)
{
    end_of(s)->receiving = false;
}

static size_t fill(struct gale__chunk *c, const struct iovec *iov, int n)
{
    size_t done = 0;

    for (int i = 0; i < n && c->end < c->size; i++) {
        size_t part = c->size - c->end < iov[i].iov_len ? c->size - c->end : iov[i].iov_len;

        memcpy(c->data + c->end, iov[i].iov_base, part);
        c->end += (uint32_t)part;
        done += part;
    }
    return done;
}

static ssize_t sendv(struct gale_iostream *s, const struct iovec *iov, int n)
{
    struct end *e = end_of(s), *peer = peer_of(e);
    size_t done;
    int fault = gale__faulty_call();

    if (fault < 0)
        return fault;
    if (!peer->stream || peer->closing || e->broken)
        return -EPIPE;
    if (!peer->arriving)
        peer->arriving = gale__chunk_get(1);
    if (!peer->arriving)
        return -ENOMEM;
    done = fill(peer->arriving, iov, n);
    if (done == 0)
        e->blocked = true;
    else if (peer->receiving)
        wake(peer);
    return (ssize_t)done;
}

static void end_side(struct gale_iostream *s)
{
    struct end *peer = peer_of(end_of(s));

    peer->eof = true;
    if (peer->receiving)
        wake(peer);
}

static void close_end(struct gale_iostream *s)
{
    struct end *e = end_of(s), *peer = peer_of(e);

    e->closing = true;
    e->receiving = false;
    drop_arriving(e);
    wake(e);
    if (peer->stream && !peer->closing) {
        end_side(s);
        if (peer->blocked)
            wake(peer); /* its send fails now */
    }
}

static const struct gale__transport memory_transport = {
    .recv_start = recv_start,
    .recv_stop = recv_stop,
    .sendv = sendv,
    .shutdown = end_side,
    .close = close_end,
};

static void init_end(struct link *link, int i, struct gale_iostream *s, gale_ioloop *loop,
                     const struct gale__stream_consumer *consumer)
{
    struct end *e = &link->ends[i];

    e->link = link;
    e->stream = s;
    e->task.run = run;
    gale__stream_init_transport(s, loop, &memory_transport, e, consumer);
}

void gale__stream_reset_pair(struct gale_iostream *s)
{
    struct end *peer = peer_of(end_of(s));

    peer->broken = true;
    if (peer->stream)
        wake(peer);
}

int gale__stream_init_pair(struct gale_iostream *a, struct gale_iostream *b, gale_ioloop *loop,
                           const struct gale__stream_consumer *consumer)
{
    struct link *link = gale__calloc(1, sizeof(*link));

    if (!link)
        return -ENOMEM;
    init_end(link, 0, a, loop, consumer);
    init_end(link, 1, b, loop, consumer);
    return 0;
}

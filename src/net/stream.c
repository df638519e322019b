/* stream.c - the core of a stream: its life, input and end. Output is in stream_out.c.
 *
 * What the backend receives is offered to the consumer where it lies; only what the
 * consumer leaves is copied into a chunk of ours, which grows by doubling, so that input
 * arriving in small pieces costs linear time however often it is left. Calls of the
 * owner never call the consumer: what they cause is told by the task `redeliver`.
 */
/* SPDX-License-Identifier: MIT */
#include "net/stream.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "net/stream_internal.h"

enum { DEFAULT_IN_LIMIT = 65536 };

static void tell_later(struct gale_iostream *s)
{
    if (!gale__list_linked(&s->redeliver.link) && !s->closed)
        gale__ioloop_defer(s->io.loop, &s->redeliver);
}

int gale__stream_break(struct gale_iostream *s, int error)
{
    if (!s->error)
        s->error = error;
    if (s->receiving) {
        s->receiving = false;
        s->transport ? s->transport->recv_stop(s) : gale__io_recv_stop(&s->io);
    }
    tell_later(s);
    return s->error;
}

void gale__stream_tell_error(struct gale_iostream *s)
{
    if (s->error_told || s->closed)
        return;
    s->error_told = true;
    s->consumer->on_error(s);
}

/* Makes the backend receive or rest, as flags say. */
static void update_receiving(struct gale_iostream *s)
{
    bool want = s->started && !s->paused && !s->full && !s->eof && !s->error && !s->closed;
    int r = 0;

    if (GALE_LIKELY(want == s->receiving))
        return;
    s->receiving = want;
    if (want)
        r = s->transport ? s->transport->recv_start(s) : gale__io_recv_start(&s->io);
    else
        s->transport ? s->transport->recv_stop(s) : gale__io_recv_stop(&s->io);
    if (r < 0) {
        s->receiving = false;
        gale__stream_break(s, r);
    }
}

static void update_full(struct gale_iostream *s)
{
    s->full = s->in && gale__chunk_live(s->in) >= s->in_limit;
    update_receiving(s);
}

void gale__stream_release_input(struct gale_iostream *s, struct gale__chunk *c)
{
    if (!s->pull || !gale__pull_keeps(s, c))
        gale__chunk_put(c);
}

/* Kept input with room for n more bytes behind it. Always moves into another chunk rather
 * than inside one: a reader may have been lent a part of the old. */
static int make_room(struct gale_iostream *s, size_t n)
{
    struct gale__chunk *old = s->in;
    size_t live = old ? gale__chunk_live(old) : 0;
    struct gale__chunk *c;

    if (old && old->size - old->end >= n)
        return 0;
    c = gale__chunk_get(live ? 2 * live + n : n);
    if (!c)
        return -ENOMEM;
    if (old) {
        memcpy(c->data, old->data + old->start, live);
        c->end = (uint32_t)live;
        gale__stream_release_input(s, old);
    }
    s->in = c;
    return 0;
}

static bool keep(struct gale_iostream *s, const char *data, size_t n)
{
    if (make_room(s, n) < 0) {
        gale__stream_break(s, -ENOMEM);
        return false;
    }
    memcpy(s->in->data + s->in->end, data, n);
    s->in->end += (uint32_t)n;
    return true;
}

static void drop_input(struct gale_iostream *s)
{
    struct gale__chunk *c = s->in;

    s->in = NULL;
    if (c)
        gale__stream_release_input(s, c);
}

static size_t call_consumer(struct gale_iostream *s, char *data, size_t n)
{
    size_t used;

    s->offering = true;
    used = s->consumer->on_data(s, data, n);
    s->offering = false;
    GALE_ASSERT(used <= n);
    return used;
}

void gale__stream_consume(struct gale_iostream *s, size_t n)
{
    if (n > 0) {
        GALE_ASSERT(s->in && !s->offering && n <= gale__chunk_live(s->in));
        s->in->start += (uint32_t)n;
    }
    if (s->in && s->in->start == s->in->end)
        drop_input(s);
    update_full(s);
}

int gale__stream_unread(struct gale_iostream *s, const char *data, size_t n)
{
    struct gale__chunk *old = s->in;
    size_t live = old ? gale__chunk_live(old) : 0;
    struct gale__chunk *c = gale__chunk_get(n + live);

    if (!c)
        return gale__stream_break(s, -ENOMEM);
    memcpy(c->data, data, n);
    if (old) {
        memcpy(c->data + n, old->data + old->start, live);
        gale__stream_release_input(s, old);
    }
    c->end = (uint32_t)(n + live);
    s->in = c;
    update_full(s);
    return 0;
}

/* Offers what is kept. */
static void offer_kept(struct gale_iostream *s)
{
    size_t used;

    s->fresh = false;
    used = call_consumer(s, s->in->data + s->in->start, gale__chunk_live(s->in));
    if (s->closed)
        drop_input(s);
    else
        gale__stream_consume(s, used);
}

/* The end of the stream is told behind the last data only. */
static void tell_eof(struct gale_iostream *s)
{
    if (!s->eof || s->eof_told || s->closed || s->error || (s->fresh && s->paused))
        return;
    s->eof_told = true;
    s->consumer->on_eof(s);
}

static void received_data(struct gale_iostream *s, char *data, size_t n)
{
    size_t used = 0;

    if (!s->in && !s->paused) {
        used = call_consumer(s, data, n);
        if (GALE_LIKELY(used == n) || s->closed)
            return;
        if (keep(s, data + used, n - used))
            update_full(s);
    } else if (keep(s, data, n)) {
        s->fresh = true;
        if (s->paused)
            update_full(s);
        else
            offer_kept(s);
    }
}

static void on_recv(struct gale__io *io, char *data, ssize_t n)
{
    struct gale_iostream *s = GALE_CONTAINER_OF(io, struct gale_iostream, io);

    if (s->closed || s->error)
        return;
    if (GALE_LIKELY(n > 0)) {
        received_data(s, data, (size_t)n);
    } else if (n == 0) {
        s->eof = true;
        update_receiving(s);
        tell_eof(s);
    } else {
        gale__stream_break(s, (int)n);
    }
    if (GALE_UNLIKELY(s->error))
        gale__stream_tell_error(s);
}

static void on_send(struct gale__io *io, ssize_t n)
{
    gale__stream_sent(GALE_CONTAINER_OF(io, struct gale_iostream, io), n);
}

static void on_closed(struct gale__io *io)
{
    struct gale_iostream *s = GALE_CONTAINER_OF(io, struct gale_iostream, io);

    gale__stream_drop_output(s, true);
    gale__chunk_pool_leave();
    s->consumer->on_closed(s);
}

static void redeliver(struct gale__ioloop_task *task)
{
    struct gale_iostream *s = GALE_CONTAINER_OF(task, struct gale_iostream, redeliver);

    if (s->closed)
        return;
    if (s->in && !s->paused && !s->error)
        offer_kept(s);
    tell_eof(s);
    if (s->error)
        gale__stream_tell_error(s);
}

static const struct gale__io_ops stream_ops = {
    .on_recv = on_recv,
    .on_send = on_send,
    .on_closed = on_closed,
};

static void init_common(struct gale_iostream *s, const struct gale__stream_consumer *consumer)
{
    s->consumer = consumer;
    s->redeliver.run = redeliver;
    s->in_limit = DEFAULT_IN_LIMIT;
    gale__chunk_pool_enter();
}

int gale__stream_init(struct gale_iostream *s, gale_ioloop *loop, int fd,
                      const struct gale__stream_consumer *consumer)
{
    int r;

    memset(s, 0, sizeof(*s));
    r = gale__io_open(&s->io, loop, fd, &stream_ops);
    if (r < 0)
        return r;
    init_common(s, consumer);
    return 0;
}

void gale__stream_init_transport(struct gale_iostream *s, gale_ioloop *loop,
                                 const struct gale__transport *transport, void *data,
                                 const struct gale__stream_consumer *consumer)
{
    memset(s, 0, sizeof(*s));
    s->io.ops = &stream_ops;
    s->io.loop = loop;
    s->io.backend_data = data;
    s->io.fd = -1;
    s->transport = transport;
    init_common(s, consumer);
}

int gale__stream_start(struct gale_iostream *s)
{
    s->started = true;
    update_receiving(s);
    return s->error;
}

void gale__stream_pause(struct gale_iostream *s)
{
    s->paused = true;
    update_receiving(s);
}

void gale__stream_resume(struct gale_iostream *s)
{
    s->paused = false;
    if (s->in || s->offering || (s->eof && !s->eof_told))
        tell_later(s);
    update_receiving(s);
}

gale_str gale__stream_kept(const struct gale_iostream *s)
{
    if (!s->in || s->offering)
        return (gale_str){ NULL, 0 };
    return (gale_str){ s->in->data + s->in->start, gale__chunk_live(s->in) };
}

void gale__stream_receive_singly(struct gale_iostream *s, bool singly)
{
    int r;

    if (s->io.recv_singly == singly)
        return;
    s->io.recv_singly = singly;
    if (!singly || !s->receiving || s->transport || gale__ioloop_sends_at_once(s->io.loop))
        return;
    gale__io_recv_stop(&s->io);
    r = gale__io_recv_start(&s->io);
    if (r < 0)
        gale__stream_break(s, r);
}

void gale__stream_set_in_limit(struct gale_iostream *s, uint32_t limit)
{
    s->in_limit = limit;
    if (!s->offering)
        update_full(s);
}

void gale__stream_close(struct gale_iostream *s, int error)
{
    if (s->closed)
        return;
    s->closed = true;
    s->receiving = false;
    if (!s->error)
        s->error = error;
    gale__list_remove(&s->redeliver.link);
    if (!s->offering)
        drop_input(s);
    gale__stream_drop_output(s, false);
    if (s->transport)
        s->transport->close(s);
    else
        gale__io_close(&s->io);
}

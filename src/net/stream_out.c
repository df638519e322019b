/* stream_out.c - output of a stream: a chain of chunks, sent in batches.
 *
 * Small writes collect in one pooled chunk that leaves with one call and goes straight
 * back to the pool. Bytes that the kernel may still be reading (a queued send) are never
 * moved or written to: new ones go behind them.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "net/stream.h"
#include "net/stream_internal.h"

enum {
    MAX_IOV = 16,
    BIG_CHUNK = 256 * 1024, /* of large output that has to wait */
};

_Static_assert((int)GALE__STREAM_RESERVE_MAX <= (int)GALE__CHUNK_ROOM, "reserve fits a chunk");

int gale__stream_unusable(const struct gale_iostream *s)
{
    if (s->error)
        return s->error;
    return s->closed ? GALE_ECLOSED : s->shut ? GALE_ESTATE : 0;
}

static bool sends_at_once(const struct gale_iostream *s)
{
    return s->transport || gale__ioloop_sends_at_once(s->io.loop);
}

/* The chunk that output goes to next, with room for n bytes. */
static struct gale__chunk *tail_with_room(struct gale_iostream *s, size_t n)
{
    struct gale__chunk *c = s->out ? s->out->tail : NULL;

    if (GALE_LIKELY(c && c->size - c->end >= n))
        return c;
    c = gale__chunk_get(n);
    if (!c) {
        gale__stream_break(s, -ENOMEM);
        return NULL;
    }
    if (s->out) {
        s->out->tail->next = c;
        s->out->tail = c;
    } else {
        s->out = c;
    }
    return c;
}

char *gale__stream_reserve(struct gale_iostream *s, size_t n)
{
    struct gale__chunk *c;

    if (GALE_UNLIKELY(gale__stream_unusable(s) < 0 || s->out_pending > UINT32_MAX - n))
        return NULL;
    c = tail_with_room(s, n);
    return c ? c->data + c->end : NULL;
}

void gale__stream_commit(struct gale_iostream *s, size_t n)
{
    struct gale__chunk *c = s->out->tail;

    GALE_ASSERT(n <= c->size - c->end);
    c->end += (uint32_t)n;
    s->out_pending += (uint32_t)n;
}

static void pop_chunk(struct gale_iostream *s)
{
    struct gale__chunk *c = s->out;

    s->out = c->next;
    if (s->out)
        s->out->tail = c->tail;
    gale__chunk_put(c);
}

void gale__stream_advance(struct gale_iostream *s, size_t n)
{
    s->out_pending -= (uint32_t)n;
    while (s->out && n >= gale__chunk_live(s->out)) {
        n -= gale__chunk_live(s->out);
        pop_chunk(s);
    }
    if (n > 0)
        s->out->start += (uint32_t)n;
}

void gale__stream_drop_output(struct gale_iostream *s, bool all)
{
    struct gale__chunk *first = NULL;

    if (!all && s->out && s->sending && !sends_at_once(s)) {
        first = s->out;
        s->out = first->next;
    }
    while (s->out)
        pop_chunk(s);
    s->out_pending = 0;
    s->out = first;
    if (first) {
        first->next = NULL;
        first->tail = first;
    }
}

static ssize_t send_iov(struct gale_iostream *s, const struct iovec *iov, int n)
{
    return s->transport ? s->transport->sendv(s, iov, n) : gale__io_sendv(&s->io, iov, n);
}

int gale__stream_pending(const struct gale_iostream *s, struct iovec *iov, int max)
{
    int n = 0;

    for (struct gale__chunk *c = s->out; c && n < max; c = c->next)
        if (c->end > c->start)
            iov[n++] = (struct iovec){ c->data + c->start, gale__chunk_live(c) };
    return n;
}

static void end_our_side(struct gale_iostream *s)
{
    if (!s->shut || s->shut_done || s->out_pending > 0)
        return;
    s->shut_done = true;
    if (s->transport)
        s->transport->shutdown(s);
    else if (s->goes_out_only)
        gale__stream_close(s, 0);
    else
        gale__io_shutdown(&s->io);
}

/* Sends the chain as far as the kernel takes it. */
static int send_pending(struct gale_iostream *s)
{
    struct iovec iov[MAX_IOV];

    while (s->out_pending > 0) {
        ssize_t r = send_iov(s, iov, gale__stream_pending(s, iov, MAX_IOV));

        if (r < 0)
            return gale__stream_break(s, (int)r);
        if (r == 0) {
            s->sending = s->want_drained = true;
            return 0;
        }
        gale__stream_advance(s, (size_t)r);
    }
    while (s->out) /* reserved and never used */
        pop_chunk(s);
    if (GALE_UNLIKELY(s->shut))
        end_our_side(s);
    return 0;
}

int gale__stream_flush(struct gale_iostream *s)
{
    if (!s->out || s->sending || s->error)
        return s->error;
    return send_pending(s);
}

void gale__stream_sent(struct gale_iostream *s, ssize_t n)
{
    if (s->closed || !s->sending)
        return;
    s->sending = false;
    if (s->error)
        return;
    if (n > 0)
        gale__stream_advance(s, (size_t)n);
    if (n < 0)
        gale__stream_break(s, (int)n);
    else
        send_pending(s);
    if (s->error) {
        gale__stream_tell_error(s);
    } else if (s->out_pending == 0 && s->want_drained) {
        s->want_drained = false;
        if (s->consumer->on_drained)
            s->consumer->on_drained(s);
    }
}

/* Copies behind what is pending. */
static int append(struct gale_iostream *s, const char *data, size_t n)
{
    while (n > 0) {
        struct gale__chunk *c = s->out ? s->out->tail : NULL;
        size_t part;

        if (!c || c->end == c->size)
            c = tail_with_room(s, n < BIG_CHUNK ? n : BIG_CHUNK);
        if (!c)
            return s->error;
        part = c->size - c->end < n ? c->size - c->end : n;
        memcpy(c->data + c->end, data, part);
        gale__stream_commit(s, part);
        data += part;
        n -= part;
    }
    return 0;
}

/* Without queueing, on any backend: then no on_send comes by itself, but the owner's flush. */
static ssize_t send_iov_now(struct gale_iostream *s, const struct iovec *iov, int n)
{
    return sends_at_once(s) ? send_iov(s, iov, n) : gale__io_send_now(&s->io, iov, n);
}

/* Sends pending output and data directly. Gives how much of data is gone; the rest only needs to
 * be appended: what the kernel did not take has its on_send coming, or is flushed. */
static ssize_t send_directly(struct gale_iostream *s, const char *data, size_t n)
{
    size_t done = 0;

    while (done < n) {
        struct iovec iov[2];
        int n_iov = gale__stream_pending(s, iov, 1);
        size_t pending = s->out_pending, gone;
        ssize_t r;

        iov[n_iov++] = (struct iovec){ (char *)(uintptr_t)data + done, n - done };
        r = send_iov_now(s, iov, n_iov);
        if (r < 0)
            return gale__stream_break(s, (int)r);
        if (r == 0) {
            if (sends_at_once(s))
                s->sending = s->want_drained = true;
            break;
        }
        gone = (size_t)r < pending ? (size_t)r : pending;
        gale__stream_advance(s, gone);
        done += (size_t)r - gone;
    }
    return (ssize_t)done;
}

int gale__stream_flush_now(struct gale_iostream *s)
{
    while (s->out_pending > 0 && !s->sending && !s->error && !sends_at_once(s)) {
        struct iovec iov[MAX_IOV];
        ssize_t r = send_iov_now(s, iov, gale__stream_pending(s, iov, MAX_IOV));

        if (r < 0)
            return gale__stream_break(s, (int)r);
        if (r == 0)
            break;
        gale__stream_advance(s, (size_t)r);
    }
    return gale__stream_flush(s);
}

int gale__stream_write(struct gale_iostream *s, const char *data, size_t n)
{
    int r = gale__stream_unusable(s);

    if (GALE_UNLIKELY(r < 0))
        return r;
    if (n > UINT32_MAX - s->out_pending)
        return gale_err(GALE_ETOOBIG, "more than 4 GiB of output pending");
    if (n > GALE__CHUNK_ROOM && !s->sending && (!s->out || s->out == s->out->tail)) {
        ssize_t sent = send_directly(s, data, n);

        if (sent < 0)
            return (int)sent;
        data += sent;
        n -= (size_t)sent;
    }
    return append(s, data, n);
}

void gale__stream_shutdown(struct gale_iostream *s)
{
    if (s->shut || s->closed || s->error)
        return;
    s->shut = true;
    if (s->sending)
        return;
    if (s->out_pending == 0)
        end_our_side(s);
    else
        send_pending(s);
}

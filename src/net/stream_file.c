/* stream_file.c - a file's bytes into a stream, without a copy of them in this process.
 *
 * Whoever sends waits between the parts: here is only what a stream has to do with it. What is
 * pending (the head of an answer) leaves together with the first part, in as few packets.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "net/stream.h"
#include "net/stream_internal.h"

enum { HEAD_IOV = 8 };

/* What is pending first, then the file by the transport's own way. */
static ssize_t send_by_transport(struct gale_iostream *s, int file, int64_t offset, size_t len)
{
    ssize_t r;

    if (!s->transport->send_file)
        return -ENOTSUP;
    if (s->sending)
        return 0;
    r = gale__stream_flush(s);
    if (r < 0 || s->sending)
        return r;
    r = s->transport->send_file(s, file, offset, len);
    if (r == 0)
        s->sending = s->want_drained = true;
    return r < 0 && r != -ENOTSUP && r != -ENODATA ? gale__stream_break(s, (int)r) : r;
}

ssize_t gale__stream_send_file(struct gale_iostream *s, int file, int64_t offset, size_t len)
{
    struct iovec iov[HEAD_IOV];
    size_t pending = s->out_pending, head;
    bool blocked = false;
    ssize_t r = gale__stream_unusable(s);
    int n;

    if (r < 0)
        return r;
    if (s->transport)
        return send_by_transport(s, file, offset, len);
    if (s->sending)
        return 0;
    n = gale__stream_pending(s, iov, HEAD_IOV);
    if (n == HEAD_IOV) { /* perhaps not all of it: it goes first */
        r = gale__stream_flush(s);
        if (r < 0 || s->sending)
            return r;
        pending = 0;
        n = 0;
    }
    r = gale__io_sendfile(&s->io, iov, n, file, offset, len, &blocked);
    if (r == -ENOTSUP || r == -ENODATA)
        return r;
    if (r < 0)
        return gale__stream_break(s, (int)r);
    if (blocked)
        s->sending = s->want_drained = true;
    head = (size_t)r < pending ? (size_t)r : pending;
    gale__stream_advance(s, head);
    return r - (ssize_t)head;
}

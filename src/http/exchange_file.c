/* exchange_file.c - a file as (a part of) an answer, by reading and writing.
 *
 * For carriers that cannot take a file's bytes from the kernel: one piece in memory at a time,
 * read here when it lies in the page cache and by a thread of the executor otherwise.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <sys/uio.h>
#include <unistd.h>

#include <gale/log.h>

#include "base/alloc.h"
#include "http/exchange.h"

enum { PIECE = 64 * 1024 };

struct piece {
    char *data;
    size_t size;
    int fd;
    int64_t offset;
    ssize_t n; /* read, or -errno */
};

int gale__exchange_file_shrank(struct gale__exchange *x, int64_t missing)
{
    gale_log(&gale_log_general, GALE_LOG_WARNING, "%s %s: the file ended %" PRId64 " bytes early",
             x->request.method, x->request.uri, missing);
    x->ops->abort(x);
    return gale_err(-ENODATA, "the file ended %" PRId64 " bytes early", missing);
}

static int read_piece(void *arg)
{
    struct piece *p = arg;

    do
        p->n = pread(p->fd, p->data, p->size, (off_t)p->offset);
    while (p->n < 0 && errno == EINTR);
    if (p->n < 0)
        p->n = -errno;
    return 0;
}

/* Waits, only when the disk has to be. */
static int fetch_piece(struct gale__exchange *x, struct piece *p)
{
    struct iovec iov = { p->data, p->size };

    p->n = preadv2(p->fd, &iov, 1, (off_t)p->offset, RWF_NOWAIT);
    if (p->n >= 0)
        return 0;
    if (errno != EAGAIN && errno != EINTR) /* a file system that cannot say: it blocks */
        return read_piece(p);
    return gale_ioloop_run_in_executor(x->loop, read_piece, p);
}

static int copy(struct gale__exchange *x, struct piece *p, int64_t len, bool last)
{
    while (len > 0) {
        int r;

        p->size = len < PIECE ? (size_t)len : PIECE;
        r = fetch_piece(x, p);
        if (r < 0 || x->gone)
            return r < 0 ? r : x->gone;
        if (p->n == 0)
            return gale__exchange_file_shrank(x, len);
        if (p->n < 0)
            return (int)p->n;
        p->offset += p->n;
        len -= p->n;
        r = x->ops->write(x, (gale_str){ p->data, (size_t)p->n }, last && !len);
        if (r == 0 && len)
            r = x->ops->drain(x);
        if (r == 0 && len)
            r = gale_yield(); /* the peer may take all at once */
        if (r < 0)
            return r;
    }
    return 0;
}

int gale__exchange_copy_file(struct gale__exchange *x, int fd, int64_t offset, int64_t len,
                             bool last)
{
    struct piece p = { .fd = fd, .offset = offset };
    int r;

    if (!len || x->priv.method == GALE__METHOD_HEAD)
        return x->ops->write(x, (gale_str){ NULL, 0 }, last);
    if (!gale__co_current())
        return gale__co_park("gale_send_file"); /* says so */
    p.data = gale__malloc(PIECE);
    if (!p.data)
        return -ENOMEM;
    r = copy(x, &p, len, last);
    gale__free(p.data);
    return r;
}

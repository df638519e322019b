/* handlers.c - the public handlers of descriptors, on top of plain polling.
 *
 * Each is a struct of its own that outlives its removal until the backend has let go;
 * the table by descriptor knows the present one.
 */
/* SPDX-License-Identifier: MIT */
#include "ioloop/ioloop_priv.h"

#include <errno.h>
#include <string.h>

struct gale__handler {
    struct gale__io io;
    int fd; /* io.fd is gone once it closes */
    void (*fn)(int fd, int events, void *arg);
    void *arg;
};

static struct gale__handler *find(gale_ioloop *loop, int fd)
{
    return fd >= 0 && fd < loop->n_handlers ? loop->handlers[fd] : NULL;
}

static bool reserve(gale_ioloop *loop, int fd)
{
    int n = loop->n_handlers ? loop->n_handlers : 64;

    if (fd < loop->n_handlers)
        return true;
    while (n <= fd)
        n = n > INT32_MAX / 2 ? INT32_MAX : n * 2;
    struct gale__handler **grown = gale__realloc(loop->handlers, (size_t)n * sizeof(*grown));

    if (!grown)
        return false;
    memset(grown + loop->n_handlers, 0, (size_t)(n - loop->n_handlers) * sizeof(*grown));
    loop->handlers = grown;
    loop->n_handlers = n;
    return true;
}

static void on_ready(struct gale__io *io, int events)
{
    struct gale__handler *h = GALE_CONTAINER_OF(io, struct gale__handler, io);

    h->fn(h->fd, events, h->arg);
}

static void on_closed(struct gale__io *io)
{
    gale__free(GALE_CONTAINER_OF(io, struct gale__handler, io));
}

static const struct gale__io_ops handler_ops = { .on_ready = on_ready, .on_closed = on_closed };

static void discard(struct gale__handler *h)
{
    h->io.loop->handlers[h->fd] = NULL;
    gale__io_close(&h->io);
}

int gale_ioloop_add_handler(gale_ioloop *loop, int fd,
                            void (*handler)(int fd, int events, void *arg), int events, void *arg)
{
    if (fd < 0 || fd == INT32_MAX)
        return gale_err(-EBADF, "descriptor %d cannot have a handler", fd);
    if (find(loop, fd))
        return gale_err(-EEXIST, "descriptor %d has a handler already", fd);
    struct gale__handler *h = reserve(loop, fd) ? gale__calloc(1, sizeof(*h)) : NULL;

    if (!h)
        return -ENOMEM;
    int r = gale__io_open(&h->io, loop, fd, &handler_ops);

    if (r < 0) {
        gale__free(h);
        return r;
    }
    h->io.keep_fd = true;
    h->fd = fd;
    h->fn = handler;
    h->arg = arg;
    loop->handlers[fd] = h;
    r = gale__io_poll(&h->io, events | GALE_ERROR);
    if (r < 0)
        discard(h);
    return r;
}

int gale_ioloop_update_handler(gale_ioloop *loop, int fd, int events)
{
    struct gale__handler *h = find(loop, fd);

    if (!h)
        return gale_err(-ENOENT, "descriptor %d has no handler", fd);
    return gale__io_poll(&h->io, events | GALE_ERROR);
}

void gale_ioloop_remove_handler(gale_ioloop *loop, int fd)
{
    struct gale__handler *h = find(loop, fd);

    if (h)
        discard(h);
}

void gale__handlers_free(gale_ioloop *loop)
{
    for (int fd = 0; fd < loop->n_handlers; fd++)
        gale_ioloop_remove_handler(loop, fd);
}

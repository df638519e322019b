/* listener.c - accepting connections. See listener.h.
 *
 * A failed accept leaves the connection in the kernel's queue and the descriptor ready:
 * going on at once would spin. So after any failure that is not the one connection's own,
 * accepting rests for a moment.
 */
/* SPDX-License-Identifier: MIT */
#include "net/listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include <gale/log.h>

#include "base/alloc.h"
#include "net/address.h"
#include "net/chunk.h"

enum { MOST_QUEUED = 1 << 16 };

static const int64_t rest_ns = 100 * 1000000LL;
static const int64_t warn_every_ns = 60 * 1000000000LL;

struct gale__listener {
    struct gale__io io;
    void (*on_accept)(void *arg, int fd);
    void *arg;
    gale_timeout rest;    /* accepting rests until it fires */
    int64_t last_warning; /* 0: none yet */
    gale_address address;
    bool paused, accepting;
};

/* Makes the backend accept or not, as things are. */
static int update(struct gale__listener *l)
{
    bool want = !l->paused && !l->rest && !l->io.closing;

    if (want == l->accepting)
        return 0;
    l->accepting = want;
    if (want)
        return gale__io_accept_start(&l->io);
    gale__io_accept_stop(&l->io);
    return 0;
}

static void end_rest(void *arg);

/* Without memory for a timer it goes on at once. */
static void rest(struct gale__listener *l)
{
    if (!l->rest)
        l->rest = gale__ioloop_timer(l->io.loop, gale__ioloop_now_ns(l->io.loop) + rest_ns,
                                     end_rest, l);
    if (l->accepting)
        update(l);
}

static void go_on(struct gale__listener *l)
{
    if (update(l) >= 0)
        return;
    l->accepting = false;
    rest(l);
}

static void end_rest(void *arg)
{
    struct gale__listener *l = arg;

    l->rest = 0;
    go_on(l);
}

static void warn(struct gale__listener *l, int error)
{
    int64_t now = gale__ioloop_now_ns(l->io.loop);
    char address[128];

    if (l->last_warning && now - l->last_warning < warn_every_ns)
        return;
    l->last_warning = now;
    gale_address_format(&l->address, address, sizeof(address));
    gale_log(&gale_log_general, GALE_LOG_WARNING,
             "cannot accept on %s: %s; trying again every 100 ms", address, strerror(-error));
}

/* accept(2): errors of the connection that was to be accepted, not of accepting. */
static bool concerns_one_connection(int error)
{
    static const int codes[] = { ECONNABORTED, EINTR,      EAGAIN,   EPROTO,       ENETDOWN,
                                 ENOPROTOOPT,  EHOSTDOWN,  ENONET,   EHOSTUNREACH, ENETUNREACH,
                                 EPERM,        ECONNRESET, ETIMEDOUT };

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (codes[i] == -error)
            return true;
    return false;
}

static void on_accept(struct gale__io *io, int fd)
{
    struct gale__listener *l = GALE_CONTAINER_OF(io, struct gale__listener, io);

    if (GALE_LIKELY(fd >= 0)) {
        l->on_accept(l->arg, fd);
    } else if (!concerns_one_connection(fd)) {
        warn(l, fd);
        rest(l);
    }
}

static void on_closed(struct gale__io *io)
{
    gale__chunk_pool_leave();
    gale__free(GALE_CONTAINER_OF(io, struct gale__listener, io));
}

static const struct gale__io_ops listener_ops = {
    .on_accept = on_accept,
    .on_closed = on_closed,
};

static void prepare_socket(struct gale__listener *l, int fd)
{
    const int on = 1;
    int family = gale__address_family(&l->address);

    if (family == AF_INET || family == AF_INET6)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* accepted ones inherit it */
}

struct gale__listener *gale__listener_new(gale_ioloop *loop, int fd,
                                          void (*accepted)(void *arg, int fd), void *arg,
                                          int *error)
{
    struct gale__listener *l = gale__calloc(1, sizeof(*l));

    if (!l) {
        *error = -ENOMEM;
        return NULL;
    }
    l->on_accept = accepted;
    l->arg = arg;
    *error = gale__address_local(&l->address, fd);
    if (*error >= 0 || *error == -EBADF) /* a simulated one has no name */
        *error = gale__io_open(&l->io, loop, fd, &listener_ops);
    if (*error < 0) {
        gale__free(l);
        return NULL;
    }
    prepare_socket(l, fd);
    gale__chunk_pool_enter();
    *error = update(l);
    if (*error < 0) {
        l->io.keep_fd = true;
        gale__io_close(&l->io);
        return NULL;
    }
    return l;
}

void gale__listener_pause(struct gale__listener *l)
{
    l->paused = true;
    update(l);
}

void gale__listener_resume(struct gale__listener *l)
{
    l->paused = false;
    go_on(l);
}

bool gale__listener_is_finished(struct gale__listener *l)
{
    gale__listener_pause(l);
    return l->io.in_flight == 0;
}

void gale__listener_take_queued(struct gale__listener *l)
{
    for (int i = 0; i < MOST_QUEUED && l->address.len; i++) { /* a simulated one has no address */
        int fd = accept4(l->io.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0)
            l->on_accept(l->arg, fd);
        else if (!concerns_one_connection(-errno) || errno == EAGAIN)
            return;
    }
}

void gale__listener_free(struct gale__listener *l)
{
    if (!l)
        return;
    gale_ioloop_remove_timeout(l->io.loop, l->rest);
    l->accepting = false;
    gale__io_close(&l->io);
}

void gale__listener_address(const struct gale__listener *l, char *out, size_t size)
{
    gale_address_format(&l->address, out, size);
}

int gale__listener_port(const struct gale__listener *l)
{
    return gale__address_port(&l->address);
}

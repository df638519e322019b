/* epoll.c - the backend that is always there: readiness, one shared receive buffer.
 *
 * A stream is registered once, edge-triggered for everything, and never touched again
 * until it closes; what the edges said is kept in the io's flags. Listeners and plain
 * polling are level-triggered. A receive that did not fill the buffer has emptied the
 * socket, so no second call is made, unless the peer has hung up: then we go on to the
 * end of stream. An io that has more to read than its share of a turn, or that is told
 * to read while data waits, goes through the loop's queue.
 */
/* SPDX-License-Identifier: MIT */
#include "ioloop/ioloop_priv.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "ioloop/fdio.h"

enum {
    BATCH = 256,          /* events of one epoll_wait */
    BUFFER = 64 * 1024,   /* one receive */
    RECV_ROUNDS = 8,      /* full buffers of one io in one turn */
    ACCEPT_ROUNDS = 128,  /* connections of one listener in one turn */
    SHORTEST_WAIT = 1000, /* ns: waiting less is not worth the timer */
};

/* Flags of an io. */
enum {
    REGISTERED = 0x0001,
    WANT_RECV = 0x0002,
    READABLE = 0x0004,   /* an edge said so and no receive has denied it since */
    HUNG_UP = 0x0008,    /* the peer ended its side, or an error is stored */
    WANT_SEND = 0x0010,  /* on_send(0) is owed */
    CONNECTING = 0x0020, /* on_send with the result is owed */
    CONNECTED = 0x0040,  /* the same, and the result is success */
    NOT_SOCKET = 0x0080,
    NO_EDGES = 0x0100, /* a plain file: always ready, unknown to epoll */
    LISTENING = 0x0200,
    POLLING = 0x0400,
};

struct epoll_state {
    int epoll_fd;
    bool no_pwait2; /* the kernel has no epoll_pwait2 */
    struct epoll_event events[BATCH];
    char buffer[BUFFER];
};

static struct epoll_state *state_of(const gale_ioloop *loop)
{
    return loop->backend_state;
}

static int control(struct gale__io *io, int op, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.ptr = io };

    return epoll_ctl(state_of(io->loop)->epoll_fd, op, io->fd, &event) < 0 ? -errno : 0;
}

static int register_stream(struct gale__io *io)
{
    int r;

    if (io->flags & (REGISTERED | NO_EDGES))
        return 0;
    r = control(io, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
    if (r == -EPERM) {
        io->flags |= NO_EDGES | READABLE;
        return 0;
    }
    if (r == 0)
        io->flags |= REGISTERED;
    return r;
}

static void unregister(struct gale__io *io)
{
    if (io->flags & REGISTERED)
        control(io, EPOLL_CTL_DEL, 0);
    io->flags &= (uint16_t)~REGISTERED;
}

/* --- receiving --- */

static ssize_t receive(struct gale__io *io, char *buffer)
{
    ssize_t n;

    if (!(io->flags & NOT_SOCKET)) {
        n = gale__fd_recv(io->fd, buffer, BUFFER);
        if (GALE_LIKELY(n != -ENOTSOCK))
            return n;
        io->flags |= NOT_SOCKET;
    }
    return gale__fd_read(io->fd, buffer, BUFFER);
}

/* A short receive means that nothing is left. Not so for a terminal, which gives a line
 * at a time, nor when the end of stream is still to be read. */
static bool drained(const struct gale__io *io, ssize_t n)
{
    return n < BUFFER && !(io->flags & (HUNG_UP | NOT_SOCKET));
}

/* False: no more receiving in this turn. */
static bool receive_once(struct gale__io *io)
{
    char *buffer = state_of(io->loop)->buffer;
    ssize_t n = receive(io, buffer);

    if (n == -EAGAIN) {
        io->flags &= (uint16_t)~READABLE;
        return false;
    }
    if (n <= 0)
        io->flags &= (uint16_t) ~(READABLE | WANT_RECV);
    else if (drained(io, n))
        io->flags &= (uint16_t)~READABLE;
    io->ops->on_recv(io, buffer, n);
    return !io->closing && (io->flags & WANT_RECV) && (io->flags & READABLE);
}

static void receive_all(struct gale__io *io)
{
    for (int i = 0; i < RECV_ROUNDS; i++)
        if (!receive_once(io))
            return;
    gale__ioloop_queue(io);
}

static int epoll_recv_start(struct gale__io *io)
{
    int r = register_stream(io);

    if (r < 0)
        return r;
    io->flags |= WANT_RECV;
    if (io->flags & READABLE)
        gale__ioloop_queue(io);
    return 0;
}

static void epoll_recv_stop(struct gale__io *io)
{
    io->flags &= (uint16_t)~WANT_RECV;
}

/* --- sending --- */

static ssize_t transmit(struct gale__io *io, const struct iovec *iov, int n)
{
    ssize_t sent;

    if (!(io->flags & NOT_SOCKET)) {
        sent = gale__fd_sendv(io->fd, iov, n);
        if (GALE_LIKELY(sent != -ENOTSOCK))
            return sent;
        io->flags |= NOT_SOCKET;
    }
    return gale__fd_writev(io->fd, iov, n);
}

static ssize_t epoll_sendv(struct gale__io *io, const struct iovec *iov, int n)
{
    ssize_t sent = transmit(io, iov, n);
    bool all = sent >= 0 && (size_t)sent == (n == 1 ? iov->iov_len : gale__iov_size(iov, n));

    io->flags &= (uint16_t)~WANT_SEND;
    if (GALE_LIKELY(all))
        return sent;
    if (sent < 0 && sent != -EAGAIN)
        return sent;
    int r = register_stream(io);

    if (r < 0)
        return r;
    io->flags |= WANT_SEND;
    if (io->flags & NO_EDGES)
        gale__ioloop_queue(io);
    return sent < 0 ? 0 : sent;
}

static int epoll_wait_writable(struct gale__io *io)
{
    int r = register_stream(io);

    if (r >= 0)
        io->flags |= WANT_SEND;
    return r;
}

/* A failure shows in receiving. */
static void epoll_shutdown(struct gale__io *io)
{
    shutdown(io->fd, SHUT_WR);
}

static void tell_sender(struct gale__io *io, int result)
{
    io->flags &= (uint16_t) ~(WANT_SEND | CONNECTING | CONNECTED);
    io->ops->on_send(io, result);
}

/* Registers after connect(2): a socket that has not begun to connect counts as hung up. */
static int epoll_connect(struct gale__io *io, const struct sockaddr *addr, socklen_t len)
{
    int r;

    do
        r = connect(io->fd, addr, len) < 0 ? -errno : 0;
    while (r == -EINTR);
    if (r < 0 && r != -EINPROGRESS)
        return r;
    int registered = register_stream(io);

    if (registered < 0)
        return registered;
    io->flags |= CONNECTING;
    if (r == 0) {
        io->flags |= CONNECTED;
        gale__ioloop_queue(io);
    }
    return 0;
}

/* --- listening and polling --- */

/* Exclusive: of the processes that share a listener one wakes, not all. */
static int epoll_accept_start(struct gale__io *io)
{
    int r;

    if (io->flags & LISTENING)
        return 0;
    r = control(io, EPOLL_CTL_ADD, EPOLLIN | EPOLLEXCLUSIVE);
    if (r == 0)
        io->flags |= LISTENING | REGISTERED;
    return r;
}

static void epoll_accept_stop(struct gale__io *io)
{
    io->flags &= (uint16_t)~LISTENING;
    unregister(io);
}

static bool accept_once(struct gale__io *io)
{
    int fd = accept4(io->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd >= 0) {
        io->ops->on_accept(io, fd);
        return true;
    }
    if (errno == EINTR || errno == ECONNABORTED)
        return true;
    if (errno != EAGAIN)
        io->ops->on_accept(io, -errno);
    return false;
}

static void accept_all(struct gale__io *io)
{
    for (int i = 0; i < ACCEPT_ROUNDS; i++)
        if (!accept_once(io) || io->closing || !(io->flags & LISTENING))
            return;
}

static int epoll_poll_set(struct gale__io *io, int events)
{
    uint32_t wanted = (events & GALE_READ ? EPOLLIN : 0) | (events & GALE_WRITE ? EPOLLOUT : 0);
    int op = io->flags & REGISTERED ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    int r;

    if (events == 0) {
        io->flags &= (uint16_t)~POLLING;
        unregister(io);
        return 0;
    }
    r = control(io, op, wanted);
    if (r == 0)
        io->flags |= POLLING | REGISTERED;
    return r;
}

/* --- the turn --- */

static void stream_event(struct gale__io *io, uint32_t events)
{
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        io->flags |= READABLE;
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        io->flags |= HUNG_UP;
    if (GALE_UNLIKELY(io->flags & CONNECTING) && (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)))
        tell_sender(io, gale__fd_error(io->fd));
    /* Receiving comes first: what a peer sent before it left is not lost to a failing send. */
    if (!io->closing && (io->flags & WANT_RECV) && (io->flags & READABLE))
        receive_all(io);
    if (!io->closing && (io->flags & WANT_SEND) && (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)))
        tell_sender(io, 0);
}

static void polled_event(struct gale__io *io, uint32_t events)
{
    int ready = 0;

    if (events & EPOLLIN)
        ready |= GALE_READ;
    if (events & EPOLLOUT)
        ready |= GALE_WRITE;
    if (events & (EPOLLERR | EPOLLHUP))
        ready |= GALE_ERROR;
    io->ops->on_ready(io, ready);
}

static void dispatch(struct gale__io *io, uint32_t events)
{
    /* Closed, or no longer registered, by an earlier event of the same batch. */
    if (io->closing || !(io->flags & REGISTERED))
        return;
    if (GALE_UNLIKELY(io->flags & LISTENING))
        accept_all(io);
    else if (GALE_UNLIKELY(io->flags & POLLING))
        polled_event(io, events);
    else
        stream_event(io, events);
}

static int wait_events(struct epoll_state *s, int64_t timeout)
{
    struct timespec ts = { .tv_sec = timeout / 1000000000, .tv_nsec = timeout % 1000000000 };

    if (timeout < SHORTEST_WAIT)
        return epoll_wait(s->epoll_fd, s->events, BATCH, timeout < 0 ? -1 : 0);
    if (!s->no_pwait2) {
        int n = epoll_pwait2(s->epoll_fd, s->events, BATCH, &ts, NULL);

        if (n >= 0 || (errno != ENOSYS && errno != EPERM))
            return n;
        s->no_pwait2 = true;
    }
    int64_t ms = timeout / 1000000 + (timeout % 1000000 != 0);

    return epoll_wait(s->epoll_fd, s->events, BATCH, ms > INT32_MAX ? INT32_MAX : (int)ms);
}

static int epoll_poll(gale_ioloop *loop, int64_t timeout)
{
    struct epoll_state *s = state_of(loop);
    int n = wait_events(s, timeout);
    int error = n < 0 ? errno : 0;

    gale__callbacks_awake(&loop->callbacks);
    gale__ioloop_tick(loop);
    if (n < 0)
        return error == EINTR ? 0 : -error;
    for (int i = 0; i < n; i++)
        if (s->events[i].data.ptr) /* NULL: the wake descriptor, never read */
            dispatch(s->events[i].data.ptr, s->events[i].events);
    return 0;
}

static void epoll_resume(struct gale__io *io)
{
    if (io->closing)
        return;
    if (io->flags & CONNECTED)
        tell_sender(io, 0);
    else if ((io->flags & WANT_SEND) && (io->flags & NO_EDGES))
        tell_sender(io, 0);
    if (!io->closing && (io->flags & WANT_RECV) && (io->flags & READABLE))
        receive_all(io);
}

/* --- life --- */

static int epoll_open(struct gale__io *io)
{
    (void)io;
    return 0;
}

/* Taken out by name: a copy of the descriptor in a forked child would keep it in. */
static void epoll_close(struct gale__io *io)
{
    unregister(io);
    if (!io->keep_fd)
        close(io->fd);
    io->fd = -1;
    gale__ioloop_queue(io);
}

static int epoll_init(gale_ioloop *loop)
{
    struct epoll_state *s = gale__malloc(sizeof(*s));
    struct epoll_event event = { .events = EPOLLIN | EPOLLET };

    if (!s)
        return -ENOMEM;
    loop->backend_state = s;
    loop->sends_at_once = true;
    s->no_pwait2 = false;
    s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (s->epoll_fd < 0)
        return -errno;
    if (epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, loop->callbacks.wake_fd, &event) < 0)
        return -errno;
    return 0;
}

static void epoll_deinit(gale_ioloop *loop)
{
    struct epoll_state *s = state_of(loop);

    if (s && s->epoll_fd >= 0)
        close(s->epoll_fd);
    gale__free(s);
    loop->backend_state = NULL;
}

static void epoll_flush(gale_ioloop *loop)
{
    (void)loop;
}

static bool epoll_pending(const gale_ioloop *loop)
{
    (void)loop;
    return false;
}

static int epoll_fd(const gale_ioloop *loop)
{
    return state_of(loop)->epoll_fd;
}

const struct gale__backend gale__backend_epoll = {
    .name = "epoll",
    .init = epoll_init,
    .deinit = epoll_deinit,
    .poll = epoll_poll,
    .flush = epoll_flush,
    .pending = epoll_pending,
    .fd = epoll_fd,
    .open = epoll_open,
    .recv_start = epoll_recv_start,
    .recv_stop = epoll_recv_stop,
    .sendv = epoll_sendv,
    .wait_writable = epoll_wait_writable,
    .shutdown = epoll_shutdown,
    .accept_start = epoll_accept_start,
    .accept_stop = epoll_accept_stop,
    .connect = epoll_connect,
    .poll_set = epoll_poll_set,
    .close = epoll_close,
    .resume = epoll_resume,
};

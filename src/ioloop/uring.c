/* uring.c - the io_uring backend: completions, multishot accept and receive.
 *
 * Everything asked for in a turn goes to the kernel with the one call that also waits.
 * Received bytes come in buffers the kernel picks from a ring of ours, given back as
 * soon as on_recv returns. user_data is the io's address with the operation in the low
 * bits. An io that closes has its operations cancelled; with the last completion its
 * descriptor is closed. What is not a socket (pipes, terminals) is polled and read,
 * since the kernel does not wait for it when it is non-blocking.
 *
 * The ring is not bound to one thread (no SINGLE_ISSUER, and so no DEFER_TASKRUN): a
 * loop may be made on one thread, run on another and freed on the first, and a foreign
 * loop may poll the ring's descriptor.
 */
/* SPDX-License-Identifier: MIT */
#include "ioloop/ioloop_priv.h"

#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ioloop/fdio.h"
#include "ioloop/uring_buffers.h"

enum {
    SQ_ENTRIES = 512,
    CQ_ENTRIES = 4096,
    PLAIN = 8192,
    BUFFER_GROUP = 0,
    SHORTEST_WAIT = 1000, /* ns */
};

/* Operations; the low bits of user_data. */
enum { OP_WAKE, OP_RECV, OP_SEND, OP_ACCEPT, OP_CONNECT, OP_POLL, OP_CANCEL };
enum { OP_BITS = 3, OP_MASK = 7 };

/* Flags of an io: ARMED_x is 1 << OP_x, the kernel holds that operation. */
enum {
    ARMED_RECV = 1 << OP_RECV,
    ARMED_SEND = 1 << OP_SEND,
    ARMED_ACCEPT = 1 << OP_ACCEPT,
    ARMED_CONNECT = 1 << OP_CONNECT,
    ARMED_POLL = 1 << OP_POLL,
    ARMED_ALL = ARMED_RECV | ARMED_SEND | ARMED_ACCEPT | ARMED_CONNECT | ARMED_POLL,
    WANT_CONNECT = 0x0040, /* connecting, and the queue was too full to wait for it */
    WANT_RECV = 0x0080,
    WANT_ACCEPT = 0x0100,
    WANT_SEND = 0x0200, /* on_send(0) is owed (not a socket) */
    NOT_SOCKET = 0x0400,
    CANCELLED = 0x0800,     /* closing, and the kernel was told */
    WAIT_WRITABLE = 0x1000, /* the send in the kernel is a poll */
    STOPPING_RECV = 0x2000, /* a cancel of the receive is under way */
    SEND_AGAIN = 0x4000,    /* the queue was too full for a send: on_send(0) is owed */
};

struct uring_state {
    struct io_uring ring;
    struct gale__uring_buffers buffers;
    bool ran_out; /* of buffers, since the last turn */
    bool ring_made;
    bool wake_armed;
    pid_t wake_thread; /* that armed it */
    uint32_t n_wakes;  /* times it was armed */
};

static struct uring_state *state_of(const gale_ioloop *loop)
{
    return loop->backend_state;
}

/* --- submissions --- */

/* An entry to fill; a full queue is submitted first. NULL: the kernel takes none now. */
static struct io_uring_sqe *get_sqe(struct uring_state *s)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&s->ring);

    if (GALE_LIKELY(sqe != NULL))
        return sqe;
    io_uring_submit(&s->ring);
    return io_uring_get_sqe(&s->ring);
}

static struct io_uring_sqe *io_sqe(struct gale__io *io)
{
    return get_sqe(state_of(io->loop));
}

static void armed(struct gale__io *io, struct io_uring_sqe *sqe, unsigned op)
{
    io_uring_sqe_set_data64(sqe, (uint64_t)(uintptr_t)io | op);
    io->flags |= (uint16_t)(1u << op);
    io->in_flight++;
}

static int arm_recv(struct gale__io *io)
{
    struct io_uring_sqe *sqe;

    if (io->flags & ARMED_RECV)
        return 0;
    sqe = io_sqe(io);
    if (!sqe)
        return -EAGAIN;
    if (io->flags & NOT_SOCKET) {
        io_uring_prep_poll_add(sqe, io->fd, POLLIN);
    } else {
        if (io->recv_singly)
            io_uring_prep_recv(sqe, io->fd, NULL, 0, 0);
        else
            io_uring_prep_recv_multishot(sqe, io->fd, NULL, 0, 0);
        sqe->flags |= IOSQE_BUFFER_SELECT;
        sqe->buf_group = BUFFER_GROUP;
    }
    armed(io, sqe, OP_RECV);
    return 0;
}

static int arm_accept(struct gale__io *io)
{
    struct io_uring_sqe *sqe;

    if (io->flags & ARMED_ACCEPT)
        return 0;
    sqe = io_sqe(io);
    if (!sqe)
        return -EAGAIN;
    io_uring_prep_multishot_accept(sqe, io->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    armed(io, sqe, OP_ACCEPT);
    return 0;
}

/* Waits once for poll events, for the sake of op. */
static int arm_poll(struct gale__io *io, unsigned op, unsigned events)
{
    struct io_uring_sqe *sqe = io_sqe(io);

    if (!sqe)
        return -EAGAIN;
    io_uring_prep_poll_add(sqe, io->fd, events);
    armed(io, sqe, op);
    return 0;
}

static bool cancel(struct gale__io *io, unsigned op)
{
    struct io_uring_sqe *sqe = io_sqe(io);

    if (!sqe)
        return false;
    io_uring_prep_cancel64(sqe, (uint64_t)(uintptr_t)io | op, 0);
    io_uring_sqe_set_data64(sqe, OP_CANCEL);
    return true;
}

/* Arming that a full queue did not allow is tried again at the next turn. */
static void rearm(struct gale__io *io, int r)
{
    if (r < 0)
        gale__ioloop_queue(io);
}

/* --- the owner's calls --- */

static int uring_open(struct gale__io *io)
{
    (void)io;
    return 0;
}

static int uring_recv_start(struct gale__io *io)
{
    io->flags |= WANT_RECV;
    /* While it is being cancelled, its last completion arms it anew. */
    rearm(io, arm_recv(io));
    return 0;
}

static void uring_recv_stop(struct gale__io *io)
{
    io->flags &= (uint16_t)~WANT_RECV;
    if (!(io->flags & ARMED_RECV) || (io->flags & STOPPING_RECV))
        return;
    if (cancel(io, OP_RECV))
        io->flags |= STOPPING_RECV;
    else
        gale__ioloop_queue(io);
}

/* The submission queue is full: the owner is asked to send again at the next turn. */
static void send_again(struct gale__io *io)
{
    io->flags |= SEND_AGAIN;
    gale__ioloop_queue(io);
}

static int uring_wait_writable(struct gale__io *io)
{
    if ((io->flags & ARMED_SEND) || arm_poll(io, OP_SEND, POLLOUT) >= 0)
        io->flags |= WANT_SEND | WAIT_WRITABLE;
    else
        send_again(io);
    return 0;
}

/* A pipe or the like: written at once. */
static ssize_t write_plain(struct gale__io *io, const struct iovec *iov, int n)
{
    ssize_t sent = gale__fd_writev(io->fd, iov, n);

    if (sent >= 0 && (size_t)sent == gale__iov_size(iov, n))
        return sent;
    if (sent < 0 && sent != -EAGAIN)
        return sent;
    uring_wait_writable(io);
    return sent < 0 ? 0 : sent;
}

static ssize_t uring_sendv(struct gale__io *io, const struct iovec *iov, int n)
{
    struct io_uring_sqe *sqe;

    if (io->flags & NOT_SOCKET)
        return write_plain(io, iov, n);
    if (io->flags & ARMED_SEND)
        return -EBUSY;
    while (n > 0 && iov->iov_len == 0)
        iov++, n--;
    if (n == 0)
        return 0;
    sqe = io_sqe(io);
    if (!sqe) {
        send_again(io);
        return 0;
    }
    io->flags &= (uint16_t)~SEND_AGAIN;
    io_uring_prep_send(sqe, io->fd, iov->iov_base, iov->iov_len, MSG_NOSIGNAL);
    armed(io, sqe, OP_SEND);
    return 0;
}

static ssize_t uring_send_now(struct gale__io *io, const struct iovec *iov, int n)
{
    ssize_t sent;

    if (io->flags & (NOT_SOCKET | ARMED_SEND | SEND_AGAIN))
        return 0;
    sent = gale__fd_sendv(io->fd, iov, n);
    return sent == -EAGAIN || sent == -ENOTSOCK ? 0 : sent;
}

/* A failure shows in receiving. */
static void uring_shutdown(struct gale__io *io)
{
    shutdown(io->fd, SHUT_WR);
}

static int uring_accept_start(struct gale__io *io)
{
    io->flags |= WANT_ACCEPT;
    rearm(io, arm_accept(io));
    return 0;
}

static void uring_accept_stop(struct gale__io *io)
{
    io->flags &= (uint16_t)~WANT_ACCEPT;
    if ((io->flags & ARMED_ACCEPT) && !cancel(io, OP_ACCEPT))
        gale__ioloop_queue(io);
}

static void arm_connect(struct gale__io *io)
{
    io->flags &= (uint16_t)~WANT_CONNECT;
    if (arm_poll(io, OP_CONNECT, POLLOUT) < 0) {
        io->flags |= WANT_CONNECT;
        gale__ioloop_queue(io);
    }
}

static int uring_connect(struct gale__io *io, const struct sockaddr *addr, socklen_t len)
{
    int r;

    do
        r = connect(io->fd, addr, len) < 0 ? -errno : 0;
    while (r == -EINTR);
    if (r < 0 && r != -EINPROGRESS)
        return r;
    arm_connect(io);
    return 0;
}

static unsigned poll_mask(int events)
{
    return (events & GALE_READ ? POLLIN : 0u) | (events & GALE_WRITE ? POLLOUT : 0u);
}

/* What epoll would say of the descriptor: the ring tells only later, or never. */
static int pollable(int fd)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return -errno;
    return S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) ? -EPERM : 0;
}

/* The one-shot poll is armed again after each on_ready: that makes it level-triggered.
 * A change cancels it, and its last completion arms it with what is wanted then. */
static int uring_poll_set(struct gale__io *io, int events)
{
    bool changed = io->backend_word != (uint32_t)events;
    int r = events && !io->backend_word ? pollable(io->fd) : 0;

    if (r < 0)
        return r;
    io->backend_word = (uint32_t)events;
    if (io->flags & ARMED_POLL) {
        if (changed && !cancel(io, OP_POLL))
            gale__ioloop_queue(io);
        return 0;
    }
    if (events)
        rearm(io, arm_poll(io, OP_POLL, poll_mask(events)));
    return 0;
}

/* Called when nothing is in flight. */
static void shut(struct gale__io *io)
{
    if (!io->keep_fd)
        close(io->fd);
    io->fd = -1;
    gale__ioloop_queue(io);
}

static bool cancel_all(struct gale__io *io)
{
    for (unsigned op = OP_RECV; op <= OP_POLL; op++)
        if ((io->flags & (1u << op)) && !cancel(io, op))
            return false;
    io->flags |= CANCELLED;
    return true;
}

static void uring_close(struct gale__io *io)
{
    if (io->in_flight == 0)
        shut(io);
    else if (!cancel_all(io))
        gale__ioloop_queue(io);
}

/* What a full queue did not allow before. */
static void uring_resume(struct gale__io *io)
{
    if (io->closing) {
        if (io->in_flight && !(io->flags & CANCELLED) && !cancel_all(io))
            gale__ioloop_queue(io);
        return;
    }
    if (io->flags & WANT_RECV)
        rearm(io, arm_recv(io));
    else
        uring_recv_stop(io);
    if (io->flags & WANT_ACCEPT)
        rearm(io, arm_accept(io));
    else if (io->flags & ARMED_ACCEPT)
        uring_accept_stop(io);
    if (io->backend_word && !(io->flags & ARMED_POLL))
        rearm(io, arm_poll(io, OP_POLL, poll_mask((int)io->backend_word)));
    if (io->flags & WANT_CONNECT)
        arm_connect(io);
    if (io->flags & SEND_AGAIN) {
        io->flags &= (uint16_t)~SEND_AGAIN;
        io->ops->on_send(io, 0);
    }
}

/* --- completions --- */

/* Polled: something can be read from what is not a socket. Takes a buffer of its own
 * from the stack of the loop, since those of the ring belong to the kernel. */
static void read_plain(struct gale__io *io)
{
    char buffer[PLAIN];
    ssize_t n = gale__fd_read(io->fd, buffer, sizeof(buffer));

    if (n == -EAGAIN)
        return;
    if (n <= 0)
        io->flags &= (uint16_t)~WANT_RECV;
    io->ops->on_recv(io, buffer, n);
}

static void recv_failed(struct gale__io *io, int error)
{
    if (error == -ENOTSOCK) {
        io->flags |= NOT_SOCKET;
        return;
    }
    if (error == -ENOBUFS)
        state_of(io->loop)->ran_out = true;
    /* Cancelled by recv_stop, or out of buffers for a moment: nothing is lost. */
    if (error == -ECANCELED || error == -ENOBUFS || error == -EINTR || error == -EAGAIN)
        return;
    io->flags &= (uint16_t)~WANT_RECV;
    io->ops->on_recv(io, NULL, error);
}

static void recv_done(struct gale__io *io, int res, unsigned flags)
{
    struct uring_state *s = state_of(io->loop);
    bool has_buffer = flags & IORING_CQE_F_BUFFER;
    unsigned id = flags >> IORING_CQE_BUFFER_SHIFT;

    char *data = has_buffer ? gale__uring_buffer_take(&s->buffers, id) : NULL;

    if (io->closing && (!io->keep_fd || res <= 0 || (io->flags & NOT_SOCKET))) {
        ;
    } else if ((io->flags & NOT_SOCKET) && res >= 0) {
        if (io->flags & WANT_RECV)
            read_plain(io);
    } else if (res > 0) {
        io->ops->on_recv(io, data, res);
    } else if (res == 0 && !(io->flags & WANT_RECV)) {
        ; /* stopped meanwhile: the next receive finds the end again */
    } else if (res == 0) {
        io->flags &= (uint16_t)~WANT_RECV;
        io->ops->on_recv(io, NULL, 0);
    } else {
        recv_failed(io, res);
    }
    if (has_buffer)
        gale__uring_buffer_give(&s->buffers, id);
    if (!io->closing && (io->flags & WANT_RECV))
        rearm(io, arm_recv(io));
}

static void send_done(struct gale__io *io, int res)
{
    if (io->closing)
        return;
    if (io->flags & WAIT_WRITABLE) {
        io->flags &= (uint16_t) ~(WANT_SEND | WAIT_WRITABLE);
        io->ops->on_send(io, 0);
        return;
    }
    if (res == -ENOTSOCK) {
        io->flags |= NOT_SOCKET;
        res = 0; /* try again, as a pipe */
    }
    /* Nobody but the end of the thread that asked for it cancels a send. */
    if (res == -EINTR || res == -EAGAIN || res == -ECANCELED)
        res = 0;
    io->ops->on_send(io, res);
}

static void accept_done(struct gale__io *io, int res)
{
    if (io->closing) {
        if (res >= 0)
            close(res);
        return;
    }
    if (res >= 0 || (res != -ECANCELED && res != -EINTR && res != -ECONNABORTED && res != -EAGAIN))
        io->ops->on_accept(io, res);
    if (!io->closing && (io->flags & WANT_ACCEPT))
        rearm(io, arm_accept(io));
}

static void connect_done(struct gale__io *io, int res)
{
    if (io->closing)
        return;
    if (res == -ECANCELED) /* the thread that asked for it has ended */
        arm_connect(io);
    else
        io->ops->on_send(io, res < 0 ? res : gale__fd_error(io->fd));
}

static void poll_done(struct gale__io *io, int res)
{
    int ready = 0;

    if (io->closing || io->backend_word == 0)
        return;
    if (res > 0) {
        if (res & POLLIN)
            ready |= GALE_READ;
        if (res & POLLOUT)
            ready |= GALE_WRITE;
        ready &= (int)io->backend_word;
        if (res & (POLLERR | POLLHUP | POLLNVAL))
            ready |= GALE_ERROR;
    } else if (res < 0 && res != -ECANCELED) {
        ready = GALE_ERROR;
        if (res == -EBADF) /* closed with its handler: told once, and never again */
            io->backend_word = 0;
    }
    if (ready)
        io->ops->on_ready(io, ready);
    if (!io->closing && io->backend_word && !(io->flags & ARMED_POLL))
        rearm(io, arm_poll(io, OP_POLL, poll_mask((int)io->backend_word)));
}

static void io_done(struct gale__io *io, unsigned op, int res, unsigned flags)
{
    if (!(flags & IORING_CQE_F_MORE)) {
        io->in_flight--;
        io->flags &= (uint16_t) ~(1u << op);
        if (op == OP_RECV)
            io->flags &= (uint16_t)~STOPPING_RECV;
    }
    switch (op) {
    case OP_RECV:
        recv_done(io, res, flags);
        break;
    case OP_SEND:
        send_done(io, res);
        break;
    case OP_ACCEPT:
        accept_done(io, res);
        break;
    case OP_CONNECT:
        connect_done(io, res);
        break;
    default:
        poll_done(io, res);
        break;
    }
    if (io->closing && io->in_flight == 0 && io->fd >= 0)
        shut(io);
}

static pid_t this_thread(void)
{
    static _Thread_local pid_t id;

    if (GALE_UNLIKELY(id == 0))
        id = gettid();
    return id;
}

/* The kernel finishes an operation in the thread that asked for it: watched by a thread
 * that is busy elsewhere by now, the wake descriptor would wake nobody in time. */
static bool wake_is_armed(const struct uring_state *s)
{
    return s->wake_armed && s->wake_thread == this_thread();
}

static uint64_t wake_data(const struct uring_state *s)
{
    return (uint64_t)s->n_wakes << OP_BITS | OP_WAKE;
}

/* Its last completion, which may come late, is told by its number. */
static bool leave_wake(struct uring_state *s)
{
    struct io_uring_sqe *sqe = get_sqe(s);

    if (!sqe)
        return false;
    io_uring_prep_cancel64(sqe, wake_data(s), 0);
    io_uring_sqe_set_data64(sqe, OP_CANCEL);
    s->wake_armed = false;
    return true;
}

static void arm_wake(gale_ioloop *loop)
{
    struct uring_state *s = state_of(loop);
    struct io_uring_sqe *sqe;

    if (GALE_LIKELY(wake_is_armed(s)) || (s->wake_armed && !leave_wake(s)))
        return;
    sqe = get_sqe(s);
    if (!sqe)
        return;
    s->n_wakes++;
    s->wake_thread = this_thread();
    s->wake_armed = true;
    io_uring_prep_poll_multishot(sqe, loop->callbacks.wake_fd, POLLIN);
    io_uring_sqe_set_data64(sqe, wake_data(s));
}

static void wake_done(struct uring_state *s, uint64_t data, unsigned flags)
{
    if (data == wake_data(s))
        s->wake_armed = flags & IORING_CQE_F_MORE;
}

/* Those that are there now; more, put there by what these start, come at the next turn. */
static void reap(gale_ioloop *loop)
{
    struct uring_state *s = state_of(loop);
    struct io_uring_cqe *cqe;

    for (unsigned n = io_uring_cq_ready(&s->ring); n > 0; n--) {
        if (io_uring_peek_cqe(&s->ring, &cqe) < 0 || !cqe)
            return;
        uint64_t data = cqe->user_data;
        int res = cqe->res;
        unsigned flags = cqe->flags;
        unsigned op = data & OP_MASK;

        io_uring_cqe_seen(&s->ring, cqe);
        if (op == OP_WAKE)
            wake_done(s, data, flags);
        else if (op != OP_CANCEL)
            io_done((struct gale__io *)(uintptr_t)(data & ~(uint64_t)OP_MASK), op, res, flags);
    }
    if (s->ran_out)
        gale__uring_buffers_lend_more(&s->buffers);
    s->ran_out = false;
}

static bool uring_has_input(const struct gale__io *io)
{
    const struct io_uring *ring = &state_of(io->loop)->ring;
    struct io_uring_cqe *cqe;
    unsigned head;

    io_uring_for_each_cqe(ring, head, cqe)
    {
        if (cqe->user_data == ((uint64_t)(uintptr_t)io | OP_RECV))
            return true;
    }
    return false;
}

static int submit_and_wait(struct uring_state *s, int64_t timeout)
{
    struct __kernel_timespec ts = { .tv_sec = timeout / 1000000000,
                                    .tv_nsec = timeout % 1000000000 };
    struct io_uring_cqe *cqe;

    if (io_uring_cq_ready(&s->ring) || (timeout >= 0 && timeout < SHORTEST_WAIT))
        return io_uring_submit_and_get_events(&s->ring);
    if (timeout < 0)
        return io_uring_submit_and_wait(&s->ring, 1);
    return io_uring_submit_and_wait_timeout(&s->ring, &cqe, 1, &ts, NULL);
}

static int uring_poll(gale_ioloop *loop, int64_t timeout)
{
    struct uring_state *s = state_of(loop);

    arm_wake(loop);
    int r = submit_and_wait(s, timeout);

    gale__callbacks_awake(&loop->callbacks);
    gale__ioloop_tick(loop);
    reap(loop);
    /* Busy and again: the completion queue is full or memory is short; reaping helps. */
    if (r < 0 && r != -ETIME && r != -EINTR && r != -EBUSY && r != -EAGAIN && r != -ENOMEM)
        return r;
    return 0;
}

static void uring_flush(gale_ioloop *loop)
{
    arm_wake(loop);
    io_uring_submit(&state_of(loop)->ring);
}

static bool uring_pending(const gale_ioloop *loop)
{
    struct uring_state *s = state_of(loop);

    return !wake_is_armed(s) || io_uring_sq_ready(&s->ring) || io_uring_cq_ready(&s->ring);
}

static int uring_fd(const gale_ioloop *loop)
{
    return state_of(loop)->ring.ring_fd;
}

/* --- life --- */

/* Multishot receive came with Linux 6.0, as did zero-copy send, which can be asked for. */
static bool kernel_has_multishot(struct uring_state *s)
{
    struct io_uring_probe *probe = io_uring_get_probe_ring(&s->ring);
    bool has = probe && io_uring_opcode_supported(probe, IORING_OP_SEND_ZC);

    io_uring_free_probe(probe);
    return has;
}

static int make_ring(struct uring_state *s)
{
    static const unsigned flags[] = { IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG, 0 };
    int r = -EINVAL;

    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]) && r == -EINVAL; i++) {
        struct io_uring_params params = { .flags = IORING_SETUP_CQSIZE | flags[i],
                                          .cq_entries = CQ_ENTRIES };

        r = io_uring_queue_init_params(SQ_ENTRIES, &s->ring, &params);
    }
    if (r < 0)
        return r;
    s->ring_made = true;
    return kernel_has_multishot(s) ? 0 : -ENOSYS;
}

static int uring_init(gale_ioloop *loop)
{
    struct uring_state *s = gale__calloc(1, sizeof(*s));

    if (!s)
        return -ENOMEM;
    loop->backend_state = s;
    loop->sends_at_once = false;
    int r = make_ring(s);

    return r < 0 ? r : gale__uring_buffers_init(&s->buffers, &s->ring, BUFFER_GROUP);
}

static void uring_deinit(gale_ioloop *loop)
{
    struct uring_state *s = state_of(loop);

    if (!s)
        return;
    if (s->ring_made)
        io_uring_queue_exit(&s->ring);
    gale__uring_buffers_deinit(&s->buffers);
    gale__free(s);
    loop->backend_state = NULL;
}

const struct gale__backend gale__backend_uring = {
    .name = "io_uring",
    .init = uring_init,
    .deinit = uring_deinit,
    .poll = uring_poll,
    .flush = uring_flush,
    .pending = uring_pending,
    .fd = uring_fd,
    .open = uring_open,
    .recv_start = uring_recv_start,
    .recv_stop = uring_recv_stop,
    .sendv = uring_sendv,
    .send_now = uring_send_now,
    .wait_writable = uring_wait_writable,
    .shutdown = uring_shutdown,
    .accept_start = uring_accept_start,
    .accept_stop = uring_accept_stop,
    .connect = uring_connect,
    .poll_set = uring_poll_set,
    .close = uring_close,
    .resume = uring_resume,
    .has_input = uring_has_input,
};

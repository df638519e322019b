/* sim.c - the backend without a kernel. See sim.h. */
/* SPDX-License-Identifier: MIT */
#include "ioloop/sim.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "ioloop/fdio.h"
#include "ioloop/ioloop_priv.h"

enum {
    LARGEST_RECV = 64 * 1024,
    MAX_STEPS = 1000000, /* of gale__sim_run */
    N_CALLS = GALE__SIM_ACCEPT + 1,
};

/* Flags of an io. */
enum {
    WANT_RECV = 0x0001,
    WANT_SEND = 0x0002,  /* on_send(0) is owed */
    SENDING = 0x0004,    /* queued mode: a send is under way */
    CONNECTING = 0x0008, /* on_send with the result is owed */
    ACCEPTING = 0x0010,
};

struct bytes {
    char *data;
    size_t begin, end, cap;
};

/* Both ends of a connection, or a listener. */
struct gale__sim_peer {
    gale_ioloop *loop;
    struct gale__io *io; /* the near end's; NULL: not opened, or closed */
    int fd;
    bool listening, closed; /* closed: the near end */
    bool gone;              /* the far end was freed */
    bool shut;              /* the near end will send no more */
    bool ended, broken;

    struct bytes in, out;
    uint32_t *chunks;
    size_t n_chunks, next_chunk;
    int64_t window;       /* < 0: no limit */
    struct iovec sending; /* queued mode */
    int fail[N_CALLS];

    struct gale__list waiting; /* a listener: its backlog; a peer: its place in one */
};

struct sim_state {
    struct gale__sim_peer **peers; /* by descriptor */
    int n_peers;
    int first_free; /* no free place below */
};

static struct sim_state *state_of(const gale_ioloop *loop)
{
    return loop->backend_state;
}

/* --- bytes --- */

static bool append(struct bytes *b, const void *data, size_t len)
{
    if (b->begin == b->end)
        b->begin = b->end = 0;
    if (len > b->cap - b->end) {
        size_t cap = b->cap ? b->cap : 256;

        while (len > cap - b->end)
            cap *= 2;
        char *grown = gale__realloc(b->data, cap);

        if (!grown)
            return false;
        b->data = grown;
        b->cap = cap;
    }
    if (len)
        memcpy(b->data + b->end, data, len);
    b->end += len;
    return true;
}

static size_t length(const struct bytes *b)
{
    return b->end - b->begin;
}

/* --- peers --- */

static struct gale__sim_peer *find(const gale_ioloop *loop, int fd)
{
    struct sim_state *s = state_of(loop);
    int i = fd - GALE__SIM_FIRST_FD;

    return i >= 0 && i < s->n_peers ? s->peers[i] : NULL;
}

static struct gale__sim_peer *peer_of(const struct gale__io *io)
{
    return find(io->loop, io->fd);
}

static int reserve_fd(struct sim_state *s)
{
    int i = s->first_free;

    while (i < s->n_peers && s->peers[i])
        i++;
    if (i == s->n_peers) {
        int n = s->n_peers ? s->n_peers * 2 : 16;
        struct gale__sim_peer **grown = gale__realloc(s->peers, (size_t)n * sizeof(*grown));

        if (!grown)
            return -ENOMEM;
        memset(grown + s->n_peers, 0, (size_t)(n - s->n_peers) * sizeof(*grown));
        s->peers = grown;
        s->n_peers = n;
    }
    s->first_free = i + 1;
    return GALE__SIM_FIRST_FD + i;
}

static struct gale__sim_peer *new_peer(gale_ioloop *loop)
{
    struct gale__sim_peer *p = gale__calloc(1, sizeof(*p));

    if (!p)
        return NULL;
    p->fd = reserve_fd(state_of(loop));
    if (p->fd < 0) {
        gale__free(p);
        return NULL;
    }
    p->loop = loop;
    p->window = -1;
    state_of(loop)->peers[p->fd - GALE__SIM_FIRST_FD] = p;
    return p;
}

static void release_fd(struct gale__sim_peer *p);

/* What waits to be accepted is refused by the listener's end. */
static void refuse_waiting(struct gale__sim_peer *listener)
{
    struct gale__list *link;

    while ((link = gale__list_first(&listener->waiting))) {
        struct gale__sim_peer *p = GALE_CONTAINER_OF(link, struct gale__sim_peer, waiting);

        gale__list_remove(link);
        p->broken = true;
        release_fd(p);
    }
}

static void free_peer(struct gale__sim_peer *p)
{
    if (p->listening)
        refuse_waiting(p);
    else
        gale__list_remove(&p->waiting);
    gale__free(p->in.data);
    gale__free(p->out.data);
    gale__free(p->chunks);
    gale__free(p);
}

/* The descriptor's number is free again; the peer lives until the test lets go. */
static void release_fd(struct gale__sim_peer *p)
{
    struct sim_state *s = state_of(p->loop);
    int i = p->fd - GALE__SIM_FIRST_FD;

    s->peers[i] = NULL;
    if (i < s->first_free)
        s->first_free = i;
    p->closed = true;
    p->io = NULL;
    if (p->gone || p->listening)
        free_peer(p);
}

static void nudge(struct gale__sim_peer *p)
{
    if (p->io)
        gale__ioloop_queue(p->io);
}

static int take_failure(struct gale__sim_peer *p, enum gale__sim_call call)
{
    int error = p->fail[call];

    p->fail[call] = 0;
    return -error;
}

/* --- what tests call --- */

void gale__sim_queue_sends(gale_ioloop *loop, bool queued)
{
    loop->sends_at_once = !queued;
}

int gale__sim_listener(gale_ioloop *loop)
{
    struct gale__sim_peer *p = new_peer(loop);

    if (!p)
        return -ENOMEM;
    p->listening = true;
    gale__list_init(&p->waiting);
    return p->fd;
}

struct gale__sim_peer *gale__sim_connect(gale_ioloop *loop, int listener_fd)
{
    struct gale__sim_peer *listener = find(loop, listener_fd);
    struct gale__sim_peer *p = listener && listener->listening ? new_peer(loop) : NULL;

    if (!p)
        return NULL;
    gale__list_append(&listener->waiting, &p->waiting);
    nudge(listener);
    return p;
}

struct gale__sim_peer *gale__sim_socket(gale_ioloop *loop)
{
    return new_peer(loop);
}

int gale__sim_fd(const struct gale__sim_peer *peer)
{
    return peer->fd;
}

void gale__sim_peer_free(struct gale__sim_peer *peer)
{
    if (!peer)
        return;
    peer->gone = true;
    peer->ended = true;
    if (peer->closed)
        free_peer(peer);
    else
        nudge(peer);
}

int gale__sim_push(struct gale__sim_peer *peer, const void *data, size_t len)
{
    if (!append(&peer->in, data, len))
        return -ENOMEM;
    nudge(peer);
    return 0;
}

int gale__sim_chunks(struct gale__sim_peer *peer, const uint32_t *sizes, size_t n)
{
    uint32_t *chunks = gale__malloc(n * sizeof(*chunks));

    if (!chunks)
        return -ENOMEM;
    if (n)
        memcpy(chunks, sizes, n * sizeof(*chunks));
    gale__free(peer->chunks);
    peer->chunks = chunks;
    peer->n_chunks = n;
    peer->next_chunk = 0;
    return 0;
}

void gale__sim_end(struct gale__sim_peer *peer)
{
    peer->ended = true;
    nudge(peer);
}

void gale__sim_reset(struct gale__sim_peer *peer)
{
    peer->broken = true;
    peer->in.begin = peer->in.end = 0;
    nudge(peer);
}

void gale__sim_window(struct gale__sim_peer *peer, int64_t bytes)
{
    peer->window = bytes;
    nudge(peer);
}

void gale__sim_fail(struct gale__sim_peer *peer, enum gale__sim_call call, int error)
{
    peer->fail[call] = error;
    nudge(peer);
}

void gale__sim_fail_accept(gale_ioloop *loop, int listener_fd, int error)
{
    struct gale__sim_peer *listener = find(loop, listener_fd);

    if (listener)
        gale__sim_fail(listener, GALE__SIM_ACCEPT, error);
}

gale_str gale__sim_sent(const struct gale__sim_peer *peer)
{
    if (!peer->out.data)
        return (gale_str){ NULL, 0 };
    return (gale_str){ peer->out.data + peer->out.begin, length(&peer->out) };
}

void gale__sim_clear_sent(struct gale__sim_peer *peer)
{
    peer->out.begin = peer->out.end = 0;
}

bool gale__sim_is_shut(const struct gale__sim_peer *peer)
{
    return peer->shut;
}

bool gale__sim_is_closed(const struct gale__sim_peer *peer)
{
    return peer->closed;
}

static void wait_for_thread(gale_ioloop *loop, int milliseconds)
{
    struct pollfd pfd = { .fd = loop->callbacks.wake_fd, .events = POLLIN };
    uint64_t count;
    ssize_t n = poll(&pfd, 1, milliseconds);

    if (n > 0)
        n = read(loop->callbacks.wake_fd, &count, sizeof(count));
    (void)n; /* interrupted: then the loop looks at what there is, and comes back */
}

bool gale__sim_wait_thread(gale_ioloop *loop, int milliseconds)
{
    if (!loop->executor.n_jobs)
        return false;
    wait_for_thread(loop, milliseconds);
    return true;
}

int gale__sim_run(gale_ioloop *loop)
{
    for (int i = 0; i < MAX_STEPS; i++) {
        int r = gale_ioloop_step(loop);

        if (r < 0)
            return r;
        if (gale_ioloop_next_deadline(loop) == 0)
            continue;
        if (loop->executor.n_jobs == 0)
            return 0;
        wait_for_thread(loop, -1);
    }
    return gale_err(GALE_ETIMEDOUT, "the simulated loop does not come to rest");
}

int gale__sim_advance(gale_ioloop *loop, double seconds)
{
    int64_t target = loop->now_ns + (int64_t)(seconds * 1e9);
    int r = gale__sim_run(loop);

    while (r >= 0 && gale__timers_next(&loop->timers) <= target) {
        loop->now_ns = gale__timers_next(&loop->timers);
        r = gale__sim_run(loop);
    }
    if (loop->now_ns < target)
        loop->now_ns = target;
    return r;
}

/* --- the near end --- */

static int sim_open(struct gale__io *io)
{
    struct gale__sim_peer *p = peer_of(io);

    if (!p || p->io)
        return p ? -EEXIST : -EBADF;
    p->io = io;
    return 0;
}

static int sim_recv_start(struct gale__io *io)
{
    io->flags |= WANT_RECV;
    gale__ioloop_queue(io);
    return 0;
}

static void sim_recv_stop(struct gale__io *io)
{
    io->flags &= (uint16_t)~WANT_RECV;
}

static int broken(const struct gale__sim_peer *p)
{
    if (p->broken)
        return -ECONNRESET;
    return p->gone || p->shut ? -EPIPE : 0;
}

/* As much of one block as the peer takes now: a count or -ENOMEM. */
static ssize_t take(struct gale__sim_peer *p, const struct iovec *iov)
{
    size_t n = iov->iov_len;

    if (p->window >= 0 && n > (uint64_t)p->window)
        n = (size_t)p->window;
    if (!append(&p->out, iov->iov_base, n))
        return -ENOMEM;
    if (p->window >= 0)
        p->window -= (int64_t)n;
    return (ssize_t)n;
}

static ssize_t send_now(struct gale__io *io, struct gale__sim_peer *p, const struct iovec *iov,
                        int n)
{
    ssize_t sent = 0;

    io->flags &= (uint16_t)~WANT_SEND;
    for (int i = 0; i < n; i++) {
        ssize_t k = take(p, &iov[i]);

        if (k < 0)
            return sent ? sent : k;
        sent += k;
        if ((size_t)k < iov[i].iov_len) {
            io->flags |= WANT_SEND;
            break;
        }
    }
    return sent;
}

static ssize_t sim_sendv(struct gale__io *io, const struct iovec *iov, int n)
{
    struct gale__sim_peer *p = peer_of(io);

    if (io->flags & SENDING)
        return -EBUSY;
    if (io->loop->sends_at_once) {
        int r = take_failure(p, GALE__SIM_SEND);

        if (r == 0)
            r = broken(p);
        return r < 0 ? r : send_now(io, p, iov, n);
    }
    p->sending = iov[0];
    io->flags |= SENDING;
    io->in_flight = 1;
    gale__ioloop_queue(io);
    return 0;
}

static void sim_shutdown(struct gale__io *io)
{
    peer_of(io)->shut = true;
}

static int sim_accept_start(struct gale__io *io)
{
    io->flags |= ACCEPTING;
    gale__ioloop_queue(io);
    return 0;
}

static void sim_accept_stop(struct gale__io *io)
{
    io->flags &= (uint16_t)~ACCEPTING;
}

static int sim_connect(struct gale__io *io, const struct sockaddr *addr, socklen_t len)
{
    (void)addr;
    (void)len;
    io->flags |= CONNECTING;
    gale__ioloop_queue(io);
    return 0;
}

static int sim_poll_set(struct gale__io *io, int events)
{
    io->backend_word = (uint32_t)events;
    gale__ioloop_queue(io);
    return 0;
}

/* A queued send is let finish, so that memory freed too early is noticed. */
static void sim_close(struct gale__io *io)
{
    struct gale__sim_peer *p = peer_of(io);

    if (!(io->flags & SENDING)) {
        if (!io->keep_fd)
            release_fd(p);
        else
            p->io = NULL;
        io->fd = -1;
    }
    gale__ioloop_queue(io);
}

/* --- what happens --- */

static void deliver(struct gale__io *io, struct gale__sim_peer *p, size_t n)
{
    char *block = gale__malloc(n);

    if (!block) {
        io->flags &= (uint16_t)~WANT_RECV;
        io->ops->on_recv(io, NULL, -ENOMEM);
        return;
    }
    memcpy(block, p->in.data + p->in.begin, n);
    p->in.begin += n;
    /* More, or the end, at the next turn. */
    gale__ioloop_queue(io);
    io->ops->on_recv(io, block, (ssize_t)n);
    gale__free(block);
}

static size_t next_size(struct gale__sim_peer *p)
{
    size_t most = LARGEST_RECV;

    if (p->next_chunk < p->n_chunks)
        most = p->chunks[p->next_chunk++];
    if (most == 0)
        most = 1;
    return length(&p->in) < most ? length(&p->in) : most;
}

static void receive(struct gale__io *io, struct gale__sim_peer *p)
{
    int r = take_failure(p, GALE__SIM_RECV);

    if (r == 0 && p->broken)
        r = -ECONNRESET;
    if (r == 0 && length(&p->in)) {
        deliver(io, p, next_size(p));
        return;
    }
    if (r == 0 && !p->ended)
        return;
    io->flags &= (uint16_t)~WANT_RECV;
    io->ops->on_recv(io, NULL, r);
}

static void complete_send(struct gale__io *io, struct gale__sim_peer *p)
{
    int r = take_failure(p, GALE__SIM_SEND);

    if (r == 0)
        r = broken(p);
    if (r == 0 && p->window == 0 && !io->closing)
        return;
    ssize_t n = r < 0 ? r : take(p, &p->sending);

    io->flags &= (uint16_t)~SENDING;
    io->in_flight = 0;
    if (io->closing)
        sim_close(io);
    else
        io->ops->on_send(io, n);
}

static void tell_sender(struct gale__io *io, int result)
{
    io->flags &= (uint16_t) ~(WANT_SEND | CONNECTING);
    io->ops->on_send(io, result);
}

static void accept_all(struct gale__io *io, struct gale__sim_peer *listener)
{
    struct gale__list *link;
    int r = take_failure(listener, GALE__SIM_ACCEPT);

    if (r < 0) {
        gale__ioloop_queue(io);
        io->ops->on_accept(io, r);
        return;
    }
    while (!io->closing && (io->flags & ACCEPTING) &&
           (link = gale__list_first(&listener->waiting))) {
        gale__list_remove(link);
        io->ops->on_accept(io, GALE_CONTAINER_OF(link, struct gale__sim_peer, waiting)->fd);
    }
}

static void tell_ready(struct gale__io *io, struct gale__sim_peer *p)
{
    int ready = 0;

    if (length(&p->in) || p->ended)
        ready |= GALE_READ;
    if (p->window != 0)
        ready |= GALE_WRITE;
    ready &= (int)io->backend_word;
    if (p->broken)
        ready |= GALE_ERROR;
    if (!ready)
        return;
    gale__ioloop_queue(io);
    io->ops->on_ready(io, ready);
}

static void connection_turn(struct gale__io *io, struct gale__sim_peer *p)
{
    if (io->flags & CONNECTING)
        tell_sender(io, take_failure(p, GALE__SIM_CONNECT));
    if (!io->closing && (io->flags & WANT_RECV))
        receive(io, p);
    if (!io->closing && (io->flags & SENDING))
        complete_send(io, p);
    else if (!io->closing && (io->flags & WANT_SEND) && (p->window != 0 || broken(p)))
        tell_sender(io, 0);
    if (!io->closing && io->backend_word)
        tell_ready(io, p);
}

static void sim_resume(struct gale__io *io)
{
    struct gale__sim_peer *p = peer_of(io);

    if (io->closing)
        complete_send(io, p);
    else if (p->listening && (io->flags & ACCEPTING))
        accept_all(io, p);
    else if (!p->listening)
        connection_turn(io, p);
}

static int sim_poll(gale_ioloop *loop, int64_t timeout)
{
    if (timeout < 0 || (timeout > 0 && loop->executor.n_jobs))
        wait_for_thread(loop, -1);
    else
        loop->now_ns += timeout > 0 ? timeout : 1; /* a turn takes time as well */
    gale__callbacks_awake(&loop->callbacks);
    return 0;
}

/* --- life --- */

static int sim_init(gale_ioloop *loop)
{
    loop->backend_state = gale__calloc(1, sizeof(struct sim_state));
    if (!loop->backend_state)
        return -ENOMEM;
    loop->virtual_clock = true;
    loop->sends_at_once = true;
    loop->now_ns = 1000000000;
    return 0;
}

static void sim_deinit(gale_ioloop *loop)
{
    struct sim_state *s = state_of(loop);

    if (!s)
        return;
    /* Accepted and never opened, or listeners nobody closed. */
    for (int i = 0; i < s->n_peers; i++)
        if (s->peers[i])
            free_peer(s->peers[i]);
    gale__free(s->peers);
    gale__free(s);
    loop->backend_state = NULL;
}

static void sim_flush(gale_ioloop *loop)
{
    (void)loop;
}

static bool sim_pending(const gale_ioloop *loop)
{
    (void)loop;
    return false;
}

static int sim_fd(const gale_ioloop *loop)
{
    return loop->callbacks.wake_fd;
}

const struct gale__backend gale__backend_sim = {
    .name = "simulated",
    .init = sim_init,
    .deinit = sim_deinit,
    .poll = sim_poll,
    .flush = sim_flush,
    .pending = sim_pending,
    .fd = sim_fd,
    .open = sim_open,
    .recv_start = sim_recv_start,
    .recv_stop = sim_recv_stop,
    .sendv = sim_sendv,
    .shutdown = sim_shutdown,
    .accept_start = sim_accept_start,
    .accept_stop = sim_accept_stop,
    .connect = sim_connect,
    .poll_set = sim_poll_set,
    .close = sim_close,
    .resume = sim_resume,
};

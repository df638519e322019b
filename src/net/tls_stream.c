/* tls_stream.c - the transport of a TLS stream: handshake, records, close_notify.
 *
 * It has a struct gale__io of its own that only polls the descriptor; OpenSSL reads and writes it.
 * As a backend does, it tells what happens through the stream's io.ops and from the loop only: what
 * a call of the stream's causes is done by `task`. One that is put under a running stream first
 * waits until the backend has let go of the descriptor (handing_over).
 */
/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <unistd.h>

#include <gale/log.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/check.h"
#include "ioloop/faulty.h"
#include "net/address.h"
#include "net/chunk.h"
#include "net/stream_internal.h"
#include "net/tls.h"
#include "net/tls_priv.h"

enum {
    HANDSHAKE_SECONDS = 10,
    ROUNDS = 8,            /* records read before others have their turn */
    RECORD = 16384,        /* bytes of plain text */
    MOST = 1 << 30,        /* bytes of one call */
    EARLY_MAX = 64 * 1024, /* bytes that came before the handshake began */
    REASON = 160,
};

struct gale__tls {
    struct gale__tls_peer peer;       /* first: SSL_get_app_data() */
    struct gale__transport transport; /* how its stream finds it */
    struct gale__io io;
    struct gale_iostream *stream;
    SSL *ssl;
    int fd;
    struct gale__ioloop_task task;
    gale_timeout timer;
    struct gale__buf early; /* what came while it was handing over */
    void (*on_handshake)(struct gale_iostream *s, void *arg);
    void *handshake_arg;
    const struct gale__io_ops *stream_ops; /* while handing over */
    char *reason;                          /* of a failure; NULL: none, or no memory */
    int error;
    int polled;          /* events that are waited for */
    int handshake_wants; /* GALE_READ or GALE_WRITE */
    bool is_server : 1;
    bool open : 1; /* io has the descriptor */
    bool handing_over : 1;
    bool done : 1; /* the handshake */
    bool receiving : 1;
    bool blocked : 1; /* on_send will follow */
    bool read_wants_write : 1;
    bool write_wants_read : 1;
    bool eof : 1;
    bool shut : 1; /* close_notify is to be sent */
    bool shut_done : 1;
    bool closing : 1;
};

static struct gale__tls *tls_of(const struct gale_iostream *s)
{
    return GALE_CONTAINER_OF(s->transport, struct gale__tls, transport);
}

static void run_later(struct gale__tls *t)
{
    if (!gale__list_linked(&t->task.link))
        gale__ioloop_defer(t->io.loop, &t->task);
}

/* Waits for what the present state needs. */
static void update_poll(struct gale__tls *t)
{
    int want = 0, r;

    if (!t->open || t->closing)
        return;
    if (t->error)
        want = 0;
    else if (!t->done)
        want = t->handshake_wants;
    else {
        if (t->receiving && !t->eof)
            want |= t->read_wants_write ? GALE_WRITE : GALE_READ;
        if (t->blocked)
            want |= t->write_wants_read ? GALE_READ : GALE_WRITE;
        if (t->shut && !t->shut_done)
            want |= GALE_WRITE;
    }
    if (want == t->polled)
        return;
    t->polled = want;
    r = gale__io_poll(&t->io, want);
    if (r < 0 && !t->error) {
        t->error = r;
        run_later(t);
    }
}

/* --- failures --- */

static void keep_reason(struct gale__tls *t, const char *text)
{
    size_t size = strlen(text) + 1;

    if (!t->reason && (t->reason = gale__malloc(size)))
        memcpy(t->reason, text, size);
}

static void log_failure(const struct gale__tls *t)
{
    char name[128] = "an unknown peer";
    gale_address peer;

    if (!t->is_server || !gale_log_enabled(&gale_log_general, GALE_LOG_WARNING))
        return;
    if (gale__address_peer(&peer, t->stream->io.fd) >= 0)
        gale_address_format(&peer, name, sizeof(name));
    gale_log(&gale_log_general, GALE_LOG_WARNING, "TLS error with %s: %s", name,
             t->reason ? t->reason : "unknown error");
}

/* Why OpenSSL gave up; what the peer merely closed or reset is no protocol error. */
static int find_failure(struct gale__tls *t, int ssl_error, int saved_errno)
{
    unsigned long code = ERR_peek_last_error();
    long verified = SSL_get_verify_result(t->ssl);
    char text[REASON], reason[100];

    if (ssl_error == SSL_ERROR_SYSCALL && saved_errno != 0 && !code)
        return -saved_errno;
    if (ssl_error == SSL_ERROR_SYSCALL ||
        (ERR_GET_LIB(code) == ERR_LIB_SSL &&
         ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING)) {
        ERR_clear_error();
        keep_reason(t, t->done ? "the peer closed the connection without close_notify"
                               : "the peer closed the connection during the handshake");
        return GALE_ETLS;
    }
    gale__tls_reason(reason, sizeof(reason));
    if (verified != X509_V_OK && !t->done)
        snprintf(text, sizeof(text), "%s: %s", reason, X509_verify_cert_error_string(verified));
    else
        snprintf(text, sizeof(text), "%s", reason);
    keep_reason(t, text);
    log_failure(t);
    return GALE_ETLS;
}

static void tell_handshake(struct gale__tls *t)
{
    void (*fn)(struct gale_iostream *, void *) = t->on_handshake;

    t->on_handshake = NULL;
    gale_ioloop_remove_timeout(t->io.loop, t->timer);
    t->timer = 0;
    if (fn)
        fn(t->stream, t->handshake_arg);
}

/* From the loop: the stream breaks. */
static void fail(struct gale__tls *t, int code)
{
    struct gale_iostream *s = t->stream;

    if (!t->error)
        t->error = code;
    update_poll(t);
    if (!s->closed)
        s->io.ops->on_recv(&s->io, NULL, t->error);
    if (!t->closing)
        tell_handshake(t);
}

/* --- the handshake --- */

static void handshake_done(struct gale__tls *t)
{
    t->done = true;
    tell_handshake(t);
}

/* What came early is used up: from now on the socket is read. True when it was. */
static bool leave_early_bytes(struct gale__tls *t)
{
    BIO *in = SSL_get_rbio(t->ssl), *out = SSL_get_wbio(t->ssl);

    if (in == out || BIO_pending(in) > 0 || !BIO_up_ref(out))
        return false;
    SSL_set0_rbio(t->ssl, out);
    return true;
}

static int result_of(struct gale__tls *t, int r, int *saved_errno)
{
    *saved_errno = errno;
    return SSL_get_error(t->ssl, r);
}

static void shake_hands(struct gale__tls *t)
{
    int r, why, saved;

    do {
        ERR_clear_error();
        errno = 0;
        r = SSL_do_handshake(t->ssl);
        why = r == 1 ? SSL_ERROR_NONE : result_of(t, r, &saved);
    } while (why == SSL_ERROR_WANT_READ && leave_early_bytes(t));
    if (r == 1)
        handshake_done(t);
    else if (why == SSL_ERROR_WANT_READ)
        t->handshake_wants = GALE_READ;
    else if (why == SSL_ERROR_WANT_WRITE)
        t->handshake_wants = GALE_WRITE;
    else
        fail(t, find_failure(t, why, saved));
}

static void handshake_late(void *arg)
{
    struct gale__tls *t = arg;

    t->timer = 0;
    keep_reason(t, "the handshake took too long");
    if (!t->error && !t->closing)
        fail(t, GALE_ETIMEDOUT);
}

/* --- reading --- */

/* One record: whether another may follow now. */
static bool read_record(struct gale__tls *t, struct gale__chunk *c)
{
    struct gale_iostream *s = t->stream;
    int n, why, saved;

    ERR_clear_error();
    errno = 0;
    n = gale__faulty_call();
    if (n < 0) {
        fail(t, n);
        return false;
    }
    n = SSL_read(t->ssl, c->data, (int)c->size);
    if (n > 0) {
        s->io.ops->on_recv(&s->io, c->data, n);
        return true;
    }
    why = result_of(t, n, &saved);
    if (why == SSL_ERROR_WANT_READ)
        return leave_early_bytes(t);
    if (why == SSL_ERROR_WANT_WRITE) {
        t->read_wants_write = true;
    } else if (why == SSL_ERROR_ZERO_RETURN) {
        t->eof = true;
        s->io.ops->on_recv(&s->io, NULL, 0);
    } else {
        fail(t, find_failure(t, why, saved));
    }
    return false;
}

static void read_records(struct gale__tls *t)
{
    struct gale__chunk *c = gale__chunk_get(RECORD / 2);
    int i = 0;

    if (!c) {
        fail(t, -ENOMEM);
        return;
    }
    t->read_wants_write = false;
    while (i < ROUNDS && t->receiving && !t->closing && !t->error && !t->eof && read_record(t, c))
        i++;
    if (i == ROUNDS && !t->closing)
        run_later(t);
    gale__chunk_put(c);
}

/* --- ending our side --- */

static void send_close_notify(struct gale__tls *t)
{
    int r, saved, why;

    ERR_clear_error();
    r = SSL_shutdown(t->ssl);
    why = r < 0 ? result_of(t, r, &saved) : SSL_ERROR_NONE;
    if (why == SSL_ERROR_WANT_WRITE)
        return;
    ERR_clear_error();
    t->shut_done = true;
    if (!t->closing) /* who does not know close_notify sees the end as well */
        gale__io_shutdown(&t->io);
}

/* --- what happens --- */

static void drive(struct gale__tls *t)
{
    if (t->error && !t->closing)
        fail(t, t->error);
    if (!t->error && !t->done && t->open)
        shake_hands(t);
    if (t->done && t->receiving && !t->eof && !t->error && !t->closing)
        read_records(t);
    if (t->done && t->blocked && !t->error && !t->closing) {
        t->blocked = t->write_wants_read = false;
        t->stream->io.ops->on_send(&t->stream->io, 0);
    }
    if (t->done && t->shut && !t->shut_done && !t->error && !t->closing)
        send_close_notify(t);
    update_poll(t);
}

static void on_ready(struct gale__io *io, int events)
{
    (void)events;
    drive(GALE_CONTAINER_OF(io, struct gale__tls, io));
}

static void run_task(struct gale__ioloop_task *task)
{
    struct gale__tls *t = GALE_CONTAINER_OF(task, struct gale__tls, task);

    if (!t->closing)
        drive(t);
}

/* --- the transport --- */

static int recv_start(struct gale_iostream *s)
{
    struct gale__tls *t = tls_of(s);

    t->receiving = true;
    run_later(t); /* OpenSSL may hold plain text that no event will tell of */
    return 0;
}

static void recv_stop(struct gale_iostream *s)
{
    struct gale__tls *t = tls_of(s);

    t->receiving = false;
    update_poll(t);
}

/* Small pieces go into one record. */
static int write_some(struct gale__tls *t, const struct iovec *iov, int n)
{
    struct gale__chunk *c;
    int r;

    if (n == 1 || iov[0].iov_len >= RECORD)
        return SSL_write(t->ssl, iov[0].iov_base,
                         iov[0].iov_len < MOST ? (int)iov[0].iov_len : MOST);
    c = gale__chunk_get(RECORD);
    if (!c) {
        errno = ENOMEM;
        return -1;
    }
    for (int i = 0; i < n && c->end < RECORD; i++) {
        size_t room = RECORD - c->end, part = iov[i].iov_len < room ? iov[i].iov_len : room;

        memcpy(c->data + c->end, iov[i].iov_base, part);
        c->end += (uint32_t)part;
    }
    r = SSL_write(t->ssl, c->data, (int)c->end);
    gale__chunk_put(c);
    return r;
}

static ssize_t wait_to_send(struct gale__tls *t, bool for_reading)
{
    t->blocked = true;
    t->write_wants_read = for_reading;
    update_poll(t);
    return 0;
}

static ssize_t sendv(struct gale_iostream *s, const struct iovec *iov, int n)
{
    struct gale__tls *t = tls_of(s);
    int r = gale__faulty_call(), why, saved;

    if (r < 0)
        return r;
    if (t->error)
        return t->error;
    if (!t->done)
        return wait_to_send(t, false);
    ERR_clear_error();
    errno = 0;
    r = write_some(t, iov, n);
    if (r > 0)
        return r;
    why = result_of(t, r, &saved);
    if (why == SSL_ERROR_WANT_WRITE || why == SSL_ERROR_WANT_READ)
        return wait_to_send(t, why == SSL_ERROR_WANT_READ);
    t->error = find_failure(t, why, saved);
    update_poll(t);
    return t->error;
}

static ssize_t send_file(struct gale_iostream *s, int file, int64_t offset, size_t len)
{
    struct gale__tls *t = tls_of(s);
    ossl_ssize_t n;
    int why, saved;

    if (!t->done || !BIO_get_ktls_send(SSL_get_wbio(t->ssl)))
        return -ENOTSUP;
    ERR_clear_error();
    errno = 0;
    n = SSL_sendfile(t->ssl, file, offset, len < MOST ? len : MOST, 0);
    if (n > 0)
        return n;
    why = result_of(t, (int)n, &saved);
    if (n == 0)
        return -ENODATA;
    if (why == SSL_ERROR_WANT_WRITE)
        return wait_to_send(t, false);
    t->error = find_failure(t, why, saved);
    return t->error;
}

static void shut_down(struct gale_iostream *s)
{
    struct gale__tls *t = tls_of(s);

    t->shut = true;
    run_later(t);
}

static void free_tls(struct gale__tls *t)
{
    SSL_free(t->ssl);
    gale__tls_generation_put(t->peer.generation);
    gale_tls_context_free(t->peer.context);
    gale__free(t->peer.hostname);
    gale__free(t->reason);
    gale__buf_deinit(&t->early);
    gale__free(t);
}

/* The descriptor is closed: the last call. */
static void on_io_closed(struct gale__io *io)
{
    struct gale__tls *t = GALE_CONTAINER_OF(io, struct gale__tls, io);
    struct gale_iostream *s = t->stream;

    gale__list_remove(&t->task.link);
    free_tls(t);
    s->transport = NULL; /* nothing is called any more */
    s->io.fd = -1;
    s->io.ops->on_closed(&s->io);
}

/* The descriptor was never given to the loop: on_closed is due all the same, from there. */
static void unopened_closed(struct gale__ioloop_task *task)
{
    struct gale__tls *t = GALE_CONTAINER_OF(task, struct gale__tls, task);

    close(t->fd);
    on_io_closed(&t->io);
}

static void close_unopened(struct gale__tls *t)
{
    t->task.run = unopened_closed;
    run_later(t);
}

static void close_tls(struct gale_iostream *s)
{
    struct gale__tls *t = tls_of(s);

    if (t->done && !t->error && !t->shut_done) {
        t->closing = true;
        send_close_notify(t);
    }
    t->closing = true;
    t->receiving = false;
    tell_handshake(t);
    gale__list_remove(&t->task.link);
    if (t->open)
        gale__io_close(&t->io);
    else if (!t->handing_over)
        close_unopened(t);
}

static int explain(const struct gale_iostream *s, int code)
{
    const struct gale__tls *t = tls_of(s);

    return t->reason && code == t->error ? gale_err(code, "%s", t->reason) : code;
}

static const struct gale__transport tls_transport = {
    .recv_start = recv_start,
    .recv_stop = recv_stop,
    .sendv = sendv,
    .shutdown = shut_down,
    .close = close_tls,
    .send_file = send_file,
    .explain = explain,
};

static const struct gale__io_ops tls_io_ops = { .on_ready = on_ready, .on_closed = on_io_closed };

/* --- making one --- */

static bool is_ip(const char *name, int *family)
{
    unsigned char bytes[16];

    *family = strchr(name, ':') ? AF_INET6 : AF_INET;
    return inet_pton(*family, name, bytes) == 1;
}

/* The name that a client asks for and checks. */
static int set_name(struct gale__tls *t, const char *hostname)
{
    const gale_tls_options *o = &t->peer.context->options;
    bool checks = o->verify != GALE_OFF && o->check_hostname != GALE_OFF;
    SSL_SESSION *session;
    int family, ok = 1;

    if (o->server_hostname)
        hostname = o->server_hostname;
    if (!hostname)
        return checks ? gale_err(GALE_EINVAL, "TLS: there is no host name to check") : 0;
    t->peer.hostname = gale__malloc(strlen(hostname) + 1);
    if (!t->peer.hostname)
        return -ENOMEM;
    memcpy(t->peer.hostname, hostname, strlen(hostname) + 1);
    if (is_ip(hostname, &family)) {
        if (checks)
            ok = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(t->ssl), hostname);
    } else {
        ok = SSL_set_tlsext_host_name(t->ssl, hostname) == 1;
        SSL_set_hostflags(t->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        if (ok && checks)
            ok = SSL_set1_host(t->ssl, hostname);
    }
    if (!ok)
        return gale_err(GALE_EINVAL, "TLS: '%.100s' is no host name", hostname);
    session = gale__tls_session_find(t->peer.context, hostname);
    if (session) {
        SSL_set_session(t->ssl, session);
        SSL_SESSION_free(session);
    }
    return 0;
}

static int set_up(struct gale__tls *t, int fd, const char *hostname)
{
    BIO *bio;

    t->peer.generation = gale__tls_generation_get(t->peer.context);
    ERR_clear_error();
    t->ssl = SSL_new(t->peer.generation->ctx);
    bio = t->ssl ? gale__tls_bio(fd) : NULL;
    if (!bio)
        return -ENOMEM;
    SSL_set_bio(t->ssl, bio, bio);
    SSL_set_app_data(t->ssl, &t->peer);
    if (t->is_server) {
        SSL_set_accept_state(t->ssl);
        return 0;
    }
    SSL_set_connect_state(t->ssl);
    return set_name(t, hostname);
}

/* With its SSL on fd, but without it. NULL: *error. */
static struct gale__tls *new_tls(gale_ioloop *loop, int fd, gale_tls_context *context,
                                 bool is_server, const char *hostname, int *error)
{
    struct gale__tls *t;

    if (context->is_server != is_server) {
        *error = gale_err(GALE_EINVAL, "TLS: the context is for a %s",
                          context->is_server ? "server" : "client");
        return NULL;
    }
    t = gale__calloc(1, sizeof(*t));
    *error = -ENOMEM;
    if (!t)
        return NULL;
    t->peer.context = gale_tls_context_ref(context);
    t->is_server = is_server;
    t->io.loop = loop;
    t->fd = fd;
    t->transport = tls_transport;
    t->task.run = run_task;
    t->handshake_wants = GALE_READ;
    gale__buf_init(&t->early, EARLY_MAX);
    *error = set_up(t, fd, hostname);
    if (*error >= 0)
        return t;
    free_tls(t);
    return NULL;
}

/* The descriptor is ours: the handshake begins, from the loop. */
static int begin(struct gale__tls *t)
{
    double seconds = t->peer.context->options.handshake_timeout;
    int r = gale__io_open(&t->io, t->io.loop, t->fd, &tls_io_ops);

    if (r < 0)
        return r;
    t->open = true;
    if (seconds >= 0) {
        t->timer = gale_ioloop_call_later(t->io.loop, seconds > 0 ? seconds : HANDSHAKE_SECONDS,
                                          handshake_late, t);
        if (!t->timer) {
            t->error = -ENOMEM;
        }
    }
    run_later(t);
    return 0;
}

int gale__tls_stream_init(struct gale_iostream *s, gale_ioloop *loop, int fd,
                          gale_tls_context *context, bool is_server, const char *hostname,
                          const struct gale__stream_consumer *consumer)
{
    int r;
    struct gale__tls *t = new_tls(loop, fd, context, is_server, hostname, &r);

    if (!t)
        return r;
    r = begin(t);
    if (r < 0) {
        free_tls(t);
        return r;
    }
    gale__stream_init_transport(s, loop, &t->transport, NULL, consumer);
    s->io.fd = fd;
    t->stream = s;
    return 0;
}

/* --- under a running stream --- */

static void early_recv(struct gale__io *io, char *data, ssize_t n)
{
    struct gale__tls *t = tls_of(GALE_CONTAINER_OF(io, struct gale_iostream, io));

    if (n > 0 && gale__buf_append(&t->early, data, (size_t)n) < 0 && !t->error)
        t->error = -ENOMEM;
}

static void ignore_send(struct gale__io *io, ssize_t n)
{
    (void)io;
    (void)n;
}

static int use_early_bytes(struct gale__tls *t)
{
    BIO *in;

    if (!t->early.len)
        return 0;
    in = BIO_new(BIO_s_mem());
    if (!in || BIO_write(in, t->early.ptr, (int)t->early.len) != (int)t->early.len) {
        BIO_free(in);
        return -ENOMEM;
    }
    BIO_set_mem_eof_return(in, -1);
    gale__buf_deinit(&t->early);
    /* The pair of one BIO counts as two references. */
    if (!BIO_up_ref(SSL_get_wbio(t->ssl))) {
        BIO_free(in);
        return -ENOMEM;
    }
    SSL_set0_rbio(t->ssl, in);
    BIO_free(SSL_get_wbio(t->ssl));
    return 0;
}

/* The backend has let go of the descriptor, which is open still. */
static void handed_over(struct gale__io *io)
{
    struct gale_iostream *s = GALE_CONTAINER_OF(io, struct gale_iostream, io);
    struct gale__tls *t = tls_of(s);
    int r;

    s->io.ops = t->stream_ops;
    s->io.keep_fd = s->io.closing = false;
    s->io.fd = t->fd;
    t->handing_over = false;
    if (t->closing) {
        close(t->fd);
        on_io_closed(&t->io);
        return;
    }
    r = use_early_bytes(t);
    if (r >= 0)
        r = begin(t);
    if (r >= 0)
        return;
    t->error = r;
    run_later(t);
}

static const struct gale__io_ops handover_ops = {
    .on_recv = early_recv,
    .on_send = ignore_send,
    .on_closed = handed_over,
};

int gale__stream_start_tls_with(struct gale_iostream *s, gale_tls_context *context, bool is_server,
                                const char *hostname, gale_str early)
{
    bool was_paused = s->paused;
    struct gale__tls *t;
    int r = gale__stream_unusable(s);

    if (r < 0)
        return r;
    if (s->transport)
        return gale_err(GALE_ESTATE, "TLS: not on this kind of stream");
    if ((s->in && !s->offering) || s->out_pending || s->sending)
        return gale_err(GALE_ESTATE, s->in ? "TLS: there is plain text that was not read"
                                           : "TLS: there is plain text that was not sent");
    t = new_tls(s->io.loop, s->io.fd, context, is_server, hostname, &r);
    if (!t)
        return r;
    if (early.len && gale__buf_append(&t->early, early.ptr, early.len) < 0) {
        free_tls(t);
        return -ENOMEM;
    }
    gale__stream_pause(s);
    t->stream = s;
    t->handing_over = true;
    t->stream_ops = s->io.ops;
    s->io.ops = &handover_ops;
    s->io.keep_fd = true;
    gale__io_close(&s->io);
    s->transport = &t->transport;
    if (!was_paused)
        gale__stream_resume(s);
    return 0;
}

int gale__stream_start_tls(struct gale_iostream *s, gale_tls_context *context, bool is_server,
                           const char *hostname)
{
    return gale__stream_start_tls_with(s, context, is_server, hostname, (gale_str){ NULL, 0 });
}

/* --- for who waits, and asks --- */

int gale__tls_explain(const struct gale_iostream *s, int code)
{
    return explain(s, code);
}

bool gale__stream_is_tls(const struct gale_iostream *s)
{
    return s->transport && s->transport->close == close_tls;
}

int gale__tls_handshake(struct gale_iostream *s)
{
    const struct gale__tls *t = tls_of(s);

    return t->error ? t->error : t->done;
}

void gale__tls_on_handshake(struct gale_iostream *s, void (*fn)(struct gale_iostream *s, void *arg),
                            void *arg)
{
    struct gale__tls *t = tls_of(s);

    GALE_ASSERT(!fn || !t->on_handshake);
    t->on_handshake = fn;
    t->handshake_arg = arg;
}

bool gale__tls_is_waited_for(const struct gale_iostream *s)
{
    return tls_of(s)->on_handshake != NULL;
}

SSL *gale__tls_ssl(const struct gale_iostream *s)
{
    const struct gale__tls *t = gale__stream_is_tls(s) ? tls_of(s) : NULL;

    return t && t->done ? t->ssl : NULL;
}

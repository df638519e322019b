/* tls_stream.c - the transport of a TLS stream: handshake, records, close_notify.
 *
 * It has a struct gale__io of its own that only polls the descriptor; OpenSSL reads and writes it.
 * As a backend does, it tells what happens through the stream's io.ops and from the loop only: what
 * a call of the stream's causes is done by `task`.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <openssl/err.h>
#include <string.h>
#include <unistd.h>

#include <gale/log.h>

#include "base/alloc.h"
#include "base/check.h"
#include "ioloop/faulty.h"
#include "net/address.h"
#include "net/chunk.h"
#include "net/stream_internal.h"
#include "net/tls.h"
#include "net/tls_transport.h"

enum {
    ROUNDS = 8,     /* records read before others have their turn */
    RECORD = 16384, /* bytes of plain text */
    MOST = 1 << 30, /* bytes of one call */
    REASON = 160,
};

void gale__tls_run_later(struct gale__tls *t)
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
        gale__tls_run_later(t);
    }
}

/* --- failures --- */

static void keep_reason(struct gale__tls *t, const char *text)
{
    size_t size = strlen(text) + 1;

    if (!t->reason && (t->reason = gale__malloc(size)))
        memcpy(t->reason, text, size);
}

static void log_failure(const struct gale__tls *t, int level, const char *why)
{
    char name[128] = "an unknown peer";
    gale_address peer;

    if (!t->is_server || !gale_log_enabled(&gale_log_general, level))
        return;
    if (t->peer_name)
        snprintf(name, sizeof(name), "%s", t->peer_name);
    else if (gale__address_peer(&peer, t->stream->io.fd) >= 0)
        gale_address_format(&peer, name, sizeof(name));
    gale_log(&gale_log_general, level, "TLS error with %s: %s", name, why);
}

/* The peer went away: nobody needs to know unless it was asked for. */
static int left(const struct gale__tls *t, int code, const char *why)
{
    if (!t->done)
        log_failure(t, GALE_LOG_DEBUG, why);
    return code;
}

/* Why OpenSSL gave up; what the peer merely closed or reset is no protocol error. */
static int find_failure(struct gale__tls *t, int ssl_error, int saved_errno)
{
    unsigned long code = ERR_peek_last_error();
    long verified = SSL_get_verify_result(t->ssl);
    char text[REASON], reason[100];

    if (ssl_error == SSL_ERROR_SYSCALL && saved_errno != 0 && !code)
        return left(t, -saved_errno, strerror(saved_errno));
    if (ssl_error == SSL_ERROR_SYSCALL ||
        (ERR_GET_LIB(code) == ERR_LIB_SSL &&
         ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING)) {
        ERR_clear_error();
        keep_reason(t, t->done ? "the peer closed the connection without close_notify"
                               : "the peer closed the connection during the handshake");
        return left(t, GALE_ETLS, "the peer closed the connection during the handshake");
    }
    gale__tls_reason(reason, sizeof(reason));
    if (verified != X509_V_OK && !t->done)
        snprintf(text, sizeof(text), "%s: %s", reason, X509_verify_cert_error_string(verified));
    else
        snprintf(text, sizeof(text), "%s", reason);
    keep_reason(t, text);
    log_failure(t, GALE_LOG_WARNING, text);
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
    gale__free(t->peer_name);
    t->peer_name = NULL;
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

void gale__tls_handshake_late(void *arg)
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
        gale__tls_run_later(t);
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

void gale__tls_run_task(struct gale__ioloop_task *task)
{
    struct gale__tls *t = GALE_CONTAINER_OF(task, struct gale__tls, task);

    if (!t->closing)
        drive(t);
}

/* --- the transport --- */

static int recv_start(struct gale_iostream *s)
{
    struct gale__tls *t = gale__tls_of(s);

    t->receiving = true;
    gale__tls_run_later(t); /* OpenSSL may hold plain text that no event will tell of */
    return 0;
}

static void recv_stop(struct gale_iostream *s)
{
    struct gale__tls *t = gale__tls_of(s);

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
    struct gale__tls *t = gale__tls_of(s);
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
    struct gale__tls *t = gale__tls_of(s);
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
    struct gale__tls *t = gale__tls_of(s);

    t->shut = true;
    gale__tls_run_later(t);
}

void gale__tls_discard(struct gale__tls *t)
{
    SSL_free(t->ssl);
    gale__tls_generation_put(t->peer.generation);
    gale_tls_context_free(t->peer.context);
    gale__free(t->peer.hostname);
    gale__free(t->peer_name);
    gale__free(t->reason);
    gale__buf_deinit(&t->early);
    gale__free(t);
}

/* The descriptor is closed: the last call. */
void gale__tls_io_closed(struct gale__io *io)
{
    struct gale__tls *t = GALE_CONTAINER_OF(io, struct gale__tls, io);
    struct gale_iostream *s = t->stream;

    gale__list_remove(&t->task.link);
    gale__tls_discard(t);
    s->transport = NULL; /* nothing is called any more */
    s->io.fd = -1;
    s->io.ops->on_closed(&s->io);
}

/* The descriptor was never given to the loop: on_closed is due all the same, from there. */
static void unopened_closed(struct gale__ioloop_task *task)
{
    struct gale__tls *t = GALE_CONTAINER_OF(task, struct gale__tls, task);

    close(t->fd);
    gale__tls_io_closed(&t->io);
}

static void close_unopened(struct gale__tls *t)
{
    t->task.run = unopened_closed;
    gale__tls_run_later(t);
}

static void close_tls(struct gale_iostream *s)
{
    struct gale__tls *t = gale__tls_of(s);

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
    const struct gale__tls *t = gale__tls_of(s);

    return t->reason && code == t->error ? gale_err(code, "%s", t->reason) : code;
}

const struct gale__transport gale__tls_transport = {
    .recv_start = recv_start,
    .recv_stop = recv_stop,
    .sendv = sendv,
    .shutdown = shut_down,
    .close = close_tls,
    .send_file = send_file,
    .explain = explain,
};

const struct gale__io_ops gale__tls_io_ops = { .on_ready = on_ready,
                                               .on_closed = gale__tls_io_closed };

/* --- for who waits, and asks --- */

int gale__tls_explain(const struct gale_iostream *s, int code)
{
    return explain(s, code);
}

bool gale__stream_is_tls(const struct gale_iostream *s)
{
    return s->transport && s->transport->close == close_tls;
}

bool gale__tls_has_input(struct gale_iostream *s)
{
    struct gale__tls *t = gale__tls_of(s);
    int n, why, saved;
    char byte;

    if (!t->done || t->eof || t->error)
        return true;
    do {
        ERR_clear_error();
        errno = 0;
        n = SSL_peek(t->ssl, &byte, 1);
        why = n > 0 ? SSL_ERROR_NONE : result_of(t, n, &saved);
    } while (why == SSL_ERROR_WANT_READ && leave_early_bytes(t));
    if (why == SSL_ERROR_SSL || why == SSL_ERROR_SYSCALL)
        t->error = find_failure(t, why, saved);
    return why != SSL_ERROR_WANT_READ;
}

int gale__tls_handshake(struct gale_iostream *s)
{
    const struct gale__tls *t = gale__tls_of(s);

    return t->error ? t->error : t->done;
}

void gale__tls_on_handshake(struct gale_iostream *s, void (*fn)(struct gale_iostream *s, void *arg),
                            void *arg)
{
    struct gale__tls *t = gale__tls_of(s);

    GALE_ASSERT(!fn || !t->on_handshake);
    t->on_handshake = fn;
    t->handshake_arg = arg;
}

bool gale__tls_is_waited_for(const struct gale_iostream *s)
{
    return gale__tls_of(s)->on_handshake != NULL;
}

SSL *gale__tls_ssl(const struct gale_iostream *s)
{
    const struct gale__tls *t = gale__stream_is_tls(s) ? gale__tls_of(s) : NULL;

    return t && t->done ? t->ssl : NULL;
}

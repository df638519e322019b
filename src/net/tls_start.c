/* tls_start.c - TLS begins: on a descriptor of its own, or under a stream that runs.
 *
 * One that is put under a running stream first waits until the backend has let go of the
 * descriptor (handing_over); what came meanwhile is the handshake's first bytes.
 */
/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "net/address.h"
#include "net/stream_internal.h"
#include "net/tls.h"
#include "net/tls_transport.h"

enum {
    HANDSHAKE_SECONDS = 10,
    EARLY_MAX = 64 * 1024, /* bytes that came before the handshake began */
};

/* --- making one --- */

static bool is_ip(const char *name, int *family)
{
    unsigned char bytes[16];

    *family = strchr(name, ':') ? AF_INET6 : AF_INET;
    return inet_pton(*family, name, bytes) == 1;
}

/* Without the dot at the end, which certificates and SNI (RFC 6066, 3) do not have. */
static char *copy_name(const char *hostname)
{
    size_t len = strlen(hostname);
    char *copy;

    if (len > 1 && hostname[len - 1] == '.')
        len--;
    copy = gale__malloc(len + 1);
    if (copy) {
        memcpy(copy, hostname, len);
        copy[len] = 0;
    }
    return copy;
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
    hostname = t->peer.hostname = copy_name(hostname);
    if (!hostname)
        return -ENOMEM;
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
    session = gale__tls_session_take(t->peer.context, hostname);
    if (session) {
        SSL_set_session(t->ssl, session);
        SSL_SESSION_free(session);
    }
    return 0;
}

/* Who it is cannot be asked any more when the connection was reset. NULL: no memory. */
static char *name_peer(int fd)
{
    gale_address peer;
    char name[128];

    if (gale__address_peer(&peer, fd) < 0)
        return NULL;
    gale_address_format(&peer, name, sizeof(name));
    return gale__strndup(name, strlen(name));
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
        t->peer_name = name_peer(fd);
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

    *error = gale__tls_check_role(context, is_server);
    if (*error < 0)
        return NULL;
    t = gale__calloc(1, sizeof(*t));
    *error = -ENOMEM;
    if (!t)
        return NULL;
    t->peer.context = gale_tls_context_ref(context);
    t->is_server = is_server;
    t->io.loop = loop;
    t->fd = fd;
    t->transport = gale__tls_transport;
    t->task.run = gale__tls_run_task;
    t->handshake_wants = GALE_READ;
    gale__buf_init(&t->early, EARLY_MAX);
    *error = set_up(t, fd, hostname);
    if (*error >= 0)
        return t;
    gale__tls_discard(t);
    return NULL;
}

/* The descriptor is ours: the handshake begins, from the loop. */
static int begin(struct gale__tls *t)
{
    double seconds = t->peer.context->options.handshake_timeout;
    int r = gale__io_open(&t->io, t->io.loop, t->fd, &gale__tls_io_ops);

    if (r < 0)
        return r;
    t->open = true;
    if (seconds >= 0) {
        t->timer = gale_ioloop_call_later(t->io.loop, seconds > 0 ? seconds : HANDSHAKE_SECONDS,
                                          gale__tls_handshake_late, t);
        if (!t->timer) {
            t->error = -ENOMEM;
        }
    }
    gale__tls_run_later(t);
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
        gale__tls_discard(t);
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
    struct gale__tls *t = gale__tls_of(GALE_CONTAINER_OF(io, struct gale_iostream, io));

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
    struct gale__tls *t = gale__tls_of(s);
    int r;

    s->io.ops = t->stream_ops;
    s->io.keep_fd = s->io.closing = false;
    s->io.fd = t->fd;
    t->handing_over = false;
    if (t->closing) {
        close(t->fd);
        gale__tls_io_closed(&t->io);
        return;
    }
    r = use_early_bytes(t);
    if (r >= 0)
        r = begin(t);
    if (r >= 0)
        return;
    t->error = r;
    gale__tls_run_later(t);
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
        gale__tls_discard(t);
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

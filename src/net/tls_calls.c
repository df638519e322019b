/* tls_calls.c - the calls of <gale/tls.h> on streams: STARTTLS, the handshake's end, what was
 * agreed.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <pthread.h>

#include "base/alloc.h"
#include "gen/co.h"
#include "net/pull.h"
#include "net/stream_internal.h"
#include "net/tls.h"
#include "net/tls_priv.h"

/* --- the client's context of who brings none --- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static gale_tls_context *usual; /* the process's: made once, kept */

gale_tls_context *gale__tls_usual_client(void)
{
    gale_tls_context *context;

    pthread_mutex_lock(&lock);
    if (!usual)
        usual = gale_tls_client(NULL);
    context = usual;
    pthread_mutex_unlock(&lock);
    return context;
}

/* --- waiting --- */

static void wake(struct gale_iostream *s, void *arg)
{
    (void)s;
    gale__waitq_wake_all(arg, 0);
}

static int wait_handshake(gale_iostream *s, const char *what)
{
    struct gale__waitq q;
    int r = gale__tls_handshake(s);

    if (r != 0)
        return r < 0 ? gale__tls_explain(s, r) : 0;
    if (gale__tls_is_waited_for(s))
        return gale_err(GALE_ESTATE, "%s: already waiting", what);
    gale__pull_enter(s->pull); /* another may close it meanwhile */
    gale__waitq_init(&q);
    gale__tls_on_handshake(s, wake, &q);
    r = gale__waitq_wait(&q, what, INT64_MAX);
    if (s->closed)
        r = r < 0 ? r : GALE_ECLOSED;
    else
        gale__tls_on_handshake(s, NULL, NULL);
    if (r >= 0)
        r = gale__tls_handshake(s);
    if (r < 0 && !s->closed)
        r = gale__tls_explain(s, r);
    gale__pull_leave(s->pull);
    return r < 0 ? r : 0;
}

int gale_iostream_wait_for_handshake(gale_iostream *s)
{
    if (!gale__co_current())
        return gale__co_park("gale_iostream_wait_for_handshake"); /* says so */
    return gale__stream_is_tls(s) ? wait_handshake(s, "gale_iostream_wait_for_handshake") : 0;
}

/* Waits. */
static int start_tls(gale_iostream *s, gale_tls_context *context, bool server_side,
                     const char *server_hostname)
{
    int r;

    if (gale_iostream_reading(s))
        return gale_err(GALE_ESTATE, "gale_iostream_start_tls: a read waits");
    if (!context && !server_side)
        context = gale__tls_usual_client();
    if (!context)
        return server_side ? gale_err(GALE_EINVAL, "TLS: a server needs a context")
                           : gale_tls_error();
    /* Nothing that comes from now on is plain text. */
    gale__stream_pause(s);
    r = gale_iostream_drain(s);
    if (r >= 0)
        r = gale__stream_start_tls(s, context, server_side, server_hostname);
    gale__stream_resume(s);
    return r < 0 ? r : wait_handshake(s, "gale_iostream_start_tls");
}

/* Whoever overlooks that there is no TLS must not go on in plain text, nor read what came before
 * it: that may have been injected. */
static void break_plain(gale_iostream *s, int code)
{
    size_t n = gale__stream_kept(s).len;

    gale__stream_break(s, code);
    if (n > 0)
        gale__stream_consume(s, n);
}

int gale_iostream_start_tls(gale_iostream *s, gale_tls_context *context, bool server_side,
                            const char *server_hostname)
{
    struct gale__pull *p = s ? s->pull : NULL;
    int r;

    if (!gale__co_current())
        return gale__co_park("gale_iostream_start_tls"); /* says so */
    if (!s)
        return GALE_ECLOSED;
    gale__pull_enter(p); /* another may close it meanwhile */
    r = start_tls(s, context, server_side, server_hostname);
    if (r < 0 && !s->closed)
        break_plain(s, r);
    gale__pull_leave(p);
    return r;
}

/* --- what was agreed --- */

/* Texts of the certificate lie in the SSL's life time: they are made once and hang on it. */
struct agreed {
    char *subject, *common_name;
    unsigned char *der;
    int der_len;
};

static void free_agreed(void *parent, void *ptr, CRYPTO_EX_DATA *data, int index, long argl,
                        void *argp)
{
    struct agreed *a = ptr;

    (void)parent;
    (void)data;
    (void)index;
    (void)argl;
    (void)argp;
    if (!a)
        return;
    OPENSSL_free(a->subject);
    OPENSSL_free(a->common_name);
    OPENSSL_free(a->der);
    gale__free(a);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int agreed_index = -1;

static void make_index(void)
{
    agreed_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, free_agreed);
}

static char *subject_of(X509 *certificate)
{
    BIO *out = BIO_new(BIO_s_mem());
    char *data, *text = NULL;
    long len;

    if (!out)
        return NULL;
    if (X509_NAME_print_ex(out, X509_get_subject_name(certificate), 0,
                           XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0) {
        len = BIO_get_mem_data(out, &data);
        text = OPENSSL_strndup(data, (size_t)len);
    }
    BIO_free(out);
    return text;
}

static char *common_name_of(X509 *certificate)
{
    const X509_NAME *name = X509_get_subject_name(certificate);
    int i = X509_NAME_get_index_by_NID(name, NID_commonName, -1), len;
    unsigned char *utf8 = NULL;
    char *text;

    if (i < 0)
        return NULL;
    len = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i)));
    if (len < 0)
        return NULL;
    text = OPENSSL_strndup((char *)utf8, (size_t)len);
    OPENSSL_free(utf8);
    return text;
}

/* NULL: no memory. */
static const struct agreed *agreed_of(SSL *ssl, X509 *certificate)
{
    struct agreed *a;

    pthread_once(&once, make_index);
    a = SSL_get_ex_data(ssl, agreed_index);
    if (a)
        return a;
    a = gale__calloc(1, sizeof(*a));
    if (!a)
        return NULL;
    a->subject = subject_of(certificate);
    a->common_name = common_name_of(certificate);
    a->der_len = i2d_X509(certificate, &a->der);
    if (a->der_len >= 0 && SSL_set_ex_data(ssl, agreed_index, a))
        return a;
    free_agreed(NULL, a, NULL, 0, 0, NULL);
    return NULL;
}

static int fill_peer(SSL *ssl, gale_tls_info *out)
{
    X509 *certificate = SSL_get0_peer_certificate(ssl);
    const struct agreed *a;

    if (!certificate)
        return 0;
    a = agreed_of(ssl, certificate);
    if (!a)
        return -ENOMEM;
    out->peer_subject = a->subject;
    out->peer_common_name = a->common_name;
    out->peer_certificate = (gale_str){ (const char *)a->der, (size_t)a->der_len };
    out->peer_verified = SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE &&
                         SSL_get_verify_result(ssl) == X509_V_OK;
    return 0;
}

/* The protocol, with a NUL after it: OpenSSL's has none. */
static const char *protocol_of(SSL *ssl)
{
    const struct gale__tls_peer *peer = SSL_get_app_data(ssl);
    const unsigned char *chosen;
    unsigned len;

    SSL_get0_alpn_selected(ssl, &chosen, &len);
    if (!len)
        return NULL;
    for (const char *const *p = peer->context->options.alpn; p && *p; p++)
        if (strlen(*p) == len && !memcmp(*p, chosen, len))
            return *p;
    return "http/1.1"; /* what servers speak that name nothing */
}

int gale__tls_info(const struct gale_iostream *s, gale_tls_info *out)
{
    SSL *ssl = gale__tls_ssl(s);

    if (!ssl)
        return gale_err(GALE_ESTATE,
                        gale__stream_is_tls(s) ? "the handshake is not done" : "not a TLS stream");
    *out = (gale_tls_info){
        .version = SSL_get_version(ssl),
        .cipher = SSL_get_cipher_name(ssl),
        .alpn = protocol_of(ssl),
        .server_hostname = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name),
        .resumed = SSL_session_reused(ssl) == 1,
        .ktls_send = BIO_get_ktls_send(SSL_get_wbio(ssl)),
        .ktls_recv = BIO_get_ktls_recv(SSL_get_rbio(ssl)),
    };
    return fill_peer(ssl, out);
}

int gale_iostream_tls_info(gale_iostream *s, gale_tls_info *out)
{
    return gale__tls_info(s, out);
}

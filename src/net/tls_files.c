/* tls_files.c - certificates and keys from files into OpenSSL's contexts, by host name. */
/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "net/tls_priv.h"

void gale__tls_reason(char *out, size_t size)
{
    unsigned long first = ERR_peek_error();
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    size_t len = reason ? strlen(reason) : 0;

    /* "PEM lib" only says which part of OpenSSL knows more. */
    if (len > 4 && !strcmp(reason + len - 4, " lib"))
        reason = ERR_reason_error_string(first);
    if (ERR_SYSTEM_ERROR(first))
        snprintf(out, size, "%s", strerror(ERR_GET_REASON(first)));
    else
        snprintf(out, size, "%s", reason ? reason : "unknown error");
    ERR_clear_error();
}

/* --- one context --- */

static int give_password(char *buf, int size, int rwflag, void *arg)
{
    const char *password = arg;
    size_t len = password ? strlen(password) : 0;

    (void)rwflag;
    if (size < 0 || len > (size_t)size)
        return -1;
    memcpy(buf, password ? password : "", len);
    return (int)len;
}

static int complain(const char *what, const char *file)
{
    char reason[100];

    gale__tls_reason(reason, sizeof(reason));
    return gale_err(GALE_EINVAL, "TLS: %s '%.60s': %s", what, file, reason);
}

static int load_pair(SSL_CTX *ctx, const char *certfile, const char *keyfile)
{
    const char *key = keyfile ? keyfile : certfile;

    if (!certfile)
        return 0;
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(ctx, certfile) != 1)
        return complain("cannot use the certificate of", certfile);
    if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
        return complain("cannot use the key of", key);
    return SSL_CTX_check_private_key(ctx) == 1 ? 0 : complain("wrong key in", key);
}

static int load_trust(SSL_CTX *ctx, const char *path)
{
    struct stat st;
    int ok;

    ERR_clear_error();
    if (!path)
        return SSL_CTX_set_default_verify_paths(ctx) == 1 ? 0 : -ENOMEM;
    if (stat(path, &st) < 0)
        return gale_err(GALE_EINVAL, "TLS: ca_certs '%.60s': %s", path, strerror(errno));
    ok = S_ISDIR(st.st_mode) ? SSL_CTX_load_verify_dir(ctx, path)
                             : SSL_CTX_load_verify_file(ctx, path);
    return ok == 1 ? 0 : complain("cannot use the authorities of", path);
}

static int set_ciphers(SSL_CTX *ctx, const gale_tls_options *o)
{
    ERR_clear_error();
    if (o->ciphers && SSL_CTX_set_cipher_list(ctx, o->ciphers) != 1)
        return complain("no such ciphers:", o->ciphers);
    if (o->ciphersuites && SSL_CTX_set_ciphersuites(ctx, o->ciphersuites) != 1)
        return complain("no such cipher suites:", o->ciphersuites);
    return 0;
}

static int new_session(SSL *ssl, SSL_SESSION *session)
{
    const struct gale__tls_peer *peer = SSL_get_app_data(ssl);

    if (!peer || !peer->hostname)
        return 0;
    gale__tls_session_keep(peer->context, peer->generation, peer->hostname, session);
    return 1; /* it is ours now */
}

static void set_sessions(SSL_CTX *ctx, const gale_tls_context *context)
{
    static const unsigned char id[] = "gale";

    if (context->options.session_resumption == GALE_OFF) {
        SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
        SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
        SSL_CTX_set_num_tickets(ctx, 0);
    } else if (context->is_server) {
        SSL_CTX_set_session_id_context(ctx, id, sizeof(id) - 1);
        SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF); /* tickets: nothing is kept */
        SSL_CTX_set_num_tickets(ctx, 1);
    } else {
        SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(ctx, new_session);
    }
}

static void set_verification(SSL_CTX *ctx, const gale_tls_context *context)
{
    int verify = context->options.verify, mode = SSL_VERIFY_NONE;

    if (!context->is_server)
        mode = verify == GALE_OFF ? SSL_VERIFY_NONE : SSL_VERIFY_PEER;
    else if (verify == GALE_ON)
        mode = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    else if (verify == GALE_TLS_OPTIONAL)
        mode = SSL_VERIFY_PEER;
    SSL_CTX_set_verify(ctx, mode, NULL);
}

/* Whom a client's certificate may come from is told it. */
static void announce_authorities(SSL_CTX *ctx, const gale_tls_context *context)
{
    const char *path = context->options.ca_certs;
    struct stat st;

    if (context->is_server && path && stat(path, &st) == 0 && S_ISREG(st.st_mode))
        SSL_CTX_set_client_CA_list(ctx, SSL_load_client_CA_file(path));
    ERR_clear_error();
}

static SSL_CTX *new_ctx(const gale_tls_context *context, const char *certfile, const char *keyfile,
                        int *error)
{
    const gale_tls_options *o = &context->options;
    SSL_CTX *ctx = SSL_CTX_new(context->is_server ? TLS_server_method() : TLS_client_method());
    bool is_13 = o->min_version && !strcmp(o->min_version, "1.3");
    bool trusts = !context->is_server || o->verify > 0 || o->ca_certs;

    *error = -ENOMEM;
    if (!ctx)
        return NULL;
    SSL_CTX_set_min_proto_version(ctx, is_13 ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE);
    if (o->ktls != GALE_OFF)
        SSL_CTX_set_options(ctx, SSL_OP_ENABLE_KTLS);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_default_passwd_cb(ctx, give_password);
    SSL_CTX_set_default_passwd_cb_userdata(ctx, (void *)(uintptr_t)o->password);
    set_sessions(ctx, context);
    set_verification(ctx, context);
    *error = set_ciphers(ctx, o);
    if (*error >= 0)
        *error = load_pair(ctx, certfile, keyfile);
    if (*error >= 0 && trusts)
        *error = load_trust(ctx, o->ca_certs);
    if (*error >= 0) {
        announce_authorities(ctx, context);
        return ctx;
    }
    SSL_CTX_free(ctx);
    return NULL;
}

/* --- hosts and protocols --- */

static bool host_matches(const char *pattern, const char *name)
{
    const char *dot;

    if (pattern[0] != '*')
        return !strcmp(pattern, name);
    dot = strchr(name, '.');
    return dot && dot != name && !strcmp(pattern + 1, dot);
}

static SSL_CTX *find_host(const struct gale__tls_generation *g, const char *name)
{
    SSL_CTX *wild = NULL;

    for (size_t i = 0; i < g->n_hosts; i++) {
        if (!host_matches(g->hosts[i].name, name))
            continue;
        if (g->hosts[i].name[0] != '*')
            return g->hosts[i].ctx;
        wild = wild ? wild : g->hosts[i].ctx;
    }
    return wild;
}

static int choose_host(SSL *ssl, int *alert, void *arg)
{
    const struct gale__tls_generation *g = arg;
    const char *asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    char name[256];
    size_t n = 0;
    SSL_CTX *ctx;

    (void)alert;
    if (!asked)
        return SSL_TLSEXT_ERR_NOACK;
    while (n < sizeof(name) - 1 && asked[n]) {
        name[n] = (char)tolower((unsigned char)asked[n]);
        n++;
    }
    name[n] = 0;
    ctx = find_host(g, name);
    if (ctx)
        SSL_set_SSL_CTX(ssl, ctx);
    return SSL_TLSEXT_ERR_OK;
}

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *in, unsigned in_len, void *arg)
{
    const struct gale__tls_generation *g = arg;

    (void)ssl;
    if (SSL_select_next_proto((unsigned char **)(uintptr_t)out, out_len, g->alpn, g->alpn_len, in,
                              in_len) == OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_OK;
    return g->alpn_given ? SSL_TLSEXT_ERR_ALERT_FATAL : SSL_TLSEXT_ERR_NOACK;
}

/* The list in wire form. What servers speak that name nothing is HTTP/1.1. */
static int fill_protocols(struct gale__tls_generation *g, const gale_tls_context *context)
{
    static const char *const usual[] = { "http/1.1", NULL };
    const char *const *list = context->options.alpn;
    size_t size = 0;

    g->alpn_given = list != NULL;
    if (!list && context->is_server)
        list = usual;
    for (const char *const *p = list; p && *p; p++) {
        size_t len = strlen(*p);

        if (len == 0 || len > 255)
            return gale_err(GALE_EINVAL, "TLS: a protocol of alpn has %zu characters", len);
        size += len + 1;
    }
    g->alpn = gale__malloc(size + 1);
    if (!g->alpn)
        return -ENOMEM;
    for (const char *const *p = list; p && *p; p++) {
        size_t len = strlen(*p);

        g->alpn[g->alpn_len] = (unsigned char)len;
        memcpy(g->alpn + g->alpn_len + 1, *p, len);
        g->alpn_len += (unsigned)len + 1;
    }
    if (!context->is_server && g->alpn_len)
        return SSL_CTX_set_alpn_protos(g->ctx, g->alpn, g->alpn_len) == 0 ? 0 : -ENOMEM;
    return 0;
}

/* A name, or "*." and a name: no other star. */
static int copy_name(const char *name, char **out)
{
    size_t len = strlen(name);
    const char *rest = name[0] == '*' && name[1] == '.' ? name + 2 : name;

    if (len == 0 || len > 253 || strchr(rest, '*') || !*rest)
        return gale_err(GALE_EINVAL, "TLS: '%.60s' is no host name: \"*.\" stands for one label",
                        name);
    *out = gale__malloc(len + 1);
    if (!*out)
        return -ENOMEM;
    for (size_t i = 0; i <= len; i++)
        (*out)[i] = (char)tolower((unsigned char)name[i]);
    return 0;
}

static int fill_hosts(struct gale__tls_generation *g, const gale_tls_context *context)
{
    const gale_tls_host *hosts = context->options.hosts;
    size_t n = 0;
    int r = 0;

    while (hosts && hosts[n].name)
        n++;
    if (!n)
        return 0;
    g->hosts = gale__calloc(n, sizeof(*g->hosts));
    if (!g->hosts)
        return -ENOMEM;
    for (size_t i = 0; r >= 0 && i < n; i++) {
        if (!hosts[i].certfile)
            return gale_err(GALE_EINVAL, "TLS: host '%.60s' has no certfile", hosts[i].name);
        r = copy_name(hosts[i].name, &g->hosts[i].name);
        if (r < 0)
            return r;
        g->n_hosts++;
        g->hosts[i].ctx = new_ctx(context, hosts[i].certfile, hosts[i].keyfile, &r);
    }
    return r < 0 ? r : 0;
}

/* --- the files' times --- */

/* Calls fn for each file of the options. */
static void for_each_file(const gale_tls_options *o, void (*fn)(void *arg, const char *path),
                          void *arg)
{
    const char *own[] = { o->certfile, o->keyfile, o->ca_certs };

    for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
        if (own[i])
            fn(arg, own[i]);
    for (const gale_tls_host *h = o->hosts; h && h->name; h++) {
        if (h->certfile)
            fn(arg, h->certfile);
        if (h->keyfile)
            fn(arg, h->keyfile);
    }
}

static void count_file(void *arg, const char *path)
{
    size_t *n = arg;

    (void)path;
    *n += 1;
}

static void stamp_file(void *arg, const char *path)
{
    struct gale__tls_generation *g = arg;
    struct stat st;

    if (stat(path, &st) == 0)
        g->stamps[g->n_stamps] = st.st_ctim;
    g->n_stamps++;
}

struct comparison {
    const struct gale__tls_generation *g;
    size_t i;
    bool differs;
};

static void compare_file(void *arg, const char *path)
{
    struct comparison *c = arg;
    const struct timespec *then = &c->g->stamps[c->i++];
    struct stat st;

    /* One that is gone for a moment is being replaced. */
    if (stat(path, &st) == 0 &&
        (st.st_ctim.tv_sec != then->tv_sec || st.st_ctim.tv_nsec != then->tv_nsec))
        c->differs = true;
}

bool gale__tls_generation_is_stale(const gale_tls_context *context,
                                   const struct gale__tls_generation *generation)
{
    struct comparison c = { .g = generation };

    for_each_file(&context->options, compare_file, &c);
    return c.differs;
}

/* --- the whole --- */

/* OpenSSL asks for the protocol with the context of the host that was chosen. */
static void set_callbacks(struct gale__tls_generation *g)
{
    SSL_CTX_set_tlsext_servername_callback(g->ctx, choose_host);
    SSL_CTX_set_tlsext_servername_arg(g->ctx, g);
    SSL_CTX_set_alpn_select_cb(g->ctx, choose_protocol, g);
    for (size_t i = 0; i < g->n_hosts; i++)
        SSL_CTX_set_alpn_select_cb(g->hosts[i].ctx, choose_protocol, g);
}

/* Made of the context's secret and the files' times: workers that were forked from one process and
 * read the same files again resume each other's sessions; no session outlives the files that it was
 * agreed with. */
static int set_ticket_keys(struct gale__tls_generation *g, const gale_tls_context *context)
{
    enum { KEYS = 80, HALF = 64 };
    size_t size = g->n_stamps * 2 * sizeof(int64_t) + 1;
    unsigned char keys[2 * HALF], *text = gale__calloc(1, size);
    bool ok = text != NULL;

    for (size_t i = 0; ok && i < g->n_stamps; i++) {
        const int64_t stamp[2] = { g->stamps[i].tv_sec, g->stamps[i].tv_nsec };

        memcpy(text + 1 + i * sizeof(stamp), stamp, sizeof(stamp));
    }
    for (int half = 0; ok && half < 2; half++) {
        text[0] = (unsigned char)half;
        ok = HMAC(EVP_sha512(), context->secret, sizeof(context->secret), text, size,
                  keys + (ptrdiff_t)half * HALF, NULL) != NULL;
    }
    ok = ok && SSL_CTX_set_tlsext_ticket_keys(g->ctx, keys, KEYS) == 1;
    OPENSSL_cleanse(keys, sizeof(keys));
    gale__free(text);
    return ok ? 0 : -ENOMEM;
}

/* The times first: a file that changes while it is read is read again. */
static int fill(struct gale__tls_generation *g, const gale_tls_context *context)
{
    const gale_tls_options *o = &context->options;
    const char *certfile = o->certfile, *keyfile = o->keyfile;
    size_t n_files = 0;
    int r;

    for_each_file(o, count_file, &n_files);
    g->stamps = gale__calloc(n_files + 1, sizeof(*g->stamps));
    if (!g->stamps)
        return -ENOMEM;
    for_each_file(o, stamp_file, g);
    r = fill_hosts(g, context);
    if (r < 0)
        return r;
    if (!certfile && g->n_hosts) { /* who asks for nobody gets the first */
        certfile = o->hosts[0].certfile;
        keyfile = o->hosts[0].keyfile;
    }
    g->ctx = new_ctx(context, certfile, keyfile, &r);
    if (!g->ctx)
        return r;
    if (context->is_server) {
        set_callbacks(g);
        r = set_ticket_keys(g, context);
    }
    return r < 0 ? r : fill_protocols(g, context);
}

void gale__tls_generation_put(struct gale__tls_generation *g)
{
    if (!g || atomic_fetch_sub_explicit(&g->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < g->n_hosts; i++) {
        gale__free(g->hosts[i].name);
        SSL_CTX_free(g->hosts[i].ctx);
    }
    gale__free(g->hosts);
    SSL_CTX_free(g->ctx);
    gale__free(g->stamps);
    gale__free(g->alpn);
    gale__free(g);
}

struct gale__tls_generation *gale__tls_generation_new(const gale_tls_context *context, int *error)
{
    struct gale__tls_generation *g = gale__calloc(1, sizeof(*g));

    *error = -ENOMEM;
    if (!g)
        return NULL;
    g->refs = 1;
    *error = fill(g, context);
    if (*error >= 0)
        return g;
    gale__tls_generation_put(g);
    return NULL;
}

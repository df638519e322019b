/* tls_context.c - contexts: options, references, reload, sessions of clients.
 *
 * The certificates lie in a generation (tls_files.c), which a reload replaces; streams keep the one
 * they began with.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <openssl/rand.h>
#include <string.h>

#include "base/alloc.h"
#include "net/tls.h"
#include "net/tls_priv.h"

static _Thread_local int last_error;

int gale_tls_error(void)
{
    return last_error;
}

/* --- copies of the options --- */

static char *copy_text(const char *text, bool *failed)
{
    size_t size = text ? strlen(text) + 1 : 0;
    char *copy = text ? gale__malloc(size) : NULL;

    if (copy)
        memcpy(copy, text, size);
    else if (text)
        *failed = true;
    return copy;
}

static const char *const *copy_list(const char *const *list, bool *failed)
{
    size_t n = 0;
    char **copy;

    while (list && list[n])
        n++;
    copy = list ? gale__calloc(n + 1, sizeof(*copy)) : NULL;
    if (list && !copy)
        *failed = true;
    for (size_t i = 0; copy && i < n && !*failed; i++) /* it ends where one is missing */
        copy[i] = copy_text(list[i], failed);
    return (const char *const *)copy;
}

static const gale_tls_host *copy_hosts(const gale_tls_host *hosts, bool *failed)
{
    size_t n = 0;
    gale_tls_host *copy;

    while (hosts && hosts[n].name)
        n++;
    copy = hosts ? gale__calloc(n + 1, sizeof(*copy)) : NULL;
    if (hosts && !copy)
        *failed = true;
    for (size_t i = 0; copy && i < n; i++) {
        copy[i].name = copy_text(hosts[i].name, failed);
        if (!copy[i].name) /* it ends here */
            break;
        copy[i].certfile = copy_text(hosts[i].certfile, failed);
        copy[i].keyfile = copy_text(hosts[i].keyfile, failed);
    }
    return copy;
}

static int copy_options(gale_tls_options *o)
{
    bool failed = false;

    o->certfile = copy_text(o->certfile, &failed);
    o->keyfile = copy_text(o->keyfile, &failed);
    o->password = copy_text(o->password, &failed);
    o->ca_certs = copy_text(o->ca_certs, &failed);
    o->ciphers = copy_text(o->ciphers, &failed);
    o->ciphersuites = copy_text(o->ciphersuites, &failed);
    o->min_version = copy_text(o->min_version, &failed);
    o->server_hostname = copy_text(o->server_hostname, &failed);
    o->alpn = copy_list(o->alpn, &failed);
    o->hosts = copy_hosts(o->hosts, &failed);
    return failed ? -ENOMEM : 0;
}

static void free_text(const char *text)
{
    gale__free((void *)(uintptr_t)text);
}

static void free_options(gale_tls_options *o)
{
    const char *texts[] = { o->certfile,     o->keyfile,     o->ca_certs,       o->ciphers,
                            o->ciphersuites, o->min_version, o->server_hostname };

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        free_text(texts[i]);
    if (o->password)
        OPENSSL_cleanse((void *)(uintptr_t)o->password, strlen(o->password));
    free_text(o->password);
    for (const char *const *p = o->alpn; p && *p; p++)
        free_text(*p);
    gale__free((void *)(uintptr_t)o->alpn);
    for (const gale_tls_host *h = o->hosts; h && h->name; h++) {
        free_text(h->name);
        free_text(h->certfile);
        free_text(h->keyfile);
    }
    gale__free((void *)(uintptr_t)o->hosts);
}

/* --- life --- */

static int check_switch(const char *name, int value, bool may_be_optional)
{
    if (value >= GALE_OFF && value <= GALE_ON)
        return 0;
    if (may_be_optional && value == GALE_TLS_OPTIONAL)
        return 0;
    return gale_err(GALE_EINVAL, "TLS: %s is %d: GALE_ON or GALE_OFF", name, value);
}

static int check_options(const gale_tls_options *o, bool is_server)
{
    int r = check_switch("verify", o->verify, is_server);

    if (r >= 0)
        r = check_switch("check_hostname", o->check_hostname, false);
    if (r >= 0)
        r = check_switch("session_resumption", o->session_resumption, false);
    if (r >= 0)
        r = check_switch("ktls", o->ktls, false);
    if (r < 0)
        return r;
    if (is_server && !o->certfile && !(o->hosts && o->hosts->name))
        return gale_err(GALE_EINVAL, "TLS: a server needs a certfile (or hosts)");
    if (!is_server && o->hosts)
        return gale_err(GALE_EINVAL, "TLS: hosts are for servers");
    if (o->keyfile && !o->certfile)
        return gale_err(GALE_EINVAL, "TLS: keyfile without certfile");
    if (o->min_version && strcmp(o->min_version, "1.2") && strcmp(o->min_version, "1.3"))
        return gale_err(GALE_EINVAL, "TLS: min_version is '%.20s': \"1.2\" or \"1.3\"",
                        o->min_version);
    return 0;
}

static void forget_sessions(struct gale__tls_sessions *had)
{
    while (had->n)
        SSL_SESSION_free(had->list[--had->n]);
}

static void destroy(gale_tls_context *context)
{
    for (size_t i = 0; i < GALE__TLS_HOSTS; i++) {
        forget_sessions(&context->sessions[i]);
        gale__free(context->sessions[i].host);
    }
    OPENSSL_cleanse(context->secret, sizeof(context->secret));
    gale__tls_generation_put(context->now);
    free_options(&context->options);
    pthread_mutex_destroy(&context->lock);
    gale__free(context);
}

static int fill(gale_tls_context *context)
{
    int r = copy_options(&context->options);

    if (r < 0)
        return r;
    if (context->is_server && RAND_bytes(context->secret, sizeof(context->secret)) != 1)
        return -ENOMEM;
    context->now = gale__tls_generation_new(context, &r);
    return context->now ? 0 : r;
}

gale_tls_context *gale_tls_context_new_sized(bool is_server, const gale_tls_options *options,
                                             size_t options_size)
{
    gale_tls_context *context = gale__calloc(1, sizeof(*context));
    gale_tls_options own = { 0 };
    int r = context ? 0 : -ENOMEM;

    if (options)
        memcpy(&own, options, options_size < sizeof(own) ? options_size : sizeof(own));
    if (r >= 0)
        r = check_options(&own, is_server);
    if (r < 0) {
        gale__free(context);
        last_error = r;
        return NULL;
    }
    context->refs = 1;
    context->is_server = is_server;
    context->options = own;
    pthread_mutex_init(&context->lock, NULL);
    r = fill(context);
    last_error = r;
    if (r >= 0)
        return context;
    destroy(context);
    return NULL;
}

int gale__tls_check_role(const gale_tls_context *context, bool is_server)
{
    if (!context || context->is_server == is_server)
        return 0;
    return gale_err(GALE_EINVAL, "TLS: the context is for a %s",
                    context->is_server ? "server" : "client");
}

gale_tls_context *gale_tls_context_ref(gale_tls_context *context)
{
    if (context)
        atomic_fetch_add_explicit(&context->refs, 1, memory_order_relaxed);
    return context;
}

void gale_tls_context_free(gale_tls_context *context)
{
    if (context && atomic_fetch_sub_explicit(&context->refs, 1, memory_order_acq_rel) == 1)
        destroy(context);
}

/* --- generations --- */

struct gale__tls_generation *gale__tls_generation_get(gale_tls_context *context)
{
    struct gale__tls_generation *g;

    pthread_mutex_lock(&context->lock);
    g = context->now;
    atomic_fetch_add_explicit(&g->refs, 1, memory_order_relaxed);
    pthread_mutex_unlock(&context->lock);
    return g;
}

int gale_tls_context_reload(gale_tls_context *context)
{
    int r = 0;
    struct gale__tls_generation *fresh = gale__tls_generation_new(context, &r), *old;

    if (!fresh)
        return r;
    pthread_mutex_lock(&context->lock);
    old = context->now;
    context->now = fresh;
    for (size_t i = 0; i < GALE__TLS_HOSTS; i++) /* whom it trusted then it may not trust now */
        forget_sessions(&context->sessions[i]);
    pthread_mutex_unlock(&context->lock);
    gale__tls_generation_put(old);
    return 0;
}

int gale_tls_context_reload_if_changed(gale_tls_context *context)
{
    struct gale__tls_generation *g = gale__tls_generation_get(context);
    bool stale = gale__tls_generation_is_stale(context, g);
    int r = stale ? gale_tls_context_reload(context) : 0;

    gale__tls_generation_put(g);
    return r < 0 ? r : stale;
}

/* --- sessions of clients --- */

static struct gale__tls_sessions *sessions_of(gale_tls_context *context, const char *host)
{
    for (size_t i = 0; i < GALE__TLS_HOSTS; i++)
        if (context->sessions[i].host && !strcmp(context->sessions[i].host, host))
            return &context->sessions[i];
    return NULL;
}

static bool is_for_once(const SSL_SESSION *session)
{
    return SSL_SESSION_get_protocol_version(session) == TLS1_3_VERSION;
}

SSL_SESSION *gale__tls_session_take(gale_tls_context *context, const char *host)
{
    struct gale__tls_sessions *had;
    SSL_SESSION *session = NULL;

    pthread_mutex_lock(&context->lock);
    had = sessions_of(context, host);
    if (had && had->n) {
        session = had->list[had->n - 1];
        if (is_for_once(session))
            had->n--;
        else if (!SSL_SESSION_up_ref(session))
            session = NULL;
    }
    pthread_mutex_unlock(&context->lock);
    return session;
}

/* A place for one more: the oldest of the host goes, of older versions there is only one. */
static void make_room(struct gale__tls_sessions *had, bool for_once)
{
    if (had->n && (!for_once || !is_for_once(had->list[0])))
        forget_sessions(had);
    if (had->n < GALE__TLS_TICKETS)
        return;
    SSL_SESSION_free(had->list[0]);
    memmove(had->list, had->list + 1, sizeof(had->list) - sizeof(had->list[0]));
    had->n--;
}

/* Of that host, or in the place of the one that came first; NULL: no memory. */
static struct gale__tls_sessions *sessions_for(gale_tls_context *context, const char *host)
{
    struct gale__tls_sessions *had = sessions_of(context, host);
    bool failed = false;

    if (had)
        return had;
    had = &context->sessions[context->next_host++ % GALE__TLS_HOSTS];
    forget_sessions(had);
    gale__free(had->host);
    had->host = copy_text(host, &failed);
    return failed ? NULL : had;
}

void gale__tls_session_keep(gale_tls_context *context,
                            const struct gale__tls_generation *generation, const char *host,
                            SSL_SESSION *session)
{
    struct gale__tls_sessions *had;

    pthread_mutex_lock(&context->lock);
    had = generation == context->now ? sessions_for(context, host) : NULL;
    if (had) {
        make_room(had, is_for_once(session));
        had->list[had->n++] = session;
    }
    pthread_mutex_unlock(&context->lock);
    if (!had)
        SSL_SESSION_free(session);
}

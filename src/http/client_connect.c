/* client_connect.c - from a hop to a new connection: address, TCP, proxy, TLS.
 *
 * It runs in a coroutine of its own, so that it can be cancelled when the client goes. The
 * resolver is asked through one of ours, which tells the fetch when it is done. TLS contexts for
 * requests that name files are made once for each set of options and kept by the client.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include <gale/tcpclient.h>

#include "base/alloc.h"
#include "base/str.h"
#include "http/client_options.h"
#include "net/resolver.h"

enum {
    MAX_NAME = 255,
    MAX_KEPT_TLS = 32,
    /* What a stream keeps unread: enough for a head at once, little for a slow reader. */
    KEPT = 128 * 1024,
};

/* --- whom to connect to --- */

static int copy_host(char out[MAX_NAME + 1], gale_str host)
{
    if (host.len > MAX_NAME)
        return gale_err(GALE_EINVAL, "the host's name is too long");
    memcpy(out, host.ptr, host.len);
    out[host.len] = 0;
    return 0;
}

static int unix_name(char out[128], const char *path)
{
    if (snprintf(out, 128, "unix:%s", path) >= 128)
        return gale_err(GALE_EINVAL, "the path of the Unix socket is too long");
    return 0;
}

int gale__client_connect(const struct gale__http_url *url, const char *unix_socket,
                         gale_iostream **out)
{
    static const gale_connect_options options = { .stream.max_buffer_size = KEPT };
    char host[MAX_NAME + 1];
    int r = unix_socket ? unix_name(host, unix_socket) : copy_host(host, url->host);

    return r < 0 ? r : gale_tcp_connect(out, host, url->port, &options);
}

/* Asks another, and says when the answer is there. */
struct telling_resolver {
    struct gale_resolver base;
    gale_resolver *inner;
    struct gale__fetch *f;
};

static int resolve(gale_resolver *resolver, const struct gale__question *q, gale_address *out,
                   int max)
{
    struct telling_resolver *t = GALE_CONTAINER_OF(resolver, struct telling_resolver, base);
    int r;

    gale__fetch_set_phase(t->f, GALE_PHASE_RESOLVE);
    r = gale_resolve(t->inner, q->host, q->port, q->family, out, max);
    if (r >= 0)
        gale__fetch_set_phase(t->f, GALE_PHASE_CONNECT);
    return r;
}

int gale__client_dial(struct gale__fetch *f, gale_iostream **out)
{
    const gale_http_client *client = f->client;
    struct telling_resolver resolver = {
        .base.resolve = resolve,
        .inner = client->mapping ? client->mapping : client->options.resolver,
        .f = f,
    };
    const gale_connect_options options = {
        .stream.max_buffer_size = KEPT,
        .family = f->request.allow_ipv6 == GALE_OFF ? AF_INET : 0,
        .source_ip = f->request.network_interface,
        .resolver = &resolver.base,
    };
    bool by_proxy = f->proxy.host.len > 0;
    char host[MAX_NAME + 1];
    int r;

    gale__fetch_set_phase(f, GALE_PHASE_CONNECT);
    if (f->request.unix_socket)
        r = unix_name(host, f->request.unix_socket);
    else
        r = copy_host(host, by_proxy ? f->proxy.host : f->out.url.host);
    if (r < 0)
        return r;
    return gale_tcp_connect(out, host, by_proxy ? f->proxy.port : f->out.url.port, &options);
}

/* --- TLS --- */

struct gale__client_kept_tls {
    struct gale__client_kept_tls *next;
    gale_tls_context *context;
    gale_str key; /* behind this struct */
};

/* What a context for this request is made of, as text. */
static void write_tls_key(const gale_http_request *r, struct gale__buf *key)
{
    gale__buf_append_char(key, r->validate_cert == GALE_OFF ? 'n' : 'v');
    gale__buf_append_str(key, gale__str(r->ca_certs));
    gale__buf_append_char(key, 0);
    gale__buf_append_str(key, gale__str(r->client_cert));
    gale__buf_append_char(key, 0);
    gale__buf_append_str(key, gale__str(r->client_key));
}

static bool has_tls_options(const gale_http_request *r)
{
    return r->validate_cert || r->ca_certs || r->client_cert || r->client_key;
}

static int make_tls(gale_http_client *client, const gale_http_request *r, gale_str key,
                    gale_tls_context **out)
{
    static const char *const protocols[] = { "http/1.1", NULL };
    const gale_tls_options options = {
        .certfile = r->client_cert,
        .keyfile = r->client_key,
        .ca_certs = r->ca_certs,
        .verify = r->validate_cert == GALE_OFF ? GALE_OFF : 0,
        .check_hostname = r->validate_cert == GALE_OFF ? GALE_OFF : 0,
        .alpn = protocols,
    };
    struct gale__client_kept_tls *kept = gale__calloc(1, sizeof(*kept) + key.len);

    if (!kept)
        return -ENOMEM;
    memcpy(kept + 1, key.ptr, key.len);
    kept->key = (gale_str){ (const char *)(kept + 1), key.len };
    kept->context = gale_tls_client(&options);
    if (!kept->context) {
        gale__free(kept);
        return gale_tls_error();
    }
    kept->next = client->tls;
    client->tls = kept;
    *out = kept->context;
    return 0;
}

static void free_kept(struct gale__client_kept_tls *kept)
{
    gale_tls_context_free(kept->context);
    gale__free(kept);
}

/* The last used goes first; the last of too many goes. */
static gale_tls_context *find_tls(gale_http_client *client, gale_str key)
{
    struct gale__client_kept_tls **link = &client->tls, *kept;
    int n = 0;

    for (; (kept = *link) && !gale__str_equal(kept->key, key); link = &kept->next)
        if (++n == MAX_KEPT_TLS) {
            struct gale__client_kept_tls *last = kept->next;

            kept->next = NULL;
            if (last)
                free_kept(last);
        }
    if (!kept)
        return NULL;
    *link = kept->next;
    kept->next = client->tls;
    client->tls = kept;
    return kept->context;
}

static int choose_tls(struct gale__fetch *f, gale_tls_context **out)
{
    const gale_http_request *request = &f->request;
    gale_http_client *client = f->client;
    struct gale__buf key;
    int r;

    *out = request->tls;
    if (!*out && !has_tls_options(request))
        *out = client->options.tls;
    if (*out)
        return 0;
    gale__buf_init(&key, SIZE_MAX / 4);
    write_tls_key(request, &key);
    r = key.error;
    if (r >= 0)
        *out = find_tls(client, gale__buf_str(&key));
    if (r >= 0 && !*out)
        r = make_tls(client, request, gale__buf_str(&key), out);
    gale__buf_deinit(&key);
    return r;
}

void gale__client_free_tls(gale_http_client *client)
{
    while (client->tls) {
        struct gale__client_kept_tls *kept = client->tls;

        client->tls = kept->next;
        free_kept(kept);
    }
}

static int begin_tls(struct gale__fetch *f, gale_tls_context *context, gale_iostream *stream)
{
    char host[MAX_NAME + 1];
    int r = copy_host(host, f->out.url.host);

    gale__fetch_set_phase(f, GALE_PHASE_TLS);
    return r < 0 ? r : gale_iostream_start_tls(stream, context, false, host);
}

/* --- the whole --- */

/* The context has a reference of its own: the client may go meanwhile. */
static int connect_now(void *arg)
{
    struct gale__fetch *f = arg;
    gale_tls_context *context = NULL;
    gale_iostream *stream = NULL;
    int r = f->out.url.tls ? choose_tls(f, &context) : 0;

    if (r < 0)
        return r;
    gale_tls_context_ref(context);
    r = gale__client_dial(f, &stream);
    if (r >= 0 && gale__fetch_tunnels(f))
        r = gale__client_tunnel(f, &stream);
    if (r >= 0 && f->out.url.tls)
        r = begin_tls(f, context, stream);
    gale_tls_context_free(context);
    if (r >= 0) {
        f->conn = gale__client_conn_new(&stream);
        r = f->conn ? 0 : -ENOMEM;
    }
    gale_iostream_close(&stream);
    return r;
}

static int open_by_hook(struct gale__fetch *f)
{
    gale_iostream *stream = NULL;
    int r;

    gale__fetch_set_phase(f, GALE_PHASE_CONNECT);
    r = f->hooks->open(f->hooks->arg, &f->out.url, &stream);
    if (r < 0)
        return r;
    f->conn = gale__client_conn_new(&stream);
    return f->conn ? 0 : -ENOMEM;
}

int gale__fetch_connect(struct gale__fetch *f)
{
    int r;

    if (f->hooks->open)
        return open_by_hook(f);
    f->client->stats.connects++;
    f->connecting = gale_spawn_named("gale_fetch connect", connect_now, f);
    if (!f->connecting)
        return -ENOMEM;
    r = gale_join(&f->connecting);
    return f->ended ? GALE_ECLOSED : r;
}

/* --- which connections are alike --- */

static void append_number(struct gale__buf *key, unsigned n)
{
    char digits[10];
    size_t i = sizeof(digits);

    do
        digits[--i] = (char)('0' + n % 10);
    while (n /= 10);
    gale__buf_append(key, digits + i, sizeof(digits) - i);
}

static void write_word(struct gale__buf *key, char kind, gale_str word)
{
    if (!word.ptr)
        return;
    gale__buf_append_char(key, 0);
    gale__buf_append_char(key, kind);
    gale__buf_append_str(key, word);
}

static void write_proxy_key(const struct gale__fetch *f, struct gale__buf *key)
{
    const struct gale__client_proxy *proxy = &f->proxy;

    if (!proxy->host.len)
        return;
    write_word(key, 'p', proxy->host);
    gale__buf_append_char(key, ':');
    append_number(key, (unsigned)proxy->port);
    write_word(key, 'u', gale__str(proxy->username));
    write_word(key, 'w', gale__str(proxy->password));
    gale__buf_append_char(key, (char)('0' + proxy->auth_mode));
    write_word(key, 'a', gale__str(gale__client_own_proxy_field(f)));
}

void gale__fetch_write_key(const struct gale__fetch *f, struct gale__buf *key)
{
    const struct gale__http_url *url = &f->out.url;
    const gale_http_request *request = &f->request;

    gale__buf_append_char(key, url->tls ? 's' : 'h');
    for (size_t i = 0; i < url->host.len; i++)
        gale__buf_append_char(key, gale__lower(url->host.ptr[i]));
    gale__buf_append_char(key, ':');
    append_number(key, (unsigned)url->port);
    if (request->allow_ipv6 == GALE_OFF)
        write_word(key, '4', GALE__STR(""));
    write_word(key, 'x', gale__str(request->unix_socket));
    write_word(key, 'i', gale__str(request->network_interface));
    write_proxy_key(f, key);
    if (!url->tls)
        return;
    if (request->tls) {
        write_word(key, 't', (gale_str){ (const char *)&request->tls, sizeof(request->tls) });
    } else if (has_tls_options(request)) {
        write_word(key, 'o', GALE__STR(""));
        write_tls_key(request, key);
    }
}

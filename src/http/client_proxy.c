/* client_proxy.c - HTTP proxies: which one, tunnels through it, who asks.
 *
 * http:// goes to the proxy in absolute form, https:// through CONNECT. What the proxy is told
 * (Proxy-Authorization) is in the request to it, or in the CONNECT, and nowhere else: never
 * inside of a tunnel, nor where there is no proxy. It is one line: proxy_username's, or the
 * request's own field.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/escape.h"
#include "base/str.h"
#include "http/client_auth.h"
#include "http/client_options.h"
#include "proto/ip.h"
#include "proto/proxy_url.h"

enum { MAX_TURNS = 5, MAX_DROPPED = 64 * 1024 };

/* --- the environment --- */

struct gale__client_environment {
    struct gale__client_proxy http, https;
    const char *no_proxy;
};

static int decode(gale_http_client *client, gale_str text, const char **out)
{
    char *copy;

    if (!text.ptr)
        return 0;
    copy = gale__arena_alloc(&client->arena, text.len + 1);
    if (!copy)
        return -ENOMEM;
    copy[gale__url_unescape_into(copy, text, false)] = 0;
    *out = copy;
    return 0;
}

static int take_proxy(gale_http_client *client, const char *name, const char *text,
                      struct gale__client_proxy *out)
{
    struct gale__credentials c = { 0 };
    struct gale__proxy_url url;
    char *host;
    int r;

    if (!*text)
        return 0;
    r = gale__proxy_url_parse(gale__str(text), &url);
    if (r < 0)
        return gale_err(r, "%s in the environment is no http:// proxy", name);
    host = gale__arena_strndup(&client->arena, url.host.ptr, url.host.len);
    if (!host)
        return -ENOMEM;
    r = decode(client, url.user, &c.username);
    if (r >= 0)
        r = decode(client, url.password, &c.password);
    if (r >= 0 && c.username)
        r = gale__credentials_check(&c, name);
    if (r >= 0)
        *out = (struct gale__client_proxy){
            { host, url.host.len }, url.port, c.username, c.password, GALE_AUTH_BASIC
        };
    return r;
}

/* The first of two names that is set; *name is which. */
static const char *get(const char *lower, const char *upper, const char **name)
{
    const char *value = getenv(lower);

    *name = value ? lower : upper;
    return value || !upper ? value : getenv(upper);
}

/* HTTP_PROXY is what a CGI program's peer sends as Proxy: there it is nobody's setting. */
static int read_proxies(gale_http_client *client, struct gale__client_environment *env)
{
    const char *name;
    const char *http = get("http_proxy", getenv("REQUEST_METHOD") ? NULL : "HTTP_PROXY", &name);
    const char *all;
    int r = 0;

    if (!http)
        http = get("all_proxy", "ALL_PROXY", &name);
    if (http)
        r = take_proxy(client, name, http, &env->http);
    all = get("https_proxy", "HTTPS_PROXY", &name);
    if (!all)
        all = get("all_proxy", "ALL_PROXY", &name);
    return r >= 0 && all ? take_proxy(client, name, all, &env->https) : r;
}

int gale__client_read_environment(gale_http_client *client)
{
    struct gale__client_environment *env = gale__arena_zalloc(&client->arena, sizeof(*env));
    const char *name, *no_proxy = get("no_proxy", "NO_PROXY", &name);
    int r;

    if (!env)
        return -ENOMEM;
    r = read_proxies(client, env);
    if (r >= 0 && no_proxy) {
        env->no_proxy = gale__arena_strndup(&client->arena, no_proxy, strlen(no_proxy));
        r = env->no_proxy ? 0 : -ENOMEM;
    }
    if (r >= 0)
        client->environment = env;
    return r;
}

void gale__client_free_environment(gale_http_client *client)
{
    client->environment = NULL; /* it was in the client's arena */
}

/* --- which one --- */

static int own_proxy(struct gale__fetch *f)
{
    const gale_http_request *request = &f->request;
    const struct gale__credentials c = { request->proxy_username, request->proxy_password,
                                         request->proxy_auth_mode };

    if (request->proxy_port < 1 || request->proxy_port > 65535)
        return gale_err(GALE_EINVAL, "proxy_host without a proxy_port");
    if (!gale__proxy_host_is_valid(gale__str(request->proxy_host)))
        return gale_err(GALE_EINVAL, "proxy_host is no host");
    f->proxy = (struct gale__client_proxy){ gale__str(request->proxy_host), request->proxy_port,
                                            c.username, c.password, c.mode };
    if (c.mode == GALE_AUTH_BEARER)
        return gale_err(GALE_EINVAL, "proxy_auth_mode is basic or digest");
    return gale__credentials_check(&c, "proxy_auth_");
}

int gale__client_choose_proxy(struct gale__fetch *f)
{
    const struct gale__client_environment *env = f->client ? f->client->environment : NULL;
    const struct gale__http_url *url = &f->out.url;

    f->proxy = (struct gale__client_proxy){ 0 };
    if (f->hooks->open || f->request.unix_socket)
        return 0;
    if (f->request.proxy_host)
        return *f->request.proxy_host ? own_proxy(f) : 0;
    if (env && !gale__proxy_is_excepted(gale__str(env->no_proxy), url->host, url->port))
        f->proxy = url->tls ? env->https : env->http;
    return 0;
}

/* --- who asks --- */

static struct gale__credentials credentials_of(const struct gale__client_proxy *proxy)
{
    return (struct gale__credentials){ proxy->username, proxy->password, proxy->auth_mode };
}

const char *gale__client_own_proxy_field(const struct gale__fetch *f)
{
    if (!f->proxy.host.len || f->proxy.username || f->out.estranged)
        return NULL;
    for (const gale_http_header *h = f->request.headers; h && h->name; h++)
        if (gale__str_equal_nocase(gale__str(h->name), GALE__STR("Proxy-Authorization")))
            return h->value;
    return NULL;
}

static void put_credentials(struct gale__fetch *f, const struct gale__digest_subject *subject,
                            struct gale__buf *out)
{
    const struct gale__credentials c = credentials_of(&f->proxy);
    const char *own = gale__client_own_proxy_field(f);

    if (own)
        gale__buf_printf(out, "Proxy-Authorization: %s\r\n", own);
    gale__credentials_write(&c, f->auth ? &f->auth->proxy : NULL, subject, "Proxy-Authorization",
                            out);
}

/* 1: the same once more, with what the proxy wants to know. */
static int challenged(struct gale__fetch *f, const gale_http_header *headers, int hop,
                      bool has_body)
{
    if (f->proxy.auth_mode != GALE_AUTH_DIGEST || !f->proxy.username)
        return 0;
    if (!gale__client_auth_of(f))
        return -ENOMEM;
    return gale__digest_challenged(&f->auth->proxy, f->arena, headers, "Proxy-Authenticate", hop,
                                   has_body);
}

void gale__client_proxy_fields(struct gale__fetch *f, struct gale__buf *out)
{
    struct gale__digest_subject subject = { .method = f->out.method };
    struct gale__buf target;

    gale__buf_init(&target, SIZE_MAX / 4);
    if (f->proxy.auth_mode == GALE_AUTH_DIGEST) {
        gale__buf_append_cstr(&target, "http://");
        gale__buf_append_str(&target, f->out.url.netloc);
        gale__http_url_write_target(&f->out.url, &target);
    }
    subject.uri = gale__buf_str(&target);
    if (!f->out.bodiless)
        subject.body = f->request.body;
    if (target.error)
        out->error = target.error;
    else
        put_credentials(f, &subject, out);
    gale__buf_deinit(&target);
}

int gale__client_proxy_answered(struct gale__fetch *f)
{
    return challenged(f, f->response->headers, f->redirects,
                      f->out.bodiless || !f->request.body_producer);
}

/* --- tunnels --- */

static void write_connect(struct gale__fetch *f, struct gale__buf *out)
{
    const struct gale__http_url *url = &f->out.url;
    const char *agent = f->request.user_agent ? f->request.user_agent : "gale/" GALE_VERSION;
    struct gale__digest_subject subject = { .method = "CONNECT" };
    struct gale__buf authority;

    gale__buf_init(&authority, SIZE_MAX / 4);
    gale__buf_printf(&authority, url->is_numeric6 ? "[%.*s]:%d" : "%.*s:%d", (int)url->host.len,
                     url->host.ptr, url->port);
    subject.uri = gale__buf_str(&authority);
    gale__buf_append_cstr(out, "CONNECT ");
    gale__buf_append_str(out, subject.uri);
    gale__buf_append_cstr(out, " HTTP/1.1\r\nHost: ");
    gale__buf_append_str(out, subject.uri);
    gale__buf_append_cstr(out, "\r\n");
    if (*agent)
        gale__buf_printf(out, "User-Agent: %s\r\n", agent);
    put_credentials(f, &subject, out);
    gale__buf_append_cstr(out, "\r\n");
    if (authority.error)
        out->error = authority.error;
    gale__buf_deinit(&authority);
}

/* The fields of the present head in the arena. */
static gale_http_header *copy_fields(struct gale__fetch *f, const struct gale__client_conn *conn)
{
    const struct gale__http1_head *head = &conn->head;
    gale_http_header *fields = gale__arena_zalloc(f->arena,
                                                  (head->n_headers + 1u) * sizeof(*fields));

    for (size_t i = 0; fields && i < head->n_headers; i++) {
        const struct gale__http1_header *h = &head->headers[i];

        fields[i].name = gale__arena_strndup(f->arena, conn->head_text + h->name_off, h->name_len);
        fields[i].value = gale__arena_strndup(f->arena, conn->head_text + h->value_off,
                                              h->value_len);
        if (!fields[i].name || !fields[i].value)
            return NULL;
    }
    return fields;
}

static int refused(const struct gale__fetch *f, const struct gale__client_conn *conn)
{
    const struct gale__http1_head *head = &conn->head;

    return gale_err(GALE_EPROTO, "the proxy %.*s:%d answered %d %.*s to CONNECT",
                    (int)gale__str_head(f->proxy.host, 80).len, f->proxy.host.ptr, f->proxy.port,
                    head->status_code, head->reason_len < 60 ? (int)head->reason_len : 60,
                    conn->head_text + head->reason_off);
}

/* The rest of an answer nobody wants: whether the connection can go on. */
static bool drop_body(struct gale__client_conn *conn)
{
    size_t dropped = 0;
    gale_str piece;
    int r;

    if (!conn->keep_alive)
        return false;
    while ((r = gale__client_conn_read_body(conn, &piece)) > 0 && dropped <= MAX_DROPPED)
        dropped += piece.len;
    return r == 0 && !conn->rest.len;
}

static int ask_for_tunnel(struct gale__fetch *f, struct gale__client_conn *conn)
{
    int r;

    gale__client_conn_begin(conn, (size_t)f->request.max_header_size);
    write_connect(f, &conn->out);
    r = conn->out.error;
    if (r >= 0)
        r = gale_iostream_write(conn->stream, conn->out.ptr, conn->out.len);
    return r < 0 ? r : gale__client_conn_read_head(conn, false);
}

/* 1: the proxy wants to know who asks, and now we can say it. */
static int take_answer(struct gale__fetch *f, struct gale__client_conn *conn, int hop)
{
    gale_http_header *fields;
    int r;

    if (conn->head.status_code / 100 == 2)
        return conn->rest.len ? gale_err(GALE_EPROTO, "bytes behind the answer to CONNECT") : 0;
    if (conn->head.status_code != 407)
        return refused(f, conn);
    fields = copy_fields(f, conn);
    if (!fields)
        return -ENOMEM;
    r = challenged(f, fields, hop, true);
    return r == 0 ? refused(f, conn) : r;
}

/* A connection to the proxy in *stream, which is lost when it cannot be used again. 1: once more.
 */
static int try_tunnel(struct gale__fetch *f, gale_iostream **stream, int hop)
{
    struct gale__client_conn *conn = gale__client_conn_new(stream);
    int r;

    if (!conn)
        return -ENOMEM;
    r = ask_for_tunnel(f, conn);
    if (r >= 0)
        r = take_answer(f, conn, hop);
    if (r == 0 || (r > 0 && drop_body(conn)))
        gale__client_conn_detach(conn, stream);
    else
        gale__client_conn_free(conn);
    return r;
}

int gale__client_tunnel(struct gale__fetch *f, gale_iostream **stream)
{
    int r = 1;

    /* Connections differ from hops: each has turns of its own. */
    for (int turn = 0; r > 0 && turn < MAX_TURNS; turn++) {
        if (!*stream)
            r = gale__client_dial(f, stream);
        if (r >= 0)
            r = try_tunnel(f, stream, -1 - f->redirects);
    }
    return r > 0 ? gale_err(GALE_EPROTO, "the proxy asks again and again who asks") : r;
}

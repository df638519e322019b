/* client_connect.c - from a URL's host to a connected stream.
 *
 * Numeric addresses and localhost need nobody; other names are looked up by getaddrinfo() on a
 * thread of the executor. A look-up cannot be stopped: when its coroutine is cancelled, it is
 * abandoned and frees itself when it is done.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/str.h"
#include "gen/co.h"
#include "http/client.h"
#include "ioloop/io.h"
#include "net/address.h"

enum {
    MAX_ADDRESSES = 16,
    MAX_NAME = 253,
    /* What a stream keeps unread: enough for a head at once, little for a slow reader. */
    KEPT = 128 * 1024,
};

struct lookup {
    char host[MAX_NAME + 1];
    int port;
    int error; /* EAI_…, 0 */
    size_t n;
    gale_address addresses[MAX_ADDRESSES];
    struct gale__waitq waiter;
    bool done, abandoned;
};

static void add_address(struct lookup *l, const struct addrinfo *ai)
{
    gale_address *a = &l->addresses[l->n];

    if (l->n == MAX_ADDRESSES || ai->ai_addrlen > sizeof(a->storage))
        return;
    memcpy(a->storage.bytes, ai->ai_addr, ai->ai_addrlen);
    a->len = ai->ai_addrlen;
    l->n++;
}

/* On a thread of the executor. */
static void look_up(void *arg)
{
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG };
    struct lookup *l = arg;
    struct addrinfo *found = NULL;
    char port[8];

    snprintf(port, sizeof(port), "%u", (unsigned)(uint16_t)l->port);
    l->error = getaddrinfo(l->host, port, &hints, &found);
    if (l->error)
        return;
    for (const struct addrinfo *ai = found; ai; ai = ai->ai_next)
        add_address(l, ai);
    freeaddrinfo(found);
}

static void looked_up(void *arg)
{
    struct lookup *l = arg;

    l->done = true;
    if (l->abandoned)
        gale__free(l);
    else
        gale__waitq_wake_all(&l->waiter, 0);
}

static int start_lookup(const struct gale__http_url *url, struct lookup **out)
{
    struct lookup *l = gale__calloc(1, sizeof(*l));
    int r;

    if (!l)
        return -ENOMEM;
    memcpy(l->host, url->host.ptr, url->host.len);
    l->port = url->port;
    gale__waitq_init(&l->waiter);
    r = gale__executor_submit(gale__co_loop(gale__co_current()), look_up, looked_up, l);
    if (r < 0) {
        gale__free(l);
        return r;
    }
    *out = l;
    return 0;
}

static int connect_any(const gale_address *addresses, size_t n, gale_iostream **out)
{
    static const gale_iostream_options options = { .max_buffer_size = KEPT };
    int r = GALE_ENOTFOUND;

    for (size_t i = 0; i < n; i++) {
        r = gale_iostream_connect(out, &addresses[i], &options);
        if (r >= 0 || r == GALE_ECANCELED || r == GALE_ETIMEDOUT || r == -ENOMEM)
            return r;
    }
    return r;
}

static int connect_by_name(const struct gale__http_url *url, gale_iostream **out)
{
    struct lookup *l = NULL;
    int r;

    if (url->host.len > MAX_NAME)
        return gale_err(GALE_EINVAL, "the host's name is too long");
    r = start_lookup(url, &l);
    if (r < 0)
        return r;
    r = gale__waitq_wait(&l->waiter, "gale_fetch", INT64_MAX);
    if (!l->done) {
        l->abandoned = true;
        return r;
    }
    if (r >= 0 && (l->error || !l->n))
        r = gale_err(GALE_ENOTFOUND, "no such host: %s",
                     l->error ? gai_strerror(l->error) : "it has no address");
    if (r >= 0)
        r = connect_any(l->addresses, l->n, out);
    gale__free(l);
    return r;
}

static int connect_numeric(gale_iostream **out, gale_str host, bool is_ipv6, int port)
{
    gale_address address;
    char text[80];
    int r;

    snprintf(text, sizeof(text), is_ipv6 ? "[%.*s]:%d" : "%.*s:%d", (int)host.len, host.ptr, port);
    r = gale_address_parse(&address, text);
    return r < 0 ? r : connect_any(&address, 1, out);
}

static bool is_ipv4(gale_str host)
{
    char text[16];

    if (host.len >= sizeof(text))
        return false;
    memcpy(text, host.ptr, host.len);
    text[host.len] = 0;
    return !strchr(text, ':') && gale_is_valid_ip(text);
}

static int connect_unix(const char *path, gale_iostream **out)
{
    gale_address address;
    char text[128];
    int r;

    if (snprintf(text, sizeof(text), "unix:%s", path) >= (int)sizeof(text))
        return gale_err(GALE_EINVAL, "the path of the Unix socket is too long");
    r = gale_address_parse(&address, text);
    return r < 0 ? r : connect_any(&address, 1, out);
}

int gale__client_connect(const struct gale__http_url *url, const char *unix_socket,
                         gale_iostream **out)
{
    gale_str host = url->host;
    int r;

    if (unix_socket)
        return connect_unix(unix_socket, out);
    if (url->tls)
        return gale_err(GALE_EINVAL, "https:// URLs need TLS, which this version does not have");
    if (url->is_numeric6 || is_ipv4(host))
        return connect_numeric(out, host, url->is_numeric6, url->port);
    if (!gale__str_equal_nocase(host, GALE__STR("localhost")))
        return connect_by_name(url, out);
    r = connect_numeric(out, GALE__STR("127.0.0.1"), false, url->port);
    return r == -ECONNREFUSED ? connect_numeric(out, GALE__STR("::1"), true, url->port) : r;
}

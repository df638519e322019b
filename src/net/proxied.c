/* proxied.c - reading a PROXY header from a socket. See proxied.h.
 *
 * What is there is looked at before it is taken (MSG_PEEK). A beginning of a header is taken at
 * once, so that the socket is ready again only when more has come; the end of one tells how much
 * of the rest is to be taken.
 */
/* SPDX-License-Identifier: MIT */
#include "net/proxied.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include <gale/gen.h>

#include "net/address.h"

static const double header_seconds = 10; /* for all of a header to come */

/* Bytes that are there, not taken: > 0, GALE_EEOF, -errno. */
static ssize_t peek(int fd, char *data, size_t size)
{
    ssize_t n;

    do
        n = recv(fd, data, size, MSG_PEEK | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    return n > 0 ? n : n == 0 ? GALE_EEOF : -errno;
}

/* n bytes that were seen to be there. */
static int take(int fd, char *data, size_t n)
{
    ssize_t got;

    do
        got = recv(fd, data, n, MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return -errno;
    return (size_t)got == n ? 0 : GALE_EEOF;
}

static void set_address(gale_address *a, const struct gale__proxy *proxy)
{
    struct sockaddr_in *in = (void *)a->storage.bytes;
    struct sockaddr_in6 *in6 = (void *)a->storage.bytes;

    memset(a, 0, sizeof(*a));
    if (proxy->is_local)
        return;
    if (proxy->family == 4) {
        in->sin_family = AF_INET;
        in->sin_port = htons(proxy->port);
        memcpy(&in->sin_addr, proxy->bytes, 4);
        a->len = sizeof(*in);
    } else if (proxy->family == 6) {
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons(proxy->port);
        memcpy(&in6->sin6_addr, proxy->bytes, 16);
        a->len = sizeof(*in6);
    } else {
        gale__address_sockaddr(a)->sa_family = AF_UNIX;
        a->len = sizeof(sa_family_t);
    }
}

/* Looks at what has come: 1 when that decides it, 0 when more is needed, or a failure. */
static int look(struct gale__proxied *p, int fd, bool optional)
{
    struct gale__proxy proxy;
    ssize_t n = peek(fd, p->data + p->n, sizeof(p->data) - p->n);
    int r;

    if (n == -EAGAIN)
        return 0;
    if (n == GALE_EEOF && optional)
        return 1; /* a few bytes that look like a beginning, or nothing: the stream tells */
    if (n < 0)
        return (int)n;
    r = gale__proxy_parse(p->data, p->n + (size_t)n, &proxy);
    if (r == GALE_ENOTFOUND)
        return optional ? 1 : gale_err(GALE_EPROTO, "no PROXY header");
    if (r < 0)
        return r;
    if (r == 0) {
        r = take(fd, p->data + p->n, (size_t)n);
        p->n += (size_t)n;
        if (r >= 0 && p->n == sizeof(p->data))
            r = gale_err(GALE_EPROTO, "PROXY header too long");
        return r;
    }
    if ((size_t)r > p->n && take(fd, p->data + p->n, (size_t)r - p->n) < 0)
        return GALE_EEOF;
    p->n = 0;
    set_address(&p->address, &proxy);
    return 1;
}

int gale__proxied_read(struct gale__proxied *p, int fd, bool optional)
{
    double deadline = gale_ioloop_time(gale_ioloop_current()) + header_seconds;
    int r;

    p->n = 0;
    p->address.len = 0;
    while ((r = look(p, fd, optional)) == 0) {
        r = gale_wait_fd(fd, GALE_READ, deadline);
        if (r < 0)
            return r;
    }
    return r < 0 ? r : 0;
}

uint8_t gale__address_ip(const gale_address *a, uint8_t bytes[16])
{
    const struct sockaddr_in *in = (const void *)a->storage.bytes;
    const struct sockaddr_in6 *in6 = (const void *)a->storage.bytes;

    memset(bytes, 0, 16);
    switch (gale__address_family(a)) {
    case AF_INET:
        memcpy(bytes, &in->sin_addr, 4);
        return 4;
    case AF_INET6:
        memcpy(bytes, &in6->sin6_addr, 16);
        return 6;
    default:
        return 0;
    }
}

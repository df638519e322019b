/* bind.c - listening sockets.
 *
 * One socket for each address a name has, as Tornado, so that a server can say which it
 * serves. Port 0 means one free port for all of them: when a later address's is taken,
 * all begin again with another.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/netutil.h>

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/address.h"

enum {
    DEFAULT_BACKLOG = 1024,
    MAX_ADDRESSES = 16, /* of one host name */
    PORT_TRIES = 32,    /* for a free port of all families */
};

struct targets {
    gale_address list[MAX_ADDRESSES];
    int n;
};

static int cannot_listen(const gale_address *address, int error)
{
    char text[128];

    gale_address_format(address, text, sizeof(text));
    return gale_err(error, "cannot listen on %s: %s", text, strerror(-error));
}

static void set_port(gale_address *a, int port)
{
    if (gale__address_family(a) == AF_INET)
        ((struct sockaddr_in *)(void *)a->storage.bytes)->sin_port = htons((uint16_t)port);
    else
        ((struct sockaddr_in6 *)(void *)a->storage.bytes)->sin6_port = htons((uint16_t)port);
}

static void add_target(struct targets *t, const struct sockaddr *addr, socklen_t len)
{
    gale_address *a = &t->list[t->n];

    if (t->n == MAX_ADDRESSES || len > sizeof(a->storage))
        return;
    memset(a, 0, sizeof(*a));
    memcpy(a->storage.bytes, addr, len);
    a->len = len;
    for (int i = 0; i < t->n; i++)
        if (t->list[i].len == a->len &&
            memcmp(t->list[i].storage.bytes, a->storage.bytes, len) == 0)
            return;
    t->n++;
}

/* Adds the addresses of one family, so that they come sorted by it. */
static void add_family(struct targets *t, const struct addrinfo *found, int family)
{
    for (const struct addrinfo *ai = found; ai; ai = ai->ai_next)
        if (ai->ai_family == family)
            add_target(t, ai->ai_addr, ai->ai_addrlen);
}

/* Looks host up; NULL: all addresses of this machine. */
static int resolve(struct targets *t, const char *host, int port, int family)
{
    const struct addrinfo hints = { .ai_family = family,
                                    .ai_socktype = SOCK_STREAM,
                                    .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
    struct addrinfo *found;
    char service[8];
    int r;

    snprintf(service, sizeof(service), "%d", port);
    r = getaddrinfo(host, service, &hints, &found);
    if (r != 0)
        return gale_err(r == EAI_MEMORY ? -ENOMEM : GALE_ENOTFOUND, "cannot listen on %s:%d: %s",
                        host ? host : "*", port, gai_strerror(r));
    t->n = 0;
    add_family(t, found, AF_INET);
    add_family(t, found, AF_INET6);
    freeaddrinfo(found);
    return 0;
}

static int set_option(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno : 0;
}

static int configure(int fd, int family, const gale_bind_options *o)
{
    int r = set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);

    if (r >= 0 && o->reuse_port == GALE_ON)
        r = set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (r >= 0 && family == AF_INET6)
        r = set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, o->ipv6_only != GALE_OFF);
    return r;
}

static int listen_on(const gale_address *a, const gale_bind_options *o)
{
    int family = gale__address_family(a);
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int r;

    if (fd < 0)
        return -errno;
    r = configure(fd, family, o);
    if (r >= 0 && bind(fd, gale__address_sockaddr(a), a->len) < 0)
        r = -errno;
    if (r >= 0 && listen(fd, o->backlog > 0 ? o->backlog : DEFAULT_BACKLOG) < 0)
        r = -errno;
    if (r >= 0)
        return fd;
    close(fd);
    return r;
}

/* A family that the machine has not, or ::1 of localhost where IPv6 is off, is no failure
 * while another address remains. */
static bool may_be_skipped(int error, const gale_address *a, const char *host)
{
    if (error == -EAFNOSUPPORT)
        return true;
    return error == -EADDRNOTAVAIL && gale__address_family(a) == AF_INET6 &&
           (!host || strcmp(host, "localhost") == 0);
}

static void close_all(const int *fds, int n)
{
    while (n > 0)
        close(fds[--n]);
}

/* Binds all; *chosen is the port that the first got. The number of sockets, or a failure
 * with all closed again; *failed tells where. */
static int bind_all(struct targets *t, const char *host, const gale_bind_options *o, int *fds,
                    int max, const gale_address **failed)
{
    int n = 0, chosen = 0, last = -EADDRNOTAVAIL;

    *failed = &t->list[0];
    for (int i = 0; i < t->n && n < max; i++) {
        gale_address *a = &t->list[i];
        int fd;

        if (chosen)
            set_port(a, chosen);
        fd = listen_on(a, o);
        if (fd < 0) {
            last = fd;
            *failed = a;
            if (may_be_skipped(fd, a, host))
                continue;
            close_all(fds, n);
            return fd;
        }
        fds[n++] = fd;
        if (gale__address_port(a) == 0) {
            gale_address bound;
            int r = gale__address_local(&bound, fd);

            if (r < 0) {
                close_all(fds, n);
                return r;
            }
            chosen = gale__address_port(&bound);
        }
    }
    return n > 0 ? n : last;
}

int gale_bind_sockets(int port, const char *address, const gale_bind_options *options, int *fds,
                      int max)
{
    static const gale_bind_options defaults;
    const char *host = address && *address ? address : NULL;
    const gale_address *failed;
    struct targets t;
    int r = gale__check_port(port);

    if (!options)
        options = &defaults;
    if (r >= 0 && max < 1)
        r = gale_err(GALE_EINVAL, "gale_bind_sockets: no room for a descriptor");
    if (r >= 0)
        r = resolve(&t, host, port, options->family);
    if (r < 0)
        return r;
    if (t.n == 0)
        return gale_err(GALE_ENOTFOUND, "cannot listen on %s:%d: no address", host ? host : "*",
                        port);
    for (int tries = 0; tries < PORT_TRIES; tries++) {
        for (int i = 0; i < t.n; i++)
            set_port(&t.list[i], port);
        r = bind_all(&t, host, options, fds, max, &failed);
        if (r != -EADDRINUSE || port != 0)
            break;
    }
    return r < 0 ? cannot_listen(failed, r) : r;
}

/* A socket file nobody listens on may go. Any other answer than a refusal (another type of
 * socket, no permission, a full queue) is somebody's: -EADDRINUSE. */
static int remove_stale(const gale_address *a, const char *path)
{
    struct stat st;
    int fd, r;

    if (lstat(path, &st) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (!S_ISSOCK(st.st_mode))
        return -EEXIST;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    r = connect(fd, gale__address_sockaddr(a), a->len) < 0 ? -errno : 0;
    close(fd);
    if (r == -ENOENT)
        return 0;
    if (r != -ECONNREFUSED)
        return -EADDRINUSE;
    return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

/* The mode is set between bind and listen: before, there is no file; after, anyone could
 * have connected. */
static int listen_unix(const gale_address *a, const char *path, int mode, int backlog)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int r = fd < 0 ? -errno : 0;

    if (r >= 0 && bind(fd, gale__address_sockaddr(a), a->len) < 0)
        r = -errno;
    if (r >= 0 && path[0] != '@' && chmod(path, mode ? (mode_t)mode : 0600) < 0)
        r = -errno;
    if (r >= 0 && listen(fd, backlog > 0 ? backlog : DEFAULT_BACKLOG) < 0)
        r = -errno;
    if (r < 0 && fd >= 0)
        close(fd);
    return r < 0 ? r : fd;
}

int gale_bind_unix_socket(const char *path, int mode, int backlog)
{
    char text[sizeof("unix:") + sizeof(struct sockaddr_un)];
    gale_address a;
    int r;

    if (snprintf(text, sizeof(text), "unix:%s", path) >= (int)sizeof(text))
        return gale_err(GALE_EINVAL, "path of a Unix socket too long: %.100s", path);
    r = gale_address_parse(&a, text);
    if (r < 0)
        return r;
    if (path[0] != '@')
        r = remove_stale(&a, path);
    if (r >= 0)
        r = listen_unix(&a, path, mode, backlog);
    return r < 0 ? cannot_listen(&a, r) : r;
}

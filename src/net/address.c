/* address.c - socket addresses and their text. */
/* SPDX-License-Identifier: MIT */
#include "net/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

_Static_assert(sizeof(struct sockaddr_storage) <= sizeof(((gale_address *)0)->storage),
               "a gale_address holds any socket address");

int gale__check_port(int port)
{
    if (port < 0 || port > 65535)
        return gale_err(GALE_EINVAL, "bad port %d: it must be between 0 and 65535", port);
    return 0;
}

static int parse_unix(gale_address *out, const char *path)
{
    struct sockaddr_un *un = (void *)out->storage.bytes;
    size_t len = strlen(path);

    if (len == 0 || (len == 1 && path[0] == '@'))
        return gale_err(GALE_EINVAL, "bad address 'unix:%s': no path", path);
    if (len >= sizeof(un->sun_path))
        return gale_err(GALE_EINVAL, "bad address 'unix:%.40s…': longer than %zu bytes", path,
                        sizeof(un->sun_path) - 1);
    un->sun_family = AF_UNIX;
    memcpy(un->sun_path, path, len + 1);
    out->len = (uint32_t)(offsetof(struct sockaddr_un, sun_path) + len + 1);
    if (path[0] == '@') {
        un->sun_path[0] = '\0';
        out->len--; /* an abstract name is exactly as long as it is */
    }
    return 0;
}

static int parse_port(const char *text, const char *digits)
{
    size_t n = strspn(digits, "0123456789");
    long port = n > 0 && n <= 5 && !digits[n] ? strtol(digits, NULL, 10) : -1;

    if (port < 0 || port > 65535)
        return gale_err(GALE_EINVAL, "bad address '%.100s': bad port '%.20s'", text, digits);
    return (int)port;
}

static int parse_v4(gale_address *out, const char *host, int port)
{
    struct sockaddr_in *in = (void *)out->storage.bytes;

    if (inet_pton(AF_INET, host, &in->sin_addr) != 1)
        return -1;
    in->sin_family = AF_INET;
    in->sin_port = htons((uint16_t)port);
    out->len = sizeof(*in);
    return 0;
}

/* host may end in a scope: fe80::1%eth0 or %2. */
static int parse_v6(gale_address *out, char *host, int port)
{
    struct sockaddr_in6 *in6 = (void *)out->storage.bytes;
    char *scope = strchr(host, '%');

    if (scope) {
        *scope++ = '\0';
        in6->sin6_scope_id = if_nametoindex(scope);
        if (!in6->sin6_scope_id && strspn(scope, "0123456789") == strlen(scope))
            in6->sin6_scope_id = (uint32_t)strtoul(scope, NULL, 10);
        if (!in6->sin6_scope_id)
            return -1;
    }
    if (inet_pton(AF_INET6, host, &in6->sin6_addr) != 1)
        return -1;
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons((uint16_t)port);
    out->len = sizeof(*in6);
    return 0;
}

int gale_address_parse(gale_address *out, const char *text)
{
    gale_address a = { .len = 0 };
    const char *colon = strrchr(text, ':');
    char host[INET6_ADDRSTRLEN + IF_NAMESIZE + 1];
    int port, r;

    if (strncmp(text, "unix:", 5) == 0) {
        r = parse_unix(&a, text + 5);
        if (r >= 0)
            *out = a;
        return r;
    }
    if (!colon)
        return gale_err(GALE_EINVAL, "bad address '%.100s': no port", text);
    port = parse_port(text, colon + 1);
    if (port < 0)
        return port;
    bool brackets = text[0] == '[' && colon > text + 1 && colon[-1] == ']';
    size_t len = (size_t)(colon - text) - (brackets ? 2 : 0);

    if (len >= sizeof(host))
        return gale_err(GALE_EINVAL, "bad address '%.100s': too long", text);
    memcpy(host, text + (brackets ? 1 : 0), len);
    host[len] = '\0';
    if ((brackets ? parse_v6(&a, host, port) : parse_v4(&a, host, port)) < 0)
        return gale_err(GALE_EINVAL, "bad address '%.100s': not a numeric address with a port",
                        text);
    *out = a;
    return 0;
}

static void format_unix(const gale_address *a, char *out, size_t size)
{
    const struct sockaddr_un *un = (const void *)a->storage.bytes;
    size_t len = a->len - offsetof(struct sockaddr_un, sun_path);

    if (a->len <= offsetof(struct sockaddr_un, sun_path))
        snprintf(out, size, "unix:");
    else if (un->sun_path[0] == '\0')
        snprintf(out, size, "unix:@%.*s", (int)len - 1, un->sun_path + 1);
    else
        snprintf(out, size, "unix:%.*s", (int)len, un->sun_path);
}

void gale_address_format(const gale_address *a, char *out, size_t size)
{
    const struct sockaddr_in *in = (const void *)a->storage.bytes;
    const struct sockaddr_in6 *in6 = (const void *)a->storage.bytes;
    char host[INET6_ADDRSTRLEN] = "", scope[IF_NAMESIZE + 1] = "";

    switch (gale__address_family(a)) {
    case AF_INET:
        inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
        snprintf(out, size, "%s:%d", host, ntohs(in->sin_port));
        break;
    case AF_INET6:
        inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
        if (in6->sin6_scope_id)
            snprintf(scope, sizeof(scope), "%%%u", in6->sin6_scope_id);
        snprintf(out, size, "[%s%s]:%d", host, scope, ntohs(in6->sin6_port));
        break;
    case AF_UNIX:
        format_unix(a, out, size);
        break;
    default:
        snprintf(out, size, "?");
    }
}

int gale__address_port(const gale_address *a)
{
    const struct sockaddr_in *in = (const void *)a->storage.bytes;
    const struct sockaddr_in6 *in6 = (const void *)a->storage.bytes;

    switch (gale__address_family(a)) {
    case AF_INET:
        return ntohs(in->sin_port);
    case AF_INET6:
        return ntohs(in6->sin6_port);
    default:
        return 0;
    }
}

/* What fails leaves an empty address, so that none is ever half written. */
static int get_name(gale_address *out, int fd, int (*get)(int, struct sockaddr *, socklen_t *))
{
    socklen_t len = sizeof(out->storage);

    *out = (gale_address){ .len = 0 };
    if (get(fd, gale__address_sockaddr(out), &len) < 0)
        return -errno;
    out->len = len;
    return 0;
}

static int get_local(int fd, struct sockaddr *addr, socklen_t *len)
{
    return getsockname(fd, addr, len);
}

static int get_peer(int fd, struct sockaddr *addr, socklen_t *len)
{
    return getpeername(fd, addr, len);
}

int gale__address_local(gale_address *out, int fd)
{
    return get_name(out, fd, get_local);
}

int gale__address_peer(gale_address *out, int fd)
{
    return get_name(out, fd, get_peer);
}

bool gale_is_valid_ip(const char *text)
{
    unsigned char bytes[sizeof(struct in6_addr)];

    return text && (inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1);
}

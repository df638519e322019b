/* main_fastcgi.c - gale_main's --fastcgi: where web servers find the program.
 *
 * Its sockets stand behind those of HTTP in the list, and go along to a successor under a name of
 * their own.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gale/error.h>
#include <gale/netutil.h>
#include <gale/options.h>

#include "base/alloc.h"
#include "base/options.h"
#include "base/str.h"
#include "top/serving.h"

enum { LISTEN_FD = 0, HOST_MAX = 255 }; /* FCGI_LISTENSOCK_FILENO */

static bool is_given(const gale_options *options, gale_str name)
{
    const struct gale__option *option = gale__options_find(options, name);

    return option && option->source != GALE__BY_CODE;
}

bool gale__serving_wants_http(const gale_options *options)
{
    const char *fastcgi = gale_option_str(options, "fastcgi");

    return !fastcgi || !*fastcgi || is_given(options, GALE__STR("port")) ||
           is_given(options, GALE__STR("address"));
}

/* What spawn-fcgi, or a web server, has put there. Others may share it. */
static int take_inherited(struct gale__serving *s)
{
    int listens = 0, fd, null;
    socklen_t len = sizeof(listens);

    if (getsockopt(LISTEN_FD, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) < 0 || !listens)
        return gale_err(GALE_EINVAL, "--fastcgi=fd: descriptor 0 is no listening socket");
    fd = fcntl(LISTEN_FD, F_DUPFD_CLOEXEC, 3);
    if (fd < 0 || fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0)
        return gale_err(-errno, "--fastcgi=fd: %s", strerror(errno));
    null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null >= 0) {
        dup2(null, LISTEN_FD);
        close(null);
    }
    s->is_lent = true;
    return gale__serving_keep(s, &fd, 1);
}

/* "[HOST:]PORT": the loopback when nothing else is said, since web servers are believed. */
static int bind_port(struct gale__serving *s, const char *where)
{
    const gale_bind_options o = { .backlog = gale_app_settings(s->app)->server.backlog };
    const char *colon = strrchr(where, ':'), *digits = colon ? colon + 1 : where;
    char host[HOST_MAX + 1] = "127.0.0.1";
    size_t len = colon ? (size_t)(colon - where) : 0;
    long port = strtol(digits, NULL, 10);
    int fds[GALE__SOCKETS_AT_ONCE], n;

    if (!*digits || digits[strspn(digits, "0123456789")] || port > 65535 || len > HOST_MAX ||
        colon == where)
        return gale_err(GALE_EINVAL, "--fastcgi is not [HOST:]PORT, unix:/PATH or fd: '%.80s'",
                        where);
    if (len > 2 && where[0] == '[' && where[len - 1] == ']')
        snprintf(host, sizeof(host), "%.*s", (int)len - 2, where + 1);
    else if (len)
        snprintf(host, sizeof(host), "%.*s", (int)len, where);
    n = gale_bind_sockets((int)port, strcmp(host, "*") == 0 ? NULL : host, &o, fds,
                          GALE__SOCKETS_AT_ONCE);
    return n < 0 ? n : gale__serving_keep(s, fds, n);
}

int gale__serving_bind_fastcgi(struct gale__serving *s, const char *where)
{
    int fd;

    if (strcmp(where, "fd") == 0)
        return take_inherited(s);
    if (strncmp(where, "unix:", 5) != 0)
        return bind_port(s, where);
    fd = gale_bind_unix_socket(where + 5, 0, gale_app_settings(s->app)->server.backlog);
    return fd < 0 ? fd : gale__serving_keep(s, &fd, 1);
}

int gale__serving_name_sockets(struct gale__serving *s)
{
    static const char variable[] = "LISTEN_FDNAMES=";
    size_t size = sizeof(variable) + (size_t)s->n_fds * sizeof("fastcgi");
    char *p;

    if (s->n_fds == s->n_http)
        return 0;
    s->names = p = gale__malloc(size);
    if (!p)
        return -ENOMEM;
    p = stpcpy(p, variable);
    for (int i = 0; i < s->n_fds; i++) {
        p = stpcpy(p, i ? ":" : "");
        p = stpcpy(p, i < s->n_http ? "http" : "fastcgi");
    }
    return 0;
}

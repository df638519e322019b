/* main_sockets.c - the listening sockets of gale_main: bound or handed over, and shared out.
 *
 * They are made once, before workers are forked and threads started, and kept open by the process
 * that looks after those: a worker that is killed or replaced loses no connection that waits in the
 * kernel's queue, since its successor finds the same socket. With reuse_port there is a socket of
 * each address for every loop; otherwise all loops share one.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gale/error.h>
#include <gale/fastcgi.h>
#include <gale/log.h>
#include <gale/netutil.h>
#include <gale/options.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/under_run.h"
#include "net/address.h"
#include "net/worker.h"
#include "top/serving.h"

enum {
    MOST_HANDED = 1024, /* by a service manager */
};

/* Loops of this program, in all its processes. */
static int n_loops(const struct gale__serving *s)
{
    return (s->workers > 0 ? s->workers : 1) * s->threads;
}

int gale__serving_keep(struct gale__serving *s, const int *fds, int n)
{
    int *all = gale__realloc(s->fds, (size_t)(s->n_fds + n) * sizeof(*all));

    if (!all) {
        for (int i = 0; i < n; i++)
            close(fds[i]);
        return -ENOMEM;
    }
    memcpy(all + s->n_fds, fds, (size_t)n * sizeof(*fds));
    s->fds = all;
    s->n_fds += n;
    return 0;
}

/* What is bound, as "address:port". */
static void describe(int fd, char *out, size_t size)
{
    gale_address address;

    (void)gale__address_local(&address, fd);
    gale_address_format(&address, out, size);
}

static int port_of(int fd)
{
    gale_address address;

    return gale__address_local(&address, fd) < 0 ? 0 : gale__address_port(&address);
}

/* What tells internals is for who sits at this machine, unless an address is asked for. */
static bool is_private(const struct gale__serving *s, const gale_options *options)
{
    const gale_settings *settings = gale_app_settings(s->app);

    return (settings->debug == GALE_ON || settings->serve_traceback == GALE_ON) &&
           gale_option_count(options, "address") <= 0;
}

static int bind_one(struct gale__serving *s, int port, const char *address,
                    const gale_bind_options *o)
{
    int fds[GALE__SOCKETS_AT_ONCE];
    int n = gale_bind_sockets(port, address, o, fds, GALE__SOCKETS_AT_ONCE);

    return n < 0 ? n : gale__serving_keep(s, fds, n);
}

/* Both addresses of localhost, which a hosts file need not name; IPv6 may be off. */
static int bind_privately(struct gale__serving *s, int port, const gale_bind_options *o)
{
    int r = bind_one(s, port, "127.0.0.1", o);

    if (r >= 0)
        r = bind_one(s, port_of(s->fds[s->n_fds - 1]), "::1", o);
    if (s->n_fds > 0 &&
        (r == -EADDRNOTAVAIL || r == -EAFNOSUPPORT || (r == -EADDRINUSE && port == 0)))
        return 0;
    return r;
}

static int bind_unix(struct gale__serving *s, const char *path, int backlog)
{
    int fd = gale_bind_unix_socket(path, 0, backlog);

    return fd < 0 ? fd : gale__serving_keep(s, &fd, 1);
}

/* A socket of each address for every loop, or one that they share. */
static int bind_all(struct gale__serving *s, int port, const char *address)
{
    const gale_httpserver_options *server = &gale_app_settings(s->app)->server;
    const gale_bind_options o = { .backlog = server->backlog, .reuse_port = server->reuse_port };
    int times = server->reuse_port == GALE_ON ? n_loops(s) : 1;
    int r = 0;

    if (address && strncmp(address, "unix:", 5) == 0)
        return bind_unix(s, address + 5, server->backlog);
    for (int i = 0; i < times && r >= 0; i++) {
        r = s->here_only ? bind_privately(s, port, &o) : bind_one(s, port, address, &o);
        port = s->n_fds > 0 ? port_of(s->fds[0]) : port;
    }
    return r;
}

static bool is_fastcgi(gale_str name)
{
    return name.len == 7 && memcmp(name.ptr, "fastcgi", 7) == 0;
}

static int take_over(struct gale__serving *s)
{
    int fds[MOST_HANDED], r = 0;
    gale_str names[MOST_HANDED];
    int n = gale_listen_fds(fds, names, MOST_HANDED);

    /* A predecessor gives them up, a service manager does not. */
    s->is_lent = n > 0 && (!gale__worker_adopt() || gale__run_dir());
    for (int i = 0; i < n && r == 0; i++)
        if (!is_fastcgi(names[i]))
            r = gale__serving_keep(s, &fds[i], 1);
    s->n_http = s->n_fds;
    for (int i = 0; i < n && r == 0; i++)
        if (is_fastcgi(names[i]))
            r = gale__serving_keep(s, &fds[i], 1);
    return n < 0 ? n : r;
}

static int bind_fastcgi(struct gale__serving *s, const gale_options *options)
{
    const char *where = gale_option_str(options, "fastcgi");
    int r = 0;

    if (where && *where && s->n_fds == s->n_http) /* none was handed over */
        r = gale__serving_bind_fastcgi(s, where);
    return r < 0 ? r : gale__serving_name_sockets(s);
}

int gale__serving_bind(struct gale__serving *s)
{
    const gale_options *options = gale_options_default();
    const char *address = gale_option_str(options, "address");
    int port = gale_option_int(options, "port");
    char text[256];
    int r = take_over(s);

    if (r == 0 && s->n_fds == 0 && gale__serving_wants_http(options)) {
        address = address && *address ? address : NULL;
        s->here_only = is_private(s, options);
        r = bind_all(s, port, address);
        if (r == -EADDRINUSE && !address) {
            snprintf(text, sizeof(text), "cannot listen on port %d: %s", port,
                     strerror(EADDRINUSE));
            return gale__serving_complain(s, text);
        }
        s->n_http = s->n_fds;
    }
    if (r >= 0)
        r = bind_fastcgi(s, options);
    return r < 0 ? gale__serving_complain(s, gale_strerror(r)) : 0;
}

/* The i-th socket's place among those of its address, and how many those are. */
static int place_of(const struct gale__serving *s, int i, int *n_same)
{
    char mine[128], other[128];
    int place = 0;

    describe(s->fds[i], mine, sizeof(mine));
    *n_same = 0;
    for (int k = 0; k < s->n_fds; k++) {
        describe(s->fds[k], other, sizeof(other));
        if (strcmp(mine, other) != 0)
            continue;
        place += k < i;
        ++*n_same;
    }
    return place;
}

static int add_copy(struct gale__serving *s, int i)
{
    int fd = fcntl(s->fds[i], F_DUPFD_CLOEXEC, 3);
    int r;

    if (fd < 0)
        return gale_err(-errno, "cannot listen: %s", strerror(errno));
    r = i < s->n_http ? gale_app_add_socket(s->app, &fd) : gale_app_fastcgi_add_socket(s->app, &fd);
    if (fd >= 0)
        close(fd);
    return r;
}

int gale__serving_listen(struct gale__serving *s, int thread)
{
    int loops = n_loops(s), own = s->task_id * s->threads + thread;

    for (int i = 0; i < s->n_fds; i++) {
        int same, place = place_of(s, i, &same);
        bool is_mine = same >= loops ? place % loops == own : place == own % same;
        int r = is_mine ? add_copy(s, i) : 0;

        if (r < 0)
            return r;
    }
    return 0;
}

/* Where all lines are JSON this is one, too. */
static void print_line(const char *text)
{
    if (gale__log_format() == GALE_LOG_JSON)
        gale_log(&gale_log_general, GALE_LOG_INFO, "%s", text);
    else
        fprintf(stderr, "%s\n", text);
}

static void print_http(const struct gale__serving *s)
{
    static const char why[] =
        " (this machine only, as errors are told in detail; --address= is for all)";
    const char *asked = gale_option_str(gale_options_default(), "address");
    const char *scheme = s->tls ? "https" : "http";
    char bound[128] = "", line[512];

    if (s->n_fds > 0)
        describe(s->fds[0], bound, sizeof(bound));
    if (strncmp(bound, "unix:", 5) == 0) {
        snprintf(line, sizeof(line), "listening on %s", bound);
    } else {
        bool is_ipv6 = asked && strchr(asked, ':');

        snprintf(line, sizeof(line), "listening on %s://%s%s%s:%d/%s", scheme, is_ipv6 ? "[" : "",
                 asked && *asked ? asked : "localhost", is_ipv6 ? "]" : "",
                 s->n_fds > 0 ? port_of(s->fds[0]) : 0, s->here_only ? why : "");
    }
    print_line(line);
}

static void print_fastcgi(const struct gale__serving *s, int i)
{
    char bound[128] = "", line[160];

    describe(s->fds[i], bound, sizeof(bound));
    snprintf(line, sizeof(line), "listening on %s (FastCGI)", bound);
    print_line(line);
}

void gale__serving_print_url(const struct gale__serving *s)
{
    if (s->n_http > 0)
        print_http(s);
    for (int i = s->n_http; i < s->n_fds; i++)
        print_fastcgi(s, i);
}

/* Between the last accept and the close a connection would be made, and reset. So what begins one
 * is dropped from here on; its sender tries again a second later, and is refused, or meets who
 * listens then. TCP only: what a socket's filter sees begins with the TCP header. */
static void drop_new(int fd)
{
    enum { FLAGS_AT = 13, SYN = 0x02, ALL = 0xffff };
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, FLAGS_AT),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, SYN, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, ALL),
    };
    const struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

    if (port_of(fd) > 0)
        setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

void gale__serving_close_for_good(struct gale__serving *s)
{
    for (int i = 0; i < s->n_fds; i++)
        drop_new(s->fds[i]);
    gale__serving_close(s);
}

void gale__serving_close(struct gale__serving *s)
{
    while (s->n_fds > 0)
        close(s->fds[--s->n_fds]);
    gale__free(s->fds);
    gale__free(s->names);
    s->fds = NULL;
    s->names = NULL;
    s->n_http = 0;
}

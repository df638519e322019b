/* iostream.c - the calls of <gale/iostream.h>: making, connecting, reading, writing, ending.
 *
 * A stream of this interface is a push stream (stream.h) whose consumer is pull.c. It
 * begins to receive with its first read or close callback.
 */
/* SPDX-License-Identifier: MIT */
#include "net/iostream.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/regex.h"
#include "net/address.h"
#include "net/pull.h"
#include "net/read.h"

/* Pending output above which a write waits. */
enum { WRITE_WAITS_ABOVE = 65536 };

static const size_t default_max_in = 100 * 1024 * 1024;
static const size_t unlimited = SIZE_MAX / 4; /* sums do not overflow */

static size_t limit_or(int64_t limit, size_t fallback)
{
    return limit == 0 ? fallback : limit < 0 ? unlimited : (size_t)limit;
}

static gale_iostream *new_stream(const gale_iostream_options *options)
{
    static const gale_iostream_options defaults;

    if (!options)
        options = &defaults;
    return gale__pull_new(limit_or(options->max_buffer_size, default_max_in),
                          limit_or(options->max_write_buffer_size, unlimited));
}

struct gale_iostream *gale__iostream_adopt(gale_ioloop *loop, int fd,
                                           const gale_iostream_options *options, int *error)
{
    gale_iostream *s = new_stream(options);

    *error = -ENOMEM;
    if (!s)
        return NULL;
    *error = gale__stream_init(s, loop, fd, &gale__pull_consumer);
    if (*error >= 0) {
        gale__pull_begin(s);
        return s;
    }
    gale__pull_discard(s);
    return NULL;
}

static int set_tcp_nodelay(int fd, bool on)
{
    const int value = on;

    return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, sizeof(value)) < 0 ? -errno : 0;
}

/* flags: what fcntl(F_GETFL) gave. Takes *fd over. */
static gale_iostream *take(int *fd, int flags, const gale_iostream_options *options)
{
    gale_ioloop *loop = gale_ioloop_current();
    gale_iostream *s;
    int error;

    if (!loop)
        return NULL;
    if (flags < 0 || fcntl(*fd, F_SETFL, flags | O_NONBLOCK) < 0) {
        gale_err(-errno, "cannot make descriptor %d non-blocking: %s", *fd, strerror(errno));
        return NULL;
    }
    s = gale__iostream_adopt(loop, *fd, options, &error);
    if (!s) {
        gale_err(error, "cannot make a stream: %s", gale_strerror(error));
        return NULL;
    }
    s->goes_out_only = (flags & O_ACCMODE) == O_WRONLY;
    *fd = -1;
    return s;
}

gale_iostream *gale_iostream_new(int *fd, const gale_iostream_options *options)
{
    gale_iostream *s = take(fd, fcntl(*fd, F_GETFL), options);

    if (s)
        set_tcp_nodelay(s->io.fd, true);
    return s;
}

gale_iostream *gale_pipe_iostream_new(int *fd, const gale_iostream_options *options)
{
    int flags = fcntl(*fd, F_GETFL);
    struct stat st;
    gale_iostream *s;

    if (flags >= 0 && fstat(*fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))) {
        gale_err(-EPERM, "descriptor %d is a file: it cannot be waited for", *fd);
        return NULL;
    }
    s = take(fd, flags, options);
    if (s) {
        s->pull->no_read = s->goes_out_only;
        s->pull->no_write = (flags & O_ACCMODE) == O_RDONLY;
    }
    return s;
}

int gale_iostream_pair(gale_iostream **a, gale_iostream **b, const gale_iostream_options *options)
{
    gale_ioloop *loop = gale_ioloop_current();
    gale_iostream *x = loop ? new_stream(options) : NULL;
    gale_iostream *y = x ? new_stream(options) : NULL;
    int r = y ? gale__stream_init_pair(x, y, loop, &gale__pull_consumer) : -ENOMEM;

    if (r < 0) {
        gale__pull_discard(x);
        gale__pull_discard(y);
        return loop ? r : gale_ioloop_error();
    }
    gale__pull_begin(x);
    gale__pull_begin(y);
    *a = x;
    *b = y;
    return 0;
}

gale_iostream *gale__iostream_pair_with(gale_ioloop *loop, struct gale_iostream *other,
                                        const struct gale__stream_consumer *consumer,
                                        const gale_iostream_options *options)
{
    gale_iostream *s = new_stream(options);

    if (!s || gale__stream_init_pair(s, other, loop, &gale__pull_consumer) < 0) {
        gale__pull_discard(s);
        return NULL;
    }
    other->consumer = consumer;
    gale__pull_begin(s);
    return s;
}

/* 0 in a coroutine. Where there is something to wait for shows too late that a call was
 * made from elsewhere. */
static int may_wait(const char *what)
{
    return GALE_LIKELY(gale__co_current()) ? 0 : gale__co_park(what);
}

/* Waits. Until it is connected; the address is in the caller's frame until then. */
static int wait_connected(gale_iostream *s, const gale_address *address)
{
    int r;

    s->sending = s->want_drained = true;
    r = gale__io_connect(&s->io, gale__address_sockaddr(address), address->len);
    if (r < 0) {
        s->sending = false;
        return r;
    }
    return gale__pull_wait_drained(s, "gale_iostream_connect");
}

static int connect_failed(const gale_address *address, int error)
{
    char text[128];

    if (error == GALE_ECANCELED || error == GALE_ETIMEDOUT)
        return error;
    gale_address_format(address, text, sizeof(text));
    return gale_err(error, "cannot connect to %s: %s", text,
                    error > -4096 ? strerror(-error) : gale_strerror(error));
}

/* A socket for address, bound to source unless that is NULL. */
static int open_socket(const gale_address *address, const gale_address *source)
{
    const int on = 1;
    int family = gale__address_family(address), r;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    char text[128];

    if (fd < 0)
        return connect_failed(address, -errno);
    if (family != AF_UNIX)
        set_tcp_nodelay(fd, true);
    if (!source)
        return fd;
    if (gale__address_port(source) == 0) /* chosen when it connects: there are more of those */
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
    if (bind(fd, gale__address_sockaddr(source), source->len) == 0)
        return fd;
    r = -errno;
    close(fd);
    gale_address_format(source, text, sizeof(text));
    return gale_err(r, "cannot connect from %s: %s", text, strerror(-r));
}

int gale__iostream_connect_from(gale_iostream **out, const gale_address *address,
                                const gale_address *source, const gale_iostream_options *options)
{
    gale_iostream *s;
    int fd = open_socket(address, source), r;

    if (fd < 0)
        return fd;
    s = gale__iostream_adopt(gale__co_loop(gale__co_current()), fd, options, &r);
    if (!s) {
        close(fd);
        return r;
    }
    r = wait_connected(s, address);
    if (r < 0) {
        gale_iostream_close(&s);
        return connect_failed(address, r);
    }
    *out = s;
    return 0;
}

int gale_iostream_connect(gale_iostream **out, const gale_address *address,
                          const gale_iostream_options *options)
{
    int r = may_wait("gale_iostream_connect");

    return r < 0 ? r : gale__iostream_connect_from(out, address, NULL, options);
}

/* 0 when s may be read by this caller, what. */
static int may_read(const gale_iostream *s, const char *what)
{
    int r = may_wait(what);

    if (r < 0)
        return r;
    if (!s)
        return GALE_ECLOSED;
    if (s->pull->no_read)
        return gale_err(-EBADF, "this end of the pipe is for writing");
    return s->pull->read ? gale_err(GALE_ESTATE, "already reading") : 0;
}

int gale_iostream_read_bytes(gale_iostream *s, size_t n, bool partial, gale_str *out)
{
    struct gale__read read = {
        .kind = GALE__READ_BYTES, .need = partial ? 1 : n, .most = n, .max = n
    };
    int r = may_read(s, "gale_iostream_read_bytes");

    if (r < 0)
        return r;
    if (n == 0) {
        *out = (gale_str){ "", 0 };
        return 0;
    }
    if (read.need > s->pull->max_in)
        return gale_err(GALE_ETOOBIG, "read of %zu bytes: max_buffer_size is %zu", n,
                        s->pull->max_in);
    return gale__pull_read(s, &read, "gale_iostream_read_bytes", out);
}

int gale_iostream_read_into(gale_iostream *s, void *buf, size_t n, bool partial, size_t *n_out)
{
    struct gale__read read = {
        .kind = GALE__READ_INTO, .need = partial ? 1 : n, .most = n, .buf = buf
    };
    int r = may_read(s, "gale_iostream_read_into");

    *n_out = 0;
    if (r < 0 || n == 0)
        return r;
    r = gale__pull_read(s, &read, "gale_iostream_read_into", NULL);
    *n_out = read.done;
    return r;
}

static size_t limit_of(const gale_iostream *s, size_t max_bytes)
{
    return max_bytes > 0 && max_bytes < s->pull->max_in ? max_bytes : s->pull->max_in;
}

int gale_iostream_read_until(gale_iostream *s, const char *delimiter, size_t max_bytes,
                             gale_str *out)
{
    struct gale__read read = { .kind = GALE__READ_DELIMITER,
                               .delimiter = { delimiter, strlen(delimiter) } };
    int r = may_read(s, "gale_iostream_read_until");

    if (r < 0)
        return r;
    if (read.delimiter.len == 0)
        return gale_err(GALE_EINVAL, "gale_iostream_read_until: empty delimiter");
    read.max = limit_of(s, max_bytes);
    return gale__pull_read(s, &read, "gale_iostream_read_until", out);
}

/* The last pattern is kept: a protocol reads with the same again and again. */
static int compile(struct gale__pull *p, const char *regex)
{
    size_t len = strlen(regex);
    struct gale__regex *re;
    char *text;
    int error;

    if (p->regex && strcmp(p->regex_text, regex) == 0)
        return 0;
    re = gale__regex_new((gale_str){ regex, len }, 0, &error);
    if (!re)
        return error;
    text = gale__strndup(regex, len);
    if (!text) {
        gale__regex_free(re);
        return -ENOMEM;
    }
    gale__regex_free(p->regex);
    gale__free(p->regex_text);
    p->regex = re;
    p->regex_text = text;
    return 0;
}

int gale_iostream_read_until_regex(gale_iostream *s, const char *regex, size_t max_bytes,
                                   gale_str *out)
{
    struct gale__read read = { .kind = GALE__READ_REGEX };
    int r = may_read(s, "gale_iostream_read_until_regex");

    if (r >= 0)
        r = compile(s->pull, regex);
    if (r < 0)
        return r;
    read.regex = s->pull->regex;
    read.max = limit_of(s, max_bytes);
    return gale__pull_read(s, &read, "gale_iostream_read_until_regex", out);
}

int gale_iostream_read_until_close(gale_iostream *s, gale_str *out)
{
    struct gale__read read = { .kind = GALE__READ_TO_END };
    int r = may_read(s, "gale_iostream_read_until_close");

    if (r < 0)
        return r;
    read.max = s->pull->max_in;
    return gale__pull_read(s, &read, "gale_iostream_read_until_close", out);
}

int gale_iostream_write_nowait(gale_iostream *s, const void *data, size_t n)
{
    int r;

    if (!s)
        return GALE_ECLOSED;
    if (s->pull->no_write)
        return gale_err(-EBADF, "this end of the pipe is for reading");
    if (s->shut)
        return gale_err(GALE_ESTATE, "write after gale_iostream_shutdown");
    if (n > s->pull->max_out || s->out_pending > s->pull->max_out - n)
        return gale_err(GALE_ETOOBIG, "write of %zu bytes behind %u: over max_write_buffer_size", n,
                        s->out_pending);
    r = gale__stream_write(s, data, n);
    return r < 0 ? r : gale__stream_flush(s);
}

int gale_iostream_write(gale_iostream *s, const void *data, size_t n)
{
    int r = gale_iostream_write_nowait(s, data, n);

    if (r >= 0 && s->out_pending > WRITE_WAITS_ABOVE && gale__co_current())
        r = gale__pull_wait_drained(s, "gale_iostream_write");
    return r;
}

int gale_iostream_drain(gale_iostream *s)
{
    int r = may_wait("gale_iostream_drain");

    if (r < 0)
        return r;
    return s ? gale__pull_wait_drained(s, "gale_iostream_drain") : GALE_ECLOSED;
}

void gale_iostream_shutdown(gale_iostream *s)
{
    if (s)
        gale__stream_shutdown(s);
}

void gale_iostream_close(gale_iostream **stream)
{
    gale_iostream *s = *stream;

    *stream = NULL;
    if (s)
        gale__pull_release(s->pull);
}

int gale_iostream_set_close_callback(gale_iostream *s, void (*fn)(void *arg), void *arg)
{
    if (!s)
        return GALE_ECLOSED;
    return gale__pull_on_close(s->pull, fn, arg);
}

bool gale_iostream_closed(const gale_iostream *s)
{
    return !s || gale__pull_end(s) < 0;
}

int gale_iostream_error(const gale_iostream *s)
{
    return s ? gale__pull_end(s) : GALE_ECLOSED;
}

bool gale_iostream_reading(const gale_iostream *s)
{
    return s && s->pull->read;
}

bool gale_iostream_writing(const gale_iostream *s)
{
    return s && s->out_pending > 0;
}

int gale_iostream_set_nodelay(gale_iostream *s, bool on)
{
    int r;

    if (!s || s->closed)
        return GALE_ECLOSED;
    r = s->io.fd < 0 ? -EOPNOTSUPP : set_tcp_nodelay(s->io.fd, on);
    return r == -ENOTSOCK || r == -ENOPROTOOPT ? -EOPNOTSUPP : r;
}

int gale_iostream_fd(const gale_iostream *s)
{
    return s && !s->closed ? s->io.fd : -1;
}

int gale_iostream_peer(const gale_iostream *s, gale_address *out)
{
    int fd = gale_iostream_fd(s);

    return fd < 0 ? gale_err(GALE_ESTATE, "no peer address: not an open socket")
                  : gale__address_peer(out, fd);
}

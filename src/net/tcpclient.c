/* tcpclient.c - connecting to a host by name: addresses of two families, side by side.
 *
 * Happy eyeballs as in RFC 6555 and Tornado. The addresses are split by the family of the first;
 * each family is a line in which one attempt follows the other, each line a coroutine. The second
 * line starts when the first has failed once, or after a moment. The first connection that comes
 * about ends both; one that comes about behind it is closed. With one family there is no second
 * line, and the caller itself connects.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/tcpclient.h>

#include <errno.h>
#include <string.h>

#include "gen/co.h"
#include "ioloop/io.h"
#include "net/address.h"
#include "net/iostream.h"
#include "net/resolver.h"

enum { MAX_ADDRESSES = 16 };

static const double default_stagger = 0.3;

/* The addresses of one family. */
struct line {
    struct connector *connector;
    const gale_address *addresses[MAX_ADDRESSES];
    int n;
    gale_address source;
    bool has_source;
    gale_future *attempts;
    bool failed, ended; /* once; it has no more addresses */
};

struct connector {
    const char *host;
    int port;
    const gale_connect_options *options;
    gale_address found[MAX_ADDRESSES];
    struct line lines[2];
    const struct line *failed_last;
    gale_iostream *stream; /* the first to be connected */
    struct gale__waitq changed;
};

/* --- a line --- */

static void tell(struct connector *c)
{
    gale__waitq_wake_all(&c->changed, 0);
}

static bool ends_all(int r)
{
    return r == GALE_ECANCELED || r == GALE_ETIMEDOUT || r == -ENOMEM;
}

/* Waits. One after the other until one is connected: 0, or the last failure. */
static int connect_line(struct line *line)
{
    struct connector *c = line->connector;
    gale_iostream *s = NULL;
    int r = GALE_ENOTFOUND;

    for (int i = 0; i < line->n && !c->stream; i++) {
        r = gale__iostream_connect_from(
            &s, line->addresses[i], line->has_source ? &line->source : NULL, &c->options->stream);
        if (r >= 0 || ends_all(r))
            break;
        line->failed = true;
        c->failed_last = line;
        tell(c);
    }
    if (s && c->stream)
        gale_iostream_close(&s);
    else if (s)
        c->stream = s;
    return r;
}

static int attempt_line(void *arg)
{
    struct line *line = arg;
    int r = connect_line(line);

    line->ended = true;
    tell(line->connector);
    return r;
}

static int start_line(struct line *line)
{
    line->attempts = gale_spawn_named("gale_tcp_connect", attempt_line, line);
    return line->attempts ? 0 : -ENOMEM;
}

/* Waits. Ends what goes on in a line; gives what came of it. */
static int end_line(struct line *line)
{
    if (!line->attempts)
        return GALE_ENOTFOUND;
    if (!line->ended)
        gale_cancel(line->attempts);
    return gale_join(&line->attempts);
}

/* --- both --- */

static int64_t stagger_end(const struct connector *c)
{
    double seconds = c->options->stagger > 0 ? c->options->stagger : default_stagger;

    return gale__ioloop_clock_ns(gale__co_loop(gale__co_current())) + (int64_t)(seconds * 1e9);
}

/* Waits. Until the second line should start, or all is over. A deadline of the caller's that has
 * passed shows at the next wait. */
static int give_first_a_start(struct connector *c)
{
    const struct line *first = &c->lines[0];
    int64_t until = stagger_end(c);
    int r = 0;

    while (r >= 0 && !c->stream && !first->failed && !first->ended)
        r = gale__waitq_wait(&c->changed, "gale_tcp_connect", until);
    return r == GALE_ETIMEDOUT ? 0 : r;
}

static int wait_for_one(struct connector *c)
{
    int r = 0;

    while (r >= 0 && !c->stream && !(c->lines[0].ended && c->lines[1].ended))
        r = gale__waitq_wait(&c->changed, "gale_tcp_connect", INT64_MAX);
    return r;
}

/* The failure that counts is joined last, so that its text is the one that stays. */
static int end_lines(struct connector *c)
{
    struct line *last = c->failed_last == &c->lines[1] ? &c->lines[1] : &c->lines[0];
    struct line *other = last == &c->lines[0] ? &c->lines[1] : &c->lines[0];
    int r;

    (void)end_line(other);
    r = end_line(last);
    return c->stream ? 0 : r;
}

static int race(struct connector *c)
{
    int r = start_line(&c->lines[0]), ended;

    if (r >= 0)
        r = give_first_a_start(c);
    if (r >= 0 && !c->stream)
        r = start_line(&c->lines[1]);
    if (r >= 0)
        r = wait_for_one(c);
    ended = end_lines(c);
    if (r < 0 && c->stream)
        gale_iostream_close(&c->stream);
    return r < 0 ? r : ended;
}

/* --- addresses --- */

static void split_by_family(struct connector *c, int n)
{
    int first = gale__address_family(&c->found[0]);

    for (int i = 0; i < n; i++) {
        struct line *line = &c->lines[gale__address_family(&c->found[i]) != first];

        line->connector = c;
        line->addresses[line->n++] = &c->found[i];
    }
}

/* What numeric ip and port are as an address. */
static int parse_ip(gale_address *out, const char *ip, int port)
{
    const struct gale__question q = { ip, port, AF_UNSPEC };
    int r = gale__check_port(port);

    if (r < 0)
        return r;
    if (!gale_is_valid_ip(ip))
        return gale_err(GALE_EINVAL, "source_ip: '%.60s' is no address", ip);
    return gale__resolve_literally(&q, out, 1);
}

/* Where the connections of a line come from. Without source_ip from the loopback, as Tornado. */
static int set_source(struct line *line)
{
    const gale_connect_options *o = line->connector->options;
    const char *ip = o->source_ip;
    int r;

    if (!ip && !o->source_port)
        return 0;
    if (!ip)
        ip = gale__address_family(line->addresses[0]) == AF_INET ? "127.0.0.1" : "::1";
    r = parse_ip(&line->source, ip, o->source_port);
    line->has_source = r >= 0;
    return r;
}

/* The family to ask for: that of source_ip, when there is one. */
static int family_of(const gale_connect_options *o)
{
    gale_address source;
    int r;

    if (!o->source_ip)
        return o->family;
    r = parse_ip(&source, o->source_ip, 0);
    if (r >= 0 && o->family && o->family != gale__address_family(&source))
        return gale_err(GALE_EINVAL, "source_ip %s is not of .family", o->source_ip);
    return r < 0 ? r : gale__address_family(&source);
}

/* Waits. */
static int find_addresses(struct connector *c)
{
    int family = family_of(c->options), n, r = 0;

    if (family < 0)
        return family;
    n = gale_resolve(c->options->resolver, c->host, c->port, family, c->found, MAX_ADDRESSES);
    if (n < 0)
        return n;
    split_by_family(c, n);
    for (int i = 0; i < 2 && r >= 0; i++)
        if (c->lines[i].n > 0)
            r = set_source(&c->lines[i]);
    return r;
}

static int connect_unix(struct connector *c)
{
    gale_address *address = &c->found[0];
    int r = gale_address_parse(address, c->host);

    return r < 0 ? r : gale_iostream_connect(&c->stream, address, &c->options->stream);
}

static int connect_plain(struct connector *c)
{
    int r;

    if (strncmp(c->host, "unix:", 5) == 0)
        return connect_unix(c);
    r = find_addresses(c);
    if (r < 0)
        return r;
    return c->lines[1].n > 0 ? race(c) : connect_line(&c->lines[0]);
}

static int connect_all(void *arg)
{
    struct connector *c = arg;
    const gale_connect_options *o = c->options;
    const char *name = o->server_hostname;
    int r = connect_plain(c);

    if (r < 0 || (!o->tls && o->use_tls != GALE_ON))
        return r;
    if (!name && strncmp(c->host, "unix:", 5) != 0)
        name = c->host;
    r = gale_iostream_start_tls(c->stream, o->tls, false, name);
    if (r < 0)
        gale_iostream_close(&c->stream);
    return r;
}

int gale_tcp_connect(gale_iostream **out, const char *host, int port,
                     const gale_connect_options *options)
{
    static const gale_connect_options defaults;
    struct connector c = { .host = host, .port = port, .options = options ? options : &defaults };
    int r;

    if (!gale__co_current())
        return gale__co_park("gale_tcp_connect"); /* GALE_ENOTCOROUTINE */
    gale__waitq_init(&c.changed);
    if (c.options->timeout > 0)
        r = gale_with_timeout(c.options->timeout, connect_all, &c);
    else
        r = connect_all(&c);
    if (r == GALE_ETIMEDOUT)
        return gale_err(r, "cannot connect to %.100s: no connection in time", host);
    if (r >= 0)
        *out = c.stream;
    return r < 0 ? r : 0;
}

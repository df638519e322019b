/* limits.c - the server's options with their defaults, as the connections need them. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sys/resource.h>

#include "base/check.h"
#include "http/httpserver_priv.h"
#include "http/server.h"
#include "net/tls.h"

enum {
    KEPT_DESCRIPTORS = 64, /* for clients and what else a program opens */
    FILE_SHARE = 4,        /* that part of all is for files that requests hold */
};

static int64_t limit_or(int64_t given, int64_t fallback)
{
    return given ? given : fallback;
}

static double time_or(double given, double fallback)
{
    return given != 0 ? given : fallback;
}

static int check_range(const char *name, int64_t value, int64_t max)
{
    if (value < GALE_UNLIMITED || value > max)
        return gale_err(GALE_EINVAL, "%s is %lld: not between 1 and %lld", name, (long long)value,
                        (long long)max);
    return 0;
}

static int check_time(const char *name, double seconds)
{
    if (!(seconds >= 0) && seconds != (double)GALE_UNLIMITED)
        return gale_err(GALE_EINVAL, "%s is %g: no time in seconds", name, seconds);
    return 0;
}

/* Also without xheaders: a mistake should not wait for the day they are switched on. */
static int check_trusted(const char *const *list)
{
    struct gale__trust *trust;
    int r = 0;

    if (!list)
        return 0;
    trust = gale__trust_new("trusted_downstream", list, &r);
    gale__free(trust);
    return r;
}

/* All but the sizes. */
static int check_rest(const gale_httpserver_options *o)
{
    const struct {
        const char *name;
        double seconds;
    } times[] = {
        { "header_timeout", o->header_timeout }, { "body_timeout", o->body_timeout },
        { "write_timeout", o->write_timeout },   { "idle_timeout", o->idle_timeout },
        { "linger_timeout", o->linger_timeout },
    };
    int r = gale__check_switch("no_keep_alive", o->no_keep_alive);

    if (r == 0)
        r = gale__check_switch("xheaders", o->xheaders);
    if (r == 0)
        r = gale__check_switch("reuse_port", o->reuse_port);
    if (r == 0)
        r = gale__check_switch("decompress_request", o->decompress_request);
    if (r == 0 && o->proxy_protocol != GALE_PROXY_OPTIONAL)
        r = gale__check_switch("proxy_protocol", o->proxy_protocol);
    if (r == 0 && o->backlog < 0)
        r = gale_err(GALE_EINVAL, "backlog is %d: less than 0", o->backlog);
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]) && r == 0; i++)
        r = check_time(times[i].name, times[i].seconds);
    return r < 0 ? r : check_trusted(o->trusted_downstream);
}

static uint64_t descriptor_limit(void)
{
    struct rlimit rl;

    if (getrlimit(RLIMIT_NOFILE, &rl) < 0 || rl.rlim_cur == RLIM_INFINITY)
        return UINT64_MAX;
    return rl.rlim_cur > 4 * KEPT_DESCRIPTORS
               ? rl.rlim_cur - KEPT_DESCRIPTORS - rl.rlim_cur / FILE_SHARE
               : rl.rlim_cur / 2 + 1;
}

/* The finest time decides: an eighth of it, between 20 ms and 1 s. */
static double tick_for(const double *times, size_t n)
{
    double tick = 1;

    for (size_t i = 0; i < n; i++)
        if (times[i] > 0 && times[i] / 8 < tick)
            tick = times[i] / 8;
    return tick < 0.02 ? 0.02 : tick;
}

static uint32_t ticks(double seconds, double tick)
{
    double n = seconds / tick;

    if (seconds <= 0 || n > 1e9)
        return GALE__NEVER;
    return (uint32_t)n + 1 + ((double)(uint32_t)n < n);
}

static int fill_sizes(struct gale__http_limits *out, const gale_httpserver_options *o)
{
    int64_t line = limit_or(o->max_request_line, 8192);
    int64_t header = limit_or(o->max_header_size, 65536);
    int64_t headers = limit_or(o->max_headers, 100);
    int r = check_range("max_request_line", line, 1 << 30);

    if (r == 0)
        r = check_range("max_header_size", header, 1 << 30);
    if (r == 0)
        r = check_range("max_headers", headers, 1000);
    if (r == 0)
        r = check_range("max_body_size", o->max_body_size, INT64_MAX);
    if (r == 0)
        r = check_range("max_connections", o->max_connections, INT64_MAX);
    if (r < 0)
        return r;
    out->head.max_header_bytes = header < 0 ? 1 << 30 : (uint32_t)header;
    out->head.max_request_line = line < 0 || line > header ? out->head.max_header_bytes
                                                           : (uint32_t)line;
    out->head.max_headers = headers < 0 ? 1000 : (uint32_t)headers;
    out->max_body = limit_or(o->max_body_size, 10 << 20);
    out->max_connections = o->max_connections > 0 ? (uint64_t)o->max_connections
                           : o->max_connections   ? UINT64_MAX
                                                  : descriptor_limit();
    return 0;
}

int gale__http_limits_fill(struct gale__http_limits *out, const gale_httpserver_options *options,
                           double *tick)
{
    static const gale_httpserver_options none;
    const gale_httpserver_options *o = options ? options : &none;
    double times[] = {
        time_or(o->header_timeout, 20), time_or(o->body_timeout, 30),
        time_or(o->write_timeout, 60),  time_or(o->idle_timeout, 75),
        time_or(o->linger_timeout, 5),
    };
    int r = fill_sizes(out, o);

    if (r == 0)
        r = check_rest(o);
    if (r == 0)
        r = gale__tls_check_role(o->tls, true);
    if (r < 0)
        return r;
    *tick = tick_for(times, sizeof(times) / sizeof(times[0]));
    out->header_ticks = ticks(times[0], *tick);
    out->body_ticks = ticks(times[1], *tick);
    out->write_ticks = ticks(times[2], *tick);
    out->idle_ticks = ticks(times[3], *tick);
    out->linger_ticks = ticks(times[4], *tick);
    out->second = (uint32_t)(1 / *tick) ? (uint32_t)(1 / *tick) : 1;
    out->no_keep_alive = o->no_keep_alive > 0;
    out->xheaders = o->xheaders > 0;
    out->proxy = o->proxy_protocol > 0 ? o->proxy_protocol : 0;
    out->reuse_port = o->reuse_port > 0;
    out->decompress = o->decompress_request > 0;
    out->backlog = o->backlog > 0 ? o->backlog : 1024;
    out->tls = o->tls;
    return 0;
}

int gale__httpserver_check(const gale_httpserver_options *options)
{
    struct gale__http_limits limits;
    double tick;

    return gale__http_limits_fill(&limits, options, &tick);
}

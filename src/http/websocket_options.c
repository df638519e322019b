/* websocket_options.c - options of WebSockets: checked, with their defaults filled in. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "base/check.h"
#include "http/websocket_conn.h"

static const gale_websocket_options defaults = {
    .ping_interval = 30,
    .max_message_size = 10 * 1024 * 1024,
    .max_fragments = 16384,
    .fragment_size = GALE_UNLIMITED,
    .max_pending = 1024 * 1024,
    .close_timeout = 5,
    .deflate = {
        .enabled = GALE_OFF,
        .level = 6,
        .mem_level = 8,
        .server_max_window_bits = 15,
        .client_max_window_bits = 15,
        .server_no_context_takeover = GALE_OFF,
        .client_no_context_takeover = GALE_OFF,
        .threshold = 64,
    },
};

static int check_time(const char *name, double value)
{
    if (value >= 0 || value == (double)GALE_UNLIMITED)
        return 0;
    return gale_err(GALE_EINVAL, "%s is %g: no time in seconds", name, value);
}

static int check_count(const char *name, int64_t value)
{
    if (value >= GALE_UNLIMITED)
        return 0;
    return gale_err(GALE_EINVAL, "%s is %lld: neither a number nor GALE_UNLIMITED", name,
                    (long long)value);
}

/* 0 is the default of each. */
static int check_range(const char *name, int value, int min, int max)
{
    if (!value || (value >= min && value <= max))
        return 0;
    return gale_err(GALE_EINVAL, "deflate.%s is %d: not between %d and %d", name, value, min, max);
}

static int check_deflate(const gale_deflate_options *o)
{
    int r = gale__check_switch("deflate.enabled", o->enabled);

    if (r >= 0)
        r = gale__check_switch("deflate.server_no_context_takeover", o->server_no_context_takeover);
    if (r >= 0)
        r = gale__check_switch("deflate.client_no_context_takeover", o->client_no_context_takeover);
    if (r >= 0)
        r = check_range("level", o->level, 1, 9);
    if (r >= 0)
        r = check_range("mem_level", o->mem_level, 1, 9);
    if (r >= 0)
        r = check_range("server_max_window_bits", o->server_max_window_bits, 9, 15);
    if (r >= 0)
        r = check_range("client_max_window_bits", o->client_max_window_bits, 9, 15);
    return r < 0 ? r : check_count("deflate.threshold", o->threshold);
}

static int check(const gale_websocket_options *o)
{
    int r = check_time("ping_interval", o->ping_interval);

    if (r >= 0)
        r = check_time("ping_timeout", o->ping_timeout);
    if (r >= 0)
        r = check_time("close_timeout", o->close_timeout);
    if (r >= 0)
        r = check_count("max_message_size", o->max_message_size);
    if (r >= 0)
        r = check_count("max_fragments", o->max_fragments);
    if (r >= 0)
        r = check_count("fragment_size", o->fragment_size);
    if (r >= 0)
        r = check_count("max_pending", o->max_pending);
    if (r >= 0 && o->slow_policy != GALE_SLOW_CLOSE && o->slow_policy != GALE_SLOW_DROP)
        r = gale_err(GALE_EINVAL, "slow_policy is %d: no GALE_SLOW_...", o->slow_policy);
    return r < 0 ? r : check_deflate(&o->deflate);
}

#define FILL(field) o->field = o->field ? o->field : from->field

static void fill(gale_websocket_options *o, const gale_websocket_options *from)
{
    FILL(ping_interval);
    FILL(max_message_size);
    FILL(max_fragments);
    FILL(fragment_size);
    FILL(max_pending);
    FILL(close_timeout);
    FILL(deflate.enabled);
    FILL(deflate.level);
    FILL(deflate.mem_level);
    FILL(deflate.server_max_window_bits);
    FILL(deflate.client_max_window_bits);
    FILL(deflate.server_no_context_takeover);
    FILL(deflate.client_no_context_takeover);
    FILL(deflate.threshold);
}

#undef FILL

int gale__websocket_options_fill(gale_websocket_options *out, const gale_websocket_options *in,
                                 bool is_server)
{
    gale_websocket_options o = in ? *in : (gale_websocket_options){ 0 };
    int r = check(&o);

    if (r < 0)
        return r;
    if (!o.ping_interval && !is_server)
        o.ping_interval = GALE_UNLIMITED;
    fill(&o, &defaults);
    /* A pong that is late by more than that would be one of the next ping. */
    if (!o.ping_timeout || (o.ping_timeout > o.ping_interval && o.ping_interval > 0))
        o.ping_timeout = o.ping_interval;
    *out = o;
    return 0;
}

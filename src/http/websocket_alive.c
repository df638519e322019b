/* websocket_alive.c - pings, and what happens when nothing comes back. See websocket_engine.h.
 *
 * A server's connection has one deadline in its server's wheel: the next ping, the pong, the end of
 * the closing handshake. Times that are short beside the wheel's tick, and those of clients, have a
 * timer.
 */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <gale/log.h>

#include "base/str.h"
#include "http/websocket_engine.h"
#include "ioloop/io.h"
#include "net/stream.h"

enum { FINE_TICKS = 16 }; /* times of so many ticks and more need no timer */

static void drop_timer(gale_websocket *ws)
{
    struct gale__websocket_more *more = ws->more;

    if (!more || !more->timer)
        return;
    gale_ioloop_remove_timeout(gale__websocket_loop(ws), more->timer);
    more->timer = 0;
}

static void timer_fired(void *arg)
{
    gale_websocket *ws = arg;

    ws->more->timer = 0;
    gale__websocket_on_expired(ws);
}

/* Seconds from now; < 0: none. */
static void set_deadline(gale_websocket *ws, double seconds)
{
    struct gale__websocket_more *more;
    int64_t when;

    drop_timer(ws);
    if (ws->over)
        return;
    if (ws->conn && (seconds < 0 || seconds >= FINE_TICKS * gale__upgraded_tick(ws->conn))) {
        gale__upgraded_set_deadline(ws->conn, seconds);
        return;
    }
    if (ws->conn)
        gale__upgraded_set_deadline(ws->conn, -1);
    more = seconds < 0 ? NULL : gale__websocket_more(ws);
    if (!more)
        return;
    when = gale__ioloop_now_ns(gale__websocket_loop(ws)) + (int64_t)(seconds * 1e9);
    more->timer = gale__ioloop_timer(gale__websocket_loop(ws), when, timer_fired, ws);
}

static uint32_t now_us(const gale_websocket *ws)
{
    return (uint32_t)(gale__ioloop_clock_ns(gale__websocket_loop(ws)) / 1000);
}

static double interval_of(const gale_websocket *ws)
{
    double interval = ws->kind->options.ping_interval;

    return interval > 0 ? interval : -1;
}

static double timeout_of(const gale_websocket *ws)
{
    double timeout = ws->kind->options.ping_timeout;

    return timeout > 0 ? timeout : -1;
}

void gale__websocket_alive_begin(gale_websocket *ws)
{
    ws->idle = true;
    if (interval_of(ws) > 0)
        set_deadline(ws, interval_of(ws));
}

static void send_ping(gale_websocket *ws)
{
    uint32_t stamp = now_us(ws);
    char bytes[sizeof(stamp)];
    double timeout = timeout_of(ws);

    if (ws->idle)
        gale__websocket_deflate_rest(ws, false);
    ws->idle = true;
    gale__websocket_words(ws)[0] = stamp;
    memcpy(bytes, &stamp, sizeof(stamp));
    (void)gale__websocket_write_frame(ws, GALE__WS_PING, true, false,
                                      (gale_str){ bytes, sizeof(bytes) });
    gale__websocket_flush(ws);
    ws->awaits_pong = timeout > 0;
    set_deadline(ws, ws->awaits_pong ? timeout : interval_of(ws));
}

/* Nothing can have come: what the peer sends waits behind a message that is being handled. */
static bool is_deaf(const gale_websocket *ws)
{
    const struct gale_iostream *s = gale__websocket_stream(ws);

    return s && ws->held && s->in;
}

/* A process that stood still (stopped, or its machine asleep) must not blame its peer, whose pong
 * may wait to be read: once more, then. */
static bool is_late_itself(gale_websocket *ws)
{
    uint32_t waited = now_us(ws) - gale__websocket_words(ws)[0];

    return waited / 1e6 > 1.5 * timeout_of(ws);
}

static void no_pong(gale_websocket *ws)
{
    if (is_deaf(ws) || (!ws->was_heard && is_late_itself(ws))) {
        ws->was_heard = true;
        send_ping(ws);
        return;
    }
    gale_log(&gale_log_general, GALE_LOG_DEBUG, "a WebSocket is closed: ping timed out");
    gale__websocket_send_close(ws, 1000, gale__str("ping timed out"));
    ws->close_code = 1006;
    gale__websocket_reader_refused(ws, 1000, "ping timed out");
    gale__websocket_abort(ws);
}

void gale__websocket_on_expired(void *self)
{
    gale_websocket *ws = self;
    bool outer;

    if (ws->over)
        return;
    outer = gale__websocket_enter(ws);
    if (ws->sent_close)
        gale__websocket_abort(ws);
    else if (ws->awaits_pong)
        no_pong(ws);
    else
        send_ping(ws);
    gale__websocket_leave(ws, outer);
}

void gale__websocket_alive_pong(gale_websocket *ws, gale_str data)
{
    uint32_t *words = gale__websocket_words(ws);
    uint32_t elapsed = now_us(ws) - words[0];
    double rest;

    if (data.len == sizeof(words[0]) && !memcmp(data.ptr, &words[0], sizeof(words[0])))
        words[1] = elapsed ? elapsed : 1;
    if (!ws->awaits_pong || ws->sent_close)
        return;
    ws->awaits_pong = ws->was_heard = false;
    rest = interval_of(ws) - elapsed / 1e6;
    set_deadline(ws, rest > 0 ? rest : 0);
}

void gale__websocket_alive_closing(gale_websocket *ws)
{
    double timeout = ws->kind->options.close_timeout;

    set_deadline(ws, timeout >= 0 ? timeout : -1);
}

void gale__websocket_alive_end(gale_websocket *ws)
{
    drop_timer(ws);
}

double gale_websocket_round_trip(const gale_websocket *ws)
{
    uint32_t us;

    if (ws->over)
        return -1;
    us = gale__websocket_words((gale_websocket *)(uintptr_t)ws)[1];
    return us ? us / 1e6 : -1;
}

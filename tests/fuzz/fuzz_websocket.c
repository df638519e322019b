/* fuzz_websocket.c - the engine over the simulated loop: a peer that sends any frames.
 *
 * The first byte: which handler (echo, one that waits, one that sends in pieces, one that reads in
 * a coroutine) and whether permessage-deflate is agreed on, with or without contexts. The second:
 * the size of the pieces that come. The rest are the frames, their masks as they come; when its
 * first byte is zero they are made of what follows: opcode and flags, a length, so many bytes. What
 * the server sends is a sequence of well-formed frames, nothing after a close; when the peer has
 * gone, nothing is left.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <gale/gen.h>
#include <gale/log.h>
#include <gale/websocket.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "http/server.h"
#include "ioloop/sim.h"
#include "proto/websocket_frame.h"
#include "web/app.h"
#include "web/dispatch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 5000 };

static void check(gale_str message, bool binary)
{
    GALE_ASSERT(message.len <= MOST);
    GALE_ASSERT(binary || gale__utf8_valid(message.ptr, message.len));
}

static int echo(gale_websocket *ws, gale_str message, bool binary)
{
    check(message, binary);
    return gale_send(ws, message, binary);
}

static int wait_and_echo(gale_websocket *ws, gale_str message, bool binary)
{
    int r = gale_sleep(0.1);

    check(message, binary);
    return r < 0 ? r : gale_send(ws, message, binary);
}

static int send_pieces(gale_websocket *ws, gale_str message, bool binary)
{
    size_t half = message.len / 2;
    int r;

    check(message, binary);
    r = gale_send_piece(ws, (gale_str){ message.ptr, half }, true, false);
    if (r >= 0)
        r = gale_send_piece(ws, (gale_str){ message.ptr + half, message.len - half }, true, true);
    return r == GALE_ESTATE ? 0 : r;
}

static int read_all(gale_websocket *ws)
{
    gale_str message;
    bool binary;
    int r;

    while ((r = gale_read_message(ws, &message, &binary)) > 0) {
        check(message, binary);
        r = gale_send(ws, message, binary);
        if (r < 0)
            break;
    }
    return r == GALE_ECLOSED ? 0 : r;
}

static const gale_websocket_options *options_of(gale_handler *self)
{
    static const gale_websocket_options options = {
        .max_message_size = MOST,
        .max_fragments = 20,
        .fragment_size = 1000,
        .ping_interval = 20,
        .deflate = { .enabled = GALE_ON, .mem_level = 1, .level = 1, .threshold = 4 },
    };

    return &options;
}

#define CLASS(...) GALE_WEBSOCKET_CLASS(.get_options = options_of, __VA_ARGS__)

static const gale_websocket_class classes[] = { CLASS(.on_message = echo),
                                                CLASS(.on_message = wait_and_echo),
                                                CLASS(.on_message = send_pieces),
                                                CLASS(.run = read_all) };

struct world {
    gale_ioloop *loop;
    gale_app *app;
    struct gale__sim_peer *peer;
};

static void set_up(struct world *w)
{
    const gale_route routes[] = {
        { .url = "/0", .handler = &classes[0].base },
        { .url = "/1", .handler = &classes[1].base },
        { .url = "/2", .handler = &classes[2].base },
        { .url = "/3", .handler = &classes[3].base },
        { 0 },
    };
    struct gale__app_server *server;
    int fd;

    w->loop = gale_ioloop_new(&(gale_ioloop_options){ .backend = "simulated" });
    GALE_ASSERT(w->loop);
    gale_ioloop_make_current(w->loop);
    w->app = gale_app_new(routes, NULL);
    GALE_ASSERT(w->app);
    fd = gale__sim_listener(w->loop);
    server = gale__app_server_new(w->app, w->loop);
    GALE_ASSERT(server);
    server->server = gale__httpserver_new(w->loop, &gale__web_answerer, server,
                                          &w->app->settings.server, NULL);
    w->peer = gale__sim_connect(w->loop, fd);
    GALE_ASSERT(server->server && w->peer && gale_httpserver_add_socket(server->server, &fd) == 0);
}

static void push(struct world *w, const void *data, size_t n)
{
    if (n)
        GALE_ASSERT(gale__sim_push(w->peer, data, n) == 0);
}

static void shake_hands(struct world *w, unsigned how)
{
    static const char *const offers[] = {
        "", "Sec-WebSocket-Extensions: permessage-deflate\r\n",
        "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; "
        "server_no_context_takeover\r\n",
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=9; "
        "server_max_window_bits=9\r\n"
    };
    char head[500];

    snprintf(head, sizeof(head),
             "GET /%u HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s\r\n",
             how & 3, offers[how >> 2 & 3]);
    push(w, head, strlen(head));
}

/* Frames out of a few bytes each: opcode and flags, a length, the payload (masked with zeros). */
static void push_frames(struct world *w, const uint8_t *data, size_t size)
{
    static const uint8_t key[4];

    while (size >= 2) {
        char head[GALE__WS_HEAD_MAX];
        size_t n = data[1] < size - 2 ? data[1] : size - 2;
        size_t n_head = gale__websocket_frame_head(head, data[0] & 15, data[0] & 0x80,
                                                   data[0] & 0x40, n, key);

        push(w, head, n_head);
        push(w, data + 2, n);
        data += 2 + n;
        size -= 2 + n;
    }
}

/* What was sent: a 101, then frames, of which the last may be a close. */
static void check_sent(gale_str sent, bool compressed)
{
    const struct gale__websocket_rules rules = { false, compressed };
    const char *end = memmem(sent.ptr, sent.len, "\r\n\r\n", 4);
    bool closed = false;
    size_t at;

    GALE_ASSERT(end && !memcmp(sent.ptr, "HTTP/1.1 101 ", 13));
    for (at = (size_t)(end - sent.ptr) + 4; at < sent.len;) {
        struct gale__websocket_frame frame;
        int n = gale__websocket_frame_parse(sent.ptr + at, sent.len - at, &rules, &frame);

        GALE_ASSERT(n > 0 && frame.length <= sent.len - at - (size_t)n && !closed);
        closed = frame.opcode == GALE__WS_CLOSE;
        at += (size_t)n + (size_t)frame.length;
    }
}

static void tear_down(struct world *w)
{
    gale_gen_stats stats;

    GALE_ASSERT(gale__sim_advance(w->loop, 200) == 0);
    GALE_ASSERT(gale__sim_is_closed(w->peer));
    gale_gen_get_stats(&stats);
    GALE_ASSERT(stats.coroutines == 0);
    gale__sim_peer_free(w->peer);
    gale_app_free(w->app);
    gale_ioloop_free(w->loop);
}

static void ignore(void *arg, const gale_log_record *record)
{
    (void)arg, (void)record;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t pieces[64];
    struct world w;

    if (size < 3)
        return 0;
    gale_log_set_sink(ignore, NULL);
    set_up(&w);
    shake_hands(&w, data[0]);
    GALE_ASSERT(gale__sim_run(w.loop) == 0);
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
        pieces[i] = data[1] + 1u;
    GALE_ASSERT(gale__sim_chunks(w.peer, pieces, sizeof(pieces) / sizeof(pieces[0])) == 0);
    if (data[2])
        push(&w, data + 2, size - 2);
    else
        push_frames(&w, data + 3, size - 3);
    GALE_ASSERT(gale__sim_advance(w.loop, 5) == 0);
    if (data[0] & 0x20)
        gale__sim_reset(w.peer);
    else
        gale__sim_end(w.peer);
    GALE_ASSERT(gale__sim_run(w.loop) == 0);
    check_sent(gale__sim_sent(w.peer), data[0] >> 2 & 3);
    tear_down(&w);
    return 0;
}

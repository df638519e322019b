/* websocket_in.c - frames in, messages out. See websocket_engine.h.
 *
 * Control frames are taken whole; payloads of data frames as they come, unmasked, inflated and
 * looked at for UTF-8 on the way, so that what is wrong shows at once. The head of a data frame is
 * left alone while the message before is being handled.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "http/websocket_engine.h"
#include "proto/websocket_mask.h"

enum { INFLATE_PIECE = 4096 };

static bool is_discarding(const gale_websocket *ws)
{
    return ws->failed || ws->got_close || ws->over;
}

static void no_memory(gale_websocket *ws)
{
    gale__websocket_fail(ws, 1011, "out of memory");
}

/* --- control frames --- */

static void on_close(gale_websocket *ws, gale_str payload)
{
    struct gale__websocket_more *more;
    gale_str reason;
    int code, wrong = gale__websocket_close_parse(payload, &code, &reason);

    if (wrong) {
        gale__websocket_fail(ws, wrong, "a bad close frame");
        return;
    }
    ws->got_close = true;
    ws->close_code = (uint16_t)code;
    more = reason.len ? gale__websocket_more(ws) : NULL;
    if (more && !more->close_reason)
        more->close_reason = gale__strndup(reason.ptr, reason.len);
    gale__websocket_send_close(ws, code, (gale_str){ NULL, 0 });
    gale__websocket_alive_closing(ws);
    if (!ws->is_client) /* a client waits for the server to close first (RFC 6455 7.1.1) */
        gale__websocket_end(ws, false);
}

static void on_ping(gale_websocket *ws, gale_str payload)
{
    gale__websocket_send_pong(ws, payload);
    if (ws->kind->owner->on_ping && !ws->released)
        ws->kind->owner->on_ping(ws, payload);
}

static void on_pong(gale_websocket *ws, gale_str payload)
{
    gale__websocket_alive_pong(ws, payload);
    if (ws->kind->owner->on_pong && !ws->released)
        ws->kind->owner->on_pong(ws, payload);
}

static size_t take_control(gale_websocket *ws, const struct gale__websocket_frame *frame,
                           const char *data, size_t n)
{
    char bytes[GALE__WS_CONTROL_MAX];
    gale_str payload = { bytes, (size_t)frame->length };

    if (n < payload.len)
        return 0;
    gale__websocket_mask(bytes, data, payload.len, frame->key, 0);
    if (frame->opcode == GALE__WS_CLOSE)
        on_close(ws, payload);
    else if (frame->opcode == GALE__WS_PING)
        on_ping(ws, payload);
    else
        on_pong(ws, payload);
    return 1;
}

/* --- data frames --- */

/* Where it stands among the frames of its message: why it is wrong there, or NULL. */
static const char *misplaced(const struct gale__websocket_more *more,
                             const struct gale__websocket_frame *frame)
{
    if (frame->opcode == GALE__WS_CONTINUATION)
        return more->in_message ? NULL : "a continuation of nothing";
    return more->in_message ? "a message within a message" : NULL;
}

static void begin_message(struct gale__websocket_more *more,
                          const struct gale__websocket_frame *frame)
{
    more->in_message = true;
    more->text = frame->opcode == GALE__WS_TEXT;
    more->compressed = frame->compressed;
    more->n_fragments = 0;
    more->utf8 = (struct gale__utf8_feed){ 0 };
}

static bool is_too_long(const struct gale__websocket_more *more, uint64_t more_bytes)
{
    return more_bytes > more->message.max - more->message.len;
}

/* The head of one has come. */
static bool begin_frame(gale_websocket *ws, const struct gale__websocket_frame *frame)
{
    struct gale__websocket_more *more = gale__websocket_more(ws);
    int64_t most = ws->kind->options.max_fragments;
    const char *why;

    if (!more) {
        no_memory(ws);
        return false;
    }
    why = misplaced(more, frame);
    if (why) {
        gale__websocket_fail(ws, 1002, why);
        return false;
    }
    if (frame->opcode != GALE__WS_CONTINUATION)
        begin_message(more, frame);
    if (most >= 0 && ++more->n_fragments > most) {
        gale__websocket_fail(ws, 1008, "a message in too many frames");
        return false;
    }
    if (!more->compressed && !ws->sent_close && is_too_long(more, frame->length)) {
        gale__websocket_fail(ws, 1009, "message too big");
        return false;
    }
    more->in_frame = true;
    more->fin = frame->fin;
    more->left = frame->length;
    memcpy(more->key, frame->key, sizeof(more->key));
    return true;
}

static void turn_key(uint8_t key[4], size_t n)
{
    uint8_t old[4];

    memcpy(old, key, 4);
    for (size_t i = 0; i < 4; i++)
        key[i] = old[(i + n) & 3];
}

/* 1: all of it is ASCII. */
static int take_plain(struct gale__websocket_more *more, const char *data, size_t n)
{
    int r = gale__buf_reserve(&more->message, n);

    if (r < 0)
        return r;
    r = gale__websocket_mask(more->message.ptr + more->message.len, data, n, more->key, 0);
    more->message.len += n;
    return r;
}

static int take_compressed(gale_websocket *ws, const char *data, size_t n)
{
    struct gale__websocket_more *more = ws->more;
    char piece[INFLATE_PIECE];
    int r = 0;

    for (size_t done = 0; done < n && r == 0;) {
        size_t part = n - done < sizeof(piece) ? n - done : sizeof(piece);

        gale__websocket_mask(piece, data + done, part, more->key, done);
        r = gale__websocket_inflate(ws, (gale_str){ piece, part }, false);
        done += part;
    }
    return r;
}

static void refuse(gale_websocket *ws, int r)
{
    if (r == GALE_ETOOBIG)
        gale__websocket_fail(ws, 1009,
                             ws->more->compressed ? "message too big after decompression"
                                                  : "message too big");
    else if (r == GALE_EPROTO)
        gale__websocket_fail(ws, 1002, "bad compressed data");
    else
        no_memory(ws);
}

/* What was added to the message from `before` on: false when it is not UTF-8. */
static bool look_at_text(gale_websocket *ws, size_t before)
{
    struct gale__websocket_more *more = ws->more;

    if (!more->text || more->message.len == before ||
        gale__utf8_feed(&more->utf8, more->message.ptr + before, more->message.len - before))
        return true;
    gale__websocket_fail(ws, 1007, "text that is not UTF-8");
    return false;
}

static void take_bytes(gale_websocket *ws, const char *data, size_t n)
{
    struct gale__websocket_more *more = ws->more;
    size_t before = more->message.len;
    int r = more->compressed ? take_compressed(ws, data, n) : take_plain(more, data, n);

    if (r < 0)
        refuse(ws, r);
    else if (r == 0 || more->compressed || more->utf8.left)
        (void)look_at_text(ws, before);
}

/* Of a compressed message: what its sender left out at its end. */
static bool end_compressed(gale_websocket *ws)
{
    size_t before = ws->more->message.len;
    int r = gale__websocket_inflate(ws, (gale_str){ NULL, 0 }, true);

    if (r < 0) {
        refuse(ws, r);
        return false;
    }
    return look_at_text(ws, before);
}

static void deliver(gale_websocket *ws)
{
    struct gale__websocket_more *more = ws->more;

    if (more->compressed && !end_compressed(ws))
        return;
    more->in_message = false;
    if (more->text && more->utf8.left) {
        gale__websocket_fail(ws, 1007, "text that ends within a character");
        return;
    }
    ws->held = true;
    if (ws->kind->owner->on_message(ws, gale__buf_str(&more->message), !more->text) && ws->held) {
        ws->held = false;
        gale__buf_reset(&ws->more->message);
    }
}

/* Payload of the frame that comes; how much of it. After our own close it is not wanted. */
static size_t take_payload(gale_websocket *ws, const char *data, size_t n)
{
    struct gale__websocket_more *more = ws->more;
    size_t part = n < more->left ? n : (size_t)more->left;

    if (part && !ws->sent_close)
        take_bytes(ws, data, part);
    if (is_discarding(ws))
        return n;
    more->left -= part;
    turn_key(more->key, part);
    if (more->left)
        return part;
    more->in_frame = false;
    if (!more->fin)
        return part;
    if (ws->sent_close) {
        more->in_message = false;
        if (!ws->held)
            gale__buf_reset(&more->message);
    } else {
        deliver(ws);
    }
    return part;
}

/* One frame, or what of it has come; 0: more is needed, or it is not its turn. */
static size_t take_frame(gale_websocket *ws, const char *data, size_t n)
{
    const struct gale__websocket_rules rules = { !ws->is_client, ws->deflate };
    struct gale__websocket_frame frame;
    int head = gale__websocket_frame_parse(data, n, &rules, &frame);

    if (head < 0) {
        gale__websocket_fail(ws, 1002, frame.why);
        return n;
    }
    if (head == 0)
        return 0;
    if (gale__websocket_is_control(frame.opcode)) {
        if (!take_control(ws, &frame, data + head, n - (size_t)head))
            return 0;
        return (size_t)head + (size_t)frame.length;
    }
    if (ws->held && !ws->sent_close)
        return 0;
    if (!begin_frame(ws, &frame))
        return n;
    return (size_t)head + take_payload(ws, data + head, n - (size_t)head);
}

size_t gale__websocket_feed(gale_websocket *ws, const char *data, size_t n)
{
    size_t used = 0;

    while (used < n) {
        size_t step;

        if (is_discarding(ws))
            return n;
        if (ws->more && ws->more->in_frame)
            step = take_payload(ws, data + used, n - used);
        else
            step = take_frame(ws, data + used, n - used);
        if (!step)
            break;
        used += step;
    }
    return used;
}

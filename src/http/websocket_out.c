/* websocket_out.c - frames out: messages, whole or in pieces, control frames. See
 * websocket_engine.h.
 *
 * Head and payload of a frame leave in one write; a payload that is large goes to the kernel from
 * where it lies. What a client sends is masked while it is copied.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include <gale/json.h>

#include "base/alloc.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/str.h"
#include "http/websocket_engine.h"
#include "net/stream.h"
#include "proto/websocket_mask.h"

enum { ROOM = GALE__STREAM_RESERVE_MAX };

static const gale_str no_bytes = { NULL, 0 };

/* --- frames --- */

static int write_failed(const struct gale_iostream *s)
{
    return s->error ? s->error : GALE_ECLOSED;
}

/* Those that fit into a piece of the output. */
static int write_small(struct gale_iostream *s, const char *head, size_t n_head, gale_str payload)
{
    char *p = gale__stream_reserve(s, n_head + payload.len);

    if (!p)
        return write_failed(s);
    memcpy(p, head, n_head);
    if (payload.len)
        memcpy(p + n_head, payload.ptr, payload.len);
    gale__stream_commit(s, n_head + payload.len);
    return 0;
}

static int write_large(struct gale_iostream *s, const char *head, size_t n_head, gale_str payload)
{
    int r = write_small(s, head, n_head, no_bytes);

    return r == 0 ? gale__stream_write(s, payload.ptr, payload.len) : r;
}

static int write_masked(struct gale_iostream *s, const uint8_t *key, gale_str payload)
{
    size_t done = 0;

    while (done < payload.len) {
        size_t part = payload.len - done < ROOM ? payload.len - done : ROOM;
        char *p = gale__stream_reserve(s, part);

        if (!p)
            return write_failed(s);
        gale__websocket_mask(p, payload.ptr + done, part, key, done);
        gale__stream_commit(s, part);
        done += part;
    }
    return 0;
}

/* A small one: head and payload in the same piece. */
static int write_small_masked(struct gale_iostream *s, const char *head, size_t n_head,
                              const uint8_t *key, gale_str payload)
{
    char *p = gale__stream_reserve(s, n_head + payload.len);

    if (!p)
        return write_failed(s);
    memcpy(p, head, n_head);
    gale__websocket_mask(p + n_head, payload.ptr, payload.len, key, 0);
    gale__stream_commit(s, n_head + payload.len);
    return 0;
}

static int write_as_client(struct gale_iostream *s, unsigned opcode, bool fin, bool compressed,
                           gale_str payload)
{
    char head[GALE__WS_HEAD_MAX];
    uint8_t key[4];
    size_t n_head;
    int r = gale__random(key, sizeof(key)); /* that no script can guess it (RFC 6455 10.3) */

    if (r < 0)
        return r;
    n_head = gale__websocket_frame_head(head, opcode, fin, compressed, payload.len, key);
    if (n_head + payload.len <= ROOM)
        return write_small_masked(s, head, n_head, key, payload);
    r = write_small(s, head, n_head, no_bytes);
    return r == 0 ? write_masked(s, key, payload) : r;
}

int gale__websocket_write_frame(gale_websocket *ws, unsigned opcode, bool fin, bool compressed,
                                gale_str payload)
{
    struct gale_iostream *s = gale__websocket_stream(ws);
    char head[GALE__WS_HEAD_MAX];
    size_t n_head;

    if (!s)
        return GALE_ECLOSED;
    if (ws->is_client)
        return write_as_client(s, opcode, fin, compressed, payload);
    n_head = gale__websocket_frame_head(head, opcode, fin, compressed, payload.len, NULL);
    if (n_head + payload.len <= ROOM)
        return write_small(s, head, n_head, payload);
    return write_large(s, head, n_head, payload);
}

/* --- control frames --- */

void gale__websocket_send_close(gale_websocket *ws, int code, gale_str reason)
{
    char bytes[GALE__WS_CONTROL_MAX];
    size_t n = 0;

    if (ws->sent_close)
        return;
    if (code != 1005) {
        bytes[n++] = (char)(code >> 8);
        bytes[n++] = (char)code;
        if (reason.len)
            memcpy(bytes + n, reason.ptr, reason.len);
        n += reason.len;
    }
    ws->sent_close = true;
    (void)gale__websocket_write_frame(ws, GALE__WS_CLOSE, true, false, (gale_str){ bytes, n });
    gale__websocket_flush(ws);
}

/* While the peer does not read only the latest ping is answered, when it does (RFC 6455 5.5.3). */
void gale__websocket_send_pong(gale_websocket *ws, gale_str data)
{
    struct gale__websocket_more *more;

    if (ws->got_close || ws->failed)
        return; /* after our own close only, pings are still answered (RFC 6455 5.5.2) */
    if (gale_websocket_pending(ws) <= GALE__WS_HIGH_WATER) {
        (void)gale__websocket_write_frame(ws, GALE__WS_PONG, true, false, data);
        gale__websocket_flush(ws);
        return;
    }
    more = gale__websocket_more(ws);
    if (more && !more->pong)
        more->pong = gale__malloc(GALE__WS_CONTROL_MAX);
    if (!more || !more->pong)
        return;
    more->pong_len = (uint8_t)data.len;
    if (data.len)
        memcpy(more->pong, data.ptr, data.len);
}

static int closed_already(const gale_websocket *ws)
{
    return gale_websocket_is_closed(ws) ? gale_err(GALE_ECLOSED, "the WebSocket is closed") : 0;
}

int gale_websocket_ping(gale_websocket *ws, gale_str data)
{
    int r = closed_already(ws);

    if (r < 0)
        return r;
    if (data.len > GALE__WS_CONTROL_MAX)
        return gale_err(GALE_EINVAL, "a ping carries at most 125 bytes");
    r = gale__websocket_write_frame(ws, GALE__WS_PING, true, false, data);
    gale__websocket_flush(ws);
    return r;
}

int gale_websocket_close(gale_websocket *ws, int code, const char *reason)
{
    size_t n = reason ? strlen(reason) : 0;

    if (!code)
        code = n ? 1000 : 1005;
    else if (!gale__websocket_code_is_valid(code))
        return gale_err(GALE_EINVAL, "%d is no code to close a WebSocket with", code);
    if (n > GALE__WS_REASON_MAX)
        return gale_err(GALE_EINVAL, "a reason to close has at most 123 bytes");
    if (n && !gale__utf8_valid(reason, n))
        return gale_err(GALE_EINVAL, "a reason to close that is not UTF-8");
    if (gale_websocket_is_closed(ws))
        return 0;
    gale__websocket_send_close(ws, code, (gale_str){ reason, n });
    if (ws->more)
        gale__waitq_wake_all(&ws->more->senders, GALE_ECLOSED);
    gale__websocket_alive_closing(ws);
    return 0;
}

/* --- messages --- */

static unsigned opcode_of(bool binary)
{
    return binary ? GALE__WS_BINARY : GALE__WS_TEXT;
}

/* One message, or a piece of one, in frames of at most fragment_size. */
static int write_frames(gale_websocket *ws, gale_str data, unsigned opcode, bool compressed,
                        bool fin)
{
    int64_t most = ws->kind->options.fragment_size;
    int r;

    while (most > 0 && (uint64_t)most < data.len) {
        r = gale__websocket_write_frame(ws, opcode, false, compressed,
                                        (gale_str){ data.ptr, (size_t)most });
        if (r < 0)
            return r;
        data = gale__str_skip(data, (size_t)most);
        opcode = GALE__WS_CONTINUATION;
        compressed = false;
    }
    return gale__websocket_write_frame(ws, opcode, fin, compressed, data);
}

bool gale__websocket_is_worth_it(const gale_websocket *ws, gale_str data)
{
    int64_t threshold = ws->kind->options.deflate.threshold;

    return ws->deflate && ws->our_bits > 8 && (threshold < 0 || (uint64_t)threshold <= data.len);
}

/* Prepared messages that came while one was sent in pieces. */
static int send_what_waited(gale_websocket *ws)
{
    struct gale__buf *behind = &ws->more->behind;
    int r = 0;

    if (behind->len)
        r = gale__stream_write(gale__websocket_stream(ws), behind->ptr, behind->len);
    gale__buf_deinit(behind);
    return r;
}

static int send_pieces(gale_websocket *ws, gale_str data, bool binary, bool first, bool fin)
{
    struct gale__websocket_more *more = gale__websocket_more(ws);
    unsigned opcode = first ? opcode_of(binary) : GALE__WS_CONTINUATION;
    int r = 0;

    if (!more)
        return gale_err(-ENOMEM, "out of memory for a message in pieces");
    if (first) {
        more->sending_binary = binary;
        more->sending_compressed = ws->deflate && ws->our_bits > 8;
    }
    if (more->sending_compressed)
        r = gale__websocket_compress(ws, data, fin, &data);
    if (r < 0)
        return r;
    more->sending = true;
    r = write_frames(ws, data, opcode, first && more->sending_compressed, fin);
    if (fin && r >= 0) {
        more->sending = false;
        r = send_what_waited(ws);
    }
    return r;
}

static int send_whole(gale_websocket *ws, gale_str data, bool binary)
{
    bool compressed = gale__websocket_is_worth_it(ws, data);
    int r = 0;

    if (ws->more && ws->more->sending)
        return gale_err(GALE_ESTATE, "another message is being sent in pieces");
    if (compressed)
        r = gale__websocket_compress(ws, data, true, &data);
    return r < 0 ? r : write_frames(ws, data, opcode_of(binary), compressed, true);
}

int gale__websocket_send(gale_websocket *ws, gale_str data, bool binary, bool first, bool fin)
{
    int r = closed_already(ws);

    if (r < 0)
        return r;
    ws->idle = false;
    r = first && fin ? send_whole(ws, data, binary) : send_pieces(ws, data, binary, first, fin);
    if (r < 0 && !(first && fin) && ws->more && ws->more->sending) {
        gale__websocket_fail(ws, 1011, "a message was cut short");
        return r;
    }
    gale__websocket_flush(ws);
    if (r < 0)
        return r;
    return gale_websocket_pending(ws) > GALE__WS_HIGH_WATER;
}

static bool is_over_water(gale_websocket *ws)
{
    if (GALE_LIKELY(gale_websocket_pending(ws) <= GALE__WS_HIGH_WATER))
        return false;
    (void)gale__stream_flush_now(gale__websocket_stream(ws)); /* a batch does not hold it back */
    return gale_websocket_pending(ws) > GALE__WS_HIGH_WATER;
}

static int wait_for_room(gale_websocket *ws, const char *what)
{
    int r = 0;

    while (r >= 0 && is_over_water(ws)) {
        struct gale__websocket_more *more = gale__websocket_more(ws);

        if (!more)
            return gale_err(-ENOMEM, "out of memory for a message");
        more->n_senders++;
        r = gale__waitq_wait(&more->senders, what, INT64_MAX);
        more->n_senders--;
        if (gale__websocket_collect(ws))
            return GALE_ECLOSED;
        if (r >= 0)
            r = closed_already(ws);
    }
    return r;
}

/* May a message so long be sent now? Waits in coroutines. */
static int make_room(gale_websocket *ws, size_t n, const char *what)
{
    int64_t most = ws->kind->options.max_pending;
    size_t pending;

    if (GALE_UNLIKELY(is_over_water(ws)) && gale__co_current())
        return wait_for_room(ws, what);
    pending = gale_websocket_pending(ws);
    if (pending && most >= 0 && pending + n > (uint64_t)most)
        return gale_err(GALE_ETOOBIG, "%zu bytes wait for the peer to read", pending);
    return 0;
}

/* The text that has come and is being handled: it was looked at already. */
static bool is_the_last(const gale_websocket *ws, gale_str message)
{
    const struct gale__websocket_more *more = ws->more;

    return ws->held && more && more->text && message.ptr == more->message.ptr &&
           message.len == more->message.len;
}

int gale_send(gale_websocket *ws, gale_str message, bool binary)
{
    int r = closed_already(ws);

    if (r >= 0 && !binary && !is_the_last(ws, message) &&
        !gale__utf8_valid(message.ptr, message.len))
        r = gale_err(GALE_EINVAL, "a text that is not UTF-8: send it as binary");
    if (r >= 0)
        r = make_room(ws, message.len, "gale_send");
    if (r >= 0)
        r = gale__websocket_send(ws, message, binary, true, true);
    return r < 0 ? r : 0;
}

int gale_write_message(gale_websocket *ws, const char *text)
{
    return gale_send(ws, gale__str(text), false);
}

int gale_write_message_bytes(gale_websocket *ws, const void *data, size_t size)
{
    return gale_send(ws, (gale_str){ data, size }, true);
}

int gale_write_message_json(gale_websocket *ws, struct json_t *value)
{
    struct gale__buf text;
    int r;

    if (!value)
        return gale_err(GALE_EINVAL, "no JSON value to send");
    gale__buf_init(&text, SIZE_MAX / 2);
    r = gale__json_dump(value, &text);
    json_decref(value);
    if (r >= 0)
        r = gale_send(ws, gale__buf_str(&text), false);
    gale__buf_deinit(&text);
    return r;
}

static bool is_sending(const gale_websocket *ws)
{
    return ws->more && ws->more->sending;
}

/* What the text is at the piece's end. */
static int look_at_piece(const gale_websocket *ws, gale_str piece, bool last,
                         struct gale__utf8_feed *feed)
{
    if (is_sending(ws))
        *feed = ws->more->sent_utf8;
    if ((piece.len && !gale__utf8_feed(feed, piece.ptr, piece.len)) || (last && feed->left))
        return gale_err(GALE_EINVAL, "a text that is not UTF-8: send it as binary");
    return 0;
}

int gale_send_piece(gale_websocket *ws, gale_str piece, bool binary, bool last)
{
    struct gale__utf8_feed feed = { 0 };
    bool first = !is_sending(ws);
    int r = closed_already(ws);

    if (r >= 0)
        r = make_room(ws, piece.len, "gale_send_piece");
    if (r < 0)
        return r;
    if (first == is_sending(ws)) /* while this one waited */
        return gale_err(GALE_ESTATE, "another message is being sent in pieces");
    if (!first && ws->more->sending_binary != binary)
        return gale_err(GALE_ESTATE, "the message in pieces is of the other kind");
    if (!binary)
        r = look_at_piece(ws, piece, last, &feed);
    if (r >= 0)
        r = gale__websocket_send(ws, piece, binary, first, last);
    if (r < 0)
        return r;
    if (!last && ws->more)
        ws->more->sent_utf8 = feed;
    return 0;
}

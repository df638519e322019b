/* websocket_life.c - the life of a WebSocket connection and what it rides on. See websocket.h.
 *
 * A message lies in memory of our own from the first: payloads are unmasked while they are copied
 * there, which costs no more than unmasking them in place and lets a handler that waits keep it.
 * That memory is a spare of the thread's while handlers do not wait.
 */
/* SPDX-License-Identifier: MIT */
#include "http/websocket_conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include <gale/log.h>

#include "base/alloc.h"
#include "base/str.h"
#include "base/thread_end.h"
#include "http/headers.h"
#include "http/websocket_client.h"
#include "http/websocket_engine.h"
#include "net/address.h"
#include "net/stream.h"

enum {
    SPARE_MAX = 128 * 1024,
    KEPT_MAX = 4096, /* of a message's memory by one whose `more` stays */
    PREFIX_UNIT = 16,
    PREFIX_MAX = 255 * PREFIX_UNIT,
    STATE_OFFSET = (sizeof(gale_websocket) + 15) / 16 * 16, /* aligned for anything */
};

/* --- what is rarely needed --- */

static GALE__TLS struct gale__websocket_more *spare;
static GALE__TLS struct gale__thread_end spare_end;

static void free_more(struct gale__websocket_more *more)
{
    gale__buf_deinit(&more->message);
    gale__buf_deinit(&more->behind);
    gale__free(more->pong);
    gale__free(more->close_reason);
    gale__free(more);
}

static void free_spare(void)
{
    if (spare)
        free_more(spare);
    spare = NULL;
}

struct gale__websocket_more *gale__websocket_more(gale_websocket *ws)
{
    struct gale__websocket_more *more = ws->more;

    if (more)
        return more;
    more = spare;
    spare = NULL;
    if (!more)
        more = gale__calloc(1, sizeof(*more));
    if (!more)
        return NULL;
    gale__waitq_init(&more->senders);
    more->message.max = ws->kind->options.max_message_size < 0
                            ? SIZE_MAX / 2
                            : (size_t)ws->kind->options.max_message_size;
    return ws->more = more;
}

/* Nothing of it is in use. */
static bool is_unused(const gale_websocket *ws)
{
    const struct gale__websocket_more *more = ws->more;

    return !more->in_message && !more->in_frame && !ws->held && !more->sending && !more->pong &&
           !more->timer && !more->n_senders && !more->close_reason && !more->topics &&
           !more->deflate && !more->inflate && !more->client;
}

static void give_back(struct gale__websocket_more *more)
{
    struct gale__buf message = more->message;

    if (spare || message.cap > SPARE_MAX || !gale__at_thread_end(&spare_end, free_spare)) {
        free_more(more);
        return;
    }
    gale__buf_reset(&message);
    gale__buf_deinit(&more->behind);
    gale__free(more->pong);
    memset(more, 0, sizeof(*more));
    more->message = message;
    spare = more;
}

void gale__websocket_settle(gale_websocket *ws)
{
    struct gale__websocket_more *more = ws->more;

    if (!more)
        return;
    if (is_unused(ws)) {
        ws->more = NULL;
        give_back(more);
    } else if (!more->in_message && !ws->held && (more->topics || more->message.cap > KEPT_MAX)) {
        gale__buf_deinit(&more->message); /* those that only listen are many */
    }
}

/* --- what it rides on --- */

struct gale_iostream *gale__websocket_stream(const gale_websocket *ws)
{
    if (ws->conn)
        return gale__upgraded_stream(ws->conn);
    return ws->is_client && !ws->over ? gale__websocket_client_stream(ws->more->client) : NULL;
}

gale_ioloop *gale__websocket_loop(const gale_websocket *ws)
{
    return ws->conn ? gale__upgraded_stream(ws->conn)->io.loop
                    : gale__websocket_client_loop(ws->more->client);
}

uint32_t *gale__websocket_words(gale_websocket *ws)
{
    return ws->conn ? gale__upgraded_words(ws->conn)
                    : gale__websocket_client_words(ws->more->client);
}

void gale__websocket_flush(gale_websocket *ws)
{
    struct gale_iostream *s;

    if (ws->in_batch || ws->over || (ws->conn && gale__upgraded_in_batch(ws->conn)))
        return;
    s = gale__websocket_stream(ws);
    if (s)
        (void)gale__stream_flush(s);
}

void gale__websocket_end(gale_websocket *ws, bool now)
{
    if (ws->over)
        return;
    if (ws->conn && ws->failed && !now)
        gale__upgraded_reject(ws->conn);
    else if (ws->conn)
        gale__upgraded_close(ws->conn, now);
    else
        gale__websocket_client_end(ws->more->client, now);
}

/* --- calls of the owner --- */

bool gale__websocket_enter(gale_websocket *ws)
{
    bool outer = ws->in_call;

    ws->in_call = true;
    return outer;
}

static void destroy(gale_websocket *ws)
{
    struct gale__websocket_more *more = ws->more;
    size_t prefix = (size_t)ws->prefix * PREFIX_UNIT;

    gale__websocket_deflate_rest(ws, true);
    if (more) {
        gale__websocket_client_free(more->client);
        gale__free(more->close_reason);
        more->close_reason = NULL;
        give_back(more);
    }
    gale__free((char *)ws - prefix);
}

bool gale__websocket_collect(gale_websocket *ws)
{
    const struct gale__websocket_more *more = ws->more;

    if (ws->in_call || !ws->released || !ws->over || (more && more->n_senders) ||
        (more && more->client && gale__websocket_client_is_busy(more->client)))
        return false;
    destroy(ws);
    return true;
}

bool gale__websocket_leave(gale_websocket *ws, bool outer)
{
    ws->in_call = outer;
    return gale__websocket_collect(ws);
}

void gale__websocket_release(gale_websocket *ws)
{
    ws->released = ws->failed = true;
    if (ws->is_client && ws->reader)
        gale__websocket_reader_closed(ws); /* it leaves before ws is freed */
    if (ws->more && ws->more->topics)
        gale__topics_end_websocket(&ws->more->topics);
    if (!ws->over)
        gale__websocket_end(ws, true); /* on_closed frees it */
    else
        (void)gale__websocket_collect(ws);
}

void gale__websocket_abort(gale_websocket *ws)
{
    ws->failed = true;
    gale__websocket_end(ws, true);
}

void gale__websocket_fail(gale_websocket *ws, int code, const char *why)
{
    if (ws->failed)
        return;
    gale_log(&gale_log_general, GALE_LOG_DEBUG, "a WebSocket is closed (%d): %s", code, why);
    gale__websocket_send_close(ws, code, gale__str(why));
    ws->failed = true;
    if (!ws->got_close)
        ws->close_code = 1006; /* nothing that still comes is looked at */
    gale__websocket_reader_refused(ws, code, why);
    gale__websocket_alive_closing(ws);
    gale__websocket_end(ws, false);
}

/* --- the carrier's news --- */

/* The peer is gone: no half-close in WebSockets. Only what it has sent before, and waits for its
 * turn, keeps the connection. */
static void end_of_input(gale_websocket *ws, bool has_more)
{
    if (ws->eof && !(ws->held && has_more))
        gale__websocket_end(ws, true);
}

size_t gale__websocket_on_data(void *self, char *data, size_t n)
{
    gale_websocket *ws = self;
    bool outer = gale__websocket_enter(ws);
    size_t used;

    ws->in_batch = true;
    used = gale__websocket_feed(ws, data, n);
    ws->in_batch = false;
    gale__websocket_settle(ws);
    end_of_input(ws, used < n);
    if (!gale__websocket_leave(ws, outer) && ws->is_client)
        gale__websocket_flush(ws);
    return used;
}

void gale__websocket_on_eof(void *self)
{
    gale_websocket *ws = self;
    const struct gale_iostream *s = gale__websocket_stream(ws);

    ws->eof = true;
    end_of_input(ws, s && s->in);
}

void gale__websocket_on_error(void *self, int error)
{
    (void)self, (void)error; /* on_closed follows */
}

static void wake_senders(gale_websocket *ws, int code)
{
    if (ws->more)
        gale__waitq_wake_all(&ws->more->senders, code);
}

void gale__websocket_on_drained(void *self)
{
    gale_websocket *ws = self;
    struct gale__websocket_more *more = ws->more;
    bool outer = gale__websocket_enter(ws);

    if (more && more->pong) {
        char *pong = more->pong;

        more->pong = NULL;
        gale__websocket_send_pong(ws, (gale_str){ pong, more->pong_len });
        gale__free(pong);
    }
    wake_senders(ws, 0);
    if (ws->kind->owner->on_drained && !ws->released)
        ws->kind->owner->on_drained(ws);
    gale__websocket_settle(ws);
    gale__websocket_leave(ws, outer);
}

void gale__websocket_on_drain(void *self)
{
    gale_websocket *ws = self;

    (void)gale_websocket_close(ws, 1001, "going away");
}

void gale__websocket_on_closed(void *self)
{
    gale_websocket *ws = self;
    bool outer;

    gale__websocket_alive_end(ws);
    ws->over = true;
    ws->conn = NULL;
    if (!ws->got_close)
        ws->close_code = 1006;
    wake_senders(ws, GALE_ECLOSED);
    outer = gale__websocket_enter(ws);
    if (!ws->released)
        ws->kind->owner->on_closed(ws);
    gale__websocket_leave(ws, outer);
}

static const struct gale__upgrade websocket_protocol = {
    .on_data = gale__websocket_on_data,
    .on_eof = gale__websocket_on_eof,
    .on_error = gale__websocket_on_error,
    .on_drained = gale__websocket_on_drained,
    .on_expired = gale__websocket_on_expired,
    .on_drain = gale__websocket_on_drain,
    .on_closed = gale__websocket_on_closed,
};

/* --- a server's beginning --- */

static gale_str field_of(const struct gale__response *r, const char *name)
{
    const struct gale__field *f = gale__headers_get(r->headers, gale__str(name));

    return f ? f->value : (gale_str){ NULL, 0 };
}

/* Room for two texts in front of it, and zeroed bytes behind; 0 of prefix: no texts. */
gale_websocket *gale__websocket_new(const struct gale__websocket_kind *kind, gale_str subprotocol,
                                    gale_str extensions, size_t state_size)
{
    size_t texts = subprotocol.len || extensions.len ? subprotocol.len + extensions.len + 2 : 0;
    size_t prefix = (texts + PREFIX_UNIT - 1) / PREFIX_UNIT * PREFIX_UNIT;
    gale_websocket *ws;
    char *memory;

    if (prefix > PREFIX_MAX)
        return NULL;
    memory = gale__calloc(1, prefix + (state_size ? STATE_OFFSET + state_size : sizeof(*ws)));
    if (!memory)
        return NULL;
    ws = (gale_websocket *)(void *)(memory + prefix);
    ws->kind = kind;
    ws->prefix = (unsigned)(prefix / PREFIX_UNIT) & 0xff;
    if (subprotocol.len)
        memcpy(memory, subprotocol.ptr, subprotocol.len);
    if (extensions.len)
        memcpy(memory + subprotocol.len + 1, extensions.ptr, extensions.len);
    return ws;
}

void gale__websocket_discard(gale_websocket *ws)
{
    if (!ws)
        return;
    if (ws->more)
        give_back(ws->more);
    gale__free((char *)ws - (size_t)ws->prefix * PREFIX_UNIT);
}

int gale__websocket_accept(struct gale__exchange *x, const struct gale__response *r,
                           const struct gale__websocket_kind *kind,
                           const struct gale__websocket_deflate_agreed *deflate, size_t state_size,
                           gale_websocket **out)
{
    gale_websocket *ws = gale__websocket_new(kind, field_of(r, "Sec-WebSocket-Protocol"),
                                             field_of(r, "Sec-WebSocket-Extensions"), state_size);
    int result;

    if (!ws)
        return gale_err(-ENOMEM, "out of memory for a WebSocket");
    if (deflate) {
        ws->deflate = true;
        ws->our_bits = deflate->server_bits & 15;
        ws->peer_bits = deflate->client_bits & 15;
        ws->our_no_context = deflate->server_no_context;
        ws->peer_no_context = deflate->client_no_context;
    }
    result = gale__exchange_upgrade(x, r, &websocket_protocol, ws, &ws->conn);
    if (result < 0) {
        gale__websocket_discard(ws);
        return result;
    }
    if (!ws->sent_close)
        gale__websocket_alive_begin(ws);
    *out = ws;
    return 0;
}

void *gale__websocket_inline_state(gale_websocket *ws)
{
    return (char *)ws + STATE_OFFSET;
}

void gale__websocket_next(gale_websocket *ws)
{
    struct gale_iostream *s = gale__websocket_stream(ws);

    if (!ws->held)
        return;
    ws->held = false;
    gale__buf_reset(&ws->more->message);
    if (!ws->in_batch)
        gale__websocket_settle(ws);
    if (!s)
        return;
    if (ws->eof && !s->in)
        end_of_input(ws, false);
    else
        gale__stream_resume(s);
}

struct gale__websocket_topics **gale__websocket_topics_of(gale_websocket *ws)
{
    struct gale__websocket_more *more = gale__websocket_more(ws);

    return more ? &more->topics : NULL;
}

/* --- what it is --- */

void *gale_websocket_state(gale_websocket *ws)
{
    return ws->is_client ? NULL : gale__websocket_inline_state(ws);
}

bool gale_websocket_is_closed(const gale_websocket *ws)
{
    return ws->over || ws->sent_close || ws->got_close || ws->failed;
}

int gale_websocket_close_code(const gale_websocket *ws)
{
    return ws->close_code;
}

const char *gale_websocket_close_reason(const gale_websocket *ws)
{
    return ws->more && ws->more->close_reason ? ws->more->close_reason : "";
}

static const char *texts_of(const gale_websocket *ws)
{
    return (const char *)ws - (size_t)ws->prefix * PREFIX_UNIT;
}

const char *gale_websocket_subprotocol(const gale_websocket *ws)
{
    return ws->prefix && *texts_of(ws) ? texts_of(ws) : NULL;
}

const char *gale_websocket_extensions(const gale_websocket *ws)
{
    return ws->prefix ? texts_of(ws) + strlen(texts_of(ws)) + 1 : "";
}

size_t gale_websocket_pending(const gale_websocket *ws)
{
    const struct gale_iostream *s = gale__websocket_stream(ws);

    return s ? s->out_pending : 0;
}

int gale_websocket_set_nodelay(gale_websocket *ws, bool on)
{
    const struct gale_iostream *s = gale__websocket_stream(ws);
    int value = on;

    if (!s)
        return GALE_ECLOSED;
    if (s->io.fd < 0 ||
        setsockopt(s->io.fd, IPPROTO_TCP, TCP_NODELAY, &value, sizeof(value)) == 0 ||
        errno == EOPNOTSUPP || errno == ENOPROTOOPT || errno == EBADF)
        return 0;
    return gale_err(-errno, "TCP_NODELAY cannot be set");
}

int gale_websocket_peer(const gale_websocket *ws, gale_address *out)
{
    const struct gale_iostream *s = gale__websocket_stream(ws);

    if (!s)
        return gale_err(GALE_ECLOSED, "the connection is closed");
    return ws->conn ? gale__upgraded_peer(ws->conn, out) : gale__address_peer(out, s->io.fd);
}

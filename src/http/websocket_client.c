/* websocket_client.c - a client's connection: the stream that its handshake left, its owner's
 * hooks, its end. See websocket_client.h.
 *
 * The stream is one of <gale/iostream.h> to which another consumer was given, so that all that
 * makes such streams (proxies, TLS, Unix sockets) serves here too.
 */
/* SPDX-License-Identifier: MIT */
#include "http/websocket_client.h"

#include <errno.h>

#include <gale/log.h>

#include "base/alloc.h"
#include "http/websocket_engine.h"
#include "net/pull.h"

enum { IN_LIMIT = 64 * 1024 };

struct gale__websocket_client {
    gale_websocket *ws;
    gale_ioloop *loop;
    gale_iostream *stream; /* NULL: closed */
    struct gale__websocket_kind kind;
    struct gale__websocket_reader reader;
    struct gale__waitq closed;
    uint32_t words[2];
    int (*on_message)(gale_websocket *ws, gale_str message, bool binary, void *arg);
    void *arg;
    gale_str message; /* that it is called with */
    bool binary;
    bool busy; /* it runs */
    bool starting;
    bool ended;   /* it is to be told of the end */
    bool closing; /* when all is sent */
};

/* --- the stream's news --- */

static gale_websocket *ws_of(struct gale_iostream *s)
{
    struct gale__websocket_client *client = s->pull->owner;

    return client->ws;
}

static size_t on_data(struct gale_iostream *s, char *data, size_t n)
{
    return gale__websocket_on_data(ws_of(s), data, n);
}

static void on_eof(struct gale_iostream *s)
{
    gale__websocket_on_eof(ws_of(s));
}

static void on_error(struct gale_iostream *s)
{
    gale__websocket_end(ws_of(s), true);
}

static void on_drained(struct gale_iostream *s)
{
    struct gale__websocket_client *client = s->pull->owner;

    if (client->closing)
        gale__websocket_end(client->ws, true);
    else
        gale__websocket_on_drained(client->ws);
}

/* By us, or because the loop goes; then the stream is still to be released. */
static void on_closed(struct gale_iostream *s)
{
    struct gale__websocket_client *client = s->pull->owner;
    gale_iostream *stream = client->stream;

    client->stream = NULL;
    gale__websocket_on_closed(client->ws);
    gale__pull_consumer.on_closed(s);
    gale_iostream_close(&stream);
}

static const struct gale__stream_consumer client_consumer = {
    .on_data = on_data,
    .on_eof = on_eof,
    .on_error = on_error,
    .on_drained = on_drained,
    .on_closed = on_closed,
};

struct gale_iostream *gale__websocket_client_stream(struct gale__websocket_client *client)
{
    return client->stream;
}

gale_ioloop *gale__websocket_client_loop(struct gale__websocket_client *client)
{
    return client->loop;
}

uint32_t *gale__websocket_client_words(struct gale__websocket_client *client)
{
    return client->words;
}

bool gale__websocket_client_is_busy(const struct gale__websocket_client *client)
{
    return client->busy;
}

void gale__websocket_client_end(struct gale__websocket_client *client, bool now)
{
    if (!client->stream)
        return;
    if (!now) {
        client->closing = true;
        (void)gale__stream_flush(client->stream);
        gale__stream_shutdown(client->stream);
        if (client->stream->out_pending)
            return;
        if (!client->stream->error && !client->ws->eof)
            return; /* the server closes, or our time passes */
    }
    gale_iostream_close(&client->stream);
}

void gale__websocket_client_free(struct gale__websocket_client *client)
{
    gale__free(client);
}

/* --- the owner: gale_read_message(), or on_message --- */

static void call_on_message(void *arg)
{
    struct gale__websocket_client *client = arg;
    gale_websocket *ws = client->ws;
    bool was_end = client->ended;
    int r = client->on_message(ws, client->message, client->binary, client->arg);

    if (r < 0 && !was_end) {
        gale_log(&gale_log_general, GALE_LOG_ERROR, "on_message: %s", gale_strerror(r));
        (void)gale_websocket_close(ws, 1011, "internal error");
    }
    client->busy = false;
    if (client->starting || gale__websocket_collect(ws) || was_end)
        return; /* who started it knows; or there is nothing more to do */
    gale__websocket_next(ws);
    if (ws->over && !ws->released)
        gale__websocket_client_tell_end(client);
}

static void start(struct gale__websocket_client *client, gale_str message, bool binary)
{
    int r;

    client->message = message;
    client->binary = binary;
    client->busy = client->starting = true;
    r = gale__co_start(client->loop, "on_message", NULL, call_on_message, client);
    client->starting = false;
    if (r == 0)
        return;
    client->busy = false;
    gale__websocket_fail(client->ws, 1011, "out of memory");
}

void gale__websocket_client_tell_end(struct gale__websocket_client *client)
{
    client->ended = true;
    start(client, (gale_str){ NULL, 0 }, false);
}

static bool on_message(gale_websocket *ws, gale_str message, bool binary)
{
    struct gale__websocket_client *client = ws->more->client;

    if (!client->on_message)
        return gale__websocket_reader_message(ws, message, binary);
    start(client, message.ptr ? message : (gale_str){ "", 0 }, binary);
    return !client->busy;
}

static void on_over(gale_websocket *ws)
{
    struct gale__websocket_client *client = ws->more->client;

    if (!client->on_message)
        gale__websocket_reader_closed(ws);
    else if (!client->busy)
        gale__websocket_client_tell_end(client);
    gale__waitq_wake_all(&client->closed, 0);
}

static const struct gale__websocket_owner client_owner = {
    .on_message = on_message,
    .on_closed = on_over,
};

/* --- its beginning and its end --- */

static void take_agreed(gale_websocket *ws, const struct gale__websocket_deflate_agreed *agreed)
{
    ws->deflate = true;
    ws->our_bits = agreed->client_bits & 15;
    ws->peer_bits = agreed->server_bits & 15;
    ws->our_no_context = agreed->client_no_context;
    ws->peer_no_context = agreed->server_no_context;
}

static void begin(gale_websocket *ws, struct gale__websocket_client *client, gale_iostream **stream)
{
    struct gale_iostream *s = *stream;

    *stream = NULL;
    client->stream = s;
    client->loop = s->io.loop;
    s->consumer = &client_consumer;
    s->pull->owner = client;
    gale__stream_set_in_limit(s, IN_LIMIT);
    s->eof_told = false; /* who read the handshake knows; we do not */
    (void)gale__stream_start(s);
    gale__stream_resume(s);
    gale__websocket_alive_begin(ws);
}

int gale__websocket_client_new(gale_iostream **stream,
                               const gale_websocket_connect_options *options,
                               const gale_websocket_options *filled,
                               const struct gale__websocket_deflate_agreed *agreed,
                               gale_str subprotocol, gale_str extensions, gale_websocket **out)
{
    struct gale__websocket_client *client;
    gale_websocket *ws;

    if ((*stream)->error)
        return (*stream)->error;
    client = gale__calloc(1, sizeof(*client));
    if (!client)
        return -ENOMEM;
    client->kind.owner = &client_owner;
    client->kind.options = *filled;
    ws = gale__websocket_new(&client->kind, subprotocol, extensions, 0);
    if (!ws || !gale__websocket_more(ws)) {
        gale__websocket_discard(ws);
        gale__free(client);
        return -ENOMEM;
    }
    client->ws = ws;
    client->on_message = options->on_message;
    client->arg = options->arg;
    gale__waitq_init(&client->closed);
    ws->is_client = true;
    ws->more->client = client;
    if (!options->on_message)
        ws->reader = &client->reader;
    if (agreed)
        take_agreed(ws, agreed);
    begin(ws, client, stream);
    *out = ws;
    return 0;
}

/* Until the handshake of closing is done, or its time has passed. */
static void wait_closed(gale_websocket *ws)
{
    struct gale__websocket_client *client = ws->more->client;

    (void)gale_websocket_close(ws, 1000, NULL);
    if (ws->held && !client->busy)
        gale__websocket_next(ws);
    ws->more->n_senders++; /* it stays for us */
    while (!ws->over && gale__waitq_wait(&client->closed, "gale_websocket_free", INT64_MAX) >= 0)
        continue;
    ws->more->n_senders--;
}

void gale_websocket_free(gale_websocket **place)
{
    gale_websocket *ws = *place;

    *place = NULL;
    if (!ws || !ws->is_client)
        return;
    if (!ws->over && gale__co_current())
        wait_closed(ws);
    gale__websocket_release(ws);
}

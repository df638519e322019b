/* websocket_read.c - gale_read_message(): messages for a coroutine that asks for them.
 *
 * The engine is held at a message until the next one is asked for, so that a reader that is slow
 * slows its peer down.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "http/websocket_engine.h"

static void wake(struct gale__websocket_reader *reader)
{
    struct gale__co *co = reader->co;

    reader->co = NULL;
    if (co)
        gale__co_wake(co, 0);
}

bool gale__websocket_reader_message(gale_websocket *ws, gale_str message, bool binary)
{
    struct gale__websocket_reader *reader = ws->reader;

    reader->message = message;
    reader->binary = binary;
    reader->has = true;
    wake(reader);
    return false;
}

void gale__websocket_reader_closed(gale_websocket *ws)
{
    ws->reader->closed = true;
    wake(ws->reader);
}

static int error_of(int code)
{
    switch (code) {
    case 1002:
    case 1007:
        return GALE_EPROTO;
    case 1008:
    case 1009:
        return GALE_ETOOBIG;
    default:
        return GALE_ECLOSED;
    }
}

void gale__websocket_reader_refused(gale_websocket *ws, int code, const char *why)
{
    struct gale__websocket_reader *reader = ws->reader;

    if (!reader || reader->closed)
        return;
    reader->code = (uint16_t)code;
    reader->error = error_of(code);
    reader->why = why;
    gale__websocket_reader_closed(ws);
}

/* It was closed, and all messages were given out. */
static int tell_end(const gale_websocket *ws)
{
    struct gale__websocket_reader *reader = ws->reader;

    if (reader->error && !reader->told) {
        reader->told = true;
        return gale_err(reader->error, "the WebSocket was closed (%d): %s", reader->code,
                        reader->why);
    }
    return ws->close_code == 1006 ? gale_err(GALE_ECLOSED, "the WebSocket broke") : 0;
}

/* Of a message that has come by then, also before a close. */
static bool take(struct gale__websocket_reader *reader, gale_str *message, bool *binary)
{
    if (!reader->has)
        return false;
    reader->has = false;
    reader->lent = true;
    *message = reader->message;
    if (binary)
        *binary = reader->binary;
    return true;
}

/* A client's may be freed meanwhile: it stays until this coroutine has left it. */
static int wait(gale_websocket *ws)
{
    struct gale__websocket_reader *reader = ws->reader;
    bool is_client = ws->is_client, released;
    int r;

    if (is_client)
        ws->more->n_senders++;
    reader->co = gale__co_current();
    r = gale__co_park("gale_read_message");
    reader->co = NULL;
    if (!is_client)
        return r;
    ws->more->n_senders--;
    released = ws->released;
    (void)gale__websocket_collect(ws);
    return released && r >= 0 ? gale_err(GALE_ECLOSED, "the WebSocket was freed") : r;
}

int gale_read_message(gale_websocket *ws, gale_str *message, bool *binary)
{
    struct gale__websocket_reader *reader = ws->reader;
    int r = 0;

    if (!reader)
        return gale_err(GALE_ESTATE, "gale_read_message: its messages go to on_message");
    if (reader->co)
        return gale_err(GALE_ESTATE, "gale_read_message: another coroutine is reading");
    if (reader->lent) {
        reader->lent = false;
        gale__websocket_next(ws); /* which may bring one at once, or the end */
    }
    while (!take(reader, message, binary)) {
        if (reader->closed)
            return tell_end(ws);
        r = wait(ws);
        if (r < 0)
            return r;
    }
    return 1;
}

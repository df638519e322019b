/* websocket_prepared.c - messages for many connections: their frames are made once for each form.
 *
 * A form is the frame as servers send it, as it is or compressed within a window of so many bits.
 * What a fresh compressor made is understood on any connection; one with a context of its own drops
 * that, since it knows nothing of the message.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include <gale/log.h>

#include "base/alloc.h"
#include "base/deflate_raw.h"
#include "http/websocket_engine.h"
#include "net/stream.h"

enum { MIN_BITS = 9, MAX_BITS = 15, PLAIN = MAX_BITS - MIN_BITS + 1, N_FORMS };

struct form {
    size_t len;
    char frame[];
};

struct gale_prepared_message {
    struct form *forms[N_FORMS];
    gale_str message; /* in the plain form */
    bool binary;
};

static struct form *form_new(gale_str payload, bool binary, bool compressed)
{
    char head[GALE__WS_HEAD_MAX];
    size_t n = gale__websocket_frame_head(head, binary ? GALE__WS_BINARY : GALE__WS_TEXT, true,
                                          compressed, payload.len, NULL);
    struct form *form = gale__malloc(sizeof(*form) + n + payload.len);

    if (!form)
        return NULL;
    form->len = n + payload.len;
    memcpy(form->frame, head, n);
    if (payload.len)
        memcpy(form->frame + n, payload.ptr, payload.len);
    return form;
}

gale_prepared_message *gale_prepare_message(gale_str message, bool binary)
{
    gale_prepared_message *prepared;
    struct form *plain;

    if (!binary && !gale__utf8_valid(message.ptr, message.len)) {
        gale_err(GALE_EINVAL, "a text that is not UTF-8: send it as binary");
        return NULL;
    }
    prepared = gale__calloc(1, sizeof(*prepared));
    plain = prepared ? form_new(message, binary, false) : NULL;
    if (!plain) {
        gale__free(prepared);
        gale_err(-ENOMEM, "out of memory for a message");
        return NULL;
    }
    prepared->forms[PLAIN] = plain;
    prepared->message = (gale_str){ plain->frame + plain->len - message.len, message.len };
    prepared->binary = binary;
    return prepared;
}

void gale_prepared_message_free(gale_prepared_message *message)
{
    for (int i = 0; message && i < N_FORMS; i++)
        gale__free(message->forms[i]);
    gale__free(message);
}

static struct form *compress(const gale_websocket *ws, const gale_prepared_message *message)
{
    const gale_deflate_options *o = &ws->kind->options.deflate;
    struct gale__raw_deflate *deflate;
    struct form *form = NULL;
    gale_str payload;

    deflate = gale__raw_deflate_new(o->level, (int)ws->our_bits, o->mem_level);
    if (!deflate)
        return NULL;
    if (gale__websocket_compress_with(deflate, message->message, true, &payload) == 0)
        form = form_new(payload, message->binary, true);
    gale__raw_deflate_free(deflate);
    return form;
}

/* Which form this connection gets: NULL: none that is shared. */
static const struct form *form_for(gale_websocket *ws, gale_prepared_message *message)
{
    int64_t most = ws->kind->options.fragment_size;
    struct form **form = &message->forms[PLAIN];

    if (ws->is_client || (most > 0 && (uint64_t)most < message->message.len))
        return NULL;
    if (!gale__websocket_is_worth_it(ws, message->message))
        return *form;
    form = &message->forms[ws->our_bits - MIN_BITS];
    if (!*form)
        *form = compress(ws, message);
    if (*form)
        gale__websocket_deflate_rest(ws, false);
    return *form;
}

/* It has more output pending than it may: what becomes of it. */
static int be_slow(gale_websocket *ws)
{
    if (ws->kind->options.slow_policy == GALE_SLOW_CLOSE)
        gale__websocket_fail(ws, 1008, "reads too slowly");
    return GALE_ETOOBIG;
}

static bool is_too_much(const gale_websocket *ws, size_t n)
{
    const struct gale__websocket_more *more = ws->more;
    size_t pending = gale_websocket_pending(ws) + (more ? more->behind.len : 0);
    int64_t most = ws->kind->options.max_pending;

    return pending && most >= 0 && pending + n > (uint64_t)most;
}

/* While a message is sent in pieces: it follows that, as it is. */
static int send_behind(gale_websocket *ws, const gale_prepared_message *message)
{
    const struct form *form = message->forms[PLAIN];

    if (ws->is_client)
        return gale_err(GALE_ESTATE, "another message is being sent in pieces");
    ws->more->behind.max = SIZE_MAX / 2;
    return gale__buf_append(&ws->more->behind, form->frame, form->len);
}

int gale_send_prepared(gale_websocket *ws, gale_prepared_message *message)
{
    const struct form *form;
    int r;

    if (gale_websocket_is_closed(ws))
        return GALE_ECLOSED;
    if (GALE_UNLIKELY(is_too_much(ws, message->message.len))) {
        (void)gale__stream_flush_now(gale__websocket_stream(ws)); /* it may read well: ask */
        if (is_too_much(ws, message->message.len))
            return be_slow(ws);
    }
    if (GALE_UNLIKELY(ws->more && ws->more->sending))
        return send_behind(ws, message);
    form = form_for(ws, message);
    if (!form) {
        r = gale__websocket_send(ws, message->message, message->binary, true, true);
        return r < 0 ? r : 0;
    }
    ws->idle = false;
    r = gale__stream_write(gale__websocket_stream(ws), form->frame, form->len);
    gale__websocket_flush(ws);
    return r;
}

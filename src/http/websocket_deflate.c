/* websocket_deflate.c - permessage-deflate (RFC 7692) of a connection. See websocket_engine.h.
 *
 * Compressors are made at the first message. Where they begin anew with each, they come from the
 * thread's pool for as long as a message takes; else they stay, but one that rests for a while is
 * dropped: what begins anew is still understood.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/context.h"
#include "base/deflate_raw.h"
#include "base/str.h"
#include "base/thread_end.h"
#include "http/websocket_engine.h"

enum { SCRATCH_MAX = 256 * 1024, GROWTH = 16 * 1024 };

/* What was compressed last, on this thread. */
static GALE__TLS struct gale__buf scratch;
static GALE__TLS struct gale__thread_end scratch_end;

static void free_scratch(void)
{
    gale__buf_deinit(&scratch);
}

/* Cuts off what the peer puts back (RFC 7692 7.2.1). */
static gale_str without_tail(gale_str data)
{
    if (data.len >= 4 && !memcmp(data.ptr + data.len - 4, "\0\0\xff\xff", 4))
        data.len -= 4;
    return data.len ? data : (gale_str){ "\0", 1 };
}

int gale__websocket_compress_with(struct gale__raw_deflate *deflate, gale_str data, bool fin,
                                  gale_str *out)
{
    int r;

    if (!gale__at_thread_end(&scratch_end, free_scratch))
        return -ENOMEM;
    if (scratch.cap > SCRATCH_MAX)
        gale__buf_deinit(&scratch);
    gale__buf_reset(&scratch);
    scratch.max = SIZE_MAX / 2;
    r = gale__raw_deflate_write(deflate, data, &scratch);
    if (r < 0)
        return r;
    *out = fin ? without_tail(gale__buf_str(&scratch)) : gale__buf_str(&scratch);
    return 0;
}

int gale__websocket_compress(gale_websocket *ws, gale_str data, bool fin, gale_str *out)
{
    const gale_deflate_options *o = &ws->kind->options.deflate;
    struct gale__websocket_more *more = gale__websocket_more(ws);
    int r;

    if (more && !more->deflate)
        more->deflate = gale__raw_deflate_new(o->level, (int)ws->our_bits, o->mem_level);
    if (!more || !more->deflate)
        return gale_err(-ENOMEM, "out of memory for a compressor");
    r = gale__websocket_compress_with(more->deflate, data, fin, out);
    if (r < 0 || (fin && ws->our_no_context)) {
        gale__raw_deflate_free(more->deflate);
        more->deflate = NULL;
    }
    return r;
}

/* The next piece of output: > 0 when there was one. At the limit a byte more is too much. */
static int64_t inflate_piece(struct gale__websocket_more *more, gale_str *in)
{
    struct gale__buf *message = &more->message;
    size_t room = message->max - message->len;
    char beyond;
    int64_t n;

    if (!room) {
        n = gale__raw_inflate_read(more->inflate, in, &beyond, 1);
        return n > 0 ? GALE_ETOOBIG : n;
    }
    if (room > GROWTH)
        room = GROWTH;
    if (gale__buf_reserve(message, room) < 0)
        return -ENOMEM;
    n = gale__raw_inflate_read(more->inflate, in, message->ptr + message->len, room);
    if (n > 0)
        message->len += (size_t)n;
    return n;
}

int gale__websocket_inflate(gale_websocket *ws, gale_str data, bool fin)
{
    struct gale__websocket_more *more = ws->more;
    gale_str in = fin ? (gale_str){ "\0\0\xff\xff", 4 } : data;
    int64_t n = 1;

    if (!more->inflate)
        more->inflate = gale__raw_inflate_new((int)ws->peer_bits);
    if (!more->inflate)
        return -ENOMEM;
    while (n > 0)
        n = inflate_piece(more, &in);
    if (n < 0)
        return (int)n;
    if (fin && ws->peer_no_context) {
        gale__raw_inflate_free(more->inflate);
        more->inflate = NULL;
    }
    return 0;
}

void gale__websocket_deflate_rest(gale_websocket *ws, bool all)
{
    struct gale__websocket_more *more = ws->more;

    if (!more || (!all && more->sending))
        return;
    gale__raw_deflate_free(more->deflate);
    more->deflate = NULL;
    if (all) {
        gale__raw_inflate_free(more->inflate);
        more->inflate = NULL;
    }
}

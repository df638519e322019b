/* fuzz_client.c - gale_fetch against a server that says anything.
 *
 * The input: a byte for the method and the size of the pieces, then what the server says on each
 * connection, NUL bytes between them (an answer that redirects makes the next). Whatever it is, the
 * fetch ends, with an answer or a failure, and nothing is left.
 */
/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <gale/gen.h>
#include <gale/log.h>

#include "base/alloc.h"
#include "base/str.h"
#include "gen/co.h"
#include "http/client.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 4096 };

struct script {
    gale_str rest;
    size_t piece;
    bool head;
    gale_iostream *server; /* of the present connection */
};

/* What is said on one connection, and then its end. */
static int speak(void *arg)
{
    struct script *script = arg;
    gale_str text = gale__str_head(script->rest, gale__str_find(script->rest, 0));
    gale_iostream *stream = script->server;
    int r = 0;

    script->server = NULL;
    script->rest = gale__str_skip(script->rest, text.len + 1);
    while (text.len && r >= 0) {
        gale_str piece = gale__str_head(text, script->piece);

        r = gale_iostream_write(stream, piece.ptr, piece.len);
        if (r >= 0)
            r = gale_iostream_drain(stream);
        if (r >= 0)
            r = gale_yield();
        text = gale__str_skip(text, piece.len);
    }
    gale_iostream_close(&stream);
    return 0;
}

static int open_pair(void *arg, const struct gale__http_url *url, gale_iostream **out)
{
    struct script *script = arg;
    gale_future *future;
    int r = gale_iostream_pair(out, &script->server, NULL);

    GALE_ASSERT(r == 0 && url->host.len);
    future = gale_spawn(speak, script);
    GALE_ASSERT(future);
    return 0;
}

static void check(const gale_http_response *response)
{
    GALE_ASSERT(response->status >= 101 && response->status <= 999);
    GALE_ASSERT(response->body.ptr[response->body.len] == 0 && response->body.len <= MOST);
    for (const gale_http_header *h = response->headers; h->name; h++)
        GALE_ASSERT(*h->name && !strpbrk(h->value, "\r\n"));
    for (const gale_http_header *h = response->trailers; h->name; h++)
        GALE_ASSERT(*h->name && !strpbrk(h->value, "\r\n"));
}

static int fetch(void *arg)
{
    struct script *script = arg;
    const struct gale__fetch_hooks hooks = { .open = open_pair, .arg = script };
    const gale_http_request request = { .method = script->head ? "HEAD" : NULL,
                                        .max_body_size = MOST,
                                        .max_redirects = 3 };
    gale_http_response *response;
    int r = gale__fetch(&hooks, gale__co_scope(gale__co_current())->arena, "http://h/p", &request,
                        &response);

    if (r >= 0)
        check(response);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const gale_ioloop_options options = { .backend = "simulated" };
    struct script script = { 0 };
    gale_ioloop *loop;
    int r;

    if (size < 1)
        return 0;
    script.rest = (gale_str){ (const char *)data + 1, size - 1 };
    script.head = data[0] & 1;
    script.piece = (size_t)(data[0] >> 1) + 1;
    loop = gale_ioloop_new(&options);
    GALE_ASSERT(loop);
    gale_ioloop_make_current(loop);
    r = gale_ioloop_run_sync(loop, fetch, &script, 0);
    GALE_ASSERT(r == 0);
    gale_ioloop_free(loop);
    return 0;
}

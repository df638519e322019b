/* fuzz_client_response.c - one answer, of any bytes, to gale_fetch: heads, framing, decoding.
 *
 * The input: a byte for the method, the way the body is taken and the size of the pieces, then what
 * the server says before it closes. Unlike fuzz_client's it may have NUL bytes, as compressed
 * bodies do. Whatever it is, the fetch ends, within its limits, and nothing is left.
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

enum { MOST = 8192 };

struct script {
    gale_str text;
    size_t piece, streamed;
    bool head, streams;
    gale_iostream *server;
};

static int speak(void *arg)
{
    struct script *script = arg;
    gale_iostream *stream = script->server;
    gale_str text = script->text;
    int r = 0;

    script->text = (gale_str){ 0 }; /* a redirect finds nobody */
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

static int stream(gale_str piece, void *arg)
{
    struct script *script = arg;

    script->streamed += piece.len;
    GALE_ASSERT(script->streamed <= MOST);
    return 0;
}

static int see_line(gale_str line, void *arg)
{
    (void)arg;
    GALE_ASSERT(line.len >= 2 && line.ptr[line.len - 1] == '\n');
    return 0;
}

static int fetch(void *arg)
{
    struct script *script = arg;
    const struct gale__fetch_hooks hooks = { .open = open_pair, .arg = script };
    const gale_http_request request = { .method = script->head ? "HEAD" : NULL,
                                        .max_body_size = MOST,
                                        .max_redirects = 2,
                                        .max_header_size = 4096,
                                        .header_callback = see_line,
                                        .streaming_callback = script->streams ? stream : NULL,
                                        .arg = script };
    gale_http_response *response;
    int r = gale__fetch(&hooks, gale__co_scope(gale__co_current())->arena, "http://h/p", &request,
                        &response);

    if (r >= 0) {
        GALE_ASSERT(response->status >= 101 && response->status <= 999);
        GALE_ASSERT(response->body.ptr[response->body.len] == 0 && response->body.len <= MOST);
        GALE_ASSERT(!script->head || (!response->body.len && !script->streamed));
    }
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
    script.text = (gale_str){ (const char *)data + 1, size - 1 };
    script.head = (data[0] & 3) == 3;
    script.streams = data[0] & 1;
    script.piece = (size_t)(data[0] >> 2) * 16 + 1;
    loop = gale_ioloop_new(&options);
    GALE_ASSERT(loop);
    gale_ioloop_make_current(loop);
    r = gale_ioloop_run_sync(loop, fetch, &script, 0);
    GALE_ASSERT(r == 0);
    gale_ioloop_free(loop);
    return 0;
}

/* websocket_client.c - a client that does what messages tell it, for
 * test_websocket_client_rules.py.
 *
 * websocket_client URL [name=value …]: connects, prints "open SUBPROTOCOL|EXTENSIONS", echoes what
 * comes, but for texts that are commands, and prints how it ends.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static gale_websocket_connect_options options;
static gale_http_request request;
static const char *subprotocols[8];
static const char *url;
static bool keep, by_callback, free_at_once;

static bool is(gale_str message, const char *text)
{
    return message.len == strlen(text) && memcmp(message.ptr, text, message.len) == 0;
}

static void free_it(void *arg)
{
    gale_websocket *ws = arg;

    gale_websocket_free(&ws);
}

static int answer(gale_websocket *ws, gale_str message, bool binary)
{
    if (binary)
        return gale_send(ws, message, true);
    if (is(message, "close"))
        return gale_websocket_close(ws, 3000, "told to");
    if (is(message, "cut") && gale_ioloop_call_later(gale_ioloop_current(), 0.02, free_it, ws)) {
        gale_str none;
        int r = gale_read_message(ws, &none, NULL);

        printf("read %s\n", gale_errname(r));
        fflush(stdout);
        _exit(0); /* nobody else ends what this coroutine has */
    }
    if (is(message, "ping"))
        return gale_websocket_ping(ws, (gale_str){ "hello", 5 });
    if (is(message, "free")) {
        free_at_once = true;
        return GALE_ECANCELED;
    }
    if (is(message, "free here")) { /* also while another coroutine reads */
        gale_websocket_free(&ws);
        printf("freed here\n");
        fflush(stdout);
        return 0;
    }
    if (is(message, "fail"))
        return gale_err(GALE_EINVAL, "told to fail");
    if (is(message, "wait")) {
        int r = gale_sleep(0.1);

        return r < 0 ? r : gale_write_message(ws, "waited");
    }
    return gale_send(ws, message, false);
}

static int on_message(gale_websocket *ws, gale_str message, bool binary, void *arg)
{
    if (message.ptr)
        return answer(ws, message, binary);
    printf("end %d\n", gale_websocket_close_code(ws));
    fflush(stdout);
    gale_future_set_result(arg, 0, NULL);
    return 0;
}

static int use(gale_websocket *ws, void *arg)
{
    const char *subprotocol = gale_websocket_subprotocol(ws);
    gale_str message;
    bool binary;
    int r;

    printf("open %s|%s\n", subprotocol ? subprotocol : "none", gale_websocket_extensions(ws));
    fflush(stdout);
    if (by_callback)
        return gale_wait(arg);
    while ((r = gale_read_message(ws, &message, &binary)) > 0) {
        r = answer(ws, message, binary);
        if (r < 0 && r != GALE_ECLOSED)
            return r;
    }
    printf("closed %d '%s' %s", gale_websocket_close_code(ws), gale_websocket_close_reason(ws),
           r < 0 ? "broken" : "fine");
    if (r < 0) {
        printf(" %s: %s", gale_errname(r), gale_strerror(r));
        printf(", then %s", gale_errname(gale_read_message(ws, &message, &binary)));
    }
    printf("\n");
    fflush(stdout);
    return keep ? 0 : r;
}

static int run(void *arg)
{
    gale_future *done = NULL;
    gale_websocket *ws = NULL;
    int r;

    options.request = &request;
    options.subprotocols = subprotocols[0] ? subprotocols : NULL;
    if (by_callback) {
        done = gale_future_new();
        options.on_message = on_message;
        options.arg = done;
    }
    if (keep)
        return gale_websocket_keep(url, &options, 0.01, 0.05, use, NULL);
    r = gale_websocket_connect(&ws, url, &options);
    if (r < 0) {
        printf("failed %d %s\n", r, gale_strerror(r));
        return 0;
    }
    (void)use(ws, done);
    gale_websocket_free(&ws);
    printf("freed\n");
    return 0;
}

static const char *value_of(const char *arg, const char *name)
{
    size_t n = strlen(name);

    return !strncmp(arg, name, n) && arg[n] == '=' ? arg + n + 1 : NULL;
}

static void set(const char *arg)
{
    static size_t n_subprotocols;
    static gale_http_header headers[2];
    const char *value;

    if ((value = value_of(arg, "subprotocol")) && n_subprotocols < 7)
        subprotocols[n_subprotocols++] = value;
    else if ((value = value_of(arg, "origin")))
        options.origin = value;
    else if ((value = value_of(arg, "unix")))
        request.unix_socket = value;
    else if ((value = value_of(arg, "header")))
        headers[0] = (gale_http_header){ "X-Test", value };
    else if ((value = value_of(arg, "user")))
        request.auth_username = value, request.auth_password = "secret";
    else if ((value = value_of(arg, "proxy_port")))
        request.proxy_host = "127.0.0.1", request.proxy_port = (int)strtol(value, NULL, 10);
    else if ((value = value_of(arg, "proxy_user")))
        request.proxy_username = value, request.proxy_password = "secret";
    else if ((value = value_of(arg, "redirects")))
        options.follow_redirects = GALE_ON;
    else if ((value = value_of(arg, "deflate")))
        options.websocket.deflate.enabled = GALE_ON;
    else if ((value = value_of(arg, "server_bits")))
        options.websocket.deflate.server_max_window_bits = (int)strtol(value, NULL, 10);
    else if ((value = value_of(arg, "client_bits")))
        options.websocket.deflate.client_max_window_bits = (int)strtol(value, NULL, 10);
    else if ((value = value_of(arg, "forget")))
        options.websocket.deflate.server_no_context_takeover = GALE_ON;
    else if ((value = value_of(arg, "max")))
        options.websocket.max_message_size = (int)strtol(value, NULL, 10);
    else if ((value = value_of(arg, "close_timeout")))
        options.websocket.close_timeout = strtod(value, NULL);
    else if ((value = value_of(arg, "ping")))
        options.websocket.ping_interval = options.websocket.ping_timeout = strtod(value, NULL);
    else if ((value = value_of(arg, "ca")))
        request.ca_certs = value;
    else if ((value = value_of(arg, "keep")))
        keep = true;
    else if ((value = value_of(arg, "callback")))
        by_callback = true;
    if (headers[0].name)
        request.headers = headers;
}

int main(int argc, char **argv)
{
    gale_ioloop *loop = gale_ioloop_current();
    int r;

    url = argc > 1 ? argv[1] : "ws://127.0.0.1/";
    for (int i = 2; i < argc; i++)
        set(argv[i]);
    r = gale_ioloop_run_sync(loop, run, NULL, 30);
    if (r < 0)
        printf("ended %d\n", r);
    fflush(stdout);
    gale_ioloop_free(loop);
    return 0;
}

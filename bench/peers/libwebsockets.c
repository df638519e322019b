/* libwebsockets.c - benchmark peer: the HTTP side of libwebsockets, one service thread. */
/* SPDX-License-Identifier: MIT */
#include <libwebsockets.h>

#include "../bench.h"

static int write_hello(struct lws *wsi)
{
    unsigned char buffer[LWS_PRE + 512];
    unsigned char *start = buffer + LWS_PRE;
    unsigned char *p = start;
    unsigned char *end = buffer + sizeof buffer - 1;

    if (lws_add_http_common_headers(wsi, 200, "text/html", 12, &p, end) ||
        lws_finalize_write_http_header(wsi, start, &p, end))
        return 1;
    lws_callback_on_writable(wsi);
    return 0;
}

static int hello(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                 size_t len)
{
    unsigned char buffer[LWS_PRE + 16];

    switch (reason) {
    case LWS_CALLBACK_HTTP:
        return write_hello(wsi);
    case LWS_CALLBACK_HTTP_WRITEABLE:
        memcpy(buffer + LWS_PRE, "Hello, world", 12);
        if (lws_write(wsi, buffer + LWS_PRE, 12, LWS_WRITE_HTTP_FINAL) != 12)
            return 1;
        return lws_http_transaction_completed(wsi) ? -1 : 0;
    default:
        return lws_callback_http_dummy(wsi, reason, user, in, len);
    }
}

static const struct lws_protocols protocols[] = {
    { .name = "http", .callback = hello },
    { 0 },
};

static const struct lws_http_mount mount = {
    .mountpoint = "/",
    .mountpoint_len = 1,
    .origin_protocol = LWSMPRO_CALLBACK,
    .protocol = "http",
};

int main(int argc, char **argv)
{
    struct lws_context_creation_info info = {
        .port = (int)bench_number(argc, argv, "port", 0),
        .protocols = protocols,
        .mounts = &mount,
        .keepalive_timeout = 600,
    };
    struct lws_context *context;

    lws_set_log_level(LLL_ERR, NULL);
    context = lws_create_context(&info);
    if (!context)
        bench_die("lws_create_context");
    while (lws_service(context, 0) >= 0)
        ;
    return 0;
}

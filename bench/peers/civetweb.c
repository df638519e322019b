/* civetweb.c - benchmark peer: civetweb, which needs a thread for each open connection. */
/* SPDX-License-Identifier: MIT */
#include <civetweb.h>
#include <unistd.h>

#include "../bench.h"

static int hello(struct mg_connection *connection, void *arg)
{
    (void)arg;
    mg_send_http_ok(connection, "text/html", 12);
    mg_write(connection, "Hello, world", 12);
    return 200;
}

int main(int argc, char **argv)
{
    const char *port = bench_option(argc, argv, "port", "0");
    const char *options[] = {
        "listening_ports",
        port,
        "num_threads",
        "600",
        "enable_keep_alive",
        "yes",
        "keep_alive_timeout_ms",
        "60000",
        "tcp_nodelay",
        "1",
        NULL,
    };
    struct mg_callbacks callbacks = { 0 };
    struct mg_context *context = mg_start(&callbacks, NULL, options);

    if (!context)
        bench_die("mg_start");
    mg_set_request_handler(context, "/", hello, NULL);
    pause();
    return 0;
}

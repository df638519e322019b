/* libevhtp.c - benchmark peer: libevhtp over libevent, one thread. */
/* SPDX-License-Identifier: MIT */
#include <evhtp.h>

#include "../bench.h"

static void hello(evhtp_request_t *request, void *arg)
{
    (void)arg;
    evbuffer_add_reference(request->buffer_out, "Hello, world", 12, NULL, NULL);
    evhtp_headers_add_header(request->headers_out,
                             evhtp_header_new("Content-Type", "text/html", 0, 0));
    evhtp_send_reply(request, EVHTP_RES_OK);
}

int main(int argc, char **argv)
{
    evbase_t *base = event_base_new();
    evhtp_t *http = evhtp_new(base, NULL);

    evhtp_set_cb(http, "/", hello, NULL);
    evhtp_enable_flag(http, EVHTP_FLAG_ENABLE_NODELAY);
    if (evhtp_bind_socket(http, "127.0.0.1", (uint16_t)bench_number(argc, argv, "port", 0), 1024))
        bench_die("bind");
    return event_base_loop(base, 0);
}

/* libevent.c - benchmark peer: evhttp of libevent, one thread. */
/* SPDX-License-Identifier: MIT */
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <sys/queue.h>

#include "../bench.h"

static void hello(struct evhttp_request *request, void *arg)
{
    struct evbuffer *body = evbuffer_new();

    (void)arg;
    evbuffer_add_reference(body, "Hello, world", 12, NULL, NULL);
    evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", "text/html");
    evhttp_send_reply(request, 200, "OK", body);
    evbuffer_free(body);
}

int main(int argc, char **argv)
{
    struct event_base *base = event_base_new();
    struct evhttp *http = evhttp_new(base);

    evhttp_set_cb(http, "/", hello, NULL);
    if (evhttp_bind_socket(http, "127.0.0.1", (uint16_t)bench_number(argc, argv, "port", 0)))
        bench_die("bind");
    return event_base_dispatch(base);
}

/* websocket_server.c - gale's WebSockets for the benchmark: /echo, /topic (what one sends all get),
 * /memory (bytes of heap in use). */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

static int echo(gale_websocket *ws, gale_str message, bool binary)
{
    return gale_send(ws, message, binary);
}

static int topic_open(gale_websocket *ws, gale_handler *self)
{
    (void)self;
    return gale_subscribe(ws, "all");
}

static int topic_message(gale_websocket *ws, gale_str message, bool binary)
{
    return gale_publish(gale_app_topics(gale_websocket_app(ws)), "all", message, binary);
}

static int memory_get(gale_handler *self)
{
    struct mallinfo2 info = mallinfo2();

    return gale_printf(self, "%zu", info.uordblks + info.hblkhd);
}

int main(int argc, char **argv)
{
    static const gale_websocket_class echo_class = GALE_WEBSOCKET_CLASS(.on_message = echo);
    static const gale_websocket_class topic_class = GALE_WEBSOCKET_CLASS(
            .open = topic_open, .on_message = topic_message);
    static const gale_handler_class memory = { .get = memory_get };
    static const gale_route routes[] = {
        { .url = "/echo", .handler = &echo_class.base },
        { .url = "/topic", .handler = &topic_class.base },
        { .url = "/memory", .handler = &memory },
        { 0 },
    };
    static const gale_settings settings = { .server = { .max_connections = GALE_UNLIMITED } };

    return gale_main(argc, argv, gale_app_new(routes, &settings));
}

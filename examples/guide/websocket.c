/* websocket.c - WebSockets: an echo, one coroutine that reads, a room; and their client. */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <stdio.h>
#include <stdlib.h>

/* Each message by itself. */
static int echo_message(gale_websocket *ws, gale_str message, bool binary)
{
    return gale_send(ws, message, binary);
}

/* One coroutine for the whole connection: what is between two messages is an ordinary loop. */
static int adder_run(gale_websocket *ws)
{
    gale_str message;
    long sum = 0;
    int r;

    while ((r = gale_read_message(ws, &message, NULL)) > 0) {
        char text[40];

        snprintf(text, sizeof(text), "%.*s", (int)message.len, message.ptr); /* it has no NUL */
        sum += strtol(text, NULL, 10);
        snprintf(text, sizeof(text), "the sum is %ld", sum);
        r = gale_write_message(ws, text);
        if (r < 0)
            break;
    }
    return r;
}

/* All in a room hear what is said there. */
static int room_open(gale_websocket *ws, gale_handler *self)
{
    return gale_subscribe(ws, gale_path_argument(self, 0));
}

static int say_post(gale_handler *self)
{
    const char *text;
    int r = gale_require_argument(self, "text", &text);

    if (r >= 0)
        r = gale_publish_text(gale_app_topics(gale_handler_app(self)), gale_path_argument(self, 0),
                              text);
    return r < 0 ? r : gale_printf(self, "%d listen\n", r);
}

/* The client's side: connects to a WebSocket of this very server, says each text, and shows what
 * came back. */
static int ask_get(gale_handler *self)
{
    const char *host = gale_request_host(gale_handler_request(self));
    size_t n;
    const char *const *texts = gale_get_query_arguments(self, "text", &n);
    gale_websocket *ws = NULL;
    gale_str answer;
    int r = gale_websocket_connect(
        &ws, gale_printf_alloc(self, "ws://%s/%s", host, gale_path_argument(self, 0)), NULL);

    for (size_t i = 0; r >= 0 && i < n; i++) {
        r = gale_write_message(ws, texts[i]);
        if (r >= 0)
            r = gale_read_message(ws, &answer, NULL);
        if (r > 0)
            gale_printf(self, "%.*s\n", (int)answer.len, answer.ptr);
    }
    gale_websocket_free(&ws);
    return r;
}

static const gale_websocket_class echo = GALE_WEBSOCKET_CLASS(.on_message = echo_message);
static const gale_websocket_class adder = GALE_WEBSOCKET_CLASS(.run = adder_run);
static const gale_websocket_class room = GALE_WEBSOCKET_CLASS(.open = room_open);
static const gale_handler_class say = { .post = say_post };
static const gale_handler_class ask = { .get = ask_get };

int main(int argc, char **argv)
{
    const gale_route routes[] = {
        { .url = "/echo", .handler = &echo.base },
        { .url = "/adder", .handler = &adder.base },
        { .url = "/room/{name}", .handler = &room.base },
        { .url = "/room/{name}/say", .handler = &say },
        { .url = "/ask/{what}", .handler = &ask },
        { 0 },
    };

    return gale_main(argc, argv, gale_app_new(routes, NULL));
}

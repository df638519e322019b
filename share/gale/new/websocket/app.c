/* app.c - @name@: a room where all hear what one says, over WebSockets. */
#include <gale/gale.h>

/* Beside the program, unless the build says otherwise (meson.build). */
#ifndef APP_DIR
#define APP_DIR "."
#endif

/* GET /: the page, whose script opens the WebSocket. */
static int page_get(gale_handler *self)
{
    return gale_render(self, "room.html", NULL);
}

/* A connection: from now on it hears what is published in the topic "room". */
static int talk_open(gale_websocket *ws, gale_handler *self)
{
    (void)self;
    return gale_subscribe(ws, "room");
}

/* A message: everybody in the room gets it. */
static int talk_message(gale_websocket *ws, gale_str message, bool binary)
{
    return gale_publish(gale_app_topics(gale_websocket_app(ws)), "room", message, binary);
}

/* A handler class has a function for each method, or event, it answers. */
static const gale_handler_class page = { .get = page_get };
static const gale_websocket_class talk = GALE_WEBSOCKET_CLASS(.open = talk_open,
                                                              .on_message = talk_message);

/* The application: its routes and its settings. The tests make it, too. */
gale_app *make_app(void)
{
    static const gale_route routes[] = {
        { .url = "/", .handler = &page, .name = "page" },
        { .url = "/talk", .handler = &talk.base, .name = "talk" },
        { 0 },
    };

    return gale_app_new(routes, &(gale_settings){
                                    .template_path = APP_DIR "/templates",
                                    .static_path = APP_DIR "/static",
                                });
}

/* Reads the command line (--port, --workers, --help), listens, serves until it is told to end. */
#ifndef APP_TEST
int main(int argc, char **argv)
{
    return gale_main(argc, argv, make_app());
}
#endif

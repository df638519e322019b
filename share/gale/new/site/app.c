/* app.c - @name@: a site with pages from templates, and static files. */
#include <gale/gale.h>
#include <gale/json.h>

/* Beside the program, unless the build says otherwise (meson.build). */
#ifndef APP_DIR
#define APP_DIR "."
#endif

/* GET /: a page. The template is given names with values, as json_pack() makes them. */
static int home_get(gale_handler *self)
{
    return gale_render(self, "home.html", json_pack("{s:s}", "name", "@name@"));
}

/* GET /hello/NAME: what the braces of the route match is the first path argument. */
static int hello_get(gale_handler *self)
{
    return gale_render(self, "hello.html",
                       json_pack("{s:s}", "who", gale_path_argument(self, 0)));
}

/* A handler class has a function for each method it answers. */
static const gale_handler_class home = { .get = home_get };
static const gale_handler_class hello = { .get = hello_get };

/* The application: its routes and its settings. The tests make it, too. */
gale_app *make_app(void)
{
    static const gale_route routes[] = {
        { .url = "/", .handler = &home, .name = "home" },
        { .url = "/hello/{who}", .handler = &hello, .name = "hello" },
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

/* wsgi_server.c - a handler in C beside Flask, for bench/wsgi.py: wsgi_server DIRECTORY [OPTION...]
 */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <gale/wsgi.h>
#include <stdio.h>

static int hello_get(gale_handler *self)
{
    return gale_write(self, "Hello, world");
}

static const gale_handler_class hello = { .get = hello_get };

static int load(gale_app *app)
{
    return gale_wsgi_load(gale_app_data(app));
}

int main(int argc, char **argv)
{
    gale_wsgi *site = argc < 2 ? NULL
                               : gale_wsgi_new(&(gale_wsgi_options){
                                     .application = "flask_hello:app", .path = argv[1] });
    const gale_route routes[] = { { .url = "/c", .handler = &hello }, { 0 } };
    const gale_settings settings = { .default_handler = &gale_wsgi_handler,
                                     .default_handler_arg = site,
                                     .data = site,
                                     .on_start = load };
    int status;

    if (!site) {
        fprintf(stderr, "usage: wsgi_server DIRECTORY [OPTION...]\n");
        return 2;
    }
    argv[1] = argv[0];
    status = gale_main(argc - 1, argv + 1, gale_app_new(routes, &settings));
    gale_wsgi_free(site);
    return status;
}

/* hosted.c - a Python site inside of a gale program, which takes its pages over one by one
 * (docs/guide/wsgi.md).
 */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <gale/wsgi.h>
#include <stdio.h>

static int cart_get(gale_handler *self)
{
    return gale_write(self, "the cart, from C\n");
}

static const gale_handler_class cart = { .get = cart_get };

static int load(gale_app *app)
{
    return gale_wsgi_load(gale_app_data(app));
}

int main(int argc, char **argv)
{
    gale_wsgi *shop = gale_wsgi_new(&(gale_wsgi_options){ .application = "shop" });
    const gale_route routes[] = {
        { .url = "/shop/cart", .handler = &cart },
        { .url = "/shop(/.*)?", .handler = &gale_wsgi_handler, .arg = shop },
        { 0 },
    };
    const gale_settings settings = { .data = shop, .on_start = load };
    int status;

    if (!shop) {
        fprintf(stderr, "%s\n", gale_strerror(gale_wsgi_error()));
        return 1;
    }
    status = gale_main(argc, argv, gale_app_new(routes, &settings));
    gale_wsgi_free(shop);
    return status;
}

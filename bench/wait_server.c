/* wait_server.c - a gale server for measuring what a request that waits in its handler costs.
 *
 * /wait sleeps in its handler, /waiting tells how many requests do so. Neither needs more than
 * the API any program uses.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/main.h>
#include <gale/web.h>

enum { WAIT_SECONDS = 120 };

struct figures {
    int n_waiting;
};

static int main_get(gale_handler *self)
{
    return gale_write(self, "Hello, world");
}

static int wait_get(gale_handler *self)
{
    struct figures *figures = gale_app_data(gale_handler_app(self));
    int r;

    figures->n_waiting++;
    r = gale_sleep(WAIT_SECONDS);
    figures->n_waiting--;
    if (r < 0)
        return r;
    return gale_write(self, "waited");
}

static int waiting_get(gale_handler *self)
{
    struct figures *figures = gale_app_data(gale_handler_app(self));

    return gale_printf(self, "%d", figures->n_waiting);
}

static const gale_handler_class main_handler = { .get = main_get };
static const gale_handler_class wait_handler = { .get = wait_get, .cancel_on_close = GALE_ON };
static const gale_handler_class waiting_handler = { .get = waiting_get };

int main(int argc, char **argv)
{
    struct figures figures = { 0 };
    gale_settings settings = { .data = &figures };

    return gale_main(argc, argv,
                     gale_app_new(
                         (gale_route[]){
                             { .url = "/", .handler = &main_handler },
                             { .url = "/wait", .handler = &wait_handler },
                             { .url = "/waiting", .handler = &waiting_handler },
                             { 0 },
                         },
                         &settings));
}

/* callbacks.c - guide: the callback style: a handler that stays open until it is finished. */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>

struct tick {
    gale_timeout timeout;
    int left;
};

static void tick(void *arg)
{
    gale_handler *self = arg;
    struct tick *t = gale_state(self);

    gale_printf(self, "%d\n", t->left);
    if (gale_flush(self) < 0 || t->left-- == 0) {
        gale_finish(self);
        return;
    }
    t->timeout = gale_ioloop_call_later(gale_ioloop_current(), 0.05, tick, self);
}

/* Returns at once; the request stays open and costs no coroutine. */
static int countdown_get(gale_handler *self)
{
    struct tick *t = gale_state(self);
    int r = gale_get_int(self, "from", &t->left);

    if (r >= 0)
        t->timeout = gale_ioloop_call_later(gale_ioloop_current(), 0.05, tick, self);
    return r;
}

/* The client has gone: nobody needs the rest. */
static void countdown_closed(gale_handler *self)
{
    struct tick *t = gale_state(self);

    gale_ioloop_remove_timeout(gale_ioloop_current(), t->timeout);
    gale_finish(self);
}

static const gale_handler_class countdown_handler = {
    .asynchronous = GALE_ON,
    .state_size = sizeof(struct tick),
    .get = countdown_get,
    .on_connection_close = countdown_closed,
};

int main(int argc, char **argv)
{
    return gale_main(argc, argv,
                     gale_app_new(
                         (gale_route[]){
                             { .url = "/countdown", .handler = &countdown_handler },
                             { 0 },
                         },
                         NULL));
}

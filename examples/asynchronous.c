/* asynchronous.c - the callback style: the method returns, a callback finishes the answer.
 *
 * Most handlers have no need of it, since they may simply wait: gale_sleep(1) in a method holds
 * nobody else up. It is for programs that already live from callbacks.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>

static void tick(void *arg);

struct countdown {
    int left;
    gale_timeout timeout;
};

static void wait_a_little(gale_handler *self)
{
    struct countdown *countdown = gale_state(self);

    countdown->timeout = gale_ioloop_call_later(gale_ioloop_current(), 0.1, tick, self);
    if (!countdown->timeout)
        gale_send_error(self, 503);
}

static void tick(void *arg)
{
    gale_handler *self = arg;
    struct countdown *countdown = gale_state(self);

    if (countdown->left == 0) {
        gale_write(self, "lift-off\n");
        gale_finish(self); /* self is gone after this */
        return;
    }
    gale_printf(self, "%d\n", countdown->left--);
    gale_flush(self);
    wait_a_little(self);
}

static int countdown_get(gale_handler *self)
{
    struct countdown *countdown = gale_state(self);

    countdown->left = 3;
    wait_a_little(self);
    return 0;
}

/* The client has gone: no need to count on, but the request must still be finished. */
static void countdown_closed(gale_handler *self)
{
    struct countdown *countdown = gale_state(self);

    gale_ioloop_remove_timeout(gale_ioloop_current(), countdown->timeout);
    gale_finish(self);
}

static const gale_handler_class countdown_handler = {
    .state_size = sizeof(struct countdown),
    .asynchronous = GALE_ON,
    .get = countdown_get,
    .on_connection_close = countdown_closed,
};

int main(int argc, char **argv)
{
    gale_route routes[] = {
        { .url = "/", .handler = &countdown_handler },
        { 0 },
    };

    return gale_main(argc, argv, gale_app_new(routes, NULL));
}

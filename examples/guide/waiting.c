/* waiting.c - guide: handlers that wait, written as if they did not. */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>
#include <gale/json.h>

/* Runs side by side with the handler that spawned it. */
static int slow_square(void *arg)
{
    int *n = arg;
    int r = gale_sleep(0.1);

    if (r >= 0)
        *n *= *n;
    return r;
}

static int squares_get(gale_handler *self)
{
    int a = 3, b = 4;
    gale_future *both[2] = { gale_spawn(slow_square, &a), gale_spawn(slow_square, &b) };
    int r = gale_multi(both, 2); /* other requests are served meanwhile */

    return r < 0 ? r : gale_json(self, "[i, i]", a, b);
}

/* What blocks (a library, a database, the disk) runs on a thread of the pool. */
static int count_up(void *arg)
{
    unsigned *n = arg;

    for (unsigned i = 0; i < 1000; i++)
        *n += i;
    return 0;
}

static int sum_get(gale_handler *self)
{
    unsigned n = 0;
    int r = gale_ioloop_run_in_executor(gale_ioloop_current(), count_up, &n);

    return r < 0 ? r : gale_printf(self, "%u\n", n);
}

static const gale_handler_class squares_handler = { .get = squares_get };
static const gale_handler_class sum_handler = { .get = sum_get };

int main(int argc, char **argv)
{
    return gale_main(argc, argv,
                     gale_app_new(
                         (gale_route[]){
                             { .url = "/squares", .handler = &squares_handler },
                             { .url = "/sum", .handler = &sum_handler },
                             { 0 },
                         },
                         NULL));
}

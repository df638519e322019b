/* patterns.c - guide: what coroutines are used for: side by side, as they come, at most so long,
 * in the background, and memory that ends with them.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/gale.h>

struct errand {
    const char *name;
    double seconds;
};

static int run_errand(void *arg)
{
    const struct errand *errand = arg;

    return gale_sleep(errand->seconds);
}

/* Side by side: takes as long as the longest. */
static int together_get(gale_handler *self)
{
    static struct errand bread = { "bread", 0.05 }, milk = { "milk", 0.1 };
    gale_future *both[] = { gale_spawn(run_errand, &bread), gale_spawn(run_errand, &milk) };
    int r = gale_multi(both, 2);

    return r < 0 ? r : gale_write(self, "bread and milk\n");
}

/* As they come: the quickest first, whatever the order they were begun in. */
static int race_get(gale_handler *self)
{
    static struct errand errands[] = { { "far", 0.2 }, { "near", 0.01 }, { "next door", 0.1 } };
    gale_future *futures[3];
    gale_wait_iterator it;
    int i;

    for (i = 0; i < 3; i++)
        futures[i] = gale_spawn(run_errand, &errands[i]);
    gale_wait_iterator_init(&it, futures, 3);
    while ((i = gale_wait_next(&it)) >= 0)
        gale_printf(self, "%s\n", errands[i].name);
    return i == GALE_EEOF ? 0 : i;
}

/* At most so long: every wait inside of run_errand has the deadline. */
static int patience_get(gale_handler *self)
{
    struct errand endless = { "endless", 3600 };
    int r = gale_with_timeout(0.05, run_errand, &endless);

    if (r == GALE_ETIMEDOUT)
        return gale_write(self, "not today\n");
    return r < 0 ? r : gale_write(self, "done\n");
}

/* In the background: nobody waits for a coroutine that is detached. */
static int count_up(void *arg)
{
    int *n_done = arg;
    int r = gale_sleep(0.01);

    if (r >= 0)
        ++*n_done;
    return r; /* a failure is logged */
}

static int later_post(gale_handler *self)
{
    gale_future *future = gale_spawn(count_up, gale_app_data(gale_handler_app(self)));

    if (!future)
        return gale_fail(self, 503, "no memory for a coroutine");
    gale_detach(&future);
    return gale_set_status(self, 202, NULL);
}

static int later_get(gale_handler *self)
{
    const int *n_done = gale_app_data(gale_handler_app(self));
    int r = gale_sleep(0.1);

    return r < 0 ? r : gale_printf(self, "%d done\n", *n_done);
}

static const gale_handler_class together = { .get = together_get };
static const gale_handler_class race = { .get = race_get };
static const gale_handler_class patience = { .get = patience_get };
static const gale_handler_class later = { .get = later_get, .post = later_post };

int main(int argc, char **argv)
{
    static int n_done;
    const gale_route routes[] = {
        { .url = "/together", .handler = &together },
        { .url = "/race", .handler = &race },
        { .url = "/patience", .handler = &patience },
        { .url = "/later", .handler = &later },
        { 0 },
    };

    return gale_main(argc, argv, gale_app_new(routes, &(gale_settings){ .data = &n_done }));
}

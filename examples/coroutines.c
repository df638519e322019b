/* coroutines.c - waiting without threads and without HTTP: three cooks share an oven, a slow
 * dish is given up on, and the rest is served as it gets ready.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/gen.h>
#include <gale/ioloop.h>

#include <stdio.h>

struct dish {
    const char *name;
    double seconds;
};

static void wipe(void *arg)
{
    printf("  (the place of the %s is wiped)\n", ((struct dish *)arg)->name);
}

/* Runs at once, until it first waits; then whoever started it goes on. */
static int cook(void *arg)
{
    struct dish *dish = arg;
    int r;

    gale_scope_defer(wipe, dish); /* when this function returns, however that comes */
    printf("%s: into the oven\n", dish->name);
    r = gale_sleep(dish->seconds);
    if (r < 0) {
        printf("%s: given up (%s)\n", dish->name, gale_strerror(r));
        return r;
    }
    return gale_set_value(dish);
}

static int wait_for(void *arg)
{
    return gale_wait(arg);
}

static int meal(void *arg)
{
    /* Not in this function's frame: a child that is still there at the end outlives it. */
    static struct dish dishes[] = { { "bread", 0.03 }, { "soup", 0.01 }, { "tart", 0.02 } };
    static struct dish roast = { "roast", 3600 };
    gale_future *slow = gale_spawn(cook, &roast);
    gale_future *futures[3];
    gale_wait_iterator it;
    int i;

    (void)arg;
    for (i = 0; i < 3; i++)
        if (!(futures[i] = gale_spawn(cook, &dishes[i])))
            return -1;
    gale_wait_iterator_init(&it, futures, 3);
    while ((i = gale_wait_next(&it)) >= 0)
        printf("%s: served\n", ((struct dish *)gale_future_value(futures[i]))->name);
    if (slow && gale_with_timeout(0.01, wait_for, slow) == GALE_ETIMEDOUT)
        printf("nobody waits for the roast\n");
    return 0; /* the roast is cancelled and waited for: children end with their parent */
}

int main(void)
{
    gale_ioloop *loop = gale_ioloop_current();
    int r;

    if (!loop) {
        fprintf(stderr, "no loop: %s\n", gale_strerror(gale_ioloop_error()));
        return 1;
    }
    r = gale_ioloop_run_sync(loop, meal, NULL, 0);
    if (r < 0)
        fprintf(stderr, "the meal failed: %s\n", gale_strerror(r));
    gale_ioloop_free(loop);
    return r < 0;
}

/* coro.c - nanoseconds for a coroutine switch and for spawn and finish.
 *
 * The bare switch (bare_switch.S) and gale's own go back and forth between two stacks in the same
 * loop, in turns, so that the ratio is taken pair by pair. gale_yield is what a switch costs
 * through the scheduler; spawn is gale_spawn of a function that returns at once, and giving its
 * future back; start is the same without a future, as a request is started.
 * Prints medians as key=value.
 */
/* SPDX-License-Identifier: MIT */
#include <gale/gen.h>
#include <gale/ioloop.h>

#include "bare_switch.h"
#include "bench.h"
#include "gen/co.h"
#include "gen/switch.h"

enum {
    ROUNDS = 31,
    SWITCHES = 400000,
    SPAWNS = 200000,
    STACK_BYTES = 65536,
};

typedef void switch_fn(void **save, void *to);

struct pair {
    void *here;
    void *there;
};

struct figures {
    double bare[ROUNDS];
    double own[ROUNDS];
    double ratio[ROUNDS];
    double yield[ROUNDS];
    double spawn[ROUNDS];
    double start[ROUNDS];
};

static void bare_other(void *arg)
{
    struct pair *pair = arg;

    for (;;)
        bare_switch(&pair->there, pair->here);
}

static void own_other(void *arg)
{
    struct pair *pair = arg;

    for (;;)
        gale__switch(&pair->there, pair->here);
}

/* Both loops are written out, so that each switch is called directly. */
static double time_bare(struct pair *pair)
{
    int64_t start = bench_now_ns();

    for (int i = 0; i < SWITCHES / 2; i++)
        bare_switch(&pair->here, pair->there);
    return (double)(bench_now_ns() - start) / SWITCHES;
}

static double time_own(struct pair *pair)
{
    int64_t start = bench_now_ns();

    for (int i = 0; i < SWITCHES / 2; i++)
        gale__switch(&pair->here, pair->there);
    return (double)(bench_now_ns() - start) / SWITCHES;
}

static void *new_stack(void)
{
    void *stack = aligned_alloc(4096, STACK_BYTES);

    if (!stack)
        bench_die("aligned_alloc");
    memset(stack, 0, STACK_BYTES);
    return stack;
}

/* What bare_switch pops: r15 to r12, rbx, rbp, and where to go. */
static void *bare_prepare(char *top, void (*entry)(void *), void *arg)
{
    void **frame = (void **)(void *)top - 8;

    frame[3] = arg;
    frame[4] = (void *)entry;
    frame[6] = (void *)bare_start;
    return frame;
}

static int yielder(void *arg)
{
    const int *stop = arg;

    while (!*stop && gale_yield() >= 0)
        ;
    return 0;
}

/* Two coroutines that yield to one another: half of the switches are each one's. */
static double time_yield(void)
{
    int stop = 0;
    gale_future *other = gale_spawn(yielder, &stop);
    int64_t start = bench_now_ns();

    for (int i = 0; i < SPAWNS; i++)
        if (gale_yield() < 0)
            break;

    double took = (double)(bench_now_ns() - start) / (2.0 * SPAWNS);

    stop = 1;
    if (!other || gale_join(&other) < 0)
        fprintf(stderr, "coro: the yielder failed\n");
    return took;
}

static int nothing(void *arg)
{
    ++*(unsigned *)arg;
    return 0;
}

static double time_spawn(void)
{
    unsigned n = 0;
    int64_t start = bench_now_ns();

    for (int i = 0; i < SPAWNS; i++) {
        gale_future *future = gale_spawn(nothing, &n);

        gale_future_free(&future);
    }

    double took = (double)(bench_now_ns() - start) / SPAWNS;

    return n == SPAWNS ? took : -1;
}

static void start_nothing(void *arg)
{
    ++*(unsigned *)arg;
}

static double time_start(void)
{
    gale_ioloop *loop = gale_ioloop_current();
    unsigned n = 0;
    int64_t start = bench_now_ns();

    for (int i = 0; i < SPAWNS; i++)
        if (gale__co_start(loop, "bench", NULL, start_nothing, &n) < 0)
            break;

    double took = (double)(bench_now_ns() - start) / SPAWNS;

    return n == SPAWNS ? took : -1;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof *values, compare);
    return values[ROUNDS / 2];
}

static void measure_switches(struct figures *figures)
{
    char *bare_stack = new_stack();
    char *own_stack = new_stack();
    struct pair bare = { 0 };
    struct pair own = { 0 };

    bare.there = bare_prepare(bare_stack + STACK_BYTES, bare_other, &bare);
    own.there = gale__switch_prepare(own_stack, own_stack + STACK_BYTES, own_other, &own);
    time_bare(&bare);
    time_own(&own);
    for (int i = 0; i < ROUNDS; i++) {
        figures->bare[i] = time_bare(&bare);
        figures->own[i] = time_own(&own);
        figures->ratio[i] = figures->own[i] / figures->bare[i];
    }
    free(bare_stack);
    free(own_stack);
}

static int measure_scheduler(void *arg)
{
    struct figures *figures = arg;

    time_spawn();
    time_start();
    for (int i = 0; i < ROUNDS; i++) {
        figures->yield[i] = time_yield();
        figures->spawn[i] = time_spawn();
        figures->start[i] = time_start();
    }
    return 0;
}

int main(void)
{
    static struct figures figures;
    gale_ioloop *loop = gale_ioloop_new(NULL);

    if (!loop)
        return 1;
    measure_switches(&figures);
    if (gale_ioloop_run_sync(loop, measure_scheduler, &figures, 0) < 0)
        return 1;
    gale_ioloop_free(loop);

    double ratio = median(figures.ratio);

    printf("bare_ns=%.3f switch_ns=%.3f switch_ratio=%.3f yield_ns=%.2f spawn_ns=%.2f "
           "start_ns=%.2f\n",
           median(figures.bare), median(figures.own), ratio, median(figures.yield),
           median(figures.spawn), median(figures.start));
    return 0;
}

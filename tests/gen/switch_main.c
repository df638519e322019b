/* switch_main.c - the context switch alone, for a CPU under an emulator: many switches keep
 * every register the ABI promises, integer and floating.
 */
/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "gen/switch.h"

enum { STACK = 64 * 1024, ROUNDS = 1000 };

static void *here, *there;

static double mix(double x, long i, int who)
{
    double a = x + 1, b = x * 2, c = x - 3, d = x / 4;
    long p = i + 1, q = i * 3, r = i ^ 5, s = i - 7, t = i << 2, u = i | 9;

    if (who)
        gale__switch(&there, here);
    else
        gale__switch(&here, there);
    return a + b + c + d + (double)(p + q + r + s + t + u);
}

static double expected(double x, long i)
{
    return x + 1 + x * 2 + (x - 3) + x / 4 +
           (double)((i + 1) + (i * 3) + (i ^ 5) + (i - 7) + (i << 2) + (i | 9));
}

static void other(void *arg)
{
    for (long i = 0;; i++)
        if (mix((double)i * 0.5, i, 1) != expected((double)i * 0.5, i))
            *(int *)arg += 1;
}

int main(void)
{
    int failures = 0;
    char *stack = aligned_alloc(4096, STACK);

    if (!stack)
        return 1;
    there = gale__switch_prepare(stack, stack + STACK, other, &failures);
    for (long i = 0; i < ROUNDS; i++)
        if (mix((double)i * 1.5, i, 0) != expected((double)i * 1.5, i))
            failures++;
    printf("%d switches, %d failures\n", 2 * ROUNDS, failures);
    free(stack);
    return failures != 0;
}

/* bench.h - what the small programs of the benchmark share: options, a clock, the way out.
 *
 * Each program is one file that is built on its own, so this is a header of inline functions.
 * Options are written --name=value; one that is absent has the default the caller gives.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BENCH_H
#define GALE_BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The value of --name=value, or fallback. */
static inline const char *bench_option(int argc, char **argv, const char *name,
                                       const char *fallback)
{
    size_t n = strlen(name);

    for (int i = 1; i < argc; i++)
        if (!strncmp(argv[i], "--", 2) && !strncmp(argv[i] + 2, name, n) && argv[i][n + 2] == '=')
            return argv[i] + n + 3;
    return fallback;
}

/* The number of --name=value, or fallback. */
static inline double bench_number(int argc, char **argv, const char *name, double fallback)
{
    const char *text = bench_option(argc, argv, name, NULL);

    return text ? strtod(text, NULL) : fallback;
}

/* Whether the bare word --name is there. */
static inline int bench_flag(int argc, char **argv, const char *name)
{
    for (int i = 1; i < argc; i++)
        if (!strncmp(argv[i], "--", 2) && !strcmp(argv[i] + 2, name))
            return 1;
    return 0;
}

static inline int64_t bench_now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* Ends the program with the reason for the last failed call. */
static inline __attribute__((noreturn)) void bench_die(const char *what)
{
    perror(what);
    exit(1);
}

#endif

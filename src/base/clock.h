/* clock.h - the monotonic clock, in nanoseconds, and the wall clock. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_BASE_CLOCK_H
#define GALE_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds since an arbitrary start; never goes back. */
static inline int64_t gale__clock_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* Unix time, in seconds. */
static inline double gale__unix_time(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

#endif

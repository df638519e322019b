/* figures.h - what is counted of requests on one loop, for the live view and gale_metrics_handler.
 *
 * There are figures only where somebody can see them: with debug, and where a metrics handler is
 * among the routes. The loop's thread writes; others may read the counters meanwhile.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_WEB_FIGURES_H
#define GALE_WEB_FIGURES_H

#include "web/handler.h"

enum {
    GALE__LATENCY_PER_OCTAVE = 4, /* buckets between a time and its double */
    GALE__LATENCY_BUCKETS = 104,  /* from 1 microsecond to more than a minute */
    GALE__SLOW_MAX = 20,
    GALE__LAG_SAMPLES = 120,
};
#define GALE__SLOW_RECENT_NS INT64_C(300000000000) /* what is slow is shown for so long */

struct gale__route_figures {
    const struct gale__route *route; /* NULL: a free place */
    bool is_own;                     /* below /_gale: not counted */
    uint64_t n, failed;              /* failed: 5xx */
    uint64_t total_ns, max_ns;
};

/* One of the slowest requests of the last minutes. */
struct gale__slow {
    uint64_t took_ns;
    int64_t ended_ns;
    const struct gale__route *route;
    uint16_t status;
    char method[16], path[200], id[48], peer[46];
};

/* How late the loop comes to what is due, and how long it is away from the kernel. */
struct gale__lag {
    gale_ioloop *loop;
    gale_timeout timer; /* 0: not measured */
    int64_t due_ns, until_ns;
    uint64_t n, total_ns, max_ns;
    uint32_t late_us[GALE__LAG_SAMPLES], turn_us[GALE__LAG_SAMPLES]; /* sample i at i % so many */
    bool is_over; /* the loop or the application goes: nothing is measured any more */
};

struct gale__figures {
    int64_t born_ns;
    uint64_t classes[6]; /* of statuses; 0: without an answer */
    uint64_t n, total_ns, max_ns;
    uint64_t latency[GALE__LATENCY_BUCKETS];
    struct gale__route_figures *routes; /* hashed by address; room for all, n_routes is 2^n */
    size_t n_routes;
    struct gale__slow *slow; /* with debug: GALE__SLOW_MAX; else NULL */
    size_t n_slow;
    struct gale__lag lag;
};

/* The verb of gale_metrics_handler (metrics.c): its routes have figures. */
int gale__metrics_get(gale_handler *self);

/* For an application on a loop. NULL when nobody can see them, or out of memory. */
struct gale__figures *gale__figures_new(const gale_app *app);
void gale__figures_free(struct gale__figures *f);

/* A request has ended, or its answer has. */
void gale__figures_count(gale_handler *self);

/* Of a route; NULL: there are none. */
const struct gale__route_figures *gale__figures_of(const struct gale__figures *f,
                                                   const struct gale__route *route);

/* Adds the counters of f to sum (not those of routes, nor what is slow). */
void gale__figures_add(struct gale__figures *sum, const struct gale__figures *f);

/* The times, in seconds, that so much of all requests (0.99) took at most, to within a bucket. */
double gale__figures_quantile(const struct gale__figures *f, double part);

/* A bucket holds what took less than so many microseconds (and not less than the one before). */
uint64_t gale__latency_limit(size_t bucket);

/* Measures the lag of the loop for the next minutes: for as long as somebody asks. */
void gale__lag_watch(struct gale__figures *f, gale_ioloop *loop);
void gale__lag_end(struct gale__figures *f); /* NULL is allowed */

#endif

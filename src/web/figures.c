/* figures.c - counting requests. See figures.h. */
/* SPDX-License-Identifier: MIT */
#include "web/figures.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/str.h"
#include "web/request_id.h"
#include "web/route_table.h"

enum { MAX_DEPTH = 8, FIRST_OCTAVE = 2 /* below 4 us there is a bucket for each */ };
#define LAG_STEP_NS INT64_C(500000000)
#define LAG_WATCH_NS INT64_C(300000000000) /* after the last question */

/* Written by one thread, read by others. */
static inline void count(uint64_t *counter, uint64_t by)
{
    __atomic_store_n(counter, *counter + by, __ATOMIC_RELAXED);
}

static inline uint64_t read_count(const uint64_t *counter)
{
    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

/* --- the routes there are ---------------------------------------------------------------- */

static bool is_metrics(const struct gale__route *route)
{
    return route->cls && route->cls->verbs[GALE__METHOD_GET] == gale__metrics_get;
}

/* Calls fn for each, those of mounted applications and of paths that no route has too. */
static void each_route(const gale_app *app, int depth,
                       void (*fn)(const struct gale__route *route, void *arg), void *arg)
{
    for (size_t i = 0; i < app->router.n; i++)
        if (!app->router.routes[i]->mount)
            fn(app->router.routes[i], arg);
    fn(&app->fallback, arg);
    fn(&app->asterisk, arg);
    for (const gale_app *inner = app->mounts; inner && depth > 0; inner = inner->next_taken)
        each_route(inner, depth - 1, fn, arg);
}

struct survey {
    size_t n;
    bool is_seen, is_debug;
};

static void look_at(const struct gale__route *route, void *arg)
{
    struct survey *s = arg;
    bool is_debug = route->app->settings.debug == GALE_ON;

    s->n++;
    s->is_debug = s->is_debug || is_debug;
    s->is_seen = s->is_seen || is_debug || is_metrics(route);
}

/* --- places of routes -------------------------------------------------------------------- */

/* The route's, or the free one where it would be. */
static inline struct gale__route_figures *place_of(const struct gale__figures *f,
                                                   const struct gale__route *route)
{
    size_t i = (size_t)(((uintptr_t)route >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 32);

    while (f->routes[i & (f->n_routes - 1)].route &&
           f->routes[i & (f->n_routes - 1)].route != route)
        i++;
    return &f->routes[i & (f->n_routes - 1)];
}

static void add_route(const struct gale__route *route, void *arg)
{
    struct gale__figures *f = arg;
    const struct gale__route_row row = { .route = route };
    struct gale__route_figures *place = place_of(f, route);

    place->route = route;
    place->is_own = gale__route_is_own(&row);
}

struct gale__figures *gale__figures_new(const gale_app *app)
{
    struct survey s = { 0 };
    struct gale__figures *f;

    each_route(app, MAX_DEPTH, look_at, &s);
    f = s.is_seen ? gale__calloc(1, sizeof(*f)) : NULL;
    if (!f)
        return NULL;
    f->born_ns = gale__clock_ns();
    for (f->n_routes = 16; f->n_routes < 2 * s.n;)
        f->n_routes *= 2;
    f->routes = gale__calloc(f->n_routes, sizeof(*f->routes));
    if (s.is_debug)
        f->slow = gale__calloc(GALE__SLOW_MAX, sizeof(*f->slow));
    if (!f->routes || (s.is_debug && !f->slow)) {
        gale__figures_free(f);
        return NULL;
    }
    each_route(app, MAX_DEPTH, add_route, f);
    return f;
}

void gale__figures_free(struct gale__figures *f)
{
    if (!f)
        return;
    gale__free(f->routes);
    gale__free(f->slow);
    gale__free(f);
}

const struct gale__route_figures *gale__figures_of(const struct gale__figures *f,
                                                   const struct gale__route *route)
{
    const struct gale__route_figures *place = place_of(f, route);

    return place->route ? place : NULL;
}

/* --- times ------------------------------------------------------------------------------- */

static inline size_t bucket_of(uint64_t us)
{
    unsigned octave;
    size_t i;

    if (us < GALE__LATENCY_PER_OCTAVE)
        return us;
    octave = 63 - (unsigned)__builtin_clzll(us);
    i = (octave - FIRST_OCTAVE + 1) * GALE__LATENCY_PER_OCTAVE +
        (us >> (octave - FIRST_OCTAVE)) % GALE__LATENCY_PER_OCTAVE;
    return i < GALE__LATENCY_BUCKETS ? i : GALE__LATENCY_BUCKETS - 1;
}

uint64_t gale__latency_limit(size_t bucket)
{
    size_t octave = bucket / GALE__LATENCY_PER_OCTAVE, part = bucket % GALE__LATENCY_PER_OCTAVE;

    if (octave == 0)
        return bucket + 1;
    return (uint64_t)(GALE__LATENCY_PER_OCTAVE + part + 1) << (octave - 1);
}

double gale__figures_quantile(const struct gale__figures *f, double part)
{
    double wanted = part * (double)f->n;
    uint64_t seen = 0, limit, max = f->max_ns / 1000;

    if (!f->n)
        return 0;
    for (size_t i = 0; i < GALE__LATENCY_BUCKETS; i++) {
        seen += f->latency[i];
        limit = gale__latency_limit(i);
        if ((double)seen >= wanted && seen)
            return (double)(limit < max || i + 1 == GALE__LATENCY_BUCKETS ? limit : max) / 1e6;
    }
    return (double)max / 1e6;
}

/* --- what is slow ------------------------------------------------------------------------ */

static void put_text(char *out, size_t size, gale_str text)
{
    size_t n = text.len < size ? text.len : size - 1;

    if (n)
        memcpy(out, text.ptr, n);
    out[n] = 0;
}

/* The place to take: a free or an old one, else that of the fastest, when this one was slower. */
static struct gale__slow *slow_place(struct gale__figures *f, uint64_t took_ns, int64_t now_ns)
{
    struct gale__slow *fastest = NULL;

    if (f->n_slow < GALE__SLOW_MAX)
        return &f->slow[f->n_slow++];
    for (size_t i = 0; i < f->n_slow; i++) {
        if (now_ns - f->slow[i].ended_ns > GALE__SLOW_RECENT_NS)
            return &f->slow[i];
        if (!fastest || f->slow[i].took_ns < fastest->took_ns)
            fastest = &f->slow[i];
    }
    return fastest->took_ns < took_ns ? fastest : NULL;
}

static void note_slow(gale_handler *self, struct gale__figures *f, uint64_t took_ns, int64_t now_ns)
{
    const struct gale__exchange *x = self->x;
    struct gale__slow *slow = slow_place(f, took_ns, now_ns);
    const char *id;

    if (!slow)
        return;
    id = gale__request_id(self);
    slow->took_ns = took_ns;
    slow->ended_ns = now_ns;
    slow->route = self->route;
    slow->status = self->status;
    put_text(slow->method, sizeof(slow->method), gale__str(x->request.method));
    put_text(slow->path, sizeof(slow->path), x->priv.path);
    put_text(slow->id, sizeof(slow->id), gale__str(id ? id : ""));
    put_text(slow->peer, sizeof(slow->peer), gale__str(gale_request_remote_ip(&x->request)));
}

/* --- a request --------------------------------------------------------------------------- */

/* What lasts as long as its client likes says nothing of how fast answers are. */
static bool is_lasting(const gale_handler *self)
{
    return self->status == 101 || (self->more && self->more->events);
}

static bool is_answered(const gale_handler *self)
{
    return self->headers_sent && self->status >= 100 && self->status < 600;
}

__attribute__((noinline)) void gale__figures_count(gale_handler *self)
{
    struct gale__figures *f = self->server->figures;
    struct gale__route_figures *route = place_of(f, self->route);
    int64_t now_ns = gale__ioloop_clock_ns(self->x->loop);
    int64_t ns = now_ns - self->x->request.start_ns;
    uint64_t took = ns > 0 ? (uint64_t)ns : 0;

    if (route->is_own || !route->route)
        return;
    count(&f->classes[is_answered(self) ? self->status / 100 : 0], 1);
    count(&route->n, 1);
    if (self->status >= 500)
        count(&route->failed, 1);
    if (is_lasting(self))
        return;
    count(&f->n, 1);
    count(&f->total_ns, took);
    count(&f->latency[bucket_of(took / 1000)], 1);
    count(&route->total_ns, took);
    if (took > f->max_ns)
        count(&f->max_ns, took - f->max_ns);
    if (took > route->max_ns)
        route->max_ns = took;
    if (f->slow)
        note_slow(self, f, took, now_ns);
}

void gale__figures_add(struct gale__figures *sum, const struct gale__figures *f)
{
    uint64_t max = read_count(&f->max_ns), lag = read_count(&f->lag.max_ns);

    for (size_t i = 0; i < sizeof(sum->classes) / sizeof(sum->classes[0]); i++)
        sum->classes[i] += read_count(&f->classes[i]);
    for (size_t i = 0; i < GALE__LATENCY_BUCKETS; i++)
        sum->latency[i] += read_count(&f->latency[i]);
    sum->n += read_count(&f->n);
    sum->total_ns += read_count(&f->total_ns);
    sum->max_ns = max > sum->max_ns ? max : sum->max_ns;
    sum->lag.n += read_count(&f->lag.n);
    sum->lag.total_ns += read_count(&f->lag.total_ns);
    sum->lag.max_ns = lag > sum->lag.max_ns ? lag : sum->lag.max_ns;
}

/* --- the loop's lag ---------------------------------------------------------------------- */

static uint32_t as_us(int64_t ns)
{
    return ns <= 0 ? 0 : ns / 1000 > UINT32_MAX ? UINT32_MAX : (uint32_t)(ns / 1000);
}

static void sample(void *arg)
{
    struct gale__figures *f = arg;
    struct gale__lag *lag = &f->lag;
    struct gale__busy *busy = gale__ioloop_busy(lag->loop);
    int64_t now_ns = gale__ioloop_clock_ns(lag->loop);
    uint64_t late = now_ns > lag->due_ns ? (uint64_t)(now_ns - lag->due_ns) : 0;

    lag->late_us[lag->n % GALE__LAG_SAMPLES] = as_us((int64_t)late);
    lag->turn_us[lag->n % GALE__LAG_SAMPLES] = busy ? as_us(busy->longest_ns) : 0;
    if (busy)
        busy->longest_ns = 0;
    count(&lag->total_ns, late);
    if (late > lag->max_ns)
        count(&lag->max_ns, late - lag->max_ns);
    count(&lag->n, 1);
    lag->due_ns = now_ns + LAG_STEP_NS;
    lag->timer = now_ns < lag->until_ns ? gale__ioloop_timer(lag->loop, lag->due_ns, sample, f) : 0;
}

void gale__lag_watch(struct gale__figures *f, gale_ioloop *loop)
{
    struct gale__lag *lag = &f->lag;
    int64_t now_ns = gale__ioloop_clock_ns(loop);

    lag->until_ns = now_ns + LAG_WATCH_NS;
    if (lag->timer || lag->is_over)
        return;
    lag->loop = loop;
    lag->due_ns = now_ns + LAG_STEP_NS;
    lag->timer = gale__ioloop_timer(loop, lag->due_ns, sample, f);
}

void gale__lag_end(struct gale__figures *f)
{
    if (!f)
        return;
    f->lag.is_over = true; /* a handler that still runs may ask for it again */
    if (!f->lag.timer)
        return;
    gale_ioloop_remove_timeout(f->lag.loop, f->lag.timer);
    f->lag.timer = 0;
}

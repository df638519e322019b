/* metrics.c - figures in Prometheus' text format. See gale/metrics.h.
 *
 * All is read when asked for: counters of the servers and of the application (figures.h), which
 * each loop writes alone, and what the kernel knows of the process.
 */
/* SPDX-License-Identifier: MIT */
#include <inttypes.h>

#include <gale/metrics.h>

#include "base/alloc.h"
#include "web/figures.h"
#include "web/process_figures.h"

enum { FIRST_BUCKET = 6, LAST_BUCKET = 24 /* 64 microseconds to 17 seconds, as powers of two */ };

struct state {
    const gale_metrics_options *options;
};

static int initialize(gale_handler *self, void *arg)
{
    struct state *state = gale_state(self);

    state->options = arg;
    return gale_set_header(self, "Content-Type", "text/plain; version=0.0.4; charset=utf-8");
}

static void figure(gale_handler *self, const char *name, const char *type, const char *help)
{
    (void)gale_printf(self, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void whole(gale_handler *self, const char *name, const char *type, const char *help,
                  uint64_t value)
{
    figure(self, name, type, help);
    (void)gale_printf(self, "%s %" PRIu64 "\n", name, value);
}

/* The application whose servers serve this one. */
static const gale_app *serving_app(const gale_handler *self)
{
    const gale_app *app = self->route->app;

    while (app->parent)
        app = app->parent;
    return app;
}

static void write_server(gale_handler *self)
{
    gale_httpserver_stats stats;

    gale_app_get_stats(serving_app(self), &stats);
    whole(self, "gale_http_connections", "gauge", "Connections open.", stats.connections);
    whole(self, "gale_http_connections_accepted_total", "counter", "Connections ever accepted.",
          stats.connections_accepted);
    whole(self, "gale_http_requests_total", "counter", "Heads of requests ever received.",
          stats.requests);
    whole(self, "gale_http_requests_active", "gauge", "Requests being handled.",
          stats.requests_active);
    whole(self, "gale_http_refused_total", "counter",
          "Requests refused: malformed, over a limit, timed out.", stats.errors);
    whole(self, "gale_http_received_bytes_total", "counter", "Bytes of requests.", stats.bytes_in);
    whole(self, "gale_http_sent_bytes_total", "counter", "Bytes of answers.", stats.bytes_out);
}

/* Nanoseconds as seconds, whatever the locale's decimal point is. */
static void seconds(gale_handler *self, const char *name, uint64_t ns)
{
    (void)gale_printf(self, "%s %" PRIu64 ".%09u\n", name, ns / 1000000000,
                      (unsigned)(ns % 1000000000));
}

/* Buckets of the powers of two, of which each is four of ours. */
static void write_durations(gale_handler *self, const struct gale__figures *f)
{
    uint64_t n = 0;
    size_t i = 0;

    figure(self, "gale_http_request_duration_seconds", "histogram",
           "Time from a request's head to the end of its answer; no event streams, no WebSockets.");
    for (unsigned octave = FIRST_BUCKET; octave <= LAST_BUCKET; octave++) {
        uint64_t us = (uint64_t)1 << octave;

        for (; i < GALE__LATENCY_BUCKETS && gale__latency_limit(i) <= us; i++)
            n += f->latency[i];
        (void)gale_printf(self,
                          "gale_http_request_duration_seconds_bucket{le=\"%" PRIu64
                          ".%06u\"} %" PRIu64 "\n",
                          us / 1000000, (unsigned)(us % 1000000), n);
    }
    for (; i < GALE__LATENCY_BUCKETS; i++)
        n += f->latency[i];
    (void)gale_printf(self, "gale_http_request_duration_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n",
                      n);
    seconds(self, "gale_http_request_duration_seconds_sum", f->total_ns);
    (void)gale_printf(self, "gale_http_request_duration_seconds_count %" PRIu64 "\n", n);
}

static void write_classes(gale_handler *self, const struct gale__figures *f)
{
    figure(self, "gale_http_responses_total", "counter", "Answers, by the class of their status.");
    for (size_t i = 1; i < sizeof(f->classes) / sizeof(f->classes[0]); i++)
        (void)gale_printf(self, "gale_http_responses_total{class=\"%zuxx\"} %" PRIu64 "\n", i,
                          f->classes[i]);
    whole(self, "gale_http_unanswered_total", "counter",
          "Requests that ended without an answer: their clients had gone.", f->classes[0]);
}

static void write_lag(gale_handler *self, const struct gale__lag *lag)
{
    figure(self, "gale_loop_lag_seconds", "summary",
           "How late timers run, looked at twice a second from the first question on.");
    seconds(self, "gale_loop_lag_seconds_sum", lag->total_ns);
    (void)gale_printf(self, "gale_loop_lag_seconds_count %" PRIu64 "\n", lag->n);
    figure(self, "gale_loop_lag_max_seconds", "gauge", "The latest of them.");
    seconds(self, "gale_loop_lag_max_seconds", lag->max_ns);
}

/* Of all loops; the lag of those that were ever asked. */
static void write_requests(gale_handler *self)
{
    gale_app *app = self->server->app;
    struct gale__figures sum = { 0 };

    if (!self->server->figures)
        return; /* there was no memory for them */
    gale__lag_watch(self->server->figures, self->x->loop);
    pthread_mutex_lock(&app->lock);
    for (struct gale__list *l = app->servers.next; l != &app->servers; l = l->next) {
        struct gale__app_server *one = GALE_CONTAINER_OF(l, struct gale__app_server, link);

        if (one->figures)
            gale__figures_add(&sum, one->figures);
    }
    pthread_mutex_unlock(&app->lock);
    write_classes(self, &sum);
    write_durations(self, &sum);
    write_lag(self, &sum.lag);
}

static void write_process(gale_handler *self)
{
    uint64_t used = gale__process_cpu_ns();

    figure(self, "process_cpu_seconds_total", "counter", "Processor time used.");
    (void)gale_printf(self, "process_cpu_seconds_total %" PRIu64 ".%06u\n", used / 1000000000,
                      (unsigned)(used % 1000000000 / 1000));
    whole(self, "process_resident_memory_bytes", "gauge", "Memory in use.",
          gale__process_resident());
    whole(self, "process_open_fds", "gauge", "Descriptors open.", gale__process_descriptors());
    figure(self, "gale_build_info", "gauge", "The version of gale.");
    (void)gale_printf(self, "gale_build_info{version=\"%s\"} 1\n", gale_version());
}

int gale__metrics_get(gale_handler *self)
{
    const struct state *state = gale_state(self);

    write_server(self);
    write_requests(self);
    write_process(self);
    return state->options && state->options->extra ? state->options->extra(self) : 0;
}

const gale_handler_class gale_metrics_handler = {
    .state_size = sizeof(struct state),
    .initialize = initialize,
    .get = gale__metrics_get,
};

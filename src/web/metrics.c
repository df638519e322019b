/* metrics.c - figures in Prometheus' text format. See gale/metrics.h.
 *
 * All is read when asked for: counters of the servers, which each loop writes alone, and what the
 * kernel knows of the process.
 */
/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <gale/metrics.h>

#include "web/handler.h"

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
}

static uint64_t resident_bytes(void)
{
    FILE *f = fopen("/proc/self/statm", "re");
    uint64_t size, pages = 0;

    if (f && fscanf(f, "%" SCNu64 " %" SCNu64, &size, &pages) != 2)
        pages = 0;
    if (f)
        fclose(f);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t count_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    const struct dirent *entry;
    uint64_t n = 0;

    while (dir && (entry = readdir(dir)))
        n += entry->d_name[0] != '.';
    if (dir)
        closedir(dir);
    return n ? n - 1 : 0; /* without the one that looks */
}

static void write_process(gale_handler *self)
{
    struct timespec used = { 0, 0 };

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    figure(self, "process_cpu_seconds_total", "counter", "Processor time used.");
    (void)gale_printf(self, "process_cpu_seconds_total %lld.%06ld\n", (long long)used.tv_sec,
                      used.tv_nsec / 1000);
    whole(self, "process_resident_memory_bytes", "gauge", "Memory in use.", resident_bytes());
    whole(self, "process_open_fds", "gauge", "Descriptors open.", count_descriptors());
    figure(self, "gale_build_info", "gauge", "The version of gale.");
    (void)gale_printf(self, "gale_build_info{version=\"%s\"} 1\n", gale_version());
}

static int get(gale_handler *self)
{
    const struct state *state = gale_state(self);

    write_server(self);
    write_process(self);
    return state->options && state->options->extra ? state->options->extra(self) : 0;
}

const gale_handler_class gale_metrics_handler = {
    .state_size = sizeof(struct state),
    .initialize = initialize,
    .get = get,
};

/* live_status.c - what the live view tells, as JSON: whole numbers only, times in microseconds
 * unless their name says otherwise. See live_view.h. */
/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <gale/process.h>

#include "base/json.h"
#include "base/str.h"
#include "gen/look.h"
#include "http/conn_look.h"
#include "ioloop/look.h"
#include "web/dispatch.h"
#include "web/figures.h"
#include "web/live_view.h"
#include "web/process_figures.h"
#include "web/route_table.h"

enum { MAX_LISTED = 200, MAX_FRAMES = 48 };

struct writer {
    struct gale__app_server *server;
    struct gale__symbols *symbols; /* NULL: without stacks */
    struct gale__buf *out;
    int64_t now_ns;
    size_t n; /* listed in the present list */
    size_t n_websockets, n_streams, n_connections;
};

/* --- JSON -------------------------------------------------------------------------------- */

static void separate(struct writer *w)
{
    const struct gale__buf *out = w->out;
    char last = out->len ? out->ptr[out->len - 1] : '{';

    if (last != '{' && last != '[' && last != ':')
        gale__buf_append_char(w->out, ',');
}

static void key(struct writer *w, const char *name)
{
    separate(w);
    gale__buf_printf(w->out, "\"%s\":", name);
}

static void open_as(struct writer *w, const char *name, char bracket)
{
    if (name)
        key(w, name);
    else
        separate(w);
    gale__buf_append_char(w->out, bracket);
}

static void shut(struct writer *w, char bracket)
{
    gale__buf_append_char(w->out, bracket);
}

static void whole(struct writer *w, const char *name, int64_t value)
{
    key(w, name);
    gale__buf_printf(w->out, "%" PRId64, value);
}

static void number(struct writer *w, int64_t value)
{
    separate(w);
    gale__buf_printf(w->out, "%" PRId64, value);
}

static void slice(struct writer *w, const char *name, gale_str value)
{
    key(w, name);
    (void)gale__json_string(w->out, value);
}

/* NULL is told as such. */
static void text(struct writer *w, const char *name, const char *value)
{
    if (value) {
        slice(w, name, gale__str(value));
        return;
    }
    key(w, name);
    gale__buf_append_cstr(w->out, "null");
}

static void truth(struct writer *w, const char *name, bool value)
{
    key(w, name);
    gale__buf_append_cstr(w->out, value ? "true" : "false");
}

/* --- the process and its loop ------------------------------------------------------------ */

static size_t count_loops(gale_app *app)
{
    size_t n = 0;

    pthread_mutex_lock(&app->lock);
    for (const struct gale__list *l = app->servers.next; l != &app->servers; l = l->next)
        n++;
    pthread_mutex_unlock(&app->lock);
    return n;
}

static void write_process(struct writer *w)
{
    const struct gale__figures *f = w->server->figures;

    text(w, "version", gale_version());
    whole(w, "pid", getpid());
    whole(w, "worker", gale_task_id());
    text(w, "backend", gale_ioloop_backend(w->server->loop));
    whole(w, "loops", (int64_t)count_loops(w->server->app));
    whole(w, "uptime_ms", (w->now_ns - f->born_ns) / 1000000);
    whole(w, "cpu_ms", (int64_t)(gale__process_cpu_ns() / 1000000));
}

static void write_samples(struct writer *w, const char *name, const struct gale__lag *lag,
                          const uint32_t *samples)
{
    uint64_t first = lag->n > GALE__LAG_SAMPLES ? lag->n - GALE__LAG_SAMPLES : 0;

    open_as(w, name, '[');
    for (uint64_t i = first; i < lag->n; i++)
        number(w, samples[i % GALE__LAG_SAMPLES]);
    shut(w, ']');
}

static void write_loop(struct writer *w)
{
    const struct gale__lag *lag = &w->server->figures->lag;
    const struct gale__busy *busy = gale__ioloop_busy(w->server->loop);
    struct gale__executor_look executor;

    open_as(w, "loop", '{');
    whole(w, "samples", (int64_t)lag->n);
    whole(w, "lag_max", (int64_t)(lag->max_ns / 1000));
    write_samples(w, "lag", lag, lag->late_us);
    truth(w, "has_turns", busy != NULL);
    write_samples(w, "turns", lag, lag->turn_us);
    whole(w, "busy", busy ? busy->total_ns / 1000 : 0);
    shut(w, '}');
    gale__executor_look(w->server->loop, &executor);
    open_as(w, "executor", '{');
    whole(w, "threads", executor.n_threads);
    whole(w, "idle", executor.n_idle);
    whole(w, "max", executor.max_threads);
    whole(w, "jobs", (int64_t)executor.n_jobs);
    whole(w, "waiting", executor.n_waiting);
    shut(w, '}');
}

static void write_memory(struct writer *w)
{
    struct gale__co_figures co;

    gale__co_figures(w->server->loop, &co);
    open_as(w, "memory", '{');
    whole(w, "resident", (int64_t)gale__process_resident());
    whole(w, "descriptors", (int64_t)gale__process_descriptors());
    whole(w, "stacks_used", (int64_t)co.n_live);
    whole(w, "stacks_pooled", (int64_t)co.n_pooled);
    whole(w, "stack_bytes", (int64_t)co.stack_bytes);
    shut(w, '}');
}

/* --- requests ---------------------------------------------------------------------------- */

static void write_latency(struct writer *w)
{
    const struct gale__figures *f = w->server->figures;

    open_as(w, "latency", '{');
    whole(w, "n", (int64_t)f->n);
    whole(w, "total", (int64_t)(f->total_ns / 1000));
    whole(w, "p50", (int64_t)(gale__figures_quantile(f, 0.5) * 1e6));
    whole(w, "p90", (int64_t)(gale__figures_quantile(f, 0.9) * 1e6));
    whole(w, "p99", (int64_t)(gale__figures_quantile(f, 0.99) * 1e6));
    whole(w, "max", (int64_t)(f->max_ns / 1000));
    open_as(w, "buckets", '[');
    for (size_t i = 0; i < GALE__LATENCY_BUCKETS; i++) {
        if (!f->latency[i])
            continue;
        open_as(w, NULL, '[');
        number(w, i ? (int64_t)gale__latency_limit(i - 1) : 0);
        number(w, (int64_t)gale__latency_limit(i));
        number(w, (int64_t)f->latency[i]);
        shut(w, ']');
    }
    shut(w, ']');
    shut(w, '}');
}

static void write_requests(struct writer *w)
{
    const struct gale__figures *f = w->server->figures;
    gale_httpserver_stats stats = { 0 };

    gale__app_server_get_stats(w->server, &stats);
    open_as(w, "requests", '{');
    whole(w, "total", (int64_t)stats.requests);
    whole(w, "active", (int64_t)stats.requests_active);
    whole(w, "refused", (int64_t)stats.errors);
    whole(w, "bytes_in", (int64_t)stats.bytes_in);
    whole(w, "bytes_out", (int64_t)stats.bytes_out);
    whole(w, "accepted", (int64_t)stats.connections_accepted);
    open_as(w, "classes", '[');
    for (size_t i = 0; i < sizeof(f->classes) / sizeof(f->classes[0]); i++)
        number(w, (int64_t)f->classes[i]);
    shut(w, ']');
    write_latency(w);
    shut(w, '}');
}

static const char *url_of(const struct writer *w, const struct gale__route *route)
{
    const struct gale__view *view = w->server->view;

    for (size_t i = 0; i < view->n_rows; i++)
        if (view->rows[i].route == route)
            return view->rows[i].url;
    return NULL; /* no route matched */
}

static void write_slow(struct writer *w)
{
    const struct gale__figures *f = w->server->figures;

    open_as(w, "slow", '[');
    for (size_t i = 0; i < f->n_slow; i++) {
        const struct gale__slow *slow = &f->slow[i];

        if (w->now_ns - slow->ended_ns > GALE__SLOW_RECENT_NS)
            continue;
        open_as(w, NULL, '{');
        whole(w, "took", (int64_t)(slow->took_ns / 1000));
        whole(w, "ago_ms", (w->now_ns - slow->ended_ns) / 1000000);
        whole(w, "status", slow->status);
        text(w, "method", slow->method);
        text(w, "path", slow->path);
        text(w, "route", url_of(w, slow->route));
        text(w, "id", slow->id);
        text(w, "peer", slow->peer);
        shut(w, '}');
    }
    shut(w, ']');
}

static void write_counts(struct writer *w, const struct gale__route_figures *counts)
{
    whole(w, "n", counts ? (int64_t)counts->n : 0);
    whole(w, "failed", counts ? (int64_t)counts->failed : 0);
    whole(w, "total", counts ? (int64_t)(counts->total_ns / 1000) : 0);
    whole(w, "max", counts ? (int64_t)(counts->max_ns / 1000) : 0);
}

/* Of paths that no route has, in mounted applications too. */
static void write_unmatched(struct writer *w)
{
    const struct gale__figures *f = w->server->figures;
    struct gale__route_figures all = { 0 };

    for (size_t i = 0; i < f->n_routes; i++) {
        const struct gale__route_figures *one = &f->routes[i];

        if (!one->route || one->route != &one->route->app->fallback)
            continue;
        all.n += one->n;
        all.failed += one->failed;
        all.total_ns += one->total_ns;
        all.max_ns = one->max_ns > all.max_ns ? one->max_ns : all.max_ns;
    }
    open_as(w, "unmatched", '{');
    write_counts(w, &all);
    shut(w, '}');
}

static void write_routes(struct writer *w)
{
    const struct gale__view *view = w->server->view;
    const struct gale__figures *f = w->server->figures;

    open_as(w, "routes", '[');
    for (size_t i = 0; i < view->n_rows; i++) {
        const struct gale__route_row *row = &view->rows[i];

        if (gale__route_is_own(row))
            continue;
        open_as(w, NULL, '{');
        text(w, "methods", row->methods);
        text(w, "url", row->url);
        text(w, "host", row->host);
        text(w, "name", row->name);
        text(w, "handler", row->handler);
        text(w, "middleware", row->middleware);
        text(w, "file", row->file);
        whole(w, "line", row->line);
        write_counts(w, gale__figures_of(f, row->route));
        shut(w, '}');
    }
    shut(w, ']');
    write_unmatched(w);
}

/* --- connections ------------------------------------------------------------------------- */

static gale_handler *handler_of(const struct gale__exchange *x)
{
    return x && x->answerer == &gale__web_answerer ? x->data : NULL;
}

static void write_request(struct writer *w, const struct gale__exchange *x,
                          const gale_handler *handler)
{
    open_as(w, "request", '{');
    text(w, "method", x->request.method);
    slice(w, "path", gale__str_head(x->priv.path, 200));
    text(w, "route", handler ? url_of(w, handler->route) : NULL);
    whole(w, "age", (w->now_ns - x->request.start_ns) / 1000);
    shut(w, '}');
}

static void write_connection(void *arg, const struct gale__conn_look *look)
{
    struct writer *w = arg;
    const gale_handler *handler = handler_of(look->x);
    bool is_stream = handler && handler->more && handler->more->events;

    w->n_connections++;
    w->n_streams += is_stream;
    w->n_websockets += strcmp(look->state, "websocket") == 0;
    if (w->n == MAX_LISTED)
        return;
    w->n++;
    open_as(w, NULL, '{');
    text(w, "peer", look->peer);
    text(w, "state", is_stream ? "event stream" : look->state);
    whole(w, "age_ms", (int64_t)(look->age * 1e3));
    whole(w, "bytes_in", look->bytes_in);
    whole(w, "bytes_out", look->bytes_out);
    whole(w, "round_trip", (int64_t)(look->round_trip * 1e6));
    truth(w, "tls", look->tls);
    if (look->x)
        write_request(w, look->x, handler);
    shut(w, '}');
}

static void write_connections(struct writer *w)
{
    w->n = 0;
    open_as(w, "connections", '{');
    open_as(w, "list", '[');
    if (w->server->server)
        gale__httpserver_each_conn(w->server->server, write_connection, w);
    if (w->server->fastcgi)
        gale__httpserver_each_conn(w->server->fastcgi, write_connection, w);
    shut(w, ']');
    whole(w, "open", (int64_t)w->n_connections);
    whole(w, "websockets", (int64_t)w->n_websockets);
    whole(w, "event_streams", (int64_t)w->n_streams);
    shut(w, '}');
}

/* --- coroutines -------------------------------------------------------------------------- */

/* The function of the library that the program called, and which has not returned: the last one of
 * the framework's before the first of the program's. */
static const char *waits_in(const struct gale__frame *frames, size_t n)
{
    const char *name = NULL;

    for (size_t i = 0; i < n && frames[i].kind != GALE__FRAME_PROGRAM; i++)
        if (frames[i].function && strncmp(frames[i].function, "gale_", 5) == 0)
            name = frames[i].function;
    return name;
}

static void write_frames(struct writer *w, const struct gale__frame *frames, size_t n)
{
    open_as(w, "frames", '[');
    for (size_t i = 0; i < n; i++) {
        open_as(w, NULL, '{');
        text(w, "function", frames[i].function);
        text(w, "file", frames[i].file);
        whole(w, "line", frames[i].line);
        truth(w, "own", frames[i].kind == GALE__FRAME_PROGRAM);
        shut(w, '}');
    }
    shut(w, ']');
}

static void write_coroutine(void *arg, const struct gale__co_look *look)
{
    struct gale__frame frames[MAX_FRAMES];
    struct writer *w = arg;
    const gale_handler *handler = gale__handler_of(look->co);
    bool is_self = look->co == gale__co_current();
    int64_t born_ns = look->born_ns;
    size_t n = 0;

    if (w->n == MAX_LISTED || is_self)
        return;
    w->n++;
    if (w->symbols)
        n = gale__co_frames(w->symbols, look->trace, frames, MAX_FRAMES);
    if (!born_ns && handler)
        born_ns = handler->x->request.start_ns;
    open_as(w, NULL, '{');
    text(w, "name", look->name);
    text(w, "state", look->state);
    whole(w, "age", born_ns ? (w->now_ns - born_ns) / 1000 : -1);
    if (handler)
        write_request(w, handler->x, handler);
    text(w, "waits", waits_in(frames, n));
    write_frames(w, frames, n);
    shut(w, '}');
}

static int write_coroutines(struct writer *w)
{
    int n;

    w->n = 0;
    open_as(w, "coroutines", '{');
    open_as(w, "list", '[');
    n = gale__co_each(write_coroutine, w);
    shut(w, ']');
    whole(w, "live", n);
    shut(w, '}');
    return n < 0 ? n : 0;
}

int gale__view_write(struct gale__app_server *server, bool has_stacks, struct gale__buf *out)
{
    struct writer w = { .server = server,
                        .symbols = has_stacks ? server->view->symbols : NULL,
                        .out = out,
                        .now_ns = gale__ioloop_clock_ns(server->loop) };
    int r;

    open_as(&w, NULL, '{');
    write_process(&w);
    write_loop(&w);
    write_memory(&w);
    write_requests(&w);
    write_slow(&w);
    write_connections(&w);
    r = write_coroutines(&w);
    write_routes(&w);
    shut(&w, '}');
    return r < 0 ? r : out->error;
}

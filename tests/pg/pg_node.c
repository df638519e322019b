/* pg_node.c - a program that does with PostgreSQL what lines of JSON on its standard input say:
 * pg_node CONNINFO [OPTIONS as JSON]. Each command, {"id": 1, "do": "query", "sql": "…"}, runs in a
 * coroutine of its own; what came of it is a line of JSON on its standard output.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <gale/gen.h>
#include <gale/ioloop.h>
#include <gale/json.h>
#include <gale/locks.h>
#include <gale/pg.h>

#include "base/alloc.h"

static gale_pg *db;
static double worst_gap; /* between two turns of the ticker */

enum { MAX = 512 };
static gale_future *running[MAX]; /* by id */

static const char *text_of(const json_t *command, const char *name)
{
    return json_string_value(json_object_get(command, name));
}

static void say(json_t *line)
{
    char *text = json_dumps(line, JSON_COMPACT);

    puts(text ? text : "{}");
    free(text);
    json_decref(line);
}

static json_t *outcome(int r, json_t *rows)
{
    json_t *line = json_pack("{s:i}", "result", r);

    if (rows)
        json_object_set_new(line, "rows", rows);
    if (r < 0) {
        gale_str state = gale_pg_sqlstate(gale_strerror(r));

        json_object_set_new(line, "error", json_string(gale_strerror(r)));
        json_object_set_new(line, "name", json_string(gale_errname(r)));
        json_object_set_new(line, "state", json_stringn(state.ptr, state.len));
    }
    return line;
}

/* --- commands ------------------------------------------------------------------------ */

static json_t *run(gale_pg *on, json_t *command);

static json_t *run_query(gale_pg *on, const json_t *command)
{
    json_t *rows = NULL;
    int r = gale_pg_query_json(on, &rows, text_of(command, "sql"),
                               json_incref(json_object_get(command, "params")));

    return outcome(r, rows);
}

static json_t *run_batch(gale_pg *on, const json_t *command)
{
    json_t *statements = json_object_get(command, "calls"), *results = json_array(), *line;
    size_t n = json_array_size(statements);
    gale_pg_call *calls = calloc(n + 1, sizeof(*calls));
    int r;

    for (size_t i = 0; i < n; i++) {
        const json_t *statement = json_array_get(statements, i);

        calls[i].sql = text_of(statement, "sql");
        calls[i].params = json_incref(json_object_get(statement, "params"));
    }
    r = gale_pg_batch(on, calls, n, json_is_true(json_object_get(command, "all")));
    line = outcome(r, NULL);
    for (size_t i = 0; i < n; i++) {
        if (json_is_true(json_object_get(command, "brief"))) {
            json_decref(calls[i].rows);
            calls[i].rows = NULL;
        }
        json_array_append_new(results, json_pack("{s:i, s:o?, s:s?}", "result", calls[i].result,
                                                 "rows", calls[i].rows, "error", calls[i].error));
    }
    json_object_set_new(line, "calls", results);
    free(calls);
    return line;
}

struct reading {
    gale_pg *on;
    json_t *command, *rows;
    int64_t n;
};

static int take_row(json_t *row, void *arg)
{
    struct reading *reading = arg;
    json_t *inner = json_object_get(reading->command, "inner");
    double pause = json_number_value(json_object_get(reading->command, "pause"));

    if (++reading->n <= 10)
        json_array_append(reading->rows, row);
    if (pause > 0 && reading->n == 1) {
        int r;

        say(json_pack("{s:s}", "event", "first row"));
        r = gale_sleep(pause);
        if (r < 0)
            return r;
    }
    if (inner && reading->n == 1)
        json_array_append_new(reading->rows, run(reading->on, inner));
    return reading->n == json_integer_value(json_object_get(reading->command, "stop at")) ? 77 : 0;
}

static json_t *run_each(gale_pg *on, json_t *command)
{
    struct reading reading = { .on = on, .command = command, .rows = json_array() };

    return outcome(gale_pg_each(on, take_row, &reading, text_of(command, "sql"), NULL),
                   reading.rows);
}

struct transaction {
    json_t *command, *results;
};

/* Its steps until one fails that is not to be "ignored"; "fail": a failure of its own at the end.
 */
static int run_steps(gale_pg *tx, void *arg)
{
    struct transaction *t = arg;
    json_t *step;
    size_t i;

    json_array_foreach(json_object_get(t->command, "steps"), i, step)
    {
        json_t *result = run(tx, step);
        int r = (int)json_integer_value(json_object_get(result, "result"));
        const char *error = text_of(result, "error");

        json_array_append_new(t->results, result);
        if (r < 0 && !json_is_true(json_object_get(step, "ignored")))
            return gale_err(r, "%s", error);
    }
    return json_is_true(json_object_get(t->command, "fail"))
               ? gale_err(GALE_EHTTP(418), "as it was told")
               : 5;
}

static json_t *run_transaction(gale_pg *on, json_t *command)
{
    struct transaction t = { command, json_array() };
    json_t *line = outcome(gale_pg_transaction(on, run_steps, &t), NULL);

    json_object_set_new(line, "steps", t.results);
    return line;
}

static json_t *run_stats(gale_pg *on)
{
    gale_pg_stats stats;

    gale_pg_get_stats(on, &stats);
    return json_pack("{s:i, s:i, s:i, s:i}", "result", 0, "connections", stats.connections, "idle",
                     stats.idle, "waiting", stats.waiting);
}

static json_t *run_listen(gale_pg *on, const json_t *command)
{
    const char *channels[9] = { NULL };
    json_t *name;
    gale_pg_notification n;
    gale_pg_listener *listener;
    size_t i;
    int r;

    json_array_foreach(json_object_get(command, "channels"), i, name)
        channels[i < 8 ? i : 7] = json_string_value(name);
    listener = gale_pg_listen(on, channels);
    while (listener && (r = gale_pg_listener_next(listener, &n, GALE_FOREVER)) >= 0)
        say(json_pack("{s:s, s:i, s:s%, s:s%}", "event", "heard", "result", r, "channel",
                      n.channel.ptr, n.channel.len, "payload", r ? n.payload.ptr : "",
                      n.payload.len));
    gale_pg_listener_free(listener);
    return outcome(listener ? r : -ENOMEM, NULL);
}

static json_t *run_gap(void)
{
    json_t *line = json_pack("{s:i, s:f}", "result", 0, "gap", worst_gap);

    worst_gap = 0;
    return line;
}

static json_t *run_cancel(const json_t *command)
{
    gale_future *future = running[json_integer_value(json_object_get(command, "of")) % MAX];

    if (future)
        gale_cancel(future);
    return json_pack("{s:i}", "result", future != NULL);
}

static json_t *run_free(void)
{
    gale_pg_free(db);
    db = NULL;
    return json_pack("{s:i}", "result", 0);
}

struct errand {
    gale_pg *on;
    json_t *command;
};

static int run_errand(void *arg)
{
    struct errand *errand = arg;
    json_t *line = run(errand->on, errand->command);

    json_object_set_new(line, "event", json_string("errand"));
    say(line);
    return 0;
}

/* A coroutine that is left behind in a transaction. */
static json_t *run_spawn(gale_pg *on, json_t *command)
{
    struct errand *errand = gale_scope_alloc(sizeof(*errand));

    *errand = (struct errand){ on, json_object_get(command, "inner") };
    return json_pack("{s:b}", "result", gale_spawn(run_errand, errand) != NULL);
}

/* A command with each allocation failing once: codes alone come of it. */
static json_t *run_faults(gale_pg *on, json_t *command)
{
    json_t *inner = json_object_get(command, "inner");
    int n_failed = 0;

    for (unsigned long n = 1; n <= 60; n++) {
        json_t *line;

        gale__alloc_fail(n);
        line = run(on, inner);
        gale__alloc_fail(0);
        n_failed += json_integer_value(json_object_get(line, "result")) < 0;
        json_decref(line);
    }
    return json_pack("{s:i}", "result", n_failed);
}

static json_t *run_sleep(const json_t *command)
{
    return outcome(gale_sleep(json_number_value(json_object_get(command, "seconds"))), NULL);
}

static json_t *run(gale_pg *on, json_t *command)
{
    const char *what = text_of(command, "do");

    if (!strcmp(what, "batch"))
        return run_batch(on, command);
    if (!strcmp(what, "each"))
        return run_each(on, command);
    if (!strcmp(what, "transaction"))
        return run_transaction(on, command);
    if (!strcmp(what, "exec"))
        return outcome(gale_pg_exec(on, text_of(command, "sql")), NULL);
    if (!strcmp(what, "listen"))
        return run_listen(on, command);
    if (!strcmp(what, "stats"))
        return run_stats(on);
    if (!strcmp(what, "gap"))
        return run_gap();
    if (!strcmp(what, "cancel"))
        return run_cancel(command);
    if (!strcmp(what, "free"))
        return run_free();
    if (!strcmp(what, "spawn"))
        return run_spawn(on, command);
    if (!strcmp(what, "faults"))
        return run_faults(on, command);
    if (!strcmp(what, "sleep"))
        return run_sleep(command);
    return run_query(on, command);
}

struct timed {
    json_t *command, *line;
};

static int run_it(void *arg)
{
    struct timed *timed = arg;

    timed->line = run(db, timed->command);
    return 0;
}

static int run_command(void *arg)
{
    struct timed timed = { .command = arg };
    double seconds = json_number_value(json_object_get(timed.command, "timeout"));
    json_t *id = json_incref(json_object_get(timed.command, "id"));

    if (seconds > 0)
        gale_with_timeout(seconds, run_it, &timed);
    else
        run_it(&timed);
    json_object_set_new(timed.line, "id", id);
    say(timed.line);
    json_decref(timed.command);
    return 0;
}

/* --- the program --------------------------------------------------------------------- */

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int tick(void *arg)
{
    for (double last = now(); gale_sleep(0.002) >= 0; last = now())
        if (now() - last > worst_gap)
            worst_gap = now() - last;
    (void)arg;
    return 0;
}

static void obey(const char *line, size_t len)
{
    json_t *command = json_loadb(line, len, JSON_ALLOW_NUL, NULL);
    gale_future **place = &running[json_integer_value(json_object_get(command, "id")) % MAX];

    gale_future_free(place);
    *place = gale_spawn(run_command, command);
}

static int read_lines(void *arg)
{
    static char buf[65536];
    gale_future *ticker = gale_spawn(tick, NULL);
    size_t n = 0;

    for (;;) {
        int r = gale_wait_fd(0, GALE_READ, GALE_FOREVER);
        ssize_t got = r < 0 ? 0 : read(0, buf + n, sizeof(buf) - n);
        const char *end;

        if (r == -ENOMEM) /* of run_faults */
            continue;
        if (got <= 0)
            break;
        n += (size_t)got;
        while ((end = memchr(buf, '\n', n))) {
            obey(buf, (size_t)(end - buf));
            n -= (size_t)(end + 1 - buf);
            memmove(buf, end + 1, n);
        }
    }
    gale_future_free(&ticker);
    return 0;
}

static void read_options(gale_pg_options *o, const char *text)
{
    json_t *given = json_loads(text, 0, NULL);

    o->max_connections = (int)json_integer_value(json_object_get(given, "max_connections"));
    o->connect_timeout = json_number_value(json_object_get(given, "connect_timeout"));
    o->query_timeout = json_number_value(json_object_get(given, "query_timeout"));
    o->idle_timeout = json_number_value(json_object_get(given, "idle_timeout"));
    o->max_rows = json_integer_value(json_object_get(given, "max_rows"));
    o->statements = (int)json_integer_value(json_object_get(given, "statements"));
    json_decref(given);
}

int main(int argc, char **argv)
{
    gale_pg_options options = { 0 };
    int r;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 2)
        read_options(&options, argv[2]);
    db = gale_pg_new(argc > 1 ? argv[1] : "", &options);
    printf("port 0\n");
    if (!db) {
        printf("no start: %s\n", gale_strerror(GALE_EINVAL));
        return 1;
    }
    r = gale_ioloop_run_sync(gale_ioloop_current(), read_lines, NULL, 0);
    if (getenv("PG_NODE_FREES_LOOP_FIRST"))
        gale_ioloop_free(gale_ioloop_current());
    gale_pg_free(db);
    if (!getenv("PG_NODE_FREES_LOOP_FIRST"))
        gale_ioloop_free(gale_ioloop_current());
    return r < 0;
}

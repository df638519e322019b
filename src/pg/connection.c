/* connection.c - statements go out, answers come in, in steps. See connection.h.
 *
 * libpq never waits here: what it has to send is flushed and what came is read when the socket is
 * ready, both at once, since a server that waits for us to read does not read itself; and it is
 * asked for an answer only when it has one.
 */
/* SPDX-License-Identifier: MIT */
#include "pg/connection.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <gale/gen.h>

#include "base/alloc.h"
#include "db/rows.h"

enum { NAME_SIZE = 24 };

/* The reason may have been told already. */
static int lost(struct gale__pg_connection *c)
{
    c->is_broken = true;
    if (c->has_said_why)
        return GALE_EEOF;
    return gale__pg_fail_connection(c->handle, c->where, GALE_EEOF);
}

double gale__pg_deadline(const struct gale__pg_config *config)
{
    double timeout = config->options.query_timeout;

    return timeout < 0 ? GALE_FOREVER : gale_ioloop_time(gale_ioloop_current()) + timeout;
}

void gale__pg_job_fail(struct gale__pg_job *job, int code)
{
    job->result = code;
    job->is_stopped = true;
    if (job->text)
        snprintf(job->text, GALE__ERROR_TEXT, "%s", gale_strerror(code));
}

/* What has come while it was idle is taken in; behind it may be the end. */
bool gale__pg_is_alive(struct gale__pg_connection *c)
{
    PGnotify *notice;
    ssize_t n = 1;
    char byte;

    while (n > 0) {
        if (!PQconsumeInput(c->handle) || PQisBusy(c->handle) || c->is_broken ||
            PQstatus(c->handle) != CONNECTION_OK)
            return false;
        while ((notice = PQnotifies(c->handle))) /* of a LISTEN that somebody ran */
            PQfreemem(notice);
        n = recv(PQsocket(c->handle), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    }
    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

/* --- sending ------------------------------------------------------------------------- */

static struct gale__pg_step *add_step(struct gale__pg_connection *c)
{
    if (c->n_steps == c->steps_room) {
        size_t room = c->steps_room ? c->steps_room * 2 : 8;
        struct gale__pg_step *steps = gale__realloc(c->steps, room * sizeof(*steps));

        if (!steps)
            return NULL;
        c->steps = steps;
        c->steps_room = room;
    }
    return &c->steps[c->n_steps++];
}

/* What libpq has been given to send, and the answer that is to come; it says 0 when it could not:
 * no memory, since nothing is sent before the flush. */
static int note_step(struct gale__pg_connection *c, int is_sent, struct gale__pg_step step)
{
    struct gale__pg_step *place = is_sent ? add_step(c) : NULL;

    if (place) {
        *place = step;
        return 0;
    }
    c->is_broken = true;
    return is_sent ? gale_err(-ENOMEM, "PostgreSQL: no memory for statements")
                   : gale__pg_fail_connection(c->handle, c->where, -ENOMEM);
}

static int send_preparation(struct gale__pg_connection *c, const char *sql, unsigned number,
                            unsigned replaced)
{
    char text[NAME_SIZE + 16];
    int r = 0;

    if (replaced) {
        snprintf(text, sizeof(text), "DEALLOCATE gale_%u", replaced);
        r = note_step(c, PQsendQueryParams(c->handle, text, 0, NULL, NULL, NULL, NULL, 0),
                      (struct gale__pg_step){ .kind = GALE__PG_FORGET });
    }
    snprintf(text, sizeof(text), "gale_%u", number);
    if (r >= 0)
        r = note_step(c, PQsendPrepare(c->handle, text, sql, 0, NULL),
                      (struct gale__pg_step){ .kind = GALE__PG_PREPARE, .number = number });
    return r;
}

/* One that is being prepared by the same batch goes unprepared: if it is wrong, both say why. */
static int send_execution(struct gale__pg_connection *c, struct gale__pg_job *job,
                          const struct gale__pg_params *p)
{
    struct gale__pg_step step = { .kind = GALE__PG_EXECUTE, .job = job };
    struct gale__pg_statement *statement = NULL;
    char name[NAME_SIZE];
    unsigned replaced;
    int r = 0;

    if (!job->is_unprepared)
        statement = gale__pg_find_statement(c, job->sql);
    if (statement && !statement->is_ready)
        statement = NULL;
    else if (!statement && !job->is_unprepared) {
        statement = gale__pg_add_statement(c, job->sql, &replaced);
        r = statement ? send_preparation(c, job->sql, statement->number, replaced) : 0;
    }
    if (r < 0)
        return r;
    if (!statement)
        return note_step(c,
                         PQsendQueryParams(c->handle, job->sql, p->n, NULL, p->values, p->lengths,
                                           p->formats, 0),
                         step);
    snprintf(name, sizeof(name), "gale_%u", statement->number);
    return note_step(
        c, PQsendQueryPrepared(c->handle, name, p->n, p->values, p->lengths, p->formats, 0), step);
}

static int send_sync(struct gale__pg_connection *c)
{
    return note_step(c, PQpipelineSync(c->handle), (struct gale__pg_step){ .kind = GALE__PG_SYNC });
}

static int send_script(struct gale__pg_connection *c, struct gale__pg_job *job)
{
    if (!PQexitPipelineMode(c->handle))
        return lost(c);
    return note_step(c, PQsendQuery(c->handle, job->sql),
                     (struct gale__pg_step){ .kind = GALE__PG_SCRIPT, .job = job });
}

/* The job's own failures, of its parameters, are its result. */
static int send_job(struct gale__pg_connection *c, struct gale__pg_job *job)
{
    struct gale__pg_params params;
    int r;

    if (job->is_script)
        return send_script(c, job);
    r = gale__pg_params_init(&params, job->params);
    if (r < 0) {
        gale__pg_job_fail(job, r);
        return 0;
    }
    r = send_execution(c, job, &params);
    gale__pg_params_deinit(&params);
    return r;
}

static void skip(struct gale__pg_job *job)
{
    gale__pg_job_fail(job, gale_err(GALE_ECANCELED, "not run, since one before it failed"));
}

/* libpq sends what there is at each sync: together it needs fewer packets. Of no meaning, and
 * refused, for Unix sockets. */
static void cork(const struct gale__pg_connection *c, int on)
{
    (void)setsockopt(PQsocket(c->handle), IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
}

static int send_all(struct gale__pg_connection *c, struct gale__pg_job *jobs, size_t n,
                    bool is_atomic)
{
    bool has_failed = false;
    int r = 0;

    c->n_steps = c->n_done = 0;
    for (size_t i = 0; r >= 0 && i < n; i++) {
        if (has_failed) {
            skip(&jobs[i]);
            continue;
        }
        r = send_job(c, &jobs[i]);
        has_failed = is_atomic && jobs[i].result < 0;
        if (r >= 0 && jobs[i].result >= 0 && !jobs[i].is_script && !is_atomic)
            r = send_sync(c);
    }
    return r >= 0 && is_atomic && c->n_steps && !jobs->is_script ? send_sync(c) : r;
}

/* --- answers ------------------------------------------------------------------------- */

/* Until libpq has the next answer, or knows that there will be none. */
static int wait_for_answer(struct gale__pg_connection *c)
{
    int events, r;

    for (;;) {
        events = PQflush(c->handle) == 1 ? GALE_READ | GALE_WRITE : GALE_READ;
        if (!PQisBusy(c->handle) || PQstatus(c->handle) != CONNECTION_OK)
            return 0;
        r = gale_wait_fd(PQsocket(c->handle), events, c->deadline);
        if (r < 0)
            return r;
        if ((r & ~GALE_WRITE) && !PQconsumeInput(c->handle))
            return 0; /* which the answer tells */
    }
}

static int64_t affected_by(PGresult *res)
{
    return strtoll(PQcmdTuples(res), NULL, 10);
}

static int keep_row(struct gale__pg_job *job, json_t *row)
{
    if (job->most_rows >= 0 && job->n_rows > job->most_rows)
        return gale_err(GALE_ETOOBIG, "PostgreSQL: more than %lld rows", (long long)job->most_rows);
    return json_array_append(job->rows, row) < 0
               ? gale_err(-ENOMEM, "PostgreSQL: no memory for rows")
               : 0;
}

static int take_row(struct gale__pg_connection *c, struct gale__pg_job *job, const PGresult *res,
                    int i)
{
    json_t *row = NULL;
    int r;

    if (!job->on_row && !job->rows)
        return 0;
    r = gale__pg_row(res, i, &row);
    if (r < 0)
        return r;
    r = job->on_row ? job->on_row(job, row) : keep_row(job, row);
    json_decref(row);
    if (job->on_row)
        c->deadline = gale__pg_deadline(c->config);
    return r;
}

static void take_rows(struct gale__pg_connection *c, struct gale__pg_job *job, const PGresult *res)
{
    for (int i = 0; i < PQntuples(res) && !job->is_stopped; i++) {
        int r;

        job->n_rows++;
        r = take_row(c, job, res, i);
        if (r < 0)
            gale__pg_job_fail(job, r);
        job->result = r ? r : gale__db_count(job->n_rows);
        job->is_stopped = r != 0;
    }
}

/* A refusal. The first of a job counts. */
static int take_failure(struct gale__pg_connection *c, const struct gale__pg_step *step,
                        const PGresult *res)
{
    struct gale__pg_job *job = step->job;
    const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);

    if (step->kind == GALE__PG_PREPARE)
        gale__pg_statement_prepared(c, step->number, false);
    if (job && !job->is_stopped) {
        gale__pg_job_fail(job, gale__pg_fail(c, res, job->sql));
        c->has_said_why = job->result == GALE_EEOF;
        job->is_stale = state && (!strcmp(state, "0A000") || !strcmp(state, "26000"));
        if (job->is_stale)
            gale__pg_forget_statement(c, job->sql);
    }
    return PQstatus(c->handle) == CONNECTION_OK ? 0 : lost(c);
}

static void take_success(struct gale__pg_connection *c, const struct gale__pg_step *step,
                         PGresult *res)
{
    if (step->kind == GALE__PG_PREPARE)
        gale__pg_statement_prepared(c, step->number, true);
    else if (step->job && !step->job->is_stopped)
        step->job->result = gale__db_count(affected_by(res));
}

static int take_answer(struct gale__pg_connection *c, const struct gale__pg_step *step,
                       PGresult *res)
{
    struct gale__pg_job *job = step->job;

    switch (PQresultStatus(res)) {
    case PGRES_SINGLE_TUPLE:
    case PGRES_TUPLES_OK:
        if (job)
            take_rows(c, job, res);
        return job && job->is_stopped && job->leaves_early ? 1 : 0;
    case PGRES_COMMAND_OK:
        take_success(c, step, res);
        return 0;
    case PGRES_PIPELINE_SYNC:
        return 0;
    case PGRES_PIPELINE_ABORTED:
        if (step->kind == GALE__PG_PREPARE)
            gale__pg_statement_prepared(c, step->number, false);
        if (job && !job->is_stopped)
            skip(job);
        return 0;
    case PGRES_EMPTY_QUERY:
        if (job && !job->is_script)
            gale__pg_job_fail(
                job, gale_err(GALE_EINVAL, "PostgreSQL: no statement in '%.60s'", job->sql));
        return 0;
    case PGRES_FATAL_ERROR:
        return take_failure(c, step, res);
    default: /* COPY, and what a server should not say */
        c->is_broken = true;
        return gale_err(GALE_EINVAL, "PostgreSQL (%s): an answer of a kind not taken here: %s",
                        c->where, PQresStatus(PQresultStatus(res)));
    }
}

/* A failure to prepare is the failure of the execution behind it, which the server skips. */
static struct gale__pg_job *job_of(struct gale__pg_connection *c)
{
    size_t i = c->n_done;

    while (i + 1 < c->n_steps && c->steps[i].kind < GALE__PG_EXECUTE)
        i++;
    return c->steps[i].job;
}

/* The answers of one step; NULL is behind the last of them, but for those of a sync. */
static int read_step(struct gale__pg_connection *c)
{
    struct gale__pg_step step = c->steps[c->n_done];
    bool is_sync = step.kind == GALE__PG_SYNC, is_over = false;
    int r = 0;

    if (step.kind < GALE__PG_EXECUTE)
        step.job = job_of(c);
    else if (!is_sync)
        PQsetSingleRowMode(c->handle);
    while (r == 0 && !is_over) {
        PGresult *res;

        r = wait_for_answer(c);
        if (r < 0)
            return r;
        res = PQgetResult(c->handle);
        is_over = !res || is_sync;
        r = res ? take_answer(c, &step, res) : 0;
        PQclear(res);
    }
    if (r == 0 && (c->is_broken || PQstatus(c->handle) != CONNECTION_OK))
        return lost(c);
    return r;
}

/* Behind a sync, or a script, what came before it stays done whatever becomes of the connection. */
static void settle(struct gale__pg_connection *c)
{
    size_t i = c->n_done;

    do {
        if (c->steps[i].job)
            c->steps[i].job->is_done = true;
    } while (i-- > 0 && c->steps[i].kind != GALE__PG_SYNC);
}

static int read_all(struct gale__pg_connection *c)
{
    bool was_script = false;
    int r = 0;

    while (r == 0 && c->n_done < c->n_steps) {
        was_script = c->steps[c->n_done].kind == GALE__PG_SCRIPT;
        r = read_step(c);
        if (r != 0)
            break;
        if (was_script || c->steps[c->n_done].kind == GALE__PG_SYNC)
            settle(c);
        c->n_done++;
    }
    if (r == 0 && was_script && !PQenterPipelineMode(c->handle))
        return lost(c);
    return r;
}

int gale__pg_run(struct gale__pg_connection *c, struct gale__pg_job *jobs, size_t n, bool is_atomic)
{
    int r;

    if (n > 1)
        cork(c, 1);
    r = send_all(c, jobs, n, is_atomic);
    if (n > 1)
        cork(c, 0);
    if (r == 0)
        r = read_all(c);
    for (size_t i = c->n_done; i < c->n_steps; i++) /* their jobs are not there for long */
        c->steps[i].job = NULL;
    return r;
}

int gale__pg_drain(struct gale__pg_connection *c)
{
    return read_all(c);
}

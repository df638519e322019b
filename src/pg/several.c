/* several.c - results row by row, and batches of statements. See <gale/pg.h>. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include <gale/gen.h>

#include "base/alloc.h"
#include "db/rows.h"
#include "pg/handle.h"

/* --- row by row ---------------------------------------------------------------------- */

struct stream {
    gale_pg *db;
    int (*fn)(json_t *row, void *arg);
    void *arg;
};

static int give_row(struct gale__pg_job *job, json_t *row)
{
    struct stream *stream = job->arg;
    gale_pg *tx = stream->db->root ? stream->db : NULL;
    int r;

    if (tx)
        tx->is_streaming = true;
    r = stream->fn(row, stream->arg);
    if (tx)
        tx->is_streaming = false;
    return r;
}

int gale_pg_each(gale_pg *db, int (*fn)(json_t *row, void *arg), void *arg, const char *sql,
                 const char *format, ...)
{
    struct stream stream = { .db = db, .fn = fn, .arg = arg };
    struct gale__pg_job job = { .sql = sql, .on_row = give_row, .arg = &stream };
    json_t *params;
    va_list ap;
    int r;

    va_start(ap, format);
    r = gale__db_pack("PostgreSQL", &params, format, ap);
    va_end(ap);
    if (r < 0)
        return r;
    job.params = params;
    r = gale__pg_run_jobs(db, "gale_pg_each", &job, 1, false);
    json_decref(params);
    return r < 0 ? r : job.result;
}

/* --- batches ------------------------------------------------------------------------- */

static void begin_call(gale_pg *db, gale_pg_call *call, struct gale__pg_job *job)
{
    call->result = 0;
    call->error = NULL;
    call->rows = json_array();
    *job = (struct gale__pg_job){
        .sql = call->sql,
        .params = call->params,
        .rows = call->rows,
        .most_rows = gale__pg_most_rows(db),
        .text = gale_scope_alloc(GALE__ERROR_TEXT),
    };
    if (job->text)
        *job->text = 0;
}

static void end_call(gale_pg_call *call, const struct gale__pg_job *job)
{
    json_decref(call->params);
    call->params = NULL;
    call->result = job->result;
    if (call->result >= 0)
        return;
    call->error = job->text && *job->text ? job->text : gale_errname(call->result);
    json_decref(call->rows);
    call->rows = NULL;
}

/* The first failure, with its text. */
static int end_calls(gale_pg_call *calls, const struct gale__pg_job *jobs, size_t n)
{
    int first = 0;

    for (size_t i = 0; i < n; i++) {
        end_call(&calls[i], &jobs[i]);
        if (first >= 0 && calls[i].result < 0)
            first = gale_err(calls[i].result, "%s", calls[i].error);
    }
    return first;
}

/* None was begun. */
static int refuse_calls(gale_pg_call *calls, size_t n)
{
    const struct gale__pg_job job = { .result = -ENOMEM };

    for (size_t i = 0; i < n; i++) {
        calls[i].rows = NULL;
        end_call(&calls[i], &job);
    }
    return gale_err(-ENOMEM, "PostgreSQL: no memory for a batch");
}

int gale_pg_batch(gale_pg *db, gale_pg_call *calls, size_t n, bool all)
{
    struct gale__pg_job *jobs = gale__calloc(n + 1, sizeof(*jobs));
    bool has_memory = true;
    int r;

    if (!jobs)
        return refuse_calls(calls, n);
    for (size_t i = 0; i < n; i++) {
        begin_call(db, &calls[i], &jobs[i]);
        has_memory = has_memory && calls[i].rows;
    }
    if (has_memory && n)
        gale__pg_run_jobs(db, "gale_pg_batch", jobs, n, all); /* the jobs have it */
    for (size_t i = 0; !has_memory && i < n; i++)
        gale__pg_job_fail(&jobs[i], gale_err(-ENOMEM, "PostgreSQL: no memory for a batch"));
    r = end_calls(calls, jobs, n);
    gale__free(jobs);
    return r;
}

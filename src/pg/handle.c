/* handle.c - handles, queries, batches and transactions. See <gale/pg.h>.
 *
 * A query takes a connection of the loop's pool, runs on it, and gives it back in whatever state it
 * is: the pool sees to the rest. A transaction keeps its connection; the coroutines that share one
 * take turns.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <gale/gen.h>

#include "base/alloc.h"
#include "db/rows.h"
#include "pg/handle.h"

enum { MOST_CONNECTIONS = 1000 };

/* --- the handle ---------------------------------------------------------------------- */

static void set_options(gale_pg_options *o, const gale_pg_options *options)
{
    if (options)
        *o = *options;
    o->max_connections = o->max_connections <= 0                 ? 10
                         : o->max_connections > MOST_CONNECTIONS ? MOST_CONNECTIONS
                                                                 : o->max_connections;
    o->connect_timeout = o->connect_timeout > 0 ? o->connect_timeout : 5;
    o->query_timeout = o->query_timeout == 0 ? 30 : o->query_timeout;
    o->idle_timeout = o->idle_timeout == 0 ? 300 : o->idle_timeout;
    o->max_rows = o->max_rows == 0 ? 10000 : o->max_rows;
    o->statements = o->statements == 0 ? 64 : o->statements;
}

gale_pg *gale_pg_new(const char *conninfo, const gale_pg_options *options)
{
    gale_pg *db = NULL;

    if (gale__pg_check_conninfo(conninfo) >= 0)
        db = gale__calloc(1, sizeof(*db));
    if (!db)
        return NULL;
    db->config.conninfo = gale__strndup(conninfo, strlen(conninfo));
    set_options(&db->config.options, options);
    if (db->config.conninfo &&
        gale__per_loops_init(&db->loops, &gale__pg_pool_kind, &db->config) >= 0)
        return db;
    gale__free(db->config.conninfo);
    gale__free(db);
    return NULL;
}

void gale_pg_free(gale_pg *db)
{
    if (!db || db->root)
        return;
    gale__per_loops_deinit(&db->loops);
    gale__free(db->config.conninfo);
    gale__free(db);
}

void gale_pg_get_stats(gale_pg *db, gale_pg_stats *out)
{
    struct gale__per_loop *part = gale__per_loop_find(db->root ? &db->root->loops : &db->loops,
                                                      gale_ioloop_current());

    *out = part ? ((struct gale__pg_pool *)(void *)part)->stats : (gale_pg_stats){ 0 };
}

/* --- running ------------------------------------------------------------------------- */

/* What broke the connection, or cut the wait short, is the failure of all that were not done. */
static int outcome(const struct gale__pg_pool *pool, struct gale__pg_job *jobs, size_t n, int r)
{
    bool is_closed = r < 0 && pool->part.is_closed;

    r = is_closed ? gale__pg_closed() : r;
    for (size_t i = 0; r < 0 && i < n; i++)
        if ((jobs[i].result >= 0 && !jobs[i].is_done) || (is_closed && jobs[i].result == GALE_EEOF))
            gale__pg_job_fail(&jobs[i], r);
    for (size_t i = 0; i < n; i++)
        if (jobs[i].result < 0)
            return jobs[i].result;
    return 0;
}

static void begin_again(struct gale__pg_job *job)
{
    job->is_stale = job->is_stopped = job->is_done = false;
    job->result = 0;
    job->n_rows = 0;
    if (job->rows)
        json_array_clear(job->rows);
}

static int run_once(struct gale__pg_connection *c, struct gale__pg_job *jobs, size_t n,
                    bool is_atomic)
{
    int r = gale__pg_run(c, jobs, n, is_atomic);

    return r == GALE_ETIMEDOUT ? gale_err(r, "PostgreSQL (%s): it took too long", c->where) : r;
}

/* A prepared statement whose tables have changed is prepared anew, once: it has not run. */
static int run_on(struct gale__pg_connection *c, struct gale__pg_job *jobs, size_t n,
                  bool is_atomic)
{
    int r = run_once(c, jobs, n, is_atomic);
    bool is_stale = false;

    if (r != 0 || PQtransactionStatus(c->handle) != PQTRANS_IDLE)
        return r;
    for (size_t i = 0; i < n && r == 0; i++) {
        if (!jobs[i].is_stale || jobs[i].n_rows)
            continue;
        is_stale = true;
        if (is_atomic)
            continue;
        begin_again(&jobs[i]);
        r = run_once(c, &jobs[i], 1, false);
    }
    if (!is_stale || !is_atomic)
        return r;
    for (size_t i = 0; i < n; i++)
        begin_again(&jobs[i]);
    return run_once(c, jobs, n, true);
}

/* A BEGIN of the user's own: what stands behind it will be rolled back. */
static int refuse_begin(struct gale__pg_job *jobs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        jobs[i].is_done = false;
    return gale_err(GALE_EINVAL, "PostgreSQL: transactions: gale_pg_transaction");
}

static int run_in_pool(struct gale__pg_pool *pool, struct gale__pg_job *jobs, size_t n,
                       bool is_atomic)
{
    struct gale__pg_connection *c;
    int r = gale__pg_take(pool, gale__pg_deadline(&pool->config), &c);

    if (r < 0)
        return outcome(pool, jobs, n, r);
    jobs->leaves_early = n == 1;
    r = run_on(c, jobs, n, is_atomic);
    if (r == 0 && PQtransactionStatus(c->handle) == PQTRANS_INTRANS)
        r = refuse_begin(jobs, n);
    r = outcome(pool, jobs, n, r);
    gale__pg_give_back(pool, c);
    return r;
}

/* With its turn. */
static int run_on_own(gale_pg *tx, struct gale__pg_job *jobs, size_t n, double deadline)
{
    struct gale__pg_connection *c = tx->connection;
    int r;

    if (!c)
        return gale_err(GALE_ESTATE, "the transaction is over");
    if (c->is_broken || gale__pg_has_rest(c))
        return gale_err(GALE_ESTATE, "the transaction was interrupted");
    c->deadline = deadline;
    tx->is_busy = true;
    r = run_on(c, jobs, n, true);
    tx->is_busy = false;
    if (!tx->connection) /* it ended meanwhile */
        gale__pg_give_back(tx->pool, c);
    return r;
}

static int run_in_transaction(gale_pg *tx, struct gale__pg_job *jobs, size_t n)
{
    struct gale__pg_pool *pool = tx->pool;
    double deadline = gale__pg_deadline(&pool->config);
    int r;

    if (tx->is_streaming)
        return outcome(pool, jobs, n,
                       gale_err(GALE_ESTATE, "the transaction gives rows to gale_pg_each"));
    r = gale_lock_acquire(&tx->turn, deadline);
    if (r < 0)
        return outcome(pool, jobs, n, r);
    r = outcome(pool, jobs, n, run_on_own(tx, jobs, n, deadline));
    gale_lock_release(&tx->turn);
    return r;
}

int gale__pg_run_jobs(gale_pg *db, const char *what, struct gale__pg_job *jobs, size_t n,
                      bool is_atomic)
{
    struct gale__pg_pool *pool;
    int r;

    if (db->root)
        return run_in_transaction(db, jobs, n);
    r = gale__pg_pool_get(&db->loops, what, &pool);
    for (size_t i = 0; r < 0 && i < n; i++)
        gale__pg_job_fail(&jobs[i], r);
    if (r < 0)
        return r;
    r = run_in_pool(pool, jobs, n, is_atomic);
    gale__per_loop_unref(&pool->part);
    return r;
}

/* --- queries ------------------------------------------------------------------------- */

int64_t gale__pg_most_rows(const gale_pg *db)
{
    return (db->root ? db->root : db)->config.options.max_rows;
}

int gale_pg_query_json(gale_pg *db, json_t **out, const char *sql, json_t *params)
{
    json_t *rows = json_array();
    struct gale__pg_job job = {
        .sql = sql, .params = params, .rows = rows, .most_rows = gale__pg_most_rows(db)
    };
    int r = rows ? gale__pg_run_jobs(db, "gale_pg_query", &job, 1, false)
                 : gale_err(-ENOMEM, "PostgreSQL: no memory for rows");

    json_decref(params);
    if (r >= 0)
        r = job.result;
    if (r >= 0 && out)
        *out = rows;
    else
        json_decref(rows);
    return r;
}

int gale_pg_query(gale_pg *db, json_t **rows, const char *sql, const char *format, ...)
{
    json_t *params;
    va_list ap;
    int r;

    va_start(ap, format);
    r = gale__db_pack("PostgreSQL", &params, format, ap);
    va_end(ap);
    return r < 0 ? r : gale_pg_query_json(db, rows, sql, params);
}

int gale_pg_get(gale_pg *db, json_t **row, const char *sql, const char *format, ...)
{
    json_t *params, *rows;
    va_list ap;
    int r;

    va_start(ap, format);
    r = gale__db_pack("PostgreSQL", &params, format, ap);
    va_end(ap);
    if (r >= 0)
        r = gale_pg_query_json(db, &rows, sql, params);
    return r < 0 ? r : gale__db_first(rows, row);
}

int gale_pg_exec(gale_pg *db, const char *sql)
{
    struct gale__pg_job job = { .sql = sql, .is_script = true };
    int r = gale__pg_run_jobs(db, "gale_pg_exec", &job, 1, false);

    return r < 0 ? r : 0;
}

json_t *gale_pg_blob(gale_str bytes)
{
    return gale__db_blob(bytes);
}

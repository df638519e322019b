/* transaction.c - transactions and savepoints. See <gale/pg.h>. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>

#include <gale/gen.h>

#include "pg/handle.h"

static int say(gale_pg *tx, const char *sql)
{
    struct gale__pg_job job = { .sql = sql, .is_unprepared = true };

    return gale__pg_run_jobs(tx, "gale_pg_transaction", &job, 1, true);
}

static bool has_failed(const gale_pg *tx)
{
    return PQtransactionStatus(tx->connection->handle) == PQTRANS_INERROR;
}

static int failed(void)
{
    return gale_err(GALE_ESTATE, "PostgreSQL: rolled back, since a statement in it failed");
}

static int savepoint(gale_pg *tx, int (*fn)(gale_pg *tx, void *arg), void *arg)
{
    char sql[40];
    int r, n = ++tx->depth;

    snprintf(sql, sizeof(sql), "SAVEPOINT gale%d", n);
    r = say(tx, sql);
    if (r >= 0) {
        r = fn(tx, arg);
        r = r >= 0 && tx->connection && has_failed(tx) ? failed() : r;
        if (r < 0) {
            snprintf(sql, sizeof(sql), "ROLLBACK TO gale%d", n);
            tx->is_broken |= say(tx, sql) < 0;
        }
        snprintf(sql, sizeof(sql), "RELEASE gale%d", n);
        tx->is_broken |= say(tx, sql) < 0;
        if (tx->is_broken && r >= 0)
            r = gale_err(GALE_ESTATE, "PostgreSQL: a savepoint could not be released");
    }
    tx->depth--;
    return r;
}

static int run(gale_pg *tx, int (*fn)(gale_pg *tx, void *arg), void *arg)
{
    int r = say(tx, "BEGIN"), ended;

    if (r < 0)
        return r;
    r = fn(tx, arg);
    if (r >= 0 && tx->is_broken)
        r = gale_err(GALE_ESTATE, "PostgreSQL: a savepoint of the transaction failed");
    else if (r >= 0 && has_failed(tx))
        r = failed();
    if (r < 0)
        return r;
    ended = say(tx, "COMMIT");
    return ended < 0 ? ended : r;
}

int gale_pg_transaction(gale_pg *db, int (*fn)(gale_pg *tx, void *arg), void *arg)
{
    struct gale__pg_connection *c;
    struct gale__pg_pool *pool;
    gale_pg *tx;
    int r;

    if (db->root)
        return savepoint(db, fn, arg);
    r = gale__pg_pool_get(&db->loops, "gale_pg_transaction", &pool);
    if (r < 0)
        return r;
    tx = gale_scope_alloc(sizeof(*tx));
    r = tx ? gale__pg_take(pool, gale__pg_deadline(&pool->config), &c)
           : gale_err(-ENOMEM, "no memory for a transaction");
    if (r >= 0) {
        *tx = (gale_pg){ .root = db, .pool = pool, .connection = c };
        r = run(tx, fn, arg);
        tx->connection = NULL;
        if (tx->is_busy) /* for a coroutine that fn left behind: it gives it back */
            gale__pg_shut(c);
        else
            gale__pg_give_back(pool, c); /* which rolls back what was not committed */
    }
    gale__per_loop_unref(&pool->part);
    return r;
}

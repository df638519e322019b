/* handle.c - handles, the connections of each loop, queries and transactions. See <gale/sqlite.h>.
 *
 * A query takes a connection, runs its job on a thread of the executor by a coroutine of its own,
 * and waits for that one: so a cancellation or a deadline reaches the waiting one, which stops the
 * job and only then, when nobody uses the caller's memory any more, returns. Lock order: the
 * transaction's, then a connection.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <gale/gen.h>

#include "base/alloc.h"
#include "db/per_loop.h"
#include "db/rows.h"
#include "sqlite/connection.h"

enum { MOST_READERS = 64 };

/* Of a loop. */
struct pool {
    struct gale__per_loop part;
    struct gale__sqlite_connection writer;
    gale_lock writing;
    bool is_open; /* the writer has made the file, so that others may read it */
    struct gale__sqlite_connection *readers;
    struct gale__sqlite_connection *free_readers[MOST_READERS];
    int n_readers, n_free;
    gale_semaphore reading;
    gale_sqlite_options options; /* with defaults; the handle may be freed before */
};

struct gale_sqlite {
    /* The handle itself. */
    struct gale__per_loops loops;
    char *path;
    gale_sqlite_options options; /* with defaults */
    /* A transaction of one, in the scope of its coroutine. */
    gale_sqlite *root; /* NULL: it is none */
    struct pool *pool;
    struct gale__sqlite_connection *connection; /* NULL: it is over */
    gale_lock turn;
    int depth;      /* of savepoints */
    bool is_broken; /* a savepoint could not be rolled back */
};

/* --- connections of a loop ----------------------------------------------------------- */

static int init_pool(struct gale__per_loop *part, void *owner)
{
    struct pool *pool = (struct pool *)(void *)part;
    const gale_sqlite *db = owner;
    int n = db->options.readers;

    pool->options = db->options;
    pool->writer.path = gale__strndup(db->path, strlen(db->path));
    pool->writer.options = &pool->options;
    pool->readers = gale__calloc((size_t)n + 1, sizeof(*pool->readers));
    if (!pool->writer.path || !pool->readers || gale_semaphore_init(&pool->reading, n) < 0) {
        gale__free((char *)pool->writer.path);
        gale__free(pool->readers);
        return gale_err(-ENOMEM, "no memory for connections to SQLite");
    }
    pool->n_readers = n;
    for (int i = 0; i < n; i++) {
        pool->readers[i].path = pool->writer.path;
        pool->readers[i].options = &pool->options;
        pool->readers[i].is_reader = true;
        pool->free_readers[pool->n_free++] = &pool->readers[i];
    }
    return 0;
}

/* Those in use are closed when they come back. */
static void close_pool(struct gale__per_loop *part)
{
    struct pool *pool = (struct pool *)(void *)part;

    for (int i = 0; i < pool->n_free; i++)
        gale__sqlite_close(pool->free_readers[i]);
    if (!pool->writing.is_locked)
        gale__sqlite_close(&pool->writer);
}

static void deinit_pool(struct gale__per_loop *part)
{
    struct pool *pool = (struct pool *)(void *)part;

    for (int i = 0; i < pool->n_readers; i++)
        gale__sqlite_close(&pool->readers[i]);
    gale__sqlite_close(&pool->writer);
    gale__free(pool->readers);
    gale__free((char *)pool->writer.path);
}

static const struct gale__per_loop_kind pool_kind = {
    .name = "gale_sqlite",
    .size = sizeof(struct pool),
    .init = init_pool,
    .close = close_pool,
    .deinit = deinit_pool,
};

static int take(struct pool *pool, bool reads, double deadline,
                struct gale__sqlite_connection **out)
{
    int r = reads ? gale_semaphore_acquire(&pool->reading, deadline)
                  : gale_lock_acquire(&pool->writing, deadline);

    if (r < 0)
        return r == GALE_ETIMEDOUT ? gale_err(r, "no connection to SQLite was free in time") : r;
    *out = reads ? pool->free_readers[--pool->n_free] : &pool->writer;
    return 0;
}

static void give_back(struct pool *pool, struct gale__sqlite_connection *connection)
{
    if (pool->part.is_closed)
        gale__sqlite_close(connection);
    if (connection->is_reader) {
        pool->free_readers[pool->n_free++] = connection;
        gale_semaphore_release(&pool->reading);
    } else {
        gale_lock_release(&pool->writing);
    }
}

/* --- jobs ---------------------------------------------------------------------------- */

struct run {
    struct gale__sqlite_job *job;
    int result;
    bool is_done;
};

static int run_in_executor(void *arg)
{
    struct run *run = arg;

    run->result = gale_ioloop_run_in_executor(gale_ioloop_current(), gale__sqlite_run, run->job);
    run->is_done = true;
    return run->result;
}

/* A job on a connection of one's own. What is done counts, even when the wait was cut short. */
static int run_job(struct gale__sqlite_job *job, double deadline)
{
    bool is_open = job->connection->db != NULL;
    struct run run = { .job = job };
    gale_future *future;
    int r;

    atomic_store(&job->connection->stop, false);
    future = gale_spawn_named("gale_sqlite_query", run_in_executor, &run);
    if (!future)
        return -ENOMEM;
    r = gale_wait_until(future, deadline);
    if (!run.is_done) {
        int ended;

        gale__sqlite_stop(job->connection, is_open);
        ended = gale_join(&future);
        (void)ended; /* as the wait did, but for what the job has done */
        if (run.is_done && run.result >= 0)
            return run.result;
        return r == GALE_ETIMEDOUT ? gale_err(r, "SQLite: the statement took too long") : r;
    }
    gale_future_free(&future);
    return r;
}

static double deadline_of(const struct pool *pool)
{
    double timeout = pool->options.query_timeout;

    return timeout < 0 ? GALE_FOREVER : gale_ioloop_time(gale_ioloop_current()) + timeout;
}

static int closed(void)
{
    return gale_err(GALE_ECLOSED, "the SQLite handle was freed");
}

static int run_taken(struct pool *pool, struct gale__sqlite_job *job, double deadline)
{
    int r = pool->part.is_closed ? closed() : run_job(job, deadline);

    give_back(pool, job->connection);
    return r;
}

/* The first use opens the connection that writes: it makes the file and its log. */
static int ensure_open(struct pool *pool, double deadline)
{
    struct gale__sqlite_job job = { .kind = GALE__SQLITE_OPEN };
    int r = take(pool, false, deadline, &job.connection);

    if (r < 0)
        return r;
    r = run_taken(pool, &job, deadline);
    if (r >= 0)
        pool->is_open = true;
    return r;
}

static int run_in_pool(struct pool *pool, struct gale__sqlite_job *job, bool reads, double deadline)
{
    int r = pool->is_open ? 0 : ensure_open(pool, deadline);

    if (r >= 0)
        r = take(pool, reads && pool->n_readers > 0, deadline, &job->connection);
    if (r < 0)
        return r;
    r = run_taken(pool, job, deadline);
    if (r < 0 || !job->must_write)
        return r;
    job->must_write = false;
    return run_in_pool(pool, job, false, deadline);
}

static int run_in_transaction(gale_sqlite *tx, struct gale__sqlite_job *job)
{
    double deadline = deadline_of(tx->pool);
    int r = gale_lock_acquire(&tx->turn, deadline);

    if (r < 0)
        return r;
    job->connection = tx->connection;
    job->in_transaction = true;
    if (!tx->connection)
        r = gale_err(GALE_ESTATE, "the transaction is over");
    else
        r = tx->pool->part.is_closed ? closed() : run_job(job, deadline);
    gale_lock_release(&tx->turn);
    return r;
}

/* Whether it is worth asking a connection that only reads: it tells when it cannot. */
static bool may_read_only(const char *sql)
{
    static const char *const words[] = { "SELECT", "WITH", "VALUES", "EXPLAIN" };

    sql += strspn(sql, " \t\r\n(");
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (!strncasecmp(sql, words[i], strlen(words[i])))
            return true;
    return false;
}

static int run(gale_sqlite *db, struct gale__sqlite_job *job)
{
    struct gale__per_loop *part;
    struct pool *pool;
    int r;

    if (db->root)
        return run_in_transaction(db, job);
    r = gale__per_loop_get(&db->loops, "gale_sqlite_query", &part);
    if (r < 0)
        return r;
    pool = (struct pool *)(void *)part;
    r = run_in_pool(pool, job, job->kind == GALE__SQLITE_STATEMENT && may_read_only(job->sql),
                    deadline_of(pool));
    gale__per_loop_unref(part);
    return r;
}

/* --- the handle ---------------------------------------------------------------------- */

static void set_options(gale_sqlite *db, const gale_sqlite_options *options)
{
    gale_sqlite_options *o = &db->options;
    bool is_private = !*db->path || strstr(db->path, ":memory:");

    if (options)
        *o = *options;
    o->busy_timeout = o->busy_timeout > 0 ? o->busy_timeout : 5;
    o->query_timeout = o->query_timeout == 0 ? 30 : o->query_timeout;
    o->max_rows = o->max_rows == 0 ? 10000 : o->max_rows;
    o->statements = o->statements > 0 ? o->statements : 64;
    o->readers = o->readers == 0 ? 4 : o->readers > MOST_READERS ? MOST_READERS : o->readers;
    if (o->readers < 0 || is_private) /* another connection would have a database of its own */
        o->readers = 0;
}

gale_sqlite *gale_sqlite_new(const char *path, const gale_sqlite_options *options)
{
    gale_sqlite *db = gale__calloc(1, sizeof(*db));

    if (db)
        db->path = gale__strndup(path, strlen(path));
    if (db && db->path && gale__per_loops_init(&db->loops, &pool_kind, db) >= 0) {
        set_options(db, options);
        return db;
    }
    if (db)
        gale__free(db->path);
    gale__free(db);
    return NULL;
}

void gale_sqlite_free(gale_sqlite *db)
{
    if (!db || db->root)
        return;
    gale__per_loops_deinit(&db->loops);
    gale__free(db->path);
    gale__free(db);
}

/* --- queries ------------------------------------------------------------------------- */

int gale_sqlite_query_json(gale_sqlite *db, json_t **rows, const char *sql, json_t *params)
{
    json_t *found = json_array();
    struct gale__sqlite_job job = {
        .kind = GALE__SQLITE_STATEMENT, .sql = sql, .params = params, .rows = found
    };
    int r = found ? run(db, &job) : gale_err(-ENOMEM, "SQLite: no memory for rows");

    json_decref(params);
    if (r >= 0 && rows)
        *rows = found;
    else
        json_decref(found);
    return r;
}

int gale_sqlite_query(gale_sqlite *db, json_t **rows, const char *sql, const char *format, ...)
{
    json_t *params;
    va_list ap;
    int r;

    va_start(ap, format);
    r = gale__db_pack("SQLite", &params, format, ap);
    va_end(ap);
    return r < 0 ? r : gale_sqlite_query_json(db, rows, sql, params);
}

int gale_sqlite_get(gale_sqlite *db, json_t **row, const char *sql, const char *format, ...)
{
    json_t *params, *rows;
    va_list ap;
    int r;

    va_start(ap, format);
    r = gale__db_pack("SQLite", &params, format, ap);
    va_end(ap);
    if (r >= 0)
        r = gale_sqlite_query_json(db, &rows, sql, params);
    return r < 0 ? r : gale__db_first(rows, row);
}

int gale_sqlite_exec(gale_sqlite *db, const char *sql)
{
    struct gale__sqlite_job job = { .kind = GALE__SQLITE_SCRIPT, .sql = sql };

    return run(db, &job);
}

/* --- transactions -------------------------------------------------------------------- */

static int say(gale_sqlite *tx, const char *sql)
{
    struct gale__sqlite_job job = { .kind = GALE__SQLITE_SCRIPT, .sql = sql };

    return run_in_transaction(tx, &job);
}

static int savepoint(gale_sqlite *tx, int (*fn)(gale_sqlite *tx, void *arg), void *arg)
{
    char sql[64];
    int r, n = ++tx->depth;

    snprintf(sql, sizeof(sql), "SAVEPOINT gale%d", n);
    r = say(tx, sql);
    if (r >= 0) {
        r = fn(tx, arg);
        snprintf(sql, sizeof(sql), r < 0 ? "ROLLBACK TO gale%d; RELEASE gale%d" : "RELEASE gale%d",
                 n, n);
        if (say(tx, sql) < 0) {
            tx->is_broken = true;
            r = r < 0 ? r : gale_err(GALE_ESTATE, "SQLite: a savepoint could not be released");
        }
    }
    tx->depth--;
    return r;
}

struct ending {
    struct pool *pool;
    struct gale__sqlite_connection *connection;
};

/* In a coroutine that nobody cancels, since the transaction's own may be. */
static int roll_back(void *arg)
{
    struct ending ending = *(struct ending *)arg;
    struct gale__sqlite_job job = { .connection = ending.connection,
                                    .kind = GALE__SQLITE_SCRIPT,
                                    .sql = "ROLLBACK",
                                    .in_transaction = true };

    if (run_job(&job, GALE_FOREVER) < 0)
        gale__sqlite_close(ending.connection); /* which rolls it back too */
    give_back(ending.pool, ending.connection);
    gale__per_loop_unref(&ending.pool->part);
    return 0;
}

/* The connection is given back, by then or later; the caller's reference goes with it. */
static void let_go(struct pool *pool, struct gale__sqlite_connection *connection)
{
    struct ending ending = { pool, connection };
    gale_future *future;

    if (connection->db && !sqlite3_get_autocommit(connection->db)) {
        future = gale_spawn_named("gale_sqlite_rollback", roll_back, &ending);
        if (future) {
            gale_detach(&future);
            return;
        }
        gale__sqlite_close(connection);
    }
    give_back(pool, connection);
    gale__per_loop_unref(&pool->part);
}

static int run_transaction(gale_sqlite *tx, int (*fn)(gale_sqlite *tx, void *arg), void *arg)
{
    int r = say(tx, "BEGIN IMMEDIATE"), ended;

    if (r < 0)
        return r;
    r = fn(tx, arg);
    if (r >= 0 && tx->is_broken)
        r = gale_err(GALE_ESTATE, "SQLite: a savepoint of the transaction failed");
    if (r < 0)
        return r;
    ended = say(tx, "COMMIT");
    return ended < 0 ? ended : r;
}

int gale_sqlite_transaction(gale_sqlite *db, int (*fn)(gale_sqlite *tx, void *arg), void *arg)
{
    struct gale__per_loop *part;
    gale_sqlite *tx;
    int r;

    if (db->root)
        return savepoint(db, fn, arg);
    r = gale__per_loop_get(&db->loops, "gale_sqlite_transaction", &part);
    if (r < 0)
        return r;
    tx = gale_scope_alloc(sizeof(*tx));
    if (tx)
        *tx = (gale_sqlite){ .root = db, .pool = (struct pool *)(void *)part };
    r = tx ? take(tx->pool, false, deadline_of(tx->pool), &tx->connection)
           : gale_err(-ENOMEM, "no memory for a transaction");
    if (r < 0) {
        gale__per_loop_unref(part);
        return r;
    }
    r = run_transaction(tx, fn, arg);
    struct gale__sqlite_connection *connection = tx->connection;

    tx->connection = NULL;
    let_go(tx->pool, connection);
    return r;
}

/* connection.c - opens a connection and runs statements on it, on an executor's thread. See
 * connection.h.
 *
 * What SQLite would sleep for, a lock of another process, is slept here, in short pieces that look
 * whether to stop.
 */
/* SPDX-License-Identifier: MIT */
#include "sqlite/connection.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "db/rows.h"

enum { STEPS_BETWEEN_LOOKS = 1000, LONGEST_NAP_MS = 20 };

/* --- failures ------------------------------------------------------------------------ */

static int code_of(int extended)
{
    if (extended == SQLITE_CONSTRAINT_UNIQUE || extended == SQLITE_CONSTRAINT_PRIMARYKEY ||
        extended == SQLITE_CONSTRAINT_ROWID)
        return -EEXIST;
    switch (extended & 0xff) {
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return GALE_ETIMEDOUT;
    case SQLITE_INTERRUPT:
        return GALE_ECANCELED;
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_READONLY:
        return -EROFS;
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
        return -EACCES;
    case SQLITE_TOOBIG:
        return GALE_ETOOBIG;
    case SQLITE_ERROR:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
        return GALE_EINVAL;
    default:
        return -EIO;
    }
}

int gale__sqlite_fail(sqlite3 *db, int code, const char *sql)
{
    int extended = db ? sqlite3_extended_errcode(db) : code;
    const char *text = db ? sqlite3_errmsg(db) : sqlite3_errstr(code);
    int offset = -1;

#if SQLITE_VERSION_NUMBER >= 3038000
    offset = db && sql ? sqlite3_error_offset(db) : -1;
#endif
    if (offset < 0 || (size_t)offset >= strlen(sql))
        return gale_err(code_of(extended), "SQLite: %s", text);
    return gale_err(code_of(extended), "SQLite: %s at %d: %.60s", text, offset, sql + offset);
}

/* --- opening ------------------------------------------------------------------------- */

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static int wants_to_stop(void *arg)
{
    struct gale__sqlite_connection *connection = arg;

    return atomic_load(&connection->stop);
}

/* Locked by somebody else: again (1) after a nap, or enough (0). */
static int on_busy(void *arg, int n)
{
    struct gale__sqlite_connection *connection = arg;
    int ms = n < LONGEST_NAP_MS ? n + 1 : LONGEST_NAP_MS;
    struct timespec nap = { .tv_nsec = ms * 1000000L };

    if (!n)
        connection->busy_since_ns = now_ns();
    if (wants_to_stop(arg) ||
        (double)(now_ns() - connection->busy_since_ns) > connection->options->busy_timeout * 1e9)
        return 0;
    nanosleep(&nap, NULL);
    return 1;
}

static int set_up(const struct gale__sqlite_connection *connection, sqlite3 *db)
{
    const gale_sqlite_options *o = connection->options;
    int r = SQLITE_OK;

    if (!connection->is_reader && o->wal != GALE_OFF && o->read_only != GALE_ON)
        r = sqlite3_exec(db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
    if (r == SQLITE_OK && o->foreign_keys != GALE_OFF)
        r = sqlite3_exec(db, "PRAGMA foreign_keys = ON", NULL, NULL, NULL);
    if (r == SQLITE_OK && connection->is_reader)
        r = sqlite3_exec(db, "PRAGMA query_only = ON", NULL, NULL, NULL);
    return r;
}

static int open_it(struct gale__sqlite_connection *connection)
{
    int flags = connection->options->read_only == GALE_ON
                    ? SQLITE_OPEN_READONLY
                    : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    sqlite3 *db = NULL;
    int code = sqlite3_open_v2(connection->path, &db, flags | SQLITE_OPEN_NOMUTEX, NULL), r;

    if (db)
        sqlite3_extended_result_codes(db, 1);
    if (code == SQLITE_OK) {
        sqlite3_busy_handler(db, on_busy, connection);
        sqlite3_progress_handler(db, STEPS_BETWEEN_LOOKS, wants_to_stop, connection);
        code = set_up(connection, db);
    }
    if (code == SQLITE_OK) {
        connection->db = db;
        return 0;
    }
    r = gale__sqlite_fail(db, code, NULL);
    r = gale_err(r, "%s: %s", connection->path, db ? sqlite3_errmsg(db) : sqlite3_errstr(code));
    sqlite3_close(db);
    return r;
}

static void forget(struct gale__sqlite_statement *statement)
{
    sqlite3_finalize(statement->handle);
    gale__free(statement->sql);
}

void gale__sqlite_close(struct gale__sqlite_connection *connection)
{
    for (int i = 0; i < connection->n_statements; i++)
        forget(&connection->statements[i]);
    gale__free(connection->statements);
    connection->statements = NULL;
    connection->n_statements = 0;
    sqlite3_close(connection->db);
    connection->db = NULL;
}

void gale__sqlite_stop(struct gale__sqlite_connection *connection, bool is_open)
{
    atomic_store(&connection->stop, true);
    if (is_open)
        sqlite3_interrupt(connection->db);
}

/* --- prepared statements ------------------------------------------------------------- */

static bool is_blank(const char *text)
{
    while (isspace((unsigned char)*text) || *text == ';')
        text++;
    return !*text || !strncmp(text, "--", 2) || !strncmp(text, "/*", 2);
}

static int prepare(struct gale__sqlite_connection *connection, const char *sql, sqlite3_stmt **out)
{
    const char *tail = "";
    int code = sqlite3_prepare_v3(connection->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, &tail);

    if (code != SQLITE_OK)
        return gale__sqlite_fail(connection->db, code, sql);
    if (*out && is_blank(tail))
        return 0;
    if (!*out)
        return gale_err(GALE_EINVAL, "SQLite: no statement in '%.60s'", sql);
    sqlite3_finalize(*out);
    return gale_err(GALE_EINVAL, "SQLite: one statement at a time: %.60s", tail);
}

/* A place for one more: that of the one not used for longest when they are as many as are kept. */
static struct gale__sqlite_statement *make_place(struct gale__sqlite_connection *connection)
{
    int most = connection->options->statements;
    struct gale__sqlite_statement *oldest;

    if (!connection->statements)
        connection->statements = gale__calloc((size_t)most, sizeof(struct gale__sqlite_statement));
    if (!connection->statements)
        return NULL;
    if (connection->n_statements < most)
        return &connection->statements[connection->n_statements++];
    oldest = &connection->statements[0];
    for (int i = 1; i < most; i++)
        if (connection->statements[i].used < oldest->used)
            oldest = &connection->statements[i];
    forget(oldest);
    return oldest;
}

static int find_statement(struct gale__sqlite_connection *connection, const char *sql,
                          sqlite3_stmt **out)
{
    struct gale__sqlite_statement *place;
    sqlite3_stmt *handle;
    char *copy;
    int r;

    for (int i = 0; i < connection->n_statements; i++)
        if (!strcmp(connection->statements[i].sql, sql)) {
            connection->statements[i].used = ++connection->n_uses;
            *out = connection->statements[i].handle;
            return 0;
        }
    r = prepare(connection, sql, &handle);
    if (r < 0)
        return r;
    copy = gale__strndup(sql, strlen(sql));
    place = copy ? make_place(connection) : NULL;
    if (!place) {
        gale__free(copy);
        sqlite3_finalize(handle);
        return gale_err(-ENOMEM, "SQLite: no memory for a statement");
    }
    *place = (struct gale__sqlite_statement){ copy, handle, ++connection->n_uses };
    *out = handle;
    return 0;
}

/* --- jobs ---------------------------------------------------------------------------- */

static int add_row(struct gale__sqlite_job *job, sqlite3_stmt *statement)
{
    int64_t most = job->connection->options->max_rows;
    json_t *row = NULL;
    int r;

    if (most >= 0 && (int64_t)json_array_size(job->rows) >= most)
        return gale_err(GALE_ETOOBIG, "SQLite: more than %lld rows", (long long)most);
    r = gale__sqlite_row(statement, &row);
    if (r >= 0 && json_array_append_new(job->rows, row) < 0)
        r = gale_err(-ENOMEM, "SQLite: no memory for rows");
    return r;
}

static int step(struct gale__sqlite_job *job, sqlite3_stmt *statement)
{
    int code, r = 0;

    while ((code = sqlite3_step(statement)) == SQLITE_ROW && r >= 0)
        if (job->rows)
            r = add_row(job, statement);
    if (r >= 0 && code != SQLITE_DONE)
        r = gale__sqlite_fail(job->connection->db, code, job->sql);
    return r;
}

static int run_statement(struct gale__sqlite_job *job)
{
    struct gale__sqlite_connection *connection = job->connection;
    sqlite3_stmt *statement;
    int r = find_statement(connection, job->sql, &statement);

    if (r < 0)
        return r;
    if (connection->is_reader && !sqlite3_stmt_readonly(statement)) {
        job->must_write = true;
        return 0;
    }
    r = gale__sqlite_bind(statement, job->params);
    if (r >= 0)
        r = step(job, statement);
    if (r >= 0)
        r = sqlite3_column_count(statement)    ? gale__db_count((int64_t)json_array_size(job->rows))
            : sqlite3_stmt_readonly(statement) ? 0
                                               : gale__db_count(sqlite3_changes64(connection->db));
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return r;
}

static int run_script(struct gale__sqlite_job *job)
{
    sqlite3 *db = job->connection->db;
    int code = sqlite3_exec(db, job->sql, NULL, NULL, NULL);

    return code == SQLITE_OK ? 0 : gale__sqlite_fail(db, code, job->sql);
}

/* A BEGIN of the user's own would keep its connection, which others use next. */
static int end_transaction(struct gale__sqlite_job *job, int r)
{
    sqlite3 *db = job->connection->db;

    if (job->in_transaction || sqlite3_get_autocommit(db))
        return r;
    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return r < 0 ? r : gale_err(GALE_EINVAL, "SQLite: transactions: gale_sqlite_transaction");
}

int gale__sqlite_run(void *arg)
{
    struct gale__sqlite_job *job = arg;
    struct gale__sqlite_connection *connection = job->connection;
    int r = 0;

    if (wants_to_stop(connection))
        return gale_err(GALE_ECANCELED, "SQLite: interrupted");
    if (!connection->db)
        r = open_it(connection);
    if (r < 0 || job->kind == GALE__SQLITE_OPEN)
        return r;
    r = job->kind == GALE__SQLITE_SCRIPT ? run_script(job) : run_statement(job);
    return end_transaction(job, r);
}

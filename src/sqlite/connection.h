/* connection.h - one connection to SQLite, used by one thread at a time.
 *
 * Jobs run on threads of the executor; the loop's thread may stop the one that runs.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_SQLITE_CONNECTION_H
#define GALE_SQLITE_CONNECTION_H

#include <stdatomic.h>
#include <sqlite3.h>

#include <gale/json.h>
#include <gale/sqlite.h>

struct gale__sqlite_statement {
    char *sql;
    sqlite3_stmt *handle;
    unsigned long used; /* the higher the later */
};

struct gale__sqlite_connection {
    const char *path;                   /* the handle's copy */
    const gale_sqlite_options *options; /* with defaults */
    bool is_reader;
    sqlite3 *db; /* NULL: not open yet */
    struct gale__sqlite_statement *statements;
    int n_statements;
    unsigned long n_uses;
    int64_t busy_since_ns;
    atomic_bool stop;
};

enum gale__sqlite_kind {
    GALE__SQLITE_OPEN, /* opens the connection alone */
    GALE__SQLITE_STATEMENT,
    GALE__SQLITE_SCRIPT,
};

struct gale__sqlite_job {
    struct gale__sqlite_connection *connection;
    enum gale__sqlite_kind kind;
    bool in_transaction; /* the connection is one's own */
    bool must_write;     /* result: nothing was done, since a reader cannot do it */
    const char *sql;
    const json_t *params; /* NULL: none */
    json_t *rows;         /* NULL: not wanted; else an array that is filled */
};

/* On an executor's thread: opens the connection if that is not done, and does the job. Rows or
 * changes, or a failure as of gale_sqlite_query(). arg is a struct gale__sqlite_job. */
int gale__sqlite_run(void *arg);
/* From the loop's thread, while a job may run: it fails soon. */
void gale__sqlite_stop(struct gale__sqlite_connection *connection, bool is_open);
void gale__sqlite_close(struct gale__sqlite_connection *connection);

/* values.c: parameters of a statement; the present row as an object. */
int gale__sqlite_bind(sqlite3_stmt *statement, const json_t *params);
int gale__sqlite_row(sqlite3_stmt *statement, json_t **row);

/* A failure of SQLite by its code, with the connection's text and position. */
int gale__sqlite_fail(sqlite3 *db, int code, const char *sql);

#endif

/* sqlite.h - SQLite for coroutines: statements run on threads of the loop's executor.
 *
 * An optional part, there when SQLite is: link libgale-sqlite (pkg-config gale-sqlite).
 *
 * A handle keeps connections for each loop (thread, worker process) that uses it, made at the first
 * use there: one that writes, and some that only read beside it. Nothing blocks the loop. When its
 * coroutine is cancelled or a deadline passes, a statement is interrupted.
 *
 * Rows are a JSON array of objects, by the names of the columns (of two with one name the last
 * counts). An INTEGER is an integer (true or false in a column declared BOOLEAN), a REAL a real,
 * TEXT a string, which must be UTF-8, a BLOB a string in base64. Parameters are a JSON array for ?
 * and for $1, $2 and so on, or an object for :name; true and false become 1 and 0,
 * {"base64": "…"} a BLOB, other arrays and objects their JSON text.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_SQLITE_H
#define GALE_SQLITE_H

#include <gale/base.h>
#include <gale/error.h>

GALE_BEGIN_DECLS

struct json_t;

typedef struct gale_sqlite gale_sqlite;

/* Zero is the default for each. */
typedef struct gale_sqlite_options {
    double busy_timeout; /* seconds to wait for locks of other processes; default 5 */
    double
        query_timeout; /* of a statement with the wait for its turn; default 30; GALE_UNLIMITED */
    int readers;       /* connections that only read, for each loop; default 4; -1: none */
    int wal;           /* GALE_OFF: no write-ahead log: readers and the writer exclude each other */
    int foreign_keys;  /* GALE_OFF: not enforced */
    int read_only;     /* GALE_ON: the file must be there, and is not changed */
    int64_t max_rows;  /* of a statement; default 10000; GALE_UNLIMITED */
    int statements;    /* prepared ones kept by each connection; default 64 */
} gale_sqlite_options;

/* A handle for the database in a file, which is opened, and made, at the first use; ":memory:" is
 * one of its own for each loop. options may be NULL. For all threads. NULL: no memory. */
GALE_API GALE_MUST_USE gale_sqlite *gale_sqlite_new(const char *path,
                                                    const gale_sqlite_options *options);
/* Calls that wait on this thread give GALE_ECLOSED. When no other thread uses it any more, also
 * after its loops were freed. NULL is allowed. */
GALE_API void gale_sqlite_free(gale_sqlite *db);

/* Waits. Runs one statement. Its rows, the caller's reference, in *rows (NULL: not wanted); gives
 * how many they are, or for a statement without rows how many it changed. format and what follows
 * are the parameters as json_pack() of jansson takes them, "[s, I]"; NULL: none. What reads runs
 * beside others, what writes one after the other. Failures have SQLite's text, and the rest of the
 * statement from where it is wrong: GALE_EINVAL for a statement or parameters that cannot be, or
 * that a constraint refuses; -EEXIST for a value that is there already in a unique column;
 * GALE_ETOOBIG for more than max_rows; GALE_ETIMEDOUT, also for a lock; GALE_ECANCELED, -ENOSPC,
 * -EROFS, -EACCES, -ENOMEM, -EIO for others. A statement that was interrupted has changed nothing.
 */
GALE_API GALE_MUST_USE int gale_sqlite_query(gale_sqlite *db, struct json_t **rows, const char *sql,
                                             const char *format, ...);
/* Waits. The same with parameters that it takes over; NULL: none. */
GALE_API GALE_MUST_USE int gale_sqlite_query_json(gale_sqlite *db, struct json_t **rows,
                                                  const char *sql, struct json_t *params);
/* Waits. The first row alone, the caller's reference; GALE_ENOTFOUND without one. */
GALE_API GALE_MUST_USE int gale_sqlite_get(gale_sqlite *db, struct json_t **row, const char *sql,
                                           const char *format, ...);
/* Waits. Several statements without parameters, such as a schema, on the connection that writes;
 * what stood before one that failed is done. */
GALE_API GALE_MUST_USE int gale_sqlite_exec(gale_sqlite *db, const char *sql);

/* Waits. Calls fn, in this coroutine, with a handle for the calls above that is a transaction:
 * committed when fn gives 0 or more, else rolled back; gives what fn gave. It holds the connection
 * that writes: inside, what goes through db and writes waits for itself, until query_timeout. A
 * transaction of a transaction is a savepoint. The handle is GALE_ESTATE afterwards. */
GALE_API GALE_MUST_USE int gale_sqlite_transaction(gale_sqlite *db,
                                                   int (*fn)(gale_sqlite *tx, void *arg),
                                                   void *arg);

/* A new reference to a parameter that is a BLOB: {"base64": "…"}. NULL: no memory. */
GALE_API GALE_MUST_USE struct json_t *gale_sqlite_blob(gale_str bytes);

GALE_END_DECLS

#endif

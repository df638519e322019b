/* pg.h - PostgreSQL for coroutines: a pool of connections on the loop, by asynchronous libpq.
 *
 * An optional part, there when libpq is: link libgale-pg (pkg-config gale-pg).
 *
 * A handle keeps a pool for each loop (thread, worker process) that uses it. Connections are made
 * when they are needed, handed out first come, first served, closed when they were idle for long,
 * and replaced when they are found dead. Nothing blocks the loop: names are resolved by the loop's
 * resolver, and the rest waits for its socket (a login by password computes for some milliseconds).
 * When its coroutine is cancelled or a deadline passes, a statement is cancelled on the server, in
 * the background.
 *
 * Rows are a JSON array of objects, by the names of the columns (of two with one name the last
 * counts). Integers are integers, float4 and float8 reals, boolean true or false, json and jsonb
 * what they are, bytea a string in base64; all else is PostgreSQL's text, numeric and times among
 * it. Parameters are a JSON array for $1, $2 and so on, whose types the server infers ("$1::int"
 * tells it where it cannot); {"base64": "…"} is bytea, other arrays and objects their JSON text.
 * Statements of one database as gale/sqlite.h runs them run here nearly as they are.
 *
 * The text of a failure has the SQLSTATE and the host, never a password; the code is: -EEXIST for a
 * value that is there already in a unique column (23505); GALE_EINVAL for other constraints and
 * for statements and parameters that cannot be; -EAGAIN for a transaction to be tried again
 * (serialization, deadlock); -EACCES, -EROFS, -ENOSPC, -ENOMEM, -EIO; GALE_ETIMEDOUT, also for a
 * lock; GALE_ECANCELED; -ECONNREFUSED: no connection could be made; GALE_EEOF: it broke, and the
 * statement may or may not have been done.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PG_H
#define GALE_PG_H

#include <gale/base.h>
#include <gale/error.h>

GALE_BEGIN_DECLS

struct json_t;

typedef struct gale_pg gale_pg;

/* Zero is the default for each. Times are seconds. */
typedef struct gale_pg_options {
    int max_connections;    /* for each loop; default 10 */
    double connect_timeout; /* names, TCP, TLS and login; default 5 */
    double query_timeout;   /* of a statement, with the wait for a connection; default 30;
                               GALE_UNLIMITED */
    double idle_timeout;    /* an idle connection is closed; default 300; GALE_UNLIMITED */
    int64_t max_rows;       /* of a statement; default 10000; GALE_UNLIMITED */
    int statements;         /* prepared ones kept by each connection; default 64; -1: none, for
                               poolers that change servers between transactions */
} gale_pg_options;

/* A handle for the database that conninfo names as libpq takes it: "host=… dbname=…" or
 * "postgresql://…", with the PG… variables of the environment for what is missing (service= is
 * refused: PGSERVICE). Nothing is connected before the first use. options may be NULL. For all
 * threads. NULL: no memory, or GALE_EINVAL for a conninfo that cannot be read. */
GALE_API GALE_MUST_USE gale_pg *gale_pg_new(const char *conninfo, const gale_pg_options *options);
/* Calls that wait on this thread give GALE_ECLOSED. When no other thread uses it any more, also
 * after its loops were freed. NULL is allowed. */
GALE_API void gale_pg_free(gale_pg *db);

/* Waits. Runs one statement. Its rows, the caller's reference, in *rows (NULL: not wanted); gives
 * how many they are, or for a statement without rows how many it changed. format and what follows
 * are the parameters as json_pack() of jansson takes them, "[s, I]"; NULL: none. GALE_ETOOBIG for
 * more than max_rows. BEGIN and COPY are refused (GALE_EINVAL). */
GALE_API GALE_MUST_USE int gale_pg_query(gale_pg *db, struct json_t **rows, const char *sql,
                                         const char *format, ...);
/* Waits. The same with parameters that it takes over; NULL: none. */
GALE_API GALE_MUST_USE int gale_pg_query_json(gale_pg *db, struct json_t **rows, const char *sql,
                                              struct json_t *params);
/* Waits. The first row alone, the caller's reference; GALE_ENOTFOUND without one. */
GALE_API GALE_MUST_USE int gale_pg_get(gale_pg *db, struct json_t **row, const char *sql,
                                       const char *format, ...);
/* Waits. Several statements without parameters, such as a schema: all of them or, when one fails,
 * none. */
GALE_API GALE_MUST_USE int gale_pg_exec(gale_pg *db, const char *sql);

/* Waits. Calls fn, in this coroutine, with each row (borrowed) of a statement as it comes, so that
 * a result of any size takes the memory of one row: max_rows does not count, and while fn waits the
 * server does too. query_timeout is for each row. fn gives 0 to go on; anything else ends it and is
 * what this gives. Else it gives the number of rows. In fn the transaction whose rows these are is
 * GALE_ESTATE. */
GALE_API GALE_MUST_USE int gale_pg_each(gale_pg *db, int (*fn)(struct json_t *row, void *arg),
                                        void *arg, const char *sql, const char *format, ...);

/* One statement of several that go out together. */
typedef struct gale_pg_call {
    const char *sql;
    struct json_t *params; /* taken over and set to NULL; NULL: none */
    /* The outcome: */
    int result;          /* as that of gale_pg_query() */
    struct json_t *rows; /* the caller's reference, also when another one failed; NULL: it failed */
    const char *error;   /* the failure's text, of the scope */
} gale_pg_call;

/* Waits. Runs n statements in one round trip, in order. Each counts for itself: one that fails does
 * not touch the others. In a transaction, and when all is true, they count together: those after
 * one that failed are not run (GALE_ECANCELED), and without a transaction those before it are
 * undone. 0, or the first failure; when the connection breaks, it is that of all that were not done
 * by then. */
GALE_API GALE_MUST_USE int gale_pg_batch(gale_pg *db, gale_pg_call *calls, size_t n, bool all);

/* Waits. Calls fn, in this coroutine, with a handle for the calls above that is a transaction on a
 * connection of its own: committed when fn gives 0 or more, else rolled back; gives what fn gave.
 * As PostgreSQL has it, a statement that failed fails the transaction: GALE_ESTATE when fn goes on
 * as if it had not. A transaction of a transaction is a savepoint, and can be survived. Isolation:
 * "SET TRANSACTION …" first. The handle is GALE_ESTATE afterwards. */
GALE_API GALE_MUST_USE int gale_pg_transaction(gale_pg *db, int (*fn)(gale_pg *tx, void *arg),
                                               void *arg);

/* A new reference to a parameter that is bytea: {"base64": "…"}. NULL: no memory. */
GALE_API GALE_MUST_USE struct json_t *gale_pg_blob(gale_str bytes);

/* The five characters of the SQLSTATE in a failure's text (gale_strerror(r), a call's error), a
 * part of it; empty when the failure was not the server's. */
GALE_API gale_str gale_pg_sqlstate(const char *text);

/* Live figures of the current loop's pool. */
typedef struct gale_pg_stats {
    int connections; /* open */
    int idle;        /* of these: not in use */
    int waiting;     /* coroutines that wait for one */
} gale_pg_stats;
GALE_API void gale_pg_get_stats(gale_pg *db, gale_pg_stats *out);

/* --- LISTEN and NOTIFY: "SELECT pg_notify($1, $2)" sends --- */

typedef struct gale_pg_listener gale_pg_listener;

/* A notification; valid until the next call. */
typedef struct gale_pg_notification {
    gale_str channel, payload;
    int pid; /* of the server's process that sent it */
} gale_pg_notification;

/* Listens to channels (NULL ends the list; copied) on a connection of its own, beside the pool's,
 * for one coroutine of this loop, whose it is to free. NULL: no memory, or called outside of a
 * coroutine. */
GALE_API GALE_MUST_USE gale_pg_listener *gale_pg_listen(gale_pg *db, const char *const *channels);
/* Waits. The next notification: 1. Or 0: it listens as of now, for the first time or again after
 * the connection broke; what was sent before then has passed by. Tries for as long as it takes,
 * with a pause that doubles from 50 ms up to 5 seconds and a line in the log each time.
 * GALE_ETIMEDOUT when the clock reaches deadline, GALE_ECANCELED, GALE_ECLOSED when the handle was
 * freed, GALE_EINVAL when the server refuses to listen. */
GALE_API GALE_MUST_USE int gale_pg_listener_next(gale_pg_listener *listener,
                                                 gale_pg_notification *out, double deadline);
/* Not while another coroutine waits for it. NULL is allowed. */
GALE_API void gale_pg_listener_free(gale_pg_listener *listener);

GALE_END_DECLS

#endif

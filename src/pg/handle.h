/* handle.h - what a handle is: a database, or a transaction of one. */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PG_HANDLE_H
#define GALE_PG_HANDLE_H

#include "pg/pool.h"

struct gale_pg {
    /* The handle itself. */
    struct gale__per_loops loops;
    struct gale__pg_config config;
    /* A transaction of one, in the scope of its coroutine. */
    gale_pg *root; /* NULL: it is none */
    struct gale__pg_pool *pool;
    struct gale__pg_connection *connection; /* NULL: it is over */
    gale_lock turn;
    int depth;         /* of savepoints */
    bool is_broken;    /* a savepoint could not be rolled back */
    bool is_busy;      /* with a statement */
    bool is_streaming; /* gale_pg_each() is under way */
};

/* Waits. 0 or the first failure; each job has its own. what: the function that was called. */
int gale__pg_run_jobs(gale_pg *db, const char *what, struct gale__pg_job *jobs, size_t n,
                      bool is_atomic);

/* max_rows of a database, or of a transaction's. */
int64_t gale__pg_most_rows(const gale_pg *db);

#endif

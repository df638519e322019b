/* connection.h - a connection to PostgreSQL: made, used by one coroutine at a time, cleaned.
 *
 * libpq speaks the protocol, in pipeline mode all the time: one statement is a batch of one, which
 * prepares it at its first use and runs it in one round trip. What was sent is a list of steps
 * whose answers come in that order. A use that was cut short leaves steps behind, with nobody who
 * wants their answers: then the connection is cancelled on the server and the rest read, or closed.
 */
/* SPDX-License-Identifier: MIT */
#ifndef GALE_PG_CONNECTION_H
#define GALE_PG_CONNECTION_H

#include <libpq-fe.h>

#include <gale/json.h>
#include <gale/locks.h>
#include <gale/pg.h>

#include "base/context.h"

/* What a handle was made with; each loop's part has a copy. */
struct gale__pg_config {
    char *conninfo;
    gale_pg_options options; /* with defaults */
};

/* A statement and its outcome. */
struct gale__pg_job {
    const char *sql;
    json_t *params;    /* borrowed */
    json_t *rows;      /* they are appended to it; NULL: they are dropped */
    int64_t most_rows; /* < 0: any number */
    /* Instead: takes a row, borrowed; a value other than 0 ends the job with that. The deadline
     * begins anew behind each. */
    int (*on_row)(struct gale__pg_job *job, json_t *row);
    void *arg;
    char *text;         /* GALE__ERROR_TEXT bytes for that of a failure; NULL: not wanted */
    bool is_script;     /* several statements, by the simple protocol */
    bool is_unprepared; /* not worth keeping */
    bool leaves_early;  /* an end before the last row leaves the rest unread */
    int result;         /* the failure, what on_row gave, or how many rows */
    bool is_stopped;    /* has its result, whatever comes */
    bool is_done;       /* the server has said that it counts */
    bool is_stale;      /* the prepared statement does not fit the tables any more */
    int64_t n_rows;
};

struct gale__pg_step {
    enum {
        GALE__PG_FORGET,
        GALE__PG_PREPARE,
        GALE__PG_EXECUTE,
        GALE__PG_SYNC,
        GALE__PG_SCRIPT,
    } kind;
    unsigned number;          /* of the statement that is prepared */
    struct gale__pg_job *job; /* NULL: nobody asks any more */
};

/* A prepared statement, "gale_NUMBER" on the server. */
struct gale__pg_statement {
    char *sql;
    unsigned number;
    bool is_ready; /* the server has said so */
    uint64_t used;
};

struct gale__pg_connection {
    PGconn *handle;
    PGcancel *cancel;
    const struct gale__pg_config *config;
    struct gale__pg_connection *next;      /* of all of the loop */
    struct gale__pg_connection *next_idle; /* used longer ago */
    double idle_since;
    double deadline; /* of what is under way */
    bool is_idle;
    bool is_broken;    /* of no use any more */
    bool has_said_why; /* the server, in the stored text of GALE_EEOF */
    struct gale__pg_step *steps;
    size_t n_steps, n_done, steps_room;
    struct gale__pg_statement *statements;
    int n_statements;
    uint64_t n_uses;
    unsigned last_number;
    char where[80]; /* host:port */
};

/* --- connect.c ------------------------------------------------------------------------ */

/* GALE_EINVAL for a conninfo that is none. */
int gale__pg_check_conninfo(const char *conninfo);
/* Waits, at most until the deadline and connect_timeout. */
int gale__pg_connect(const struct gale__pg_config *config, double deadline,
                     struct gale__pg_connection **out);
void gale__pg_close(struct gale__pg_connection *c);

/* --- connection.c --------------------------------------------------------------------- */

/* When a statement that begins now is to have ended. */
double gale__pg_deadline(const struct gale__pg_config *config);
/* Its failure, with the stored text. */
void gale__pg_job_fail(struct gale__pg_job *job, int code);
/* Whether an idle one still has its server. */
bool gale__pg_is_alive(struct gale__pg_connection *c);
/* Waits. All jobs, in one round trip, as one transaction (or a part of one) or each for itself. 0
 * when all have their results; 1: one left early; or the failure of all that have none. But for 0,
 * steps may be left. */
int gale__pg_run(struct gale__pg_connection *c, struct gale__pg_job *jobs, size_t n,
                 bool is_atomic);
/* Waits. Reads what was left. */
int gale__pg_drain(struct gale__pg_connection *c);
static inline bool gale__pg_has_rest(const struct gale__pg_connection *c)
{
    return c->n_done < c->n_steps;
}

/* --- statements.c --------------------------------------------------------------------- */

/* The prepared one of a text, or NULL. */
struct gale__pg_statement *gale__pg_find_statement(struct gale__pg_connection *c, const char *sql);
/* A new one, not prepared yet; the one that it replaces, if any, has its number in *replaced. NULL:
 * none are kept, all are being prepared, or no memory. */
struct gale__pg_statement *gale__pg_add_statement(struct gale__pg_connection *c, const char *sql,
                                                  unsigned *replaced);
void gale__pg_statement_prepared(struct gale__pg_connection *c, unsigned number, bool is_ready);
void gale__pg_forget_statement(struct gale__pg_connection *c, const char *sql);
void gale__pg_forget_statements(struct gale__pg_connection *c);

/* --- values.c ------------------------------------------------------------------------- */

struct gale__pg_params {
    int n;
    const char **values; /* one block with the rest */
    int *lengths, *formats;
    char **owned;
};
int gale__pg_params_init(struct gale__pg_params *p, const json_t *params);
void gale__pg_params_deinit(struct gale__pg_params *p);
/* A row as an object. */
int gale__pg_row(const PGresult *res, int row, json_t **out);

/* --- failures.c ----------------------------------------------------------------------- */

/* What the server refused. */
int gale__pg_fail(const struct gale__pg_connection *c, const PGresult *res, const char *sql);
/* The connection's own failure: code, and libpq's first line of why. */
int gale__pg_fail_connection(PGconn *handle, const char *where, int code);

#endif

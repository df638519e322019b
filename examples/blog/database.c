/* database.c - the two databases behind one set of calls, and what differs: the words for a table.
 *
 * Both take parameters and give rows as JSON, so there is nothing to translate.
 */
/* SPDX-License-Identifier: MIT */
#include "database.h"

#include <gale/error.h>
#ifdef BLOG_POSTGRES
#include <gale/pg.h>
#endif
#include <gale/sqlite.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct database {
    gale_sqlite *sqlite;
#ifdef BLOG_POSTGRES
    gale_pg *pg;
#endif
    _Atomic bool is_ready;
};

static const char sqlite_tables[] =
    "CREATE TABLE IF NOT EXISTS author (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE,"
    " name TEXT NOT NULL, password TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS entry (id INTEGER PRIMARY KEY,"
    " author_id INTEGER NOT NULL REFERENCES author, slug TEXT NOT NULL UNIQUE,"
    " title TEXT NOT NULL, markdown TEXT NOT NULL, html TEXT NOT NULL,"
    " published TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,"
    " updated TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);"
    "CREATE INDEX IF NOT EXISTS entry_published ON entry (published)";

#ifdef BLOG_POSTGRES
/* Times in UTC and to the second, as SQLite's. The lock is for several processes that begin
 * together: IF NOT EXISTS alone lets two of them try. */
static const char postgres_tables[] =
    "SELECT pg_advisory_xact_lock(66106);"
    "CREATE TABLE IF NOT EXISTS author (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
    " email text NOT NULL UNIQUE, name text NOT NULL, password text NOT NULL);"
    "CREATE TABLE IF NOT EXISTS entry (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
    " author_id bigint NOT NULL REFERENCES author, slug text NOT NULL UNIQUE,"
    " title text NOT NULL, markdown text NOT NULL, html text NOT NULL,"
    " published timestamp(0) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),"
    " updated timestamp(0) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'));"
    "CREATE INDEX IF NOT EXISTS entry_published ON entry (published)";
#endif

database *database_new(const char *file, const char *postgres)
{
    database *db = calloc(1, sizeof(*db));

    if (!db)
        return NULL;
#ifdef BLOG_POSTGRES
    if (postgres && *postgres) {
        db->pg = gale_pg_new(postgres, NULL);
        if (db->pg)
            return db;
        fprintf(stderr, "%s\n", gale_strerror(GALE_EINVAL));
        free(db);
        return NULL;
    }
#else
    if (postgres && *postgres) {
        fprintf(stderr, "this blog was built without PostgreSQL (gale-pg)\n");
        free(db);
        return NULL;
    }
#endif
    db->sqlite = gale_sqlite_new(file, NULL);
    return db;
}

void database_free(database *db)
{
    if (!db)
        return;
#ifdef BLOG_POSTGRES
    gale_pg_free(db->pg);
#endif
    gale_sqlite_free(db->sqlite);
    free(db);
}

static int query(database *db, json_t **rows, const char *sql, json_t *params)
{
#ifdef BLOG_POSTGRES
    if (db->pg)
        return gale_pg_query_json(db->pg, rows, sql, params);
#endif
    return gale_sqlite_query_json(db->sqlite, rows, sql, params);
}

static json_t *pack(const char *format, va_list ap)
{
    return format ? json_vpack_ex(NULL, 0, format, ap) : NULL;
}

int database_query(database *db, json_t **rows, const char *sql, const char *format, ...)
{
    json_t *params;
    va_list ap;

    va_start(ap, format);
    params = pack(format, ap);
    va_end(ap);
    return query(db, rows, sql, params);
}

int database_get(database *db, json_t **row, const char *sql, const char *format, ...)
{
    json_t *params, *rows;
    va_list ap;
    int r;

    va_start(ap, format);
    params = pack(format, ap);
    va_end(ap);
    r = query(db, &rows, sql, params);
    if (r < 0)
        return r;
    *row = json_incref(json_array_get(rows, 0));
    json_decref(rows);
    return *row ? 1 : gale_err(GALE_ENOTFOUND, "no such row");
}

int database_prepare(database *db)
{
    int r = 0;

    if (db->is_ready)
        return 0;
#ifdef BLOG_POSTGRES
    if (db->pg)
        r = gale_pg_exec(db->pg, postgres_tables);
    else
#endif
        r = gale_sqlite_exec(db->sqlite, sqlite_tables);
    db->is_ready = r >= 0;
    return r;
}

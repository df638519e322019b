/* database.h - where the blog is kept: in a file by SQLite, or in PostgreSQL; the same statements.
 */
/* SPDX-License-Identifier: MIT */
#ifndef BLOG_DATABASE_H
#define BLOG_DATABASE_H

#include <gale/json.h>

typedef struct database database;

/* postgres: a connection string, "" or NULL for the file instead. NULL: why not is printed. */
database *database_new(const char *file, const char *postgres);
void database_free(database *db);

/* As the functions of their names in gale/sqlite.h and gale/pg.h. */
int database_query(database *db, json_t **rows, const char *sql, const char *format, ...);
int database_get(database *db, json_t **row, const char *sql, const char *format, ...);

/* Waits. The tables, once for each process. */
int database_prepare(database *db);

#endif

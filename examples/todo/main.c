/* main.c - serves the to-dos in todo.db.
 *
 *     curl -H 'Content-Type: application/json' -d '{"title": "Buy milk"}' localhost:8888/todos
 *     curl localhost:8888/todos
 */
/* SPDX-License-Identifier: MIT */
#include <sqlite3.h>
#include <stdio.h>

#include "todo.h"

int main(int argc, char **argv)
{
    sqlite3 *db;
    int status = 1;

    if (sqlite3_open("todo.db", &db) == SQLITE_OK)
        status = gale_main(argc, argv, todo_app(db));
    else
        fprintf(stderr, "todo.db: %s\n", sqlite3_errmsg(db));
    sqlite3_close(db);
    return status;
}

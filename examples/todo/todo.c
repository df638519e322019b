/* todo.c - create, read, update and delete over JSON, kept by SQLite. test_todo.c tests it.
 *
 * SQLite blocks, so each statement runs on a thread of the loop's executor, while the handler's
 * coroutine waits. Every statement gives rows of the same three columns.
 */
/* SPDX-License-Identifier: MIT */
#include "todo.h"

#include <errno.h>
#include <gale/json.h>
#include <sqlite3.h>

#define COLUMNS "id, title, done"

/* A statement on its way through the executor. */
struct job {
    const char *sql;
    int64_t id;        /* :id */
    const char *title; /* :title; NULL: none */
    int done;          /* :done; -1: none */
    sqlite3 *db;
    json_t *rows; /* the result */
};

/* On a thread of the executor. */
static int run_job(void *arg)
{
    struct job *job = arg;
    sqlite3_stmt *s;
    int r = sqlite3_prepare_v2(job->db, job->sql, -1, &s, NULL);

    if (r != SQLITE_OK)
        return gale_err(-EIO, "SQLite: %s", sqlite3_errstr(r));
    sqlite3_bind_int64(s, sqlite3_bind_parameter_index(s, ":id"), job->id);
    sqlite3_bind_text(s, sqlite3_bind_parameter_index(s, ":title"), job->title, -1, SQLITE_STATIC);
    if (job->done >= 0)
        sqlite3_bind_int(s, sqlite3_bind_parameter_index(s, ":done"), job->done);
    while ((r = sqlite3_step(s)) == SQLITE_ROW)
        json_array_append_new(
            job->rows, json_pack("{s:I, s:s, s:b}", "id", sqlite3_column_int64(s, 0), "title",
                                 sqlite3_column_text(s, 1), "done", sqlite3_column_int(s, 2)));
    sqlite3_finalize(s);
    return r == SQLITE_DONE ? 0 : gale_err(-EIO, "SQLite: %s", sqlite3_errstr(r));
}

static void drop(void *rows)
{
    json_decref(rows);
}

/* Waits. Runs a statement and answers with its row, or with all of them as a list (status 0). body:
 * what the JSON that comes has to look like, if any. */
static int answer(gale_handler *self, const char *sql, const char *body, int status)
{
    struct job job = { .sql = sql, .done = -1, .db = gale_app_data(gale_handler_app(self)) };
    int r = gale_path_argument_named(self, "id") ? gale_path_int(self, "id", &job.id) : 0;

    if (r >= 0 && body)
        r = gale_unpack_json(self, body, "title", &job.title, "done", &job.done);
    if (r < 0)
        return r;
    job.rows = json_array();
    gale_defer(self, drop, job.rows);
    r = gale_ioloop_run_in_executor(gale_ioloop_current(), run_job, &job);
    if (r < 0)
        return r;
    if (!status)
        return gale_json(self, "{s:O}", "todos", job.rows);
    if (json_array_size(job.rows) == 0)
        return gale_fail(self, 404, "no to-do %lld", (long long)job.id);
    gale_set_status(self, status, NULL);
    return status == 204 ? 0 : gale_write_json(self, json_incref(json_array_get(job.rows, 0)));
}

static int list_get(gale_handler *self)
{
    return answer(self, "SELECT " COLUMNS " FROM todo ORDER BY id", NULL, 0);
}

static int list_post(gale_handler *self)
{
    return answer(self,
                  "INSERT INTO todo (title, done) VALUES (:title, coalesce(:done, 0))"
                  " RETURNING " COLUMNS,
                  "{s:s, s?b !}", 201);
}

static int item_get(gale_handler *self)
{
    return answer(self, "SELECT " COLUMNS " FROM todo WHERE id = :id", NULL, 200);
}

static int item_patch(gale_handler *self)
{
    return answer(self,
                  "UPDATE todo SET title = coalesce(:title, title), done = coalesce(:done, done)"
                  " WHERE id = :id RETURNING " COLUMNS,
                  "{s?s, s?b !}", 200);
}

static int item_delete(gale_handler *self)
{
    return answer(self, "DELETE FROM todo WHERE id = :id RETURNING " COLUMNS, NULL, 204);
}

gale_app *todo_app(sqlite3 *db)
{
    static const gale_handler_class list = { .get = list_get, .post = list_post };
    static const gale_handler_class item = { .get = item_get,
                                             .patch = item_patch,
                                             .delete_ = item_delete };

    sqlite3_exec(db, "CREATE TABLE IF NOT EXISTS todo (id INTEGER PRIMARY KEY, title, done)", NULL,
                 NULL, NULL);
    return gale_app_new((gale_route[]){ { .url = "/todos", .handler = &list },
                                        { .url = "/todos/{id:int}", .handler = &item },
                                        { 0 } },
                        &(gale_settings){ .data = db });
}

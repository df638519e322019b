/* todo.c - create, read, update and delete over JSON, kept by SQLite, and a page that uses it.
 * test_todo.c tests it.
 *
 *     curl -H 'Content-Type: application/json' -d '{"title": "Buy milk"}' localhost:8888/todos
 *
 * SQLite blocks: a statement runs on a thread of the executor, while the coroutine waits.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <gale/gale.h>
#include <gale/json.h>
#include <sqlite3.h>

/* A statement on its way through a thread of the executor. */
struct job {
    sqlite3 *db;
    const char *sql;
    int64_t id;        /* ?1 */
    const char *title; /* ?2; NULL: none */
    int done;          /* ?3; -1: none */
    json_t *rows;      /* the result */
};

static int run_job(void *arg)
{
    struct job *job = arg;
    sqlite3_stmt *s;
    int r = sqlite3_prepare_v2(job->db, job->sql, -1, &s, NULL);

    if (r != SQLITE_OK)
        return gale_err(-EIO, "SQLite: %s", sqlite3_errstr(r));
    sqlite3_bind_int64(s, 1, job->id);
    sqlite3_bind_text(s, 2, job->title, -1, SQLITE_STATIC);
    if (job->done >= 0)
        sqlite3_bind_int(s, 3, job->done);
    while ((r = sqlite3_step(s)) == SQLITE_ROW)
        json_array_append_new(
            job->rows, json_pack("{s:I, s:s, s:b}", "id", sqlite3_column_int64(s, 0), "title",
                                 sqlite3_column_text(s, 1), "done", sqlite3_column_int(s, 2)));
    sqlite3_finalize(s);
    return r == SQLITE_DONE ? 0 : gale_err(-EIO, "SQLite: %s", sqlite3_errstr(r));
}

/* Waits. Answers with the statement's row, or all (status 0). body: the JSON that has to come. */
static int answer(gale_handler *self, const char *sql, const char *body, int status)
{
    json_auto_t *rows = json_array();
    struct job job = { gale_app_data(gale_handler_app(self)), sql, .done = -1, .rows = rows };
    int r = gale_path_argument_named(self, "id") ? gale_path_int(self, "id", &job.id) : 0;

    if (r >= 0 && body)
        r = gale_unpack_json(self, body, "title", &job.title, "done", &job.done);
    if (r >= 0)
        r = gale_ioloop_run_in_executor(gale_ioloop_current(), run_job, &job);
    if (r < 0)
        return r;
    if (!status)
        return gale_json(self, "{s:O}", "todos", rows);
    if (json_array_size(rows) == 0)
        return gale_fail(self, 404, "no to-do %lld", (long long)job.id);
    gale_set_status(self, status, NULL);
    return status == 204 ? 0 : gale_write_json(self, json_incref(json_array_get(rows, 0)));
}

static int list(gale_handler *self)
{
    return answer(self, "SELECT * FROM todo ORDER BY id", NULL, 0);
}

static int add(gale_handler *self)
{
    return answer(self, "INSERT INTO todo (title, done) VALUES (?2, ifnull(?3, 0)) RETURNING *",
                  "{s:s, s?b !}", 201);
}

static int get(gale_handler *self)
{
    return answer(self, "SELECT * FROM todo WHERE id = ?1", NULL, 200);
}

static int patch(gale_handler *self)
{
    return answer(self,
                  "UPDATE todo SET title = ifnull(?2, title), done = ifnull(?3, done)"
                  " WHERE id = ?1 RETURNING *",
                  "{s?s, s?b !}", 200);
}

static int delete_(gale_handler *self)
{
    return answer(self, "DELETE FROM todo WHERE id = ?1 RETURNING *", NULL, 204);
}

static gale_app *todo_app(sqlite3 *db)
{
    static const gale_handler_class all = { .get = list, .post = add };
    static const gale_handler_class one = { .get = get, .patch = patch, .delete_ = delete_ };
    static gale_static_options files = { .path = "static", /* beside the program */
                                         .default_filename = "index.html" };
    const gale_route routes[] = {
        { .url = "/todos", .handler = &all },
        { .url = "/todos/{id:int}", .handler = &one },
        { .url = "/(.*)", .handler = &gale_static_handler, .arg = &files },
        { 0 },
    };

    sqlite3_exec(db, "CREATE TABLE IF NOT EXISTS todo (id INTEGER PRIMARY KEY, title, done)", 0, 0,
                 0);
    return gale_app_new(routes, &(gale_settings){ .data = db });
}

#ifndef TODO_TEST
int main(int argc, char **argv)
{
    sqlite3 *db;
    int r = sqlite3_open("todo.db", &db);

    if (r)
        gale_log(&gale_log_application, GALE_LOG_ERROR, "todo.db: %s", sqlite3_errmsg(db));
    else
        r = gale_main(argc, argv, todo_app(db));
    sqlite3_close(db);
    return r;
}
#endif

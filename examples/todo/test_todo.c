/* test_todo.c - the to-do service through the testing kit: no port, no file. */
/* SPDX-License-Identifier: MIT */
#undef NDEBUG
#include <assert.h>
#include <gale/json.h>
#include <gale/testing.h>
#include <stdio.h>

#define TODO_TEST /* without its main() */
#include "todo.c"

/* The answer's status, and the pattern its body matches. */
static void expect(gale_test *test, int result, int status, const char *pattern)
{
    assert(gale_test_expect(test, result, status, pattern) == 0);
}

static int send_patch(gale_test *test, const char *path, const char *json)
{
    return gale_test_send(test, "PATCH", path, "application/json", json, NULL);
}

static int send_delete(gale_test *test, const char *path)
{
    return gale_test_send(test, "DELETE", path, NULL, NULL, NULL);
}

static void test_life_of_one(gale_test *test)
{
    expect(test, gale_test_get(test, "/todos", NULL), 200, "{\"todos\": \\[]}");
    expect(test, gale_test_post_json(test, "/todos", json_pack("{s:s}", "title", "milk"), NULL),
           201, "{\"id\": 1, \"title\": \"milk\", \"done\": false}");
    expect(test, send_patch(test, "/todos/1", "{\"done\": true}"), 200, NULL);
    expect(test, gale_test_get(test, "/todos/1", NULL), 200,
           "{\"id\": 1, \"title\": \"milk\", \"done\": true}");
    expect(test, send_delete(test, "/todos/1"), 204, "$");
    expect(test, send_delete(test, "/todos/1"), 404, NULL);
    expect(test, gale_test_get(test, "/todos/1", NULL), 404, NULL);
}

static void test_what_is_refused(gale_test *test)
{
    expect(test, gale_test_post(test, "/todos", "title=milk", NULL), 415, NULL);
    expect(test, gale_test_post_json(test, "/todos", json_pack("{s:i}", "title", 1), NULL), 400,
           NULL);
    expect(test, gale_test_post_json(test, "/todos", json_pack("{s:b}", "done", 1), NULL), 400,
           NULL);
    expect(test, send_patch(test, "/todos/7", "{\"title\": \"x\"}"), 404, NULL);
    expect(test, send_patch(test, "/todos/7", "{\"title\": "), 400, NULL);
    expect(test, gale_test_get(test, "/todos/x", NULL), 404, NULL);
}

static void test_database_that_is_gone(gale_test *test, sqlite3 *db)
{
    assert(sqlite3_exec(db, "DROP TABLE todo", NULL, NULL, NULL) == SQLITE_OK);
    assert(gale_test_expect_log(test, NULL, GALE_LOG_ERROR, ".*SQLite: SQL logic error") == 0);
    expect(test, gale_test_get(test, "/todos", NULL), 500, NULL);
}

int main(void)
{
    sqlite3 *db;
    gale_test *test;

    assert(sqlite3_open(":memory:", &db) == SQLITE_OK);
    test = gale_test_new(todo_app(db), NULL);
    if (!test) {
        fprintf(stderr, "%s\n", gale_strerror(gale_test_error()));
        return 1;
    }
    test_life_of_one(test);
    test_what_is_refused(test);
    test_database_that_is_gone(test, db);
    assert(gale_test_free(test) == 0);
    sqlite3_close(db);
    return 0;
}

/* test_todo.c - the to-do service through the testing kit: no port, no file. */
/* SPDX-License-Identifier: MIT */
#undef NDEBUG
#include <assert.h>
#include <gale/json.h>
#include <gale/testing.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "todo.h"

static gale_http_response *answer;

static int patch(gale_test *test, const char *path, const char *json)
{
    const gale_http_header headers[] = { { "Content-Type", "application/json" }, { NULL, NULL } };
    const gale_http_request request = { .method = "PATCH",
                                        .headers = headers,
                                        .body = { json, strlen(json) } };

    return gale_test_fetch(test, path, &request, &answer);
}

static int delete_(gale_test *test, const char *path)
{
    return gale_test_fetch(test, path, &(gale_http_request){ .method = "DELETE" }, &answer);
}

static void test_life_of_one(gale_test *test)
{
    assert(gale_test_get(test, "/todos", &answer) == 200);
    assert(!strcmp(answer->body.ptr, "{\"todos\": []}"));

    assert(gale_test_post_json(test, "/todos", json_pack("{s:s}", "title", "milk"), &answer) ==
           201);
    assert(!strcmp(answer->body.ptr, "{\"id\": 1, \"title\": \"milk\", \"done\": false}"));

    assert(patch(test, "/todos/1", "{\"done\": true}") == 200);
    assert(gale_test_get(test, "/todos/1", &answer) == 200);
    assert(!strcmp(answer->body.ptr, "{\"id\": 1, \"title\": \"milk\", \"done\": true}"));

    assert(delete_(test, "/todos/1") == 204);
    assert(delete_(test, "/todos/1") == 404);
    assert(gale_test_get(test, "/todos/1", &answer) == 404);
}

static void test_what_is_refused(gale_test *test)
{
    assert(gale_test_post(test, "/todos", "title=milk", NULL) == 415);
    assert(gale_test_post_json(test, "/todos", json_pack("{s:i}", "title", 1), NULL) == 400);
    assert(gale_test_post_json(test, "/todos", json_pack("{s:b}", "done", 1), NULL) == 400);
    assert(patch(test, "/todos/7", "{\"title\": \"x\"}") == 404);
    assert(patch(test, "/todos/7", "{\"title\": ") == 400);
    assert(gale_test_get(test, "/todos/x", NULL) == 404);
}

static void test_database_that_is_gone(gale_test *test, sqlite3 *db)
{
    assert(sqlite3_exec(db, "DROP TABLE todo", NULL, NULL, NULL) == SQLITE_OK);
    assert(gale_test_expect_log(test, NULL, GALE_LOG_ERROR, ".*SQLite: SQL logic error") == 0);
    assert(gale_test_get(test, "/todos", NULL) == 500);
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

/* test_sqlite.c - SQLite from coroutines: values, errors, transactions, interruption, several at
 * once, files that others hold. See <gale/sqlite.h>.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include <gale/gen.h>
#include <gale/ioloop.h>
#include <gale/json.h>
#include <gale/locks.h>
#include <gale/sqlite.h>

/* Counts without an end worth waiting for. */
#define ENDLESS                                                                                    \
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"

static gale_sqlite *db;
static char folder[256], path[300];

static int run(int (*fn)(void *arg))
{
    return gale_ioloop_run_sync(gale_ioloop_current(), fn, NULL, 20);
}

static void remove_files(void)
{
    char other[320];

    unlink(path);
    snprintf(other, sizeof(other), "%s-wal", path);
    unlink(other);
    snprintf(other, sizeof(other), "%s-shm", path);
    unlink(other);
}

static int set_up(void **state)
{
    (void)state;
    snprintf(path, sizeof(path), "%s/db", folder);
    remove_files();
    db = gale_sqlite_new(path, NULL);
    return db ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    gale_ioloop_free(gale_ioloop_current());
    gale_sqlite_free(db);
    remove_files();
    return 0;
}

/* The rows of a statement as text. */
static void expect_rows(const char *sql, json_t *params, const char *expected)
{
    json_t *rows = NULL;
    int r = gale_sqlite_query_json(db, &rows, sql, params);
    char *text;

    if (r < 0)
        print_error("%s\n", gale_strerror(r));
    assert_true(r >= 0);
    text = json_dumps(rows, JSON_COMPACT);
    assert_string_equal(text, expected);
    free(text);
    json_decref(rows);
}

static void expect_failure(int code, const char *text, int r)
{
    assert_int_equal(r, code);
    if (!strstr(gale_strerror(r), text))
        print_error("'%s' is not in '%s'\n", text, gale_strerror(r));
    assert_non_null(strstr(gale_strerror(r), text));
}

static void make_table(void)
{
    assert_int_equal(gale_sqlite_exec(db, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT "
                                          "UNIQUE, ok BOOLEAN); -- and\nCREATE INDEX i ON t (ok)"),
                     0);
}

/* --- values ------------------------------------------------------------------------- */

static int values(void *arg)
{
    json_t *row = NULL, *rows;

    (void)arg;
    expect_rows("SELECT ? AS i, ? AS r, ? AS t, ? AS n, ? AS b",
                json_pack("[I, f, s, n, b]", (json_int_t)INT64_MAX, 1.5, "\303\251", 1),
                "[{\"i\":9223372036854775807,\"r\":1.5,\"t\":\"\303\251\",\"n\":null,\"b\":1}]");
    expect_rows("SELECT :a || :b AS x", json_pack("{s:s, s:s}", "a", "1", "b", "2"),
                "[{\"x\":\"12\"}]");
    expect_rows("SELECT $2 AS x, $1 AS y, $2 AS z", json_pack("[i, i]", 1, 2),
                "[{\"x\":2,\"y\":1,\"z\":2}]");
    expect_rows("SELECT typeof($1) AS x, hex($1) AS h, $1 AS b",
                json_pack("[o]", gale_sqlite_blob((gale_str){ "\0\377", 2 })),
                "[{\"x\":\"blob\",\"h\":\"00FF\",\"b\":\"AP8=\"}]");
    expect_rows("SELECT $1 AS x", json_pack("[[i, i]]", 1, 2), "[{\"x\":\"[1,2]\"}]");
    expect_rows("SELECT 1 WHERE 0", NULL, "[]");
    make_table();
    assert_int_equal(gale_sqlite_query(db, &rows, "INSERT INTO t (name, ok) VALUES (?, ?), (?, ?)",
                                       "[s, b, s, b]", "a", 1, "b", 0),
                     2);
    json_decref(rows);
    expect_rows("SELECT name, ok FROM t ORDER BY id", NULL,
                "[{\"name\":\"a\",\"ok\":true},{\"name\":\"b\",\"ok\":false}]");
    expect_rows("INSERT INTO t (name) VALUES ('c') RETURNING id", NULL, "[{\"id\":3}]");
    assert_int_equal(gale_sqlite_query(db, NULL, "UPDATE t SET ok = 1", NULL), 3);
    assert_int_equal(gale_sqlite_query(db, NULL, "SELECT * FROM t", NULL), 3);
    assert_int_equal(gale_sqlite_get(db, &row, "SELECT id FROM t WHERE name = ?", "[s]", "b"), 1);
    assert_int_equal(json_integer_value(json_object_get(row, "id")), 2);
    json_decref(row);
    return gale_sqlite_get(db, &row, "SELECT id FROM t WHERE name = ?", "[s]", "x");
}

static void test_values(void **state)
{
    (void)state;
    assert_int_equal(run(values), GALE_ENOTFOUND);
}

/* --- errors ------------------------------------------------------------------------- */

static int errors(void *arg)
{
    json_t *rows = NULL;

    (void)arg;
    make_table();
    expect_failure(GALE_EINVAL, "near \"FORM\": syntax error at 9: FORM t",
                   gale_sqlite_query(db, &rows, "SELECT * FORM t", NULL));
    expect_failure(GALE_EINVAL, "no such column: nowhere",
                   gale_sqlite_query(db, &rows, "SELECT nowhere FROM t", NULL));
    expect_failure(GALE_EINVAL, "1 parameters, 2 were given",
                   gale_sqlite_query(db, &rows, "SELECT ?", "[i, i]", 1, 2));
    expect_failure(GALE_EINVAL, "parameter 1 (:a): none was given",
                   gale_sqlite_query(db, &rows, "SELECT :a", "{s:i}", "b", 2));
    expect_failure(GALE_EINVAL, "parameters \"[q]\"",
                   gale_sqlite_query(db, &rows, "SELECT ?", "[q]"));
    expect_failure(GALE_EINVAL, "one statement at a time",
                   gale_sqlite_query(db, &rows, "SELECT 1; SELECT 2", NULL));
    expect_failure(GALE_EINVAL, "no statement", gale_sqlite_query(db, &rows, " ", NULL));
    expect_failure(GALE_EINVAL, "gale_sqlite_transaction",
                   gale_sqlite_query(db, &rows, "BEGIN", NULL));
    assert_int_equal(gale_sqlite_query(db, NULL, "INSERT INTO t (name) VALUES ('a')", NULL), 1);
    expect_failure(-EEXIST, "UNIQUE constraint failed: t.name",
                   gale_sqlite_query(db, &rows, "INSERT INTO t (name) VALUES ('a')", NULL));
    expect_failure(GALE_EINVAL, "cannot have",
                   gale_sqlite_query(db, &rows, "SELECT CAST(x'ff' AS TEXT) AS t", NULL));
    expect_failure(GALE_ETOOBIG, "more than 10000 rows",
                   gale_sqlite_query(db, &rows,
                                     "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
                                     "SELECT i + 1 FROM n) SELECT i FROM n",
                                     NULL));
    assert_null(rows);
    return 0;
}

static void test_errors(void **state)
{
    (void)state;
    assert_int_equal(gale_sqlite_query(db, NULL, "SELECT 1", NULL), GALE_ENOTCOROUTINE);
    assert_int_equal(run(errors), 0);
}

static int cannot_open(void *arg)
{
    gale_sqlite *nowhere = gale_sqlite_new("/nowhere/at/all", NULL);
    gale_sqlite *reading = gale_sqlite_new(path, &(gale_sqlite_options){ .read_only = GALE_ON });

    (void)arg;
    expect_failure(-EACCES, "/nowhere/at/all", gale_sqlite_exec(nowhere, "SELECT 1"));
    gale_sqlite_free(nowhere);
    make_table();
    expect_failure(-EROFS, "readonly", gale_sqlite_exec(reading, "DELETE FROM t"));
    assert_int_equal(gale_sqlite_query(reading, NULL, "SELECT 1", NULL), 1);
    gale_sqlite_free(reading);
    return 0;
}

static void test_files_that_cannot_be_opened_or_written(void **state)
{
    (void)state;
    assert_int_equal(run(cannot_open), 0);
}

/* --- interruption ------------------------------------------------------------------- */

static int endless(void *arg)
{
    (void)arg;
    return gale_sqlite_query(db, NULL, ENDLESS, NULL);
}

static int interrupt(void *arg)
{
    gale_future *future;

    (void)arg;
    assert_int_equal(gale_with_timeout(0.05, endless, NULL), GALE_ETIMEDOUT);
    future = gale_spawn(endless, NULL);
    assert_int_equal(gale_sleep(0.02), 0);             /* the loop is not blocked */
    expect_rows("SELECT 1 AS x", NULL, "[{\"x\":1}]"); /* nor are others */
    gale_cancel(future);
    assert_int_equal(gale_join(&future), GALE_ECANCELED);
    expect_rows("SELECT 2 AS x", NULL, "[{\"x\":2}]");
    return 0;
}

static void test_deadlines_and_cancellation_interrupt(void **state)
{
    (void)state;
    assert_int_equal(run(interrupt), 0);
}

static int query_timeout(void *arg)
{
    gale_sqlite *quick = gale_sqlite_new(path, &(gale_sqlite_options){ .query_timeout = 0.05 });
    int r = gale_sqlite_query(quick, NULL, ENDLESS, NULL);

    (void)arg;
    expect_failure(GALE_ETIMEDOUT, "took too long", r);
    gale_sqlite_free(quick);
    return 0;
}

static void test_query_timeout(void **state)
{
    (void)state;
    assert_int_equal(run(query_timeout), 0);
}

static int left_running(void *arg)
{
    gale_future *future = gale_spawn(endless, NULL);

    (void)arg;
    gale_detach(&future);
    return gale_sleep(0.02);
}

static void test_a_loop_ends_under_a_statement(void **state)
{
    (void)state;
    assert_int_equal(run(left_running), 0);
}

static int freed_under(void *arg)
{
    gale_future *future = gale_spawn(endless, NULL);

    (void)arg;
    assert_int_equal(gale_sleep(0.02), 0);
    gale_sqlite_free(db);
    db = NULL;
    gale_cancel(future);
    return gale_join(&future);
}

static void test_a_handle_is_freed_under_a_statement(void **state)
{
    (void)state;
    assert_int_equal(run(freed_under), GALE_ECANCELED);
}

/* --- transactions ------------------------------------------------------------------- */

static char one[] = "one", two[] = "two";

static int add_two(gale_sqlite *tx, void *arg)
{
    int r = gale_sqlite_query(tx, NULL, "INSERT INTO t (name) VALUES ($1)", "[s]", "one");

    /* Others do not see it yet. */
    expect_rows("SELECT count(*) AS n FROM t WHERE name = 'one'", NULL, "[{\"n\":0}]");
    return r < 0 ? r : gale_sqlite_query(tx, NULL, "INSERT INTO t (name) VALUES ($1)", "[s]", arg);
}

static int nest(gale_sqlite *tx, void *arg)
{
    int r = gale_sqlite_query(tx, NULL, "INSERT INTO t (name) VALUES ('outer')", NULL);

    (void)arg;
    assert_true(r > 0);
    assert_int_equal(gale_sqlite_transaction(tx, add_two, one), -EEXIST); /* rolled back */
    return 7;
}

static int hang(gale_sqlite *tx, void *arg)
{
    gale_event never = { .is_set = false };
    int r = gale_sqlite_query(tx, NULL, "INSERT INTO t (name) VALUES ('lost')", NULL);

    (void)arg;
    return r < 0 ? r : gale_event_wait(&never, GALE_FOREVER);
}

static int hanging(void *arg)
{
    (void)arg;
    return gale_sqlite_transaction(db, hang, NULL);
}

static gale_sqlite *kept;

static int keep(gale_sqlite *tx, void *arg)
{
    (void)arg;
    kept = tx;
    return 0;
}

static int transactions(void *arg)
{
    (void)arg;
    make_table();
    assert_true(gale_sqlite_transaction(db, add_two, two) > 0);
    expect_rows("SELECT name FROM t ORDER BY id", NULL, "[{\"name\":\"one\"},{\"name\":\"two\"}]");
    assert_int_equal(gale_sqlite_exec(db, "DELETE FROM t"), 0);
    expect_failure(-EEXIST, "UNIQUE", gale_sqlite_transaction(db, add_two, one));
    expect_rows("SELECT count(*) AS n FROM t", NULL, "[{\"n\":0}]");
    assert_int_equal(gale_sqlite_transaction(db, nest, NULL), 7);
    expect_rows("SELECT name FROM t", NULL, "[{\"name\":\"outer\"}]");
    assert_int_equal(gale_with_timeout(0.05, hanging, NULL), GALE_ETIMEDOUT);
    expect_rows("INSERT INTO t (name) VALUES ('next') RETURNING name", NULL,
                "[{\"name\":\"next\"}]");
    expect_rows("SELECT count(*) AS n FROM t WHERE name = 'lost'", NULL, "[{\"n\":0}]");
    assert_int_equal(gale_sqlite_transaction(db, keep, NULL), 0);
    assert_int_equal(gale_sqlite_query(kept, NULL, "SELECT 1", NULL), GALE_ESTATE);
    return 0;
}

static void test_transactions(void **state)
{
    (void)state;
    assert_int_equal(run(transactions), 0);
}

/* --- many --------------------------------------------------------------------------- */

static int increment(void *arg)
{
    int r = 0;

    (void)arg;
    for (int i = 0; i < 10 && r >= 0; i++)
        r = gale_sqlite_query(db, NULL, "UPDATE t SET id = id + 1", NULL);
    return r;
}

static int many(void *arg)
{
    gale_future *futures[8];

    (void)arg;
    make_table();
    assert_int_equal(gale_sqlite_query(db, NULL, "INSERT INTO t (id) VALUES (0)", NULL), 1);
    for (int i = 0; i < 8; i++)
        assert_non_null(futures[i] = gale_spawn(increment, NULL));
    assert_int_equal(gale_multi(futures, 8), 0);
    expect_rows("SELECT id FROM t", NULL, "[{\"id\":80}]");
    for (int i = 0; i < 200; i++) { /* more statements than are kept */
        char sql[40];

        snprintf(sql, sizeof(sql), "SELECT %d AS x", i % 100);
        assert_int_equal(gale_sqlite_query(db, NULL, sql, NULL), 1);
    }
    return 0;
}

static void test_many_at_once(void **state)
{
    (void)state;
    assert_int_equal(run(many), 0);
}

/* --- a file that another holds ------------------------------------------------------- */

static sqlite3 *other;

static int let_go(void *arg)
{
    (void)arg;
    assert_int_equal(gale_sleep(0.03), 0);
    sqlite3_exec(other, "COMMIT", NULL, NULL, NULL);
    return 0;
}

static int locked(void *arg)
{
    gale_sqlite *hasty = gale_sqlite_new(path, &(gale_sqlite_options){ .busy_timeout = 0.03 });
    gale_future *future;

    (void)arg;
    make_table();
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    expect_failure(GALE_ETIMEDOUT, "locked", gale_sqlite_exec(hasty, "DELETE FROM t"));
    gale_sqlite_free(hasty);
    future = gale_spawn(let_go, NULL);
    assert_int_equal(gale_sqlite_exec(db, "DELETE FROM t"), 0); /* waits for its turn */
    assert_int_equal(gale_join(&future), 0);
    sqlite3_close(other);
    return 0;
}

static void test_locks_of_others(void **state)
{
    (void)state;
    assert_int_equal(run(locked), 0);
}

static int in_memory(void *arg)
{
    (void)arg;
    gale_sqlite_free(db);
    db = gale_sqlite_new(":memory:", NULL);
    make_table();
    expect_rows("SELECT count(*) AS n FROM t", NULL, "[{\"n\":0}]");
    return 0;
}

static void test_in_memory(void **state)
{
    (void)state;
    assert_int_equal(run(in_memory), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_values),
        TEST(test_errors),
        TEST(test_files_that_cannot_be_opened_or_written),
        TEST(test_deadlines_and_cancellation_interrupt),
        TEST(test_query_timeout),
        TEST(test_a_loop_ends_under_a_statement),
        TEST(test_a_handle_is_freed_under_a_statement),
        TEST(test_transactions),
        TEST(test_many_at_once),
        TEST(test_locks_of_others),
        TEST(test_in_memory),
    };
    const char *parent = getenv("TMPDIR");
    int r;

    snprintf(folder, sizeof(folder), "%s/gale-sqlite-XXXXXX", parent ? parent : P_tmpdir);
    if (!mkdtemp(folder))
        return 1;
    r = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(folder);
    return r;
}

/* test_spawn.c - spawning, joining, structured ends, detaching, results and their details. */
/* SPDX-License-Identifier: MIT */
#include "gen_test.h"

#include "base/alloc.h"
#include "gen/sanitize.h"

static int give(void *arg)
{
    return *(int *)arg;
}

static int fail_with_text(void *arg)
{
    return gale_err(GALE_EPROTO, "text of %s", (const char *)arg);
}

static int note_around_yield(void *arg)
{
    const char *name = arg;

    note(name);
    gale_yield();
    note(name);
    return 0;
}

static int body_runs_at_once(void *arg)
{
    gale_future *a = gale_spawn(note_around_yield, text("a"));

    note("-");
    gale_future *b = gale_spawn(note_around_yield, text("b"));

    note("-");
    assert_string_equal(trace, "a-b-");
    assert_int_equal(gale_join(&a), 0);
    assert_null(a);
    assert_int_equal(gale_join(&b), 0);
    assert_string_equal(trace, "a-b-ab");
    return 0;
}

static int body_results(void *arg)
{
    int seven = 7;
    gale_future *f = gale_spawn(give, &seven);

    assert_true(gale_future_done(f));
    assert_int_equal(gale_future_result(f), 7);
    assert_int_equal(gale_wait(f), 7);
    assert_int_equal(gale_wait(f), 7);
    assert_int_equal(gale_join(&f), 7);

    gale_future *one = gale_spawn(fail_with_text, text("one"));
    gale_future *two = gale_spawn_named("two", fail_with_text, text("two"));

    assert_int_equal(gale_wait(one), GALE_EPROTO);
    assert_string_equal(gale_strerror(GALE_EPROTO), "text of one");
    assert_int_equal(gale_wait(two), GALE_EPROTO);
    assert_string_equal(gale_strerror(GALE_EPROTO), "text of two");
    return 0;
}

static int set_value(void *arg)
{
    gale_yield();
    return gale_set_value(arg);
}

static int body_value(void *arg)
{
    int x;
    gale_future *f = gale_spawn(set_value, &x);

    assert_null(gale_future_value(f));
    assert_int_equal(gale_future_result(f), GALE_ESTATE);
    assert_int_equal(gale_wait(f), 0);
    assert_ptr_equal(gale_future_value(f), &x);
    return 0;
}

static int own_error(void *arg)
{
    gale_err(GALE_EPROTO, "%s", (const char *)arg);
    gale_yield();
    gale_yield();
    assert_string_equal(gale_strerror(GALE_EPROTO), arg);
    return 0;
}

static int body_own_errors(void *arg)
{
    gale_future *a = gale_spawn(own_error, text("first"));
    gale_future *b = gale_spawn(own_error, text("second"));

    gale_err(GALE_EPROTO, "parent");
    gale_yield();
    assert_string_equal(gale_strerror(GALE_EPROTO), "parent");
    gale_join(&a);
    gale_join(&b);
    return 0;
}

static int note_cancel(void *arg)
{
    int r = gale_sleep(1000);

    note(r == GALE_ECANCELED ? "c" : "?");
    assert_true(gale_is_cancelled());
    assert_int_equal(gale_yield(), GALE_ECANCELED);
    return 0;
}

static int leaves_children(void *arg)
{
    /* Neither is joined: both are cancelled and waited for. */
    gale_future *a = gale_spawn(note_cancel, NULL);
    gale_future *b = gale_spawn(note_cancel, NULL);

    note(a && b ? "p" : "?");
    return 0;
}

static int body_structured(void *arg)
{
    gale_future *f = gale_spawn(leaves_children, NULL);

    assert_false(gale_future_done(f));
    assert_string_equal(trace, "p");
    gale_join(&f);
    assert_string_equal(trace, "pcc");
    return 0;
}

static int slow_note(void *arg)
{
    int r = gale_sleep(0.005);

    note(r == 0 ? "d" : "?");
    return 0;
}

static int detaches(void *arg)
{
    gale_future *f = gale_spawn(slow_note, NULL);

    gale_detach(&f);
    assert_null(f);
    return 0;
}

static int body_detach(void *arg)
{
    gale_future *f = gale_spawn(detaches, NULL);

    assert_true(gale_future_done(f));
    gale_join(&f);
    assert_string_equal(trace, "");
    gale_sleep(0.02);
    assert_string_equal(trace, "d");
    return 0;
}

static int alloc_late(void *arg)
{
    char *p;

    gale_yield();
    gale_yield();
    p = gale_scope_alloc(100);
    assert_non_null(p);
    memset(p, 1, 100);
    gale_yield();
    memset(p, 2, 100);
    note("m");
    return 0;
}

static int detaches_allocating(void *arg)
{
    gale_future *f = gale_spawn(alloc_late, NULL);

    gale_detach(&f);
    return gale_scope_alloc(10) ? 0 : -1;
}

/* What a detached coroutine allocates does not go with the scope it left. */
static int body_detached_memory(void *arg)
{
    gale_future *f = gale_spawn(detaches_allocating, NULL);

    gale_join(&f);
    for (int i = 0; i < 6; i++)
        gale_yield();
    assert_string_equal(trace, "m");
    return 0;
}

static int frees_running(void *arg)
{
    gale_future *f = gale_spawn(note_cancel, NULL);

    gale_future_free(&f);
    assert_null(f);
    gale_future_free(&f);
    note("f");
    return 0;
}

static int body_free_running(void *arg)
{
    gale_future *f = gale_spawn(frees_running, NULL);

    gale_join(&f);
    assert_string_equal(trace, "fc"); /* its scope waited for it */
    return 0;
}

/* A join that is cut short still gives back what the child borrowed. */
static int joins_for_ever(void *arg)
{
    gale_future *f = gale_spawn(note_cancel, NULL);
    int r = gale_join(&f);

    assert_null(f);
    assert_string_equal(trace, "c");
    return r;
}

static int body_cancelled_join(void *arg)
{
    gale_future *f = gale_spawn(joins_for_ever, NULL);

    gale_cancel(f);
    assert_int_equal(gale_join(&f), GALE_ECANCELED);
    return 0;
}

static int yield_some(void *arg)
{
    for (int i = 0; i < 3; i++)
        gale_yield();
    ++*(int *)arg;
    return 0;
}

static int body_ten_thousand(void *arg)
{
#ifdef GALE__TSAN
    enum { N = 4000 }; /* it keeps at most 8128 stacks apart */
#else
    enum { N = 10000 };
#endif
    static gale_future *futures[N];
    gale_gen_stats stats;
    int n = 0;

    for (int i = 0; i < N; i++)
        assert_non_null(futures[i] = gale_spawn(yield_some, &n));
    gale_gen_get_stats(&stats);
    assert_int_equal(stats.coroutines, N + 1);
    for (int i = 0; i < N; i++)
        gale_join(&futures[i]);
    assert_int_equal(n, N);
    gale_gen_get_stats(&stats);
    assert_int_equal(stats.coroutines, 1);
    return 0;
}

static int body_no_heap(void *arg)
{
    unsigned long before;
    int seven = 7;

    for (int round = 0; round < 2; round++) {
        before = gale__alloc_count();
        for (int i = 0; i < 1000; i++) {
            gale_future *f = gale_spawn(give, &seven);
            gale_future *g = gale_spawn(note_around_yield, text(""));

            gale_join(&f);
            gale_join(&g);
        }
    }
    assert_int_equal(gale__alloc_count() - before, 0);
    return 0;
}

static int deep(void *arg)
{
    int left = *(int *)arg - 1;
    gale_future *f;

    if (left == 0)
        return gale_yield();
    f = gale_spawn(deep, &left);
    return gale_join(&f);
}

static int body_nested(void *arg)
{
    int depth = 200;

    return deep(&depth);
}

#define TEST_BODY(name)                                                                            \
    static void name(void **state)                                                                 \
    {                                                                                              \
        in_coroutine(body_##name, NULL);                                                           \
    }

TEST_BODY(runs_at_once)
TEST_BODY(results)
TEST_BODY(value)
TEST_BODY(own_errors)
TEST_BODY(structured)
TEST_BODY(detach)
TEST_BODY(detached_memory)
TEST_BODY(free_running)
TEST_BODY(cancelled_join)
TEST_BODY(ten_thousand)
TEST_BODY(no_heap)
TEST_BODY(nested)

static void outside_a_coroutine(void **state)
{
    gale_ioloop *loop = gale_ioloop_new(NULL);
    gale_future *f = gale_future_new();

    assert_int_equal(gale_sleep(1), GALE_ENOTCOROUTINE);
    assert_string_equal(gale_strerror(GALE_ENOTCOROUTINE),
                        "gale_sleep waits: call it from a coroutine (a handler, gale_spawn, "
                        "gale_ioloop_run_sync)");
    assert_int_equal(gale_yield(), GALE_ENOTCOROUTINE);
    assert_int_equal(gale_wait(f), GALE_ENOTCOROUTINE);
    assert_int_equal(gale_wait_until(f, 1), GALE_ENOTCOROUTINE);
    assert_int_equal(gale_join(&f), GALE_ENOTCOROUTINE);
    assert_non_null(f);
    assert_int_equal(gale_multi(&f, 1), GALE_ENOTCOROUTINE);
    assert_int_equal(gale_with_timeout(1, sleep_long, NULL), GALE_ENOTCOROUTINE);
    assert_int_equal(gale_with_deadline(1, sleep_long, NULL), GALE_ENOTCOROUTINE);
    assert_int_equal(gale_set_value(NULL), GALE_ENOTCOROUTINE);
    assert_int_equal(gale_scope_defer(NULL, NULL), GALE_ENOTCOROUTINE);
    assert_null(gale_scope_alloc(1));
    assert_int_equal(gale_ioloop_run_in_executor(loop, sleep_long, NULL), GALE_ENOTCOROUTINE);
    assert_non_null(strstr(gale_strerror(GALE_ENOTCOROUTINE), "gale_ioloop_run_in_executor waits"));
    assert_false(gale_is_cancelled());
    gale_future_free(&f);
    gale_ioloop_free(loop);
}

/* Freeing the loop cancels what lives and waits for it. */
static void loop_free_ends_coroutines(void **state)
{
    gale_ioloop *loop = gale_ioloop_new(NULL);
    gale_future *f = gale_spawn(leaves_children, NULL);
    gale_future *g = gale_spawn(note_cancel, NULL);

    trace[0] = 0;
    assert_non_null(f);
    assert_non_null(g);
    gale_ioloop_free(loop);
    assert_string_equal(trace, "ccc");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_at_once),
        cmocka_unit_test(results),
        cmocka_unit_test(value),
        cmocka_unit_test(own_errors),
        cmocka_unit_test(structured),
        cmocka_unit_test(detach),
        cmocka_unit_test(detached_memory),
        cmocka_unit_test(free_running),
        cmocka_unit_test(cancelled_join),
        cmocka_unit_test(ten_thousand),
        cmocka_unit_test(no_heap),
        cmocka_unit_test(nested),
        cmocka_unit_test(outside_a_coroutine),
        cmocka_unit_test(loop_free_ends_coroutines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

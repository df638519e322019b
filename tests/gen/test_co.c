/* test_co.c - what the layers above build from: starting, parking, waking, lines of waiters,
 * the hook before parking, scopes of requests.
 */
/* SPDX-License-Identifier: MIT */
#include "gen_test.h"

#include "base/alloc.h"
#include "gen/co.h"
#include "gen/parts.h"

static struct gale__co *parked;

static void park_and_note(void *arg)
{
    char code[8];

    parked = gale__co_current();
    assert_false(gale__co_is_parked(parked));
    snprintf(code, sizeof(code), "%d", gale__co_park("park_and_note"));
    note(code);
}

static int body_wake(void *arg)
{
    gale_ioloop *loop = gale__co_loop(gale__co_current());

    assert_int_equal(gale__co_start(loop, "parker", NULL, park_and_note, NULL), 0);
    assert_true(gale__co_is_parked(parked));
    gale__co_wake(parked, 7);
    gale__co_wake(parked, 8); /* the first counts */
    assert_false(gale__co_is_parked(parked));
    assert_string_equal(trace, "");
    gale_yield();
    assert_string_equal(trace, "7");
    return 0;
}

static void park_lent(void *arg)
{
    parked = gale__co_current();
    assert_int_equal(gale__co_park_uninterruptible("test"), 5);
    assert_int_equal(gale__co_park("test"), GALE_ECANCELED);
    note("u");
}

static int body_uninterruptible(void *arg)
{
    gale__co_start(gale_ioloop_current(), "u", NULL, park_lent, NULL);
    gale__co_cancel(parked);
    assert_true(gale__co_is_parked(parked));
    gale__co_wake(parked, 5);
    gale_yield();
    assert_string_equal(trace, "u");
    return 0;
}

struct line {
    struct gale__waitq q;
    int64_t when_ns;
    const char *name;
};

static int wait_in_line(void *arg)
{
    struct line *line = arg;
    int r = gale__waitq_wait(&line->q, "wait_in_line", line->when_ns);

    note(r == 0 ? "0" : r == GALE_ECANCELED ? "c" : r == GALE_ETIMEDOUT ? "t" : "?");
    return 0;
}

static int body_waitq(void *arg)
{
    struct line line = { .when_ns = INT64_MAX };
    gale_future *f[4];

    gale__waitq_init(&line.q);
    assert_int_equal(gale__waitq_wake_one(&line.q, 0), 0);
    for (int i = 0; i < 4; i++)
        f[i] = gale_spawn(wait_in_line, &line);
    gale_cancel(f[0]);
    /* The cancelled one does not take the wake along. */
    assert_int_equal(gale__waitq_wake_one(&line.q, 0), 1);
    gale_yield();
    assert_string_equal(trace, "c0");
    assert_int_equal(gale__waitq_wake_all(&line.q, 0), 2);
    assert_int_equal(gale_multi(f, 4), 0);
    assert_true(gale__list_empty(&line.q.waiters));
    line.when_ns = 1; /* long ago */
    gale_future *late = gale_spawn(wait_in_line, &line);

    gale_join(&late);
    assert_string_equal(trace, "c000t");
    assert_true(gale__list_empty(&line.q.waiters));
    return 0;
}

struct request {
    struct gale__arena arena;
    struct gale__scope scope;
};

static int child_of_request(void *arg)
{
    struct request *request = arg;

    assert_ptr_equal(gale__co_scope(gale__co_current())->arena, &request->arena);
    note(gale_sleep(1000) == GALE_ECANCELED ? "c" : "?");
    return 0;
}

static void handle(void *arg)
{
    struct request *request = arg;
    gale_future *f = gale_spawn(child_of_request, request);

    assert_non_null(f);
    assert_non_null(gale_scope_alloc(100));
    assert_ptr_equal(gale__co_scope(gale__co_current()), &request->scope);
    assert_true(gale__scope_has_children(&request->scope));
    gale_yield();
    gale__scope_end(&request->scope);
    assert_false(gale__scope_has_children(&request->scope));
    gale__arena_reset(&request->arena);
    note("e");
}

static int body_request(void *arg)
{
    struct request request;

    for (int i = 0; i < 2; i++) {
        gale__arena_init(&request.arena);
        gale__scope_init(&request.scope, &request.arena);
        gale__co_start(gale_ioloop_current(), "request", &request.scope, handle, &request);
        while (!strstr(trace + 2 * i, "ce"))
            gale_yield();
    }
    assert_string_equal(trace, "cece");
    return 0;
}

static int allocates_late(void *arg)
{
    struct request *request = arg;
    struct gale__scope *scope = gale__co_scope(gale__co_current());
    char *p;

    assert_ptr_equal(scope->arena, &request->arena);
    while (!strstr(trace, "e"))
        gale_yield();
    assert_ptr_not_equal(scope->arena, &request->arena);
    p = gale_scope_alloc(100);
    assert_non_null(p);
    memset(p, 1, 100);
    note("g");
    return 0;
}

static int has_a_child(void *arg)
{
    gale_future *f = gale_spawn(allocates_late, arg);

    return gale_join(&f);
}

static void detaches(void *arg)
{
    struct request *request = arg;
    gale_future *f = gale_spawn(has_a_child, arg);

    gale_detach(&f);
    gale__scope_end(&request->scope);
    gale__arena_reset(&request->arena);
    note("e");
}

/* What a detached coroutine spawned before goes with it, not with the request. */
static int body_detached_grandchild(void *arg)
{
    struct request request;

    gale__arena_init(&request.arena);
    gale__scope_init(&request.scope, &request.arena);
    assert_int_equal(
        gale__co_start(gale_ioloop_current(), "request", &request.scope, detaches, &request), 0);
    while (!strstr(trace, "eg"))
        if (gale_yield() < 0)
            return -1;
    assert_null(request.arena.blocks);
    return 0;
}

static void ends_at_once(void *arg)
{
    ++*(int *)arg;
}

static int body_start_allocates_nothing(void *arg)
{
    unsigned long before = gale__alloc_count();
    int n = 0;

    for (int i = 0; i < 1000; i++)
        gale__co_start(gale_ioloop_current(), "x", NULL, ends_at_once, &n);
    assert_int_equal(n, 1000);
    assert_true(gale__alloc_count() - before <= 2);
    before = gale__alloc_count();
    for (int i = 0; i < 1000; i++)
        gale__co_start(gale_ioloop_current(), "x", NULL, ends_at_once, &n);
    assert_int_equal(gale__alloc_count() - before, 0);
    return 0;
}

/* Descriptors get their turn while coroutines hand over to one another for ever. */
static void set_flag(void *arg)
{
    *(volatile int *)arg = 1;
}

static int yield_until(void *arg)
{
    while (!*(volatile int *)arg)
        gale_yield();
    return 0;
}

static int body_fair(void *arg)
{
    volatile int flag = 0;
    gale_future *a = gale_spawn(yield_until, (void *)&flag);
    gale_future *b = gale_spawn(yield_until, (void *)&flag);

    assert_true(gale_ioloop_call_later(gale_ioloop_current(), 0.002, set_flag, (void *)&flag) != 0);
    gale_join(&a);
    gale_join(&b);
    return 0;
}

static int body_small(void *arg)
{
    assert_true(sizeof(struct gale__co) - sizeof(struct gale__fiber) < 432);
    return 0;
}

#define TEST_BODY(name)                                                                            \
    static void name(void **state)                                                                 \
    {                                                                                              \
        in_coroutine(body_##name, NULL);                                                           \
    }

TEST_BODY(wake)
TEST_BODY(uninterruptible)
TEST_BODY(waitq)
TEST_BODY(request)
TEST_BODY(detached_grandchild)
TEST_BODY(start_allocates_nothing)
TEST_BODY(fair)
TEST_BODY(small)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wake),
        cmocka_unit_test(uninterruptible),
        cmocka_unit_test(waitq),
        cmocka_unit_test(request),
        cmocka_unit_test(start_allocates_nothing),
        cmocka_unit_test(fair),
        cmocka_unit_test(small),
        cmocka_unit_test(detached_grandchild),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

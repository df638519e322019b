/* test_life.c - the life of a request: hooks in order, waiting, children, clients that go. */
/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "base/alloc.h"
#include "fake_carrier.h"

static char trace[512];

static void note(const char *what)
{
    size_t len = strlen(trace);

    snprintf(trace + len, sizeof(trace) - len, "%s ", what);
}

static int parent_initialize(gale_handler *self, void *arg)
{
    const char *const *zeroed = gale_state(self);

    assert_null(*zeroed);
    note(arg ? arg : "initialize");
    return 0;
}

static int parent_prepare(gale_handler *self)
{
    if (gale_get_argument(self, "stop", NULL))
        return gale_finish(self);
    note("prepare");
    return 0;
}

static void defaults(gale_handler *self)
{
    note("defaults");
    gale_set_header(self, "X-Default", "1");
}

static void on_finish(gale_handler *self)
{
    note(gale_is_finished(self) ? "on_finish" : "on_finish(unfinished)");
}

static void log_request(gale_handler *self)
{
    (void)self;
    note("log");
}

static void deferred(void *arg)
{
    note(arg);
}

static int get(gale_handler *self)
{
    gale_defer(self, deferred, (void *)"deferred1");
    gale_defer(self, deferred, (void *)"deferred2");
    note("get");
    return gale_get_argument(self, "fail", NULL) ? gale_fail(self, 409, "no") : 0;
}

static const gale_handler_class parent = {
    .state_size = 64,
    .initialize = parent_initialize,
    .prepare = parent_prepare,
    .set_default_headers = defaults,
    .on_finish = on_finish,
    .log_request = log_request,
};

static int hasty_initialize(gale_handler *self, void *arg)
{
    (void)arg;
    gale_write(self, "at once");
    return gale_finish(self);
}

static const gale_handler_class hasty = {
    .parent = &parent,
    .initialize = hasty_initialize,
    .get = get,
    .asynchronous = GALE_ON,
};

static int child_prepare(gale_handler *self)
{
    note("child");
    return gale_class_hooks(self, &parent)->prepare(self);
}

static const gale_handler_class child = { .parent = &parent, .prepare = child_prepare, .get = get };

/* --- waiting ---------------------------------------------------------------------- */

static int sleeper(gale_handler *self)
{
    int r = gale_sleep(gale_get_argument(self, "long", NULL) ? 1000 : 0.001);

    note(r == GALE_ECANCELED ? "cancelled" : "slept");
    return r < 0 ? r : gale_write(self, "rested");
}

static void on_close(gale_handler *self)
{
    (void)self;
    note("closed");
}

static const gale_handler_class sleeping = { .get = sleeper,
                                             .on_connection_close = on_close,
                                             .on_finish = on_finish };
static const gale_handler_class cancelling = { .parent = &sleeping, .cancel_on_close = GALE_ON };

/* --- asynchronous ----------------------------------------------------------------- */

static gale_handler *open_handler;

static void finish_later(void *arg)
{
    gale_handler *self = arg;

    gale_write(self, "later");
    gale_finish(self);
}

static void fail_later(void *arg)
{
    gale_send_error(arg, 418);
}

static int open_get(gale_handler *self)
{
    const char *how = gale_get_argument(self, "how", "later");
    gale_ioloop *loop = gale_ioloop_current();

    open_handler = self;
    if (strcmp(how, "later") == 0)
        gale_ioloop_call_later(loop, 0.001, finish_later, self);
    else if (strcmp(how, "error") == 0)
        gale_ioloop_call_later(loop, 0.001, fail_later, self);
    else if (strcmp(how, "now") == 0)
        finish_later(self);
    else if (strcmp(how, "fail") == 0)
        return gale_fail(self, 400, "at once");
    return 0;
}

static const gale_handler_class open_class = { .get = open_get,
                                               .asynchronous = GALE_ON,
                                               .on_finish = on_finish,
                                               .on_connection_close = on_close };

/* --- children --------------------------------------------------------------------- */

static int rest_for_ever(void *arg)
{
    int r = gale_sleep(1000);

    (void)arg;
    note(r == GALE_ECANCELED ? "child-cancelled" : "child-slept");
    return r;
}

static int spawns(gale_handler *self)
{
    gale_future *future = gale_spawn(rest_for_ever, NULL);

    assert_non_null(future);
    return gale_write(self, "spawned");
}

static const gale_handler_class spawning = { .get = spawns, .on_finish = on_finish };
static const gale_handler_class open_spawning = { .get = spawns,
                                                  .asynchronous = GALE_ON,
                                                  .on_finish = on_finish };

/* A child that answers for its open parent. */
static int answer_for_parent(void *arg)
{
    int r = gale_sleep(0.001);

    gale_write(arg, r < 0 ? "?" : "from a child");
    gale_finish(arg);
    note(gale_sleep(1000) == GALE_ECANCELED ? "child-cancelled" : "child-slept");
    return 0;
}

static int delegates(gale_handler *self)
{
    return gale_spawn(answer_for_parent, self) ? 0 : -ENOMEM;
}

static const gale_handler_class delegating = { .get = delegates,
                                               .asynchronous = GALE_ON,
                                               .on_finish = on_finish };

/* --- asynchronous, and the client or a writer fails -------------------------------- */

static void late(void *arg)
{
    gale_handler *self = arg;

    note("late");
    gale_write(self, "late");
    gale_finish(self);
}

static int wait_a_little(gale_handler *self)
{
    return gale_get_argument(self, "early", NULL) ? gale_sleep(0.001) : 0;
}

static int wait_before(gale_handler *self, void *arg)
{
    (void)arg;
    return gale_get_argument(self, "before", NULL) ? gale_sleep(0.001) : 0;
}

static int wait_around(gale_handler *self, void *arg)
{
    int r = gale_get_argument(self, "around", NULL) ? gale_sleep(0.001) : 0;

    (void)arg;
    if (r >= 0)
        r = gale_call_next(self);
    if (gale_get_argument(self, "after", NULL))
        return gale_fail(self, 418, "after the verb");
    return r;
}

static int call_later(gale_handler *self)
{
    gale_timeout *timer = gale_state(self);
    /* On a busy machine two timers may be due at once: not these. */
    double delay = gale_get_argument(self, "wait", NULL) ? 0.3 : 0.003;

    note("get");
    *timer = gale_ioloop_call_later(gale_ioloop_current(), delay, late, self);
    if (gale_get_argument(self, "bad", NULL))
        gale_set_header(self, "X", "a\nb");
    if (gale_get_argument(self, "wait", NULL)) {
        gale_sleep(0.001);
        gale_write(self, "x");
        note("woken");
    }
    return 0;
}

static void close_and_finish(gale_handler *self)
{
    gale_timeout *timer = gale_state(self);

    note("closed");
    gale_ioloop_remove_timeout(gale_ioloop_current(), *timer);
    gale_finish(self);
}

static const gale_middleware waits_before = { .before = wait_before };
static const gale_middleware waits_around = { .around = wait_around };
static const gale_middleware *const waits[] = { &waits_before, &waits_around, NULL };
static const gale_handler_class calling = { .state_size = sizeof(gale_timeout),

                                            .prepare = wait_a_little,
                                            .get = call_later,
                                            .asynchronous = GALE_ON,
                                            .on_finish = on_finish };
static const gale_handler_class closing = { .parent = &calling,
                                            .on_connection_close = close_and_finish };

static void send_wrong_error(void *arg)
{
    gale_send_error(arg, 200);
}

static int fails_later(gale_handler *self)
{
    gale_ioloop_call_later(gale_ioloop_current(), 0.001, send_wrong_error, self);
    return 0;
}

static const gale_handler_class wrong_error = { .get = fails_later, .asynchronous = GALE_ON };

/* --- clients that go, in the log --------------------------------------------------- */

static int ends_somehow(gale_handler *self)
{
    const char *how = gale_get_argument(self, "how", "");

    gale_set_status(self, 201, NULL);
    if (strcmp(how, "half") == 0) {
        gale_write(self, "half");
        gale_flush(self);
    }
    gale_sleep(0.001);
    if (strcmp(how, "write") == 0)
        return gale_write(self, "x");
    if (strcmp(how, "fail") == 0)
        return gale_fail(self, 404, "no such thing");
    if (strcmp(how, "error") == 0)
        return -EIO;
    if (strcmp(how, "send_error") == 0)
        gale_send_error(self, 403);
    return 0;
}

static const gale_handler_class ending = { .get = ends_somehow };
static const gale_handler_class counting = { .parent = &ending, .log_request = log_request };

static int slow_page(gale_handler *self, int status)
{
    int r = gale_sleep(0.001);

    return r < 0 ? r : gale_printf(self, "page %d", status);
}

static int not_there(gale_handler *self)
{
    return gale_fail(self, 404, NULL);
}

static const gale_handler_class slowly_failing = { .get = not_there, .write_error = slow_page };

/* --- the usual request ------------------------------------------------------------ */

static int hello(gale_handler *self)
{
    return gale_write(self, "Hello, world");
}

static const gale_handler_class hello_class = { .get = hello };

static int begin(void **state)
{
    (void)state;
    trace[0] = 0;
    fake_serve(gale_app_new(
        (gale_route[]){ { .url = "/", .handler = &child },
                        { .url = "/hasty(.*)", .handler = &hasty },
                        { .url = "/arg", .handler = &child, .arg = (void *)"given" },
                        { .url = "/sleep", .handler = &sleeping },
                        { .url = "/cancel", .handler = &cancelling },
                        { .url = "/open", .handler = &open_class },
                        { .url = "/spawn", .handler = &spawning },
                        { .url = "/openspawn", .handler = &open_spawning },
                        { .url = "/delegate", .handler = &delegating },
                        { .url = "/hello", .handler = &hello_class },
                        { .url = "/calling", .handler = &calling, .middleware = waits },
                        { .url = "/closing", .handler = &closing, .middleware = waits },
                        { .url = "/wrong", .handler = &wrong_error },
                        { .url = "/ending", .handler = &ending },
                        { .url = "/counting", .handler = &counting },
                        { .url = "/slowpage", .handler = &slowly_failing },
                        { .url = "/group/(.*)", .handler = &hello_class },
                        { 0 } },
        NULL));
    return 0;
}

static int end(void **state)
{
    (void)state;
    if (fake_app)
        fake_end();
    return 0;
}

static void hooks_run_in_order(void **state)
{
    struct fake f = { 0 };

    (void)state;
    fake_get(&f, "/arg");
    assert_string_equal(trace,
                        "defaults given child prepare get log on_finish deferred2 deferred1 ");
    assert_has(f.fields, "X-Default: 1");
}

static void prepare_can_answer(void **state)
{
    struct fake f = { 0 };

    (void)state;
    fake_get(&f, "/?stop=1");
    assert_int_equal(f.status, 200);
    assert_string_equal(trace, "defaults initialize child log on_finish ");
}

static void initialize_can_answer(void **state)
{
    struct fake f = { 0 };

    (void)state;
    fake_get(&f, "/hasty%ff");
    assert_int_equal(f.status, 200);
    assert_string_equal(f.body, "at once");
    assert_string_equal(trace, "defaults log on_finish ");
}

static void a_failure_runs_the_same_end(void **state)
{
    struct fake f = { 0 };

    (void)state;
    fake_get(&f, "/?fail=1");
    assert_int_equal(f.status, 409);
    assert_string_equal(trace, "defaults initialize child prepare get defaults log on_finish "
                               "deferred2 deferred1 ");
    assert_has(f.fields, "X-Default: 1");
    assert_has(fake_log, "gale.general 30 409 GET /?fail=1 (127.0.0.1): no\n");
}

static void a_method_it_has_not(void **state)
{
    struct fake f = { 0 };

    (void)state;
    fake_ask(&f, "DELETE / HTTP/1.1\n", "");
    assert_int_equal(f.status, 405);
    assert_has(f.fields, "Allow: GET, HEAD, OPTIONS\n");
    assert_string_equal(f.body, "<html><title>405: Method Not Allowed</title>"
                                "<body>405: Method Not Allowed</body></html>");
    fake_ask(&f, "PROPFIND / HTTP/1.1\n", "");
    assert_int_equal(f.status, 405);
    fake_ask(&f, "OPTIONS * HTTP/1.1\n", "");
    assert_int_equal(f.status, 204);
    assert_has(f.fields, "Allow: GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS\n");
}

static void handlers_wait_side_by_side(void **state)
{
    struct fake a = { 0 }, b = { 0 }, c = { 0 };

    (void)state;
    fake_send(&a, "GET /sleep HTTP/1.1\n", "");
    fake_send(&b, "GET /sleep HTTP/1.1\n", "");
    assert_false(a.is_detached || b.is_detached);
    fake_get(&c, "/");
    fake_wait(&a);
    fake_wait(&b);
    assert_string_equal(a.body, "rested");
    assert_string_equal(b.body, "rested");
}

static void a_half_closed_client_is_still_answered(void **state)
{
    struct fake f = { 0 };

    (void)state;
    fake_send(&f, "GET /sleep HTTP/1.1\n", "");
    fake_gone(&f, GALE_EEOF);
    fake_wait(&f);
    assert_string_equal(f.body, "rested");
    assert_string_equal(trace, "closed slept on_finish ");
}

static void a_reset_client_is_not(void **state)
{
    struct fake f = { 0 };

    (void)state;
    fake_send(&f, "GET /sleep HTTP/1.1\n", "");
    fake_gone(&f, GALE_EEOF);
    fake_gone(&f, -ECONNRESET);
    fake_wait(&f);
    assert_int_equal(f.status, 0);
    assert_string_equal(trace, "closed slept on_finish(unfinished) ");
    assert_int_equal(strncmp(fake_log, "gale.access 30 499 GET /sleep (", 31), 0);
}

static void cancel_on_close_cancels(void **state)
{
    struct fake f = { 0 };

    (void)state;
    fake_send(&f, "GET /cancel?long=1 HTTP/1.1\n", "");
    fake_gone(&f, GALE_EEOF);
    fake_wait(&f);
    assert_int_equal(f.status, 0);
    assert_true(f.is_aborted || f.is_detached);
    assert_string_equal(trace, "closed cancelled on_finish(unfinished) ");
    assert_int_equal(strncmp(fake_log, "gale.access 30 499 GET /cancel?long=1 (", 39), 0);
}

static void asynchronous_handlers_are_finished_later(void **state)
{
    static const struct {
        const char *how, *body;
        int status;
    } cases[] = {
        { "later", "later", 200 },
        { "now", "later", 200 },
        { "error", "<html><title>418: I'm a teapot", 418 },
        { "fail", "<html><title>400: Bad Request", 400 },
    };
    char head[64];

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct fake f = { 0 };

        trace[0] = 0;
        snprintf(head, sizeof(head), "GET /open?how=%s HTTP/1.1\n", cases[i].how);
        fake_send(&f, head, "");
        fake_wait(&f);
        assert_int_equal(f.status, cases[i].status);
        if (cases[i].status == 200)
            assert_string_equal(f.body, cases[i].body);
        assert_string_equal(trace, "on_finish ");
    }
}

static void an_open_handler_learns_that_the_client_went(void **state)
{
    struct fake f = { 0 };

    (void)state;
    fake_send(&f, "GET /open?how=never HTTP/1.1\n", "");
    fake_turns(3);
    assert_false(f.is_detached);
    fake_gone(&f, -ECONNRESET);
    assert_string_equal(trace, "closed ");
    assert_int_equal(gale_write(open_handler, "x"), -ECONNRESET);
    assert_int_equal(gale_finish(open_handler), -ECONNRESET);
    assert_true(f.is_detached);
    assert_string_equal(trace, "closed on_finish ");
}

static void finish_before_the_verb_is_the_end(void **state)
{
    static const char *const stages[] = { "early", "before", "around" };
    static const int codes[] = { -ECONNRESET, GALE_EEOF };
    char head[64];

    (void)state;
    for (size_t i = 0; i < 2 * N_OF(stages); i++) {
        struct fake f = { 0 };

        trace[0] = fake_log[0] = 0;
        snprintf(head, sizeof(head), "GET /closing?%s=1 HTTP/1.1\n", stages[i / 2]);
        fake_send(&f, head, "");
        fake_gone(&f, codes[i % 2]);
        fake_wait(&f);
        assert_string_equal(trace, "closed on_finish ");
        assert_has(fake_log, "gale.access 20 200 GET /closing?");
        assert_null(strstr(fake_log, "Uncaught"));
        assert_null(strchr(strchr(fake_log, '\n') + 1, '\n'));
    }
}

static void a_verb_that_asked_for_a_callback_stays_open(void **state)
{
    struct fake f = { 0 };

    (void)state;
    /* The client goes, and a writer fails with it. */
    fake_send(&f, "GET /calling?wait=1 HTTP/1.1\n", "");
    fake_gone(&f, -ECONNRESET);
    fake_wait(&f);
    assert_string_equal(trace, "get woken late on_finish ");
    /* A writer fails. */
    trace[0] = 0;
    fake_send(&f, "GET /calling?bad=1 HTTP/1.1\n", "");
    assert_string_equal(trace, "get ");
    fake_wait(&f);
    assert_string_equal(trace, "get late on_finish ");
    assert_int_equal(f.status, 500);
    assert_has(fake_log, "value of header X has an unsafe byte 0x0a");
    /* What is around it fails. */
    trace[0] = 0;
    fake_send(&f, "GET /calling?after=1 HTTP/1.1\n", "");
    fake_wait(&f);
    assert_string_equal(trace, "get late on_finish ");
    assert_int_equal(f.status, 418);
    assert_has(fake_log, "418 GET /calling?after=1 (127.0.0.1): after the verb\n");
    /* It is told of no more than once, and finished then. */
    trace[0] = 0;
    fake_send(&f, "GET /closing HTTP/1.1\n", "");
    fake_gone(&f, GALE_EEOF);
    assert_true(f.is_detached);
    assert_string_equal(trace, "get closed on_finish ");
}

static void an_error_that_cannot_be_sent_ends_it_too(void **state)
{
    struct fake f = { 0 };

    (void)state;
    fake_send(&f, "GET /wrong HTTP/1.1\n", "");
    fake_wait(&f);
    assert_int_equal(f.status, 500);
    assert_has(fake_log, "200 is no error status");
}

static void requests_of_clients_that_went_are_logged(void **state)
{
    static const struct {
        const char *how;
        int level, status;
    } cases[] = {
        { "ended", 20, 201 }, { "half", 20, 201 },  { "write", 30, 499 },
        { "fail", 30, 404 },  { "error", 30, 499 }, { "send_error", 30, 403 },
    };
    struct fake f = { 0 };
    char text[96];

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        fake_log[0] = 0;
        snprintf(text, sizeof(text), "GET /ending?how=%s HTTP/1.1\n", cases[i].how);
        fake_send(&f, text, "");
        fake_gone(&f, -ECONNRESET);
        fake_wait(&f);
        snprintf(text, sizeof(text), "gale.access %d %d GET /ending?how=%s (127.0.0.1) ",
                 cases[i].level, cases[i].status, cases[i].how);
        if (strncmp(fake_log, text, strlen(text)) != 0)
            fail_msg("no '%s' in '%s'", text, fake_log);
        assert_null(strchr(strchr(fake_log, '\n') + 1, '\n'));
    }
    fake_send(&f, "GET /counting HTTP/1.1\n", "");
    fake_gone(&f, -ECONNRESET);
    fake_wait(&f);
    assert_string_equal(trace, "log ");
}

static void a_client_that_leaves_its_error_page_is_no_failure(void **state)
{
    struct fake f = { 0 };

    (void)state;
    fake_send(&f, "GET /slowpage HTTP/1.1\n", "");
    fake_gone(&f, -ECONNRESET);
    fake_wait(&f);
    assert_int_equal(strncmp(fake_log, "gale.access 30 404 GET /slowpage (", 34), 0);
    assert_null(strchr(strchr(fake_log, '\n') + 1, '\n'));
}

static void children_end_with_their_request(void **state)
{
    struct fake f = { 0 };

    (void)state;
    fake_send(&f, "GET /spawn HTTP/1.1\n", "");
    assert_true(f.is_finished);
    assert_false(f.is_detached);
    fake_wait(&f);
    assert_string_equal(f.body, "spawned");
    assert_string_equal(trace, "on_finish child-cancelled ");
}

static void children_of_open_handlers_live_until_finish(void **state)
{
    struct fake f = { 0 };

    (void)state;
    fake_send(&f, "GET /openspawn HTTP/1.1\n", "");
    fake_turns(2);
    assert_false(f.is_finished);
    gale_finish((gale_handler *)f.x->data);
    assert_true(f.is_finished);
    fake_wait(&f);
    assert_string_equal(trace, "on_finish child-cancelled ");
}

static void a_child_can_finish_an_open_handler(void **state)
{
    struct fake f = { 0 };

    (void)state;
    fake_send(&f, "GET /delegate HTTP/1.1\n", "");
    fake_wait(&f);
    assert_string_equal(f.body, "from a child");
    assert_string_equal(trace, "on_finish child-cancelled ");
}

static void steady_state_asks_the_heap_for_nothing(void **state)
{
    struct fake f = { 0 };
    unsigned long before;

    (void)state;
    for (int i = 0; i < 10; i++) {
        fake_get(&f, "/hello");
        fake_get(&f, "/group/a%20b?c=d");
    }
    gale_log_set_level(&gale_log_access, GALE_LOG_NONE);
    before = gale__alloc_count();
    for (int i = 0; i < 100; i++) {
        fake_get(&f, "/hello");
        fake_get(&f, "/group/a%20b?c=d");
    }
    assert_int_equal(gale__alloc_count(), before);
    gale_log_set_level(&gale_log_access, 0);
}

static void freeing_the_application_waits_for_its_requests(void **state)
{
    struct fake f = { 0 };

    (void)state;
    fake_send(&f, "GET /sleep HTTP/1.1\n", "");
    gale_app_free(fake_app);
    fake_app = NULL;
    fake_wait(&f);
    assert_string_equal(f.body, "rested");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(hooks_run_in_order),
        TEST(prepare_can_answer),
        TEST(initialize_can_answer),
        TEST(a_failure_runs_the_same_end),
        TEST(a_method_it_has_not),
        TEST(handlers_wait_side_by_side),
        TEST(a_half_closed_client_is_still_answered),
        TEST(a_reset_client_is_not),
        TEST(cancel_on_close_cancels),
        TEST(asynchronous_handlers_are_finished_later),
        TEST(an_open_handler_learns_that_the_client_went),
        TEST(finish_before_the_verb_is_the_end),
        TEST(a_verb_that_asked_for_a_callback_stays_open),
        TEST(an_error_that_cannot_be_sent_ends_it_too),
        TEST(requests_of_clients_that_went_are_logged),
        TEST(a_client_that_leaves_its_error_page_is_no_failure),
        TEST(children_end_with_their_request),
        TEST(children_of_open_handlers_live_until_finish),
        TEST(a_child_can_finish_an_open_handler),
        TEST(steady_state_asks_the_heap_for_nothing),
        TEST(freeing_the_application_waits_for_its_requests),
    };

    return cmocka_run_group_tests(tests, NULL, fake_finish_loop);
}
